"""Bisection: which release has changed a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.changes import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.version import Version

    from equivalence.changes import Comparison
    from equivalence.results import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Two releases that follow each other, between which a cell has changed.

    Attributes:
        before: The last release that is as the first one.
        after: The first that is not.
        comparison: Of the two.
    """

    before: Version
    after: Version
    comparison: Comparison


def bisected(
    versions: Sequence[Version],
    ask: Callable[[Version], Run | None],
    say: Callable[[str], None] = lambda _: None,
) -> Turn | None:
    """Between which two releases a cell has changed; None if first and last are alike.

    If it has changed more than once, one of the turns is found. Releases that cannot be asked are
    passed over.

    Args:
        versions: Oldest first, at least two.
        ask: The run of a release; None if it cannot be asked.
        say: Is told every step.
    """
    left = list(versions)
    first, last = _end(left, ask, 0), _end(left, ask, -1)
    if first is None or last is None or len(left) < 2:
        return None
    if not _changed(first, last):
        say(f"{left[0]} and {left[-1]} are alike")
        return None
    say(f"{left[0]} and {left[-1]} differ; {len(left) - 2} releases between")
    before, after, oldest = first, last, left[0]
    while len(left) > 2:
        middle = len(left) // 2
        found = ask(left[middle])
        if found is None:
            del left[middle]
            continue
        differs = _changed(first, found)
        say(f"{left[middle]} {'differs from' if differs else 'is as'} {oldest}")
        if differs:
            left, after = left[: middle + 1], found
        else:
            left, before = left[middle:], found
    return Turn(before=left[0], after=left[-1], comparison=compare(before, after))


def _end(versions: list[Version], ask: Callable[[Version], Run | None], place: int) -> Run | None:
    """The run of the first or last release that can be asked; the others are taken out."""
    while versions:
        found = ask(versions[place])
        if found is not None:
            return found
        del versions[place]
    return None


def _changed(before: Run, after: Run) -> bool:
    """Whether an answer is another one; what is new or gone is a change too."""
    return any(change.alarms or change.before is None for change in compare(before, after).changes)
