"""Which drill-downs stand together: red ones by implementation, amber ones by divergence."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.counts import Counts, total
from equivalence.report.drilldown import DrillDown, drill_downs, names
from equivalence.report.summary import Cell, severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.finding import Finding
    from equivalence.report.summary import Summary
    from equivalence.results import DivergenceRecord, Run

# Characters on a page: of scripts, of a single one, and of rows with their inputs. Beyond, a
# command stands in the place of a script, and the name of a case in the place of its numbers. The
# room for both shrinks with every cell of the matrix, so that the page keeps its size.
SCRIPTS, SCRIPTS_PER_CELL = 258_000, 20
ROWS, ROWS_PER_CELL = 800_000, 100
LEAST_SCRIPTS = 80_000
SCRIPT = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The drill-downs of one implementation of one loss in a group: they share a script.

    Attributes:
        drills: Worst first.
        script: The reproduction of the smallest finding of the worst; empty where the page is full.
        like: The fragment of a drill-down of the same implementation in whose block one stands.
        shrunk: The input of a finding that fails, shrunk while the run was made, and what was got.
    """

    drills: tuple[DrillDown, ...]
    script: str = ""
    like: str = ""
    shrunk: str = ""

    @property
    def worst(self) -> Cell:
        """The worst cell."""
        return self.drills[0].worst

    @property
    def smallest(self) -> Finding:
        """The finding that its script shows."""
        return self.drills[0].smallest

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All its cells."""
        return tuple(cell for drill in self.drills for cell in drill.cells)

    @property
    def names(self) -> tuple[str, ...]:
        """The divergences that explain the cells."""
        return names(self.cells)

    @property
    def keys(self) -> dict[str, str]:
        """A letter for each divergence, by which the rows name it: a, b, ... then a1, b1, ..."""
        return {
            name: chr(ord("a") + place % 26) + (str(place // 26) if place >= 26 else "")
            for place, name in enumerate(self.names)
        }

    @property
    def counts(self) -> Counts:
        """Counts of the cells' findings."""
        return total(cell.counts for cell in self.cells)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A divergence and the cells that it explains; or an implementation and its red cells.

    Attributes:
        name: The divergence's, or the implementation's.
        records: What the catalogue says about it; empty for red cells that it does not name.
        blocks: The drill-downs by implementation and loss, worst first.
        elsewhere: The divergences together with which it explains cells that stand with them.
    """

    name: str
    records: tuple[DivergenceRecord, ...]
    blocks: tuple[Block, ...]
    elsewhere: tuple[tuple[str, int], ...] = ()

    @functools.cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All its cells, worst first."""
        return tuple(sorted((cell for block in self.blocks for cell in block.cells), key=severity))

    @property
    def counts(self) -> Counts:
        """Counts of the cells that it is about: that fail, or that the divergence explains.

        Others stand beside them, because they are of the same entry.
        """
        red = bool(self.cells) and self.worst.verdict.fails
        return Counts.of(
            cell.verdict
            for cell in self.cells
            if (cell.verdict.fails if red else explains(self.name, cell))
        )

    @property
    def worst(self) -> Cell:
        """Its worst cell."""
        return self.blocks[0].worst

    @property
    def implementations(self) -> tuple[str, ...]:
        """Its implementations, the worst first."""
        return tuple(dict.fromkeys(block.worst.worst.implementation for block in self.blocks))

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks of its implementations."""
        return tuple(sorted({cell.worst.framework for cell in self.cells}))

    @property
    def fragment(self) -> str:
        """The id of the group on a page."""
        return fragment(self.name)

    @property
    def standing(self) -> str:
        """Whether it is meant: what the catalogue says, empty if it does not say."""
        return next((record.standing for record in self.records), "")


def fragment(name: str) -> str:
    """The id of a divergence on a page: its name, which is an identifier, or nothing usable."""
    return f"divergence-{name}" if name.isidentifier() and len(name) < 100 else ""


def explains(name: str, cell: Cell) -> bool:
    """Whether a divergence is among those that explain the worst finding of a cell."""
    return name in (names([cell]) or ("",))


def _host(drill: DrillDown, met: Counter[str]) -> str:
    """The rarest divergence of its worst cell, which says most."""
    return min(names([drill.worst]), key=lambda name: (met[name], name), default="")


def _told(drills: list[DrillDown], cells: int) -> list[DrillDown]:
    """The drill-downs, each with the words that there is room for on a page with so many cells.

    What repeats the rows of one before it, of the same framework and loss, refers to that. First
    comes the worst of each implementation and reason.
    """
    met: Counter[tuple[str, ...]] = Counter()
    ranked = []
    for place, drill in enumerate(drills):
        key = (drill.worst.worst.implementation, drill.worst.worst.divergence)
        ranked.append((met[key], place))
        met[key] += 1
    room = ROWS - ROWS_PER_CELL * cells
    first: dict[tuple[object, ...], int] = {}
    for _, place in sorted(ranked):
        drill = drills[place]
        worst = drill.worst.worst
        known = first.setdefault((worst.framework, worst.loss, drill.parts), place)
        if known != place and not worst.verdict.fails:
            drills[place] = dataclasses.replace(drill, like=drills[known])
        elif room > 0:
            room -= sum(len(row.text) + len(row.input) for row in drill.rows)
        else:
            drills[place] = dataclasses.replace(drill, brief=True)
    return drills


def _blocks(drills: Iterable[DrillDown]) -> list[Block]:
    """The drill-downs by loss and implementation, in the order in which these are met."""
    found: dict[tuple[str, str], list[DrillDown]] = {}
    for drill in drills:
        worst = drill.worst.worst
        found.setdefault((worst.loss, worst.implementation), []).append(drill)
    return [Block(drills=tuple(group)) for group in found.values()]


def _scripted(
    groups: list[list[Block]], reproduce: Callable[[Finding], str], cells: int, run: Run
) -> list[tuple[Block, ...]]:
    """The blocks with scripts until the page is full: the first of each implementation first.

    A script that the run holds, of a smaller input, stands in the place of that of a case.

    Those after them, which show the same call with other inputs, say where it stands.
    """
    met: Counter[tuple[str, str]] = Counter()
    ranked = []
    for at, blocks in enumerate(groups):
        for place, block in enumerate(blocks):
            worst = block.worst.worst
            ranked.append((met[worst.loss, worst.implementation], at, place))
            met[worst.loss, worst.implementation] += 1
    room = max(SCRIPTS - SCRIPTS_PER_CELL * cells, LEAST_SCRIPTS)
    first: dict[tuple[str, str], str] = {}
    shrunk = {
        cell: told
        for record in run.environment.implementations
        for cell, told in record.shrunk.items()
        if {"input", "got", "script"} <= told.keys()
    }
    for _, at, place in sorted(ranked):
        block = groups[at][place]
        worst = block.worst.worst
        small = next((shrunk[cell.id] for cell in block.cells if cell.id in shrunk), None)
        script = (small["script"] if small else reproduce(block.smallest)) if room > 0 else ""
        if script and len(script) <= SCRIPT:
            told = f"{small['input']}\n{small['got']}" if small else ""
            groups[at][place] = dataclasses.replace(block, script=script, shrunk=told)
            first.setdefault((worst.loss, worst.implementation), block.worst.fragment)
            room -= len(script)
        else:
            like = first.get((worst.loss, worst.implementation), "")
            groups[at][place] = dataclasses.replace(block, like=like)
    return [tuple(blocks) for blocks in groups]


def _records(run: Run, wanted: Iterable[str]) -> tuple[DivergenceRecord, ...]:
    """What the catalogue says about some divergences, in the order of their names."""
    known = {record.name: record for record in run.environment.divergences}
    return tuple(known[name] for name in wanted if name in known)


def groups(
    run: Run, summary: Summary, reproduce: Callable[[Finding], str]
) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The red cells by implementation, the worst first; the amber by divergence, most first.

    Where several divergences explain a cell it stands with the rarest of them, which says most.
    """
    met = Counter(name for cell in summary.catalogued for name in names([cell]))
    cells = sum(cell.verdict.asked for cell in summary.cells)
    drills = _told(
        [
            dataclasses.replace(drill, host=_host(drill, met))
            for drill in drill_downs(summary.failing + summary.catalogued)
        ],
        cells,
    )
    red: dict[str, list[DrillDown]] = {}
    amber: dict[str, list[DrillDown]] = {}
    elsewhere: dict[str, Counter[str]] = {}
    for drill in drills:
        if drill.worst.verdict.fails:
            red.setdefault(drill.worst.worst.implementation, []).append(drill)
            continue
        amber.setdefault(drill.host, []).append(drill)
        for name in drill.names:
            if name != drill.host:
                number = sum(explains(name, cell) for cell in drill.cells)
                elsewhere.setdefault(name, Counter())[drill.host] += number
    for name in elsewhere:
        amber.setdefault(name, [])

    def weight(name: str) -> tuple[int, str]:
        return -sum(explains(name, c) for drill in amber[name] for c in drill.cells), name

    order = sorted(amber, key=weight)
    found = [*red.values(), *(amber[name] for name in order)]
    blocks = _scripted([_blocks(group) for group in found], reproduce, cells, run)
    reds = tuple(
        Group(name=name, records=_records(run, names([group[0].worst])), blocks=told)
        for (name, group), told in zip(red.items(), blocks[: len(red)], strict=True)
    )

    def divergence(name: str, told: tuple[Block, ...]) -> Group:
        others = sorted(
            elsewhere.get(name, Counter()).items(), key=lambda item: (-item[1], item[0])
        )
        records = _records(run, [name])
        return Group(name=name, records=records, blocks=told, elsewhere=tuple(others))

    return reds, tuple(map(divergence, order, blocks[len(red) :]))
