"""What Keras answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.cancellation import rounds_complement
from equivalence.divergences.clamping import clamps_logarithms_below_mean
from equivalence.divergences.departures import (
    computes_in,
)
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    BACKEND_SOURCE,
    EPSILON,
    LOSS_SOURCE,
    ON_TENSORFLOW,
    ON_TORCH,
    TORCH_SOURCE,
    forms,
    keras,
)
from equivalence.divergences.overflow import reciprocals_overflow, slopes_overflow
from equivalence.divergences.probabilities import clips, needs_zero_convention, renormalises
from equivalence.losses import cross_entropy
from equivalence.losses.loss import Gradients, Loss, TermBounds, times

if TYPE_CHECKING:
    from equivalence.cases.case import Case

divergence(
    *keras("*Crossentropy*", "KLDivergence"),
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="keras_computes_in_float32",
    reason=(
        "Loss classes cast their inputs to floatx, float32 by default, also if they are float64."
        "\n\n"
        'dtype="float64" in the constructor, or the function form, keeps float64.'
    ),
    by_design='Documented: dtype=None "means using keras.backend.floatx()", float32.',
)(computes_in("float32"))


@functools.cache
def _log_then_softmax(loss: Loss, largest: float) -> Loss:
    """Cross-entropy of the logits log p: it divides p by its sum once more, after any clipping.

    Above ``largest`` the derivative 1 / p of the logarithm is infinite.
    """

    def gradient(probability: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        inner = cross_entropy.gradient(np.log(probability), target, **parameters)
        over = probability < 1 / largest
        infinite = np.where(inner.prediction == 0, np.nan, inner.prediction * np.inf)
        return Gradients(np.where(over, infinite, inner.prediction / probability), inner.target)

    def bound(
        probability: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        unit, logits = 2.0**-precision, np.log(probability)
        own = cross_entropy.bound(logits, target, precision, **parameters)
        share = np.abs(cross_entropy.gradient(logits, target, **parameters).prediction)
        # The rounding of the logarithm, seen through the softmax.
        moved = 2 * unit * np.abs(logits)
        softmax = probability / np.sum(probability, axis=-1, keepdims=True)
        turned = times(softmax, moved + np.sum(times(softmax, moved), axis=-1, keepdims=True))
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
    *forms("SparseCategoricalCrossentropy", on=ON_TENSORFLOW),
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    defect=(
        "Contradicts its own CategoricalCrossentropy, which answers the same question with one-hot "
        "targets and divides before it clips."
    ),
)
def takes_softmax_of_log(case: Case) -> Case:
    """Takes the logarithm of the clipped probabilities and feeds it to the softmax cross-entropy.

    So they are divided by their sum after clipping: clipped zeros add mass, and a perfect
    prediction over C classes costs about C 1e-7. CategoricalCrossentropy divides before it clips.
    """
    return replace(case, loss=_log_then_softmax(case.loss, case.computed_in.largest))


divergence(
    "tensorflow_v2.keras.binary_crossentropy",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    name="multiplies_zero_by_infinity_in_16_bits",
    reason=(
        "Clips to [1e-7, 1 - 1e-7], but 1 - 1e-7 is 1 in float16 and bfloat16: 0 log 0 is NaN."
        "\n\n"
        "So a prediction of exactly 1 makes the loss NaN for target 1, and infinite for target 0."
    ),
    defect=(
        "The clipping exists to keep the logarithm finite, and does not in the 16-bit formats that "
        "Keras offers (mixed_float16, bfloat16)."
    ),
)(needs_zero_convention)

divergence(
    *keras(
        "binary_crossentropy",
        "categorical_crossentropy",
        "categorical_crossentropy(axis=1)",
        on=ON_TENSORFLOW,
    ),
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    name="reciprocal_overflows",
    reason=(
        "The derivative of the logarithm, 1 / p, is infinite in float16 for p below 1.5e-5, and "
        "NaN where the target is 0.\n\n"
        "Probabilities are clipped to 1e-7, which does not help: 1 / 1.19e-7 is 8.4 million."
    ),
    defect=(
        "The clipping exists to keep the loss and its gradient finite; the gradient is not, in a "
        "format that Keras offers."
    ),
)(reciprocals_overflow)

divergence(
    *forms("BinaryCrossentropy", on=ON_TENSORFLOW),
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="takes_log_of_rounded_complement",
    reason=(
        "Takes log(1 - p) of the rounded 1 - p: for small p the digits of the loss are lost; "
        "log1p(-p) keeps them."
    ),
    by_design=(
        "A plain convention, the definition as it is printed; from_logits=True keeps the digits."
    ),
)(rounds_complement)

divergence(
    *forms("CategoricalCrossentropy", on=ON_TORCH),
    *forms("SparseCategoricalCrossentropy", on=ON_TORCH),
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="quotient_overflows",
    reason=(
        "The derivative of the logarithm, -t / p, is infinite in float16 for p below 1.5e-5, and "
        "the division by the sum makes all of its row infinite or NaN.\n\n"
        "Probabilities are clipped to 1e-7, which does not help: 1 / 1.19e-7 is 8.4 million."
    ),
    defect=(
        "The clipping exists to keep the loss and its gradient finite; the gradient is not, in a "
        "format that Keras offers."
    ),
)(slopes_overflow)

divergence(
    *forms("BinaryCrossentropy", on=ON_TORCH),
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_clamps_log_at_minus_100",
    reason=(
        "The clipped probabilities go to PyTorch's binary_cross_entropy, which clamps logarithms "
        "at -100, and the denominator of the gradient at 1e-12.\n\n"
        "It shows in float16 and bfloat16, where 1 - 1e-7 is 1. In float16 p - t is multiplied by "
        "one over the length of the last axis first, which is rounded among subnormal numbers."
    ),
    by_design='Documented by PyTorch: "BCELoss clamps its log function outputs".',
)(clamps_logarithms_below_mean)

divergence(
    *forms("CategoricalCrossentropy"),
    *forms("SparseCategoricalCrossentropy"),
    *forms("BinaryCrossentropy"),
    *forms("CategoricalFocalCrossentropy"),
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="clips_to_epsilon",
    reason=(
        "Clips probabilities to [1e-7, 1 - 1e-7], as rounded in the dtype: "
        "[1.00000001e-7, 1 - 2**-23] in float32.\n\n"
        "A wrong certainty costs 16.12 (target 1) or 15.94 (target 0), a right one 1.19e-7, and "
        "the gradient is zero outside."
    ),
    by_design=(
        "A plain convention of Keras: keras.config.epsilon() is the documented fuzz factor of "
        "numeric expressions."
    ),
)(clips(EPSILON))

divergence(
    *forms("CategoricalCrossentropy"),
    *forms("CategoricalFocalCrossentropy"),
    *forms("SparseCategoricalCrossentropy", on=ON_TORCH),
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="divides_probabilities_by_their_sum",
    reason=(
        "Divides the probabilities by their sum first, so that unnormalised ones are accepted and "
        "rounded ones move."
    ),
    by_design=(
        'A plain convention of Keras; the source says "Adjust the predictions so that the '
        'probability of each class for every sample adds up to 1".'
    ),
)(renormalises)


@divergence(
    "tensorflow_v2.keras.sparse_categorical_crossentropy(*axis=1)",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    defect=(
        'Contradicts its documentation ("axis: the dimension along which the entropy is computed") '
        "and categorical_crossentropy, which takes axis=1 for the same images."
    ),
)
def supports_only_last_axis(case: Case) -> type[Exception] | None:
    """Class indices of images are refused with axis=1: ``Only axis=-1 is currently supported``.

    The backend looks for the axis among the last one only; rows, where axis 1 is the last, pass.
    """
    return ValueError if len(case.shape) > 1 else None
