"""TensorFlow's v2 API: ``tf.nn`` and ``tf.keras.losses``."""

from __future__ import annotations

import functools

import tensorflow as tf

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations import keras
from equivalence.implementations import tensorflow as engine
from equivalence.implementations import tensorflow_apart as second
from equivalence.implementations.framework import Framework
from equivalence.implementations.needs import ROWS, SEGMENTATION

DOCUMENTATION = "https://www.tensorflow.org/api_docs/python/tf/"

framework = Framework(
    name="tensorflow_v2",
    distributions=engine.distributions(
        "tensorflow", "tensorflow-cpu", "tf-keras" if keras.legacy() else "keras"
    ),
    evaluate={
        "eager": engine.evaluate_eager,
        "function": engine.evaluate_function,
        "xla": engine.evaluate_xla,
    },
    imports=f"import {keras.module()}{' as keras' * keras.legacy()}\n{engine.IMPORTS}",
    scripts={
        "eager": engine.EAGER_SCRIPT,
        "function": engine.FUNCTION_SCRIPT,
        "xla": engine.XLA_SCRIPT,
    },
    needs=engine.NEEDS,
    array=engine.ARRAY,
    slowness=engine.SLOWNESS,
    apart=second.APART,
    apart_scripts=second.SCRIPTS,
    flags=engine.flags,
    absent=str if keras.legacy() else functools.partial(keras.runs_elsewhere, "tensorflow"),
    stands_for={**engine.STANDS_FOR, "keras": "tf-keras"},
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
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="nn.softmax_cross_entropy_with_logits(axis=1)",
    form_of="nn.softmax_cross_entropy_with_logits",
    shapes=frozenset((ROWS, SEGMENTATION)),
    class_axis=1,
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/softmax_cross_entropy_with_logits",
)
def softmax_cross_entropy_with_classes_second(logits, target, *, reduction="mean"):
    terms = tf.nn.softmax_cross_entropy_with_logits(target, logits, axis=1)
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
