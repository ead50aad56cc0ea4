"""Other questions that implementations answer: each function returns, or is, a model of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.exact import FORMATS
from equivalence.losses.curvature import Curvature, curvature, curved, weakened
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
        if case.reduction.name != MEAN.name or weights is None:
            return None
        multiplies = case.reduction.multiplies_zeros
        answered = replace(reduction, empty_is_zero=empty_is_zero, multiplies_zeros=multiplies)
        return replace(case, reduction=answered)

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
        format_ = FORMATS[dtype]

        def cast(value: Any) -> Any:
            """Of a narrower dtype nothing is lost, and its derivative comes back in it."""
            own = FORMATS.get(str(getattr(value, "dtype", "")))
            return (
                value if own is None or own.precision <= format_.precision else format_.round(value)
            )

        options = {name: cast(value) for name, value in case.options.items()}
        return replace(
            case,
            dtype=dtype,
            prediction=cast(case.prediction),
            target=cast(case.target),
            weights=cast(case.weights),
            options=MappingProxyType(options),
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
    """The mean of the loss over the last axis, as the term of a row; of an empty one it is NaN."""

    def size(prediction: np.ndarray) -> float:
        return prediction.shape[-1] or np.nan

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        inner = loss.gradient(prediction, target, **parameters)
        return Gradients(inner.prediction / size(prediction), inner.target / size(prediction))

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        inner = loss.bound(prediction, target, precision, **parameters)
        derivative = loss.gradient(prediction, target, **parameters)
        terms = np.abs(loss.definition(prediction, target, **parameters))
        count, unit = size(prediction), 2.0**-precision
        summing = unit * (4 * np.log2(count) + 6)
        return TermBounds(
            np.sum(inner.term + summing * terms, axis=-1) / count,
            (inner.prediction + 2 * unit * np.abs(derivative.prediction)) / count,
            (inner.target + 2 * unit * np.abs(derivative.target)) / count,
        )

    known = curvature(loss)
    if known is not None:
        curved(gradient, _mean_of(known))
    return replace(
        loss,
        name=f"{loss.name} averaged over the last axis",
        signature="(c),(c)->()",
        definition=lambda prediction, target, **parameters: (
            np.sum(loss.definition(prediction, target, **parameters), axis=-1) / size(prediction)
        ),
        gradient=gradient,
        bound=bound,
    )


def keeps_classes(case: Case) -> Case:
    """What each class adds is a term of its own: sums over the classes are not formed."""
    return replace(case, loss=_class_by_class(case.loss))


@functools.cache
def _class_by_class(loss: Loss) -> Loss:
    """The loss of classes one by one, for losses whose classes do not get into each other."""

    def alone(array: Any) -> Any:
        return array[..., None]

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        inner = loss.gradient(alone(prediction), alone(target), **parameters)
        return Gradients(*(part[..., 0] for part in inner))

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        inner = loss.bound(alone(prediction), alone(target), precision, **parameters)
        return TermBounds(inner.term, inner.prediction[..., 0], inner.target[..., 0])

    return replace(
        loss,
        name=f"{loss.name}, class by class",
        signature="(),()->()",
        definition=lambda prediction, target, **parameters: loss.definition(
            alone(prediction), alone(target), **parameters
        ),
        gradient=gradient,
        bound=bound,
    )


def _mean_of(known: Curvature) -> Curvature:
    """The second derivatives of a mean over the last axis."""

    def product(
        prediction: np.ndarray, target: np.ndarray, direction: np.ndarray, **parameters: Any
    ) -> np.ndarray:
        inner = known.product(prediction, target, direction, **parameters)
        return np.asarray(inner / prediction.shape[-1])

    def bound(
        prediction: np.ndarray,
        target: np.ndarray,
        direction: np.ndarray,
        precision: int,
        **parameters: Any,
    ) -> np.ndarray:
        inner = known.bound(prediction, target, direction, precision, **parameters)
        size = np.abs(known.product(prediction, target, direction, **parameters))
        return np.asarray((inner + 2 * 2.0**-precision * size) / prediction.shape[-1])

    return Curvature(product=product, bound=bound)


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


def widened(
    loss: Loss,
    name: str,
    more: Callable[..., TermBounds],
    more_curved: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Loss:
    """The same question with a weaker bound.

    ``more(prediction, target, unit, **parameters)`` is added to it, and to that of second
    derivatives what ``more_curved`` makes of their sizes.
    """

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(prediction, target, precision, **parameters)
        extra = more(prediction, target, 2.0**-precision, **parameters)
        return TermBounds(*(mine + added for mine, added in zip(own, extra, strict=True)))

    made = replace(loss, name=f"{loss.name}, {name}", bound=bound)
    weakened(made, loss, more_curved)
    return made
