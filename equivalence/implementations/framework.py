"""What a framework is, and the registry of the implementations in every framework.

A framework owns everything that its implementations have in common: arrays to tensors and back,
differentiation, modes, versions. An implementation is a translation of one loss into that
framework.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from dataclasses import dataclass, field
from importlib import metadata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from equivalence.exact import FORMATS
from equivalence.implementations.implementation import Call, Implementation, Response
from equivalence.implementations.needs import EVERY_SHAPE, SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np

    from equivalence.cases.case import Encoding
    from equivalence.losses import Loss

IMPLEMENTATIONS: dict[str, Implementation] = {}

ALIKE = 0.75  # how much of the letters of a parameter an option has that it is a misspelling of
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
        needs: What only some of its versions offer of every implementation, as in ``implements``.
        array: How an array is written, from ``{values}`` and ``{dtype}``.
        class_axis: Where the classes are: 1 (behind the batch) or -1 (last).
        differentiates: Whether it differentiates what its implementations compute.
        slowness: How many times as long as NumPy's a call takes, roughly: how many fewer questions
            are drawn at random for it; above 1, the full profile asks what this package has of it
            one level fewer together.
        apart: For each quantity that is asked apart, and each mode in which it is, a function from
            a ``Call`` to an array; it raises where there is none.
        apart_scripts: Likewise, the rest of the script that shows it.
        same_code_as: The framework that runs the same code on other kernels and is asked all of it:
            of this one the full profile asks two levels fewer together.
        flags: Returns the settings that decide numbers.
        stands_for: Packages that are another one under its version numbers: ``{"keras":
            "tf-keras"}`` where what is known of ``keras<3`` holds for ``tf-keras``.
        absent: Returns why it cannot be asked in this process, though it is installed, in one line;
            empty if it can.
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
    needs: Mapping[str, str] = field(default_factory=dict)
    class_axis: int = -1
    differentiates: bool = True
    slowness: float = 1.0
    apart: Mapping[str, Mapping[str, Callable[[Call], np.ndarray]]] = field(default_factory=dict)
    apart_scripts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    same_code_as: str = ""
    flags: Callable[[], dict[str, str]] = dict
    stands_for: Mapping[str, str] = field(default_factory=dict)
    absent: Callable[[], str] = str
    unavailable: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    @property
    def versions(self) -> dict[str, str]:
        """The installed versions."""
        return {name: _version(name) for name in self.distributions}

    def installed(self, package: str) -> tuple[str, str]:
        """The package that a requirement is about, and its version; empty if it is not there.

        Args:
            package: As the requirement names it; empty for the first of the distributions.
        """
        versions = self.versions
        name = package or next(iter(versions), "")
        name = name if name in versions else self.stands_for.get(name, name)
        return name, versions.get(name, "")

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
        returns_gradient: bool = False,
        class_axis: int | None = None,
        dtypes: tuple[str, ...] = (),
        modes: tuple[str, ...] = (),
        unchecked: bool = False,
        needs: Mapping[str, str] = MappingProxyType({}),
        form_of: str = "",
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
            returns_gradient: Whether it returns a pair, the value and its own analytic gradient,
                where the framework does not differentiate.
            class_axis: Where it wants the classes; by default where the framework wants them.
            dtypes: The formats that it takes; by default all that the framework has.
            modes: The modes in which it is run; by default all that the framework has.
            unchecked: Whether it takes lengths and labels on trust, so that malformed questions
                that make it leave its arrays must not be asked.
            needs: What only some versions offer: the native name of a reduction, an option, a
                format, or ``""`` for all of it, and the requirement, ``{"mean": "keras>=3.7"}``.
                At other versions the cell is inapplicable; what is asked of it besides is what is
                asked at all versions.
            form_of: The name, without the framework's, of what it is another form of, and which is
                asked more: a class of the function that it calls, a function of the class that
                calls it, or of the same one with the classes last. By default of nothing.

        The options that it takes are its keyword parameters: those of the loss, ``reduction``,
        ``sample_weight`` and, of classes, ``ignore_index``. Others need a default, for nobody
        passes them. A function without a parameter ``reduction`` returns the terms and is asked for
        nothing else.

        Raises:
            ValueError: If the name is taken, a parameter is no option and has no default, or is one
                misspelt, or all that are passed (``**options``), or a shape, a kind of weight or of
                reduction, a mode, or what it is another form of, is unknown.
        """
        _check("shape", {*shapes, *weighted_shapes}, EVERY_SHAPE)
        _check("sample weight", weights, SAMPLE_WEIGHTS)
        _check("reduction", reductions or (), STANDARD_REDUCTIONS)
        _check("mode", modes, self.evaluate)
        families = {known.partition("[")[0] for known in IMPLEMENTATIONS}
        _check("form", [f"{self.name}.{form_of}"] if form_of else [], families)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            base = f"{self.name}.{name or function.__name__}"
            parameters = _parameters(function, loss, base)
            offered = reductions or (
                STANDARD_REDUCTIONS if "reduction" in parameters else {"none": ""}
            )
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
                    returns_gradient=returns_gradient,
                    class_axis=self.class_axis if class_axis is None else class_axis,
                    dtypes=dtypes or self.dtypes,
                    modes=modes,
                    unchecked=unchecked,
                    lacks=_lacking({**self.needs, **needs}, self),
                    form_of=form_of and f"{self.name}.{form_of}",
                )
            return function

        return register


def _lacking(needs: Mapping[str, str], framework: Framework) -> dict[str, str]:
    """What the installed versions do not offer, with the reason."""
    found = {}
    for name, words in needs.items():
        requirement = Requirement(words)
        package, installed = framework.installed(requirement.name)
        if installed and not requirement.specifier.contains(installed, prereleases=True):
            what = f"has no {name}" if name else "is not there"
            found[name] = f"{what} in {package} {installed}: {words}"
    return found


def _check(kind: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        message = f"the {kind} {unknown[0]!r} is unknown; {_there_are(known)}"
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


def _parameters(function: Callable[..., Any], loss: Loss, name: str) -> tuple[str, ...]:
    """The names of the keyword parameters of a translation, which questions pass by name."""
    ignores = ("ignore_index",) if loss.has_classes else ()
    known = (*loss.parameters, "reduction", "sample_weight", *ignores)
    given = list(inspect.signature(function).parameters.values())[2:]
    for one in given:
        if one.name in known:
            continue
        start = f"the parameter {one.name!r} of {name} is no option of {loss}"
        if one.kind is one.VAR_KEYWORD:
            message = f"{start}: write those out that it takes, of {', '.join(known)}"
            raise ValueError(message)
        if near := difflib.get_close_matches(one.name, known, cutoff=ALIKE):
            message = f"{start}; if {' or '.join(near)} is not meant, it needs another name"
            raise ValueError(message)
        if one.default is one.empty and one.kind is not one.VAR_POSITIONAL:
            message = f"{start}, so that nobody passes it: it needs a default; {_there_are(known)}"
            raise ValueError(message)
    return tuple(one.name for one in given)


def _there_are(known: Iterable[str]) -> str:
    return f"there are {', '.join(sorted(known))}"


def _options(parameters: tuple[str, ...], weights: frozenset[str]) -> frozenset[str]:
    plain = frozenset(parameters) - {"reduction", "sample_weight"}
    return plain | weights if "sample_weight" in parameters else plain


def columns(implementation: Implementation) -> tuple[Implementation, ...]:
    """The implementations of the same function: itself, and one more for each of several means."""
    family = implementation.name.partition("[")[0]
    return tuple(
        known for name, known in IMPLEMENTATIONS.items() if name.partition("[")[0] == family
    )
