"""Discovering: where a finding that nobody can explain comes from, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses.reduction import denominator
from equivalence.report.words import plural
from equivalence.reproduction import named_case
from equivalence.search import NARROW, WIDE, Found, Search, search
from equivalence.shrinking import smallest
from equivalence.sieve import Observation, applied
from equivalence.smaller import arguments, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.cases.case import Case
    from equivalence.finding import Finding

    Fact = tuple[str, list[str]]

SHOWN = 3  # explanations that cannot be told apart


def discovery(finding: Finding, profile: str = "quick") -> list[Fact]:
    """What a search over the generic models finds, and the smallest input: headings, lines.

    What fits nothing in 16 bits, where overflow and roundings are mingled with everything else, is
    searched for in the wider formats too.

    Args:
        finding: One that diverges, whose framework is loaded.
        profile: Whose cases are compared.
    """
    implementation = IMPLEMENTATIONS[finding.implementation]
    case = named_case(finding.loss, finding.target, finding.reduction, finding.dtype, finding.case)
    if case.malformed:  # there is no answer that another could be compared with
        return smallest_input(finding, case)
    lines: list[str] = []
    for dtypes in (WIDE,) if finding.dtype in WIDE else (NARROW, WIDE):
        found = search(implementation, finding.mode, [case], profile, dtypes)
        told = [f"in {' and '.join(sorted(dtypes))}:", *_outcome(found)]
        if found.found:  # comes first
            lines = told + lines
            break
        lines += told
    return [("search", lines), *smallest_input(finding, case)]


def smallest_input(finding: Finding, case: Case) -> list[Fact]:
    """The smallest input that shows a finding, with what was got and what is exact."""
    small, shown = smallest(IMPLEMENTATIONS[finding.implementation], case, finding)
    return [("smallest", [arguments(small), outcome(shown)])]


def _outcome(search: Search) -> Iterator[str]:
    compared = f"{search.compared:,} hypotheses and pairs"
    if not search.observed:
        yield "nothing came back in any case: there is nothing to compare"
        return
    if not search.differing:
        yield "no case of this profile differs: there is nothing to compare"
        return
    if not search.found:
        stopped = "" if search.exhausted else ", when the time was up"
        yield (
            f"nothing fits: none of {compared} holds on every case{stopped}; an open finding "
            f"({plural(len(search.differing), 'case')} differ)"
        )
        if search.nearest is not None:
            near = search.nearest
            number = f"{near.confirmed + len(near.tried)} of {near.held_back + len(near.tried)}"
            yield f"nearest: {_words(near)}, which holds on {number} cases"
        return
    for place, found in enumerate(search.found[:SHOWN]):
        yield ("" if place == 0 else "or, which no case tells from it: ") + _words(found)
    first = search.found[0]
    every = len(first.tried) + first.held_back
    yield (
        f"inside the bound of that in everything returned, on all {plural(every, 'case')}: "
        f"{len(first.tried)} on which it was found, {first.held_back} held back; "
        f"{first.differing} of them differ from the question asked"
    )


def _words(found: Found) -> str:
    """The models as predicates, with the two denominators of a case in which they differ."""
    text = ", and ".join(model.words for model in found.models)
    for observation in found.tried:
        ratio = _ratio(found, observation)
        if ratio:
            return f"{text} ({ratio})"
    return text


def _ratio(found: Found, observation: Observation) -> str:
    asked, answered = observation.case, applied(found.models, observation.case)
    if asked.reduction == answered.reduction:
        return ""
    was, now = (float(denominator(case.reduction, case.weighing)) for case in (asked, answered))
    if now in {was, 0.0}:
        return ""
    return (
        f"by {now:.6g}, not by {was:.6g}, in {observation.asked.origin}: {was / now:.3g} times "
        "the number asked for"
    )
