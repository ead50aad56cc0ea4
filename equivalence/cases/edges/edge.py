"""What an edge is: a question at the end of what can be asked, made by name from a few lines."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from equivalence.cases.case import (
    BINARY,
    ONE_HOT,
    SEGMENTATION_ENDING,
    SOFT,
    SOFT_BINARY,
    SPARSE,
    Case,
    Encoding,
)
from equivalence.exact import FORMATS, Format
from equivalence.losses.reduction import MEAN, NONE, SUM, Reduction

if TYPE_CHECKING:
    from equivalence.losses import Loss

ORIGIN = "edge"
YOURS = (("float64", MEAN),)  # where most digits are seen
EDGES: dict[str, Edge] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What an edge is asked of.

    Attributes:
        loss: What is asked for.
        encoding: How the target is to be written down.
        dtype: The floating-point format under test.
        rng: Made from the edge's name, the loss and the encoding; the same in every dtype.
    """

    loss: Loss
    encoding: Encoding
    dtype: str
    rng: np.random.Generator

    @property
    def format(self) -> Format:
        """The floating-point format under test."""
        return FORMATS[self.dtype]

    def target(self, labels: np.ndarray, classes: int = 0) -> np.ndarray:
        """Class indices, or numbers 0 and 1, in the setting's encoding; soft ones are not sharp."""
        if self.encoding in SPARSE | BINARY:
            return labels
        if self.encoding == SOFT_BINARY:
            return np.asarray(np.where(labels == 1, 0.75, 0.25))
        hard = np.asarray(np.arange(classes) == labels[..., None], dtype=np.float64)
        return hard if self.encoding == ONE_HOT else hard * 0.75 + 0.25 / classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a question before they are rounded to its dtype; as in ``Case``.

    Attributes:
        prediction: Classes last.
        target: Class indices keep their dtype; so does everything if ``exactly``.
        weights: Sample weights.
        options: Arrays among them are rounded.
        malformed: What is wrong with the question, in words.
        exactly: Whether no array is rounded: the edge has chosen their dtypes.
    """

    prediction: np.ndarray
    target: np.ndarray
    weights: np.ndarray | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    malformed: str = ""
    exactly: bool = False


Make = Callable[[Setting], Numbers | None]
_AnyMake = TypeVar("_AnyMake", bound=Make)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """A named edge; ``str()`` is its name.

    Attributes:
        name: What is behind ``edge.`` in the origin of its cases.
        why: One sentence: what is at the end here.
        make: From a setting to the numbers, or None where the edge does not exist.
        large: Whether it is asked in the full profile only, and there once: in the first mode.
        reductions: For which it is asked.
        yours: In which dtypes and reductions the quick profile asks it of an implementation of your
            own; empty where a plain formula is wrong, or may refuse.
    """

    name: str
    why: str
    make: Make
    large: bool
    reductions: tuple[Reduction, ...]
    yours: tuple[tuple[str, Reduction], ...] = ()

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def edge(
    *,
    large: bool = False,
    reductions: tuple[Reduction, ...] = (NONE, SUM, MEAN),
    yours: tuple[tuple[str, Reduction], ...] = (),
) -> Callable[[_AnyMake], _AnyMake]:
    """Registers the decorated function as the edge of its name; its docstring says why.

    Raises:
        ValueError: If the name is taken, or there is no docstring.
    """

    def register(make: _AnyMake) -> _AnyMake:
        name, why = make.__name__, inspect.getdoc(make)
        if name in EDGES:
            message = f"the edge {name!r} is already defined in {EDGES[name].make.__module__}"
            raise ValueError(message)
        if not why:
            message = f"the edge {name!r} needs a docstring that says why it is asked"
            raise ValueError(message)
        EDGES[name] = Edge(
            name=name,
            why=" ".join(why.split()),
            make=make,
            large=large,
            reductions=reductions,
            yours=yours,
        )
        return make

    return register


def encodings(loss: Loss) -> tuple[Encoding, ...]:
    """The encodings in which targets of a loss are asked."""
    return (SPARSE, ONE_HOT, SOFT) if loss.has_classes else (BINARY, SOFT_BINARY)


def edge_cases(
    edge: Edge, loss: Loss, encoding: Encoding, dtype: str, reductions: tuple[Reduction, ...]
) -> tuple[Case, ...]:
    """The cases of an edge, one for each reduction; none where the edge does not exist."""
    seed = zlib.crc32(f"{loss}:{encoding.name}:{edge}".encode())
    setting = Setting(loss=loss, encoding=encoding, dtype=dtype, rng=np.random.default_rng(seed))
    with np.errstate(all="ignore"):  # rounding an edge overflows: that is what it is
        numbers = edge.make(setting)
        if numbers is None:
            return ()
        round_ = (lambda array: array) if numbers.exactly else FORMATS[dtype].round
        sparse = encoding == SPARSE
        prediction = round_(numbers.prediction)
        target = numbers.target if sparse else round_(numbers.target)
        weights = None if numbers.weights is None else round_(numbers.weights)
        options = {
            name: round_(value) if isinstance(value, np.ndarray) else value
            for name, value in numbers.options.items()
        }
    axes = prediction.ndim - loss.has_classes
    kind = str(encoding.name).lower()
    return tuple(
        Case(
            loss=loss,
            target_kind=kind + SEGMENTATION_ENDING if loss.has_classes and axes > 1 else kind,
            prediction=prediction,
            target=target,
            reduction=reduction,
            dtype=dtype,
            origin=f"{ORIGIN}.{edge}",
            weights=weights,
            options=MappingProxyType(options),
            malformed=numbers.malformed,
        )
        for reduction in reductions
    )
