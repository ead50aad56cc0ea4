"""Which mutants a profile catches: each question is asked of every mutant of its loss in turn.

So each exact answer is computed once, and not once for each mutant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.power.asked import right
from benchmarks.power.mutants import MUTANTS, Mutant
from benchmarks.power.private import answering
from equivalence.comparison import judge
from equivalence.implementations import Implementation, Response
from equivalence.losses import LOSSES, Loss
from equivalence.plan import Question, questions
from equivalence.responses import respond


@dataclass(slots=True, kw_only=True)
class Score:
    """What a profile finds in a mutant, or in a right implementation.

    Attributes:
        mutant: The mutant; None for the right implementation that it was made from.
        asked: How many findings there were.
        caught: How many of them fail.
        first: The name of the first one that fails, without the loss; empty if there is none.
        raised: How many of them are exceptions: a mutant that cannot answer is no mutant.
    """

    mutant: Mutant | None
    asked: int = 0
    caught: int = 0
    first: str = ""
    raised: int = 0


def _response(implementation: Implementation, question: Question) -> Response:
    """What comes back; asked for again by whoever judges it next, it is remembered."""
    return respond(implementation, question.case, question.mode)


def _same(one: object, other: object) -> bool:
    """Whether two readings are the same numbers: then they have the same verdict."""
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return False
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def _judge(
    question: Question, quantity: str, implementation: Implementation, result: Score
) -> bool:
    """Judges one quantity, counts it, and says whether it fails."""
    found = judge(implementation, question.case, quantity, question.mode)
    result.asked += 1
    if not found.verdict.fails:
        return False
    result.caught += 1
    result.raised += found.detail.startswith("raises ")
    cell = f"{found.target}:{found.reduction}:{found.dtype}:{found.quantity}@{found.mode}"
    result.first = result.first or f"{cell}:{found.case}"
    return True


def score(
    loss: Loss, profile: str, *, first_only: bool = False, mutants: Iterable[Mutant] | None = None
) -> list[Score]:
    """The scores of the right implementation of a loss, and of its mutants.

    Args:
        loss: Whose mutants.
        profile: ``"quick"`` or ``"full"``.
        first_only: Whether a mutant is asked nothing more once it is caught.
        mutants: Which ones; by default all of the loss.
    """
    chosen = MUTANTS.values() if mutants is None else mutants
    entrants: list[tuple[Implementation, Score]] = [
        (answering(loss, right, "right"), Score(mutant=None))
    ]
    for mutant in chosen:
        if mutant.loss is loss:
            entrant = answering(loss, mutant.answer, mutant.name.replace(".", "_"))
            entrants.append((entrant, Score(mutant=mutant)))
    open_ones = entrants[1:]
    for question in questions([entrants[0][0]], profile):
        wanted = _response(entrants[0][0], question)
        accused = {q for q in question.quantities if _judge(question, q, *entrants[0])}
        for implementation, result in open_ones:
            response = _response(implementation, question)
            for quantity in question.quantities:
                # What the right one is accused of too, the mutant is not caught by.
                same = _same(getattr(response, quantity), getattr(wanted, quantity))
                if same or quantity in accused:
                    result.asked += 1
                else:
                    _judge(question, quantity, implementation, result)
        if first_only:
            open_ones = [one for one in open_ones if not one[1].caught]
    return [result for _, result in entrants]


def scores(profile: str, *, first_only: bool = False) -> Iterator[list[Score]]:
    """The scores of every loss, loss by loss."""
    for loss in LOSSES.values():
        yield score(loss, profile, first_only=first_only)
