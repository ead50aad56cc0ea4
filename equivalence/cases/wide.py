"""Formats wider than the one under test, in which large cases are answered.

Float64 for formats of 16 and 32 bits, the machine's extended format for float64. Its own a-priori
error is the radius of the answer, unless that exceeds 1/16 of the bound somewhere. An a-priori
error leaves out what overflows or underflows on the way: so only ordinary numbers are answered
here, whose exponentials and powers do neither, and balls answer the others.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from equivalence.exact import FORMATS, Enclosure

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses.reduction import Weighing

BALL_LIMIT = 4096  # numbers of a case up to which balls answer it
SHARE = 1 / 16  # of a bound, that the radius of an answer from a wider format may reach
# Of finite numbers, and of options (exponents among them): exp(100) is 1e43, the smallest number of
# 32 bits to the power of 5 is 1e-225.
LARGEST_NUMBER, LARGEST_OPTION = 100.0, 5.0


class Wide(NamedTuple):
    """A wider format: its NumPy type, its precision, and what counts as zero in it."""

    number: type[np.floating[Any]]
    precision: int
    floor: float


FLOAT64 = Wide(np.float64, FORMATS["float64"].precision, FORMATS["float64"].floor)
EXTENDED = Wide(np.longdouble, np.finfo(np.longdouble).nmant + 1, 0.0)


def ordinary(case: Case) -> bool:
    """Whether nothing overflows or underflows between the numbers of a case and its answer."""

    def below(limit: float, *arrays: Any) -> bool:
        given = (np.asarray(array, dtype=np.float64) for array in arrays if array is not None)
        return all(np.all((np.abs(array) <= limit) | np.isinf(array)) for array in given)

    options = (value for name, value in case.options.items() if name in case.loss.parameters)
    return below(LARGEST_OPTION, *options) and below(
        LARGEST_NUMBER, case.prediction, case.target if case.target.dtype.kind != "i" else None
    )


def format_beyond(case: Case) -> Wide | None:
    """The format in which a case is answered; None if balls must do it.

    They do where the machine has no format wider than float64, too.
    """
    if case.prediction.size <= BALL_LIMIT or not ordinary(case):
        return None
    if case.dtype != "float64":
        return FLOAT64
    return EXTENDED if EXTENDED.precision > FLOAT64.precision else None


def weighing_in(case: Case, number: type[np.floating[Any]]) -> Weighing:
    """How much each term counts, in a wider format; the weight of a soft target is not rounded."""
    weighing = case.weighing
    if number is np.float64:
        return weighing
    target = weighing.target
    if "weight" in case.options:
        weight = np.asarray(case.options["weight"], dtype=number)
        target = np.sum(np.asarray(case.distribution, dtype=number) * weight, axis=-1)
    return dataclasses.replace(
        weighing,
        sample=np.asarray(weighing.sample, dtype=number),
        target=np.asarray(target, dtype=number),
        passed=np.asarray(weighing.passed, dtype=number),
    )


def enclosed(result: np.ndarray, radius: np.ndarray) -> Enclosure:
    """Numbers of a wider format as pairs of float64; the radius is NaN where none is finite."""
    high = np.asarray(result, dtype=np.float64)
    finite = np.isfinite(high)
    radius = np.where(finite, radius, np.nan)
    if result.dtype == np.float64:
        return Enclosure(high, np.broadcast_to(0.0, high.shape), radius)
    return Enclosure(high, np.where(finite, result - high, 0.0).astype(np.float64), radius)


def confirmed(exact: Enclosure, again: np.ndarray) -> Enclosure:
    """The answer, certain of what is infinite or NaN in a format of another precision too.

    With ordinary numbers no overflow makes it so. The radius is 0 for infinities and infinite for
    NaN, as that of balls is.
    """
    nowhere = np.isnan(exact.high) & np.isnan(again)
    beyond = np.isinf(exact.high) & (exact.high == again)
    radius = np.where(nowhere, np.inf, np.where(beyond, 0.0, exact.radius))
    return exact._replace(radius=radius)


def exact_enough(exact: Enclosure, bound: np.ndarray) -> bool:
    """Whether an answer is known well enough everywhere, or certain not to be finite."""
    near = np.isfinite(exact.radius) & (exact.radius <= SHARE * bound)
    certain = np.where(np.isnan(exact.high), np.isinf(exact.radius), exact.radius == 0)
    return bool(np.all(np.where(np.isfinite(exact.high), near, certain)))
