"""The rows of a table of the matrix: what an implementation answered, and who answered the same."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.report.counts import Counts, total
from equivalence.report.narrow import Item, items, measure
from equivalence.report.permalinks import EACH
from equivalence.report.summary import Cell, severity

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Cells that are shown as one: the gravest of their verdicts, opening to all of them.

    Attributes:
        cells: At least one; in a table of implementations they differ in dtype and quantity only.
    """

    cells: tuple[Cell, ...]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The cells that were asked, those of one verdict together."""
        return items(self)

    @cached_property
    def worst(self) -> Cell:
        """The gravest cell."""
        return min(self.cells, key=severity)

    @cached_property
    def findings(self) -> Counts:
        """Counts of the findings of all the cells."""
        return total(cell.counts for cell in self.cells)

    @cached_property
    def asked(self) -> tuple[Cell, ...]:
        """The cells in which anything was asked."""
        return tuple(cell for cell in self.cells if cell.verdict.asked)

    @property
    def fragments(self) -> tuple[str, ...]:
        """The ids of the cells that are told of here, and in no drill-down."""
        return tuple(cell.fragment for cell in self.asked if not _differs(cell))

    @property
    def overflow(self) -> tuple[str, ...]:
        """Those for which there is no room at the items that show the cells."""
        return tuple(one for item in self.items for one in item.fragments[EACH:])

    @property
    def differing(self) -> int:
        """Per cent of the findings that do not agree; 1 at least if there is one."""
        counts = self.findings
        number = counts.catalogued + counts.failing
        return max(1, round(100 * number / counts.asked)) if number else 0

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict."""
        return self.worst.verdict

    @property
    def share(self) -> float:
        """The largest error as a fraction of the bound."""
        shares = [cell.share for cell in self.cells if cell.share == cell.share]
        return max(shares, default=float("nan"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one implementation@mode answered; or several, where all their cells say the same.

    Attributes:
        names: Of the implementations, each with its mode.
        entries: For each column an entry, or None if it has none.
        like: The rows of the others.
    """

    names: tuple[tuple[str, str], ...]
    entries: tuple[Entry | None, ...]
    like: tuple[Row, ...] = ()

    @property
    def counts(self) -> Counts:
        """Counts of the findings of each of them."""
        return total(entry.findings for entry in self.entries if entry)

    @property
    def total(self) -> Counts:
        """Counts of the findings of all of them."""
        return total([self.counts, *(row.counts for row in self.like)])

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that it holds."""
        return tuple(mode for _, mode in self.names)

    @property
    def implementations(self) -> dict[str, list[str]]:
        """The modes of each implementation."""
        found: dict[str, list[str]] = {}
        for implementation, mode in self.names:
            found.setdefault(implementation, []).append(mode)
        return found

    @property
    def runs(self) -> tuple[tuple[Entry | None, int, tuple[str, ...]], ...]:
        """The entries, those in a row that hold nothing, or nothing that was asked, as one.

        Each with the ids that are not at its items: of cells of this row and of those like it.
        """
        found: list[tuple[Entry | None, int, tuple[str, ...]]] = []
        for place, entry in enumerate(self.entries):
            empty = entry is None or not entry.asked
            before = found[-1][0] if found else None
            same = (before is None) == (entry is None) and (before is None or not before.asked)
            if found and empty and same:
                found[-1] = (before, found[-1][1] + 1, ())
            else:
                others = [row.entries[place] for row in self.like]
                ids = entry.overflow if entry else ()
                ids += tuple(one for other in others if other for one in other.fragments)
                found.append((entry, 1, ids))
        return tuple(found)

    @property
    def denominators(self) -> tuple[tuple[str, Counts], ...]:
        """What its mean divides by: the most frequent denominator first."""
        return denominators(cell for entry in self.entries if entry for cell in entry.cells)


def denominators(cells: Iterable[Cell]) -> tuple[tuple[str, Counts], ...]:
    """The denominators of some cells with the counts of their findings, the most frequent first."""
    found: dict[str, list[Counts]] = {}
    for cell in cells:
        for words, counts in cell.denominators:
            found.setdefault(words, []).append(counts)
    totals = {words: total(counts) for words, counts in found.items()}
    return tuple(sorted(totals.items(), key=lambda item: (-item[1].asked, item[0])))


def _differs(cell: Cell) -> bool:
    return cell.verdict.fails or cell.verdict.catalogued


def _said(row: Row) -> Hashable:
    """What a row says of every cell that was asked."""
    return row.denominators, tuple(
        None if entry is None else tuple(map(_said_of, entry.asked)) or entry.verdict
        for entry in row.entries
    )


def _said_of(cell: Cell) -> Hashable:
    worst, small = cell.worst, cell.smallest
    said = (worst.dtype, worst.quantity, cell.counts)
    if not _differs(cell):
        return (*said, measure(cell.verdict, cell.counts, cell.share))
    return (*said, cell.divergences, small.case, small.got, small.detail, worst.case, worst.got)


def merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, those of which every cell says the same as one; what fails stands for itself."""
    found: dict[Hashable, Row] = {}
    for row in rows:
        key = _said(row) if not row.counts.failing else row.names
        first = found.get(key)
        found[key] = (
            row
            if first is None
            else dataclasses.replace(first, names=first.names + row.names, like=(*first.like, row))
        )
    return tuple(found.values())
