"""What a cell opens to: its worst finding in full, grouped by the divergence that explains it."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Finding, Verdict, Where
from equivalence.report.counts import Counts
from equivalence.report.summary import Cell, grouped, severity, share
from equivalence.report.words import figure, hexadecimal, listed, magnitude, short, times_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.exact import Number
    from equivalence.report.summary import Summary
    from equivalence.results import DivergenceRecord, Run

# Characters of scripts on a page; beyond, a drill-down names the command that prints its own.
SCRIPTS = 1_000_000
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
        facts: What is known about the worst finding.
        note: How many of the cell's findings are like it.
        also: Other divergences that some of its findings met, with their numbers.
        script: The reproduction in plain framework code; empty where the page is full.
        command: The command that prints it.
    """

    cell: Cell
    facts: tuple[Fact, ...]
    note: str
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
        return tuple(
            sorted((drill.cell for _, drills in self.parts for drill in drills), key=severity)
        )

    @property
    def counts(self) -> Counts:
        """Counts of its cells."""
        return Counts.of(cell.verdict for cell in self.cells)

    @property
    def worst(self) -> Cell:
        """Its worst cell."""
        return self.cells[0]

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks of its implementations."""
        return tuple(sorted({cell.worst.framework for cell in self.cells}))

    @property
    def fragment(self) -> str:
        """The id of the group on a page."""
        name = (
            self.name
            if self.name.replace("_", "").isalnum() and len(self.name) < 100
            else self.worst.fragment
        )
        return f"divergence-{name}"


def _number(number: Number, width: int = 0) -> str:
    return f"{short(number.decimal, 60):<{width}}  {short(hexadecimal(number), 40)}"


def _numbers(term: str, numbers: tuple[Number, ...]) -> list[str]:
    """A column of numbers, in decimal and hexadecimal, under a term; narrow enough for a phone."""
    width = max((len(number.decimal) for number in numbers), default=0)
    lines = [_number(number, min(width, 30)) for number in numbers[:INPUTS]]
    rest = len(numbers) - INPUTS
    lines += [f"… {rest:,} more"] if rest > 0 else []
    return [f"{term}  {lines[0]}"] if len(lines) == 1 else [term, *(f"  {line}" for line in lines)]


def _input(where: Where) -> str:
    lines = []
    if where.prediction:
        lines += _numbers("prediction", where.prediction)
    if where.target:
        lines += _numbers("target", where.target)
    if where.index:
        lines.append(f"position  [{', '.join(map(str, where.index))}]")
    return "\n".join(lines)


def _error(finding: Finding) -> str:
    error = magnitude(finding.error)
    if math.isinf(error):
        return "infinite: one of the two is not a finite number"
    parts = []
    if finding.ulps is not None:
        parts.append(f"{figure(magnitude(finding.ulps))} ulps of {short(finding.dtype, 40)}")
    if finding.bound is not None:
        parts.append(f"{times_bound(share(finding))} {figure(magnitude(finding.bound))}")
    if ratio := _ratio(finding):
        parts.append(f"got is {ratio} times exact")
    return f"{figure(error)}: {listed(parts)}" if parts else figure(error)


def _ratio(finding: Finding) -> str:
    """Got over exact where that says something: for numbers that are not next to each other."""
    got, exact = magnitude(finding.got), magnitude(finding.exact)
    if not (math.isfinite(got) and math.isfinite(exact)) or not exact or not got:
        return ""
    ratio = got / exact
    return f"{ratio:.7g}" if math.isfinite(ratio) and abs(ratio - 1) > 1e-4 else ""  # in print only


def facts(finding: Finding) -> tuple[Fact, ...]:
    """What is known about a finding, line by line."""
    lines = []
    if finding.got is not None:
        lines.append(Fact(term="got", text=_number(finding.got), code=True))
    if finding.exact is not None:
        lines.append(Fact(term="exact", text=_number(finding.exact), code=True))
    if finding.error is not None:
        lines.append(Fact(term="error", text=_error(finding)))
    if finding.where is not None and (text := _input(finding.where)):
        lines.append(Fact(term="input", text=text, code=True))
    if finding.detail:
        lines.append(Fact(term="detail", text=short(finding.detail, 2000)))
    return tuple(lines)


def _note(finding: Finding, counts: Counts) -> str:
    words = {
        Verdict.DIVERGES: "diverge",
        Verdict.REFUSES: "are refused",
        Verdict.CRASHED: "crashed",
    }
    like = words.get(finding.verdict, f"are {finding.verdict}")
    number = counts[finding.verdict]
    note = f"{number:,} of the cell's {counts.asked:,} questions {like}" + (
        "; this is the worst" if number > 1 else ""
    )
    return (
        f"{note}. Here the mean divides by the {short(finding.denominator)}."
        if finding.denominator
        else f"{note}."
    )


def _drill_down(cell: Cell, script: str) -> DrillDown:
    worst = cell.worst
    return DrillDown(
        cell=cell,
        facts=facts(worst),
        note=_note(worst, cell.counts),
        also=tuple(item for item in cell.divergences if item[0] != worst.divergence),
        script=script,
        command=f"equivalence reproduce {shlex.quote(short(worst.name, 2000))}",
    )


def _parts(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """The cells by implementation@mode, in their order."""
    parts: dict[str, list[Cell]] = {}
    for cell in cells:
        parts.setdefault(f"{cell.worst.implementation}@{cell.worst.mode}", []).append(cell)
    return parts


def _scripts(groups: Iterable[list[Cell]], reproduce: Callable[[Finding], str]) -> dict[str, str]:
    """The scripts, first of every implementation's worst cell, until the page is full."""
    parts = [part for cells in groups for part in _parts(cells).values()]
    placed = [(place, cell) for part in parts for place, cell in enumerate(part)]
    scripts: dict[str, str] = {}
    size = 0
    for _, cell in sorted(placed, key=lambda item: (item[0], severity(item[1]))):
        if size > SCRIPTS:
            break
        scripts[cell.id] = reproduce(cell.worst)
        size += len(scripts[cell.id])
    return scripts


def _records(run: Run, names: str) -> tuple[DivergenceRecord, ...]:
    """What the catalogue says about the divergences of a finding, in the order of their names."""
    known = {record.name: record for record in run.environment.divergences}
    return tuple(known[name] for name in names.split(" + ") if name in known)


def groups(
    run: Run, summary: Summary, reproduce: Callable[[Finding], str]
) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The red cells by implementation, the worst first; the amber by divergence, most first."""
    red: dict[str, list[Cell]] = {}
    for cell in summary.failing:
        red.setdefault(cell.worst.implementation, []).append(cell)
    amber: dict[str, list[Cell]] = {}
    for cell in summary.catalogued:
        amber.setdefault(cell.worst.divergence, []).append(cell)
    scripts = _scripts([*red.values(), *amber.values()], reproduce)

    def group(name: str, divergence: str, cells: list[Cell]) -> Group:
        parts = {
            part: tuple(_drill_down(cell, scripts.get(cell.id, "")) for cell in members)
            for part, members in _parts(cells).items()
        }
        return Group(name=name, records=_records(run, divergence), parts=tuple(parts.items()))

    return (
        tuple(group(name, cells[0].worst.divergence, cells) for name, cells in red.items()),
        tuple(
            group(name, name, cells)
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
        answers = grouped(
            group, lambda finding: short(finding.got.decimal, 40) if finding.got else "an exception"
        )
        ranked = sorted(
            ((answer, len(met)) for answer, met in answers.items()),
            key=lambda item: (-item[1], item[0]),
        )
        result.append(Undefined(implementation=name, asked=len(group), returned=tuple(ranked)))
    return tuple(result)
