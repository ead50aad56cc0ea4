"""The cells of an entry one by one: what the matrix shows once a dtype or a quantity is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.report.words import figure, short

if TYPE_CHECKING:
    from equivalence.report.counts import Counts
    from equivalence.report.rows import Entry
    from equivalence.report.summary import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Cells of an entry with one verdict: every one of these dtypes with every quantity.

    Attributes:
        verdict: Of them all.
        dtypes: In the order of the run.
        quantities: In the order of the run.
        text: A line for each quantity, or several alike: each dtype with its number.
        fragments: The ids of its cells; none of such as differ, which have drill-downs.
    """

    verdict: Verdict
    dtypes: tuple[str, ...]
    quantities: tuple[str, ...]
    text: str
    fragments: tuple[str, ...]


def measure(verdict: Verdict, counts: Counts, share: float) -> str:
    """The number of a cell: the largest fraction of a bound, or how many of the asked are so."""
    if verdict is Verdict.AGREES:
        return figure(share) if share == share else ""  # noqa: PLR0124 -- not NaN
    if not verdict.asked:
        return ""
    return f"{counts[verdict]}/{counts.asked}"


def items(entry: Entry) -> tuple[Item, ...]:
    """The items of an entry, the gravest first.

    Cells with one verdict are one item, so that a page of thousands of cells has few elements; an
    item is split by quantity where its cells are not every dtype with every quantity.
    """
    found: dict[Verdict, list[Cell]] = {}
    for cell in entry.asked:
        found.setdefault(cell.verdict, []).append(cell)
    made = []
    for cells in found.values():
        by_quantity: dict[str, list[Cell]] = {}
        for cell in cells:
            by_quantity.setdefault(cell.worst.quantity, []).append(cell)
        alike = len({tuple(_dtypes(group)) for group in by_quantity.values()}) == 1
        parts = [by_quantity] if alike else [{name: by_quantity[name]} for name in by_quantity]
        made += [_item(part) for part in parts]
    return tuple(made)


def _dtypes(cells: list[Cell]) -> list[str]:
    return [cell.worst.dtype for cell in cells]


def _item(by_quantity: dict[str, list[Cell]]) -> Item:
    first = next(iter(by_quantity.values()))
    verdict = first[0].verdict
    lines: dict[str, list[str]] = {}
    for quantity, cells in by_quantity.items():
        numbers = [measure(cell.verdict, cell.counts, cell.share) for cell in cells]
        names = [short(cell.worst.dtype, 20) for cell in cells]
        pairs = (f"{name} {number}".strip() for name, number in zip(names, numbers, strict=True))
        lines.setdefault(", ".join(pairs), []).append(short(quantity, 20))
    return Item(
        verdict=verdict,
        dtypes=tuple(_dtypes(first)),
        quantities=tuple(by_quantity),
        text="\n".join(f"{', '.join(names)}: {text}" for text, names in lines.items()),
        fragments=()
        if verdict.fails or verdict.catalogued
        else tuple(cell.fragment for cells in by_quantity.values() for cell in cells),
    )
