"""Large cases are answered as small ones are, also at the ends of the range."""

import numpy as np
import pytest

import equivalence
from equivalence.cases.wide import confirmed, enclosed, exact_enough
from equivalence.exact import Enclosure

inf = np.inf
ENDS = [
    ("binary_cross_entropy_with_logits", 1.7e308, 0.0, {}),
    ("binary_cross_entropy_with_logits", np.float32(20000), np.float32(0), {}),
    (
        "binary_focal_cross_entropy_with_logits",
        np.float32(800),
        np.float32(1),
        {"gamma": 0.01},
    ),
    ("kl_divergence", np.float32([12000, 0]), np.float32([12000, 0]), {"log_target": True}),
    ("kl_divergence", np.float32([-inf, 0]), np.float32([-800, 0]), {"log_target": True}),
    ("cross_entropy", np.float32([0, 20000]), np.float32([1, 0]), {}),
    ("cross_entropy", np.float32([0, -inf]), np.float32([1, 0]), {}),
    ("cross_entropy", [1e308, -1e308], [0.0, 1.0], {}),
]


@pytest.mark.parametrize(("loss", "prediction", "target", "options"), ENDS)
@pytest.mark.parametrize("quantity", ["value", "gradient", "target_gradient"])
def test_many_rows_are_answered_as_one_is(loss, prediction, target, options, quantity):
    def answer(rows):
        repeated = (np.repeat(np.asarray(one)[None], rows, axis=0) for one in (prediction, target))
        found = equivalence.answer(loss, *repeated, reduction="none", **options)
        return getattr(found, quantity)

    few, many = answer(3), answer(5001)
    first = Enclosure(*(part[:3] for part in many.exact))
    np.testing.assert_array_equal(np.isnan(first.high), np.isnan(few.exact.high))
    allowed = first.radius + few.exact.radius + np.abs(few.exact.low)
    known = ~np.isnan(few.exact.high)
    assert np.all(first.error(few.exact.high)[known] <= allowed[known])


def test_what_is_not_finite_is_certain_only_if_it_was_confirmed():
    numbers, bound = np.array([1.0, inf, np.nan]), np.full(3, 1e-3)
    once = enclosed(numbers, np.full(3, 1e-9))
    assert not exact_enough(once, bound)
    assert exact_enough(confirmed(once, numbers), bound)
    assert not exact_enough(confirmed(once, np.array([1.0, 7.0, 7.0])), bound)
    assert not exact_enough(enclosed(np.ones(1), np.full(1, inf)), np.full(1, inf))
