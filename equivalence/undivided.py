"""Relations between undivided readings: terms, and the sums that means were made from.

No exact answer is asked for. What two readings may differ by is the sum of their bounds, which
follow from the formula of each question alone; what a mean divides by is what the catalogue says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.cases.foreseen import foreseen
from equivalence.expectation import catalogued, expectation
from equivalence.losses.reduction import denominator
from equivalence.relations import Disagreement, Reading, disagreement, reading
from equivalence.responses import quantities, respond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation
    from equivalence.transformations import Related

_UNIT = 2.0**-53  # what float64 loses when readings are added
RELATED = ("value", "gradient")


class Undivided(NamedTuple):
    """A reading with what its mean divides by multiplied out.

    Attributes:
        reading: The terms or the sum, and their derivatives.
        terms: Whether they are terms.
        counted: Whether anything counts: otherwise it is the sum of nothing.
        as_asked: Whether nothing is catalogued, so that mathematics alone decides.
    """

    reading: Reading
    terms: bool
    counted: bool
    as_asked: bool


def undivided(
    implementation: Implementation, case: Case, mode: str, quantity: str
) -> Undivided | str | None:
    """The undivided reading; in words why there is none where there must be one.

    None where the catalogue says that an exception is raised.
    """
    expected = expectation(case, catalogued(implementation, mode))
    answered = expected.case
    if expected.raises is not None:
        return None
    got = getattr(respond(implementation, case, mode), quantity)
    if isinstance(got, Exception):
        return f"{implementation}@{mode} raises {type(got).__name__}: {' '.join(str(got).split())}"
    one = reading(implementation, case, mode, quantity, answering=foreseen, asking=respond)
    if one is None:
        return f"{implementation}@{mode} returns the {quantity} in the shape {np.shape(got)}"
    terms = answered.reduction.kind == "none"
    divisor = float(denominator(answered.reduction, answered.weighing))
    if terms and quantity == "gradient":
        upstream = 1 / cotangent(answered.shape)
        one = one.times(upstream[..., None] if answered.loss.has_classes else upstream, one.label)
    elif not terms and divisor:
        largest = one.largest * max(divisor, 1.0)
        one = replace(one.times(divisor, one.label), largest=largest)
    elif not terms:
        nothing = np.zeros_like(one.array)
        one = replace(one, array=nothing, bound=nothing, answers=nothing)
    return Undivided(one, terms, bool(divisor), not expected.steps)


def broken(
    related: Related, implementation: Implementation, mode: str
) -> Iterator[Disagreement | str | None]:
    """Where related readings do not fit; None for each quantity in which they do.

    Where the catalogue says that another question is answered, that question must keep the
    relation, and is held to it, only as far as its model does.
    """
    for quantity in RELATED:
        asked = ((implementation, related.case), *related.others)
        if not all(quantity in quantities(who, case) for who, case in asked):
            continue
        found = [undivided(who, case, mode, quantity) for who, case in asked]
        excuses = [one for one in found if isinstance(one, str)]
        if excuses and None not in found:
            yield excuses[0]
        readings = [one for one in found if isinstance(one, Undivided)]
        if len(readings) < len(found):
            continue
        yield from _compared(related, readings, quantity)


def _compared(
    related: Related, readings: list[Undivided], quantity: str
) -> Iterator[Disagreement | None]:
    first, *others = readings
    alone = len(others) == 1
    if not first.counted or (alone and not others[0].counted):
        return  # the mean of nothing does not exist
    as_asked = all(one.as_asked for one in readings)
    try:
        made = _made(related, others, quantity)
    except (ValueError, IndexError):  # the axes that are cut or ordered are no longer there
        if as_asked:
            raise
        return
    one = first.reading
    if made.array.shape != one.array.shape or len({known.terms for known in readings}) > 1:
        return
    if not as_asked:
        with np.errstate(invalid="ignore"):
            apart = np.abs(one.answers - made.answers)
            kept = (apart <= one.bound + made.bound) | (one.answers == made.answers)
        # What the models themselves do not keep is not owed, nor what they keep only so far.
        apart = np.where(kept & np.isfinite(apart), apart, 0.0)
        one = replace(one, bound=one.bound + apart, answers=np.where(kept, one.answers, np.nan))
        made = replace(made, answers=one.answers)
        if not kept.any():
            return
    exists = ~np.isnan(one.answers) & ~np.isnan(made.answers)
    one = replace(one, answers=np.where(exists, one.answers, np.nan))
    yield disagreement((one, replace(made, answers=one.answers)))


def _made(related: Related, others: list[Undivided], quantity: str) -> Reading:
    """What the other readings make of the first."""
    terms = others[0].terms
    known = [other.reading for other in others]

    def back(name: str) -> np.ndarray:
        with np.errstate(invalid="ignore", over="ignore"):
            return related.back([getattr(one, name) for one in known], quantity, terms)

    array = back("array")
    lost = np.where(np.isfinite(array), np.abs(array), 0.0) * (_UNIT * len(known))
    return replace(
        known[0],
        label=f"{known[0].label}, {related.words},",
        array=array,
        bound=back("bound") + lost,
        answers=back("answers"),
        largest=max(one.largest for one in known),
    )
