"""A small case still shows what a large one shows."""

import numpy as np
import pytest

from equivalence.cases.generation import from_name
from equivalence.comparison import judge
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.shrinking import shrunk, smallest

load("textbook")


def large(kind="sparse", options="weight+ignore_index"):
    return from_name("cross_entropy", kind, "mean", "float32", f"wide_10.many_rows.{options}.0")


def test_a_case_that_shows_anything_shrinks_to_nothing_much():
    small = shrunk(large(), lambda case: case.prediction.size > 0)
    assert small.shape == (1,)
    assert small.prediction.shape == (1, 2)
    assert set(small.prediction.ravel().tolist()) <= {0.0, 1.0}
    assert dict(small.options) == {}


def test_what_is_to_be_seen_is_kept():
    small = shrunk(large(), lambda case: "weight" in case.options and case.prediction.max() > 5)
    assert small.prediction.size == 2
    assert small.options["weight"].shape == (2,)
    assert small.prediction.max() > 5


@pytest.mark.parametrize("kind", ["sparse", "soft"])
def test_every_smaller_case_is_one_that_can_be_asked(kind):
    def sound(case):
        assert case.prediction.dtype == np.float32
        assert case.target.shape == case.prediction.shape[: case.target.ndim]
        assert case.distribution.shape == case.prediction.shape
        return True

    shrunk(large(kind, "weight+sample_weight"), sound)


def test_the_smallest_overflow():
    implementation = IMPLEMENTATIONS["textbook.log_of_softmax"]
    case = from_name("cross_entropy", "one_hot", "mean", "float32", "offset.rows.plain.0")
    finding = judge(implementation, case)
    small, shown = smallest(implementation, case, finding)
    assert small.prediction.size == 2
    assert (shown.verdict, shown.divergence) == (finding.verdict, finding.divergence)
    assert judge(implementation, small).verdict == finding.verdict
