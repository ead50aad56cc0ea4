"""The terms of a case and their derivatives: as balls, in a floating-point format, in blocks."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import flint
import numpy as np

from equivalence.cases.case import cotangent
from equivalence.cases.remembered import Remembered
from equivalence.exact import balls
from equivalence.losses.loss import LOSSES, Gradients, TermBounds
from equivalence.losses.shared import read_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case

BLOCK = 2**16  # numbers that are worked on at a time: they stay in the cache of the processor
_LARGE = 4096  # numbers of a case from which on its terms are remembered
_REMEMBERED = 64  # questions whose terms are kept, to be shared by their reductions

_ball_terms: Remembered[tuple[np.ndarray, Gradients]] = Remembered(_REMEMBERED)
_wide_terms: Remembered[tuple[np.ndarray, Gradients]] = Remembered(_REMEMBERED)
_wide_errors: Remembered[TermBounds] = Remembered(_REMEMBERED)


def floats(array: Any) -> np.ndarray:
    """Numbers in float64."""
    return np.asarray(array, dtype=np.float64)


def _parameters(case: Case, number: Callable[[Any], np.ndarray]) -> dict[str, Any]:
    return {
        name: number(value) if np.ndim(value) else number([value])[0]
        for name, value in case.parameters.items()
    }


def converted(
    case: Case, number: Callable[[Any], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """The prediction, the target and the parameters of a case in another number type."""
    prediction, target = read_only(number(case.prediction)), read_only(number(case.distribution))
    return prediction, target, _parameters(case, number)


def _converted_to(case: Case, dtype: Any) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """The same in a floating-point format."""
    return converted(case, lambda array: np.asarray(array, dtype=dtype))


_in_format = functools.lru_cache(maxsize=2)(_converted_to)  # for the terms, and for their errors


def term_balls(case: Case) -> tuple[np.ndarray, Gradients]:
    """Terms and their derivatives as balls at the working precision.

    They are shared by the reductions of a question.
    """

    def make() -> tuple[np.ndarray, Gradients]:
        prediction, target, parameters = converted(case, balls)
        return (
            case.loss.definition(prediction, target, **parameters),
            case.loss.gradient(prediction, target, **parameters),
        )

    return _ball_terms.of((case.loss, case.question, flint.ctx.prec), make)


def terms_only(case: Case) -> np.ndarray:
    """The terms in float64, not remembered."""
    prediction, parameters = floats(case.prediction), _parameters(case, floats)
    return np.asarray(case.loss.definition(prediction, case.distribution, **parameters))


def _blocks(case: Case) -> tuple[slice, ...]:
    """Parts of the positions, each a block of numbers; one if the terms hang together.

    They may in what a model computes; in a loss each term is a function of its own numbers.
    """
    positions = math.prod(case.shape)
    apart = case.loss is LOSSES.get(case.loss.name) and not any(
        np.ndim(value) and name != "weight" for name, value in case.parameters.items()
    )
    if case.prediction.size <= BLOCK or not apart:
        return (slice(None),)
    rows = max(1, BLOCK * positions // case.prediction.size)
    return tuple(slice(start, start + rows) for start in range(0, positions, rows))


def _by_blocks(
    case: Case, dtype: Any, compute: Callable[..., tuple[np.ndarray, ...]]
) -> tuple[np.ndarray, ...]:
    """What is computed of the numbers in a format, block by block, put together again."""
    blocks = _blocks(case)
    if len(blocks) == 1:
        given = _in_format if case.prediction.size <= BLOCK else _converted_to
        prediction, target, parameters = given(case, dtype)
        return compute(prediction, target, **parameters)
    parameters = _parameters(case, lambda array: np.asarray(array, dtype=dtype))
    classes = case.prediction.shape[len(case.shape) :]
    prediction = case.prediction.reshape(-1, *classes)
    distribution = case.distribution.reshape(-1, *classes)
    whole: list[np.ndarray] = []
    for block in blocks:
        ours = (read_only(array[block].astype(dtype)) for array in (prediction, distribution))
        parts = compute(*ours, **parameters)
        for place, part in enumerate(parts):
            if len(whole) == place:
                whole.append(np.empty((prediction.shape[0], *part.shape[1:]), dtype=part.dtype))
            whole[place][block] = part
    return tuple(array.reshape(*case.shape, *array.shape[1:]) for array in whole)


def terms_in(case: Case, dtype: type[np.floating[Any]]) -> tuple[np.ndarray, Gradients]:
    """Terms and their derivatives in a floating-point format, shared by a question's reductions."""

    def compute(prediction: np.ndarray, target: np.ndarray, **given: Any) -> tuple[np.ndarray, ...]:
        terms = np.asarray(case.loss.definition(prediction, target, **given))
        return terms, *case.loss.gradient(prediction, target, **given)

    def make() -> tuple[np.ndarray, Gradients]:
        terms, *gradients = _by_blocks(case, dtype, compute)
        return terms, Gradients(*map(np.asarray, gradients))

    if case.prediction.size <= _LARGE:
        return make()
    return _wide_terms.of((case.loss, case.question, dtype), make)


def term_errors(
    case: Case, precision: int, dtype: type[np.floating[Any]] = np.float64
) -> TermBounds:
    """The largest errors of terms and derivatives in arithmetic of a precision; shared likewise."""

    def compute(prediction: np.ndarray, target: np.ndarray, **given: Any) -> tuple[np.ndarray, ...]:
        return case.loss.bound(prediction, target, precision, **given)

    def make() -> TermBounds:
        return TermBounds(*_by_blocks(case, dtype, compute))

    if case.prediction.size <= _LARGE:
        return make()
    return _wide_errors.of((case.loss, case.question, precision, dtype), make)


def upstream(case: Case, numbers: np.ndarray) -> np.ndarray:
    """What terms without a reduction are multiplied by before they are differentiated."""
    if case.reduction.kind != "none":
        return numbers
    return np.asarray(numbers * cotangent(case.shape).reshape(numbers.shape))
