"""Edges of options: ignored targets, label smoothing, focal losses, weights of positives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from equivalence.cases.case import SPARSE
from equivalence.cases.edges.edge import YOURS, Numbers, Setting, edge
from equivalence.cases.edges.ordinary import question, takes

_CLASS_WEIGHTS = np.array([0.5, 2, 1, 1.5])
_MASK = (2, 3, 2)


def _ignoring(setting: Setting, index: int, target: list[int], **options: Any) -> Numbers | None:
    if setting.encoding != SPARSE or not all(takes(setting.loss, name) for name in options):
        return None
    asked = question(setting, ignore_index=index, **options)
    return replace(asked, target=np.array(target))


@edge()
def all_ignored(setting: Setting) -> Numbers | None:
    """Every target is ignored: the sum is 0, and a mean of nothing does not exist."""
    return _ignoring(setting, -100, [-100, -100, -100])


@edge(yours=YOURS)
def ignores_class_0(setting: Setting) -> Numbers | None:
    """The class that is ignored is class 0, as the padding of a text is."""
    return _ignoring(setting, 0, [0, 1, 3])


@edge()
def ignores_last_class(setting: Setting) -> Numbers | None:
    """The class that is ignored is the last one."""
    return _ignoring(setting, 3, [0, 3, 2])


@edge()
def ignores_255(setting: Setting) -> Numbers | None:
    """The index that is ignored is 255, as in masks of segmentation."""
    return _ignoring(setting, 255, [0, 255, 3])


@edge()
def ignores_absent_class(setting: Setting) -> Numbers | None:
    """The class that is ignored does not occur."""
    return _ignoring(setting, 2, [0, 1, 3])


def _smoothed(setting: Setting, epsilon: float, **options: Any) -> Numbers | None:
    names = ("label_smoothing", *options)
    if not all(takes(setting.loss, name) for name in names):
        return None
    return question(setting, label_smoothing=epsilon, **options)


@edge()
def smoothing_of_zero(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 0: they stay as they are."""
    return _smoothed(setting, 0.0)


@edge(yours=YOURS)
def tiny_smoothing(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 1e-8, of which 1 - 1e-8 shows nothing in float32."""
    return _smoothed(setting, 1e-8)


@edge(yours=YOURS)
def smoothing_of_one(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 1: nothing is left of them."""
    return _smoothed(setting, 1.0)


@edge()
def negative_smoothing(setting: Setting) -> Numbers | None:
    """Labels are smoothed by -0.1 (sharpened): the formula exists, who takes it must answer it."""
    return _smoothed(setting, -0.1)


@edge()
def smoothing_above_one(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 1.5: the formula exists, who takes it must answer it."""
    return _smoothed(setting, 1.5)


@edge()
def smoothing_with_class_weights(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 0.1 under class weights, which weigh the uniform part too."""
    return _smoothed(setting, 0.1, weight=_CLASS_WEIGHTS)


@edge()
def full_smoothing_with_class_weights(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 1 under class weights."""
    return _smoothed(setting, 1.0, weight=_CLASS_WEIGHTS)


@edge()
def smoothing_with_ignored_targets(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 0.1, and one target is ignored."""
    return _ignoring(setting, -100, [0, -100, 3], label_smoothing=0.1)


@edge()
def smoothing_with_class_weights_and_ignored_targets(setting: Setting) -> Numbers | None:
    """Labels are smoothed by 0.1 under class weights, and one target is ignored."""
    return _ignoring(setting, 1, [0, 1, 3], label_smoothing=0.1, weight=_CLASS_WEIGHTS)


def _focal(setting: Setting, **options: Any) -> Numbers | None:
    return question(setting, **options) if takes(setting.loss, "gamma") else None


@edge()
def gamma_of_zero(setting: Setting) -> Numbers | None:
    """A focal loss does not focus: it is the cross-entropy."""
    return _focal(setting, gamma=0.0)


@edge(yours=YOURS)
def huge_gamma(setting: Setting) -> Numbers | None:
    """A focal loss focuses by 200: little is left of any term."""
    return _focal(setting, gamma=200.0)


@edge(yours=YOURS)
def alpha_of_zero(setting: Setting) -> Numbers | None:
    """The balance of a focal loss is 0: positives cost nothing."""
    return _focal(setting, alpha=0.0)


@edge()
def alpha_of_one(setting: Setting) -> Numbers | None:
    """The balance of a focal loss is 1: of binary ones negatives cost nothing."""
    return _focal(setting, alpha=1.0)


def _positives(
    setting: Setting, weight: float | list[float], terms: tuple[int, ...] = (3,)
) -> Numbers | None:
    if not takes(setting.loss, "pos_weight"):
        return None
    return question(setting, terms, pos_weight=np.array(weight, dtype=np.float64))


@edge()
def positives_weigh_nothing(setting: Setting) -> Numbers | None:
    """The weight of the positive class is 0."""
    return _positives(setting, 0.0)


@edge(yours=YOURS)
def positives_weigh_much(setting: Setting) -> Numbers | None:
    """The weight of the positive class is a sixteenth of the largest number."""
    return _positives(setting, setting.format.largest / 16)


@edge(yours=YOURS)
def positives_weigh_by_column_of_a_square(setting: Setting) -> Numbers | None:
    """The weight of the positive class differs by column, and there are as many rows."""
    return _positives(setting, [0.5, 3.0, 1.0], (3, 3))


@edge()
def positives_weigh_by_channel(setting: Setting) -> Numbers | None:
    """The weight of the positive class differs by channel of an image, and is 0 in one."""
    return _positives(setting, [0.0, 3.0], _MASK)
