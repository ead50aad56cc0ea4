"""What an implementation is: one framework's translation of one loss, and what it offers."""

from __future__ import annotations

import functools
import inspect
import textwrap
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import (
    SOFT,
    SOFT_BINARY,
    SPARSE,
    Encoding,
    encoding,
)
from equivalence.cases.second_order import direction
from equivalence.exact import FORMATS
from equivalence.implementations.needs import dtypes_of, leaves_buffers, options_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from equivalence.cases.case import Case
    from equivalence.implementations.framework import Framework
    from equivalence.losses import Loss

REDUCTION = "reduction"
UNCHECKED = (
    "does not check what it is given: lengths that differ and labels that are no classes are not "
    "asked, it would read or write foreign memory"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A case in a framework's own layout, ready to be evaluated.

    Attributes:
        implementation: Whose function is called.
        prediction: With the classes where the framework wants them.
        target: Likewise; int64 if sparse.
        arguments: The keyword options; arrays are still NumPy's.
        target_gradient: Whether to differentiate with respect to the target too.
        weighted_by: The argument that holds the weights; empty if there are none.
    """

    implementation: Implementation
    prediction: np.ndarray
    target: np.ndarray
    arguments: dict[str, Any]
    target_gradient: bool
    weighted_by: str = ""


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
        returns_gradient: Whether it returns its own gradient beside the value.
        class_axis: Where it wants the classes: 1 (behind the batch) or -1 (last).
        dtypes: The formats that it takes.
        modes: The modes in which it is run; empty for those of its framework.
        unchecked: Whether it takes lengths and labels on trust, so that wrong ones are undefined
            behaviour, which harms the rest of the process.
        lacks: What the installed version does not offer, with the reason.
        form_of: The name, up to its columns, of the implementation that it is another form of, and
            which is asked more: a class of the function that it calls, a function of the class
            that calls it, or of the same one with the classes last; empty if it is none.
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
    returns_gradient: bool = False
    class_axis: int = -1
    dtypes: tuple[str, ...] = tuple(FORMATS)
    modes: tuple[str, ...] = field(default=())
    unchecked: bool = False
    lacks: Mapping[str, str] = field(default_factory=dict)
    form_of: str = ""

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    @property
    def offered_modes(self) -> tuple[str, ...]:
        """The modes in which it is run."""
        return self.modes or tuple(self.framework.evaluate)

    @property
    def differentiates(self) -> bool:
        """Whether it has a gradient: its framework's, or one of its own."""
        return self.framework.differentiates or self.returns_gradient

    @property
    def source(self) -> str:
        """The function as its author wrote it, without decorators."""
        lines = textwrap.dedent(inspect.getsource(self.function)).splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("def "))
        return "\n".join(lines[start:])

    @property
    def names_reduction(self) -> bool:
        """Whether the framework is told the name of a reduction, so that it can be misspelt."""
        chosen_here = ("[reduction]", "reduction ==")  # by the translation, from a table of its own
        return REDUCTION in inspect.signature(self.function).parameters and not any(
            words in self.source for words in chosen_here
        )

    def declines(self, case: Case) -> str:
        """Why the question is not offered, in words; empty if it is."""
        if case.loss is not self.loss:
            return f"computes {self.loss}"
        if encoding(case.target_kind) not in self.targets:
            return f"takes no {case.target_kind} targets"
        for dtype in dtypes_of(case):
            if dtype not in self.dtypes:
                return f"has no {dtype}"
        if case.reduction.kind not in self.reductions:
            return f"has no reduction {case.reduction.kind}"
        if lacking := self.lacking(case.reduction.kind, options_of(case), dtypes_of(case)):
            return lacking
        missing = options_of(case) - self.options
        if REDUCTION in missing and self.names_reduction:  # a misspelt one
            missing -= {REDUCTION}
        if missing:
            return f"has no option {', '.join(sorted(missing))}"
        return self._declines_shape(case)

    def _declines_shape(self, case: Case) -> str:
        """Why the shape is not offered, in words; empty if it is."""
        if case.weights is not None and shape_of(case) not in self.weighted_shapes:
            return f"takes no sample weights with {shape_of(case)} shape"
        return "" if shape_of(case) in self.shapes else f"takes no {shape_of(case)} shape"

    def lacking(
        self, reduction: str, options: Iterable[str] = (), dtypes: Iterable[str] = ()
    ) -> str:
        """What the installed version does not offer of what is asked, in words; empty if all."""
        asked = ("", self.reductions.get(reduction, ""), *sorted(options), *dtypes)
        return next((self.lacks[name] for name in asked if name in self.lacks), "")

    def withholds(self, case: Case) -> str:
        """Why a malformed question, if offered, is not asked all the same; empty if it is.

        What undefined behaviour returns is no answer, not even twice the same.
        """
        return UNCHECKED if self.unchecked and case.malformed and leaves_buffers(case) else ""

    def call(self, case: Case) -> Call:
        """The case in this framework's layout."""
        layout = self.class_axis if case.loss.has_classes else -1
        arguments: dict[str, Any] = dict(case.options)
        if case.weights is not None:
            arguments["sample_weight"] = case.weights
        if _takes_reduction(self.function):
            arguments.setdefault(REDUCTION, self.reductions[case.reduction.kind])
        sparse = encoding(case.target_kind) == SPARSE
        return Call(
            implementation=self,
            prediction=classes_to(case.prediction, layout),
            target=case.target if sparse else classes_to(case.target, layout),
            arguments=arguments,
            target_gradient=self.has_target_gradient(case),
            weighted_by=case.weighted_by,
        )

    def has_target_gradient(self, case: Case) -> bool:
        """Whether its gradient with respect to the target of a case is asked for."""
        return self.differentiates_target and encoding(case.target_kind) in SOFT | SOFT_BINARY

    def respond(self, case: Case, mode: str) -> Response:
        """Runs the implementation on a case; gradients come back with the classes last.

        What a framework warns of is not its answer, also where warnings are errors.

        Raises:
            RuntimeError: If the framework cannot be asked in this process.
        """
        self._check_process()
        call = self.call(case)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                response = self.framework.evaluate[mode](call)
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is its answer
            return Response(
                value=error, gradient=error, target_gradient=error if call.target_gradient else None
            )
        if self.class_axis == -1 or not case.loss.has_classes:
            return response
        return Response(
            value=response.value,
            gradient=_classes_last(response.gradient),
            target_gradient=_classes_last(response.target_gradient),
        )

    def _check_process(self) -> None:
        if reason := self.framework.absent():
            message = f"{self.framework} cannot be asked here: {reason}"
            raise RuntimeError(message)


@functools.cache
def _takes_reduction(function: Callable[..., Any]) -> bool:
    return "reduction" in inspect.signature(function).parameters


def apart(
    implementation: Implementation, case: Case, mode: str, quantity: str
) -> np.ndarray | Exception:
    """One of the quantities that are asked apart; the derivative by weights without axes of one."""
    implementation._check_process()  # noqa: SLF001 - its own module
    call = implementation.call(case)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = implementation.framework.apart[quantity][mode](call)
    except Exception as error:  # noqa: BLE001 - whatever a framework raises is its answer
        return error
    if quantity == "weight_gradient":
        return np.squeeze(found)
    if implementation.class_axis == -1 or not case.loss.has_classes:
        return found
    moved = _classes_last(found)
    return found if moved is None else moved


def direction_for(call: Call) -> np.ndarray:
    """The direction of second derivatives in the layout and the dtype of the prediction."""
    axis = call.implementation.class_axis if call.implementation.loss.has_classes else -1
    shape = call.prediction.shape
    last = shape if axis == -1 or len(shape) < 2 else (shape[0], *shape[2:], shape[1])
    return classes_to(direction(last), axis).astype(call.prediction.dtype)


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
