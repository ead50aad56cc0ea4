"""What the catalogue says that an implementation does with a case."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from equivalence.cases.case import Case
from equivalence.cases.remembered import Remembered
from equivalence.divergences import DIVERGENCES, Divergence
from equivalence.implementations import Implementation
from equivalence.losses.reduction import MEAN

if TYPE_CHECKING:
    Said = Case | type[Exception] | None

_REMEMBERED = 4096  # kept, to be shared by quantities, modes and implementations

# What is answered shares most arrays with what is asked: few of the bytes that count are its own.
_said: Remembered[Said] = Remembered(4 * _REMEMBERED, limit=2**30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the catalogue says that an implementation does with a case.

    Attributes:
        case: The question that is answered instead; the one asked if nothing is catalogued.
        raises: The exception type that is raised instead of an answer.
        steps: The divergences applied, in order.
    """

    case: Case
    raises: type[Exception] | None = None
    steps: tuple[Divergence, ...] = ()


@functools.lru_cache(maxsize=_REMEMBERED)
def expectation(case: Case, divergences: tuple[Divergence, ...]) -> Expectation:
    """Applies the divergences one after the other; those that do not concern the case drop out.

    Of a malformed question it is said first what becomes of it; all others are about what is left
    once a well-formed question stands in its place.
    """
    answered, raises, steps = case, None, []
    for divergence in sorted(divergences, key=lambda divergence: not divergence.malformed):
        if divergence.malformed != bool(answered.malformed):
            continue
        said = _applied(divergence, answered)
        if said is None:
            continue
        steps.append(divergence)
        if isinstance(said, type):
            raises = said
            break
        answered = said
    return Expectation(case=answered, raises=raises, steps=tuple(steps))


def _applied(divergence: Divergence, case: Case) -> Said:
    """What a divergence makes of a case: the same object each time, whose answers are known."""
    return _said.of((divergence, case), lambda: divergence.model(case))


def catalogued(
    implementation: Implementation, mode: str, quantity: str = "value"
) -> tuple[Divergence, ...]:
    """The divergences that concern an implementation in a mode at the installed version.

    They stand in the catalogue's order; those of other quantities only are not among them.
    """
    return _catalogued(implementation, mode, quantity, tuple(DIVERGENCES.values()))


@functools.cache
def _catalogued(
    implementation: Implementation, mode: str, quantity: str, catalogue: tuple[Divergence, ...]
) -> tuple[Divergence, ...]:
    return tuple(
        entry
        for entry in catalogue
        if entry.concerns(implementation, mode) and (not entry.only or quantity in entry.only)
    )


def declines(implementation: Implementation, case: Case, mode: str) -> str:
    """Why a question is not asked of an implementation, in words; empty if it is.

    A case that names another denominator than the number of terms is asked of those whose mean
    divides by it.
    """
    here = implementation.framework.unavailable.get(mode, str)
    reason = implementation.declines(case) or here() or implementation.withholds(case)
    if reason or case.reduction.kind != "mean" or case.reduction == MEAN:
        return reason
    own = expectation(
        replace(case, reduction=MEAN), catalogued(implementation, mode)
    ).case.reduction
    return "" if own.name == case.reduction.name else f"its mean divides by the {own.denominator}"
