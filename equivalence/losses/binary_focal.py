"""Binary focal loss: from probabilities and from logits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from equivalence.losses.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    logistic,
    smoothed_target,
    target_slope,
)
from equivalence.losses.focal import GAMMA, power, power_error
from equivalence.losses.loss import LOGITS, PROBABILITIES, Gradients, Loss, TermBounds, loss, times


class Miss(NamedTuple):
    """m = t (1 - p) + (1 - t) p, what is missed, with its derivatives, and the balance."""

    size: np.ndarray
    prediction: np.ndarray  # dm/dp (or dm/dx)
    target: np.ndarray  # dm/dt
    balance: Any  # t alpha + (1 - t) (1 - alpha), or 1
    tilt: Any  # its derivative


def missed(
    present: np.ndarray, absent: np.ndarray, slope: Any, target: np.ndarray, alpha: Any
) -> Miss:
    """What is missed by probabilities p and 1 - p, whose derivative by the prediction is given."""
    balance = 1.0 if alpha is None else target * alpha + (1 - target) * (1 - alpha)
    return Miss(
        times(target, absent) + times(1 - target, present),
        (1 - 2 * target) * slope,
        absent - present,
        balance,
        0.0 if alpha is None else 2 * alpha - 1,
    )


def focused(inner: np.ndarray, miss: Miss, gamma: Any) -> np.ndarray:
    """Balance times m^gamma times the cross-entropy."""
    return times(miss.balance + 0 * miss.size, times(power(miss.size, gamma), inner))


def focused_gradient(inner: np.ndarray, slopes: Gradients, miss: Miss, gamma: Any) -> Gradients:
    """By the product rule; m^(gamma - 1) is infinite only where the cross-entropy is zero.

    Where both summands are infinite the derivative of the logarithm is the larger.
    """
    modulated = power(miss.size, gamma)
    steep = times(gamma + 0 * miss.size, times(inner, power(miss.size, gamma - 1)))
    steeper = np.where(abs(slopes.prediction) == np.inf, 0.0, miss.prediction)
    return Gradients(
        miss.balance * (times(steeper, steep) + times(modulated, slopes.prediction)),
        miss.balance * (times(miss.target, steep) + times(modulated, slopes.target))
        + times(miss.tilt + 0 * miss.size, times(modulated, inner)),
    )


def focused_bound(
    inner: np.ndarray,
    slopes: Gradients,
    miss: Miss,
    *,
    own: TermBounds,
    error: np.ndarray,
    gamma: Any,
    unit: float,
) -> TermBounds:
    """The errors of the cross-entropy and of m, carried through the product rule.

    ``own`` holds the errors of the cross-entropy, ``error`` is that of m; a power errs by 4 u more,
    dm/dp and dm/dt (differences of numbers of at most 1) by 3 u, the balance by 4 u, products by u
    each.
    """
    modulated, moved = np.abs(power(miss.size, gamma)), power_error(miss.size, error, gamma, unit)
    slope = power(miss.size, gamma - 1)
    slope_moved = power_error(miss.size, error, gamma - 1, unit)
    factor = gamma + 0 * miss.size
    inner, slope = np.abs(inner), np.abs(slope)
    steep = times(factor, times(inner, slope))
    steep_moved = times(factor, times(inner + own.term, slope + slope_moved) - times(inner, slope))
    balance = np.abs(miss.balance) + 0 * miss.size

    def product(size: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        return np.asarray(times(modulated + moved, wrong) + times(moved, np.abs(size)))

    def derivative(rate: np.ndarray, size: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        rate = np.abs(rate)
        summands = times(rate, steep) + times(modulated, np.abs(size))
        tilted = np.where(np.isinf(steep) & (rate == 0), 0.0, 3 * unit)  # a flat sigmoid is flat
        errors = times(rate + tilted, steep_moved) + times(tilted, steep) + product(size, wrong)
        return np.asarray(balance * (errors + 8 * unit * summands))

    term = product(inner, own.term)
    sizes = times(modulated, inner)
    return TermBounds(
        balance * (term + 8 * unit * sizes),
        derivative(miss.prediction, slopes.prediction, own.prediction),
        derivative(miss.target, slopes.target, own.target)
        + np.abs(miss.tilt) * (term + 4 * unit * sizes)
        + 4 * unit * sizes,
    )


def miss_error(miss: Miss, unit: float, label_smoothing: Any) -> np.ndarray:
    """M errs relatively by 6 u (sigmoid, 1 - p, 1 - t, two products and their sum).

    Smoothing rounds t' and so, absolutely, m by 4 u.
    """
    return np.asarray(6 * unit * np.abs(miss.size) + (4 * unit if label_smoothing else 0.0))


def focal_parts(
    of: Loss, prediction: np.ndarray, target: np.ndarray, alpha: Any, label_smoothing: Any
) -> tuple[np.ndarray, Gradients, Miss]:
    """The cross-entropy, its derivatives, and what is missed."""
    smoothed = smoothed_target(target, label_smoothing)
    if of is binary_cross_entropy:
        present, absent, slope = prediction, 1 - prediction, 1.0
    else:
        parts = logistic(prediction)
        present, absent = parts.sigmoid, parts.opposite_sigmoid
        slope = present * absent
    miss = missed(present, absent, slope, smoothed, alpha)
    return of.definition(prediction, smoothed), of.gradient(prediction, smoothed), miss


def _gradient(
    of: Loss,
    prediction: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> Gradients:
    inner, slopes, miss = focal_parts(of, prediction, target, alpha, label_smoothing)
    gradient = focused_gradient(inner, slopes, miss, gamma)
    return Gradients(gradient.prediction, target_slope(label_smoothing) * gradient.target)


def _bound(
    of: Loss,
    prediction: np.ndarray,
    target: np.ndarray,
    precision: int,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> TermBounds:
    """That of the cross-entropy and of m, carried through the product."""
    unit = 2.0**-precision
    inner, slopes, miss = focal_parts(of, prediction, target, alpha, label_smoothing)
    own = of.bound(prediction, target, precision, label_smoothing=label_smoothing)
    error = miss_error(miss, unit, label_smoothing)
    bound = focused_bound(inner, slopes, miss, own=own, error=error, gamma=gamma, unit=unit)
    return TermBounds(
        bound.term, bound.prediction, np.abs(target_slope(label_smoothing)) * bound.target
    )


def _binary_focal_gradient(
    probability: np.ndarray, target: np.ndarray, **parameters: Any
) -> Gradients:
    """The product rule over m^gamma and binary cross-entropy."""
    return _gradient(binary_cross_entropy, probability, target, **parameters)


def _binary_focal_bound(
    probability: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
) -> TermBounds:
    """That of binary cross-entropy and of m, carried through the product."""
    return _bound(binary_cross_entropy, probability, target, precision, **parameters)


@loss(
    "(),()->()",
    prediction=PROBABILITIES,
    gradient=_binary_focal_gradient,
    bound=_binary_focal_bound,
    parameters=("label_smoothing", "gamma", "alpha"),
)
def binary_focal_cross_entropy(
    probability: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    r"""The focal binary cross-entropy of given probabilities: what is already right counts less.

    .. math:: L = \alpha_t\, m^\gamma \left(-t' \log p - (1 - t') \log (1 - p)\right), \qquad
              m = t' (1 - p) + (1 - t') p, \quad \alpha_t = t' \alpha + (1 - t') (1 - \alpha)

    Args:
        probability: p in [0, 1], any shape.
        target: t in [0, 1], hard or soft, shape as ``probability``; ``0 log 0 = 0``. The paper has
            hard targets; for soft ones m is what libraries make of 1 - p_t.
        gamma: The focusing parameter, at least 0; by default 2.
        alpha: The balance of the positive class in [0, 1]; by default alpha_t is 1.
        label_smoothing: epsilon in [0, 1], mixed with one half: t' = (1 - epsilon) t + epsilon / 2.

    Returns:
        The terms, shape as ``probability``.

    Near-twin: ``binary_cross_entropy`` is gamma = 0.

    References:
        T.-Y. Lin et al., *Focal Loss for Dense Object Detection*, ICCV 2017, equation 5
        (DOI 10.1109/ICCV.2017.324).

    >>> float(binary_focal_cross_entropy.definition(np.array(0.5), np.array(1.0)))  # log 2 / 4
    0.17328679513998632
    """
    inner, _, miss = focal_parts(binary_cross_entropy, probability, target, alpha, label_smoothing)
    return focused(inner, miss, gamma)


def _with_logits_gradient(logit: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
    """The product rule over m^gamma and binary cross-entropy with logits."""
    return _gradient(binary_cross_entropy_with_logits, logit, target, **parameters)


def _with_logits_bound(
    logit: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
) -> TermBounds:
    """That of binary cross-entropy with logits and of m, carried through the product."""
    return _bound(binary_cross_entropy_with_logits, logit, target, precision, **parameters)


@loss(
    "(),()->()",
    prediction=LOGITS,
    gradient=_with_logits_gradient,
    bound=_with_logits_bound,
    parameters=("label_smoothing", "gamma", "alpha"),
)
def binary_focal_cross_entropy_with_logits(
    logit: np.ndarray,
    target: np.ndarray,
    *,
    gamma: Any = GAMMA,
    alpha: Any = None,
    label_smoothing: Any = None,
) -> np.ndarray:
    r"""The focal binary cross-entropy of sigmoid(logit).

    .. math:: L = \alpha_t\, m^\gamma \left(t' \log(1 + e^{-x}) + (1 - t') \log(1 + e^{x})\right),
              \qquad m = t' \sigma(-x) + (1 - t') \sigma(x)

    Args:
        logit: x, any finite number, any shape.
        target: t in [0, 1], hard or soft, shape as ``logit``.
        gamma: The focusing parameter, at least 0; by default 2.
        alpha: The balance of the positive class in [0, 1]: alpha_t = t' alpha + (1 - t')
            (1 - alpha); by default alpha_t is 1.
        label_smoothing: epsilon in [0, 1], mixed with one half: t' = (1 - epsilon) t + epsilon / 2.

    Returns:
        The terms, shape as ``logit``.

    Near-twin: ``binary_focal_cross_entropy`` takes the probability, and cannot tell 1 - 1e-9 from 1
    in float32.

    References:
        T.-Y. Lin et al., *Focal Loss for Dense Object Detection*, ICCV 2017, equation 5
        (DOI 10.1109/ICCV.2017.324).

    >>> float(binary_focal_cross_entropy_with_logits.definition(np.array(0.0), np.array(1.0)))
    0.17328679513998632
    """
    of = binary_cross_entropy_with_logits
    inner, _, miss = focal_parts(of, logit, target, alpha, label_smoothing)
    return focused(inner, miss, gamma)
