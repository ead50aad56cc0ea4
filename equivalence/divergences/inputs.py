"""Inputs that are passed over, rounded or changed before anything is computed: models of a case."""

from __future__ import annotations

import functools
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.steps import elementwise, through
from equivalence.exact import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case
    from equivalence.divergences.steps import Step

    Model = Callable[[Case], Case | None]


def _with_options(case: Case, changes: dict[str, Any]) -> Case:
    options = {name: value for name, value in case.options.items() if name not in changes}
    options |= {name: value for name, value in changes.items() if value is not None}
    return replace(case, options=MappingProxyType(options))


def ignores(option: str) -> Model:
    """An option (``weight``, ``label_smoothing``, ``pos_weight``) is taken and not heeded."""

    def model(case: Case) -> Case | None:
        return _with_options(case, {option: None}) if option in case.options else None

    return model


def ignores_sample_weights(case: Case) -> Case | None:
    """Sample weights are taken and not heeded."""
    return None if case.weights is None else replace(case, weights=None)


def counts_ignored_targets(case: Case) -> Case | None:
    """A target that is to be ignored, and is a class, counts as any other."""
    index = case.options.get("ignore_index")
    if index is None or not 0 <= index < case.prediction.shape[-1]:
        return None
    return _with_options(case, {"ignore_index": None})


def smooths_labels(change: Callable[[float, int], float]) -> Model:
    """Labels are smoothed by another epsilon.

    Args:
        change: From the epsilon that is asked for (0 if none is) and the number of classes.
    """

    def model(case: Case) -> Case | None:
        if "label_smoothing" not in case.loss.parameters:
            return None
        asked = float(case.options.get("label_smoothing", 0.0))
        epsilon = change(asked, case.prediction.shape[-1] if case.loss.has_classes else 2)
        if epsilon == asked:
            return None
        return _with_options(case, {"label_smoothing": epsilon or None})

    return model


def rounds_labels_to(dtype: str) -> Model:
    """Soft targets are rounded to a narrower dtype."""

    def model(case: Case) -> Case | None:
        narrower = FORMATS[dtype].precision < FORMATS[case.dtype].precision
        if case.target.dtype.kind in "iu" or not narrower:
            return None
        return replace(case, target=FORMATS[case.dtype].round(FORMATS[dtype].round(case.target)))

    return model


def makes_labels_hard(case: Case) -> Case | None:
    """Soft targets count as the class, or the side of one half, that they name first."""
    if case.target.dtype.kind in "iu":
        return None
    target = np.asarray(case.target, dtype=np.float64)
    hard = (
        np.arange(target.shape[-1]) == np.argmax(target, axis=-1)[..., None]
        if case.loss.has_classes
        else target >= 0.5
    )
    return replace(case, target=FORMATS[case.dtype].round(hard))


def flushes_subnormals(case: Case) -> Case | None:
    """Predictions below the smallest normal number are taken for zero."""
    tiny = 2.0 ** FORMATS[case.dtype].minimum_exponent
    small = np.abs(np.asarray(case.prediction, dtype=np.float64))
    if not np.any((small > 0) & (small < tiny)):
        return None
    return replace(case, loss=through(case.loss, _flush(tiny), case.loss))


@functools.cache
def _flush(tiny: float) -> Step:
    return elementwise(
        f"predictions of which those below {tiny!r} are 0",
        lambda number: np.where((number < tiny) & (number > -tiny), number * 0, number),
        lambda number: np.ones(np.shape(number)),  # the gradient is formed as at 0
    )
