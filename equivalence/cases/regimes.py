"""Where predictions lie: ranges of logits, log-probabilities, probabilities, each hard in its way.

A regime is a function of a random generator, a shape and the labels, in float64; rounding to the
dtype under test comes later. ``labels`` are class indices ``[...]`` for losses with classes
(predictions ``[..., classes]``) and 0 or 1 for binary losses (predictions of the labels' shape).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.elementary import exp, log, log_softmax, logistic, softmax
from equivalence.losses.loss import LOG_PROBABILITIES, LOGITS, PROBABILITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    Regime = Callable[[np.random.Generator, tuple[int, ...], np.ndarray], np.ndarray]

Generator = np.random.Generator


def _at(shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """True at the target's class, of the prediction's shape."""
    return np.asarray(np.arange(shape[-1]) == labels[..., None])


def _distance(rng: Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Distances from 1 to 300, even in their logarithm."""
    return exp(rng.uniform(0, float(log(300)), shape))


def _power(rng: Generator, least: float, most: float, shape: tuple[int, ...] = ()) -> np.ndarray:
    """Powers of ten, even in their exponents."""
    return exp(rng.uniform(least, most, shape) * float(log(10)))


def _normal(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return rng.normal(size=shape)


def _scaled(scale: float) -> Regime:
    return lambda rng, shape, _: scale * rng.normal(size=shape)


def _uniform(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return rng.uniform(-200, 200, shape)


def _leads(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    others = rng.normal(size=shape)
    top = others.max(-1, keepdims=True) + _distance(rng, (*shape[:-1], 1))
    return np.where(_at(shape, labels), top, others)


def _trails(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    others = rng.normal(size=shape)
    bottom = others.min(-1, keepdims=True) - _distance(rng, (*shape[:-1], 1))
    return np.where(_at(shape, labels), bottom, others)


def _offset(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return np.asarray(rng.normal(size=shape) + rng.choice([-1, 1]) * _power(rng, 2, 5))


def _ties(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return rng.integers(-2, 3, shape).astype(np.float64)


def _equal(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return np.full(shape, rng.normal())


def _two_valued(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    low, high = np.sort(rng.normal(size=2) * 20)
    return rng.choice([low, high], shape)


def _one_huge(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return rng.normal(size=shape) + np.where(
        np.arange(shape[-1]) == rng.integers(shape[-1]), _power(rng, 3, 30), 0.0
    )


def _tiny(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return rng.normal(size=shape) * 1e-30


_CLASS_LOGITS: dict[str, Regime] = {
    "normal": _normal,
    "wide_10": _scaled(10),
    "wide_50": _scaled(50),
    "uniform_200": _uniform,
    "target_leads": _leads,
    "target_trails": _trails,
    "offset": _offset,
    "ties": _ties,
    "all_equal": _equal,
    "two_valued": _two_valued,
    "one_huge": _one_huge,
    "tiny": _tiny,
}


def _log_probabilities(regime: Regime) -> Regime:
    return lambda rng, shape, labels: log_softmax(regime(rng, shape, labels))


def _certain_log(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return np.where(_at(shape, labels), 0.0, -np.inf)


_CLASS_LOG_PROBABILITIES: dict[str, Regime] = {
    name: _log_probabilities(_CLASS_LOGITS[name])
    for name in (
        "normal",
        "wide_10",
        "wide_50",
        "uniform_200",
        "target_leads",
        "target_trails",
        "all_equal",
        "tiny",
    )
} | {"certain": _certain_log}


def _softmax_of(regime: Regime) -> Regime:
    return lambda rng, shape, labels: softmax(regime(rng, shape, labels))


def _dyadic(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """Multiples of 1/1024 that sum to one exactly, none of them zero."""
    flat = rng.multinomial(
        1024 - shape[-1], np.full(shape[-1], 1 / shape[-1]), size=int(np.prod(shape[:-1]))
    )
    return (flat.reshape(shape) + 1) / 1024


def _sharp(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """The target's probability is 1 - 2**-k, the rest is shared."""
    rest = np.ldexp(1.0, -rng.integers(2, 24, (*shape[:-1], 1)))
    return np.where(_at(shape, labels), 1 - rest, rest / (shape[-1] - 1))


def _near_zero(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """The target's probability is 2**-k down to 2**-100, the rest is shared."""
    small = np.ldexp(1.0, -rng.integers(2, 101, (*shape[:-1], 1)))
    return np.where(_at(shape, labels), small, (1 - small) / (shape[-1] - 1))


def _certain(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    return _at(shape, labels).astype(np.float64)


def _wrong(rng: Generator, shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """The target's probability is exactly 0: the loss is infinite."""
    return np.where(_at(shape, labels), 0.0, 1 / (shape[-1] - 1))


_CLASS_PROBABILITIES: dict[str, Regime] = {
    "softmax_normal": _softmax_of(_normal),
    "softmax_wide_10": _softmax_of(_scaled(10)),
    "all_equal": _softmax_of(_equal),
    "dyadic": _dyadic,
    "near_one": _sharp,
    "near_zero": _near_zero,
    "exactly_one": _certain,
    "exactly_zero": _wrong,
}


def _signed(sign: int) -> Regime:
    """Logits on the side of the target (sign 1) or on the other (sign -1), 1 to 300 away from 0."""
    return lambda rng, shape, labels: sign * (2 * labels - 1) * _distance(rng, shape)


_BINARY_LOGITS: dict[str, Regime] = {
    "normal": _normal,
    "wide_10": _scaled(10),
    "wide_50": _scaled(50),
    "uniform_200": _uniform,
    "target_leads": _signed(1),
    "target_trails": _signed(-1),
    "all_equal": _equal,
    "zero": lambda _, shape, __: np.zeros(shape),
    "two_valued": _two_valued,
    "one_huge": lambda rng, shape, _: rng.choice([-1, 1], shape) * _power(rng, 3, 30, shape),
    "tiny": _tiny,
}

_BINARY_PROBABILITIES: dict[str, Regime] = {
    "sigmoid_normal": lambda rng, shape, _: logistic(rng.normal(size=shape)),
    "uniform": lambda rng, shape, _: rng.uniform(0.01, 0.99, shape),
    "half": lambda _, shape, __: np.full(shape, 0.5),
    "near_zero": lambda rng, shape, _: np.ldexp(1.0, -rng.integers(2, 101, shape)),
    "near_one": lambda rng, shape, _: 1 - np.ldexp(1.0, -rng.integers(2, 24, shape)),
    "exactly_right": lambda _, __, labels: labels.astype(np.float64),
    "exactly_wrong": lambda _, __, labels: 1 - labels.astype(np.float64),
}

# By what the prediction is, and whether it has classes.
REGIMES: dict[tuple[str, bool], dict[str, Regime]] = {
    (LOGITS, True): _CLASS_LOGITS,
    (LOG_PROBABILITIES, True): _CLASS_LOG_PROBABILITIES,
    (PROBABILITIES, True): _CLASS_PROBABILITIES,
    (LOGITS, False): _BINARY_LOGITS,
    (PROBABILITIES, False): _BINARY_PROBABILITIES,
}
