"""Sums, counts and weights in another dtype or along another axis are found by the search."""

import numpy as np
import pytest

from benchmarks.power.private import framework, private
from equivalence import losses
from equivalence.cases.case import ONE_HOT, SOFT
from equivalence.cases.edges import edge_case
from equivalence.divergences.accumulation import (
    counts_in,
    weighs_along_last_axis,
    weighs_positions_by_class,
)
from equivalence.exact import FORMATS
from equivalence.implementations.needs import EVERY_SHAPE, SEGMENTATION
from equivalence.search import search


def reduced(terms, reduction):
    return {"none": lambda: terms, "sum": terms.sum, "mean": terms.mean}[reduction]()


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def sums_narrowly(logits, target, *, reduction="mean"):
    terms = -(target * log_softmax(logits)).sum(axis=-1)
    if reduction == "none":
        return terms
    total = terms.astype(np.float16).sum(dtype=np.float16)
    count = 1 if reduction == "sum" else terms.size
    return np.asarray(total / np.float16(count)).astype(logits.dtype)


def counts_narrowly(logits, target, *, reduction="mean"):
    terms = -(target * log_softmax(logits)).sum(axis=-1)
    count = FORMATS["bfloat16"].round(terms.size).astype(logits.dtype)
    return terms.sum() / count if reduction == "mean" else reduced(terms, reduction)


def weighs_the_last_axis(logits, target, *, sample_weight=None, reduction="mean"):
    terms = -(target * log_softmax(logits)).sum(axis=-1)
    if sample_weight is not None:
        flat = sample_weight.ravel() if sample_weight.ndim else sample_weight
        terms = terms * flat  # right for rows only
    return reduced(terms, reduction)


def weighs_places_by_class(logits, target, *, weight=None, reduction="mean"):
    terms = -(target * log_softmax(logits)).sum(axis=-1)
    return reduced(terms if weight is None else terms * weight, reduction)


def forgets_to_broadcast(logits, target, *, sample_weight=None, reduction="mean"):
    terms = -(target * log_softmax(logits)).sum(axis=-1)
    if sample_weight is None:
        return reduced(terms, reduction)
    terms = terms * sample_weight
    return terms.sum() / sample_weight.sum() if reduction == "mean" else reduced(terms, reduction)


FAULTS = {
    sums_narrowly: "sums the terms in float16",
    counts_narrowly: "rounds what a mean is divided by to bfloat16",
    weighs_the_last_axis: "broadcasts a weight for each sample along the last axis",
    weighs_places_by_class: "broadcasts class weights along the last axis of the terms",
    forgets_to_broadcast: "divides by the sum of the sample weights as passed, not broadcast",
}


@pytest.mark.parametrize("wrong", FAULTS, ids=lambda wrong: wrong.__name__)
def test_a_fault_of_a_reduction_is_explained_alone(wrong):
    shapes = frozenset((SEGMENTATION,)) if "axis" in FAULTS[wrong] else EVERY_SHAPE
    own = private(
        framework("own"), losses.cross_entropy, wrong, targets=ONE_HOT | SOFT, shapes=shapes
    )
    # Quick asks an implementation of one's own for less terms than bfloat16 counts.
    many = [case("more_terms_than_16_bits_count")] if wrong is counts_narrowly else []
    found = search(own, "eager", many).found
    assert found, "nothing fits"
    assert any(str(each.models[0]).startswith(FAULTS[wrong]) for each in found)
    assert all(len(each.models) == 1 for each in found)


def case(name, **parts):
    return edge_case("cross_entropy", "soft", "mean", "float32", f"edge.{name}", **parts)


def test_a_count_that_a_format_holds_is_no_other_question():
    assert counts_in("bfloat16")(case("two_classes")) is None
    counted = counts_in("float16")(case("more_terms_than_16_bits_count"))
    assert counted.reduction.counted_in == "float16"


def test_a_count_that_overflows_makes_the_mean_zero():
    from equivalence.cases.answers import answers

    counted = counts_in("float16")(case("more_terms_than_float16_counts"))
    assert answers(counted).value.exact.high == 0


@pytest.mark.parametrize("model", [weighs_along_last_axis, weighs_positions_by_class])
def test_weights_that_are_not_there_lie_along_no_axis(model):
    assert model(case("two_classes")) is None
