"""Exponentials and logarithms of the questions: rounded correctly, the same numbers everywhere."""

import mpmath
import numpy as np
import pytest

from equivalence.cases.elementary import exp, log, log_softmax, logistic, softmax

NUMBERS = np.random.default_rng(5).uniform(-740, 700, 500)


@pytest.mark.parametrize(
    ("ours", "theirs", "numbers"),
    [
        (exp, mpmath.exp, NUMBERS),
        (log, mpmath.log, np.abs(NUMBERS)),
        (log, mpmath.log, 1 + NUMBERS / 1e15),
        (log, mpmath.log, np.abs(NUMBERS) * 1e-320),
    ],
)
def test_each_is_the_nearest_number(ours, theirs, numbers):
    with mpmath.workprec(200):
        nearest = [float(theirs(mpmath.mpf(number))) for number in numbers.tolist()]
    assert ours(numbers).tolist() == nearest


def test_what_is_not_finite():
    assert exp([-np.inf, np.inf, -1000.0, 1000.0]).tolist() == [0.0, np.inf, 0.0, np.inf]
    assert log([0.0, np.inf]).tolist() == [-np.inf, np.inf]
    assert np.isnan(exp(np.nan))


def near(ours, theirs, units):
    return np.all(np.abs(ours - theirs) <= units * np.spacing(theirs))


def test_probabilities_sum_to_one_and_are_those_of_their_logarithms():
    logits = NUMBERS.reshape(50, 10) / 100
    assert near(softmax(logits).sum(-1), np.ones(50), 8)
    # A logarithm of 15 errs by 15 units of roundoff, and so does its exponential, relatively.
    assert near(exp(log_softmax(logits)), softmax(logits), 64)
    two = np.stack([np.zeros(500), NUMBERS / 100], axis=-1)
    assert near(logistic(NUMBERS / 100), softmax(two)[:, 1], 8)
