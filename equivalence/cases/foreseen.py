"""What is foreseen of an answer: plain float64, which certifies nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import (
    BY_PREDICTION,
    BY_TARGET,
    Answer,
    Answers,
    allowed_to,
    in_float64,
    plainly,
)
from equivalence.cases.remembered import Remembered
from equivalence.cases.terms import terms_only
from equivalence.exact import Enclosure
from equivalence.losses.reduction import factors, reduce

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

_REMEMBERED = 64  # kept, to be shared by value and gradient

_foreseen: Remembered[Answers] = Remembered(_REMEMBERED)


def rough_value(case: Case) -> np.ndarray:
    """The value in stable float64, without any bound."""
    with np.errstate(all="ignore"):
        return reduce(terms_only(case), factors(case.reduction, case.weighing), case.reduction)


def _around(case: Case, numbers: Callable[..., tuple[Enclosure, ...]]) -> Answers:
    def paired(wanted: tuple[str, ...]) -> tuple[Answer, ...]:
        with np.errstate(all="ignore"):
            allowed = allowed_to(case, wanted)
            return tuple(
                Answer(exact=one, bound=bound)
                for one, bound in zip(numbers(case, wanted), allowed, strict=True)
            )

    value, gradient = paired(BY_PREDICTION)
    return Answers(
        value=value, gradient=gradient, by_target=functools.cache(lambda: paired(BY_TARGET)[0])
    )


def estimate(case: Case) -> Answers:
    """The answers in stable float64, its own a-priori error the radius; nothing is certified."""
    return _around(case, in_float64)


def _unsure(case: Case, wanted: tuple[str, ...]) -> tuple[Enclosure, ...]:
    numbers = plainly(case, wanted)
    return tuple(Enclosure(one, np.zeros_like(one), np.full_like(one, np.nan)) for one in numbers)


def foreseen(case: Case) -> Answers:
    """The bounds that follow from the formula alone, around numbers in plain float64.

    Nothing is said of how exact those are (the radius is NaN): they tell where an answer exists.
    """
    return _foreseen.of(case, lambda: _around(case, _unsure))
