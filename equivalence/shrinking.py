"""Shrinking: a small case that still shows what a large one shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.case import SPARSE, encoding
from equivalence.comparison import judge
from equivalence.exact import FORMATS

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.finding import Finding
    from equivalence.implementations import Implementation

ATTEMPTS = 400  # smaller cases that are tried at most
SINGLY = 16  # numbers of an array that are made plainer one by one


def smallest(
    implementation: Implementation, case: Case, finding: Finding, attempts: int = ATTEMPTS
) -> tuple[Case, Finding]:
    """A small case that has the verdict of a finding, for the same catalogued reason.

    Args:
        implementation: Who was asked.
        case: What was asked.
        finding: How it was judged; its quantity and mode are asked again.
        attempts: How many smaller cases are tried at most.

    Returns:
        The case, its origin that of the large one, and how it is judged; a malformed one as it is.
    """
    if case.malformed:  # it is small, and another one has another fault
        return case, finding
    latest = [finding]

    def same(smaller: Case) -> bool:
        try:
            found = judge(implementation, smaller, finding.quantity, finding.mode)
        except (ArithmeticError, IndexError, ValueError):
            return False
        shows = (found.verdict, found.divergence) == (finding.verdict, finding.divergence)
        # An exception stays an exception, of the same type.
        shows = shows and (found.got is None) == (finding.got is None)
        if shows and found.got is None:
            shows = found.detail.split(":")[0] == finding.detail.split(":")[0]
        if shows:
            latest[0] = found
        return shows

    return shrunk(case, same, attempts), latest[0]


def shrunk(case: Case, shows: Callable[[Case], bool], attempts: int = ATTEMPTS) -> Case:
    """The case with fewer rows, classes and options, and plainer numbers, that still shows it.

    Args:
        case: Where to begin.
        shows: Whether a smaller case shows what is to be seen.
        attempts: How many are tried at most.
    """
    going = True
    while going:
        going = False
        for smaller in _smaller(case):
            if attempts <= 0:
                return case
            attempts -= 1
            if shows(smaller):
                case, going = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases that are smaller by one step, the boldest steps first."""
    yield from _fewer_positions(case)
    yield from _fewer_options(case)
    yield from _fewer_classes(case)
    yield from _plainer(case)


def _fewer_positions(case: Case) -> Iterator[Case]:
    for axis, size in enumerate(case.shape):
        every = np.arange(size)
        kept = [every[: size // 2], every[size // 2 :]] if size > 1 else []
        if 2 < size <= 8:
            kept += [np.delete(every, index) for index in range(size)]
        for rows in kept:
            yield taken(case, axis, rows)


def taken(case: Case, axis: int, rows: np.ndarray) -> Case:
    """The case with some of the positions along an axis."""
    weights = case.weights
    if weights is not None and np.ndim(weights) > axis and weights.shape[axis] > 1:
        weights = np.take(weights, rows, axis)
    options = dict(case.options)
    positive = options.get("pos_weight")
    if positive is not None and np.ndim(positive) and axis == len(case.shape) - 1:
        options["pos_weight"] = positive[rows]
    return replace(
        case,
        prediction=np.take(case.prediction, rows, axis),
        target=np.take(case.target, rows, axis),
        weights=weights,
        options=MappingProxyType(options),
    )


def _fewer_options(case: Case) -> Iterator[Case]:
    if case.weights is not None:
        yield replace(case, weights=None)
    for name in case.options:
        rest = {other: value for other, value in case.options.items() if other != name}
        # What was ignored is a class then.
        target = np.where(case.counted, case.target, 0) if name == "ignore_index" else case.target
        yield replace(case, target=target, options=MappingProxyType(rest))


def _fewer_classes(case: Case) -> Iterator[Case]:
    classes = case.prediction.shape[-1] if case.loss.has_classes else 0
    sparse = classes and encoding(case.target_kind) == SPARSE
    halves = [np.arange(classes // 2), np.arange(classes // 2, classes)] if classes > 8 else []
    singles = [np.delete(np.arange(classes), index) for index in range(classes)]
    for kept in [*halves, *(singles if 2 < classes <= 32 else [])]:
        target = case.target
        if sparse:
            ignored = ~case.counted
            if not np.all(np.isin(target, kept) | ignored):
                continue
            place = np.searchsorted(kept, np.where(ignored, kept[0], target))
            target = np.where(ignored, target, place)
        else:
            target = target[..., kept]
        options = dict(case.options)
        if np.ndim(options.get("weight", 0.0)):
            options["weight"] = options["weight"][kept]
        yield replace(
            case,
            prediction=case.prediction[..., kept],
            target=target,
            options=MappingProxyType(options),
        )


def _plainer(case: Case) -> Iterator[Case]:
    """Numbers of fewer digits: all of an array at once, then one by one."""
    for plainer in _rounded(case.prediction, case.dtype):
        yield replace(case, prediction=plainer)
    if case.target.dtype.kind not in "iu":
        for plainer in _rounded(case.target, case.dtype):
            yield replace(case, target=plainer)
    if case.weights is not None:
        for plainer in _rounded(case.weights, case.dtype):
            yield replace(case, weights=plainer)


def _rounded(array: np.ndarray, dtype: str) -> Iterator[np.ndarray]:
    wide = np.asarray(array, dtype=np.float64)
    for digits in (1, 2, 3):
        rounded = FORMATS[dtype].round(_significant(wide, digits))
        if not np.array_equal(rounded, wide, equal_nan=True):
            yield rounded
    for index in np.ndindex(wide.shape if wide.size <= SINGLY else (0,)):
        for plain in (0.0, 1.0) if wide[index] not in {0.0, 1.0} else ():
            changed = np.array(array)
            changed[index] = plain
            yield changed


def _significant(numbers: np.ndarray, digits: int) -> np.ndarray:
    """The numbers with so many significant decimal digits."""
    text = [f"{number:.{digits - 1}e}" for number in numbers.ravel().tolist()]
    return np.array([float(word) for word in text]).reshape(numbers.shape)
