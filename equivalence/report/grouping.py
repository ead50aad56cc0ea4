"""Which drill-downs stand together: red ones by implementation, amber ones by divergence."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.counts import Counts
from equivalence.report.drilldown import DrillDown, drill_downs, names
from equivalence.report.summary import Cell, severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.finding import Finding
    from equivalence.report.summary import Summary
    from equivalence.results import DivergenceRecord, Run

# Characters of scripts on a page, and of one; beyond, a command stands in the place of a script.
SCRIPTS = 280_000
SCRIPT = 4_000
FULL = 700  # cells that are told in full; beyond, each has one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A divergence and the cells that it explains; or an implementation and its red cells.

    Attributes:
        name: The divergence's, or the implementation's.
        records: What the catalogue says about it; empty for red cells that it does not name.
        drills: The drill-downs, worst first.
        elsewhere: The divergences together with which it explains cells that stand with them.
    """

    name: str
    records: tuple[DivergenceRecord, ...]
    drills: tuple[DrillDown, ...]
    elsewhere: tuple[tuple[str, int], ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, tuple[DrillDown, ...]], ...]:
        """The drill-downs by implementation@mode."""
        parts: dict[str, list[DrillDown]] = {}
        for drill in self.drills:
            parts.setdefault(drill.part, []).append(drill)
        return tuple((part, tuple(drills)) for part, drills in parts.items())

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All its cells, worst first."""
        return tuple(sorted((cell for drill in self.drills for cell in drill.cells), key=severity))

    @property
    def counts(self) -> Counts:
        """Counts of its cells."""
        return Counts.of(cell.verdict for cell in self.cells)

    @property
    def worst(self) -> Cell:
        """Its worst cell."""
        return self.drills[0].worst

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


def _scripted(drills: list[DrillDown], reproduce: Callable[[Finding], str]) -> list[DrillDown]:
    """The drill-downs with scripts, until the page is full.

    First comes the worst of each implementation and reason; those after it, which show the same
    call with another target or reduction, say where it stands.
    """
    met: Counter[tuple[str, ...]] = Counter()
    ranked = []
    for place, drill in enumerate(drills):
        key = (drill.worst.worst.implementation, drill.worst.worst.divergence)
        ranked.append((met[key], place))
        met[key] += 1
    room, told = SCRIPTS, 0
    first: dict[str, str] = {}
    for _, place in sorted(ranked):
        drill = drills[place]
        script = reproduce(drill.smallest) if room > 0 else ""
        name = drill.worst.worst.implementation
        if script and len(script) <= SCRIPT:
            drills[place] = dataclasses.replace(drill, script=script)
            first.setdefault(name, drill.worst.fragment)
            room -= len(script)
        else:
            brief = told > FULL
            drills[place] = dataclasses.replace(drill, like=first.get(name, ""), brief=brief)
        told += len(drill.cells)
    return drills


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
    drills = _scripted(drill_downs(summary.failing) + drill_downs(summary.catalogued), reproduce)
    red: dict[str, list[DrillDown]] = {}
    amber: dict[str, list[DrillDown]] = {}
    elsewhere: dict[str, Counter[str]] = {}
    for drill in drills:
        if drill.worst.verdict.fails:
            red.setdefault(drill.worst.worst.implementation, []).append(drill)
            continue
        host = min(names([drill.worst]), key=lambda name: (met[name], name), default="")
        amber.setdefault(host, []).append(drill)
        for name in drill.names:
            if name != host:
                elsewhere.setdefault(name, Counter())[host] += len(drill.cells)
    for name in elsewhere:
        amber.setdefault(name, [])

    def divergence(name: str) -> Group:
        others = sorted(
            elsewhere.get(name, Counter()).items(), key=lambda item: (-item[1], item[0])
        )
        records = _records(run, [name])
        return Group(name=name, records=records, drills=tuple(amber[name]), elsewhere=tuple(others))

    def weight(name: str) -> tuple[int, str]:
        return -sum(len(drill.cells) for drill in amber[name]), name

    return (
        tuple(
            Group(name=name, records=_records(run, names([found[0].worst])), drills=tuple(found))
            for name, found in red.items()
        ),
        tuple(divergence(name) for name in sorted(amber, key=weight)),
    )
