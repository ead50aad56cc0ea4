"""Edges of probabilities: certainties, sums that are not one, numbers just outside [0, 1]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.edges.edge import Numbers, Setting, edge
from equivalence.cases.edges.ordinary import CLASSES, question
from equivalence.losses.loss import PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUBNORMAL = 0.25  # of the smallest normal number


def _rows(setting: Setting, rows: Sequence[object], labels: list[int]) -> Numbers | None:
    """Rows of class probabilities; None where the loss takes none."""
    if setting.loss.prediction != PROBABILITIES or not setting.loss.has_classes:
        return None
    return Numbers(prediction=np.array(rows), target=setting.target(np.array(labels), CLASSES))


def _numbers(setting: Setting, numbers: list[float], labels: list[int]) -> Numbers | None:
    """Probabilities by themselves; None where the loss takes none."""
    if setting.loss.prediction != PROBABILITIES or setting.loss.has_classes:
        return None
    return Numbers(prediction=np.array(numbers), target=setting.target(np.array(labels)))


@edge()
def certain_and_impossible(setting: Setting) -> Numbers | None:
    """Probabilities of exactly 0 and 1 beside others: right, free of the target, and wrong."""
    rows = [[1.0, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1], [0.5, 0.5, 0, 0]]
    return _rows(setting, rows, [0, 1, 0, 3]) or _numbers(
        setting, [1.0, 0.0, 1.0, 0.0, 0.5], [1, 0, 0, 1, 1]
    )


def _summing_to(setting: Setting, total: float) -> Numbers | None:
    if setting.loss.prediction != PROBABILITIES or not setting.loss.has_classes:
        return None
    asked = question(setting)
    return replace(asked, prediction=asked.prediction * total)


@edge()
def probabilities_sum_to_half(setting: Setting) -> Numbers | None:
    """Probabilities of a row sum to 0.5."""
    return _summing_to(setting, 0.5)


@edge()
def probabilities_sum_to_three(setting: Setting) -> Numbers | None:
    """Probabilities of a row sum to 3, as sigmoids of several labels do; none is above 1."""
    rows = [[0.75, 0.75, 0.75, 0.75], [1.0, 0.5, 0.625, 0.875], [0.25, 0.875, 0.9375, 0.9375]]
    return _rows(setting, rows, [0, 1, 3])


@edge()
def probabilities_sum_to_zero(setting: Setting) -> Numbers | None:
    """All probabilities of a row are 0: the loss is infinite, whichever class is right."""
    return _rows(setting, [[0.0] * CLASSES, [0.25] * CLASSES], [1, 2])


@edge()
def probability_just_above_one(setting: Setting) -> Numbers | None:
    """A probability is 1 and two ulps, as sums of rounded ones are: a loss just below 0."""
    above = 1 + 4 * setting.format.unit
    return _rows(setting, [[above, 0.0, 0, 0], [0.25, 0.25, 0.25, 0.25]], [0, 1]) or _numbers(
        setting, [above, 0.5], [1, 0]
    )


@edge()
def probability_just_below_zero(setting: Setting) -> Numbers | None:
    """A probability of a class that is not the target is tiny and negative, as 1 - 1.0000001."""
    below = -2 * setting.format.unit
    return _rows(setting, [[1.0, below, 0, 0], [0.25, 0.25, 0.25, 0.25]], [0, 1]) or _numbers(
        setting, [below, 0.5], [0, 1]
    )


@edge()
def subnormal_probabilities(setting: Setting) -> Numbers | None:
    """The target's probability is a subnormal number; then all of a row are."""
    tiny = 2.0**setting.format.minimum_exponent * _SUBNORMAL
    rows = [[tiny, 1.0, 0, 0], [tiny, tiny, tiny, tiny]]
    return _rows(setting, rows, [0, 1]) or _numbers(setting, [tiny, tiny], [1, 0])
