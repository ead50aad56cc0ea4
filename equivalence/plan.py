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

# How many levels are asked together: by profile, for a framework's first mode and for its others.
STRENGTHS = {"quick": (2, 1), "full": (3, 2)}

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

    def accepts(self, spec: Spec) -> bool:
        """Whether the cases of a spec are offered."""
        shape = _SHAPE_NAMES.get(spec.shape, ROWS)
        return (
            spec.encoding in self.targets
            and spec.reduction in self.reductions
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
    )


@functools.cache
def chosen(loss: Loss, offered: Offer, strength: int) -> tuple[Spec, ...]:
    """The specs that hold every combination of ``strength`` levels that is offered."""
    return cover(loss, offered.accepts, strength)


@functools.cache
def _case(loss: Loss, spec: Spec) -> Case:
    return generate(loss, spec)


def questions(implementations: Iterable[Implementation], profile: str) -> Iterator[Question]:
    """Every question of a profile, implementation by implementation.

    Raises:
        KeyError: If the profile is unknown.
    """
    first, others = STRENGTHS[profile]
    for implementation in implementations:
        for mode in implementation.offered_modes:
            strength = first if mode == implementation.offered_modes[0] else others
            specs = chosen(implementation.loss, offer(implementation), strength)
            cases = [_case(implementation.loss, spec) for spec in specs]
            cases += [case for case in pinned() if not declines(implementation, case, mode)]
            for case in cases:
                asked = quantities(implementation, case)
                yield Question(
                    implementation=implementation, mode=mode, case=case, quantities=asked
                )
