"""What scikit-learn answers instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.cancellation import rounds_complement
from equivalence.divergences.departures import divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.probabilities import clips
from equivalence.exact import FORMATS
from equivalence.losses.reduction import MEAN_OVER_SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DOCUMENTATION = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html"
SOURCE = (
    "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/metrics/_classification.py"
)


@divergence(
    "sklearn.log_loss_*",
    versions=">=1.8",
    reference=SOURCE,
    by_design=(
        "An explicit check of the source (allow_all_zero_weights=False), with a message of its own."
    ),
)
def refuses_zero_weights(case: Case) -> type[Exception] | None:
    """Raises ValueError if every sample weight is zero, also where the sum (0) exists."""
    return ValueError if case.weights is not None and not np.any(case.weights) else None


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
    versions=">=1.3",
    reference=DOCUMENTATION,
    by_design=(
        'Documented: values "are clipped to [eps, 1-eps] where eps is the machine precision".'
    ),
)
def clips_to_machine_epsilon(case: Case) -> Case | None:
    """Clips probabilities to [eps, 1 - eps], eps the machine epsilon of their dtype.

    So a wrong certainty costs 36.04 in float64 and 15.94 in float32, and a right one is not quite
    free. Until version 1.2 eps was 1e-15.
    """
    return clips(2 * FORMATS[case.dtype].unit)(case)


divergence(
    "sklearn.log_loss_*",
    versions=">=0.19",
    reference=DOCUMENTATION,
    name="divides_by_sample_weights",
    reason=(
        "With normalize=True and sample weights, divides by the sum of the weights: a weighted "
        "average."
    ),
    by_design=(
        "A plain convention of scikit-learn: every metric with sample weights is a weighted "
        "average."
    ),
)(divides_by(MEAN_OVER_SAMPLE_WEIGHTS))
