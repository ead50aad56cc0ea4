"""The matrix of a run: for each reduction mode an overview, and a table for each loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.report.counts import Counts, total
from equivalence.report.rows import Entry, Row, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.report.summary import Cell, Summary

KINDS = ("none", "sum", "mean")
_TARGETS = ("sparse", "one_hot", "soft", "binary", "soft_binary")
_SEGMENTATION = "_segmentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a loss's table: a target kind, and the reduction where a mode has several."""

    target: str
    reduction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One loss in one reduction mode: implementations by framework, against target kinds.

    Attributes:
        loss: Its name.
        columns: The target kinds.
        groups: The rows of each framework, those in which anything was asked; those that say the
            same are one.
        unasked: implementation@mode of the rows in which nothing was.
    """

    loss: str
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    unasked: tuple[str, ...]

    @property
    def counts(self) -> Counts:
        """Counts of the table's findings."""
        return total(row.total for _, rows in self.groups for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the overview: a loss and a target kind, one entry for each framework."""

    loss: str
    column: Column
    entries: tuple[Entry | None, ...]

    @property
    def counts(self) -> Counts:
        """Counts of the line's findings."""
        return total(entry.findings for entry in self.entries if entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One reduction mode: the overview and the tables.

    Attributes:
        kind: ``"none"``, ``"sum"`` or ``"mean"``.
        frameworks: The columns of the overview.
        lines: Its rows: loss x target kind.
        tables: One for each loss.
    """

    kind: str
    frameworks: tuple[str, ...]
    lines: tuple[Line, ...]
    tables: tuple[Table, ...]

    @property
    def counts(self) -> Counts:
        """Counts of the tab's findings."""
        return total(table.counts for table in self.tables)


def kind(reduction: str) -> str:
    """The reduction mode of a reduction: ``mean_over_batch`` is a mean."""
    return reduction.partition("_")[0]


def by(cells: Iterable[Cell], *fields: str) -> dict[tuple[str, ...], list[Cell]]:
    """The cells by some of their fields."""
    groups: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells:
        key = tuple(str(getattr(cell.worst, field)) for field in fields)
        groups.setdefault(key, []).append(cell)
    return groups


def _place(column: Column) -> tuple[object, ...]:
    """Target kinds as they generalise each other, then segmentation, then rarer reductions."""
    plain = column.target.removesuffix(_SEGMENTATION)
    known = _TARGETS.index(plain) if plain in _TARGETS else len(_TARGETS)
    rarer = column.reduction if column.reduction != kind(column.reduction) else ""
    return (rarer, column.target.endswith(_SEGMENTATION), known, column.target)


def _columns(cells: Iterable[Cell]) -> tuple[Column, ...]:
    columns = {Column(target=cell.worst.target, reduction=cell.worst.reduction) for cell in cells}
    return tuple(sorted(columns, key=_place))


def _entry(cells: list[Cell] | None) -> Entry | None:
    return Entry(cells=tuple(cells)) if cells else None


def _table(loss: str, cells: list[Cell], place: Callable[[str], int]) -> Table:
    columns = _columns(cells)
    entries = by(cells, "framework", "implementation", "mode", "target", "reduction")
    rows: dict[str, list[Row]] = {}
    for framework, implementation, mode, *_ in sorted(
        entries, key=lambda key: (place(key[0]), key)
    ):
        if rows.get(framework) and rows[framework][-1].names == ((implementation, mode),):
            continue
        row = Row(
            names=((implementation, mode),),
            entries=tuple(
                _entry(
                    entries.get((framework, implementation, mode, column.target, column.reduction))
                )
                for column in columns
            ),
        )
        rows.setdefault(framework, []).append(row)
    asked = {
        framework: merged(row for row in group if row.counts.asked)
        for framework, group in rows.items()
    }
    return Table(
        loss=loss,
        columns=columns,
        groups=tuple((framework, group) for framework, group in asked.items() if group),
        unasked=tuple(
            "@".join(row.names[0])
            for group in rows.values()
            for row in group
            if not row.counts.asked
        ),
    )


def _lines(loss: str, cells: list[Cell], frameworks: tuple[str, ...]) -> list[Line]:
    entries = by(cells, "target", "reduction", "framework")
    return [
        Line(
            loss=loss,
            column=column,
            entries=tuple(
                _entry(entries.get((column.target, column.reduction, name))) for name in frameworks
            ),
        )
        for column in _columns(cells)
    ]


def tabs(summary: Summary, losses: tuple[str, ...]) -> tuple[Tab, ...]:
    """One tab for each reduction mode that occurs: none, sum, mean; losses in the order given."""
    order = [part.name for part in summary.frameworks]
    shown = [
        cell
        for cell in summary.cells
        if cell.worst.reduction and cell.verdict is not Verdict.ABSENT
    ]
    by_kind: dict[str, list[Cell]] = {}
    for cell in shown:
        by_kind.setdefault(kind(cell.worst.reduction), []).append(cell)
    kinds = [name for name in KINDS if name in by_kind] + sorted(set(by_kind) - set(KINDS))
    known = {name: place for place, name in enumerate(losses)}
    result = []
    for name in kinds:
        cells = by_kind[name]
        present = {cell.worst.framework for cell in cells}
        frameworks = tuple(framework for framework in order if framework in present)
        by_loss = {key[0]: group for key, group in by(cells, "loss").items()}
        ordered = sorted(by_loss, key=lambda loss: (known.get(loss, len(known)), loss))
        result.append(
            Tab(
                kind=name,
                frameworks=frameworks,
                lines=tuple(
                    line for loss in ordered for line in _lines(loss, by_loss[loss], frameworks)
                ),
                tables=tuple(_table(loss, by_loss[loss], order.index) for loss in ordered),
            )
        )
    return tuple(result)
