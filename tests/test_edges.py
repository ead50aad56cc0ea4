"""Edges: their exact answers against a second oracle and by hand; their bounds; their names."""

from math import inf, log, nan

import numpy as np
import pytest
from test_oracle import report

from equivalence import losses
from equivalence.cases.answers import QUANTITIES, answers
from equivalence.cases.case import Case
from equivalence.cases.edges import EDGES, asked, covering, edge_case, edge_cases
from equivalence.cases.edges.edge import encodings
from equivalence.exact import FORMATS
from equivalence.losses import LOSSES, MEAN, NONE

# Where the second oracle has no limits: it divides by zero, or takes the logarithm of a negative
# number as a complex one. What is right there is worked by hand below.
LIMITS = {
    "infinite_logits",
    "infinity_where_class_weighs_zero",
    "nan_where_class_weighs_zero",
    "masked_class",
    "masked_target",
    "certain_and_impossible",
    "probability_just_above_one",
    "probability_just_below_zero",
    "negative_target",
}
SMALL = [edge for edge in EDGES.values() if not edge.large]


def cases(loss, names, dtypes):
    """Each edge once in each dtype: in one encoding after the other, of terms or of the mean."""
    for place, edge in enumerate(SMALL):
        if not names(edge.name):
            continue
        known = list(encodings(loss))
        for dtype in dtypes:
            for turn in range(len(known)):  # the first encoding, from this edge's on, that has it
                encoding = known[(place + turn) % len(known)]
                found = list(edge_cases(edge, loss, encoding, dtype, ((NONE, MEAN)[place % 2],)))
                if found:
                    yield from found
                    break


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_both_oracles_round_to_the_same_float(loss):
    found = [
        c for c in cases(loss, lambda name: name not in LIMITS, ["float32"]) if not c.malformed
    ]
    assert report(found) == []


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_a_bound_is_finite_and_positive_wherever_the_exact_answer_is_finite(loss):
    """At the ends of float64 too, where what leads to a bound does not fit float64."""
    for case in cases(loss, lambda _: True, FORMATS):
        if case.malformed:
            continue
        for quantity in QUANTITIES[:3]:
            answer = getattr(answers(case), quantity)
            bound = answer.bound[np.isfinite(answer.exact.high)]
            assert np.all((bound > 0) & np.isfinite(bound)), (case, quantity)


def by_hand(loss, prediction, target, **options):
    """Value, gradient and gradient by the target of one row, or of one number."""
    prediction = np.array([prediction])
    hard = loss.has_classes and isinstance(target, int)
    case = Case(
        loss=loss,
        target_kind="sparse" if hard else "soft" if loss.has_classes else "soft_binary",
        prediction=prediction,
        target=np.array([target]) if hard else np.array([target], dtype=np.float64),
        reduction=NONE,
        dtype="float64",
        origin="by.hand",
        options=options,
    )
    found = answers(case)
    return [getattr(found, quantity).exact.high[0].tolist() for quantity in QUANTITIES[:3]]


CE, BCE = losses.cross_entropy, losses.binary_cross_entropy_with_logits
PROBABILITY, FOCAL = losses.cross_entropy_from_probabilities, losses.focal_cross_entropy
BINARY = losses.binary_cross_entropy
ZERO_LAST = {"weight": np.array([1.0, 1.0, 0.0])}

# loss, prediction, target, options, value, gradient
WORKED = [
    # A masked class costs nothing and has no share.
    (CE, [0.0, 0.0, -inf], 0, {}, log(2), [-0.5, 0.5, 0.0]),
    (CE, [0.0, 0.0, -inf], [0.5, 0.5, 0.0], {}, log(2), [0.0, 0.0, 0.0]),
    (CE, [0.0, 0.0, -inf], 2, {}, inf, [0.5, 0.5, -1.0]),
    (CE, [0.0, 0.0, -inf], 0, {"label_smoothing": 0.75}, inf, [-0.0, 0.25, -0.25]),
    (FOCAL, [0.0, 0.0, -inf], 2, {}, inf, [0.5, 0.5, -1.0]),
    # d/dx of (1 - p)^2 (-log p) at p = 1/2 is -(1/8 + log 2 / 4 ...) by the product rule.
    (
        FOCAL,
        [0.0, 0.0, -inf],
        0,
        {},
        log(2) / 4,
        [-(1 + 2 * log(2)) / 8, (1 + 2 * log(2)) / 8, 0.0],
    ),
    # A row without a softmax has no loss, unless nothing of it counts.
    (CE, [0.0, inf, 0.0], 0, {}, nan, [nan, nan, nan]),
    (CE, [-inf, -inf, -inf], 0, {}, nan, [nan, nan, nan]),
    (CE, [0.0, nan, 0.0], 0, {}, nan, [nan, nan, nan]),
    (CE, [0.0, inf, 0.0], 2, ZERO_LAST, 0.0, [0.0, 0.0, 0.0]),
    (CE, [0.0, nan, 0.0], 2, ZERO_LAST, 0.0, [0.0, 0.0, 0.0]),
    (CE, [0.0, nan, 0.0], -1, {"ignore_index": -1}, 0.0, [0.0, 0.0, 0.0]),
    # Numbers that are certain: the limits.
    (BCE, inf, 1.0, {}, 0.0, 0.0),
    (BCE, -inf, 0.0, {}, 0.0, 0.0),
    (BCE, inf, 0.0, {}, inf, 1.0),
    (BCE, -inf, 1.0, {}, inf, -1.0),
    (BCE, -inf, 0.25, {}, inf, -0.25),
    (BCE, -inf, 1.0, {"pos_weight": 0.0}, 0.0, 0.0),
    (losses.binary_focal_cross_entropy_with_logits, inf, 1.0, {}, 0.0, 0.0),
    (losses.binary_focal_cross_entropy_with_logits, -inf, 1.0, {}, inf, -1.0),
    # Outside of [0, 1] a logarithm may not exist; what is multiplied by 0 does not matter.
    (PROBABILITY, [1.0, -0.25], 0, {}, 0.0, [-1.0, 0.0]),
    (PROBABILITY, [1.0, -0.25], [0.5, 0.5], {}, nan, [-0.5, nan]),
    (PROBABILITY, [0.0, 0.0], 1, {}, inf, [0.0, -inf]),
    (BINARY, 2.0, 1.0, {}, -log(2), -0.5),
    (BINARY, 2.0, 0.5, {}, nan, nan),
    (BINARY, -1.0, 0.0, {}, -log(2), 0.5),
    (losses.kl_divergence, [-1.0, -2.0], [1.5, -0.5], {}, nan, [-1.5, nan]),
    # Targets that sum to two, or to nothing.
    (CE, [0.0, 0.0], [1.0, 1.0], {}, 2 * log(2), [0.0, 0.0]),
    (CE, [0.0, 0.0], [0.0, 0.0], {}, 0.0, [0.0, 0.0]),
    (CE, [0.0, 0.0], [1.5, -0.5], {}, log(2), [-1.0, 1.0]),
    # Smoothing beyond [0, 1]: the formula is what it says.
    (CE, [0.0, 0.0], 0, {"label_smoothing": 1.5}, log(2), [0.25, -0.25]),
    (CE, [0.0, 0.0], 0, {"label_smoothing": -0.5}, log(2), [-0.75, 0.75]),
]


@pytest.mark.parametrize("worked", WORKED, ids=str)
def test_limits_are_right(worked):
    loss, prediction, target, options, value, gradient = worked
    found = by_hand(loss, prediction, target, **options)
    np.testing.assert_array_max_ulp(np.array(found[0]), np.array(value), 1)
    np.testing.assert_array_max_ulp(np.array(found[1]), np.array(gradient), 1)


def test_a_masked_class_has_an_infinite_derivative_by_its_target():
    assert by_hand(CE, [0.0, 0.0, -inf], [1.0, 0.0, 0.0])[2] == [log(2), log(2), inf]
    assert by_hand(BCE, -inf, 0.5)[2] == inf
    assert by_hand(losses.binary_focal_cross_entropy_with_logits, -inf, 1.0)[2] == inf


def test_what_does_not_fit_float64_is_infinite_when_rounded():
    largest = FORMATS["float64"].largest
    assert by_hand(CE, [largest, -largest], 1)[0] == inf
    assert by_hand(CE, [largest / 2, -largest / 2], 1)[0] == largest


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_an_edge_is_made_again_from_its_name(loss):
    for case in asked(loss, "quick"):
        again = edge_case(loss.name, case.target_kind, case.reduction.name, case.dtype, case.origin)
        assert again.digest == case.digest


@pytest.mark.parametrize("strength", [1, 2, 3])
def test_an_edge_is_a_level_like_others(strength):
    """Alone it is asked once; of pairs in every dtype and under every reduction; else as it is."""
    cases = [case for case in asked(losses.cross_entropy, "full") if not case.malformed]
    levels, kept = {}, {}
    for found, chosen in ((levels, cases), (kept, covering(cases, strength, "someone@graph"))):
        for case in chosen:
            found.setdefault((case.origin, case.target_kind), []).append(case)
    assert kept.keys() == levels.keys()
    for name, every in levels.items():
        dtypes, reductions = {c.dtype for c in every}, {c.reduction.name for c in every}
        mine = kept[name]
        if strength == 1:
            assert len(mine) == 1
        elif strength == 2:
            assert {c.dtype for c in mine} == dtypes
            assert {c.reduction.name for c in mine} == reductions
            assert len(mine) <= len(dtypes) + len(reductions)
        else:
            assert mine == every


def test_alone_an_edge_may_be_asked_in_one_kind_of_target():
    cases = [case for case in asked(losses.cross_entropy, "full") if not case.malformed]
    kept = covering(cases, 1, "someone@eager", every_kind=False)
    assert [case.origin for case in kept] == list(dict.fromkeys(case.origin for case in kept))
    assert {case.origin for case in kept} == {case.origin for case in cases}
    assert len({case.target_kind for case in kept}) > 1
    for strength in (2, 3):
        apart = covering(cases, strength, "someone@eager", every_kind=False)
        assert apart == covering(cases, strength, "someone@eager")


def test_others_are_asked_edges_in_other_dtypes():
    cases = asked(losses.cross_entropy, "full")
    first, second = (covering(cases, 1, seed) for seed in ("one@func", "another@func"))
    assert {case.id for case in first} != {case.id for case in second}
