"""Items: what each law ranges over, one pytest item each; every item loops over its cases."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equivalence.asking import Request, ask, loaded, selected
from equivalence.cases.case import BINARY, SPARSE, encoding
from equivalence.cases.pinned import Pinned, library, misprints
from equivalence.environment import environment, extended
from equivalence.finding import Finding
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses import SUM
from equivalence.plan import Question
from equivalence.relations import (
    Disagreement,
    disagreements,
    differing_answers,
    mean_divides,
    one_hot,
    reading,
    response,
    terms_add_up,
)
from equivalence.results import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation
    from equivalence.losses import Reduction

_REMEMBERED = (
    16384  # questions whose findings are kept, so that value and gradients are judged once
)


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
        if not self.questions:
            return ()
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
        return [
            found
            for q in self.questions
            for found in terms_add_up(q.implementation, q.case, q.mode)
        ]

    def means(self) -> list[Disagreement]:
        """Where its mean is not its sum divided by what the catalogue says."""
        asked = ((q, _with(q.implementation, SUM)) for q in self.questions)
        return [
            found
            for q, total in asked
            if total
            for found in mean_divides(q.implementation, total, q.case, q.mode)
        ]


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
            for found in disagreements(
                reading(q.implementation, q.case, q.mode, quantity) for q in questions
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Encodings(Item):
    """Questions whose targets can be written in another encoding."""

    def answers(self) -> list[str]:
        """Where the exact answer depends on the encoding."""
        return [found for case in self._cases for found in differing_answers(case)]

    def disagreements(self) -> list[Disagreement]:
        """Where implementations of one framework give an index and its one-hot row different losses."""
        return [found for case in self._cases for found in self._disagreements(case)]

    @property
    def _cases(self) -> list[Case]:
        return list({id(question.case): question.case for question in self.questions}.values())

    def _disagreements(self, case: Case) -> list[Disagreement]:
        mode, twin = self.questions[0].mode, one_hot(case)
        framework = self.questions[0].implementation.framework
        asked = [
            (question.implementation, case) for question in self.questions if question.case is case
        ]
        if twin is not None:
            mine = (known for known in IMPLEMENTATIONS.values() if known.framework is framework)
            asked += [
                (known, twin)
                for known in mine
                if mode in known.offered_modes and not known.declines(twin)
            ]
        return [
            found
            for quantity in ("value", "gradient")
            for found in disagreements(reading(known, one, mode, quantity) for known, one in asked)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PinnedFile(Item):
    """A pinned file, and all who are asked it."""

    file: Pinned

    def misprints(self) -> tuple[str, ...]:
        """Where the exact answer does not round to the printed digits."""
        return misprints(self.file)

    def findings(self) -> list[Finding]:
        """The findings of all who are asked."""
        return [finding for question in self.questions for finding in findings(question)]


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
        return [
            Cell(name=name, questions=qs, quantity=quantity)
            for name, qs in _grouped(asked, _implementation)
        ]

    def reductions(self, reduction: Reduction, beside: Reduction) -> list[Reductions]:
        """The implementations that are asked for a reduction and offer another one beside it."""
        asked = [
            q
            for q in self.questions
            if q.case.reduction == reduction and _with(q.implementation, beside) is not None
        ]
        return [
            Reductions(name=name, questions=qs) for name, qs in _grouped(asked, _implementation)
        ]

    def rounds(self) -> list[Round]:
        """The questions by what is asked, where it is asked of several."""
        return [
            Round(name=name, questions=qs)
            for name, qs in _grouped(self.questions, lambda question: question.case.loss.name)
            if len({(q.implementation, q.mode) for q in qs}) > 1
        ]

    def encodings(self) -> list[Encodings]:
        """The questions whose targets can be written in another encoding, by loss."""
        asked = [q for q in self.questions if encoding(q.case.target_kind) in SPARSE | BINARY]
        return [
            Encodings(name=name, questions=qs)
            for name, qs in _grouped(asked, lambda q: q.case.loss.name)
        ]

    def indices(self) -> list[Encodings]:
        """The questions with class indices that have a one-hot twin, by framework and loss."""
        asked = [q for q in self.questions if one_hot(q.case) is not None]

        def key(question: Question) -> str:
            return f"{question.implementation.framework}.{question.case.loss}-{question.mode}"

        return [Encodings(name=name, questions=qs) for name, qs in _grouped(asked, key)]

    def pinned(self) -> list[PinnedFile]:
        """The pinned files, each with the questions that ask it."""
        asked: dict[int, list[Question]] = {}
        for question in self.questions:
            asked.setdefault(id(question.case), []).append(question)
        return [
            PinnedFile(
                name=file.question.name,
                questions=tuple(
                    question for case in file.cases for question in asked.get(id(case), ())
                ),
                file=file,
            )
            for file in library()
        ]


def plan(request: Request) -> Plan:
    """Imports the frameworks of a request and lists the questions.

    Raises:
        SelectError: If the selection names an implementation that its framework does not have.
    """
    made = environment(profile=request.profile, command="pytest")
    questions: list[Question] = []
    inapplicable: list[Finding] = []
    for framework in request.frameworks:
        event = loaded(framework, request)
        made = extended(
            made, event.record, event.implementations, event.divergences, request.frameworks
        )
        inapplicable.extend(event.findings)
        for name, _ in event.questions:
            questions.extend(selected(IMPLEMENTATIONS[name], request))
    return Plan(questions=tuple(questions), environment=made, inapplicable=tuple(inapplicable))


def _with(implementation: Implementation, reduction: Reduction) -> Implementation | None:
    """The column of the same function that offers a reduction; of several means there is none."""
    for known in (implementation, IMPLEMENTATIONS.get(implementation.name.partition("[")[0])):
        if known is not None and reduction.name in known.reductions:
            return known
    return None


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
