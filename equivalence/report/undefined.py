"""What each implementation returned where no exact answer exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import Verdict
from equivalence.report.summary import grouped
from equivalence.report.words import short

if TYPE_CHECKING:
    from equivalence.results import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Undefined:
    """What an implementation returned where no exact answer exists.

    Attributes:
        asked: How many such questions it was asked.
        returned: What it returned, the most frequent first.
    """

    implementation: str
    asked: int
    returned: tuple[tuple[str, int], ...]


def undefined(run: Run) -> tuple[Undefined, ...]:
    """What each implementation returned where no exact answer exists."""
    findings = [finding for finding in run.findings if finding.verdict is Verdict.UNDEFINED]
    result = []
    for name, group in sorted(grouped(findings, lambda finding: finding.implementation).items()):
        answers = grouped(
            group, lambda finding: short(finding.got.decimal, 40) if finding.got else "an exception"
        )
        ranked = sorted(
            ((answer, len(met)) for answer, met in answers.items()),
            key=lambda item: (-item[1], item[0]),
        )
        result.append(Undefined(implementation=name, asked=len(group), returned=tuple(ranked)))
    return tuple(result)
