"""What becomes of malformed questions in Keras, on PyTorch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    KERAS_WITH_LOGITS,
    LOSS_SOURCE,
    ON_TORCH,
    TORCH_SOURCE,
    forms,
    keras,
)
from equivalence.divergences.misreadings import (
    CASTS_PREDICTIONS,
    Fault,
    casts_predictions,
    drops_last_axis,
    fault,
    raises,
    takes_numbers,
    takes_real_parts,
    well_formed,
)
from equivalence.losses.loss import Gradients, Loss

if TYPE_CHECKING:
    from equivalence.cases.case import Case

TORCH_TO = "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.to.html"
OUTSIDE = Fault.NUMBER, Fault.NAN_TARGET


def _leaves_out_minus_100(case: Case) -> Case | None:
    return _leaves_out(case, case.target == -100) if fault(case) == Fault.LABEL else None


def _leaves_out_negative(case: Case) -> Case | None:
    if fault(case) not in {Fault.LABEL, Fault.NAN_LABEL}:
        return None
    return _leaves_out(case, ~(case.target >= 0))


def _leaves_out(case: Case, left: np.ndarray) -> Case | None:
    """Rows cost nothing, and are counted; None if there is another label that is no class."""
    inside = (case.target >= 0) & (case.target < case.prediction.shape[-1])
    if not np.all(left | inside):
        return None
    answered = well_formed(case, target=np.where(left, 0, case.target).astype(np.int64))
    return replace(answered, loss=_without(case.loss, left))


def _without(loss: Loss, left: np.ndarray) -> Loss:
    """The loss whose terms in some rows are 0."""

    def definition(*inputs: np.ndarray, **parameters: Any) -> np.ndarray:
        return np.where(left, 0.0, loss.definition(*inputs, **parameters))

    def gradient(*inputs: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(*inputs, **parameters)
        return Gradients(*(np.where(left[..., None], 0.0, slope) for slope in own))

    return replace(loss, name=f"{loss.name} without rows", definition=definition, gradient=gradient)


divergence(
    "keras_torch.*parse*",
    malformed=True,
    versions="keras>=3.0,<3.14",
    reference=TORCH_SOURCE.replace("3.15.1", "3.13.2"),
    name="keras_torch_left_out_negative_labels",
    reason=(
        "A negative label costs nothing and has no gradient, but is counted by the mean: its row "
        "of one_hot is 0. So is NaN, which is cast to the smallest integer."
    ),
    defect="Contradicts the same call on the TensorFlow backend, which raises. Mended in 3.14.",
)(_leaves_out_negative)

divergence(
    "keras_torch.*parse*",
    malformed=True,
    versions="keras>=3.0,<3.14",
    reference=TORCH_SOURCE.replace("3.15.1", "3.13.2"),
    name="keras_torch_made_no_row_of_labels",
    reason=(
        "A label above the classes raises RuntimeError from one_hot: Class values must be smaller "
        "than num_classes."
    ),
    by_design="An explicit check of PyTorch.",
)(raises(RuntimeError, Fault.LABEL))

divergence(
    *keras("binary_crossentropy*", "categorical_crossentropy*", on=ON_TORCH),
    malformed=True,
    versions="keras>=3.0,<3.6",
    reference=TORCH_SOURCE.replace("3.15.1", "3.5.0").replace("nn.py", "core.py"),
    name="keras_torch_knew_no_complex_dtypes",
    reason='Complex predictions raise ValueError: "Invalid dtype: complex64".',
    by_design="An explicit check of the source (standardize_dtype).",
)(raises(ValueError, Fault.COMPLEX_PREDICTIONS))

divergence(
    "keras_torch.*parse*",
    malformed=True,
    versions="keras>=3.14",
    reference=TORCH_SOURCE,
    name="keras_torch_leaves_out_minus_100",
    reason=(
        "A label of -100 costs nothing and has no gradient, but is counted by the mean.\n\n"
        "The labels go to PyTorch's cross_entropy, whose ignore_index is -100 by default."
    ),
    defect=(
        "Contradicts the same call on the TensorFlow backend, which raises, and its own "
        "ignore_class=None: no class is ignored."
    ),
)(_leaves_out_minus_100)

divergence(
    "keras_torch.*parse*",
    malformed=True,
    versions="keras>=3.14",
    reference=TORCH_SOURCE,
    name="keras_torch_refuses_labels",
    reason=(
        'A label that is no class raises IndexError ("Target 4 is out of bounds."); NaN is cast to '
        "the smallest integer, which is none."
    ),
    by_design="An explicit check of PyTorch, with a message that names the label.",
)(raises(IndexError, Fault.LABEL, Fault.NAN_LABEL))

divergence(
    *forms("BinaryCrossentropy", on=ON_TORCH),
    "keras_torch.BinaryFocalCrossentropy*",
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_refuses_numbers",
    reason="Labels outside [0, 1], and NaN, raise RuntimeError from binary_cross_entropy.",
    by_design='An explicit check of PyTorch: "all elements of target should be between 0 and 1".',
)(raises(RuntimeError, *OUTSIDE))

divergence(
    *KERAS_WITH_LOGITS,
    *keras("Categorical*", "categorical*", "KLDivergence", on=ON_TORCH),
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_takes_any_number",
    reason="Labels outside [0, 1], and NaN, are put into the formula as they are.",
    by_design="A plain convention: a kernel does not look at the numbers that flow through it.",
)(takes_numbers)

divergence(
    "keras_torch.*",
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_TO,
    name="keras_torch_takes_real_parts_of_targets",
    reason="Complex targets are cast to real ones: the imaginary part is dropped, with a warning.",
    by_design="A plain convention of PyTorch, which warns.",
)(lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_TARGET else None)

divergence(
    "keras_torch.*@func",
    malformed=True,
    versions="keras>=3.0",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.func.vjp.html",
    name="keras_torch_differentiates_no_integers",
    reason="torch.func.vjp raises RuntimeError for integer predictions, before Keras casts them.",
    by_design="A plain convention: only floating-point numbers have gradients.",
)(raises(RuntimeError, Fault.INTEGER_PREDICTIONS))

divergence(
    *keras("*Crossentropy*", "KLDivergence", on=ON_TORCH),
    malformed=True,
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="keras_torch_casts_predictions",
    reason="Integer predictions are cast to float32, of complex ones the real parts are taken.",
    by_design="A plain convention: inputs are cast to the dtype of the loss.",
)(CASTS_PREDICTIONS)

divergence(
    *keras(
        "categorical_crossentropy",
        "categorical_crossentropy(axis=1)",
        "sparse_categorical_crossentropy",
        on=ON_TORCH,
    ),
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_divides_integers",
    reason="Integer probabilities are divided by their sum, which makes them float32.",
    by_design="A plain convention of PyTorch: the quotient of integers has the default dtype.",
)(casts_predictions("float32"))

divergence(
    "keras_torch.binary_crossentropy",
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_clips_integers",
    reason="Integer probabilities are clipped to float32, beside targets that stay integers.",
    defect="The message misleads: both were integers (Found dtype Long but expected Float).",
)(raises(RuntimeError, Fault.INTEGER_PREDICTIONS))

divergence(
    "keras_torch.*",
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_refuses_types",
    reason=(
        "The kernels of the functions are not implemented for integer and complex predictions: "
        "NotImplementedError."
    ),
    by_design="A plain convention: functions keep the dtype of what they are given.",
)(raises(NotImplementedError, Fault.INTEGER_PREDICTIONS, Fault.COMPLEX_PREDICTIONS))

divergence(
    "keras_torch.*parse*",
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_drops_the_axis_of_a_column_of_labels",
    reason="Labels (N, 1) are taken for (N,).",
    by_design="An explicit step of the source: an axis of length 1 is squeezed.",
)(drops_last_axis)

divergence(
    *keras("CategoricalFocal*", "KLDivergence", on=ON_TORCH),
    malformed=True,
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="keras_torch_refuses_unchecked_shapes",
    reason="Targets whose shape cannot be broadcast raise RuntimeError where they are multiplied.",
    by_design="A plain convention: arithmetic broadcasts or raises.",
)(raises(RuntimeError, Fault.TARGET_SHAPE))

divergence(
    "keras_torch.*",
    malformed=True,
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="keras_torch_refuses_weights",
    reason="Sample weights that cannot be broadcast raise RuntimeError where they are multiplied.",
    by_design="A plain convention: arithmetic broadcasts or raises.",
)(raises(RuntimeError, Fault.SAMPLE_WEIGHTS))

divergence(
    "keras_torch.*",
    malformed=True,
    versions="keras>=3.0",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.tensor.html",
    name="keras_torch_refuses_words",
    reason="There are no tensors of words: torch.tensor of a list of them raises ValueError.",
    by_design="A plain convention: it is torch.tensor that refuses them, before Keras is called.",
)(raises(ValueError, Fault.WORDS))

divergence(
    "keras_torch.*",
    malformed=True,
    versions="keras>=3.0",
    reference=TORCH_SOURCE,
    name="keras_torch_refuses_shapes",
    reason="Shapes that do not go together raise ValueError, which names both.",
    by_design="Explicit checks of the source.",
)(raises(ValueError, Fault.TARGET_SHAPE))
