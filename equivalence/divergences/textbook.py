"""What the naive formulas of the tutorial answer instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from equivalence.divergences.cancellation import complement_rounded, rounds_complement
from equivalence.divergences.departures import (
    divides_by,
    needs_zero_convention,
    without_zero_convention,
)
from equivalence.divergences.divergence import divergence
from equivalence.divergences.saturation import exponentiates_without_shift, rounds_sigmoid
from equivalence.losses.reduction import MEAN_OVER_SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses import Loss

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
)(exponentiates_without_shift(multiplies_zeros=False))

divergence(
    "textbook.log_of_softmax",
    versions="",
    reference=LOG_SUM_EXP,
    name="exponentiates_without_shift_and_multiplies_zeros",
    reason=_SHIFT + " A zero target times the logarithm of a vanished probability is NaN too.",
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
)(rounds_complement)


def _formula(loss: Loss) -> Loss:
    """What ``binary_formula`` answers; one function, because ``rounds_sigmoid`` caches by it."""
    return complement_rounded(without_zero_convention(loss))


def rounds_sigmoid_first(case: Case) -> Case:
    """The sigmoid is rounded to the dtype, then the formula of the probability is applied."""
    return replace(case, loss=rounds_sigmoid(case.loss, _formula, case.dtype))


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
)(rounds_sigmoid_first)

divergence(
    "textbook.soft_cross_entropy[avg_factor]",
    versions="",
    reference="https://github.com/open-mmlab/mmpretrain/blob/v0.25.0/mmcls/models/losses/utils.py",
    name="divides_by_average_factor",
    reason=(
        "Divides by the average factor that the caller gives, here the sum of the sample weights."
    ),
)(divides_by(MEAN_OVER_SAMPLE_WEIGHTS))
