"""Cross-entropy over classes: from logits, from log-probabilities, from probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.losses.loss import (
    LOG_PROBABILITIES,
    LOGITS,
    PROBABILITIES,
    Gradients,
    TermBounds,
    accumulation,
    inverse,
    log,
    loss,
    times,
)
from equivalence.losses.softmax import softmax, surprisal_error


def weighted_target(target: np.ndarray, weight: Any, label_smoothing: Any) -> np.ndarray:
    """q, the smoothed target times the class weights, shape ``[..., classes]``."""
    if label_smoothing is not None:
        target = target * (1 - label_smoothing) + label_smoothing / target.shape[-1]
    return target if weight is None else target * weight


def target_slope(target: np.ndarray, weight: Any, label_smoothing: Any) -> Any:
    """dq/dt, a number or an array that broadcasts against ``[..., classes]``."""
    slope = target * 0 + (1 if label_smoothing is None else 1 - label_smoothing)
    return slope if weight is None else slope * weight


def mixing(target: np.ndarray, precision: int, weight: Any, label_smoothing: Any) -> np.ndarray:
    """Roundings of the products q and of their sum, in units, shape ``[..., 1]``.

    They are 0 for a plain one-hot target.
    """
    products = (0 if weight is None else 2) + (4 if label_smoothing else 0)
    weighted = weighted_target(target, weight, label_smoothing)
    mixed = np.count_nonzero(weighted, axis=-1, keepdims=True) > 1
    return products + np.where(mixed, accumulation(target.shape[-1], precision), 0.0)


def _cross_entropy_gradient(
    logits: np.ndarray, target: np.ndarray, *, weight: Any = None, label_smoothing: Any = None
) -> Gradients:
    """The derivatives p sum(q) - q, and the slope of q times the surprisal."""
    parts = softmax(logits)
    weighted = weighted_target(target, weight, label_smoothing)
    counts = np.any(weighted != 0, axis=-1, keepdims=True)
    total = np.sum(weighted, axis=-1, keepdims=True)
    return Gradients(
        np.where(counts, parts.probability * total, 0.0) - weighted,
        times(target_slope(target, weight, label_smoothing), parts.surprisal),
    )


def _cross_entropy_bound(
    logits: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    """Per class, q times u (T + 2|L| + D + 2S + 4 + h(C)): DESIGN.md, "Exactness and bounds"."""
    unit = 2.0**-precision
    parts = softmax(logits)
    surprisal, probability = parts.surprisal, parts.probability
    each = surprisal_error(parts, precision)
    weighted = np.abs(weighted_target(target, weight, label_smoothing))
    mixed = unit * mixing(target, precision, weight, label_smoothing)
    total = np.sum(weighted, axis=-1, keepdims=True)
    gradient = _cross_entropy_gradient(
        logits, target, weight=weight, label_smoothing=label_smoothing
    )
    slope = np.abs(target_slope(target, weight, label_smoothing))
    rounding = each + times(mixed + 0 * surprisal, surprisal)
    moved = times(probability, np.expm1(times(probability != 0, each - unit * surprisal)))
    return TermBounds(
        np.sum(times(weighted, rounding), axis=-1),
        times(total, moved)
        + 2 * unit * np.abs(gradient.prediction)
        + mixed * (times(total, probability) + weighted),
        times(slope, rounding),
    )


@loss(
    "(c),(c)->()",
    prediction=LOGITS,
    gradient=_cross_entropy_gradient,
    bound=_cross_entropy_bound,
    parameters=("weight", "label_smoothing"),
)
def cross_entropy(
    logits: np.ndarray, target: np.ndarray, *, weight: Any = None, label_smoothing: Any = None
) -> np.ndarray:
    r"""The cross-entropy of softmax(logits) against a target distribution.

    .. math:: L = \sum_c w_c \left((1 - \varepsilon) t_c + \tfrac{\varepsilon}{C}\right)
              \left(\log \sum_k e^{x_k} - x_c\right)

    Args:
        logits: x, any finite numbers, shape ``[..., classes]``. A class masked by -inf costs
            nothing where its target is 0, and infinity elsewhere; a row that holds NaN or +inf, or
            -inf only, has no loss, unless nothing of it counts.
        target: t, a distribution over the classes, shape ``[..., classes]``; ``0 log 0 = 0``. It
            need not sum to one: the formula is then what it says.
        weight: w, class weights, shape ``[classes]``.
        label_smoothing: epsilon in [0, 1], mixed with the uniform distribution over all classes.

    Returns:
        The terms, shape ``[...]``.

    Near-twin: ``negative_log_likelihood`` takes log-probabilities and does not normalise them
    again; feeding it logits gives a negative number that still decreases in training.

    References:
        C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3.4
        (DOI 10.1007/978-0-387-45528-0).
        C. Szegedy et al., *Rethinking the Inception Architecture for Computer Vision*, CVPR 2016,
        section 7 (label smoothing; DOI 10.1109/CVPR.2016.308).

    >>> float(cross_entropy.definition(np.array([0.0, 0.0]), np.array([1.0, 0.0])))  # log 2
    0.6931471805599453
    """
    weighted = weighted_target(target, weight, label_smoothing)
    return np.asarray(np.sum(times(weighted, softmax(logits).surprisal), axis=-1))


def _negative_log_likelihood_gradient(
    log_probabilities: np.ndarray, target: np.ndarray, *, weight: Any = None
) -> Gradients:
    """-q, and minus the slope of q times the log-probabilities."""
    return Gradients(
        -weighted_target(target, weight, None),
        -times(target_slope(target, weight, None), log_probabilities),
    )


def _negative_log_likelihood_bound(
    log_probabilities: np.ndarray, target: np.ndarray, precision: int, *, weight: Any = None
) -> TermBounds:
    """Roundings of products and their sum only: the loss is linear."""
    unit = 2.0**-precision
    weighted = np.abs(weighted_target(target, weight, None))
    relative = unit * (2 + mixing(target, precision, weight, None))
    return TermBounds(
        np.sum(times(weighted, relative * np.abs(log_probabilities)), axis=-1),
        relative * weighted,
        relative * np.abs(times(target_slope(target, weight, None), log_probabilities)),
    )


@loss(
    "(c),(c)->()",
    prediction=LOG_PROBABILITIES,
    gradient=_negative_log_likelihood_gradient,
    bound=_negative_log_likelihood_bound,
    parameters=("weight",),
)
def negative_log_likelihood(
    log_probabilities: np.ndarray, target: np.ndarray, *, weight: Any = None
) -> np.ndarray:
    r"""The negative log-likelihood of a target distribution under given log-probabilities.

    .. math:: L = -\sum_c w_c t_c \log p_c

    Args:
        log_probabilities: log p, not positive where they are what they are called (the formula
            does not ask), shape ``[..., classes]``; ``-inf`` where the target is zero contributes
            nothing.
        target: t, a distribution over the classes, shape ``[..., classes]``.
        weight: w, class weights, shape ``[classes]``.

    Returns:
        The terms, shape ``[...]``.

    Near-twin: ``cross_entropy`` takes logits and normalises them.

    References:
        C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, equation 4.108.

    >>> float(negative_log_likelihood.definition(np.array([-1.5, -0.25]), np.array([1.0, 0.0])))
    1.5
    """
    weighted = weighted_target(target, weight, None)
    return np.asarray(-np.sum(times(weighted, log_probabilities), axis=-1))


def _probability_gradient(
    probabilities: np.ndarray,
    target: np.ndarray,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> Gradients:
    """-q / p with ``0 / 0 = 0``, and minus the slope of q times log p.

    Where p is negative neither exists.
    """
    weighted = weighted_target(target, weight, label_smoothing)
    return Gradients(
        -times(weighted, inverse(probabilities)),
        -times(target_slope(target, weight, label_smoothing), log(probabilities)),
    )


def _probability_bound(
    probabilities: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    """A relative error of 4 u per logarithm or quotient, and the mixing.

    A library log errs by at most an ulp.
    """
    unit = 2.0**-precision
    weighted = np.abs(weighted_target(target, weight, label_smoothing))
    relative = unit * (4 + mixing(target, precision, weight, label_smoothing))
    gradient = _probability_gradient(
        probabilities, target, weight=weight, label_smoothing=label_smoothing
    )
    return TermBounds(
        np.sum(times(weighted, relative * np.abs(log(probabilities))), axis=-1),
        relative * np.abs(gradient.prediction),
        relative * np.abs(gradient.target),
    )


@loss(
    "(c),(c)->()",
    prediction=PROBABILITIES,
    gradient=_probability_gradient,
    bound=_probability_bound,
    parameters=("weight", "label_smoothing"),
)
def cross_entropy_from_probabilities(
    probabilities: np.ndarray,
    target: np.ndarray,
    *,
    weight: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    r"""The cross-entropy of given probabilities against a target distribution ("log loss").

    .. math:: L = -\sum_c w_c \left((1 - \varepsilon) t_c + \tfrac{\varepsilon}{C}\right) \log p_c

    Args:
        probabilities: p in [0, 1], shape ``[..., classes]``. They are taken as they are: rounded
            probabilities that sum to 1 + 1e-8 are not normalised again.
        target: t, a distribution over the classes, shape ``[..., classes]``; ``0 log 0 = 0``, and a
            class with t > 0 and p = 0 gives infinity.
        weight: w, class weights, shape ``[classes]``.
        label_smoothing: epsilon in [0, 1], mixed with the uniform distribution over all classes.

    Returns:
        The terms, shape ``[...]``.

    Near-twin: ``cross_entropy`` takes logits; ``binary_cross_entropy`` counts both ``p`` and
    ``1 - p``.

    References:
        C. M. Bishop, *Pattern Recognition and Machine Learning*, 2006, equation 4.108.

    >>> halves = np.array([0.5, 0.5])
    >>> float(cross_entropy_from_probabilities.definition(halves, np.array([1.0, 0.0])))
    0.6931471805599453
    """
    weighted = weighted_target(target, weight, label_smoothing)
    return np.asarray(-np.sum(times(weighted, log(probabilities)), axis=-1))
