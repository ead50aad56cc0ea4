"""PyTorch's kernel of binary cross-entropy: logarithms clamped, and a gradient that is not theirs.

Its gradient is (p - t) / max(p (1 - p), 1e-12).
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.divergences.overflow import REMEMBERED, infinite_slopes
from equivalence.exact import Format
from equivalence.losses.binary import smoothed_target, target_slope
from equivalence.losses.loss import Gradients, Loss, TermBounds, times

if TYPE_CHECKING:
    from equivalence.cases.case import Case

LOG_CLAMP = -100.0
GRADIENT_FLOOR = float(np.float32(1e-12))  # constexpr float EPSILON, in every precision


@functools.cache
def _clamped(loss: Loss, format_: Format) -> Loss:
    """Binary cross-entropy whose logarithms are clamped at -100.

    Its gradient divides by max(p (1 - p), 1e-12), where 1e-12 is 0 in float16.
    """
    half = format_.name == "float16"
    floor = float(format_.round(GRADIENT_FLOOR)) if half else GRADIENT_FLOOR

    def divided(difference: np.ndarray) -> np.ndarray:
        if floor:
            return np.asarray(difference / floor)
        none = difference == 0
        return np.where(none, np.nan, np.where(difference < 0, -np.inf, np.inf))

    def logs(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        zero = probability * 0
        zeros, ones = loss.definition(probability, zero), loss.definition(probability, zero + 1)
        limit = -LOG_CLAMP
        return (
            np.where(ones > limit, zero + limit, ones),
            np.where(zeros > limit, zero + limit, zeros),
        )

    def definition(
        probability: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None
    ) -> np.ndarray:
        presence, absence = logs(probability)
        smoothed = smoothed_target(target, label_smoothing)
        return np.asarray(smoothed * presence + (1 - smoothed) * absence)

    def gradient(
        probability: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None
    ) -> Gradients:
        smoothed = smoothed_target(target, label_smoothing)
        spread = probability * (1 - probability)
        gone = spread <= floor
        kept = (probability - smoothed) / np.where(gone, probability * 0 + 1, spread)
        slope = np.where(gone, divided(probability - smoothed), kept)
        by_target = loss.gradient(probability, smoothed).target
        return Gradients(slope, by_target * target_slope(label_smoothing))

    def bound(
        probability: np.ndarray, target: np.ndarray, precision: int, *, label_smoothing: Any = None
    ) -> TermBounds:
        unit = 2.0**-precision
        presence, absence = logs(probability)
        smoothed = smoothed_target(target, label_smoothing)
        own = loss.bound(probability, target, precision, label_smoothing=label_smoothing)
        slope = gradient(probability, target, label_smoothing=label_smoothing).prediction
        # A smoothed target has been rounded twice, and p - t is divided by p (1 - p).
        mixed = 0.0 if label_smoothing is None else 2 * unit * np.abs(smoothed)
        spread = probability * (1 - probability)
        spread = np.where(spread <= GRADIENT_FLOOR, GRADIENT_FLOOR, spread)
        return TermBounds(
            4 * unit * (times(smoothed, presence) + times(1 - smoothed, absence))
            + mixed * (presence + absence),
            5 * unit * np.abs(slope) + mixed / spread,
            own.target,
        )

    return replace(
        loss,
        name=f"{loss.name} with logarithms clamped at -100",
        definition=definition,
        gradient=gradient,
        bound=bound,
    )


@functools.lru_cache(maxsize=REMEMBERED)
def clamped_for(case: Case, loss: Loss) -> Loss:
    """The loss, clamped; in float16 with infinite slopes that do not fit before a mean divides.

    It is multiplied by what comes from above, then by the sample weight.
    """
    clamped = _clamped(loss, case.computed_in)
    if case.computed_in.name != "float16":
        return clamped
    above = cotangent(case.shape) if case.reduction.kind == "none" else np.ones(case.shape)
    factor = above * np.maximum(1.0, np.abs(case.weighing.sample))
    return infinite_slopes(clamped, factor, case.computed_in)


def clamps_logarithms(case: Case) -> Case:
    """The logarithms are clamped at -100, and the gradient's denominator at 1e-12."""
    return replace(case, loss=clamped_for(case, case.loss))


def clamps_logarithms_below_mean(case: Case) -> Case:
    """The same, of terms that are averaged over the last axis behind the kernel."""
    clamped = _clamped(case.loss, case.computed_in)
    if case.computed_in.name == "float16" and case.shape and case.prediction.size:
        above = cotangent(case.shape[:-1])[..., None] / case.shape[-1]
        clamped = _small_products(clamped, above, case.computed_in)
        clamped = infinite_slopes(clamped, above, case.computed_in)
    return replace(case, loss=clamped)


def _small_products(loss: Loss, above: np.ndarray, format_: Format) -> Loss:
    """The loss whose p - t is multiplied by what comes from above among subnormal numbers."""
    spacing = 2.0 ** (format_.minimum_exponent - format_.precision + 1)

    def bound(
        probability: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(probability, target, precision, **parameters)
        spread = probability * (1 - probability)
        spread = np.where(spread == 0, 1.0, spread)
        return TermBounds(own.term, own.prediction + spacing / (spread * np.abs(above)), own.target)

    return replace(loss, bound=bound)
