"""Which mutants a profile catches: each question is asked of every mutant of its loss in turn.

So each exact answer is computed once, and not once for each mutant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.power.asked import right
from benchmarks.power.mutants import MUTANTS, Mutant
from benchmarks.power.private import answering
from equivalence.comparison import judge
from equivalence.implementations import Implementation
from equivalence.losses import LOSSES, Loss
from equivalence.plan import questions


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
    open_ones = entrants
    for question in questions([entrants[0][0]], profile):
        for quantity in question.quantities:
            accused = False
            for implementation, result in open_ones:
                found = judge(implementation, question.case, quantity, question.mode)
                result.asked += 1
                # What the right one is accused of too, the mutant is not caught by.
                if found.verdict.fails and not accused:
                    accused = result.mutant is None
                    result.caught += 1
                    result.raised += found.detail.startswith("raises ")
                    cell = f"{found.target}:{found.reduction}:{found.dtype}:{found.quantity}"
                    result.first = result.first or f"{cell}@{found.mode}:{found.case}"
        if first_only:
            open_ones = [one for one in open_ones if not one[1].caught or one[1].mutant is None]
    return [result for _, result in entrants]


def scores(profile: str, *, first_only: bool = False) -> Iterator[list[Score]]:
    """The scores of every loss, loss by loss."""
    for loss in LOSSES.values():
        yield score(loss, profile, first_only=first_only)
