"""Intermediate numbers that a narrow format does not hold, where the answer itself would fit."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.losses.binary import smoothed_target
from equivalence.losses.loss import Gradients
from equivalence.losses.reduction import factors, reduce

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss


def overflows(*, sums: bool) -> Callable[[Case], Case | None]:
    """A weighted term, or with ``sums`` also their sum, is infinite before the mean divides it.

    It concerns only means in which that happens, in the format that is computed in: elsewhere the
    answer does not fit either.
    """

    def model(case: Case) -> Case | None:
        if case.reduction.kind != "mean":
            return None
        parameters = {
            name: np.asarray(value, dtype=np.float64) for name, value in case.parameters.items()
        }
        with np.errstate(all="ignore"):
            terms = case.loss.definition(
                np.asarray(case.prediction, dtype=np.float64), case.distribution, **parameters
            )
            weighted = np.where(case.weighing.sample == 0, 0.0, terms * case.weighing.sample)
            mean = reduce(terms, factors(case.reduction, case.weighing), case.reduction)
            largest = case.computed_in.largest
            size = np.maximum(np.abs(terms), np.abs(weighted))
            over = np.isfinite(terms) & (case.weighing.sample != 0) & (size > largest)
            if sums and abs(np.sum(weighted)) > largest:
                over |= np.isfinite(terms)
        fits = abs(mean) <= largest
        return replace(case, loss=_infinite(case.loss, over)) if fits and over.any() else None

    return model


def _infinite(loss: Loss, over: np.ndarray) -> Loss:
    """The loss whose terms are infinite where ``over`` says so."""

    def definition(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        return np.where(over, np.inf, loss.definition(prediction, target, **parameters))

    return replace(loss, name=f"{loss.name}, some of them overflown", definition=definition)


def reciprocals_overflow(case: Case) -> Case | None:
    """1 / p is formed before it is multiplied by the target: where it is infinite, so is -t / p.

    Zero times infinity is NaN. It concerns formats in which the reciprocal of a probability can be
    infinite: those of 16 bits, and 1 / 0 in any.
    """
    return replace(case, loss=with_reciprocals(case.loss, case.computed_in.largest))


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
