"""What PyTorch answers instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.cancellation import cancels_against_log_sigmoid, sums_exponentials
from equivalence.divergences.clamping import clamped_for, clamps_logarithms
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import WITH_LOGITS
from equivalence.divergences.overflow import overflows
from equivalence.divergences.saturation import rounds_sigmoid
from equivalence.losses import binary_cross_entropy

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."

NLL_SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp"
NLL = ("torch.nn.LogSoftmax+nn.NLLLoss", "torch.nll_loss", "torch.nn.NLLLoss")

divergence(
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    versions=">=1.2",
    reference=DOCUMENTATION + "BCELoss.html",
    name="clamps_log_at_minus_100",
    reason=(
        "Clamps the logarithms at -100, so that a wrong certainty costs 100 instead of infinity."
        "\n\n"
        "The documentation says so. The gradient is not that of the clamped value (zero) but "
        "(p - t) / max(p (1 - p), 1e-12), so that it is finite at p = 0 and 1, and too small "
        "wherever p (1 - p) < 1e-12."
    ),
    by_design=(
        'Documented: "BCELoss clamps its log function outputs to be greater than or equal to '
        '-100", for a finite loss and a linear backward method.'
    ),
)(clamps_logarithms)


divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    versions=">=1.6",
    reference=SOURCE,
    name="overflows_when_weighted",
    reason=(
        "Multiplies each term by its weight in the dtype of the input before it is reduced.\n\n"
        "In float16 a term of 40,000 with a weight of 2 is infinite, and so is the mean that would "
        "fit. The sum itself is accumulated in float32."
    ),
    by_design="A plain convention: kernels return what the dtype of their input holds.",
    # The derivative by the weights is the term without its weight.
    only=tuple(name for name in QUANTITIES if name != WEIGHT_GRADIENT),
)(overflows(sums=False))

divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    versions=">=2.3",
    reference=SOURCE,
    name="cancels_against_log_sigmoid",
    reason=(
        "For targets below 1 and negative logits, (1 - t) x cancels against log sigmoid(x).\n\n"
        "The absolute error is a few roundings of |x|, so that losses below u |x| are lost: "
        "x = -17 with target 0 gives 0 in float32 instead of 4.14e-8. Positive logits with target "
        "1 keep all digits."
    ),
    defect=(
        'Contradicts its documentation ("more numerically stable ... the log-sum-exp trick") and '
        "its own softplus, which keeps all digits of the same number."
    ),
)(cancels_against_log_sigmoid)


divergence(
    "torch.binary_cross_entropy_with_logits@func",
    "torch.nn.BCEWithLogitsLoss@func",
    versions=">=2.0",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/functorch/PyTorchOperatorHacks.cpp",
    name="sums_exponentials_in_func",
    reason=(
        "Inside torch.func another formula is computed, the logarithm of a rounded sum.\n\n"
        "Eagerly x = 51 with target 1 costs 6.5e-23; under torch.func.vjp, grad or vmap it costs "
        "0, and the gradient at x = -129 with target 0 is 0 instead of 8.6e-57. The formula is the "
        "one that the eager kernel had before pytorch/pytorch#115539."
    ),
    defect=(
        "The source says of its copies: it is bad if any of these go out-of-sync with the "
        "implementations in pytorch/pytorch. This one has: the same call has two values."
    ),
)(sums_exponentials)


divergence(
    *(f"{name}@{mode}" for name in WITH_LOGITS for mode in ("eager", "strided")),
    versions="<2.3",
    reference="https://github.com/pytorch/pytorch/pull/115539",
    name="sums_exponentials",
    reason=(
        "Computes max(-x, 0) + log(exp(-max(-x, 0)) + exp(-x - max(-x, 0))), the logarithm of a "
        "rounded sum.\n\n"
        "x = 51 with target 1 costs 0 instead of 7.1e-23 in float64. Under torch.func it is so in "
        "later versions too."
    ),
    defect='Contradicts its documentation ("more numerically stable ... the log-sum-exp trick").',
)(sums_exponentials)


@divergence(
    "torch.nll_loss@strided",
    "torch.nn.NLLLoss@strided",
    versions=">=1.5",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL2d.cpp",
    defect=(
        "The same call of contiguous images is differentiated, as is cross_entropy of "
        "channels-last ones; the documentation asks for no layout."
    ),
)
def does_not_differentiate_channels_last(case: Case) -> type[Exception] | None:
    """Images whose log-probabilities lie channels-last raise RuntimeError when differentiated.

    ``grad_input must be contiguous``: the backward kernel makes its result in the layout of its
    input, and then refuses it. The value alone is right, and .contiguous() before the call mends
    it.
    """
    *outer, classes = case.prediction.shape
    image = len(outer) == 3 and classes > 1 and outer[1] * outer[2] > 1
    return RuntimeError if image else None


def _sigmoid_then_clamped(case: Case) -> Case:
    clamped = clamped_for(case, binary_cross_entropy)
    return replace(case, loss=rounds_sigmoid(case.loss, clamped, case.dtype, once=True))


divergence(
    "torch.sigmoid+nn.BCELoss",
    versions=">=1.2",
    reference=DOCUMENTATION + "BCEWithLogitsLoss.html",
    name="rounds_sigmoid_then_clamps",
    reason=(
        "Rounds sigmoid(x) to the dtype first, then clamps its logarithms at -100.\n\n"
        "From x = 17 on (float32) the probability is 1 and the loss 0 or 100. The documentation of "
        "BCEWithLogitsLoss recommends the combined function for this reason."
    ),
    by_design=(
        'Documented: BCEWithLogitsLoss is recommended as "more numerically stable than using a '
        'plain Sigmoid followed by a BCELoss".'
    ),
)(_sigmoid_then_clamped)
