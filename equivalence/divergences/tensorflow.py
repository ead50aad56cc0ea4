"""What TensorFlow's two APIs answer instead; what Keras answers stands in ``keras.py``."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.cancellation import (
    cancels_against_log_sigmoid_and_slope,
    rounds_terms_to_float32,
)
from equivalence.divergences.departures import computes_in, divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.gradients import assumes_normalised_targets
from equivalence.divergences.overflow import overflows
from equivalence.divergences.probabilities import adds_epsilon_inside_logarithms
from equivalence.losses.loss import Gradients, Loss
from equivalence.losses.reduction import MEAN_OVER_NONZERO_WEIGHTS, MEAN_OVER_SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

V1 = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/losses/"
LOSSES_SOURCE = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/losses/losses_impl.py"
EPSILON = 1e-7
NN_SOURCE = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/nn_impl.py"

divergence(
    "tensorflow_v1.losses.log_loss*",
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="log_loss_computes_in_float32",
    reason=(
        "Casts predictions and labels to float32 first, and returns float32 also for float64 "
        "inputs."
    ),
    by_design=(
        'The source casts to float32 on purpose, and the documentation promises a "float" tensor.'
    ),
)(computes_in("float32"))

divergence(
    "tensorflow_v1.losses.*softmax_cross_entropy*",
    "tensorflow_v1.losses.sigmoid_cross_entropy*",
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="weighs_in_float32",
    reason=(
        "Rounds the terms to float32 to weigh, sum and divide them, and casts the result back.\n\n"
        "So a float64 loss holds a float32 number, for every reduction (compute_weighted_loss)."
    ),
    defect=(
        'Contradicts its documentation ("of the same type as losses"): half of the digits of a '
        "float64 result are noise."
    ),
)(rounds_terms_to_float32)


def _epsilon_folded(case: Case) -> Case | None:
    round_ = case.computed_in.round
    folded = float(round_(1 + float(round_(EPSILON)))) - 1
    return adds_epsilon_inside_logarithms(EPSILON, folded)(case)


divergence(
    "tensorflow_v1.losses.log_loss*@eager",
    versions=">=1.0",
    reference=V1 + "log_loss",
    name="adds_epsilon_inside_log",
    reason=(
        "Adds 1e-7 inside both logarithms, so that a wrong certainty costs 16.12 instead of "
        "infinity.\n\n"
        "The documentation says so. A right certainty costs less than nothing: -1.19e-7 at "
        "p = t = 1."
    ),
    by_design=(
        'Documented: epsilon=1e-7, "a small increment to add to avoid taking a log of zero".'
    ),
)(adds_epsilon_inside_logarithms(EPSILON))

divergence(
    "tensorflow_v1.losses.log_loss*@graph",
    "tensorflow_v1.losses.log_loss*@xla",
    versions=">=1.14",
    reference=V1 + "log_loss",
    name="folds_epsilon_into_one",
    reason=(
        "Adds 1e-7 inside both logarithms; in a graph, (1 - p) + 1e-7 is rewritten as "
        "(1 + 1e-7) - p.\n\n"
        "Grappler folds the two constants, and 1 + 1e-7 is 1 + 2**-23 in float32: p = 1 with "
        "target 0 costs 15.94 in a session and 16.12 eagerly."
    ),
    defect=("Contradicts its own eager mode: the same call gives another number in a session."),
)(_epsilon_folded)

divergence(
    "tensorflow_v1.losses.*[MEAN]",
    versions=">=1.4",
    reference=V1 + "Reduction",
    name="v1_mean_divides_by_weights",
    reason="Divides by the sum of the broadcast weights; if they are all zero the mean is 0.",
    by_design='Documented: MEAN is "SUM divided by sum of weights".',
)(divides_by(MEAN_OVER_SAMPLE_WEIGHTS, empty_is_zero=True))

divergence(
    "tensorflow_v1.losses.*[SUM_BY_NONZERO_WEIGHTS]",
    "tensorflow_v1.losses.*[SUM_OVER_NONZERO_WEIGHTS]",
    versions=">=1.4",
    reference=V1 + "Reduction",
    name="divides_by_nonzero_weights",
    reason=(
        "Divides the weighted sum by the number of non-zero broadcast weights, not by the number "
        "of terms.\n\n"
        "This is the default of tf.compat.v1.losses. If every weight is zero the mean is 0."
    ),
    by_design='Documented: "SUM divided by number of non-zero weights".',
)(divides_by(MEAN_OVER_NONZERO_WEIGHTS, empty_is_zero=True))


@divergence(
    "tensorflow_v?.nn.softmax_cross_entropy_with_logits*",
    "tensorflow_v1.losses.softmax_cross_entropy*",
    "tensorflow_v2.keras.CategoricalCrossentropy(from_logits=True)*",
    "tensorflow_v2.keras.categorical_crossentropy(from_logits=True)",
    versions=">=1.0",
    reference="https://www.tensorflow.org/api_docs/python/tf/nn/softmax_cross_entropy_with_logits",
    by_design=('Documented: "If they are not, the computation of the gradient will be incorrect".'),
)
def gradient_assumes_normalised_targets(case: Case) -> Case | None:
    """The gradient is softmax(x) - t, the value's derivative only where the targets sum to one.

    Documented ("If they are not, the computation of the gradient will be incorrect"). With
    tf.config.experimental.enable_op_determinism() the right gradient is returned.
    """
    return assumes_normalised_targets(case)


divergence(
    "tensorflow_v?.nn.*",
    versions=">=1.0",
    reference="https://www.tensorflow.org/api_docs/python/tf/math/reduce_mean",
    name="overflows_when_summed",
    reason=(
        "tf.reduce_mean sums in the dtype of the terms before it divides: in float16 a sum above "
        "65,504 is infinite, where the mean would fit."
    ),
    by_design="A plain convention, the documentation of reduce_mean warns of it for integers.",
)(overflows(sums=True))

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
    """At a logit of exactly 0 the gradient is 1 - t, because abs and relu have derivative 0 there.

    A defect: for target 1 the gradient is 0 instead of -w / 2, so that a model whose last layer
    starts at zero does not learn positives; PyTorch mended the same formula (pytorch/pytorch#2195).
    """
    return replace(case, loss=_flat_at_zero(case.loss)) if np.any(case.prediction == 0) else None


@functools.cache
def _flat_at_zero(loss: Loss) -> Loss:
    def gradient(logit: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(logit, target, **parameters)
        return Gradients(np.where(logit == 0, 1 - target, own.prediction), own.target)

    return replace(loss, name=f"{loss.name} with the gradient 1 - t at 0", gradient=gradient)
