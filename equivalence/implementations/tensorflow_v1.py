"""TensorFlow's v1 API: ``tf.compat.v1.nn`` and ``tf.compat.v1.losses``, eagerly and as graphs."""

from __future__ import annotations

import tensorflow as tf

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations import tensorflow as engine
from equivalence.implementations import tensorflow_apart as second
from equivalence.implementations.framework import Framework

DOCUMENTATION = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/"

framework = Framework(
    name="tensorflow_v1",
    distributions=engine.distributions("tensorflow", "tensorflow-cpu"),
    evaluate={
        "eager": engine.evaluate_eager,
        "graph": engine.evaluate_graph,
        "xla": engine.evaluate_xla,
    },
    imports=engine.IMPORTS,
    scripts={
        "eager": engine.EAGER_SCRIPT,
        "graph": engine.GRAPH_SCRIPT,
        "xla": engine.XLA_SCRIPT,
    },
    needs=engine.NEEDS,
    array=engine.ARRAY,
    slowness=engine.SLOWNESS,
    apart=second.APART,
    apart_scripts=second.SCRIPTS,
    flags=engine.flags,
    stands_for=engine.STANDS_FOR,
)
implements = framework.implements

# tf.compat.v1.losses.Reduction.all(), by what they are asked for; SUM_OVER_NONZERO_WEIGHTS is the
# deprecated name of SUM_BY_NONZERO_WEIGHTS and has its value, so that it cannot be asked apart.
REDUCTIONS: dict[str, str | tuple[str, ...]] = {
    "none": "NONE",
    "sum": "SUM",
    "mean": ("MEAN", "SUM_OVER_BATCH_SIZE", "SUM_BY_NONZERO_WEIGHTS", "SUM_OVER_NONZERO_WEIGHTS"),
}


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="nn.sparse_softmax_cross_entropy_with_logits",
    documentation=DOCUMENTATION + "nn/sparse_softmax_cross_entropy_with_logits",
)
def sparse_softmax_cross_entropy_with_logits(logits, target, *, reduction="mean"):
    terms = tf.compat.v1.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="nn.softmax_cross_entropy_with_logits",
    documentation=DOCUMENTATION + "nn/softmax_cross_entropy_with_logits",
)
def softmax_cross_entropy_with_logits(logits, target, *, reduction="mean"):
    terms = tf.compat.v1.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="nn.softmax_cross_entropy_with_logits_v2",
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/softmax_cross_entropy_with_logits_v2",
)
def softmax_cross_entropy_with_logits_v2(logits, target, *, reduction="mean"):
    terms = tf.compat.v1.nn.softmax_cross_entropy_with_logits_v2(labels=target, logits=logits)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="nn.sigmoid_cross_entropy_with_logits",
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/sigmoid_cross_entropy_with_logits",
)
def sigmoid_cross_entropy_with_logits(logit, target, *, reduction="mean"):
    terms = tf.compat.v1.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logit)
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="nn.weighted_cross_entropy_with_logits",
    differentiates_target=True,
    documentation=DOCUMENTATION + "nn/weighted_cross_entropy_with_logits",
)
def weighted_cross_entropy_with_logits(logit, target, *, pos_weight=1.0, reduction="mean"):
    terms = tf.compat.v1.nn.weighted_cross_entropy_with_logits(
        labels=target, logits=logit, pos_weight=pos_weight
    )
    return {"none": tf.identity, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](terms)


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="losses.sparse_softmax_cross_entropy",
    reductions=REDUCTIONS,
    documentation=DOCUMENTATION + "losses/sparse_softmax_cross_entropy",
)
def losses_sparse_softmax_cross_entropy(
    logits, target, *, sample_weight=1.0, reduction="SUM_BY_NONZERO_WEIGHTS"
):
    reduction = getattr(tf.compat.v1.losses.Reduction, reduction)
    return tf.compat.v1.losses.sparse_softmax_cross_entropy(
        target, logits, weights=sample_weight, reduction=reduction
    )


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="losses.softmax_cross_entropy",
    reductions=REDUCTIONS,
    documentation=DOCUMENTATION + "losses/softmax_cross_entropy",
)
def losses_softmax_cross_entropy(
    logits, target, *, sample_weight=1.0, label_smoothing=0, reduction="SUM_BY_NONZERO_WEIGHTS"
):
    return tf.compat.v1.losses.softmax_cross_entropy(
        target,
        logits,
        weights=sample_weight,
        label_smoothing=label_smoothing,
        reduction=getattr(tf.compat.v1.losses.Reduction, reduction),
    )


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="losses.sigmoid_cross_entropy",
    reductions=REDUCTIONS,
    documentation=DOCUMENTATION + "losses/sigmoid_cross_entropy",
)
def losses_sigmoid_cross_entropy(
    logit, target, *, sample_weight=1.0, label_smoothing=0, reduction="SUM_BY_NONZERO_WEIGHTS"
):
    return tf.compat.v1.losses.sigmoid_cross_entropy(
        target,
        logit,
        weights=sample_weight,
        label_smoothing=label_smoothing,
        reduction=getattr(tf.compat.v1.losses.Reduction, reduction),
    )


@implements(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    name="losses.log_loss",
    reductions=REDUCTIONS,
    documentation=DOCUMENTATION + "losses/log_loss",
)
def losses_log_loss(probability, target, *, sample_weight=1.0, reduction="SUM_BY_NONZERO_WEIGHTS"):
    reduction = getattr(tf.compat.v1.losses.Reduction, reduction)
    return tf.compat.v1.losses.log_loss(
        target, probability, weights=sample_weight, reduction=reduction
    )
