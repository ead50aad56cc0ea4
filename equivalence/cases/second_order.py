"""Second derivatives along a direction: Hessian-vector products, each with its bound."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import exactly_weighed
from equivalence.cases.case import cotangent
from equivalence.cases.terms import converted, floats, upstream
from equivalence.cases.wide import enclosed, exact_enough, format_beyond, weighing_in
from equivalence.exact import FORMATS, Enclosure, balls
from equivalence.losses.curvature import curvature
from equivalence.losses.reduction import factors, rounding, weigh

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case


def has_curvature(case: Case) -> bool:
    """Whether second derivatives of a case are known."""
    return curvature(case.loss) is not None


def direction(shape: tuple[int, ...]) -> np.ndarray:
    """Along which second derivatives are taken, of the prediction's shape: 1, 2, 1/2, 1, ..."""
    return cotangent(shape)


def _curvature(case: Case, number: Callable[[Any], np.ndarray]) -> np.ndarray:
    curved = curvature(case.loss)
    assert curved is not None  # noqa: S101 - what has_curvature says
    prediction, target, parameters = converted(case, number)
    return curved.product(prediction, target, number(direction(prediction.shape)), **parameters)


def curved_plainly(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Second derivatives along the direction in plain float64, and the bound of the answer."""
    format_ = FORMATS[case.dtype]
    with np.errstate(all="ignore"):
        factor = factors(case.reduction, case.weighing)
        product = _scaled(case, _curvature(case, floats), factor)
        return product, curved_bound(case, format_.precision, format_.floor)


def _scaled(case: Case, numbers: np.ndarray, factor: np.ndarray) -> np.ndarray:
    factor = upstream(case, factor)
    return weigh(numbers, factor[..., None] if case.loss.has_classes else factor, case.reduction)


def curved_exactly(case: Case) -> np.ndarray:
    """The second derivative of the value along the direction, as balls: terms do not mix."""
    factor = factors(case.reduction, exactly_weighed(case))
    return _scaled(case, _curvature(case, balls), factor)


def curved_wider(case: Case, bound: np.ndarray) -> Enclosure | None:
    """The same of a large case in a wider format; None if that is not exact enough."""
    wide = format_beyond(case)
    if wide is None:
        return None
    factor = factors(case.reduction, weighing_in(case, wide.number))
    product = _curvature(case, functools.partial(np.asarray, dtype=wide.number))
    radius = curved_bound(case, wide.precision, wide.floor)
    exact = enclosed(_scaled(case, product, factor), radius)
    return exact if exact_enough(exact, bound) else None


def curved_bound(case: Case, precision: int, floor: float) -> np.ndarray:
    """The term's own bound, weighted, with the roundings of the weighting.

    The floor is granted to p, before it is multiplied by v or <p, v>, and to the result. It is also
    granted to p v and p <p, v>, which a mean's factor f makes smaller afterwards; or else, where v
    is multiplied by f first, to f v, to <p, f v> and to what p makes of both: p is at most 1.
    """
    weighing, curved = case.weighing, curvature(case.loss)
    assert curved is not None  # noqa: S101 - what has_curvature says
    prediction, target, parameters = converted(case, floats)
    along = direction(prediction.shape)
    errors = curved.bound(prediction, target, along, precision, **parameters)
    factor = np.abs(factors(case.reduction, weighing))
    _, units = rounding(case.reduction, weighing)
    size = np.abs(_curvature(case, floats))
    flushed = floor * (np.abs(along) + np.max(np.abs(along), initial=0.0))
    own = _scaled(case, errors + flushed + (units + 2) * 2.0**-precision * size, factor)
    products = np.maximum(_scaled(case, np.full(size.shape, 2 * floor), factor), 4 * floor)
    return np.asarray(own + products + floor)
