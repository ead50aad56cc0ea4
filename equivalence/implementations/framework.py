"""What a framework is, and the registry of the implementations in every framework.

A framework owns everything that its implementations have in common: arrays to tensors and back,
differentiation, modes, versions. An implementation is a translation of one loss into that
framework.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from equivalence.exact import FORMATS
from equivalence.implementations.implementation import (
    EVERY_SHAPE,
    SAMPLE_WEIGHTS,
    Call,
    Implementation,
    Response,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from equivalence.cases.case import Encoding
    from equivalence.losses import Loss

IMPLEMENTATIONS: dict[str, Implementation] = {}

STANDARD_REDUCTIONS = {"none": "none", "sum": "sum", "mean": "mean"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Framework:
    """A library under test.

    Attributes:
        name: As in ``"torch.cross_entropy"``.
        distributions: The installed packages whose versions decide its numbers.
        evaluate: For each mode, a function from a ``Call`` to a ``Response``.
        imports: The lines with which a reproduction script begins.
        scripts: For each mode, the rest of the script; ``{prediction}``, ``{target}``,
            ``{function}``, ``{arguments}``, ``{cotangent}`` (numbers), ``{variable}`` (what is
            differentiated: ``prediction`` or ``target``), ``{quantity}`` (what its gradient is
            called) and ``{wanted}`` (everything that is differentiated) are filled in.
        dtypes: The floating-point formats that it has.
        array: How an array is written, from ``{values}`` and ``{dtype}``.
        class_axis: Where the classes are: 1 (behind the batch) or -1 (last).
        differentiates: Whether gradients are offered at all.
        flags: Returns the settings that decide numbers.
        unavailable: For a mode that may not run on every machine, why it does not on this one, in
            one line; empty if it does.
    """

    name: str
    distributions: tuple[str, ...]
    evaluate: Mapping[str, Callable[[Call], Response]]
    imports: str
    scripts: Mapping[str, str]
    array: str
    dtypes: tuple[str, ...] = tuple(FORMATS)
    class_axis: int = -1
    differentiates: bool = True
    flags: Callable[[], dict[str, str]] = dict
    unavailable: Mapping[str, Callable[[], str]] = field(default_factory=dict)

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
        modes: tuple[str, ...] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers the decorated function as this framework's translation of a loss.

        Args:
            loss: The loss that it claims to compute.
            targets: The encodings that it takes, joined by ``|``.
            documentation: The URL of the documentation of what it calls.
            name: Its name; by default the function's.
            reductions: The native names of ``"none"``, ``"sum"`` and ``"mean"``; where a framework
                has several means, a tuple, and each becomes an implementation ``name[native]`` of
                its own.
            shapes: Which shapes of terms it takes.
            weights: Which sample weights it takes, if it has a parameter ``sample_weight``.
            weighted_shapes: The shapes with which it takes sample weights.
            differentiates_target: Whether its gradient with respect to the target is asked for.
            modes: The modes in which it is run; by default all that the framework has.

        The options that it takes are its keyword parameters. A function without a parameter
        ``reduction`` returns the terms and is asked for nothing else.

        Raises:
            ValueError: If the name is taken, or a shape, a kind of weight or of reduction, or a
                mode is unknown.
        """
        _check("shape", {*shapes, *weighted_shapes}, EVERY_SHAPE)
        _check("sample weight", weights, SAMPLE_WEIGHTS)
        _check("reduction", reductions or (), STANDARD_REDUCTIONS)
        _check("mode", modes, self.evaluate)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            parameters = tuple(inspect.signature(function).parameters)[2:]
            offered = reductions or (
                STANDARD_REDUCTIONS if "reduction" in parameters else {"none": ""}
            )
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
                    modes=modes,
                )
            return function

        return register


def _check(kind: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        message = f"the {kind} {unknown[0]!r} is unknown; there are {', '.join(sorted(known))}"
        raise ValueError(message)


@functools.cache
def _version(distribution: str) -> str:
    return metadata.version(distribution)


def _columns(
    base: str, offered: Mapping[str, str | tuple[str, ...]]
) -> list[tuple[str, dict[str, str]]]:
    """One implementation, and one more for each of several means."""
    single = {kind: native for kind, native in offered.items() if isinstance(native, str)}
    several = [
        (kind, native)
        for kind, natives in offered.items()
        if not isinstance(natives, str)
        for native in natives
    ]
    columns = [(base, single)] if single else []
    return columns + [(f"{base}[{native}]", {kind: native}) for kind, native in several]


def _options(parameters: tuple[str, ...], weights: frozenset[str]) -> frozenset[str]:
    plain = frozenset(parameters) - {"reduction", "sample_weight"}
    return plain | weights if "sample_weight" in parameters else plain
