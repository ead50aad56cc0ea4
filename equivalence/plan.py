"""The plan of a run: which cases are asked of which implementation, in which mode."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from equivalence.cases import edges
from equivalence.cases.case import Encoding
from equivalence.cases.covering import cover
from equivalence.cases.generation import Spec, generate
from equivalence.divergences import DIVERGENCES
from equivalence.expectation import declines
from equivalence.extent import COSTLY, OTHERS, Extent, apart, extent
from equivalence.implementations.framework import columns
from equivalence.implementations.needs import (
    COLUMNS,
    ROWS,
    SAMPLE_WEIGHTS,
    SEGMENTATION,
    UNBATCHED,
)
from equivalence.responses import further, quantities
from equivalence.written import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from equivalence.cases.case import Case
    from equivalence.divergences import Divergence
    from equivalence.implementations import Implementation
    from equivalence.losses import Loss


_REMEMBERED = 512  # implementations whose questions are kept
_SHAPE_NAMES = {
    "unbatched": UNBATCHED,
    "columns": COLUMNS,
    "sequence": SEGMENTATION,
    "image": SEGMENTATION,
    "volume": SEGMENTATION,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A case asked of an implementation in a mode, about some quantities.

    Attributes:
        apart: What may be asked apart of it besides, which takes some work to find out.
    """

    implementation: Implementation
    mode: str
    case: Case
    quantities: tuple[str, ...]
    apart: tuple[str, ...] = ()

    @property
    def whole(self) -> Question:
        """The same, with what is asked apart among its quantities."""
        if not self.apart:
            return self
        known = further(self.implementation, self.case, self.mode)
        more = tuple(name for name in known if name in self.apart)
        return replace(self, quantities=self.quantities + more, apart=())

    def cell(self, quantity: str) -> str:
        """The id of the cell that the answer belongs to."""
        case = self.case
        parts = (case.loss.name, case.target_kind, case.reduction.name, case.dtype, quantity)
        return ":".join((*parts, f"{self.implementation}@{self.mode}"))

    def finding(self, quantity: str) -> str:
        """The name of the finding that the answer becomes."""
        origin, cell = self.case.origin, self.cell(quantity)
        return f"{cell}:{origin}" if origin else cell


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
    """What an implementation offers, at the versions that offer most."""
    return Offer(
        implementation.targets,
        implementation.shapes,
        implementation.weighted_shapes,
        implementation.options,
        frozenset(implementation.reductions),
        frozenset(implementation.dtypes),
    )


@functools.cache
def chosen(
    loss: Loss, offered: Offer, asked: Extent, among: tuple[Spec, ...] = ()
) -> tuple[Spec, ...]:
    """The specs that hold every combination of as many levels as are asked together.

    They are of those ``among`` which they are chosen, if these hold as much.
    """
    if not asked.strength:
        return ()
    accepted = (lambda spec: offered.accepts(spec) and asked.holds(spec)) if asked.narrow else None
    return cover(
        loss,
        accepted or offered.accepts,
        asked.strength,
        numbers_matter=False,
        cells=asked.cells,
        among=among,
    )


def specs(implementation: Implementation, mode: str, profile: str) -> tuple[Spec, ...]:
    """The specs that are asked in a mode; the first one is asked what the others are, too.

    So that the answers of two modes can be compared.
    """
    first, *others = implementation.offered_modes

    def those(mode: str, among: tuple[Spec, ...] = ()) -> tuple[Spec, ...]:
        asked = extent(implementation, mode, profile)
        return chosen(implementation.loss, offer(implementation), asked, among)

    own = those(first)
    if mode != first:
        return those(mode, own)
    return tuple(dict.fromkeys((*own, *(spec for other in others for spec in those(other, own)))))


def pairs(implementation: Implementation, mode: str) -> tuple[Case, ...]:
    """Cases that hold every pair of levels in a first mode, and each level in others.

    They are what a difference is explained by, which the quick profile asks too little for.
    """
    first = mode == implementation.offered_modes[0]
    asked = Extent(2) if first else COSTLY["quick"].get(mode, OTHERS["quick"])
    asked = asked if asked.strength else COSTLY["full"][mode]
    found = chosen(implementation.loss, offer(implementation), asked)
    return tuple(_case(implementation.loss, spec) for spec in found)


@functools.cache
def _case(loss: Loss, spec: Spec) -> Case:
    return generate(loss, spec)


def withheld(implementation: Implementation, profile: str) -> Iterator[Question]:
    """The malformed questions of a profile that an implementation must not be asked.

    Raises:
        KeyError: If the profile is unknown.
    """
    for mode in implementation.offered_modes if implementation.unchecked else ():
        asked = extent(implementation, mode, profile)
        for case in written(implementation, mode, profile, asked) if asked.strength else ():
            reason = implementation.withholds(case)
            if reason and declines(implementation, case, mode) == reason:
                yield Question(
                    implementation=implementation,
                    mode=mode,
                    case=case,
                    quantities=quantities(implementation, case),
                )


def questions(implementations: Iterable[Implementation], profile: str) -> Iterator[Question]:
    """Every question of a profile, implementation by implementation.

    Raises:
        KeyError: If the profile is unknown.
    """
    for question in planned(implementations, profile):
        yield question.whole


def planned(implementations: Iterable[Implementation], profile: str) -> Iterator[Question]:
    """The same, without what is asked apart: it is not known yet whether it is.

    Raises:
        KeyError: If the profile is unknown.
    """
    for implementation in implementations:
        family = columns(implementation)
        yield from _questions(implementation, profile, family, tuple(DIVERGENCES.values()))


@functools.lru_cache(maxsize=_REMEMBERED)
def _questions(
    implementation: Implementation,
    profile: str,
    family: tuple[Implementation, ...],  # noqa: ARG001 - who is asked less depends on it
    catalogue: tuple[Divergence, ...],  # noqa: ARG001 - what is declined depends on it
) -> tuple[Question, ...]:
    """The questions of one implementation, remembered: they are counted, and then asked."""
    return tuple(
        question
        for mode in implementation.offered_modes
        for question in _in_mode(implementation, mode, profile)
    )


def _in_mode(implementation: Implementation, mode: str, profile: str) -> Iterator[Question]:
    asked = extent(implementation, mode, profile)
    cases = [_case(implementation.loss, spec) for spec in specs(implementation, mode, profile)]
    if asked.strength:
        known = written(implementation, mode, profile, asked)
        asks = tuple(case for case in known if not declines(implementation, case, mode))
        seed = f"{implementation}@{mode}"
        cases += edges.covering(asks, asked.strength, seed, every_kind=asked.kinds)
    for case in cases:
        yield Question(
            implementation=implementation,
            mode=mode,
            case=case,
            quantities=quantities(implementation, case),
            apart=apart(implementation, case, profile),
        )
