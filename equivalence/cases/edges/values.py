"""Edges of logits and log-probabilities: large and tiny numbers, infinities, NaN, masks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equivalence.cases.case import ONE_HOT, SOFT, SPARSE
from equivalence.cases.edges.edge import YOURS, Numbers, Setting, edge
from equivalence.cases.edges.ordinary import CLASSES, ROWS, labels, prediction, question, takes
from equivalence.losses.loss import LOGITS, PROBABILITIES
from equivalence.losses.reduction import NONE

_SUBNORMAL = 0.25  # of the smallest normal number


@edge()
def offset_of_1e8(setting: Setting) -> Numbers | None:
    """All logits of a row share an offset of 1e8, beside which float32 sees steps of 8."""
    if setting.loss.prediction != LOGITS or not setting.loss.has_classes:
        return None
    asked = question(setting)
    return replace(asked, prediction=asked.prediction * 20 + 1e8)


@edge()
def largest_of_one(setting: Setting) -> Numbers | None:
    """One logit of each row is the largest finite number: that of the target, or of another."""
    if setting.loss.prediction != LOGITS:
        return None
    asked = question(setting)
    numbers = asked.prediction.copy()
    numbers[(0, ..., 0)[: numbers.ndim]] = setting.format.largest
    numbers[(1, ..., 0)[: numbers.ndim]] = setting.format.largest
    return replace(asked, prediction=numbers)


@edge()
def largest_of_all(setting: Setting) -> Numbers | None:
    """All logits of a row are the largest finite number, or the least."""
    if setting.loss.prediction != LOGITS:
        return None
    asked = question(setting)
    signs = np.array([1.0, -1.0, 1.0]).reshape(ROWS, *[1] * (asked.prediction.ndim - 1))
    return replace(asked, prediction=signs * setting.format.largest + 0 * asked.prediction)


@edge()
def half_of_the_range(setting: Setting) -> Numbers | None:
    """Logits are half the largest number or half the least, so that their difference just fits."""
    if setting.loss.prediction != LOGITS or not setting.loss.has_classes:
        return None
    asked = question(setting)
    signs = np.resize([1.0, -1.0, -1.0, 1.0, -1.0], asked.prediction.shape)
    return replace(asked, prediction=signs * setting.format.largest / 2)


@edge()
def both_ends_of_the_range(setting: Setting) -> Numbers | None:
    """Logits are the largest number or the least: where a target trails, the loss does not fit."""
    if setting.loss.prediction != LOGITS or not setting.loss.has_classes:
        return None
    asked = question(setting)
    signs = np.resize([1.0, -1.0, -1.0, 1.0, -1.0], asked.prediction.shape)
    return replace(asked, prediction=signs * setting.format.largest)


@edge(yours=YOURS)
def small_logits(setting: Setting) -> Numbers | None:
    """Logits are small beside 1, and yet seen: between the unit roundoff and its root."""
    if setting.loss.prediction != LOGITS:
        return None
    asked = question(setting)
    return replace(asked, prediction=asked.prediction * setting.format.unit**0.75)


@edge(yours=(("float64", NONE),))
def logits_step_by_step(setting: Setting) -> Numbers | None:
    """The target's logit from -50 to 50 in halves: what is switched at some threshold shows it."""
    if setting.loss.prediction != LOGITS:
        return None
    steps = np.arange(-100, 101) / 2
    labels = np.resize([0, 1], len(steps))
    numbers = steps
    if setting.loss.has_classes:
        at_label = np.arange(CLASSES) == labels[:, None]
        numbers = np.where(at_label, steps[:, None], 0.25 * np.arange(CLASSES))
    return Numbers(prediction=numbers, target=setting.target(labels, CLASSES))


@edge()
def subnormal_logits(setting: Setting) -> Numbers | None:
    """Logits are subnormal numbers of the format, and zeros of both signs."""
    if setting.loss.prediction != LOGITS:
        return None
    asked = question(setting)
    tiny = 2.0**setting.format.minimum_exponent * _SUBNORMAL
    return replace(asked, prediction=np.resize([tiny, -tiny, 0.0, -0.0], asked.prediction.shape))


@edge()
def infinite_logits(setting: Setting) -> Numbers | None:
    """A logit is +inf or -inf: a number is right or wrong for certain; a row has no softmax."""
    if setting.loss.prediction != LOGITS:
        return None
    asked = question(setting)
    if not setting.loss.has_classes:
        target = setting.target(np.array([1, 0, 1, 0]))
        return Numbers(prediction=np.array([np.inf, -np.inf, -np.inf, np.inf]), target=target)
    numbers = asked.prediction.copy()
    numbers[0, 0] = np.inf
    numbers[1] = -np.inf
    return replace(asked, prediction=numbers)


@edge()
def nan_that_counts(setting: Setting) -> Numbers | None:
    """One number of a row that counts is NaN: there is no answer, and zero would hide it."""
    asked = question(setting)
    numbers = asked.prediction.copy()
    numbers[(0, ..., 0)[: numbers.ndim]] = np.nan
    return replace(asked, prediction=numbers)


def _masked(setting: Setting, mask: float, *, target: bool) -> Numbers | None:
    """Classes are masked, two in the first row, one in the second, none in the third."""
    if setting.loss.prediction == PROBABILITIES or not setting.loss.has_classes:
        return None
    numbers = prediction(setting)
    for row, column in ((0, 0), (1, 1)) if target else ((0, 2), (0, 3), (1, 0)):
        numbers[row, column] = mask
    chosen = labels(setting)
    if setting.encoding in SPARSE | ONE_HOT:
        return Numbers(prediction=numbers, target=setting.target(chosen, CLASSES))
    hard = np.asarray(np.arange(CLASSES) == chosen[:, None], dtype=np.float64)
    soft = np.where(np.isin(np.arange(CLASSES), [0, 1]) & ~hard.astype(bool), 0.25, hard * 0.75)
    if not target:
        soft[1] = [0, 0.75, 0.25, 0]
    return Numbers(prediction=numbers, target=soft)


@edge()
def masked_class(setting: Setting) -> Numbers | None:
    """Classes of target 0 are masked by -inf: they cost nothing, and have no share."""
    return _masked(setting, -np.inf, target=False)


@edge()
def masked_target(setting: Setting) -> Numbers | None:
    """The class of the target is masked by -inf: the loss is infinite."""
    return _masked(setting, -np.inf, target=True)


@edge()
def finitely_masked_class(setting: Setting) -> Numbers | None:
    """Classes of target 0 are masked by the least finite number, as transformers do."""
    return _masked(setting, -setting.format.largest, target=False)


@edge()
def finitely_masked_target(setting: Setting) -> Numbers | None:
    """The class of the target is masked by the least finite number: the loss just fits."""
    return _masked(setting, -setting.format.largest, target=True)


def _spoilt(setting: Setting, number: float) -> Numbers:
    """The first number of the second row is something else."""
    asked = question(setting)
    numbers = asked.prediction.copy()
    numbers[(1, ..., 0)[: numbers.ndim]] = number
    return replace(asked, prediction=numbers)


def _fits(setting: Setting, number: float) -> bool:
    """Whether a number can stand where it is put: an infinite probability is none."""
    return not (np.isinf(number) and setting.loss.prediction == PROBABILITIES)


def _ignored(setting: Setting, number: float) -> Numbers | None:
    if setting.encoding != SPARSE or not _fits(setting, number):
        return None
    asked = _spoilt(setting, number)
    return replace(asked, target=np.array([0, -100, 3]), options={"ignore_index": -100})


@edge()
def nan_where_ignored(setting: Setting) -> Numbers | None:
    """A row whose target is ignored holds NaN: it counts nothing."""
    return _ignored(setting, np.nan)


@edge()
def infinity_where_ignored(setting: Setting) -> Numbers | None:
    """A row whose target is ignored holds +inf: it counts nothing."""
    return _ignored(setting, np.inf)


@edge()
def mask_where_ignored(setting: Setting) -> Numbers | None:
    """A row whose target is ignored holds -inf everywhere (or 0): it counts nothing."""
    asked = _ignored(setting, 0.0)
    if asked is None:
        return None
    asked.prediction[1] = 0.0 if setting.loss.prediction == PROBABILITIES else -np.inf
    return asked


def _weighed_zero(setting: Setting, number: float) -> Numbers | None:
    if not _fits(setting, number):
        return None
    return replace(_spoilt(setting, number), weights=np.array([0.5, 0.0, 2.0]))


@edge()
def nan_where_weighed_zero(setting: Setting) -> Numbers | None:
    """A row whose sample weight is 0 holds NaN: it counts nothing."""
    return _weighed_zero(setting, np.nan)


@edge()
def infinity_where_weighed_zero(setting: Setting) -> Numbers | None:
    """A row whose sample weight is 0 holds +inf: it counts nothing."""
    return _weighed_zero(setting, np.inf)


def _class_weighs_zero(setting: Setting, number: float) -> Numbers | None:
    weighs = takes(setting.loss, "weight") and setting.encoding != SOFT
    if not weighs or not _fits(setting, number):
        return None
    return replace(_spoilt(setting, number), options={"weight": np.array([0.5, 0.0, 1.5, 2.0])})


@edge()
def nan_where_class_weighs_zero(setting: Setting) -> Numbers | None:
    """A row whose class has the weight 0 holds NaN: it counts nothing."""
    return _class_weighs_zero(setting, np.nan)


@edge()
def infinity_where_class_weighs_zero(setting: Setting) -> Numbers | None:
    """A row whose class has the weight 0 holds +inf: it counts nothing."""
    return _class_weighs_zero(setting, np.inf)
