"""What is done to probabilities on their way into a logarithm: models, parametrised."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.bends import Bend
from equivalence.divergences.overflow import from_above
from equivalence.divergences.paths import inserted
from equivalence.divergences.specials import numbers
from equivalence.divergences.steps import Step, elementwise
from equivalence.exact import FORMATS, Format
from equivalence.losses.loss import LOG_PROBABILITIES, Gradients, Loss, accumulation, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

    Model = Callable[[Case], Case | None]


_TINY = 2.0**-60  # sums by which a quotient may not fit 32 bits


def _with(case: Case, step: Step, *, inside_logarithms: bool = False) -> Case | None:
    made = inserted(case.loss, step, inside_logarithms=inside_logarithms)
    return None if made is None else replace(case, loss=made)


@functools.cache
def clips(
    low: float,
    high: float | None = None,
    *,
    passes_gradient: bool = False,
    inside_logarithms: bool = False,
) -> Model:
    """Probabilities are clipped to [low, high], as rounded in the dtype.

    Args:
        low: The least.
        high: The most; by default 1 - low.
        passes_gradient: Whether the gradient goes straight through; else it is zero strictly
            outside [low, high].
        inside_logarithms: Whether p and 1 - p are clipped each by itself.
    """

    def model(case: Case) -> Case | None:
        round_ = case.computed_in.round
        least = float(round_(low))
        most = float(round_(1 - least)) if high is None else float(round_(high))
        return _with(case, _clip(least, most, passes_gradient), inside_logarithms=inside_logarithms)

    return model


@functools.cache
def _clip(low: float, high: float, passes: bool) -> Step:  # noqa: FBT001 - cached, so positional
    def clip(number: np.ndarray) -> np.ndarray:
        zero = number * 0
        return np.where(number < low, zero + low, np.where(number > high, zero + high, number))

    return elementwise(
        f"probabilities clipped to [{low!r}, {high!r}]",
        clip,
        # NaN is inside of nothing: no gradient reaches it.
        lambda number: np.where(((number >= low) & (number <= high)) | passes, 1.0, 0.0),
    )


def clamps_logarithms(least: float) -> Model:
    """Logarithms below ``least`` are replaced by it; the gradient is zero there."""
    step = _clip(float(np.exp(least)), np.inf, False)  # noqa: FBT003 - cached, so positional
    return lambda case: _with(case, step, inside_logarithms=True)


@functools.cache
def adds_epsilon_inside_logarithms(first: float, second: float | None = None) -> Model:
    """log(p + e) and log(1 - p + e), the epsilon as rounded in the dtype.

    Args:
        first: The epsilon.
        second: What is added to 1 - p, as it is, if that is something else.
    """

    def model(case: Case) -> Case | None:
        rounded = float(case.computed_in.round(first))
        other = rounded if second is None else second
        return _with(case, _epsilon(rounded, other), inside_logarithms=True)

    return model


def folds_epsilon_into_one(epsilon: float) -> Model:
    """The same, where a compiler rewrites (1 - p) + e as (1 + e) - p: 1 + e is rounded first."""

    def model(case: Case) -> Case | None:
        round_ = case.computed_in.round
        folded = float(round_(1 + float(round_(epsilon)))) - 1
        return adds_epsilon_inside_logarithms(epsilon, folded)(case)

    return model


@functools.cache
def _epsilon(first: float, second: float) -> Step:
    # Of classes, each gets the first; of p and 1 - p, each its own.
    added = first if first == second else np.array([first, second])
    words = f"{first!r}" if first == second else f"{first!r} and {second!r}"
    return elementwise(
        f"probabilities with {words} added inside the logarithms",
        lambda number: number + added,
        lambda number: np.ones(np.shape(number)),
        lambda number, unit: 2 * unit * np.abs(number + added),
    )


def renormalises(case: Case) -> Case | None:
    """Probabilities are divided by their sum first.

    What comes back is divided by it too, and is infinite where that does not fit the format.
    """
    if not case.loss.has_classes:
        return None
    answered = _with(case, _share(case.computed_in))
    total = _total(numbers(case.prediction))
    narrow = case.computed_in.precision < FORMATS["float32"].precision
    if answered is None or not (narrow or np.any((total > 0) & (total < _TINY))):
        return answered
    return replace(answered, loss=_divided(answered.loss, case, from_above(case)[..., None]))


def _divided(made: Loss, case: Case, above: np.ndarray) -> Loss:
    """The loss whose gradient adds to the others' part its own, divided by the sum."""

    def gradient(number: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own, by_target = made.gradient(number, target, **parameters)
        total = _total(number)
        part = case.loss.gradient(number / total, target, **parameters).prediction / total
        over = case.computed_in.overflows(part * above)
        with np.errstate(invalid="ignore"):
            own = np.where(over, own + np.where(part < 0, -np.inf, np.inf), own)
        return Gradients(own, by_target)

    return replace(made, gradient=gradient)


def _total(number: np.ndarray) -> np.ndarray:
    return np.asarray(np.sum(number, axis=-1, keepdims=True))


def _share_pull(number: np.ndarray, gradient: np.ndarray, sign: int) -> np.ndarray:
    share = number / _total(number)
    mean = np.sum(times(share, gradient), axis=-1, keepdims=True)
    return np.asarray((gradient + sign * mean) / _total(number))


def _share_push(number: np.ndarray, direction: np.ndarray, sign: int) -> np.ndarray:
    """How s = p / sum(p) changes along v: (v - s sum(v)) / sum(p); of sizes, the most of it."""
    total = _total(number)
    return np.asarray((direction + sign * times(number / total, _total(direction))) / total)


def _share_turn(
    number: np.ndarray, gradient: np.ndarray, direction: np.ndarray, sign: int
) -> np.ndarray:
    """How (g - <s, g>) / sum(p), with the shares s, turns as p changes by v; the most of it."""
    total = _total(number)
    pulled = times(_total(direction) / total, _share_pull(number, gradient, sign))
    turned = times(_share_push(number, direction, sign), gradient)
    return np.asarray(sign * (pulled + _total(turned) / total))


_SHARE_BEND = Bend(
    push=lambda number, direction: _share_push(number, direction, -1),
    push_spread=lambda number, errors: _share_push(number, errors, 1),
    turn=lambda number, gradient, along: _share_turn(number, gradient, along, -1),
    turn_spread=lambda number, sizes, along: _share_turn(number, sizes, along, 1),
)


@functools.cache
def _share(format_: Format) -> Step:
    """Division by the sum, in a format.

    In 16 bits, where clips coincide with numbers that occur, the quotients are rounded as they are
    in the format, in the rows whose sum is the same in order and rounded once.
    """

    def quotients(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rounded quotients, and where they are known."""
        values = np.vectorize(float, otypes=[float])(number)
        held = format_.round(values)
        once = format_.round(values.sum(-1, keepdims=True))
        in_order = np.add.accumulate(held, axis=-1, dtype=held.dtype)[..., -1:]
        known = (once == in_order) & np.all(held == values, axis=-1, keepdims=True)
        narrow = format_.precision < FORMATS["float32"].precision
        return (held / once).astype(np.float64), known & narrow

    def forward(number: np.ndarray) -> np.ndarray:
        rounded, known = quotients(number)
        return np.asarray(np.where(known, number * 0 + rounded, number / _total(number)))

    def error(number: np.ndarray, unit: float) -> np.ndarray:
        units = unit * (accumulation(number.shape[-1], 24) + 2)
        subnormal = 2.0 ** (format_.minimum_exponent - format_.precision)  # half of their spacing
        return np.asarray(
            np.where(quotients(number)[1], 0.0, units * np.abs(number / _total(number)) + subnormal)
        )

    return Step(
        name="probabilities divided by their sum",
        forward=forward,
        pull=lambda number, gradient: _share_pull(number, gradient, -1),
        spread=lambda number, errors: _share_pull(number, errors, 1),
        error=error,
        sums=True,
        bend=_SHARE_BEND,
    )


def needs_zero_convention(case: Case) -> Case:
    """``0 * log 0`` is NaN where the definition says 0."""
    return replace(case, loss=without_zero_convention(case.loss))


@functools.cache
def without_zero_convention(loss: Loss) -> Loss:
    """The loss of a formula that multiplies zero targets with logarithms, infinite or not any."""

    def broken(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
        if loss.prediction == LOG_PROBABILITIES:
            return np.asarray(np.any((target == 0) & (prediction == -np.inf), axis=-1))
        if loss.has_classes:
            return np.asarray(np.any((target == 0) & (prediction <= 0), axis=-1))
        absent, present = (target == 0) & (prediction <= 0), (target == 1) & (prediction >= 1)
        return np.asarray(absent | present)

    def definition(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        terms = loss.definition(prediction, target, **parameters)
        if parameters.get("label_smoothing"):  # it leaves no zeros
            return terms
        return np.where(broken(prediction, target), terms * np.nan, terms)

    return replace(loss, name=f"{loss.name} without 0 log 0 = 0", definition=definition)
