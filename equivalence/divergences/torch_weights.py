"""What PyTorch answers when it is differentiated with respect to weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.divergence import divergence

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DERIVATIVES = "https://github.com/pytorch/pytorch/blob/v2.13.0/tools/autograd/derivatives.yaml"


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy*",
    "torch.nn.LogSoftmax+nn.NLLLoss",
    "torch.nll_loss",
    "torch.nn.NLLLoss",
    versions=">=2.0",
    reference=DERIVATIVES,
    only=(WEIGHT_GRADIENT,),
    defect=(
        "Contradicts its own treatment of class probabilities: with a one-hot row in the place of "
        "the index, the same function and the same weight are differentiated."
    ),
)
def does_not_differentiate_class_weights(case: Case) -> type[Exception] | None:
    """With class indices the class weights have no gradient: RuntimeError, "not differentiable".

    nll_loss_forward declares its weight as not differentiable. Class probabilities take another
    path, of plain multiplications, which is.
    """
    return RuntimeError if case.target_kind.startswith("sparse") else None


@divergence(
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    "torch.sigmoid+nn.BCELoss",
    versions=">=2.0",
    reference=DERIVATIVES,
    only=(WEIGHT_GRADIENT,),
    by_design=(
        'A plain convention: "a manual rescaling weight" is a constant, and the refusal says so.'
    ),
)
def does_not_differentiate_sample_weights(case: Case) -> type[Exception]:  # noqa: ARG001 - always
    """The sample weights have no gradient: RuntimeError, "not differentiable"."""
    return RuntimeError


@divergence(
    "torch.binary_cross_entropy_with_logits@eager",
    "torch.binary_cross_entropy_with_logits@strided",
    "torch.nn.BCEWithLogitsLoss@eager",
    "torch.nn.BCEWithLogitsLoss@strided",
    versions=">=2.0",
    reference=DERIVATIVES,
    only=(WEIGHT_GRADIENT,),
    defect=(
        "Contradicts its own mode torch.func, in which the same call is differentiated by weight "
        "and by pos_weight."
    ),
)
def does_not_differentiate_weights_eagerly(case: Case) -> type[Exception]:  # noqa: ARG001 - always
    """Neither weight nor pos_weight has a gradient: RuntimeError, "not differentiable"."""
    return RuntimeError
