"""Implementations that check nothing: what would make them leave their arrays is not asked."""

from dataclasses import replace

import numpy as np
import pytest

import equivalence
from equivalence.cases.named import named
from equivalence.comparison import judge
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.implementations.implementation import UNCHECKED
from equivalence.implementations.needs import leaves_buffers
from equivalence.plan import questions, withheld

load("sklearn")
load("torch")
BINOMIAL, MULTINOMIAL = "sklearn.HalfBinomialLoss", "sklearn.HalfMultinomialLoss"
LEAVING = {
    BINOMIAL: {
        "one_prediction_for_all",
        "one_sample_weight_too_many",
        "one_target_for_all",
        "one_target_too_few",
        "one_target_too_many",
        "twice_as_many_targets",
    },
    MULTINOMIAL: {
        "label_beyond_int32",
        "label_equals_classes",
        "label_far_above",
        "label_minus_1",
        "label_minus_100",
        "label_minus_2",
        "nan_label",
        "one_prediction_for_all",
        "one_sample_weight_too_many",
        "one_target_for_all",
        "one_target_too_few",
        "one_target_too_many",
        "only_label_equals_classes",
        "twice_as_many_targets",
    },
}
STAYING = {
    BINOMIAL: {"binary_label_2", "complex_labels", "nan_label", "string_labels"},
    MULTINOMIAL: {"complex_predictions", "float_labels", "fractional_label", "string_labels"},
}


def edges_of(asked):
    return {q.case.origin.removeprefix("edge.") for q in asked if q.case.malformed}


@pytest.mark.parametrize("profile", ["quick", "full"])
@pytest.mark.parametrize("name", LEAVING)
def test_what_leaves_the_arrays_is_withheld_and_all_else_is_asked(name, profile):
    known = IMPLEMENTATIONS[name]
    kept, asked = edges_of(withheld(known, profile)), edges_of(questions([known], profile))
    assert kept == LEAVING[name]
    assert asked.isdisjoint(kept)
    assert asked >= STAYING[name] | {"integer_predictions", "target_of_one_axis_too_many"}


def test_who_checks_is_asked_everything():
    known = IMPLEMENTATIONS["torch.cross_entropy"]
    assert not list(withheld(known, "quick"))
    assert edges_of(questions([known], "quick")) > LEAVING[MULTINOMIAL] - {
        "one_sample_weight_too_many"
    }


def test_a_withheld_question_is_inapplicable_and_never_reaches_the_function():
    def never(*_arguments, **_options):
        pytest.fail("it was called")

    known = replace(IMPLEMENTATIONS[MULTINOMIAL], function=never)
    case = named("cross_entropy", "sparse", "mean", "float32", "edge.label_far_above")
    found = judge(known, case, "gradient")
    assert (found.verdict, found.detail) == (Verdict.INAPPLICABLE, UNCHECKED)


def test_a_well_formed_question_is_never_withheld():
    case = named("cross_entropy", "sparse", "mean", "float32", "edge.label_far_above")
    right = replace(case, malformed="", target=np.zeros_like(case.target))
    known = IMPLEMENTATIONS[MULTINOMIAL]
    assert known.withholds(case)
    assert not known.withholds(right)
    assert not leaves_buffers(right)


def test_a_run_says_that_it_withheld_a_question():
    words = ["sparse:mean:float32", "*HalfMultinomialLoss@eager", "edge.label_*"]
    run = equivalence.run(words, frameworks=["sklearn"], processes=1)
    told = {(f.case.removeprefix("edge."), f.verdict, f.detail) for f in run.findings}
    labels = {edge for edge in LEAVING[MULTINOMIAL] if edge.startswith("label_")}
    assert told == {(edge, Verdict.INAPPLICABLE, UNCHECKED) for edge in labels}
    assert run.environment.complete
