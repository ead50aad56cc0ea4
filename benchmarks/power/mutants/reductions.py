"""Mutants that reduce wrongly: denominators, and axes that are averaged first."""

from __future__ import annotations

import numpy as np

from benchmarks.power.asked import Asked, factor_of, multiplied, right, terms_of, weights_of
from benchmarks.power.mutants.registry import EVERY, OF_NUMBERS, WITH_CLASSES, mutant, taking
from equivalence import losses
from equivalence.implementations import Response

FAMILY = "denominators"
IGNORING = (
    losses.cross_entropy,
    losses.negative_log_likelihood,
    losses.focal_cross_entropy_from_probabilities,
)


def divided(asked: Asked, denominator: float) -> Response:
    """The answer whose mean divides by something else."""
    if asked.reduction != "mean":
        return right(asked)
    return right(asked, factor=weights_of(asked) / np.float64(denominator))


@mutant(FAMILY, "every mean", EVERY)
def mean_over_n_plus_1(asked: Asked) -> Response:
    """Divides by one term too many."""
    return divided(asked, asked.counted.sum() + 1)


@mutant(FAMILY, "every mean", [losses.kl_divergence, losses.binary_cross_entropy])
def mean_over_n_minus_1(asked: Asked) -> Response:
    """Divides by one term too few, as an unbiased variance does."""
    return divided(asked, asked.counted.sum() - 1)


@mutant(FAMILY, "every mean", [losses.cross_entropy, losses.focal_cross_entropy])
def sum_for_mean(asked: Asked) -> Response:
    """Does not divide a mean."""
    return divided(asked, 1)


@mutant(FAMILY, "every sum", [losses.cross_entropy, losses.binary_focal_cross_entropy])
def mean_for_sum(asked: Asked) -> Response:
    """Divides a sum too."""
    return right(asked, factor=weights_of(asked) / asked.counted.sum())


@mutant(FAMILY, "every mean", WITH_CLASSES)
def mean_over_every_number(asked: Asked) -> Response:
    """Divides by rows times classes."""
    return divided(asked, asked.counted.sum() * asked.prediction.shape[-1])


@mutant(FAMILY, "means of terms with several axes", EVERY)
def mean_over_batch(asked: Asked) -> Response:
    """Divides by the length of the first axis."""
    if len(asked.shape) < 2:
        return right(asked)
    return divided(asked, asked.counted.sum() / np.prod(asked.shape[1:]))


@mutant(FAMILY, "means with sample weights", EVERY)
def mean_over_sample_weights(asked: Asked) -> Response:
    """Divides by the sum of the sample weights."""
    return divided(asked, weights_of(asked).sum())


@mutant(FAMILY, "means where a sample weight is zero", EVERY)
def mean_over_nonzero_weights(asked: Asked) -> Response:
    """Divides by the number of sample weights that are not zero."""
    return divided(asked, np.count_nonzero(weights_of(asked)))


@mutant(FAMILY, "means with class weights", taking("weight"))
def mean_over_target_weights(asked: Asked) -> Response:
    """Divides by the sum of the weights of the targets' classes."""
    weight = asked.parameters.get("weight", 1.0)
    return divided(asked, (asked.target * weight).sum())


@mutant(FAMILY, "means with ignored targets", IGNORING)
def ignored_are_counted(asked: Asked) -> Response:
    """Leaves ignored terms in the denominator."""
    return divided(asked, asked.counted.size)


@mutant(FAMILY, "sums of terms with several axes", OF_NUMBERS)
def last_axis_averaged_first(asked: Asked) -> Response:
    """Averages the last axis, and then sums what is left."""
    if asked.reduction != "sum" or len(asked.shape) < 2:
        return right(asked)
    return right(asked, factor=factor_of(asked) / asked.shape[-1])


@mutant(FAMILY, "means of several axes, of whose rows unequally many are ignored", IGNORING)
def mean_of_means_of_rows(asked: Asked) -> Response:
    """Averages the last axis, and then the averages."""
    if asked.reduction != "mean" or len(asked.shape) < 2:
        return right(asked)
    inside = np.maximum(asked.counted.sum(-1, keepdims=True), 1)
    return right(asked, factor=weights_of(asked) / inside / np.prod(asked.shape[:-1]))


@mutant(FAMILY, "terms with several axes, not reduced", OF_NUMBERS)
def last_axis_averaged_in_none(asked: Asked) -> Response:
    """Averages the last axis where terms are asked for, as Keras' functions do."""
    if asked.reduction != "none" or len(asked.shape) < 2:
        return right(asked)
    return right(asked, value=multiplied(terms_of(asked), factor_of(asked)).mean(-1))


@mutant(FAMILY, "means where every weight is equal, and not 1", [losses.cross_entropy])
def weights_of_mean_one(asked: Asked) -> Response:
    """Scales sample weights so that their mean is 1, in sums too."""
    weights = weights_of(asked)
    average = weights.sum() / max(asked.counted.sum(), 1)
    return right(asked, factor=factor_of(asked) / (average or 1.0))
