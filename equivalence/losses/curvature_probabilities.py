"""Second derivatives of losses of probabilities: 1 / p^2 for each logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.losses.binary import binary_cross_entropy, quotients, reciprocals, smoothed_target
from equivalence.losses.categorical import (
    cross_entropy_from_probabilities,
    mixing,
    weighted_target,
)
from equivalence.losses.curvature import curved, diagonal
from equivalence.losses.kullback_leibler import kl_divergence, kl_divergence_from_probabilities
from equivalence.losses.loss import inverse, times

# By precision, the smallest normal number of a format: below it squares lose digits. A format that
# is wider than those asked about has none: what is answered there does not underflow.
_SMALLEST_NORMAL = {8: 2.0**-126, 11: 2.0**-14, 24: 2.0**-126, 53: 2.0**-1022}


def squared_error(size: np.ndarray, probability: np.ndarray, precision: int) -> np.ndarray:
    """The error of ``size`` = t / p^2, formed as t / p / p or t / (p p), and what p^2 loses.

    It rounds up to four times, 1 - p beforehand twice as much. Where p p vanishes t / (p p) is
    infinite, and (1 / p)^2 overflows before t makes it small: that is no answer, but a finding.
    """
    unit, smallest = 2.0**-precision, _SMALLEST_NORMAL.get(precision, 0.0)
    square = np.square(probability)
    lost = np.where(square < smallest, smallest / np.where(square == 0, np.inf, square), 0.0)
    return times(np.abs(size), unit * (8 + 2 * lost))


def _binary_squares(probability: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The quotients t / p^2 and (1 - t) / (1 - p)^2, with ``0 / 0 = 0``."""
    positive, negative = quotients(probability, target)
    presence, absence = reciprocals(probability)
    return times(positive, presence), times(negative, absence)


def _binary_product(
    probability: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    label_smoothing: Any = None,
) -> np.ndarray:
    """The product is (t' / p^2 + (1 - t') / (1 - p)^2) v."""
    positive, negative = _binary_squares(probability, smoothed_target(target, label_smoothing))
    return times(direction, positive + negative)


def _binary_bound(
    probability: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    label_smoothing: Any = None,
) -> np.ndarray:
    """That of each quotient; smoothing rounds t' and so, absolutely, 1 - t'."""
    smoothed = smoothed_target(target, label_smoothing)
    positive, negative = _binary_squares(probability, smoothed)
    error = squared_error(positive, probability, precision)
    error = error + squared_error(negative, 1 - probability, precision)
    if label_smoothing:
        ones = np.ones_like(probability)
        whole = _binary_squares(probability, 0 * ones)[1]
        error = error + 4 * 2.0**-precision * (np.abs(positive) + np.abs(whole))
    return times(np.abs(direction), error)


def _categorical_product(
    probabilities: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """The product is q / p^2 v, class by class."""
    return times(
        direction, _squares(probabilities, weighted_target(target, weight, label_smoothing))
    )


def _squares(probabilities: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The quotients t / p^2 with ``0 / 0 = 0``; for negative p they do not exist."""
    inverses = inverse(probabilities)
    return times(times(target, inverses), inverses)


def _categorical_bound(
    probabilities: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """That of the quotient, and the mixing of q."""
    size = np.abs(_squares(probabilities, weighted_target(target, weight, label_smoothing)))
    mixed = 2.0**-precision * mixing(target, precision, weight, label_smoothing)
    error = squared_error(size, probabilities, precision) + times(mixed + 0 * size, size)
    return times(np.abs(direction), error)


def _no_kl_product(
    log_probability: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    log_target: Any = None,
) -> np.ndarray:
    """Nothing: the divergence is linear in log p. For a negative share it does not exist."""
    share = np.exp(target) if log_target else target
    return np.where(share < 0, np.nan, log_probability * 0 + direction * 0 + share * 0)


def _no_kl_bound(log_probability: np.ndarray, *_arguments: Any, **_parameters: Any) -> np.ndarray:
    """Nothing: a constant has no derivative to be rounded."""
    return np.zeros(np.shape(log_probability))


def _kl_product(probability: np.ndarray, target: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The product is t / p^2 v, class by class; for a negative share the divergence has none."""
    return times(direction, _squares(probability, np.where(target < 0, np.nan, target)))


def _kl_bound(
    probability: np.ndarray, target: np.ndarray, direction: np.ndarray, precision: int
) -> np.ndarray:
    """That of the quotient."""
    size = _squares(probability, target)
    return times(np.abs(direction), squared_error(size, probability, precision))


curved(binary_cross_entropy.gradient, diagonal(_binary_product, _binary_bound))
curved(
    cross_entropy_from_probabilities.gradient,
    diagonal(_categorical_product, _categorical_bound),
)
curved(kl_divergence.gradient, diagonal(_no_kl_product, _no_kl_bound))
curved(kl_divergence_from_probabilities.gradient, diagonal(_kl_product, _kl_bound))
