"""Searching: which generic models, alone or two together, reproduce an unknown difference.

Every hypothesis and every pair is asked for a few cases in which the implementation differs; what
survives is confirmed on cases that were held back, in exact arithmetic. Nothing is accepted but
inside the bound that is derived for the model, in value and in gradient, on every case; and each
model of a pair must be needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equivalence import plan
from equivalence.cases.answers import ALWAYS_ASKED, answers
from equivalence.expectation import catalogued, expectation
from equivalence.responses import respond
from equivalence.sieve import Observation, Pair, Sieve, applied, fits

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation

TRIED = 6  # differing cases on which hypotheses are sieved
HELD_BACK = 60  # cases, differing or not, that confirm
LARGEST = 700  # numbers of a case that is sieved on

WIDE = frozenset(("float32", "float64"))
NARROW = frozenset(("float16", "bfloat16"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What reproduces a difference.

    Attributes:
        models: One or two, in the order in which they are applied.
        tried: The differing cases on which it was found.
        confirmed: How many cases, held back, it reproduces.
        held_back: How many were.
        differing: How many of all of them the plain question does not explain.
    """

    models: Pair
    tried: tuple[Observation, ...]
    confirmed: int
    held_back: int
    differing: int

    @property
    def whole(self) -> bool:
        """Whether it holds on every case."""
        return self.confirmed == self.held_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What came of a search.

    Attributes:
        found: What holds on every case; the first is printed, others cannot be told from it.
        nearest: If nothing does, what holds on the most.
        differing: The cases in which the implementation differs.
        observed: In how many cases something came back that can be compared.
        compared: How many hypotheses and pairs were compared.
        exhausted: Whether that is all of them.
    """

    found: tuple[Found, ...]
    nearest: Found | None
    differing: tuple[Observation, ...]
    observed: int
    compared: int
    exhausted: bool


def search(
    implementation: Implementation,
    mode: str,
    cases: Iterable[Case] = (),
    profile: str = "quick",
    dtypes: frozenset[str] = WIDE,
) -> Search:
    """Searches for what an implementation does, over the models and pairs of them.

    Args:
        implementation: Who is asked.
        mode: How it is run.
        cases: Asked before those of the profile.
        profile: Whose cases are asked, and pairs of levels besides.
        dtypes: Of which formats; in those of 16 bits overflow and jumps are mingled with
            everything else.
    """
    observed = list(_observations(implementation, mode, cases, profile, dtypes))
    differing = [each for each in observed if not fits(each, each.case)]
    tried = _diverse(differing)
    if not tried:
        return Search(
            found=(),
            nearest=None,
            differing=(),
            observed=len(observed),
            compared=0,
            exhausted=True,
        )
    rest = [each for each in observed if each not in tried]
    step = max(1, len(rest) // HELD_BACK)
    # Differing cases first; of those that agree, every so many-th.
    rest.sort(key=lambda each: each not in differing)
    held = rest[: HELD_BACK // 2] + rest[HELD_BACK // 2 :: step]
    sieve = Sieve(tried)
    survivors = list(sieve.alone()) or list(sieve.together())
    judged = [
        found
        for models in survivors
        if (found := _confirmed(models, tried, held, differing)) is not None
    ]
    judged.sort(key=lambda found: -found.confirmed)
    whole = tuple(found for found in judged if found.whole)
    if not whole and survivors and len(survivors[0]) == 1:
        more = [_confirmed(models, tried, held, differing) for models in sieve.together()]
        judged += [found for found in more if found is not None]
        judged.sort(key=lambda found: -found.confirmed)
        whole = tuple(found for found in judged if found.whole)
    return Search(
        found=whole,
        nearest=judged[0] if judged and not whole else None,
        differing=tuple(differing),
        observed=len(observed),
        compared=sieve.compared,
        exhausted=sieve.exhausted,
    )


def _observations(
    implementation: Implementation,
    mode: str,
    cases: Iterable[Case],
    profile: str,
    dtypes: frozenset[str],
) -> Iterator[Observation]:
    """What is returned for each case, those left out where nothing can be compared."""
    steps = catalogued(implementation, mode)
    seen = set()
    planned = (
        question.case
        for question in plan.planned([implementation], profile)
        if question.mode == mode and not question.case.malformed
    )
    for case in itertools.chain(cases, planned, plan.pairs(implementation, mode)):
        if case.digest in seen or case.dtype not in dtypes:
            continue
        seen.add(case.digest)
        expected = expectation(case, steps)
        response = respond(implementation, case, mode)
        readings = {name: getattr(response, name) for name in ALWAYS_ASKED}
        arrays = {
            name: np.asarray(reading)
            for name, reading in readings.items()
            if reading is not None and not isinstance(reading, Exception)
        }
        if arrays and expected.raises is None:
            yield Observation(asked=case, case=expected.case, readings=arrays)


def _diverse(differing: list[Observation]) -> list[Observation]:
    """A few differing cases: the first, then such that have other options, reductions, dtypes."""
    chosen: list[Observation] = []
    seen: set[str] = set()
    small = [each for each in differing if each.case.prediction.size <= LARGEST] or differing[:1]

    def features(each: Observation) -> set[str]:
        asked = each.asked
        regime = asked.origin.partition(".")[0]
        return {asked.dtype, asked.reduction.name, asked.target_kind, regime, *asked.options} | (
            {"weights"} if asked.weights is not None else set()
        )

    while small and len(chosen) < TRIED:
        # The first stays first: it is the one that is to be explained.
        best = small[0] if not chosen else max(small, key=lambda e: len(features(e) - seen))
        chosen.append(best)
        seen |= features(best)
        small.remove(best)
    return chosen


def _moved(observation: Observation, models: Pair) -> bool:
    """Whether another number is answered than without the last of the models."""
    with_it, without = (
        answers(applied(those, observation.case)) for those in (models, models[:-1])
    )
    return any(
        not np.array_equal(getattr(with_it, name).exact.high, getattr(without, name).exact.high)
        for name in observation.readings
    )


def _confirmed(
    models: Pair,
    tried: list[Observation],
    held: list[Observation],
    differing: list[Observation],
) -> Found | None:
    """The hypothesis in exact arithmetic, on the cases tried and on those held back.

    None if a case that was tried speaks against it, or a model of a pair is not needed, or another
    denominator is the same number in all of them: its bound may be a little wider.
    """
    if not all(fits(each, applied(models, each.case)) for each in tried):
        return None
    if models[-1].family == "reduction" and not any(_moved(each, models) for each in differing):
        return None
    every = [*tried, *held]
    good = [each for each in held if fits(each, applied(models, each.case))]
    if len(models) > 1:
        for fewer in models:
            if all(fits(each, applied((fewer,), each.case)) for each in [*tried, *good]):
                return None
    return Found(
        models=models,
        tried=tuple(tried),
        confirmed=len(good),
        held_back=len(held),
        differing=sum(each in differing for each in every),
    )
