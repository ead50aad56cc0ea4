"""What a case needs of whoever is asked: a shape, options, dtypes, and that it looks first."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.case import SEGMENTATION_ENDING, SPARSE, encoding
from equivalence.exact import FORMATS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

UNBATCHED, ROWS, COLUMNS, SEGMENTATION = "unbatched", "rows", "columns", "segmentation"
EVERY_SHAPE = frozenset((UNBATCHED, ROWS, COLUMNS, SEGMENTATION))
_REMEMBERED = 4096  # cases whose needs are kept: many are asked about the same one
SAMPLE_WEIGHTS = frozenset(("scalar_weight", "sample_weight", "position_weight", "column_weight"))


def leaves_buffers(case: Case) -> bool:
    """Whether code that trusts lengths and labels leaves its arrays.

    Arrays of another rank or dtype are something else: no buffer is made of them.
    """
    sparse = encoding(case.target_kind) == SPARSE
    lengths = [(case.target.shape, case.shape if sparse else case.prediction.shape)]
    if case.weights is not None:
        lengths.append((case.weights.shape, case.shape))
    if any(len(given) == len(due) and given != due for given, due in lengths):
        return True
    if not sparse or case.target.dtype.kind not in "iuf":
        return False
    return not bool(np.all((case.target >= 0) & (case.target < case.prediction.shape[-1])))


@functools.lru_cache(maxsize=_REMEMBERED)
def options_of(case: Case) -> frozenset[str]:
    """The names of the options that a case uses, the kind of its sample weights among them."""
    names = set(case.options)
    if case.weights is not None:
        weights = np.shape(case.weights)
        if not weights:
            names.add("scalar_weight")
        elif len(weights) > 1 and weights == case.shape:
            names.add("position_weight")
        elif (weights[0] == 1 and case.shape[0] != 1) or (len(weights) > 1 and weights[-1] > 1):
            names.add("column_weight")
        else:
            names.add("sample_weight")
    return frozenset(names)


@functools.lru_cache(maxsize=_REMEMBERED)
def dtypes_of(case: Case) -> tuple[str, ...]:
    """The floating-point formats of a case: its own, and those of its target and weights."""
    arrays = [array for array in (case.target, case.weights) if array is not None]
    others = {array.dtype.name for array in arrays} & set(FORMATS)
    return (case.dtype, *sorted(others - {case.dtype}))


@functools.lru_cache(maxsize=_REMEMBERED)
def shape_of(case: Case) -> str:
    """What the shape of the terms is called."""
    if not case.shape:
        return UNBATCHED
    if case.target_kind.endswith(SEGMENTATION_ENDING):
        return SEGMENTATION
    return ROWS if len(case.shape) == 1 else COLUMNS
