"""Sums of products of which every factor errs, as the product rule makes them.

A product errs by what it is with its factors at their largest, and by its own rounding. What may be
zero has to stand before what may be infinite: nothing times anything is nothing.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from equivalence.losses.focal import power, power_error
from equivalence.losses.loss import times

ROUNDINGS = 12  # of a summand, in units: powers err by 4 u, logarithms and quotients by 2


class Factor(NamedTuple):
    """A number, and the largest error of what is computed for it."""

    number: np.ndarray
    error: Any = 0.0


def size_of(*factors: Factor) -> np.ndarray:
    """The size of a product."""
    return functools.reduce(times, (np.abs(factor.number) for factor in factors))


def error_of(*factors: Factor, unit: float) -> np.ndarray:
    """The error of a product: of the factors at their largest, and its rounding."""
    most = functools.reduce(times, (np.abs(one.number) + one.error for one in factors))
    return np.asarray(most - size_of(*factors) + ROUNDINGS * unit * most)


def powers(base: np.ndarray, error: Any, gamma: Any, unit: float) -> list[Factor]:
    """The powers gamma, gamma - 1 and gamma - 2 with what derivatives multiply them by."""
    return [
        Factor(
            times(factor + 0 * base, power(base, gamma - order)),
            times(abs(factor) + 0 * base, power_error(base, error, gamma - order, unit)),
        )
        for order, factor in enumerate((1.0, gamma, gamma * (gamma - 1)))
    ]
