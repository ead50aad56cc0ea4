"""What happens while a run is asked, told as events.

So a run in one process and a run in many write the same file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.finding import Finding
    from equivalence.records import (
        ClaimRecord,
        DivergenceRecord,
        FrameworkRecord,
        ImplementationRecord,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A framework was imported, or is absent.

    Attributes:
        record: Its versions and flags, or the reason of its absence.
        implementations: The records of its implementations.
        divergences: The catalogue's entries that concern them.
        questions: For each implementation with selected questions, how many.
        findings: One ``inapplicable`` finding for each selected cell that is not offered.
    """

    record: FrameworkRecord
    implementations: tuple[ImplementationRecord, ...] = ()
    divergences: tuple[DivergenceRecord, ...] = ()
    questions: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A process that asks others cannot ask this framework too; one of its own may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question is about to be asked; what to report if the process dies over it.

    Attributes:
        crashed: The finding of one of its quantities.
        quantities: All of them.
    """

    crashed: Finding
    quantities: tuple[str, ...]

    def findings(self, detail: str) -> tuple[Finding, ...]:
        """One for each quantity, with what is known of it."""
        return tuple(
            dataclasses.replace(self.crashed, quantity=quantity, detail=detail)
            for quantity in self.quantities
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A question was answered and judged.

    Attributes:
        findings: One for each quantity.
        then: What the same process is about to ask next, where that has to be known.
    """

    findings: tuple[Finding, ...]
    then: Asking | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """All selected questions of an implementation have been asked.

    Attributes:
        sweep: What it returned along a range of magnitudes.
        shrunk: For some of its cells that fail a small input, what was got, and a script.
    """

    framework: str
    implementation: str
    sweep: dict[str, str] = dataclasses.field(default_factory=dict)
    shrunk: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Some questions could not be asked: the processes died before they came to them."""

    framework: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The tutorial's claims have been examined."""

    claims: tuple[ClaimRecord, ...]


Event = Loaded | Elsewhere | Asking | Judged | Finished | Lost | Examined
