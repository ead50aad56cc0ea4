"""Two findings of one question: what became of the answer, judged before and judged after."""

from __future__ import annotations

import math
import re
from enum import Enum
from typing import TYPE_CHECKING

from equivalence.exact import FORMATS
from equivalence.finding import Finding, Verdict

if TYPE_CHECKING:
    from equivalence.exact import Number

_RAISES = re.compile(r"(?:^|; )raises (\w+)(?::|$)")
_SHAPE = re.compile(r"^returned the shape (\([\d, ]*\))")
_COMPARABLE = {Verdict.AGREES, Verdict.INACCURATE}  # those whose error measures their accuracy


class Kind(str, Enum):
    """What became of a cell, the gravest first. Its value is the words that are printed."""

    NEW = "new divergence"
    CHANGED = "changed answer"
    EXCEPTION = "other exception or none"
    RETURNED = "other dtype or shape"
    EXPLANATION = "explained otherwise"
    GROWN = "error grown"
    HEALED = "healed"
    GONE = "gone"
    JUDGED = "same answer, judged otherwise"
    SHRUNK = "error shrunk"
    QUESTION = "question changed"
    ADDED = "new"

    def __str__(self) -> str:
        return self.value


def raised(finding: Finding) -> str:
    """The type of the exception that a finding tells of; empty if it tells of none."""
    found = _RAISES.search(finding.detail)
    return found[1] if found else ""


def shape(finding: Finding) -> str:
    """The shape that came back, where it was not the question's."""
    found = _SHAPE.search(finding.detail)
    return found[1] if found else ""


def _class(finding: Finding) -> int:
    """Good, catalogued or failing."""
    return 2 if finding.verdict.fails else 1 if finding.verdict.catalogued else 0


def difference(before: Finding, after: Finding) -> Kind | None:
    """How an answer has changed; None if it has not, or only inside its bound.

    Both findings are of one question: their digests are equal.
    """
    if after.verdict is Verdict.CRASHED or before.verdict is Verdict.CRASHED:
        if after.verdict is before.verdict:
            return None
        return Kind.NEW if after.verdict.fails else Kind.HEALED
    if raised(before) != raised(after):
        return Kind.EXCEPTION
    if (before.returned, shape(before)) != (after.returned, shape(after)):
        return Kind.RETURNED
    same = (before.verdict, before.divergence) == (after.verdict, after.divergence)
    if same:
        return Kind.CHANGED if _moved(before, after) else None
    if before.bits == after.bits and (before.bits or raised(before)):
        return Kind.JUDGED
    if after.verdict is Verdict.RETIRED or _class(after) < _class(before):
        return Kind.HEALED
    if _class(after) > _class(before):
        return Kind.NEW
    return Kind.EXPLANATION if after.verdict.catalogued else Kind.CHANGED


def _moved(before: Finding, after: Finding) -> bool:
    """Whether the numbers differ by more than rounding may.

    What agrees is inside the bound, both times, and what the catalogue explains is inside the bound
    of the question that is answered. What nobody explains has only the bound of the question asked,
    and where no exact answer exists finite numbers are the same to half of their digits.
    """
    if before.bits == after.bits or _class(after) == 1 or after.verdict is Verdict.AGREES:
        return False
    if before.got is None or after.got is None:
        return (before.got is None) != (after.got is None)
    one, other = float(before.got), float(after.got)
    if not (math.isfinite(one) and math.isfinite(other)):
        return not (one == other or (math.isnan(one) and math.isnan(other)))
    if after.verdict is Verdict.UNDEFINED or after.bound is None:
        half = math.sqrt(FORMATS[after.dtype].unit)
        return abs(one - other) > half * max(abs(one), abs(other))
    if before.where and after.where and before.where.index != after.where.index:
        one, other = _number(before.error), _number(after.error)
    return abs(one - other) > max(_number(before.bound), _number(after.bound))


def _number(number: Number | None) -> float:
    return 0.0 if number is None else float(number)


def accuracy(finding: Finding) -> float:
    """The error as a fraction of the bound, where it measures the accuracy; else NaN."""
    measured = finding.verdict in _COMPARABLE and finding.error is not None
    return finding.share if measured and math.isfinite(finding.share) else math.nan


def differs(before: Finding, after: Finding) -> bool:
    """Whether other bits came back."""
    return before.bits != after.bits
