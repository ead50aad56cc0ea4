"""What is asked of the questions that are written down one by one: pinned cases, and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.cases import edges
from equivalence.cases.pinned import pinned
from equivalence.extent import Extent, is_another_column, of_this_package
from equivalence.implementations.framework import columns
from equivalence.losses import MEAN

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation


def _most_telling(implementation: Implementation) -> str:
    """The kind of reduction under which the quick profile asks what is written down; "" for none.

    It is the first mean of a function, or its terms if it has none: other columns share the terms.
    """
    means = [known for known in columns(implementation) if "mean" in known.reductions]
    if not means:
        return "none"
    return "mean" if means[0] is implementation else ""


def _pinned(implementation: Implementation, profile: str) -> tuple[Case, ...]:
    """The pinned cases; in the quick profile each in one dtype, of one form of each function.

    Those of a mean of a name of its own are for who divides by that, and of yours all are asked.
    """
    if profile != "quick" or not of_this_package(implementation):
        return pinned()
    if implementation.form_of:
        return ()
    first: dict[tuple[str, str], Case] = {}
    telling = _most_telling(implementation)
    for case in pinned():
        kind = case.reduction.kind
        named = kind == "mean" and case.reduction != MEAN
        if (named or kind == telling) and case.dtype in implementation.dtypes:
            first.setdefault((case.origin, case.reduction.name), case)
    return tuple(first.values())


def _edges(implementation: Implementation, mode: str, profile: str) -> tuple[Case, ...]:
    """The edges of a loss.

    Of an implementation of your own the quick profile asks a few of them, the full one all that are
    well-formed: plain formulas are wrong at the others, and what is yours to refuse, you know.

    In the quick profile they are asked of the first mode only, of one mean of those that a function
    has, and one by one where it has none: its other columns share the terms. So does another form
    of it, which is asked the malformed ones there, and in other modes.

    Malformed ones are asked of the others as the quick profile has them: what is refused while a
    graph is built is refused in every dtype, and each is traced anew. An edge is a level like
    others: where a mode is asked pairs of levels, it is asked in every dtype and under every
    reduction, not each with each, and once where each level is asked alone.
    """
    first = mode == implementation.offered_modes[0]
    yours = not of_this_package(implementation)
    if profile == "quick" and not first:
        return ()
    if profile == "quick" and yours:
        return edges.yours(implementation.loss)
    cases = edges.asked(implementation.loss, profile, large=first)
    if yours:
        cases = tuple(case for case in cases if not case.malformed and edges.of_one_dtype(case))
    if profile == "quick":
        wanted = _most_telling(implementation)
        cases = tuple(case for case in cases if case.reduction.kind == wanted)
    if implementation.form_of and not yours and (profile == "quick" or not first):
        return tuple(case for case in cases if case.malformed and edges.plain(case))
    return cases if first else tuple(case for case in cases if edges.plain(case))


def written(
    implementation: Implementation, mode: str, profile: str, asked: Extent
) -> tuple[Case, ...]:
    """The pinned cases and the edges; of the edges, compiled code is asked labels out of range.

    In other modes another column is asked nothing of either.

    Raises:
        KeyError: If the profile is unknown.
    """
    if asked.pinned:
        return (*_pinned(implementation, profile), *_edges(implementation, mode, profile))
    yours = not of_this_package(implementation)
    if profile == "quick" or yours or is_another_column(implementation):
        return ()
    kind = "none" if "none" in implementation.reductions else "mean"
    return edges.labels_out_of_range(implementation.loss, kind)
