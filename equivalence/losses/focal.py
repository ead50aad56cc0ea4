"""Focal loss over classes: from logits and from probabilities."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from equivalence.losses.categorical import (
    mixing,
    target_slope,
    weighted_target,
)
from equivalence.losses.loss import (
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

GAMMA = 2.0  # Lin et al.: "we found gamma = 2 to work best"


def power(base: np.ndarray, exponent: Any) -> np.ndarray:
    """``base ** exponent`` for bases of at least 0, with ``0 ** 0 = 1`` and ``0 ** -1 = inf``."""
    zero = base == 0
    at_zero = 0.0 if exponent > 0 else 1.0 if exponent == 0 else np.inf
    return np.where(zero, at_zero, np.where(zero, base + 1, base) ** exponent)


def power_error(base: np.ndarray, error: np.ndarray, exponent: Any, unit: float) -> np.ndarray:
    """The error of a power whose base errs by ``error`` and whose function errs by 4 u."""
    exact, above = power(base, exponent), power(base + error, exponent)
    least = base - error
    below = power(np.where((base >= 0) & (least < 0), 0.0, least), exponent)
    moved = np.maximum(np.abs(above - exact), np.abs(below - exact))
    error = moved + 4 * unit * np.maximum(np.abs(above), np.abs(below))
    return np.where(np.isfinite(exact), error, np.inf)


class Focus(NamedTuple):
    """What the terms are made of, class by class."""

    probability: np.ndarray
    complement: np.ndarray  # 1 - p, with all its digits
    surprisal: np.ndarray  # -log p


def focus_of(logits: np.ndarray) -> Focus:
    """The parts of softmax; 1 - p of the largest class is the sum of the others."""
    parts = softmax(logits)
    probability = parts.probability
    largest = np.arange(logits.shape[-1]) == np.argmax(logits, axis=-1)[..., None]
    others = np.sum(np.where(largest, 0.0, probability), axis=-1, keepdims=True)
    return Focus(probability, np.where(largest, others, 1 - probability), parts.surprisal)


def focal_weights(target: np.ndarray, alpha: Any, label_smoothing: Any) -> np.ndarray:
    """q, the smoothed target times alpha."""
    smoothed = weighted_target(target, None, label_smoothing)
    return smoothed if alpha is None else smoothed * alpha


def focal_pull(focus: Focus, gamma: Any) -> tuple[np.ndarray, np.ndarray]:
    """(1 - p)^gamma and gamma p (-log p) (1 - p)^(gamma - 1), whose sum pulls at the logit."""
    steep = times(times(focus.probability, focus.surprisal), power(focus.complement, gamma - 1))
    return power(focus.complement, gamma), times(gamma + 0 * focus.complement, steep)


def _focal_gradient(
    logits: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> Gradients:
    """P sum(G) - G with G = q ((1 - p)^gamma + gamma p (-log p) (1 - p)^(gamma - 1)).

    G (1 - p) is formed with all its digits. By the target: the slope of q times what q multiplies.
    """
    focus = focus_of(logits)
    modulated, steep = focal_pull(focus, gamma)
    pull = times(focal_weights(target, alpha, label_smoothing), modulated + steep)
    others = np.sum(pull, axis=-1, keepdims=True) - pull
    return Gradients(
        focus.probability * others - pull * focus.complement,
        times(target_slope(target, alpha, label_smoothing), times(modulated, focus.surprisal)),
    )


def _focal_bound(
    logits: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    """Errors of the surprisal and of p, carried through the products.

    -log p errs as in cross-entropy, by d; so 1 - p = 1 - exp(log p) errs by p expm1(d) + 3 u
    (1 - p), which covers forming it from a rounded p; powers err by 4 u more, products by u each.
    """
    unit, classes = 2.0**-precision, logits.shape[-1]
    focus, each = focus_of(logits), surprisal_error(softmax(logits), precision)
    adding = accumulation(classes, precision)
    products = 4 + (0 if alpha is None else 2)
    mixed = mixing(target, precision, None, label_smoothing)
    relative = np.expm1(each)
    away = times(focus.probability, relative) + 3 * unit * focus.complement
    modulated, steep = focal_pull(focus, gamma)
    moved = power_error(focus.complement, away, gamma, unit)
    surprisal = focus.surprisal

    q = np.abs(focal_weights(target, alpha, label_smoothing))
    size = times(modulated, surprisal)
    term = times(modulated + moved, each) + times(moved, surprisal)
    term = term + unit * (products + mixed) * size

    # The summand of the derivative of the power: each of its three factors has moved.
    slope = power(focus.complement, gamma - 1)
    slope_moved = power_error(focus.complement, away, gamma - 1, unit)
    steep_moved = times(
        gamma + 0 * focus.complement,
        times(focus.probability, (1 + relative) * times(surprisal + each, slope + slope_moved))
        - times(focus.probability, times(surprisal, slope)),
    )
    pull = times(q, modulated + steep)
    units = unit * (products + 4 + mixed)
    pull_moved = times(q, moved + steep_moved) + units * pull
    total, total_moved = (np.sum(part, axis=-1, keepdims=True) for part in (pull, pull_moved))
    prediction = (
        times(focus.probability, total_moved + (relative + unit * (4 + adding)) * total)
        + pull_moved * focus.complement
        + pull * away
        + 4 * unit * pull * focus.complement
    )
    own = np.abs(target_slope(target, alpha, label_smoothing))
    return TermBounds(np.sum(times(q, term), axis=-1), prediction, times(own, term))


@loss(
    "(c),(c)->()",
    prediction=LOGITS,
    gradient=_focal_gradient,
    bound=_focal_bound,
    parameters=("label_smoothing", "gamma", "alpha"),
)
def focal_cross_entropy(
    logits: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    r"""The focal cross-entropy of softmax(logits): what is already right counts less.

    .. math:: L = -\alpha \sum_c t'_c (1 - p_c)^\gamma \log p_c, \qquad p = \mathrm{softmax}(x),
              \quad t'_c = (1 - \varepsilon) t_c + \varepsilon / C

    Args:
        logits: x, any finite numbers, shape ``[..., classes]``.
        target: t, a distribution over the classes, shape ``[..., classes]``; ``0 log 0 = 0``.
        gamma: The focusing parameter, at least 0; by default 2.
        alpha: A factor; none by default.
        label_smoothing: epsilon in [0, 1], mixed with the uniform distribution over all classes.

    Returns:
        The terms, shape ``[...]``. For gamma below 1 the derivative is formed of factors that
        overflow as p tends to 1, and the bound grows with them.

    Near-twin: ``cross_entropy`` is gamma = 0. Many libraries focus each class by itself, as
    ``binary_focal_cross_entropy_with_logits`` does.

    References:
        T.-Y. Lin et al., *Focal Loss for Dense Object Detection*, ICCV 2017, equation 5
        (DOI 10.1109/ICCV.2017.324).

    >>> float(focal_cross_entropy.definition(np.array([0.0, 0.0]), np.array([1.0, 0.0])))  # log 2/4
    0.17328679513998632
    """
    focus = focus_of(logits)
    weighted = focal_weights(target, alpha, label_smoothing)
    return np.asarray(
        np.sum(times(weighted, times(power(focus.complement, gamma), focus.surprisal)), axis=-1)
    )


def _slope_of_focus(probability: np.ndarray, gamma: Any) -> np.ndarray:
    """Minus the derivative of (1 - p)^gamma (-log p), whose summands are both positive."""
    complement = 1 - probability
    steep = times(-log(probability), power(complement, gamma - 1))
    return np.asarray(
        times(power(complement, gamma), inverse(probability)) + times(gamma + 0 * complement, steep)
    )


def _probability_gradient(
    probability: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> Gradients:
    """-q ((1 - p)^gamma / p + gamma (-log p) (1 - p)^(gamma - 1)), and by the target."""
    focused = times(power(1 - probability, gamma), -log(probability))
    return Gradients(
        -times(focal_weights(target, alpha, label_smoothing), _slope_of_focus(probability, gamma)),
        times(target_slope(target, alpha, label_smoothing), focused),
    )


def _probability_bound(
    probability: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    """Relative: 1 - p is rounded once, which its power multiplies by gamma.

    The logarithm and the power err by 2 and 4 u, products and quotients by u each.
    """
    products = 9 + abs(float(gamma) - 1) + float(gamma) + (0 if alpha is None else 2)
    relative = 2.0**-precision * (products + mixing(target, precision, None, label_smoothing))
    gradient = _probability_gradient(
        probability, target, gamma=gamma, alpha=alpha, label_smoothing=label_smoothing
    )
    focused = np.abs(times(power(1 - probability, gamma), -log(probability)))
    weighted = np.abs(focal_weights(target, alpha, label_smoothing))
    return TermBounds(
        np.sum(times(weighted, relative * focused), axis=-1),
        relative * np.abs(gradient.prediction),
        relative * np.abs(gradient.target),
    )


@loss(
    "(c),(c)->()",
    prediction=PROBABILITIES,
    gradient=_probability_gradient,
    bound=_probability_bound,
    parameters=("label_smoothing", "gamma", "alpha"),
)
def focal_cross_entropy_from_probabilities(
    probability: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    r"""The focal cross-entropy of given probabilities.

    .. math:: L = -\alpha \sum_c t'_c (1 - p_c)^\gamma \log p_c,
              \qquad t'_c = (1 - \varepsilon) t_c + \varepsilon / C

    Args:
        probability: p in [0, 1], shape ``[..., classes]``, taken as they are.
        target: t, a distribution over the classes, shape ``[..., classes]``; ``0 log 0 = 0``, and a
            class with t > 0 and p = 0 gives infinity.
        gamma: The focusing parameter, at least 0; by default 2.
        alpha: A factor; none by default.
        label_smoothing: epsilon in [0, 1], mixed with the uniform distribution over all classes.

    Returns:
        The terms, shape ``[...]``.

    Near-twin: ``cross_entropy_from_probabilities`` is gamma = 0.

    References:
        T.-Y. Lin et al., *Focal Loss for Dense Object Detection*, ICCV 2017, equation 5
        (DOI 10.1109/ICCV.2017.324).

    >>> halves = np.array([0.5, 0.5])
    >>> float(focal_cross_entropy_from_probabilities.definition(halves, np.array([1.0, 0.0])))
    0.17328679513998632
    """
    focused = times(power(1 - probability, gamma), -log(probability))
    return np.asarray(
        np.sum(times(focal_weights(target, alpha, label_smoothing), focused), axis=-1)
    )
