"""Mutants of losses of logits: shifts that are missing, axes, clamps, cancellation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, right, terms_of
from benchmarks.power.mutants.registry import OF_LOGITS, OF_NUMBERS, graded, mutant
from equivalence import losses
from equivalence.implementations import Response

CLASSES = (losses.cross_entropy, losses.focal_cross_entropy)
BINARY = tuple(loss for loss in OF_LOGITS if loss in OF_NUMBERS)
SOFTPLUS = losses.binary_cross_entropy_with_logits


def surprisals(asked: Asked, probability: np.ndarray) -> Response:
    """Cross-entropy from a softmax that was computed in some way."""
    return right(asked, terms=_from_log(asked, np.log(probability)))


def _from_log(asked: Asked, log_probability: np.ndarray) -> np.ndarray:
    named = losses.negative_log_likelihood.definition
    smoothing = asked.parameters.get("label_smoothing")
    target = asked.target
    if smoothing is not None:
        target = target * (1 - smoothing) + smoothing / target.shape[-1]
    return np.asarray(named(log_probability, target, weight=asked.parameters.get("weight")))


@mutant("missing max-subtraction", "a logit that overflows exp", [losses.cross_entropy])
def no_max_subtraction(asked: Asked) -> Response:
    """Exponentiates logits as they are."""
    total = np.log(np.exp(asked.prediction).sum(-1, keepdims=True))
    return right(asked, terms=_from_log(asked, asked.prediction - total))


@mutant(
    "missing max-subtraction", "a logit that overflows exp in the dtype", [losses.cross_entropy]
)
def no_max_subtraction_in_the_dtype(asked: Asked) -> Response:
    """Exponentiates logits as they are, in the dtype under test."""
    exponentials = np.exp(asked.prediction).astype(asked.dtype).astype(np.float64)
    total = np.log(exponentials.sum(-1, keepdims=True))
    return right(asked, terms=_from_log(asked, asked.prediction - total))


@mutant("missing max-subtraction", "rows that lie far apart", [losses.cross_entropy])
def maximum_of_the_batch(asked: Asked) -> Response:
    """Subtracts the largest logit of the batch from every row."""
    shifted = asked.prediction - asked.prediction.max(initial=-np.inf)
    total = np.log(np.exp(shifted).sum(-1, keepdims=True))
    return right(asked, terms=_from_log(asked, shifted - total))


@mutant("missing max-subtraction", "logits all far below 0", [losses.cross_entropy])
def maximum_with_zero(asked: Asked) -> Response:
    """Subtracts max(0, x), so that rows of large negative logits underflow."""
    shifted = asked.prediction - np.maximum(asked.prediction.max(-1, keepdims=True), 0)
    total = np.log(np.exp(shifted).sum(-1, keepdims=True))
    return right(asked, terms=_from_log(asked, shifted - total))


@mutant("cancellation", "a target whose probability underflows", [losses.cross_entropy])
def log_of_softmax(asked: Asked) -> Response:
    """Takes the logarithm of softmax."""
    shifted = np.exp(asked.prediction - asked.prediction.max(-1, keepdims=True))
    return surprisals(asked, shifted / shifted.sum(-1, keepdims=True))


@graded("clips and epsilons", "a probability near {}", [losses.cross_entropy], (1e-5, 1e-8, 1e-12))
def log_of_softmax_plus(asked: Asked, level: float) -> Response:
    """Adds {} to softmax before the logarithm is taken."""
    shifted = np.exp(asked.prediction - asked.prediction.max(-1, keepdims=True))
    return surprisals(asked, shifted / shifted.sum(-1, keepdims=True) + level)


@mutant("wrong axis", "every batch", [losses.cross_entropy])
def softmax_over_the_batch(asked: Asked) -> Response:
    """Normalises over the first axis."""
    if not asked.counted.size:
        return right(asked)
    shifted = asked.prediction - asked.prediction.max(0, keepdims=True)
    return right(asked, terms=_from_log(asked, shifted - np.log(np.exp(shifted).sum(0))))


@mutant("wrong axis", "as many rows as classes", CLASSES)
def square_batch_transposed(asked: Asked) -> Response:
    """Takes a batch for one with its classes first where both axes are equally long."""
    shape = asked.prediction.shape
    square = len(shape) == 2 and shape[0] == shape[1] > 1
    return right(replace(asked, prediction=asked.prediction.T) if square else asked)


@mutant("wrong axis", "a sequence as long as it has classes", [losses.cross_entropy])
def sequence_transposed(asked: Asked) -> Response:
    """Takes a sequence for one with its classes second where both axes are equally long."""
    shape = asked.prediction.shape
    square = len(shape) == 3 and shape[1] == shape[2] > 1
    if not square:
        return right(asked)
    return right(replace(asked, prediction=np.swapaxes(asked.prediction, 1, -1)))


@graded("clamps", "a logit beyond {}", OF_LOGITS, (15.0, 50.0, 100.0, 1e4))
def logits_clamped(asked: Asked, level: float) -> Response:
    """Clamps logits to [-{}, {}]."""
    return right(replace(asked, prediction=np.clip(asked.prediction, -level, level)))


@graded("clamps", "a loss above {}", OF_LOGITS, (10.0, 100.0, 1e4))
def terms_at_most(asked: Asked, level: float) -> Response:
    """Clamps terms to {}."""
    return right(asked, terms=np.minimum(terms_of(asked), level))


@graded("clamps", "a loss below {}", OF_LOGITS, (1e-7, 1e-12))
def flushes_terms_below(asked: Asked, level: float) -> Response:
    """Returns 0 for terms below {}."""
    terms = terms_of(asked)
    return right(asked, terms=np.where(np.abs(terms) < level, 0, terms))


@mutant("cancellation", "a logit that overflows exp", [SOFTPLUS])
def softplus_without_maximum(asked: Asked) -> Response:
    """Computes log(1 + exp(x)) as it is written."""
    return right(asked, terms=_softplus(asked, lambda x: np.log(1 + np.exp(x))))


@mutant("cancellation", "a logit on the right side of 0, far away", [SOFTPLUS])
def softplus_without_log1p(asked: Asked) -> Response:
    """Computes log(1 + exp(-|x|)) with a rounded sum."""
    return right(
        asked, terms=_softplus(asked, lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x))))
    )


@graded("clamps", "a logit above {}", [SOFTPLUS], (10.0, 20.0, 30.0))
def softplus_linear_above(asked: Asked, level: float) -> Response:
    """Takes softplus(x) for x above {}."""
    return right(
        asked,
        terms=_softplus(
            asked, lambda x: np.where(x > level, x, np.log1p(np.exp(np.minimum(x, level))))
        ),
    )


def _softplus(asked: Asked, softplus: object) -> np.ndarray:
    """The terms, by another softplus."""
    assert callable(softplus)
    smoothing = asked.parameters.get("label_smoothing")
    target = asked.target
    if smoothing is not None:
        target = target * (1 - smoothing) + smoothing / 2
    weight = asked.parameters.get("pos_weight", 1.0)
    present = np.where(target == 0, 0, weight * target * softplus(-asked.prediction))
    absent = np.where(target == 1, 0, (1 - target) * softplus(asked.prediction))
    return np.asarray(present + absent)


@mutant("cancellation", "a sigmoid that is rounded to 1", [SOFTPLUS])
def log_of_sigmoid(asked: Asked) -> Response:
    """Takes the logarithms of sigmoid(x) and of 1 - sigmoid(x)."""

    def from_sigmoid(x: np.ndarray) -> np.ndarray:
        return -np.log(1 - 1 / (1 + np.exp(-x)))

    return right(asked, terms=_softplus(asked, from_sigmoid))
