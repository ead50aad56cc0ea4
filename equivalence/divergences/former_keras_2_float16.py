"""What Keras 2 answers in float16, which its classes keep: what does not fit on its way."""

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
from equivalence.exact import FORMATS
from equivalence.losses.binary import smoothed_target
from equivalence.losses.focal import GAMMA

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DEFECT = (
    "The clipping and the epsilon exist to keep the loss and its gradient finite; the gradient is "
    "not, in a format that Keras offers."
)


def _rounded(array: np.ndarray) -> np.ndarray:
    """What float16 makes of numbers."""
    return numbers(FORMATS["float16"].round(array))


LOW, HIGH = float(_rounded(np.array(EPSILON))), float(_rounded(np.array(1 - EPSILON)))


def _clipped(given: np.ndarray, most: float = HIGH) -> tuple[np.ndarray, np.ndarray]:
    """Numbers as the clip leaves them, and where it does not hold their gradient back."""
    return np.clip(given, LOW, most), (given >= LOW) & (given <= most)


def _in_float16(case: Case) -> bool:
    """Whether a case is computed in the format in which reciprocals of 1e-7 do not fit."""
    return case.computed_in.name == "float16"


def _smoothed(case: Case) -> np.ndarray:
    target = smoothed_target(numbers(case.target), case.options.get("label_smoothing"))
    return numbers(target)


def _balance(case: Case) -> np.ndarray:
    """The weight of each class in a focal loss."""
    alpha, target = case.options.get("alpha"), _smoothed(case)
    return target * 0 + 1 if alpha is None else target * alpha + (1 - target) * (1 - alpha)


def _without_reciprocals(case: Case, factor: np.ndarray) -> Case | None:
    """The derivative of t log(p + e) + (1 - t) log(1 - p + e), times a factor, where not finite.

    Each logarithm is differentiated as what comes from above times a reciprocal.
    """
    if not _in_float16(case):
        return None
    p, inside = _clipped(numbers(case.prediction))
    target = _smoothed(case)
    with np.errstate(all="ignore"):
        above = _rounded(from_above(case) * factor)
        slope = sum(
            sign * _rounded(above * share) * _rounded(1 / _rounded(number + LOW))
            for sign, share, number in ((-1, target, p), (1, 1 - target, _rounded(1 - p)))
        )
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
    if not _in_float16(case):
        return None
    p, inside = _clipped(numbers(case.prediction))
    inside &= case.counted[..., None]
    with np.errstate(all="ignore"):
        by_logarithm = _rounded(p / p.sum(axis=-1, keepdims=True)) - case.distribution
        above = from_above(case)[..., None]
        slope = _rounded(above * _rounded(by_logarithm)) * _rounded(1 / p)
    return overlaid(case, prediction=np.where(inside & ~np.isfinite(slope), slope, 0.0))


@divergence(
    *forms("KLDivergence", on=ON_TENSORFLOW),
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    defect=(
        "The clipping exists to keep the loss and its gradient finite; they are not, in a format "
        "that Keras offers."
    ),
)
def keras_2_quotient_overflows(case: Case) -> Case | None:
    """In float16 t / p is infinite for p below t / 65,504, and so is the loss; classes keep it.

    By p it is differentiated as 1 / (t / p) times (-t / p) / p: the first is infinite for t below
    p / 65,504, the second for p below 1/256 and t = 1. Zero times infinity is NaN.
    """
    if not _in_float16(case):
        return None
    p, by_p = _clipped(numbers(case.prediction), 1.0)
    t, by_t = _clipped(numbers(case.target), 1.0)
    with np.errstate(all="ignore"):
        quotient = _rounded(t / p)
        above = _rounded(from_above(case)[..., None] * t)
        by_quotient = _rounded(above * _rounded(1 / quotient))
        by_prediction = _rounded(by_quotient * -_rounded(quotient / p))
        by_target = _rounded(np.log(quotient) + by_quotient / p)
    return overlaid(
        case,
        terms=np.where(np.any(np.isinf(quotient), axis=-1), np.inf, 0.0),
        prediction=np.where(by_p, by_prediction, 0.0),
        target=np.where(by_t, by_target, 0.0),
    )


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
