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
    ask: Callable[[Version], Run],
    say: Callable[[str], None] = lambda _: None,
) -> Turn | None:
    """Between which two releases a cell has changed; None if first and last are alike.

    If it has changed more than once, one of the turns is found.

    Args:
        versions: Oldest first, at least two.
        ask: The run of a release.
        say: Is told every step.
    """
    low, high = 0, len(versions) - 1
    first, last = ask(versions[low]), ask(versions[high])
    if not _changed(first, last):
        say(f"{versions[low]} and {versions[high]} are alike")
        return None
    say(f"{versions[low]} and {versions[high]} differ; {high - low - 1} releases between")
    before, after = first, last
    while high - low > 1:
        middle = (low + high) // 2
        found = ask(versions[middle])
        differs = _changed(first, found)
        say(f"{versions[middle]} {'differs from' if differs else 'is as'} {versions[0]}")
        if differs:
            high, after = middle, found
        else:
            low, before = middle, found
    return Turn(before=versions[low], after=versions[high], comparison=compare(before, after))


def _changed(before: Run, after: Run) -> bool:
    """Whether an answer is another one; what is new or gone is a change too."""
    return any(change.alarms or change.before is None for change in compare(before, after).changes)
