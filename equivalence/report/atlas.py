"""The atlas: which release changed which cell, as a page in the manner of compatibility tables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from equivalence.finding import Verdict
from equivalence.history import NOT_OFFERED
from equivalence.report.html import page_file, templates
from equivalence.report.words import MARKS, TONES, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from equivalence.history import History, Row, Step

LISTED = 3  # cells of a row that are named
STEPS = 40  # changes of a release that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Releases in which a row is alike.

    Attributes:
        width: How many.
        verdict: The word.
        mark: Its shape.
        tone: Its colour.
        divergences: What shows here, as far as not in all releases that offer the cells.
        since: The first of them.
    """

    width: int
    verdict: str
    mark: str
    tone: str
    divergences: tuple[str, ...]
    since: str


def spans(row: Row, releases: Sequence[str]) -> tuple[Span, ...]:
    """The states of a row, releases that are alike together."""
    found, place = [], 0
    every = [set(state.split(" ")[1:]) for state in row.states if state != NOT_OFFERED]
    common = set.intersection(*every) if every else set()
    for state, group in itertools.groupby(row.states):
        width = len(list(group))
        word, *names = state.split(" ")
        verdict = Verdict(word)
        found.append(
            Span(
                width=width,
                verdict=word,
                mark=MARKS[verdict],
                tone=TONES[verdict],
                divergences=tuple(name for name in names if name not in common),
                since=releases[place],
            )
        )
        place += width
    return tuple(found)


def cells(row: Row) -> str:
    """The cells of a row, as SELECT takes them; of many the first ones.

    >>> from equivalence.history import Row
    >>> cells(Row(implementation="x@eager", cells=("a:b", "a:c"), states=()))
    'a:b, a:c'
    """
    shown = ", ".join(row.cells[:LISTED])
    more = len(row.cells) - LISTED
    return f"{shown}, and {more} more" if more > 0 else shown


def by_release(history: History) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
    """The changes of every release that made some: its name, the one before, the changes."""
    for before, after in itertools.pairwise(history.releases):
        steps = tuple(step for step in history.steps if step.release == after)
        yield after, before, steps


def headline(histories: Sequence[History]) -> str:
    """What the page says first."""
    asked = ", ".join(
        f"{history.package} {history.releases[0]} to {history.releases[-1]}"
        for history in histories
    )
    return f"Which release changed which loss: {asked}"


def render_atlas(histories: Sequence[History]) -> str:
    """The page of the atlas. Everything in it is taken for text."""
    return (
        templates()
        .get_template("atlas.html.j2")
        .render(
            style=Markup(page_file("page.css")),  # noqa: S704 - our own file
            histories=histories,
            headline=headline(histories),
            spans=spans,
            cells=cells,
            by_release=by_release,
            STEPS=STEPS,
        )
    )


def render_atlas_markdown(histories: Sequence[History]) -> str:
    """The changes of every release, for a job's summary."""
    lines: list[str] = []
    for history in histories:
        lines += [f"## {history.package}", ""]
        for after, before, steps in by_release(history):
            number = sum(step.cells for step in steps)
            what = plural(number, "cell") if steps else "nothing"
            lines += [f"### {before} to {after}: {what} changed", ""]
            lines += [
                f"- **{step.what}**, {plural(step.cells, 'cell')} of `{step.implementation}`: "
                f"{step.words}"
                for step in steps[:STEPS]
            ]
            lines += [""] if steps else []
    return "\n".join(lines) + "\n"
