"""Judging what an implementation returned: against the exact answer, and against the catalogue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.answers import Answer
from equivalence.cases.case import SPARSE, encoding
from equivalence.cases.further import WEIGHT_GRADIENT, answer_to
from equivalence.cases.remembered import Remembered
from equivalence.distance import Distance, distance
from equivalence.divergences import Divergence
from equivalence.exact import Number
from equivalence.expectation import Expectation, catalogued, declines, expectation
from equivalence.finding import ROW_SHOWN, Finding, Verdict, Where, joined
from equivalence.matching import matching, narrower, needed, only_weaker, too_good, undecided
from equivalence.misreading import real
from equivalence.responses import further, quantities, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation

_CARRIED = ROW_SHOWN + 1  # numbers of a row: one more than is printed tells that there are more
_REMEMBERED = 16384  # findings kept, to be shared by those that return the same bits

_judged: Remembered[Finding] = Remembered(_REMEMBERED)


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
        quantity: One of ``QUANTITIES``.
        mode: How it is run; by default the framework's first mode.

    Raises:
        ValueError: If the case itself is broken (a class index out of range).
    """
    mode = mode or implementation.offered_modes[0]
    asked = _Asked(implementation=implementation, case=case, quantity=quantity, mode=mode)
    declined = declines(implementation, case, mode)
    if not declined and not (
        quantity in quantities(implementation, case)
        or quantity in further(implementation, case, mode)
    ):
        declined = f"has no {quantity.replace('_', ' ')}"
    if declined:
        return _finding(asked, Verdict.INAPPLICABLE, detail=declined)
    reading = read(implementation, case, mode, quantity)
    if reading is None:
        detail = f"returned no {quantity.replace('_', ' ')}"
        return _finding(asked, Verdict.INAPPLICABLE, detail=detail)
    expected = expectation(case, catalogued(implementation, mode, quantity))
    if isinstance(reading, Exception):
        return _judge_exception(asked, reading, expected)
    if case.malformed:
        return _judge_misreading(asked, np.asarray(reading), expected)
    return _judge_array(asked, np.asarray(reading), expected)


def _judge_array(asked: _Asked, reading: np.ndarray, expected: Expectation) -> Finding:
    """Judges numbers; once where the same came back, and the catalogue expects the same."""
    who, returned = asked.implementation, bits(reading)
    key = (asked.case, asked.quantity, expected.steps, reading.dtype.name, returned)
    made = _judged.of(key, lambda: _judge_numbers(asked, reading, expected))
    return replace(
        made,
        implementation=who.name,
        framework=who.framework.name,
        mode=asked.mode,
        bits=returned,
    )


def _judge_numbers(asked: _Asked, reading: np.ndarray, expected: Expectation) -> Finding:
    case, quantity = asked.case, asked.quantity
    answer = answer_to(case, quantity)
    measured = distance(reading, answer, case.dtype)

    def found(verdict: Verdict, steps: Sequence[Divergence] = (), detail: str = "") -> Finding:
        return _finding(
            asked,
            verdict,
            measured=(reading, answer, measured),
            denominator=expected.case.reduction.denominator,
            divergence=joined(step.name for step in steps),
            detail=detail or measured.problem,
        )

    if measured.undefined:
        return found(
            Verdict.UNDEFINED, detail=f"the exact answer does not exist; returned {_brief(reading)}"
        )
    plainly = measured.inside and not expected.steps
    matched = expected.steps if plainly else matching(reading, case, expected, quantity)
    if matched is expected.steps or (matched is not None and undecided(expected, quantity)):
        if narrower(reading, case, expected.case, quantity):
            return found(Verdict.DIVERGES, detail=f"returned {reading.dtype.name}: digits are lost")
        if measured.inside and not too_good(reading, case, answer, expected, quantity):
            return found(Verdict.AGREES, detail=_returned(reading, case, quantity))
        if measured.inside:
            return found(
                Verdict.RETIRED,
                expected.steps,
                "more accurate than what the catalogue says it does",
            )
        steps = needed(reading, case, matched, quantity)
        weaker = all(only_weaker(case, step) for step in steps)
        return found(Verdict.INACCURATE if weaker else Verdict.EXPLAINED, steps)
    if matched is not None:
        gone = [step.name for step in expected.steps if step not in matched]
        return found(
            Verdict.RETIRED,
            [step for step in expected.steps if step not in matched],
            f"the catalogue expects {', '.join(gone)}, which no longer shows",
        )
    return found(Verdict.DIVERGES, detail=_diverging(measured, expected))


def _judge_misreading(asked: _Asked, reading: np.ndarray, expected: Expectation) -> Finding:
    """Judges numbers that came back for a malformed question, which has no answer of its own."""
    case = asked.case
    reading = real(reading)
    imaginary = reading.dtype.kind == "c"
    returned = f"{case.malformed}; returned {_brief(reading)}"
    if expected.raises is not None:
        verdict, detail = Verdict.RETIRED, f"{returned}, where the catalogue expects an exception"
    elif not expected.steps:
        verdict, detail = Verdict.DIVERGES, f"{returned}, and the catalogue does not say why"
    elif not imaginary and matching(reading, case, expected, asked.quantity) is expected.steps:
        verdict, detail = Verdict.EXPLAINED, returned
    else:
        verdict, detail = Verdict.DIVERGES, f"{returned}, not what the catalogue says"
    steps = expected.steps
    if verdict is Verdict.EXPLAINED:
        steps = needed(reading, case, steps, asked.quantity)
    made = _finding(asked, verdict, divergence=joined(step.name for step in steps), detail=detail)
    got = Number.of(float(reading.flat[0])) if reading.size and not imaginary else None
    plain = not {case.prediction.dtype.kind, case.target.dtype.kind}.intersection("cU")
    shown = (_row(case.prediction), _row(case.target)) if plain else ((), ())
    where = Where(index=(0,) * reading.ndim, prediction=shown[0], target=shown[1])
    return replace(made, got=got, bits=bits(reading.real), where=where)


def _returned(reading: np.ndarray, case: Case, quantity: str) -> str:
    name, wanted = reading.dtype.name, case.format_of(quantity).name
    return "" if name == wanted else f"returned {name} for {wanted}"


def _judge_exception(asked: _Asked, error: Exception, expected: Expectation) -> Finding:
    text = f"raises {type(error).__name__}: {' '.join(str(error).split())}"[:500]
    if asked.case.malformed and expected.raises is None and expected.steps:
        text = f"the catalogue expects an answer to another question; {text}"
        names = joined(step.name for step in expected.steps)
        return _finding(asked, Verdict.RETIRED, divergence=names, detail=text)
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
    numbers = np.real(reading).astype(np.float64).ravel().tolist()
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
    numbers: dict[str, Any] = {}
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
        if _returned(reading, case, asked.quantity):
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
    digest = hashlib.blake2b(repr(numbers.shape).encode(), digest_size=6)
    digest.update(numbers.tobytes())
    return digest.hexdigest()


def _where(case: Case, quantity: str, index: tuple[int, ...]) -> Where:
    """The inputs at a position: the row of classes, or the number.

    They are everything if the value is one number.
    """
    if quantity == WEIGHT_GRADIENT:
        return Where(index=index)
    position = index
    if case.loss.has_classes and quantity != "value":
        position = index[:-1]
    try:
        prediction = np.asarray(case.prediction[position])
        target = np.asarray(case.target[position])
    except IndexError:
        prediction, target = case.prediction, case.target
    if not index and case.prediction.size > ROW_SHOWN:
        return Where(index=index)
    if encoding(case.target_kind) == SPARSE:
        labels = tuple(Number.of(n, str(int(n))) for n in target.ravel()[:_CARRIED])
    else:
        labels = _row(target)
    return Where(index=index, prediction=_row(prediction), target=labels)


def _row(array: np.ndarray) -> tuple[Number, ...]:
    return tuple(Number.of(float(number), str(number)) for number in array.ravel()[:_CARRIED])
