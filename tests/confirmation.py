"""Findings confirmed without the oracle: got is asked again, exact and verdict come from mpmath.

``python tests/confirmation.py RUN.jsonl [NUMBER]`` confirms so many random findings of each dtype
(200 by default) of a run, and prints what cannot be confirmed.
"""

import random
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from second_oracle import mp, second_answers, second_product

from equivalence.cases.answers import ALWAYS_ASKED, QUANTITIES, answers
from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT, answer_to
from equivalence.cases.second_order import direction
from equivalence.comparison import judge
from equivalence.exact import DIGITS, FORMATS
from equivalence.expectation import catalogued, expectation
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.losses.loss import PROBABILITIES
from equivalence.misreading import real
from equivalence.reproduction import named_case
from equivalence.responses import read as asked_again
from equivalence.results import read

NUMBER = 200
NEARLY = mp.mpf(10) ** -15  # what the bound, a float64, may be off by, relatively
LEAST = mp.mpf(10) ** -24  # relatively: what 25 digits leave out


def second(case, quantity):
    """The exact numbers of a quantity by the second oracle."""
    if quantity == HESSIAN_VECTOR_PRODUCT:
        return second_product(case, direction(case.prediction.shape))
    return second_answers(case)[QUANTITIES.index(quantity)]


def is_smooth(case):
    """Whether predictions may be moved to both sides, as differences of gradients need it."""
    numbers = np.asarray(case.prediction, dtype=np.float64)
    if case.loss.prediction == PROBABILITIES:
        return bool(np.all((numbers > 2.0**-200) & (numbers < 1)))
    return bool(np.all(np.isfinite(numbers)))


def inside(reading, exact, bound, format_):
    """Whether every number of a reading lies within the bound of the second oracle's."""
    if reading.shape != exact.shape:
        return False
    for index in np.ndindex(exact.shape):
        got, truth, allowed = float(reading[index]), exact[index], float(bound[index])
        if mp.isnan(truth):
            continue
        if mp.isinf(truth) or np.isinf(got):
            beyond = mp.isinf(truth) or abs(truth) + allowed > format_.largest
            if not (beyond and np.isinf(got) and (got > 0) == (truth > 0)):
                return False
        elif np.isnan(got) or abs(mp.mpf(got) - truth) > mp.mpf(allowed) * (1 + NEARLY):
            return False
    return True


def problems(finding):
    """What of a finding cannot be confirmed, in words; nothing if all can."""
    implementation = IMPLEMENTATIONS[finding.implementation]
    case = named_case(finding.loss, finding.target, finding.reduction, finding.dtype, finding.case)
    again = judge(implementation, case, finding.quantity, finding.mode)
    if (again.verdict, again.got) != (finding.verdict, finding.got):
        yield f"asked again: {again.verdict}, got {again.got}, not {finding.got}"
    reading = asked_again(implementation, case, finding.mode, finding.quantity)
    if isinstance(reading, Exception):
        if finding.verdict not in {Verdict.REFUSES, Verdict.DIVERGES}:
            yield f"raises {type(reading).__name__}, and is said to be {finding.verdict}"
        return
    if case.malformed:
        yield from _misreading(finding, case, np.asarray(reading))
        return
    if finding.quantity == HESSIAN_VECTOR_PRODUCT and not is_smooth(case):
        return
    exact = second(case, finding.quantity)
    if finding.exact is not None:
        yield from _digits(finding, exact[finding.where.index])
    yield from _verdict(finding, case, np.asarray(reading), exact)


def _misreading(finding, case, reading):
    """Whether a value that came back for a malformed question is that of another, by mpmath."""
    if finding.verdict is not Verdict.EXPLAINED:
        yield f"an answer to a malformed question is said to be {finding.verdict}"
    steps = catalogued(IMPLEMENTATIONS[finding.implementation], finding.mode)
    other = expectation(case, steps).case
    plain = other.loss is case.loss and not np.isnan(np.asarray(other.prediction, float)).any()
    if finding.quantity != "value" or not plain or np.isnan(reading).any():
        return
    bound = answers(other).value.bound
    if not inside(real(reading), second(other, "value"), bound, FORMATS[other.dtype]):
        yield "is not the value of the other question, says the second oracle"


def _digits(finding, truth):
    """Whether what is printed as exact is what the second oracle says, to its last digit.

    That is one of those that are within the bound, if not all 25 are printed.
    """
    printed = finding.exact.decimal
    if mp.isnan(truth) or mp.isinf(truth):
        same = printed == {"+inf": "inf", "-inf": "-inf", "nan": "nan"}[mp.nstr(truth)]
    else:
        _, digits, exponent = Decimal(printed).as_tuple()
        left = LEAST * abs(truth)
        if len(digits) < DIGITS and any(digits):
            left = mp.mpf(10) ** exponent
        same = abs(mp.mpf(printed) - truth) <= left + mp.mpf(2) ** -1074
        same &= left <= max(mp.mpf(float(finding.bound)), LEAST * abs(truth))
    if not same:
        yield f"exactly {mp.nstr(truth, 25)}, not {printed}"


def _verdict(finding, case, reading, exact):
    """Whether the verdict follows from the second oracle's numbers."""
    format_ = FORMATS[case.dtype]
    missing = any(mp.isnan(number) for number in exact.ravel())
    bound = answer_to(case, finding.quantity).bound
    agrees = inside(reading, exact, bound, format_)
    if finding.verdict is Verdict.AGREES and (missing or not agrees):
        yield "agrees, and the second oracle says that it does not"
    if finding.verdict is Verdict.UNDEFINED and not missing:
        yield "undefined, and the second oracle has an answer"
    if finding.verdict in {Verdict.EXPLAINED, Verdict.INACCURATE, Verdict.DIVERGES} and agrees:
        yield f"{finding.verdict}, and the second oracle says that it agrees"
    if finding.verdict is Verdict.EXPLAINED:
        yield from _other_reduction(finding, case, reading)


def _other_reduction(finding, case, reading):
    """Where only the reduction is another one, the other question is answered by mpmath too."""
    steps = catalogued(IMPLEMENTATIONS[finding.implementation], finding.mode, finding.quantity)
    other = expectation(case, steps).case
    if replace(other, reduction=case.reduction).digest != case.digest or other.loss != case.loss:
        return
    expected = answer_to(other, finding.quantity)
    if not inside(reading, second(other, finding.quantity), expected.bound, FORMATS[other.dtype]):
        yield f"does not divide by the {other.reduction.denominator}, says the second oracle"


def chosen(findings, number=NUMBER, seed=0):
    """So many random findings of each dtype, of those that asked something."""
    # There is no second oracle of derivatives by weights: tests/test_further.py has dual numbers.
    known = {*ALWAYS_ASKED, HESSIAN_VECTOR_PRODUCT}
    findings = [finding for finding in findings if finding.case and finding.quantity in known]
    for dtype in FORMATS:
        mine = [finding for finding in findings if finding.dtype == dtype]
        yield from random.Random(seed).sample(mine, min(number, len(mine)))


def main(path, number=NUMBER):
    """Confirms findings of a run file; returns the exit status."""
    findings = read(Path(path)).findings
    for name in dict.fromkeys(finding.framework for finding in findings):
        load(name)
    confirmed, failed = Counter(), []
    for finding in chosen(findings, int(number)):
        wrong = list(problems(finding))
        failed += [f"{finding.name}: {text}" for text in wrong]
        confirmed[finding.dtype] += not wrong
    sys.stdout.write("\n".join([*failed, f"confirmed by mpmath: {dict(confirmed)}", ""]))
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
