"""What a cell opens to: its worst finding in full, grouped by the divergence that explains it."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Finding, Verdict
from equivalence.report.summary import Cell, Counts, grouped, severity, share
from equivalence.report.words import figure, hexadecimal, listed, magnitude, short, times_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.exact import Number
    from equivalence.report.summary import Summary
    from equivalence.results import DivergenceRecord, Run

REPRODUCTIONS = 1500  # drill-downs that carry a script; the rest name the command that prints it
INPUTS = 16  # numbers of an input that are printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of a drill-down.

    Attributes:
        term: ``"got"``, ``"exact"``, ``"error"``, ...
        text: What is said.
        code: Whether it is numbers or a command.
    """

    term: str
    text: str
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillDown:
    """A cell, its worst finding in full, and how to see it again.

    Attributes:
        also: Other divergences that some of its findings met, with their numbers.
        script: The reproduction in plain framework code; empty beyond the first ``REPRODUCTIONS``.
        command: The command that prints it.
    """

    cell: Cell
    facts: tuple[Fact, ...]
    also: tuple[tuple[str, int], ...]
    script: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A divergence and the cells that it explains; or an implementation and its red cells.

    Attributes:
        name: The divergence's (several joined by " + "), or the implementation's.
        records: What the catalogue says about it; empty for red cells that it does not name.
        parts: The drill-downs of each implementation@mode, worst first.
    """

    name: str
    records: tuple[DivergenceRecord, ...]
    parts: tuple[tuple[str, tuple[DrillDown, ...]], ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All its cells, worst first."""
        return tuple(sorted((drill.cell for _, drills in self.parts for drill in drills), key=severity))

    @property
    def counts(self) -> Counts:
        """Counts of its cells."""
        return Counts.of(cell.verdict for cell in self.cells)

    @property
    def worst(self) -> Cell:
        """Its worst cell."""
        return self.cells[0]

    @property
    def fragment(self) -> str:
        """The id of the group on a page."""
        name = self.name if self.name.replace("_", "").isalnum() and len(self.name) < 100 else self.worst.fragment
        return f"divergence-{name}"


def _number(number: Number) -> str:
    return f"{short(number.decimal, 60)}  ({short(hexadecimal(number), 40)})"


def _numbers(numbers: tuple[Number, ...]) -> str:
    text = "\n".join(_number(number) for number in numbers[:INPUTS])
    rest = len(numbers) - INPUTS
    return text if rest <= 0 else f"{text}\n… {rest:,} more"


def _error(finding: Finding) -> str:
    error = magnitude(finding.error)
    if math.isinf(error):
        return "infinite: one of the two is not a finite number"
    parts = []
    if finding.ulps is not None:
        parts.append(f"{figure(magnitude(finding.ulps))} ulps of {finding.dtype}")
    if finding.bound is not None:
        parts.append(f"{times_bound(share(finding))} {figure(magnitude(finding.bound))}")
    return f"{figure(error)}: {listed(parts)}" if parts else figure(error)


def _ratio(finding: Finding) -> str:
    """Got over exact where that says something: for values that are not next to each other."""
    got, exact = magnitude(finding.got), magnitude(finding.exact)
    if not (math.isfinite(got) and math.isfinite(exact)) or not exact or not got:
        return ""
    ratio = got / exact
    return f"{ratio:.7g}" if math.isfinite(ratio) and abs(ratio - 1) > 1e-4 else ""  # noqa: PLR2004 -- print only


def facts(finding: Finding, counts: Counts) -> tuple[Fact, ...]:
    """What is known about a finding, line by line; ``counts`` are those of its cell."""
    lines = []
    if finding.got is not None:
        lines.append(Fact(term="got", text=_number(finding.got), code=True))
    if finding.exact is not None:
        lines.append(Fact(term="exact", text=_number(finding.exact), code=True))
    if finding.error is not None:
        lines.append(Fact(term="error", text=_error(finding)))
    if ratio := _ratio(finding):
        lines.append(Fact(term="got / exact", text=ratio, code=True))
    if finding.denominator:
        lines.append(Fact(term="divides by", text=short(finding.denominator)))
    where = finding.where
    if where is not None:
        if where.index:
            lines.append(Fact(term="position", text="[" + ", ".join(map(str, where.index)) + "]", code=True))
        if where.prediction:
            lines.append(Fact(term="prediction", text=_numbers(where.prediction), code=True))
        if where.target:
            lines.append(Fact(term="target", text=_numbers(where.target), code=True))
    if finding.detail:
        lines.append(Fact(term="detail", text=short(finding.detail, 2000)))
    number, asked = counts[finding.verdict], counts.asked
    lines.append(
        Fact(term="case", text=f"{short(finding.case)} (the worst of {number:,} that {_are(finding.verdict)}, of {asked:,} asked)")
    )
    return tuple(lines)


def _are(verdict: Verdict) -> str:
    return {Verdict.DIVERGES: "diverge", Verdict.REFUSES: "are refused", Verdict.CRASHED: "crashed"}.get(
        verdict, f"are {verdict}"
    )


class _Writer:
    """Makes drill-downs, and stops calling for scripts after the first ``REPRODUCTIONS``."""

    def __init__(self, reproduce: Callable[[Finding], str]) -> None:
        self._reproduce = reproduce
        self._left = REPRODUCTIONS

    def drill_down(self, cell: Cell) -> DrillDown:
        worst = cell.worst
        self._left -= 1
        return DrillDown(
            cell=cell,
            facts=facts(worst, cell.counts),
            also=tuple(item for item in cell.divergences if item[0] != worst.divergence),
            script=self._reproduce(worst) if self._left >= 0 else "",
            command=f"equivalence reproduce {shlex.quote(short(worst.name, 2000))}",
        )

    def parts(self, cells: Iterable[Cell]) -> tuple[tuple[str, tuple[DrillDown, ...]], ...]:
        """The drill-downs by implementation@mode: the one with the worst cell first."""
        by_name: dict[str, list[Cell]] = {}
        for cell in cells:
            by_name.setdefault(f"{cell.worst.implementation}@{cell.worst.mode}", []).append(cell)
        return tuple((name, tuple(map(self.drill_down, group))) for name, group in by_name.items())


def _records(run: Run, names: str) -> tuple[DivergenceRecord, ...]:
    """What the catalogue says about the divergences of a finding, in the order in which they are named."""
    known = {record.name: record for record in run.environment.divergences}
    return tuple(known[name] for name in names.split(" + ") if name in known)


def groups(
    run: Run, summary: Summary, reproduce: Callable[[Finding], str]
) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The red cells by implementation and the amber cells by divergence; in each, the worst group first."""
    writer = _Writer(reproduce)
    red: dict[str, list[Cell]] = {}
    for cell in summary.failing:
        red.setdefault(cell.worst.implementation, []).append(cell)
    amber: dict[str, list[Cell]] = {}
    for cell in summary.catalogued:
        amber.setdefault(cell.worst.divergence, []).append(cell)
    return (
        tuple(
            Group(name=name, records=_records(run, cells[0].worst.divergence), parts=writer.parts(cells))
            for name, cells in red.items()
        ),
        tuple(
            Group(name=name, records=_records(run, name), parts=writer.parts(cells))
            for name, cells in sorted(amber.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Undefined:
    """What an implementation returned where no exact answer exists.

    Attributes:
        asked: How many such questions it was asked.
        returned: What it returned, the most frequent first.
    """

    implementation: str
    asked: int
    returned: tuple[tuple[str, int], ...]


def undefined(run: Run) -> tuple[Undefined, ...]:
    """What each implementation returned where no exact answer exists."""
    findings = [finding for finding in run.findings if finding.verdict is Verdict.UNDEFINED]
    result = []
    for name, group in sorted(grouped(findings, lambda finding: finding.implementation).items()):
        answers = grouped(group, lambda finding: short(finding.got.decimal, 40) if finding.got else "an exception")
        ranked = sorted(((answer, len(met)) for answer, met in answers.items()), key=lambda item: (-item[1], item[0]))
        result.append(Undefined(implementation=name, asked=len(group), returned=tuple(ranked)))
    return tuple(result)
