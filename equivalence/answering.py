"""Answering: the exact value and gradients of a loss, for anyone's arrays."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from equivalence.cases.answers import Answers, answers
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE, Case, Encoding
from equivalence.cases.generation import named_reduction
from equivalence.exact import FORMATS
from equivalence.losses import LOSSES, Loss, Reduction


def answer(
    loss: Loss | str,
    prediction: Any,
    target: Any,
    *,
    reduction: Reduction | str = "mean",
    sample_weight: Any = None,
    ignore_index: int | None = None,
    **parameters: Any,
) -> Answers:
    """The exact value and gradients of a loss at some arrays, each with its radius and bound.

    Args:
        loss: The loss or its name.
        prediction: Anything that NumPy takes for an array, classes last, shape ``[..., classes]``,
            or ``[...]`` for a binary loss; float16, bfloat16, float32 or float64 (of plain numbers,
            float64). Its numbers are taken as they are.
        target: Class indices ``[...]``, or a distribution over the classes (or numbers in [0, 1])
            of the prediction's shape.
        reduction: ``"none"``, ``"sum"``, ``"mean"`` or a mean that names its denominator
            (``REDUCTIONS``).
        sample_weight: A number, or weights that broadcast against the terms; of one axis, a weight
            for each sample.
        ignore_index: The class index that is not counted.
        parameters: Those of the formula: ``weight``, ``label_smoothing``, ``pos_weight``.

    Returns:
        ``value``, ``gradient`` and ``target_gradient``, each with ``exact.high + exact.low``,
        ``exact.radius`` and ``bound``, the error that a good implementation may make in the
        prediction's dtype.

    Raises:
        ValueError: If the loss, the reduction or a parameter is unknown, or shapes do not go
            together.

    >>> found = answer("cross_entropy", [0.0, 0.0], 1)
    >>> float(found.value.exact.high), found.gradient.exact.high.tolist()
    (0.6931471805599453, [0.5, -0.5])
    """
    if isinstance(loss, str):
        loss = _named(loss)
    array = np.asarray(prediction)
    if array.dtype.name not in FORMATS:
        array = array.astype(np.float64)
    dtype = array.dtype.name
    unknown = sorted(set(parameters) - set(loss.parameters))
    if unknown:
        message = (
            f"{loss} has no parameter {unknown[0]!r}; it has {', '.join(loss.parameters) or 'none'}"
        )
        raise ValueError(message)
    encoding, numbers = _target(loss, array, np.asarray(target))
    options = {
        name: _rounded(value, dtype) for name, value in parameters.items() if value is not None
    }
    if ignore_index is not None:
        options["ignore_index"] = ignore_index
    case = Case(
        loss=loss,
        target_kind=str(encoding.name).lower(),
        prediction=array,
        target=numbers,
        reduction=named_reduction(reduction) if isinstance(reduction, str) else reduction,
        dtype=dtype,
        origin="answer",
        options=MappingProxyType(options),
    )
    return answers(case if sample_weight is None else _weighted(case, sample_weight))


def _named(name: str) -> Loss:
    if name not in LOSSES:
        message = f"the loss {name!r} is unknown; there are {', '.join(LOSSES)}"
        raise ValueError(message)
    return LOSSES[name]


def _rounded(value: Any, dtype: str) -> Any:
    """Arrays in the dtype; plain numbers as they are, as frameworks take them."""
    return value if isinstance(value, int | float) else FORMATS[dtype].round(value)


def _target(loss: Loss, prediction: np.ndarray, target: np.ndarray) -> tuple[Encoding, np.ndarray]:
    """How a target is written down, and its numbers."""
    if loss.has_classes and target.shape == prediction.shape[:-1] and target.dtype.kind in "iu":
        return SPARSE, target.astype(np.int64)
    if target.shape != prediction.shape:
        message = f"the target has the shape {target.shape}, the prediction {prediction.shape}"
        raise ValueError(message)
    hard = bool(np.all((target == 0) | (target == 1)))
    encodings = (ONE_HOT, SOFT) if loss.has_classes else (BINARY, SOFT_BINARY)
    return encodings[0 if hard else 1], target.astype(prediction.dtype)


def _weighted(case: Case, sample_weight: Any) -> Case:
    """The case with sample weights, which get the rank of the terms."""
    import dataclasses

    weights = FORMATS[case.dtype].round(sample_weight)
    if weights.ndim == 1 and len(case.shape) > 1:
        weights = weights.reshape(-1, *(1,) * (len(case.shape) - 1))
    try:
        np.broadcast_to(weights, case.shape)
    except ValueError as error:
        message = f"sample weights {weights.shape} do not broadcast against terms {case.shape}"
        raise ValueError(message) from error
    return dataclasses.replace(case, weights=weights)
