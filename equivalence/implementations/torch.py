"""PyTorch: ``torch.nn.functional`` and the module classes where they can differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE, cotangent
from equivalence.implementations.framework import Framework
from equivalence.implementations.implementation import Call, Response

torch.set_num_threads(1)  # two unpinned runtimes in one process fight for the cores

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."


def _tensor(value: Any) -> Any:
    array = isinstance(value, np.ndarray | np.generic)
    return torch.from_numpy(np.array(value)) if array else value


def _evaluate(call: Call) -> Response:
    prediction = _tensor(call.prediction).requires_grad_()
    target = _tensor(call.target)
    if call.target_gradient:
        target.requires_grad_()
    arguments = {name: _tensor(value) for name, value in call.arguments.items()}
    value = call.implementation.function(prediction, target, **arguments)
    upstream = torch.from_numpy(cotangent(tuple(value.shape))).to(value.dtype)
    wanted = (prediction, target) if call.target_gradient else (prediction,)
    gradients = torch.autograd.grad(value, wanted, upstream)
    return Response(value=value.detach().numpy(), **_named(gradients))


def _named(gradients: tuple[Any, ...]) -> dict[str, np.ndarray]:
    names = ("gradient", "target_gradient")
    return {name: g.numpy() for name, g in zip(names, gradients, strict=False)}


def _flags() -> dict[str, str]:
    return {
        "threads": str(torch.get_num_threads()),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


framework = Framework(
    name="torch",
    distributions=("torch",),
    evaluate={"eager": _evaluate},
    imports="import torch\nimport torch.nn.functional as F\nfrom torch import nn",
    scripts={
        "eager": """\
prediction = {prediction}
target = {target}
{variable}.requires_grad_()
value = {function}(prediction, target{arguments})
print("value", value.tolist())
(gradient,) = torch.autograd.grad(value, {variable}, torch.tensor({cotangent}, dtype=value.dtype))
print("{quantity}", gradient.tolist())
"""
    },
    array="torch.tensor({values}, dtype=torch.{dtype})",
    class_axis=1,
    flags=_flags,
)
implements = framework.implements


@implements(
    losses.cross_entropy,
    targets=SPARSE | ONE_HOT | SOFT,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.cross_entropy.html",
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
    differentiates_target=True,
    documentation=DOCUMENTATION + "CrossEntropyLoss.html",
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
)
def log_softmax_by_hand(logits, target, *, reduction="mean"):
    classes = 1 if logits.ndim > 1 else 0
    terms = -(target * F.log_softmax(logits, dim=classes)).sum(classes)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(
    losses.negative_log_likelihood,
    targets=SPARSE,
    documentation=DOCUMENTATION + "functional.nll_loss.html",
)
def nll_loss(log_probabilities, target, *, weight=None, ignore_index=-100, reduction="mean"):
    return F.nll_loss(
        log_probabilities, target, weight=weight, ignore_index=ignore_index, reduction=reduction
    )


@implements(
    losses.negative_log_likelihood,
    targets=SPARSE,
    name="nn.NLLLoss",
    documentation=DOCUMENTATION + "NLLLoss.html",
)
def nll_loss_class(log_probabilities, target, *, weight=None, ignore_index=-100, reduction="mean"):
    loss = nn.NLLLoss(weight, ignore_index=ignore_index, reduction=reduction)
    return loss(log_probabilities, target)


@implements(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    differentiates_target=True,
    documentation=DOCUMENTATION + "functional.binary_cross_entropy.html",
)
def binary_cross_entropy(probability, target, *, sample_weight=None, reduction="mean"):
    return F.binary_cross_entropy(probability, target, weight=sample_weight, reduction=reduction)


@implements(
    losses.binary_cross_entropy,
    targets=BINARY | SOFT_BINARY,
    name="nn.BCELoss",
    differentiates_target=True,
    documentation=DOCUMENTATION + "BCELoss.html",
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
)
def sigmoid_then_bce_loss(logit, target, *, sample_weight=None, reduction="mean"):
    return nn.BCELoss(weight=sample_weight, reduction=reduction)(torch.sigmoid(logit), target)
