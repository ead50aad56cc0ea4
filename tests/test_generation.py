"""Generated cases: a name is enough to make the same numbers again, anywhere."""

import os
import subprocess
import sys

import numpy as np
import pytest

from equivalence.cases.case import Encoding, encoding
from equivalence.cases.covering import cover
from equivalence.cases.generation import from_name, generate, named_reduction
from equivalence.exact import FORMATS
from equivalence.losses import LOSSES, REDUCTIONS
from equivalence.losses.loss import PROBABILITIES

AGAIN = """
import sys
from equivalence.cases.generation import from_name
for line in sys.stdin:
    case = from_name(*line.split(":", 4)[:4], line.strip().split(":", 4)[4])
    print(case.digest, case.prediction.tobytes().hex()[:64])
"""


def everything(loss, strength=2):
    return [generate(loss, spec) for spec in cover(loss, lambda _: True, strength)]


def some():
    return [case for loss in LOSSES.values() for case in everything(loss, 1)]


def test_names_make_the_same_bits_in_another_process():
    cases = some()
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    made = subprocess.run(
        [sys.executable, "-c", AGAIN],
        input="\n".join(case.id for case in cases),
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    here = [f"{case.digest} {case.prediction.tobytes().hex()[:64]}" for case in cases]
    assert made.stdout.splitlines() == here


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_a_name_makes_its_case_again(loss):
    for case in everything(loss):
        again = from_name(*case.id.split(":"))
        assert (again.id, again.digest) == (case.id, case.digest)
        assert again.prediction.dtype == case.dtype


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_every_reduction_asks_about_the_same_numbers(loss):
    specs = cover(loss, lambda spec: spec.reduction == "none", 1)
    for spec in specs:
        made = [generate(loss, spec._replace(reduction=name)) for name in REDUCTIONS]
        assert len({case.question for case in made}) == 1
        assert len({case.digest for case in made}) == len(REDUCTIONS)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_float32_is_float64_rounded(loss):
    for spec in cover(loss, lambda spec: spec.dtype == "float64", 1):
        wide, narrow = generate(loss, spec), generate(loss, spec._replace(dtype="float32"))
        rounded = FORMATS["float32"].round(wide.prediction)
        assert np.array_equal(rounded, narrow.prediction), narrow.id


def test_another_seed_makes_other_numbers():
    loss = LOSSES["cross_entropy"]
    spec = cover(loss, lambda spec: spec.regime == "normal", 1)[0]
    assert generate(loss, spec, 0).question != generate(loss, spec, 1).question


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_cases_are_what_their_names_say(loss):
    for case in everything(loss):
        kind = encoding(case.target_kind)
        assert case.dtype == case.prediction.dtype.name
        assert not np.isnan(case.prediction).any(), case.id
        if kind == Encoding.SPARSE:
            assert case.target.dtype == np.int64
            assert case.target.shape == case.shape
            assert case.distribution.shape == case.prediction.shape  # labels are in range
        else:
            assert case.target.shape == case.prediction.shape
            logs, target = "log_target" in case.options, case.target.astype(float)
            target = np.exp(target) if logs else target
            limits = (target.min(), target.max())
            assert 0 <= limits[0] <= limits[1] <= 1, case.id
        if kind in Encoding.ONE_HOT | Encoding.BINARY:
            assert set(np.unique(target)) <= {0, 1}
        if kind == Encoding.SOFT:
            rounded = 2 * case.target.shape[-1] * FORMATS[case.dtype].unit
            rounded *= 20 if logs else 1  # an error of a logarithm of that size
            assert np.abs(target.sum(-1) - 1).max() < rounded
        if loss.prediction == PROBABILITIES:
            assert case.prediction.min() >= 0
            assert case.prediction.max() <= 1


def test_a_weighted_case_has_weights_of_its_kind():
    loss = LOSSES["cross_entropy"]
    sizes = {"scalar_weight": (), "sample_weight": (2, 1, 1), "position_weight": (2, 3, 2)}
    for name, size in sizes.items():
        parts = ("cross_entropy", "sparse_segmentation", "sum", "float32")
        case = from_name(*parts, f"normal.image.{name}.0")
        assert np.shape(case.weights) == size
        assert case.weights.dtype == case.dtype
        assert case.loss is loss


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (("cross_entropie", "sparse", "mean", "float32", "normal.rows.plain.0"), "entropie' in"),
        (("cross_entropy", "spars", "mean", "float32", "normal.rows.plain.0"), "'SPARS' in"),
        (("cross_entropy", "sparse", "men", "float32", "normal.rows.plain.0"), "'men' in"),
        (("cross_entropy", "sparse", "mean", "float23", "normal.rows.plain.0"), "'float23' in"),
        (("cross_entropy", "sparse", "mean", "float32", "norml.rows.plain.0"), "'norml' in"),
        (("cross_entropy", "sparse", "mean", "float32", "normal.rouws.plain.0"), "'rouws' in"),
        (("cross_entropy", "sparse", "mean", "float32", "normal.rows.plain"), "the form is regime"),
        (("cross_entropy", "sparse", "mean", "float32", "normal.rows.plain.x"), "the form is"),
    ],
)
def test_an_unknown_name_is_said_in_one_line(parts, message):
    with pytest.raises(ValueError, match=message) as caught:
        from_name(*parts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", ["weigth", "weight+weigth", "pos_weight", "ignore_index"])
def test_unknown_options_are_not_passed_over(options):
    """A misspelt option must not quietly make another case."""
    kind = "one_hot" if options == "ignore_index" else "sparse"
    with pytest.raises(ValueError, match=options.rpartition("+")[2]):
        from_name("cross_entropy", kind, "mean", "float32", f"normal.rows.{options}.0")


def test_a_kind_that_does_not_fit_its_shape_is_said():
    with pytest.raises(ValueError, match="sparse"):
        from_name("cross_entropy", "sparse", "mean", "float32", "normal.image.plain.0")
    with pytest.raises(ValueError, match="binary"):
        from_name("cross_entropy", "binary", "mean", "float32", "normal.rows.plain.0")


def test_reductions_are_found_by_name():
    assert named_reduction("mean_over_batch") is REDUCTIONS["mean_over_batch"]
    with pytest.raises(ValueError, match="the reduction 'avg' is unknown; there are none, sum"):
        named_reduction("avg")
