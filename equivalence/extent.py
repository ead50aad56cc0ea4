"""How much a mode is asked in a profile, and of which cases what is asked apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from equivalence.cases import edges
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
        narrow: Of which shape alone plain float32 is asked, which differs in its numbers: where
            each signature is compiled anew, and slowly; empty for all that is offered.
        pinned: Whether the pinned cases are asked too.
        cells: Whether every kind of target is asked in every dtype under every reduction besides.
        kinds: Whether an edge is asked in every kind of target; of levels alone it may be in one.
    """

    strength: int
    narrow: str = ""
    pinned: bool = True
    cells: bool = False
    kinds: bool = True

    def holds(self, spec: Spec) -> bool:
        """Whether the cases of a spec are among those asked."""
        plain = spec.shape == self.narrow and spec.dtype == "float32" and not spec.options
        return plain or not self.narrow


NOTHING = Extent(0)
# By profile: for a framework's first mode, and for its others. The quick one is to end in a minute:
# so much is asked of yours, and each level of what is ours. What a mode costs for each signature
# decides: 2 ms in torch.func, 30 ms to trace a tf.function or a graph, 150 ms to compile it by XLA,
# 2 s to compile by inductor. TensorFlow traces each shape, and many rows always have one number of
# classes; inductor is told that shapes vary.
STRENGTHS = {"quick": Extent(2, cells=True), "full": Extent(3, cells=True)}
OURS_QUICKLY = Extent(1, cells=True, kinds=False)
COMPILED = frozenset(("xla", "compile"))
OTHERS = {"quick": Extent(1), "full": Extent(2)}
COSTLY = {
    "quick": {
        "strided": Extent(1, pinned=False),
        "func": Extent(1, pinned=False),
        "graph": Extent(1, narrow="many_rows", pinned=False),
        "function": Extent(1, narrow="many_rows", pinned=False),
        **dict.fromkeys(COMPILED, NOTHING),
    },
    "full": {
        "graph": Extent(1),
        "function": Extent(1),
        "xla": Extent(1, pinned=False),
        "compile": Extent(1, narrow="rows", pinned=False),
    },
}


def of_this_package(implementation: Implementation) -> bool:
    """Whether the catalogue can speak for an implementation: what yours should take, you know."""
    return str(implementation.function.__module__).startswith(f"{__package__}.")


def extent(implementation: Implementation, mode: str, profile: str) -> Extent:
    """How much an implementation is asked in a mode.

    Yours is asked the most. The quick profile asks each level of what is ours. In the full one a
    framework whose calls are slow is asked one level fewer together, and one that runs another
    one's code on kernels of its own two. Of the same terms the most is asked once: another column
    of a function, and another form of it, are asked one level fewer together. In other modes they
    are asked nothing by the quick profile; by the full one the columns are asked what the quick one
    asks of the first, and the forms are not compiled.

    Raises:
        KeyError: If the profile is unknown.
    """
    first = mode == implementation.offered_modes[0]
    asked = STRENGTHS[profile] if first else COSTLY[profile].get(mode, OTHERS[profile])
    if not of_this_package(implementation):
        return asked
    column, form = is_another_column(implementation), bool(implementation.form_of)
    if profile == "quick":
        return OURS_QUICKLY if first else NOTHING if column or form else asked
    if column and not first:
        return COSTLY["quick"].get(mode, OTHERS["quick"])
    if form and mode in COMPILED:
        return NOTHING
    fewer = int(first and (column or form)) + _fewer(implementation)
    return asked._replace(strength=max(asked.strength - fewer, 1))


def _fewer(implementation: Implementation) -> int:
    """How many levels fewer the full profile asks of a framework: of slow ones, and of kin."""
    framework = implementation.framework
    return int(framework.slowness > 1) + 2 * bool(framework.same_code_as)


def _means(implementation: Implementation) -> list[str]:
    """The names of the columns of a function that are means and nothing else, in its order."""
    found = columns(implementation)
    return [known.name for known in found if set(known.reductions) == {"mean"}]


def _is_another_mean(implementation: Implementation) -> bool:
    """Whether a function has several means, of which this is not the first."""
    return implementation.name in _means(implementation)[1:]


def is_another_column(implementation: Implementation) -> bool:
    """Whether a function has several means, and this is not the first one: terms and sum, too."""
    means = _means(implementation)
    return bool(means) and implementation.name != means[0]


class Apart(NamedTuple):
    """Of which cases a quantity is asked that is asked apart: by a call of its own.

    Attributes:
        formats: In which formats, under which kinds of reduction.
        instead: Whether, of who offers none of these kinds, the first that is offered is asked.
        shapes: Of which shapes.
        edges: Whether of edges too.
        most: Of how many numbers, at most: the exact answer is made of as many balls, which are
            slow and large.
    """

    formats: tuple[tuple[str, str], ...]
    instead: bool = True
    shapes: tuple[str, ...] = (UNBATCHED, ROWS, COLUMNS, SEGMENTATION)
    edges: bool = True
    most: int = 2**17

    def holds(self, case: Case, offered: Iterable[str]) -> bool:
        """Whether a case is among those asked, of who offers some kinds of reduction."""
        kinds = [kind for dtype, kind in self.formats if dtype == case.dtype]
        if kinds and self.instead and not set(kinds).intersection(offered):
            kinds = [next(iter(offered))]
        return (
            case.reduction.kind in kinds
            and shape_of(case) in self.shapes
            and (self.edges or not case.origin.startswith(f"{edges.ORIGIN}."))
            and case.prediction.size <= self.most
        )


# What is asked apart costs as much as all else about a case: each format, and each reduction, but
# not each with each. Second derivatives are scaled by a reduction as the gradient is: who has no
# sum is asked another one, and edges are asked in the full profile. In those by weights it is the
# mean that has a denominator.
APART = {
    "quick": {
        WEIGHT_GRADIENT: Apart(
            (("float32", "mean"), ("float64", "mean")), instead=False, shapes=(ROWS, COLUMNS)
        ),
        HESSIAN_VECTOR_PRODUCT: Apart(
            (("float32", "sum"), ("float64", "sum")), shapes=(ROWS, COLUMNS), edges=False
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
    known, offered = APART[profile].items(), tuple(implementation.reductions)
    asked = tuple(name for name, which in known if which.holds(case, offered))
    if HESSIAN_VECTOR_PRODUCT in asked and _is_another_mean(implementation):
        return tuple(name for name in asked if name != HESSIAN_VECTOR_PRODUCT)
    return asked
