"""Naive exponentials: overflow, underflow, and probabilities rounded before their logarithm.

The roundings are made as the formula makes them: sums and quotients of IEEE arithmetic are what
they are, and only the exponential of a library may err, by an ulp and a half. So a model knows on
which side of a jump (a probability of 1, a vanished quotient) the formula falls, except where the
argument lies within that ulp of the jump itself: its bound is infinite there, and accepts nothing.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import flint
import numpy as np

from equivalence.divergences.overflow import REMEMBERED
from equivalence.divergences.steps import gap
from equivalence.exact import FIRST_BITS, FORMATS, Format, balls
from equivalence.losses.categorical import cross_entropy
from equivalence.losses.loss import Gradients, Loss, TermBounds, accumulation, log, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

EXPONENTIAL_UNITS = 3.0  # the error of a library exponential, in units of roundoff


def _exponentials(x: np.ndarray, format_: Format) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """exp(x) in the format: the least that a library may return, the nearest, and the most."""
    exact = _exponential(np.clip(x, -1e3, 1e3), format_)  # beyond it is 0 or infinite everywhere
    error = EXPONENTIAL_UNITS * format_.unit
    return (
        format_.round(exact * (1 - error)),
        format_.round(exact),
        format_.round(exact * (1 + error)),
    )


def _exponential(x: np.ndarray, format_: Format) -> np.ndarray:
    """exp(x), exact as far as the format goes: float64 has digits to spare for narrower ones."""
    if format_.precision < FORMATS["float64"].precision:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(x))
    with flint.ctx.workprec(FIRST_BITS):
        exact = np.array([float(flint.arb(number).exp()) for number in np.ravel(x).tolist()])
    return exact.reshape(np.shape(x))


def _sigmoids(logit: np.ndarray, format_: Format) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """1 / (1 + exp(-x)), each operation rounded to the format: the least, the nearest, the most."""
    one = format_.round(1.0)
    with np.errstate(over="ignore"):
        most, near, least = (
            (one / (one + small)).astype(np.float64)
            for small in _exponentials(-np.vectorize(float, otypes=[float])(logit), format_)
        )
    return least, near, most


def _like(numbers: np.ndarray, made: np.ndarray) -> np.ndarray:
    """What was made of numbers, as balls if they are."""
    return balls(made) if numbers.dtype == object else made


def _once(dtype: str) -> Format:
    """The format in which kernels compute that widen 16-bit formats and round the result once."""
    narrow = FORMATS[dtype].precision < FORMATS["float32"].precision
    return FORMATS["float32" if narrow else dtype]


@functools.lru_cache(maxsize=REMEMBERED)
def rounds_sigmoid(loss: Loss, probability_loss: Loss, dtype: str, *, once: bool) -> Loss:
    """Binary cross-entropy of sigmoid(x) rounded to the dtype, by another loss of the probability.

    The bound holds the inner loss of every probability that a library may have arrived at. If
    ``once``, 16-bit formats are widened to float32 for the sigmoid, and rounded once.
    """
    format_ = FORMATS[dtype]

    def sigmoids(logit: np.ndarray) -> list[np.ndarray]:
        made = _sigmoids(logit, _once(dtype) if once else format_)
        return [format_.round(each).astype(np.float64) for each in made]

    def typed(logit: np.ndarray) -> np.ndarray:
        return _like(logit, sigmoids(logit)[1])

    def slopes(probability: np.ndarray, target: np.ndarray, parameters: Any) -> Gradients:
        inside = probability_loss.gradient(probability, target, **parameters)
        # Zero times infinity is NaN here.
        return Gradients(probability * (1 - probability) * inside.prediction, inside.target)

    def readings(probability: np.ndarray, target: np.ndarray, parameters: Any) -> tuple[Any, ...]:
        value = probability_loss.definition(probability, target, **parameters)
        return value, *slopes(probability, target, parameters)

    def bound(
        logit: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        least, near, most = sigmoids(logit)
        own = probability_loss.bound(near, target, precision, **parameters)
        at = readings(near, target, parameters)
        moved = [np.zeros_like(near)] * 3
        for other in (least, most):
            there = readings(other, target, parameters)
            moved = [np.maximum(m, gap(t, a)) for m, t, a in zip(moved, there, at, strict=True)]
        rounding = 4 * 2.0**-precision * np.abs(at[1])
        return TermBounds(
            own.term + moved[0],
            times(near * (1 - near), own.prediction) + moved[1] + rounding,
            own.target + moved[2],
        )

    return replace(
        loss,
        name=f"{probability_loss.name} of sigmoid(x) rounded to {dtype}",
        definition=lambda logit, target, **parameters: probability_loss.definition(
            typed(logit), target, **parameters
        ),
        gradient=lambda logit, target, **parameters: slopes(typed(logit), target, parameters),
        bound=bound,
        parameters=probability_loss.parameters,
    )


def exponentiates_without_shift(*, multiplies_zeros: bool) -> Callable[[Case], Case]:
    """exp(x) / sum exp(x) without subtracting the maximum.

    ``0 * log 0`` may be multiplied out to NaN.
    """
    return lambda case: replace(case, loss=_unshifted(case.dtype, multiplies_zeros))


def _quotients(logits: np.ndarray, format_: Format) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """exp(x) / sum exp(x), rounded to the format: the least, the nearest, the most."""
    exponentials = _exponentials(np.vectorize(float, otypes=[float])(logits), format_)
    units = accumulation(logits.shape[-1], format_.precision) * format_.unit
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        least, near, most = (
            format_.round(each.astype(np.float64).sum(-1, keepdims=True) * factor)
            for each, factor in zip(exponentials, (1 - units, 1, 1 + units), strict=True)
        )
        return (
            (exponentials[0] / most).astype(np.float64),
            (exponentials[1] / near).astype(np.float64),
            (exponentials[2] / least).astype(np.float64),
        )


@functools.cache
def _unshifted(dtype: str, multiplies_zeros: bool) -> Loss:  # noqa: FBT001 - cached, so positional
    format_ = FORMATS[dtype]

    def products(target: np.ndarray, surprisal: Any) -> np.ndarray:
        return np.asarray(target * surprisal if multiplies_zeros else times(target, surprisal))

    def definition(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
        quotient = _like(logits, _quotients(logits, format_)[1])
        return np.asarray(np.sum(products(target, -log(quotient)), axis=-1))

    def bound(logits: np.ndarray, target: np.ndarray, precision: int) -> TermBounds:
        least, near, most = (-log(quotient) for quotient in _quotients(logits, format_))
        moved = np.maximum(gap(least, near), gap(most, near))
        # A vanished or undefined quotient has no logarithm that could be rounded.
        size = np.where(np.isfinite(near), np.abs(near), 0.0)
        units = 2.0**-precision * (4 + accumulation(logits.shape[-1], precision))
        own = cross_entropy.bound(logits, target, precision)
        return TermBounds(
            np.sum(times(target, moved + units * size), axis=-1), own.prediction, own.target
        )

    zeros = ", multiplying 0 log 0" if multiplies_zeros else ""
    return replace(
        cross_entropy,
        name=f"cross_entropy of exp(x) / sum exp(x) in {dtype}{zeros}",
        definition=definition,
        bound=bound,
    )
