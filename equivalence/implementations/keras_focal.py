"""Keras: the classes of the focal losses and of the Kullback-Leibler divergence."""

from __future__ import annotations

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY
from equivalence.implementations.keras import DOCUMENTATION, keras, translates

# One mean: the others are the same code, which the classes of cross-entropy are asked about.
REDUCTIONS = {"none": "none", "sum": "sum", "mean": "sum_over_batch_size"}


@translates(
    losses.focal_cross_entropy,
    targets=ONE_HOT | SOFT,
    name="CategoricalFocalCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    needs={"": "keras>=2.13"},
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categoricalfocalcrossentropy-class",
)
def categorical_focal_crossentropy(
    logits, target, *, gamma=2.0, alpha=1.0, label_smoothing=0.0, reduction="sum_over_batch_size"
):
    loss = keras.losses.CategoricalFocalCrossentropy(
        alpha=alpha,
        gamma=gamma,
        label_smoothing=label_smoothing,
        from_logits=True,
        reduction=reduction,
    )
    return loss(target, logits)


@translates(
    losses.focal_cross_entropy_from_probabilities,
    targets=ONE_HOT | SOFT,
    name="CategoricalFocalCrossentropy",
    reductions=REDUCTIONS,
    needs={"": "keras>=2.13"},
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categoricalfocalcrossentropy-class",
)
def categorical_focal_crossentropy_from_probabilities(
    probabilities,
    target,
    *,
    gamma=2.0,
    alpha=1.0,
    label_smoothing=0.0,
    reduction="sum_over_batch_size",
):
    loss = keras.losses.CategoricalFocalCrossentropy(
        alpha=alpha, gamma=gamma, label_smoothing=label_smoothing, reduction=reduction
    )
    return loss(target, probabilities)


@translates(
    losses.binary_focal_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="BinaryFocalCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#binaryfocalcrossentropy-class",
)
def binary_focal_crossentropy(
    logit, target, *, gamma=2.0, alpha=None, label_smoothing=0.0, reduction="sum_over_batch_size"
):
    loss = keras.losses.BinaryFocalCrossentropy(
        apply_class_balancing=alpha is not None,
        alpha=0.25 if alpha is None else alpha,
        gamma=gamma,
        label_smoothing=label_smoothing,
        from_logits=True,
        reduction=reduction,
    )
    return loss(target, logit)


@translates(
    losses.binary_focal_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    name="BinaryFocalCrossentropy",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#binaryfocalcrossentropy-class",
)
def binary_focal_crossentropy_from_probabilities(
    probability,
    target,
    *,
    gamma=2.0,
    alpha=None,
    label_smoothing=0.0,
    reduction="sum_over_batch_size",
):
    loss = keras.losses.BinaryFocalCrossentropy(
        apply_class_balancing=alpha is not None,
        alpha=0.25 if alpha is None else alpha,
        gamma=gamma,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )
    return loss(target, probability)


@translates(
    losses.kl_divergence_from_probabilities,
    targets=ONE_HOT | SOFT,
    name="KLDivergence",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#kldivergence-class",
)
def kl_divergence(probabilities, target, *, reduction="sum_over_batch_size"):
    return keras.losses.KLDivergence(reduction=reduction)(target, probabilities)
