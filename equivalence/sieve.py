"""The sieve of a search: hypotheses and pairs of them, against a few cases that differ.

What survives explains every one of those cases roughly; ``search`` confirms it in exact arithmetic.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import answers
from equivalence.cases.foreseen import estimate, rough_value
from equivalence.distance import distance
from equivalence.divergences.hypotheses import Hypothesis, hypotheses
from equivalence.exact import FORMATS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SECONDS = 30.0  # after which pairs are no longer tried
# A value that is farther off than this, relatively, is not looked at more closely: no bound of
# float32 is so wide but where nearly everything cancels.
FAR, FAR_UNITS, NEARLY_NOTHING = 0.02, 64, 1e-4

Pair = tuple[Hypothesis, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """What an implementation returned for a case.

    Attributes:
        asked: The case.
        case: What the catalogue says is answered instead; the one asked where it says nothing.
        readings: By quantity.
    """

    asked: Case
    case: Case
    readings: dict[str, np.ndarray]


def fits(observation: Observation, answered: Case | None, *, roughly: bool = False) -> bool:
    """Whether everything that was returned is inside the bound of a question."""
    if answered is None:
        return False
    try:
        found = (estimate if roughly else answers)(answered)
        expected = {name: getattr(found, name) for name in observation.readings}
    except (ArithmeticError, ValueError):
        return False
    predicted = answered is not observation.asked
    for name, reading in observation.readings.items():
        measured = distance(reading, expected[name], answered.dtype, predicted=predicted)
        if not (measured.inside or measured.undefined):
            return False
    return True


def _near(observation: Observation, answered: Case) -> bool:
    """Whether the value is near enough that it is worth while to derive a bound."""
    got = observation.readings["value"].astype(np.float64)
    try:
        value = rough_value(answered)
    except ValueError:
        return False
    if got.shape != value.shape:
        return False
    both = np.isfinite(got) & np.isfinite(value)
    unit = FORMATS[answered.dtype].unit
    with np.errstate(invalid="ignore"):
        far = np.abs(got - value) > max(FAR, FAR_UNITS * unit) * (np.abs(value) + NEARLY_NOTHING)
    return not bool(np.any(far & both))


def applied(models: Pair, case: Case) -> Case:
    """The case that is answered instead; models that do not concern it drop out."""
    for model in models:
        case = model.applied(case) or case
    return case


class Sieve:
    """Hypotheses and pairs, of which those remain that explain every case that is tried."""

    def __init__(self, tried: list[Observation]) -> None:
        self.tried = tried
        self.known = hypotheses()
        self.compared = 0
        self.exhausted = True
        self._until = time.monotonic() + SECONDS
        self._explains: dict[tuple[int, Pair], bool] = {}
        self._rejected = [0] * len(tried)

    def _survives(self, models: Pair) -> bool:
        """Whether every case is explained; at least one is not by the plain question."""
        self.compared += 1
        # The case that has rejected the most comes first.
        for place in sorted(range(len(self.tried)), key=lambda place: -self._rejected[place]):
            if not self._explained(place, models):
                self._rejected[place] += 1
                return False
        return True

    def _explained(self, place: int, models: Pair) -> bool:
        """Whether a case is explained, remembered by the models that concern it."""
        answered = self.tried[place].case
        concerned = []
        for model in models:
            said = model.applied(answered)
            if said is not None:
                answered = said
                concerned.append(model)
        key = (place, tuple(concerned))
        if key not in self._explains:
            self._explains[key] = (
                bool(concerned)
                and _near(self.tried[place], answered)
                and fits(self.tried[place], answered, roughly=True)
            )
        return self._explains[key]

    def alone(self) -> Iterator[Pair]:
        """Single hypotheses."""
        return ((one,) for one in self.known if self._survives((one,)))

    def together(self) -> Iterator[Pair]:
        """Pairs of different families; of two that change the loss, in both orders."""
        for first, second in itertools.combinations(self.known, 2):
            if first.family == second.family:
                continue
            if time.monotonic() > self._until:
                self.exhausted = False
                return
            orders = [(first, second)]
            if first.part == second.part == "loss":
                orders.append((second, first))
            yield from filter(self._survives, orders)
