"""Which findings of a run could not fail, or hardly: each exact answer is looked at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from equivalence.cases.further import answer_to
from equivalence.cases.named import named
from equivalence.finding import Finding, Verdict

# From what could not fail at all to what could fail by one kind of fault less.
UNDEFINED = "no number of the exact answer exists"
PARTLY = "some numbers of the exact answer do not exist"
UNBOUNDED = "a bound is infinite, or no number"
EMPTY = "there are no numbers: only the shape is compared"
IGNORED = "every target is ignored"
ZERO = "the exact gradient is zero everywhere"
INFINITE = "the exact answer is infinite everywhere: only its class is compared"
KINDS = (UNDEFINED, PARTLY, UNBOUNDED, EMPTY, IGNORED, ZERO, INFINITE)
# With these a comparison says nothing of the numbers: none may count as agreement.
CANNOT_FAIL = (UNDEFINED, UNBOUNDED)
_NUMBERS = (Verdict.AGREES, Verdict.EXPLAINED, Verdict.INACCURATE, Verdict.UNDEFINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacuous:
    """A finding whose comparison could not fail, or only by some faults.

    Attributes:
        finding: The finding.
        kind: One of ``KINDS``.
    """

    finding: Finding
    kind: str


def kind_of(finding: Finding) -> str:
    """One of ``KINDS``; empty if the comparison could fail as any other."""
    case = named(finding.loss, finding.target, finding.reduction, finding.dtype, finding.case)
    if case.malformed:
        return ""
    answer = answer_to(case, finding.quantity)
    exact = answer.exact.high
    missing = np.isnan(exact)
    if not exact.size:
        return EMPTY
    if missing.all():
        return UNDEFINED
    if missing.any():
        return PARTLY
    if not np.all(np.isfinite(answer.bound[np.isfinite(exact)])):
        return UNBOUNDED
    if case.counted.size and not case.counted.any():
        return IGNORED
    if np.isinf(exact).all():
        return INFINITE
    return ZERO if "gradient" in finding.quantity and not exact.any() else ""


def vacuous(findings: Iterable[Finding]) -> Iterator[Vacuous]:
    """The findings that compared numbers, and could not fail as any other."""
    for finding in findings:
        if finding.verdict in _NUMBERS and finding.case:
            kind = kind_of(finding)
            if kind:
                yield Vacuous(finding=finding, kind=kind)


def counted(found: Iterable[Vacuous]) -> Counter[tuple[str, Verdict]]:
    """How many there are of each kind, by their verdict."""
    return Counter((one.kind, one.finding.verdict) for one in found)


def wrongly_counted(found: Iterable[Vacuous]) -> list[Finding]:
    """Those that could not fail, and yet count as agreement, or as explained."""
    return [
        one.finding
        for one in found
        if one.kind in (*CANNOT_FAIL, PARTLY) and one.finding.verdict is Verdict.AGREES
    ]
