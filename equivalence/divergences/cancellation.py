"""Formulas that lose digits by subtracting nearly equal numbers: a weaker bound, nothing else."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.departures import widened
from equivalence.exact import FORMATS
from equivalence.losses.binary import smoothed_target
from equivalence.losses.loss import TermBounds, times

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss


def cancels_against_log_sigmoid(case: Case) -> Case | None:
    """(1 - t) x - (1 + (w - 1) t) log sigmoid(x) errs by a few roundings of |x| for negative x."""
    return (
        replace(case, loss=_log_sigmoid(case.loss, slope=False))
        if np.any(np.asarray(case.prediction, dtype=np.float64) < 0)
        else None
    )


def cancels_against_log_sigmoid_and_slope(case: Case) -> Case | None:
    """The same, differentiated summand by summand.

    So the gradient errs by a few roundings of the summands.
    """
    return (
        replace(case, loss=_log_sigmoid(case.loss, slope=True))
        if np.any(np.asarray(case.prediction, dtype=np.float64) < 0)
        else None
    )


@functools.cache
def _log_sigmoid(loss: Loss, *, slope: bool) -> Loss:
    def more(
        logit: np.ndarray,
        target: np.ndarray,
        unit: float,
        *,
        pos_weight: Any = 1.0,
        label_smoothing: Any = None,
    ) -> TermBounds:
        # Each of the two summands is at most (1 + w) |x| and has been rounded at most twice,
        # their sum once.
        size = np.abs(1 - target) + pos_weight * np.abs(target)
        nothing = np.zeros(np.shape(logit))
        summands = np.where(logit < 0, 3 * unit * size, 0.0) + nothing
        # By the target: -x + (w - 1) log(1 + exp(-x)).
        away = np.where((logit < 0) & slope, 3 * unit * np.abs(logit), 0.0) * np.maximum(
            np.abs(pos_weight - 1), 1
        )
        return TermBounds(times(summands, np.abs(logit)), summands if slope else nothing, away)

    return widened(loss, "cancelling for negative logits", more)


def sums_exponentials(case: Case) -> Case:
    """(1 - t) x + (1 + (w - 1) t) (max(-x, 0) + log(exp(-max(-x, 0)) + exp(-x - max(-x, 0))))."""
    return replace(case, loss=_log_of_sum(case.loss))


@functools.cache
def _log_of_sum(loss: Loss) -> Loss:
    def more(
        logit: np.ndarray,
        target: np.ndarray,
        unit: float,
        *,
        pos_weight: Any = 1.0,
        label_smoothing: Any = None,
    ) -> TermBounds:
        size = 1 - target + pos_weight * target
        # The sum, between 1 and 2, errs by 3 u relatively, and so absolutely does its logarithm.
        # For negative logits |x| cancels, of which each summand has been rounded twice.
        term = times(unit * size, 4 + np.where(logit < 0, 3 * np.abs(logit), 0.0))
        # Differentiated operation by operation: two quotients by the sum, of which one is
        # subtracted from the other's complement, then weighted, then added to 1 - t.
        slope = 16 * unit * size + np.zeros(np.shape(logit))
        away = 4 * unit * np.abs(pos_weight - 1) + np.zeros(np.shape(logit))
        return TermBounds(term, slope, away)

    return widened(loss, "through the logarithm of a rounded sum", more)


def rounds_complement(case: Case) -> Case:
    """log(1 - p) of the rounded 1 - p errs by u absolutely, where log1p(-p) errs relatively."""
    return replace(case, loss=complement_rounded(case.loss))


@functools.cache
def complement_rounded(loss: Loss) -> Loss:
    """The loss with the bound of log(1 - p) of the rounded 1 - p."""

    def more(
        probability: np.ndarray, target: np.ndarray, unit: float, *, label_smoothing: Any = None
    ) -> TermBounds:
        smoothed = smoothed_target(target, label_smoothing)
        # A relative error u of 1 - p is an absolute error u of its logarithm.
        return TermBounds(2 * unit * (1 - smoothed), 0 * probability, 2 * unit + 0 * probability)

    return widened(loss, "with 1 - p rounded", more)


def rounds_terms_to_float32(case: Case) -> Case | None:
    """Terms of wider dtypes are rounded to float32, and weighted, summed and divided there."""
    return replace(case, loss=_float32_terms(case.loss)) if case.dtype == "float64" else None


@functools.cache
def _float32_terms(loss: Loss) -> Loss:
    narrow = FORMATS["float32"]

    def more(
        prediction: np.ndarray, target: np.ndarray, unit: float, **parameters: Any
    ) -> TermBounds:
        terms = np.abs(loss.definition(prediction, target, **parameters))
        gradients = loss.gradient(prediction, target, **parameters)
        summing = narrow.unit * (8 * np.log2(max(terms.size, 1)) + 12)
        return TermBounds(
            summing * terms + narrow.floor,
            summing * np.abs(gradients.prediction) + narrow.floor,
            summing * np.abs(gradients.target) + narrow.floor,
        )

    # Only the factor of each term comes in: nothing is summed.
    return widened(
        loss, "weighted in float32", more, lambda size: 12 * narrow.unit * size + narrow.floor
    )
