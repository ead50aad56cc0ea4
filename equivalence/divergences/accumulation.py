"""Sums, counts and weights of a reduction, done in another dtype or along another axis: models."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from equivalence.cases.case import Case
from equivalence.cases.foreseen import rough_value
from equivalence.divergences.departures import widened
from equivalence.divergences.overflow import infinite_where
from equivalence.exact import FORMATS
from equivalence.losses.loss import Loss, TermBounds
from equivalence.losses.reduction import SUM, denominator

Model = Callable[[Case], Case | None]


def accumulates_in(dtype: str) -> Model:
    """Terms are rounded to a narrower dtype, and summed and divided there.

    A sum that this format does not hold is infinite.
    """
    narrow = FORMATS[dtype]

    def model(case: Case) -> Case | None:
        if case.reduction.kind == "none" or narrow.precision >= case.computed_in.precision:
            return None
        total = abs(float(rough_value(replace(case, reduction=SUM))))
        loss = _accumulated(case.loss, dtype, int(np.prod(case.shape, dtype=int)))
        if narrow.largest < total < np.inf:
            loss = infinite_where(loss, np.ones(case.shape, dtype=bool))
        return replace(case, loss=loss)

    return model


@functools.cache
def _accumulated(loss: Loss, dtype: str, terms: int) -> Loss:
    narrow = FORMATS[dtype]
    # A term is rounded and weighed, N are summed in any order by blocks, and divided: as in
    # ``losses.reduction.rounding``. A gradient is a product of the same roundings, less the sum.
    summing = narrow.unit * (4 * float(np.log2(max(terms, 1))) + 8)
    scaling = 4 * narrow.unit

    def more(prediction: np.ndarray, target: np.ndarray, _: float, **parameters: Any) -> TermBounds:
        sizes = loss.gradient(prediction, target, **parameters)
        return TermBounds(
            summing * np.abs(loss.definition(prediction, target, **parameters)) + narrow.floor,
            scaling * np.abs(sizes.prediction) + narrow.floor,
            scaling * np.abs(sizes.target) + narrow.floor,
        )

    return widened(loss, f"accumulated in {dtype}", more)


def counts_in(dtype: str) -> Model:
    """What a mean divides by is rounded to a dtype: in bfloat16 257 terms are 256.

    A count that it does not hold is infinite: the mean is 0, or NaN if the sum is infinite too.
    """

    def model(case: Case) -> Case | None:
        if case.reduction.kind != "mean":
            return None
        counted = replace(case.reduction, counted_in=dtype)
        was, now = (denominator(way, case.weighing) for way in (case.reduction, counted))
        if was == now:
            return None
        return replace(case, reduction=replace(counted, multiplies_zeros=bool(np.isinf(now))))

    return model


def weighs_along_last_axis(case: Case) -> Case | None:
    """A weight for each sample is broadcast along the last axis of the terms, not along the first.

    It can be only where both are as long.
    """
    weights, shape = case.weights, case.shape
    if weights is None or len(shape) < 2 or weights.shape != (shape[-1], *(1,) * (len(shape) - 1)):
        return None
    return replace(case, weights=weights.reshape(*(1,) * (len(shape) - 1), -1))


def weighs_positions_by_class(case: Case) -> Case | None:
    """Class weights are broadcast along the last axis of the terms, whatever their targets are."""
    weight, shape = case.options.get("weight"), case.shape
    if weight is None or not shape or shape[-1] != len(weight) or case.weights is not None:
        return None
    rest = {name: value for name, value in case.options.items() if name != "weight"}
    placed = np.asarray(weight).reshape(*(1,) * (len(shape) - 1), -1)
    return replace(case, weights=placed, options=MappingProxyType(rest))
