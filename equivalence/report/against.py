"""What is new against a baseline: a run that was made before, cell by cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.counts import RANK
from equivalence.report.summary import summarise
from equivalence.report.words import listed, plural

if TYPE_CHECKING:
    from equivalence.finding import Finding
    from equivalence.report.summary import Cell, Summary
    from equivalence.results import Run

SHOWN = 50  # changed cells that are listed
_KINDS = {
    "graver": "graver than before",
    "milder": "milder than before",
    "moved": "the same verdict with other numbers",
    "asked": "asked for the first time",
    "gone": "no longer asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cell that is not as it was.

    Attributes:
        kind: ``"graver"``, ``"milder"`` or ``"moved"``.
        before: As it was.
        cell: As it is.
    """

    kind: str
    before: Cell
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What is new against a baseline.

    Attributes:
        date: Of the baseline.
        versions: What was installed otherwise: package, before, now.
        counts: Cells by kind of change; ``"same"`` are those that are as they were.
        changes: The gravest first.
    """

    date: str
    versions: tuple[tuple[str, str, str], ...]
    counts: dict[str, int]
    changes: tuple[Change, ...]

    @property
    def sentence(self) -> str:
        """The comparison in one sentence, with its denominator."""
        parts = [
            f"{self.counts[kind]:,} {'is' if self.counts[kind] == 1 else 'are'} {words}"
            for kind, words in _KINDS.items()
            if self.counts.get(kind)
        ]
        total = sum(self.counts.get(kind, 0) for kind in ("same", "graver", "milder", "moved"))
        same = self.counts.get("same", 0)
        as_before = f"{same:,} {'is' if same == 1 else 'are'} as before"
        both = f"Of {plural(total, 'cell')} in both runs, {as_before}"
        return f"{both}; {listed(parts)}." if parts else f"{both}."


def _versions(run: Run) -> dict[str, str]:
    versions = dict(run.environment.packages)
    for record in run.environment.frameworks:
        versions |= record.versions
    return versions


def against(run: Run, summary: Summary, baseline: Run) -> Against:
    """Compares a run with a baseline. Numbers are compared where both asked the same question."""
    before = {cell.id: cell for cell in summarise(baseline).cells if cell.verdict.asked}
    now = {cell.id: cell for cell in summary.cells if cell.verdict.asked}
    answers = {finding.name: finding for finding in baseline.findings}
    moved: set[str] = set()
    for finding in run.findings:
        old = answers.get(finding.name)
        if old is not None and old.digest == finding.digest and _differ(old, finding):
            moved.add(finding.cell)
    counts = Counter({"asked": len(now.keys() - before.keys()), "gone": len(before.keys() - now)})
    changes = []
    for name in sorted(now.keys() & before.keys()):
        kind = _kind(before[name], now[name], moved=name in moved)
        counts[kind] += 1
        if kind != "same":
            changes.append(Change(kind=kind, before=before[name], cell=now[name]))
    order = list(_KINDS)
    changes.sort(key=lambda c: (order.index(c.kind), RANK[c.cell.verdict], c.cell.id))
    older, newer = _versions(baseline), _versions(run)
    return Against(
        date=baseline.environment.date,
        versions=tuple(
            (name, older.get(name, "absent"), newer.get(name, "absent"))
            for name in sorted(older.keys() | newer.keys())
            if older.get(name) != newer.get(name)
        ),
        counts=dict(counts),
        changes=tuple(changes),
    )


def _differ(one: Finding, other: Finding) -> bool:
    """Whether two answers to the same question are not the same numbers."""
    if one.bits and other.bits:
        return one.bits != other.bits
    return one.got != other.got or one.verdict is not other.verdict


def _kind(before: Cell, now: Cell, *, moved: bool) -> str:
    ranks = RANK[before.verdict], RANK[now.verdict]
    if ranks[0] != ranks[1]:
        return "graver" if ranks[1] < ranks[0] else "milder"
    return "moved" if moved else "same"
