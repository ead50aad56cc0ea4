"""How far what came back lies from an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from equivalence.cases.answers import Answer
from equivalence.exact import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far a reading lies from an answer.

    Attributes:
        inside: Whether every number is inside its bound.
        undefined: Whether some numbers of the exact answer do not exist, and all others are inside.
        index: Of the largest error as a fraction of its bound.
        problem: What cannot be measured as an error: another shape.
    """

    inside: bool
    undefined: bool
    index: tuple[int, ...] = ()
    error: float = 0.0
    bound: float = 0.0
    ulps: float = 0.0
    problem: str = ""


def distance(
    reading: np.ndarray, answer: Answer, dtype: str, *, predicted: bool = False
) -> Distance:
    """How far a reading lies from an answer, and whether it is inside the bound.

    Args:
        reading: What the implementation returned.
        answer: The exact numbers and their bounds.
        dtype: The dtype in whose ulps the error is counted.
        predicted: Whether the answer is a model's: then NaN where the model says NaN is what was
            predicted.
    """
    exact = answer.exact
    if reading.shape != exact.high.shape:
        problem = f"returned the shape {reading.shape}, not {exact.high.shape}"
        return Distance(
            inside=False, undefined=False, error=math.inf, ulps=math.inf, problem=problem
        )
    if not reading.size:
        return Distance(inside=True, undefined=False)
    got = reading.astype(np.float64)
    missing = np.isnan(exact.high)
    error = exact.error(got)
    allowed = answer.granted
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        share = np.where(error == 0, 0.0, np.maximum(error - exact.radius, 0) / allowed)
    if missing.any():
        share = np.where(missing, np.where(np.isnan(got), 0.0, np.inf) if predicted else 0.0, share)
    infinite = np.isinf(got)
    if infinite.any():
        with np.errstate(over="ignore", invalid="ignore"):
            overflow = np.abs(exact.high) + allowed > FORMATS[dtype].largest
        share = np.where(overflow & infinite & (np.sign(got) == np.sign(exact.high)), 0.0, share)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(share), share.shape))
    with np.errstate(over="ignore"):
        ulps = error[index] / FORMATS[dtype].ulp(exact.high[index])
    inside = bool(share[index] <= 1)
    undefined = inside and not predicted and bool(missing.any())
    if undefined:  # that is what there is to show
        index = tuple(int(i) for i in np.unravel_index(np.argmax(missing), share.shape))
        return Distance(inside=False, undefined=True, index=index)
    return Distance(
        inside=inside,
        undefined=False,
        index=index,
        error=float(error[index]),
        bound=float(allowed[index]),
        ulps=0.0 if error[index] == 0 else math.inf if np.isnan(ulps) else float(ulps),
    )
