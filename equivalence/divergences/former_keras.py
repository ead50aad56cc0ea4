"""What earlier releases of Keras answered instead; it is catalogued before ``keras``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import INVALID, keras
from equivalence.divergences.misreadings import exception_type
from equivalence.divergences.specials import numbers, overlaid

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SOURCE = "https://github.com/keras-team/keras/blob/v3.14.1/keras/src/losses/losses.py"


@divergence(
    "tensorflow_v2.keras.sparse_categorical_crossentropy(from_logits=True, axis=1)",
    versions="keras>=3.0,<3.15",
    reference=SOURCE,
    defect=(
        'Contradicts its documentation ("axis: the dimension along which the entropy is '
        'computed"): the mask is given a last axis, whatever axis holds the classes. Mended in '
        "3.15."
    ),
)
def keras_masked_last_axis(case: Case) -> type[Exception] | None:
    """With ignore_class, class indices of images raise InvalidArgumentError with axis=1."""
    masked = "ignore_index" in case.options and len(case.shape) > 1
    return exception_type(INVALID) if masked else None


@divergence(
    *keras(
        "SparseCategoricalCrossentropy(from_logits=True)*",
        "sparse_categorical_crossentropy(from_logits=True*",
    ),
    versions="keras>=3.0,<3.15",
    reference=SOURCE,
    only=("gradient",),
    defect=(
        "Contradicts its own value, which is 0 where a target is ignored, and its documentation: "
        "ignored targets do not contribute. Mended in 3.15 by ops.where."
    ),
)
def keras_multiplied_ignored_logits(case: Case) -> Case | None:
    """Logits of ignored rows are multiplied by 0: a row with infinity or NaN has gradient NaN."""
    if "ignore_index" not in case.options:
        return None
    ignored = case.target == case.options["ignore_index"]
    broken = ignored & ~np.all(np.isfinite(numbers(case.prediction)), axis=-1)
    lost = np.where(broken, np.nan, 0.0)[..., None] + np.zeros(case.prediction.shape)
    answered = overlaid(case, prediction=lost)
    if answered is None:
        return None
    return replace(answered, reduction=replace(case.reduction, multiplies_zeros=True))
