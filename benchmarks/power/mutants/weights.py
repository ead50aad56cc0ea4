"""Mutants of weights: those of classes and those of samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, factor_of, right, terms_of, weights_of
from benchmarks.power.mutants.registry import EVERY, mutant, taking
from equivalence import losses
from equivalence.implementations import Response

WEIGHTED = taking("weight")
SOME = (losses.cross_entropy, losses.kl_divergence, losses.binary_cross_entropy)


def _reweighted(asked: Asked, weights: np.ndarray) -> Response:
    return right(replace(asked, weights=weights))


@mutant("options ignored", "class weights", WEIGHTED)
def class_weights_ignored(asked: Asked) -> Response:
    """Weighs all classes equally."""
    return right(asked.having(weight=None))


@mutant("options doubled", "class weights", WEIGHTED)
def class_weights_squared(asked: Asked) -> Response:
    """Weighs classes twice."""
    weight = asked.parameters.get("weight")
    return right(asked if weight is None else asked.having(weight=weight**2))


@mutant("options ignored", "class weights with soft targets", WEIGHTED)
def class_weights_of_hard_targets_only(asked: Asked) -> Response:
    """Weighs classes where targets are hard only."""
    soft = np.any((asked.target != 0) & (asked.target != 1))
    return right(asked.having(weight=None) if soft else asked)


@mutant("off by one", "class weights", WEIGHTED)
def class_weights_shifted(asked: Asked) -> Response:
    """Weighs each class by the weight of the next."""
    weight = asked.parameters.get("weight")
    return right(asked if weight is None else asked.having(weight=np.roll(weight, -1)))


@mutant("options ignored", "a negative class weight", WEIGHTED)
def class_weights_at_least_zero(asked: Asked) -> Response:
    """Weighs classes by at least 0."""
    weight = asked.parameters.get("weight")
    return right(asked if weight is None else asked.having(weight=np.maximum(weight, 0)))


@mutant("options ignored", "sample weights", EVERY)
def sample_weights_ignored(asked: Asked) -> Response:
    """Weighs all samples equally."""
    return _reweighted(asked, np.array(1.0))


@mutant("options doubled", "sample weights", SOME)
def sample_weights_squared(asked: Asked) -> Response:
    """Weighs samples twice."""
    return _reweighted(asked, asked.weights**2)


@mutant("options ignored", "one weight for all samples", SOME)
def scalar_weight_ignored(asked: Asked) -> Response:
    """Takes only weights that have an axis."""
    return right(asked) if asked.weights.ndim else _reweighted(asked, np.array(1.0))


@mutant("options ignored", "a sample weight of 0", SOME)
def zero_weight_is_none(asked: Asked) -> Response:
    """Takes a weight of 0 for none, as `weight or 1` does."""
    return _reweighted(asked, np.where(asked.weights == 0, 1, asked.weights))


@mutant("options ignored", "a negative sample weight", SOME)
def sample_weights_at_least_zero(asked: Asked) -> Response:
    """Weighs samples by at least 0."""
    return _reweighted(asked, np.maximum(asked.weights, 0))


@mutant("options ignored", "a sample weight above 1,000", SOME)
def sample_weights_at_most_1000(asked: Asked) -> Response:
    """Weighs samples by at most 1,000."""
    return _reweighted(asked, np.minimum(asked.weights, 1000))


@mutant("broadcasting", "sample weights that differ by position", SOME)
def weights_of_positions_averaged(asked: Asked) -> Response:
    """Weighs each sample by the mean of the weights of its positions."""
    if asked.weights.ndim < 2:
        return right(asked)
    axes = tuple(range(1, asked.weights.ndim))
    return _reweighted(asked, asked.weights.mean(axes, keepdims=True))


@mutant("broadcasting", "sample weights that differ by sample", SOME)
def weight_of_the_first_sample(asked: Asked) -> Response:
    """Weighs all samples by the weight of the first."""
    return _reweighted(asked, asked.weights[:1] if asked.weights.ndim else asked.weights)


@mutant("options ignored", "sample weights of terms that are not reduced", SOME)
def terms_unweighted(asked: Asked) -> Response:
    """Weighs sums and means only."""
    return _reweighted(asked, np.array(1.0)) if asked.reduction == "none" else right(asked)


@mutant("options ignored", "gradients with sample weights", EVERY)
def gradient_unweighted(asked: Asked) -> Response:
    """Weighs the value, not the gradient."""
    plain = right(replace(asked, weights=np.array(1.0)))
    return replace(plain, value=right(asked).value)


@mutant("zero times infinity", "an infinite term that weighs 0", EVERY)
def zero_weight_times_infinity(asked: Asked) -> Response:
    """Multiplies infinite terms by weights of 0."""
    terms, factor = terms_of(asked), factor_of(asked)
    leaks = np.where((weights_of(asked) == 0) & asked.counted & ~np.isfinite(terms), np.nan, 0.0)
    value = right(asked).value.astype(np.float64)
    leak = leaks if asked.reduction == "none" else leaks.sum()
    return right(asked, factor=factor, value=value + leak)
