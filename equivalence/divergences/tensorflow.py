"""What TensorFlow's two APIs answer instead; what Keras answers stands in ``keras.py``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.accumulation import counts_in
from equivalence.divergences.cancellation import (
    rounds_terms_to_float32,
)
from equivalence.divergences.departures import computes_in, divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.gradients import assumes_normalised_targets, unscaled_softmax
from equivalence.divergences.overflow import overflows
from equivalence.divergences.probabilities import (
    adds_epsilon_inside_logarithms,
    folds_epsilon_into_one,
)
from equivalence.divergences.smoothing import smooths_over_width
from equivalence.divergences.specials import cancels_infinite_weights, numbers, overlaid
from equivalence.exact import FORMATS
from equivalence.losses.loss import LOGITS
from equivalence.losses.reduction import MEAN_OVER_NONZERO_WEIGHTS, MEAN_OVER_SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

V1 = "https://www.tensorflow.org/api_docs/python/tf/compat/v1/losses/"
LOSSES_SOURCE = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/losses/losses_impl.py"
EPSILON = 1e-7
DOCUMENTED_EPSILON = (
    'Documented: epsilon=1e-7, "a small increment to add to avoid taking a log of zero".'
)
float32 = FORMATS["float32"].round
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


@divergence(
    "tensorflow_v?.nn.softmax_cross_entropy_with_logits*",
    "tensorflow_v1.losses.softmax_cross_entropy*",
    "tensorflow_v2.keras.CategoricalCrossentropy(from_logits=True*",
    "tensorflow_v2.keras.categorical_crossentropy(from_logits=True*",
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


@divergence(
    "tensorflow_v1.losses.*softmax_cross_entropy*",
    "tensorflow_v1.losses.sigmoid_cross_entropy*",
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    defect='Contradicts its documentation ("of the same type as losses"): what fits is infinite.',
)
def overflows_float32(case: Case) -> Case | None:
    """Terms and weights of float64 that do not fit float32 are infinite: they are rounded to it."""
    if case.dtype != "float64":
        return None
    with np.errstate(all="ignore"):
        terms = float32(
            case.loss.definition(
                numbers(case.prediction),
                case.distribution,
                **{name: numbers(value) for name, value in case.parameters.items()},
            )
        )
        answered = overlaid(case, terms=terms)
        if case.weights is None or np.all(np.isfinite(float32(case.weights))):
            return answered
        weights = np.where(np.isfinite(float32(case.weights)), case.weights, float32(case.weights))
    return replace(answered or case, weights=weights)


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
    by_design=DOCUMENTED_EPSILON,
)(adds_epsilon_inside_logarithms(EPSILON))

divergence(
    "tensorflow_v1.losses.log_loss*@graph",
    versions=">=2.14",
    reference=V1 + "log_loss",
    name="folds_epsilon_into_one",
    reason=(
        "Adds 1e-7 inside both logarithms; in a graph, (1 - p) + 1e-7 is rewritten as "
        "(1 + 1e-7) - p.\n\n"
        "Grappler folds the two constants, and 1 + 1e-7 is 1 + 2**-23 in float32: p = 1 with "
        "target 0 costs 15.94 in a session and 16.12 eagerly."
    ),
    defect="Contradicts its own eager mode: the same call gives another number in a session.",
)(folds_epsilon_into_one(EPSILON))

divergence(
    "tensorflow_v1.losses.log_loss*@graph",
    versions=">=1.14,<2.14",
    reference=V1 + "log_loss",
    name="kept_epsilon_apart",
    reason=(
        "Adds 1e-7 inside both logarithms, as eagerly: a wrong certainty costs 16.12.\n\n"
        "What the gradient needs too was not rewritten: a session that asks for the value alone "
        "folds 1e-7 into 1 in these versions too."
    ),
    by_design=DOCUMENTED_EPSILON,
)(adds_epsilon_inside_logarithms(EPSILON))

divergence(
    "tensorflow_v1.losses.log_loss*@xla",
    versions=">=2.13",
    reference=V1 + "log_loss",
    name="folds_epsilon_into_one_in_xla",
    reason="Adds 1e-7 inside both logarithms; XLA rewrites (1 - p) + 1e-7 as (1 + 1e-7) - p.",
    defect="Contradicts its own eager mode: the same call gives another number compiled by XLA.",
)(folds_epsilon_into_one(EPSILON))

divergence(
    "tensorflow_v1.losses.log_loss*@xla",
    versions=">=1.14,<2.13",
    reference=V1 + "log_loss",
    name="kept_epsilon_apart_in_xla",
    reason="Adds 1e-7 inside both logarithms, as eagerly: a wrong certainty costs 16.12.",
    by_design=DOCUMENTED_EPSILON,
)(adds_epsilon_inside_logarithms(EPSILON))


@divergence(
    "tensorflow_v1.losses.log_loss*",
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    by_design="A plain convention: IEEE 754 says that 0 times NaN is NaN.",
)
def multiplies_undefined_logarithm_by_zero(case: Case) -> Case | None:
    """Both logarithms are multiplied by t and 1 - t, zero too: NaN if one of them does not exist.

    So p = 1 + 2.4e-7 with target 1, as rounded sums of probabilities are, costs NaN; eps = 1e-7
    covers one ulp above 1 only.
    """
    with np.errstate(all="ignore"):
        probability, target = numbers(case.prediction), numbers(case.target)
        epsilon = float(np.float32(EPSILON))
        present = target * np.log(probability + epsilon)
        return overlaid(case, terms=-present - (1 - target) * np.log(1 - probability + epsilon))


divergence(
    "tensorflow_v1.losses.sigmoid_cross_entropy*",
    "tensorflow_v1.losses.log_loss*",
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="cancels_infinite_weights",
    reason=(
        "A float64 weight that does not fit float32 is infinite, and the gradient of its term NaN: "
        "its summands are multiplied with it one by one."
    ),
    defect='Contradicts its documentation ("of the same type as losses"): what fits is NaN.',
)(cancels_infinite_weights)

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
    "tensorflow_v2.keras.CategoricalCrossentropy(*axis=1)",
    "tensorflow_v2.keras.categorical_crossentropy(*axis=1)",
    versions="keras>=3.0",
    reference="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/losses.py",
    defect=(
        'Contradicts its documentation ("use 0.1 / num_classes for non-target labels") and the '
        "same call with the classes last: num_classes is ops.shape(y_true)[-1] on every axis."
    ),
)
def smooths_over_last_axis(case: Case) -> Case | None:
    """With axis=1, smoothed labels get epsilon / width instead of epsilon / classes.

    The number of classes is read from the last axis, which is the width of an image or the length
    of a sequence. So the targets no longer sum to one,
    which the gradient of TensorFlow's kernel assumes: softmax(x) - t.
    """
    own = unscaled_softmax(case.loss) if case.loss.prediction == LOGITS else case.loss
    return smooths_over_width(replace(case, loss=own))


divergence(
    "tensorflow_v2.keras.CategoricalCrossentropy(*axis=1)",
    "tensorflow_v2.keras.categorical_crossentropy(*axis=1)",
    versions="keras>=2.12,<2.14",
    reference="https://github.com/keras-team/keras/blob/v2.13.1/keras/losses.py",
    name="keras_2_smoothed_over_last_axis",
    reason=(
        "With axis=1, smoothed labels get epsilon / width instead of epsilon / classes. Mended in "
        "2.14, and so in tf_keras; back in Keras 3."
    ),
    defect='Contradicts its documentation ("use 0.1 / num_classes for non-target labels").',
)(smooths_over_last_axis)


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
    # The derivative by the weights is the term without its weight.
    only=tuple(name for name in QUANTITIES if name != WEIGHT_GRADIENT),
)(overflows(sums=True))


@divergence(
    "tensorflow_v?.nn.*",
    versions=">=1.0",
    reference="https://www.tensorflow.org/api_docs/python/tf/math/reduce_mean",
    defect=(
        'Contradicts its documentation ("computes the mean of elements"): the mean of 70,000 '
        "halves is 0, its gradient 0, and nothing is said."
    ),
)
def reduce_mean_counts_in_its_dtype(case: Case) -> Case | None:
    """tf.reduce_mean holds the number of terms in their dtype.

    From 65,520 terms on it is infinite in float16: the mean is 0 (NaN if the sum overflows too),
    and so is the gradient.
    """
    return counts_in(case.dtype)(case)
