"""Malformed questions: ranks, lengths and numbers of classes that do not go together."""

from __future__ import annotations

import numpy as np

from equivalence.cases.case import SOFT, SOFT_BINARY, SPARSE
from equivalence.cases.edges.edge import Numbers, Setting, edge
from equivalence.cases.edges.malformed import target
from equivalence.cases.edges.ordinary import CLASSES, ROWS, prediction


def _shapes(setting: Setting, changed: np.ndarray) -> Numbers:
    """Ordinary predictions with a target of another shape."""
    given, changed = prediction(setting), np.asarray(changed)
    words = f"the target has the shape {changed.shape}, the prediction {given.shape}"
    return Numbers(prediction=given, target=changed, malformed=words)


def _hard(setting: Setting) -> bool:
    """Whether the target is not a soft one: for shapes they are as the hard ones."""
    return setting.encoding not in SOFT | SOFT_BINARY


@edge()
def target_of_one_column(setting: Setting) -> Numbers | None:
    """Targets are (N, 1) where (N,) is due: a column of a table."""
    if not _hard(setting) or (setting.loss.has_classes and setting.encoding != SPARSE):
        return None
    return _shapes(setting, target(setting)[:, None])


@edge()
def prediction_of_one_column(setting: Setting) -> Numbers | None:
    """Binary predictions are (N, 1), as a linear layer returns them, and targets (N,)."""
    if not _hard(setting) or setting.loss.has_classes:
        return None
    given = prediction(setting, (ROWS, 1))
    words = f"the target has the shape {(ROWS,)}, the prediction {given.shape}"
    return Numbers(prediction=given, target=target(setting), malformed=words)


@edge()
def target_of_one_axis_too_many(setting: Setting) -> Numbers | None:
    """Targets have an axis too many, which is not of length 1 (of length 1 between the others)."""
    if not _hard(setting):
        return None
    one = target(setting)
    if setting.loss.has_classes and setting.encoding != SPARSE:
        return _shapes(setting, one[:, None])
    return _shapes(setting, np.stack([one, one], -1))


@edge()
def target_of_one_axis_too_few(setting: Setting) -> Numbers | None:
    """Targets lack an axis: one label, or one row, for all."""
    return _shapes(setting, target(setting)[0]) if _hard(setting) else None


@edge()
def one_target_too_many(setting: Setting) -> Numbers | None:
    """There are N predictions and N + 1 targets."""
    if not _hard(setting):
        return None
    one = target(setting)
    return _shapes(setting, np.concatenate([one, one[:1]]))


@edge()
def one_target_too_few(setting: Setting) -> Numbers | None:
    """There are N predictions and N - 1 targets."""
    return _shapes(setting, target(setting)[:-1]) if _hard(setting) else None


@edge()
def twice_as_many_targets(setting: Setting) -> Numbers | None:
    """There are N predictions and 2 N targets."""
    if not _hard(setting):
        return None
    return _shapes(setting, np.concatenate([target(setting)] * 2))


@edge()
def one_target_for_all(setting: Setting) -> Numbers | None:
    """There are N predictions and a batch of one target, which can be broadcast."""
    return _shapes(setting, target(setting)[:1]) if _hard(setting) else None


@edge()
def one_prediction_for_all(setting: Setting) -> Numbers | None:
    """There are N targets and a batch of one prediction, which can be broadcast."""
    if not _hard(setting):
        return None
    given, one = prediction(setting, (1,)), target(setting)
    words = f"the target has the shape {one.shape}, the prediction {given.shape}"
    return Numbers(prediction=given, target=one, malformed=words)


@edge()
def one_class_too_many(setting: Setting) -> Numbers | None:
    """Rows of the target have a class more than those of the prediction."""
    if not setting.loss.has_classes or setting.encoding in SPARSE | SOFT:
        return None
    return _shapes(setting, np.pad(target(setting), ((0, 0), (0, 1))))


@edge()
def one_class_too_few(setting: Setting) -> Numbers | None:
    """Rows of the target have a class fewer than those of the prediction."""
    if not setting.loss.has_classes or setting.encoding in SPARSE | SOFT:
        return None
    return _shapes(setting, target(setting)[:, :-1])


@edge()
def one_class_for_all(setting: Setting) -> Numbers | None:
    """Rows of the target have one number, which can be broadcast over the classes."""
    if not setting.loss.has_classes or setting.encoding in SPARSE | SOFT:
        return None
    return _shapes(setting, np.ones((ROWS, 1)))


def _class_weights(setting: Setting, length: int) -> Numbers | None:
    if "weight" not in setting.loss.parameters:
        return None
    return Numbers(
        prediction=prediction(setting),
        target=target(setting),
        options={"weight": 0.5 + np.arange(length)},
        malformed=f"there are {length} class weights for {CLASSES} classes",
    )


@edge()
def one_class_weight_too_many(setting: Setting) -> Numbers | None:
    """There are C classes and C + 1 class weights."""
    return _class_weights(setting, CLASSES + 1)


@edge()
def one_class_weight_too_few(setting: Setting) -> Numbers | None:
    """There are C classes and C - 1 class weights; the last class is asked for."""
    return _class_weights(setting, CLASSES - 1)


@edge()
def one_class_weight(setting: Setting) -> Numbers | None:
    """There is one class weight, which can be broadcast."""
    return _class_weights(setting, 1)


@edge()
def one_positive_weight_too_many(setting: Setting) -> Numbers | None:
    """There are N positions of the last axis and N + 1 weights of positives."""
    if "pos_weight" not in setting.loss.parameters or not _hard(setting):
        return None
    return Numbers(
        prediction=prediction(setting),
        target=target(setting),
        options={"pos_weight": 0.5 + np.arange(ROWS + 1)},
        malformed=f"there are {ROWS + 1} weights of positives for {ROWS} positions",
    )


def _sample_weights(setting: Setting, weights: np.ndarray) -> Numbers | None:
    if not _hard(setting):
        return None
    given = prediction(setting)
    words = f"the sample weights have the shape {weights.shape}, the terms {(ROWS,)}"
    return Numbers(prediction=given, target=target(setting), weights=weights, malformed=words)


@edge()
def one_sample_weight_too_many(setting: Setting) -> Numbers | None:
    """There are N terms and N + 1 sample weights."""
    return _sample_weights(setting, 0.5 + np.arange(ROWS + 1))


@edge()
def sample_weights_of_one_column(setting: Setting) -> Numbers | None:
    """There are N terms and sample weights (N, 1): beside each other they are a square."""
    return _sample_weights(setting, 0.5 + np.arange(ROWS)[:, None])


@edge()
def sample_weights_of_two_columns(setting: Setting) -> Numbers | None:
    """There are N terms and sample weights (N, 2)."""
    return _sample_weights(setting, np.stack([np.ones(ROWS), 0.5 + np.arange(ROWS)], -1))


@edge()
def one_weight_too_many_for_columns(setting: Setting) -> Numbers | None:
    """There are rows of several terms, one weight for each row, and one more."""
    if not _hard(setting) or setting.loss.has_classes:
        return None
    given = prediction(setting, (ROWS, 2))
    one = np.stack([target(setting), target(setting)[::-1]], -1)
    weights = 0.5 + np.arange(ROWS + 1)[:, None]
    words = f"the sample weights have the shape {weights.shape}, the terms {given.shape}"
    return Numbers(prediction=given, target=one, weights=weights, malformed=words)
