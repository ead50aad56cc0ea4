"""Edges: the ends of what can be asked, in values, options, sizes and dtypes, and beyond them."""

from __future__ import annotations

import functools
import zlib
from typing import TYPE_CHECKING

from equivalence.cases.case import (
    BINARY,
    SEGMENTATION_ENDING,
    SPARSE,
    Case,
    Encoding,
    encoding,
)
from equivalence.cases.edges import (
    dtypes,
    malformed,
    malformed_shapes,
    options,
    probabilities,
    sizes,
    targets,
    values,
    weights,
)
from equivalence.cases.edges.edge import EDGES, ORIGIN, Edge, edge, edge_cases, encodings
from equivalence.cases.generation import DTYPES, named_reduction
from equivalence.losses import LOSSES, MEAN, NONE, SUM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.losses import Loss

# The quick profile asks each edge in one dtype, of the terms and of their mean.
_QUICK = (("float32",), (NONE, MEAN))
_FULL = (DTYPES, (NONE, SUM, MEAN))
PAIRS = 2


@functools.cache
def asked(loss: Loss, profile: str, *, large: bool = True) -> tuple[Case, ...]:
    """The cases of every edge of a loss in a profile, the large ones among them if wanted."""
    dtypes, reductions = _QUICK if profile == "quick" else _FULL
    return tuple(
        case
        for one in EDGES.values()
        if not one.large or (large and profile != "quick")
        for how in encodings(loss)
        for dtype in dtypes
        for case in edge_cases(
            one, loss, how, dtype, tuple(r for r in reductions if r in one.reductions)
        )
    )


@functools.cache
def yours(loss: Loss) -> tuple[Case, ...]:
    """The edges that the quick profile asks of an implementation of your own.

    They are few, and such that a plain formula is right there: sizes, options, weights.
    """
    return tuple(
        case
        for one in EDGES.values()
        for how in encodings(loss)
        for dtype, reduction in one.yours
        for case in edge_cases(one, loss, how, dtype, (reduction,))
    )


def plain(case: Case) -> bool:
    """Whether a case is well-formed, or one that the quick profile asks too."""
    dtypes, reductions = _QUICK
    return not case.malformed or (case.dtype in dtypes and case.reduction in reductions)


def covering(
    cases: Iterable[Case], strength: int, seed: str, *, every_kind: bool = True
) -> tuple[Case, ...]:
    """Of each edge so many cases as many levels are asked together.

    An edge, a dtype and a reduction are levels. Of pairs, each dtype is asked under one of the
    reductions, in turn, and each reduction in one dtype at least; of levels alone, one case. That
    is so in every kind of target; where it is not to be in every one, the kind is a level, too. The
    seed chooses the first, so that other implementations ask other ones. Cases that are no edges
    stay.
    """
    kinds_apart = every_kind or strength > 1
    cases = tuple(cases)
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        if case.origin.startswith(f"{ORIGIN}."):
            name = (case.origin, case.target_kind) if kinds_apart else (case.origin,)
            groups.setdefault(name, []).append(case)
    kept = {
        id(case)
        for (name, group) in groups.items()
        for case in _chosen(group, strength, (seed, *name))
    }
    return tuple(
        case for case in cases if id(case) in kept or not case.origin.startswith(f"{ORIGIN}.")
    )


def _chosen(cases: list[Case], strength: int, seed: tuple[str, ...]) -> list[Case]:
    """One of the cases, or every dtype and every reduction once, or all."""
    turn = zlib.crc32(":".join(seed).encode())
    if strength == 1:
        return [cases[turn % len(cases)]]
    if strength > PAIRS:
        return cases
    group = {(case.dtype, case.reduction.name): case for case in cases}
    chosen: set[tuple[str, str]] = set()
    for place in (0, 1):  # each dtype under one of its reductions; then what reduction is left
        for number, level in enumerate(dict.fromkeys(pair[place] for pair in group)):
            if level not in {pair[place] for pair in chosen}:
                offered = [pair for pair in group if pair[place] == level]
                chosen.add(offered[(turn + number) % len(offered)])
    return [group[pair] for pair in chosen]


def of_one_dtype(case: Case) -> bool:
    """Whether its targets and weights have the dtype of its predictions; class indices int64."""
    target = "int64" if encoding(case.target_kind) in SPARSE else case.dtype
    weights = case.dtype if case.weights is None else case.weights.dtype.name
    return case.target.dtype.name == target and weights == case.dtype


@functools.cache
def labels_out_of_range(loss: Loss, kind: str) -> tuple[Case, ...]:
    """The malformed questions whose shapes are right, and whose labels are not: what is compiled.

    Code that is compiled checks shapes and types while it is made, as other modes do; whether it
    looks at the labels when it is run is another question.

    Args:
        loss: Whose labels.
        kind: Of the reduction: ``"none"`` or ``"mean"``.
    """
    return tuple(
        case
        for case in asked(loss, "quick", large=False)
        if case.malformed
        and case.reduction.kind == kind
        and encoding(case.target_kind) in SPARSE | BINARY
        and case.target.shape == case.shape
        and case.target.dtype.kind in "if"
        and case.prediction.dtype.name == case.dtype
        and case.weights is None
        and not case.options
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
        how = Encoding[kind.removesuffix(SEGMENTATION_ENDING).upper()]
        asked_for = LOSSES[loss]
    except KeyError as error:
        message = f"{error.args[0]!r} in {wanted} is unknown"
        raise ValueError(message) from error
    if how in encodings(asked_for) and dtype in DTYPES:
        for case in edge_cases(EDGES[name], asked_for, how, dtype, (named_reduction(reduction),)):
            if case.target_kind == kind:
                return case
    message = f"the edge {name!r} does not ask {wanted}"
    raise ValueError(message)


__all__ = [
    "EDGES",
    "ORIGIN",
    "Edge",
    "asked",
    "covering",
    "dtypes",
    "edge",
    "edge_case",
    "labels_out_of_range",
    "malformed",
    "malformed_shapes",
    "of_one_dtype",
    "options",
    "plain",
    "probabilities",
    "sizes",
    "targets",
    "values",
    "weights",
    "yours",
]
