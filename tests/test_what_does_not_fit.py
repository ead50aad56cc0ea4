"""Intermediate numbers that do not fit where the answer would: what PyTorch returns, and why."""

import numpy as np
import pytest

from equivalence.cases.case import Case
from equivalence.comparison import judge
from equivalence.divergences import DIVERGENCES
from equivalence.exact import FORMATS
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.losses import REDUCTIONS

pytest.importorskip("torch")
load("torch")

WITH_LOGITS = "torch.binary_cross_entropy_with_logits"


def explained(name, quantity, *, prediction, target, kind="binary", dtype="float16", **given):
    """What explains the finding; nothing if it is no explained one."""
    implementation, format_ = IMPLEMENTATIONS[name.partition("@")[0]], FORMATS[dtype]
    weights = given.get("weights")
    case = Case(
        loss=implementation.loss,
        target_kind=kind,
        prediction=np.array(prediction).astype(format_.dtype),
        target=np.array(target).astype(given.get("labels", format_.dtype)),
        reduction=REDUCTIONS[given.get("reduction", "none")],
        dtype=dtype,
        origin="does.not.fit",
        weights=None if weights is None else np.array(weights).astype(format_.dtype),
        options={
            name: np.array(value).astype(format_.dtype)
            for name, value in given.items()
            if name == "pos_weight"
        },
    )
    finding = judge(implementation, case, quantity, name.partition("@")[2])
    return finding.divergences if finding.verdict is Verdict.EXPLAINED else finding.verdict


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize(
    ("dtype", "square", "both"),
    [("float16", -6, -12), ("float32", -45, -90), ("float64", -360, -720)],
)
def test_the_second_derivative_of_the_soft_margin_loss_is_zero_then_nan(
    dtype, square, both, reduction
):
    ask = {"dtype": dtype, "reduction": reduction, "quantity": "hessian_vector_product"}
    for name in ("torch.soft_margin_loss@eager", "torch.nn.SoftMarginLoss@eager"):
        for logit in (square, both):
            found = explained(name, prediction=[logit, 0.5], target=[1, 1], **ask)
            # In float16 the true number may be below what counts.
            if dtype != "float16" or found != Verdict.AGREES:
                assert found == ("squares_one_plus_exponential",), (name, logit)
        assert explained(name, prediction=[both, 0.5], target=[1, 1], **ask) == (
            "squares_one_plus_exponential",
        )
        assert explained(name, prediction=[1, 0.5], target=[1, 0], **ask) == Verdict.AGREES


def test_a_logit_of_minus_infinity_has_no_gradient_under_torch_func():
    ask = {"prediction": [-np.inf, 1], "target": [0, 1], "dtype": "float32"}
    assert explained(f"{WITH_LOGITS}@func", "gradient", **ask) == ("func_subtracts_infinities",)
    assert explained(f"{WITH_LOGITS}@eager", "gradient", **ask) == Verdict.AGREES


@pytest.mark.parametrize("weights", [None, [0.25, 1], [0, 1]], ids=str)
def test_a_summand_that_does_not_fit_is_infinite_or_nan(weights):
    found = explained(
        f"{WITH_LOGITS}@eager",
        "value",
        prediction=[-65504, 1],
        target=[0.1, 1],
        kind="soft_binary",
        pos_weight=3,
        weights=weights,
    )
    assert "overflows_on_its_way" in found
    assert ("multiplies_zero_weights" in found) is (weights == [0, 1])


@pytest.mark.parametrize(
    ("weights", "pos_weight"),
    [([2, 1], {}), ([2, 1], {"pos_weight": 1.5}), ([0, 1], {"pos_weight": 1.5})],
)
def test_the_slope_of_a_target_that_does_not_fit_is_infinite_or_nan(weights, pos_weight):
    found = explained(
        f"{WITH_LOGITS}@eager",
        "target_gradient",
        prediction=[-60000, 1, 1],
        target=[0.1, 1, 1],
        kind="soft_binary",
        reduction="mean",
        weights=[*weights, 1],
        **pos_weight,
    )
    assert "target_slope_overflows_on_its_way" in found


def test_a_slope_overflows_with_what_comes_from_above():
    """The second term is multiplied by 2: (p - 1) / (p (1 - p)) is 36,300 and fits, twice not."""
    name = "torch.sigmoid+nn.BCELoss@eager"
    ask = {"prediction": [-10.5, -10.5, -10.5], "target": [1, 1, 1]}
    assert explained(name, "gradient", **ask) == ("rounds_sigmoid_then_clamps",)
    weighed = {**ask, "prediction": [-10.5], "target": [1], "weights": [2.5]}
    assert explained(name, "gradient", **weighed) == ("rounds_sigmoid_then_clamps",)


def test_a_sum_that_does_not_fit_has_its_own_sign_though_some_terms_are_negative():
    found = explained(
        "torch.kl_div[batchmean]@eager",
        "value",
        prediction=[[-30000, 0]] * 3 + [[0.5, 0]],
        target=[[1, 0]] * 4,
        kind="soft",
        reduction="mean",
    )
    assert found == ("overflows_before_batch_mean",)


def test_weaker_bounds_add_up():
    found = explained(
        "torch.multilabel_soft_margin_loss@eager",
        "hessian_vector_product",
        prediction=[[-1.5, 0.5, 1]],
        target=[[0.4617, 0.5835, 0.6963]],
        kind="soft_binary",
        reduction="sum",
        dtype="float32",
        labels="float16",
    )
    assert "complements_labels_in_their_dtype" in found


def test_compiled_nothing_checks_the_range():
    refuses = DIVERGENCES["refuses_numbers_outside_the_unit_interval"]
    known = IMPLEMENTATIONS["torch.binary_cross_entropy"]
    assert refuses.concerns(known, "eager")
    assert not refuses.concerns(known, "compile")
