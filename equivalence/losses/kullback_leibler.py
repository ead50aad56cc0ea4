"""The Kullback-Leibler divergence: from log-probabilities and from probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from equivalence.losses.loss import (
    LOG_PROBABILITIES,
    PROBABILITIES,
    Gradients,
    TermBounds,
    accumulation,
    inverse,
    log,
    loss,
    times,
)


def _target_parts(target: np.ndarray, log_target: Any) -> tuple[np.ndarray, np.ndarray]:
    """T and log t, from whichever of them is given."""
    return (np.exp(target), target) if log_target else (target, log(target))


def _terms(share: np.ndarray, log_share: np.ndarray, log_probability: np.ndarray) -> np.ndarray:
    return np.asarray(np.sum(times(share, log_share - log_probability), axis=-1))


def _target_slopes(
    share: np.ndarray, log_share: np.ndarray, log_probability: np.ndarray, log_target: Any
) -> np.ndarray:
    """The derivative by t, log t - log p + 1; by log t, t times as much."""
    slopes = log_share - log_probability + 1
    return times(share, slopes) if log_target else np.asarray(slopes)


def _errors(
    share: np.ndarray,
    log_share: np.ndarray,
    log_probability: np.ndarray,
    precision: int,
    log_target: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """The errors of the terms and of their derivatives by the target.

    t log t and t log p are rounded each before they are subtracted, or t / p before its logarithm
    is taken: so the error is relative to t |log t| + t |log p| and to t, not to the term, which
    may vanish. A library exp, log or product errs by at most 2 u each, their sum over the classes
    by h(C) u. A share may be negative; its error is not.
    """
    unit, share = 2.0**-precision, np.abs(share)
    sizes = np.abs(log_share) + np.abs(log_probability)
    adding = accumulation(share.shape[-1], precision)
    term = np.sum(times(share, (8 + adding) * sizes + 2), axis=-1)
    slopes = 6 * sizes + 4
    return unit * term, unit * (times(share, 2 * slopes) if log_target else slopes)


def _kl_gradient(
    log_probability: np.ndarray, target: np.ndarray, *, log_target: Any = None
) -> Gradients:
    """-t, and log t - log p + 1 (by log t: t times as much)."""
    share, log_share = _target_parts(target, log_target)
    return Gradients(
        np.where(share < 0, np.nan, -share),
        _target_slopes(share, log_share, log_probability, log_target),
    )


def _kl_bound(
    log_probability: np.ndarray, target: np.ndarray, precision: int, *, log_target: Any = None
) -> TermBounds:
    """Relative to t |log t| + t |log p|, as ``_errors`` derives; the gradient -t is copied."""
    share, log_share = _target_parts(target, log_target)
    term, slope = _errors(share, log_share, log_probability, precision, log_target)
    return TermBounds(term, 4 * 2.0**-precision * np.abs(share), slope)


@loss(
    "(c),(c)->()",
    prediction=LOG_PROBABILITIES,
    gradient=_kl_gradient,
    bound=_kl_bound,
    parameters=("log_target",),
)
def kl_divergence(
    log_probability: np.ndarray, target: np.ndarray, *, log_target: Any = None
) -> np.ndarray:
    r"""The Kullback-Leibler divergence of given log-probabilities from a target distribution.

    .. math:: L = \sum_c t_c (\log t_c - \log p_c)

    Args:
        log_probability: log p, shape ``[..., classes]``; -inf is a probability of 0, and costs
            infinity where t > 0.
        target: t, a distribution over the classes, shape ``[..., classes]``; ``0 log 0 = 0``, also
            where p = 0. It need not sum to one: the formula is then what it says.
        log_target: If true, the target is log t, and derivatives are taken by it; -inf is a share
            of 0.

    Returns:
        The terms, shape ``[...]``.

    Near-twin: ``negative_log_likelihood`` leaves the target's own entropy out: it differs by
    sum t log t and has the same gradient with respect to the prediction.

    References:
        S. Kullback & R. A. Leibler, *On Information and Sufficiency*, Ann. Math. Statist. 22(1),
        1951 (DOI 10.1214/aoms/1177729694).

    >>> halves, sure = np.log(np.array([0.5, 0.5])), np.array([1.0, 0.0])
    >>> float(kl_divergence.definition(halves, sure))
    0.6931471805599453
    """
    share, log_share = _target_parts(target, log_target)
    return _terms(share, log_share, log_probability)


def _quotient(target: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """T / p with ``0 / 0 = 0``."""
    return times(np.where(target < 0, np.nan, target), inverse(probability))


def _probability_gradient(probability: np.ndarray, target: np.ndarray) -> Gradients:
    """-t / p, and log t - log p + 1."""
    return Gradients(
        -_quotient(target, probability),
        _target_slopes(target, log(target), log(probability), None),
    )


def _probability_bound(probability: np.ndarray, target: np.ndarray, precision: int) -> TermBounds:
    """As from log-probabilities; the quotient has a relative error of 4 u."""
    term, slope = _errors(target, log(target), log(probability), precision, None)
    return TermBounds(term, 4 * 2.0**-precision * np.abs(_quotient(target, probability)), slope)


@loss(
    "(c),(c)->()",
    prediction=PROBABILITIES,
    gradient=_probability_gradient,
    bound=_probability_bound,
)
def kl_divergence_from_probabilities(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""The Kullback-Leibler divergence of given probabilities from a target distribution.

    .. math:: L = \sum_c t_c \log \frac{t_c}{p_c}

    Args:
        probability: p in [0, 1], shape ``[..., classes]``, taken as they are.
        target: t, a distribution over the classes, shape ``[..., classes]``; ``0 log 0 = 0``, and a
            class with t > 0 and p = 0 gives infinity.

    Returns:
        The terms, shape ``[...]``.

    Near-twin: ``kl_divergence`` takes log-probabilities; ``cross_entropy_from_probabilities``
    leaves the target's own entropy out.

    References:
        S. Kullback & R. A. Leibler, *On Information and Sufficiency*, Ann. Math. Statist. 22(1),
        1951 (DOI 10.1214/aoms/1177729694).

    >>> halves, sure = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    >>> float(kl_divergence_from_probabilities.definition(halves, sure))
    0.6931471805599453
    """
    return _terms(target, log(target), log(probability))
