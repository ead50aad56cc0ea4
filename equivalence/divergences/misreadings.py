"""Malformed questions: what is wrong with one, and the well-formed question answered instead.

The models here are rules over the arrays of a case. They return None where the question has another
fault, an exception type where it is refused, or a well-formed case, which is verified as any other.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.case import SPARSE, encoding
from equivalence.losses.loss import LOGITS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

Model = Callable[["Case"], "Case | type[Exception] | None"]


def of_indices(case: Case) -> bool:
    """Whether the targets are class indices."""
    return encoding(case.target_kind) == SPARSE


def of_other_length(case: Case) -> bool:
    """Whether class indices have the rank of the terms, and another length."""
    return of_indices(case) and case.target.ndim == len(case.shape)


class Fault(Enum):
    """What is wrong with a malformed question."""

    REDUCTION = auto()  # its name is misspelt
    INTEGER_PREDICTIONS = auto()
    COMPLEX_PREDICTIONS = auto()
    COMPLEX_TARGET = auto()
    WORDS = auto()
    TARGET_SHAPE = auto()
    FLOAT_LABELS = auto()  # whole ones
    FRACTION = auto()
    NAN_LABEL = auto()  # of class indices
    LABEL = auto()  # a class index outside of the classes
    NAN_TARGET = auto()
    NUMBER = auto()  # a binary label outside [0, 1]
    CLASS_WEIGHTS = auto()
    POSITIVE_WEIGHTS = auto()
    SAMPLE_WEIGHTS = auto()


EVERY = tuple(Fault)
WEIGHTS = (Fault.CLASS_WEIGHTS, Fault.POSITIVE_WEIGHTS, Fault.SAMPLE_WEIGHTS)


def fault(case: Case) -> Fault:
    """What is wrong with a malformed question, from its arrays; of several faults the first."""
    sparse = of_indices(case)
    if "reduction" in case.options:
        return Fault.REDUCTION
    if case.prediction.dtype.kind in "iuc":
        integers = case.prediction.dtype.kind in "iu"
        return Fault.INTEGER_PREDICTIONS if integers else Fault.COMPLEX_PREDICTIONS
    if case.target.dtype.kind in "cU":
        return Fault.COMPLEX_TARGET if case.target.dtype.kind == "c" else Fault.WORDS
    if case.target.shape != (case.shape if sparse else case.prediction.shape):
        return Fault.TARGET_SHAPE
    numbers = np.asarray(case.target, dtype=np.float64)
    if np.isnan(numbers).any():
        return Fault.NAN_LABEL if sparse else Fault.NAN_TARGET
    if sparse and case.target.dtype.kind not in "iu":
        return Fault.FLOAT_LABELS if np.all(numbers == np.round(numbers)) else Fault.FRACTION
    if not np.all((numbers >= 0) & (numbers <= (case.prediction.shape[-1] - 1 if sparse else 1))):
        return Fault.LABEL if sparse else Fault.NUMBER
    if "weight" in case.options and np.shape(case.options["weight"]) != case.prediction.shape[-1:]:
        return Fault.CLASS_WEIGHTS
    return Fault.POSITIVE_WEIGHTS if "pos_weight" in case.options else Fault.SAMPLE_WEIGHTS


def raises(
    exception: type[Exception] | str,
    *faults: Fault,
    where: Callable[[Case], bool] = lambda _: True,
) -> Model:
    """Questions with these faults are refused.

    Args:
        exception: Its type, or the dotted name of one that is imported when it is needed.
        faults: All of which are refused so.
        where: Of which cases only.
    """

    def model(case: Case) -> type[Exception] | None:
        return exception_type(exception) if fault(case) in faults and where(case) else None

    return model


def exception_type(exception: type[Exception] | str) -> type[Exception]:
    """The type of a dotted name, imported."""
    if not isinstance(exception, str):
        return exception
    module, _, name = exception.rpartition(".")
    found: type[Exception] = getattr(importlib.import_module(module), name)
    return found


def either(*models: Model) -> Model:
    """What the first of several models says that says anything."""

    def model(case: Case) -> Case | type[Exception] | None:
        return next((said for one in models if (said := one(case)) is not None), None)

    return model


def well_formed(case: Case, **changes: object) -> Case:
    """The case with what was wrong put right."""
    return replace(case, malformed="", **changes)  # type: ignore[arg-type]


def takes_numbers(case: Case) -> Case | None:
    """A label outside [0, 1], or NaN, is put into the formula as any other number."""
    return well_formed(case) if fault(case) in {Fault.NAN_TARGET, Fault.NUMBER} else None


def takes_real_parts(case: Case) -> Case | None:
    """Of complex numbers the real parts are taken."""
    if fault(case) == Fault.COMPLEX_PREDICTIONS:
        parts = case.prediction.real
        return well_formed(case, prediction=parts, dtype=parts.dtype.name)
    if fault(case) != Fault.COMPLEX_TARGET:
        return None
    sparse = of_indices(case)
    parts = case.target.real
    return well_formed(case, target=parts.astype(np.int64) if sparse else parts)


def truncates_labels(*, fractions: bool = True, nan: int | None = None) -> Model:
    """Class indices that are floating-point numbers are cut to integers.

    Args:
        fractions: Whether those between two classes are too.
        nan: What NaN becomes; by default that is not said.
    """
    faults = {Fault.FLOAT_LABELS}
    faults |= {Fault.FRACTION} if fractions else set()
    faults |= set() if nan is None else {Fault.NAN_LABEL}

    def model(case: Case) -> Case | None:
        if fault(case) not in faults:
            return None
        numbers = np.asarray(case.target, dtype=np.float64)
        return well_formed(case, target=np.nan_to_num(numbers, nan=nan or 0).astype(np.int64))

    return model


def casts_predictions(dtype: str) -> Model:
    """Integer predictions are taken for numbers of a floating-point format."""

    def model(case: Case) -> Case | None:
        if fault(case) != Fault.INTEGER_PREDICTIONS:
            return None
        prediction = case.prediction.astype(dtype)
        integers = case.target.dtype.kind in "iu"
        target = case.target if integers else case.target.astype(dtype)
        return well_formed(case, dtype=dtype, prediction=prediction, target=target)

    return model


CASTS_PREDICTIONS = either(
    casts_predictions("float32"),
    lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_PREDICTIONS else None,
)


def drops_last_axis(case: Case) -> Case | None:
    """A last axis of length 1 of class indices or binary targets is dropped."""
    if fault(case) != Fault.TARGET_SHAPE or case.target.shape != (*case.shape, 1):
        return None
    return well_formed(case, target=case.target[..., 0])


def broadcasts(case: Case) -> Case | None:
    """Arrays of different shapes are broadcast against each other as NumPy does."""
    sparse = of_indices(case)
    known = fault(case)
    try:
        if known == Fault.CLASS_WEIGHTS:
            weight = np.broadcast_to(case.options["weight"], case.prediction.shape[-1:])
            return _with_option(case, "weight", weight)
        if known == Fault.SAMPLE_WEIGHTS:
            shape = np.broadcast_shapes(case.shape, np.asarray(case.weights).shape)
            return _filling(case, shape, case.target)
        if known != Fault.TARGET_SHAPE or (sparse and case.target.ndim != len(case.shape)):
            return None
        ours = case.shape if sparse else case.prediction.shape
        full = np.broadcast_shapes(ours, case.target.shape)
    except ValueError:
        return None
    return _filling(case, full[:-1] if case.loss.has_classes and not sparse else full, case.target)


def _with_option(case: Case, name: str, value: np.ndarray) -> Case:
    return well_formed(case, options=MappingProxyType({**case.options, name: value}))


def _filling(case: Case, shape: tuple[int, ...], target: np.ndarray) -> Case:
    """The case with everything broadcast to a shape of the terms."""
    classes = case.prediction.shape[-1:] if case.loss.has_classes else ()
    sparse = of_indices(case)
    return well_formed(
        case,
        prediction=np.broadcast_to(case.prediction, (*shape, *classes)),
        target=np.broadcast_to(target, shape if sparse else (*shape, *classes)),
        weights=None if case.weights is None else np.broadcast_to(case.weights, shape),
    )


def ignores_label(label: int) -> Model:
    """A label that is no class is ignored, though nobody says that it should be."""

    def model(case: Case) -> Case | None:
        if fault(case) != Fault.LABEL or "ignore_index" in case.options:
            return None
        outside = (case.target < 0) | (case.target >= case.prediction.shape[-1])
        if not np.all(case.target[outside] == label):
            return None
        return well_formed(case, options=MappingProxyType({**case.options, "ignore_index": label}))

    return model


def counts_from_the_end(case: Case) -> Case | None:
    """Negative labels count from the last class, as NumPy's indices do."""
    classes = case.prediction.shape[-1]
    if fault(case) != Fault.LABEL or not np.all(
        (case.target >= -classes) & (case.target < classes)
    ):
        return None
    return well_formed(case, target=case.target % classes)


def returns_nan(case: Case) -> Case | None:
    """The loss of a label that is no class is NaN, and so is its row of the gradient.

    As that of a NaN logit is. Steps before the loss make a NaN probability another number, so that
    of probabilities it is the weight that is NaN, which no mean over weights may divide by.
    """
    if fault(case) != Fault.LABEL:
        return None
    outside = (case.target < 0) | (case.target >= case.prediction.shape[-1])
    labels, dtype = np.where(outside, 0, case.target), case.prediction.dtype
    if case.loss.prediction == LOGITS:
        logits = np.where(outside[..., None], np.nan, case.prediction).astype(dtype)
        return well_formed(case, prediction=logits, target=labels)
    own = 1.0 if case.weights is None else np.asarray(case.weights, dtype=np.float64)
    weights = np.where(outside, np.nan, own).astype(dtype)
    return well_formed(case, target=labels, weights=weights)
