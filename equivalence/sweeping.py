"""Sweeping: what an implementation returns along a range of magnitudes, for the report's plots."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.case import Case, cotangent
from equivalence.cases.sweeping import sweep, target_kind
from equivalence.expectation import declines
from equivalence.losses.reduction import MEAN, NONE, SUM

if TYPE_CHECKING:
    from equivalence.implementations import Implementation

_SWEPT = QUANTITIES[:2]


def swept(implementation: Implementation) -> dict[str, str]:
    """What an implementation returns along the sweep of its loss, in its first mode.

    Returns:
        ``"target"`` and ``"digest"`` of the sweep's case, and for each quantity one hexadecimal
        float a point, separated by blanks; nothing for a quantity that is not offered. The gradient
        is that of a point's term by the prediction of the target.
    """
    try:
        case = sweep(implementation.loss.name, target_kind(implementation.targets))
        terms = _together(implementation, case) or _one_by_one(implementation, case)
    except Exception:  # noqa: BLE001 - a plot less; what it did wrong is judged elsewhere
        return {}
    found = {name: numbers for name, numbers in terms.items() if numbers is not None}
    if not found:
        return {}
    words = {name: " ".join(map(float.hex, numbers.tolist())) for name, numbers in found.items()}
    return {"target": case.target_kind, "digest": case.digest, **words}


def _together(implementation: Implementation, case: Case) -> dict[str, np.ndarray | None]:
    """All points in one call, if every term comes back."""
    if declines(implementation, case, implementation.offered_modes[0]):
        return {}
    terms = _respond(implementation, case)
    if any(numbers is not None and numbers.size != case.shape[0] for numbers in terms.values()):
        return {}
    return terms


def _one_by_one(implementation: Implementation, case: Case) -> dict[str, np.ndarray | None]:
    """A call for each point, as a batch of one, in the first reduction that gives it one number."""
    offered = [known for known in (NONE, SUM, MEAN) if known.kind in implementation.reductions]
    found = (_points(implementation, dataclasses.replace(case, reduction=one)) for one in offered)
    return next((terms for terms in found if _SWEPT[0] in terms), {})


def _points(implementation: Implementation, case: Case) -> dict[str, np.ndarray | None]:
    points = [
        _respond(
            implementation,
            dataclasses.replace(
                case,
                prediction=case.prediction[place : place + 1],
                target=case.target[place : place + 1],
            ),
        )
        for place in range(case.shape[0])
    ]
    columns = {name: [point.get(name) for point in points] for name in _SWEPT}
    return {
        name: np.concatenate([number for number in column if number is not None])
        for name, column in columns.items()
        if all(number is not None and number.size == 1 for number in column)
    }


def _respond(implementation: Implementation, case: Case) -> dict[str, np.ndarray | None]:
    """The terms, and their derivatives by the prediction of the target, in float64."""
    response = implementation.respond(case, implementation.offered_modes[0])
    value, gradient = response.value, response.gradient
    if isinstance(value, Exception):
        return {}
    found: dict[str, np.ndarray | None] = {"value": np.asarray(value, dtype=np.float64).ravel()}
    if isinstance(gradient, np.ndarray) and gradient.shape == case.prediction.shape:
        own = gradient[..., 0] if case.loss.has_classes else gradient
        found["gradient"] = (np.asarray(own, dtype=np.float64) / cotangent(case.shape)).ravel()
    return found
