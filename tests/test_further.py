"""The quantities that are asked apart: exact derivatives by weights, and second derivatives."""

import flint
import numpy as np
import pytest
from dual import Dual, duals, slopes

from equivalence import losses
from equivalence.cases.answers import answers
from equivalence.cases.case import cotangent
from equivalence.cases.covering import cover
from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT, WEIGHT_GRADIENT, answer_to
from equivalence.cases.generation import from_name, generate
from equivalence.cases.second_order import direction, has_curvature
from equivalence.comparison import judge
from equivalence.divergences.departures import row_mean, widened
from equivalence.exact import balls
from equivalence.finding import Verdict
from equivalence.implementations import load
from equivalence.losses import LOSSES, REDUCTIONS
from equivalence.losses.curvature import curvature
from equivalence.losses.reduction import Weighing, factors, reduce
from equivalence.responses import further

BITS = 1500
CURVED = [name for name, loss in LOSSES.items() if curvature(loss)]
MEANS = [name for name in REDUCTIONS if name.startswith("mean")]


def parameters(case, seeded="", index=()):
    """The parameters as duals; one number of one of them is the variable."""
    result = {}
    for name, value in case.parameters.items():
        array = np.asarray(value, dtype=np.float64)
        seeds = np.zeros(array.shape)
        if name == seeded:
            seeds[index] = 1
        made = duals(array.reshape(array.shape or (1,)), seeds.reshape(array.shape or (1,)))
        result[name] = made if array.shape else made[0]
    return result


def by_weight(case, index):
    """The derivative of the value by one weight, by dual numbers through terms and denominator."""
    which = case.weighted_by
    terms = case.loss.definition(
        duals(np.asarray(case.prediction, dtype=np.float64), 0),
        duals(case.distribution, 0),
        **parameters(case, which if which != "sample_weight" else "", index),
    )
    sample = np.asarray(1.0 if case.weights is None else case.weights, dtype=np.float64)
    seeds = np.zeros(sample.shape)
    if which == "sample_weight":
        seeds[index] = 1
    passed = duals(sample.reshape(sample.shape or (1,)), seeds.reshape(sample.shape or (1,)))
    passed = passed.reshape(sample.shape)
    target = case.weighing.target
    if "weight" in case.options:
        target = np.sum(
            duals(case.distribution, 0) * parameters(case, which, index)["weight"], axis=-1
        )
    weighing = Weighing(
        counted=case.counted,
        sample=np.broadcast_to(passed, case.shape),
        target=target,
        batch=case.weighing.batch,
        passed=case.weighing.passed if case.weights is None else passed,
    )
    factor = factors(case.reduction, weighing)
    # A weight of zero that is the variable counts: it is multiplied out.
    value = np.sum(np.asarray(terms) * factor * upstream(case))
    return value.slope if isinstance(value, Dual) else flint.arb(value)


def upstream(case):
    return cotangent(case.shape) if case.reduction.kind == "none" else 1


def weighted_cases(loss, reductions):
    names = {"weight", "pos_weight", "sample_weight", "scalar_weight", "position_weight"}
    for spec in cover(loss, lambda spec: spec.shape in {"rows", "columns", "sequence"}, 2):
        if spec.dtype == "float32" and names.intersection(spec.options):
            for name in reductions if spec.reduction == "mean" else (spec.reduction,):
                yield generate(loss, spec._replace(reduction=name))


@pytest.mark.parametrize(
    "loss",
    [
        losses.cross_entropy,
        losses.binary_cross_entropy_with_logits,
        losses.cross_entropy_from_probabilities,
    ],
    ids=str,
)
def test_derivatives_by_weights_are_those_of_dual_numbers(loss):
    compared = 0
    for case in weighted_cases(loss, MEANS):
        if case.reduction.name == "mean_over_target_weights" and case.weighted_by != "weight":
            continue
        answer = answer_to(case, WEIGHT_GRADIENT)
        given = case.weights if case.weights is not None else case.options[case.weighted_by]
        high, low, radius = (part.reshape(np.shape(given)) for part in answer.exact)
        jumps = case.reduction.name == "mean_over_nonzero_weights"
        for index in np.ndindex(np.shape(given)):
            if jumps and not given[index]:
                continue
            with flint.ctx.workprec(BITS), np.errstate(all="ignore"):
                expected = by_weight(case, index)
                if not expected.is_finite() or not np.isfinite(high[index]):
                    continue
                apart = abs(expected - float(high[index]) - float(low[index]))
                assert apart < float(radius[index]) + 1e-300, (case, index)
            compared += 1
    assert compared > 100


@pytest.mark.parametrize("name", CURVED)
def test_second_derivatives_are_those_of_dual_numbers(name):
    """The gradient, differentiated once more along the direction."""
    loss, compared = LOSSES[name], 0
    for spec in cover(loss, lambda spec: spec.shape not in {"many_rows", "many_classes"}, 2):
        if spec.dtype != "float32":
            continue
        case = generate(loss, spec)
        along = direction(case.prediction.shape)
        numbers = np.asarray(case.prediction, dtype=np.float64)
        if not np.isfinite(numbers).all():
            continue
        with flint.ctx.workprec(BITS), np.errstate(all="ignore"):
            moved = np.array(
                [Dual(x, v) for x, v in zip(numbers.ravel(), along.ravel(), strict=True)],
                dtype=object,
            ).reshape(numbers.shape)
            inner = parameters(case)
            gradient = loss.gradient(moved, duals(case.distribution, 0), **inner)
            expected = slopes(gradient.prediction)
            exactly = {
                key: balls(value) if np.ndim(value) else balls([value])[0]
                for key, value in case.parameters.items()
            }
            known = curvature(loss).product(
                balls(numbers), balls(case.distribution), balls(along), **exactly
            )
            for one, other in zip(expected.ravel(), known.ravel(), strict=True):
                assert flint.arb(one).overlaps(flint.arb(other)), case
                compared += 1
    assert compared > 100


def test_second_derivatives_of_ignored_and_zero_weighted_positions_are_zero():
    ignoring = from_name("cross_entropy", "sparse", "sum", "float32", "normal.rows.ignore_index.0")
    found = answer_to(ignoring, HESSIAN_VECTOR_PRODUCT).exact.high
    assert not found[~ignoring.counted].any()
    assert found[ignoring.counted].any()


def test_a_replaced_gradient_has_no_second_derivatives_and_a_weaker_bound_has():
    from dataclasses import replace

    loss = losses.cross_entropy
    assert curvature(replace(loss, gradient=lambda *_: None)) is None
    weaker = widened(loss, "wider", loss.bound, lambda size: size + 1.0)
    arguments = np.zeros((1, 2)), np.array([[1.0, 0.0]]), np.array([[1.0, 2.0]]), 24
    own, wide = (curvature(one).bound(*arguments) for one in (loss, weaker))
    assert (wide >= own + 1).all()
    binary = losses.binary_cross_entropy_with_logits
    mean, inner = curvature(row_mean(binary)), curvature(binary)
    assert np.allclose(mean.product(*arguments[:3]) * 2, inner.product(*arguments[:3]), atol=0)


def test_a_case_without_weights_has_no_derivative_by_them():
    plain = from_name("cross_entropy", "sparse", "sum", "float32", "normal.rows.plain.0")
    with pytest.raises(ValueError, match="has no weight gradient"):
        answer_to(plain, WEIGHT_GRADIENT)
    assert answer_to(plain, "value") is answers(plain).value
    assert has_curvature(plain)
    torch = pytest.importorskip("torch")
    assert torch
    load("torch")
    from equivalence.implementations import IMPLEMENTATIONS

    one = IMPLEMENTATIONS["torch.cross_entropy"]
    assert further(one, plain, "eager") == (HESSIAN_VECTOR_PRODUCT,)
    assert judge(one, plain, WEIGHT_GRADIENT).verdict is Verdict.INAPPLICABLE


@pytest.fixture(scope="module")
def torch():
    if isinstance(reason := load("torch"), str):
        pytest.skip(reason)
    return pytest.importorskip("torch")


def in_torch(function, loss, targets):
    import dataclasses

    from benchmarks.power.private import private

    owner = dataclasses.replace(load("torch"), name="mine")
    return private(owner, loss, function, targets=targets, modes=("eager",))


def judged(implementation, quantity, loss, reduction):
    for spec in cover(loss, lambda spec: spec.shape == "rows" and spec.dtype == "float64", 2):
        case = generate(loss, spec._replace(reduction=reduction))
        if not implementation.declines(case) and quantity in further(implementation, case, "eager"):
            yield judge(implementation, case, quantity, "eager")


def test_a_detached_denominator_is_red(torch):
    """The value is right, and so is its gradient: only the derivative by the weights is not."""
    from equivalence.cases.case import ONE_HOT, SOFT

    def weighted(detach):
        def of_means(logits, target, *, sample_weight=1.0, reduction):
            terms = -(target * torch.log_softmax(logits, -1)).sum(-1) * sample_weight
            size = torch.as_tensor(sample_weight).detach() if detach else sample_weight
            return terms.sum() / torch.as_tensor(size).expand(terms.shape).sum()

        return in_torch(of_means, losses.cross_entropy, ONE_HOT | SOFT)

    for detach in (False, True):
        verdicts = set()
        for reduction in ("mean_over_sample_weights",):
            for spec in cover(
                losses.cross_entropy,
                lambda spec: spec.shape == "rows" and spec.options == ("sample_weight",),
                1,
            ):
                if spec.dtype != "float64" or spec.encoding.name == "SPARSE":
                    continue
                case = generate(losses.cross_entropy, spec._replace(reduction=reduction))
                from equivalence.distance import distance
                from equivalence.responses import read

                got = read(weighted(detach), case, "eager", WEIGHT_GRADIENT)
                verdicts.add(distance(got, answer_to(case, WEIGHT_GRADIENT), "float64").inside)
        assert (False in verdicts) == detach


def test_a_stopped_second_derivative_is_red(torch):
    from equivalence.cases.case import ONE_HOT, SOFT

    class Once(torch.autograd.Function):
        @staticmethod
        def forward(context, logits):
            context.save_for_backward(logits)
            return torch.logsumexp(logits, -1)

        @staticmethod
        def backward(context, gradient):
            (logits,) = context.saved_tensors
            return gradient[..., None] * torch.softmax(logits.detach(), -1) + 0 * logits

    def once(logits, target, *, reduction):
        terms = Once.apply(logits) * target.sum(-1) - (target * logits).sum(-1)
        return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]

    def twice(logits, target, *, reduction):
        return torch.nn.functional.cross_entropy(logits, target, reduction=reduction)

    for function, red in ((twice, False), (once, True)):
        mine = in_torch(function, losses.cross_entropy, ONE_HOT | SOFT)
        found = list(judged(mine, HESSIAN_VECTOR_PRODUCT, losses.cross_entropy, "sum"))
        assert len(found) > 5
        assert any(finding.verdict.fails for finding in found) == red


def test_the_value_of_terms_is_their_own_sum_of_duals():
    """What the test above compares with: a weighted mean by hand."""
    assert reduce(np.array([1.0, 3.0]), np.array([0.5, 0.5]), REDUCTIONS["mean"]) == 2
