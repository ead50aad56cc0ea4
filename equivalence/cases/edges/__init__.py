"""Edges: the ends of what can be asked, in values, options, sizes and dtypes, and beyond them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from equivalence.cases.case import SEGMENTATION_ENDING, Case, Encoding
from equivalence.cases.edges import options, probabilities, targets, values, weights
from equivalence.cases.edges.edge import EDGES, ORIGIN, Edge, edge, edge_cases, encodings
from equivalence.cases.generation import DTYPES, named_reduction
from equivalence.losses import LOSSES, MEAN, NONE, SUM

if TYPE_CHECKING:
    from equivalence.losses import Loss

# The quick profile asks each edge in one dtype, of the terms and of their mean.
_QUICK = (("float32",), (NONE, MEAN))
_FULL = (DTYPES, (NONE, SUM, MEAN))


@functools.cache
def asked(loss: Loss, profile: str, *, large: bool = True) -> tuple[Case, ...]:
    """The cases of every edge of a loss in a profile, the large ones among them if wanted."""
    dtypes, reductions = _QUICK if profile == "quick" else _FULL
    return tuple(
        case
        for one in EDGES.values()
        if not one.large or (large and profile != "quick")
        for encoding in encodings(loss)
        for dtype in dtypes
        for case in edge_cases(one, loss, encoding, dtype, reductions)
    )


def edge_case(loss: str, kind: str, reduction: str, dtype: str, origin: str) -> Case:
    """The case of an edge's name, made again; the parts are those of ``Case.id``.

    Raises:
        ValueError: If there is no such case; the message names the part, and what there is.
    """
    name = origin.removeprefix(f"{ORIGIN}.")
    wanted = f"{loss}:{kind}:{reduction}:{dtype}:{origin}"
    if name not in EDGES:
        message = f"{name!r} in {wanted} is no edge; there are {', '.join(EDGES)}"
        raise ValueError(message)
    try:
        encoding = Encoding[kind.removesuffix(SEGMENTATION_ENDING).upper()]
        asked_for = LOSSES[loss]
    except KeyError as error:
        message = f"{error.args[0]!r} in {wanted} is unknown"
        raise ValueError(message) from error
    if encoding in encodings(asked_for) and dtype in DTYPES:
        for case in edge_cases(
            EDGES[name], asked_for, encoding, dtype, (named_reduction(reduction),)
        ):
            if case.target_kind == kind:
                return case
    message = f"the edge {name!r} does not ask {wanted}"
    raise ValueError(message)


__all__ = [
    "EDGES",
    "ORIGIN",
    "Edge",
    "asked",
    "edge",
    "edge_case",
    "options",
    "probabilities",
    "targets",
    "values",
    "weights",
]
