"""Circumstances: what decides the numbers of a run, and where two runs differ in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.results import Environment

_NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that was not the same when two runs were made.

    Attributes:
        name: What: a package, ``"torch flag threads"``, ``"platform"``, ...
        before: What it was; ``"none"`` if there was no such thing.
        after: What it is.
    """

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} {self.before} → {self.after}"


def circumstances(environment: Environment) -> dict[str, str]:
    """What decides the numbers of a run, by name: versions first, then flags and the machine."""
    found = dict(environment.packages)
    for record in environment.frameworks:
        found |= {record.name: f"absent ({record.absent})"} if record.absent else record.versions
    for record in environment.frameworks:
        found |= {f"{record.name} flag {name}": value for name, value in record.flags.items()}
    found |= dict(environment.settings)
    found |= {"python": environment.python, "platform": environment.platform}
    found |= {"profile": environment.profile, "commit": environment.commit}
    return {name: value for name, value in found.items() if value}


def differences(before: Environment, after: Environment) -> tuple[Difference, ...]:
    """Where two environments differ, in the order in which they are printed.

    What only one of them can know is left out: the flags and versions of a framework that the other
    was not asked for, and the commit where one was not made in a checkout.
    """
    older, newer = circumstances(before), circumstances(after)
    shared = {record.name for record in before.frameworks} & {
        record.name for record in after.frameworks
    }
    alone = {
        name
        for environment in (before, after)
        for record in environment.frameworks
        if record.name not in shared
        for name in (*record.versions, *(f"{record.name} flag {flag}" for flag in record.flags))
    } - {
        name
        for environment in (before, after)
        for record in environment.frameworks
        if record.name in shared
        for name in record.versions
    }
    alone -= {*before.packages, *after.packages}
    names = [name for name in _merged(older, newer) if name not in alone]
    return tuple(
        Difference(name=name, before=older.get(name, _NONE), after=newer.get(name, _NONE))
        for name in names
        if older.get(name) != newer.get(name) and not (name == "commit" and _unknown(older, newer))
    )


def _unknown(*found: dict[str, str]) -> bool:
    return any("commit" not in one for one in found)


def _merged(one: Iterable[str], other: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*one, *other)))
