"""Dual numbers over balls: a value and its derivative, exact to certified radii."""

import functools

import flint
import numpy as np


def binary(operation):
    """The operation with its other operand made a dual; with an array NumPy's own takes over."""

    @functools.wraps(operation)
    def operate(self, other):
        if isinstance(other, np.ndarray):
            return NotImplemented
        return operation(self, other if isinstance(other, Dual) else Dual(other))

    return operate


class Dual:
    """``value + slope epsilon`` with ``epsilon**2 = 0``; NumPy's ufuncs call its methods."""

    __slots__ = ("slope", "value")

    def __init__(self, value, slope=0):
        self.value, self.slope = flint.arb(value), flint.arb(slope)

    def __neg__(self):
        return Dual(-self.value, -self.slope)

    def __abs__(self):
        return -self if self.value < 0 else self

    @binary
    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    @binary
    def __sub__(self, other):
        return self + -other

    @binary
    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    @binary
    def __truediv__(self, other):
        quotient = self.value / other.value
        return Dual(quotient, (self.slope - quotient * other.slope) / other.value)

    __radd__ = __add__
    __rmul__ = __mul__

    @binary
    def __rsub__(self, other):
        return -self + other

    @binary
    def __rtruediv__(self, other):
        return other / self

    @binary
    def __pow__(self, other):
        """To a power that does not depend on the variable."""
        slope = other.value * self.value ** (other.value - 1) * self.slope
        return Dual(self.value**other.value, slope if self.slope != 0 else 0)

    def exp(self):
        power = self.value.exp()
        return Dual(power, power * self.slope)

    def log(self):
        return Dual(self.value.log(), self.slope / self.value)

    def log1p(self):
        return Dual(self.value.log1p(), self.slope / (1 + self.value))

    # 0 + epsilon is not 0: a formula's special case for exactly 0 says nothing of its neighbours.
    @binary
    def __eq__(self, other):
        return bool(self.value == other.value) and bool(self.slope == other.slope)

    __hash__ = None

    @binary
    def __lt__(self, other):
        return bool(self.value < other.value)

    @binary
    def __gt__(self, other):
        return bool(self.value > other.value)


def duals(numbers, seeds):
    """An object array of duals; ``seeds`` is 1 where the derivative is taken, else 0."""
    result = np.empty(numbers.shape, dtype=object)
    pairs = zip(
        numbers.ravel().tolist(), np.broadcast_to(seeds, numbers.shape).ravel(), strict=True
    )
    result.ravel()[:] = [Dual(number, int(seed)) for number, seed in pairs]
    return result


def slopes(terms):
    """The derivatives of an array of duals; what became a constant has derivative 0."""
    array = np.asarray(terms, dtype=object)
    result = np.empty(array.shape, dtype=object)
    result.ravel()[:] = [
        term.slope if isinstance(term, Dual) else flint.arb(0) for term in array.ravel()
    ]
    return result
