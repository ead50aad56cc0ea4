"""What Keras answers to infinities and subnormal numbers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.inputs import flushes_subnormals
from equivalence.divergences.keras_forms import BACKEND_SOURCE, ON_TENSORFLOW, forms
from equivalence.divergences.masks import NN, XENT, unless_indices
from equivalence.divergences.specials import (
    by_product,
    evaluates,
    numbers,
    overlaid,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case

divergence(
    "tensorflow_v2.keras.CategoricalCrossentropy(from_logits=True*",
    "tensorflow_v2.keras.categorical_crossentropy(from_logits=True*",
    versions="keras>=2.12",
    reference=XENT,
    name="keras_multiplies_masked_class_by_zero",
    reason=(
        "Multiplies the target 0 of a masked class with its infinite -log p: the loss is NaN, as "
        "that of tf.nn.softmax_cross_entropy_with_logits, which it calls."
    ),
    defect=(
        "Contradicts its own SparseCategoricalCrossentropy, which answers the same question with "
        "class indices."
    ),
)(functools.partial(unless_indices, widened=True))

divergence(
    "tensorflow_v2.keras.BinaryCrossentropy(from_logits=True)*",
    "tensorflow_v2.keras.binary_crossentropy(from_logits=True)",
    versions="keras>=2.12",
    reference=NN,
    name="keras_infinite_logits_cancel",
    reason=(
        "max(x, 0) - x t is NaN for infinite logits, as that of "
        "tf.nn.sigmoid_cross_entropy_with_logits, which it calls.\n\nThe limits exist."
    ),
    defect="Contradicts the mathematics, and its own gradient, which is that of the limits.",
)(evaluates(by_product))


@divergence(
    "tensorflow_v2.keras.BinaryFocalCrossentropy(from_logits=True)",
    versions="keras>=2.12",
    reference=NN,
    defect="Contradicts the mathematics: the limits of the loss and of its gradient exist.",
)
def focuses_infinite_logits(case: Case) -> Case | None:
    """The cross-entropy of an infinite logit is NaN or infinite, and so is all that it multiplies.

    By the product rule it multiplies the derivative of the focal factor, which is 0 there: NaN.
    """
    with np.errstate(all="ignore"):
        logit, target = numbers(case.prediction), numbers(case.target)
        inner = by_product(logit, target, np.ones(()))
        lost = np.where(np.isfinite(inner), 0.0, np.nan)
        return overlaid(case, terms=0 * inner + lost, prediction=lost, target=lost)


@divergence(
    *forms("CategoricalCrossentropy", on=ON_TENSORFLOW),
    *forms("CategoricalFocalCrossentropy", on=ON_TENSORFLOW),
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    defect=(
        "The probabilities are divided by their sum to accept any, and clipped to keep the loss "
        "finite: it is NaN."
    ),
)
def flushes_probabilities(case: Case) -> Case | None:
    """TensorFlow flushes subnormal probabilities to 0, so that a row of them is 0 / 0: NaN."""
    return None if case.dtype == "float16" else flushes_subnormals(case)
