"""What is right is green: a formula evaluated well is never accused."""

from collections import Counter

import numpy as np
import pytest
from private import definition_in, findings, framework, options_for, private

from equivalence.cases.answers import answers
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE, Case
from equivalence.exact import FORMATS
from equivalence.finding import Verdict
from equivalence.implementations import Response
from equivalence.losses import LOSSES, REDUCTIONS

GREEN = {Verdict.AGREES, Verdict.UNDEFINED}


def implementation(loss, evaluate, name):
    return private(
        framework(name, evaluate, differentiates=True),
        loss,
        options_for(loss),
        targets=SPARSE | ONE_HOT | SOFT if loss.has_classes else BINARY | SOFT_BINARY,
        differentiates_target=True,
    )


def alarms(loss, evaluate, name, dtypes):
    judged = [f for f in findings(implementation(loss, evaluate, name)) if f.dtype in dtypes]
    assert len(judged) > 50
    assert Counter(finding.verdict for finding in judged)[Verdict.UNDEFINED] < len(judged) / 8
    return [str(finding) for finding in judged if finding.verdict not in GREEN][:20]


def correctly_rounded(call):
    """The exact answer itself, rounded once to the dtype."""
    options = dict(call.arguments)
    reduction, weights = options.pop("reduction"), options.pop("sample_weight", None)
    sparse = call.target.dtype.kind == "i" and call.implementation.loss.has_classes
    soft = "soft" if call.implementation.loss.has_classes else "soft_binary"
    case = Case(
        loss=call.implementation.loss,
        target_kind="sparse" if sparse else soft,
        prediction=call.prediction,
        target=call.target,
        reduction=REDUCTIONS[reduction],
        dtype=call.prediction.dtype.name,
        origin="rounded.once",
        weights=weights,
        options=options,
    )
    right, dtype = answers(case), call.prediction.dtype
    with np.errstate(over="ignore"):
        return Response(
            value=right.value.exact.high.astype(dtype),
            gradient=right.gradient.exact.high.astype(dtype),
            target_gradient=right.target_gradient.exact.high.astype(dtype),
        )


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_the_definition_in_float64_rounded_once_is_green_in_narrower_formats(loss):
    formats = {"float16", "bfloat16", "float32"}
    assert alarms(loss, definition_in(np.float64), "wide", formats) == []


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_the_definition_in_float32_rounded_once_is_green_in_16_bits(loss):
    assert alarms(loss, definition_in(np.float32), "single", {"float16", "bfloat16"}) == []


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_exact_answers_rounded_once_are_green(loss):
    assert alarms(loss, correctly_rounded, "exact", set(FORMATS)) == []


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_the_definition_in_the_dtype_under_test_is_green(loss):
    """The bounds leave room for rounding every step, as a framework does."""
    formats = {"bfloat16", "float32", "float64"}  # float16 does not hold every 1 / p on the way
    assert alarms(loss, definition_in(None), "native", formats) == []
