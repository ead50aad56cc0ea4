"""Items: what each law ranges over, one pytest item each; every item loops over its cases."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equivalence.asking import Request, ask, loaded, selected
from equivalence.cases.pinned import Pinned, library
from equivalence.environment import environment, extended
from equivalence.finding import Finding
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses import MEAN, NONE, SUM
from equivalence.plan import Question
from equivalence.relations import (
    Disagreement,
    disagreements,
    mean_divides,
    reading,
    response,
    terms_add_up,
    twins,
)
from equivalence.results import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation
    from equivalence.losses import Reduction

_REMEMBERED = 16384  # questions whose findings are kept, so that value and gradients are judged once


@functools.lru_cache(maxsize=_REMEMBERED)
def findings(question: Question) -> tuple[Finding, ...]:
    """The findings of a question, one for each quantity, from one call of the framework."""
    response(question.implementation, question.case, question.mode)
    return ask(question)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item:
    """Questions that one item of a law is about.

    Attributes:
        name: As in the item's id: what -k matches.
        questions: At least one.
    """

    name: str
    questions: tuple[Question, ...]

    @property
    def group(self) -> tuple[str, ...]:
        """Items of one group ask the same cases: a process that has them all asks each once."""
        case = self.questions[0].case
        return (case.loss.name, case.target_kind, case.dtype, case.reduction.kind)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Cell(Item):
    """A cell of the report: what one implementation is asked in one mode about one quantity."""

    quantity: str

    def findings(self) -> list[Finding]:
        """Its findings, one for each case."""
        every = (finding for question in self.questions for finding in findings(question))
        return [finding for finding in every if finding.quantity == self.quantity]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Reductions(Item):
    """What one implementation is asked in one mode for one reduction, beside its other reductions."""

    def sums(self) -> list[Disagreement]:
        """Where its terms do not add up to its sum."""
        return [found for q in self.questions for found in terms_add_up(q.implementation, q.case, q.mode)]

    def means(self) -> list[Disagreement]:
        """Where its mean is not its sum divided by what the catalogue says."""
        asked = ((q, _with(q.implementation, SUM)) for q in self.questions)
        return [found for q, total in asked if total for found in mean_divides(q.implementation, total, q.case, q.mode)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Round(Item):
    """All who are asked the same cases."""

    def disagreements(self) -> list[Disagreement]:
        """The farthest apart of each case and quantity, where they are too far apart."""
        asked: dict[tuple[int, str], list[Question]] = {}
        for question in self.questions:
            for quantity in question.quantities:
                asked.setdefault((id(question.case), quantity), []).append(question)
        return [
            found
            for (_, quantity), questions in asked.items()
            for found in disagreements(reading(q.implementation, q.case, q.mode, quantity) for q in questions)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Encodings(Item):
    """One framework's implementations that take class indices, beside those that take probabilities."""

    def disagreements(self) -> list[Disagreement]:
        """Where a class index and its one-hot row are given different losses."""
        return [found for case in _distinct(self.questions) for found in self._disagreements(case)]

    def _disagreements(self, case: Case) -> list[Disagreement]:
        asked = [(q.implementation, q.mode) for q in self.questions if q.case is case]
        framework, mode = asked[0][0].framework, asked[0][1]
        others = [known for known in IMPLEMENTATIONS.values() if known.framework is framework]
        pairs = [(implementation, case) for implementation, _ in asked]
        pairs += [(known, twin) for twin in twins(case) for known in others if not known.declines(twin)]
        return [
            found
            for quantity in ("value", "gradient")
            for found in disagreements(reading(known, one, mode, quantity) for known, one in pairs)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is asked in this session.

    Attributes:
        questions: Every selected question.
        environment: Every framework that was to be asked, those that are absent with their reasons.
        inapplicable: The findings of the cells that are not offered.
    """

    questions: tuple[Question, ...]
    environment: Environment
    inapplicable: tuple[Finding, ...]

    def cells(self, quantity: str) -> list[Cell]:
        """The cells of a quantity."""
        asked = [question for question in self.questions if quantity in question.quantities]
        return [Cell(name=name, questions=qs, quantity=quantity) for name, qs in _grouped(asked, _implementation)]

    def reductions(self, reduction: Reduction, beside: Reduction) -> list[Reductions]:
        """The implementations that are asked for a reduction and offer another one beside it."""
        asked = [
            q for q in self.questions if q.case.reduction == reduction and _with(q.implementation, beside) is not None
        ]
        return [Reductions(name=name, questions=qs) for name, qs in _grouped(_representative(asked), _implementation)]

    def rounds(self) -> list[Round]:
        """The questions by what is asked, where it is asked of several."""
        return [
            Round(name=name, questions=qs)
            for name, qs in _grouped(self.questions, lambda question: question.case.loss.name)
            if len({(q.implementation, q.mode) for q in qs}) > 1
        ]

    def encodings(self) -> list[Encodings]:
        """The questions with class indices, by framework."""
        sparse = [q for q in self.questions if next(twins(q.case), None) is not None]
        return [
            Encodings(name=name, questions=qs)
            for name, qs in _grouped(
                _representative(sparse), lambda q: f"{q.implementation.framework}.{q.case.loss}-{q.mode}"
            )
        ]

    def sparse(self) -> list[Item]:
        """The questions with targets that can be written in another encoding."""
        asked = [q for q in self.questions if next(twins(q.case), None) is not None]
        return [Item(name=name, questions=qs) for name, qs in _grouped(asked, lambda q: q.case.loss.name)]

    def pinned(self) -> list[tuple[Pinned, Item]]:
        """The pinned files, each with the questions that ask it."""
        files = []
        for file in library():
            cases = set(map(id, file.cases))
            asked = tuple(question for question in self.questions if id(question.case) in cases)
            if asked:
                files.append((file, Item(name=file.question.name, questions=asked)))
        return files


def plan(request: Request, command: str) -> Plan:
    """Imports the frameworks of a request and lists the questions.

    Raises:
        SelectError: If the selection names an implementation that its framework does not have.
    """
    made = environment(profile=request.profile, command=command)
    questions: list[Question] = []
    inapplicable: list[Finding] = []
    for framework in request.frameworks:
        event = loaded(framework, request)
        made = extended(made, event.record, event.implementations, event.divergences, request.frameworks)
        inapplicable.extend(event.findings)
        for name, _ in event.questions:
            questions.extend(selected(IMPLEMENTATIONS[name], request))
    return Plan(questions=tuple(questions), environment=made, inapplicable=tuple(inapplicable))


def _implementation(question: Question) -> str:
    return f"{question.implementation}-{question.mode}"


def _grouped(
    questions: Iterable[Question], key: Callable[[Question], str]
) -> list[tuple[str, tuple[Question, ...]]]:
    """Questions with a key, a target kind, a reduction and a dtype in common, under names that -k can take."""
    groups: dict[tuple[str, ...], list[Question]] = {}
    for question in questions:
        case = question.case
        parts = (key(question), case.target_kind, case.reduction.name, case.dtype)
        groups.setdefault(parts, []).append(question)
    named = {parts: "-".join((typeable(parts[0]), *parts[1:])) for parts in groups}
    ordered = sorted(groups.items(), key=lambda group: _place(group[1][0].case))
    return [(named[parts], tuple(group)) for parts, group in ordered]


def _place(case: Case) -> tuple[str, ...]:
    return (case.loss.name, case.target_kind, case.dtype, case.reduction.name)


def typeable(name: str) -> str:
    """A name without the characters that -k cannot take.

    >>> typeable("keras.CategoricalCrossentropy(from_logits=True)[mean]")
    'keras.CategoricalCrossentropy.from_logits.True.mean'
    """
    return re.sub(r"[^\w.+-]+", ".", name).strip(".")
