"""Mutants that are wrong where numbers are infinite, tiny, or stand for a mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, right, slopes_of, terms_of, weights_of
from benchmarks.power.mutants.registry import OF_LOGITS, graded, mutant
from equivalence import losses
from equivalence.implementations import Response
from equivalence.losses import Gradients

SOME = (losses.cross_entropy, losses.kl_divergence, losses.binary_cross_entropy)
CLASSES = (losses.cross_entropy, losses.focal_cross_entropy)


@mutant("masks", "a class masked by -inf", CLASSES)
def mask_is_finite(asked: Asked) -> Response:
    """Takes -inf for -20."""
    return right(replace(asked, prediction=np.maximum(asked.prediction, -20.0)))


@mutant("masks", "a class masked by -inf", CLASSES)
def mask_times_zero(asked: Asked) -> Response:
    """Multiplies the infinite loss of a masked class by a target of 0."""
    masked = np.isneginf(asked.prediction).any(-1)
    return right(asked, terms=np.where(masked, np.nan, terms_of(asked)))


@mutant("masks", "the gradient by a class masked by -inf", CLASSES)
def gradient_of_a_mask_is_nan(asked: Asked) -> Response:
    """Has NaN for the gradient by a masked class."""
    slopes = slopes_of(asked)
    masked = np.isneginf(asked.prediction)
    return right(
        asked, slopes=Gradients(np.where(masked, np.nan, slopes.prediction), slopes.target)
    )


@mutant("infinities", "an infinite logit", [losses.binary_cross_entropy_with_logits])
def infinite_logit_is_nan(asked: Asked) -> Response:
    """Returns NaN for an infinite logit, as inf - inf does."""
    infinite = np.isinf(asked.prediction)
    return right(asked, terms=np.where(infinite, np.nan, terms_of(asked)))


@mutant("infinities", "a NaN in a row that weighs 0", SOME)
def nan_that_weighs_nothing(asked: Asked) -> Response:
    """Multiplies NaN by a weight of 0."""
    terms = terms_of(asked)
    leak = np.where((weights_of(asked) == 0) & np.isnan(terms), np.nan, 0.0)
    value = right(asked).value + (leak if asked.reduction == "none" else leak.sum())
    return right(asked, value=value)


@graded("tiny numbers", "a gradient below {}", OF_LOGITS, (1e-6, 1e-20, 1e-30))
def flushes_gradients_below(asked: Asked, level: float) -> Response:
    """Returns 0 for derivatives below {}."""
    slopes = slopes_of(asked)
    small = np.abs(slopes.prediction) < level
    return right(asked, slopes=Gradients(np.where(small, 0, slopes.prediction), slopes.target))


@graded("tiny numbers", "a logit below {}", OF_LOGITS, (1e-3, 1e-12))
def flushes_logits_below(asked: Asked, level: float) -> Response:
    """Takes logits below {} for 0."""
    small = np.abs(asked.prediction) < level
    return right(replace(asked, prediction=np.where(small, 0, asked.prediction)))


@graded("huge numbers", "a logit beyond {}", OF_LOGITS, (1e6, 1e30))
def clamps_logits_to(asked: Asked, level: float) -> Response:
    """Clamps logits to [-{}, {}]."""
    return right(replace(asked, prediction=np.clip(asked.prediction, -level, level)))


@mutant("huge numbers", "a logit near the largest number", CLASSES)
def difference_overflows(asked: Asked) -> Response:
    """Adds logits to themselves on the way, which overflows beyond half of the range."""
    with np.errstate(over="ignore"):
        twice = (asked.prediction * 2).astype(asked.dtype).astype(np.float64)
    return right(replace(asked, prediction=np.where(np.isinf(twice), twice, asked.prediction)))
