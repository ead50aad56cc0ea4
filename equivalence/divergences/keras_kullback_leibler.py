"""What Keras' Kullback-Leibler divergence answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    EPSILON,
    KERAS_2,
    KERAS_2_BACKEND,
    LOSSES,
    ON_TENSORFLOW,
    forms,
)
from equivalence.divergences.overflow import from_above
from equivalence.divergences.probabilities import clips
from equivalence.divergences.specials import numbers, overlaid
from equivalence.losses.loss import Gradients, Loss

if TYPE_CHECKING:
    from equivalence.cases.case import Case


@functools.cache
def _clipped_both(loss: Loss, inner: Loss, low: float) -> Loss:
    """The Kullback-Leibler divergence of target and prediction clipped to [low, 1]."""

    def clip(target: np.ndarray) -> np.ndarray:
        zero = target * 0
        return np.where(target < low, zero + low, np.where(target > 1, zero + 1, target))

    def gradient(probability: np.ndarray, target: np.ndarray) -> Gradients:
        slopes = inner.gradient(probability, clip(target))
        outside = (target < low) | (target > 1)
        return Gradients(slopes.prediction, np.where(outside, 0.0, slopes.target))

    return replace(
        loss,
        name=f"{loss.name} of target and prediction clipped to [{low!r}, 1]",
        definition=lambda probability, target: inner.definition(probability, clip(target)),
        gradient=gradient,
        bound=lambda probability, target, precision: inner.bound(
            probability, clip(target), precision
        ),
    )


@divergence(
    *forms("KLDivergence"),
    versions="keras>=2.12",
    reference=LOSSES,
    defect=(
        'Contradicts its documentation: "They will get clipped to the `[0, 1]` range", which would '
        "leave distributions as they are."
    ),
)
def clips_target_and_prediction(case: Case) -> Case | None:
    """Clips target and prediction to [1e-7, 1], so that no sum is one any more.

    A zero of the target counts: it adds 1e-7 log(1e-7 / p), which is negative, and pulls at p with
    -1e-7 / p. A zero prediction costs t log(t / 1e-7) and has no gradient.
    """
    answered = clips(EPSILON, 1.0)(case)
    low = float(case.computed_in.round(EPSILON))
    return (
        None
        if answered is None
        else replace(case, loss=_clipped_both(case.loss, answered.loss, low))
    )


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
    format_ = case.computed_in
    if format_.name != "float16":
        return None
    low = float(format_.round(EPSILON))
    probability, target = numbers(case.prediction), numbers(case.target)
    inside = [(array >= low) & (array <= 1) for array in (probability, target)]
    p, t = (np.clip(array, low, 1) for array in (probability, target))

    def rounded(array: np.ndarray) -> np.ndarray:
        return numbers(format_.round(array))

    with np.errstate(all="ignore"):
        quotient = rounded(t / p)
        above = rounded(from_above(case)[..., None] * t)
        by_quotient = rounded(above * rounded(1 / quotient))
        by_prediction = rounded(by_quotient * -rounded(quotient / p))
        by_target = rounded(np.log(quotient) + by_quotient / p)
    return overlaid(
        case,
        terms=np.where(np.any(np.isinf(quotient), axis=-1), np.inf, 0.0),
        prediction=np.where(inside[0], by_prediction, 0.0),
        target=np.where(inside[1], by_target, 0.0),
    )
