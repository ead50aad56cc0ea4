"""Exact arithmetic over balls, and the units in which errors are counted.

A *ball* is a number with a certified radius (Arb, F. Johansson, *Arb: efficient arbitrary-precision
midpoint-radius interval arithmetic*, IEEE Trans. Comput. 66(8), 2017). Arrays of balls are NumPy
object arrays of ``flint.arb``: NumPy's ufuncs call their ``exp``, ``log`` and ``log1p`` methods, so
a formula written for float64 arrays runs on them unchanged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import flint
import ml_dtypes
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = 25  # significant decimal digits of an exact number in print
FIRST_BITS = 128  # the precision at which balls are first evaluated
LAST_BITS = 8192  # where doubling the precision stops: nothing here needs more
UNDEFINED_BITS = 1024  # what is still undecided here does not exist: 0/0, not a lack of digits
RADIUS_ULPS = 1 / 1000  # a certified radius is smaller than this many ulps of the dtype under test


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A binary floating-point format (IEEE 754 or bfloat16).

    Attributes:
        name: NumPy's (or ml_dtypes') name of the dtype.
        precision: The number of significand bits, the hidden one included.
        minimum_exponent: The exponent of the smallest normal number.
        largest: The largest finite number.
    """

    name: str
    precision: int
    minimum_exponent: int
    largest: float

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return np.dtype(getattr(ml_dtypes, self.name, self.name))

    @property
    def unit(self) -> float:
        """The unit roundoff u: half the distance from 1 to the next number."""
        return 2.0**-self.precision

    @property
    def floor(self) -> float:
        """The error below which nothing is asked.

        It is the smallest normal number, for float16 the smallest subnormal.
        """
        exponent = self.minimum_exponent
        return 2.0 ** (exponent - self.precision + 1 if self.name == "float16" else exponent)

    def ulp(self, exact: np.ndarray) -> np.ndarray:
        """The distance between neighbouring numbers of the format at ``exact``, shape as ``exact``.

        At and near zero it is the smallest subnormal; at infinities and NaN it is NaN.

        >>> float(FORMATS["float32"].ulp(np.array(1.5)))
        1.1920928955078125e-07
        """
        finite = np.isfinite(exact)
        _, exponent = np.frexp(np.where(finite, exact, 1.0))
        exponent = np.where(exact == 0, self.minimum_exponent, exponent - 1)
        ulp = np.ldexp(1.0, np.maximum(exponent, self.minimum_exponent) - self.precision + 1)
        return np.where(finite, ulp, np.nan)

    def overflows(self, array: Any) -> np.ndarray:
        """Where numbers are infinite once they are rounded to the format.

        Those less than half an ulp above the largest one are not.
        """
        with np.errstate(over="ignore"):
            return np.asarray(np.isinf(self.round(array)))

    def round(self, array: Any) -> np.ndarray:
        """The nearest numbers of the format, as an array of its dtype."""
        with np.errstate(over="ignore"):
            return np.asarray(array, dtype=np.float64).astype(self.dtype)


FORMATS = {
    format_.name: format_
    for format_ in (
        Format(name="float16", precision=11, minimum_exponent=-14, largest=65504.0),
        Format(name="bfloat16", precision=8, minimum_exponent=-126, largest=float(2**128 - 2**120)),
        Format(name="float32", precision=24, minimum_exponent=-126, largest=float(2**128 - 2**104)),
        Format(
            name="float64",
            precision=53,
            minimum_exponent=-1022,
            largest=float.fromhex("0x1.fffffffffffffp1023"),
        ),
    )
}


class Number(NamedTuple):
    """A number in print: hexadecimal for machines (exact in float64), decimal for people."""

    hex: str
    decimal: str

    @classmethod
    def of(cls, number: float, decimal: str | None = None) -> Number:
        """The number as it is printed.

        >>> Number.of(0.1)
        Number(hex='0x1.999999999999ap-4', decimal='0.1')
        """
        number = float(number)
        return cls(number.hex(), decimal if decimal is not None else repr(number))

    def __float__(self) -> float:
        return float.fromhex(self.hex)


class Enclosure(NamedTuple):
    """Exact numbers as float64 pairs with certified radii; all three arrays have one shape.

    The exact number lies within ``radius`` of ``high + low``. An infinite answer has ``high``
    infinite; one that does not exist has ``high`` NaN.
    """

    high: np.ndarray
    low: np.ndarray
    radius: np.ndarray

    def error(self, got: np.ndarray) -> np.ndarray:
        """The distance of ``got`` (float64, of the same shape) from the exact numbers.

        ``got - high`` is exact where the two are close (Sterbenz's lemma); where they are not, its
        relative rounding error of 2**-53 does not matter. It is 0 between equal infinities,
        infinite between a finite and a non-finite number, and NaN where no exact answer exists.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs((got - self.high) - self.low)
        if np.isfinite(error).all():
            return np.asarray(error)
        error = np.where(np.isinf(self.high) & (got == self.high), 0.0, error)
        error = np.where(np.isnan(error), np.inf, error)
        return np.where(np.isnan(self.high), np.nan, error)

    def at(self, index: tuple[int, ...]) -> Enclosure:
        """That of the number at ``index``."""
        return Enclosure(*(np.asarray(part[index]) for part in self))

    def digits(self, index: tuple[int, ...]) -> Number:
        """The exact number at ``index``: its nearest float64, with up to 25 decimal digits.

        They are those that are certain: a large case, answered in a wider format, has fewer.
        """
        high, low, radius = (float(part[index]) for part in self)
        if not np.isfinite(high):
            return Number.of(high)
        if not high:
            return Number.of(high, "0")
        with flint.ctx.workprec(FIRST_BITS):
            text = (flint.arb(high) + flint.arb(low, radius)).str(DIGITS, radius=False)
        return Number.of(high, text)


def balls(array: Any) -> np.ndarray:
    """Numbers as exact balls: an object array of the same shape."""
    numbers = np.asarray(array, dtype=np.float64)
    result = np.empty(numbers.shape, dtype=object)
    result.ravel()[:] = [flint.arb(number) for number in numbers.ravel().tolist()]
    return result


def _pair(ball: Any) -> tuple[float, float, float]:
    """The nearest float64, the nearest float64 to the rest, and a bound on what is still left.

    What is left below the smallest subnormal of float64 counts as nothing.
    """
    if not isinstance(ball, flint.arb):
        ball = flint.arb(ball)
    high = float(ball.mid())
    if math.isfinite(high):
        rest = ball - high
        low = float(rest.mid())
        left = float((rest - low).abs_upper())
        if left < math.inf or ball.is_finite():
            return high, low, math.nextafter(left, math.inf) if left else 0.0
    elif ball.is_finite():  # beyond float64: rounded, it is infinite
        return high, 0.0, 0.0
    # Of infinite radius: undecided at this precision, which is not the same as undefined.
    decided = bool(ball.rad().is_finite()) and not ball.mid().is_nan()
    return (high, 0.0, 0.0) if decided else (math.nan, 0.0, math.inf)


def enclosure(array: np.ndarray) -> Enclosure:
    """The enclosure of an array of balls."""
    array = np.asarray(array, dtype=object)
    pairs = np.array([_pair(ball) for ball in array.ravel()], dtype=np.float64).reshape(-1, 3)
    high, low, radius = (column.reshape(array.shape) for column in pairs.T)
    return Enclosure(high, low, radius)


def certified(
    evaluate: Callable[[], tuple[np.ndarray, ...]], format_: Format
) -> tuple[Enclosure, ...]:
    """Evaluates at doubling precision until every radius is below 1/1000 ulp of the format.

    Args:
        evaluate: Returns arrays of balls at the working precision.
        format_: The format whose ulp counts.

    Raises:
        ArithmeticError: If 8192 bits do not suffice.
    """
    bits = FIRST_BITS
    while bits <= LAST_BITS:
        with flint.ctx.workprec(bits):
            results = tuple(enclosure(array) for array in evaluate())
        if all(_certain(result, format_, bits) for result in results):
            return results
        undecided = any(np.isinf(result.radius).any() for result in results)
        # What has no radius at all seldom gets one: it is looked at once more, where that decides.
        bits = UNDEFINED_BITS if undecided and bits < UNDEFINED_BITS else 2 * bits
    message = f"the exact answer is not certain to 1/1000 ulp of {format_.name} at {LAST_BITS} bits"
    raise ArithmeticError(message)


def _certain(result: Enclosure, format_: Format, bits: int) -> bool:
    if bits < UNDEFINED_BITS and np.isinf(result.radius).any():
        return False
    # An ulp is a unit of roundoff at least; which most radii are far below.
    least = RADIUS_ULPS * 2.0**-format_.precision
    if np.all(result.radius <= least * np.abs(result.high)):
        return True
    finite = np.isfinite(result.high)
    return bool(np.all(result.radius[finite] <= RADIUS_ULPS * format_.ulp(result.high[finite])))
