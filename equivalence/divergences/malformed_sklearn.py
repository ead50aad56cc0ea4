"""What becomes of malformed questions in scikit-learn.

The losses of its estimators check no more than ranks and dtypes; what else is wrong with a question
makes them leave their arrays, and is not asked (``Implementation.withholds``).
"""

from __future__ import annotations

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
)

SKLEARN = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html"
LABELS = (
    "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/metrics/_classification.py"
)
LOSSES = "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/_loss/_loss.pyx.tp"
BINOMIAL, MULTINOMIAL = "sklearn.HalfBinomialLoss", "sklearn.HalfMultinomialLoss"

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.5",
    reference=SKLEARN,
    name="sklearn_flattens_a_column_of_labels",
    reason="Labels (N, 1) are flattened to (N,), with a DataConversionWarning.",
    by_design="A plain convention of scikit-learn: column_or_1d of every label array.",
)(drops_last_axis)

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.5",
    reference=SKLEARN,
    name="sklearn_takes_labels_of_any_type",
    reason="Labels are compared with the classes, so that floating-point ones will do if equal.",
    by_design="A plain convention of scikit-learn: labels are values, not indices.",
)(truncates_labels(fractions=False))

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.5",
    reference=SKLEARN,
    name="sklearn_casts_predictions",
    reason="Integer predictions are taken for float64.",
    by_design="An explicit check of the source: check_array converts to floating point.",
)(casts_predictions("float64"))

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.5",
    reference=LABELS,
    name="sklearn_refuses_a_scalar_label",
    reason="A label without any axis raises TypeError, where all other shapes raise ValueError.",
    by_design="An explicit check of the source (_num_samples), with a message of its own.",
)(raises(TypeError, Fault.TARGET_SHAPE, where=lambda case: case.target.ndim == 0))

divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions=">=1.5",
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
    name="half_multinomial_truncates_labels",
    reason="A label is cut to an integer: 1.5 is class 1, and nothing is said.",
    by_design=(
        "A plain convention of C: k = int(y_true[i]). Labels come as floating-point numbers, and "
        "the estimators have encoded them before."
    ),
)(truncates_labels())

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
