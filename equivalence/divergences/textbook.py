"""What the naive formulas of the tutorial answer instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.cancellation import complement_rounded, rounds_complement
from equivalence.divergences.departures import divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import (
    forms_complement_of_narrow_target,
    sums_weights_in_their_dtype,
)
from equivalence.divergences.overflow import overflows, wide_terms
from equivalence.divergences.probabilities import needs_zero_convention, without_zero_convention
from equivalence.divergences.saturation import exponentiates_without_shift, rounds_sigmoid
from equivalence.divergences.specials import overlaid
from equivalence.losses import binary_cross_entropy
from equivalence.losses.reduction import MEAN_OVER_SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

NUMPY_SUM = "https://numpy.org/doc/stable/reference/generated/numpy.mean.html"
NUMPY_TYPES = "https://numpy.org/doc/stable/user/basics.types.html"
LOG_SUM_EXP = "https://doi.org/10.1093/imanum/draa038"

_SHIFT = (
    "exp(x) overflows from x = 88.7 on in float32 (709.8 in float64) and vanishes below -103.9 "
    "(-745.1).\n\n"
    "The quotient is then NaN or 0, and its logarithm NaN or -inf: the maximum must be subtracted "
    "first (Blanchard, Higham & Higham 2021)."
)

divergence(
    "textbook.log_of_exp_over_sum",
    versions="",
    reference=LOG_SUM_EXP,
    name="exponentiates_without_shift",
    reason=_SHIFT,
    by_design=(
        "The definition as it is printed, without any thought of overflow; log_softmax is its "
        "stable form."
    ),
)(exponentiates_without_shift(multiplies_zeros=False))

divergence(
    "textbook.log_of_softmax",
    versions="",
    reference=LOG_SUM_EXP,
    name="exponentiates_without_shift_and_multiplies_zeros",
    reason=_SHIFT + " A zero target times the logarithm of a vanished probability is NaN too.",
    by_design=(
        "The definition as it is printed, without any thought of overflow; log_softmax is its "
        "stable form."
    ),
)(exponentiates_without_shift(multiplies_zeros=True))

divergence(
    "textbook.product_with_target",
    "textbook.product_with_log",
    "textbook.binary_formula",
    versions="",
    reference="https://docs.scipy.org/doc/scipy/reference/generated/scipy.special.xlogy.html",
    name="multiplies_zero_by_infinity",
    reason=(
        "Multiplies a zero target by the infinite logarithm of a zero probability: NaN, where "
        "0 log 0 is 0."
    ),
    by_design="The definition as it is printed: IEEE 754 says that 0 times infinity is NaN.",
)(needs_zero_convention)

divergence(
    "textbook.binary_formula",
    versions="",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.log1p.html",
    name="rounds_complement",
    reason=(
        "Takes log(1 - p) of the rounded 1 - p: for small p the digits of the loss are lost; "
        "log1p(-p) keeps them."
    ),
    by_design="The definition as it is printed; log1p is a refinement of libraries.",
)(rounds_complement)


def rounds_sigmoid_first(case: Case) -> Case:
    """The sigmoid is rounded to the dtype, then the formula of the probability is applied."""
    formula = complement_rounded(without_zero_convention(binary_cross_entropy))
    return replace(case, loss=rounds_sigmoid(case.loss, formula, case.dtype, once=False))


divergence(
    "textbook.sigmoid_then_formula",
    versions="",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html",
    name="rounds_sigmoid_first",
    reason=(
        "Rounds sigmoid(x) to the dtype before the logarithms are taken.\n\n"
        "From x = 17 on (float32) it is 1: the loss is infinite for target 0, and NaN (0 log 0) "
        "for target 1."
    ),
    by_design="The definition as it is printed: the probability is a number of its own.",
)(rounds_sigmoid_first)

divergence(
    "textbook.soft_cross_entropy[avg_factor]",
    versions="",
    reference="https://github.com/open-mmlab/mmpretrain/blob/v0.25.0/mmcls/models/losses/utils.py",
    name="divides_by_average_factor",
    reason=(
        "Divides by the average factor that the caller gives, here the sum of the sample weights."
    ),
    by_design="Documented by mmpretrain: the caller gives the number to divide by.",
)(divides_by(MEAN_OVER_SAMPLE_WEIGHTS))

divergence(
    "textbook.soft_cross_entropy",
    "textbook.soft_cross_entropy[mean]",
    versions="",
    reference=NUMPY_SUM,
    name="overflows_when_weighted_in_float16",
    reason="Weighs each term in its dtype: in float16, 40,000 times 2 is infinite.",
    by_design="A plain convention: NumPy's products have the dtype of their factors.",
)(overflows(sums=False))

divergence(
    "textbook.soft_cross_entropy[avg_factor]",
    versions="",
    reference=NUMPY_SUM,
    name="overflows_when_summed_in_float16",
    reason=(
        "Sums in the dtype of the terms before it divides: in float16 a sum above 65,504 is "
        "infinite, where the mean would fit.\n\nnp.mean accumulates in float32."
    ),
    by_design="A plain convention: NumPy's sums have the dtype of their terms.",
)(overflows(sums=True))


@divergence(
    "textbook.soft_cross_entropy*",
    versions="",
    reference=NUMPY_SUM,
    by_design="A plain convention: NumPy's products have the dtype of their factors.",
)
def overflows_before_sample_weights(case: Case) -> Case | None:
    """Weighs classes in the dtype of the terms before samples: what does not fit stays infinite.

    In float16 a term of 40,000 whose class weighs 2 costs infinity, also where its sample weighs
    one half.
    """
    if "weight" not in case.options:
        return None
    over = case.computed_in.overflows(wide_terms(case))
    return overlaid(case, terms=np.where(over, np.inf, 0.0))


@divergence(
    "textbook.soft_cross_entropy[avg_factor]",
    versions="",
    reference=NUMPY_TYPES,
    by_design="NumPy's plain convention: a Python number takes the dtype of the other operand.",
)
def divides_infinity_by_infinite_count(case: Case) -> Case | None:
    """In float16 the number of terms is infinite from 65,520 on, and so is their sum: NaN."""
    if case.weights is not None or case.reduction.kind != "mean":
        return None
    size = int(np.prod(case.shape, dtype=int))
    total = wide_terms(case).sum()
    if not np.all(case.computed_in.overflows([size, total])):
        return None
    return overlaid(case, terms=np.full(case.shape, np.nan))


divergence(
    "textbook.binary_formula",
    "textbook.sigmoid_then_formula",
    versions="",
    reference=NUMPY_TYPES,
    by_design="NumPy's plain convention: 1 - t has the dtype of t, a Python number has none.",
)(forms_complement_of_narrow_target)

divergence(
    "textbook.soft_cross_entropy[avg_factor]",
    versions="",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.sum.html",
    by_design="NumPy's plain convention: a sum has the dtype of its summands.",
)(sums_weights_in_their_dtype)
