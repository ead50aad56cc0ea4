"""How the implementations of Keras are named, and where its sources are."""

from __future__ import annotations

import re

LOSSES = "https://keras.io/api/losses/probabilistic_losses/"
LOSS_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
LOSSES_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/losses.py"
BACKEND_SOURCE = (
    "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/tensorflow/nn.py"
)
TORCH_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/torch/nn.py"
KERAS_2 = "keras>=2.12,<3"  # TensorFlow before 2.16, and tf_keras, which continues it
# Modes, versions and endings of names: where Keras 2 keeps the 1e-7 that it adds apart, and where a
# compiler folds it into 1. XLA does since TensorFlow 2.13, which came with Keras 2.13.
KERAS_2_APART = (("eager", KERAS_2, ""), ("xla", "keras>=2.12,<2.13", "_in_xla"))
KERAS_2_FOLDED = (("function", KERAS_2, ""), ("xla", "keras>=2.13,<3", "_in_xla"))
KERAS_2_BACKEND = "https://github.com/keras-team/tf-keras/blob/v2.16.0/tf_keras/backend.py"
KERAS_2_LOSS_UTILS = (
    "https://github.com/keras-team/tf-keras/blob/v2.16.0/tf_keras/utils/losses_utils.py"
)
INVALID = "tensorflow.errors.InvalidArgumentError"  # imported where it is met
EPSILON = 1e-7  # keras.config.epsilon()


OWNERS = ("tensorflow_v2.keras", "keras_torch")  # Keras on each backend
ON_TENSORFLOW, ON_TORCH = OWNERS[:1], OWNERS[1:]


def keras(*patterns: str, on: tuple[str, ...] = OWNERS) -> tuple[str, ...]:
    """Patterns of names without an owner, on every backend or on some.

    >>> keras("KLDivergence")
    ('tensorflow_v2.keras.KLDivergence', 'keras_torch.KLDivergence')
    """
    return tuple(f"{owner}.{pattern}" for owner in on for pattern in patterns)


def forms(name: str, on: tuple[str, ...] = OWNERS) -> tuple[str, ...]:
    """Patterns of a class of probabilities, its several means, and its function on either axis.

    >>> forms("BinaryCrossentropy", on=ON_TORCH)[2]
    'keras_torch.binary_crossentropy'
    """
    words = re.sub(r"(?<=[a-zL])(?=[A-Z][a-z])", "_", name).lower()
    return keras(name, f"{name}[*]", words, f"{words}(axis=1)", on=on)


# What hands its logits to PyTorch's binary_cross_entropy_with_logits.
KERAS_WITH_LOGITS = keras(
    "BinaryCrossentropy(from_logits=True)*", "binary_crossentropy(from_logits=True)", on=ON_TORCH
)
