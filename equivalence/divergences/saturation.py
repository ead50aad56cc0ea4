"""Naive exponentials: overflow, underflow, and probabilities rounded before their logarithm."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.exact import FORMATS
from equivalence.losses import binary_cross_entropy
from equivalence.losses.categorical import cross_entropy
from equivalence.losses.loss import Gradients, Loss, TermBounds, accumulation, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case


@functools.cache
def rounds_sigmoid(loss: Loss, inner: Callable[[Loss], Loss], dtype: str) -> Loss:
    """Binary cross-entropy of sigmoid(x) rounded to the dtype, by another loss of the probability.

    A library sigmoid errs by up to two roundings, so the bound holds the inner loss of the
    neighbours of the rounded probability too; where a neighbour is 0 or 1 it may be infinite.
    """
    probability_loss = inner(binary_cross_entropy)
    format_ = FORMATS[dtype]

    def sigmoid(logit: np.ndarray) -> np.ndarray:
        x = np.asarray(np.vectorize(float, otypes=[np.float64])(logit))
        small = np.exp(-np.abs(x))
        rounded = format_.round(np.where(x >= 0, 1 / (1 + small), small / (1 + small)))
        # 1 / (1 + exp(-x)) overflows in exp(-x) and gives 0.
        lost = -x > np.log(format_.largest)
        return np.where(lost, 0.0, rounded.astype(np.float64))

    def typed(logit: np.ndarray) -> np.ndarray:
        return np.asarray(logit * 0 + sigmoid(logit))

    def chained(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
        derivative = probability_loss.gradient(probability, target).prediction
        return times(probability * (1 - probability), derivative)

    def gradient(logit: np.ndarray, target: np.ndarray) -> Gradients:
        probability = typed(logit)
        return Gradients(
            chained(probability, target), probability_loss.gradient(probability, target).target
        )

    def bound(logit: np.ndarray, target: np.ndarray, precision: int) -> TermBounds:
        probability = sigmoid(logit)
        unit = 2.0**-precision
        own = probability_loss.bound(probability, target, precision)
        term = probability_loss.definition(probability, target)
        slope = chained(probability, target)
        spread, turn = np.zeros_like(probability), np.zeros_like(probability)
        for neighbour in (
            probability * (1 - 3 * unit) - format_.floor,
            probability * (1 + 3 * unit) + format_.floor,
        ):
            near = np.clip(neighbour, 0, 1)
            near = np.where(
                np.isin(probability, (0.0, 1.0)) & (np.abs(logit) > 2 * -np.log(unit)),
                probability,
                near,
            )
            spread = np.fmax(spread, _gap(probability_loss.definition(near, target), term))
            turn = np.fmax(turn, _gap(chained(near, target), slope))
        return TermBounds(
            own.term + spread,
            own.prediction * probability * (1 - probability) + turn + 4 * unit * np.abs(slope),
            spread,
        )

    return replace(
        loss,
        name=f"{probability_loss.name} of sigmoid(x) rounded to {dtype}",
        definition=lambda logit, target: probability_loss.definition(typed(logit), target),
        gradient=gradient,
        bound=bound,
        parameters=(),
    )


def _gap(near: np.ndarray, at: np.ndarray) -> np.ndarray:
    """How far two readings lie apart: 0 if both are the same infinity or NaN.

    It is infinite if only one is.
    """
    same = (near == at) | (np.isnan(near) & np.isnan(at))
    with np.errstate(invalid="ignore"):
        gap = np.abs(near - at)
    return np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))


def exponentiates_without_shift(*, multiplies_zeros: bool) -> Callable[[Case], Case]:
    """exp(x) / sum exp(x) without subtracting the maximum.

    ``0 * log 0`` may be multiplied out to NaN.
    """
    return lambda case: replace(case, loss=_unshifted(case.dtype, multiplies_zeros))


@functools.cache
def _unshifted(dtype: str, multiplies_zeros: bool) -> Loss:  # noqa: FBT001 - cached, so positional
    format_ = FORMATS[dtype]
    most = float(np.log(format_.largest))
    least = float(np.log(format_.ulp(np.array(0.0))) - np.log(2))

    def surprisal(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The exact -log softmax, and where the quotient is NaN or 0."""
        exact = cross_entropy.gradient(logits, logits * 0).target
        total = logits + exact  # log sum exp
        # Infinity over infinity, and zero over zero where every exponential has vanished.
        overflow = (logits > most) | np.all(logits < least, axis=-1, keepdims=True)
        return exact, overflow, (total > most) & ~overflow | (logits < least) | (-exact < least)

    def definition(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
        exact, overflow, lost = surprisal(logits)
        each = np.where(overflow, exact * np.nan, np.where(lost, np.inf, exact))
        if multiplies_zeros:
            return np.asarray(np.sum(np.where(target == 0, each * 0, target * each), axis=-1))
        return np.asarray(np.sum(times(target, each), axis=-1))

    def bound(logits: np.ndarray, target: np.ndarray, precision: int) -> TermBounds:
        exact, overflow, lost = surprisal(logits)
        unit, tiny = 2.0**-precision, float(format_.ulp(np.array(0.0)))
        relative = unit * (accumulation(logits.shape[-1], precision) + 6 + 2 * exact)
        with np.errstate(over="ignore"):
            subnormal = tiny * (
                np.exp(-np.maximum(logits, least)) + np.exp(np.minimum(exact, -least))
            )
        each = np.where(overflow | lost, 0.0, relative + subnormal)
        # Within one unit of a threshold a library may fall on either side of it.
        edge = np.minimum(np.abs(logits - least), np.abs(-exact - least)) < 1
        edge |= np.abs(logits + exact - most) < 1
        each = np.where(edge, np.inf, each)
        own = cross_entropy.bound(logits, target, precision)
        counted = target if not multiplies_zeros else np.where(edge, 1.0, target)
        return TermBounds(
            own.term + np.sum(times(counted, each), axis=-1), own.prediction, own.target
        )

    zeros = ", multiplying 0 log 0" if multiplies_zeros else ""
    return replace(
        cross_entropy,
        name=f"cross_entropy of exp(x) / sum exp(x) in {dtype}{zeros}",
        definition=definition,
        bound=bound,
    )
