"""Keras with the classes second, as a porter from PyTorch has them: ``axis=1``."""

from __future__ import annotations

from equivalence import losses
from equivalence.cases.case import ONE_HOT, SOFT, SPARSE
from equivalence.implementations.keras import DOCUMENTATION, keras, translates
from equivalence.implementations.needs import ROWS, SEGMENTATION

BATCHED = frozenset((ROWS, SEGMENTATION))  # a single row has no second axis


@translates(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="CategoricalCrossentropy(from_logits=True, axis=1)",
    form_of="CategoricalCrossentropy(from_logits=True)",
    shapes=BATCHED,
    weighted_shapes=BATCHED,
    class_axis=1,
    reductions={"none": "none", "sum": "sum", "mean": "sum_over_batch_size"},
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categoricalcrossentropy-class",
)
def categorical_crossentropy_class(
    logits, target, *, sample_weight=None, label_smoothing=0.0, reduction="sum_over_batch_size"
):
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, axis=1, reduction=reduction
    )
    return loss(target, logits, sample_weight)


@translates(
    losses.cross_entropy_from_probabilities,
    targets=ONE_HOT | SOFT,
    name="categorical_crossentropy(axis=1)",
    form_of="CategoricalCrossentropy",
    shapes=BATCHED,
    class_axis=1,
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categorical_crossentropy-function",
)
def categorical_crossentropy(probabilities, target, *, label_smoothing=0.0):
    return keras.losses.categorical_crossentropy(
        target, probabilities, label_smoothing=label_smoothing, axis=1
    )


@translates(
    losses.cross_entropy,
    targets=SPARSE,
    name="sparse_categorical_crossentropy(from_logits=True, axis=1)",
    form_of="SparseCategoricalCrossentropy(from_logits=True)",
    shapes=BATCHED,
    class_axis=1,
    documentation=DOCUMENTATION + "#sparse_categorical_crossentropy-function",
)
def sparse_categorical_crossentropy(logits, target, *, ignore_index=None):
    return keras.losses.sparse_categorical_crossentropy(
        target, logits, from_logits=True, ignore_class=ignore_index, axis=1
    )
