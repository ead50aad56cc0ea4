"""Mutants of targets: labels that are ignored, off by one, rounded, or of a narrow type."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, factor_of, right, slopes_of, terms_of
from benchmarks.power.mutants.registry import EVERY, OF_NUMBERS, WITH_CLASSES, mutant
from equivalence import losses
from equivalence.implementations import Response
from equivalence.losses import Gradients

IGNORING = (
    losses.cross_entropy,
    losses.negative_log_likelihood,
    losses.cross_entropy_from_probabilities,
    losses.focal_cross_entropy,
)
SOFT_CLASSES = tuple(loss for loss in WITH_CLASSES if loss is not losses.kl_divergence)


def _relabelled(asked: Asked, labels: np.ndarray | None, ignored: int | None) -> Response:
    """The answer to other labels, which count from the end if they are negative."""
    if labels is None:
        return right(asked)
    classes = asked.prediction.shape[-1]
    wrapped = np.where(labels == ignored, labels, labels % classes)
    return right(asked.labelled(wrapped, ignored))


@mutant("ignore_index", "ignored targets", IGNORING)
def ignore_index_ignored(asked: Asked) -> Response:
    """Counts what is to be ignored, as Python does: from the end."""
    return _relabelled(asked, asked.labels, None)


@mutant("ignore_index", "ignored targets", IGNORING)
def ignore_index_off_by_one(asked: Asked) -> Response:
    """Ignores the label above the one to be ignored."""
    ignored = None if asked.ignored is None else asked.ignored + 1
    return _relabelled(asked, asked.labels, ignored)


@mutant("ignore_index", "an ignore_index that is not -100", IGNORING)
def ignores_minus_100_only(asked: Asked) -> Response:
    """Ignores -100, whatever it is told."""
    return _relabelled(asked, asked.labels, -100)


@mutant("ignore_index", "an ignore_index that is not negative", IGNORING)
def ignores_negative_labels_only(asked: Asked) -> Response:
    """Ignores labels below 0."""
    positive = asked.ignored is not None and asked.ignored >= 0
    if positive and asked.labels is not None and asked.ignored is not None:
        classes = asked.prediction.shape[-1]
        return right(asked.labelled(np.minimum(asked.labels, classes - 1), None))
    return right(asked)


@mutant("ignore_index", "an ignore_index of 0", IGNORING)
def ignore_index_of_zero_is_none(asked: Asked) -> Response:
    """Takes an ignore_index of 0 for none, as `if ignore_index` does."""
    return _relabelled(asked, asked.labels, None) if asked.ignored == 0 else right(asked)


@mutant("ignore_index", "gradients of ignored targets", IGNORING)
def ignored_have_a_gradient(asked: Asked) -> Response:
    """Ignores targets in the value, not in the gradient, where they count as class 0."""
    if asked.labels is None:
        return right(asked)
    other = right(asked.labelled(np.where(asked.counted, asked.labels, 0), None))
    return replace(other, value=right(asked).value)


@mutant("ignore_index", "ignored targets under smoothing", [losses.cross_entropy])
def ignored_are_smoothed(asked: Asked) -> Response:
    """Gives ignored targets the uniform part of smoothing, in sums."""
    if (
        asked.reduction != "sum"
        or asked.labels is None
        or "label_smoothing" not in asked.parameters
    ):
        return right(asked)
    counted = np.ones_like(asked.counted)
    return right(replace(asked, counted=counted))


@mutant("ignore_index", "ignored rows that hold no finite loss", IGNORING)
def ignored_times_infinity(asked: Asked) -> Response:
    """Multiplies the loss of class 0 by 0 where targets are ignored."""
    if asked.labels is None:
        return right(asked)
    other = terms_of(asked.labelled(np.where(asked.counted, asked.labels, 0), None))
    terms = np.where(asked.counted, terms_of(asked), 0 * other)
    leak = np.where(asked.counted, 0, 0 * other)
    value = right(asked).value + (leak if asked.reduction == "none" else leak.sum())
    return right(asked, terms=terms, value=value)


@mutant("off by one", "class indices", [losses.cross_entropy, losses.kl_divergence])
def labels_counted_from_1(asked: Asked) -> Response:
    """Takes class indices for counted from 1."""
    labels = None if asked.labels is None else asked.labels - 1
    if labels is None:
        return right(asked)
    labels = np.where(asked.counted, labels, asked.labels)
    return _relabelled(asked, labels, asked.ignored)


@mutant("class 0 only", "a target of class 0", WITH_CLASSES)
def class_0_costs_nothing(asked: Asked) -> Response:
    """Takes a class index of 0 for no target, as `if label` does."""
    if asked.labels is None:
        return right(asked)
    return right(asked, terms=np.where(asked.labels == 0, 0, terms_of(asked)))


@mutant("class 0 only", "the gradient by the first class", WITH_CLASSES)
def class_0_has_no_gradient(asked: Asked) -> Response:
    """Leaves the gradient by the first class at 0."""
    slopes = slopes_of(asked)
    first = np.arange(asked.prediction.shape[-1]) == 0
    return right(asked, slopes=Gradients(np.where(first, 0, slopes.prediction), slopes.target))


@mutant("class 0 only", "a negative whose logit is 0", [losses.binary_cross_entropy_with_logits])
def zero_logit_costs_nothing(asked: Asked) -> Response:
    """Takes a logit of 0 for no prediction."""
    return right(asked, terms=np.where(asked.prediction == 0, 0, terms_of(asked)))


@mutant("labels rounded", "soft targets", EVERY)
def targets_rounded(asked: Asked) -> Response:
    """Rounds targets to whole numbers."""
    if "log_target" in asked.parameters:
        return right(asked)
    return right(replace(asked, target=np.round(asked.target)))


@mutant("labels rounded", "soft targets", OF_NUMBERS)
def targets_truncated(asked: Asked) -> Response:
    """Casts targets to integers."""
    return right(replace(asked, target=np.trunc(asked.target)))


@mutant("labels rounded", "soft targets", SOFT_CLASSES)
def targets_made_hard(asked: Asked) -> Response:
    """Takes the largest share of a target for the label, in the value."""
    if asked.labels is not None:
        return right(asked)
    hard = np.arange(asked.target.shape[-1]) == asked.target.argmax(-1)[..., None]
    other = replace(asked, target=hard.astype(asked.number))
    return replace(right(asked), value=right(other).value)


@mutant("labels rounded", "soft targets in float64", EVERY)
def targets_in_float32(asked: Asked) -> Response:
    """Casts targets to float32."""
    return right(replace(asked, target=asked.target.astype(np.float32).astype(np.float64)))


@mutant("labels rounded", "soft targets in float32", EVERY)
def targets_in_float16(asked: Asked) -> Response:
    """Casts targets to float16."""
    return right(replace(asked, target=asked.target.astype(np.float16).astype(np.float64)))


@mutant("labels of a narrow type", "a class index above 127", [losses.cross_entropy])
def labels_in_int8(asked: Asked) -> Response:
    """Casts class indices to int8."""
    labels = None if asked.labels is None else asked.labels.astype(np.int8).astype(np.int64)
    return _relabelled(asked, labels, asked.ignored)


@mutant("labels of a narrow type", "a class index above 256", [losses.cross_entropy])
def labels_in_bfloat16(asked: Asked) -> Response:
    """Casts class indices to bfloat16, which holds those up to 256."""
    if asked.labels is None:
        return right(asked)
    short = (asked.labels.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)
    return _relabelled(asked, short.astype(np.int64), asked.ignored)


@mutant("labels of a narrow type", "a class index above 2,048", [losses.cross_entropy])
def labels_in_float16(asked: Asked) -> Response:
    """Casts class indices to float16, which holds those up to 2,048."""
    if asked.labels is None:
        return right(asked)
    short = np.minimum(asked.labels.astype(np.float16), 65504).astype(np.int64)
    return _relabelled(asked, short, asked.ignored)


@mutant("broadcasting", "soft targets that do not sum to one", [losses.cross_entropy])
def targets_normalised(asked: Asked) -> Response:
    """Divides targets by their sum."""
    total = asked.target.sum(-1, keepdims=True)
    target = np.where(asked.counted[..., None], asked.target / np.where(total, total, 1), 0)
    return right(replace(asked, target=target), factor=factor_of(asked))
