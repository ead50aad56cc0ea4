"""Keras: the classes of ``keras.losses``, the same code on every backend that runs them."""

from __future__ import annotations

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations.keras import DOCUMENTATION, MEANS, REDUCTIONS, keras, translates
from equivalence.implementations.needs import COLUMNS, SEGMENTATION


@translates(
    losses.cross_entropy,
    targets=SPARSE,
    name="SparseCategoricalCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    needs=MEANS,
    documentation=DOCUMENTATION + "#sparsecategoricalcrossentropy-class",
)
def sparse_categorical_crossentropy(
    logits, target, *, sample_weight=None, ignore_index=None, reduction="mean"
):
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=ignore_index, reduction=reduction
    )
    return loss(target, logits, sample_weight)


@translates(
    losses.cross_entropy_from_probabilities,
    targets=SPARSE,
    name="SparseCategoricalCrossentropy",
    reductions=REDUCTIONS,
    needs=MEANS,
    documentation=DOCUMENTATION + "#sparsecategoricalcrossentropy-class",
)
def sparse_categorical_crossentropy_from_probabilities(
    probabilities, target, *, sample_weight=None, ignore_index=None, reduction="mean"
):
    loss = keras.losses.SparseCategoricalCrossentropy(
        ignore_class=ignore_index, reduction=reduction
    )
    return loss(target, probabilities, sample_weight)


@translates(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="CategoricalCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    needs=MEANS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categoricalcrossentropy-class",
)
def categorical_crossentropy(
    logits, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, axis=-1, reduction=reduction
    )
    return loss(target, logits, sample_weight)


@translates(
    losses.cross_entropy_from_probabilities,
    targets=ONE_HOT | SOFT,
    name="CategoricalCrossentropy",
    reductions=REDUCTIONS,
    needs=MEANS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categoricalcrossentropy-class",
)
def categorical_crossentropy_from_probabilities(
    probabilities, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    loss = keras.losses.CategoricalCrossentropy(
        label_smoothing=label_smoothing, axis=-1, reduction=reduction
    )
    return loss(target, probabilities, sample_weight)


@translates(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    weights=frozenset(("scalar_weight", "sample_weight")),  # the last axis is averaged first
    # A rank-1 input becomes one number before it is weighted.
    weighted_shapes=frozenset((COLUMNS, SEGMENTATION)),
    name="BinaryCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    needs=MEANS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#binarycrossentropy-class",
)
def binary_crossentropy(
    logit, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    # The last axis is averaged before the weighting.
    if sample_weight is not None and len(sample_weight.shape):
        sample_weight = sample_weight[..., 0]
    loss = keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, reduction=reduction
    )
    return loss(target, logit, sample_weight)


@translates(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    weights=frozenset(("scalar_weight", "sample_weight")),  # the last axis is averaged first
    # A rank-1 input becomes one number before it is weighted.
    weighted_shapes=frozenset((COLUMNS, SEGMENTATION)),
    name="BinaryCrossentropy",
    reductions=REDUCTIONS,
    needs=MEANS,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#binarycrossentropy-class",
)
def binary_crossentropy_from_probabilities(
    probability, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    # The last axis is averaged before the weighting.
    if sample_weight is not None and len(sample_weight.shape):
        sample_weight = sample_weight[..., 0]
    loss = keras.losses.BinaryCrossentropy(label_smoothing=label_smoothing, reduction=reduction)
    return loss(target, probability, sample_weight)
