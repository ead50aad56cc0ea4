"""Losses through a step: the prediction is turned into another one, with an error, before the loss.

Steps are what implementations do on their way: softmax, clipping, adding an epsilon, dividing by a
sum. The bound of the whole follows from the loss's own and from what the step rounds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from equivalence.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_from_probabilities,
)
from equivalence.losses.loss import (
    PROBABILITIES,
    Gradients,
    Loss,
    TermBounds,
    accumulation,
    times,
)
from equivalence.losses.shared import read_only, shared
from equivalence.losses.softmax import softmax

Array = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """A change of the prediction.

    Attributes:
        name: What it makes of the prediction.
        forward: From the prediction to what the loss gets; runs on float64 and on balls.
        pull: ``(prediction, gradient)``: the gradient by what the loss gets, by the prediction.
        spread: ``(prediction, errors)``: what errors of the gradient come to, by the prediction.
        error: ``(prediction, unit)``: the absolute error of what the loss gets.
        slope_error: The relative error of its derivatives, by ``(prediction, unit)``.
        target: What becomes of the target.
        pull_target: The gradient by that, by the target.
        spread_target: What errors of the gradient by that come to, by the target.
        parameters: What becomes of the parameters.
        sums: Whether it sums over the classes, which rounds that often.
    """

    name: str
    forward: Callable[[Array], Array]
    pull: Callable[[Array, Array], Array]
    spread: Callable[[Array, Array], Array]
    error: Callable[[Array, float], Array] = lambda prediction, _: np.zeros(np.shape(prediction))
    slope_error: Callable[[Array, float], Any] = lambda *_: 0.0
    target: Callable[[Array], Array] = lambda target: target
    pull_target: Callable[[Array], Array] = lambda gradient: gradient
    spread_target: Callable[[Array], Array] = lambda errors: errors
    parameters: Callable[[Array, dict[str, Any]], dict[str, Any]] = lambda _, parameters: parameters
    sums: bool = False


def elementwise(
    name: str,
    forward: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    error: Callable[[Array, float], Array] = lambda prediction, _: np.zeros(np.shape(prediction)),
    slope_error: Callable[[Array, float], Any] = lambda *_: 0.0,
) -> Step:
    """A step that changes each number by itself, with its derivative."""
    return Step(
        name=name,
        forward=forward,
        pull=lambda prediction, gradient: times(slope(prediction), gradient),
        spread=lambda prediction, errors: times(np.abs(slope(prediction)), errors),
        error=error,
        slope_error=slope_error,
    )


def gap(there: Array, at: Array) -> Array:
    """How far two readings lie apart: 0 if both are the same infinity or NaN.

    It is infinite if only one is.
    """
    same = (there == at) | (np.isnan(there) & np.isnan(at))
    with np.errstate(invalid="ignore"):
        apart = np.abs(there - at)
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


@shared
def _reached(step: Step, prediction: Array) -> Array:
    """What the loss gets."""
    return read_only(step.forward(prediction))


@functools.cache
def through(loss: Loss, step: Step, outer: Loss) -> Loss:
    """The loss of a changed prediction, in the place of ``outer``, whose prediction it takes."""

    def definition(prediction: Array, target: Array, **parameters: Any) -> Array:
        changed = step.parameters(prediction, parameters)
        return loss.definition(_reached(step, prediction), step.target(target), **changed)

    def gradient(prediction: Array, target: Array, **parameters: Any) -> Gradients:
        changed = step.parameters(prediction, parameters)
        inner = loss.gradient(_reached(step, prediction), step.target(target), **changed)
        return Gradients(
            np.asarray(step.pull(prediction, inner.prediction)),
            np.asarray(step.pull_target(inner.target)),
        )

    def bound(prediction: Array, target: Array, precision: int, **parameters: Any) -> TermBounds:
        unit = 2.0**-precision
        changed = step.parameters(prediction, parameters)
        there, reached = step.target(target), _reached(step, prediction)
        error = step.error(prediction, unit)
        own = loss.bound(reached, there, precision, **changed)

        def readings(number: Array) -> tuple[Array, ...]:
            return loss.definition(number, there, **changed), *loss.gradient(
                number, there, **changed
            )

        at = readings(reached)
        moved = [np.zeros(np.shape(reading)) for reading in at]
        # Neighbours, perhaps on the other side of a clip or of a jump; never outside [0, inf).
        least = reached - error
        least = np.where((reached >= 0) & (least < 0), 0.0, least)
        for neighbour in (least, reached + error):
            moved = [
                np.maximum(far, gap(other, here))
                for far, other, here in zip(moved, readings(neighbour), at, strict=True)
            ]
        rounding = unit * (2 + (accumulation(np.shape(reached)[-1], precision) if step.sums else 1))
        size, skewed = np.abs(at[1]), step.slope_error(prediction, unit)
        return TermBounds(
            own.term + moved[0],
            step.spread(prediction, own.prediction + moved[1] + times(size, rounding + skewed))
            + times(step.spread(prediction, size), skewed),
            step.spread_target(own.target + moved[2]),
        )

    return replace(
        outer,
        name=f"{loss.name} of {step.name}",
        definition=definition,
        gradient=gradient,
        bound=bound,
    )


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


SOFTMAX = Step(
    name="softmax(x)",
    forward=lambda logits: softmax(logits).probability,
    pull=lambda logits, gradient: _softmax_pull(logits, gradient, -1),
    spread=lambda logits, errors: _softmax_pull(logits, errors, 1),
    error=_softmax_error,
    slope_error=_softmax_skew,
    sums=True,
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
