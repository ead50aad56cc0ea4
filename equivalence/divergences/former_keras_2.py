"""What Keras 2 answered instead: TensorFlow before 2.16, and tf_keras, which continues it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    EPSILON,
    KERAS_2,
    KERAS_2_APART,
    KERAS_2_BACKEND,
    KERAS_2_FOLDED,
    KERAS_2_LOSS_UTILS,
    forms,
)
from equivalence.divergences.overflow import reciprocals_overflow
from equivalence.divergences.probabilities import (
    adds_epsilon_inside_logarithms,
    folds_epsilon_into_one,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case


for _mode, _versions, _ending in KERAS_2_APART:
    divergence(
        *(f"{form}@{_mode}" for form in forms("BinaryCrossentropy")),
        versions=_versions,
        reference=KERAS_2_BACKEND,
        name=f"keras_2_adds_epsilon_inside_logarithms{_ending}",
        reason=(
            "Adds 1e-7 inside both logarithms, after the clip: a wrong certainty costs 15.42 "
            "(target 1) or 15.33 (target 0), a right one nothing at all.\n\nKeras 3 clips only."
        ),
        by_design="A plain convention: epsilon() is the documented fuzz factor, used twice.",
    )(adds_epsilon_inside_logarithms(EPSILON))

for _mode, _versions, _ending in KERAS_2_FOLDED:
    divergence(
        *(f"{form}@{_mode}" for form in forms("BinaryCrossentropy")),
        versions=_versions,
        reference=KERAS_2_BACKEND,
        name=f"keras_2_folds_epsilon_into_one{_ending}",
        reason=(
            "Adds 1e-7 inside both logarithms, after the clip; compiled, (1 - p) + 1e-7 is "
            "rewritten as (1 + 1e-7) - p, and 1 + 1e-7 is 1 + 2**-23 in float32.\n\n"
            "A wrong certainty with target 0 costs 15.25, eagerly 15.33."
        ),
        defect="Contradicts its own eager mode: the same call gives another number compiled.",
    )(folds_epsilon_into_one(EPSILON))

divergence(
    *forms("CategoricalCrossentropy"),
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    name="keras_2_reciprocal_overflows",
    reason=(
        "The derivative of the logarithm, 1 / p, is infinite in float16 for p below 1.5e-5, and "
        "NaN where the target is 0; of the classes too, which keep float16."
    ),
    defect=(
        "The clipping exists to keep the loss and its gradient finite; the gradient is not, in a "
        "format that Keras offers."
    ),
)(reciprocals_overflow)


@divergence(
    "tensorflow_v2.keras.*parse*",
    versions=KERAS_2,
    reference=KERAS_2_BACKEND,
    defect=(
        "Contradicts itself: without ignore_class, one row without a batch is answered. Mended in "
        "Keras 3."
    ),
)
def keras_2_masks_no_single_row(case: Case) -> type[Exception] | None:
    """With ignore_class, a row without a batch is refused: "mask cannot be scalar"."""
    return ValueError if not case.shape and "ignore_index" in case.options else None


@divergence(
    "tensorflow_v2.keras.Sparse*",
    versions=KERAS_2,
    reference=KERAS_2_LOSS_UTILS,
    defect="Contradicts its own function, which answers. Mended in Keras 3.",
)
def keras_2_squeezes_a_single_class(case: Case) -> type[Exception] | None:
    """A single class is taken for a column of labels: its axis is dropped, then missed."""
    return ValueError if case.prediction.shape[-1] == 1 else None
