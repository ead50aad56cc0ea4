"""What each mean divides by, and how often that is what was asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.losses.reduction import REDUCTIONS
from equivalence.report.matrix import by
from equivalence.report.rows import denominators
from equivalence.report.words import magnitude

if TYPE_CHECKING:
    from equivalence.report.summary import Cell, Summary
    from equivalence.results import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisor:
    """How often an implementation's mean divided by a denominator.

    Attributes:
        number: Of its findings.
        asked: How many of them asked for this denominator.
        ratios: The smallest and the largest ratio of what was got to what was asked for, of the
            values that were divided by it instead; None if there is none.
    """

    number: int
    asked: int
    ratios: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Divisors:
    """What each mean divides by.

    Attributes:
        denominators: The columns, the most frequent first.
        groups: For each loss its implementations, each with one entry for each denominator.
    """

    denominators: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[tuple[str, ...], tuple[Divisor | None, ...]], ...]], ...]


def _ratios(run: Run) -> dict[tuple[str, str, str], tuple[float, float]]:
    """What was got over what was asked for, by loss, implementation and denominator.

    If there are findings that one reason explains, of these: another reason moves the ratio too.
    Where the catalogue had nothing to explain, both denominators gave the same number.
    """
    alone: dict[tuple[str, str, str], tuple[float, float]] = {}
    others: dict[tuple[str, str, str], tuple[float, float]] = {}
    for finding in run.findings:
        asked = REDUCTIONS.get(finding.reduction)
        if (
            finding.quantity != "value"
            or not finding.divergence
            or not finding.denominator
            or not asked
            or finding.denominator == asked.denominator
        ):
            continue
        got, exact = magnitude(finding.got), magnitude(finding.exact)
        if not (math.isfinite(got) and math.isfinite(exact)) or not exact:
            continue
        key = (finding.loss, finding.implementation, finding.denominator)
        found = others if len(finding.divergences) > 1 else alone
        low, high = found.get(key, (math.inf, -math.inf))
        found[key] = min(low, got / exact), max(high, got / exact)
    return others | alone


def _divisor(cells: list[Cell], words: str, ratios: tuple[float, float] | None) -> Divisor | None:
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
    return Divisor(number=number, asked=asked, ratios=ratios) if number else None


def divisors(run: Run, summary: Summary, losses: tuple[str, ...]) -> Divisors:
    """What each implementation's mean divides by, its modes taken together.

    Args:
        run: Whose findings give the observed ratios.
        summary: Of the run.
        losses: The order of the losses.
    """
    columns = tuple(words for words, _ in denominators(summary.cells))
    order = [part.name for part in summary.frameworks]
    known = {name: place for place, name in enumerate(losses)}
    groups = by(
        (cell for cell in summary.cells if cell.denominators), "loss", "framework", "implementation"
    )
    ratios = _ratios(run)
    rows: dict[str, dict[tuple[Divisor | None, ...], list[str]]] = {}
    for loss, framework, name in sorted(
        groups, key=lambda key: (known.get(key[0], len(known)), key[0], order.index(key[1]), key[2])
    ):
        cells = groups[loss, framework, name]
        entries = tuple(
            _divisor(cells, words, ratios.get((loss, name, words))) for words in columns
        )
        rows.setdefault(loss, {}).setdefault(entries, []).append(name)
    return Divisors(
        denominators=columns,
        groups=tuple(
            (loss, tuple((tuple(names), entries) for entries, names in group.items()))
            for loss, group in rows.items()
        ),
    )
