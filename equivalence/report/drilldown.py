"""What an amber or red entry of the matrix opens to: its cells, the worst input, and a script."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.counts import Counts, total
from equivalence.report.smallest import size
from equivalence.report.summary import Cell, severity, share
from equivalence.report.words import (
    MARKS,
    figure,
    hexadecimal,
    listed,
    magnitude,
    short,
    times_bound,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.exact import Number
    from equivalence.finding import Finding, Where

INPUTS = 16  # numbers of an input that are printed
JOIN = " + "  # between the names of divergences that explain one finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillDown:
    """The amber or red cells of one entry, which differ in dtype and quantity only.

    Attributes:
        cells: Worst first, each to be shown with its worst finding.
        script: The reproduction of the smallest finding; empty where the page is full.
        brief: Whether each cell is told in one line, because the page is full.
        like: The fragment of a drill-down of the same implementation that has a script.
    """

    cells: tuple[Cell, ...]
    script: str = ""
    brief: bool = False
    like: str = ""

    @property
    def worst(self) -> Cell:
        """The worst cell."""
        return self.cells[0]

    @property
    def part(self) -> str:
        """The implementation@mode."""
        return f"{self.worst.worst.implementation}@{self.worst.worst.mode}"

    @property
    def names(self) -> tuple[str, ...]:
        """The divergences that explain the cells."""
        return names(self.cells)

    @property
    def counts(self) -> Counts:
        """Counts of the cells' findings."""
        return total(cell.counts for cell in self.cells)

    @property
    def described(self) -> tuple[tuple[Cell, str], ...]:
        """Its cells, each in words."""
        return tuple((cell, (_briefly if self.brief else describe)(cell)) for cell in self.cells)

    @property
    def smallest(self) -> Finding:
        """The finding with the smallest input, of those that show what the worst one shows."""
        alike = [cell.smallest for cell in self.cells if cell.verdict is self.worst.verdict]
        return min(alike, key=size)

    @property
    def input(self) -> str:
        """The smallest known input, what came of it, and what the mean divided by."""
        finding = self.smallest
        what = f"{short(finding.dtype, 60)} {short(finding.quantity, 60)}, {short(finding.case)}"
        lines = [f"smallest known input  {what}"]
        if not self.script and finding not in [cell.worst for cell in self.cells]:
            lines += _compared(finding)
        if finding.where:
            lines += _input(finding.where)
        if finding.denominator:
            lines.append(f"divides by  {short(finding.denominator)}")
        return "\n".join(lines)

    @property
    def command(self) -> str:
        """The command that prints the script."""
        return f"equivalence reproduce {shlex.quote(short(self.smallest.name, 2000))}"


def names(cells: Iterable[Cell]) -> tuple[str, ...]:
    """The divergences that explain the worst findings of some cells, each once."""
    found = {name: None for cell in cells for name in cell.worst.divergence.split(JOIN) if name}
    return tuple(found)


def drill_downs(cells: Iterable[Cell]) -> list[DrillDown]:
    """The cells by entry: those that differ in dtype and quantity only; the worst entry first."""
    entries: dict[tuple[str, ...], list[Cell]] = {}
    for cell in sorted(cells, key=severity):
        worst = cell.worst
        key = (worst.loss, worst.target, worst.reduction, worst.implementation, worst.mode)
        entries.setdefault(key, []).append(cell)
    return [DrillDown(cells=tuple(entry)) for entry in entries.values()]


def describe(cell: Cell) -> str:
    """The worst finding of a cell, line by line: why, got, exact, error, case."""
    worst = cell.worst
    count = f"{cell.counts[worst.verdict]}/{cell.counts.asked}"
    verdict = f"{MARKS[worst.verdict]} {worst.verdict} {count}"
    lines = [f"{verdict}: {short(worst.divergence)}" if worst.divergence else verdict]
    lines += _compared(worst)
    if worst.detail:
        lines.append(short(worst.detail, 1000))
    others = sum(number for name, number in cell.divergences if name != worst.divergence)
    if others:
        lines[0] += f"; {others} for other reasons"
    lines.append(f"case  {short(worst.case)}")
    return "\n".join(lines)


def _briefly(cell: Cell) -> str:
    """The worst finding of a cell on one line."""
    worst = cell.worst
    count = f"{cell.counts[worst.verdict]}/{cell.counts.asked}"
    parts = [f"{MARKS[worst.verdict]} {worst.verdict} {count}"]
    parts += [f"{figure(cell.ulps)} ulps"] if math.isfinite(cell.ulps) else []
    return ", ".join([*parts, short(worst.case, 100)])


def _compared(finding: Finding) -> list[str]:
    """What was got, what is exact, and how far apart they are."""
    numbers = {"got": finding.got, "exact": finding.exact}
    lines = [f"{term:<5} {_number(n)}" for term, n in numbers.items() if n]
    return [*lines, _error(finding)] if finding.error is not None else lines


def _number(number: Number, width: int = 0) -> str:
    return f"{short(number.decimal, 60):<{width}}  {short(hexadecimal(number), 40)}"


def _numbers(term: str, numbers: tuple[Number, ...]) -> list[str]:
    """Numbers in decimal and hexadecimal, under a term; narrow enough for a phone."""
    width = max((len(number.decimal) for number in numbers), default=0)
    lines = [_number(number, min(width, 30)) for number in numbers[:INPUTS]]
    rest = len(numbers) - INPUTS
    lines += [f"… {rest:,} more"] if rest > 0 else []
    return [f"{term}  {lines[0]}"] if len(lines) == 1 else [term, *(f"  {line}" for line in lines)]


def _input(where: Where) -> list[str]:
    lines = []
    if where.prediction:
        lines += _numbers("prediction", where.prediction)
    if where.target:
        lines += _numbers("target", where.target)
    if where.index:
        lines.append(f"position  [{', '.join(map(str, where.index))}]")
    return lines


def _error(finding: Finding) -> str:
    error = magnitude(finding.error)
    if math.isinf(error):
        return "error infinite: one of the two is not a finite number"
    parts = []
    if finding.ulps is not None:
        parts.append(f"{figure(magnitude(finding.ulps))} ulps")
    if finding.bound is not None:
        parts.append(times_bound(share(finding)))
    if ratio := _ratio(finding):
        parts.append(f"got is {ratio} times exact")
    return f"error {figure(error)}" + (f": {listed(parts)}" if parts else "")


def _ratio(finding: Finding) -> str:
    """Got over exact where that says something: for numbers that are not next to each other."""
    got, exact = magnitude(finding.got), magnitude(finding.exact)
    if not (math.isfinite(got) and math.isfinite(exact)) or not exact or not got:
        return ""
    ratio = got / exact
    return f"{ratio:.7g}" if math.isfinite(ratio) and abs(ratio - 1) > 1e-4 else ""  # in print only
