"""How the implementations of Keras are named, and where its sources are."""

from __future__ import annotations

import re

LOSSES = "https://keras.io/api/losses/probabilistic_losses/"
LOSS_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
BACKEND_SOURCE = (
    "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/tensorflow/nn.py"
)
KERAS_2 = "keras>=2.12,<3"  # TensorFlow before 2.16, and tf_keras, which continues it
KERAS_2_BACKEND = "https://github.com/keras-team/tf-keras/blob/v2.16.0/tf_keras/backend.py"
KERAS_2_LOSS_UTILS = (
    "https://github.com/keras-team/tf-keras/blob/v2.16.0/tf_keras/utils/losses_utils.py"
)
INVALID = "tensorflow.errors.InvalidArgumentError"  # imported where it is met
EPSILON = 1e-7  # keras.config.epsilon()


def forms(name: str) -> tuple[str, ...]:
    """Patterns of a class of probabilities, its several means, and its function on either axis.

    >>> forms("BinaryCrossentropy")[2]
    'tensorflow_v2.keras.binary_crossentropy'
    """
    words = re.sub(r"(?<=[a-zL])(?=[A-Z][a-z])", "_", name).lower()
    return tuple(
        f"tensorflow_v2.keras.{form}" for form in (name, f"{name}[*]", words, f"{words}(axis=1)")
    )
