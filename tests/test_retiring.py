"""When an entry of the catalogue is retired, and when a reading only looks as if it were."""

from dataclasses import replace

import numpy as np
import pytest

from equivalence.comparison import judge
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.implementations.framework import Response
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
