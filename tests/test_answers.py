"""Answers: the two tiers agree, bounds are usable, and nothing is computed twice."""

from dataclasses import replace

import numpy as np
import pytest

from equivalence.cases import answers as module
from equivalence.cases import wide
from equivalence.cases.answers import ALWAYS_ASKED as ALWAYS
from equivalence.cases.answers import answers
from equivalence.cases.case import Case
from equivalence.cases.covering import cover
from equivalence.cases.foreseen import estimate, foreseen
from equivalence.cases.generation import generate
from equivalence.cases.pinned import pinned
from equivalence.cases.wide import BALL_LIMIT
from equivalence.exact import FORMATS
from equivalence.identities.claim import question
from equivalence.losses import LOSSES, MEAN, NONE, REDUCTIONS, SUM


def cases(loss, dtype, step=3):
    specs = cover(loss, lambda spec: spec.dtype == dtype, 2)
    return [generate(loss, spec) for spec in specs[::step]]


def apart(case):
    """Where the float64 tier is farther from the balls than both radii allow."""
    with np.errstate(all="ignore"):
        fast, exact = module.in_float64(case, ALWAYS), module._exact(case, ALWAYS)
        for name, one, other in zip(ALWAYS, fast, exact, strict=True):
            distance = np.abs((one.high - other.high) - other.low)
            both = np.isfinite(one.high) & np.isfinite(other.high)
            wrong = both & ~(distance <= one.radius + other.radius)
            same = both | (one.high == other.high) | (np.isnan(one.high) & np.isnan(other.high))
            if wrong.any() or not same.all():
                yield f"{case.id} {name}: {one.high[wrong | ~same]}, {other.high[wrong | ~same]}"


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_float64_and_balls_agree_within_their_radii(loss):
    assert [line for case in cases(loss, "float32", 1) for line in apart(case)][:10] == []


def test_float64_and_balls_agree_on_the_pinned_cases():
    narrow = [case for case in pinned() if case.dtype == "float32"]
    assert [line for case in narrow for line in apart(case)][:10] == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_bounds_are_positive_and_finite_where_the_answer_is(loss, dtype):
    for case in cases(loss, dtype):
        for quantity in ALWAYS:
            answer = getattr(answers(case), quantity)
            finite = np.isfinite(answer.exact.high)
            assert answer.bound.shape == answer.exact.high.shape, case.id
            assert np.all(answer.bound[finite] >= FORMATS[dtype].floor), (case.id, quantity)
            assert np.all(np.isfinite(answer.bound[finite])), (case.id, quantity)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_a_bound_is_small_beside_what_it_bounds(loss):
    """Where nothing cancels a bound is some units of the largest number that entered."""
    for case in cases(loss, "float32"):
        answer = answers(case).value
        finite = np.isfinite(answer.exact.high)
        scale = np.abs(case.prediction[np.isfinite(case.prediction)]).max(initial=1)
        scale = scale * (1 if case.weights is None else 3) * 3 * 4  # weights, pos_weight
        scale = scale * (1 if case.reduction == NONE else case.prediction.size)
        units = answer.bound[finite] / (FORMATS["float32"].unit * max(scale, 100))
        assert np.all(units < 200), (case.id, units.max())


def test_radii_are_a_thousandth_of_an_ulp_of_the_dtype():
    for case in pinned():
        exact, format_ = answers(case).value.exact, FORMATS[case.dtype]
        finite = np.isfinite(exact.high)
        assert np.all(exact.radius[finite] <= format_.ulp(exact.high[finite]) / 1000)


def large(dtype="float32"):
    rng = np.random.default_rng(0)
    rows = BALL_LIMIT // 4 + 1
    labels = rng.integers(0, 4, rows)
    logits = rng.normal(size=(rows, 4))
    return question("cross_entropy", "sparse", logits, labels, dtype=dtype, reduction=SUM)


def test_a_large_case_is_answered_in_float64_and_confirmed_by_balls(monkeypatch):
    case = large()
    fast = answers(case).value.exact
    assert fast.low == 0
    monkeypatch.setattr(wide, "SHARE", 0)
    sure = answers(replace(case)).value.exact
    assert sure.low != 0
    assert abs(fast.high - sure.high) <= fast.radius
    assert fast.radius <= answers(case).value.bound / 16


def test_float64_under_test_is_always_answered_beyond_float64():
    assert answers(large("float64")).value.exact.low != 0


def test_an_answer_is_computed_once():
    case = generate(LOSSES["cross_entropy"], cover(LOSSES["cross_entropy"], lambda _: True, 1)[0])
    assert answers(case).value is answers(case).value
    assert answers(case).target_gradient is answers(case).target_gradient


def test_the_target_gradient_is_answered_once_it_is_read(monkeypatch):
    answered = []
    once = module._answered
    monkeypatch.setattr(module, "_answered", lambda *one: answered.append(one[1]) or once(*one))
    found = answers(question("cross_entropy", "soft", [[0.25, 1.75]], [[0.5, 0.5]]))
    assert answered == [("value", "gradient")]
    assert found.target_gradient.exact.high.shape == (1, 2)
    assert answered == [("value", "gradient"), ("target_gradient",)]


@pytest.mark.parametrize("roughly", [estimate, foreseen])
def test_a_rough_answer_knows_that_a_target_gradient_is_stored_in_its_targets_dtype(roughly):
    wide = question("cross_entropy", "soft", [[0.25, 1.75]], [[0.5, 0.5]], reduction=SUM)
    narrow = replace(wide, target=wide.target.astype(np.float16))
    bounds = [roughly(case).target_gradient.bound for case in (wide, narrow)]
    assert np.all(bounds[1] > 100 * bounds[0])
    assert np.array_equal(bounds[1], answers(narrow).target_gradient.bound)


def test_reductions_of_a_question_share_its_terms(monkeypatch):
    case = question("cross_entropy", "sparse", [[0.25, 1.75]], [1])
    loss, calls = case.loss, []

    def counted(*args, **parameters):
        calls.append(args[0].dtype)
        return loss.definition(*args, **parameters)

    watched = replace(loss, definition=counted)
    for reduction in REDUCTIONS.values():
        answers(replace(case, loss=watched, reduction=reduction))
    assert calls.count(np.dtype(object)) == 1


def test_a_class_index_out_of_range_is_said():
    case = question("cross_entropy", "sparse", [[0.0, 1.0]], [2])
    with pytest.raises(ValueError, match=r"outside 0\.\.1; has it an ignore_index\?"):
        answers(case)


def test_the_mean_of_nothing_does_not_exist():
    case = question("cross_entropy", "sparse", [[0.0, 1.0]], [-1], ignore_index=-1)
    assert np.isnan(answers(case).value.exact.high)
    empty = replace(case, reduction=replace(MEAN, empty_is_zero=True))
    assert answers(empty).value.exact.high == 0


def test_the_gradient_of_terms_is_multiplied_by_an_uneven_cotangent():
    """Rows 1, 2 and 3 count 1, 2 and 1/2, so that exchanged rows are seen."""
    case = question("cross_entropy", "sparse", [[0.0, 0.0]] * 4, [0] * 4, reduction=NONE)
    gradient = answers(case).gradient.exact.high
    assert gradient[:, 1].tolist() == [0.5, 1.0, 0.25, 0.5]


def test_a_case_is_compared_by_identity_and_hashed():
    case = question("cross_entropy", "sparse", [[0.0, 1.0]], [0])
    assert isinstance(case, Case)
    assert case != replace(case)
    assert case.digest == replace(case).digest
