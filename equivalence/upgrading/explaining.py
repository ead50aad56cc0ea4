"""What the catalogue does not explain: the search, where the framework of a run is installed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.upgrading.environments import build
from equivalence.upgrading.measuring import call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.changes import Change, Comparison
    from equivalence.upgrading.environments import Builder
    from equivalence.upgrading.requirements import Requirements

SEARCHED = 3  # changes of one comparison that are searched for; each takes seconds


def explained(
    comparison: Comparison, before: Requirements, after: Requirements, builder: Builder
) -> Comparison:
    """The comparison with what a search over the generic models says of what is not catalogued.

    Both sides are asked in their own environments, where their finding diverges.
    """
    found = dict(_found(comparison, before, after, builder))
    changes = tuple(
        replace(change, reason=found.get(change, change.reason)) for change in comparison.changes
    )
    return replace(comparison, changes=changes)


def _found(
    comparison: Comparison, before: Requirements, after: Requirements, builder: Builder
) -> Iterator[tuple[Change, str]]:
    open_ = [change for change in comparison.alarms if _open(change)]
    for change in open_[:SEARCHED]:
        said = []
        for side, finding, requirements in (
            ("before", change.before, before),
            ("after", change.after, after),
        ):
            if finding is not None and finding.verdict is Verdict.DIVERGES and finding.case:
                builder.say(f"searching what {requirements} does in {finding.name}")
                folder = build(requirements, builder)
                lines = searched(call(folder, ["explain", finding.name], requirements))
                said += [f"{side}: {' '.join(lines)}"] if lines else []
        if said:
            yield change, "; ".join(said)


def _open(change: Change) -> bool:
    sides = (change.before, change.after)
    return any(side is not None and side.verdict is Verdict.DIVERGES for side in sides)


def searched(done: object) -> list[str]:
    """The lines that ``equivalence explain`` prints of its search."""
    text = str(getattr(done, "stdout", ""))
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("search"):
            inside = True
            line = line.removeprefix("search")  # noqa: PLW2901 - the heading stands before it
        elif line[:1].strip():
            inside = False
        if inside and line.strip():
            kept.append(line.strip())
    return kept
