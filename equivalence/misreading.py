"""Misreadings: numbers that came back for a malformed question, and the answer they are held to."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import Answer
from equivalence.exact import FORMATS, Enclosure

if TYPE_CHECKING:
    from collections.abc import Callable

_UNIT = 2.0**-53


def real(reading: np.ndarray) -> np.ndarray:
    """Complex numbers whose imaginary parts are all zero as real ones; anything else as it is.

    >>> real(np.array([1 + 0j, 2 - 0j])).tolist()
    [1.0, 2.0]
    """
    return reading.real if reading.dtype.kind == "c" and not np.any(reading.imag) else reading


def folded(answer: Answer, shape: tuple[int, ...], dtype: str) -> Answer:
    """The gradient by an array that was broadcast, or had axes of length 1 taken away or added.

    Args:
        answer: The gradient by the array that it became.
        shape: Of the array itself.
        dtype: In which an implementation adds the parts up.

    Returns:
        The sums over the axes that were broadcast, in the array's shape; the answer as it is if
        the array cannot have become what is answered.
    """
    exact = answer.exact
    became = exact.high.shape
    if shape == became:
        return answer
    if int(np.prod(shape)) == exact.high.size:
        return _each(answer, lambda array: array.reshape(shape))
    ours = (1,) * (len(became) - len(shape)) + shape
    if len(ours) != len(became) or any(
        own not in {1, full} for own, full in zip(ours, became, strict=True)
    ):
        return answer
    axes = tuple(axis for axis, own in enumerate(ours) if own == 1 and became[axis] != 1)
    count = int(np.prod([became[axis] for axis in axes]))
    with np.errstate(invalid="ignore"):
        size = np.sum(np.abs(exact.high), axis=axes)
        high, low = _sums(exact, axes)
        radius = np.sum(exact.radius, axis=axes) + np.abs(high) * _UNIT**2
        rounding = (4 * np.log2(count) + 4) * FORMATS[dtype].unit
        bound = np.sum(answer.bound, axis=axes) + rounding * size
    summed = Answer(exact=Enclosure(high, low, radius), bound=bound)
    return _each(summed, lambda array: array.reshape(shape))


def _each(answer: Answer, change: Callable[[np.ndarray], np.ndarray]) -> Answer:
    return Answer(exact=Enclosure(*map(change, answer.exact)), bound=change(answer.bound))


def _sums(exact: Enclosure, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The sums over some axes, each as a float64 and what it lacks."""
    plain = np.asarray(np.sum(exact.high, axis=axes))
    if not np.isfinite(exact.high).all():
        return plain, np.zeros_like(plain)
    last = tuple(range(-len(axes), 0))
    parts = [np.moveaxis(part, axes, last) for part in (exact.high, exact.low)]
    low = np.zeros_like(plain)
    for index in np.ndindex(plain.shape):
        numbers = np.concatenate([part[index].ravel() for part in parts]).tolist()
        total = sum(map(Fraction, numbers), Fraction())
        plain[index] = float(total)
        low[index] = float(total - Fraction(float(plain[index])))
    return plain, low
