"""Mutants that compute in too narrow a dtype, or round on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ml_dtypes
import numpy as np

from benchmarks.power.asked import Asked, factor_of, multiplied, right, terms_of
from benchmarks.power.mutants.registry import EVERY, OF_LOGITS, mutant
from equivalence import losses
from equivalence.implementations import Response

FAMILY = "narrower dtype"
SOME = (losses.cross_entropy, losses.negative_log_likelihood, losses.binary_cross_entropy)


def through(asked: Asked, narrow: Any) -> Asked:
    """The question with every number of the prediction rounded to a dtype."""
    return replace(asked, prediction=asked.prediction.astype(narrow).astype(np.float64))


def _wider(asked: Asked, precision: int) -> bool:
    return bool(np.finfo(asked.dtype).nmant >= precision) if asked.dtype.kind == "f" else False


@mutant(FAMILY, "float64", EVERY)
def predictions_in_float32(asked: Asked) -> Response:
    """Rounds predictions to float32."""
    return right(through(asked, np.float32))


@mutant(FAMILY, "float32", EVERY)
def predictions_in_bfloat16(asked: Asked) -> Response:
    """Rounds predictions to bfloat16, as a matrix unit does."""
    return right(through(asked, ml_dtypes.bfloat16))


@mutant(FAMILY, "float32", OF_LOGITS)
def predictions_in_float16(asked: Asked) -> Response:
    """Rounds predictions to float16."""
    return right(through(asked, np.float16))


@mutant(FAMILY, "float32 and float64", EVERY)
def terms_in_float16(asked: Asked) -> Response:
    """Rounds terms to float16 before they are reduced."""
    return right(asked, terms=terms_of(asked).astype(np.float16).astype(np.float64))


@mutant(FAMILY, "float64", EVERY)
def terms_in_float32(asked: Asked) -> Response:
    """Rounds terms to float32 before they are reduced."""
    return right(asked, terms=terms_of(asked).astype(np.float32).astype(np.float64))


def accumulated(asked: Asked, narrow: Any) -> np.ndarray:
    """The weighted terms, added one after the other in a dtype."""
    weighed = multiplied(terms_of(asked), factor_of(asked)).astype(narrow).ravel()
    total = np.add.accumulate(weighed)[-1:] if weighed.size else weighed
    return np.asarray(total.astype(np.float64).sum())


def _accumulating(narrow: Callable[[Asked], Any]) -> Callable[[Asked], Response]:
    def answer(asked: Asked) -> Response:
        if asked.reduction == "none" or not asked.counted.any():
            return right(asked)
        return right(asked, value=accumulated(asked, narrow(asked)))

    return answer


def _registered(regime: str, name: str, fault: str, narrow: Callable[[Asked], Any]) -> None:
    answer = _accumulating(narrow)
    answer.__doc__ = fault
    mutant("narrower accumulation", regime, SOME, name=name)(answer)


_registered(
    "sums and means in float64",
    "accumulates_in_float32",
    "Adds terms in float32.",
    lambda _: np.float32,
)
_registered(
    "sums and means in float32",
    "accumulates_in_bfloat16",
    "Adds terms in bfloat16.",
    lambda _: ml_dtypes.bfloat16,
)
_registered(
    "sums and means of many terms in 16 bits",
    "accumulates_in_16_bits",
    "Adds terms of 16 bits in their own dtype, one after the other.",
    lambda asked: asked.dtype if asked.dtype.itemsize == 2 else np.float64,
)


@mutant("narrower accumulation", "means of a number of terms that 16 bits do not hold", SOME)
def counts_in_the_dtype(asked: Asked) -> Response:
    """Divides a mean by the number of terms as the dtype rounds it."""
    if asked.reduction != "mean":
        return right(asked)
    count = np.float64(asked.counted.sum())
    rounded = count.astype(asked.dtype).astype(np.float64)
    return right(asked, factor=factor_of(asked) * (count / rounded))


@mutant("constants", "every value in float64", [losses.binary_cross_entropy_with_logits])
def constant_of_seven_digits(asked: Asked) -> Response:
    """Multiplies by log2(e) and by log 2 written down with seven digits."""
    return right(asked, terms=terms_of(asked) * 1.442695 * 0.6931472)


@mutant("constants", "every value", [losses.cross_entropy, losses.kl_divergence])
def base_2(asked: Asked) -> Response:
    """Takes logarithms to the base 2."""
    return right(asked, terms=terms_of(asked) / np.log(2))


@mutant("sign", "every value", EVERY)
def sign(asked: Asked) -> Response:
    """Has the other sign."""
    return right(asked, terms=-terms_of(asked))


@mutant("sign", "targets that lead", OF_LOGITS)
def absolute_logits(asked: Asked) -> Response:
    """Takes logits without their sign where all of them are negative."""
    negative = asked.prediction.size and (asked.prediction < 0).all()
    return right(replace(asked, prediction=-asked.prediction) if negative else asked)


def _truncated(asked: Asked, bits: int) -> np.ndarray:
    """Predictions with so many bits of fraction."""
    mantissa, exponent = np.frexp(asked.prediction)
    return np.asarray(np.ldexp(np.round(mantissa * 2.0**bits) / 2.0**bits, exponent))


@mutant(FAMILY, "float32", OF_LOGITS)
def predictions_of_11_bits(asked: Asked) -> Response:
    """Rounds predictions to 11 bits, as TensorFloat-32 does."""
    return right(replace(asked, prediction=_truncated(asked, 11)) if _wider(asked, 20) else asked)
