"""Measured: which cells of one run another should have measured, and why it did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.selection import Selection, Word
from equivalence.shards import WHOLE, parse_shard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.results import Environment, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What became of cells that only one of two runs has.

    Attributes:
        gone: The cells that are no longer offered, each with the reason, where one is known.
        added: The cells that were not offered before.
        unmeasured: The cells that a run which was cut short, or lacks a framework, did not measure.
        not_asked: How many cells of the earlier run were not asked for in the later one.
        absent: The frameworks that are absent from the later run and were measured before.
    """

    gone: dict[str, str]
    added: tuple[str, ...]
    unmeasured: tuple[str, ...]
    not_asked: int
    absent: tuple[tuple[str, str], ...]


def measured(before: Run, after: Run, lost: Iterable[str], won: Iterable[str]) -> Measured:
    """What became of cells that only one of two runs has.

    Args:
        before: The earlier run.
        after: The later run.
        lost: The cells that only the earlier run has.
        won: The cells that only the later run has.
    """
    environment = after.environment
    declined = {
        finding.cell: finding.detail
        for finding in after.findings
        if finding.verdict is Verdict.INAPPLICABLE
    }
    absent = {record.name: record.absent for record in environment.frameworks if record.absent}
    asked_for = _asks(environment, before.environment)
    gone: dict[str, str] = {}
    unmeasured: list[str] = []
    missing: set[str] = set()
    not_asked = 0
    for cell in sorted(lost):
        name = framework_of(cell)
        if name in absent:
            missing.add(name)
            unmeasured.append(cell)
        elif cell in declined:
            gone[cell] = declined[cell]
        elif _offered_no_longer(cell, environment):
            gone[cell] = "there is no such implementation any more"
        elif not asked_for(cell):
            not_asked += 1
        elif not is_whole(environment):
            unmeasured.append(cell)
        elif environment.asked is not None and environment.profile == before.environment.profile:
            gone[cell] = "it is no longer asked"
        else:
            not_asked += 1
    added, unmeasured_before = _won(before, environment, won)
    return Measured(
        gone=gone,
        added=added,
        unmeasured=(*unmeasured, *unmeasured_before),
        not_asked=not_asked,
        absent=tuple((name, absent[name]) for name in sorted(missing)),
    )


def _won(
    before: Run, after: Environment, won: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The cells that are new, and those that the earlier run had not come to."""
    earlier = before.environment
    if is_whole(earlier):
        return tuple(sorted(won)), ()
    asked_for = _asks(earlier, after)
    return (), tuple(sorted(filter(asked_for, won)))


def is_whole(environment: Environment) -> bool:
    """Whether a run came to its end, and lacks no shard if it was merged of some."""
    shard = parse_shard(environment.asked.shard) if environment.asked else WHOLE
    return environment.complete and (shard.whole or len(shard.parts) == 1)


def framework_of(cell: str) -> str:
    """The framework that a cell belongs to.

    >>> framework_of("cross_entropy:sparse:mean:float32:value:torch.cross_entropy@eager")
    'torch'
    """
    return cell.split(":", 5)[-1].partition(".")[0]


def _offered_no_longer(cell: str, environment: Environment) -> bool:
    """Whether a framework that was loaded has no such implementation."""
    implementation = cell.split(":", 5)[-1].rpartition("@")[0]
    loaded = {record.framework for record in environment.implementations}
    known = {record.name for record in environment.implementations}
    return framework_of(cell) in loaded and implementation not in known


def _asks(environment: Environment, other: Environment) -> Callable[[str], bool]:
    """Whether a run was asked for a cell.

    One that does not say what it was asked for was asked for all of the frameworks that it names.
    What only the other run's profile has, nobody was asked for.
    """
    asked = environment.asked
    if asked is None:
        names = {record.name for record in environment.frameworks}
        return lambda cell: framework_of(cell) in names
    words = (Word(text=word.removeprefix("!"), negated=word[:1] == "!") for word in asked.select)
    selection = Selection(words=tuple(words))
    shard = parse_shard(asked.shard)
    if len(shard.parts) > 1:  # merged, and what it lacks was to be there
        shard = WHOLE
    cases = any(word.names_cases for word in selection.words)
    wider = environment.profile == other.profile and not cases
    return lambda cell: (
        wider
        and framework_of(cell) in asked.frameworks
        and shard.holds(cell)
        and selection.takes(cell)
    )
