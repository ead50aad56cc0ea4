"""Exponentials and logarithms of questions, rounded correctly by Arb: the same with every NumPy.

NumPy's are right to an ulp or so, and which ulp differs between its releases (1.26 and 2.4: a third
of the questions in float64 were others). Then answers of two runs could not be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flint
import numpy as np

from equivalence.exact import FIRST_BITS
from equivalence.losses.loss import LOG_PROBABILITIES, LOGITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.losses import Loss


def _rounded(function: Callable[[Any], Any], numbers: np.ndarray) -> np.ndarray:
    """A function of each number, to the nearest float64."""
    array = np.asarray(numbers, dtype=np.float64)
    with flint.ctx.workprec(FIRST_BITS):
        values = [float(function(flint.arb(number)).mid()) for number in array.ravel().tolist()]
    return np.array(values).reshape(array.shape)


def exp(numbers: Any) -> np.ndarray:
    """The exponential of each number, shape as ``numbers``.

    >>> float(exp(1.0)), float(exp(-np.inf))
    (2.718281828459045, 0.0)
    """
    return _rounded(flint.arb.exp, numbers)


def log(numbers: Any) -> np.ndarray:
    """The logarithm of each number that is not negative, shape as ``numbers``.

    >>> log([0.0, 2.0]).tolist()
    [-inf, 0.6931471805599453]
    """
    array = np.asarray(numbers, dtype=np.float64)
    return np.where(array == 0, -np.inf, _rounded(flint.arb.log, np.where(array == 0, 1.0, array)))


def logistic(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) of each logit."""
    return np.asarray(1 / (1 + exp(-logits)))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities of logits ``[..., classes]``."""
    shifted = logits - logits.max(-1, keepdims=True)
    return np.asarray(shifted - log(exp(shifted).sum(-1, keepdims=True)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits ``[..., classes]``."""
    odds = exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(odds / odds.sum(-1, keepdims=True))


def predictions(loss: Loss, logits: np.ndarray) -> np.ndarray:
    """What a loss takes as its prediction, of the logits ``[..., classes]`` or ``[...]``."""
    if loss.prediction == LOGITS:
        return logits
    if not loss.has_classes:
        return logistic(logits)
    return log_softmax(logits) if loss.prediction == LOG_PROBABILITIES else softmax(logits)
