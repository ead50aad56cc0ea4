"""How a right implementation in NumPy answers, in parts, so that one of them can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.implementations import Response
from equivalence.implementations.implementation import Call
from equivalence.losses import Gradients, Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as an implementation reads it.

    Attributes:
        loss: What is asked for.
        prediction: In the number type that is computed in; classes last.
        target: A distribution over the classes, zeros where ignored; or a number for each term.
        labels: Class indices, if the target is given by them.
        ignored: The class index that is ignored, if any.
        counted: False where the target is ignored, shape ``[...]``.
        weights: The sample weights as they were passed; a 1 if there are none.
        parameters: The options of the formula.
        reduction: ``"none"``, ``"sum"`` or ``"mean"``.
        dtype: The dtype under test, to which answers are rounded.
        contiguous: Whether the prediction lies in memory in the order of its axes.
        wants_target_gradient: Whether the gradient by the target is asked for.
    """

    loss: Loss
    prediction: np.ndarray
    target: np.ndarray
    labels: np.ndarray | None
    ignored: int | None
    counted: np.ndarray
    weights: np.ndarray
    parameters: Mapping[str, Any]
    reduction: str
    dtype: np.dtype[Any]
    contiguous: bool
    wants_target_gradient: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the terms."""
        shape = self.prediction.shape
        return shape[:-1] if self.loss.has_classes else shape

    @property
    def number(self) -> np.dtype[Any]:
        """The number type that is computed in."""
        return self.prediction.dtype

    def having(self, **parameters: Any) -> Asked:
        """The question with other options of the formula; those that are None are left out."""
        both = {**self.parameters, **parameters}
        return replace(self, parameters={k: v for k, v in both.items() if v is not None})

    def labelled(self, labels: np.ndarray, ignored: int | None) -> Asked:
        """The question with other class indices; one that is no class has no share."""
        counted = np.asarray(labels != ignored)
        classes = np.arange(self.prediction.shape[-1])
        target = (classes == labels[..., None]) & counted[..., None]
        return replace(
            self,
            labels=labels,
            ignored=ignored,
            counted=counted,
            target=target.astype(self.number),
        )


def read(call: Call, number: Any = np.float64) -> Asked:
    """The question of a call, its numbers in a number type; None is the dtype under test."""
    loss, options = call.implementation.loss, dict(call.arguments)
    kind = np.dtype(number or call.prediction.dtype)
    reduction = options.pop("reduction")
    weights = np.asarray(options.pop("sample_weight", 1.0)).astype(kind)
    ignored = options.pop("ignore_index", None)
    sparse = loss.has_classes and call.target.dtype.kind == "i"
    prediction = call.prediction.astype(kind)
    asked = Asked(
        loss=loss,
        prediction=prediction,
        target=call.target if sparse else call.target.astype(kind),
        labels=None,
        ignored=None,
        counted=np.ones(prediction.shape[:-1] if loss.has_classes else prediction.shape, bool),
        weights=weights,
        parameters={name: np.asarray(value).astype(kind) for name, value in options.items()},
        reduction=reduction,
        dtype=call.prediction.dtype,
        contiguous=bool(call.prediction.flags.c_contiguous),
        wants_target_gradient=call.target_gradient,
    )
    return asked.labelled(call.target, ignored) if sparse else asked


def terms_of(asked: Asked) -> np.ndarray:
    """The term of each position, shape ``[...]``."""
    return np.asarray(asked.loss.definition(asked.prediction, asked.target, **asked.parameters))


def slopes_of(asked: Asked) -> Gradients:
    """The derivatives of the terms by the prediction and by the target."""
    return asked.loss.gradient(asked.prediction, asked.target, **asked.parameters)


def weighed_slopes(asked: Asked, upstream: np.ndarray) -> list[np.ndarray]:
    """The derivatives of the terms, multiplied by what comes from above.

    A kernel multiplies before it divides: where a quotient does not fit, the product may. Here such
    a quotient is formed in wider numbers.
    """
    slopes = slopes_of(asked)
    if not any(np.isinf(slope).any() for slope in slopes):
        return [upstream * np.asarray(slope) for slope in slopes]

    def widened(numbers: Any) -> Any:
        return np.asarray(numbers).astype(np.longdouble)

    parameters = {name: widened(value) for name, value in asked.parameters.items()}
    wide = replace(
        asked,
        prediction=widened(asked.prediction),
        target=widened(asked.target),
        parameters=parameters,
    )
    return [
        np.where(np.isinf(slope), widened(upstream) * more, upstream * np.asarray(slope))
        for slope, more in zip(slopes, slopes_of(wide), strict=True)
    ]


def weights_of(asked: Asked) -> np.ndarray:
    """How much each term counts, shape ``[...]``; an ignored one nothing."""
    return np.where(
        asked.counted, np.broadcast_to(asked.weights, asked.shape), asked.number.type(0)
    )


def factor_of(asked: Asked) -> np.ndarray:
    """What each term is multiplied by before it is summed, shape ``[...]``."""
    weights = weights_of(asked)
    return (
        weights / asked.number.type(asked.counted.sum()) if asked.reduction == "mean" else weights
    )


def upstream_of(asked: Asked, factor: np.ndarray) -> np.ndarray:
    """What the derivatives of the terms are multiplied by, of their rank."""
    weighed = factor
    if asked.reduction == "none":
        weighed = factor * cotangent(asked.shape).astype(factor.dtype)
    return weighed[..., None] if asked.loss.has_classes else weighed


def multiplied(numbers: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Numbers times their factors, of which zeros count nothing."""
    return np.where(factor == 0, 0, numbers * np.where(factor == 0, 1, factor))


def right(
    asked: Asked,
    *,
    terms: np.ndarray | None = None,
    slopes: Gradients | None = None,
    factor: np.ndarray | None = None,
    upstream: np.ndarray | None = None,
    value: np.ndarray | None = None,
) -> Response:
    """The right answer, rounded once to the dtype; what is given is taken as it is."""
    terms = terms_of(asked) if terms is None else terms
    factor = factor_of(asked) if factor is None else factor
    if value is None:
        nothing = asked.reduction == "mean" and not asked.counted.any()
        weighted = terms * np.nan if nothing else multiplied(terms, factor)
        value = weighted if asked.reduction == "none" else np.sum(weighted)
    upstream = upstream_of(asked, factor) if upstream is None else upstream
    weighed = (
        weighed_slopes(asked, upstream)
        if slopes is None
        else [upstream * np.asarray(slope) for slope in slopes]
    )
    gradients = [np.where(upstream == 0, 0, slope) for slope in weighed]
    rounded = [np.asarray(array).astype(asked.dtype) for array in (value, *gradients)]
    return Response(
        value=rounded[0],
        gradient=rounded[1],
        target_gradient=rounded[2] if asked.wants_target_gradient else None,
    )
