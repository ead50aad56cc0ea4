"""Sweeps: one row for each magnitude, to see how an implementation behaves along a whole range."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.case import SPARSE, Case, Encoding, encoding
from equivalence.cases.elementary import log_softmax
from equivalence.exact import FORMATS
from equivalence.losses import LOSSES, NONE
from equivalence.losses.loss import LOG_PROBABILITIES, PROBABILITIES

if TYPE_CHECKING:
    from equivalence.losses import Loss

DTYPE = "float32"
ORIGIN = "sweep"
CLASSES = 3
_MARGINS = tuple([-(2.0**k) for k in range(9, -5, -1)] + [0.0] + [2.0**k for k in range(-4, 10)])
_FROM_ZERO = (126, 100, 64, 48, 40, 32, 28, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1)
_FROM_ONE = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24)


def points(loss: Loss) -> tuple[tuple[str, float], ...]:
    """What is swept, in order: the words of each point, and the number itself.

    It is the probability of the target for losses of probabilities; for all others the target's
    prediction against zeros, so that a negative one is a wrong answer, and its size the magnitude.

    >>> points(LOSSES["binary_cross_entropy"])[0]
    ('2⁻¹²⁶', 1.1754943508222875e-38)
    """
    if loss.prediction == PROBABILITIES:
        small = [(f"2{_raised(-k)}", 2.0**-k) for k in _FROM_ZERO]
        return (*small, *((f"1 − 2{_raised(-k)}", 1 - 2.0**-k) for k in _FROM_ONE))
    return tuple((f"{margin:g}", margin) for margin in _MARGINS)


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _rows(loss: Loss, numbers: np.ndarray) -> np.ndarray:
    """The predictions; with classes the first is the target's and the others are alike."""
    if not loss.has_classes:
        return numbers
    rows = np.zeros((numbers.size, CLASSES))
    if loss.prediction == PROBABILITIES:
        rows[:] = ((1 - numbers) / (CLASSES - 1))[:, None]
    rows[:, 0] = numbers
    if loss.prediction == LOG_PROBABILITIES:
        rows = log_softmax(rows)
    return rows


@functools.cache
def sweep(loss: str, target_kind: str) -> Case:
    """The case of a sweep: one row a point, the first class (or 1) the target, no reduction.

    Raises:
        KeyError: If there is no such loss or target kind.
    """
    definition = LOSSES[loss]
    numbers = np.array([number for _, number in points(definition)])
    prediction = FORMATS[DTYPE].round(_rows(definition, numbers))
    kind = encoding(target_kind)
    target = np.zeros(numbers.shape, dtype=np.int64)
    if kind != SPARSE:
        hard = np.ones_like(prediction)
        if definition.has_classes:
            hard[:, 1:] = 0
        target = hard
    return Case(
        loss=definition,
        target_kind=target_kind,
        prediction=prediction,
        target=target,
        reduction=NONE,
        dtype=DTYPE,
        origin=ORIGIN,
    )


def target_kind(targets: Encoding) -> str:
    """The plainest target kind of those that an implementation takes.

    >>> target_kind(Encoding.SOFT | Encoding.ONE_HOT)
    'one_hot'
    """
    return next(str(kind.name).lower() for kind in Encoding if kind in targets)
