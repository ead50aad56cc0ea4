"""Second derivatives of the binary focal losses: the product rule over m^gamma and an entropy."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    logistic,
    smoothed_target,
)
from equivalence.losses.binary_focal import (
    binary_focal_cross_entropy,
    binary_focal_cross_entropy_with_logits,
    focal_parts,
    miss_error,
)
from equivalence.losses.curvature import (
    Curvature,
    curvature,
    curved,
    curved_with,
    diagonal,
)
from equivalence.losses.focal import GAMMA, power
from equivalence.losses.loss import times
from equivalence.losses.products import Factor, error_of, powers

if TYPE_CHECKING:
    from equivalence.losses.loss import Loss


def _binary_parts(
    of: Loss, prediction: np.ndarray, target: np.ndarray, alpha: Any, label_smoothing: Any
) -> tuple[Any, ...]:
    """The cross-entropy with its two derivatives, m with its two, and the balance."""
    inner, slopes, miss = focal_parts(of, prediction, target, alpha, label_smoothing)
    smoothed = smoothed_target(target, label_smoothing)
    known = curvature(of)
    assert known is not None  # noqa: S101 - of both cross-entropies it is
    bent = known.product(prediction, smoothed, prediction * 0 + 1)
    if of is binary_cross_entropy:
        turn = prediction * 0
    else:
        parts = logistic(prediction)
        turn = miss.prediction * (parts.opposite_sigmoid - parts.sigmoid)
    return inner, slopes, bent, miss, turn


def _binary_product(
    of: Loss,
    prediction: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """B (g (g - 1) m^(g - 2) m'^2 L + g m^(g - 1) (2 m' L' + m'' L) + m^g L'') v.

    Where the second derivative of the logarithm is infinite, it is the largest.
    """
    inner, slopes, bent, miss, turn = _binary_parts(of, prediction, target, alpha, label_smoothing)
    factor = gamma + 0 * miss.size
    largest = abs(bent) == np.inf
    inner, slope = (np.where(largest, 0.0, one) for one in (inner, slopes.prediction))
    steep = times(np.square(miss.prediction), times(inner, power(miss.size, gamma - 2)))
    rate = times(
        2 * times(miss.prediction, slope) + times(turn, inner), power(miss.size, gamma - 1)
    )
    total = times(factor * (gamma - 1), steep) + times(factor, rate)
    total = total + times(power(miss.size, gamma), bent)
    return times(direction, miss.balance * total)


def _binary_bound(
    of: Loss,
    prediction: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    miss_units: float = 0.0,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Those of the cross-entropy, of its derivatives and of m, carried through every product.

    M may err by some units more, absolutely.
    """
    unit = 2.0**-precision
    inner, slopes, bent, miss, turn = _binary_parts(of, prediction, target, alpha, label_smoothing)
    known = curvature(of)
    assert known is not None  # noqa: S101 - of both cross-entropies it is
    own = of.bound(prediction, target, precision, label_smoothing=label_smoothing)
    ones = np.ones_like(prediction)
    own_bent = known.bound(prediction, target, ones, precision, label_smoothing=label_smoothing)
    error = miss_error(miss, unit, label_smoothing) + miss_units * unit
    once, rate, bend = powers(miss.size, error, gamma, unit)
    # Absolute, times p, as in the cross-entropy: p (1 - p) sees 1 - p as it was rounded.
    size = 1.0 if of is binary_cross_entropy else logistic(prediction).sigmoid
    flat = np.where(miss.prediction == 0, 0.0, unit * size)  # a flat sigmoid is flat
    steep = Factor(miss.prediction, 6 * flat)
    value, slope = Factor(inner, own.term), Factor(slopes.prediction, own.prediction)
    products = (
        (steep, steep, value, bend),
        (steep, slope, Factor(2 * rate.number, 2 * rate.error)),
        (Factor(turn, 9 * flat), value, rate),
        (once, Factor(bent, own_bent)),
    )
    balance = np.abs(miss.balance) + 0 * miss.size
    errors = sum(error_of(Factor(balance, 4 * unit), *factors, unit=unit) for factors in products)
    return times(np.abs(direction), np.asarray(errors))


def _with_logits(miss_units: float = 0.0) -> Curvature:
    of = binary_cross_entropy_with_logits
    return diagonal(
        functools.partial(_binary_product, of),
        functools.partial(_binary_bound, of, miss_units=miss_units),
    )


def lets_miss_err(made: Loss, loss: Loss, units: float) -> Loss:
    """``made``, with second derivatives whose m errs by some units more, absolutely.

    They are those of the focal loss with logits: of another ``loss`` nothing is made known.
    """
    if loss is binary_focal_cross_entropy_with_logits:
        curved_with(made, _with_logits(units))
    return made


curved(
    binary_focal_cross_entropy.gradient,
    diagonal(
        functools.partial(_binary_product, binary_cross_entropy),
        functools.partial(_binary_bound, binary_cross_entropy),
    ),
)
curved(binary_focal_cross_entropy_with_logits.gradient, _with_logits())
