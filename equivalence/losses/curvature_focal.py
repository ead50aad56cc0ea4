"""Second derivatives of the focal losses over classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.losses.categorical import mixing
from equivalence.losses.curvature import Curvature, curved, diagonal, turn_error
from equivalence.losses.curvature_probabilities import squared_error
from equivalence.losses.focal import (
    GAMMA,
    focal_cross_entropy,
    focal_cross_entropy_from_probabilities,
    focal_pull,
    focal_weights,
    focus_of,
    power,
)
from equivalence.losses.loss import accumulation, inverse, log, times
from equivalence.losses.products import ROUNDINGS, Factor, error_of, powers, size_of
from equivalence.losses.softmax import softmax, surprisal_error


def _bent_surprisal(
    complement: np.ndarray, away: np.ndarray, surprisal: Factor, gamma: Any, unit: float
) -> Factor:
    """Gamma (gamma - 1) c^(gamma - 2) (-log p) with c = 1 - p, which errs by ``away``.

    Where c is small both factors go together, as c^(gamma - 1), though the power alone may be
    infinite within its error: so it is for gamma of 1 and more; below, the gradient is lost before.
    """
    factor = gamma * (gamma - 1)
    bend = powers(complement, away, gamma, unit)[2]
    apart = size_of(surprisal, bend), error_of(surprisal, bend, unit=unit)
    if gamma <= 1:
        return Factor(*apart)

    def together(c: np.ndarray) -> np.ndarray:
        inside, c = c > 0, np.minimum(c, 1 - 2.0**-53)
        c = np.where(inside, c, 0.5)
        return np.where(inside, -np.log1p(-c) * c ** (gamma - 2), 0.0)

    at = together(complement)
    moved = np.maximum(
        np.abs(together(complement + away) - at), np.abs(together(complement - away) - at)
    )
    off = times(surprisal.error, np.maximum(complement, away) ** (gamma - 2))
    error = abs(factor) * (moved + off + ROUNDINGS * unit * at)
    near = (complement < 1 / 2) & (away > 0)  # c is small, and p is not
    return Factor(np.where(near, abs(factor) * at, apart[0]), np.where(near, error, apart[1]))


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
    units = ROUNDINGS + 2 * abs(float(gamma)) + 2 + (0 if alpha is None else 2)
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
    factor = gamma + 0 * parts.complement
    bent = times(factor - 1, times(turn, bent))
    turned = times(weighted, times(factor, rate - bent))
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
    once, rate, _ = powers(parts.complement, away, gamma, unit)
    probability = Factor(parts.probability, times(parts.probability, relative))
    surprisal = Factor(np.where(np.isinf(parts.surprisal), 0.0, parts.surprisal), each)
    turn = Factor(_turn(logits, direction), turn_error(logits, direction, precision, 0.0))
    mixed = unit * (mixing(target, precision, None, label_smoothing) + 2)
    weighted = focal_weights(target, alpha, label_smoothing)
    q = Factor(weighted, mixed * np.abs(weighted))

    def summed(*products: tuple[Factor, ...]) -> Factor:
        sizes = [size_of(*factors) for factors in products]
        errors = [error_of(*factors, unit=unit) for factors in products]
        return Factor(np.asarray(sum(sizes)), np.asarray(sum(errors)))

    pull = summed((q, once), (q, probability, surprisal, rate))
    shifted = Factor(surprisal.number + 2, surprisal.error)
    bent = _bent_surprisal(parts.complement, away, surprisal, gamma, unit)
    turned = summed((q, turn, shifted, rate), (q, turn, probability, bent))
    adding = unit * (accumulation(logits.shape[-1], precision) + 2)
    total, turned_total = (
        Factor(
            np.sum(one.number, axis=-1, keepdims=True),
            np.sum(one.error + adding * one.number, axis=-1, keepdims=True),
        )
        for one in (pull, turned)
    )
    return np.asarray(summed((turn, total), (probability, turned_total), (turned,)).error)


curved(
    focal_cross_entropy_from_probabilities.gradient,
    diagonal(_probability_product, _probability_bound),
)
curved(focal_cross_entropy.gradient, Curvature(product=_logits_product, bound=_logits_bound))
