"""Which cells of a loss an implementation does not offer, and why."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.case import SEGMENTATION_ENDING, SOFT, SOFT_BINARY, Encoding
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.cases.generation import levels
from equivalence.finding import Finding, Verdict
from equivalence.implementations.framework import columns
from equivalence.implementations.needs import SAMPLE_WEIGHTS, SEGMENTATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.implementations import Implementation


# Second derivatives are asked of few cases only: nobody is said not to have them.
LISTED = QUANTITIES[:4]
WEIGHTS = SAMPLE_WEIGHTS | {"weight", "pos_weight"}


class _Cell(NamedTuple):
    encoding: Encoding
    ending: str
    reduction: str
    quantity: str
    dtype: str


def inapplicable(implementation: Implementation) -> Iterator[Finding]:
    """One finding for each cell of its loss that an implementation does not offer, with why."""
    encodings, _, dtypes, _, _, reductions = levels(implementation.loss)
    endings = ("", SEGMENTATION_ENDING)
    siblings = _siblings(implementation)
    for cell in map(_Cell._make, itertools.product(encodings, endings, reductions, LISTED, dtypes)):
        elsewhere = cell.reduction in siblings and cell.reduction not in implementation.reductions
        hard = cell.encoding not in SOFT | SOFT_BINARY
        reason = _declines(implementation, cell)
        if not reason or elsewhere or (hard and cell.quantity == "target_gradient"):
            continue
        if cell.quantity == WEIGHT_GRADIENT and not implementation.options & WEIGHTS:
            continue
        for mode in implementation.offered_modes:
            yield Finding(
                loss=implementation.loss.name,
                target=str(cell.encoding.name).lower() + cell.ending,
                reduction=cell.reduction,
                denominator="",
                dtype=cell.dtype,
                quantity=cell.quantity,
                implementation=implementation.name,
                framework=implementation.framework.name,
                mode=mode,
                case="",
                digest="",
                verdict=Verdict.INAPPLICABLE,
                detail=reason,
            )


def _siblings(implementation: Implementation) -> set[str]:
    """The reductions that the other columns of the same function offer."""
    return {reduction for known in columns(implementation) for reduction in known.reductions}


def _declines(implementation: Implementation, cell: _Cell) -> str:
    """Why a cell is not offered, in words; empty if it is."""
    if cell.dtype not in implementation.dtypes:
        return f"has no {cell.dtype}"
    if cell.encoding not in implementation.targets:
        return f"takes no {str(cell.encoding.name).lower()} targets"
    if cell.ending and SEGMENTATION not in implementation.shapes:
        return "takes no segmentation shape"
    if cell.reduction not in implementation.reductions:
        return f"has no reduction {cell.reduction}"
    if lacking := implementation.lacking(cell.reduction, dtypes=(cell.dtype,)):
        return lacking
    if cell.quantity != "value" and not implementation.differentiates:
        return f"{implementation.framework} has no gradient"
    if cell.quantity == "target_gradient" and not implementation.differentiates_target:
        return "has no gradient with respect to the target"
    return ""
