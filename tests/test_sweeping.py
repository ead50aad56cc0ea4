"""The sweeps that the report plots: every implementation answers them, inside its bound or not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from equivalence.cases.answers import answers
from equivalence.cases.sweeping import points, sweep
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.losses import LOSSES
from equivalence.running import run
from equivalence.sweeping import swept


def numbers(name, quantity="value"):
    load(name.partition(".")[0])
    text = swept(IMPLEMENTATIONS[name])[quantity]
    return np.array([float.fromhex(word) for word in text.split()])


@pytest.mark.parametrize("loss", LOSSES)
def test_every_sweep_has_an_exact_answer_at_every_point(loss):
    kind = "sparse" if LOSSES[loss].has_classes else "binary"
    case = sweep(loss, kind)
    assert case.shape == (len(points(LOSSES[loss])),)
    assert np.isfinite(answers(case).value.exact.high).all()


def test_an_implementation_that_is_right_stays_inside_the_bound():
    found, answer = (
        numbers("textbook.log_softmax"),
        answers(sweep("cross_entropy", "one_hot")).value,
    )
    assert np.all(answer.exact.error(found) <= answer.bound)


def test_a_formula_that_overflows_shows_it():
    assert np.isinf(numbers("textbook.log_of_softmax")).any()


@pytest.mark.parametrize("framework", ["torch", "sklearn"])
def test_every_implementation_of_a_framework_can_be_swept(framework):
    load(framework)
    mine = [known for known in IMPLEMENTATIONS.values() if known.framework.name == framework]
    for implementation in mine:
        found = swept(implementation)
        length = len(points(implementation.loss))
        expected = {"value", "gradient"} if implementation.differentiates else {"value"}
        assert set(found) == {"target", "digest"} | expected
        assert all(len(found[quantity].split()) == length for quantity in expected)


def test_an_implementation_that_raises_has_no_sweep():
    load("textbook")

    def broken(logits, target, *, reduction):
        raise ValueError("no")

    known = IMPLEMENTATIONS["textbook.log_softmax"]
    assert swept(dataclasses.replace(known, function=broken)) == {}


@pytest.mark.parametrize("processes", [0, 1])
def test_a_run_holds_the_sweeps_of_what_it_asked(processes):
    made = run(
        ["cross_entropy:one_hot:sum:float32:value"], frameworks=["textbook"], processes=processes
    )
    asked = {finding.implementation for finding in made.findings if finding.case}
    records = {record.name: record.sweep for record in made.environment.implementations}
    assert asked
    assert {name for name, sweep in records.items() if sweep} == asked
    assert all(finding.bits for finding in made.findings if finding.got)


def test_of_the_columns_that_are_asked_the_one_that_returns_terms_is_swept():
    """Where it is not asked, the others are: else a selection of means would draw nothing."""
    name = "textbook.soft_cross_entropy"
    for selected, drawn in (("*", [name]), ("mean", [f"{name}[avg_factor]", f"{name}[mean]"])):
        made = run(["one_hot", selected], frameworks=["textbook"], processes=1)
        known = made.environment.implementations
        swept_ones = [one.name for one in known if one.name.startswith(name) and one.sweep]
        assert swept_ones == drawn
