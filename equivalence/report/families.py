"""Families: implementations that return the same bits for every question that they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.results import Run

FEWEST = 10  # answers in common: fewer say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Implementations with identical bits.

    Attributes:
        loss: What they compute.
        members: implementation@mode, sorted.
        shared: Answers that each pair of them has in common: the fewest, and the most.
    """

    loss: str
    members: tuple[str, ...]
    shared: tuple[int, int]


def families(run: Run) -> tuple[Family, ...]:
    """The families of a run: every two members share answers, and all that they share is equal.

    An implementation joins the first family that it fits, in the order of their names.
    """
    answered: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
    for finding in run.findings:
        if finding.bits:
            key = (finding.loss, f"{finding.implementation}@{finding.mode}")
            answered.setdefault(key, {})[finding.digest, finding.quantity] = finding.bits
    groups: dict[str, list[list[str]]] = {}
    for loss, name in sorted(answered):
        mine = answered[loss, name]
        for group in groups.setdefault(loss, []):
            if all(_same(mine, answered[loss, other]) >= FEWEST for other in group):
                group.append(name)
                break
        else:
            groups[loss].append([name])
    found = []
    for loss, grouped in groups.items():
        for group in grouped:
            if len(group) > 1:
                counts = [
                    _same(answered[loss, one], answered[loss, other])
                    for place, one in enumerate(group)
                    for other in group[place + 1 :]
                ]
                shared = (min(counts), max(counts))
                found.append(Family(loss=loss, members=tuple(group), shared=shared))
    return tuple(found)


def _same(one: dict[tuple[str, str], str], other: dict[tuple[str, str], str]) -> int:
    """How many answers two have in common; 0 if any of them differs."""
    small, large = sorted((one, other), key=len)
    common = [(bits, large[key]) for key, bits in small.items() if key in large]
    return len(common) if all(mine == theirs for mine, theirs in common) else 0
