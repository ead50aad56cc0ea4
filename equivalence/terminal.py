"""The terminal: what a run comes to as a table, what is red, and how far a run has come."""

from __future__ import annotations

import math
import os
import shlex
import textwrap
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from equivalence.exact import FORMATS
from equivalence.finding import Verdict
from equivalence.report import summarise
from equivalence.report.summary import share
from equivalence.report.words import MARKS, figure, listed, magnitude, plural, times_bound
from equivalence.running import how_to_install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from equivalence.finding import Finding
    from equivalence.report import Cell, Counts, Part, Summary
    from equivalence.results import Run

SHOWN = 20  # red cells that are listed
COLUMNS: dict[str, Callable[[Counts], int]] = {
    "explained": lambda counts: counts[Verdict.EXPLAINED],
    "inaccurate": lambda counts: counts[Verdict.INACCURATE],
    "refuses": lambda counts: counts[Verdict.REFUSES],
    "undefined": lambda counts: counts[Verdict.UNDEFINED],
    "red": lambda counts: counts.failing,
}


class _Console(Console):
    """A console that goes on without its reader, who may have read enough."""

    def on_broken_pipe(self) -> None:
        """Prints into nothing from here on: what a verb writes and how it ends stay as they are."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def stdout() -> Console:
    """Where tables go."""
    return _Console(highlight=False, markup=False, emoji=False)


def stderr() -> Console:
    """Where progress and messages go."""
    return _Console(stderr=True, highlight=False, markup=False, emoji=False)


def command(verb: str, name: str) -> str:
    """The command that says more about a finding, as a shell takes it."""
    return f"equivalence {verb} {shlex.quote(name)}"


def resuming(path: str) -> str:
    """The command that asks what is left of a run that was cut short."""
    return f"equivalence run --resume {shlex.quote(path)}"


def print_run(run: Run, console: Console) -> None:
    """Prints what a run comes to: a table, what is absent, the verdict, what is red."""
    summary = summarise(run)
    if summary.findings.asked:
        for line in _table(run, summary, console.width):
            console.print(line, soft_wrap=True)
    for record in summary.absent:
        console.print(
            f"{record.name} is absent ({record.absent}); {how_to_install(record.name)}",
            soft_wrap=True,
        )
    console.print(f"\n{summary.headline} {summary.rest}".rstrip())
    for sentence in filter(None, (_open(summary), _largest(run.findings))):
        console.print(sentence, soft_wrap=True)
    for name, (number, example) in _reasons(run.findings):
        console.print(f"  {number:>6,}  {name}: {command('explain', example)}", soft_wrap=True)
    for cell in summary.failing[:SHOWN]:
        console.print(Text(f"\n{MARKS[cell.verdict]} {cell.id}", style="red"), soft_wrap=True)
        console.print(f"  {_in_words(cell)}", soft_wrap=True)
        console.print(f"  {command('explain', cell.worst.name)}", soft_wrap=True)
    more = len(summary.failing) - SHOWN
    if more > 0:
        console.print(f"\nand {plural(more, 'more cell')}")


def _open(summary: Summary) -> str:
    """How many findings nobody can explain, with their denominator, and what to do about it."""
    asked, unexplained = summary.findings.asked, summary.findings[Verdict.DIVERGES]
    if not asked:
        return ""
    opened = f"{unexplained:,} of {asked:,} {'is' if unexplained == 1 else 'are'} open"
    if not unexplained:
        return f"{opened}: every difference is explained."
    cells = sum(cell.verdict is Verdict.DIVERGES for cell in summary.failing)
    return (
        f"{opened}, in {plural(cells, 'cell')}: no model of the catalogue reproduces them. "
        "`equivalence explain` searches for what does, and prints the smallest input."
    )


def _largest(findings: Iterable[Finding]) -> str:
    """The largest error of what agrees, as a fraction of the bound, by dtype; never above 1.

    An overflow that agrees with an exact answer beyond the largest number has no finite error.
    """
    largest: dict[str, float] = {}
    for finding in findings:
        fraction = share(finding) if finding.verdict is Verdict.AGREES else math.nan
        if math.isfinite(fraction):
            largest[finding.dtype] = max(fraction, largest.get(finding.dtype, 0.0))
    parts = [f"{dtype} {largest[dtype]:.3f}" for dtype in FORMATS if dtype in largest]
    return f"Largest error of what agrees, by its bound: {listed(parts)}." if parts else ""


def _reasons(findings: Iterable[Finding]) -> list[tuple[str, tuple[int, str]]]:
    """The divergences met, the commonest first, each with its number and a finding of it alone."""
    met: dict[str, tuple[int, str]] = {}
    alone: set[str] = set()
    for finding in findings:
        for name in finding.divergences:
            number, example = met.get(name, (0, finding.name))
            if name not in alone and finding.divergence == name:
                alone.add(name)
                example = finding.name
            met[name] = (number + 1, example)
    return sorted(met.items(), key=lambda entry: (-entry[1][0], entry[0]))


def _in_words(cell: Cell) -> str:
    finding = cell.worst
    many = f"{cell.counts.failing} of {cell.counts.asked}"
    if finding.ulps is None or finding.bound is None:
        return f"{many}: {finding.detail or finding.verdict}"
    said = f" ({finding.detail})" if finding.verdict is Verdict.RETIRED else ""
    return f"{many}: {figure(magnitude(finding.ulps))} ulps, {times_bound(share(finding))}{said}"


def _table(run: Run, summary: Summary, width: int) -> Iterator[Text]:
    """A line for each framework, and under it one for each implementation and mode.

    A name that does not fit in front of its numbers has a line of its own: names are never cut.
    Where the numbers do not fit into a line, they are told in words.
    """
    worst = _worst(run.findings)
    columns = {
        name: count for name, count in COLUMNS.items() if name == "red" or count(summary.findings)
    }
    rows: list[tuple[str, str, tuple[str, ...]]] = [
        ("", "bold", ("agrees", *columns, "ulps", "of bound"))
    ]

    def row(part: Part, name: str, style: str) -> None:
        counts = part.findings
        numbers = tuple(
            f"{count(counts):,}" if count(counts) else "·" for count in columns.values()
        )
        ulps, fraction = worst.get(part.name, ("·", "·"))
        agree = f"{counts.agree:,} of {counts.asked:,}"
        rows.append((name, "red" if counts.failing else style, (agree, *numbers, ulps, fraction)))

    for framework in summary.frameworks:
        if framework.findings.asked:
            row(framework, framework.name, "bold")
        for part in summary.implementations:
            if part.findings.asked and part.name.startswith(f"{framework.name}."):
                row(part, "  " + part.name.removeprefix(f"{framework.name}."), "")
    widths = [
        max(map(len, column)) for column in zip(*(numbers for _, _, numbers in rows), strict=True)
    ]
    name_width = width - sum(widths) - 2 * len(widths)
    if name_width < 0:
        yield from _in_lines(rows, width)
        return
    for name, style, numbers in rows:
        right = "".join(f"  {number:>{size}}" for number, size in zip(numbers, widths, strict=True))
        if len(name) <= name_width:
            yield Text(f"{name:<{name_width}}{right}", style=style)
        else:
            yield Text(name, style=style)
            yield Text(f"{'':<{name_width}}{right}", style=style)


def _in_lines(rows: list[tuple[str, str, tuple[str, ...]]], width: int) -> Iterator[Text]:
    """The same in words, where not even the numbers fit into a line."""
    _, _, heads = rows[0]
    for name, style, numbers in rows[1:]:
        yield Text(name, style=style)
        pairs = zip(heads, numbers, strict=True)
        said = ", ".join(f"{head} {number}" for head, number in pairs if number != "·")
        for line in textwrap.wrap(said, max(width - 4, 16)):
            yield Text(f"    {line}", style=style)


def _worst(findings: Iterable[Finding]) -> dict[str, tuple[str, str]]:
    """The largest error that is not catalogued: its ulps, and its share of the bound."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        if finding.error is not None and (
            finding.verdict is Verdict.AGREES or finding.verdict.fails
        ):
            for key in (finding.framework, f"{finding.implementation}@{finding.mode}"):
                if key not in worst or share(finding) > share(worst[key]):
                    worst[key] = finding
    return {
        key: (figure(magnitude(finding.ulps)), figure(share(finding)))
        for key, finding in worst.items()
    }


def print_facts(facts: Iterable[tuple[str, Iterable[str]]], console: Console) -> None:
    """Prints headings with their lines beside them; numbers and addresses are never broken."""
    for heading, lines in facts:
        margin = f"{heading:<12}"
        for line in lines:
            for part in textwrap.wrap(
                line, max(40, console.width - 12), break_long_words=False, break_on_hyphens=False
            ):
                console.print(f"{margin}{part}", soft_wrap=True)
                margin = " " * 12


def print_list(entries: Iterable[tuple[str, Iterable[str]]], console: Console) -> None:
    """Prints names, each with some sentences under it."""
    for name, sentences in entries:
        console.print(Text(name, style="bold"), soft_wrap=True)
        for sentence in filter(None, sentences):
            for line in textwrap.wrap(
                sentence, max(40, console.width - 4), break_long_words=False, break_on_hyphens=False
            ):
                console.print(f"    {line}", soft_wrap=True)
