"""What is wrong is red: each deliberate mistake is found, nearly all in the quick profile."""

import pytest

from benchmarks.power import usual_checks
from benchmarks.power.mutants import MUTANTS
from benchmarks.power.page import QUICK_BAR
from benchmarks.power.private import findings, private
from benchmarks.power.scoring import score
from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY
from equivalence.implementations import load
from equivalence.losses import LOSSES

# Mutants that the quick profile must catch, each by several findings.
CERTAIN = {
    "cross_entropy": (
        "mean_over_n_plus_1",
        "always_smooths_by_1e-06",
        "no_max_subtraction",
        "softmax_over_the_batch",
        "class_weights_ignored",
        "ignore_index_ignored",
        "ignored_are_counted",
        "sign",
        "base_2",
        "sum_for_mean",
        "mean_over_every_number",
        "gradient_scaled_by_1_plus_1e-06",
        "gradient_of_the_other_sign",
        "gradient_detached",
        "normalisation_detached",
        "gradients_of_exchanged_rows",
    ),
    "cross_entropy_from_probabilities": (
        "clips_to_1e-07",
        "log_of_p_plus_1e-09",
        "zero_times_log_zero",
    ),
    "binary_cross_entropy": ("clips_to_1e-07", "log_of_p_plus_1e-09"),
}


def reduced(terms, reduction):
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


def red(implementation):
    return [finding for finding in findings(implementation) if finding.verdict.fails]


@pytest.fixture(scope="module")
def scores():
    """Of every loss in the quick profile, each mutant until it is caught."""
    return [one for loss in LOSSES.values() for one in score(loss, "quick", first_only=True)]


def test_what_the_mutants_are_made_from_is_green(scores):
    assert [(one.asked, one.first) for one in scores if not one.mutant and one.caught] == []


def test_the_quick_profile_catches_nearly_all_mutants(scores):
    mutants = [one for one in scores if one.mutant]
    assert len(mutants) == len(MUTANTS) > 500
    assert sum(bool(one.caught) for one in mutants) >= QUICK_BAR * len(mutants)


def test_mutants_answer(scores):
    """One that raises is caught by nothing that it was made to show."""
    assert [(one.mutant, one.first) for one in scores if one.raised] == []


@pytest.mark.parametrize("loss", CERTAIN)
def test_plain_mistakes_are_found_many_times(loss):
    mutants = [MUTANTS[f"{loss}.{name}"] for name in CERTAIN[loss]]
    right, *wrong = score(LOSSES[loss], "quick", mutants=mutants)
    assert right.caught == 0
    assert [str(one.mutant) for one in wrong if one.caught < 2 or one.raised] == []


def test_a_usual_check_sees_a_sign_and_no_small_epsilon():
    """The figures beside the suite's are of checks that work."""
    check = usual_checks.with_allclose
    assert usual_checks.catches(MUTANTS["cross_entropy.sign"], check)
    assert not usual_checks.catches(MUTANTS["binary_cross_entropy.clips_to_1e-12"], check)


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


def first_order(wrong):
    """The quantities of findings; second derivatives may be wrong too, or right."""
    return {finding.quantity for finding in wrong} - {"hessian_vector_product"}


def test_torch_itself_is_green(torch):
    assert red(in_torch(cross_entropy_in(torch), losses.cross_entropy)) == []


@pytest.mark.parametrize("scale", [1 + 1e-6, -1, 0, 2])
def test_a_scaled_gradient_is_red_and_its_right_value_is_not(torch, scale):
    mutant = cross_entropy_in(torch, lambda x: scaled(torch, x, scale))
    wrong = red(in_torch(mutant, losses.cross_entropy))
    assert first_order(wrong) == {"gradient"}
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
    assert first_order(wrong) == {"target_gradient"}


def test_gradients_of_exchanged_rows_are_red(torch):
    """Rows of a batch exchanged in the gradient only: the uneven cotangent tells them apart."""

    def exchanged(x):
        return x.detach() + (x.flip(0) - x.detach().flip(0))

    wrong = red(in_torch(cross_entropy_in(torch, exchanged), losses.cross_entropy))
    assert first_order(wrong) == {"gradient"}
