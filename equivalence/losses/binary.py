"""Binary cross-entropy: from probabilities and from logits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from equivalence.losses.loss import (
    LOGITS,
    PROBABILITIES,
    Gradients,
    TermBounds,
    log,
    loss,
    times,
    xlogy,
)
from equivalence.losses.shared import shared


def smoothed_target(target: np.ndarray, label_smoothing: Any) -> np.ndarray:
    """The target mixed with one half."""
    return (
        target if label_smoothing is None else target * (1 - label_smoothing) + label_smoothing / 2
    )


def target_slope(label_smoothing: Any) -> Any:
    """The derivative of the smoothed target."""
    return 1 if label_smoothing is None else 1 - label_smoothing


@shared
def _log_complement(probability: np.ndarray) -> np.ndarray:
    """log(1 - p) with ``log 0 = -inf``, accurate for small p."""
    one = probability == 1
    return np.where(one, -np.inf, np.log1p(-np.where(one, probability * 0, probability)))


@shared
def reciprocals(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """1 / p and 1 / (1 - p), infinite where the divisor is 0, NaN where its logarithm is."""
    zero, one = probability == 0, probability == 1
    safe = np.where(zero | one, probability * 0 + 0.5, probability)
    inverse = np.where(zero, np.inf, np.where(one, 1.0, 1 / safe))
    other = np.where(one, np.inf, np.where(zero, 1.0, 1 / (1 - safe)))
    return (
        np.where(probability < 0, np.nan, inverse),
        np.where(probability > 1, np.nan, other),
    )


def quotients(probability: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The quotients t / p and (1 - t) / (1 - p), with ``0 / 0 = 0``.

    They do not exist where the logarithm of their divisor does not, unless t (or 1 - t) is 0.
    """
    presence, absence = reciprocals(probability)
    return times(target, presence), times(1 - target, absence)


def _binary_gradient(
    probability: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None
) -> Gradients:
    """(1 - t) / (1 - p) - t / p, and log(1 - p) - log p."""
    positive, negative = quotients(probability, smoothed_target(target, label_smoothing))
    return Gradients(
        negative - positive,
        times(
            target_slope(label_smoothing) + 0 * target,
            _log_complement(probability) - log(probability),
        ),
    )


def _binary_bound(
    probability: np.ndarray, target: np.ndarray, precision: int, *, label_smoothing: Any = None
) -> TermBounds:
    """A relative error of 4 u per logarithm or quotient; smoothing adds an absolute one.

    It rounds t' and so, absolutely, 1 - t'.
    """
    unit = 2.0**-precision
    smoothed = smoothed_target(target, label_smoothing)
    slack = 4.0 if label_smoothing else 0.0
    presence, absence = np.abs(log(probability)), np.abs(_log_complement(probability))
    positive, negative = map(np.abs, quotients(probability, smoothed))
    present, absent = np.abs(smoothed), np.abs(1 - smoothed)
    ones = np.ones_like(probability)
    complement = np.abs(reciprocals(probability)[1])
    return TermBounds(
        unit * ((4 + slack) * times(present, presence) + times(4 * absent + slack, absence)),
        unit * ((4 + slack) * positive + 4 * negative + times(slack * ones, complement)),
        unit * (4 + slack) * (presence + absence),
    )


@loss(
    "(),()->()",
    prediction=PROBABILITIES,
    gradient=_binary_gradient,
    bound=_binary_bound,
    parameters=("label_smoothing",),
)
def binary_cross_entropy(
    probability: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None
) -> np.ndarray:
    r"""The cross-entropy of a Bernoulli distribution with given probability, per number.

    .. math:: L = -t' \log p - (1 - t') \log (1 - p),
              \qquad t' = (1 - \varepsilon) t + \varepsilon / 2

    Args:
        probability: p in [0, 1], any shape.
        target: t in [0, 1], hard or soft, shape as ``probability``; ``0 log 0 = 0``, so that
            p = t = 1 gives 0 and p = 0 with t > 0 gives infinity.
        label_smoothing: epsilon in [0, 1], mixed with one half.

    Returns:
        The terms, shape as ``probability``.

    Near-twin: ``cross_entropy_from_probabilities`` counts only the classes that the target names;
    with two columns ``[1 - p, p]`` it is the same number.

    References:
        C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, equation 4.90.

    >>> float(binary_cross_entropy.definition(np.array(0.5), np.array(1.0)))
    0.6931471805599453
    """
    smoothed = smoothed_target(target, label_smoothing)
    present = xlogy(smoothed, probability)
    return np.asarray(-(present + times(1 - smoothed, _log_complement(probability))))


class Logistic(NamedTuple):
    """The stable parts of the logistic function, with all digits on both sides."""

    softplus: np.ndarray  # log(1 + exp(x))
    opposite_softplus: np.ndarray  # log(1 + exp(-x))
    sigmoid: np.ndarray  # 1 / (1 + exp(-x))
    opposite_sigmoid: np.ndarray  # 1 / (1 + exp(x)) = 1 - sigmoid(x)


@shared
def logistic(logit: np.ndarray) -> Logistic:
    """The parts of the logistic function; none of them overflows."""
    positive = logit > 0
    small = np.exp(-np.where(positive, logit, -logit))
    rest = np.log1p(small)
    return Logistic(
        np.where(positive, logit, 0.0) + rest,
        np.where(positive, 0.0, -logit) + rest,
        np.asarray(np.where(positive, 1.0, small) / (1 + small)),
        np.asarray(np.where(positive, small, 1.0) / (1 + small)),
    )


def _logits_gradient(
    logit: np.ndarray, target: np.ndarray, *, pos_weight: Any = None, label_smoothing: Any = None
) -> Gradients:
    """(1 - t') sigmoid(x) - w t' sigmoid(-x), and how the terms change with the target.

    The latter is the slope of t' times (w softplus(-x) - softplus(x)).
    """
    smoothed, parts = smoothed_target(target, label_smoothing), logistic(logit)
    weight = 1 if pos_weight is None else pos_weight
    return Gradients(
        (1 - smoothed) * parts.sigmoid - weight * smoothed * parts.opposite_sigmoid,
        times(
            target_slope(label_smoothing) + 0 * target,
            times(weight + 0 * target, parts.opposite_softplus) - parts.softplus,
        ),
    )


def _logits_bound(
    logit: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    pos_weight: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    """Relative for targets 0 and 1, with an absolute error of 2 u |x| for soft ones.

    A soft target may cancel ``max(x, 0) - x t``; one outside [0, 1] multiplies it, and its two
    summands cancel each other.
    """
    unit = 2.0**-precision
    smoothed, parts = smoothed_target(target, label_smoothing), logistic(logit)
    weight = np.ones_like(logit) if pos_weight is None else np.broadcast_to(pos_weight, logit.shape)
    slack = 4.0 if label_smoothing else 0.0
    soft = (smoothed != 0) & (smoothed != 1)
    present, absent = weight * np.abs(smoothed), np.abs(1 - smoothed)
    summands = times(present, parts.opposite_softplus) + times(absent, parts.softplus)
    outside = np.maximum(np.maximum(np.abs(smoothed), absent), 1)
    gradient = _logits_gradient(
        logit, target, pos_weight=pos_weight, label_smoothing=label_smoothing
    )
    both = times(weight, parts.opposite_softplus) + parts.softplus
    products = 6 + (0 if pos_weight is None else 3)
    return TermBounds(
        unit
        * (
            products * summands
            + np.where(soft, 2 * np.abs(logit) * np.maximum(weight, 1) * outside, 0.0)
            + times(slack * np.ones_like(both), both)
        ),
        unit
        * (
            products * (present + absent) * parts.sigmoid
            + np.where(soft | (weight != 1), 2 * present, 0.0)
            + 2 * np.abs(gradient.prediction)
            + slack * (weight * parts.opposite_sigmoid + parts.sigmoid)
        ),
        unit * products * both,
    )


@loss(
    "(),()->()",
    prediction=LOGITS,
    gradient=_logits_gradient,
    bound=_logits_bound,
    parameters=("pos_weight", "label_smoothing"),
)
def binary_cross_entropy_with_logits(
    logit: np.ndarray, target: np.ndarray, *, pos_weight: Any = None, label_smoothing: Any = None
) -> np.ndarray:
    r"""The cross-entropy of a Bernoulli distribution with probability sigmoid(x), per number.

    .. math:: L = w t' \log(1 + e^{-x}) + (1 - t') \log(1 + e^{x}),
              \qquad t' = (1 - \varepsilon) t + \varepsilon / 2

    Args:
        logit: x, any number, any shape; infinite ones have the limits of the formula.
        target: t in [0, 1], hard or soft, shape as ``logit``.
        pos_weight: w, the weight of the positive class, a number or an array that broadcasts
            against ``logit``.
        label_smoothing: epsilon in [0, 1], mixed with one half.

    Returns:
        The terms, shape as ``logit``.

    Near-twin: ``binary_cross_entropy`` takes the probability, and cannot tell 1 - 1e-9 from 1 in
    float32.

    References:
        C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3.2.

    >>> float(binary_cross_entropy_with_logits.definition(np.array(0.0), np.array(1.0)))
    0.6931471805599453
    """
    smoothed, parts = smoothed_target(target, label_smoothing), logistic(logit)
    weight = 1 if pos_weight is None else pos_weight
    present = times(weight * smoothed, parts.opposite_softplus)
    return np.asarray(present + times(1 - smoothed, parts.softplus))
