"""What each mean divides by, and how often that is what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.losses.reduction import REDUCTIONS
from equivalence.report.matrix import by, denominators

if TYPE_CHECKING:
    from equivalence.report.summary import Cell, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisor:
    """How often an implementation's mean divided by a denominator.

    Attributes:
        number: Of its findings.
        asked: How many of them asked for this denominator.
    """

    number: int
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisors:
    """What each mean divides by.

    Attributes:
        denominators: The columns, the most frequent first.
        groups: For each loss its implementations, each with one entry for each denominator.
    """

    denominators: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, tuple[Divisor | None, ...]], ...]], ...]


def _divisor(cells: list[Cell], words: str) -> Divisor | None:
    counts = [
        (counts.asked, REDUCTIONS.get(cell.worst.reduction))
        for cell in cells
        for name, counts in cell.denominators
        if name == words
    ]
    number = sum(asked for asked, _ in counts)
    asked = sum(
        asked for asked, reduction in counts if reduction and reduction.denominator == words
    )
    return Divisor(number=number, asked=asked) if number else None


def divisors(summary: Summary, losses: tuple[str, ...]) -> Divisors:
    """What each implementation's mean divides by, its modes taken together.

    Args:
        summary: Of the run.
        losses: The order of the losses.
    """
    columns = tuple(words for words, _ in denominators(summary.cells))
    order = [part.name for part in summary.frameworks]
    known = {name: place for place, name in enumerate(losses)}
    groups = by(
        (cell for cell in summary.cells if cell.denominators), "loss", "framework", "implementation"
    )
    rows: dict[str, list[tuple[str, tuple[Divisor | None, ...]]]] = {}
    for loss, framework, name in sorted(
        groups, key=lambda key: (known.get(key[0], len(known)), key[0], order.index(key[1]), key[2])
    ):
        cells = groups[loss, framework, name]
        rows.setdefault(loss, []).append((name, tuple(_divisor(cells, words) for words in columns)))
    return Divisors(
        denominators=columns, groups=tuple((loss, tuple(group)) for loss, group in rows.items())
    )
