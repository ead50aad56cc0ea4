"""TensorFlow's v2 API: ``tf.nn`` and ``tf.keras.losses``."""

from __future__ import annotations

import tensorflow as tf

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations import keras
from equivalence.implementations import tensorflow as engine
from equivalence.implementations.framework import Framework

DOCUMENTATION = "https://www.tensorflow.org/api_docs/python/tf/"

framework = Framework(
    name="tensorflow_v2",
    distributions=engine.distributions("tensorflow", "tensorflow-cpu", "keras"),
    evaluate={
        "eager": engine.evaluate_eager,
        "function": engine.evaluate_function,
        "xla": engine.evaluate_xla,
    },
    imports="import keras\n" + engine.IMPORTS,
    scripts={
        "eager": engine.EAGER_SCRIPT,
        "function": engine.FUNCTION_SCRIPT,
        "xla": engine.XLA_SCRIPT,
    },
    array=engine.ARRAY,
    flags=engine.flags,
)
implements = framework.implements


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


keras.register(framework, prefix="keras.")
