"""What scikit-learn answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.cancellation import rounds_complement
from equivalence.divergences.departures import divides_by, widened
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import of_two_dtypes, written_in_integers
from equivalence.divergences.probabilities import clips
from equivalence.divergences.specials import by_log_sigmoid, by_product, evaluates
from equivalence.exact import FORMATS
from equivalence.losses.loss import TermBounds
from equivalence.losses.reduction import MEAN_OVER_SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss

DOCUMENTATION = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html"
SOURCE = (
    "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/metrics/_classification.py"
)
LOSSES = "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/_loss/_loss.pyx.tp"


@divergence(
    "sklearn.log_loss_*",
    versions=">=1.9",
    reference=SOURCE,
    by_design=(
        "An explicit check of the source (allow_all_zero_weights=False), with a message of its own."
    ),
)
def refuses_zero_weights(case: Case) -> type[Exception] | None:
    """Raises ValueError if every sample weight is zero, also where the sum (0) exists."""
    return ValueError if case.weights is not None and not np.any(case.weights) else None


@divergence(
    "sklearn.HalfBinomialLoss",
    versions=">=1.1",
    reference=LOSSES,
    defect=(
        'The message misleads ("Function call with ambiguous argument types"): it names neither '
        "the argument nor the dtypes that are taken."
    ),
)
def takes_floating_labels_only(case: Case) -> type[Exception] | None:
    """Labels that are integers or truth values raise TypeError: they must be float32 or float64."""
    return TypeError if written_in_integers(case) else None


@divergence(
    "sklearn.Half*Loss",
    versions=">=1.1",
    reference=LOSSES,
    by_design=(
        "A plain convention of Cython: the arrays share one fused type (floating_in), and the "
        "message names the dtype expected and the one found."
    ),
)
def takes_arrays_of_one_dtype(case: Case) -> type[Exception] | None:
    """Targets or sample weights of another dtype than the logits raise ValueError."""
    weights = case.weights
    other = weights is not None and weights.dtype != case.prediction.dtype
    return ValueError if other or of_two_dtypes(case) else None


@divergence(
    "sklearn.HalfMultinomialLoss",
    versions=">=1.1",
    reference="https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/_loss/loss.py",
    defect=(
        'The message misleads ("Buffer has wrong number of dimensions (expected 2, got 1)"): the '
        "logits have two axes, of which the loss itself drops one; n_classes=1 raises nothing."
    ),
)
def squeezes_a_single_class(case: Case) -> type[Exception] | None:
    """Logits of one class, whose loss is 0, raise ValueError: (N, 1) is squeezed to (N,) before.

    The base class is "graceful to shape (n_samples, 1)" for the losses of one column.
    """
    return ValueError if case.prediction.shape[-1] == 1 else None


@divergence(
    "sklearn.Half*Loss",
    versions=">=1.1",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.average.html",
    by_design=(
        "An explicit check of numpy.average, with a message of its own: the weights sum to zero; "
        "documented for weights that are all zero."
    ),
)
def refuses_to_average_nothing(case: Case) -> type[Exception] | None:
    """A mean raises ZeroDivisionError if the sample weights sum to zero."""
    weights = case.weights if case.reduction.kind == "mean" else None
    return ZeroDivisionError if weights is not None and not np.sum(weights) else None


@divergence(
    "sklearn.log_loss_*",
    versions=">=0.19",
    reference=SOURCE,
    by_design=(
        "An explicit check (check_array, ensure_min_samples=1), as in every metric: of no samples "
        "there is no score."
    ),
)
def refuses_no_rows(case: Case) -> type[Exception] | None:
    """Raises ValueError for no samples, also where the sum (0) exists."""
    return None if case.prediction.shape[0] else ValueError


@divergence(
    "sklearn.log_loss_multiclass",
    versions=">=0.19",
    reference=SOURCE,
    by_design=(
        'An explicit check, with a message of its own: "The labels array needs to contain at '
        'least two labels".'
    ),
)
def refuses_a_single_class(case: Case) -> type[Exception] | None:
    """Raises ValueError if there is one class only, whose loss is 0."""
    return ValueError if case.prediction.shape[-1] == 1 else None


divergence(
    "sklearn.log_loss_binary",
    versions=">=1.1",
    reference=SOURCE,
    name="forms_complement_first",
    reason=(
        "Forms 1 - p in the dtype of p before anything else, so that for small p the digits of "
        "log(1 - p) are lost."
    ),
    by_design=(
        "A plain convention: two columns 1 - p and p, so that two classes are a case of many."
    ),
)(rounds_complement)


@divergence(
    "sklearn.log_loss_*",
    versions=">=1.2",
    reference=DOCUMENTATION,
    by_design=(
        'Documented: values "are clipped to [eps, 1-eps] where eps is the machine precision".'
    ),
)
def clips_to_machine_epsilon(case: Case) -> Case | None:
    """Clips probabilities to [eps, 1 - eps]: 2.2e-16 in float64, 1.2e-7 in float32.

    So a wrong certainty costs 36.04 in float64 and 15.94 in float32, and a right one is not quite
    free. Until version 1.1 eps was 1e-15.
    """
    return clips(2 * FORMATS[case.dtype].unit)(case)


divergence(
    "sklearn.log_loss_*",
    "sklearn.Half*Loss",
    versions=">=0.19",
    reference=DOCUMENTATION,
    name="divides_by_sample_weights",
    reason=("With sample weights, a mean divides by the sum of the weights: a weighted average."),
    by_design=(
        "A plain convention of scikit-learn: every metric with sample weights is a weighted "
        "average."
    ),
)(divides_by(MEAN_OVER_SAMPLE_WEIGHTS))


@divergence(
    "sklearn.HalfBinomialLoss",
    versions=">=1.1",
    reference=LOSSES,
    defect=(
        "Contradicts its own gradient, which keeps all digits: where the value is 0 the gradient "
        "still decreases. log1pexp(-x) is the same number for target 1, with all its digits."
    ),
)
def subtracts_from_softplus(case: Case) -> Case | None:
    """log(1 + exp(x)) - t x cancels for positive logits and targets above 0.

    The absolute error is a few roundings of |x| in double precision, in which also float32 is
    computed: x = 40 with target 1 costs 0 instead of 4.2e-18. For negative logits with target 0,
    the same number, all digits are kept.
    """
    return replace(case, loss=_softplus_less_product(case.loss))


@functools.cache
def _softplus_less_product(loss: Loss) -> Loss:
    unit = FORMATS["float64"].unit

    def more(logit: np.ndarray, target: np.ndarray, _: float, **__: Any) -> TermBounds:
        # Each of the two has been rounded at the size of x; between -2 and 18, 1 + exp(x) is.
        rounded = (logit > 0) & (target > 0) & np.isfinite(logit)
        cancelled = np.where(rounded, 2 * np.abs(logit), 0.0)
        summed = np.where((logit > -2) & (logit <= 18), 2.0, 0.0)
        nothing = np.zeros(logit.shape)
        return TermBounds(unit * (cancelled + summed), nothing, nothing)

    return widened(loss, "cancelling for positive logits", more)


@divergence(
    "sklearn.HalfBinomialLoss",
    versions=">=1.1",
    reference=LOSSES,
    only=("value",),
    defect=(
        "Contradicts the mathematics and its own gradient, which is 0 or 1 in size there; loss() "
        "and loss_gradient() are not of one mind either."
    ),
)
def multiplies_infinite_logits(case: Case) -> Case | None:
    """An infinite logit is multiplied by the target, or 1 - t, zero too: NaN, or infinity.

    So a right certainty, which is free, costs NaN. loss(), through which means go, subtracts t x:
    +inf costs NaN for all targets from 0, -inf for target 0. loss_gradient() adds (1 - t) x to
    log(1 + exp(-x)) for logits above -2, so that to it +inf costs NaN for target 1 only.
    """
    return evaluates(by_product if case.reduction.kind == "mean" else _by_complement)(case)


def _by_complement(logit: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """log(1 + exp(-x)) + (1 - t) x above -2, and log(1 + exp(x)) - t x below."""
    above = by_log_sigmoid(logit, target, weight)
    return np.where(logit > -2, above, by_product(logit, target, weight))


@divergence(
    "sklearn.HalfMultinomialLoss",
    versions=">=1.1",
    reference=LOSSES,
    defect=(
        "Contradicts its own gradient, which is that of the shifted logits: what all logits of a "
        "row have in common changes no loss, and here costs its digits."
    ),
)
def adds_maximum_back(case: Case) -> Case:
    """The maximum is added to log sum exp(x - max), and the target's logit subtracted after that.

    The absolute error is a rounding of the maximum: in float32 the logits 4352.2993 and 4352.6875
    with target 1 cost 0.517578 instead of 0.517774, and 17 and 0 with target 0 cost 0 instead of
    4.1e-8.
    """
    return replace(case, loss=_maximum_added(case.loss))


@functools.cache
def _maximum_added(loss: Loss) -> Loss:
    def more(logits: np.ndarray, target: np.ndarray, unit: float, **_: Any) -> TermBounds:
        size = 1 + np.abs(np.max(logits, axis=-1))
        rounded = np.where(np.isfinite(size), unit * size, 0.0)
        return TermBounds(rounded, np.zeros(logits.shape), np.zeros(target.shape))

    return widened(loss, "with the maximum added back", more)
