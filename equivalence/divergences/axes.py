"""Softmax over another axis than that of the classes: a model of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.paths import surprisal_units
from equivalence.divergences.steps import Step, through
from equivalence.losses import cross_entropy, negative_log_likelihood
from equivalence.losses.loss import Gradients, TermBounds, times
from equivalence.losses.softmax import Softmax, softmax

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case


def takes_softmax_over(axis: int) -> Callable[[Case], Case | None]:
    """Softmax sums over an axis of the positions, 0 for the batch, not over the classes.

    Rows so get into each other's gradients: that is modelled where all terms count alike, in sums
    and means without sample weights.
    """

    def model(case: Case) -> Case | None:
        if case.loss is not cross_entropy or axis >= len(case.shape):
            return None
        return replace(case, loss=through(_SURPRISAL, _log_softmax(axis), case.loss))

    return model


@functools.cache
def _log_softmax(axis: int) -> Step:
    def turned(array: np.ndarray) -> np.ndarray:
        return np.asarray(np.swapaxes(array, axis, -1))

    def parts(logits: np.ndarray) -> Softmax:
        if logits.shape[axis] == 1:  # a probability of one, whatever is alone
            return Softmax(turned(logits * 0), turned(logits * 0))
        return softmax(turned(logits))

    def pull(logits: np.ndarray, gradient: np.ndarray, sign: int) -> np.ndarray:
        total = np.sum(gradient, axis=axis, keepdims=True)
        return np.asarray(gradient + sign * times(turned(parts(logits).probability), total))

    def error(logits: np.ndarray, unit: float) -> np.ndarray:
        return turned(unit * surprisal_units(turned(logits)))

    return Step(
        name=f"log softmax over axis {axis}",
        forward=lambda logits: -turned(parts(logits).surprisal),
        pull=lambda logits, gradient: pull(logits, gradient, -1),
        spread=lambda logits, errors: pull(logits, errors, 1),
        error=error,
        slope_error=lambda logits, unit: np.expm1(error(logits, unit)),
        sums=True,
    )


def _smoothed(target: np.ndarray, label_smoothing: Any) -> np.ndarray:
    smoothing = 0 if label_smoothing is None else label_smoothing
    return np.asarray(target * (1 - smoothing) + smoothing / target.shape[-1])


def _surprisal_gradient(
    logs: np.ndarray, target: np.ndarray, *, weight: Any = None, label_smoothing: Any = None
) -> Gradients:
    own = negative_log_likelihood.gradient(logs, _smoothed(target, label_smoothing), weight=weight)
    return Gradients(
        own.prediction, own.target * (1 - (0 if label_smoothing is None else label_smoothing))
    )


def _surprisal_bound(
    logs: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    smoothed = _smoothed(target, label_smoothing)
    own = negative_log_likelihood.bound(logs, smoothed, precision, weight=weight)
    slopes = negative_log_likelihood.gradient(logs, smoothed, weight=weight)
    mixing = (4.0 if label_smoothing else 0.0) * 2.0**-precision
    return TermBounds(
        own.term + mixing * np.sum(np.abs(times(slopes.prediction, logs)), axis=-1),
        own.prediction + mixing * np.abs(slopes.prediction),
        own.target + mixing * np.abs(slopes.target),
    )


# The negative log-likelihood of smoothed targets.
_SURPRISAL = replace(
    negative_log_likelihood,
    definition=lambda logs, target, *, weight=None, label_smoothing=None: (
        negative_log_likelihood.definition(logs, _smoothed(target, label_smoothing), weight=weight)
    ),
    gradient=_surprisal_gradient,
    bound=_surprisal_bound,
    parameters=("weight", "label_smoothing"),
)
