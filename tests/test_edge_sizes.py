"""Tests of the edges of size and dtype: what they ask, how it is answered and written."""

import dataclasses

import numpy as np
import pytest

from equivalence import literals
from equivalence.cases import answers as answering
from equivalence.cases import further, wide
from equivalence.cases.answers import answers
from equivalence.cases.edges import EDGES, asked, edge_case
from equivalence.cases.further import answer_to
from equivalence.comparison import judge
from equivalence.exact import FORMATS
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.literals import written
from equivalence.losses import LOSSES

MODULES = ("equivalence.cases.edges.sizes", "equivalence.cases.edges.dtypes")
EVERY = [edge for edge in EDGES.values() if edge.make.__module__ in MODULES]


def case(name, kind="sparse", reduction="mean", dtype="float32", loss="cross_entropy"):
    return edge_case(loss, kind, reduction, dtype, f"edge.{name}")


@pytest.fixture(scope="module")
def everything():
    """Every case of these edges in the full profile, the mask apart."""
    names = {f"edge.{edge}" for edge in EVERY}
    every = [one for loss in LOSSES.values() for one in asked(loss, "full")]
    return [one for one in every if one.origin in names and one.prediction.size < 1e6]


def test_every_edge_is_asked(everything):
    mask = {"edge.mask_of_real_size"}
    assert {f"edge.{edge}" for edge in EVERY} == {one.origin for one in everything} | mask


def test_a_mean_of_no_terms_does_not_exist_and_a_sum_is_zero():
    value = {
        name: answers(case("no_rows", reduction=name)).value.exact.high
        for name in ("none", "sum", "mean")
    }
    assert value["none"].shape == (0,)
    assert value["sum"] == 0
    assert np.isnan(value["mean"])


@pytest.mark.parametrize("loss", ["cross_entropy", "focal_cross_entropy"])
def test_the_only_class_costs_nothing(loss):
    exact = answers(case("one_class", reduction="none", loss=loss))
    assert not exact.value.exact.high.any()
    assert not exact.gradient.exact.high.any()


@pytest.mark.parametrize("kind", ["sparse", "soft"])
@pytest.mark.parametrize("loss", [loss.name for loss in LOSSES.values() if loss.has_classes])
def test_extended_precision_says_what_balls_say(loss, kind, monkeypatch):
    """A float64 case above the limit, answered both ways."""
    one = case("thousand_classes", kind=kind, dtype="float64", loss=loss)
    with_balls = answers(dataclasses.replace(one))
    monkeypatch.setattr(wide, "BALL_LIMIT", 100)
    extended = answers(dataclasses.replace(one))
    for name in answering.QUANTITIES[:3]:
        sure, fast = getattr(with_balls, name).exact, getattr(extended, name).exact
        assert not np.any(fast.error(sure.high) > fast.radius + sure.radius + np.abs(sure.low))


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(
    ("loss", "kind"), [("cross_entropy", "soft"), ("binary_cross_entropy_with_logits", "binary")]
)
def test_second_derivatives_in_a_wider_format_are_those_of_balls(
    loss, kind, dtype, reduction, monkeypatch
):
    one = case("more_terms_than_16_bits_count", kind, reduction, dtype, loss)
    monkeypatch.setattr(wide, "BALL_LIMIT", 10**9)
    sure = answer_to(dataclasses.replace(one), further.HESSIAN_VECTOR_PRODUCT)
    monkeypatch.setattr(wide, "BALL_LIMIT", 100)
    if wide.format_beyond(one) is None:
        pytest.skip("this machine has no format wider than float64")
    monkeypatch.setattr(further, "certified", lambda *_: pytest.fail("balls"))
    fast = answer_to(dataclasses.replace(one), further.HESSIAN_VECTOR_PRODUCT)
    np.testing.assert_array_equal(sure.bound, fast.bound)
    off = fast.exact.error(sure.exact.high)
    assert not np.any(off > fast.exact.radius + sure.exact.radius + np.abs(sure.exact.low))


def test_no_ball_is_made_for_large_cases(monkeypatch):
    monkeypatch.setattr(answering, "_exact", lambda *_: pytest.fail("balls"))
    for dtype in FORMATS:
        large = (
            case("hundred_thousand_classes", dtype=dtype),
            case(
                "more_terms_than_float16_counts",
                "binary",
                dtype=dtype,
                loss="binary_cross_entropy_with_logits",
            ),
        )
        for one in large:
            for quantity in answering.ALWAYS_ASKED:
                assert np.isfinite(getattr(answers(one), quantity).bound).all()


def test_blocks_of_a_large_case_are_put_together(monkeypatch):
    from equivalence.cases import terms

    one = case("more_terms_than_16_bits_count", reduction="none", dtype="float32")
    whole = answers(dataclasses.replace(one))
    monkeypatch.setattr(terms, "BLOCK", 100)
    terms._wide_terms.__init__(1)
    terms._wide_errors.__init__(1)
    parts = answers(dataclasses.replace(one))
    for name in answering.QUANTITIES[:3]:
        assert np.array_equal(getattr(whole, name).exact.high, getattr(parts, name).exact.high)
        assert np.array_equal(getattr(whole, name).bound, getattr(parts, name).bound)


def test_every_large_array_is_written_in_a_few_lines(everything):
    some = [one for one in everything if one.dtype in {"float32", "bfloat16"}]
    large = [
        array
        for one in some
        for array in (one.prediction, one.target)
        if array.size >= literals.MANY
    ]
    assert large
    for array in {id(array): array for array in large}.values():
        text = written(array)
        assert len(text) < 30_000
        made = np.asarray(eval(text, {"np": np})).astype(array.dtype)  # noqa: S307 - what scripts hold
        assert made.tobytes() == array.tobytes()


def test_what_no_expression_makes_is_refused_in_one_line():
    with pytest.raises(ValueError, match="30,000 numbers, which no short expression makes"):
        written(np.random.default_rng(0).normal(size=30_000))


def test_targets_keep_the_dtypes_that_an_edge_names(everything):
    dtypes = {one.target.dtype.name for one in everything if "labels_in" in one.origin}
    assert dtypes == {"int8", "uint8", "int16", "int32", "int64", "bool"}
    assert all(one.prediction.dtype.name == one.dtype for one in everything)


def test_what_comes_back_in_the_dtype_of_the_target_is_told():
    torch = pytest.importorskip("torch")
    load("torch")
    one = case("soft_targets_in_float64", "soft")
    found = judge(IMPLEMENTATIONS["torch.cross_entropy"], one)
    assert (found.verdict, found.returned) == (Verdict.AGREES, "float64"), torch.__version__


def test_a_gradient_has_the_dtype_of_its_target():
    pytest.importorskip("torch")
    load("torch")
    one = case("soft_targets_in_float16", "soft")
    found = judge(IMPLEMENTATIONS["torch.cross_entropy"], one, "target_gradient")
    assert (found.verdict, found.returned) == (Verdict.AGREES, "")
