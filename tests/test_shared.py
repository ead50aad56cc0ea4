"""What is computed once: parts of an array, and judgements of the same bits."""

import flint
import numpy as np
import pytest

from equivalence import comparison
from equivalence.cases.covering import cover
from equivalence.cases.generation import generate
from equivalence.comparison import judge
from equivalence.exact import balls
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.losses.binary import logistic
from equivalence.losses.loss import times
from equivalence.losses.shared import read_only, shared
from equivalence.losses.softmax import softmax


def test_parts_of_an_array_that_cannot_be_written_to_are_computed_once():
    array = read_only(np.arange(3.0))
    assert softmax(array) is softmax(array)
    assert softmax(array) is not softmax(read_only(array))


def test_an_array_that_may_change_has_the_parts_of_what_it_is():
    array = np.array([0.0, 0.0])
    before = softmax(array).surprisal
    array[0] = 1.0
    assert softmax(array).surprisal[0] < before[0]


def test_parts_depend_on_the_working_precision():
    array = read_only(balls([0.0, 1.0]))
    radii = []
    for bits in (64, 256):
        with flint.ctx.workprec(bits):
            radii.append(float(softmax(array).surprisal[0].rad()))
    assert radii[1] < radii[0] / 2**100


def test_other_arguments_have_other_parts():
    scaled = shared(lambda factor, array: factor * array)
    array = read_only(np.ones(2))
    assert scaled(2, array).tolist() == [2, 2]
    assert scaled(3, array).tolist() == [3, 3]


@pytest.mark.parametrize("number", [balls, np.asarray], ids=["balls", "float64"])
def test_both_sides_of_the_logistic_function_keep_their_digits(number):
    parts = logistic(number([-700.0, -1e-300, 0.0, 1.0, 700.0]))
    again = logistic(number([700.0, 1e-300, -0.0, -1.0, -700.0]))
    for one, opposite in ((0, 1), (1, 0), (2, 3), (3, 2)):
        assert parts[one].astype(float).tolist() == again[opposite].astype(float).tolist()
    assert float(parts.sigmoid[0]) == pytest.approx(np.exp(-700.0), rel=1e-15)
    assert float(parts.opposite_softplus[4]) == pytest.approx(np.exp(-700.0), rel=1e-15)


def test_the_same_bits_are_judged_once_and_each_finding_says_whose_they_are(monkeypatch):
    load("torch")
    function, module = (
        IMPLEMENTATIONS[f"torch.{name}"] for name in ("cross_entropy", "nn.CrossEntropyLoss")
    )
    plain = ("rows", "float32", ())
    specs = cover(function.loss, lambda spec: (spec.shape, spec.dtype, spec.options) == plain, 1)
    case, judged = generate(function.loss, specs[0]), []
    once = comparison._judge_numbers
    monkeypatch.setattr(
        comparison, "_judge_numbers", lambda *asked: judged.append(1) or once(*asked)
    )
    asked = [(one, mode) for one in (function, module) for mode in ("eager", "strided")]
    found = [judge(one, case, "value", mode) for one, mode in asked]
    assert len(judged) == 1
    assert [(one.implementation, one.mode) for one in found] == [
        (str(one), mode) for one, mode in asked
    ]
    assert len({(one.verdict, one.error, one.bits) for one in found}) == 1


@pytest.mark.parametrize("number", [np.asarray, balls], ids=["floats", "balls"])
def test_zero_times_anything_is_zero_and_everything_else_is_a_product(number):
    x, y = np.array([0.0, -0.0, 2.0, 3.0]), np.array([np.inf, np.nan, -np.inf, 0.5])
    assert list(map(float, times(number(x), number(y)))) == [0.0, 0.0, -np.inf, 1.5]
    assert list(map(float, times(number(x[2:]), number(y[2:])))) == [-np.inf, 1.5]
    assert times(number(x[:0]), number(y[:0])).shape == (0,)
