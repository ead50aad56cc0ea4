"""Ranges: the questions of a session, and what each law ranges over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from equivalence.asking import Request, loaded, selected
from equivalence.cases.answers import QUANTITIES
from equivalence.cases.case import BINARY, SPARSE, encoding
from equivalence.cases.pinned import library
from equivalence.environment import environment, extended
from equivalence.extent import extent
from equivalence.generated import Drawn, concerns
from equivalence.identities import CLAIMS, Claim
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.implementations.needs import options_of
from equivalence.items import Cell, Encodings, Item, PinnedFile, Reductions, Relating, Round
from equivalence.losses import MEAN, NONE, SUM, Reduction
from equivalence.plan import Question
from equivalence.relations import one_hot
from equivalence.results import Environment
from equivalence.transformations import TRANSFORMATIONS, Relation, column

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What is asked in this session.

    Attributes:
        questions: Every selected question.
        whole: Whether nothing was left out by a selection.
        environment: Every framework that was to be asked, those that are absent with their reasons.
        inapplicable: The findings of the cells that are not offered.
    """

    questions: tuple[Question, ...]
    whole: bool
    environment: Environment
    inapplicable: tuple[Finding, ...]

    @property
    def well_formed(self) -> list[Question]:
        """The questions that have an answer, and so may be written in other ways."""
        return [question for question in self.questions if not question.case.malformed]

    def not_offered_beside(self, cells: Sequence[Cell]) -> list[Finding]:
        """The findings of what is not offered, but for implementations that pytest deselected."""
        kept = {cell.questions[0].implementation.name for cell in cells}
        gone = {question.implementation.name for question in self.questions} - kept
        return [finding for finding in self.inapplicable if finding.implementation not in gone]

    def environment_beside(self, cells: Sequence[Cell]) -> Environment:
        """The environment; what was asked for is left out of it if pytest deselected cells."""
        every = sum(len(self.cells(quantity)) for quantity in QUANTITIES)
        asked = self.environment.asked if len(cells) == every else None
        return replace(self.environment, asked=asked)

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
            for q in self.well_formed
            if q.case.reduction == reduction and column(q.implementation, beside) is not None
        ]
        return [
            Reductions(name=name, questions=qs)
            for name, qs in _grouped(_one_of_each(asked, _implementation), _implementation)
        ]

    def rounds(self) -> list[Round]:
        """The questions by what is asked, where it is asked of several."""
        return [
            Round(name=name, questions=qs)
            for name, qs in _grouped(self.well_formed, lambda question: question.case.loss.name)
            if len({(q.implementation, q.mode) for q in qs}) > 1
        ]

    def encodings(self) -> list[Encodings]:
        """The questions whose targets can be written in another encoding, by loss."""
        asked = [q for q in self.well_formed if encoding(q.case.target_kind) in SPARSE | BINARY]
        return [
            Encodings(name=name, questions=qs)
            for name, qs in _grouped(asked, lambda q: q.case.loss.name)
        ]

    def indices(self) -> list[Encodings]:
        """The questions with class indices that have a one-hot twin, by framework and loss."""
        asked = [q for q in self.well_formed if one_hot(q.case) is not None]
        return [
            Encodings(name=name, questions=qs)
            for name, qs in _grouped(_one_of_each(asked, _framework), _framework)
        ]

    def related(self, relation: str) -> list[Relating]:
        """The implementations for which related questions are drawn, by the function they call.

        In a framework's first mode, and in others where levels are asked together.
        """
        law, profile = TRANSFORMATIONS[relation], self.environment.profile
        asked = {
            (who, mode)
            for who, mode in {(q.implementation, q.mode) for q in self.questions}
            if mode == who.offered_modes[0] or extent(who, mode, profile).strength > 1
        }
        groups: dict[tuple[str, str], list[Question]] = {}
        for q in self.questions:
            if (q.implementation, q.mode) in asked:
                name = f"{q.implementation.name.partition('[')[0]}-{q.mode}"
                groups.setdefault((name, q.mode), []).append(q)
        return [
            Relating(
                name=typeable(name),
                questions=tuple(questions),
                relation=law,
                mode=mode,
                cells=cells,
                profile=profile,
            )
            for (name, mode), questions in groups.items()
            if (cells := drawn(law, mode, questions))
        ]

    def pinned(self) -> list[PinnedFile]:
        """The pinned files, each with the questions that ask it."""
        asked: dict[int, list[Question]] = {}
        for question in self.questions:
            asked.setdefault(id(question.case), []).append(question)
        files = (
            PinnedFile(
                name=file.question.name,
                questions=tuple(q for case in file.cases for q in asked.get(id(case), ())),
                file=file,
            )
            for file in library()
        )
        return [file for file in files if file.questions or self.whole]

    def claims(self) -> list[Claim]:
        """The claims of the tutorial, unless only a part is selected."""
        return [CLAIMS[number] for number in sorted(CLAIMS)] if self.whole else []


def plan(request: Request) -> Plan:
    """Imports the frameworks of a request and lists the questions.

    Raises:
        SelectError: If the selection names an implementation that its framework does not have.
    """
    made = environment(profile=request.profile, command="pytest")
    made = replace(made, asked=request.record)
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
    return Plan(
        questions=tuple(questions),
        whole=not request.selection.words,
        environment=made,
        inapplicable=tuple(inapplicable),
    )


def drawn(relation: Relation, mode: str, questions: Iterable[Question]) -> tuple[Drawn, ...]:
    """The cells of questions for which a relation's cases are drawn."""
    cells = {}
    for question in questions:
        case = question.case
        if case.reduction in {NONE, SUM, MEAN}:
            cell = Drawn(question.implementation, case.target_kind, case.reduction.name, case.dtype)
            cells[tuple(map(str, cell))] = cell
    return tuple(cells[key] for key in sorted(cells) if concerns(relation, mode, cells[key]))


def _one_of_each(questions: Iterable[Question], who: Callable[[Question], str]) -> list[Question]:
    """Of cases that are asked of somebody and differ only in their numbers, the first."""
    first: dict[tuple[object, ...], Case] = {}
    chosen = []
    for question in questions:
        case = question.case
        parts = (case.target_kind, case.reduction, case.dtype, len(case.shape), options_of(case))
        if first.setdefault((who(question), *parts), case) is case:
            chosen.append(question)
    return chosen


def _implementation(question: Question) -> str:
    return f"{question.implementation}-{question.mode}"


def _framework(question: Question) -> str:
    return f"{question.implementation.framework}.{question.case.loss}-{question.mode}"


def _grouped(
    questions: Iterable[Question], key: Callable[[Question], str]
) -> list[tuple[str, tuple[Question, ...]]]:
    """Questions by key, target kind, reduction and dtype, under names that -k can take."""
    groups: dict[tuple[str, ...], list[Question]] = {}
    for question in questions:
        case = question.case
        parts = (key(question), case.target_kind, case.reduction.name, case.dtype)
        groups.setdefault(parts, []).append(question)
    named: dict[str, tuple[Question, ...]] = {}
    for place, group in sorted(groups.items(), key=lambda entry: _place(entry[1][0].case)):
        name = "-".join((typeable(place[0]), *place[1:]))
        while name in named:  # two names may differ only in what -k cannot take
            name += "-too"
        named[name] = tuple(group)
    return list(named.items())


def _place(case: Case) -> tuple[str, ...]:
    return (case.loss.name, case.target_kind, case.dtype, case.reduction.name)


def typeable(name: str) -> str:
    """A name without the characters that -k cannot take.

    >>> typeable("keras.CategoricalCrossentropy(from_logits=True)[mean]")
    'keras.CategoricalCrossentropy.from_logits.True.mean'
    """
    return re.sub(r"\.(?=-|$)", "", re.sub(r"[^\w.+-]+", ".", name))


# What a law ranges over, by the name of its parameter.
RANGES: dict[str, Callable[[Plan], Sequence[Item | Claim]]] = {
    "value_cell": lambda plan: plan.cells("value"),
    "gradient_cell": lambda plan: plan.cells("gradient"),
    "target_gradient_cell": lambda plan: plan.cells("target_gradient"),
    "weight_gradient_cell": lambda plan: plan.cells("weight_gradient"),
    "hessian_vector_product_cell": lambda plan: plan.cells("hessian_vector_product"),
    "sum_beside_terms": lambda plan: plan.reductions(SUM, NONE),
    "mean_beside_sum": lambda plan: plan.reductions(MEAN, SUM),
    "asked_of_several": lambda plan: plan.rounds(),
    "encoded": lambda plan: plan.encodings(),
    "class_indices": lambda plan: plan.indices(),
    "shifted": lambda plan: plan.related("shift"),
    "classes_reordered": lambda plan: plan.related("classes"),
    "rows_reordered": lambda plan: plan.related("rows"),
    "batch_split": lambda plan: plan.related("split"),
    "weights_scaled": lambda plan: plan.related("weights"),
    "mean_beside_its_sum": lambda plan: plan.related("sum"),
    "index_beside_one_hot": lambda plan: plan.related("one_hot"),
    "sigmoid_beside_softmax": lambda plan: plan.related("two_classes"),
    "pinned_file": lambda plan: plan.pinned(),
    "claim": lambda plan: plan.claims(),
}
