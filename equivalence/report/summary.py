"""What a run comes to: counts with their denominators, and cells with their gravest verdict."""

from __future__ import annotations

import functools
import math
import operator
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.cases.answers import QUANTITIES
from equivalence.finding import Finding, Verdict
from equivalence.report import permalinks
from equivalence.report.counts import RANK, Counts, total
from equivalence.report.smallest import smallest
from equivalence.report.words import listed, magnitude

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from typing import TypeVar

    from equivalence.results import FrameworkRecord, Run

    Key = TypeVar("Key", bound=Hashable)

_VERBS = {
    Verdict.DIVERGES: ("diverges", "diverge"),
    Verdict.RETIRED: ("is retired", "are retired"),
    Verdict.CRASHED: ("crashed", "crashed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """All findings of one loss : target kind : reduction : dtype : quantity : implementation@mode.

    Attributes:
        id: The cell's name, as ``SELECT`` takes it.
        counts: Of its findings.
        worst: The gravest finding; among equals the one with the largest error.
        share: The largest error as a fraction of the bound; NaN if nothing was compared.
        ulps: The largest error in ulps; NaN if nothing was compared.
        denominators: What its mean divided by, with the counts of the findings of each.
        divergences: The catalogued divergences that it met, with the number of findings of each.
        smallest: Of the findings that show the same as the worst, the one with the smallest input.
        severity: The key that sorts cells from the worst to the best.
    """

    id: str
    counts: Counts
    worst: Finding
    share: float
    ulps: float
    denominators: tuple[tuple[str, Counts], ...]
    divergences: tuple[tuple[str, int], ...]
    smallest: Finding
    severity: tuple[object, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of its findings."""
        return self.worst.verdict

    @property
    def fragment(self) -> str:
        """The id on a page, the same in every run, of what tells of the cell."""
        return permalinks.fragment(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A framework's, or an implementation's, part of a run.

    Attributes:
        name: Of the framework, or of the implementation with its mode.
        findings: Counts of its findings.
        cells: Counts of its cells.
        worst: Its gravest cell; None if nothing was asked.
    """

    name: str
    findings: Counts
    cells: Counts
    worst: Cell | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run comes to.

    Attributes:
        findings: Counts of all findings.
        cells: All cells, by name.
        frameworks: One part for each framework, in the run's order.
        implementations: One part for each implementation@mode, in the run's order.
        absent: The frameworks that are not there.
        complete: Whether the run came to its end.
    """

    findings: Counts
    cells: tuple[Cell, ...]
    frameworks: tuple[Part, ...]
    implementations: tuple[Part, ...]
    absent: tuple[FrameworkRecord, ...]
    complete: bool

    @functools.cached_property
    def failing(self) -> tuple[Cell, ...]:
        """The red cells, worst first."""
        return tuple(sorted((cell for cell in self.cells if cell.verdict.fails), key=severity))

    @functools.cached_property
    def catalogued(self) -> tuple[Cell, ...]:
        """The amber cells, worst first."""
        return tuple(sorted((cell for cell in self.cells if cell.verdict.catalogued), key=severity))

    @property
    def mark(self) -> str:
        """The shape of the headline: a cross, a tick, or "!" if too little was asked."""
        if self.findings.failing:
            return "✗"
        return "✓" if self.complete and self.findings.asked else "!"

    @property
    def headline(self) -> str:
        """The verdict, with its denominator."""
        counts = self.findings
        if not counts.asked:
            return "Nothing was asked."
        if not counts.failing:
            start = "Every difference is explained" if counts.catalogued else "Nothing fails"
            if not self.complete:
                start = "Nothing failed before the run was cut short"
            agree = f"{counts.agree:,} of {counts.asked:,} questions asked agree"
            return f"{start}: {agree} with the exact answer."
        kinds = [
            f"{counts[verdict]:,} {verbs[counts[verdict] > 1]}"
            for verdict, verbs in _VERBS.items()
            if counts[verdict]
        ]
        fail = "fails" if counts.failing == 1 else "fail"
        return f"{counts.failing:,} of {counts.asked:,} questions asked {fail}: {listed(kinds)}."

    @property
    def rest(self) -> str:
        """What the headline leaves out, each with the same denominator."""
        counts = self.findings
        parts = [f"{counts.agree:,} agree with the exact answer"] if counts.failing else []
        if counts.catalogued:
            parts.append(f"{counts.catalogued:,} differ in a way that the catalogue explains")
        if counts[Verdict.UNDEFINED]:
            parts.append(f"{counts[Verdict.UNDEFINED]:,} have no exact answer")
        text = f"Of {counts.asked:,} asked, {listed(parts)}." if parts else ""
        unasked = [
            f"{counts[verdict]:,} {verdict}"
            for verdict in Verdict
            if not verdict.asked and counts[verdict]
        ]
        return f"{text} Not counted: {listed(unasked)}.".strip() if unasked else text


severity = operator.attrgetter("severity")


def share(finding: Finding) -> float:
    """The error as a fraction of the bound; NaN where nothing was compared.

    It is infinite where the error is, and for a failure that has no error.
    """
    error, bound = magnitude(finding.error), magnitude(finding.bound)
    if finding.error is None or finding.bound is None:
        return math.inf if finding.verdict.fails else math.nan
    if math.isnan(error) or math.isnan(bound):
        return math.inf
    return error / bound if bound > 0 else (0.0 if error == 0 else math.inf)


def _ranked(finding: Finding, fraction: float, ulps: float) -> tuple[object, ...]:
    """The key of a finding whose error is known in both units."""
    return (
        RANK[finding.verdict],
        -1.0 if math.isnan(fraction) else -fraction,
        0.0 if math.isnan(ulps) else -ulps,
        finding.name,
    )


def largest(numbers: Iterable[float]) -> float:
    """The largest that is a number; NaN if none is."""
    return max((number for number in numbers if not math.isnan(number)), default=math.nan)


def grouped(items: Iterable[Finding], key: Callable[[Finding], Key]) -> dict[Key, list[Finding]]:
    """The findings by a key, in the order in which the keys are met."""
    groups: dict[Key, list[Finding]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _cell(name: str, findings: list[Finding]) -> Cell:
    measured = [(finding, share(finding), magnitude(finding.ulps)) for finding in findings]
    compared = [one for one in measured if one[0].verdict is not Verdict.UNDEFINED]
    divided = [finding for finding in findings if finding.denominator]
    denominators = grouped(divided, lambda finding: finding.denominator)
    names = grouped((f for f in findings if f.divergence), lambda finding: finding.divergence)
    gravest = min(measured, key=lambda one: _ranked(*one))
    worst = gravest[0]
    differs = worst.verdict.fails or worst.verdict.catalogued
    return Cell(
        id=name,
        counts=Counts.of(finding.verdict for finding in findings),
        worst=worst,
        smallest=smallest(worst, findings) if differs else worst,
        severity=_ranked(*gravest),
        share=largest(fraction for _, fraction, _ in compared),
        ulps=largest(ulps for _, _, ulps in compared),
        denominators=tuple(
            (words, Counts.of(finding.verdict for finding in group))
            for words, group in sorted(denominators.items())
        ),
        divergences=tuple((name, len(group)) for name, group in sorted(names.items())),
    )


def _order(cell: Cell) -> tuple[object, ...]:
    """Values before gradients, float32 before float64, else by name."""
    worst = cell.worst
    known = worst.quantity in QUANTITIES
    quantity = QUANTITIES.index(worst.quantity) if known else len(QUANTITIES)
    return (
        worst.loss,
        worst.target,
        worst.reduction,
        worst.implementation,
        worst.mode,
        worst.dtype,
        quantity,
        cell.id,
    )


def _part(name: str, cells: list[Cell]) -> Part:
    return Part(
        name=name,
        findings=total(cell.counts for cell in cells),
        cells=Counts.of(cell.verdict for cell in cells),
        worst=min(cells, key=severity, default=None),
    )


_latest: deque[tuple[Run, Summary]] = deque(maxlen=1)


def summarise(run: Run) -> Summary:
    """The summary of a run; that of the latest one is known, for it is told in several ways."""
    if not _latest or _latest[0][0] is not run:
        _latest.append((run, _summarised(run)))
    return _latest[0][1]


def _summarised(run: Run) -> Summary:
    groups = grouped(run.findings, lambda finding: finding.cell)
    cells = sorted((_cell(name, findings) for name, findings in groups.items()), key=_order)
    records = {record.name: record for record in run.environment.frameworks}
    by_framework: dict[str, list[Cell]] = {name: [] for name in records}
    by_implementation: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        worst = cell.worst
        by_framework.setdefault(worst.framework, []).append(cell)
        by_implementation.setdefault(
            (worst.framework, f"{worst.implementation}@{worst.mode}"), []
        ).append(cell)
    order = {name: place for place, name in enumerate(by_framework)}
    return Summary(
        findings=Counts.of(finding.verdict for finding in run.findings),
        cells=tuple(cells),
        frameworks=tuple(_part(name, part) for name, part in by_framework.items()),
        implementations=tuple(
            _part(name, by_implementation[framework, name])
            for framework, name in sorted(
                by_implementation, key=lambda key: (order[key[0]], key[1])
            )
        ),
        absent=tuple(record for record in records.values() if record.absent),
        complete=run.environment.complete,
    )
