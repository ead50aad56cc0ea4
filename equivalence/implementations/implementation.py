"""What an implementation is: one framework's translation of one loss, and what it offers."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import (
    SEGMENTATION_ENDING,
    SOFT,
    SOFT_BINARY,
    SPARSE,
    Encoding,
    encoding,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from equivalence.cases.case import Case
    from equivalence.implementations.framework import Framework
    from equivalence.losses import Loss

UNBATCHED, ROWS, COLUMNS, SEGMENTATION = "unbatched", "rows", "columns", "segmentation"
EVERY_SHAPE = frozenset((UNBATCHED, ROWS, COLUMNS, SEGMENTATION))
SAMPLE_WEIGHTS = frozenset(("scalar_weight", "sample_weight", "position_weight"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A case in a framework's own layout, ready to be evaluated.

    Attributes:
        implementation: Whose function is called.
        prediction: With the classes where the framework wants them.
        target: Likewise; int64 if sparse.
        arguments: The keyword options; arrays are still NumPy's.
        target_gradient: Whether to differentiate with respect to the target too.
    """

    implementation: Implementation
    prediction: np.ndarray
    target: np.ndarray
    arguments: dict[str, Any]
    target_gradient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back: arrays of the framework's dtype, an exception, or None if not offered."""

    value: np.ndarray | Exception
    gradient: np.ndarray | Exception | None = None
    target_gradient: np.ndarray | Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Implementation:
    """One framework's translation of one loss; ``str()`` is its name.

    Attributes:
        framework: Whose it is.
        name: ``"torch.cross_entropy"``, or ``"...[MEAN]"`` for one of several means.
        loss: What it claims to compute.
        function: ``(prediction, target, **options)`` in the framework's own tensors.
        targets: The encodings that it takes.
        reductions: Native names by kind of reduction.
        shapes: The shapes that it takes.
        weighted_shapes: The shapes with which it takes sample weights.
        options: The options that it takes, the kinds of sample weights among them.
        documentation: The URL of the documentation of what it calls.
        differentiates_target: Whether its gradient with respect to soft targets is asked for.
        modes: The modes in which it is run; empty for those of its framework.
    """

    framework: Framework
    name: str
    loss: Loss
    function: Callable[..., Any]
    targets: Encoding
    reductions: Mapping[str, str]
    shapes: frozenset[str]
    weighted_shapes: frozenset[str]
    options: frozenset[str]
    documentation: str
    differentiates_target: bool = False
    modes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    @property
    def offered_modes(self) -> tuple[str, ...]:
        """The modes in which it is run."""
        return self.modes or tuple(self.framework.evaluate)

    @property
    def source(self) -> str:
        """The function as its author wrote it, without decorators."""
        lines = textwrap.dedent(inspect.getsource(self.function)).splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("def "))
        return "\n".join(lines[start:])

    def declines(self, case: Case) -> str:
        """Why the question is not offered, in words; empty if it is."""
        if case.loss is not self.loss:
            return f"computes {self.loss}"
        if encoding(case.target_kind) not in self.targets:
            return f"takes no {case.target_kind} targets"
        if case.dtype not in self.framework.dtypes:
            return f"has no {case.dtype}"
        if case.reduction.kind not in self.reductions:
            return f"has no reduction {case.reduction.kind}"
        missing = options_of(case) - self.options
        if missing:
            return f"has no option {', '.join(sorted(missing))}"
        if case.weights is not None and shape_of(case) not in self.weighted_shapes:
            return f"takes no sample weights with {shape_of(case)} shape"
        return "" if shape_of(case) in self.shapes else f"takes no {shape_of(case)} shape"

    def call(self, case: Case) -> Call:
        """The case in this framework's layout."""
        layout = self.framework.class_axis if case.loss.has_classes else -1
        arguments: dict[str, Any] = dict(case.options)
        if case.weights is not None:
            arguments["sample_weight"] = case.weights
        if "reduction" in inspect.signature(self.function).parameters:
            arguments["reduction"] = self.reductions[case.reduction.kind]
        soft = encoding(case.target_kind) in SOFT | SOFT_BINARY
        sparse = encoding(case.target_kind) == SPARSE
        return Call(
            implementation=self,
            prediction=classes_to(case.prediction, layout),
            target=case.target if sparse else classes_to(case.target, layout),
            arguments=arguments,
            target_gradient=self.differentiates_target and soft,
        )

    def respond(self, case: Case, mode: str) -> Response:
        """Runs the implementation on a case; gradients come back with the classes last."""
        call = self.call(case)
        try:
            response = self.framework.evaluate[mode](call)
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is its answer
            return Response(
                value=error, gradient=error, target_gradient=error if call.target_gradient else None
            )
        if self.framework.class_axis == -1 or not case.loss.has_classes:
            return response
        return Response(
            value=response.value,
            gradient=_classes_last(response.gradient),
            target_gradient=_classes_last(response.target_gradient),
        )


def classes_to(array: np.ndarray, axis: int) -> np.ndarray:
    """Moves the last axis to where a framework wants the classes.

    For 1 an array ``[N, ..., C]`` becomes ``[N, C, ...]``; a single row stays as it is.
    """
    if axis == -1 or array.ndim < 2:
        return array
    return np.ascontiguousarray(np.moveaxis(array, -1, axis))


def _classes_last(gradient: np.ndarray | Exception | None) -> np.ndarray | Exception | None:
    if not isinstance(gradient, np.ndarray) or gradient.ndim < 2:
        return gradient
    return np.moveaxis(gradient, 1, -1)


def options_of(case: Case) -> frozenset[str]:
    """The names of the options that a case uses, the kind of its sample weights among them."""
    names = set(case.options)
    if case.weights is not None:
        weights = np.shape(case.weights)
        if not weights:
            names.add("scalar_weight")
        elif len(weights) > 1 and weights == case.shape:
            names.add("position_weight")
        else:
            names.add("sample_weight")
    return frozenset(names)


def shape_of(case: Case) -> str:
    """What the shape of the terms is called."""
    if not case.shape:
        return UNBATCHED
    if case.target_kind.endswith(SEGMENTATION_ENDING):
        return SEGMENTATION
    return ROWS if len(case.shape) == 1 else COLUMNS
