"""What Keras answers instead on its PyTorch backend only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.cancellation import cancels_against_log_sigmoid
from equivalence.divergences.divergence import divergence

if TYPE_CHECKING:
    from equivalence.cases.case import Case

LOSS_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
BACKEND_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/torch/nn.py"


@divergence(
    "keras_torch.SparseCategoricalCrossentropy*",
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    defect=(
        "Contradicts its own other backends, which compute it: sample_weight *= mask is done in "
        "place on a tensor, which cannot grow, and changes the caller's weights where it can."
    ),
)
def masks_weights_in_place(case: Case) -> type[Exception] | None:
    """With ignore_class, weights that have to be broadcast raise RuntimeError."""
    if "ignore_index" not in case.options or case.weights is None:
        return None
    alone = case.shape == (1,) and not np.ndim(case.weights)  # a tensor of one number, either way
    return RuntimeError if np.shape(case.weights) != case.shape and not alone else None


divergence(
    "keras_torch.BinaryCrossentropy(from_logits=True)*",
    "keras_torch.binary_crossentropy(from_logits=True)",
    versions="keras>=3.0",
    reference=BACKEND_SOURCE,
    name="cancels_against_log_sigmoid_in_keras",
    reason=(
        "For targets below 1 and negative logits, (1 - t) x cancels against log sigmoid(x): it is "
        "PyTorch's binary_cross_entropy_with_logits."
    ),
    defect="Contradicts the same call on the TensorFlow backend, which keeps all digits.",
)(cancels_against_log_sigmoid)


@divergence(
    "keras_torch.SparseCategoricalCrossentropy",
    "keras_torch.SparseCategoricalCrossentropy[*]",
    "keras_torch.sparse_categorical_crossentropy",
    versions="keras>=3.13",
    reference=BACKEND_SOURCE,
    defect=(
        "Contradicts the same call on the TensorFlow backend, which is differentiated, and "
        "from_logits=True, whose gradient exists."
    ),
)
def does_not_differentiate_images(case: Case) -> type[Exception] | None:
    """From probabilities, images raise RuntimeError when they are differentiated.

    The classes are moved to axis 1 without a copy, and PyTorch's nll_loss refuses to differentiate
    such images: grad_input must be contiguous. (See does_not_differentiate_channels_last.)
    """
    return RuntimeError if len(case.shape) == 3 else None
