"""What Keras 2 answers in float16, which its classes keep: reciprocals that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    EPSILON,
    KERAS_2,
    KERAS_2_BACKEND,
    KERAS_2_LOSS_UTILS,
    ON_TENSORFLOW,
    forms,
    keras,
)
from equivalence.divergences.overflow import from_above, overflows
from equivalence.divergences.specials import numbers, overlaid
from equivalence.losses.binary import smoothed_target
from equivalence.losses.focal import GAMMA

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DEFECT = (
    "The clipping and the epsilon exist to keep the loss and its gradient finite; the gradient is "
    "not, in a format that Keras offers."
)


def _smoothed(case: Case) -> np.ndarray:
    target = smoothed_target(numbers(case.target), case.options.get("label_smoothing"))
    return numbers(target)


def _balance(case: Case) -> np.ndarray:
    """The weight of each class in a focal loss."""
    alpha, target = case.options.get("alpha"), _smoothed(case)
    return target * 0 + 1 if alpha is None else target * alpha + (1 - target) * (1 - alpha)


def _without_reciprocals(case: Case, factor: np.ndarray) -> Case | None:
    """The derivative of t log(p + e) + (1 - t) log(1 - p + e), times a factor, where not finite.

    Each logarithm is differentiated as what comes from above times a reciprocal. None in formats
    in which reciprocals of 2e fit.
    """
    format_ = case.computed_in
    if format_.name != "float16":
        return None

    def rounded(array: np.ndarray) -> np.ndarray:
        return numbers(format_.round(array))

    epsilon, highest = float(format_.round(EPSILON)), float(format_.round(1 - EPSILON))
    given = numbers(case.prediction)
    p = np.clip(given, epsilon, highest)
    target = _smoothed(case)
    with np.errstate(all="ignore"):
        above = rounded(from_above(case) * factor)
        slope = sum(
            sign * rounded(above * share) * rounded(1 / rounded(number + epsilon))
            for sign, share, number in ((-1, target, p), (1, 1 - target, rounded(1 - p)))
        )
    inside = (given >= epsilon) & (given <= highest)
    return overlaid(case, prediction=np.where(inside & ~np.isfinite(slope), slope, 0.0))


@divergence(
    *forms("BinaryCrossentropy", on=ON_TENSORFLOW),
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    defect=DEFECT,
)
def keras_2_binary_reciprocal_overflows(case: Case) -> Case | None:
    """In float16 the reciprocals of p + 1e-7 and 1 - p + 1e-7 are infinite at both ends.

    Times a target of 0 that is NaN: a right certainty, p = t = 1, has no gradient.
    """
    return _without_reciprocals(case, np.ones(case.shape))


@divergence(
    *forms("BinaryFocalCrossentropy", on=ON_TENSORFLOW),
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    defect=DEFECT,
)
def keras_2_focal_reciprocal_overflows(case: Case) -> Case | None:
    """In float16 the reciprocals in its cross-entropy are infinite at both ends.

    Times a focal factor, or a target, of 0 that is NaN.
    """
    p, t = numbers(case.prediction), _smoothed(case)
    missed = np.clip(t * (1 - p) + (1 - t) * p, 0, 1)
    return _without_reciprocals(case, _balance(case) * missed ** case.options.get("gamma", GAMMA))


@divergence(
    *forms("SparseCategoricalCrossentropy", on=ON_TENSORFLOW),
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    defect=DEFECT,
)
def keras_2_sparse_reciprocal_overflows(case: Case) -> Case | None:
    """In float16 the gradient of the logarithms is multiplied by an infinite 1 / p.

    It is softmax(log p) minus the target; where that, times what comes from above, is 0: NaN.
    """
    format_ = case.computed_in
    if format_.name != "float16":
        return None

    def rounded(array: np.ndarray) -> np.ndarray:
        return numbers(format_.round(array))

    epsilon, highest = float(format_.round(EPSILON)), float(format_.round(1 - EPSILON))
    given = numbers(case.prediction)
    p = np.clip(given, epsilon, highest)
    with np.errstate(all="ignore"):
        by_logarithm = rounded(p / p.sum(axis=-1, keepdims=True)) - case.distribution
        above = from_above(case)[..., None]
        slope = rounded(above * rounded(by_logarithm)) * rounded(1 / p)
    inside = (given >= epsilon) & (given <= highest) & case.counted[..., None]
    return overlaid(case, prediction=np.where(inside & ~np.isfinite(slope), slope, 0.0))


divergence(
    *keras("*", on=ON_TENSORFLOW),
    versions=KERAS_2,
    reference=KERAS_2_LOSS_UTILS,
    name="keras_2_overflows_when_summed",
    reason=(
        "A mean sums first and divides then, in the dtype of the terms: a sum that does not fit "
        "float16 is infinite."
    ),
    by_design="A plain convention of means.",
)(overflows(sums=True))
