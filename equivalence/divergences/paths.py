"""The ways on which losses are computed through probabilities, and steps inserted on them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from equivalence.divergences.bends import Bend
from equivalence.divergences.steps import Array, Step, elementwise, through
from equivalence.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_from_probabilities,
)
from equivalence.losses.loss import PROBABILITIES, Loss, accumulation, times
from equivalence.losses.softmax import softmax


def _sigmoid(logit: Array) -> Array:
    small = np.exp(-np.where(logit > 0, logit, -logit))
    return np.asarray(np.where(logit > 0, small * 0 + 1, small) / (1 + small))


def surprisal_units(logits: Array) -> Array:
    """The error of log softmax over the last axis, in units of roundoff: ``docs/method.md``."""
    parts = softmax(logits)
    spread = np.sum(times(parts.probability, parts.gap), axis=-1, keepdims=True)
    classes = accumulation(np.shape(logits)[-1], 24)
    return np.asarray(parts.gap + 2 * parts.surprisal + spread + 2 * parts.rest + 6 + classes)


def _softmax_skew(logits: Array, unit: float) -> Array:
    return np.asarray(np.expm1(unit * surprisal_units(logits)))


def _softmax_error(logits: Array, unit: float) -> Array:
    # What underflows in float32 is wrong by the smallest subnormal, absolutely.
    return times(softmax(logits).probability, _softmax_skew(logits, unit)) + 2.0**-140


def _softmax_turn(logits: Array, gradient: Array, direction: Array, sign: int) -> Array:
    """How p (g - <p, g>) turns as p turns by p' = p (v - <p, v>); of sizes, the most of it."""
    probability, turn = softmax(logits).probability, _softmax_pull(logits, direction, sign)
    mean = np.sum(times(probability, gradient), axis=-1, keepdims=True)
    turned = np.sum(times(turn, gradient), axis=-1, keepdims=True)
    return np.asarray(times(turn, gradient + sign * mean) + sign * times(probability, turned))


SOFTMAX = Step(
    name="softmax(x)",
    forward=lambda logits: softmax(logits).probability,
    pull=lambda logits, gradient: _softmax_pull(logits, gradient, -1),
    spread=lambda logits, errors: _softmax_pull(logits, errors, 1),
    error=_softmax_error,
    slope_error=_softmax_skew,
    sums=True,
    bend=Bend(
        push=lambda logits, direction: _softmax_pull(logits, direction, -1),
        push_spread=lambda logits, errors: _softmax_pull(logits, errors, 1),
        turn=lambda logits, gradient, along: _softmax_turn(logits, gradient, along, -1),
        turn_spread=lambda logits, sizes, along: _softmax_turn(logits, sizes, along, 1),
    ),
)


def _softmax_pull(logits: Array, gradient: Array, sign: int) -> Array:
    probability = softmax(logits).probability
    mean = np.sum(times(probability, gradient), axis=-1, keepdims=True)
    return times(probability, gradient + sign * mean)


SIGMOID = elementwise(
    "sigmoid(x)",
    _sigmoid,
    lambda logit: _sigmoid(logit) * _sigmoid(-logit),
    # |x| sigmoid'(x) is below 0.3, so that no rounding of x comes in; 1 + exp(-x) rounds once more.
    lambda logit, unit: 5 * unit * _sigmoid(logit) + 2.0**-140,
    lambda _, unit: 10 * unit,
    second=lambda logit: _sigmoid(logit) * _sigmoid(-logit) * (_sigmoid(-logit) - _sigmoid(logit)),
)


def _columns(number: Array) -> Array:
    return np.stack([number, 1 - number], axis=-1)


def _class_weights(prediction: Array, parameters: dict[str, Any]) -> dict[str, Any]:
    """A weight of the positive class as the weights of two classes."""
    kept = {name: value for name, value in parameters.items() if name != "pos_weight"}
    positive = parameters.get("pos_weight")
    if positive is not None:
        ones = prediction * 0 + 1
        kept["weight"] = np.stack([ones * positive, ones], axis=-1)
    return kept


COLUMNS = Step(
    name="p and 1 - p",
    forward=_columns,
    pull=lambda _, gradient: gradient[..., 0] - gradient[..., 1],
    spread=lambda _, errors: errors[..., 0] + errors[..., 1],
    error=lambda probability, unit: np.stack(
        [0 * probability, unit * np.abs(1 - probability)], axis=-1
    ),
    target=_columns,
    pull_target=lambda gradient: gradient[..., 0] - gradient[..., 1],
    spread_target=lambda errors: errors[..., 0] + errors[..., 1],
    parameters=_class_weights,
    bend=Bend(
        push=lambda _, direction: np.stack([direction, -direction], axis=-1),
        push_spread=lambda _, errors: np.stack([errors, errors], axis=-1),
    ),
)

# How a loss is computed through the probabilities of classes: the steps, from the outside in.
_PATHS: dict[Loss, tuple[Step, ...]] = {
    cross_entropy: (SOFTMAX,),
    cross_entropy_from_probabilities: (),
    binary_cross_entropy: (COLUMNS,),
    binary_cross_entropy_with_logits: (SIGMOID, COLUMNS),
}
_OUTER: dict[tuple[str, bool], Loss] = {
    (loss.prediction, loss.has_classes): loss for loss in _PATHS
}


def inserted(loss: Loss, step: Step, *, inside_logarithms: bool) -> Loss | None:
    """The loss with one more step, on the way of its probabilities; None if it has none.

    It comes before the others that were inserted there, and after softmax or sigmoid.

    Args:
        loss: One of the cross-entropies, perhaps with steps inserted already.
        step: What is done to the probabilities.
        inside_logarithms: Whether it is done to each argument of a logarithm (p and 1 - p), not to
            the probability itself.
    """
    path = _PATHS.get(loss)
    if loss.prediction == PROBABILITIES and not inside_logarithms:
        made = through(loss, step, loss)
        if path is not None:
            _PATHS[made] = (step, *path)
        return made
    if path is None:
        return None
    after = COLUMNS if inside_logarithms and COLUMNS in path else SIGMOID
    if after not in path:
        after = SOFTMAX
    place = path.index(after) + 1 if after in path else 0
    return _made((*path[:place], step, *path[place:]), loss)


@functools.cache
def _made(path: tuple[Step, ...], outer: Loss) -> Loss:
    made = cross_entropy_from_probabilities
    for place in range(len(path) - 1, -1, -1):
        made = through(made, path[place], _outer(path[:place], outer))
    _PATHS[made] = path
    return made


def _outer(before: tuple[Step, ...], outer: Loss) -> Loss:
    """A loss that takes what is there before a step."""
    if COLUMNS in before:
        return cross_entropy_from_probabilities
    if {SOFTMAX, SIGMOID}.intersection(before):
        return _OUTER[PROBABILITIES, SOFTMAX in before]
    return outer
