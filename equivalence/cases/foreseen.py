"""What is foreseen of an answer: plain float64, which is near it, and certifies nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import (
    ALWAYS_ASKED,
    Answer,
    Answers,
    allowed_to,
    in_float64,
    one_of,
    plainly,
)
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.cases.remembered import Remembered
from equivalence.cases.second_order import curved_plainly
from equivalence.cases.terms import terms_only
from equivalence.cases.wide import BALL_LIMIT, ordinary
from equivalence.exact import Enclosure
from equivalence.losses.reduction import factors, reduce

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

_REMEMBERED = 64  # kept, to be shared by value and gradient
# In bounds: the answer allows one and its radius, plain float64 is off by one at most, 3 is more.
_FAR = 3.0

_foreseen: Remembered[tuple[Answer, ...]] = Remembered(_REMEMBERED)


def rough_value(case: Case) -> np.ndarray:
    """The value in stable float64, without any bound."""
    with np.errstate(all="ignore"):
        return reduce(terms_only(case), factors(case.reduction, case.weighing), case.reduction)


def _paired(
    case: Case, wanted: tuple[str, ...], numbers: Callable[..., tuple[Enclosure, ...]]
) -> tuple[Answer, ...]:
    with np.errstate(all="ignore"):
        allowed = allowed_to(case, wanted)
        return tuple(
            Answer(exact=one, bound=bound)
            for one, bound in zip(numbers(case, wanted), allowed, strict=True)
        )


def estimate(case: Case) -> Answers:
    """The answers in stable float64, its own a-priori error the radius; nothing is certified."""
    paired = functools.cache(lambda wanted: _paired(case, wanted, in_float64))
    return Answers(of=lambda quantity: one_of(case, quantity, paired))


def _unsure(case: Case, wanted: tuple[str, ...]) -> tuple[Enclosure, ...]:
    numbers = plainly(case, wanted)
    return tuple(Enclosure(one, np.zeros_like(one), np.full_like(one, np.nan)) for one in numbers)


def foreseen(case: Case) -> Answers:
    """The bounds that follow from the formula alone, around numbers in plain float64.

    Nothing is said of how exact those are (the radius is NaN): they tell where an answer exists.
    """

    def paired(wanted: tuple[str, ...]) -> tuple[Answer, ...]:
        return _foreseen.of((case, wanted), lambda: _paired(case, wanted, _unsure))

    return Answers(of=lambda quantity: one_of(case, quantity, paired))


def surely_outside(reading: np.ndarray, case: Case, quantity: str) -> bool:
    """Whether a reading is outside the bound of an answer, as far as that is certain beforehand.

    Of large cases only: the exact answer to a small one costs no more, and is often known already.
    Plain float64 is off by no more than the bound of the dtype under test. That leaves out what
    overflows or underflows on the way: of ordinary numbers nothing does (``cases.wide``).
    """
    if case.prediction.size <= BALL_LIMIT or quantity == WEIGHT_GRADIENT or not ordinary(case):
        return False
    if quantity in ALWAYS_ASKED:
        answer: Answer = getattr(foreseen(case), quantity)
        numbers, bound = answer.exact.high, answer.bound
    else:
        numbers, bound = curved_plainly(case)
    if numbers.shape != reading.shape:
        return True
    got = reading.astype(np.float64)
    with np.errstate(all="ignore"):
        far = np.abs(got - numbers) > _FAR * bound
    return bool(np.any(far & np.isfinite(got) & np.isfinite(numbers)))
