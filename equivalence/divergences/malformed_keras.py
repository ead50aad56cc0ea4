"""What becomes of malformed questions in Keras, on TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import ON_TENSORFLOW, keras
from equivalence.divergences.malformed_tensorflow import INVALID
from equivalence.divergences.misreadings import (
    Fault,
    broadcasts,
    fault,
    raises,
    truncates_labels,
    well_formed,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case

LOSSES = "https://keras.io/api/losses/probabilistic_losses/"
LOSS_SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
SOURCE = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/losses.py"
BACKEND_SOURCE = (
    "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/tensorflow/nn.py"
)
UNCHECKED = "CategoricalFocal*", "KLDivergence"

divergence(
    *keras("*parse*"),
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="keras_truncates_labels",
    reason="Class indices that are floating-point numbers are cut to integers: 1.5 is class 1.",
    by_design="A plain convention: labels are cast to int64, and models feed them as floats.",
)(truncates_labels())

divergence(
    "tensorflow_v2.keras.*parse*@xla",
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="xla_takes_nan_for_class_0",
    reason="Compiled by XLA, a label that is NaN is cast to 0, and the loss is that of class 0.",
    defect=(
        "Contradicts its own eager mode and tf.function, which raise InvalidArgumentError: a "
        "missing label trains the first class, and nothing is red."
    ),
)(truncates_labels(nan=0))

divergence(
    "tensorflow_v2.keras.*parse*@eager",
    "tensorflow_v2.keras.*parse*@function",
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="keras_refuses_nan_labels",
    reason=(
        "A label that is NaN is cast to the smallest integer, which is no class: "
        "InvalidArgumentError names -9223372036854775808."
    ),
    by_design="A plain convention: labels are cast to int64, and the kernel checks their range.",
)(raises(INVALID, Fault.NAN_LABEL))


def _pairs_a_column(case: Case) -> Case | None:
    """Of predictions and targets (N,) and (N, 1), the shorter one gets the axis that it lacks."""
    shapes = {case.prediction.shape, case.target.shape}
    longer = max(shapes, key=len)
    if fault(case) != Fault.TARGET_SHAPE or case.loss.has_classes:
        return None
    if shapes != {longer, longer[:-1]} or longer[1:] != (1,):
        return None
    return well_formed(
        case, prediction=case.prediction.reshape(longer), target=case.target.reshape(longer)
    )


divergence(
    *keras("Binary*"),
    malformed=True,
    versions="keras>=3.0",
    reference=LOSS_SOURCE,
    name="keras_pairs_a_column",
    reason=(
        "Of binary predictions and targets (N,) and (N, 1), the shorter gets the axis that it "
        "lacks, so that rows stay together; the function form raises ValueError."
    ),
    by_design="An explicit step of the source (squeeze_or_expand_to_same_rank).",
)(_pairs_a_column)


def _weighs_a_column(case: Case) -> Case | None:
    """Beside sample weights (N, 1), terms (N,) become (N, 1)."""
    weights = case.weights
    if fault(case) != Fault.SAMPLE_WEIGHTS or weights is None:
        return None
    if weights.shape != (*case.shape, 1) or len(case.shape) != 1:
        return None
    return well_formed(
        case,
        prediction=np.expand_dims(case.prediction, 1),
        target=np.expand_dims(case.target, 1),
    )


divergence(
    *keras("*"),
    malformed=True,
    versions="keras>=2.12",
    reference=LOSS_SOURCE,
    name="keras_weighs_a_column",
    reason=(
        "Beside sample weights (N, 1) the terms (N,) get an axis too, so that each row has its "
        "weight; without a reduction (N, 1) losses come back."
    ),
    by_design="An explicit step of the source (squeeze_or_expand_to_same_rank).",
)(_weighs_a_column)

divergence(
    *keras(*UNCHECKED),
    malformed=True,
    versions="keras>=2.12",
    reference=SOURCE,
    name="keras_broadcasts_unchecked_shapes",
    reason=(
        "Targets of another shape than the predictions are broadcast against them: (N, 1, C) "
        "beside (N, C) are N x N losses, one row serves all, one number all classes."
    ),
    defect=(
        "Contradicts CategoricalCrossentropy, its twin at gamma 0, which raises ValueError for the "
        "same arrays: shapes are not compared."
    ),
)(broadcasts)

divergence(
    *keras(*(f"{pattern}@eager" for pattern in UNCHECKED), on=ON_TENSORFLOW),
    malformed=True,
    versions="keras>=2.12",
    reference=SOURCE,
    name="keras_refuses_unchecked_shapes",
    reason=(
        "Eagerly, targets whose shape cannot be broadcast raise InvalidArgumentError where they "
        "are multiplied or divided."
    ),
    by_design="A plain convention: arithmetic broadcasts or raises.",
)(raises(INVALID, Fault.TARGET_SHAPE))

divergence(
    "tensorflow_v2.keras.*@eager",
    malformed=True,
    versions="keras>=2.12",
    reference=LOSS_SOURCE,
    name="keras_refuses_weights",
    reason=(
        "Eagerly, sample weights that cannot be broadcast raise InvalidArgumentError where they "
        "are multiplied."
    ),
    by_design="A plain convention: arithmetic broadcasts or raises.",
)(raises(INVALID, Fault.SAMPLE_WEIGHTS))


@divergence(
    *keras("CategoricalCrossentropy(*axis=1)"),
    malformed=True,
    versions="keras>=2.12",
    reference=LOSS_SOURCE,
    by_design="A plain convention of the classes: squeeze_or_expand_to_same_rank.",
)
def keras_drops_axis_behind_classes(case: Case) -> Case | None:
    """With axis=1, targets (N, C, 1) beside predictions (N, C) lose their last axis."""
    if fault(case) != Fault.TARGET_SHAPE or case.target.ndim != case.prediction.ndim + 1:
        return None
    dropped = case.target[..., 0, :]
    fits = case.target.shape[-2] == 1 and dropped.shape == case.prediction.shape
    return well_formed(case, target=dropped) if fits else None


divergence(
    "tensorflow_v2.keras.*",
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="keras_refuses_shapes",
    reason="Shapes that are known and do not go together raise ValueError, which names both.",
    by_design="Explicit checks of the source.",
)(raises(ValueError, Fault.TARGET_SHAPE, Fault.SAMPLE_WEIGHTS))

divergence(
    "tensorflow_v2.keras.binary_crossentropy@eager",
    "tensorflow_v2.keras.sparse_categorical_crossentropy@eager",
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="keras_functions_clip_no_integers",
    reason=(
        'Eagerly, integer probabilities raise TypeError ("Cannot convert 0.9999999 to EagerTensor '
        'of dtype int64"), because they are clipped first; the classes cast them.'
    ),
    by_design="A plain convention: functions keep the dtype of what they are given.",
)(raises(TypeError, Fault.INTEGER_PREDICTIONS))

divergence(
    "tensorflow_v2.keras.*@eager",
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="keras_functions_refuse_types",
    reason=(
        "Eagerly, integer and complex predictions raise InvalidArgumentError in the functions; the "
        "classes cast them to float32."
    ),
    by_design="A plain convention: functions keep the dtype of what they are given.",
)(raises(INVALID, Fault.INTEGER_PREDICTIONS, Fault.COMPLEX_PREDICTIONS))

divergence(
    "tensorflow_v2.keras.*@function",
    "tensorflow_v2.keras.*@xla",
    malformed=True,
    versions="keras>=2.12",
    reference=BACKEND_SOURCE,
    name="keras_functions_refuse_types_in_graphs",
    reason=(
        "While a graph is built, integer and complex predictions raise TypeError in the functions."
    ),
    by_design="A plain convention: functions keep the dtype of what they are given.",
)(raises(TypeError, Fault.INTEGER_PREDICTIONS, Fault.COMPLEX_PREDICTIONS))

divergence(
    *keras("*"),
    malformed=True,
    versions="keras>=2.12",
    reference=LOSS_SOURCE,
    name="keras_refuses_reductions",
    reason='Raises ValueError: "Invalid value for argument `reduction`".',
    by_design="An explicit check of the source (standardize_reduction).",
)(raises(ValueError, Fault.REDUCTION))
