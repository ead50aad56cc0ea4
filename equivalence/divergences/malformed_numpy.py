"""What becomes of malformed questions in NumPy."""

from __future__ import annotations

from equivalence.divergences.divergence import divergence
from equivalence.divergences.misreadings import (
    WEIGHTS,
    Fault,
    broadcasts,
    casts_predictions,
    counts_from_the_end,
    either,
    of_other_length,
    raises,
    takes_numbers,
    takes_real_parts,
)

NUMPY = "https://numpy.org/doc/stable/user/basics.broadcasting.html"
INDEXING = "https://numpy.org/doc/stable/user/basics.indexing.html"
TYPES = "https://numpy.org/doc/stable/reference/ufuncs.html#type-casting-rules"

divergence(
    "textbook.*",
    malformed=True,
    versions="",
    reference=INDEXING,
    name="textbook_counts_labels_from_the_end",
    reason="A label of -1 is the last class, as every negative index counts from the end.",
    by_design="Documented: negative indices count from the end of the array.",
)(counts_from_the_end)

divergence(
    "textbook.*",
    malformed=True,
    versions="",
    reference=NUMPY,
    name="textbook_broadcasts",
    reason=(
        "Shapes that differ are broadcast: targets (N, 1) beside predictions (N,) are N x N "
        "losses, and their mean is that of all pairs."
    ),
    by_design="Documented: arithmetic of arrays broadcasts.",
)(broadcasts)

divergence(
    "textbook.log_of_exp_over_sum",
    malformed=True,
    versions="",
    reference=INDEXING,
    name="textbook_refuses_indices",
    reason=(
        "Labels beyond the array, and labels that are no integers, raise IndexError; so do labels "
        "of another length."
    ),
    by_design="Documented: indices are integers, and inside of the array.",
)(
    either(
        raises(
            IndexError,
            Fault.LABEL,
            Fault.NAN_LABEL,
            Fault.FLOAT_LABELS,
            Fault.FRACTION,
            Fault.COMPLEX_TARGET,
            Fault.WORDS,
        ),
        raises(IndexError, Fault.TARGET_SHAPE, where=of_other_length),
    )
)

divergence(
    "textbook.*",
    malformed=True,
    versions="",
    reference=TYPES,
    name="textbook_takes_any_number",
    reason=(
        "Labels outside [0, 1], NaN, integer predictions (as float64) and complex numbers are put "
        "into the formula as they are."
    ),
    by_design="A plain convention: a formula does not validate what it is given.",
)(either(takes_numbers, casts_predictions("float64"), takes_real_parts))

divergence(
    "textbook.*",
    malformed=True,
    versions="",
    reference=NUMPY,
    name="textbook_refuses_shapes",
    reason="Shapes that cannot be broadcast raise ValueError; labels of another rank do too.",
    by_design="Documented: arrays that do not go together raise ValueError.",
)(raises(ValueError, Fault.TARGET_SHAPE, *WEIGHTS))

divergence(
    "textbook.*",
    malformed=True,
    versions="",
    reference=TYPES,
    name="textbook_refuses_words",
    reason="Words cannot be multiplied: TypeError.",
    by_design="Documented: a ufunc without a loop for a type raises TypeError.",
)(raises(TypeError, Fault.WORDS))
