"""Gradients that are not the derivative of the value: models of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.exact import FORMATS
from equivalence.losses.categorical import cross_entropy, softmax, weighted_target
from equivalence.losses.loss import LOGITS, Gradients, Loss, TermBounds

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
    if not np.any(np.abs(sums - 1) > tolerance):
        return None
    return replace(case, loss=_unscaled_softmax(case.loss))


@functools.cache
def _unscaled_softmax(loss: Loss) -> Loss:
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

    return replace(loss, name=f"{loss.name} with the gradient softmax(x) - t", gradient=gradient)


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
