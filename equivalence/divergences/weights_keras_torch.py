"""What Keras before 3.15 made of zeros on PyTorch: of ignored rows, and of weights that sum to 0.

They come last, as ``weights``: what a mean divides by is settled before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import LOSSES_SOURCE, ON_TORCH, forms
from equivalence.divergences.specials import overlaid
from equivalence.losses.reduction import denominator

if TYPE_CHECKING:
    from equivalence.cases.case import Case

NUMPY_SOURCE = "https://github.com/keras-team/keras/blob/v3.14.1/keras/src/backend/torch/numpy.py"


@divergence(
    *forms("SparseCategoricalCrossentropy", on=ON_TORCH),
    versions="keras>=3.0,<3.15",
    reference=LOSSES_SOURCE.replace("3.15.1", "3.14.1"),
    only=("gradient",),
    defect=(
        "Contradicts its own value, which is 0 where a target is ignored, and its documentation: "
        "ignored targets do not contribute. Mended in 3.15 by ops.where."
    ),
)
def keras_torch_divided_ignored_rows(case: Case) -> Case | None:
    """Ignored rows were multiplied by 0 and divided by their sum: their gradient is NaN."""
    if "ignore_index" not in case.options:
        return None
    ignored = case.target == case.options["ignore_index"]
    lost = np.where(ignored, np.nan, 0.0)[..., None] + np.zeros(case.prediction.shape)
    answered = overlaid(case, prediction=lost)
    if answered is None:
        return None
    return replace(answered, reduction=replace(case.reduction, multiplies_zeros=True))


def _without_quotient(case: Case, *, by_weights: bool) -> Case | None:
    if case.weights is None or case.reduction.kind != "mean":
        return None
    if denominator(case.reduction, case.weighing) != 0:
        return None
    terms, slopes = np.full(case.shape, np.nan), np.full(case.prediction.shape, np.nan)
    answered = overlaid(case, terms=terms) if by_weights else overlaid(case, prediction=slopes)
    if answered is None:
        return None
    return replace(answered, reduction=replace(case.reduction, multiplies_zeros=True))


@divergence(
    "keras_torch.*[mean_with_sample_weight]",
    versions="keras>=3.7,<3.15",
    reference=NUMPY_SOURCE,
    only=("gradient",),
    defect="Contradicts its own value, which is 0 (keras.ops.divide_no_nan). Mended in 3.15.",
)
def keras_torch_differentiated_zero_by_zero(case: Case) -> Case | None:
    """Where the sample weights sum to zero the gradient is NaN: that of 0 / 0 is taken."""
    return _without_quotient(case, by_weights=False)


@divergence(
    "keras_torch.*[mean_with_sample_weight]",
    versions="keras>=3.7,<3.15",
    reference=NUMPY_SOURCE,
    only=(WEIGHT_GRADIENT,),
    defect="Contradicts its own value, which is 0 (keras.ops.divide_no_nan). Mended in 3.15.",
)
def keras_torch_differentiated_zero_weights(case: Case) -> Case | None:
    """Where the sample weights sum to zero their gradient is NaN."""
    return _without_quotient(case, by_weights=True)
