"""Second derivatives of the terms by the prediction, along a direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.losses.binary import binary_cross_entropy_with_logits, logistic, smoothed_target
from equivalence.losses.categorical import (
    cross_entropy,
    mixing,
    negative_log_likelihood,
    weighted_target,
)
from equivalence.losses.loss import accumulation, times
from equivalence.losses.softmax import softmax, surprisal_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.losses.loss import Gradients, Loss

# By the gradient that they are derivatives of: who replaces that has no second derivatives. Where a
# bound is weakened, by both.
_CURVATURES: dict[Callable[..., Gradients] | tuple[Callable[..., Any], ...], Curvature] = {}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curvature:
    """The products of second derivatives with a direction.

    Attributes:
        product: ``(prediction, target, direction, **parameters)``, all of the prediction's shape;
            float64 arrays or balls.
        bound: ``(prediction, target, direction, precision, **parameters)``: the largest errors.
        reach: ``(prediction, target, errors, **parameters)``: what errors of the direction come to
            in the product; None if that is not known.
    """

    product: Callable[..., np.ndarray]
    bound: Callable[..., np.ndarray]
    reach: Callable[..., np.ndarray] | None = None


def diagonal(product: Callable[..., np.ndarray], bound: Callable[..., np.ndarray]) -> Curvature:
    """Second derivatives of each number by itself alone: errors of the direction do not mix."""

    def reach(prediction: Any, target: Any, errors: np.ndarray, **parameters: Any) -> np.ndarray:
        return np.asarray(np.abs(product(prediction, target, errors, **parameters)))

    return Curvature(product=product, bound=bound, reach=reach)


def curvature(loss: Loss) -> Curvature | None:
    """The second derivatives of a loss; None if they are not known."""
    return _CURVATURES.get((loss.gradient, loss.bound)) or _CURVATURES.get(loss.gradient)


def curved(gradient: Callable[..., Gradients], known: Curvature) -> None:
    """Makes second derivatives known, of everything that has the gradient."""
    _CURVATURES[gradient] = known


def curved_with(made: Loss, known: Curvature) -> None:
    """Makes second derivatives known of what has both the gradient and the bound of a loss."""
    _CURVATURES[made.gradient, made.bound] = known


def weakened(made: Loss, loss: Loss, error: Callable[[np.ndarray], np.ndarray] | None) -> None:
    """Makes the second derivatives of a loss with a weaker bound known.

    Args:
        made: It has the gradient of ``loss`` and a bound of its own.
        loss: What it was made of; its second derivatives are known, or not.
        error: From their sizes, what is added to their bounds; None adds nothing.
    """
    known = curvature(loss)
    if known is None:
        return
    if error is None:
        if (loss.gradient, loss.bound) in _CURVATURES:  # else they are known by the gradient
            curved_with(made, known)
        return
    product, own = known.product, known.bound

    def bound(
        prediction: np.ndarray,
        target: np.ndarray,
        direction: np.ndarray,
        precision: int,
        **parameters: Any,
    ) -> np.ndarray:
        size = np.abs(product(prediction, target, direction, **parameters))
        return np.asarray(own(prediction, target, direction, precision, **parameters) + error(size))

    curved_with(made, replace(known, bound=bound))


def _softmax_product(
    logits: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """The product is p (v - <p, v>) sum(q), with p = softmax(x)."""
    probability = softmax(logits).probability
    total = np.sum(weighted_target(target, weight, label_smoothing), axis=-1, keepdims=True)
    mean = np.sum(probability * direction, axis=-1, keepdims=True)
    return np.asarray(total * probability * (direction - mean))


def turn_error(logits: np.ndarray, direction: np.ndarray, precision: int, mixed: Any) -> np.ndarray:
    """The error of p (v - <p, v>), with what ``mixed`` adds to the relative one of p.

    The relative errors e of p are as in the gradient, in p itself and in <p, v> (docs/method.md):
    p ((e + 4 u) (|v| + <p, |v|>) + <p |v|, e + u (h(C) + 2)>).
    """
    unit = 2.0**-precision
    parts = softmax(logits)
    probability = parts.probability
    relative = np.expm1(surprisal_error(parts, precision) - unit * parts.surprisal)
    size = np.abs(direction)
    mean = np.sum(probability * size, axis=-1, keepdims=True)
    summing = unit * (accumulation(np.shape(logits)[-1], precision) + 2)
    moved = np.sum(times(probability, relative + summing) * size, axis=-1, keepdims=True)
    return times(probability, (relative + 4 * unit + mixed) * (size + mean) + moved)


def _softmax_bound(
    logits: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Sum(q) times the error of p (v - <p, v>), with what mixes q."""
    total = np.sum(np.abs(weighted_target(target, weight, label_smoothing)), axis=-1, keepdims=True)
    mixed = 2.0**-precision * mixing(target, precision, weight, label_smoothing)
    return np.asarray(total * turn_error(logits, direction, precision, mixed))


def _softmax_reach(
    logits: np.ndarray,
    target: np.ndarray,
    errors: np.ndarray,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Sum(q) p (e + <p, e>)."""
    probability = softmax(logits).probability
    total = np.sum(np.abs(weighted_target(target, weight, label_smoothing)), axis=-1, keepdims=True)
    mean = np.sum(probability * errors, axis=-1, keepdims=True)
    return np.asarray(total * probability * (errors + mean))


def _no_product(
    log_probabilities: np.ndarray, target: np.ndarray, direction: np.ndarray, **_: Any
) -> np.ndarray:
    """Nothing: the loss is linear."""
    return np.asarray(log_probabilities * 0 + direction * 0 + target * 0)


def _no_bound(log_probabilities: np.ndarray, *_arguments: Any, **_parameters: Any) -> np.ndarray:
    """Nothing: a constant has no derivative to be rounded."""
    return np.zeros(np.shape(log_probabilities))


def _sigmoid_product(
    logit: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    *,
    pos_weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """The product is (1 - t' + w t') sigmoid(x) sigmoid(-x) v."""
    smoothed = smoothed_target(target, label_smoothing)
    weight = 1 if pos_weight is None else pos_weight
    mixed = 1 - smoothed + weight * smoothed
    parts = logistic(logit)
    return np.asarray(mixed * parts.sigmoid * parts.opposite_sigmoid * direction)


def _sigmoid_bound(
    logit: np.ndarray,
    target: np.ndarray,
    direction: np.ndarray,
    precision: int,
    *,
    pos_weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    """Relative, and absolutely u p, as in the gradient: p (1 - p) sees 1 - p as it was rounded."""
    smoothed = smoothed_target(target, label_smoothing)
    weight = 1 if pos_weight is None else pos_weight
    mixed = 1 - smoothed + weight * smoothed
    products = 8 + (0 if pos_weight is None else 3) + (4 if label_smoothing else 0)
    parts, unit = logistic(logit), 2.0**-precision
    size = unit * mixed * np.abs(direction) * parts.sigmoid
    return np.asarray(size * (products * parts.opposite_sigmoid + 3))


curved(
    cross_entropy.gradient,
    Curvature(product=_softmax_product, bound=_softmax_bound, reach=_softmax_reach),
)
curved(negative_log_likelihood.gradient, diagonal(_no_product, _no_bound))
curved(binary_cross_entropy_with_logits.gradient, diagonal(_sigmoid_product, _sigmoid_bound))
