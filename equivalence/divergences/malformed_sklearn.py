"""What becomes of malformed questions in scikit-learn.

The losses of its estimators check no more than ranks and dtypes; what else is wrong with a question
makes them leave their arrays, and is not asked (``Implementation.withholds``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.misreadings import (
    EVERY,
    Fault,
    casts_predictions,
    drops_last_axis,
    either,
    fault,
    of_indices,
    raises,
    takes_numbers,
    takes_real_parts,
    truncates_labels,
    well_formed,
)
from equivalence.losses.loss import Gradients, Loss

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SKLEARN = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html"
LABELS = (
    "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/metrics/_classification.py"
)
LOSSES = "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/_loss/_loss.pyx.tp"
BINOMIAL, MULTINOMIAL = "sklearn.HalfBinomialLoss", "sklearn.HalfMultinomialLoss"

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.1",
    reference=SKLEARN,
    name="sklearn_flattens_a_column_of_labels",
    reason="Labels (N, 1) are flattened to (N,), with a DataConversionWarning.",
    by_design="A plain convention of scikit-learn: column_or_1d of every label array.",
)(drops_last_axis)

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.1",
    reference=SKLEARN,
    name="sklearn_takes_labels_of_any_type",
    reason="Labels are compared with the classes, so that floating-point ones will do if equal.",
    by_design="A plain convention of scikit-learn: labels are values, not indices.",
)(truncates_labels(fractions=False))

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.1",
    reference=SKLEARN,
    name="sklearn_casts_predictions",
    reason="Integer predictions are taken for float64.",
    by_design="An explicit check of the source: check_array converts to floating point.",
)(casts_predictions("float64"))

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.1",
    reference=LABELS,
    name="sklearn_refuses_a_scalar_label",
    reason="A label without any axis raises TypeError, where all other shapes raise ValueError.",
    by_design="An explicit check of the source (_num_samples), with a message of its own.",
)(raises(TypeError, Fault.TARGET_SHAPE, where=lambda case: case.target.ndim == 0))

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.1",
    reference=LABELS,
    name="sklearn_refuses_what_is_malformed",
    reason=(
        "Labels that are none of the classes (out of range, NaN, words), complex numbers and "
        "arrays of other lengths raise ValueError, with a message that says what is wrong."
    ),
    by_design="Explicit checks of the source (_validate_multiclass_probabilistic_prediction).",
)(raises(ValueError, *EVERY))

divergence(
    BINOMIAL,
    malformed=True,
    versions=">=1.1",
    reference=LOSSES,
    name="half_binomial_takes_any_number",
    reason="Labels outside [0, 1], and NaN, are put into the formula as they are.",
    by_design=(
        "A plain convention of scikit-learn: its estimators validate labels (in_y_true_range) "
        "before they call a loss."
    ),
)(takes_numbers)

divergence(
    MULTINOMIAL,
    malformed=True,
    versions=">=1.1",
    reference=LOSSES,
    name="half_multinomial_takes_floating_labels",
    reason="Labels are floating-point numbers of the dtype of the logits, and cast to it.",
    by_design="A plain convention of Cython: all arrays share one fused type (floating_in).",
)(truncates_labels(fractions=False))


def _without_target(loss: Loss, rows: np.ndarray, *, value: bool) -> Loss:
    """The loss in some of whose rows the logit of the target is not subtracted.

    Args:
        loss: The cross-entropy.
        rows: Which.
        value: Whether the value lacks it too, or the gradient only.
    """
    lacking = rows.astype(np.float64)

    def definition(logits: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        own = loss.definition(logits, target, **parameters)
        return own + lacking * np.sum(target * logits, axis=-1) if value else own

    def gradient(logits: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(logits, target, **parameters)
        return Gradients(own.prediction + lacking[..., None] * target, own.target)

    return replace(loss, name=f"{loss.name}, comparing", definition=definition, gradient=gradient)


@divergence(
    MULTINOMIAL,
    malformed=True,
    versions=">=1.5",
    reference=LOSSES,
    defect=(
        "Contradicts itself: loss() takes k = int(y_true[i]) and loss_gradient() compares "
        "y_true[i] == k, so that the value and the gradient of a mean belong to two losses."
    ),
)
def half_multinomial_compares_labels(case: Case) -> Case | None:
    """A label of 1.5 is class 1 to loss(), and no class to loss_gradient().

    Where it is no class, nothing is subtracted: the value is log sum exp(x), the gradient softmax.
    """
    return _comparing(case, value=case.reduction.kind != "mean")


@divergence(
    MULTINOMIAL,
    malformed=True,
    versions="<1.5",
    reference="https://github.com/scikit-learn/scikit-learn/blob/1.4.2/sklearn/_loss/_loss.pyx.tp",
    by_design=(
        "A plain convention of scikit-learn: its estimators validate labels before they call a "
        "loss, which compares y_true[i] == k."
    ),
)
def half_multinomial_compared_labels(case: Case) -> Case | None:
    """A label of 1.5 is no class: the value is log sum exp(x), the gradient softmax."""
    return _comparing(case, value=True)


def _comparing(case: Case, *, value: bool) -> Case | None:
    """Labels between two classes are none, in the gradient, and perhaps in the value too."""
    if fault(case) != Fault.FRACTION:
        return None
    loss = _without_target(case.loss, case.target != np.trunc(case.target), value=value)
    return well_formed(case, loss=loss, target=np.trunc(case.target).astype(np.int64))


divergence(
    MULTINOMIAL,
    malformed=True,
    versions=">=1.1",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.ndarray.astype.html",
    name="half_multinomial_casts_complex_labels",
    reason=(
        "Labels must have the dtype of the logits, to which astype casts them, with a warning "
        "(ComplexWarning) that imaginary parts are lost."
    ),
    by_design="Documented: astype discards imaginary parts, and warns.",
)(lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_TARGET else None)

divergence(
    "sklearn.Half*Loss",
    malformed=True,
    versions=">=1.1",
    reference=LOSSES,
    name="half_losses_find_no_signature",
    reason=(
        "A first argument that is not one axis of float32 or float64 raises TypeError: targets of "
        "another rank, complex ones, words; labels cast to the dtype of integer or complex logits."
    ),
    defect=(
        'The message misleads ("Function call with ambiguous argument types"): nothing is '
        "ambiguous, and it names neither the argument nor what is wrong with it."
    ),
)(
    either(
        raises(TypeError, Fault.TARGET_SHAPE),
        raises(
            TypeError, Fault.COMPLEX_TARGET, Fault.WORDS, where=lambda case: not of_indices(case)
        ),
        raises(TypeError, Fault.INTEGER_PREDICTIONS, Fault.COMPLEX_PREDICTIONS, where=of_indices),
    )
)

divergence(
    "sklearn.Half*Loss",
    malformed=True,
    versions=">=1.1",
    reference=LOSSES,
    name="half_losses_refuse_buffers",
    reason=(
        "Integer and complex logits beside labels of float32 or float64, and sample weights of "
        "another rank, raise ValueError; so do words, which astype makes no numbers of."
    ),
    by_design=(
        "A plain convention of Cython: a typed memoryview takes arrays of its dtype and rank only."
    ),
)(
    raises(
        ValueError,
        Fault.INTEGER_PREDICTIONS,
        Fault.COMPLEX_PREDICTIONS,
        Fault.SAMPLE_WEIGHTS,
        Fault.WORDS,
    )
)
