"""A row whose logits lie at both ends of the range, beside plain ones: what its term becomes."""

import numpy as np
import pytest

from equivalence.cases.case import Case
from equivalence.comparison import judge
from equivalence.exact import FORMATS
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.losses import LOSSES, REDUCTIONS

pytest.importorskip("torch")
load("torch")

KERNELS = ("torch.cross_entropy", "torch.linear_cross_entropy")
CHUNKED = "torch.linear_cross_entropy(chunked)"
NOBODYS, ONES = [1, 1, 0], [1, 1, 1]  # a weight of zero, of a class that no target has


def found(name, dtype, weights):
    """The verdict on the mean, and what explains it; the first row's own class is 0."""
    format_ = FORMATS[dtype]
    far = 0.6 * float(format_.largest)
    case = Case(
        loss=LOSSES["cross_entropy"],
        target_kind="sparse",
        prediction=np.array([[-far, far, 0], [0, 0, 0], [1, 2, 3]]).astype(format_.dtype),
        target=np.array([0, 1, 1]),
        reduction=REDUCTIONS["mean"],
        dtype=dtype,
        origin="overflown.row",
        options={} if weights is None else {"weight": np.array(weights).astype(format_.dtype)},
    )
    finding = judge(IMPLEMENTATIONS[name], case)
    return finding.verdict, finding.divergences


@pytest.mark.parametrize("weights", [None, ONES, NOBODYS], ids=str)
@pytest.mark.parametrize("dtype", FORMATS)
def test_a_term_that_does_not_fit_is_no_weight_of_zero(dtype, weights):
    for name in KERNELS:
        assert found(name, dtype, weights) == (Verdict.EXPLAINED, ("torch_sums_before_dividing",))
    explained = Verdict.EXPLAINED, ("chunks_overflow_before_mean",)
    in_float32 = Verdict.AGREES, ()  # chunks of 16 bits are computed there
    assert found(CHUNKED, dtype, weights) == (in_float32 if dtype == "float16" else explained)


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_weight_of_zero_times_a_term_that_does_not_fit_is_nan(dtype):
    for name in KERNELS:
        assert found(name, dtype, [0, 1, 1])[1] == ("multiplies_zero_class_weight",)
    wide = "divides_by_target_weights", "chunks_multiply_zero_class_weight"
    assert found(CHUNKED, dtype, [0, 1, 1])[1] == (wide[dtype != "float16"],)
