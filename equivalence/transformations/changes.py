"""Changes of a case that one function is asked with and without: shifts, orders, splits, scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from equivalence.cases.case import SPARSE, Case, encoding
from equivalence.exact import FORMATS
from equivalence.implementations.needs import SAMPLE_WEIGHTS
from equivalence.losses.loss import LOGITS
from equivalence.shrinking import taken
from equivalence.transformations.relation import Related, Relation, unchanged

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from equivalence.implementations import Implementation


def _always(_implementation: Implementation, _mode: str) -> bool:
    return True


def _has_classes(implementation: Implementation, _mode: str) -> bool:
    return implementation.loss.has_classes


def _is_shift_invariant(implementation: Implementation, _mode: str) -> bool:
    return implementation.loss.has_classes and implementation.loss.prediction == LOGITS


def _exactly(one: float, other: float, total: float) -> bool:
    return Fraction(one) + Fraction(other) == Fraction(total)


def _shift(draw: DrawFn, implementation: Implementation, _mode: str, case: Case) -> Related | None:
    """One constant is added to every logit; logits are first moved to where that is exact."""
    round_ = FORMATS[case.dtype].round
    whole = st.integers(-8, 8).map(float)
    far = st.sampled_from((64.0, -64.0, 1024.0, -1024.0, 16384.0, -16384.0))
    constant = float(round_(draw(st.one_of(whole, far))))
    moved = round_(case.prediction.astype(np.float64) + constant)
    back = round_(moved.astype(np.float64) - constant)
    numbers = zip(*(one.astype(np.float64).ravel().tolist() for one in (back, moved)), strict=True)
    if not np.isfinite(moved.astype(np.float64)).all():
        return None
    if not all(_exactly(old, constant, new) for old, new in numbers):
        return None
    first = replace(case, prediction=back)
    second = replace(case, prediction=moved)
    return Related(
        first, ((implementation, second),), unchanged, f"{constant:g} added to every logit"
    )


def _permute_classes(
    draw: DrawFn, implementation: Implementation, _mode: str, case: Case
) -> Related | None:
    """The classes in another order, and everything that belongs to them."""
    order = np.array(draw(st.permutations(range(case.prediction.shape[-1]))))
    place = np.argsort(order)
    options = dict(case.options)
    if np.ndim(options.get("weight", 0.0)):
        options["weight"] = options["weight"][order]
    if encoding(case.target_kind) == SPARSE:
        counted = case.counted
        target = np.where(counted, place[np.where(counted, case.target, 0)], case.target)
    else:
        target = case.target[..., order]
    other = replace(
        case,
        prediction=case.prediction[..., order],
        target=target,
        options=MappingProxyType(options),
    )

    def back(arrays: Sequence[np.ndarray], quantity: str, _terms: object) -> np.ndarray:
        return arrays[0] if quantity == "value" else arrays[0][..., place]

    return Related(case, ((implementation, other),), back, f"the classes {order.tolist()}")


def _permute_rows(
    draw: DrawFn, implementation: Implementation, _mode: str, case: Case
) -> Related | None:
    """The rows of the batch in another order."""
    order = np.array(draw(st.permutations(range(case.shape[0]))))
    place = np.argsort(order)

    def back(arrays: Sequence[np.ndarray], quantity: str, terms: object) -> np.ndarray:
        return arrays[0] if quantity == "value" and not terms else arrays[0][place]

    other = _rows(case, order)
    return Related(case, ((implementation, other),), back, f"the rows {order.tolist()}")


def _rows(case: Case, rows: np.ndarray) -> Case:
    """Some rows of a case, with what belongs to them."""
    positive = case.options.get("pos_weight")
    if positive is None or len(case.shape) > 1:
        return taken(case, 0, rows)
    # A weight for each column stays where it is; one axis has none.
    without = {name: value for name, value in case.options.items() if name != "pos_weight"}
    few = taken(replace(case, options=MappingProxyType(without)), 0, rows)
    return replace(few, options=case.options)


def _split(draw: DrawFn, implementation: Implementation, _mode: str, case: Case) -> Related | None:
    """A batch cut into two: the sum over the parts is the sum of the whole."""
    size = case.shape[0]
    cut = draw(st.integers(1, size - 1))
    parts = (_rows(case, np.arange(cut)), _rows(case, np.arange(cut, size)))

    def back(arrays: Sequence[np.ndarray], quantity: str, terms: object) -> np.ndarray:
        if quantity == "value" and not terms:
            return np.asarray(np.sum(arrays, axis=0))
        return np.concatenate(arrays, axis=0)

    words = f"the batch cut behind row {cut}"
    return Related(case, tuple((implementation, part) for part in parts), back, words)


def _takes_weights(implementation: Implementation, _mode: str) -> bool:
    return bool(implementation.options & (SAMPLE_WEIGHTS | {"weight"}))


def _scale(draw: DrawFn, implementation: Implementation, _mode: str, case: Case) -> Related | None:
    """Weights times a power of two: terms and sums are so many times as large.

    A mean that divides by the sum of the weights stays what it is; that follows, because it is
    multiplied by its denominator.
    """
    power = draw(st.sampled_from((2.0, 0.5, 4.0, 0.25, 16.0)))
    if case.weights is not None:
        other = replace(case, weights=_times(case.weights, power, case.dtype))
    elif "weight" in case.options:
        scaled = {**case.options, "weight": _times(case.options["weight"], power, case.dtype)}
        other = replace(case, options=MappingProxyType(scaled))
    else:
        return None

    def back(arrays: Sequence[np.ndarray], _quantity: str, _terms: object) -> np.ndarray:
        return np.asarray(arrays[0] / power)

    return Related(case, ((implementation, other),), back, f"the weights times {power:g}")


def _times(weights: np.ndarray, power: float, dtype: str) -> np.ndarray:
    return FORMATS[dtype].round(np.asarray(weights, dtype=np.float64) * power)


CHANGES = (
    Relation(name="shift", offered=_is_shift_invariant, change=_shift),
    Relation(name="classes", offered=_has_classes, change=_permute_classes),
    Relation(name="rows", offered=_always, change=_permute_rows, rows=2),
    Relation(name="split", offered=_always, change=_split, rows=2),
    Relation(name="weights", offered=_takes_weights, change=_scale, weighted=True),
)
