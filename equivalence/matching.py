"""Matching: which of the catalogue's steps reproduce what came back."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import QUANTITIES, Answer
from equivalence.cases.foreseen import surely_outside
from equivalence.cases.further import answer_to, has_quantity
from equivalence.distance import distance
from equivalence.divergences import Divergence
from equivalence.exact import FORMATS
from equivalence.expectation import Expectation, expectation
from equivalence.misreading import folded

if TYPE_CHECKING:
    from equivalence.cases.case import Case

_MUCH = 2.0**20  # how much wider a bound is, to tell another precision from another rounding


def narrower(reading: np.ndarray, asked: Case, answered: Case, quantity: str) -> bool:
    """Whether what came back has fewer digits than the question that is answered."""
    returned = FORMATS.get(reading.dtype.name)
    wanted = min(FORMATS[answered.dtype].precision, asked.format_of(quantity).precision)
    return returned is not None and returned.precision < wanted


def too_good(
    reading: np.ndarray, case: Case, answer: Answer, expected: Expectation, quantity: str
) -> bool:
    """Whether a reading that is inside the bound cannot come from what the catalogue expects.

    A framework that computes in a narrower dtype does not hit the bound of the wider one, a
    millionth of its own or less, around a number that is not even the one that it aims at, unless
    that is a number of the narrower dtype. That is so of float64 only: no framework computes the
    others in a format so much narrower.
    """
    if not expected.steps or expected.raises is not None or case.dtype != "float64":
        return False
    foretold = answer_to(expected.case, quantity)
    if foretold.exact.high.shape != answer.exact.high.shape:
        return False
    with np.errstate(invalid="ignore"):
        elsewhere = np.abs(foretold.exact.high - answer.exact.high) > answer.bound
    with np.errstate(over="ignore"):
        elsewhere &= FORMATS[expected.case.dtype].round(reading) != reading
    # What is below a format's floor is zero to it, and may hit a zero of the wider one.
    elsewhere &= np.abs(foretold.exact.high) > FORMATS[expected.case.dtype].floor
    elsewhere &= np.isfinite(foretold.exact.high)  # an infinity is not near anything
    return bool(np.any(elsewhere & (_MUCH * answer.bound < foretold.bound)))


def undecided(expected: Expectation, quantity: str) -> bool:
    """Whether what the catalogue expects lies on a jump of its models: they accept nothing there.

    So they say nothing against fewer of them, that do accept a reading.
    """
    if expected.raises is not None or expected.case.malformed:
        return False
    answer = answer_to(expected.case, quantity)
    return bool(np.any(np.isinf(answer.bound) & np.isfinite(answer.exact.high)))


def _matches(reading: np.ndarray, case: Case, steps: tuple[Divergence, ...], quantity: str) -> bool:
    expected = expectation(case, steps)
    if expected.raises is not None or expected.case.malformed:
        return False
    if not has_quantity(expected.case, quantity):  # known of all steps together only
        return False
    if not case.malformed and surely_outside(reading, expected.case, quantity):
        return False
    answer = answer_to(expected.case, quantity)
    if case.malformed and quantity != QUANTITIES[0]:
        answer = folded(answer, reading.shape, expected.case.dtype)
    measured = distance(reading, answer, expected.case.dtype, predicted=bool(steps))
    return measured.inside or measured.undefined


def matching(
    reading: np.ndarray, case: Case, expected: Expectation, quantity: str
) -> tuple[Divergence, ...] | None:
    """The catalogue's own steps if they reproduce the reading, else a subset that does, or None."""
    if expected.raises is None and _matches(reading, case, expected.steps, quantity):
        return expected.steps
    for size in range(len(expected.steps) - 1, -1, -1):
        for steps in itertools.combinations(expected.steps, size):
            if _matches(reading, case, steps, quantity):
                return steps
    return None


def needed(
    reading: np.ndarray, case: Case, steps: tuple[Divergence, ...], quantity: str
) -> tuple[Divergence, ...]:
    """The fewest of the steps that still reproduce the reading."""
    for size in range(1, len(steps)):
        for fewer in itertools.combinations(steps, size):
            if _matches(reading, case, fewer, quantity):
                return fewer
    return steps


def only_weaker(case: Case, step: Divergence) -> bool:
    """Whether a divergence leaves the question as it is and only grants a larger error."""
    said = step.model(case)
    if said is None or isinstance(said, type):
        return False
    same_formula = (
        said.loss.definition is case.loss.definition and said.loss.gradient is case.loss.gradient
    )
    same_reduction = said.reduction == case.reduction
    same_numbers = replace(said, loss=case.loss, dtype=case.dtype).digest == case.digest
    return same_formula and same_reduction and same_numbers
