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

from equivalence.divergences.bends import Bend, curvature_through, elementwise_bend
from equivalence.losses.curvature import curvature, curved
from equivalence.losses.loss import Gradients, Loss, TermBounds, accumulation, times
from equivalence.losses.shared import read_only, shared

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
        bend: How it carries directions; None if second derivatives through it are not known.
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
    bend: Bend | None = None


def elementwise(
    name: str,
    forward: Callable[[Array], Array],
    slope: Callable[[Array], Array],
    error: Callable[[Array, float], Array] = lambda prediction, _: np.zeros(np.shape(prediction)),
    slope_error: Callable[[Array, float], Any] = lambda *_: 0.0,
    *,
    second: Callable[[Array], Array] | None = None,
) -> Step:
    """A step that changes each number by itself, with its derivative; the second, if it bends."""
    return Step(
        name=name,
        forward=forward,
        pull=lambda prediction, gradient: times(slope(prediction), gradient),
        spread=lambda prediction, errors: times(np.abs(slope(prediction)), errors),
        error=error,
        slope_error=slope_error,
        bend=elementwise_bend(slope, second),
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


def _moved(
    step: Step, prediction: Array, unit: float, readings: Callable[[Array], tuple[Array, ...]]
) -> tuple[tuple[Array, ...], list[Array]]:
    """The readings of what the loss gets, and how far they may be off, since the step errs.

    Neighbours are read, perhaps on the other side of a clip or of a jump; never outside [0, inf).
    """
    reached, error = _reached(step, prediction), step.error(prediction, unit)
    least = reached - error
    least = np.where((reached >= 0) & (least < 0), 0.0, least)
    at = readings(reached)
    moved = [np.zeros(np.shape(reading)) for reading in at]
    for neighbour in (least, reached + error):
        moved = [
            np.maximum(far, gap(other, here))
            for far, other, here in zip(moved, readings(neighbour), at, strict=True)
        ]
    return at, moved


def _rounding(step: Step, prediction: Array, precision: int) -> float:
    """The relative error of what a step pulls back."""
    reached = _reached(step, prediction)
    adding = accumulation(np.shape(reached)[-1], precision) if step.sums else 1
    return 2.0**-precision * (2 + adding)


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
        own = loss.bound(reached, there, precision, **changed)

        def readings(number: Array) -> tuple[Array, ...]:
            return loss.definition(number, there, **changed), *loss.gradient(
                number, there, **changed
            )

        at, moved = _moved(step, prediction, unit, readings)
        rounding = _rounding(step, prediction, precision)
        size, skewed = np.abs(at[1]), step.slope_error(prediction, unit)
        return TermBounds(
            own.term + moved[0],
            step.spread(prediction, own.prediction + moved[1] + times(size, rounding + skewed))
            + times(step.spread(prediction, size), skewed),
            step.spread_target(own.target + moved[2]),
        )

    _curve(loss, step, gradient)
    return replace(
        outer,
        name=f"{loss.name} of {step.name}",
        definition=definition,
        gradient=gradient,
        bound=bound,
    )


def _curve(loss: Loss, step: Step, gradient: Callable[..., Gradients]) -> None:
    """Makes second derivatives through a step known, of what has the gradient, if they are."""
    known = curvature(loss)
    if known is None or known.reach is None or step.bend is None:
        return
    curved(
        gradient,
        curvature_through(
            loss,
            known,
            step,
            reached=functools.partial(_reached, step),
            moved=functools.partial(_moved, step),
            rounding=functools.partial(_rounding, step),
        ),
    )
