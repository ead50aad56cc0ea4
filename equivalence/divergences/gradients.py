"""Gradients that are not the derivative of the value: models of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.exact import FORMATS
from equivalence.losses.categorical import (
    cross_entropy,
    weighted_target,
)
from equivalence.losses.loss import LOGITS, Gradients, Loss, TermBounds, times
from equivalence.losses.softmax import softmax, surprisal_error

if TYPE_CHECKING:
    from equivalence.cases.case import Case


def _is_softmax(loss: Loss) -> bool:
    """Whether it is the cross-entropy of classes from logits, perhaps changed."""
    return loss.prediction == LOGITS and loss.parameters == cross_entropy.parameters


def assumes_normalised_targets(case: Case) -> Case | None:
    """The gradient is softmax(x) - t, the value's derivative only where the targets sum to one."""
    if not _is_softmax(case.loss) or "weight" in case.options:
        return None
    sums = case.distribution.sum(-1)
    # What rounding the targets can do.
    tolerance = case.distribution.shape[-1] * FORMATS[case.dtype].unit
    if np.all(np.abs(sums - 1) <= tolerance):  # NaN is no sum either
        return None
    return replace(case, loss=unscaled_softmax(case.loss))


@functools.cache
def unscaled_softmax(loss: Loss) -> Loss:
    """Cross-entropy of logits whose gradient is softmax(x) - t, whatever the targets sum to."""

    def gradient(
        logits: np.ndarray,
        target: np.ndarray,
        *,
        weight: Any = None,
        label_smoothing: Any = None,
    ) -> Gradients:
        own = loss.gradient(logits, target, weight=weight, label_smoothing=label_smoothing)
        return Gradients(
            softmax(logits).probability - weighted_target(target, weight, label_smoothing),
            own.target,
        )

    def bound(
        logits: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own, parts = loss.bound(logits, target, precision, **parameters), softmax(logits)
        missing, beside = np.isnan(target), own.prediction
        if missing.any():  # beside a NaN the gradient is that of the row that sums to one
            rest = 1 - np.nansum(target, axis=-1, keepdims=True)
            count = np.maximum(np.count_nonzero(missing, axis=-1, keepdims=True), 1)
            whole = np.where(missing, rest / count, target)
            beside = loss.bound(logits, whole, precision, **parameters).prediction
        moved = times(parts.probability, np.expm1(surprisal_error(parts, precision)))
        size = np.abs(gradient(logits, target, **parameters).prediction)
        return own._replace(prediction=beside + moved + 2 * 2.0**-precision * size)

    name = f"{loss.name} with the gradient softmax(x) - t"
    return replace(loss, name=name, gradient=gradient, bound=bound)


def stops_gradient(case: Case) -> Case:
    """The gradient does not reach the prediction: it is zero."""
    return replace(case, loss=_stopped(case.loss))


@functools.cache
def _stopped(loss: Loss) -> Loss:
    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(prediction, target, **parameters)
        return Gradients(own.prediction * 0, own.target)

    return replace(loss, name=f"{loss.name} without a gradient", gradient=gradient)


def stops_gradient_of_normaliser(case: Case) -> Case | None:
    """The normaliser of the softmax is taken for a constant: the gradient is minus the target."""
    if not _is_softmax(case.loss):
        return None
    return replace(case, loss=_unnormalised(case.loss))


@functools.cache
def _unnormalised(loss: Loss) -> Loss:
    def gradient(
        logits: np.ndarray, target: np.ndarray, *, weight: Any = None, label_smoothing: Any = None
    ) -> Gradients:
        own = loss.gradient(logits, target, weight=weight, label_smoothing=label_smoothing)
        return Gradients(-weighted_target(target, weight, label_smoothing) + logits * 0, own.target)

    def bound(
        logits: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(logits, target, precision, **parameters)
        return own._replace(
            prediction=6 * 2.0**-precision * np.abs(weighted_target(target, **_known(parameters)))
        )

    return replace(loss, name=f"{loss.name} with the gradient -t", gradient=gradient, bound=bound)


def _known(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: parameters.get(name) for name in ("weight", "label_smoothing")}
