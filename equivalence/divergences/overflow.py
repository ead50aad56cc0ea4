"""Intermediate numbers that a narrow format does not hold, where the answer itself would fit."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.exact import FORMATS, Format
from equivalence.losses.binary import smoothed_target
from equivalence.losses.loss import Gradients
from equivalence.losses.reduction import factors, reduce

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss


REMEMBERED = 4096  # cases, each asked in several modes and of several functions


def wider(format_: Format, other: str) -> Format:
    """The wider of two formats; the second by its name, or empty."""
    return max(format_, FORMATS[other or format_.name], key=lambda one: one.precision)


def wide_terms(case: Case) -> np.ndarray:
    """The terms in float64, and those of float64 in the widest numbers at hand, shape ``[...]``.

    float64 must not overflow before it is asked whether it does.
    """
    number = np.longdouble if case.dtype == "float64" else np.float64
    parameters = {name: np.asarray(value, dtype=number) for name, value in case.parameters.items()}
    inputs = (np.asarray(array, dtype=number) for array in (case.prediction, case.distribution))
    with np.errstate(all="ignore"):
        return np.asarray(case.loss.definition(*inputs, **parameters))


def overflows(
    *, sums: bool, accumulator: str = "", weighed: str = "", formed: str = ""
) -> Callable[[Case], Case | None]:
    """A weighted term, or with ``sums`` also their sum, is infinite before the mean divides it.

    Sums may be accumulated in a wider format, the ``accumulator``, terms may be weighted in one,
    ``weighed``, and ``formed`` in one.

    It concerns only means in which that happens, in the format that is computed in: elsewhere the
    answer does not fit either.
    """

    @functools.lru_cache(maxsize=REMEMBERED)
    def model(case: Case) -> Case | None:
        if case.reduction.kind != "mean":
            return None
        terms = wide_terms(case)
        with np.errstate(all="ignore"):
            weighted = np.where(case.weighing.sample == 0, 0.0, terms * case.weighing.sample)
            mean = reduce(terms, factors(case.reduction, case.weighing), case.reduction)
            format_ = case.computed_in
            over = wider(format_, formed).overflows(terms)
            over |= wider(format_, weighed).overflows(weighted)
            counts = np.isfinite(terms) & (case.weighing.sample != 0)
            over &= counts
            total = np.sum(weighted)
            signs = None
            if not over.any() and sums and wider(format_, accumulator).overflows(total):
                over, signs = counts, total * case.weighing.sample  # so that all add up to it
        fits = not format_.overflows(mean)
        if not fits or not over.any():
            return None
        return replace(case, loss=infinite_where(case.loss, over, signs))

    return model


def infinite_where(loss: Loss, over: np.ndarray, signs: np.ndarray | None = None) -> Loss:
    """The loss whose terms are infinite where ``over`` says so, with their own signs or these."""

    def definition(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        terms = loss.definition(prediction, target, **parameters)
        negative = (terms if signs is None else signs) < 0
        return np.where(over, np.where(negative, -np.inf, np.inf), terms)

    return replace(loss, name=f"{loss.name}, some of them overflown", definition=definition)


def reciprocals_overflow(case: Case) -> Case | None:
    """1 / p is formed before it is multiplied by the target: where it is infinite, so is -t / p.

    Zero times infinity is NaN. It concerns formats in which the reciprocal of a probability can be
    infinite: those of 16 bits, and 1 / 0 in any.
    """
    answered = replace(case, loss=with_reciprocals(case.loss, case.computed_in.largest))
    return (slopes_overflow(answered) if case.loss.has_classes else None) or answered


@functools.cache
def with_reciprocals(loss: Loss, largest: float) -> Loss:
    """The loss of probabilities whose gradient multiplies targets with rounded reciprocals."""

    def product(target: np.ndarray, probability: np.ndarray) -> np.ndarray:
        over = probability < 1 / largest
        infinite = np.where(target == 0, np.nan, np.inf)
        return np.where(over, infinite, target / np.where(over, 1, probability))

    def gradient(
        probability: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None
    ) -> Gradients:
        own = loss.gradient(probability, target, label_smoothing=label_smoothing)
        if loss.has_classes:
            over = probability < 1 / largest
            infinite = np.where(own.prediction == 0, np.nan, -np.inf)
            return Gradients(np.where(over, infinite, own.prediction), own.target)
        smoothed = smoothed_target(target, label_smoothing)
        absence = product(1 - smoothed, 1 - probability)
        return Gradients(absence - product(smoothed, probability), own.target)

    return replace(loss, name=f"{loss.name} by reciprocals up to {largest!r}", gradient=gradient)


def infinite_slopes(loss: Loss, factor: np.ndarray, format_: Format) -> Loss:
    """The loss with infinite slopes where, times a factor from above, they do not fit a format."""

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        slope, by_target = loss.gradient(prediction, target, **parameters)
        over = format_.overflows(np.abs(slope) * factor)
        return Gradients(np.where(over, np.where(slope < 0, -np.inf, np.inf), slope), by_target)

    return replace(loss, name=f"{loss.name}, infinite where steep", gradient=gradient)


def slopes_overflow(case: Case) -> Case | None:
    """The slope -t / p is infinite where, times what comes from above, it does not fit.

    None in formats of 32 and of 64 bits.
    """
    if case.computed_in.precision >= FORMATS["float32"].precision:
        return None
    above = from_above(case)[..., None]
    return replace(case, loss=infinite_slopes(case.loss, above, case.computed_in))


def from_above(case: Case) -> np.ndarray:
    """What the slope of each term is multiplied by on its way to the kernel, shape ``[...]``.

    That is its weight, what the mean divides by, and the cotangent.
    """
    factor = np.nan_to_num(np.abs(factors(case.reduction, case.weighing)))
    above = cotangent(case.shape) if case.reduction.kind == "none" else 1.0
    return np.asarray(factor * above)
