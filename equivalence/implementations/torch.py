"""PyTorch: ``torch.nn.functional``, and the module classes, which call it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations import (
    torch_framework,
    torch_relatives,  # noqa: F401 - it registers its own
)
from equivalence.implementations.torch_framework import DOCUMENTATION, HALF, SIXTEEN_BITS

framework = torch_framework.framework
implements = framework.implements


@implements(
    losses.cross_entropy,
    targets=SPARSE | ONE_HOT | SOFT,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.cross_entropy.html",
    needs=HALF,
)
def cross_entropy(
    logits, target, *, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    return F.cross_entropy(
        logits,
        target,
        weight=weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )


@implements(
    losses.cross_entropy,
    targets=SPARSE | ONE_HOT | SOFT,
    name="nn.CrossEntropyLoss",
    form_of="cross_entropy",
    differentiates_target=True,
    documentation=DOCUMENTATION + "CrossEntropyLoss.html",
    needs=HALF,
)
def cross_entropy_loss(
    logits, target, *, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"
):
    loss = nn.CrossEntropyLoss(
        weight, ignore_index=ignore_index, label_smoothing=label_smoothing, reduction=reduction
    )
    return loss(logits, target)


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="nn.LogSoftmax+nn.NLLLoss",
    documentation=DOCUMENTATION + "NLLLoss.html",
    needs=HALF,
)
def log_softmax_then_nll_loss(logits, target, *, weight=None, ignore_index=-100, reduction="mean"):
    log_probabilities = nn.LogSoftmax(dim=1 if logits.ndim > 1 else 0)(logits)
    loss = nn.NLLLoss(weight, ignore_index=ignore_index, reduction=reduction)
    return loss(log_probabilities, target)


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    name="log_softmax_by_hand",
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.log_softmax.html",
    needs={"float16": "torch>=2.2"},
)
def log_softmax_by_hand(logits, target, *, reduction="mean"):
    classes = 1 if logits.ndim > 1 else 0
    terms = -(target * F.log_softmax(logits, dim=classes)).sum(classes)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(
    losses.negative_log_likelihood,
    targets=SPARSE,
    documentation=DOCUMENTATION + "functional.nll_loss.html",
    needs=HALF,
)
def nll_loss(log_probabilities, target, *, weight=None, ignore_index=-100, reduction="mean"):
    return F.nll_loss(
        log_probabilities, target, weight=weight, ignore_index=ignore_index, reduction=reduction
    )


@implements(
    losses.negative_log_likelihood,
    targets=SPARSE,
    name="nn.NLLLoss",
    form_of="nll_loss",
    documentation=DOCUMENTATION + "NLLLoss.html",
    needs=HALF,
)
def nll_loss_class(log_probabilities, target, *, weight=None, ignore_index=-100, reduction="mean"):
    loss = nn.NLLLoss(weight, ignore_index=ignore_index, reduction=reduction)
    return loss(log_probabilities, target)


@implements(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.binary_cross_entropy.html",
    needs=SIXTEEN_BITS,
)
def binary_cross_entropy(probability, target, *, sample_weight=None, reduction="mean"):
    return F.binary_cross_entropy(probability, target, weight=sample_weight, reduction=reduction)


@implements(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    name="nn.BCELoss",
    form_of="binary_cross_entropy",
    differentiates_target=True,
    documentation=DOCUMENTATION + "BCELoss.html",
    needs=SIXTEEN_BITS,
)
def bce_loss(probability, target, *, sample_weight=None, reduction="mean"):
    return nn.BCELoss(weight=sample_weight, reduction=reduction)(probability, target)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.binary_cross_entropy_with_logits.html",
)
def binary_cross_entropy_with_logits(
    logit, target, *, sample_weight=None, pos_weight=None, reduction="mean"
):
    return F.binary_cross_entropy_with_logits(
        logit, target, weight=sample_weight, pos_weight=pos_weight, reduction=reduction
    )


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="nn.BCEWithLogitsLoss",
    form_of="binary_cross_entropy_with_logits",
    differentiates_target=True,
    documentation=DOCUMENTATION + "BCEWithLogitsLoss.html",
)
def bce_with_logits_loss(logit, target, *, sample_weight=None, pos_weight=None, reduction="mean"):
    loss = nn.BCEWithLogitsLoss(sample_weight, pos_weight=pos_weight, reduction=reduction)
    return loss(logit, target)


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="sigmoid+nn.BCELoss",
    differentiates_target=True,
    documentation=DOCUMENTATION + "BCELoss.html",
    needs=SIXTEEN_BITS,
)
def sigmoid_then_bce_loss(logit, target, *, sample_weight=None, reduction="mean"):
    return nn.BCELoss(weight=sample_weight, reduction=reduction)(torch.sigmoid(logit), target)
