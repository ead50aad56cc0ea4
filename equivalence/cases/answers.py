"""The answer of a case: exact value and gradients with certified radii, each with its bound.

Balls answer every case of few numbers. Larger cases are answered by the same formulas in a wider
format, if that is exact enough (``cases.wide``), each quantity for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.cases.remembered import Remembered
from equivalence.cases.terms import term_balls, term_errors, terms_in
from equivalence.cases.wide import (
    BALL_LIMIT,
    EXTENDED,
    FLOAT64,
    Wide,
    confirmed,
    enclosed,
    exact_enough,
    format_beyond,
    weighing_in,
)
from equivalence.exact import FORMATS, Enclosure, balls, certified
from equivalence.losses.loss import Gradients
from equivalence.losses.reduction import Weighing, factors, reduce, rounding, weigh

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

QUANTITIES = (
    "value",
    "gradient",
    "target_gradient",
    "weight_gradient",
    "hessian_vector_product",
)
VALUE, GRADIENT, TARGET_GRADIENT = ALWAYS_ASKED = QUANTITIES[:3]
BY_PREDICTION, BY_TARGET = (VALUE, GRADIENT), (TARGET_GRADIENT,)
_REMEMBERED = 4096  # answers kept, to be shared by implementations
_LARGE = 2**29  # bytes of them
_LATEST = 4  # sets of bounds that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One exact quantity of a case, and elementwise the error that is allowed to it."""

    exact: Enclosure
    bound: np.ndarray

    @property
    def nbytes(self) -> int:
        """The bytes of its arrays."""
        return sum(part.nbytes for part in (*self.exact, self.bound))

    @property
    def granted(self) -> np.ndarray:
        """The error that is granted: the bound where it and the exact number are finite, else none.

        An infinite bound is no licence: who cannot say how far off a reading may be accepts none.
        Nor is a negative one, which no bound is: every error is within so many times of it.
        """
        known = np.isfinite(self.exact.high) & np.isfinite(self.bound) & (self.bound >= 0)
        if known.all():
            return self.bound
        return np.where(known, self.bound, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """The answers to a case, each made once it is read.

    Attributes:
        of: Returns the answer to a quantity: the value, or a gradient.
    """

    of: Callable[[str], Answer] = field(repr=False)

    @property
    def value(self) -> Answer:
        """That of the value."""
        return self.of(VALUE)

    @property
    def gradient(self) -> Answer:
        """That of the gradient with respect to the prediction."""
        return self.of(GRADIENT)

    @property
    def target_gradient(self) -> Answer:
        """That of the gradient with respect to the target: few are asked for it."""
        return self.of(TARGET_GRADIENT)


def _reduced(
    case: Case,
    terms: np.ndarray,
    gradients: Gradients,
    factor: np.ndarray,
    wanted: tuple[str, ...],
) -> tuple[np.ndarray, ...]:
    """The wanted of value and gradients, each term multiplied by its factor, in its number type."""
    upstream = np.asarray(
        factor * cotangent(case.shape) if case.reduction.kind == "none" else factor
    )
    if case.loss.has_classes:
        upstream = upstream[..., None]
    return tuple(
        reduce(np.asarray(number), factor, case.reduction)
        if name == VALUE
        else weigh(np.asarray(number), upstream, case.reduction)
        for name, number in zip(ALWAYS_ASKED, (terms, *gradients), strict=True)
        if name in wanted
    )


def _target_weights(case: Case) -> np.ndarray:
    """The class weight of each position's target as a ball.

    A soft target's weight would be rounded in float64.
    """
    return np.asarray(np.sum(balls(case.distribution) * balls(case.options["weight"]), axis=-1))


def exactly_weighed(case: Case) -> Weighing:
    """How much each term counts, as balls."""
    weighing = case.weighing
    return Weighing(
        counted=weighing.counted,
        sample=balls(weighing.sample),
        target=_target_weights(case) if "weight" in case.options else weighing.target,
        batch=weighing.batch,
        passed=balls(weighing.passed),
    )


def _exact(case: Case, wanted: tuple[str, ...]) -> tuple[Enclosure, ...]:
    def evaluate() -> tuple[np.ndarray, ...]:
        factor = factors(case.reduction, exactly_weighed(case))
        return _reduced(case, *term_balls(case), factor, wanted)

    return certified(evaluate, FORMATS[case.dtype])


def bounds_for(
    case: Case,
    wanted: tuple[str, ...],
    precision: int,
    floor: float,
    number: type[np.floating[Any]] = np.float64,
) -> tuple[np.ndarray, ...]:
    """Bounds of the wanted of value and gradients for arithmetic of the given precision.

    The floor is granted to each term and once more to the result: both may be flushed to zero.
    """
    terms, gradients = terms_in(case, number)
    errors = term_errors(case, precision, number)
    weighing = case.weighing
    factor = np.abs(factors(case.reduction, weighing))
    value_units, gradient_units = (
        units * 2.0**-precision for units in rounding(case.reduction, weighing)
    )
    slopes = Gradients(errors.prediction + floor, errors.target + floor)
    own = _reduced(case, errors.term + floor, slopes, factor, wanted)
    sizes = _reduced(case, np.abs(terms), Gradients(*map(np.abs, gradients)), factor, wanted)
    return tuple(
        one + (value_units if name == VALUE else gradient_units) * np.abs(size) + floor
        for name, one, size in zip(wanted, own, sizes, strict=True)
    )


def _stored(case: Case, bound: np.ndarray, number: type[np.floating[Any]]) -> np.ndarray:
    """The bound of the target gradient, stored in the narrower format of the target if it has one.

    A gradient has the dtype of its variable, so that it is rounded to that.
    """
    narrow = case.format_of(TARGET_GRADIENT)
    if narrow.name == case.dtype:
        return bound
    factor = np.abs(factors(case.reduction, case.weighing))
    (size,) = _reduced(case, *terms_in(case, number), factor, BY_TARGET)
    return np.asarray(bound + narrow.unit * (np.abs(size) + bound) + narrow.floor)


def _in(case: Case, wanted: tuple[str, ...], wide: Wide) -> tuple[Enclosure, ...]:
    """The wanted of value and gradients in a wide format, its own a-priori error the radius."""
    radii = bounds_for(case, wanted, wide.precision, wide.floor)
    results = plainly(case, wanted, wide.number)
    return tuple(map(enclosed, results, radii))


def in_float64(case: Case, wanted: tuple[str, ...]) -> tuple[Enclosure, ...]:
    """The wanted of value and gradients in float64, whose own a-priori error is the radius."""
    return _in(case, wanted, FLOAT64)


def plainly(
    case: Case, wanted: tuple[str, ...], number: type[np.floating[Any]] = np.float64
) -> tuple[np.ndarray, ...]:
    """The wanted of value and gradients in stable float64, or in a wider format; without bounds."""
    factor = factors(case.reduction, weighing_in(case, number))
    return _reduced(case, *terms_in(case, number), factor, wanted)


def _wider(
    case: Case, wanted: tuple[str, ...], bounds: tuple[np.ndarray, ...]
) -> tuple[Enclosure, ...] | None:
    """The answer of a large case in a wider format; None if that is not exact enough."""
    wide = format_beyond(case)
    if wide is None:
        return None
    exact = _in(case, wanted, wide)
    if wide.precision < EXTENDED.precision and not all(np.isfinite(e.high).all() for e in exact):
        exact = tuple(map(confirmed, exact, plainly(case, wanted, EXTENDED.number)))
    return exact if all(map(exact_enough, exact, bounds)) else None


_answers: Remembered[tuple[Answer, ...]] = Remembered(_REMEMBERED, _LARGE)
_allowed: Remembered[tuple[np.ndarray, ...]] = Remembered(_LATEST)


def _known(exact: tuple[Enclosure, ...], bounds: tuple[np.ndarray, ...]) -> bool:
    """Whether bounds are finite wherever the exact answer is."""
    return all(
        np.all(np.isfinite(bound[np.isfinite(enclosure.high)]))
        for enclosure, bound in zip(exact, bounds, strict=True)
    )


def allowed_to(
    case: Case, wanted: tuple[str, ...], number: type[np.floating[Any]] = np.float64
) -> tuple[np.ndarray, ...]:
    """The errors that a good implementation may make in the dtype of a case.

    They are kept a while: what is foreseen is often answered next.
    """

    def make() -> tuple[np.ndarray, ...]:
        format_ = FORMATS[case.dtype]
        bounds = bounds_for(case, wanted, format_.precision, format_.floor, number)
        if wanted != BY_TARGET:
            return bounds
        (bound,) = bounds
        return (_stored(case, bound, number),)

    return _allowed.of((case, wanted, number), make)


def _answered(case: Case, wanted: tuple[str, ...]) -> tuple[Answer, ...]:
    with np.errstate(all="ignore"):
        bounds = allowed_to(case, wanted)
        exact = _wider(case, wanted, bounds) or _exact(case, wanted)
        if case.dtype == "float64" and not _known(exact, bounds):
            # At the ends of float64 a bound overflows on its way, in the wider range it does not.
            in_wider_range = allowed_to(case, wanted, np.longdouble)
            bounds = tuple(np.asarray(bound, dtype=np.float64) for bound in in_wider_range)
    return tuple(
        Answer(exact=enclosure, bound=bound) for enclosure, bound in zip(exact, bounds, strict=True)
    )


def _together(case: Case, quantity: str) -> tuple[str, ...]:
    """What is answered with a quantity: balls make value and gradient at once, formats each."""
    if quantity == TARGET_GRADIENT or case.prediction.size > BALL_LIMIT:
        return (quantity,)
    return BY_PREDICTION


def one_of(
    case: Case, quantity: str, made: Callable[[tuple[str, ...]], tuple[Answer, ...]]
) -> Answer:
    """The answer to one quantity, of those that are made together."""
    wanted = _together(case, quantity)
    return made(wanted)[wanted.index(quantity)]


def answers(case: Case) -> Answers:
    """The exact value and gradients of a case, each with its bound; made once and remembered.

    The gradient of a value that is not a scalar is the vector-Jacobian product with
    ``cotangent(shape)``.

    Raises:
        ValueError: If a class index is out of range.
        ArithmeticError: If the answer cannot be certified, also when it is read (not met so far).
    """

    def made(wanted: tuple[str, ...]) -> tuple[Answer, ...]:
        return _answers.of((case, wanted), lambda: _answered(case, wanted))

    one_of(case, VALUE, made)  # so that what is wrong with a case is told here
    return Answers(of=lambda quantity: one_of(case, quantity, made))
