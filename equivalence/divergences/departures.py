"""Other questions that implementations answer: each function returns, or is, a model of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.exact import FORMATS
from equivalence.losses.loss import Gradients, Loss, TermBounds, accumulation, times
from equivalence.losses.reduction import MEAN, MEAN_OVER_TARGET_WEIGHTS, Reduction

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case


def divides_by(
    reduction: Reduction, *, empty_is_zero: bool = False
) -> Callable[[Case], Case | None]:
    """A mean divides by another denominator; 0 / 0 may be taken for 0.

    Without class weights or sample weights all denominators are the number of terms, as asked.
    """
    weighted_by_class = reduction == MEAN_OVER_TARGET_WEIGHTS

    def model(case: Case) -> Case | None:
        weights = case.options.get("weight") if weighted_by_class else case.weights
        if case.reduction != MEAN or weights is None:
            return None
        return replace(case, reduction=replace(reduction, empty_is_zero=empty_is_zero))

    return model


def computes_in(dtype: str) -> Callable[[Case], Case | None]:
    """Inputs are rounded to a narrower dtype, in which everything is computed."""

    def model(case: Case) -> Case | None:
        if FORMATS[case.dtype].precision <= FORMATS[dtype].precision:
            return None
        round_ = FORMATS[dtype].round
        floating = case.target.dtype.kind == "f"
        return replace(
            case,
            dtype=dtype,
            prediction=round_(case.prediction),
            target=round_(case.target) if floating else case.target,
            weights=None if case.weights is None else round_(case.weights),
        )

    return model


def clips(low: float, high: float | None = None) -> Callable[[Case], Case]:
    """Probabilities are clipped to [low, high], as rounded in the dtype.

    By default ``high`` is 1 - low.
    """

    def model(case: Case) -> Case:
        round_ = FORMATS[case.dtype].round
        least = float(round_(low))
        most = float(round_(1 - least)) if high is None else float(round_(high))
        return replace(case, loss=clipped(case.loss, least, most))

    return model


@functools.cache
def clipped(loss: Loss, low: float, high: float) -> Loss:
    """The loss of clipped predictions; the gradient is zero strictly outside [low, high]."""

    def clip(prediction: np.ndarray) -> np.ndarray:
        zero = prediction * 0
        return np.where(
            prediction < low, zero + low, np.where(prediction > high, zero + high, prediction)
        )

    def passed(prediction: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        return np.where((prediction < low) | (prediction > high), 0.0, gradient)

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        inner = loss.gradient(clip(prediction), target, **parameters)
        return Gradients(passed(prediction, inner.prediction), inner.target)

    return replace(
        loss,
        name=f"{loss.name} of probabilities clipped to [{low!r}, {high!r}]",
        definition=lambda prediction, target, **parameters: loss.definition(
            clip(prediction), target, **parameters
        ),
        gradient=gradient,
        bound=lambda prediction, target, precision, **parameters: loss.bound(
            clip(prediction), target, precision, **parameters
        ),
    )


def renormalises(case: Case) -> Case:
    """Probabilities are divided by their sum first."""
    return replace(case, loss=renormalised(case.loss))


@functools.cache
def renormalised(loss: Loss) -> Loss:
    """The loss of p / sum(p); the gradient flows through the division."""

    def divided(prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = np.sum(prediction, axis=-1, keepdims=True)
        return prediction / total, total

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        share, total = divided(prediction)
        inner = loss.gradient(share, target, **parameters)
        mean = np.sum(times(share, inner.prediction), axis=-1, keepdims=True)
        return Gradients((inner.prediction - mean) / total, inner.target)

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        share, total = divided(prediction)
        inner = loss.bound(share, target, precision, **parameters)
        derivative = loss.gradient(share, target, **parameters).prediction
        units = 2.0**-precision * (accumulation(prediction.shape[-1], precision) + 2)
        # The rounded quotient is a neighbour of the exact one, perhaps on the other side of a clip.
        moved = [
            np.abs(loss.gradient(share * factor, target, **parameters).prediction - derivative)
            for factor in (1 - units, 1 + units)
        ]
        own = inner.prediction + np.maximum(*moved) + units * np.abs(derivative)
        return TermBounds(
            inner.term + units * np.sum(times(share, np.abs(derivative)), axis=-1),
            (own + np.sum(times(share, own), axis=-1, keepdims=True)) / total,
            inner.target + units,
        )

    return replace(
        loss,
        name=f"{loss.name} of probabilities divided by their sum",
        definition=lambda prediction, target, **parameters: loss.definition(
            divided(prediction)[0], target, **parameters
        ),
        gradient=gradient,
        bound=bound,
    )


def averages_last_axis_first(case: Case) -> Case | None:
    """The last axis is averaged before the reduction, so that none and sum see means of rows."""
    if case.loss.has_classes or not case.shape:
        return None
    weights = case.weights
    if weights is not None and np.ndim(weights) and weights.shape[-1] == 1:
        weights = weights[..., 0]
    return replace(case, loss=row_mean(case.loss), weights=weights)


@functools.cache
def row_mean(loss: Loss) -> Loss:
    """The mean of the loss over the last axis, as the term of a row."""

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        inner = loss.gradient(prediction, target, **parameters)
        return Gradients(
            inner.prediction / prediction.shape[-1], inner.target / prediction.shape[-1]
        )

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        inner = loss.bound(prediction, target, precision, **parameters)
        derivative = loss.gradient(prediction, target, **parameters)
        terms = np.abs(loss.definition(prediction, target, **parameters))
        size, unit = prediction.shape[-1], 2.0**-precision
        summing = unit * (4 * np.log2(size) + 6)
        return TermBounds(
            np.mean(inner.term + summing * terms, axis=-1),
            (inner.prediction + 2 * unit * np.abs(derivative.prediction)) / size,
            (inner.target + 2 * unit * np.abs(derivative.target)) / size,
        )

    return replace(
        loss,
        name=f"{loss.name} averaged over the last axis",
        signature="(c),(c)->()",
        definition=lambda prediction, target, **parameters: (
            np.sum(loss.definition(prediction, target, **parameters), axis=-1)
            / prediction.shape[-1]
        ),
        gradient=gradient,
        bound=bound,
    )


def needs_zero_convention(case: Case) -> Case:
    """``0 * log 0`` is NaN where the definition says 0."""
    return replace(case, loss=without_zero_convention(case.loss))


@functools.cache
def without_zero_convention(loss: Loss) -> Loss:
    """The loss of a formula that multiplies zero targets with infinite logarithms."""

    def broken(prediction: np.ndarray, target: np.ndarray) -> np.ndarray:
        if loss.prediction == "log_probabilities":
            return np.asarray(np.any((target == 0) & (prediction == -np.inf), axis=-1))
        if loss.has_classes:
            return np.asarray(np.any((target == 0) & (prediction == 0), axis=-1))
        absent, present = (target == 0) & (prediction == 0), (target == 1) & (prediction == 1)
        return np.asarray(absent | present)

    def definition(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        terms = loss.definition(prediction, target, **parameters)
        return np.where(broken(prediction, target), terms * np.nan, terms)

    return replace(loss, name=f"{loss.name} without 0 log 0 = 0", definition=definition)


def widened(loss: Loss, name: str, more: Callable[..., TermBounds]) -> Loss:
    """The same question with a weaker bound.

    ``more(prediction, target, unit, **parameters)`` is added to it.
    """

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(prediction, target, precision, **parameters)
        extra = more(prediction, target, 2.0**-precision, **parameters)
        return TermBounds(*(mine + added for mine, added in zip(own, extra, strict=True)))

    return replace(loss, name=f"{loss.name}, {name}", bound=bound)
