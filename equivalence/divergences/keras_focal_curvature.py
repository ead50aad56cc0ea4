"""What Keras answers for second derivatives of its binary focal loss."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_focal import focus_vanishes
from equivalence.divergences.keras_forms import LOSSES_SOURCE
from equivalence.losses.binary import binary_cross_entropy_with_logits, smoothed_target
from equivalence.losses.curvature import curvature, curved
from equivalence.losses.focal import GAMMA
from equivalence.losses.loss import Gradients

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case
    from equivalence.exact import Format
    from equivalence.losses.loss import Loss

FORM = "tensorflow_v2.keras.BinaryFocalCrossentropy(from_logits=True)"
SMOOTH = 2.0  # gamma from which the second derivative of the power is finite at zero


@functools.cache
def _undefined(loss: Loss, lost: Callable[..., np.ndarray], words: str) -> Loss | None:
    """The loss whose second derivatives are NaN where ``lost`` says so; None if it has none."""
    known = curvature(loss)
    if known is None:
        return None

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        # The same, by another name: second derivatives are known by their gradient.
        return loss.gradient(prediction, target, **parameters)

    def product(
        prediction: np.ndarray, target: np.ndarray, direction: np.ndarray, **parameters: Any
    ) -> np.ndarray:
        own = known.product(prediction, target, direction, **parameters)
        return np.where(lost(prediction, target, **parameters), own * np.nan, own)

    curved(gradient, replace(known, product=product, reach=None))
    return replace(loss, name=f"{loss.name}, {words}", gradient=gradient)


def _answered(case: Case, lost: Callable[..., np.ndarray], words: str) -> Case | None:
    made = _undefined(case.loss, lost, words)
    return None if made is None else replace(case, loss=made)


@functools.cache
def _vanishes(loss: Loss, format_: Format) -> Callable[..., np.ndarray]:
    def lost(
        prediction: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None, **_: Any
    ) -> np.ndarray:
        return focus_vanishes(loss, format_, prediction, target, label_smoothing)

    return lost


@divergence(
    FORM,
    versions="keras>=3.0",
    reference=LOSSES_SOURCE,
    defect=(
        "The loss has second derivatives there: those of an example that is right with certainty "
        "tend to zero, as they do at gamma = 2."
    ),
    only=(HESSIAN_VECTOR_PRODUCT,),
)
def loses_curvature_of_focus(case: Case) -> Case | None:
    """With gamma below 2, second derivatives are NaN where p_t is rounded to 1.

    That of the power, gamma (gamma - 1) 0 ** (gamma - 2), is 0 times infinity, also for gamma = 1.
    """
    if not 0 < float(case.options.get("gamma", GAMMA)) < SMOOTH:
        return None
    return _answered(case, _vanishes(case.loss, case.computed_in), "its power bent at 0")


@functools.cache
def _overflows(format_: Format, kind: str) -> Callable[..., np.ndarray]:
    def lost(
        prediction: np.ndarray,
        target: np.ndarray,
        *,
        gamma: Any = GAMMA,
        label_smoothing: Any = None,
        **_: Any,
    ) -> np.ndarray:
        numbers, targets = (
            np.vectorize(float, otypes=[float])(array)
            for array in (prediction, smoothed_target(target, label_smoothing))
        )
        entropy = binary_cross_entropy_with_logits.definition(numbers, targets)
        rows = numbers.shape[:-1]
        upstream = cotangent(rows)[..., None] if kind == "none" else 1.0
        upstream = upstream / numbers.shape[-1] / (np.prod(rows) if kind == "mean" else 1.0)
        with np.errstate(over="ignore"):
            over = format_.overflows(2 * float(gamma) * upstream * entropy)
        return np.asarray(over & np.isfinite(numbers))

    return lost


@divergence(
    FORM,
    versions="keras>=3.0",
    reference=LOSSES_SOURCE,
    defect="The second derivative is zero there, and its bare cross-entropy says so.",
    only=(HESSIAN_VECTOR_PRODUCT,),
)
def curvature_of_focus_overflows(case: Case) -> Case | None:
    """Second derivatives are NaN where 2 gamma times the cross-entropy is infinite.

    It is multiplied by the slope of sigmoid(x), which is 0. At gamma 2, and before a mean divides
    it, a logit of a quarter of the largest finite number is enough.
    """
    if case.weights is not None or not case.prediction.ndim or not case.prediction.size:
        return None
    lost = _overflows(case.computed_in, case.reduction.kind)
    parameters = {name: case.parameters.get(name) for name in ("gamma", "label_smoothing")}
    given = {name: value for name, value in parameters.items() if value is not None}
    if not np.any(lost(np.asarray(case.prediction, np.float64), case.distribution, **given)):
        return None
    return _answered(case, lost, "its power overflown")
