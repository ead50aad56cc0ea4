"""What becomes of malformed questions in TensorFlow's two APIs; Keras' stands beside it."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.divergences.divergence import divergence
from equivalence.divergences.misreadings import (
    CASTS_PREDICTIONS,
    Fault,
    broadcasts,
    drops_last_axis,
    fault,
    of_indices,
    raises,
    returns_nan,
    takes_numbers,
    takes_real_parts,
    well_formed,
)
from equivalence.losses import MEAN, SUM
from equivalence.losses.loss import Gradients, Loss, TermBounds

if TYPE_CHECKING:
    from equivalence.cases.case import Case

API = "https://www.tensorflow.org/api_docs/python/tf/"
NN_OPS = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/nn_ops.py"
LOSSES_SOURCE = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/losses/losses_impl.py"
INVALID = "tensorflow.errors.InvalidArgumentError"
UNIMPLEMENTED = "tensorflow.errors.UnimplementedError"
SOFTMAX = "tensorflow_v?.nn.softmax_cross_entropy_with_logits*"
TYPES = (
    Fault.FLOAT_LABELS,
    Fault.FRACTION,
    Fault.NAN_LABEL,
    Fault.COMPLEX_TARGET,
    Fault.WORDS,
    Fault.INTEGER_PREDICTIONS,
    Fault.COMPLEX_PREDICTIONS,
)

divergence(
    "tensorflow_v1.*@eager",
    "tensorflow_v1.*@graph",
    "tensorflow_v2.*@eager",
    "tensorflow_v2.*@function",
    malformed=True,
    versions=">=1.0",
    reference=API + "nn/sparse_softmax_cross_entropy_with_logits",
    name="tensorflow_refuses_labels",
    reason="A label that is no class raises InvalidArgumentError, which names it.",
    by_design='Documented: other values "will raise an exception when this op is run on CPU".',
)(raises(INVALID, Fault.LABEL))

divergence(
    "tensorflow_v?.*@xla",
    malformed=True,
    versions=">=2.0",
    reference=API + "nn/sparse_softmax_cross_entropy_with_logits",
    name="xla_returns_nan_for_labels",
    reason=(
        "Compiled by XLA, a label that is no class makes its loss and its row of the gradient NaN, "
        "and nothing is raised."
    ),
    defect=(
        'Contradicts its documentation ("will raise an exception when this op is run on CPU") and '
        "its other modes on the same device, which raise."
    ),
)(returns_nan)

divergence(
    "tensorflow_v*",
    malformed=True,
    versions=">=1.0",
    reference=API + "nn/sigmoid_cross_entropy_with_logits",
    name="tensorflow_takes_any_number",
    reason="Labels outside [0, 1], and NaN, are put into the formula as they are.",
    by_design=(
        'A plain convention: labels are documented as "between 0 and 1, inclusive", and a graph '
        "does not look at the numbers that flow through it."
    ),
)(takes_numbers)

divergence(
    SOFTMAX,
    "tensorflow_v1.losses.softmax_cross_entropy*",
    "tensorflow_v1.losses.sigmoid_cross_entropy*",
    "tensorflow_v1.losses.log_loss*",
    "tensorflow_v2.keras.*",
    malformed=True,
    versions=">=1.0",
    reference=API + "cast",
    name="tensorflow_takes_real_parts_of_targets",
    reason="Complex targets are cast to real ones: the imaginary part is dropped, with a warning.",
    by_design='Documented: tf.cast from complex types "only returns the real part".',
)(lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_TARGET else None)

divergence(
    "tensorflow_v1.losses.log_loss*",
    "tensorflow_v2.keras.*Crossentropy*",
    "tensorflow_v2.keras.KLDivergence",
    malformed=True,
    versions=">=1.0",
    reference=API + "cast",
    name="tensorflow_casts_predictions",
    reason="Integer predictions are cast to float32, of complex ones the real parts are taken.",
    by_design="A plain convention: inputs are cast to the dtype of the loss.",
)(CASTS_PREDICTIONS)

divergence(
    "tensorflow_v1.losses.sparse_softmax_cross_entropy*",
    "tensorflow_v2.keras.*parse*",
    malformed=True,
    versions=">=1.0",
    reference=API + "compat/v1/losses/sparse_softmax_cross_entropy",
    name="tensorflow_drops_the_axis_of_a_column_of_labels",
    reason="Labels (N, 1) are taken for (N,), where tf.nn raises ValueError.",
    by_design="An explicit step of the source: a last axis of length 1 is squeezed.",
)(drops_last_axis)


def _weighs_rows(case: Case) -> Case | None:
    """Sample weights (N, 1) of terms (N,) are taken for (N,)."""
    weights = case.weights
    if fault(case) != Fault.SAMPLE_WEIGHTS or weights is None:
        return None
    if weights.shape != (*case.shape, 1):
        return None
    return well_formed(case, weights=weights[..., 0])


divergence(
    "tensorflow_v1.losses.sparse_softmax_cross_entropy*",
    malformed=True,
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="v1_drops_the_axis_of_a_column_of_weights",
    reason="Sample weights (N, 1) are taken for (N,), where softmax_cross_entropy raises.",
    by_design="An explicit step of the source (_remove_squeezable_dimensions), for static shapes.",
)(_weighs_rows)


def _broadcasts_rows(case: Case) -> Case | None:
    """Targets are flattened to rows and broadcast to the shape of the logits, if they can be."""
    if fault(case) != Fault.TARGET_SHAPE or of_indices(case) or case.prediction.ndim != 2:
        return None
    rows = case.target.reshape(-1, case.target.shape[-1])
    try:
        return well_formed(case, target=np.broadcast_to(rows, case.prediction.shape))
    except ValueError:
        return None


@functools.cache
def _multiplied(loss: Loss, factors: tuple[float, ...]) -> Loss:
    """The loss with the gradient of each row multiplied by a number of its own."""
    rows = np.array(factors)[:, None]

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(prediction, target, **parameters)
        return Gradients(own.prediction * rows, own.target)

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(prediction, target, precision, **parameters)
        return TermBounds(own.term, own.prediction * rows, own.target)

    name = f"{loss.name} with rows of the gradient times {factors}"
    return replace(loss, name=name, gradient=gradient, bound=bound)


@divergence(
    "tensorflow_v1.nn.softmax_cross_entropy_with_logits*@graph",
    malformed=True,
    versions=">=1.5",
    reference=NN_OPS,
    defect=(
        "Contradicts its own eager mode, and the value beside it: the gradient of a mean over N "
        "rows is N times too large. The inferred shape of the loss, (1,), is not that which comes."
    ),
)
def v1_infers_one_row(case: Case) -> Case | None:
    """In a graph, a target of one axis makes TensorFlow infer that there is one row.

    The value is that of every row beside the one target. But the shape of the terms is inferred as
    (1,), so that the gradient of a mean is not divided, and each row gets the cotangent of the
    first.
    """
    answered = None if case.target.ndim != 1 else _broadcasts_rows(case)
    if answered is None or case.reduction == SUM:
        return answered
    rows = case.shape[0]
    factors = [float(rows)] * rows if case.reduction == MEAN else (1 / cotangent((rows,))).tolist()
    return replace(answered, loss=_multiplied(case.loss, tuple(factors)))


def _of_another_rank(case: Case) -> bool:
    return case.target.ndim != case.prediction.ndim


divergence(
    "tensorflow_v2.nn.softmax_cross_entropy_with_logits(axis=1)@eager",
    malformed=True,
    versions=">=1.5",
    reference=NN_OPS,
    name="tensorflow_moves_no_missing_axis",
    reason="With axis=1 the classes are moved last: targets of another rank cannot be transposed.",
    by_design="A plain convention: a permutation has as many numbers as there are axes.",
)(raises(INVALID, Fault.TARGET_SHAPE, where=_of_another_rank))

divergence(
    "tensorflow_v2.nn.softmax_cross_entropy_with_logits(axis=1)@function",
    malformed=True,
    versions=">=1.5",
    reference=NN_OPS,
    name="tensorflow_moves_no_missing_axis_in_graphs",
    reason="While a graph is built, targets of another rank cannot be transposed: ValueError.",
    by_design="A plain convention: a permutation has as many numbers as there are axes.",
)(raises(ValueError, Fault.TARGET_SHAPE, where=_of_another_rank))

divergence(
    SOFTMAX,
    malformed=True,
    versions=">=1.5",
    reference=NN_OPS,
    name="tensorflow_broadcasts_rows_of_targets",
    reason=(
        "Targets of another shape than the logits are flattened to rows and broadcast: one row "
        "serves all, and one number all classes.\n\n"
        "Targets (N, 1) as they come from labels count every class once, and no loss is red."
    ),
    defect=(
        'Contradicts its documentation ("labels: each vector along the class dimension should hold '
        'a valid probability distribution") and tf.nn.sigmoid_cross_entropy_with_logits, which '
        "raises ValueError for shapes that differ."
    ),
)(_broadcasts_rows)


def _broadcasts_unknown_shapes(case: Case) -> Case | None:
    """Of equal ranks, what can be broadcast is."""
    equal_ranks = case.target.ndim == case.prediction.ndim
    if fault(case) != Fault.TARGET_SHAPE or of_indices(case) or not equal_ranks:
        return None
    return _broadcasts_rows(case) if case.loss.has_classes else broadcasts(case)


divergence(
    "tensorflow_v1.losses.*@graph",
    "tensorflow_v1.nn.*@graph",
    malformed=True,
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="v1_broadcasts_unknown_shapes",
    reason=(
        "In a graph whose lengths are not known beforehand, targets of another length are "
        "broadcast: shapes are compared while the graph is built, and not when it is run."
    ),
    defect="Contradicts its own eager mode, which raises ValueError for the same call.",
)(_broadcasts_unknown_shapes)

divergence(
    "tensorflow_v1.losses.softmax*",
    "tensorflow_v1.losses.sigmoid*",
    "tensorflow_v1.losses.log_loss*",
    "tensorflow_v2.keras.*",
    malformed=True,
    versions=">=1.0",
    reference=API + "cast",
    name="tensorflow_casts_no_words",
    reason="Words are not cast to numbers: UnimplementedError.",
    by_design="Documented: tf.cast takes numbers and booleans; tf.strings.to_number takes words.",
)(raises(UNIMPLEMENTED, Fault.WORDS))

divergence(
    "tensorflow_v1.losses.*",
    malformed=True,
    versions=">=1.4",
    reference=API + "compat/v1/losses/Reduction",
    name="v1_refuses_reductions",
    reason="Reductions are constants of a class; AttributeError where there is none of the name.",
    by_design="A plain convention of Python.",
)(raises(AttributeError, Fault.REDUCTION))
