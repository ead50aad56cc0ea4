"""What Keras answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.cancellation import rounds_complement
from equivalence.divergences.departures import (
    averages_last_axis_first,
    clips,
    computes_in,
    divides_by,
    renormalises,
)
from equivalence.divergences.divergence import divergence
from equivalence.losses import cross_entropy
from equivalence.losses.loss import Gradients, Loss, TermBounds, times
from equivalence.losses.reduction import (
    MEAN,
    MEAN_OVER_PASSED_WEIGHTS,
    MEAN_OVER_SAMPLE_WEIGHTS,
    SUM,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case

LOSSES = "https://keras.io/api/losses/probabilistic_losses/"
LOSS_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
BACKEND_SOURCE = (
    "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/tensorflow/nn.py"
)
EPSILON = 1e-7  # keras.config.epsilon()

divergence(
    "tensorflow_v2.keras.*",
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="keras_computes_in_float32",
    reason=(
        "Loss classes cast their inputs to floatx, float32 by default, also if they are float64."
        "\n\n"
        'dtype="float64" in the constructor, or the function form, keeps float64.'
    ),
)(computes_in("float32"))


@functools.cache
def _log_then_softmax(loss: Loss) -> Loss:
    """Cross-entropy of the logits log p: it divides p by its sum once more, after any clipping."""

    def gradient(probability: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        inner = cross_entropy.gradient(np.log(probability), target, **parameters)
        return Gradients(inner.prediction / probability, inner.target)

    def bound(
        probability: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        unit, logits = 2.0**-precision, np.log(probability)
        own = cross_entropy.bound(logits, target, precision, **parameters)
        share = np.abs(cross_entropy.gradient(logits, target, **parameters).prediction)
        # The rounding of the logarithm, seen through the softmax.
        moved = 2 * unit * np.abs(logits)
        softmax = probability / np.sum(probability, axis=-1, keepdims=True)
        turned = softmax * (moved + np.sum(softmax * moved, axis=-1, keepdims=True))
        return TermBounds(
            own.term + np.sum(times(share, moved), axis=-1),
            (own.prediction + turned + 2 * unit * share) / probability,
            own.target + moved,
        )

    return replace(
        loss,
        name=f"{loss.name} through log and softmax",
        definition=lambda probability, target, **parameters: cross_entropy.definition(
            np.log(probability), target, **parameters
        ),
        gradient=gradient,
        bound=bound,
    )


# Models are composed outwards: what is registered first happens to the probabilities last.


@divergence(
    "tensorflow_v2.keras.SparseCategoricalCrossentropy",
    "tensorflow_v2.keras.SparseCategoricalCrossentropy[*]",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
)
def takes_softmax_of_log(case: Case) -> Case:
    """Takes the logarithm of the clipped probabilities and feeds it to the softmax cross-entropy.

    So they are divided by their sum after clipping: clipped zeros add mass, and a perfect
    prediction over C classes costs about C 1e-7. CategoricalCrossentropy divides before it clips.
    """
    return replace(case, loss=_log_then_softmax(case.loss))


divergence(
    "tensorflow_v2.keras.BinaryCrossentropy",
    "tensorflow_v2.keras.BinaryCrossentropy[*]",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    name="takes_log_of_rounded_complement",
    reason=(
        "Takes log(1 - p) of the rounded 1 - p: for small p the digits of the loss are lost; "
        "log1p(-p) keeps them."
    ),
)(rounds_complement)

divergence(
    "tensorflow_v2.keras.CategoricalCrossentropy",
    "tensorflow_v2.keras.CategoricalCrossentropy[*]",
    "tensorflow_v2.keras.SparseCategoricalCrossentropy",
    "tensorflow_v2.keras.SparseCategoricalCrossentropy[*]",
    "tensorflow_v2.keras.BinaryCrossentropy",
    "tensorflow_v2.keras.BinaryCrossentropy[*]",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    name="clips_to_epsilon",
    reason=(
        "Clips probabilities to [1e-7, 1 - 1e-7], as rounded in the dtype: "
        "[1.00000001e-7, 1 - 2**-23] in float32.\n\n"
        "A wrong certainty costs 16.12 (target 1) or 15.94 (target 0), a right one 1.19e-7, and "
        "the gradient is zero outside."
    ),
)(clips(EPSILON))

divergence(
    "tensorflow_v2.keras.CategoricalCrossentropy",
    "tensorflow_v2.keras.CategoricalCrossentropy[*]",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    name="divides_probabilities_by_their_sum",
    reason=(
        "Divides the probabilities by their sum first, so that unnormalised ones are accepted and "
        "rounded ones move."
    ),
)(renormalises)


@divergence("tensorflow_v2.keras.BinaryCrossentropy*", versions="keras>=3.0", reference=LOSSES)
def averages_nothing(case: Case) -> type[Exception] | None:
    """Averages the last axis first, and raises InvalidArgumentError where there is none."""
    if case.shape:
        return None
    import tensorflow as tf  # noqa: TID251 - the type is TensorFlow's, and met only where it answers

    raised: type[Exception] = tf.errors.InvalidArgumentError
    return raised


divergence(
    "tensorflow_v2.keras.BinaryCrossentropy*",
    versions="keras>=3.0",
    reference=LOSSES,
    name="averages_last_axis_first",
    reason=(
        "Averages over the last axis before the reduction, so that none and sum see the means of "
        "rows.\n\n"
        "The value of reduction none has one axis less, that of sum is smaller by the size of the "
        "last axis; a rank-1 input becomes one number. Unweighted means are the same."
    ),
)(averages_last_axis_first)


@divergence(
    "tensorflow_v2.keras.*[mean_with_sample_weight]", versions="keras>=3.7", reference=LOSS_SOURCE
)
def divides_by_passed_weights(case: Case) -> Case | None:
    """Divides by the sum of the sample weights as they were passed, before they are broadcast.

    So a scalar weight of 1 returns the sum, and weights (N, 1) of losses (N, L) a mean that is L
    times too large; with ignore_class they are broadcast first. Unbatched losses are not divided at
    all, and 0 / 0 is 0.
    """
    if case.reduction != MEAN or case.weights is None:
        return None
    if not case.shape or (case.shape == (1,) and not np.ndim(case.weights)):
        return replace(
            case, reduction=replace(MEAN_OVER_PASSED_WEIGHTS, name=SUM.name, denominator="nothing")
        )
    if "ignore_index" in case.options:
        return divides_by(MEAN_OVER_SAMPLE_WEIGHTS, empty_is_zero=True)(case)
    return divides_by(MEAN_OVER_PASSED_WEIGHTS, empty_is_zero=True)(case)


@divergence("tensorflow_v2.keras.*", versions="keras>=3.0", reference=LOSS_SOURCE)
def squeezes_batch_of_one(case: Case) -> Case | None:
    """With a scalar weight, the terms of a batch of one lose their axis: none has the shape ()."""
    alone = case.shape == (1,) and case.weights is not None and not np.ndim(case.weights)
    return replace(case, reduction=SUM) if alone and case.reduction.kind == "none" else None
