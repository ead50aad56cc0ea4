"""Questions that are refused: numbers outside the domain, weights that sum to zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.specials import numbers
from equivalence.losses.loss import LOGITS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
FROM_PROBABILITIES = ("torch.binary_cross_entropy", "torch.nn.BCELoss", "torch.sigmoid+nn.BCELoss")
SKLEARN = (
    "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/metrics/_classification.py"
)


def _outside(array: np.ndarray) -> bool:
    """Whether some number is outside [0, 1], or NaN."""
    inside = (numbers(array) >= 0) & (numbers(array) <= 1)
    return not np.all(inside)


@divergence(
    *(f"{name}@{mode}" for name in FROM_PROBABILITIES for mode in ("eager", "strided", "func")),
    versions=">=1.7",
    reference=TORCH + "BCELoss.html",
    by_design='An explicit check: "all elements of input should be between 0 and 1".',
)
def refuses_numbers_outside_the_unit_interval(case: Case) -> type[Exception] | None:
    """Raises RuntimeError if a probability or a target is not in [0, 1]; NaN is not.

    Compiled, nothing is checked.
    """
    if case.loss.prediction == LOGITS:
        wrong = bool(np.isnan(numbers(case.prediction)).any())
    else:
        wrong = _outside(case.prediction)
    return RuntimeError if wrong or _outside(case.target) else None


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    versions=">=1.10",
    reference=TORCH + "CrossEntropyLoss.html",
    by_design='Documented: label_smoothing is "a float in [0.0, 1.0]".',
)
def refuses_smoothing_above_one(case: Case) -> type[Exception] | None:
    """Raises RuntimeError if label_smoothing is above 1."""
    return RuntimeError if case.options.get("label_smoothing", 0.0) > 1 else None


@divergence(
    "sklearn.log_loss_*",
    versions=">=1.7",
    reference=SKLEARN,
    by_design="An explicit check of the source, with a message that names the number.",
)
def refuses_what_is_no_probability(case: Case) -> type[Exception] | None:
    """Raises ValueError if a probability is NaN, infinite or outside [0, 1].

    So it does also where the sample weight is 0.
    """
    return ValueError if _outside(case.prediction) else None


@divergence(
    "sklearn.log_loss_*",
    versions="<1.7",
    reference=SKLEARN.replace("1.9.1", "1.6.1"),
    by_design="An explicit check (check_array), as in every metric.",
)
def refuses_numbers_that_are_not_finite(case: Case) -> type[Exception] | None:
    """Raises ValueError if a probability is NaN or infinite, also where the sample weight is 0.

    Those outside [0, 1] are clipped.
    """
    return None if np.all(np.isfinite(numbers(case.prediction))) else ValueError


@divergence(
    "sklearn.log_loss_*",
    versions=">=1.1",
    reference=SKLEARN,
    by_design="The exception is that of numpy.average, whose documentation names it.",
)
def refuses_cancelling_weights(case: Case) -> type[Exception] | None:
    """With normalize=True, raises ZeroDivisionError if the sample weights sum to zero."""
    if case.weights is None or case.reduction.kind != "mean" or not np.any(case.weights):
        return None
    return ZeroDivisionError if np.sum(numbers(case.weights)) == 0 else None


@divergence(
    "sklearn.log_loss_*",
    versions="<1.9",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.average.html",
    by_design="The exception is that of numpy.average, whose documentation names it.",
)
def refuses_to_average_with_zero_weights(case: Case) -> type[Exception] | None:
    """With normalize=True, raises ZeroDivisionError if all sample weights are zero.

    The sum of nothing is 0.
    """
    if case.weights is None or case.reduction.kind != "mean":
        return None
    return None if np.any(case.weights) else ZeroDivisionError
