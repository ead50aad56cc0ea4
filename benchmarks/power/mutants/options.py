"""Mutants of the options of formulas: smoothing, gamma, alpha, positive weights, log-targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, right, slopes_of, terms_of
from benchmarks.power.mutants.registry import OF_NUMBERS, graded, mutant, taking
from equivalence import losses
from equivalence.implementations import Response
from equivalence.losses import Gradients

SMOOTHED = taking("label_smoothing")
SMOOTHED_CLASSES = tuple(loss for loss in SMOOTHED if loss.has_classes)
SMOOTHED_NUMBERS = tuple(loss for loss in SMOOTHED if loss in OF_NUMBERS)
BALANCED_NUMBERS = tuple(loss for loss in taking("alpha") if loss in OF_NUMBERS)


def _smoothing(asked: Asked) -> float:
    return float(asked.parameters.get("label_smoothing", 0.0))


@mutant("smoothing", "labels that are smoothed", SMOOTHED)
def smoothing_ignored(asked: Asked) -> Response:
    """Does not smooth."""
    return right(asked.having(label_smoothing=None))


@mutant("smoothing", "labels that are smoothed", SMOOTHED_CLASSES)
def smoothing_over_the_others(asked: Asked) -> Response:
    """Shares epsilon among the K - 1 other classes."""
    classes = asked.prediction.shape[-1]
    epsilon = _smoothing(asked) * classes / max(classes - 1, 1)
    return right(asked.having(label_smoothing=np.float64(epsilon)) if epsilon else asked)


@mutant("smoothing", "labels that are smoothed", SMOOTHED)
def smoothing_twice(asked: Asked) -> Response:
    """Smooths labels that are smoothed already."""
    epsilon = _smoothing(asked)
    middle = 1 / asked.prediction.shape[-1] if asked.loss.has_classes else 0.5
    return right(replace(asked, target=asked.target * (1 - epsilon) + epsilon * middle))


@mutant("smoothing", "labels that are smoothed", SMOOTHED_NUMBERS)
def smoothing_to_epsilon(asked: Asked) -> Response:
    """Smooths to epsilon and 1 instead of epsilon / 2 and 1 - epsilon / 2."""
    epsilon = _smoothing(asked)
    target = asked.target * (1 - epsilon) + epsilon
    return right(replace(asked, target=target).having(label_smoothing=None))


@mutant("smoothing", "soft targets that are smoothed", SMOOTHED)
def soft_targets_not_smoothed(asked: Asked) -> Response:
    """Smooths hard targets only."""
    soft = np.any((asked.target != 0) & (asked.target != 1))
    return right(asked.having(label_smoothing=None) if soft else asked)


@mutant("smoothing", "labels smoothed by more than one half", SMOOTHED)
def smoothing_at_most_half(asked: Asked) -> Response:
    """Smooths by at most one half."""
    epsilon = _smoothing(asked)
    return right(asked.having(label_smoothing=np.float64(0.5)) if epsilon > 0.5 else asked)


@mutant("smoothing", "labels smoothed by less than 1e-6", SMOOTHED)
def small_smoothing_ignored(asked: Asked) -> Response:
    """Does not smooth by less than 1e-6."""
    return right(asked.having(label_smoothing=None) if _smoothing(asked) < 1e-6 else asked)


@mutant("smoothing", "labels smoothed by a negative number", SMOOTHED)
def negative_smoothing_ignored(asked: Asked) -> Response:
    """Does not smooth by less than nothing."""
    return right(asked.having(label_smoothing=None) if _smoothing(asked) < 0 else asked)


@graded("smoothing", "every question", [losses.cross_entropy], (1e-3, 1e-6, 1e-9))
def always_smooths_by(asked: Asked, level: float) -> Response:
    """Smooths by {} more than it should."""
    return right(
        asked.having(label_smoothing=np.float64(1 - (1 - level) * (1 - _smoothing(asked))))
    )


@mutant("smoothing", "smoothing with class weights", [losses.cross_entropy])
def uniform_part_unweighted(asked: Asked) -> Response:
    """Weighs the label's part only, not the uniform one."""
    epsilon, weight = _smoothing(asked), asked.parameters.get("weight")
    if not epsilon or weight is None:
        return right(asked)
    weighed = asked.target * (1 - epsilon) * weight + epsilon / asked.target.shape[-1]
    weighed = np.where(asked.counted[..., None], weighed, 0)
    return right(replace(asked, target=weighed).having(label_smoothing=None, weight=None))


@mutant("focusing", "a gamma that is not 2", taking("gamma"))
def gamma_ignored(asked: Asked) -> Response:
    """Focuses by 2, whatever it is told."""
    return right(asked.having(gamma=None))


@mutant("focusing", "a gamma that is not whole", taking("gamma"))
def gamma_rounded(asked: Asked) -> Response:
    """Focuses by a whole number."""
    gamma = asked.parameters.get("gamma")
    return right(asked if gamma is None else asked.having(gamma=np.floor(gamma)))


@mutant("focusing", "a gamma of 0", taking("gamma"))
def gamma_of_zero_is_none(asked: Asked) -> Response:
    """Takes a gamma of 0 for none, as `gamma or 2.0` does."""
    return right(asked.having(gamma=None) if asked.parameters.get("gamma") == 0 else asked)


@mutant("focusing", "a gamma above 10", taking("gamma"))
def gamma_at_most_10(asked: Asked) -> Response:
    """Focuses by at most 10."""
    gamma = asked.parameters.get("gamma")
    return right(asked if gamma is None else asked.having(gamma=np.minimum(gamma, 10.0)))


@mutant("focusing", "a focal loss with alpha", taking("alpha"))
def alpha_ignored(asked: Asked) -> Response:
    """Does not balance."""
    return right(asked.having(alpha=None))


@mutant("focusing", "an alpha of 0", taking("alpha"))
def alpha_of_zero_is_none(asked: Asked) -> Response:
    """Takes an alpha of 0 for none, as `if alpha` does."""
    return right(asked.having(alpha=None) if asked.parameters.get("alpha") == 0 else asked)


@mutant("focusing", "negatives with an alpha", BALANCED_NUMBERS)
def alpha_for_both(asked: Asked) -> Response:
    """Multiplies negatives by alpha too, instead of 1 - alpha."""
    alpha = asked.parameters.get("alpha")
    if alpha is None:
        return right(asked)
    plain = asked.having(alpha=None)
    slopes = slopes_of(plain)
    by_target = Gradients(slopes.prediction * alpha, slopes.target * alpha)
    return right(asked, terms=terms_of(plain) * alpha, slopes=by_target)


@mutant("options ignored", "a weight of positives", taking("pos_weight"))
def positive_weight_ignored(asked: Asked) -> Response:
    """Weighs positives as negatives."""
    return right(asked.having(pos_weight=None))


@mutant("options doubled", "a weight of positives", taking("pos_weight"))
def positive_weight_squared(asked: Asked) -> Response:
    """Weighs positives twice."""
    weight = asked.parameters.get("pos_weight")
    return right(asked if weight is None else asked.having(pos_weight=weight**2))


@mutant("broadcasting", "weights of positives that differ by column", taking("pos_weight"))
def positive_weight_averaged(asked: Asked) -> Response:
    """Weighs the positives of all columns by the mean of their weights."""
    weight = asked.parameters.get("pos_weight")
    return right(asked if weight is None else asked.having(pos_weight=np.mean(weight)))


@mutant("broadcasting", "weights of positives of a square batch", taking("pos_weight"))
def positive_weight_by_row(asked: Asked) -> Response:
    """Weighs the positives of rows where there are as many rows as columns."""
    weight = asked.parameters.get("pos_weight")
    square = len(asked.shape) == 2 and asked.shape[0] == asked.shape[1] > 1
    if weight is None or not np.shape(weight) or not square:
        return right(asked)
    return right(asked.having(pos_weight=weight[:, None]))


@mutant("options ignored", "targets given by their logarithm", [losses.kl_divergence])
def log_target_ignored(asked: Asked) -> Response:
    """Takes logarithms of targets for targets."""
    return right(asked.having(log_target=None))


@mutant("formula", "targets that are not certain", [losses.kl_divergence])
def entropy_of_target_left_out(asked: Asked) -> Response:
    """Has the right gradient, but the value of the cross-entropy."""
    target = np.exp(asked.target) if "log_target" in asked.parameters else asked.target
    terms = losses.negative_log_likelihood.definition(asked.prediction, target)
    return right(asked, terms=np.asarray(terms))
