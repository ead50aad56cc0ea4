"""When an entry of the catalogue is retired, and when a reading only looks as if it were."""

from dataclasses import replace

import numpy as np
import pytest

from equivalence.comparison import judge
from equivalence.expectation import Expectation
from equivalence.finding import Verdict
from equivalence.identities.claim import question
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.implementations.framework import Response
from equivalence.losses.loss import TermBounds
from equivalence.matching import undecided
from equivalence.plan import questions

NAME = "tensorflow_v2.keras.SparseCategoricalCrossentropy(from_logits=True)"


@pytest.mark.parametrize(
    ("got", "verdict"),
    [
        (0.25, Verdict.AGREES),  # a number of float32, in which Keras computes
        (np.nextafter(0.25, 0), Verdict.RETIRED),  # none of them, and right to the last bit
        (0.25 - 2**-26, Verdict.EXPLAINED),  # what float32 makes of log 3
        (0.2501, Verdict.DIVERGES),
    ],
)
def test_a_number_of_the_narrower_dtype_retires_nothing(got, verdict):
    """Of what is inside the bound of float64, only what float32 does not hold shows float64."""
    load("tensorflow_v2")
    known = IMPLEMENTATIONS[NAME]
    case = next(
        question.case
        for question in questions([known], "full")
        if question.case.origin == "pinned.unbatched"
        and question.case.dtype == "float64"
        and question.case.reduction.kind == "sum"
    )
    response = Response(value=np.float64(-np.log(0.75)), gradient=np.array([got, -got]))
    framework = replace(known.framework, evaluate={"eager": lambda _: response})
    found = judge(replace(known, framework=framework), case, "gradient", "eager")
    assert found.verdict is verdict, found.detail


def test_on_a_jump_of_a_model_nothing_speaks_against_fewer_entries():
    """There a model accepts nothing, whatever was returned; who raises accepts nothing either."""
    case = question("cross_entropy", "sparse", [[0.0, 1.0]], [0])

    def jumping(*arguments, **parameters):
        bounds = case.loss.bound(*arguments, **parameters)
        return TermBounds(*(np.inf * bound for bound in bounds))

    answered = replace(case, loss=replace(case.loss, bound=jumping))
    assert undecided(Expectation(case=answered), "value")
    assert not undecided(Expectation(case=case), "value")
    assert not undecided(Expectation(case=answered, raises=ValueError), "value")
    assert not undecided(Expectation(case=replace(answered, malformed="a label")), "value")
