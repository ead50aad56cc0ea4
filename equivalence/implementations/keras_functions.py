"""Keras: the functions of ``keras.losses``, which return the unreduced terms in their dtype."""

from __future__ import annotations

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations.keras import DOCUMENTATION, keras, translates


@translates(
    losses.cross_entropy,
    targets=SPARSE,
    name="sparse_categorical_crossentropy(from_logits=True)",
    form_of="SparseCategoricalCrossentropy(from_logits=True)",
    documentation=DOCUMENTATION + "#sparse_categorical_crossentropy-function",
)
def sparse_categorical_crossentropy(logits, target, *, ignore_index=None):
    return keras.losses.sparse_categorical_crossentropy(
        target, logits, from_logits=True, ignore_class=ignore_index
    )


@translates(
    losses.cross_entropy_from_probabilities,
    targets=SPARSE,
    name="sparse_categorical_crossentropy",
    form_of="SparseCategoricalCrossentropy",
    documentation=DOCUMENTATION + "#sparse_categorical_crossentropy-function",
)
def sparse_categorical_crossentropy_from_probabilities(probabilities, target, *, ignore_index=None):
    return keras.losses.sparse_categorical_crossentropy(
        target, probabilities, ignore_class=ignore_index
    )


@translates(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="categorical_crossentropy(from_logits=True)",
    form_of="CategoricalCrossentropy(from_logits=True)",
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categorical_crossentropy-function",
)
def categorical_crossentropy(logits, target, *, label_smoothing=0.0):
    return keras.losses.categorical_crossentropy(
        target, logits, from_logits=True, label_smoothing=label_smoothing
    )


@translates(
    losses.cross_entropy_from_probabilities,
    targets=ONE_HOT | SOFT,
    name="categorical_crossentropy",
    form_of="CategoricalCrossentropy",
    differentiates_target=True,
    documentation=DOCUMENTATION + "#categorical_crossentropy-function",
)
def categorical_crossentropy_from_probabilities(probabilities, target, *, label_smoothing=0.0):
    return keras.losses.categorical_crossentropy(
        target, probabilities, label_smoothing=label_smoothing
    )


@translates(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="binary_crossentropy(from_logits=True)",
    form_of="BinaryCrossentropy(from_logits=True)",
    differentiates_target=True,
    documentation=DOCUMENTATION + "#binary_crossentropy-function",
)
def binary_crossentropy(logit, target, *, label_smoothing=0.0):
    return keras.losses.binary_crossentropy(
        target, logit, from_logits=True, label_smoothing=label_smoothing
    )


@translates(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    name="binary_crossentropy",
    form_of="BinaryCrossentropy",
    differentiates_target=True,
    documentation=DOCUMENTATION + "#binary_crossentropy-function",
)
def binary_crossentropy_from_probabilities(probability, target, *, label_smoothing=0.0):
    return keras.losses.binary_crossentropy(target, probability, label_smoothing=label_smoothing)
