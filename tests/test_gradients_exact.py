"""Closed-form gradients against automatic differentiation of the definitions, exactly."""

import flint
import numpy as np
import pytest
from dual import Dual, duals, slopes

from equivalence.cases.covering import cover
from equivalence.cases.generation import generate
from equivalence.cases.pinned import pinned
from equivalence.exact import balls
from equivalence.losses import LOSSES, NONE
from equivalence.losses.loss import PROBABILITIES

BITS = 1500  # enough for a gradient of exp(-300) beside 1
CERTAIN = 2.0**-600  # no interval that is compared is wider than this, relatively or absolutely


def parameters(case, number):
    return {
        name: number(value) if np.ndim(value) else number([value])[0]
        for name, value in case.parameters.items()
    }


def derivative(case, which):
    """The derivative of the terms by the prediction (0) or the target (1), class by class."""
    arrays = [np.asarray(case.prediction, dtype=np.float64), case.distribution]
    options = parameters(case, lambda value: duals(np.asarray(value, dtype=np.float64), 0))
    classes = arrays[0].shape[-1] if case.loss.has_classes else 1
    columns = []
    for index in range(classes):
        seeds = np.arange(classes) == index if case.loss.has_classes else 1
        inputs = [duals(array, seeds if which == i else 0) for i, array in enumerate(arrays)]
        columns.append(slopes(case.loss.definition(*inputs, **options)))
    return np.stack(columns, axis=-1) if case.loss.has_classes else columns[0]


def mismatches(case):
    closed = case.loss.gradient(
        balls(case.prediction), balls(case.distribution), **parameters(case, balls)
    )
    edge = case.origin.startswith(("exactly", "certain"))
    edge |= case.loss.prediction == PROBABILITIES and bool(np.any(case.prediction == 0))
    for which, name in enumerate(("prediction", "target")):
        expected, compared = derivative(case, which), 0
        got = np.broadcast_to(np.asarray(closed[which], dtype=object), expected.shape)
        for index in np.ndindex(expected.shape):
            one, other = flint.arb(got[index]), expected[index]
            if not one.is_finite() or not other.is_finite():
                continue  # at the edge of the domain: the limit is tested by hand in test_oracle
            compared += 1
            narrow = all(ball.rad() <= CERTAIN * (1 + abs(ball.mid())) for ball in (one, other))
            if not narrow or not one.overlaps(other):
                yield f"{case.id} d/d{name} {index}: {one}, by dual numbers {other}"
        if case.target_kind.startswith("soft") and not edge and not compared:
            yield f"{case.id} d/d{name}: nothing was compared"


def report(cases):
    with flint.ctx.workprec(BITS), np.errstate(all="ignore"):
        return [line for case in cases for line in mismatches(case)][:20]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_closed_forms_are_the_derivatives_of_the_definitions(loss):
    every = cover(loss, lambda spec: spec.shape not in {"many_rows", "many_classes"}, 2)
    cases = [generate(loss, spec) for spec in every if spec.dtype == "float32"]
    assert len(cases) > 10
    assert report(cases) == []


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_closed_forms_are_right_for_many_classes_and_rows(loss):
    wanted = {"many_rows", "many_classes"}
    every = cover(loss, lambda spec: spec.shape in wanted and len(spec.options) != 1, 1)
    assert report(generate(loss, spec) for spec in every[:4]) == []


def test_closed_forms_are_right_on_the_pinned_cases():
    assert report(case for case in pinned() if case.reduction == NONE) == []


def test_the_definition_runs_unchanged_on_duals():
    """d/dx log(1 + exp(-x)) at x = 1 is -1 / (1 + e)."""
    loss = LOSSES["binary_cross_entropy_with_logits"]
    with flint.ctx.workprec(BITS):
        term = loss.definition(duals(np.array([1.0]), 1), duals(np.array([1.0]), 0))[0]
        assert term.slope.overlaps(-1 / (1 + flint.arb(1).exp()))
        assert term.value.overlaps((1 + flint.arb(-1).exp()).log())


def test_a_wrong_gradient_is_found():
    """A slope that is off by one part in 1e150 does not overlap."""
    case = next(case for case in pinned() if case.origin == "pinned.tutorial_one_hot")
    with flint.ctx.workprec(BITS):
        right = derivative(case, 0)[0, 0]
        closed = case.loss.gradient(balls(case.prediction), balls(case.distribution)).prediction
        assert right.overlaps(closed[0, 0])
        assert not (right * (1 + flint.arb(10) ** -150)).overlaps(closed[0, 0])


def test_dual_arithmetic():
    x = Dual(3, 1)
    for function, slope in (
        (lambda x: x * x - 2 / x, 6 + flint.arb(2) / 9),
        (lambda x: (1 - x) / (2 + x), flint.arb(-3) / 25),
        (lambda x: x.log() + x.exp(), flint.arb(1) / 3 + flint.arb(3).exp()),
        (lambda x: (-x * 0.25).log1p(), flint.arb(-1)),
    ):
        assert function(x).slope.overlaps(slope)
    assert x > 2
    assert x < 4
    assert x != Dual(3)
