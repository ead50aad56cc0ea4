"""The oracle against a second one written separately, and against values worked by hand."""

from dataclasses import replace
from fractions import Fraction
from math import inf, isinf, isnan, log

import numpy as np
import pytest
from second_oracle import fraction, mp, rounded, second_answers

from equivalence.cases.answers import QUANTITIES, answers
from equivalence.cases.covering import cover
from equivalence.cases.generation import generate
from equivalence.cases.pinned import library, pinned
from equivalence.exact import FORMATS
from equivalence.identities.claim import question
from equivalence.losses import LOSSES, MEAN, NONE, REDUCTIONS

SLACK = Fraction(1, 2**1074)  # an enclosure does not reach below float64's smallest subnormal


def differences(case):
    """Where the two oracles do not round to the same float, or the enclosure misses the second."""
    format_ = FORMATS[case.dtype]
    for quantity, second in zip(QUANTITIES[:3], second_answers(case), strict=True):
        exact = getattr(answers(case), quantity).exact
        if exact.high.shape != second.shape:
            yield f"{case.id} {quantity}: the shape is {exact.high.shape}, not {second.shape}"
            continue
        for index in np.ndindex(second.shape):
            high, low, radius = (float(part[index]) for part in exact)
            other = second[index]
            if mp.isnan(other) or mp.isinf(other):
                same = isnan(high) if mp.isnan(other) else high == float(other)
            elif not isinf(high) and not isnan(high):
                one, truth = Fraction(high) + Fraction(low), fraction(other)
                near = (one - Fraction(radius), one, one + Fraction(radius))  # a tie may be inside
                same = rounded(truth, format_) in {rounded(number, format_) for number in near}
                same = same and abs(one - truth) <= Fraction(radius) + SLACK
            else:
                same = False
            if not same:
                second_digits = mp.nstr(other, 25)
                yield f"{case.id} {quantity} {index}: {high!r} + {low!r}, {second_digits}"


def report(cases):
    return [line for case in cases for line in differences(case)][:20]


def some(loss, strength, step=1):
    return [generate(loss, spec) for spec in cover(loss, lambda _: True, strength)[::step]]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_both_oracles_round_to_the_same_float(loss):
    """On every second case of a covering array of pairs; about four hundred cases in all."""
    assert report(some(loss, 2, step=2)) == []


@pytest.mark.parametrize("reduction", REDUCTIONS.values(), ids=str)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_both_oracles_agree_on_every_denominator(loss, reduction):
    cases = [case for case in some(loss, 1) if case.prediction.size < 100]
    assert report(replace(case, reduction=reduction) for case in cases) == []


@pytest.mark.parametrize("file", library(), ids=lambda file: file.question.name)
def test_both_oracles_agree_on_every_pinned_case(file):
    assert report(file.cases) == []


@pytest.mark.parametrize("reduction", REDUCTIONS.values(), ids=str)
def test_both_oracles_agree_where_nothing_counts(reduction):
    """0/0 does not exist, unless a framework's rule that it is 0 is asked for."""
    names = ("pinned.all_targets_ignored", "pinned.sample_weights_all_zero")
    cases = [case for case in pinned() if case.origin in names and case.reduction == NONE]
    for empty in (False, True):
        rule = replace(reduction, empty_is_zero=empty)
        assert report(replace(case, reduction=rule) for case in cases) == []


def exactly(case, quantity="value"):
    exact = getattr(answers(case), quantity).exact
    return exact.high.tolist()


def test_by_hand_equal_logits_cost_log_c():
    case = question("cross_entropy", "sparse", [[0.0] * 4], [2], dtype="float64")
    assert exactly(case) == log(4)
    assert exactly(case, "gradient") == [[0.25, 0.25, -0.75, 0.25]]


def test_by_hand_soft_targets_weights_and_smoothing():
    """Every surprisal is log 2, so the term is log 2 times the weighted smoothed shares."""
    options = {"weight": [1, 3], "label_smoothing": 0.5}
    case = question("cross_entropy", "soft", [[5, 5]], [[0.25, 0.75]], dtype="float64", **options)
    assert exactly(case) == pytest.approx(log(2) * (0.375 * 1 + 0.625 * 3), rel=2**-52)
    assert exactly(case, "target_gradient") == [[log(2) * 0.5, log(2) * 1.5]]


def test_by_hand_the_seven_means():
    """Terms 1, 2, 4 and one ignored; class weights 1, 2; sample weights 1, 0, 3, 5."""
    logs = [[-1.0, -9.0], [-9.0, -1.0], [-4.0, -9.0], [-9.0, -9.0]]
    case = question(
        "negative_log_likelihood",
        "sparse",
        logs,
        [0, 1, 0, -1],
        dtype="float64",
        weights=[1, 0, 3, 5],
        weight=[1, 2],
        ignore_index=-1,
    )
    weighted = 1 * 1 + 0 * 2 + 3 * 4
    means = {
        "none": [1.0, 0.0, 12.0, 0.0],
        "sum": weighted,
        "mean": weighted / 3,
        "mean_over_terms": weighted / 4,
        "mean_over_batch": weighted / 4,
        "mean_over_target_weights": weighted / (1 + 2 + 1),
        "mean_over_sample_weights": weighted / (1 + 0 + 3),
        "mean_over_nonzero_weights": weighted / 2,
        "mean_over_passed_weights": weighted / (1 + 0 + 3 + 5),
    }
    found = {name: exactly(replace(case, reduction=r)) for name, r in REDUCTIONS.items()}
    assert found == means


def test_by_hand_batch_and_terms_differ_in_a_segmentation():
    logs = [[[-1.0], [-2.0], [-3.0]], [[-1.0], [-1.0], [-4.0]]]
    case = question("negative_log_likelihood", "sparse_segmentation", logs, [[0] * 3] * 2)
    names = ("mean", "mean_over_terms", "mean_over_batch")
    assert [exactly(replace(case, reduction=REDUCTIONS[name])) for name in names] == [2, 2, 6]


def test_by_hand_certain_probabilities():
    case = question("binary_cross_entropy", "binary", [0, 1, 0, 1], [0, 1, 1, 0], reduction=NONE)
    assert exactly(case) == [0, 0, inf, inf]
    assert exactly(case, "gradient") == [1, -2, -inf, inf]
    assert exactly(case, "target_gradient") == [inf, -inf, inf, -inf]


def test_by_hand_an_infinite_term_makes_the_mean_infinite():
    case = question("binary_cross_entropy", "binary", [0.0, 0.25, 0.5], [1, 1, 1])
    assert exactly(case) == inf


def test_by_hand_positive_weight():
    case = question(
        "binary_cross_entropy_with_logits",
        "binary",
        [[0, 0]],
        [[1, 0]],
        reduction=NONE,
        pos_weight=3,
    )
    assert exactly(replace(case, dtype="float64")) == [[3 * log(2), log(2)]]
    assert exactly(case, "gradient") == [[-1.5, 1.0]]  # the second position is multiplied by 2


def test_by_hand_an_ignored_row_has_no_gradient():
    options = {"ignore_index": -100, "reduction": MEAN}
    case = question("cross_entropy", "sparse", [[0, 0], [7, 8]], [0, -100], **options)
    assert exactly(case, "gradient") == [[-0.5, 0.5], [0, 0]]


def test_the_second_oracle_rounds_as_the_formats_do():
    rng = np.random.default_rng(0)
    for name in ("float16", "bfloat16", "float32"):
        format_ = FORMATS[name]
        numbers = rng.normal(size=200) * 10.0 ** rng.integers(-42, 5, size=200)
        for one in numbers.tolist():
            assert float(rounded(Fraction(one), format_)) == float(format_.round(one)), (one, name)
