"""The search for counterexamples: what breaks a relation is found, small, and can be pinned."""

import itertools

import numpy as np
import pytest

from benchmarks.power.private import framework, private
from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.cases.pinned import read
from equivalence.divergences import DIVERGENCES, divergence
from equivalence.divergences.departures import divides_by
from equivalence.failures import held
from equivalence.generated import Drawn, Searched, concerns, search, told
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses.reduction import MEAN_OVER_SAMPLE_WEIGHTS
from equivalence.transformations import TRANSFORMATIONS

DTYPES = ("float32", "float64")


def reduced(terms, reduction):
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


def log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def right(logits, target, *, reduction):
    return reduced(-(target * log_softmax(logits)).sum(-1), reduction)


def right_weighted(logits, target, *, sample_weight=1.0, reduction):
    return reduced(sample_weight * right(logits, target, reduction="none"), reduction)


def no_max_subtraction(logits, target, *, reduction):
    terms = np.log(np.exp(logits).sum(-1)) * target.sum(-1) - (target * logits).sum(-1)
    return reduced(terms, reduction)


def heavier_last_class(logits, target, *, reduction):
    weight = 1 + (np.arange(logits.shape[-1]) == logits.shape[-1] - 1) / 64
    return right(logits, target * weight, reduction=reduction)


def first_row_twice(logits, target, *, reduction):
    terms = np.array(right(logits, target, reduction="none"))
    terms[:1] = terms[:1] * 2
    return reduced(terms, reduction)


def nothing_from_a_batch_of_one(logits, target, *, reduction):
    terms = right(logits, target, reduction="none")
    return reduced(terms * (len(terms) != 1) if terms.ndim else terms, reduction)


def squared_weights(logits, target, *, sample_weight=1.0, reduction):
    return right_weighted(logits, target, sample_weight=sample_weight**2, reduction=reduction)


def mean_over_weights(logits, target, *, sample_weight=1.0, reduction):
    terms = right(logits, target, reduction="none")
    total = (sample_weight * terms).sum()
    weights = np.broadcast_to(sample_weight, terms.shape).sum()
    return total / weights if reduction == "mean" else {"sum": total}[reduction]


def mean_over_n_plus_1(logits, target, *, reduction):
    terms = right(logits, target, reduction="none")
    return terms.sum() / (terms.size + 1) if reduction == "mean" else reduced(terms, reduction)


def of_indices(logits, target, *, reduction):
    return right(logits, np.arange(logits.shape[-1]) == target[..., None], reduction=reduction)


def of_indices_after_the_first(logits, target, *, reduction):
    return of_indices(logits, np.maximum(target, 1), reduction=reduction)


def binary(logit, target, *, reduction):
    terms = np.logaddexp(0, logit) - target * logit
    return reduced(terms, reduction)


def binary_of_a_clipped_logit(logit, target, *, reduction):
    return binary(np.clip(logit, -4, 4), target, reduction=reduction)


RIGHT = (right, right_weighted, mean_over_weights)
MUTANTS = {
    no_max_subtraction: "shift",
    heavier_last_class: "classes",
    first_row_twice: "rows",
    nothing_from_a_batch_of_one: "split",
    squared_weights: "weights",
    mean_over_n_plus_1: "sum",
}


def in_numpy(function, **offer):
    return private(
        framework("numpy"), losses.cross_entropy, function, targets=ONE_HOT | SOFT, **offer
    )


def cells(implementation, kinds=("one_hot", "soft", "soft_segmentation"), dtypes=DTYPES):
    every = itertools.product(kinds, implementation.reductions, dtypes)
    return [Drawn(implementation, *cell) for cell in every]


def searched(implementation, name, **which):
    relation = TRANSFORMATIONS[name]
    asked = cells(implementation, **which)
    wanted = [cell for cell in asked if concerns(relation, "eager", cell)]
    return search(relation, "eager", wanted, "full")


def weight_sums(entries=()):
    """Those that are offered for every relation, and mean_over_weights as the catalogue has it."""
    return {"reductions": {"sum": "sum", "mean": "mean"}, **dict(entries)}


@pytest.fixture
def explained(monkeypatch):
    """The catalogue knows that a mean divides by the weights."""
    for name in ("mean_over_weights", "squared_weights"):
        divergence(
            f"numpy.{name}", versions="", reference="https://", name=name, reason="y", by_design="z"
        )(divides_by(MEAN_OVER_SAMPLE_WEIGHTS))
        monkeypatch.setitem(DIVERGENCES, name, DIVERGENCES.pop(name))


@pytest.mark.parametrize("name", ["shift", "classes", "rows", "split", "weights", "sum"])
def test_what_is_right_keeps_every_relation(name):
    function = right_weighted if name == "weights" else right
    found = searched(in_numpy(function), name)
    assert found.counterexample is None, "\n".join(told(found.counterexample))
    assert found.compared > 50


@pytest.mark.parametrize("function", MUTANTS, ids=lambda function: function.__name__)
def test_every_broken_relation_is_found(function):
    found = searched(in_numpy(function), MUTANTS[function]).counterexample
    assert found is not None
    case = found.related.case
    assert case.prediction.size <= 6, "\n".join(told(found))
    assert case.weights is None or MUTANTS[function] == "weights"


def test_a_mutant_keeps_the_relations_that_it_does_not_break():
    assert searched(in_numpy(mean_over_n_plus_1), "shift").counterexample is None
    assert searched(in_numpy(heavier_last_class), "rows").counterexample is None
    assert searched(in_numpy(squared_weights), "classes").counterexample is None


def test_a_mean_over_weights_is_known_from_the_catalogue(explained):
    """It does not scale with the weights, and its sum does: both follow from its denominator."""
    for name in ("weights", "split", "sum"):
        found = searched(in_numpy(mean_over_weights, **weight_sums()), name)
        assert found.counterexample is None, "\n".join(told(found.counterexample))
        assert found.compared > 50
    wrong = in_numpy(squared_weights, **weight_sums())
    assert searched(wrong, "weights").counterexample is not None


def test_a_mean_over_weights_that_nobody_knows_breaks_relations():
    for name in ("weights", "sum"):
        mean = in_numpy(mean_over_weights, **weight_sums())
        assert searched(mean, name).counterexample is not None


@pytest.fixture
def fellows(monkeypatch):
    """Registers implementations of one framework, which are then asked beside each other."""

    def registered(*functions):
        owner, made = framework("numpy"), []
        for function, loss, targets in functions:
            made.append(private(owner, loss, function, targets=targets))
            monkeypatch.setitem(IMPLEMENTATIONS, made[-1].name, made[-1])
        return made

    return registered


@pytest.mark.parametrize(
    ("function", "broken"), [(of_indices, False), (of_indices_after_the_first, True)]
)
def test_an_index_that_is_not_its_one_hot_row_is_found(fellows, function, broken):
    sparse, _ = fellows(
        (function, losses.cross_entropy, SPARSE), (right, losses.cross_entropy, ONE_HOT | SOFT)
    )
    found = searched(sparse, "one_hot", kinds=("sparse",))
    assert (found.counterexample is not None) == broken
    assert found.compared


@pytest.mark.parametrize(
    ("function", "broken"), [(binary, False), (binary_of_a_clipped_logit, True)]
)
def test_a_sigmoid_that_is_not_two_classes_is_found(fellows, function, broken):
    one, _ = fellows(
        (function, losses.binary_cross_entropy_with_logits, BINARY | SOFT_BINARY),
        (right, losses.cross_entropy, ONE_HOT | SOFT),
    )
    # In float64 the formula of this file cancels; narrower formats are rounded once.
    found = searched(one, "two_classes", kinds=("soft_binary",), dtypes=("float32",))
    assert (found.counterexample is not None) == broken
    assert found.compared


def test_a_counterexample_becomes_a_pinned_file(tmp_path):
    found = searched(in_numpy(squared_weights), "weights")
    with pytest.raises(pytest.fail.Exception, match=r"(?s)smallest counterexample.*weights = "):
        held(found, str(tmp_path / "pending"))
    files = sorted((tmp_path / "pending").glob("*.toml"))
    assert files
    asked = {found.counterexample.related.case.digest}
    asked |= {case.digest for _, case in found.counterexample.related.others}
    for file in files:
        (case,) = read(file).cases
        assert case.digest in asked
        assert file.stem.endswith(case.digest)


def test_a_relation_that_holds_says_nothing_and_one_that_is_not_owed_is_skipped():
    held(Searched(compared=3))
    with pytest.raises(pytest.skip.Exception, match="keep no such relation"):
        held(Searched(compared=0))


def test_an_exception_is_a_counterexample():
    def refuses(logits, target, *, reduction):
        raise TypeError("no")

    found = searched(in_numpy(refuses), "shift").counterexample
    assert found.found == "numpy.refuses@eager raises TypeError: no"


def test_the_search_is_the_same_every_time():
    one, other = (searched(in_numpy(no_max_subtraction), "shift") for _ in range(2))
    assert list(told(one.counterexample)) == list(told(other.counterexample))
