"""What an amber or red entry of the matrix opens to: each of its cells, with numbers and input."""

from __future__ import annotations

import dataclasses
import functools
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.counts import Counts, total
from equivalence.report.numbers import compared, figures, input_, inputs, size_of_error
from equivalence.report.smallest import size
from equivalence.report.summary import Cell, severity
from equivalence.report.words import MARKS, short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A cell that differs, in words; or several that say the same.

    Attributes:
        text: How many of its questions differ, the numbers of the smallest input, and the size of
            the worst error, if that is another's.
        input: That input; empty where the page is full.
        case: Of that input; empty where the part says it.
        names: The divergences that explain its worst finding.
        others: How many of its findings have other reasons.
    """

    text: str
    input: str
    case: str
    names: tuple[str, ...]
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of one dtype, or of several that say the same.

    Attributes:
        label: The dtypes.
        case: That of the smallest input, where it is the same in all rows.
        rows: One for each quantity, or for several that say the same; the worst first.
        cells: Whose rows they are.
    """

    label: str
    case: str
    rows: tuple[Row, ...]
    cells: tuple[Cell, ...] = dataclasses.field(compare=False)

    @property
    def fragments(self) -> tuple[str, ...]:
        """The ids of its cells."""
        return tuple(cell.fragment for cell in self.cells)


@dataclass(frozen=True, kw_only=True)
class DrillDown:
    """The amber or red cells of one entry, which differ in dtype and quantity only.

    Attributes:
        cells: Worst first.
        host: The divergence that they stand with.
        brief: Whether the numbers of the inputs are left out, because the page is full.
        like: Another of the same framework and loss whose rows say the same; None if there is none.
    """

    cells: tuple[Cell, ...]
    host: str = ""
    brief: bool = False
    like: DrillDown | None = None

    @property
    def worst(self) -> Cell:
        """The worst cell."""
        return self.cells[0]

    @property
    def fragment(self) -> str:
        """The id on a page."""
        return self.worst.fragment

    @property
    def place(self) -> str:
        """The target kind, the reduction and the mode, in which it differs from its neighbours."""
        worst = self.worst.worst
        return f"{short(worst.target, 60)} {short(worst.reduction, 60)} @{short(worst.mode, 60)}"

    @property
    def names(self) -> tuple[str, ...]:
        """The divergences that explain the cells."""
        return names(self.cells)

    @property
    def counts(self) -> Counts:
        """Counts of the cells' findings."""
        return total(cell.counts for cell in self.cells)

    @functools.cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every cell in words, those that say the same in one row; by dtype, the worst first."""
        alike: dict[tuple[str, Row], list[Cell]] = {}
        for cell in self.cells:
            row = describe(cell, brief=self.brief)
            alike.setdefault((cell.worst.quantity, row), []).append(cell)
        found: dict[tuple[str, ...], dict[Row, list[str]]] = {}
        held: dict[tuple[str, ...], list[Cell]] = {}
        for (quantity, row), cells in alike.items():
            dtypes = tuple(short(cell.worst.dtype, 60) for cell in cells)
            found.setdefault(dtypes, {}).setdefault(row, []).append(short(quantity, 60))
            held.setdefault(dtypes, []).extend(cells)
        return tuple(_part(dtypes, rows, held[dtypes]) for dtypes, rows in found.items())

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all its parts."""
        return tuple(row for part in self.parts for row in part.rows)

    @property
    def fragments(self) -> tuple[str, ...]:
        """The ids of its cells."""
        return tuple(cell.fragment for cell in self.cells)

    @property
    def smallest(self) -> Finding:
        """The finding with the smallest input, of those that show what the worst one shows."""
        worst = self.worst.worst
        alike = [
            cell.smallest
            for cell in self.cells
            if cell.verdict is worst.verdict and cell.worst.divergence == worst.divergence
        ]
        return min(alike, key=size)

    @property
    def input(self) -> str:
        """The smallest known input in full, what came of it, and what the mean divided by."""
        finding = self.smallest
        what = f"{short(finding.dtype, 60)} {short(finding.quantity, 60)}, {self.place}"
        lines = [f"smallest known input  {what}, {short(finding.case)}"]
        lines += compared(finding)
        if finding.detail:
            lines.append(short(finding.detail, 1000))
        if finding.where:
            lines += inputs(finding.where)
        if finding.denominator:
            lines.append(f"divides by  {short(finding.denominator)}")
        return "\n".join(lines)

    @property
    def command(self) -> str:
        """The command that prints the script."""
        return f"equivalence reproduce {shlex.quote(short(self.smallest.name, 2000))}"


def names(cells: Iterable[Cell]) -> tuple[str, ...]:
    """The divergences that explain the worst findings of some cells, each once."""
    found = {name: None for cell in cells for name in cell.worst.divergences}
    return tuple(found)


def drill_downs(cells: Iterable[Cell]) -> list[DrillDown]:
    """The cells by entry: those that differ in dtype and quantity only; the worst entry first."""
    entries: dict[tuple[str, ...], list[Cell]] = {}
    for cell in sorted(cells, key=severity):
        worst = cell.worst
        key = (worst.loss, worst.target, worst.reduction, worst.implementation, worst.mode)
        entries.setdefault(key, []).append(cell)
    return [DrillDown(cells=tuple(entry)) for entry in entries.values()]


def _part(dtypes: tuple[str, ...], rows: dict[Row, list[str]], cells: list[Cell]) -> Part:
    """The rows of some dtypes, each after the names of its quantities."""
    cases = {row.case for row in rows}
    shared = cases.pop() if len(cases) == 1 else ""
    return Part(
        label=", ".join(dtypes),
        case=shared,
        rows=tuple(
            dataclasses.replace(
                row,
                text=f"{', '.join(quantities)} {row.text}",
                case="" if shared else row.case,
            )
            for row, quantities in rows.items()
        ),
        cells=tuple(cells),
    )


def describe(cell: Cell, *, brief: bool = False) -> Row:
    """A cell in a row: how many differ, the numbers of its smallest input, that input, the worst.

    Args:
        cell: One that differs.
        brief: Whether the case stands for its numbers.
    """
    small, worst = cell.smallest, cell.worst
    parts = [f"{MARKS[worst.verdict]} {cell.counts[worst.verdict]}/{cell.counts.asked}"]
    parts.append(figures(small) or short(small.detail, 160))
    if worst is not small and size_of_error(worst) != size_of_error(small):
        parts.append(f"at worst {', '.join(size_of_error(worst))}")
    return Row(
        text=", ".join(filter(None, parts)),
        input=input_(small.where) if small.where and not brief else "",
        case=short(small.case),
        names=names([cell]),
        others=sum(number for name, number in cell.divergences if name != worst.divergence),
    )
