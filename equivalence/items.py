"""Items: what each law ranges over, one pytest item each; every item loops over its cases."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.asking import ask
from equivalence.cases.pinned import Pinned, misprints
from equivalence.expectation import declines
from equivalence.finding import Finding
from equivalence.generated import Drawn, Searched, search
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.losses import SUM
from equivalence.plan import Question
from equivalence.relations import (
    Disagreement,
    differing_answers,
    disagreements,
    mean_divides,
    one_hot,
    reading,
    response,
    terms_add_up,
)
from equivalence.transformations import Relation, column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from equivalence.cases.case import Case

_REMEMBERED = 16384  # questions whose findings are kept: values and gradients are judged once


@functools.lru_cache(maxsize=_REMEMBERED)
def findings(question: Question) -> tuple[Finding, ...]:
    """The findings of a question, one for each quantity, from one call of the framework."""
    response(question.implementation, question.case, question.mode)
    return ask(question)


def asked(questions: Iterable[Question]) -> Iterator[Question]:
    """The questions, each judged when it is first asked, while the response is at hand."""
    for question in questions:
        findings(question)
        yield question


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

    @property
    def id(self) -> str:
        """The id of the cell."""
        return self.questions[0].cell(self.quantity)

    def findings(self) -> list[Finding]:
        """Its findings, one for each case."""
        every = (finding for question in self.questions for finding in findings(question))
        return [finding for finding in every if finding.quantity == self.quantity]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Reductions(Item):
    """What one implementation is asked for one reduction, beside its other reductions."""

    def sums(self) -> list[Disagreement]:
        """Where its terms do not add up to its sum."""
        return [
            found
            for q in asked(self.questions)
            for found in terms_add_up(q.implementation, q.case, q.mode)
        ]

    def means(self) -> list[Disagreement]:
        """Where its mean is not its sum divided by what the catalogue says."""
        both = ((q, column(q.implementation, SUM)) for q in asked(self.questions))
        return [
            found
            for q, total in both
            if total
            for found in mean_divides(q.implementation, total, q.case, q.mode)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Round(Item):
    """All who are asked the same cases."""

    def disagreements(self) -> list[Disagreement]:
        """The farthest apart of each case and quantity, where they are too far apart."""
        together: dict[tuple[int, str], list[Question]] = {}
        for question in asked(self.questions):
            for quantity in question.quantities:
                together.setdefault((id(question.case), quantity), []).append(question)
        return [
            found
            for (_, quantity), questions in together.items()
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
        """Where one framework gives a class index and its one-hot row different losses."""
        return [found for case in self._cases for found in self._disagreements(case)]

    @property
    def _cases(self) -> list[Case]:
        return list({id(question.case): question.case for question in self.questions}.values())

    def _disagreements(self, case: Case) -> list[Disagreement]:
        mode, twin = self.questions[0].mode, one_hot(case)
        framework = self.questions[0].implementation.framework
        mine = [question for question in self.questions if question.case is case]
        pairs = [(question.implementation, case) for question in asked(mine)]
        if twin is not None:
            others = [known for known in IMPLEMENTATIONS.values() if known.framework is framework]
            offer = [known for known in others if mode in known.offered_modes]
            pairs += [(known, twin) for known in offer if not declines(known, twin, mode)]
        return [
            found
            for quantity in ("value", "gradient")
            for found in disagreements(reading(known, one, mode, quantity) for known, one in pairs)
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Relating(Item):
    """Implementations of one function, for which related questions are drawn."""

    relation: Relation
    mode: str
    cells: tuple[Drawn, ...]
    profile: str

    def searched(self) -> Searched:
        """What a search for a counterexample has come to."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a framework says is not our error
            return search(self.relation, self.mode, self.cells, self.profile)


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
