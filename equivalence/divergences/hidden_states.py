"""What a loss that multiplies hidden states by a matrix of weights makes of infinities and NaN."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT
from equivalence.divergences.divergence import divergence
from equivalence.divergences.overflow import overflows
from equivalence.divergences.specials import numbers, overlaid, surprisals, weighs_rows_zero

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DOCUMENTATION = (
    "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear_cross_entropy.html"
)
CHUNKED = "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/nn/modules/linear_cross_entropy.py"


@divergence(
    "torch.linear_cross_entropy*",
    versions=">=2.13",
    reference=DOCUMENTATION,
    by_design=(
        "Documented: the logits are the product of the input with linear_weight, and IEEE 754 says "
        "that 0 times infinity is NaN."
    ),
)
def multiplies_by_matrix(case: Case) -> Case | None:
    """An infinite or undefined hidden state makes every logit of its row NaN.

    Each logit is a sum over all hidden states, also those whose weight is 0: with the identity for
    the weights, masks of -inf do not come through.
    """
    prediction = numbers(case.prediction)
    lost = ~np.all(np.isfinite(prediction), axis=-1, keepdims=True)
    if not lost.any():
        return None
    return replace(case, prediction=np.where(lost, np.nan, case.prediction))


divergence(
    "torch.linear_cross_entropy(chunked)",
    versions=">=2.13",
    reference=CHUNKED,
    name="chunks_overflow_before_mean",
    reason=(
        "Forms each term before the mean divides it, of 16 bits in float32: a difference of two "
        "logits that does not fit makes the mean infinite, where a third of it would fit."
    ),
    by_design="A plain convention: kernels return what the dtype of their input holds.",
)(overflows(sums=False, formed="float32", weighed="float32"))


divergence(
    "torch.linear_cross_entropy(chunked)",
    versions=">=2.13",
    reference=CHUNKED,
    name="chunks_multiply_zero_class_weight",
    reason=(
        "Multiplies a class weight of zero with the -log p of a row that has none: NaN.\n\nAs "
        "multiplies_zero_class_weight, but terms of 16 bits are formed in float32."
    ),
    defect=(
        "Contradicts its own treatment of ignore_index, which leaves the value of such a row out: "
        "a class of weight 0 counts nothing."
    ),
)(functools.partial(weighs_rows_zero, widened=True))


@divergence(
    "torch.linear_cross_entropy(chunked)",
    versions=">=2.13",
    reference=CHUNKED,
    only=(HESSIAN_VECTOR_PRODUCT,),
    by_design='Says so in the source: "double-backward is unsupported".',
)
def chunks_have_no_second_derivative(case: Case) -> type[Exception] | None:
    """The gradient is computed in the forward pass and has no graph of its own: RuntimeError.

    Labels other than int64 are not answered by chunks, and have one.
    """
    return RuntimeError if case.target.dtype == np.int64 else None


@divergence(
    "torch.linear_cross_entropy(chunked)",
    versions=">=2.13",
    reference=CHUNKED,
    defect=(
        "Contradicts the same function without options, and cross_entropy: an ignored row counts "
        "nothing."
    ),
)
def multiplies_ignored_rows(case: Case) -> Case | None:
    """The loss of an ignored row is multiplied by zero: NaN if it is infinite or undefined.

    The class that is taken there is the first one, or ignore_index where that is a class.
    """
    with np.errstate(all="ignore"):
        surprisal = surprisals(case, case.computed_in)
    if surprisal is None or case.counted.all():
        return None
    ignored = case.options["ignore_index"]
    taken = surprisal[..., ignored if 0 <= ignored < surprisal.shape[-1] else 0]
    lost = np.where(case.counted | np.isfinite(taken), 0.0, np.nan)
    answered = overlaid(case, terms=lost)
    if answered is None:
        return None
    return replace(answered, reduction=replace(case.reduction, multiplies_zeros=True))
