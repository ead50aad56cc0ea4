"""The smallest known input: of several findings that show the same, the one with least numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equivalence.cases.generation import SHAPES
from equivalence.cases.pinned import ORIGIN

if TYPE_CHECKING:
    from equivalence.finding import Finding


def size(finding: Finding) -> float:
    """About how many numbers the input of a finding has, by the name of its case.

    Pinned cases come first: they were made small, to be read.
    """
    parts = finding.case.split(".")
    if parts[0] == ORIGIN:
        return 0.0
    if len(parts) != 4 or parts[1] not in SHAPES:
        return math.inf
    terms, classes = SHAPES[parts[1]]
    options = 0 if parts[2] == "plain" else len(parts[2].split("+"))
    return float(math.prod(terms) * max(classes, default=1) + options)


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
