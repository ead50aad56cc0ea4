"""Mutants of losses of probabilities: clips, epsilons, clamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import Asked, right, slopes_of, terms_of
from benchmarks.power.mutants.registry import OF_NUMBERS, OF_PROBABILITIES, graded, mutant
from equivalence import losses
from equivalence.implementations import Response
from equivalence.losses import Gradients

FAMILY = "clips and epsilons"
BINARY = tuple(loss for loss in OF_PROBABILITIES if loss in OF_NUMBERS)
EPSILONS = (1e-3, 1e-5, 1e-7, 1e-9, 1e-12, 1e-15)
UPPER = (1e-3, 1e-7, 1e-12)


@graded(FAMILY, "a probability below {}, or above 1 - {}", OF_PROBABILITIES, EPSILONS)
def clips_to(asked: Asked, level: float) -> Response:
    """Clips probabilities to [{}, 1 - {}]."""
    return right(replace(asked, prediction=np.clip(asked.prediction, level, 1 - level)))


@graded(FAMILY, "a probability near {}", OF_PROBABILITIES, EPSILONS)
def log_of_p_plus(asked: Asked, level: float) -> Response:
    """Adds {} to probabilities before the logarithm is taken."""
    return right(replace(asked, prediction=asked.prediction + level))


@graded(FAMILY, "a probability below {}", [losses.cross_entropy_from_probabilities], EPSILONS)
def log_of_at_least(asked: Asked, level: float) -> Response:
    """Takes the logarithm of max(p, {})."""
    return right(replace(asked, prediction=np.maximum(asked.prediction, level)))


@graded(FAMILY, "a probability above 1 - {}", BINARY, UPPER)
def at_most_one_minus(asked: Asked, level: float) -> Response:
    """Takes min(p, 1 - {})."""
    return right(replace(asked, prediction=np.minimum(asked.prediction, 1 - level)))


@graded("gradients", "a probability below {}", OF_PROBABILITIES, (1e-3, 1e-7))
def gradient_stops_at_clip(asked: Asked, level: float) -> Response:
    """Has the right value, but no gradient where probabilities are outside [{}, 1 - {}]."""
    slopes = slopes_of(asked)
    outside = (asked.prediction < level) | (asked.prediction > 1 - level)
    return right(asked, slopes=Gradients(np.where(outside, 0, slopes.prediction), slopes.target))


@graded("clamps", "a loss above {}", OF_PROBABILITIES, (10.0, 100.0, 1e4))
def terms_at_most(asked: Asked, level: float) -> Response:
    """Clamps terms to {}, also where they are infinite."""
    return right(asked, terms=np.minimum(terms_of(asked), level))


@mutant(FAMILY, "rows that do not sum to one", [losses.cross_entropy_from_probabilities])
def normalises_again(asked: Asked) -> Response:
    """Divides probabilities by their sum, which is rounded to 1."""
    total = asked.prediction.sum(-1, keepdims=True)
    return right(replace(asked, prediction=asked.prediction / total))


@mutant(FAMILY, "a probability of 0 whose target is 0", OF_PROBABILITIES)
def zero_times_log_zero(asked: Asked) -> Response:
    """Multiplies 0 by log 0."""
    logarithm = np.log(asked.prediction)
    leaks = np.where((asked.target == 0) & np.isinf(logarithm), np.nan, 0.0)
    leaks = leaks.sum(-1) if asked.loss.has_classes else leaks
    return right(asked, terms=terms_of(asked) + leaks)


@mutant("clamps", "a loss below 0, which rounded probabilities have", OF_PROBABILITIES)
def never_negative(asked: Asked) -> Response:
    """Clamps terms to at least 0."""
    return right(asked, terms=np.maximum(terms_of(asked), 0))


@mutant("clamps", "an infinite loss", [*OF_PROBABILITIES, losses.negative_log_likelihood])
def infinity_made_finite(asked: Asked) -> Response:
    """Replaces infinities by the largest number of the dtype, as nan_to_num does."""
    return right(asked, terms=np.nan_to_num(terms_of(asked), nan=np.nan, posinf=6e4))


@mutant("cancellation", "a probability near 0", BINARY)
def log_of_one_minus_p(asked: Asked) -> Response:
    """Rounds 1 - p to the dtype before the logarithm is taken."""
    complement = (1 - asked.prediction).astype(asked.dtype).astype(np.float64)
    return right(replace(asked, prediction=1 - complement))
