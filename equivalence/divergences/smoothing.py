"""Label smoothing that counts something else than the classes."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.losses.loss import Gradients, Loss, TermBounds

if TYPE_CHECKING:
    from equivalence.cases.case import Case

# Moves no target; that it is there makes the bound of a loss count the roundings of smoothing.
IMPERCEPTIBLE = 2.0**-1000


@functools.cache
def smoothed_over(loss: Loss, count: int) -> Loss:
    """A loss whose label smoothing gives every class epsilon / count, whatever its classes are."""

    def smoothed(target: np.ndarray, label_smoothing: Any) -> np.ndarray:
        return np.asarray(target * (1 - label_smoothing) + label_smoothing / count)

    def definition(prediction: Any, target: Any, *, label_smoothing: Any, **rest: Any) -> Any:
        return loss.definition(prediction, smoothed(target, label_smoothing), **rest)

    def gradient(prediction: Any, target: Any, *, label_smoothing: Any, **rest: Any) -> Gradients:
        own = loss.gradient(prediction, smoothed(target, label_smoothing), **rest)
        return Gradients(own.prediction, own.target * (1 - label_smoothing))

    def bound(
        prediction: Any, target: Any, precision: int, *, label_smoothing: Any, **rest: Any
    ) -> TermBounds:
        rest["label_smoothing"] = IMPERCEPTIBLE
        return loss.bound(prediction, smoothed(target, label_smoothing), precision, **rest)

    return replace(
        loss,
        name=f"{loss.name}, smoothed over {count}",
        definition=definition,
        gradient=gradient,
        bound=bound,
    )


def smooths_over_width(case: Case) -> Case | None:
    """Smoothed labels get epsilon / width, the length of the last axis of the terms."""
    classes = case.prediction.shape[-1]
    if not case.options.get("label_smoothing") or len(case.shape) < 2 or case.shape[-1] == classes:
        return None
    return replace(case, loss=smoothed_over(case.loss, case.shape[-1]))
