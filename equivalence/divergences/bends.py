"""Second derivatives through a step: how it carries a direction, and how it bends on the way.

Of f(y(x)), along v: what the step pulls back of f's own second derivatives along y' v, and how its
derivatives turn along v while the gradient by y stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.losses.curvature import Curvature
from equivalence.losses.loss import times

if TYPE_CHECKING:
    from equivalence.divergences.steps import Step
    from equivalence.losses.loss import Loss

Array = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bend:
    """How a step carries directions, and how what it pulls back turns along them.

    Attributes:
        push: ``(prediction, direction)``: the direction of what the loss gets.
        push_spread: ``(prediction, errors)``: what errors of the direction come to there.
        turn: ``(prediction, gradient, direction)``: how the gradient by what the loss gets, pulled
            back, turns along the direction; None if the step is made of straight lines.
        turn_spread: ``(prediction, sizes, sizes)``: the most that this can be.
    """

    push: Callable[[Array, Array], Array]
    push_spread: Callable[[Array, Array], Array]
    turn: Callable[[Array, Array, Array], Array] | None = None
    turn_spread: Callable[[Array, Array, Array], Array] | None = None


def elementwise_bend(
    slope: Callable[[Array], Array], second: Callable[[Array], Array] | None = None
) -> Bend:
    """That of a step which changes each number by itself; by default of one of straight lines."""
    push = dict[str, Any](
        push=lambda prediction, direction: times(slope(prediction), direction),
        push_spread=lambda prediction, errors: times(np.abs(slope(prediction)), errors),
    )
    if second is None:
        return Bend(**push)
    return Bend(
        **push,
        turn=lambda prediction, gradient, direction: times(
            second(prediction), times(gradient, direction)
        ),
        turn_spread=lambda prediction, sizes, along: times(
            np.abs(second(prediction)), times(sizes, along)
        ),
    )


def curvature_through(
    loss: Loss,
    known: Curvature,
    step: Step,
    *,
    reached: Callable[[Array], Array],
    moved: Callable[..., tuple[tuple[Array, ...], list[Array]]],
    rounding: Callable[[Array, int], float],
) -> Curvature:
    """The second derivatives of a loss of a changed prediction.

    Args:
        loss: What gets the changed prediction.
        known: Its second derivatives, with what errors of their direction come to.
        step: The change, which carries directions.
        reached: What the loss gets.
        moved: ``(prediction, unit, readings)``: the readings of what the loss gets, and how far
            they may be off, since that errs itself.
        rounding: ``(prediction, precision)``: the relative error of what the step pulls back.
    """
    reach, bend = known.reach, step.bend
    assert reach is not None  # noqa: S101 - said above
    assert bend is not None  # noqa: S101 - said above

    def product(prediction: Array, target: Array, direction: Array, **parameters: Any) -> Array:
        changed, there = step.parameters(prediction, parameters), step.target(target)
        at, along = reached(prediction), bend.push(prediction, direction)
        own = step.pull(prediction, known.product(at, there, along, **changed))
        if bend.turn is None:
            return np.asarray(own)
        gradient = loss.gradient(at, there, **changed).prediction
        return np.asarray(own + bend.turn(prediction, gradient, direction))

    def bound(
        prediction: Array, target: Array, direction: Array, precision: int, **parameters: Any
    ) -> Array:
        unit = 2.0**-precision
        changed, there = step.parameters(prediction, parameters), step.target(target)
        at, along = reached(prediction), bend.push(prediction, direction)
        skew = step.slope_error(prediction, unit)
        relative = rounding(prediction, precision) + skew

        def readings(number: Array) -> tuple[Array, ...]:
            return (
                known.product(number, there, along, **changed),
                loss.gradient(number, there, **changed).prediction,
            )

        read, (far, far_gradient) = moved(prediction, unit, readings)
        size, gradient = map(np.abs, read)
        tilted = times(bend.push_spread(prediction, np.abs(direction)), relative)
        inner = known.bound(at, there, along, precision, **changed) + far
        inner = inner + reach(at, there, tilted, **changed) + times(size, relative)
        error = step.spread(prediction, inner) + times(step.spread(prediction, size), skew)
        if bend.turn_spread is None:
            return np.asarray(error)
        wrong = loss.bound(at, there, precision, **changed).prediction + far_gradient
        wrong = wrong + times(gradient, 3 * relative)
        return np.asarray(
            error
            + bend.turn_spread(prediction, wrong, np.abs(direction))
            + times(bend.turn_spread(prediction, gradient, np.abs(direction)), 3 * skew)
        )

    def errors(prediction: Array, target: Array, sizes: Array, **parameters: Any) -> Array:
        changed, there = step.parameters(prediction, parameters), step.target(target)
        at = reached(prediction)
        own = step.spread(
            prediction, reach(at, there, bend.push_spread(prediction, sizes), **changed)
        )
        if bend.turn_spread is None:
            return np.asarray(own)
        gradient = np.abs(loss.gradient(at, there, **changed).prediction)
        return np.asarray(own + bend.turn_spread(prediction, gradient, sizes))

    return Curvature(product=product, bound=bound, reach=errors)
