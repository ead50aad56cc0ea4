"""The definitions with their sums, over classes and over terms, formed in other orders."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.power.asked import read, right
from benchmarks.power.forms.registry import ONE_BY_ONE, form, own_number
from benchmarks.power.private import Evaluate
from equivalence.implementations import Response
from equivalence.implementations.implementation import Call
from equivalence.losses import LOSSES

Sum = Callable[[np.ndarray], np.ndarray]  # over the first axis, which is not empty

BLOCK = 4


def sequential(numbers: np.ndarray) -> np.ndarray:
    """One after the other."""
    return np.asarray(np.add.accumulate(numbers, axis=0)[-1])


def from_the_end(numbers: np.ndarray) -> np.ndarray:
    """One after the other, the last class first."""
    return sequential(numbers[::-1])


def pairwise(numbers: np.ndarray) -> np.ndarray:
    """Neighbours first."""
    while len(numbers) > 1:
        rest = numbers[len(numbers) // 2 * 2 :]
        numbers = np.concatenate([numbers[:-1:2] + numbers[1::2], rest])
    return np.asarray(numbers[0])


def compensated(numbers: np.ndarray) -> np.ndarray:
    """One after the other, carrying what was rounded away (Kahan, 1965)."""
    total, carried = np.zeros_like(numbers[0]), np.zeros_like(numbers[0])
    for number in numbers:
        corrected = number - carried
        raised = total + corrected
        rest = (raised - total) - corrected
        carried = np.where(np.isfinite(rest), rest, 0)
        total = raised
    return np.asarray(total)


def in_lanes(numbers: np.ndarray) -> np.ndarray:
    """Every fourth number in a lane of its own, as vector instructions do."""
    lanes = [sequential(numbers[lane::BLOCK]) for lane in range(min(BLOCK, len(numbers)))]
    return sequential(np.stack(lanes))


def replacing_sum(by: Sum) -> Callable[..., np.ndarray]:
    """``np.sum`` of arrays, in another order."""

    def summed(array: Any, axis: int | None = None, *, keepdims: bool = False) -> np.ndarray:
        numbers = np.asarray(array)
        first = numbers.ravel() if axis is None else np.moveaxis(numbers, axis, 0)
        total = by(first) if len(first) else np.zeros(first.shape[1:], first.dtype)
        return np.expand_dims(total, axis) if keepdims and axis is not None else total

    return summed


def summing(by: Sum) -> Evaluate:
    """Evaluates definition and gradient with every sum formed so."""

    def evaluate(call: Call) -> Response:
        asked = read(call, own_number(call.prediction.dtype))
        with np.errstate(all="ignore"), mock.patch.object(np, "sum", replacing_sum(by)):
            return right(asked)

    return evaluate


for name, by in {
    "sequential summation": sequential,
    "reversed class order": from_the_end,
    "pairwise summation": pairwise,
    "Kahan summation": compensated,
    "summation in four lanes": in_lanes,
}.items():
    longest = {sequential: ONE_BY_ONE, from_the_end: ONE_BY_ONE, in_lanes: BLOCK * ONE_BY_ONE}.get(
        by, math.inf
    )
    form(name, LOSSES.values(), summing(by), longest=longest)
