"""Second derivatives of the focal losses: the product rule over a power and a cross-entropy.

Each is a sum of products, of which every factor errs: a product errs by what it is with its factors
at their largest, and by its own rounding.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

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
from equivalence.losses.categorical import mixing
from equivalence.losses.curvature import Curvature, curvature, curved, diagonal, turn_error
from equivalence.losses.curvature_probabilities import squared_error
from equivalence.losses.focal import (
    GAMMA,
    focal_cross_entropy,
    focal_cross_entropy_from_probabilities,
    focal_pull,
    focal_weights,
    focus_of,
    power,
    power_error,
)
from equivalence.losses.loss import accumulation, inverse, log, times
from equivalence.losses.softmax import softmax, surprisal_error

if TYPE_CHECKING:
    from equivalence.losses.loss import Loss

_ROUNDINGS = 12  # of a summand, in units: powers err by 4 u, logarithms and quotients by 2


class Factor(NamedTuple):
    """A number, and the largest error of what is computed for it."""

    number: np.ndarray
    error: Any = 0.0


def _size(*factors: Factor) -> np.ndarray:
    return functools.reduce(times, (np.abs(factor.number) for factor in factors))


def _error(*factors: Factor, unit: float) -> np.ndarray:
    """The error of a product: of the factors at their largest, and its rounding."""
    most = functools.reduce(times, (np.abs(one.number) + one.error for one in factors))
    return np.asarray(most - _size(*factors) + _ROUNDINGS * unit * most)


def _powers(base: np.ndarray, error: Any, gamma: Any, unit: float) -> list[Factor]:
    """The powers gamma, gamma - 1 and gamma - 2 with what derivatives multiply them by."""
    return [
        Factor(
            times(factor + 0 * base, power(base, gamma - order)),
            times(abs(factor) + 0 * base, power_error(base, error, gamma - order, unit)),
        )
        for order, factor in enumerate((1.0, gamma, gamma * (gamma - 1)))
    ]


def _of_probabilities(probability: np.ndarray, gamma: Any) -> tuple[np.ndarray, ...]:
    """The summands of the second derivative of (1 - p)^gamma (-log p)."""
    complement, inverses = 1 - probability, inverse(probability)
    factor = gamma + 0 * complement
    steep = times(-log(probability), power(complement, gamma - 2))
    return (
        times(factor * (gamma - 1), steep),
        times(2 * factor, times(power(complement, gamma - 1), inverses)),
        times(power(complement, gamma), times(inverses, inverses)),
    )


def _probability_product(
    probability: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Q times the sum of g (g - 1) c^(g - 2) (-log p), 2 g c^(g - 1) / p and c^g / p^2, times v.

    With c = 1 - p.

    Where p is 0 the last summand is the largest.
    """
    bent, steep, last = _of_probabilities(probability, gamma)
    total = np.where(abs(last) == np.inf, last, bent + steep + last)
    return times(focal_weights(target, alpha, label_smoothing), times(direction, total))


def _probability_bound(
    probability: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Relative, of each summand: 1 - p is rounded once, which its power multiplies by gamma - 2."""
    units = _ROUNDINGS + 2 * abs(float(gamma)) + 2 + (0 if alpha is None else 2)
    mixed = units + mixing(target, precision, None, label_smoothing)
    bent, steep, last = map(np.abs, _of_probabilities(probability, gamma))
    error = 2.0**-precision * mixed * (bent + steep + last)
    error = error + squared_error(last, probability, precision)
    weighted = np.abs(focal_weights(target, alpha, label_smoothing))
    return times(weighted, times(np.abs(direction), error))


def _turn(logits: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """How softmax(x) turns along v: p (v - <p, v>)."""
    probability = softmax(logits).probability
    mean = np.sum(times(probability, direction), axis=-1, keepdims=True)
    return times(probability, direction - mean)


def _logits_product(
    logits: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """P' sum(G) + p sum(G') - G', how the gradient p sum(G) - G turns with p' = p (v - <p, v>).

    G' = q g ((s - 2) (1 - p)^(g - 1) - (g - 1) p s (1 - p)^(g - 2)) p', with s = -log p.
    """
    weighted = focal_weights(target, alpha, label_smoothing)
    parts, turn = focus_of(logits), _turn(logits, direction)
    pull = times(weighted, sum(focal_pull(parts, gamma)))
    flat = parts.surprisal == np.inf  # p is 0, and turns nowhere
    surprisal = np.where(flat, 0.0, parts.surprisal)
    rate = times(surprisal - 2, times(turn, power(parts.complement, gamma - 1)))
    bent = times(times(parts.probability, surprisal), power(parts.complement, gamma - 2))
    bent = times((gamma - 1) + 0 * bent, times(turn, bent))
    turned = times(weighted, times(gamma + 0 * bent, rate - bent))
    total, turned_total = (np.sum(part, axis=-1, keepdims=True) for part in (pull, turned))
    return np.asarray(times(turn, total) + times(parts.probability, turned_total) - turned)


def _logits_bound(
    logits: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """The errors of p, 1 - p and -log p as in the gradient, carried through every product."""
    unit = 2.0**-precision
    parts, each = focus_of(logits), surprisal_error(softmax(logits), precision)
    relative = np.expm1(each)
    away = times(parts.probability, relative) + 3 * unit * parts.complement
    once, rate, bend = _powers(parts.complement, away, gamma, unit)
    probability = Factor(parts.probability, times(parts.probability, relative))
    surprisal = Factor(np.where(np.isinf(parts.surprisal), 0.0, parts.surprisal), each)
    turn = Factor(_turn(logits, direction), turn_error(logits, direction, precision, 0.0))
    mixed = unit * (mixing(target, precision, None, label_smoothing) + 2)
    weighted = focal_weights(target, alpha, label_smoothing)
    q = Factor(weighted, mixed * np.abs(weighted))

    def summed(*products: tuple[Factor, ...]) -> Factor:
        sizes = [_size(*factors) for factors in products]
        errors = [_error(*factors, unit=unit) for factors in products]
        return Factor(np.asarray(sum(sizes)), np.asarray(sum(errors)))

    pull = summed((q, once), (q, probability, surprisal, rate))
    shifted = Factor(surprisal.number + 2, surprisal.error)
    turned = summed((q, shifted, rate, turn), (q, probability, surprisal, bend, turn))
    adding = unit * (accumulation(logits.shape[-1], precision) + 2)
    total, turned_total = (
        Factor(
            np.sum(one.number, axis=-1, keepdims=True),
            np.sum(one.error + adding * one.number, axis=-1, keepdims=True),
        )
        for one in (pull, turned)
    )
    return np.asarray(summed((turn, total), (probability, turned_total), (turned,)).error)


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
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Those of the cross-entropy, of its derivatives and of m, carried through every product."""
    unit = 2.0**-precision
    inner, slopes, bent, miss, turn = _binary_parts(of, prediction, target, alpha, label_smoothing)
    known = curvature(of)
    assert known is not None  # noqa: S101 - of both cross-entropies it is
    own = of.bound(prediction, target, precision, label_smoothing=label_smoothing)
    ones = np.ones_like(prediction)
    own_bent = known.bound(prediction, target, ones, precision, label_smoothing=label_smoothing)
    error = miss_error(miss, unit, label_smoothing)
    once, rate, bend = _powers(miss.size, error, gamma, unit)
    flat = np.where(miss.prediction == 0, 0.0, 6 * unit)  # a flat sigmoid is flat
    steep = Factor(miss.prediction, flat)
    value, slope = Factor(inner, own.term), Factor(slopes.prediction, own.prediction)
    products = (
        (bend, steep, steep, value),
        (Factor(2 * rate.number, 2 * rate.error), steep, slope),
        (rate, Factor(turn, np.where(turn == 0, 0.0, 9 * unit)), value),
        (once, Factor(bent, own_bent)),
    )
    balance = np.abs(miss.balance) + 0 * miss.size
    errors = sum(_error(Factor(balance, 4 * unit), *factors, unit=unit) for factors in products)
    return times(np.abs(direction), np.asarray(errors))


curved(
    focal_cross_entropy_from_probabilities.gradient,
    diagonal(_probability_product, _probability_bound),
)
curved(focal_cross_entropy.gradient, Curvature(product=_logits_product, bound=_logits_bound))
for _focal, _of in (
    (binary_focal_cross_entropy, binary_cross_entropy),
    (binary_focal_cross_entropy_with_logits, binary_cross_entropy_with_logits),
):
    curved(
        _focal.gradient,
        diagonal(functools.partial(_binary_product, _of), functools.partial(_binary_bound, _of)),
    )
