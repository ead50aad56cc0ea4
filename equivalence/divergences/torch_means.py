"""What PyTorch's losses of classes sum, and what they divide by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.accumulation import counts_in
from equivalence.divergences.departures import divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.overflow import infinite_where, overflows
from equivalence.losses.reduction import MEAN_OVER_TARGET_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
NLL_SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp"
NLL = ("torch.nn.LogSoftmax+nn.NLLLoss", "torch.nll_loss", "torch.nn.NLLLoss")


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    *NLL,
    "torch.linear_cross_entropy*",
    versions=">=0.4",
    reference=DOCUMENTATION + "CrossEntropyLoss.html",
    by_design=(
        "Documented: the formula of CrossEntropyLoss divides by the sum of the weights of the "
        "targets."
    ),
)
def divides_by_target_weights(case: Case) -> Case | None:
    """With class weights and indices, the mean divides by the sum of the targets' class weights.

    The documentation says so; with class probabilities as targets the same function divides by the
    number of terms (pytorch/pytorch#107680), so that a one-hot target and its index give different
    means.
    """
    if "weight" not in case.options or not case.target_kind.startswith("sparse"):
        return None
    return divides_by(MEAN_OVER_TARGET_WEIGHTS)(case)


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    versions=">=1.10",
    reference=NLL_SOURCE,
    by_design="A plain convention: each operation returns what the dtype of its input holds.",
)
def sums_before_smoothing(case: Case) -> Case | None:
    """With indices, all classes' weighted terms are summed before they are multiplied by epsilon/C.

    In float16 that sum is infinite where logits differ by more than 65,504 over the class weight:
    40,000 and 0 with the weights 1 and 2 cost infinity instead of 4000.
    """
    if not case.options.get("label_smoothing") or not case.target_kind.startswith("sparse"):
        return None
    everything = {**case.parameters, "label_smoothing": None}
    with np.errstate(all="ignore"):
        row = case.loss.definition(
            np.asarray(case.prediction, dtype=np.float64),
            np.ones(case.prediction.shape),
            **everything,
        )
    counted = np.where(case.counted, row, 0.0)
    total = counted if case.reduction.kind == "none" else np.maximum(counted, counted.sum())
    over = np.isinf(case.computed_in.round(total)) & case.counted
    return replace(case, loss=infinite_where(case.loss, over)) if over.any() else None


divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    *NLL,
    versions=">=1.6",
    reference=NLL_SOURCE,
    name="torch_sums_before_dividing",
    reason=(
        "Sums the terms in their dtype before it divides: a sum beyond its largest number (65,504 "
        "in float16) is infinite, where the mean would fit.\n\nTensor.mean accumulates in float32."
    ),
    by_design="A plain convention: kernels return what the dtype of their input holds.",
)(overflows(sums=True))


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    *NLL,
    versions=">=1.6",
    reference=NLL_SOURCE,
    defect=(
        "Contradicts its own class-probability targets and Tensor.mean, which give the right mean "
        "of the same terms; training goes on with a gradient of 0, and nothing is said."
    ),
)
def counts_in_its_dtype(case: Case) -> Case | None:
    """Of class indices, the number of terms (or their weights' sum) is held in the input's dtype.

    From 65,520 terms on it is infinite in float16: the mean of 70,000 losses of 0.5 is 0 (NaN if
    their sum overflows too), and the gradient is 0. A mask of 256 x 256 pixels is enough.
    """
    return counts_in(case.dtype)(case) if case.target_kind.startswith("sparse") else None
