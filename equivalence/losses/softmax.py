"""Softmax in its stable parts, and the error of its logarithm."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from equivalence.losses.loss import accumulation, times
from equivalence.losses.shared import shared


@dataclass(frozen=True)
class Softmax:
    """The stable parts of softmax, none of them negative."""

    gap: np.ndarray  # z = max x - x, shape [..., classes]
    rest: np.ndarray  # S = log sum exp(-z), shape [..., 1]

    @functools.cached_property
    def surprisal(self) -> np.ndarray:
        """-log softmax(x)."""
        return np.asarray(self.gap + self.rest)

    @functools.cached_property
    def probability(self) -> np.ndarray:
        """softmax(x)."""
        return np.asarray(np.exp(-self.surprisal))


@shared
def softmax(logits: np.ndarray) -> Softmax:
    """Softmax, the maximum's ``exp(0) = 1`` out of the sum: log1p sees all digits of the rest.

    A logit of -inf has the limits p = 0 and -log p = inf; a row whose largest is infinite, or that
    holds NaN, has no softmax.
    """
    largest = np.argmax(logits, axis=-1)[..., None]
    maximum = np.take_along_axis(logits, largest, axis=-1)
    gap = maximum - logits + maximum * 0  # which is NaN if it is infinite
    classes = logits.shape[-1]
    alone = classes == 1  # no others, and yet a sum of numbers of the logits' type
    others = gap * 0 if alone else np.where(np.arange(classes) == largest, 0.0, np.exp(-gap))
    return Softmax(gap, np.log1p(np.sum(others, axis=-1, keepdims=True)))


def surprisal_error(parts: Softmax, precision: int) -> np.ndarray:
    """U (T + 2|L| + D + 2S + 4 + h(C)): DESIGN.md, "Exactness and bounds"; of every class."""
    spread = np.sum(times(parts.probability, parts.gap), axis=-1, keepdims=True)
    common = spread + 2 * parts.rest + 4 + accumulation(parts.gap.shape[-1], precision)
    return np.asarray(2.0**-precision * (parts.gap + 2 * parts.surprisal + common))
