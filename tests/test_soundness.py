"""Nothing passes by default: bounds are finite, models accept what they predict, gaps are seen."""

from dataclasses import replace

import numpy as np
import pytest

from equivalence.cases.answers import QUANTITIES, Answer, answers
from equivalence.cases.case import Case, cotangent
from equivalence.cases.foreseen import surely_outside
from equivalence.cases.further import WEIGHT_GRADIENT, answer_to
from equivalence.cases.named import named
from equivalence.comparison import judge
from equivalence.distance import distance
from equivalence.divergences.probabilities import adds_epsilon_inside_logarithms
from equivalence.exact import FORMATS, Enclosure, balls, certified
from equivalence.expectation import catalogued, expectation
from equivalence.extent import is_another_column
from equivalence.finding import Verdict
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.implementations.implementation import Response
from equivalence.losses import (
    NONE,
    SUM,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    negative_log_likelihood,
)
from equivalence.losses.reduction import MEAN_OVER_SAMPLE_WEIGHTS, MEAN_OVER_TARGET_WEIGHTS
from equivalence.plan import pairs, questions
from equivalence.responses import quantities

for framework in FRAMEWORKS:
    load(framework)

IMPLEMENTED = [known for known in IMPLEMENTATIONS.values() if "[" not in known.name]
FIRST = [
    known
    for known in IMPLEMENTATIONS.values()
    if known in IMPLEMENTED or not is_another_column(known)
]


def case(loss, kind, prediction, target, **fields):
    dtype = fields.pop("dtype", "float32")
    round_ = FORMATS[dtype].round
    labels = np.asarray(target)
    return Case(
        loss=loss,
        target_kind=kind,
        prediction=round_(prediction),
        target=labels if kind == "sparse" else round_(labels),
        reduction=fields.pop("reduction", NONE),
        dtype=dtype,
        origin="here",
        **fields,
    )


def returning(name, **arrays):
    """The implementation as it would be if it returned these arrays, whatever it is asked."""
    known = IMPLEMENTATIONS[name]
    evaluate = {mode: lambda _: Response(**arrays) for mode in known.offered_modes}
    return replace(known, framework=replace(known.framework, evaluate=evaluate), class_axis=-1)


@pytest.mark.parametrize("implementation", FIRST, ids=str)
def test_a_bound_is_finite_wherever_the_exact_answer_is(implementation):
    """Of the question asked and of every question that the catalogue says is answered instead.

    Of what the quick profile asks, and of every pair of levels.
    """
    first = implementation.offered_modes[0]
    asked = [(q.mode, q.case, q.quantities) for q in questions([implementation], "quick")]
    several = [case for case in pairs(implementation, first) if not implementation.declines(case)]
    asked += [(first, case, quantities(implementation, case)) for case in several]
    for mode, question, wanted in asked:
        for quantity in wanted:
            expected = expectation(question, catalogued(implementation, mode, quantity))
            both = (question,) if expected.raises else (question, expected.case)
            for case_ in (case for case in both if not case.malformed):
                is_mean = case_.reduction.kind == "mean"
                if is_mean and quantity == WEIGHT_GRADIENT and np.sum(case_.weighing.sample) == 0:
                    continue  # where weights add up to 0, a mean over them jumps
                answer = answer_to(case_, quantity)
                bound = answer.bound[np.isfinite(answer.exact.high)]
                assert np.all((bound > 0) & np.isfinite(bound)), (case_, quantity)


@pytest.mark.parametrize("implementation", IMPLEMENTED, ids=str)
def test_a_bound_is_positive_where_weights_are_negative(implementation):
    """A model that works them into its terms once had a negative one, inside of which all is."""
    for question in questions([implementation], "full"):
        asked = question.case
        if question.mode != "eager" or asked.weights is None or not np.any(asked.weights < 0):
            continue
        for quantity in question.quantities:
            entries = catalogued(implementation, question.mode, quantity)
            expected = expectation(asked, entries)
            if expected.raises is None and not expected.case.malformed:
                answer = answer_to(expected.case, quantity)
                assert np.all((answer.bound > 0) | ~np.isfinite(answer.exact.high)), asked


def test_a_wider_bound_grants_nothing_where_a_prediction_is_infinite():
    """It was NaN there, which accepts nothing: 0 times infinity."""
    asked = named("kl_divergence", "soft", "mean", "float16", "certain.many_rows.plain.0")
    entries = catalogued(IMPLEMENTATIONS["torch.kl_div[mean]"], "eager", "gradient")
    expected = expectation(asked, entries)
    assert "loses_quotient_of_small_shares" in map(str, expected.steps)
    assert np.isinf(asked.prediction).any()
    answer = answer_to(expected.case, "gradient")
    assert np.all(np.isfinite(answer.bound))


def test_negative_weights_explain_only_what_comes_of_them():
    name = "torch.multilabel_soft_margin_loss"
    asked = case(
        binary_cross_entropy_with_logits,
        "binary",
        [0.5, -1.0],
        [1.0, 0.0],
        weights=np.array([-1.0, -0.5], np.float32),
    )
    right = IMPLEMENTATIONS[name].respond(asked, "eager")
    assert judge(IMPLEMENTATIONS[name], asked).verdict == Verdict.EXPLAINED
    faulty = returning(name, value=-right.value, gradient=-right.gradient)
    assert {judge(faulty, asked, quantity).verdict for quantity in QUANTITIES[:2]} == {
        Verdict.DIVERGES
    }


@pytest.mark.parametrize("name", ["textbook.log_of_softmax", "torch.kl_div[mean]"])
def test_what_is_inside_the_bound_of_a_large_case_is_not_surely_outside(name):
    """And what is far outside surely is: no other case is asked beforehand."""
    tried = 0
    for question in questions([IMPLEMENTATIONS[name]], "full"):
        if question.mode != "eager" or question.case.origin != "edge.more_terms_than_16_bits_count":
            continue
        expected = expectation(question.case, catalogued(IMPLEMENTATIONS[name], "eager")).case
        for quantity in QUANTITIES[:3]:
            answer, round_ = answer_to(expected, quantity), FORMATS["float64"].round
            for far, outside in ((-0.98, False), (0.98, False), (10.0, True)):
                reading = round_(answer.exact.high + far * answer.bound)
                assert surely_outside(reading, expected, quantity) == outside
                tried += 1
    assert tried


@pytest.mark.parametrize("logit", [15.5, 16.0, 17.0, 20.0, 25.0, 34.0])
@pytest.mark.parametrize("wrong", [np.nan, -12345.0, 1e9, -np.inf, 0.0])
def test_a_saturated_sigmoid_explains_only_what_it_gives(logit, wrong):
    asked = case(binary_cross_entropy_with_logits, "binary", [logit], [0.0])
    value = np.array([wrong], np.float32)
    judged = judge(returning("textbook.sigmoid_then_formula", value=value), asked)
    assert judged.verdict == Verdict.DIVERGES


@pytest.mark.parametrize("logit", [16.0, 17.0, 25.0, 34.0])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_factor_of_two_is_not_saturation(logit, factor):
    asked = case(binary_cross_entropy_with_logits, "binary", [logit], [0.0])
    known = IMPLEMENTATIONS["torch.sigmoid+nn.BCELoss"]
    right = known.respond(asked, "eager")
    assert judge(known, asked).verdict == Verdict.EXPLAINED
    faulty = returning(known.name, value=right.value * factor, gradient=right.gradient * factor)
    assert judge(faulty, asked).verdict == Verdict.DIVERGES


@pytest.mark.parametrize("row", [[0.0, -103.5], [88.0, 0.0]])
@pytest.mark.parametrize("wrong", [np.nan, -12345.0])
def test_an_unshifted_softmax_explains_only_what_it_gives(row, wrong):
    asked = case(cross_entropy, "one_hot", [row], [[1.0, 0.0]])
    judged = judge(returning("textbook.log_of_softmax", value=np.array([wrong])), asked)
    assert judged.verdict == Verdict.DIVERGES


@pytest.mark.parametrize(
    ("exact", "bound"),
    [(1.0, np.inf), (1.0, np.nan), (np.inf, 0.5), (np.nan, 0.5), (1.0, -1e-9)],
)
def test_nothing_is_granted_that_is_no_bound(exact, bound):
    """Neither against the exact answer nor between two readings, which both ask for it."""
    answer = Answer(
        exact=Enclosure(np.array([exact]), np.zeros(1), np.zeros(1)), bound=np.array([bound])
    )
    assert answer.granted.tolist() == [0.0]
    assert not distance(np.array([1.5]), answer, "float32").inside


def test_a_loss_of_the_same_name_has_its_own_answer():
    """A user's model may forget to rename the loss that it replaces."""
    asked = case(cross_entropy, "sparse", [[1.0, 0.0]], [1])
    double = replace(
        cross_entropy, definition=lambda *a, **k: 2 * cross_entropy.definition(*a, **k)
    )
    once = answers(asked).value.exact.high
    assert answers(replace(asked, loss=double)).value.exact.high == 2 * once


def test_an_undecided_ball_is_evaluated_again():
    """At 128 bits, log(1 - exp(-1e-60)) is the logarithm of a ball around zero."""
    (found,) = certified(lambda: (np.log(1 - np.exp(-balls([1e-60]))),), FORMATS["float64"])
    assert found.high.tolist() == [-138.15510557964274]


def test_what_does_not_exist_is_still_undefined():
    (found,) = certified(lambda: (balls([0.0]) * np.nan,), FORMATS["float64"])
    assert np.isnan(found.high).all()


def test_no_smoothing_is_not_a_weaker_question():
    asked = case(binary_cross_entropy, "binary", [1.0], [1.0], options={"label_smoothing": 0.0})
    for quantity in QUANTITIES[:2]:
        assert np.isfinite(getattr(answers(asked), quantity).bound).all()


def test_the_target_gradient_of_a_class_without_weight_exists():
    asked = case(
        negative_log_likelihood,
        "soft",
        [[-np.inf, 0.0]],
        [[0.0, 1.0]],
        options={"weight": np.array([0.0, 1.0], np.float32)},
        reduction=SUM,
    )
    assert answers(asked).target_gradient.exact.high.tolist() == [[0.0, 0.0]]


def test_a_partly_undefined_answer_is_not_agreement():
    answer = Answer(
        exact=Enclosure(np.array([np.nan, 0.0]), np.zeros(2), np.zeros(2)), bound=np.full(2, 1e-9)
    )
    right = distance(np.array([7.0, 0.0]), answer, "float32")
    wrong = distance(np.array([7.0, 1.0]), answer, "float32")
    assert (right.inside, right.undefined) == (False, True)
    assert (wrong.inside, wrong.undefined) == (False, False)


def test_negative_class_weights_have_a_positive_bound():
    weight = {"weight": np.array([-1.0, -1.0], np.float32)}
    asked = case(
        cross_entropy,
        "sparse",
        [[0.0, 1.0]],
        [0],
        options=weight,
        reduction=MEAN_OVER_TARGET_WEIGHTS,
    )
    assert answers(asked).value.bound > 0


def test_weights_that_cancel_widen_the_bound():
    """A divisor of 1e-4 made from 3 - 2.9999 has lost its digits in any implementation."""
    fields = {"reduction": MEAN_OVER_SAMPLE_WEIGHTS, "dtype": "float32"}
    plain = answers(case(cross_entropy, "sparse", [[0.0, 1.0]] * 2, [0, 1], **fields)).value
    weights = np.array([3.0, -2.9999], np.float32)
    cancelling = case(cross_entropy, "sparse", [[0.0, 1.0]] * 2, [0, 1], weights=weights, **fields)
    value = answers(cancelling).value
    assert value.bound / abs(value.exact.high) > 1000 * plain.bound / abs(plain.exact.high)


def test_a_framework_without_gradients_need_not_say_so():
    asked = case(cross_entropy, "one_hot", [[0.0, 1.0]], [[1.0, 0.0]])
    quiet = returning("torch.log_softmax_by_hand", value=1.3132616875182228)
    assert judge(quiet, asked, "gradient").verdict == Verdict.INAPPLICABLE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"shapes": frozenset({"row"})}, "the shape 'row' is unknown"),
        ({"reductions": {"average": "a"}}, "the reduction 'average' is unknown"),
        ({"weights": frozenset({"sample"})}, "the sample weight 'sample' is unknown"),
    ],
)
def test_an_offer_that_would_never_be_asked_is_refused(arguments, said):
    known = IMPLEMENTATIONS["textbook.log_softmax"]
    with pytest.raises(ValueError, match=said):
        known.framework.implements(cross_entropy, targets=known.targets, **arguments)


def test_both_logarithms_err_in_the_derivative_by_the_target():
    """log(p + e) - log(1 - p + e) in float32: what one errs is not taken off the other."""
    p = np.random.default_rng(3).uniform(0.3, 0.7, 3000).astype(np.float32)
    half = np.full(3000, 0.5, dtype=np.float32)
    asked = case(binary_cross_entropy, "soft_binary", p, half, reduction=NONE)
    answered = adds_epsilon_inside_logarithms(1e-7)(asked)
    epsilon, one = np.float32(1e-7), np.float32(1)
    slopes = np.log(one - p + epsilon) - np.log(p + epsilon)
    reading = slopes * cotangent(p.shape).astype(np.float32)
    measured = distance(reading, answers(answered).target_gradient, "float32", predicted=True)
    assert measured.inside
    assert measured.error > measured.bound / 100
