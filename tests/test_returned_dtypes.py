"""Tests of what dtype comes back: it is recorded, and one with fewer digits is no agreement."""

import numpy as np
import pytest

from benchmarks.power.private import framework, private
from equivalence.cases.case import ONE_HOT
from equivalence.comparison import judge
from equivalence.finding import Verdict
from equivalence.implementations import Response
from equivalence.losses import negative_log_likelihood
from equivalence.plan import questions


def loss_in(dtype):
    def returns(log_probabilities, target, *, reduction="mean"):
        terms = -(np.where(target == 0, 0, target * log_probabilities)).sum(-1).astype(dtype)
        return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]

    def evaluate(call):
        with np.errstate(invalid="ignore"):
            value = call.implementation.function(call.prediction, call.target, **call.arguments)
        return Response(value=np.asarray(value))

    owner = framework(f"returns_{dtype}", evaluate)
    return private(owner, negative_log_likelihood, returns, targets=ONE_HOT)


def findings(dtype, asked):
    implementation = loss_in(dtype)
    for question in questions([implementation], "quick"):
        if question.case.dtype == asked:
            yield judge(implementation, question.case)


@pytest.mark.parametrize(("dtype", "asked"), [("float32", "float64"), ("float16", "float32")])
def test_fewer_digits_than_asked_are_no_agreement_though_the_number_is_right(dtype, asked):
    certain = [f for f in findings(dtype, asked) if f.case.startswith("certain.")]
    assert {f.verdict for f in certain} == {Verdict.DIVERGES}
    assert {f.returned for f in certain} == {dtype}


def test_more_digits_than_asked_agree_and_are_told():
    found = [f for f in findings("float64", "float32") if f.verdict is Verdict.AGREES]
    assert {(f.returned, f.detail) for f in found} == {("float64", "returned float64 for float32")}


def test_the_dtype_of_the_question_is_not_worth_a_word():
    assert {f.returned for f in findings("float64", "float64")} == {""}
