"""What PyTorch's Kullback-Leibler divergence answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.departures import keeps_classes
from equivalence.divergences.divergence import divergence
from equivalence.losses.reduction import MEAN_OVER_BATCH

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html"
SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"


@functools.cache
def _multiplied_out(loss: Loss) -> Loss:
    """The divergence whose products with a share of zero are formed, infinities included."""

    def definition(
        log_probability: np.ndarray, target: np.ndarray, *, log_target: Any = None
    ) -> np.ndarray:
        terms = loss.definition(log_probability, target, log_target=log_target)
        never = target == (-np.inf if log_target else 0)
        broken = never if log_target else never & (log_probability == -np.inf)
        return np.where(np.any(broken, axis=-1), terms * np.nan, terms)

    return replace(loss, name=f"{loss.name}, multiplying 0 by infinity", definition=definition)


@divergence(
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    versions=">=1.13",
    reference=SOURCE,
    defect=(
        "Contradicts its own convention for the other factor (xlogy: 0 log 0 = 0), and the "
        "mathematics: a class of probability 0 in both distributions adds nothing. The value is "
        "NaN, its gradient finite."
    ),
)
def multiplies_zero_shares(case: Case) -> Case | None:
    """A share of 0 is multiplied with an infinite logarithm: the value is NaN.

    Without log_target that is t * input where t = 0 and the log-probability is -inf; with it,
    exp(t) * (t - input) wherever a target is -inf, as the logarithm of a one-hot target is.
    """
    return replace(case, loss=_multiplied_out(case.loss))


@divergence(
    "torch.kl_div",
    "torch.kl_div[mean]",
    "torch.nn.KLDivLoss",
    "torch.nn.KLDivLoss[mean]",
    versions=">=1.0",
    reference=DOCUMENTATION,
    by_design=(
        'Documented: with "none" the output has the shape of the input, and "mean" "doesn\'t '
        'return the true KL divergence value"; batchmean does.'
    ),
)
def keeps_classes_apart(case: Case) -> Case | None:
    """Each class is a term of its own: none returns them all, and mean divides by their number."""
    return None if case.reduction.kind == "sum" else keeps_classes(case)


@divergence(
    "torch.kl_div[batchmean]",
    "torch.nn.KLDivLoss[batchmean]",
    versions=">=1.0",
    reference=DOCUMENTATION,
    by_design=(
        'Documented: batchmean is "the sum of the output divided by the batch size", and the '
        "formula takes the length of the first axis for that."
    ),
)
def divides_by_first_axis(case: Case) -> Case | None:
    """With batchmean the sum is divided by the length of the first axis, whatever that is.

    For images and sequences that is the batch, not the number of distributions; for a single
    distribution without a batch it is the number of classes.
    """
    if len(case.shape) == 1:
        return None
    apart = keeps_classes(case)
    return replace(apart, reduction=MEAN_OVER_BATCH)
