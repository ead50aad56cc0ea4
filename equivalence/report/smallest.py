"""The smallest known input: of several findings that show the same, the one with least numbers."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from equivalence.cases import edges, pinned
from equivalence.cases.generation import SHAPES
from equivalence.cases.named import named

if TYPE_CHECKING:
    from equivalence.finding import Finding

FEW = 16  # numbers of a case that are read at a glance


def size(finding: Finding) -> float:
    """About how many numbers the input of a finding has, by the name of its case.

    Small pinned cases and edges come first: they were made to be read.
    """
    parts = finding.case.split(".")
    if parts[0] in {pinned.ORIGIN, edges.ORIGIN}:
        asked = finding.loss, finding.target, finding.reduction, finding.dtype
        numbers = _written(*asked, finding.case)
        return 0.0 if numbers <= FEW else numbers
    if len(parts) != 4 or parts[1] not in SHAPES:
        return math.inf
    terms, classes = SHAPES[parts[1]]
    options = 0 if parts[2] == "plain" else len(parts[2].split("+"))
    return float(math.prod(terms) * max(classes, default=1) + options)


@functools.lru_cache(maxsize=4096)
def _written(loss: str, target: str, reduction: str, dtype: str, case: str) -> float:
    """How many numbers a pinned case or an edge has; infinitely many if it is a large edge."""
    edge = edges.EDGES.get(case.partition(".")[2])
    if edge is not None and edge.large:
        return math.inf
    try:
        return float(named(loss, target, reduction, dtype, case).prediction.size)
    except ValueError:  # of another version of this package
        return math.inf


def smallest(worst: Finding, findings: list[Finding]) -> Finding:
    """The finding with the smallest input that has the verdict and the reasons of the worst one.

    Among equals it is the worst, then the first by name.
    """
    alike = [
        finding
        for finding in findings
        if finding.verdict is worst.verdict and finding.divergence == worst.divergence
    ]
    return min(alike, key=lambda f: (size(f), f is not worst, f.name), default=worst)
