"""What an amber or red entry of the matrix opens to: its cells, the worst input, and a script."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.counts import Counts, total
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
        script: The reproduction of the first cell's worst finding; empty where the page is full.
    """

    cells: tuple[Cell, ...]
    script: str = ""

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
    def input(self) -> str:
        """The numbers given at the position of the worst error."""
        where = self.worst.worst.where
        return _input(where) if where else ""

    @property
    def denominator(self) -> str:
        """What the mean divides by in the worst finding."""
        return self.worst.worst.denominator

    @property
    def command(self) -> str:
        """The command that prints the script."""
        return f"equivalence reproduce {shlex.quote(short(self.worst.worst.name, 2000))}"

    @property
    def others(self) -> str:
        """The command that prints the other cells' scripts, with what differs in capitals."""
        worst = self.worst.worst
        name = f"{worst.loss}:{worst.target}:{worst.reduction}:DTYPE:QUANTITY:{self.part}:CASE"
        return f"equivalence reproduce {shlex.quote(short(name, 2000))}" if self.cells[1:] else ""


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
    """The worst finding of a cell, line by line: got, exact, error, why, where."""
    worst = cell.worst
    lines = []
    numbers = {"got": worst.got, "exact": worst.exact}
    width = min(30, max((len(number.decimal) for number in numbers.values() if number), default=0))
    lines += [f"{term:<6} {_number(n, width)}" for term, n in numbers.items() if n]
    if worst.error is not None:
        lines.append(_error(worst))
    if worst.detail:
        lines.append(short(worst.detail, 1000))
    count = f"{cell.counts[worst.verdict]}/{cell.counts.asked}"
    verdict = f"{MARKS[worst.verdict]} {worst.verdict} {count}"
    lines.append(f"{verdict}: {short(worst.divergence)}" if worst.divergence else verdict)
    also = [
        f"{short(name)} {number}" for name, number in cell.divergences if name != worst.divergence
    ]
    if also:
        lines.append(f"other cases: {short(', '.join(also))}")
    lines.append(f"case {short(worst.case)}")
    return "\n".join(lines)


def _number(number: Number, width: int = 0) -> str:
    return f"{short(number.decimal, 60):<{width}}  {short(hexadecimal(number), 40)}"


def _numbers(term: str, numbers: tuple[Number, ...]) -> list[str]:
    """Numbers in decimal and hexadecimal, under a term; narrow enough for a phone."""
    width = max((len(number.decimal) for number in numbers), default=0)
    lines = [_number(number, min(width, 30)) for number in numbers[:INPUTS]]
    rest = len(numbers) - INPUTS
    lines += [f"… {rest:,} more"] if rest > 0 else []
    return [f"{term}  {lines[0]}"] if len(lines) == 1 else [term, *(f"  {line}" for line in lines)]


def _input(where: Where) -> str:
    lines = []
    if where.prediction:
        lines += _numbers("prediction", where.prediction)
    if where.target:
        lines += _numbers("target", where.target)
    if where.index:
        lines.append(f"position  [{', '.join(map(str, where.index))}]")
    return "\n".join(lines)


def _error(finding: Finding) -> str:
    error = magnitude(finding.error)
    if math.isinf(error):
        return "error  infinite: one of the two is not a finite number"
    parts = []
    if finding.ulps is not None:
        parts.append(f"{figure(magnitude(finding.ulps))} ulps")
    if finding.bound is not None:
        parts.append(f"{times_bound(share(finding))} {figure(magnitude(finding.bound))}")
    if ratio := _ratio(finding):
        parts.append(f"got is {ratio} times exact")
    return f"error  {figure(error)}" + (f": {listed(parts)}" if parts else "")


def _ratio(finding: Finding) -> str:
    """Got over exact where that says something: for numbers that are not next to each other."""
    got, exact = magnitude(finding.got), magnitude(finding.exact)
    if not (math.isfinite(got) and math.isfinite(exact)) or not exact or not got:
        return ""
    ratio = got / exact
    return f"{ratio:.7g}" if math.isfinite(ratio) and abs(ratio - 1) > 1e-4 else ""  # in print only
