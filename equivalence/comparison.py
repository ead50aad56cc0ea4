"""Judging what an implementation returned: against the exact answer, and against the catalogue."""

from __future__ import annotations

import hashlib
import itertools
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import QUANTITIES, Answer, answers
from equivalence.cases.case import SPARSE, encoding
from equivalence.distance import Distance, distance
from equivalence.divergences import Divergence
from equivalence.exact import FORMATS, Number
from equivalence.expectation import Expectation, catalogued, declines, expectation
from equivalence.finding import Finding, Verdict, Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation, Response

_SHOWN = 12  # numbers of a row that a finding carries
_MUCH = 2.0**20  # how much wider a bound is, to tell another precision from another rounding
_RESPONSES = 16  # kept, so that value and gradients come from one call

_responses: OrderedDict[tuple[int, int, str], tuple[Implementation, Case, Response]] = OrderedDict()


def respond(implementation: Implementation, case: Case, mode: str) -> Response:
    """The implementation's response, from one call for all quantities."""
    key = (id(implementation), id(case), mode)
    if key not in _responses:
        _responses[key] = (implementation, case, implementation.respond(case, mode))
        while len(_responses) > _RESPONSES:
            _responses.popitem(last=False)
    return _responses[key][2]


def quantities(implementation: Implementation, case: Case) -> tuple[str, ...]:
    """What is asked of an implementation about a case: the value, and the gradients on offer."""
    if not implementation.framework.differentiates:
        return QUANTITIES[:1]
    return QUANTITIES if implementation.call(case).target_gradient else QUANTITIES[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Who was asked what: one quantity of one case, in one mode."""

    implementation: Implementation
    case: Case
    quantity: str
    mode: str


def judge(
    implementation: Implementation, case: Case, quantity: str = "value", mode: str = ""
) -> Finding:
    """Asks an implementation a case and judges one quantity of what comes back.

    Args:
        implementation: Who is asked.
        case: What is asked.
        quantity: ``"value"``, ``"gradient"`` or ``"target_gradient"``.
        mode: How it is run; by default the framework's first mode.

    Raises:
        ValueError: If the case itself is broken (a class index out of range).
    """
    mode = mode or implementation.offered_modes[0]
    asked = _Asked(implementation=implementation, case=case, quantity=quantity, mode=mode)
    declined = declines(implementation, case, mode)
    if not declined and quantity not in quantities(implementation, case):
        declined = f"has no {quantity.replace('_', ' ')}"
    if declined:
        return _finding(asked, Verdict.INAPPLICABLE, detail=declined)
    reading = getattr(respond(implementation, case, mode), quantity)
    if reading is None:
        detail = f"returned no {quantity.replace('_', ' ')}"
        return _finding(asked, Verdict.INAPPLICABLE, detail=detail)
    expected = expectation(case, catalogued(implementation, mode))
    if isinstance(reading, Exception):
        return _judge_exception(asked, reading, expected)
    return _judge_array(asked, np.asarray(reading), expected)


def _judge_array(asked: _Asked, reading: np.ndarray, expected: Expectation) -> Finding:
    case, quantity = asked.case, asked.quantity
    answer = getattr(answers(case), quantity)
    measured = distance(reading, answer, case.dtype)

    def found(verdict: Verdict, steps: Sequence[Divergence] = (), detail: str = "") -> Finding:
        return _finding(
            asked,
            verdict,
            measured=(reading, answer, measured),
            denominator=expected.case.reduction.denominator,
            divergence=" + ".join(step.name for step in steps),
            detail=detail or measured.problem,
        )

    if measured.undefined:
        return found(
            Verdict.UNDEFINED, detail=f"the exact answer does not exist; returned {_brief(reading)}"
        )
    matched = _matching(reading, case, expected, quantity)
    if matched is expected.steps:
        if _narrower(reading, expected.case):
            return found(Verdict.DIVERGES, detail=f"returned {reading.dtype.name}: digits are lost")
        if measured.inside and not _too_good(case, answer, expected, quantity):
            return found(Verdict.AGREES, detail=_returned(reading, case))
        if measured.inside:
            return found(
                Verdict.RETIRED,
                expected.steps,
                "more accurate than what the catalogue says it does",
            )
        steps = _needed(reading, case, matched, quantity)
        weaker = all(_only_weaker(case, step) for step in steps)
        return found(Verdict.INACCURATE if weaker else Verdict.EXPLAINED, steps)
    if matched is not None:
        gone = [step.name for step in expected.steps if step not in matched]
        return found(
            Verdict.RETIRED,
            [step for step in expected.steps if step not in matched],
            f"the catalogue expects {', '.join(gone)}, which no longer shows",
        )
    return found(Verdict.DIVERGES, detail=_diverging(measured, expected))


def _narrower(reading: np.ndarray, answered: Case) -> bool:
    """Whether what came back has fewer digits than the question that is answered."""
    returned = FORMATS.get(reading.dtype.name)
    return returned is not None and returned.precision < FORMATS[answered.dtype].precision


def _returned(reading: np.ndarray, case: Case) -> str:
    name = reading.dtype.name
    return "" if name == case.dtype else f"returned {name} for {case.dtype}"


def _too_good(case: Case, answer: Answer, expected: Expectation, quantity: str) -> bool:
    """Whether a reading that is inside the bound cannot come from what the catalogue expects.

    A framework that computes in a narrower dtype does not hit the bound of the wider one, a
    millionth of its own or less, around a number that is not even the one that it aims at. That is
    so of float64 only: no framework computes the others in a format so much narrower.
    """
    if not expected.steps or expected.raises is not None or case.dtype != "float64":
        return False
    foretold = getattr(answers(expected.case), quantity)
    if foretold.exact.high.shape != answer.exact.high.shape:
        return False
    with np.errstate(invalid="ignore"):
        elsewhere = np.abs(foretold.exact.high - answer.exact.high) > answer.bound
    # What is below a format's floor is zero to it, and may hit a zero of the wider one.
    elsewhere &= np.abs(foretold.exact.high) > FORMATS[expected.case.dtype].floor
    return bool(np.any(elsewhere & (_MUCH * answer.bound < foretold.bound)))


def _matches(reading: np.ndarray, case: Case, steps: tuple[Divergence, ...], quantity: str) -> bool:
    expected = expectation(case, steps)
    if expected.raises is not None:
        return False
    answer = getattr(answers(expected.case), quantity)
    measured = distance(reading, answer, expected.case.dtype, predicted=bool(steps))
    return measured.inside or measured.undefined


def _matching(
    reading: np.ndarray, case: Case, expected: Expectation, quantity: str
) -> tuple[Divergence, ...] | None:
    """The catalogue's own steps if they reproduce the reading, else a subset that does, or None."""
    if expected.raises is None and _matches(reading, case, expected.steps, quantity):
        return expected.steps
    for size in range(len(expected.steps) - 1, -1, -1):
        for steps in itertools.combinations(expected.steps, size):
            if _matches(reading, case, steps, quantity):
                return steps
    return None


def _needed(
    reading: np.ndarray, case: Case, steps: tuple[Divergence, ...], quantity: str
) -> tuple[Divergence, ...]:
    """The fewest of the steps that still reproduce the reading."""
    for size in range(1, len(steps)):
        for fewer in itertools.combinations(steps, size):
            if _matches(reading, case, fewer, quantity):
                return fewer
    return steps


def _only_weaker(case: Case, step: Divergence) -> bool:
    """Whether a divergence leaves the question as it is and only grants a larger error."""
    said = step.model(case)
    if said is None or isinstance(said, type):
        return False
    same_formula = (
        said.loss.definition is case.loss.definition and said.loss.gradient is case.loss.gradient
    )
    same_reduction = said.reduction == case.reduction
    return same_formula and same_reduction and replace(said, loss=case.loss).digest == case.digest


def _judge_exception(asked: _Asked, error: Exception, expected: Expectation) -> Finding:
    text = f"raises {type(error).__name__}: {' '.join(str(error).split())}"[:500]
    if expected.raises is not None and isinstance(error, expected.raises):
        step = expected.steps[-1].name
        return _finding(asked, Verdict.REFUSES, divergence=step, detail=text)
    return _finding(asked, Verdict.DIVERGES, detail=text)


def _diverging(measured: Distance, expected: Expectation) -> str:
    steps = ", ".join(step.name for step in expected.steps)
    tried = f"; not explained by {steps}" if steps else ""
    if measured.problem:
        return measured.problem + tried
    if not measured.bound:
        return "finite, infinite and undefined do not agree" + tried
    return f"the error is {measured.error / measured.bound:.3g} times the bound{tried}"


def _brief(reading: np.ndarray) -> str:
    numbers = reading.astype(np.float64).ravel().tolist()
    return ", ".join(map(repr, numbers[:3])) + (", ..." if len(numbers) > 3 else "")


def _finding(
    asked: _Asked,
    verdict: Verdict,
    *,
    measured: tuple[np.ndarray, Answer, Distance] | None = None,
    denominator: str = "",
    divergence: str = "",
    detail: str = "",
) -> Finding:
    implementation, case = asked.implementation, asked.case
    numbers: dict[str, Any] = {} if measured is None else {"bits": bits(measured[0])}
    if measured is not None and not measured[2].problem and measured[0].size:
        reading, answer, far = measured
        numbers |= {
            "got": Number.of(float(reading[far.index])),
            "exact": answer.exact.digits(far.index),
            "error": Number.of(far.error),
            "bound": Number.of(far.bound),
            "ulps": Number.of(far.ulps, f"{far.ulps:.4g}"),
            "where": _where(case, asked.quantity, far.index),
        }
        if reading.dtype.name != case.dtype:
            numbers["returned"] = reading.dtype.name
    return Finding(
        loss=case.loss.name,
        target=case.target_kind,
        reduction=case.reduction.name,
        denominator=denominator,
        dtype=case.dtype,
        quantity=asked.quantity,
        implementation=implementation.name,
        framework=implementation.framework.name,
        mode=asked.mode,
        case=case.origin,
        digest=case.digest,
        verdict=verdict,
        divergence=divergence,
        detail=detail,
        **numbers,
    )


def bits(reading: np.ndarray) -> str:
    """A hash of the numbers that came back, and of their shape; one NaN is as good as another.

    >>> bits(np.float32([0.0])) == bits(np.float32([-0.0]))
    False
    """
    numbers = np.where(np.isnan(reading), np.nan, reading.astype(np.float64))
    shape = repr(numbers.shape).encode()
    return hashlib.blake2b(shape + numbers.tobytes(), digest_size=6).hexdigest()


def _where(case: Case, quantity: str, index: tuple[int, ...]) -> Where:
    """The inputs at a position: the row of classes, or the number.

    They are everything if the value is one number.
    """
    position = index
    if case.loss.has_classes and quantity != "value":
        position = index[:-1]
    try:
        prediction = np.asarray(case.prediction[position])
        target = np.asarray(case.target[position])
    except IndexError:
        prediction, target = case.prediction, case.target
    if not index and case.prediction.size > _SHOWN:
        return Where(index=index)
    if encoding(case.target_kind) == SPARSE:
        labels = tuple(Number.of(n, str(int(n))) for n in target.ravel()[:_SHOWN])
    else:
        labels = _row(target)
    return Where(index=index, prediction=_row(prediction), target=labels)


def _row(array: np.ndarray) -> tuple[Number, ...]:
    return tuple(Number.of(float(number), str(number)) for number in array.ravel()[:_SHOWN])
