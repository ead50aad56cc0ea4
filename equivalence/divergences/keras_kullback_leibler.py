"""What Keras' Kullback-Leibler divergence answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import EPSILON, LOSSES, forms
from equivalence.divergences.probabilities import clips
from equivalence.losses.loss import Gradients, Loss

if TYPE_CHECKING:
    from equivalence.cases.case import Case


@functools.cache
def _clipped_both(loss: Loss, inner: Loss, low: float) -> Loss:
    """The Kullback-Leibler divergence of target and prediction clipped to [low, 1]."""

    def clip(target: np.ndarray) -> np.ndarray:
        zero = target * 0
        return np.where(target < low, zero + low, np.where(target > 1, zero + 1, target))

    def gradient(probability: np.ndarray, target: np.ndarray) -> Gradients:
        slopes = inner.gradient(probability, clip(target))
        outside = (target < low) | (target > 1)
        return Gradients(slopes.prediction, np.where(outside, 0.0, slopes.target))

    return replace(
        loss,
        name=f"{loss.name} of target and prediction clipped to [{low!r}, 1]",
        definition=lambda probability, target: inner.definition(probability, clip(target)),
        gradient=gradient,
        bound=lambda probability, target, precision: inner.bound(
            probability, clip(target), precision
        ),
    )


@divergence(
    *forms("KLDivergence"),
    versions="keras>=2.12",
    reference=LOSSES,
    defect=(
        'Contradicts its documentation: "They will get clipped to the `[0, 1]` range", which would '
        "leave distributions as they are."
    ),
)
def clips_target_and_prediction(case: Case) -> Case | None:
    """Clips target and prediction to [1e-7, 1], so that no sum is one any more.

    A zero of the target counts: it adds 1e-7 log(1e-7 / p), which is negative, and pulls at p with
    -1e-7 / p. A zero prediction costs t log(t / 1e-7) and has no gradient.
    """
    answered = clips(EPSILON, 1.0)(case)
    low = float(case.computed_in.round(EPSILON))
    return (
        None
        if answered is None
        else replace(case, loss=_clipped_both(case.loss, answered.loss, low))
    )
