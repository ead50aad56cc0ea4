"""What a mutant is: a right implementation in which one thing has been changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from benchmarks.power.asked import Asked
from equivalence.implementations import Response
from equivalence.losses import LOSSES, Loss

Answer = Callable[[Asked], Response]

MUTANTS: dict[str, Mutant] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A faulty implementation of one loss; ``str()`` is its name.

    Attributes:
        name: ``"cross_entropy.sign"``.
        loss: What it claims to compute.
        family: What kind of fault it has.
        fault: What is wrong, in a sentence.
        regime: The smallest regime in which it differs, in words.
        answer: What it answers.
    """

    name: str
    loss: Loss
    family: str
    fault: str
    regime: str
    answer: Answer

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def mutant(
    family: str, regime: str, losses: Iterable[Loss], *, name: str = ""
) -> Callable[[Answer], Answer]:
    """Registers the decorated answer as a mutant of each loss; its docstring names the fault.

    Raises:
        ValueError: If a name is taken.
    """

    def register(answer: Answer) -> Answer:
        fault = " ".join((answer.__doc__ or "").split())
        for loss in losses:
            full = f"{loss}.{name or answer.__name__}"
            if full in MUTANTS:
                message = f"the mutant {full!r} is already defined"
                raise ValueError(message)
            MUTANTS[full] = Mutant(
                name=full, loss=loss, family=family, fault=fault, regime=regime, answer=answer
            )
        return answer

    return register


def graded(
    family: str,
    regime: str,
    losses: Iterable[Loss],
    levels: Iterable[float],
) -> Callable[[Callable[[Asked, float], Response]], Callable[[Asked, float], Response]]:
    """Registers a mutant for each size of a fault; ``{}`` in the regime stands for the size."""
    every = tuple(losses)

    def register(answer: Callable[[Asked, float], Response]) -> Callable[[Asked, float], Response]:
        for level in levels:
            size = f"{level:g}"
            one = partial(answer, level=level)
            one.__doc__ = (answer.__doc__ or "").replace("{}", size)
            name = f"{answer.__name__}_{size}"
            mutant(family, regime.replace("{}", size), every, name=name)(one)
        return answer

    return register


EVERY = tuple(LOSSES.values())
WITH_CLASSES = tuple(loss for loss in EVERY if loss.has_classes)
OF_NUMBERS = tuple(loss for loss in EVERY if not loss.has_classes)
OF_LOGITS = tuple(loss for loss in EVERY if loss.prediction == "logits")
OF_PROBABILITIES = tuple(loss for loss in EVERY if loss.prediction == "probabilities")


def taking(option: str) -> tuple[Loss, ...]:
    """The losses that have an option."""
    return tuple(loss for loss in EVERY if option in loss.parameters)
