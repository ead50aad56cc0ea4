"""The Markdown report: a job summary of at most 200 KB, the gravest first, the rest counted."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from equivalence.changes import compare
from equivalence.finding import Verdict, separated
from equivalence.report.against import environment as circumstances
from equivalence.report.against import missing, sentence, verdict, words
from equivalence.report.numbers import abridged
from equivalence.report.summary import largest, summarise
from equivalence.report.words import MARKS, figure, plural, short, visible, web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equivalence.changes import Comparison
    from equivalence.report.summary import Cell, Summary
    from equivalence.results import Run

ROWS = 50  # rows of a table
LARGEST = 200_000  # bytes: GitHub takes 1 MiB a step; a reader takes less
_NAME = 300  # characters of a name

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|~&@$])")


def escape(text: str, longest: int = _NAME) -> str:
    r"""The text as Markdown that shows it as it is, on one line.

    >>> escape("<b>|x")
    '\\<b\\>\\|x'
    """
    return _SPECIAL.sub(r"\\\1", short(visible(" ".join(text.split())), longest))


def code(text: str, longest: int = _NAME) -> str:
    """The text as code inside a table cell.

    >>> code("a|b`c")
    '`a¦bˋc`'
    """
    text = short(visible(" ".join(text.split())), longest)
    return "`" + text.replace("|", "¦").replace("`", "ˋ") + "`" if text else ""


def link(text: str, url: str) -> str:
    """A link if the address is one of the web, else the text."""
    safe = web(url)
    if not safe or len(safe) > _NAME or re.search(r"[\s<>()\\|]", visible(safe)):
        return escape(text)
    return f"[{escape(text)}](<{safe}>)"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of a table, the first rows of it and how many more there are."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows[:ROWS]]
    rest = len(rows) - ROWS
    return [*lines, "", f"… and {plural(rest, 'more row')}."] if rest > 0 else lines


def _cell_row(cell: Cell) -> tuple[str, ...]:
    worst, verdict = cell.worst, cell.verdict
    ulps = "" if math.isnan(cell.ulps) else figure(cell.ulps)
    return (
        f"{MARKS[verdict]} {verdict}",
        code(cell.id),
        f"{cell.counts[verdict]} of {cell.counts.asked}",
        ulps,
        code(worst.got.decimal if worst.got else ""),
        code(abridged(worst.exact.decimal, 24) if worst.exact else ""),
        escape(worst.divergence or worst.detail),
    )


def _frameworks(run: Run, summary: Summary) -> list[str]:
    rows: list[tuple[str, ...]] = []
    records = {record.name: record for record in run.environment.frameworks}
    for part in summary.frameworks:
        record = records.get(part.name)
        if record is not None and record.absent:
            rows.append(
                (f"**{escape(part.name)}**", "**absent**", escape(record.absent), "", "", "")
            )
            continue
        versions, flags = (
            ", ".join(f"{name} {value}" for name, value in sorted(said.items()))
            for said in ((record.versions, record.flags) if record else ({}, {}))
        )
        counts = part.findings
        agree = f"{counts.agree:,} of {counts.asked:,}"
        rows.append(
            (
                escape(part.name),
                escape(versions),
                escape(flags),
                agree,
                f"{counts.catalogued:,}",
                f"{counts.failing:,}",
            )
        )
    head = ("framework", "versions", "flags that decide numbers", "agree", "catalogued", "fail")
    return table(head, rows)


def _divergences(run: Run, summary: Summary) -> list[str]:
    records = {record.name: record for record in run.environment.divergences}
    cells: dict[str, list[Cell]] = {}
    for cell in summary.catalogued:
        cells.setdefault(cell.worst.divergence, []).append(cell)
    rows = []
    for names, group in sorted(cells.items(), key=lambda item: (-len(item[1]), item[0])):
        known = [records[name] for name in separated(names) if name in records]
        worst = largest(cell.ulps for cell in group)
        rows.append(
            (
                f"{MARKS[group[0].verdict]} {group[0].verdict}",
                escape(" ".join(record.summary for record in known) or names),
                f"{len(group):,}",
                "" if math.isnan(worst) else figure(worst),
                " ".join(link("reference", record.reference) for record in known),
            )
        )
    return table(("verdict", "what it does", "cells", "worst ulps", ""), rows)


def section(comparison: Comparison) -> list[str]:
    """What is new against an earlier run: what differed around it first, then the changes."""
    title = f"Against the baseline of {comparison.date}"
    lines = [f"**{escape(title)}**: {escape(verdict(comparison))}", ""]
    lines += [escape(circumstances(comparison), 2000), "", escape(sentence(comparison), 2000)]
    for line in missing(comparison):
        lines += ["", escape(line, 2000)]
    if comparison.changes:
        rows = [
            (
                f"{'**' if change.alarms else ''}{change.kind}{'**' if change.alarms else ''}",
                code(change.cell),
                escape(words(change, comparison), 600),
            )
            for change in comparison.changes
        ]
        lines += ["", *table(("what", "cell", "how"), rows)]
    return lines


def render_markdown(run: Run, *, baseline: Run | None = None) -> str:
    """The Markdown of a run: the verdict, what is new, what is missing or red, then the rest."""
    summary, environment = summarise(run), run.environment
    blocks = [[f"### {summary.mark} equivalence: {summary.headline}"]]
    if summary.rest:
        blocks.append([summary.rest])
    if baseline is not None:
        blocks.append(section(compare(baseline, run)))
    if not summary.complete:
        blocks.append(
            ["**Incomplete:** the run was cut short. What it had is below; the rest was not asked."]
        )
    if summary.absent:
        names = ", ".join(
            f"{escape(record.name)} ({escape(record.absent)})" for record in summary.absent
        )
        blocks.append([f"**Absent:** {names}"])
    if summary.failing:
        head = ("verdict", "cell", "questions", "ulps", "got", "exact", "why")
        blocks.append([f"#### What fails: {plural(len(summary.failing), 'cell')}"])
        blocks.append(table(head, [_cell_row(cell) for cell in summary.failing]))
    blocks.append(_frameworks(run, summary))
    if summary.catalogued:
        blocks.append([f"#### Catalogued divergences: {plural(len(summary.catalogued), 'cell')}"])
        blocks.append(_divergences(run, summary))
    if environment.claims:
        rows = [
            (
                escape(str(claim.number)),
                escape(claim.statement),
                escape(claim.verdict),
                escape(claim.domain),
            )
            for claim in environment.claims
        ]
        blocks.append(["#### The tutorial's claims"])
        blocks.append(table(("", "claim", "verdict", "where"), rows))
    undefined = summary.findings[Verdict.UNDEFINED]
    tail = [
        escape(environment.date),
        f"commit {code(environment.commit)}" if environment.commit else "",
        f"profile {escape(environment.profile)}",
        f"Python {escape(environment.python)}",
        escape(environment.platform),
        escape(", ".join(f"{name}={value}" for name, value in environment.settings.items())),
        f"{plural(undefined, 'question')} without an exact answer",
    ]
    blocks.append([" · ".join(filter(None, tail)), "", f"Again: {code(environment.command, 4000)}"])
    return _cut(blocks)


def _cut(blocks: list[list[str]]) -> str:
    """The blocks that fit, in order, and how many were left out."""
    kept, size = [], 0
    for place, block in enumerate(blocks):
        text = "\n".join(block) + "\n"
        size += len(text.encode("utf-8")) + 1
        if size > LARGEST - 200:
            kept.append(
                f"… {plural(len(blocks) - place, 'block')} left out: the summary is full.\n"
            )
            break
        kept.append(text)
    return "\n".join(kept)
