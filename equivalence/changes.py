"""Changes: what is new in a run against an earlier one, cell by cell.

Answers are compared where both were asked the same question. A question that is not the same is
said to be another one, and never an answer that has changed.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equivalence.circumstances import Difference, differences
from equivalence.finding import GRAVITY, Finding, Verdict
from equivalence.measured import is_whole, measured
from equivalence.pairing import Kind, accuracy, difference, differs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.results import DivergenceRecord, Run

RATCHET = 16.0  # how many times larger an error must be, to have grown
FLOOR = 1 / 32  # of the bound: what a smaller error is taken for
_NEWS = tuple(Kind)
_ALARMS = frozenset(
    {
        Kind.NEW,
        Kind.CHANGED,
        Kind.EXCEPTION,
        Kind.RETURNED,
        Kind.EXPLANATION,
        Kind.HEALED,
        Kind.GONE,
    }
)
_RANK = {verdict: rank for rank, verdict in enumerate(GRAVITY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A cell that is not as it was.

    Attributes:
        kind: What became of it.
        cell: Its name.
        before: The finding that shows it best, as it was; None if there was none.
        after: The same finding as it is; None if there is none.
        questions: How many questions of the cell have changed so.
        of: How many were asked, in both runs or in the one that has the cell.
        reason: Why it is gone, where that is known.
    """

    kind: Kind
    cell: str
    before: Finding | None
    after: Finding | None
    questions: int
    of: int
    reason: str = ""

    @property
    def alarms(self) -> bool:
        """Whether it is to be heard: something new fails, or an answer is another one.

        An error that has grown inside its bound is told and does not alarm.
        """
        if self.kind is Kind.GROWN:
            return self.after is not None and self.after.share > 1
        return self.kind in _ALARMS or self._fails

    @property
    def _fails(self) -> bool:
        before = self.before is not None and self.before.verdict.fails
        return self.after is not None and self.after.verdict.fails and not before

    @property
    def finding(self) -> str:
        """The name of the finding that shows it, as ``explain`` and ``reproduce`` take it."""
        shown = self.after or self.before
        return shown.name if shown else self.cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is new in a run against an earlier one.

    Attributes:
        environment: What decides numbers and was not the same, as it is to be printed.
        changes: The cells that are not as they were, the gravest kind first.
        cells: How many cells are in both runs.
        same: How many of them are as they were, bits inside the bound aside.
        questions: How many questions were asked in both, digest for digest.
        other_bits: How many of these got other bits inside the bound.
        unmeasured: The cells of the one run that the other should have measured and did not.
        not_asked: How many cells of the earlier run the later one did not ask for.
        incomplete: Which are incomplete: "before", "after".
        absent: Frameworks that were measured before and are absent now, with the reason.
        date: When the earlier run was made.
        catalogue: The divergences that either run names.
    """

    environment: tuple[Difference, ...]
    changes: tuple[Change, ...]
    cells: int
    same: int
    questions: int
    other_bits: int
    unmeasured: tuple[str, ...]
    not_asked: int
    incomplete: tuple[str, ...]
    absent: tuple[tuple[str, str], ...]
    date: str
    catalogue: tuple[DivergenceRecord, ...]

    @property
    def alarms(self) -> tuple[Change, ...]:
        """The changes that are to be heard."""
        return tuple(change for change in self.changes if change.alarms)

    @property
    def complete(self) -> bool:
        """Whether everything was measured in both runs."""
        return not (self.incomplete or self.unmeasured or self.absent)

    @property
    def status(self) -> int:
        """The exit status: 3 if something was not measured, 1 if something alarms, else 0."""
        return 3 if not self.complete else 1 if self.alarms else 0

    def counts(self) -> dict[Kind, int]:
        """How many cells have changed in each way that occurs."""
        counted = Counter(change.kind for change in self.changes)
        return {kind: counted[kind] for kind in _NEWS if counted[kind]}


def compare(before: Run, after: Run) -> Comparison:
    """What is new in a run against an earlier one; each may be a baseline that was read.

    It reads no file and asks nothing.
    """
    old, new = _cells(before), _cells(after)
    both = sorted(old.keys() & new.keys())
    changes: list[Change] = []
    total: Counter[str] = Counter()
    for cell in both:
        mine, counted = _compared(cell, old[cell], new[cell])
        changes += mine
        total += counted
        total["same"] += not mine
    found = measured(before, after, old.keys() - new.keys(), new.keys() - old.keys())
    crashed = _crashed(both, old, new)
    changes += (_gone(cell, old[cell], found.gone[cell]) for cell in found.gone)
    changes += (_added(cell, new[cell]) for cell in found.added)
    records = (*after.environment.divergences, *before.environment.divergences)
    return Comparison(
        environment=differences(before.environment, after.environment),
        changes=tuple(sorted(changes, key=_order)),
        cells=len(both),
        same=total["same"],
        questions=total["questions"],
        other_bits=total["other bits"],
        unmeasured=tuple(sorted({*found.unmeasured, *crashed})),
        not_asked=found.not_asked,
        incomplete=tuple(
            name
            for name, run in (("before", before), ("after", after))
            if not is_whole(run.environment)
        ),
        absent=found.absent,
        date=before.environment.date,
        catalogue=tuple({record.name: record for record in reversed(records)}.values()),
    )


Questions = dict[str, Finding]  # the findings of a cell, by case


def _cells(run: Run) -> dict[str, Questions]:
    """The cells of which something was asked."""
    cells: dict[str, Questions] = {}
    for finding in run.findings:
        if finding.verdict.asked:
            cells.setdefault(finding.cell, {})[finding.case] = finding
    return cells


def _crashed(
    cells: Iterable[str], old: dict[str, Questions], new: dict[str, Questions]
) -> set[str]:
    """The cells over which a process has died now and had not before: not measured as a whole."""
    return {
        cell
        for cell in cells
        if any(
            finding.verdict is Verdict.CRASHED
            and (case not in old[cell] or old[cell][case].verdict is not Verdict.CRASHED)
            for case, finding in new[cell].items()
        )
    }


def _compared(cell: str, old: Questions, new: Questions) -> tuple[list[Change], Counter[str]]:
    """How a cell has changed, and what is counted of it."""
    pairs = [(old[case], new[case]) for case in sorted(old.keys() & new.keys())]
    same = [(one, other) for one, other in pairs if one.digest == other.digest]
    found: dict[Kind, list[tuple[Finding | None, Finding | None]]] = {}
    counted: Counter[str] = Counter({"questions": len(same)})
    unchanged = []
    for pair in same:
        kind = difference(*pair)
        if kind is None:
            unchanged.append(pair)
            counted["other bits"] += differs(*pair)
        else:
            found.setdefault(kind, []).append(pair)
    if (grown := _ratchet(unchanged)) is not None:
        found[grown[0]] = [grown[1]]
    others: list[tuple[Finding | None, Finding | None]] = [
        (one, other) for one, other in pairs if one.digest != other.digest
    ]
    others += [(old[case], None) for case in sorted(old.keys() - new.keys())]
    others += [(None, new[case]) for case in sorted(new.keys() - old.keys())]
    if others:
        found[Kind.QUESTION] = others
    size = len(old.keys() | new.keys())
    return [_change(kind, cell, group, size) for kind, group in found.items()], counted


def _change(kind: Kind, cell: str, pairs: list[Any], size: int) -> Change:
    before, after = min(pairs, key=_gravity)
    return Change(kind=kind, cell=cell, before=before, after=after, questions=len(pairs), of=size)


def _gravity(pair: tuple[Finding | None, Finding | None]) -> tuple[Any, ...]:
    """The key that puts first what shows a change best."""
    before, after = pair
    shown = after or before
    if shown is None:
        return ()
    fails = after is not None and after.verdict.fails
    known = before is not None and before.verdict.fails
    share = -math.inf if math.isnan(shown.share) else shown.share
    return (not fails or known, after is None, _RANK[shown.verdict], -share, shown.case)


def _ratchet(
    pairs: list[tuple[Finding, Finding]],
) -> tuple[Kind, tuple[Finding, Finding]] | None:
    """Whether the largest error of a cell has grown or shrunk, and where it is the largest."""
    sized = [
        (accuracy(one), accuracy(other), (one, other))
        for one, other in pairs
        if not math.isnan(accuracy(one)) and not math.isnan(accuracy(other))
    ]
    if not sized:
        return None
    was = max(FLOOR, *(size[0] for size in sized))
    now = max(FLOOR, *(size[1] for size in sized))
    if now >= RATCHET * was:
        return Kind.GROWN, max(sized, key=lambda size: size[1])[2]
    if was >= RATCHET * now:
        return Kind.SHRUNK, max(sized, key=lambda size: size[0])[2]
    return None


def _gone(cell: str, old: Questions, reason: str) -> Change:
    worst = min(old.values(), key=lambda finding: _gravity((finding, None)))
    return Change(
        kind=Kind.GONE,
        cell=cell,
        before=worst,
        after=None,
        questions=len(old),
        of=len(old),
        reason=reason,
    )


def _added(cell: str, new: Questions) -> Change:
    worst = min(new.values(), key=lambda finding: _gravity((None, finding)))
    return Change(
        kind=Kind.ADDED, cell=cell, before=None, after=worst, questions=len(new), of=len(new)
    )


def _order(change: Change) -> tuple[Any, ...]:
    return (not change.alarms, _NEWS.index(change.kind), change.cell)
