"""Exponentials and logarithms of the questions: rounded correctly, the same numbers everywhere."""

import mpmath
import numpy as np
import pytest

from equivalence.cases.elementary import exp, log, log_softmax, logistic, softmax

NUMBERS = np.random.default_rng(5).uniform(-740, 700, 500)


@pytest.mark.parametrize(
    ("ours", "theirs", "numbers"),
    [(exp, mpmath.exp, NUMBERS), (log, mpmath.log, np.abs(NUMBERS))],
)
def test_each_is_the_nearest_number(ours, theirs, numbers):
    with mpmath.workprec(200):
        nearest = [float(theirs(mpmath.mpf(number))) for number in numbers.tolist()]
    assert ours(numbers).tolist() == nearest


def test_what_is_not_finite():
    assert exp([-np.inf, np.inf, -1000.0, 1000.0]).tolist() == [0.0, np.inf, 0.0, np.inf]
    assert log([0.0, np.inf]).tolist() == [-np.inf, np.inf]
    assert np.isnan(exp(np.nan))


def test_probabilities_sum_to_one_and_are_those_of_their_logarithms():
    logits = NUMBERS.reshape(50, 10) / 10
    np.testing.assert_allclose(softmax(logits).sum(-1), 1, rtol=1e-15)
    np.testing.assert_allclose(exp(log_softmax(logits)), softmax(logits), rtol=1e-13)
    two = np.stack([np.zeros(500), NUMBERS], axis=-1)
    np.testing.assert_allclose(logistic(NUMBERS), softmax(two)[:, 1], rtol=1e-13, atol=1e-300)
