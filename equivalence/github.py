"""What a job of GitHub Actions is told: a summary in Markdown, and annotations of what fails."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence.report import render_markdown, summarise
from equivalence.report.words import figure, plural, short, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.report import Cell
    from equivalence.results import Run

ANNOTATIONS = 8  # GitHub shows ten a step; one stays for the failing step itself
LONGEST = 500  # characters of an annotation


def append_summary(run: Run, baseline: Run | None = None) -> str:
    """Appends the Markdown report to the summary of the job, if this is one.

    Args:
        run: What is reported.
        baseline: What it is compared with first.

    Returns:
        Why it could not be written, in one line; empty if it was, or if there is no such job.
    """
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return ""
    try:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(render_markdown(run, baseline=baseline))
    except OSError as error:
        return f"{summary} cannot be written ({error.strerror})"
    return ""


def workflow_commands(run: Run) -> Iterator[str]:
    """The workflow commands that mark what fails, the worst first, in a job; else nothing.

    At most eight: where there is more, the last says how much.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    failing = summarise(run).failing
    shown = failing if len(failing) <= ANNOTATIONS else failing[: ANNOTATIONS - 1]
    for cell in shown:
        yield f"::error title={_title(cell)}::{_text(_message(cell))}"
    if rest := len(failing) - len(shown):
        yield f"::error title=equivalence::and {plural(rest, 'more cell')} that fail"


def _message(cell: Cell) -> str:
    worst = cell.worst
    numbers = ""
    if worst.got and worst.exact:
        numbers = f"got {worst.got.decimal}, exactly {worst.exact.decimal}"
    ulps = "" if math.isnan(cell.ulps) else f"{figure(cell.ulps)} ulps"
    return "; ".join(filter(None, (cell.id, numbers, ulps, worst.detail)))


def _title(cell: Cell) -> str:
    """A title: in a property commas and colons are escaped too."""
    return (
        _text(f"{cell.verdict}: {cell.worst.implementation}")
        .replace(":", "%3A")
        .replace(",", "%2C")
    )


def _text(text: str) -> str:
    r"""The text as GitHub reads it: per cent signs and line breaks are escaped.

    >>> _text("100 %\n")
    '100 %25%0A'
    """
    shown = short(visible(text), LONGEST)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
