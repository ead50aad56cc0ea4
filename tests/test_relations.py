"""Relations between readings: who agrees with whom, without an exact answer."""

import numpy as np
import pytest

from equivalence.cases.generation import from_name
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.losses import NONE, SUM
from equivalence.relations import (
    Reading,
    differing_answers,
    disagreement,
    disagreements,
    mean_divides,
    one_hot,
    reading,
    reduced,
    response,
    soft,
    terms_add_up,
)

LARGEST = float(np.finfo(np.float32).max)
NAN, INF = float("nan"), float("inf")


def said(*numbers, bound=0.5, answers=None, label="somebody"):
    array = np.array(numbers, dtype=np.float64)
    return Reading(
        label=label,
        name=f"cell:{label}",
        array=array,
        bound=np.broadcast_to(np.float64(bound), array.shape),
        answers=np.zeros_like(array) if answers is None else np.array(answers, dtype=np.float64),
        largest=LARGEST,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (said(1.0), said(2.0)),
        (said(1.0, bound=0), said(1.0, bound=0)),
        (said(INF, bound=0), said(INF, bound=0)),
        (said(-INF), said(-INF)),
        (said(INF, bound=1e33), said(LARGEST - 5e32, bound=1e33)),
        (said(INF).times(0.5, "halved"), said(0.6 * LARGEST)),
        (said(-INF).times(np.array([0.5]), "halved"), said(-0.6 * LARGEST)),
        (said(NAN), said(NAN)),
        (said(1.0, answers=[NAN]), said(9.0, answers=[NAN])),
        (said(NAN, answers=[NAN]), said(9.0, answers=[NAN])),
    ],
)
def test_readings_within_the_sum_of_their_bounds_agree(one, other):
    assert disagreement([one, other]) is None
    assert disagreement([other, one]) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (said(INF).times(0.5, "halved"), said(0.4 * LARGEST)),
        (said(INF).times(0.5, "halved"), said(-LARGEST)),
        (said(1.0), said(2.0001)),
        (said(1.0, bound=0), said(np.nextafter(1.0, 2.0), bound=0)),
        (said(INF), said(1e30)),
        (said(INF), said(-INF)),
        (said(NAN), said(1.0)),
        (said(NAN), said(INF)),
        (said(0.0, 1.0), said(0.0, 3.0)),
    ],
)
def test_readings_beyond_the_sum_of_their_bounds_disagree(one, other):
    for pair in ([one, other], [other, one], [one, one, other, other]):
        found = disagreement(pair)
        assert found is not None
        assert {float(number) for number in found.got} == {
            float(reading.array[found.index]) for reading in pair
        } or any(np.isnan(float(number)) for number in found.got)


def test_the_two_that_lie_farthest_apart_are_named():
    five = [said(number, label=f"{number}") for number in (3.0, 2.0, 5.0, 2.5, 3.5)]
    assert disagreement(five).labels == ("2.0", "5.0")


def test_only_those_are_compared_that_answer_the_same():
    one, other = said(1.0, answers=[1.0]), said(2.5, answers=[2.5])
    assert disagreements([one, other, None]) == []
    assert len(disagreements([one, other, said(9.0, answers=[1.0])])) == 1


@pytest.fixture
def case():
    load("textbook")
    return from_name("cross_entropy", "one_hot", "mean", "float32", "normal.rows.plain.0")


def test_a_response_is_asked_for_once(case, monkeypatch):
    implementation = IMPLEMENTATIONS["textbook.log_softmax"]
    first = response(implementation, case, "eager")
    monkeypatch.setattr(type(implementation), "respond", None)
    assert response(implementation, case, "eager") is first


def test_reductions_of_an_implementation_fit(case):
    implementation = IMPLEMENTATIONS["textbook.log_softmax"]
    assert list(terms_add_up(implementation, reduced(case, SUM), "eager")) == []
    assert list(mean_divides(implementation, implementation, case, "eager")) == []


def test_a_sum_that_is_not_the_sum_of_the_terms_is_told(case, monkeypatch):
    implementation = IMPLEMENTATIONS["textbook.log_softmax"]
    terms = reading(implementation, reduced(case, NONE), "eager", "value")
    total = terms.total("their sum")
    assert disagreement([total, total.times(1.0001, "another")]).labels == ("their sum", "another")


def test_a_target_is_the_same_in_another_encoding():
    sparse = from_name("cross_entropy", "sparse", "mean", "float64", "wide_10.rows.weight.0")
    assert one_hot(sparse).target_kind == "one_hot"
    assert soft(sparse).target_kind == "soft"
    assert one_hot(sparse) is one_hot(sparse)
    assert list(differing_answers(sparse)) == []
    ignoring = from_name("cross_entropy", "sparse", "sum", "float64", "normal.rows.ignore_index.0")
    assert one_hot(ignoring) is None


def test_an_answer_that_depends_on_the_encoding_is_told(monkeypatch):
    from equivalence import relations

    sparse = from_name("cross_entropy", "sparse", "mean", "float32", "normal.rows.plain.0")
    other = from_name("cross_entropy", "one_hot", "mean", "float32", "normal.rows.plain.0")
    monkeypatch.setattr(relations, "one_hot", lambda _: reduced(other, SUM))
    assert any("value of" in line for line in differing_answers(sparse))
