"""Relations between responses, without the exact answer: who is asked the same says the same.

Two readings agree if they differ by no more than the sum of their bounds; several agree if each
pair does, which for intervals means that they share a point. Who is asked the same is known from
what the catalogue says that each of them answers.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import answers
from equivalence.cases.case import BINARY, SPARSE, cotangent, encoding
from equivalence.cases.remembered import Remembered
from equivalence.exact import FORMATS, Number
from equivalence.expectation import catalogued, expectation
from equivalence.losses import NONE, SUM
from equivalence.losses.reduction import denominator
from equivalence.responses import quantities, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from equivalence.cases.answers import Answers
    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation, Response
    from equivalence.losses import Reduction

_REMEMBERED = 16384  # responses kept for the laws that compare them: some 50 MB
_UNIT = 2.0**-53  # what float64 loses when a reading is multiplied


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What an implementation returned, and how far from the truth it may be.

    Attributes:
        label: Whose it is, and what was done to it: ``"torch.cross_entropy@eager, times 5"``.
        name: The name of the finding, as other verbs take it.
        array: The numbers, float64.
        bound: The largest error that a good implementation may make, of the same shape.
        answers: What the catalogue says that it answers: the exact numbers to 53 bits, or NaN.
        largest: The least that an infinite one stands for: the largest number of the dtype, scaled.
    """

    label: str
    name: str
    array: np.ndarray
    bound: np.ndarray
    answers: np.ndarray
    largest: float

    def times(self, factor: np.ndarray | float, label: str) -> Reading:
        """The reading multiplied by a number, or elementwise; this rounds once, in float64."""
        sizes = np.abs(factor)
        with np.errstate(invalid="ignore", over="ignore"):
            array = self.array * factor
            return replace(
                self,
                label=label,
                array=array,
                largest=self.largest * float(np.min(sizes, where=sizes > 0, initial=1.0)),
                bound=self.bound * np.abs(factor)
                + np.where(np.isfinite(array), np.abs(array), 0.0) * _UNIT,
                answers=self.answers * factor,
            )

    def total(self, label: str) -> Reading:
        """The sum of its numbers, rounded once."""
        return replace(
            self,
            label=label,
            array=np.array(_sum(self.array)),
            bound=np.array(_sum(self.bound)),
            answers=np.array(_sum(self.answers)),
        )

    @property
    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the truth must be if the reading is good; an infinite one may have overflowed."""
        overflown = np.copysign(self.largest, self.array)
        finite = np.where(np.isinf(self.array), overflown, self.array)
        with np.errstate(over="ignore"):
            low, high = finite - self.bound, finite + self.bound
        return (
            np.where(self.array == -np.inf, -np.inf, low),
            np.where(self.array == np.inf, np.inf, high),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two readings of the same question that cannot both be right.

    Attributes:
        names: Of the two findings.
        labels: Whose readings they are.
        got: What the two returned at the worst position.
        index: The worst position.
        error: The distance of the two.
        bound: The sum of their bounds.
    """

    names: tuple[str, str]
    labels: tuple[str, str]
    got: tuple[Number, Number]
    index: tuple[int, ...]
    error: Number
    bound: Number

    def __str__(self) -> str:
        (one, other), (first, second) = self.labels, self.got
        return f"{one} says {first.decimal}, {other} says {second.decimal} at {list(self.index)}"

    __repr__ = __str__


def _sum(array: np.ndarray) -> float:
    return math.fsum(array.ravel()) if np.isfinite(array).all() else float(np.sum(array))


_responses: Remembered[Response] = Remembered(_REMEMBERED)


def response(implementation: Implementation, case: Case, mode: str) -> Response:
    """The implementation's response, called once for all laws."""
    key = (implementation, case, mode)
    return _responses.of(key, lambda: respond(implementation, case, mode))


def reading(
    implementation: Implementation,
    case: Case,
    mode: str,
    quantity: str,
    *,
    answering: Callable[[Case], Answers] = answers,
    asking: Callable[[Implementation, Case, str], Response] = response,
) -> Reading | None:
    """What an implementation returned with the bound of what it answers; None if no numbers."""
    if quantity not in quantities(implementation, case):
        return None
    got = getattr(asking(implementation, case, mode), quantity)
    expected = expectation(case, catalogued(implementation, mode, quantity))
    if isinstance(got, Exception) or expected.raises is not None:
        return None
    answer = getattr(answering(expected.case), quantity)
    parts = (case.loss.name, case.target_kind, case.reduction.name, case.dtype, quantity)
    if got.shape != answer.exact.high.shape:
        return None
    return Reading(
        label=f"{implementation}@{mode}",
        name=":".join((*parts, f"{implementation}@{mode}", case.origin)),
        array=got.astype(np.float64),
        bound=answer.granted,
        answers=answer.exact.high,
        largest=FORMATS[case.dtype].largest,
    )


def disagreements(readings: Iterable[Reading | None]) -> list[Disagreement]:
    """For each question that is answered, the two readings that lie farthest apart, if too far."""
    groups: dict[tuple[tuple[int, ...], bytes], list[Reading]] = {}
    for one in readings:
        if one is not None and one.array.size:
            groups.setdefault((one.answers.shape, one.answers.tobytes()), []).append(one)
    return [found for group in groups.values() if (found := disagreement(group)) is not None]


def disagreement(readings: Sequence[Reading]) -> Disagreement | None:
    """The two readings of one question that lie farthest apart, if too far.

    NaN is said by everybody or it is a disagreement; where no exact answer exists all may differ.
    """
    exists = ~np.isnan(readings[0].answers)
    low, high = (np.array(ends) for ends in zip(*(one.interval for one in readings), strict=True))
    missing = np.array([np.isnan(one.array) for one in readings])
    with np.errstate(invalid="ignore"):
        gap = np.where(missing, -np.inf, low).max(0) - np.where(missing, np.inf, high).min(0)
    gap = np.where(missing.any(0) & ~missing.all(0), np.inf, np.where(missing.all(0), 0.0, gap))
    gap = np.where(exists & ~np.isnan(gap), gap, 0.0)
    if not (gap > 0).any():
        return None
    index = tuple(int(i) for i in np.unravel_index(np.argmax(gap), gap.shape))
    every: Any = (slice(None), *index)
    if missing[every].any():
        pair = readings[int(np.argmin(missing[every]))], readings[int(np.argmax(missing[every]))]
    else:
        pair = readings[int(np.argmin(high[every]))], readings[int(np.argmax(low[every]))]
    one, other = (float(one.array[index]) for one in pair)
    return Disagreement(
        names=(pair[0].name, pair[1].name),
        labels=(pair[0].label, pair[1].label),
        got=(Number.of(one), Number.of(other)),
        index=index,
        error=Number.of(abs(one - other) if np.isfinite(one) and np.isfinite(other) else math.inf),
        bound=Number.of(pair[0].bound[index] + pair[1].bound[index]),
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def reduced(case: Case, reduction: Reduction) -> Case:
    """The same question under another reduction, always the same object."""
    return case if case.reduction == reduction else replace(case, reduction=reduction)


@functools.lru_cache(maxsize=_REMEMBERED)
def one_hot(case: Case) -> Case | None:
    """The same question with one-hot targets, always one object; None if it cannot be so."""
    if encoding(case.target_kind) != SPARSE or "ignore_index" in case.options:
        return None
    target = FORMATS[case.dtype].round(case.distribution)
    return replace(case, target=target, target_kind=case.target_kind.replace("sparse", "one_hot"))


def soft(case: Case) -> Case | None:
    """The same question with soft targets that are hard; None if it cannot be so."""
    if encoding(case.target_kind) == BINARY:
        return replace(case, target_kind=f"soft_{case.target_kind}")
    hard = one_hot(case)
    return hard and replace(hard, target_kind=hard.target_kind.replace("one_hot", "soft"))


def differing_answers(case: Case) -> Iterator[str]:
    """The quantities whose exact answer depends on the encoding of the target; there is none."""
    twins = [twin for twin in (one_hot(case), soft(case)) if twin is not None]
    for twin, quantity in itertools.product(twins, ("value", "gradient")):
        pairs = zip(*(getattr(answers(one), quantity).exact for one in (case, twin)), strict=True)
        if not all(np.array_equal(mine, other, equal_nan=True) for mine, other in pairs):
            yield f"{quantity} of {case.id} and of {twin.id}"


def terms_add_up(terms: Implementation, case: Case, mode: str) -> Iterator[Disagreement]:
    """The terms that an implementation returns add up to its sum; and so do the gradients."""
    answered = expectation(reduced(case, NONE), catalogued(terms, mode)).case
    for quantity in quantities(terms, case):
        single = reading(terms, reduced(case, NONE), mode, quantity)
        whole = reading(terms, reduced(case, SUM), mode, quantity)
        if single is None or whole is None:
            continue
        if quantity == "value":
            added = single.total(f"the sum of the terms of {single.label}")
        else:
            upstream = 1 / cotangent(answered.shape)
            factor = upstream[..., None] if answered.loss.has_classes else upstream
            added = single.times(factor, f"the gradient of each term of {single.label}")
        yield from _same(added, whole)


def mean_divides(
    mean: Implementation, total: Implementation, case: Case, mode: str
) -> Iterator[Disagreement]:
    """A mean times the denominator that the catalogue names is the sum; so are their gradients."""
    answered = expectation(case, catalogued(mean, mode)).case
    divisor = float(denominator(answered.reduction, answered.weighing))
    for quantity in quantities(mean, case):
        whole = reading(total, reduced(case, SUM), mode, quantity)
        part = reading(mean, case, mode, quantity)
        if whole is not None and part is not None and divisor > 0:
            words = f"{part.label} times the {answered.reduction.denominator}, {divisor:g},"
            yield from _same(part.times(divisor, words), whole)


def _same(one: Reading, other: Reading) -> Iterator[Disagreement]:
    """Compares two readings, unless the catalogue says that they answer different questions."""
    if one.answers.shape != other.answers.shape:
        return
    with np.errstate(invalid="ignore"):
        apart = np.abs(one.answers - other.answers) > one.bound + other.bound
    if apart.any() or (np.isnan(one.answers) != np.isnan(other.answers)).any():
        return
    found = disagreement((one, other))
    if found is not None:
        yield found
