"""Second derivatives through steps: those of differences in many digits, with bounds that hold."""

from dataclasses import replace

import flint
import numpy as np
import pytest

from equivalence import losses
from equivalence.cases import edges
from equivalence.cases.covering import cover
from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT, answer_to
from equivalence.cases.generation import from_name, generate
from equivalence.cases.second_order import direction, has_curvature
from equivalence.divergences.axes import takes_softmax_over
from equivalence.divergences.paths import SIGMOID, SOFTMAX
from equivalence.divergences.probabilities import (
    adds_epsilon_inside_logarithms,
    clips,
    renormalises,
)
from equivalence.divergences.steps import through
from equivalence.exact import balls
from equivalence.losses import LOSSES
from equivalence.losses.curvature import curvature

BITS, STEP = 600, 2.0**-150
CLIP, EPSILON = clips(0.25), adds_epsilon_inside_logarithms(0.125)


REGIMES = {
    ("logits", True): "normal",
    ("logits", False): "normal",
    ("probabilities", True): "softmax_normal",
    ("probabilities", False): "uniform",
    ("log_probabilities", True): "log_softmax_normal",
}


def asked(loss, kind):
    regime = REGIMES[LOSSES[loss].prediction, LOSSES[loss].has_classes]
    return from_name(loss, kind, "sum", "float64", f"{regime}.rows.plain.0")


def through_softmax(case):
    return replace(case, loss=through(CLIP(renormalises(case)).loss, SOFTMAX, losses.cross_entropy))


MADE = {
    "softmax, clipped": lambda: CLIP(asked("cross_entropy", "soft")),
    "sigmoid, clipped inside of logarithms": lambda: clips(0.25, np.inf, inside_logarithms=True)(
        asked("binary_cross_entropy_with_logits", "soft_binary")
    ),
    "sigmoid, with an epsilon": lambda: EPSILON(
        asked("binary_cross_entropy_with_logits", "soft_binary")
    ),
    "shares, clipped": lambda: renormalises(
        CLIP(asked("cross_entropy_from_probabilities", "soft"))
    ),
    "shares of softmax, clipped": lambda: through_softmax(
        asked("cross_entropy_from_probabilities", "soft")
    ),
    "focal of sigmoid": lambda: replace(
        asked("binary_focal_cross_entropy_with_logits", "binary"),
        loss=through(losses.binary_focal_cross_entropy, SIGMOID, losses.cross_entropy),
    ),
    "focal of shares": lambda: renormalises(
        asked("focal_cross_entropy_from_probabilities", "soft")
    ),
}

LINEAR = {"negative_log_likelihood", "kl_divergence"}  # no second derivatives to be rounded
CURVED = [name for name, loss in LOSSES.items() if curvature(loss) and name not in LINEAR]


def arrays(case):
    numbers = np.asarray(case.prediction, dtype=np.float64)
    return numbers, np.asarray(case.distribution, dtype=np.float64), direction(numbers.shape)


@pytest.mark.parametrize("name", MADE)
def test_products_are_those_of_differences(name):
    case = MADE[name]()
    prediction, target, along = map(balls, arrays(case))
    with flint.ctx.workprec(BITS), np.errstate(all="ignore"):
        above, below = (
            case.loss.gradient(prediction + sign * STEP * along, target).prediction
            for sign in (1, -1)
        )
        expected = (above - below) / (2 * flint.arb(STEP))
        found = curvature(case.loss).product(prediction, target, along)
        for one, other in zip(expected.ravel(), np.ravel(found), strict=True):
            assert abs(flint.arb(one) - flint.arb(other)) < 1e-60


@pytest.mark.parametrize("name", [*MADE, *CURVED])
def test_bounds_hold_for_the_formula_in_float32(name):
    """Plain arithmetic in float32 stays inside the bound, and is no millionth of it."""
    kind = "soft_binary" if "binary" in name else "soft"
    case = MADE[name]() if name in MADE else asked(name, kind)
    known = curvature(case.loss)
    numbers = [np.asarray(array, dtype=np.float32) for array in arrays(case)]
    exactly = known.product(*(array.astype(np.float64) for array in numbers))
    bound = known.bound(*(array.astype(np.float64) for array in numbers), 24)
    error = np.abs(known.product(*numbers) - exactly)
    assert (error <= bound).all()
    assert (error > bound / 1e6).any()


def test_where_errors_of_a_direction_are_not_known_second_derivatives_are_not():
    case = asked("cross_entropy", "soft")
    assert has_curvature(case)
    assert not has_curvature(takes_softmax_over(0)(case))


def asks_too_much(case):
    """Below gamma = 1 powers of 1 - p are infinite, and the gradient is lost before."""
    return 0 < float(case.options.get("gamma", 2)) < 1


@pytest.mark.parametrize("name", CURVED)
def test_bounds_are_finite_wherever_the_exact_answer_is(name):
    """Of every regime with every option, and of every edge, in every format."""
    loss, seen = LOSSES[name], 0
    specs = cover(loss, lambda spec: spec.shape in {"rows", "sequence"}, 2)
    cases = [generate(loss, spec) for spec in specs] + [
        case for case in edges.asked(loss, "full", large=False) if case.reduction.name == "sum"
    ]
    for case in cases:
        if case.malformed or asks_too_much(case) or case.prediction.size > 4096:
            continue
        answer = answer_to(case, HESSIAN_VECTOR_PRODUCT)
        bound = answer.bound[np.isfinite(answer.exact.high)]
        assert ((bound > 0) & np.isfinite(bound)).all(), case
        seen += bound.size
    assert seen > 1000
