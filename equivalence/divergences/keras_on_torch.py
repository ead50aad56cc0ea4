"""What Keras answers instead on its PyTorch backend only: other kernels under the same code."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.cancellation import (
    cancels_against_log_sigmoid,
    rounds_terms_to_float32,
    sums_exponentials,
)
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_focal import focal_of_sigmoid
from equivalence.divergences.keras_forms import (
    KERAS_WITH_LOGITS,
    LOSS_SOURCE,
    LOSSES_SOURCE,
    ON_TORCH,
    TORCH_SOURCE,
    forms,
    keras,
)
from equivalence.divergences.masks import unless_indices
from equivalence.divergences.overflow import wide_terms
from equivalence.divergences.smoothing import smooths_over_width
from equivalence.divergences.specials import by_log_sigmoid, evaluates, numbers, overlaid
from equivalence.exact import FORMATS
from equivalence.losses.binary import smoothed_target

if TYPE_CHECKING:
    from equivalence.cases.case import Case

_SPARSE = forms("SparseCategoricalCrossentropy", on=ON_TORCH)
# The derivative by the weights is asked apart, and does not need that by the prediction.
_BY_PREDICTION = tuple(name for name in QUANTITIES if name != WEIGHT_GRADIENT)
_OTHER_BACKEND = "Contradicts the same call on the TensorFlow backend, "


@divergence(
    "keras_torch.BinaryFocalCrossentropy(from_logits=True)",
    versions="keras>=3.0",
    reference=LOSSES_SOURCE,
    defect=_OTHER_BACKEND + "which finds the logits again behind sigmoid(x) and loses nothing.",
)
def rounds_sigmoid_then_clips(case: Case) -> Case:
    """Rounds sigmoid(x) to the dtype, then clips it to [1e-7, 1 - 1e-7] in the cross-entropy.

    A logit that is wrong by more than 16 costs 16.12 and has no gradient: the hardest examples are
    no longer learned.
    """
    return replace(case, loss=focal_of_sigmoid(case))


divergence(
    *KERAS_WITH_LOGITS,
    versions="torch>=2.3",
    reference=TORCH_SOURCE,
    name="keras_cancels_against_log_sigmoid",
    reason=(
        "For targets below 1 and negative logits, (1 - t) x cancels against log sigmoid(x): it is "
        "PyTorch's binary_cross_entropy_with_logits."
    ),
    defect=_OTHER_BACKEND + "which keeps all digits.",
)(cancels_against_log_sigmoid)

divergence(
    *(f"{pattern}@func" for pattern in KERAS_WITH_LOGITS),
    versions="torch>=2.0",
    reference=TORCH_SOURCE,
    name="keras_sums_exponentials_in_func",
    reason=(
        "Inside torch.func another formula is computed, the logarithm of a rounded sum: it is "
        "PyTorch's binary_cross_entropy_with_logits."
    ),
    defect="Contradicts its own eager mode: the same call has two values.",
)(sums_exponentials)

divergence(
    *KERAS_WITH_LOGITS,
    versions="torch>=2.1",
    reference=TORCH_SOURCE,
    name="keras_infinite_logits_cancel_log_sigmoid",
    reason=(
        "(1 - t) x - log sigmoid(x) is NaN for infinite logits that are right, as that of "
        "PyTorch's binary_cross_entropy_with_logits, which it calls.\n\nThe limits exist."
    ),
    defect="Contradicts the mathematics, and its own gradient, which is that of the limits.",
)(evaluates(by_log_sigmoid))


def _averages_in_float32(case: Case) -> Case | None:
    rounded = rounds_terms_to_float32(case)
    if rounded is None:
        return None
    over = FORMATS["float32"].overflows(wide_terms(case))
    return overlaid(rounded, terms=np.where(over, np.inf, 0.0)) or rounded


divergence(
    "keras_torch.binary_crossentropy*",
    versions="keras>=3.12",
    reference=(
        "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/common/dtypes.py"
    ),
    name="averages_float64_in_float32",
    reason=(
        "Terms of float64 are averaged in float32, in which they may not fit, and so is what comes "
        "back to them; the dtype of the result is float64.\n\n"
        'keras.ops.mean casts to result_type(x.dtype, "float32"), which is float32 for float64 '
        "since 3.12, on every backend but TensorFlow."
    ),
    by_design=(
        'Says so in the source: "Force to be 32-bit dtype when encountering 64-bit dtype ... to be '
        "aligned with JAX's default behavior\"."
    ),
)(_averages_in_float32)


def _refuses_what_is_not_clipped(case: Case) -> type[Exception] | None:
    smoothed = smoothed_target(numbers(case.target), case.options.get("label_smoothing"))
    inside = (smoothed >= 0) & (smoothed <= 1)
    lost = np.isnan(numbers(case.prediction)).any() or not np.all(inside)
    return RuntimeError if lost and case.prediction.size else None


divergence(
    *forms("BinaryCrossentropy", on=ON_TORCH),
    "keras_torch.BinaryFocalCrossentropy*",
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="refuses_what_is_not_clipped",
    reason=(
        "A probability that is NaN, or a target outside [0, 1], raises RuntimeError from PyTorch's "
        "binary_cross_entropy; other probabilities are clipped before."
    ),
    by_design='An explicit check of PyTorch: "all elements of input should be between 0 and 1".',
)(_refuses_what_is_not_clipped)

divergence(
    *keras(
        "CategoricalCrossentropy(from_logits=True*",
        "categorical_crossentropy(from_logits=True*",
        on=ON_TORCH,
    ),
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_multiplies_masked_class_by_zero",
    reason=(
        "Multiplies the target 0 of a masked class with its infinite -log p: the loss is NaN, also "
        "where the difference of two finite logits does not fit."
    ),
    defect=(
        "Contradicts its own SparseCategoricalCrossentropy, which answers the same question with "
        "class indices."
    ),
)(functools.partial(unless_indices, widened=False))


divergence(
    *keras("CategoricalCrossentropy(*axis=1)", "categorical_crossentropy(*axis=1)", on=ON_TORCH),
    versions="keras>=3.0",
    reference=LOSSES_SOURCE,
    name="keras_torch_smooths_over_last_axis",
    reason=(
        "With axis=1, smoothed labels get epsilon / width instead of epsilon / classes: the number "
        "of classes is read from the last axis, which is the width of an image."
    ),
    defect=(
        'Contradicts its documentation ("use 0.1 / num_classes for non-target labels") and the '
        "same call with the classes last."
    ),
)(smooths_over_width)


@divergence(
    "keras_torch.SparseCategoricalCrossentropy*",
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    defect=_OTHER_BACKEND + "which answers: ``sample_weight *= mask`` works in place, where a "
    "tensor cannot grow; where it fits, it changes the tensor of the caller.",
)
def masks_weights_in_place(case: Case) -> type[Exception] | None:
    """With ignore_class, weights that have to be broadcast raise RuntimeError."""
    if "ignore_index" not in case.options or case.weights is None:
        return None
    alone = case.shape == (1,) and not np.ndim(case.weights)  # a tensor of one number, either way
    return RuntimeError if np.shape(case.weights) != case.shape and not alone else None


IMAGES = (
    "From probabilities, images raise RuntimeError when they are differentiated.\n\n"
    "The classes are moved to axis 1 without a copy, and PyTorch's nll_loss refuses to "
    "differentiate such images: grad_input must be contiguous."
)
_DIFFERENTIATED = _OTHER_BACKEND + "and from_logits=True, whose gradient exists."


@divergence(
    *(f"{form}@{mode}" for form in _SPARSE for mode in ("eager", "func")),
    versions="keras>=3.14",
    reference=TORCH_SOURCE,
    only=_BY_PREDICTION,
    reason=IMAGES,
    defect=_DIFFERENTIATED,
)
def does_not_differentiate_images(case: Case) -> type[Exception] | None:
    """Images of several classes and pixels are no longer contiguous."""
    *outer, classes = case.prediction.shape
    moved = len(outer) == 3 and classes > 1 and outer[1] * outer[2] > 1
    return RuntimeError if moved else None


@divergence(
    *(f"{form}@strided" for form in _SPARSE),
    versions="keras>=3.14",
    reference=TORCH_SOURCE,
    only=_BY_PREDICTION,
    reason=IMAGES,
    defect=_DIFFERENTIATED,
)
def does_not_differentiate_strided_images(case: Case) -> type[Exception] | None:
    """In memory their height comes first: those of width one are contiguous."""
    *outer, classes = case.prediction.shape
    return RuntimeError if len(outer) == 3 and outer[2] > 1 and classes * outer[1] > 1 else None
