"""What a claim is, how it is examined, and the measurements that an examination is made of."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from equivalence.cases.answers import Answer, answers
from equivalence.cases.case import Case
from equivalence.cases.covering import cover
from equivalence.cases.generation import Spec, generate
from equivalence.implementations import IMPLEMENTATIONS, Response, ready
from equivalence.losses import LOSSES, MEAN, Reduction
from equivalence.plan import offer

CLAIMS: dict[int, Claim] = {}

HOLDS, WITHIN_A_DOMAIN, FAILS = "holds", "holds within a domain", "fails"

Reading = np.ndarray | Exception | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an examination measured.

    Attributes:
        domain: Where the claim was found to hold, in words, with the number of cases.
        contradictions: Cases inside that domain in which it does not hold; it fails if any.
        counterexamples: The smallest cases outside it.
    """

    domain: str
    contradictions: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence of the tutorial.

    Attributes:
        number: As the tutorial's claims are counted.
        statement: The sentence.
        needs: The frameworks without which it cannot be examined.
        examination: Runs the code that decides.
    """

    number: int
    statement: str
    needs: tuple[str, ...]
    examination: Callable[[], Evidence]

    def __str__(self) -> str:
        return f"{self.number}. {self.statement}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A claim with what was found: where it holds, and the smallest counterexample outside."""

    number: int
    statement: str
    verdict: str
    domain: str
    counterexample: str

    def __str__(self) -> str:
        parts = (f"{self.number}. {self.statement}", self.verdict, self.domain, self.counterexample)
        return "\n   ".join(filter(None, parts))

    __repr__ = __str__


def claim(number: int, statement: str, *needs: str) -> Callable[[Any], Callable[[], Evidence]]:
    """Registers the decorated examination of a claim.

    Raises:
        ValueError: If the number is taken.
    """

    def register(examination: Callable[[], Evidence]) -> Callable[[], Evidence]:
        if number in CLAIMS:
            message = f"claim {number} is already {CLAIMS[number].statement!r}"
            raise ValueError(message)
        CLAIMS[number] = Claim(
            number=number, statement=statement, needs=needs, examination=examination
        )
        return examination

    return register


def examine(asked: Claim, available: Collection[str]) -> Examined:
    """Runs the examination of a claim; nothing of its outcome is written down beforehand.

    Args:
        asked: The claim.
        available: The frameworks that may be used.
    """
    absent = [name for name in asked.needs if name not in available or ready(name)]
    if absent:
        verdict = (
            f"not examined: {' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} absent"
        )
        return _examined(asked, verdict, Evidence(domain=""))
    evidence = asked.examination()
    if evidence.contradictions:
        return _examined(asked, FAILS, evidence)
    return _examined(asked, WITHIN_A_DOMAIN if evidence.counterexamples else HOLDS, evidence)


def _examined(asked: Claim, verdict: str, evidence: Evidence) -> Examined:
    return Examined(
        number=asked.number,
        statement=asked.statement,
        verdict=verdict,
        domain=evidence.domain,
        counterexample="; ".join((*evidence.contradictions[:1], *evidence.counterexamples)),
    )


def question(
    loss: str,
    kind: str,
    prediction: Any,
    target: Any,
    *,
    reduction: Reduction = MEAN,
    dtype: str = "float32",
    weights: Any = None,
    **options: Any,
) -> Case:
    """A small case from plain lists; ``weight`` and ``pos_weight`` are rounded to the dtype."""
    numbers = ("weight", "pos_weight")
    rounded = {n: np.array(v, dtype) if n in numbers else v for n, v in options.items()}
    return Case(
        loss=LOSSES[loss],
        target_kind=kind,
        prediction=np.array(prediction, dtype),
        target=np.array(target, np.int64 if kind.startswith("sparse") else dtype),
        reduction=reduction,
        dtype=dtype,
        origin="identities",
        weights=None if weights is None else np.array(weights, dtype),
        options=MappingProxyType(rounded),
    )


def generated(
    *names: str,
    keep: Callable[[Spec], bool] = lambda _: True,
    strength: int = 2,
    numbers_matter: bool = True,
) -> tuple[Case, ...]:
    """Cases with every pair (or each) of the levels which all the named implementations offer.

    Args:
        names: Of implementations.
        keep: Whether a spec may be among them.
        strength: How many levels are held together.
        numbers_matter: Whether ``keep`` looks at the regime; if not, it is asked once for all.
    """
    asked = [IMPLEMENTATIONS[name] for name in names]

    def accepted(spec: Spec) -> bool:
        return keep(spec) and all(offer(implementation).accepts(spec) for implementation in asked)

    loss = asked[0].loss
    specs = cover(loss, accepted, strength, numbers_matter=numbers_matter)
    return tuple(generate(loss, spec) for spec in specs)


def with_reduction(cases: Iterable[Case], reduction: Reduction) -> tuple[Case, ...]:
    """The same cases under another reduction."""
    return tuple(replace(case, reduction=reduction) for case in cases)


def read(name: str, case: Case, quantity: str = "value") -> Reading:
    """What the named implementation returns, in its first mode: an array or the exception."""
    reading: Reading = getattr(_respond(name, case), quantity)
    return reading


@functools.lru_cache(maxsize=16)  # value and gradient come from one call
def _respond(name: str, case: Case) -> Response:
    implementation = IMPLEMENTATIONS[name]
    return implementation.respond(case, implementation.offered_modes[0])


def answer(case: Case, quantity: str = "value") -> Answer:
    """The exact answer and its bound."""
    found: Answer = getattr(answers(case), quantity)
    return found


def inside(reading: Reading, expected: Answer, granted: Any = 0.0) -> bool:
    """Whether every number is inside its bound plus what is granted besides."""
    if not isinstance(reading, np.ndarray) or reading.shape != expected.exact.high.shape:
        return False
    error = expected.exact.error(reading.astype(np.float64))
    return bool(np.all(error <= expected.bound + expected.exact.radius + granted))


def together(first: Any, second: Any, allowed: Any) -> bool:
    """Whether two readings are as close as is allowed (or the same infinity), elementwise."""
    if isinstance(first, Exception) or isinstance(second, Exception):
        return False
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape:
        return False
    with np.errstate(invalid="ignore"):
        return bool(np.all((one == other) | (np.abs(one - other) <= allowed)))


def allowance(*expected: Answer) -> np.ndarray:
    """How far two readings may lie apart: the sum of their bounds; nothing where it is infinite."""
    bounds = [np.where(np.isfinite(one.exact.high), one.bound, 0.0) for one in expected]
    return np.asarray(sum(bounds[1:], bounds[0]))


def text(reading: Any) -> str:
    """A reading in print: eight digits, or the exception's type."""
    if isinstance(reading, Exception):
        return f"{type(reading).__name__}"
    numbers = np.asarray(reading, dtype=np.float64)
    digits = [f"{number:.8g}" for number in numbers.ravel().tolist()]
    return digits[0] if len(digits) == 1 else f"[{', '.join(digits)}]"
