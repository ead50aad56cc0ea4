"""What earlier releases of Keras answered instead on PyTorch; it is catalogued before ``keras``.

The ranges were read in the wheels of every minor release from 3.0.5 to 3.15.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import ON_TORCH, keras
from equivalence.divergences.specials import overlaid, surprisals

if TYPE_CHECKING:
    from equivalence.cases.case import Case

BACKEND = "https://github.com/keras-team/keras/blob/v3.13.2/keras/src/backend/torch/nn.py"
LOSSES = "https://github.com/keras-team/keras/blob/v3.14.1/keras/src/losses/losses.py"
ON_IMAGES = "keras_torch.sparse_categorical_crossentropy(*axis=1)"


@divergence(
    *keras(
        "SparseCategoricalCrossentropy(from_logits=True)*",
        "sparse_categorical_crossentropy(from_logits=True*",
        on=ON_TORCH,
    ),
    versions="keras>=3.0,<3.14",
    reference=BACKEND,
    defect="Contradicts the mathematics: 0 log 0 is 0. Mended in 3.14 by PyTorch's cross_entropy.",
)
def keras_torch_multiplied_masked_class_by_zero(case: Case) -> Case | None:
    """Labels were made one-hot, and a masked class has the loss NaN: 0 times infinity."""
    with np.errstate(all="ignore"):
        surprisal = surprisals(case, case.computed_in)
        if surprisal is None:
            return None
        terms = np.sum(case.distribution * surprisal, axis=-1)
    return overlaid(case, terms=np.where(case.counted, terms, 0.0))


@divergence(
    ON_IMAGES,
    versions="keras>=3.0,<3.15",
    reference=LOSSES,
    defect=(
        'Contradicts its documentation ("axis: the dimension along which the entropy is '
        'computed"): the mask is given a last axis, whatever axis holds the classes. Mended in '
        "3.15."
    ),
)
def keras_torch_masked_last_axis(case: Case) -> type[Exception] | None:
    """With ignore_class, class indices of images raise RuntimeError with axis=1."""
    masked = "ignore_index" in case.options and len(case.shape) > 1
    return RuntimeError if masked else None


@divergence(
    ON_IMAGES,
    versions="keras>=3.0,<3.10",
    reference=BACKEND.replace("3.13.2", "3.9.2"),
    defect=(
        'Contradicts its documentation ("axis: the dimension along which the entropy is '
        'computed"): shapes are compared as if the classes were last. Mended in 3.10.'
    ),
)
def keras_torch_supported_only_last_axis(case: Case) -> type[Exception] | None:
    """Class indices of images raise ValueError with axis=1, unless all lengths are the same."""
    if "ignore_index" in case.options or len(case.shape) < 2:
        return None
    batch, *lengths = case.shape
    return ValueError if case.shape != (batch, case.prediction.shape[-1], *lengths[:-1]) else None
