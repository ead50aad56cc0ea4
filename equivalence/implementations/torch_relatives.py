"""PyTorch: cross-entropy in another dress, and the Kullback-Leibler divergence."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations.needs import COLUMNS, ROWS, SEGMENTATION, UNBATCHED
from equivalence.implementations.torch_framework import DOCUMENTATION, implements

AVERAGED = frozenset((ROWS, COLUMNS, SEGMENTATION))  # with a last axis, which is averaged
# Elementwise: a mean divides by the number of elements, batchmean by the length of the first axis.
KL_DIV: dict[str, str | tuple[str, ...]] = {
    "none": "none",
    "sum": "sum",
    "mean": ("mean", "batchmean"),
}


@implements(
    losses.kl_divergence,
    targets=ONE_HOT | SOFT,
    reductions=KL_DIV,
    class_axis=-1,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.kl_div.html",
)
def kl_div(log_probabilities, target, *, log_target=False, reduction="mean"):
    return F.kl_div(log_probabilities, target, log_target=log_target, reduction=reduction)


@implements(
    losses.kl_divergence,
    targets=ONE_HOT | SOFT,
    name="nn.KLDivLoss",
    form_of="kl_div",
    reductions=KL_DIV,
    class_axis=-1,
    differentiates_target=True,
    documentation=DOCUMENTATION + "KLDivLoss.html",
)
def kl_div_loss(log_probabilities, target, *, log_target=False, reduction="mean"):
    return nn.KLDivLoss(log_target=log_target, reduction=reduction)(log_probabilities, target)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY,
    documentation=DOCUMENTATION + "functional.soft_margin_loss.html",
)
def soft_margin_loss(logit, target, *, reduction="mean"):
    return F.soft_margin_loss(logit, 2.0 * target - 1, reduction=reduction)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY,
    name="nn.SoftMarginLoss",
    form_of="soft_margin_loss",
    documentation=DOCUMENTATION + "SoftMarginLoss.html",
)
def soft_margin_loss_class(logit, target, *, reduction="mean"):
    return nn.SoftMarginLoss(reduction=reduction)(logit, 2.0 * target - 1)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    shapes=AVERAGED,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.multilabel_soft_margin_loss.html",
)
def multilabel_soft_margin_loss(logit, target, *, sample_weight=None, reduction="mean"):
    return F.multilabel_soft_margin_loss(logit, target, weight=sample_weight, reduction=reduction)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="nn.MultiLabelSoftMarginLoss",
    form_of="multilabel_soft_margin_loss",
    shapes=AVERAGED,
    differentiates_target=True,
    documentation=DOCUMENTATION + "MultiLabelSoftMarginLoss.html",
)
def multilabel_soft_margin_loss_class(logit, target, *, sample_weight=None, reduction="mean"):
    return nn.MultiLabelSoftMarginLoss(weight=sample_weight, reduction=reduction)(logit, target)


@implements(
    losses.cross_entropy,
    targets=SPARSE | ONE_HOT | SOFT,
    shapes=frozenset((UNBATCHED, ROWS)),
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.linear_cross_entropy.html",
    needs={"": "torch>=2.13"},
)
def linear_cross_entropy(
    logits, target, *, weight=None, ignore_index=None, label_smoothing=0.0, reduction="mean"
):
    few = logits.shape[-1] <= 4096  # one of the two factors of the logits is an identity
    rows = logits.reshape(-1, logits.shape[-1])
    identity = torch.eye(rows.shape[1 if few else 0], dtype=logits.dtype)
    hidden = logits if few else identity.reshape(*logits.shape[:-1], -1)
    layer = identity if few else rows.T
    return F.linear_cross_entropy(
        hidden,
        layer,
        target,
        weight=weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="linear_cross_entropy(chunked)",
    shapes=frozenset((UNBATCHED, ROWS)),
    modes=("eager", "strided"),  # documented: the chunked path does not work with the others
    documentation=DOCUMENTATION + "functional.linear_cross_entropy.html",
    needs={"": "torch>=2.13"},
)
def linear_cross_entropy_chunked(
    logits, target, *, weight=None, ignore_index=None, reduction="mean"
):
    few = logits.shape[-1] <= 4096  # one of the two factors of the logits is an identity
    rows = logits.reshape(-1, logits.shape[-1])
    identity = torch.eye(rows.shape[1 if few else 0], dtype=logits.dtype)
    hidden = logits if few else identity.reshape(*logits.shape[:-1], -1)
    layer = identity if few else rows.T
    return F.linear_cross_entropy(
        hidden,
        layer,
        target,
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction,
        options=nn.LinearCrossEntropyOptions(),
    )
