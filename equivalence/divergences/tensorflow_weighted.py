"""What tf.nn.weighted_cross_entropy_with_logits answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.cancellation import cancels_against_log_sigmoid_and_slope
from equivalence.divergences.divergence import divergence
from equivalence.losses.loss import Gradients, Loss

if TYPE_CHECKING:
    from equivalence.cases.case import Case

NN_SOURCE = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/nn_impl.py"

divergence(
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits",
    versions=">=1.0",
    reference=NN_SOURCE,
    name="weighted_cancels_for_negative_logits",
    reason=(
        "For targets below 1 and negative logits, (1 - t) x cancels against "
        "log(1 + exp(-|x|)) + max(-x, 0).\n\n"
        "x = -40 with target 0 gives 0 in float32 instead of 4.2e-18, and in a graph the gradient "
        "0 too, where the tape happens to add the summands in another order; "
        "sigmoid_cross_entropy_with_logits keeps all digits."
    ),
    defect=(
        'Contradicts its documentation ("to ensure stability") and its own '
        "sigmoid_cross_entropy_with_logits, which is the same number for a pos_weight of 1."
    ),
)(cancels_against_log_sigmoid_and_slope)


@divergence(
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits",
    versions=">=1.0",
    reference=NN_SOURCE,
    defect=(
        "Contradicts the mathematics (the loss is smooth at 0) and its own "
        "sigmoid_cross_entropy_with_logits, which is the same function for a pos_weight of 1."
    ),
)
def loses_gradient_at_zero(case: Case) -> Case | None:
    """At a logit of 0 the gradient is 1 - t, because abs and relu have derivative 0 there.

    A defect: for target 1 the gradient is 0 instead of -w / 2, so that a model whose last layer
    starts at zero does not learn positives; PyTorch mended the same formula (pytorch/pytorch#2195).
    Subnormal logits are flushed to 0 first.
    """
    tiny = smallest_kept(case)
    flat = np.abs(np.asarray(case.prediction, dtype=np.float64)) < tiny
    return replace(case, loss=_flat_at_zero(case.loss, tiny)) if np.any(flat) else None


def smallest_kept(case: Case) -> float:
    """The smallest positive number that is not taken for zero.

    TensorFlow flushes subnormal numbers; those of float16 are normal in float32, where its kernels
    compute.
    """
    format_ = case.computed_in
    narrow = format_.name == "float16"
    return 2.0 ** (format_.minimum_exponent - (format_.precision - 1 if narrow else 0))


@functools.cache
def _flat_at_zero(loss: Loss, tiny: float) -> Loss:
    def gradient(logit: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(logit, target, **parameters)
        flat = (logit < tiny) & (logit > -tiny)
        return Gradients(np.where(flat, 1 - target, own.prediction), own.target)

    return replace(loss, name=f"{loss.name} with the gradient 1 - t at 0", gradient=gradient)
