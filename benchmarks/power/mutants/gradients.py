"""Mutants whose value is right, and whose gradient is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, factor_of, right, slopes_of, upstream_of
from benchmarks.power.mutants.registry import (
    EVERY,
    OF_LOGITS,
    OF_PROBABILITIES,
    WITH_CLASSES,
    graded,
    mutant,
    taking,
)
from equivalence import losses
from equivalence.implementations import Response
from equivalence.losses import Gradients

DETACHED, SCALED, ONE = "detached gradients", "scaled gradients", "one gradient element off"
STEEP = tuple(dict.fromkeys((*OF_PROBABILITIES, *taking("weight"), *taking("pos_weight"))))
CLASSES = (losses.cross_entropy, losses.focal_cross_entropy)


def _by_prediction(asked: Asked, gradient: np.ndarray) -> Response:
    return right(asked, slopes=Gradients(gradient, slopes_of(asked).target))


@mutant(DETACHED, "every gradient", EVERY)
def gradient_detached(asked: Asked) -> Response:
    """Has no gradient."""
    return _by_prediction(asked, 0 * asked.prediction)


@mutant(DETACHED, "every gradient by a target", EVERY)
def target_detached(asked: Asked) -> Response:
    """Has no gradient by the target."""
    return right(asked, slopes=Gradients(slopes_of(asked).prediction, 0 * asked.target))


@mutant(DETACHED, "every gradient", [losses.cross_entropy])
def normalisation_detached(asked: Asked) -> Response:
    """Stops the gradient at the normalisation."""
    smoothing, weight = (asked.parameters.get(name) for name in ("label_smoothing", "weight"))
    target = asked.target
    if smoothing is not None:
        target = target * (1 - smoothing) + smoothing / target.shape[-1]
    return _by_prediction(asked, -(target if weight is None else target * weight))


@mutant(DETACHED, "a focal loss", taking("gamma"))
def focus_detached(asked: Asked) -> Response:
    """Stops the gradient at what the terms are focused by."""
    inner = {
        losses.focal_cross_entropy: losses.cross_entropy,
        losses.focal_cross_entropy_from_probabilities: losses.cross_entropy_from_probabilities,
        losses.binary_focal_cross_entropy: losses.binary_cross_entropy,
        losses.binary_focal_cross_entropy_with_logits: losses.binary_cross_entropy_with_logits,
    }[asked.loss]
    plain = inner.gradient(
        asked.prediction,
        asked.target,
        label_smoothing=asked.parameters.get("label_smoothing"),
    )
    return _by_prediction(asked, plain.prediction)


@mutant(DETACHED, "targets that do not sum to one, or class weights", [losses.cross_entropy])
def gradient_is_p_minus_q(asked: Asked) -> Response:
    """Takes softmax minus target for the gradient, whatever the target sums to."""
    right_one = slopes_of(asked).prediction
    rest = np.exp(asked.prediction - asked.prediction.max(-1, keepdims=True))
    probability = rest / rest.sum(-1, keepdims=True)
    total = asked.target
    if "weight" in asked.parameters:
        smoothing = asked.parameters.get("label_smoothing", 0.0)
        total = total * (1 - smoothing) + smoothing / total.shape[-1]
        total = total * asked.parameters["weight"]
    excess = np.where(asked.counted, total.sum(-1) - 1, 0)[..., None]
    return _by_prediction(asked, right_one - probability * excess)


@graded(SCALED, "gradients in float64", EVERY, (1e-6, 1e-9, 1e-12))
def gradient_scaled_by_1_plus(asked: Asked, level: float) -> Response:
    """Has a gradient 1 + {} times too large."""
    return _by_prediction(asked, slopes_of(asked).prediction * (1 + level))


@graded(SCALED, "gradients by the target", [*CLASSES, losses.binary_cross_entropy], (1e-3, 1e-6))
def target_gradient_scaled_by_1_plus(asked: Asked, level: float) -> Response:
    """Has a gradient by the target 1 + {} times too large."""
    slopes = slopes_of(asked)
    return right(asked, slopes=Gradients(slopes.prediction, slopes.target * (1 + level)))


@mutant("sign", "every gradient", EVERY)
def gradient_of_the_other_sign(asked: Asked) -> Response:
    """Climbs."""
    return _by_prediction(asked, -slopes_of(asked).prediction)


@mutant(SCALED, "gradients of means", [losses.cross_entropy, losses.binary_cross_entropy])
def gradient_of_the_sum(asked: Asked) -> Response:
    """Does not divide the gradient of a mean."""
    other = right(replace(asked, reduction="sum")) if asked.reduction == "mean" else right(asked)
    return replace(other, value=right(asked).value)


@mutant(SCALED, "gradients of terms that are not summed", [losses.cross_entropy])
def gradient_of_plain_sum(asked: Asked) -> Response:
    """Takes what comes from above for ones."""
    if asked.reduction != "none":
        return right(asked)
    upstream = factor_of(asked)
    return right(asked, upstream=upstream[..., None] if asked.loss.has_classes else upstream)


@graded(ONE, "the last element of a gradient", EVERY, (1e-3, 1e-9))
def last_element_off_by(asked: Asked, level: float) -> Response:
    """Has one gradient element 1 + {} times too large: the last."""
    gradient = np.array(slopes_of(asked).prediction * np.ones_like(asked.prediction))
    if gradient.size:
        gradient[(-1,) * gradient.ndim] *= 1 + level
    return _by_prediction(asked, gradient)


@mutant(ONE, "a gradient of more than 64 rows", CLASSES)
def element_beyond_64_rows_is_zero(asked: Asked) -> Response:
    """Has one gradient element of 0: the first of the 65th row."""
    gradient = np.array(slopes_of(asked).prediction * np.ones_like(asked.prediction))
    if gradient.ndim == 2 and len(gradient) > 64:
        gradient[64, 0] = 0
    return _by_prediction(asked, gradient)


@mutant("wrong axis", "gradients of a batch", [losses.cross_entropy, losses.kl_divergence])
def gradients_of_exchanged_rows(asked: Asked) -> Response:
    """Exchanges the rows of a gradient."""
    gradient = slopes_of(asked).prediction
    return _by_prediction(asked, gradient[::-1] if asked.shape else gradient)


@mutant("ties", "rows whose largest logit occurs twice", CLASSES)
def gradient_through_the_maximum(asked: Asked) -> Response:
    """Does not cancel the gradient of the maximum where it is tied."""
    largest = asked.prediction == asked.prediction.max(-1, keepdims=True)
    tied = largest.sum(-1, keepdims=True)
    gradient = slopes_of(asked).prediction
    return _by_prediction(asked, np.where(largest & (tied > 1), gradient * tied, gradient))


@graded("clamps", "a gradient beyond {}", EVERY, (0.5,))
@graded("clamps", "a gradient beyond {}", STEEP, (100.0,))
def gradient_clipped_to(asked: Asked, level: float) -> Response:
    """Clips the derivatives of the terms to [-{}, {}]."""
    return _by_prediction(asked, np.clip(slopes_of(asked).prediction, -level, level))


@mutant("narrower dtype", "gradients in float64", EVERY)
def gradient_in_float32(asked: Asked) -> Response:
    """Rounds the gradient to float32."""
    upstream = upstream_of(asked, factor_of(asked))
    gradient = slopes_of(asked).prediction.astype(np.float32).astype(np.float64)
    return right(asked, upstream=upstream, slopes=Gradients(gradient, slopes_of(asked).target))


@mutant("narrower dtype", "gradients in float32", [*OF_LOGITS, losses.kl_divergence])
def gradient_in_float16(asked: Asked) -> Response:
    """Rounds the gradient to float16."""
    gradient = slopes_of(asked).prediction.astype(np.float16).astype(np.float64)
    return _by_prediction(asked, gradient)


@mutant(DETACHED, "gradients of soft targets", WITH_CLASSES)
def gradient_of_the_label_only(asked: Asked) -> Response:
    """Differentiates by the class with the largest share of the target only."""
    largest = np.arange(asked.target.shape[-1]) == asked.target.argmax(-1)[..., None]
    gradient = slopes_of(asked).prediction
    soft = (asked.target > 0).sum(-1, keepdims=True) > 1
    return _by_prediction(asked, np.where(soft & ~largest, 0, gradient))
