"""Two further quantities: the derivative by the weights, and second derivatives along a direction.

They are asked of few cases, and answered only when they are asked.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import (
    ALWAYS_ASKED,
    QUANTITIES,
    Answer,
    answers,
    exactly_weighed,
)
from equivalence.cases.second_order import curved_bound, curved_exactly, curved_wider, has_curvature
from equivalence.cases.terms import converted, floats, term_balls, upstream
from equivalence.exact import FORMATS, Enclosure, balls, certified
from equivalence.losses.loss import times
from equivalence.losses.reduction import (
    MEAN_OVER_PASSED_WEIGHTS,
    MEAN_OVER_SAMPLE_WEIGHTS,
    MEAN_OVER_TARGET_WEIGHTS,
    Weighing,
    denominator,
    factors,
    reduce,
    rounding,
    weigh,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

WEIGHT_GRADIENT, HESSIAN_VECTOR_PRODUCT = QUANTITIES[3:]
_REMEMBERED = 1024  # answers kept, to be shared by implementations


def has_quantity(case: Case, quantity: str) -> bool:
    """Whether there is an answer to a quantity of a case."""
    if quantity == WEIGHT_GRADIENT:
        return bool(case.weighted_by)
    return quantity != HESSIAN_VECTOR_PRODUCT or has_curvature(case)


def answer_to(case: Case, quantity: str) -> Answer:
    """The exact answer to one quantity, with its bound.

    The derivative by the weights has no axes of length one.

    Raises:
        ValueError: If a class index is out of range, or the case has no such quantity.
        ArithmeticError: If the answer cannot be certified (not met so far).
    """
    if quantity in ALWAYS_ASKED:
        answer: Answer = getattr(answers(case), quantity)
        return answer
    return _further(case, quantity)


@functools.lru_cache(maxsize=_REMEMBERED)
def _further(case: Case, quantity: str) -> Answer:
    by_weights = quantity == WEIGHT_GRADIENT
    if not has_quantity(case, quantity):
        message = f"{case.id} has no {quantity.replace('_', ' ')}"
        raise ValueError(message)
    exact, format_ = _by_weights if by_weights else curved_exactly, FORMATS[case.dtype]
    with np.errstate(all="ignore"):
        if by_weights:
            allowed, enclosure = _weights_bound(case), None
        else:
            allowed = curved_bound(case, format_.precision, format_.floor)
            enclosure = curved_wider(case, allowed)
        if enclosure is None:
            (enclosure,) = certified(lambda: (exact(case),), format_)
        allowed = np.broadcast_to(allowed, enclosure.high.shape)
        stored = case.format_of(quantity)
        if stored.name != case.dtype:  # a gradient has the dtype of its variable
            size = np.abs(enclosure.high) + allowed
            allowed = allowed + stored.unit * size + stored.floor
    if not by_weights:
        return Answer(exact=enclosure, bound=allowed)
    squeezed = Enclosure(*(np.squeeze(part) for part in enclosure))
    return Answer(exact=squeezed, bound=np.squeeze(allowed))


def _summed_to(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The sums over the axes along which an array of that shape was broadcast."""
    leading = array.ndim - len(shape)
    axes = tuple(range(leading)) + tuple(
        leading + axis for axis, size in enumerate(shape) if size == 1
    )
    return np.asarray(np.sum(array, axis=axes)).reshape(shape) if axes else array


def _slopes(case: Case, number: Callable[[Any], np.ndarray]) -> np.ndarray:
    """How each term changes with the class weights, shape ``[..., classes]``, or the positive one.

    Terms are linear in both, so that a slope is the term of a weight of 1 without that of 0.
    """
    prediction, target, parameters = converted(case, number)
    define = case.loss.definition
    if case.weighted_by == "weight":
        units = number(np.eye(prediction.shape[-1]))
        return define(
            prediction[..., None, :], target[..., None, :], **{**parameters, "weight": units}
        )
    one, zero = (number([value])[0] for value in (1.0, 0.0))
    return np.asarray(
        define(prediction, target, **{**parameters, "pos_weight": one})
        - define(prediction, target, **{**parameters, "pos_weight": zero})
    )


def _slope_errors(case: Case, precision: int) -> np.ndarray:
    """The bounds of those: of a difference, the sum of both."""
    prediction, target, parameters = converted(case, floats)
    bound = case.loss.bound
    if case.weighted_by == "weight":
        units = np.eye(prediction.shape[-1])
        more = {**parameters, "weight": units}
        return bound(prediction[..., None, :], target[..., None, :], precision, **more).term
    both = [
        bound(prediction, target, precision, **{**parameters, "pos_weight": np.float64(value)}).term
        for value in (0.0, 1.0)
    ]
    return np.asarray(both[0] + both[1])


def _by_weights(case: Case) -> np.ndarray:
    """The derivative of the value by the weights, as balls."""
    weighing = exactly_weighed(case)
    divisor = denominator(case.reduction, weighing)
    terms, _ = term_balls(case)
    value = reduce(np.asarray(terms), factors(case.reduction, weighing), case.reduction)
    if case.weighted_by == "sample_weight":
        counted = np.where(weighing.counted, np.asarray(terms), 0.0)
        return _quotient(case, upstream(case, counted), value, divisor)
    factor = upstream(case, factors(case.reduction, weighing))
    slopes = _slopes(case, balls)
    if case.weighted_by == "weight":
        factor = factor[..., None]
    scaled = weigh(slopes, factor, case.reduction)
    summed = _summed_to(scaled, np.shape(case.options[case.weighted_by]))
    if case.reduction.name != MEAN_OVER_TARGET_WEIGHTS.name:
        return summed
    return np.asarray(summed - value / divisor * _divisor_slopes(case))


def _quotient(case: Case, numerators: np.ndarray, value: np.ndarray, divisor: Any) -> np.ndarray:
    """The derivative by sample weights of a sum over what may itself be a sum of them."""
    shape = _shape(case.weights)
    summed = _summed_to(numerators, shape)
    if case.reduction.kind != "mean":
        return summed
    if divisor == 0:
        return np.asarray(summed * (0.0 if case.reduction.empty_is_zero else np.nan))
    # A count does not change with the weights, whatever the value is.
    return np.asarray((summed - times(_divisor_slopes(case), value)) / divisor)


def _divisor_slopes(case: Case) -> np.ndarray:
    """How the denominator changes with the weights; a count does not."""
    if case.reduction.name == MEAN_OVER_TARGET_WEIGHTS.name and case.weighted_by == "weight":
        positions = tuple(range(len(case.shape)))
        counted = np.where(case.counted[..., None], case.distribution, 0.0)
        return np.asarray(np.sum(counted, axis=positions))
    shape = _shape(case.weights)
    if case.reduction.name == MEAN_OVER_PASSED_WEIGHTS.name:
        return np.ones(shape)
    if case.reduction.name == MEAN_OVER_SAMPLE_WEIGHTS.name:
        return _summed_to(case.counted.astype(np.float64), shape)
    return np.zeros(shape)


def _weights_bound(case: Case) -> np.ndarray:
    """Each term's own error, the value's where the denominator depends on the weights, roundings.

    The floor is granted to each term and once more to the result.
    """
    format_, weighing = FORMATS[case.dtype], case.weighing
    prediction, target, parameters = converted(case, floats)
    terms = np.abs(case.loss.definition(prediction, target, **parameters))
    sample = case.weighted_by == "sample_weight"
    if sample:
        sizes = terms
        errors = case.loss.bound(prediction, target, format_.precision, **parameters).term
        factor = np.asarray(weighing.counted / _divisor(case, weighing))
        shape = _shape(case.weights)
    else:
        sizes, errors = np.abs(_slopes(case, floats)), _slope_errors(case, format_.precision)
        factor = np.abs(factors(case.reduction, weighing))
        shape = np.shape(case.options[case.weighted_by])
    factor = upstream(case, factor)
    if case.weighted_by == "weight":
        factor = factor[..., None]
    units, _ = rounding(case.reduction, weighing)
    relative = 2 * units * format_.unit
    own, size = (
        _summed_to(np.broadcast_to(weigh(one, factor, case.reduction), one.shape), shape)
        for one in (errors + format_.floor, sizes)
    )
    through = np.abs(_divisor_slopes(case)) if case.reduction.kind == "mean" else 0.0
    value = answers(case).value
    height = np.abs(np.where(np.isfinite(value.exact.high), value.exact.high, 0.0))
    share = through / _divisor(case, weighing)
    moved = share * (value.granted + relative * height) if np.ndim(value.bound) == 0 else 0.0
    return np.asarray(own + relative * size + moved + format_.floor)


def _shape(weights: np.ndarray | None) -> tuple[int, ...]:
    return () if weights is None else np.shape(weights)


def _divisor(case: Case, weighing: Weighing) -> float:
    return abs(float(denominator(case.reduction, weighing)))
