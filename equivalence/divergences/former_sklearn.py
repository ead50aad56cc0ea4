"""What earlier releases of scikit-learn answered instead; it is catalogued before ``sklearn``."""

from __future__ import annotations

from equivalence.divergences.divergence import divergence
from equivalence.divergences.probabilities import clips, needs_zero_convention, renormalises

SOURCE = "https://github.com/scikit-learn/scikit-learn/blob/{}/sklearn/metrics/_classification.py"

divergence(
    "sklearn.log_loss_*",
    versions="<1.2",
    reference=SOURCE.format("1.1.3"),
    name="multiplies_logarithm_of_zero",
    reason=(
        "Multiplies zero targets with log 0, NaN: 1 - 1e-15 is 1 in float32, and 1e-15 is 0 in "
        "float16, so that the clip lets 0 and 1 through and a right certainty costs NaN."
    ),
    defect="Contradicts the definition (0 log 0 = 0) and its own float64; mended in 1.2 by xlogy.",
)(needs_zero_convention)

divergence(
    "sklearn.log_loss_multiclass",
    versions="<1.5",
    reference=SOURCE.format("1.4.2"),
    name="renormalises_clipped_probabilities",
    reason=(
        "Divides the clipped probabilities by their sum, so that those that do not sum to one are "
        "accepted and change the loss, and a right certainty costs more the more classes there are."
    ),
    by_design='Documented until 1.4: "y_pred values are renormalized".',
)(renormalises)

divergence(
    "sklearn.log_loss_*",
    versions="<1.2",
    reference="https://scikit-learn.org/1.1/modules/generated/sklearn.metrics.log_loss.html",
    name="clips_to_fixed_epsilon",
    reason=(
        "Clips probabilities to [1e-15, 1 - 1e-15], as rounded in their dtype: in float32 from "
        "below only, in float16 not at all."
    ),
    by_design='Documented as "Log loss is undefined for p=0 or p=1, so probabilities are clipped '
    'to max(eps, min(1 - eps, p))", with eps=1e-15.',
)(clips(1e-15))
