"""The answer of a case: exact value and gradients with certified radii, each with its bound.

Balls answer every case of up to ``BALL_LIMIT`` numbers, and every float64 case. Larger cases of
narrower formats are answered in stable float64, whose own a-priori error is the radius, unless that
exceeds 1/16 of the bound somewhere.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flint
import numpy as np

from equivalence.cases.case import cotangent
from equivalence.exact import FORMATS, Enclosure, balls, certified
from equivalence.losses.reduction import Weighing, factors, reduce, rounding, weigh

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case
    from equivalence.losses import Gradients, Loss

BALL_LIMIT = 4096
FLOAT64_SHARE = 1 / 16
QUANTITIES = ("value", "gradient", "target_gradient")
_TERMS = 64  # questions whose terms are kept, to be shared by their reductions
_REMEMBERED = 4096  # answers kept, to be shared by implementations


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One exact quantity of a case, and elementwise the error that is allowed to it."""

    exact: Enclosure
    bound: np.ndarray

    @property
    def granted(self) -> np.ndarray:
        """The error that is granted: the bound where it and the exact number are finite, else none.

        An infinite bound is no licence: who cannot say how far off a reading may be accepts none.
        """
        finite = np.isfinite(self.exact.high) & np.isfinite(self.bound)
        return np.where(finite, self.bound, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers to the three quantities of a case."""

    value: Answer
    gradient: Answer
    target_gradient: Answer


_terms: OrderedDict[tuple[Loss, str, int], tuple[np.ndarray, Gradients]] = OrderedDict()


def _convert(
    case: Case, number: Callable[[Any], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    parameters = {
        name: number(value) if np.ndim(value) else number([value])[0]
        for name, value in case.parameters.items()
    }
    return number(case.prediction), number(case.distribution), parameters


def _term_balls(case: Case) -> tuple[np.ndarray, Gradients]:
    """Terms and their derivatives as balls at the working precision.

    They are shared by the reductions of a question.
    """
    key = (case.loss, case.question, flint.ctx.prec)
    if key not in _terms:
        prediction, target, parameters = _convert(case, balls)
        _terms[key] = (
            case.loss.definition(prediction, target, **parameters),
            case.loss.gradient(prediction, target, **parameters),
        )
        while len(_terms) > _TERMS:
            _terms.popitem(last=False)
    return _terms[key]


def _reduced(
    case: Case, terms: np.ndarray, gradients: Gradients, factor: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Value and gradients, each term multiplied by its factor, in the number type of the terms."""
    terms = np.asarray(terms)
    value = reduce(terms, factor, case.reduction)
    upstream = np.asarray(
        factor * cotangent(case.shape) if case.reduction.kind == "none" else factor
    )
    if case.loss.has_classes:
        upstream = upstream[..., None]
    scaled = [weigh(np.asarray(gradient), upstream, case.reduction) for gradient in gradients]
    return value, *scaled


def _target_weights(case: Case) -> np.ndarray:
    """The class weight of each position's target as a ball.

    A soft target's weight would be rounded in float64.
    """
    return np.asarray(np.sum(balls(case.distribution) * balls(case.options["weight"]), axis=-1))


def _exact(case: Case) -> tuple[Enclosure, ...]:
    weighing = case.weighing

    def evaluate() -> tuple[np.ndarray, ...]:
        exactly = Weighing(
            counted=weighing.counted,
            sample=balls(weighing.sample),
            target=_target_weights(case) if "weight" in case.options else weighing.target,
            batch=weighing.batch,
            passed=balls(weighing.passed),
        )
        return _reduced(case, *_term_balls(case), factors(case.reduction, exactly))

    return certified(evaluate, FORMATS[case.dtype])


def _bounds(case: Case, precision: int, floor: float) -> tuple[np.ndarray, ...]:
    """Bounds of value, gradient and target gradient for arithmetic of the given precision.

    The floor is granted to each term and once more to the result: both may be flushed to zero.
    """
    prediction, target, parameters = _convert(
        case, lambda array: np.asarray(array, dtype=np.float64)
    )
    terms = case.loss.definition(prediction, target, **parameters)
    gradients = case.loss.gradient(prediction, target, **parameters)
    errors = case.loss.bound(prediction, target, precision, **parameters)
    weighing = case.weighing
    factor = np.abs(factors(case.reduction, weighing))
    value_units, gradient_units = (
        units * 2.0**-precision for units in rounding(case.reduction, weighing)
    )
    value, prediction_bound, target_bound = (
        own + units * np.abs(size)
        for own, size, units in zip(
            _reduced(
                case,
                errors.term + floor,
                type(gradients)(errors.prediction + floor, errors.target + floor),
                factor,
            ),
            _reduced(case, np.abs(terms), type(gradients)(*map(np.abs, gradients)), factor),
            (value_units, gradient_units, gradient_units),
            strict=True,
        )
    )
    return value + floor, prediction_bound + floor, target_bound + floor


def _float64(case: Case) -> tuple[Enclosure, ...]:
    prediction, target, parameters = _convert(
        case, lambda array: np.asarray(array, dtype=np.float64)
    )
    terms = case.loss.definition(prediction, target, **parameters)
    gradients = case.loss.gradient(prediction, target, **parameters)
    wide = FORMATS["float64"]
    radii = _bounds(case, wide.precision, wide.floor)
    results = _reduced(case, terms, gradients, factors(case.reduction, case.weighing))
    return tuple(
        Enclosure(result, np.zeros_like(result), radius)
        for result, radius in zip(results, radii, strict=True)
    )


@functools.lru_cache(maxsize=_REMEMBERED)
def _answers(case: Case) -> Answers:
    format_ = FORMATS[case.dtype]
    with np.errstate(all="ignore"):
        bounds = _bounds(case, format_.precision, format_.floor)
        exact = None
        if case.prediction.size > BALL_LIMIT and case.dtype != "float64":
            exact = _float64(case)
            if not all(
                np.all(e.radius <= FLOAT64_SHARE * b) for e, b in zip(exact, bounds, strict=True)
            ):
                exact = None
        exact = exact or _exact(case)
    return Answers(
        **{
            name: Answer(exact=enclosure, bound=bound)
            for name, enclosure, bound in zip(QUANTITIES, exact, bounds, strict=True)
        }
    )


def rough_value(case: Case) -> np.ndarray:
    """The value in stable float64, without any bound."""
    with np.errstate(all="ignore"):
        prediction, target, parameters = _convert(
            case, lambda array: np.asarray(array, dtype=np.float64)
        )
        terms = np.asarray(case.loss.definition(prediction, target, **parameters))
        return reduce(terms, factors(case.reduction, case.weighing), case.reduction)


def estimate(case: Case) -> Answers:
    """The answers in stable float64, whose own a-priori error is the radius; nothing is certified.

    Some ten times faster than ``answers``: to rule questions out, never to accept one.
    """
    format_ = FORMATS[case.dtype]
    with np.errstate(all="ignore"):
        bounds = _bounds(case, format_.precision, format_.floor)
        exact = _float64(case)
    return Answers(
        **{
            name: Answer(exact=enclosure, bound=bound)
            for name, enclosure, bound in zip(QUANTITIES, exact, bounds, strict=True)
        }
    )


def answers(case: Case) -> Answers:
    """The exact value and gradients of a case, each with its bound; computed once and remembered.

    The gradient of a value that is not a scalar is the vector-Jacobian product with
    ``cotangent(shape)``.

    Raises:
        ValueError: If a class index is out of range.
        ArithmeticError: If the answer cannot be certified (not met so far).
    """
    return _answers(case)
