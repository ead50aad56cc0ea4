"""What became of malformed questions in Keras 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    INVALID,
    KERAS_2,
    KERAS_2_BACKEND,
    KERAS_2_LOSS_UTILS,
    forms,
)
from equivalence.divergences.misreadings import Fault, broadcasts, fault, raises, well_formed

if TYPE_CHECKING:
    from equivalence.cases.case import Case

divergence(
    "tensorflow_v2.keras.*parse*(from_logits=True*@eager",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_feeds_the_kernel_no_integers",
    reason="Eagerly, integer predictions raise InvalidArgumentError: classes do not cast them.",
    by_design="A plain convention: the classes of Keras 2 keep the dtype of what they are given.",
)(raises(INVALID, Fault.INTEGER_PREDICTIONS))

divergence(
    "tensorflow_v2.keras.*@eager",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_casts_no_integers",
    reason=(
        'Eagerly, integer predictions raise TypeError ("Cannot convert 0.0 to EagerTensor of '
        'dtype int64"): epsilon and label_smoothing are cast to their dtype.'
    ),
    by_design="A plain convention: the classes of Keras 2 keep the dtype of what they are given.",
)(raises(TypeError, Fault.INTEGER_PREDICTIONS))

divergence(
    "tensorflow_v2.keras.*@eager",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_casts_no_complex_numbers",
    reason="Eagerly, complex predictions raise InvalidArgumentError, of classes too.",
    by_design="A plain convention: the classes of Keras 2 keep the dtype of what they are given.",
)(raises(INVALID, Fault.COMPLEX_PREDICTIONS))


def _drops_a_column(case: Case) -> Case | None:
    """Of predictions and targets (N,) and (N, 1), the longer one loses its last axis."""
    shapes = {case.prediction.shape, case.target.shape}
    shorter = min(shapes, key=len)
    if fault(case) != Fault.TARGET_SHAPE or shapes != {shorter, (*shorter, 1)}:
        return None
    return well_formed(
        case, prediction=case.prediction.reshape(shorter), target=case.target.reshape(shorter)
    )


def _cannot_broadcast(case: Case) -> bool:
    try:
        np.broadcast_shapes(case.prediction.shape, case.target.shape)
    except ValueError:
        return True
    return False


divergence(
    "tensorflow_v2.keras.Binary*",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_LOSS_UTILS,
    name="keras_2_drops_a_column",
    reason=(
        "Of binary predictions and targets (N,) and (N, 1), the longer loses its last axis, so "
        "that all rows are averaged before any reduction; Keras 3 adds an axis instead."
    ),
    by_design="An explicit step of the source (squeeze_or_expand_dimensions).",
)(_drops_a_column)

divergence(
    *forms("BinaryCrossentropy"),
    "tensorflow_v2.keras.BinaryFocalCrossentropy",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_broadcasts_binary_shapes",
    reason=(
        "Targets of another shape than the probabilities are broadcast against them: (N, 1) "
        "beside (N,) are N x N losses in the function; Keras 3 raises ValueError."
    ),
    defect="Contradicts from_logits=True, which raises ValueError for the same arrays.",
)(broadcasts)

divergence(
    *(f"{pattern}@eager" for pattern in forms("BinaryCrossentropy")),
    "tensorflow_v2.keras.BinaryFocalCrossentropy*@eager",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_refuses_binary_shapes",
    reason=(
        "Eagerly, binary targets whose shape cannot be broadcast raise InvalidArgumentError where "
        "they are multiplied."
    ),
    by_design="A plain convention: arithmetic broadcasts or raises.",
)(raises(INVALID, Fault.TARGET_SHAPE, where=_cannot_broadcast))

divergence(
    "tensorflow_v2.keras.CategoricalFocal*",
    malformed=True,
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_compares_focal_shapes",
    reason="Targets of another shape than the predictions raise ValueError; Keras 3 broadcasts.",
    by_design="An explicit check of the source (assert_is_compatible_with).",
)(raises(ValueError, Fault.TARGET_SHAPE))
