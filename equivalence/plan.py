"""The plan of a run: which cases are asked of which implementation, in which mode."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from equivalence.cases.case import Encoding
from equivalence.cases.covering import cover
from equivalence.cases.generation import Spec, generate
from equivalence.cases.pinned import pinned
from equivalence.comparison import quantities
from equivalence.expectation import declines
from equivalence.implementations.implementation import (
    COLUMNS,
    ROWS,
    SAMPLE_WEIGHTS,
    SEGMENTATION,
    UNBATCHED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation
    from equivalence.losses import Loss


class Extent(NamedTuple):
    """How much a mode is asked in a profile.

    Attributes:
        strength: How many levels are asked together; 0 asks nothing.
        narrow: Whether only rows of plain float32 are asked, which differ in their numbers: where
            each signature is compiled anew, and slowly.
        pinned: Whether the pinned cases are asked too.
    """

    strength: int
    narrow: bool = False
    pinned: bool = True

    def holds(self, spec: Spec) -> bool:
        """Whether the cases of a spec are among those asked."""
        plain = spec.shape == "rows" and spec.dtype == "float32" and not spec.options
        return plain or not self.narrow


NOTHING = Extent(0)
# By profile: for a framework's first mode, and for its others. What a mode costs for each signature
# decides: 2 ms in torch.func, 30 ms to trace a tf.function or a graph, 150 ms to compile it by XLA,
# 2 s to compile by inductor.
STRENGTHS = {"quick": Extent(2), "full": Extent(3)}
OTHERS = {"quick": Extent(1), "full": Extent(2)}
COSTLY = {
    "quick": {
        "strided": Extent(1, pinned=False),
        "func": Extent(1, pinned=False),
        "function": Extent(1, narrow=True, pinned=False),
        "xla": NOTHING,
        "compile": NOTHING,
    },
    "full": {
        "function": Extent(1),
        "xla": Extent(1, pinned=False),
        "compile": Extent(1, narrow=True, pinned=False),
    },
}


def extent(implementation: Implementation, mode: str, profile: str) -> Extent:
    """How much an implementation is asked in a mode.

    Raises:
        KeyError: If the profile is unknown.
    """
    if mode == implementation.offered_modes[0]:
        return STRENGTHS[profile]
    return COSTLY[profile].get(mode, OTHERS[profile])


_SHAPE_NAMES = {
    "unbatched": UNBATCHED,
    "columns": COLUMNS,
    "sequence": SEGMENTATION,
    "image": SEGMENTATION,
    "volume": SEGMENTATION,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A case asked of an implementation in a mode, about some quantities."""

    implementation: Implementation
    mode: str
    case: Case
    quantities: tuple[str, ...]

    def cell(self, quantity: str) -> str:
        """The id of the cell that the answer belongs to."""
        case = self.case
        parts = (case.loss.name, case.target_kind, case.reduction.name, case.dtype, quantity)
        return ":".join((*parts, f"{self.implementation}@{self.mode}"))


class Offer(NamedTuple):
    """What decides which cases an implementation is asked; equal offers share them."""

    targets: Encoding
    shapes: frozenset[str]
    weighted_shapes: frozenset[str]
    options: frozenset[str]
    reductions: frozenset[str]
    dtypes: frozenset[str]

    def accepts(self, spec: Spec) -> bool:
        """Whether the cases of a spec are offered."""
        shape = _SHAPE_NAMES.get(spec.shape, ROWS)
        return (
            spec.encoding in self.targets
            and spec.reduction in self.reductions
            and spec.dtype in self.dtypes
            and self.options.issuperset(spec.options)
            and shape in self.shapes
            and (shape in self.weighted_shapes or SAMPLE_WEIGHTS.isdisjoint(spec.options))
        )


def offer(implementation: Implementation) -> Offer:
    """What an implementation offers."""
    return Offer(
        implementation.targets,
        implementation.shapes,
        implementation.weighted_shapes,
        implementation.options,
        frozenset(implementation.reductions),
        frozenset(implementation.framework.dtypes),
    )


@functools.cache
def chosen(loss: Loss, offered: Offer, asked: Extent) -> tuple[Spec, ...]:
    """The specs that hold every combination of as many levels as are asked together."""
    if not asked.strength:
        return ()
    accepted = (lambda spec: offered.accepts(spec) and asked.holds(spec)) if asked.narrow else None
    return cover(loss, accepted or offered.accepts, asked.strength)


@functools.cache
def _case(loss: Loss, spec: Spec) -> Case:
    return generate(loss, spec)


def questions(implementations: Iterable[Implementation], profile: str) -> Iterator[Question]:
    """Every question of a profile, implementation by implementation.

    Raises:
        KeyError: If the profile is unknown.
    """
    for implementation in implementations:
        for mode in implementation.offered_modes:
            asked = extent(implementation, mode, profile)
            specs = chosen(implementation.loss, offer(implementation), asked)
            cases = [_case(implementation.loss, spec) for spec in specs]
            if asked.strength and asked.pinned:
                cases += [case for case in pinned() if not declines(implementation, case, mode)]
            for case in cases:
                yield Question(
                    implementation=implementation,
                    mode=mode,
                    case=case,
                    quantities=quantities(implementation, case),
                )
