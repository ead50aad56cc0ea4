"""What is wrong is red: each deliberate mistake is found in the quick profile."""

import numpy as np
import pytest
from private import findings, framework, private

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.finding import Verdict
from equivalence.implementations import load

ENCODINGS = {True: ONE_HOT | SOFT, False: BINARY | SOFT_BINARY}


def reduced(terms, reduction):
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


def log_softmax(logits, axis=-1):
    shifted = logits - logits.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def times_log(target, probability):
    return np.where(target == 0, 0.0, target * np.log(probability))


def right(logits, target, *, reduction):
    return reduced(-(target * log_softmax(logits)).sum(-1), reduction)


def right_from_probabilities(probabilities, target, *, reduction):
    return reduced(-times_log(target, probabilities).sum(-1), reduction)


def right_binary(probability, target, *, reduction):
    absent = np.where(target == 1, 0.0, (1 - target) * np.log1p(-probability))
    return reduced(-(times_log(target, probability) + absent), reduction)


def right_weighted(logits, target, *, weight=None, ignore_index=-100, reduction):
    weight = np.ones(logits.shape[-1]) if weight is None else weight
    counted = target != ignore_index
    label = np.where(counted, target, 0)
    chosen = np.take_along_axis(log_softmax(logits), label[..., None], -1)[..., 0]
    terms = np.where(counted, -chosen * weight[label], 0.0)
    mean = terms.sum() / counted.sum()
    return {"none": terms, "sum": terms.sum(), "mean": mean}[reduction]


def mean_over_n_plus_1(logits, target, *, reduction):
    terms = right(logits, target, reduction="none")
    return terms.sum() / (terms.size + 1) if reduction == "mean" else reduced(terms, reduction)


def clip_to_1e_7(probabilities, target, *, reduction):
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return right_from_probabilities(clipped, target, reduction=reduction)


def log_of_p_plus_1e_8(probabilities, target, *, reduction):
    return right_from_probabilities(probabilities + 1e-8, target, reduction=reduction)


def binary_clip_to_1e_7(probability, target, *, reduction):
    return right_binary(np.clip(probability, 1e-7, 1 - 1e-7), target, reduction=reduction)


def binary_log_of_p_plus_1e_8(probability, target, *, reduction):
    terms = target * np.log(probability + 1e-8) + (1 - target) * np.log(1 - probability + 1e-8)
    return reduced(-terms, reduction)


def label_smoothing_1e_6(logits, target, *, reduction):
    smoothed = target * (1 - 1e-6) + 1e-6 / logits.shape[-1]
    return right(logits, smoothed, reduction=reduction)


def no_max_subtraction(logits, target, *, reduction):
    terms = np.log(np.exp(logits).sum(-1)) * target.sum(-1) - (target * logits).sum(-1)
    return reduced(terms, reduction)


def wrong_axis(logits, target, *, reduction):
    return reduced(-(target * log_softmax(logits, axis=0)).sum(-1), reduction)


def sign(logits, target, *, reduction):
    return -right(logits, target, reduction=reduction)


def base_2(logits, target, *, reduction):
    return right(logits, target, reduction=reduction) / np.log(2)


def sum_for_mean(logits, target, *, reduction):
    return right(logits, target, reduction="sum" if reduction == "mean" else reduction)


def mean_over_every_number(logits, target, *, reduction):
    return (
        reduced(-target * log_softmax(logits), reduction)
        if reduction != "none"
        else right(logits, target, reduction="none")
    )


def zero_times_log_zero(probabilities, target, *, reduction):
    return reduced(-(target * np.log(probabilities)).sum(-1), reduction)


def class_weights_ignored(logits, target, *, weight=None, ignore_index=-100, reduction):
    return right_weighted(logits, target, ignore_index=ignore_index, reduction=reduction)


def ignore_index_off(logits, target, *, weight=None, ignore_index=-100, reduction):
    """Counts what is to be ignored, as Python does: from the end."""
    label = np.where(target == ignore_index, -1, target)
    return right_weighted(logits, label % logits.shape[-1], weight=weight, reduction=reduction)


def ignored_are_counted(logits, target, *, weight=None, ignore_index=-100, reduction):
    """Ignored terms are zero but stay in the denominator."""
    options = {"weight": weight, "ignore_index": ignore_index}
    return reduced(right_weighted(logits, target, **options, reduction="none"), reduction)


RIGHT = {
    right: losses.cross_entropy,
    right_from_probabilities: losses.cross_entropy_from_probabilities,
    right_binary: losses.binary_cross_entropy,
    right_weighted: losses.cross_entropy,
}
MUTANTS = {
    mean_over_n_plus_1: losses.cross_entropy,
    clip_to_1e_7: losses.cross_entropy_from_probabilities,
    log_of_p_plus_1e_8: losses.cross_entropy_from_probabilities,
    binary_clip_to_1e_7: losses.binary_cross_entropy,
    binary_log_of_p_plus_1e_8: losses.binary_cross_entropy,
    label_smoothing_1e_6: losses.cross_entropy,
    no_max_subtraction: losses.cross_entropy,
    wrong_axis: losses.cross_entropy,
    class_weights_ignored: losses.cross_entropy,
    ignore_index_off: losses.cross_entropy,
    ignored_are_counted: losses.cross_entropy,
    sign: losses.cross_entropy,
    base_2: losses.cross_entropy,
    sum_for_mean: losses.cross_entropy,
    mean_over_every_number: losses.cross_entropy,
    zero_times_log_zero: losses.cross_entropy_from_probabilities,
}


def red(implementation):
    return [finding for finding in findings(implementation) if finding.verdict.fails]


def in_numpy(function, loss):
    sparse = "ignore_index" in function.__kwdefaults__ if function.__kwdefaults__ else False
    targets = SPARSE if sparse else ENCODINGS[loss.has_classes]
    return private(framework("numpy"), loss, function, targets=targets)


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: function.__name__)
def test_what_the_mutants_are_made_from_is_green(function):
    assert [str(finding) for finding in red(in_numpy(function, RIGHT[function]))][:10] == []


@pytest.mark.parametrize("function", MUTANTS, ids=lambda function: function.__name__)
def test_every_wrong_value_is_red(function):
    wrong = red(in_numpy(function, MUTANTS[function]))
    assert wrong
    assert all(finding.verdict == Verdict.DIVERGES for finding in wrong)
    assert not [str(finding) for finding in wrong if "raises" in finding.detail]


@pytest.fixture(scope="module")
def torch():
    if isinstance(reason := load("torch"), str):
        pytest.skip(reason)
    return pytest.importorskip("torch")


def in_torch(function, loss):
    """The function as torch runs it, under a name that the catalogue says nothing of."""
    import dataclasses

    owner = dataclasses.replace(load("torch"), name="mine")
    targets = ONE_HOT | SOFT if loss.has_classes else BINARY | SOFT_BINARY
    offer = {"targets": targets, "differentiates_target": True, "modes": ("eager",)}
    return private(owner, loss, function, **offer)


def scaled(torch, tensor, scale):
    """The same number with another gradient."""

    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(_, prediction):
            return prediction.clone()

        @staticmethod
        def backward(_, gradient):
            return gradient * scale

    return Scale.apply(tensor)


def cross_entropy_in(torch, change_prediction=None, change_target=None):
    def same(tensor):
        return tensor

    def mutant(logits, target, *, reduction):
        logits = (change_prediction or same)(logits)
        target = (change_target or same)(target)
        return torch.nn.functional.cross_entropy(logits, target, reduction=reduction)

    return mutant


def test_torch_itself_is_green(torch):
    assert red(in_torch(cross_entropy_in(torch), losses.cross_entropy)) == []


@pytest.mark.parametrize("scale", [1 + 1e-6, -1, 0, 2])
def test_a_scaled_gradient_is_red_and_its_right_value_is_not(torch, scale):
    mutant = cross_entropy_in(torch, lambda x: scaled(torch, x, scale))
    wrong = red(in_torch(mutant, losses.cross_entropy))
    assert {finding.quantity for finding in wrong} == {"gradient"}
    assert {finding.dtype for finding in wrong} >= {"float64"}


def test_a_gradient_stopped_at_the_normalisation_is_red(torch):
    def stopped(logits, target, *, reduction):
        axis = 1 if logits.ndim > 1 else 0
        normaliser = torch.logsumexp(logits, axis).detach() * target.sum(axis)
        return reduced(normaliser - (target * logits).sum(axis), reduction)

    wrong = [f for f in red(in_torch(stopped, losses.cross_entropy)) if f.quantity == "gradient"]
    assert len(wrong) > 20


def test_a_wrong_target_gradient_is_red(torch):
    mutant = cross_entropy_in(torch, change_target=lambda t: scaled(torch, t, 1 + 1e-6))
    wrong = red(in_torch(mutant, losses.cross_entropy))
    assert {finding.quantity for finding in wrong} == {"target_gradient"}


def test_gradients_of_exchanged_rows_are_red(torch):
    """Rows of a batch exchanged in the gradient only: the uneven cotangent tells them apart."""

    def exchanged(x):
        return x.detach() + (x.flip(0) - x.detach().flip(0))

    wrong = red(in_torch(cross_entropy_in(torch, exchanged), losses.cross_entropy))
    assert {finding.quantity for finding in wrong} == {"gradient"}
