"""How terms become the value: none, sum, and means that name their denominator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from equivalence.exact import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A reduction; a mean names its denominator.

    Attributes:
        name: As in cell ids: ``"none"``, ``"sum"``, ``"mean"``, ``"mean_over_batch"``, ...
        denominator: What the sum of the weighted terms is divided by, in words; empty for none and
            sum.
        empty_is_zero: Whether 0 / 0 is taken for 0; in mathematics it does not exist.
        multiplies_zeros: Whether a weight of zero is multiplied out, so that zero times infinity
            is NaN; here it counts nothing.
        counted_in: The format that the denominator is rounded to; empty if it is exact.
    """

    name: str
    denominator: str = ""
    empty_is_zero: bool = False
    multiplies_zeros: bool = False
    counted_in: str = ""

    @property
    def kind(self) -> str:
        """``"none"``, ``"sum"`` or ``"mean"``."""
        return self.name.partition("_")[0]

    def __str__(self) -> str:
        return self.name


NONE = Reduction(name="none")
SUM = Reduction(name="sum")
MEAN = Reduction(name="mean", denominator="number of terms not ignored")
MEAN_OVER_TERMS = Reduction(name="mean_over_terms", denominator="number of terms")
MEAN_OVER_BATCH = Reduction(name="mean_over_batch", denominator="batch size")
MEAN_OVER_TARGET_WEIGHTS = Reduction(
    name="mean_over_target_weights", denominator="sum of the targets' class weights"
)
MEAN_OVER_SAMPLE_WEIGHTS = Reduction(
    name="mean_over_sample_weights", denominator="sum of sample weights"
)
MEAN_OVER_NONZERO_WEIGHTS = Reduction(
    name="mean_over_nonzero_weights", denominator="number of non-zero sample weights"
)
MEAN_OVER_PASSED_WEIGHTS = Reduction(
    name="mean_over_passed_weights",
    denominator="sum of the sample weights as passed, not broadcast",
)

REDUCTIONS = {
    reduction.name: reduction
    for reduction in (
        NONE,
        SUM,
        MEAN,
        MEAN_OVER_TERMS,
        MEAN_OVER_BATCH,
        MEAN_OVER_TARGET_WEIGHTS,
        MEAN_OVER_SAMPLE_WEIGHTS,
        MEAN_OVER_NONZERO_WEIGHTS,
        MEAN_OVER_PASSED_WEIGHTS,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighing:
    """How much each term counts; every array has the terms' shape ``[...]``.

    Attributes:
        counted: False where the target is ignored.
        sample: The sample weights, broadcast; ones where there are none.
        target: The class weight of each position's target; ones where there are none.
        batch: The size of the first axis (1 for an unbatched case).
        passed: The sample weights as they were passed, of any shape that broadcasts.
    """

    counted: np.ndarray
    sample: np.ndarray
    target: np.ndarray
    batch: int
    passed: np.ndarray


def denominator(reduction: Reduction, weighing: Weighing) -> Any:
    """The number that the sum of the weighted terms is divided by: an int, a float or a ball."""
    exact = _denominator(reduction, weighing)
    if not reduction.counted_in:
        return exact
    return float(FORMATS[reduction.counted_in].round(float(exact)))


def _denominator(reduction: Reduction, weighing: Weighing) -> Any:
    counted, sample = weighing.counted, weighing.sample
    if reduction.name == MEAN.name:
        return int(np.count_nonzero(counted))
    if reduction.name == MEAN_OVER_TERMS.name:
        return int(counted.size)
    if reduction.name == MEAN_OVER_BATCH.name:
        return weighing.batch
    if reduction.name == MEAN_OVER_TARGET_WEIGHTS.name:
        return np.sum(np.where(counted, weighing.target, 0.0))
    if reduction.name == MEAN_OVER_SAMPLE_WEIGHTS.name:
        return np.sum(np.where(counted, sample, 0.0))
    if reduction.name == MEAN_OVER_NONZERO_WEIGHTS.name:
        return int(np.count_nonzero(counted & (sample != 0)))
    if reduction.name == MEAN_OVER_PASSED_WEIGHTS.name:
        return np.sum(weighing.passed)
    return 1


def factors(reduction: Reduction, weighing: Weighing) -> np.ndarray:
    """What each term is multiplied by before summing, shape ``[...]``.

    That is weight / denominator, and 0 where the target is ignored. A denominator of zero makes
    every factor NaN (the mean of nothing does not exist), unless ``empty_is_zero``.
    """
    divisor = denominator(reduction, weighing)
    weights = np.where(weighing.counted, weighing.sample, 0.0)
    if divisor == 0:
        return np.asarray(weights * (0.0 if reduction.empty_is_zero else np.nan))
    return np.asarray(weights / divisor)


def weigh(numbers: np.ndarray, factor: np.ndarray, reduction: Reduction) -> np.ndarray:
    """Numbers times their factors, where a factor of zero counts nothing."""
    if reduction.multiplies_zeros:
        return np.asarray(numbers * factor)
    nothing = factor == 0
    if not np.any(nothing):
        return np.asarray(numbers * factor)
    return np.where(nothing, 0.0, numbers * np.where(nothing, 1.0, factor))


def reduce(terms: np.ndarray, factor: np.ndarray, reduction: Reduction) -> np.ndarray:
    """The value: the weighted terms themselves, or their sum. A factor of zero counts nothing.

    A NaN factor makes the value NaN; so does a mean of no terms, which has no factors.
    """
    weighted = weigh(terms, factor, reduction)
    if reduction.kind == "mean" and not weighted.size:
        return np.asarray(0.0 if reduction.empty_is_zero else np.nan)
    return weighted if reduction.kind == "none" else np.asarray(np.sum(weighted))


def _absolute(weighing: Weighing) -> Weighing:
    return replace(
        weighing,
        sample=np.abs(weighing.sample),
        target=np.abs(weighing.target),
        passed=np.abs(weighing.passed),
    )


def rounding(reduction: Reduction, weighing: Weighing) -> tuple[float, float]:
    """Rounding errors that a reduction adds, in units.

    The first is relative to the sum of |terms|, the second counts per gradient element. A sum of N
    terms in any order by blocks adds 4 log2 N + 4, a mean 2 more, weights 2 more; a denominator
    that is itself a sum adds as much again, times its condition number.
    """
    weighted = 2.0 if np.any(weighing.sample != 1) else 0.0
    if reduction.kind == "none":
        return weighted, weighted
    summing = 4 * float(np.log2(max(weighing.counted.size, 1))) + 4
    mean = 2.0 if reduction.kind == "mean" else 0.0
    counts = (MEAN.name, MEAN_OVER_TERMS.name, MEAN_OVER_BATCH.name, MEAN_OVER_NONZERO_WEIGHTS.name)
    divisor = 0.0
    if mean and reduction.name not in counts:
        summed = abs(float(denominator(reduction, weighing)))
        size = float(denominator(reduction, _absolute(weighing)))
        divisor = summing * (size / summed if summed else 1.0)  # worse where weights cancel
    return summing + mean + weighted + divisor, mean + weighted + divisor
