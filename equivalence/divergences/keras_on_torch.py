"""What Keras answers instead on its PyTorch backend only: other kernels under the same code."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.cancellation import (
    cancels_against_log_sigmoid,
    rounds_terms_to_float32,
    sums_exponentials,
)
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_focal import focal_of_sigmoid
from equivalence.divergences.keras_forms import (
    LOSS_SOURCE,
    LOSSES_SOURCE,
    ON_TORCH,
    TORCH_SOURCE,
    forms,
    keras,
)
from equivalence.divergences.masks import unless_indices
from equivalence.divergences.smoothing import smooths_over_width
from equivalence.divergences.specials import by_log_sigmoid, evaluates, numbers
from equivalence.losses.binary import smoothed_target

if TYPE_CHECKING:
    from equivalence.cases.case import Case

WITH_LOGITS = keras(
    "BinaryCrossentropy(from_logits=True)*", "binary_crossentropy(from_logits=True)", on=ON_TORCH
)
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
    *WITH_LOGITS,
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
    *(f"{pattern}@func" for pattern in WITH_LOGITS),
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
    *WITH_LOGITS,
    versions="torch>=2.1",
    reference=TORCH_SOURCE,
    name="keras_infinite_logits_cancel_log_sigmoid",
    reason=(
        "(1 - t) x - log sigmoid(x) is NaN for infinite logits that are right, as that of "
        "PyTorch's binary_cross_entropy_with_logits, which it calls.\n\nThe limits exist."
    ),
    defect="Contradicts the mathematics, and its own gradient, which is that of the limits.",
)(evaluates(by_log_sigmoid))

divergence(
    "keras_torch.binary_crossentropy*",
    versions="keras>=3.0",
    reference="https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/torch/numpy.py",
    name="averages_float64_in_float32",
    reason=(
        "Terms of float64 are averaged in float32, and so is what comes back to them; the dtype of "
        "the result is float64.\n\n"
        'keras.ops.mean casts to result_type(x.dtype, "float32"), which is float32 for float64 on '
        "PyTorch."
    ),
    defect=(
        _OTHER_BACKEND
        + "which averages in float64, and its own ops.sum and categorical_crossentropy."
    ),
)(rounds_terms_to_float32)


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


def _changes_weights(case: Case) -> type[Exception] | None:
    if "ignore_index" not in case.options or case.weights is None:
        return None
    return RuntimeError if case.weights.dtype == np.float32 else None


divergence(
    "keras_torch.SparseCategoricalCrossentropy*",
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="changes_weights_in_place",
    only=(WEIGHT_GRADIENT,),
    reason=(
        "With ignore_class, float32 weights that are differentiated raise RuntimeError: they are "
        "multiplied by the mask in place, which PyTorch refuses where a gradient is wanted."
    ),
    defect=_OTHER_BACKEND + "which differentiates by them; weights of other dtypes are copied.",
)(_changes_weights)

divergence(
    "keras_torch.SparseCategoricalCrossentropy*@func",
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="changes_weights_in_place_in_func",
    reason=(
        "With ignore_class, float32 weights raise RuntimeError inside torch.func: they are "
        "multiplied by the mask in place, and are no part of what is differentiated."
    ),
    defect="Contradicts its own eager mode, which answers.",
)(_changes_weights)


@divergence(
    *forms("SparseCategoricalCrossentropy", on=ON_TORCH),
    versions="keras>=3.13",
    reference=TORCH_SOURCE,
    defect=_OTHER_BACKEND + "which is differentiated, and from_logits=True, whose gradient exists.",
)
def does_not_differentiate_images(case: Case) -> type[Exception] | None:
    """From probabilities, images raise RuntimeError when they are differentiated.

    The classes are moved to axis 1 without a copy, and PyTorch's nll_loss refuses to differentiate
    such images: grad_input must be contiguous. (See does_not_differentiate_channels_last.)
    """
    return RuntimeError if len(case.shape) == 3 else None
