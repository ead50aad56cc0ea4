"""What a framework is, what an implementation is, and the registry of both.

A framework owns everything that its implementations have in common: arrays to tensors and back,
differentiation, modes, versions. An implementation is a translation of one loss into that framework.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE, Encoding, encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from equivalence.cases.case import Case
    from equivalence.losses import Loss

IMPLEMENTATIONS: dict[str, Implementation] = {}

UNBATCHED, ROWS, COLUMNS, SEGMENTATION = "unbatched", "rows", "columns", "segmentation"
EVERY_SHAPE = frozenset((UNBATCHED, ROWS, COLUMNS, SEGMENTATION))
SAMPLE_WEIGHTS = frozenset(("scalar_weight", "sample_weight", "position_weight"))
STANDARD_REDUCTIONS = {"none": "none", "sum": "sum", "mean": "mean"}


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
    """What came back: arrays of the framework's dtype; an exception; or None where nothing is offered."""

    value: np.ndarray | Exception
    gradient: np.ndarray | Exception | None = None
    target_gradient: np.ndarray | Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Framework:
    """A library under test.

    Attributes:
        name: As in ``"torch.cross_entropy"``.
        distributions: The installed packages whose versions decide its numbers.
        evaluate: For each mode, a function from a ``Call`` to a ``Response``.
        imports: The lines with which a reproduction script begins.
        scripts: For each mode, the rest of the script; ``{prediction}``, ``{target}``, ``{function}``,
            ``{arguments}``, ``{cotangent}`` (numbers), ``{variable}`` (what is differentiated: ``prediction`` or
            ``target``) and ``{quantity}`` (what its gradient is called) are filled in.
        array: How an array is written, from ``{values}`` and ``{dtype}``.
        class_axis: Where the classes are: 1 (behind the batch) or -1 (last).
        differentiates: Whether gradients are offered at all.
        flags: Returns the settings that decide numbers.
    """

    name: str
    distributions: tuple[str, ...]
    evaluate: Mapping[str, Callable[[Call], Response]]
    imports: str
    scripts: Mapping[str, str]
    array: str
    class_axis: int = -1
    differentiates: bool = True
    flags: Callable[[], dict[str, str]] = dict

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    @property
    def versions(self) -> dict[str, str]:
        """The installed versions."""
        return {name: _version(name) for name in self.distributions}

    def implements(
        self,
        loss: Loss,
        *,
        targets: Encoding,
        documentation: str = "",
        name: str = "",
        reductions: Mapping[str, str | tuple[str, ...]] | None = None,
        shapes: frozenset[str] = EVERY_SHAPE,
        weights: frozenset[str] = SAMPLE_WEIGHTS,
        weighted_shapes: frozenset[str] = EVERY_SHAPE,
        differentiates_target: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers the decorated function as this framework's translation of a loss.

        Args:
            loss: The loss that it claims to compute.
            targets: The encodings that it takes, joined by ``|``.
            documentation: The URL of the documentation of what it calls.
            name: Its name; by default the function's.
            reductions: The native names of ``"none"``, ``"sum"`` and ``"mean"``; where a framework has several
                means, a tuple, and each becomes an implementation ``name[native]`` of its own.
            shapes: Which shapes of terms it takes.
            weights: Which sample weights it takes, if it has a parameter ``sample_weight``.
            weighted_shapes: The shapes with which it takes sample weights.
            differentiates_target: Whether its gradient with respect to the target is asked for.

        The options that it takes are its keyword parameters. A function without a parameter ``reduction``
        returns the terms and is asked for nothing else.

        Raises:
            ValueError: If the name is taken, or a target or shape is unknown.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            parameters = tuple(inspect.signature(function).parameters)[2:]
            offered = reductions or (STANDARD_REDUCTIONS if "reduction" in parameters else {"none": ""})
            base = f"{self.name}.{name or function.__name__}"
            for full, natives in _columns(base, offered):
                if full in IMPLEMENTATIONS:
                    where = IMPLEMENTATIONS[full].function.__module__
                    message = f"the implementation {full!r} is already defined in {where}"
                    raise ValueError(message)
                IMPLEMENTATIONS[full] = Implementation(
                    framework=self,
                    name=full,
                    loss=loss,
                    function=function,
                    targets=targets,
                    reductions=natives,
                    shapes=shapes,
                    weighted_shapes=weighted_shapes,
                    options=_options(parameters, weights),
                    documentation=documentation,
                    differentiates_target=differentiates_target and self.differentiates,
                )
            return function

        return register


@functools.cache
def _version(distribution: str) -> str:
    return metadata.version(distribution)


def _columns(base: str, offered: Mapping[str, str | tuple[str, ...]]) -> list[tuple[str, dict[str, str]]]:
    """One implementation, and one more for each of several means."""
    single = {kind: native for kind, native in offered.items() if isinstance(native, str)}
    several = [(kind, native) for kind, natives in offered.items() if not isinstance(natives, str) for native in natives]
    columns = [(base, single)] if single else []
    return columns + [(f"{base}[{native}]", {kind: native}) for kind, native in several]


def _options(parameters: tuple[str, ...], weights: frozenset[str]) -> frozenset[str]:
    plain = frozenset(parameters) - {"reduction", "sample_weight"}
    return plain | weights if "sample_weight" in parameters else plain


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
        return Call(
            implementation=self,
            prediction=classes_to(case.prediction, layout),
            target=case.target if encoding(case.target_kind) == SPARSE else classes_to(case.target, layout),
            arguments=arguments,
            target_gradient=self.differentiates_target and soft,
        )

    def respond(self, case: Case, mode: str) -> Response:
        """Runs the implementation on a case; gradients come back with the classes last."""
        call = self.call(case)
        try:
            response = self.framework.evaluate[mode](call)
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is its answer
            return Response(value=error, gradient=error, target_gradient=error if call.target_gradient else None)
        if self.framework.class_axis == -1 or not case.loss.has_classes:
            return response
        return Response(
            value=response.value,
            gradient=_classes_last(response.gradient),
            target_gradient=_classes_last(response.target_gradient),
        )


def classes_to(array: np.ndarray, axis: int) -> np.ndarray:
    """Moves the last axis to where a framework wants the classes: ``[N, ..., C]`` to ``[N, C, ...]`` for 1."""
    return array if axis == -1 or array.ndim < 2 else np.ascontiguousarray(np.moveaxis(array, -1, axis))  # noqa: PLR2004 - N and C


def _classes_last(gradient: np.ndarray | Exception | None) -> np.ndarray | Exception | None:
    if not isinstance(gradient, np.ndarray) or gradient.ndim < 2:  # noqa: PLR2004 - N and C
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
    if case.target_kind.endswith("_segmentation"):
        return SEGMENTATION
    return ROWS if len(case.shape) == 1 else COLUMNS


__all__ = ["BINARY", "ONE_HOT", "SOFT", "SOFT_BINARY", "SPARSE", "Call", "Framework", "Implementation", "Response"]
