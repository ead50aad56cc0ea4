"""The catalogue in print: its page of the documentation, and its defect candidates, asked now."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from equivalence.asking import implementations_of
from equivalence.comparison import judge
from equivalence.discovery import smallest_input
from equivalence.divergences import DIVERGENCES, Divergence, Standing
from equivalence.expectation import catalogued, expectation
from equivalence.explanation import again
from equivalence.finding import Verdict
from equivalence.plan import questions
from equivalence.report import summarise
from equivalence.reproduction import named_case
from equivalence.responses import read
from equivalence.running import PROFILES
from equivalence.shrinking import smallest
from equivalence.smaller import arguments

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.finding import Finding
    from equivalence.implementations import Implementation
    from equivalence.plan import Question
    from equivalence.results import Run

    Entry = tuple[str, Iterable[str]]

EVERY = "Whatever the reduction"
FORMER = "Of other releases than those installed"
SECTIONS = {
    "mean": "Means, and what they divide by",
    "sum": "Sums",
    "none": "Terms one by one",
    EVERY: EVERY,
    FORMER: FORMER,
}
JUDGED = 60  # questions that are judged, or more until one shows the divergence
NUMBERS = 6  # of another shape than the answer that are shown
WIDTH = 118  # columns of the page
_FORMATS = ("float32", "float64", "float16", "bfloat16")  # what a report upstream is read in first
HEADING = """\
# The catalogue of divergences

Who is known to answer another question than the one that is asked, and which: {number} entries,
of which {defects} are candidates for a report upstream. Each is an executable model that is
verified on every case that it concerns, in every run; one that no longer shows is `retired`, and
fails.
`equivalence list divergences --defects` asks the installed frameworks for the smallest input that
shows each defect candidate.

This page is made by `make docs`, from `equivalence/divergences/`.
"""


def _concerned(
    entries: Sequence[Divergence], implementations: Iterable[Implementation], profile: str
) -> dict[str, list[Question]]:
    """The questions of a profile that divergences concern, by the names of those that are met."""
    found: dict[str, list[Question]] = {}
    concerned = [one for one in implementations if any(_may_show(each, one) for each in entries)]
    for question in questions(concerned, profile):
        for entry in {entry for steps in _steps(question) for entry in steps}.intersection(entries):
            found.setdefault(entry.name, []).append(question)
    return found


def _may_show(entry: Divergence, implementation: Implementation) -> bool:
    return any(entry.concerns(implementation, mode) for mode in implementation.offered_modes)


def _steps(question: Question) -> Iterator[tuple[Divergence, ...]]:
    """The divergences that are applied to a question, by quantity."""
    for quantity in question.quantities:
        steps = catalogued(question.implementation, question.mode, quantity)
        yield expectation(question.case, steps).steps


def defects(frameworks: Iterable[str]) -> Iterator[Entry]:
    """The defect candidates of frameworks that are loaded: the smallest input, got and exact.

    Of frameworks that share no process, those are shown that can be asked in this one.
    """
    loaded = [known for name in frameworks for known in implementations_of(name)]
    implementations = [known for known in loaded if not known.framework.absent()]
    left = [entry for entry in DIVERGENCES.values() if entry.standing is Standing.DEFECT]
    shown = {}
    for profile in PROFILES:
        for name, asked in _concerned(left, implementations, profile).items():
            found = _shown(DIVERGENCES[name], asked)
            if found is not None:
                shown[name] = found
        left = [entry for entry in left if entry.name not in shown]
    for entry in DIVERGENCES.values():
        if entry.name in shown:
            yield entry.name, _defect(entry, *shown[entry.name])


def unexplained(run: Run) -> Iterator[Entry]:
    """The open findings of a run, the worst of each cell: its smallest input, asked now.

    Raises:
        AbsentError: If its framework is not installed.
    """
    for cell in summarise(run).failing:
        if cell.verdict is not Verdict.DIVERGES:
            continue
        finding, _ = again(cell.worst.name)
        lines = [f"of the run: {cell.worst.detail}; now {finding.verdict}"]
        if finding.verdict is Verdict.DIVERGES:
            asked = finding.loss, finding.target, finding.reduction, finding.dtype
            case = named_case(*asked, finding.case)
            lines = [line for _, lines in smallest_input(finding, case) for line in lines]
        yield finding.name, lines


def _shown(
    divergence: Divergence, concerned: Iterable[Question]
) -> tuple[Implementation, Case, Finding] | None:
    """The smallest input that shows a divergence, and how it is judged now; None if none does."""
    asked = sorted(
        concerned,
        key=lambda question: (_FORMATS.index(question.case.dtype), question.case.prediction.size),
    )
    best: tuple[Question, Finding] | None = None
    least = (True, len(DIVERGENCES))
    for number, question in enumerate(asked):
        for quantity in question.quantities:
            finding = judge(question.implementation, question.case, quantity, question.mode)
            names = finding.divergences
            # Best is a number, and a finding that needs no other divergence.
            rank = finding.got is None, len(names)
            if divergence.name in names and rank < least:
                best, least = (question, finding), rank
        if least == (False, 1) or (not least[0] and number >= JUDGED):
            break
    if best is None:
        return None
    question, finding = best
    return question.implementation, *smallest(question.implementation, question.case, finding)


def _defect(
    entry: Divergence, implementation: Implementation, case: Case, finding: Finding
) -> Iterator[str]:
    versions = [f"{name} {version}" for name, version in implementation.framework.versions.items()]
    yield entry.reason.replace("\n", " ")
    yield f"evidence: {entry.evidence}"
    yield f"smallest input to {implementation}@{finding.mode}: {arguments(case)}"
    at = f" at {list(finding.where.index)}" if finding.where and finding.where.index else ""
    got = (
        finding.got.decimal if finding.got is not None else _returned(implementation, case, finding)
    )
    exact = f"; exactly {finding.exact.decimal}" if finding.exact is not None else ""
    yield f"{finding.quantity.replace('_', ' ')}{at}: got {got}{exact}"
    yield f"{', '.join(versions)}; {entry.reference}"


def _returned(implementation: Implementation, case: Case, finding: Finding) -> str:
    """What came back where it has another shape than the answer: the exception, or its numbers."""
    reading = read(implementation, case, finding.mode, finding.quantity)
    if reading is None or isinstance(reading, Exception):
        return finding.detail
    numbers = np.asarray(reading).astype(np.float64)
    return f"{numbers.ravel()[:NUMBERS].tolist()}; it {finding.detail}"


def page(frameworks: Iterable[str]) -> str:
    """The catalogue as a page in Markdown, by reduction mode; the frameworks are loaded."""
    implementations = [known for name in frameworks for known in implementations_of(name)]
    sections: dict[str, list[str]] = {name: [] for name in SECTIONS}
    counted = 0
    concerned: dict[str, list[Question]] = {}
    for profile in PROFILES:
        left = [entry for entry in DIVERGENCES.values() if entry.name not in concerned]
        concerned |= _concerned(left, implementations, profile)
    for entry in sorted(DIVERGENCES.values(), key=lambda entry: (_framework(entry), entry.name)):
        met = any(_may_show(entry, implementation) for implementation in implementations)
        section, denominators = (
            _section(entry, concerned.get(entry.name, [])) if met else (FORMER, ())
        )
        if section:
            sections[section].append(_article(entry, denominators))
            counted += 1
    candidates = sum(entry.standing is Standing.DEFECT for entry in DIVERGENCES.values())
    parts = [HEADING.format(number=counted, defects=candidates)]
    for name, title in SECTIONS.items():
        if sections[name]:
            parts += [f"## {title}\n", *sections[name]]
    return "\n".join(parts)


def _framework(entry: Divergence) -> str:
    return entry.implementations[0].partition(".")[0]


def _section(entry: Divergence, concerned: Sequence[Question]) -> tuple[str, tuple[str, ...]]:
    """The reduction mode that an entry changes, and what it divides by; empty if it is not met."""
    kinds, denominators, met = set(), set(), False
    for question in concerned:
        met = True
        if bool(question.case.malformed) != entry.malformed:
            continue
        said = entry.model(question.case)
        if said is None or isinstance(said, type):
            continue
        if said.reduction.denominator != question.case.reduction.denominator:
            denominators.add(said.reduction.denominator)
        if said.reduction.name != question.case.reduction.name:
            kinds.add(question.case.reduction.kind)
    if len(kinds) == 1:
        return kinds.pop(), tuple(sorted(denominators - {""}))
    return (EVERY if met else ""), ()


def _article(entry: Divergence, denominators: tuple[str, ...]) -> str:
    names = ", ".join(f"`{pattern}`" for pattern in entry.implementations)
    lines = [f"### {entry.name}", ""]
    for paragraph in (f"*{str(entry.standing).capitalize()}.* {entry.evidence}", entry.reason):
        for part in paragraph.split("\n\n"):
            lines += [*textwrap.wrap(part, WIDTH, break_long_words=False), ""]
    if denominators:
        lines.append(f"- divides by: {'; '.join(denominators)}")
    versions = f"versions {entry.versions}" if entry.versions else "every version"
    return "\n".join([*lines, f"- of {names}", f"- {versions}; <{entry.reference}>", ""])
