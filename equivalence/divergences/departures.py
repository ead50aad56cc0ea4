"""Other questions that implementations answer: each function returns, or is, a model of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.exact import FORMATS
from equivalence.losses.loss import Gradients, Loss, TermBounds
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


def reduces_to(reduction: Reduction, kind: str) -> Callable[[Case], Case | None]:
    """A reduction of a kind is answered by another one, whatever the weights."""
    return lambda case: (
        replace(case, reduction=reduction)
        if case.reduction.kind == kind and case.reduction != reduction
        else None
    )


def computes_in(dtype: str) -> Callable[[Case], Case | None]:
    """Inputs are cast to a dtype, in which everything is computed; a wider one loses nothing."""

    def model(case: Case) -> Case | None:
        if case.dtype == dtype:
            return None
        if FORMATS[case.dtype].precision < FORMATS[dtype].precision:
            return replace(case, arithmetic=dtype)
        round_ = FORMATS[dtype].round
        floating = case.target.dtype.kind == "f"
        return replace(
            case,
            dtype=dtype,
            prediction=round_(case.prediction),
            target=round_(case.target) if floating else case.target,
            weights=None if case.weights is None else round_(case.weights),
            options=MappingProxyType(
                {
                    name: round_(value) if isinstance(value, np.ndarray | np.generic) else value
                    for name, value in case.options.items()
                }
            ),
        )

    return model


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


def multiplies_by(factor: float, words: str, kind: str = "") -> Callable[[Case], Case | None]:
    """The loss is multiplied by a constant.

    Args:
        factor: The constant.
        words: What it is.
        kind: Only where this kind of reduction is asked; by default everywhere.
    """
    return lambda case: (
        replace(case, loss=_multiplied(case.loss, factor, words))
        if kind in {"", case.reduction.kind}
        else None
    )


@functools.cache
def _multiplied(loss: Loss, factor: float, words: str) -> Loss:
    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(prediction, target, **parameters)
        return Gradients(own.prediction * factor, own.target * factor)

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(prediction, target, precision, **parameters)
        terms = loss.definition(prediction, target, **parameters)
        sizes = terms, *loss.gradient(prediction, target, **parameters)
        # The constant is rounded, and the product.
        rounding = 2 * 2.0**-precision
        return TermBounds(
            *(
                abs(factor) * (error + rounding * np.abs(size))
                for error, size in zip(own, sizes, strict=True)
            )
        )

    return replace(
        loss,
        name=f"{loss.name} times {words}",
        definition=lambda prediction, target, **parameters: (
            loss.definition(prediction, target, **parameters) * factor
        ),
        gradient=gradient,
        bound=bound,
    )


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
