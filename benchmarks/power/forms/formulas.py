"""Other formulas that are good algorithms: of softmax, of softplus, and with fused operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.power.asked import Asked, read, right
from benchmarks.power.forms.registry import ONE_BY_ONE, form, own_number
from benchmarks.power.private import Evaluate
from equivalence import losses
from equivalence.implementations import Response
from equivalence.implementations.implementation import Call
from equivalence.losses import Gradients
from equivalence.losses.binary import smoothed_target, target_slope
from equivalence.losses.categorical import target_slope as class_slope
from equivalence.losses.categorical import weighted_target
from equivalence.losses.loss import times

BLOCK = 4
# From logits to a shift (mostly their maximum) and the sum of exp(x - shift), shape [..., 1].
Normaliser = Callable[[np.ndarray], "tuple[np.ndarray, np.ndarray]"]


def two_pass(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The maximum first, then the sum of exponentials; its logarithm without log1p."""
    largest = logits.max(-1, keepdims=True)
    return largest, np.exp(logits - largest).sum(-1, keepdims=True)


def _merged(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Two partial sums, rescaled to the larger maximum."""
    largest = np.maximum(one[0], other[0])
    parts = [
        np.where(np.isneginf(shift), 0, total * np.exp(shift - largest))
        for shift, total in (one, other)
    ]
    return largest, parts[0] + parts[1]


def online(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One pass over the classes: a new maximum rescales the sum (Milakov & Gimelshein, 2018)."""
    state = logits[..., :1], np.ones_like(logits[..., :1])
    for number in range(1, logits.shape[-1]):
        state = _merged(state, (logits[..., number : number + 1], np.ones_like(state[1])))
    return state


def blocked(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of blocks of classes, each with a maximum of its own, merged two by two."""
    states = [
        two_pass(logits[..., start : start + BLOCK]) for start in range(0, logits.shape[-1], BLOCK)
    ]
    while len(states) > 1:
        states = [
            _merged(*states[at : at + 2]) if at + 1 < len(states) else states[at]
            for at in range(0, len(states), 2)
        ]
    return states[0]


def reversed_classes(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two passes, the last class first."""
    return two_pass(np.ascontiguousarray(logits[..., ::-1]))


def fused(a: Any, b: Any, c: Any) -> np.ndarray:
    """``a b + c``, rounded once (nearly so for float64: the product is formed in 64 bits)."""
    number = np.result_type(a, b, c)
    wide = np.float64 if number.itemsize < 8 else np.longdouble
    exact = np.asarray(a, wide) * np.asarray(b, wide) + np.asarray(c, wide)
    return np.asarray(exact.astype(number))


def fused_dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The sum of products over the classes; 0 times anything is 0."""
    first, second = np.broadcast_arrays(first, second)
    safe = np.where(first == 0, 0, second)
    total = np.zeros(first.shape[:-1], safe.dtype)
    for number in range(first.shape[-1]):
        total = fused(first[..., number], safe[..., number], total)
    return total


def _finite(shift: np.ndarray) -> np.ndarray:
    """A row whose largest logit is infinite has no softmax."""
    return shift + shift * 0


def cross_entropy_by(normaliser: Normaliser, *, fuses: bool = False) -> Evaluate:
    """Cross-entropy from a normaliser, its gradient from the same exponentials."""

    def answer(asked: Asked) -> Response:
        weight, smoothing = (asked.parameters.get(name) for name in ("weight", "label_smoothing"))
        weighted = weighted_target(asked.target, weight, smoothing)
        shift, total = normaliser(asked.prediction)
        shift = _finite(shift)
        surprisal = (shift - asked.prediction) + np.log(total)
        probability = np.exp(asked.prediction - shift) / total
        sum_of_targets = weighted.sum(-1, keepdims=True)
        none = ~np.any(weighted != 0, axis=-1, keepdims=True)
        if fuses:
            terms = fused_dot(weighted, surprisal)
            gradient = fused(probability, sum_of_targets, -weighted)
        else:
            terms = times(weighted, surprisal).sum(-1)
            gradient = probability * sum_of_targets - weighted
        slope = class_slope(asked.target, weight, smoothing)
        by_target = times(slope, surprisal)
        return right(asked, terms=terms, slopes=Gradients(np.where(none, 0, gradient), by_target))

    return _in_own_number(answer)


def _in_own_number(answer: Callable[[Asked], Response]) -> Evaluate:
    def evaluate(call: Call) -> Response:
        with np.errstate(all="ignore"):
            return answer(read(call, own_number(call.prediction.dtype)))

    return evaluate


def fused_products(asked: Asked) -> Response:
    """Sums of products of targets with log-probabilities, or with logarithms, by fused steps."""
    weighted = weighted_target(
        asked.target, asked.parameters.get("weight"), asked.parameters.get("label_smoothing")
    )
    logarithm = asked.prediction
    if asked.loss is losses.cross_entropy_from_probabilities:
        logarithm = np.log(asked.prediction)
    return right(asked, terms=-fused_dot(weighted, logarithm))


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp(x)), by the logarithm of a sum of exponentials."""
    return np.asarray(np.logaddexp(x.dtype.type(0), x))


def by_logaddexp(asked: Asked) -> Response:
    """Both softplus functions by ``logaddexp``, their products fused."""
    smoothing = asked.parameters.get("label_smoothing")
    weight = asked.parameters.get("pos_weight", asked.number.type(1))
    smoothed = smoothed_target(asked.target, smoothing)
    plus, minus = softplus(asked.prediction), softplus(-asked.prediction)
    present = times(weight * smoothed, minus)
    safe = np.where(smoothed == 1, 0, plus)
    by_target = target_slope(smoothing) * (weight * minus - plus)
    slopes = asked.loss.gradient(asked.prediction, asked.target, **asked.parameters)
    kept = np.isfinite(plus) & np.isfinite(minus)
    return right(
        asked,
        terms=fused(1 - smoothed, safe, present),
        slopes=Gradients(slopes.prediction, np.where(kept, by_target, slopes.target)),
    )


CLASSES = (losses.cross_entropy,)
for name, normaliser in {
    "two-pass softmax, without log1p": two_pass,
    "online softmax": online,
    "blocked log-sum-exp": blocked,
    "softmax of reversed classes": reversed_classes,
}.items():
    form(name, CLASSES, cross_entropy_by(normaliser))
form("fused multiply-add", CLASSES, cross_entropy_by(two_pass, fuses=True), longest=ONE_BY_ONE)
form(
    "fused multiply-add",
    (losses.negative_log_likelihood, losses.cross_entropy_from_probabilities),
    _in_own_number(fused_products),
    longest=ONE_BY_ONE,
)
form(
    "logaddexp, fused multiply-add",
    (losses.binary_cross_entropy_with_logits,),
    _in_own_number(by_logaddexp),
)
