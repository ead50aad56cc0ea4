"""How much a mode is asked in a profile, and of which cases what is asked apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT, WEIGHT_GRADIENT
from equivalence.implementations.framework import columns
from equivalence.implementations.needs import (
    COLUMNS,
    ROWS,
    SEGMENTATION,
    UNBATCHED,
    shape_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from equivalence.cases.case import Case
    from equivalence.cases.generation import Spec
    from equivalence.implementations import Implementation


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
        "graph": Extent(1, narrow=True, pinned=False),
        "function": Extent(1, narrow=True, pinned=False),
        "xla": NOTHING,
        "compile": NOTHING,
    },
    "full": {
        "graph": Extent(1),
        "function": Extent(1),
        "xla": Extent(1, pinned=False),
        "compile": Extent(1, narrow=True, pinned=False),
    },
}


def of_this_package(implementation: Implementation) -> bool:
    """Whether the catalogue can speak for an implementation: what yours should take, you know."""
    return str(implementation.function.__module__).startswith(f"{__package__}.")


def extent(implementation: Implementation, mode: str, profile: str) -> Extent:
    """How much an implementation is asked in a mode.

    A function that has several means is asked in the quick profile every pair of levels of the
    first one; the others compute the same terms, and are asked each level. In the full profile a
    framework whose calls are slow is asked one level fewer together, and so is one that runs
    another one's code on kernels of its own; not so what is yours.

    Raises:
        KeyError: If the profile is unknown.
    """
    if mode != implementation.offered_modes[0]:
        asked = COSTLY[profile].get(mode, OTHERS[profile])
    else:
        another = profile == "quick" and _is_another_mean(implementation)
        asked = OTHERS[profile] if another else STRENGTHS[profile]
    framework = implementation.framework
    fewer = (framework.slowness > 1 or framework.same_code_as) and of_this_package(implementation)
    if profile == "full" and fewer and asked.strength > 1:
        return asked._replace(strength=asked.strength - 1)
    return asked


def _is_another_mean(implementation: Implementation) -> bool:
    """Whether a function has several means, of which this is not the first."""
    several = [known for known in columns(implementation) if set(known.reductions) == {"mean"}]
    return implementation in several[1:]


class Apart(NamedTuple):
    """Of which cases a quantity is asked that is asked apart: by a call of its own.

    Attributes:
        formats: In which formats, under which kinds of reduction.
        instead: Whether, of who offers none of these kinds, the first that is offered is asked.
        shapes: Of which shapes.
        most: Of how many numbers, at most: the exact answer is made of as many balls, which are
            slow and large.
    """

    formats: tuple[tuple[str, str], ...]
    instead: bool = True
    shapes: tuple[str, ...] = (UNBATCHED, ROWS, COLUMNS, SEGMENTATION)
    most: int = 2**17

    def holds(self, case: Case, offered: Iterable[str]) -> bool:
        """Whether a case is among those asked, of who offers some kinds of reduction."""
        kinds = [kind for dtype, kind in self.formats if dtype == case.dtype]
        if kinds and self.instead and not set(kinds).intersection(offered):
            kinds = [next(iter(offered))]
        return (
            case.reduction.kind in kinds
            and shape_of(case) in self.shapes
            and case.prediction.size <= self.most
        )


# What is asked apart costs as much as all else about a case: each format, and each reduction, but
# not each with each. Second derivatives are scaled by a reduction as the gradient is; in those by
# weights it is the mean that has a denominator.
APART = {
    "quick": {
        WEIGHT_GRADIENT: Apart(
            (("float32", "mean"), ("float64", "mean")), instead=False, shapes=(ROWS, COLUMNS)
        ),
        HESSIAN_VECTOR_PRODUCT: Apart(
            (("float32", "sum"), ("float64", "sum")), instead=False, shapes=(ROWS, COLUMNS)
        ),
    },
    "full": {
        WEIGHT_GRADIENT: Apart(
            (
                ("float16", "mean"),
                ("bfloat16", "mean"),
                ("float32", "mean"),
                ("float64", "mean"),
                ("float32", "sum"),
                ("float64", "none"),
            )
        ),
        HESSIAN_VECTOR_PRODUCT: Apart(
            (
                ("float16", "mean"),
                ("bfloat16", "none"),
                ("float32", "sum"),
                ("float64", "sum"),
            )
        ),
    },
}


def apart(implementation: Implementation, case: Case, profile: str) -> tuple[str, ...]:
    """What an implementation may be asked apart about a case.

    The second derivatives of a function that has several means are asked of the first, with the sum
    and the terms: the others scale the same ones.

    Raises:
        KeyError: If the profile is unknown.
    """
    scaled = {HESSIAN_VECTOR_PRODUCT} if _is_another_mean(implementation) else set()
    known, offered = APART[profile].items(), tuple(implementation.reductions)
    return tuple(name for name, which in known if name not in scaled and which.holds(case, offered))
