"""TensorFlow's v2 API: ``tf.nn`` and ``tf.keras.losses``."""

from __future__ import annotations

import tensorflow as tf

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations import tensorflow as engine
from equivalence.implementations.framework import Framework
from equivalence.implementations.implementation import COLUMNS, SEGMENTATION

DOCUMENTATION = "https://www.tensorflow.org/api_docs/python/tf/"
KERAS = "https://keras.io/api/losses/probabilistic_losses/"

framework = Framework(
    name="tensorflow_v2",
    distributions=engine.distributions("tensorflow", "tensorflow-cpu", "keras"),
    evaluate={"eager": engine.evaluate_eager},
    imports=engine.IMPORTS,
    scripts={"eager": engine.EAGER_SCRIPT},
    array=engine.ARRAY,
    flags=engine.flags,
)
implements = framework.implements

REDUCTIONS: dict[str, str | tuple[str, ...]] = {
    "none": "none",
    "sum": "sum",
    "mean": ("sum_over_batch_size", "mean", "mean_with_sample_weight"),
}


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="nn.sparse_softmax_cross_entropy_with_logits",
    documentation=DOCUMENTATION + "nn/sparse_softmax_cross_entropy_with_logits",
)
def sparse_softmax_cross_entropy_with_logits(logits, target, *, reduction="mean"):
    terms = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="nn.softmax_cross_entropy_with_logits",
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/softmax_cross_entropy_with_logits",
)
def softmax_cross_entropy_with_logits(logits, target, *, reduction="mean"):
    terms = tf.nn.softmax_cross_entropy_with_logits(target, logits)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="nn.sigmoid_cross_entropy_with_logits",
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/sigmoid_cross_entropy_with_logits",
)
def sigmoid_cross_entropy_with_logits(logit, target, *, reduction="mean"):
    terms = tf.nn.sigmoid_cross_entropy_with_logits(target, logit)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="nn.weighted_cross_entropy_with_logits",
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/weighted_cross_entropy_with_logits",
)
def weighted_cross_entropy_with_logits(logit, target, *, pos_weight=1.0, reduction="mean"):
    terms = tf.nn.weighted_cross_entropy_with_logits(target, logit, pos_weight)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="keras.SparseCategoricalCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    documentation=KERAS + "#sparsecategoricalcrossentropy-class",
)
def sparse_categorical_crossentropy(
    logits, target, *, sample_weight=None, ignore_index=None, reduction="mean"
):
    loss = tf.keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=ignore_index, reduction=reduction
    )
    return loss(target, logits, sample_weight)


@implements(
    losses.cross_entropy_from_probabilities,
    targets=SPARSE,
    name="keras.SparseCategoricalCrossentropy",
    reductions=REDUCTIONS,
    documentation=KERAS + "#sparsecategoricalcrossentropy-class",
)
def sparse_categorical_crossentropy_from_probabilities(
    probabilities, target, *, sample_weight=None, ignore_index=None, reduction="mean"
):
    loss = tf.keras.losses.SparseCategoricalCrossentropy(
        ignore_class=ignore_index, reduction=reduction
    )
    return loss(target, probabilities, sample_weight)


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="keras.CategoricalCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=KERAS + "#categoricalcrossentropy-class",
)
def categorical_crossentropy(
    logits, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    loss = tf.keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, axis=-1, reduction=reduction
    )
    return loss(target, logits, sample_weight)


@implements(
    losses.cross_entropy_from_probabilities,
    targets=ONE_HOT | SOFT,
    name="keras.CategoricalCrossentropy",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=KERAS + "#categoricalcrossentropy-class",
)
def categorical_crossentropy_from_probabilities(
    probabilities, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    loss = tf.keras.losses.CategoricalCrossentropy(
        label_smoothing=label_smoothing, axis=-1, reduction=reduction
    )
    return loss(target, probabilities, sample_weight)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    weights=frozenset(("scalar_weight", "sample_weight")),  # the last axis is averaged first
    # A rank-1 input becomes one number before it is weighted.
    weighted_shapes=frozenset((COLUMNS, SEGMENTATION)),
    name="keras.BinaryCrossentropy(from_logits=True)",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=KERAS + "#binarycrossentropy-class",
)
def binary_crossentropy(
    logit, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    # The last axis is averaged before the weighting.
    if sample_weight is not None and sample_weight.shape.rank:
        sample_weight = tf.squeeze(sample_weight, -1)
    loss = tf.keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, reduction=reduction
    )
    return loss(target, logit, sample_weight)


@implements(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    weights=frozenset(("scalar_weight", "sample_weight")),  # the last axis is averaged first
    # A rank-1 input becomes one number before it is weighted.
    weighted_shapes=frozenset((COLUMNS, SEGMENTATION)),
    name="keras.BinaryCrossentropy",
    reductions=REDUCTIONS,
    differentiates_target=True,
    documentation=KERAS + "#binarycrossentropy-class",
)
def binary_crossentropy_from_probabilities(
    probability, target, *, sample_weight=None, label_smoothing=0.0, reduction="mean"
):
    # The last axis is averaged before the weighting.
    if sample_weight is not None and sample_weight.shape.rank:
        sample_weight = tf.squeeze(sample_weight, -1)
    loss = tf.keras.losses.BinaryCrossentropy(label_smoothing=label_smoothing, reduction=reduction)
    return loss(target, probability, sample_weight)
