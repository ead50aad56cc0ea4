"""Losses in NumPy, each with two faults; copied to a conftest.py and explained."""

import numpy as np

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY
from equivalence.implementations.needs import ROWS, SEGMENTATION
from equivalence.implementations.textbook import framework

BATCHED = frozenset((ROWS, SEGMENTATION))


def reduced(terms, reduction):
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


def log_softmax(logits, axis=-1):
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@framework.implements(losses.cross_entropy, targets=ONE_HOT | SOFT)
def smooths_twice_and_divides_by_the_batch(
    logits, target, *, label_smoothing=0.0, reduction="mean"
):
    for _ in range(2):
        target = target * (1 - label_smoothing) + label_smoothing / target.shape[-1]
    target = target.astype(logits.dtype)
    terms = -(target * log_softmax(logits)).sum(axis=-1)
    batch = terms.shape[0] if terms.ndim else 1
    return terms.sum() / batch if reduction == "mean" else reduced(terms, reduction)


@framework.implements(losses.cross_entropy, targets=ONE_HOT | SOFT)
def computes_narrowly_and_divides_by_class_weights(
    logits, target, *, weight=None, reduction="mean"
):
    dtype = logits.dtype
    target = target.astype(np.float32)
    weighted = target if weight is None else target * weight.astype(np.float32)
    terms = -(weighted * log_softmax(logits.astype(np.float32))).sum(axis=-1)
    if reduction == "mean" and weight is not None:
        return (terms.sum() / weighted.sum()).astype(dtype)
    return reduced(terms, reduction).astype(dtype)


@framework.implements(losses.binary_cross_entropy, targets=BINARY | SOFT_BINARY)
def clamps_logarithms_and_hardens_labels(probability, target, *, reduction="mean"):
    hard = (target >= 0.5).astype(probability.dtype)
    with np.errstate(divide="ignore"):
        presence = np.maximum(np.log(probability), -20)
        absence = np.maximum(np.log(1 - probability), -20)
    return reduced(np.where(hard == 1, -presence, -absence), reduction)


@framework.implements(losses.cross_entropy, targets=ONE_HOT | SOFT, shapes=BATCHED)
def softmax_over_the_batch_and_no_class_weights(logits, target, *, weight=None, reduction="mean"):
    return reduced(-(target * log_softmax(logits, axis=0)).sum(axis=-1), reduction)
