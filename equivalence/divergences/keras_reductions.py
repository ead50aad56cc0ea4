"""What Keras' reductions answer instead: averages of the last axis, means of weighted losses."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.departures import averages_last_axis_first, divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import KERAS_2, LOSS_SOURCE, LOSSES, keras
from equivalence.divergences.overflow import wide_terms, wider
from equivalence.divergences.specials import overlaid
from equivalence.losses.reduction import (
    MEAN,
    MEAN_OVER_PASSED_WEIGHTS,
    MEAN_OVER_SAMPLE_WEIGHTS,
    NONE,
    SUM,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case

# They follow the formulas: the terms are what is averaged and weighted.


@divergence(
    "tensorflow_v2.keras.BinaryCrossentropy*@eager",
    "tensorflow_v2.keras.binary_crossentropy*@eager",
    "tensorflow_v2.keras.BinaryFocalCrossentropy*@eager",
    versions="keras>=2.12",
    reference=LOSSES,
    by_design=(
        "Documented: predictions have the shape [batch_size, d0, .. dN], so there is a last axis."
    ),
)
def averages_nothing(case: Case) -> type[Exception] | None:
    """Averages the last axis first, and raises InvalidArgumentError where there is none."""
    if case.shape:
        return None
    import tensorflow as tf  # noqa: TID251 - the type is TensorFlow's, and met only where it answers

    raised: type[Exception] = tf.errors.InvalidArgumentError
    return raised


@divergence(
    "tensorflow_v2.keras.BinaryCrossentropy*@function",
    "tensorflow_v2.keras.binary_crossentropy*@function",
    "tensorflow_v2.keras.BinaryFocalCrossentropy*@function",
    "tensorflow_v2.keras.BinaryCrossentropy*@xla",
    "tensorflow_v2.keras.binary_crossentropy*@xla",
    "tensorflow_v2.keras.BinaryFocalCrossentropy*@xla",
    versions="keras>=2.12",
    reference=LOSSES,
    by_design=(
        "Documented: predictions have the shape [batch_size, d0, .. dN], so there is a last axis."
    ),
)
def averages_nothing_while_tracing(case: Case) -> type[Exception] | None:
    """Averages the last axis first; where there is none, a graph cannot be made: ValueError."""
    return None if case.shape else ValueError


divergence(
    *keras("BinaryCrossentropy*", "binary_crossentropy*", "BinaryFocalCrossentropy*"),
    versions="keras>=2.12",
    reference=LOSSES,
    name="averages_last_axis_first",
    reason=(
        "Averages over the last axis before the reduction, so that none and sum see the means of "
        "rows.\n\n"
        "The value of reduction none has one axis less, that of sum is smaller by the size of the "
        "last axis; a rank-1 input becomes one number. Unweighted means are the same."
    ),
    by_design="Documented: binary_crossentropy returns the shape [batch_size, d0, .. dN-1].",
)(averages_last_axis_first)


def _overflows_when_averaged(case: Case, accumulator: str) -> Case | None:
    if not case.loss.has_classes or not case.prediction.ndim:
        return None
    with np.errstate(all="ignore"):
        means = wide_terms(case)
        sums = wider(case.computed_in, accumulator).overflows(means * case.prediction.shape[-1])
    over = ~case.computed_in.overflows(means) & sums
    return overlaid(case, terms=np.where(over, np.inf, 0.0))


divergence(
    *keras("BinaryCrossentropy*", "binary_crossentropy*", "BinaryFocalCrossentropy*"),
    versions="keras>=3.0",
    reference=LOSSES,
    name="overflows_when_averaged",
    reason=(
        "The average over the last axis sums first, in float32 at least: what does not fit is "
        "infinite, even if divided."
    ),
    by_design="A plain convention of means.",
)(functools.partial(_overflows_when_averaged, accumulator="float32"))

divergence(
    "tensorflow_v2.keras.Binary*",
    "tensorflow_v2.keras.binary_crossentropy*",
    versions=KERAS_2,
    reference=LOSSES,
    name="keras_2_overflows_when_averaged",
    reason=(
        "The average over the last axis sums first, in the dtype of the terms: what does not fit "
        "is infinite, even if divided."
    ),
    by_design="A plain convention of means.",
)(functools.partial(_overflows_when_averaged, accumulator=""))


@divergence(
    *keras("*[mean_with_sample_weight]"),
    versions="keras>=3.7",
    reference=LOSS_SOURCE,
    defect=(
        'Contradicts its documentation ("divides by the sum of the sample weights", which weigh '
        "every loss) and tf.compat.v1's MEAN: a scalar weight changes a mean of equal losses."
    ),
)
def divides_by_passed_weights(case: Case) -> Case | None:
    """Divides by the sum of the sample weights as they were passed, before they are broadcast.

    So a scalar weight of 1 returns the sum, and weights (N, 1) of losses (N, L) a mean that is L
    times too large; with ignore_class they are broadcast first. Unbatched losses are not divided at
    all, and 0 / 0 is 0.
    """
    if case.reduction != MEAN or case.weights is None:
        return None
    if not case.shape or (case.shape == (1,) and not np.ndim(case.weights)):
        return replace(
            case, reduction=replace(MEAN_OVER_PASSED_WEIGHTS, name=SUM.name, denominator="nothing")
        )
    if "ignore_index" in case.options:
        return divides_by(MEAN_OVER_SAMPLE_WEIGHTS, empty_is_zero=True)(case)
    return divides_by(MEAN_OVER_PASSED_WEIGHTS, empty_is_zero=True)(case)


@divergence(
    *keras("*"),
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    defect=(
        "Contradicts its own terms for any other batch: with reduction none the shape is that of "
        "the losses."
    ),
)
def squeezes_batch_of_one(case: Case) -> Case | None:
    """With a scalar weight, the terms of a batch of one lose their axis: none has the shape ()."""
    alone = case.shape == (1,) and case.weights is not None and not np.ndim(case.weights)
    return replace(case, reduction=SUM) if alone and case.reduction.kind == "none" else None


@divergence(
    *keras("*Crossentropy*", "KLDivergence"),
    versions="keras>=2.12",
    reference=LOSS_SOURCE,
    defect=(
        "Contradicts its documentation (a reduced loss is a scalar) and itself: a batch of no "
        "images, (0, 4, 4), is reduced to one number, and tf.reduce_sum of nothing is 0."
    ),
)
def returns_no_terms_unreduced(case: Case) -> Case | None:
    """Terms of the shape (0,) are returned as they are by every reduction.

    The source has ``or tuple(values.shape) == (0,)``: of an empty batch sum is no number, and what
    is added to it becomes an empty array.
    """
    if case.shape != (0,) or case.reduction.kind == "none":
        return None
    return replace(case, reduction=NONE)
