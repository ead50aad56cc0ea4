"""What PyTorch's Kullback-Leibler divergence answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT
from equivalence.divergences.departures import keeps_classes, widened
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import narrower_target, written_in_integers
from equivalence.divergences.overflow import overflows
from equivalence.exact import FORMATS
from equivalence.losses.loss import Gradients, TermBounds
from equivalence.losses.reduction import MEAN_OVER_BATCH, factors

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html"
SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"


@divergence(
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    versions=">=1.13",
    reference=SOURCE,
    by_design='An explicit check, whose message is "kl_div: Integral inputs not supported.".',
)
def takes_no_integers(case: Case) -> type[Exception] | None:
    """Targets of integers or truth values raise RuntimeError, also those that F.one_hot returns."""
    return RuntimeError if written_in_integers(case) else None


@divergence(
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    versions=">=1.13",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html",
    by_design=(
        "A plain convention of PyTorch: what does not depend on the input has no graph, and "
        "torch.autograd.grad raises for it; torch.autograd.functional.hvp returns zeros, unless it "
        "is called with strict=True."
    ),
    only=(HESSIAN_VECTOR_PRODUCT,),
)
def gradient_of_divergence_has_no_graph(_: Case) -> type[Exception]:
    """The gradient -t is a constant, whose derivative raises RuntimeError: it is no zero.

    That of nll_loss, as constant, is zero, since it is written as a function with derivatives.
    """
    return RuntimeError


@divergence(
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    versions=">=1.13",
    reference=SOURCE,
    by_design=(
        "A plain convention of PyTorch: an operation on one tensor returns its dtype, and so does "
        "each gradient that is added up."
    ),
)
def takes_logarithms_in_dtype_of_target(case: Case) -> Case | None:
    """T log t is rounded to the dtype of the target before the rest, t x, is subtracted from it.

    With log_target it is exp(t) that is rounded. The gradient by the target is added up there,
    from log t, 1 and x, each rounded: where they cancel its digits are lost.
    """
    narrow = narrower_target(case)
    return replace(case, loss=_logarithms_in(case.loss, narrow)) if narrow else None


@functools.cache
def _logarithms_in(loss: Loss, dtype: str) -> Loss:
    form = FORMATS[dtype]

    def more(
        prediction: np.ndarray, target: np.ndarray, _: float, *, log_target: Any = None
    ) -> TermBounds:
        with np.errstate(all="ignore"):
            share = np.exp(target) if log_target else target
            logarithm = target if log_target else np.log(np.where(target > 0, target, 1))
        size = np.abs(logarithm) + np.abs(prediction) + 1
        rounded = form.unit * share * size + form.floor * size
        slope = 4 * (form.unit * size * (share if log_target else 1) + form.floor)
        finite = np.isfinite(size)
        rounded, slope = np.where(finite, rounded, 0.0), np.where(finite, slope, 0.0)
        return TermBounds(np.sum(rounded, axis=-1), form.unit * share, slope)

    return widened(loss, f"with logarithms in {dtype}", more)


@functools.cache
def _multiplied_out(loss: Loss) -> Loss:
    """The divergence whose products with a share of zero are formed, infinities included."""

    def definition(
        log_probability: np.ndarray, target: np.ndarray, *, log_target: Any = None
    ) -> np.ndarray:
        terms = loss.definition(log_probability, target, log_target=log_target)
        never = target == (-np.inf if log_target else 0)
        finite = (log_probability > -np.inf) & (log_probability < np.inf)
        broken = never if log_target else never & ~finite
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
        "NaN, its gradient by the input finite."
    ),
)
def multiplies_zero_shares(case: Case) -> Case | None:
    """A share of 0 is multiplied with an infinite logarithm: the value is NaN.

    Without log_target that is t * input where t = 0 and the input is infinite or NaN; with it,
    exp(t) * (t - input) wherever a target is -inf, as the logarithm of a one-hot target is.
    """
    return replace(case, loss=_multiplied_out(case.loss))


@functools.cache
def _through_quotients(loss: Loss) -> Loss:
    """The divergence whose derivatives are those of t log t and t x, as they are programmed."""

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(prediction, target, **parameters)
        if parameters.get("log_target"):
            return own
        return Gradients(
            np.where(target < 0, -target, own.prediction),
            np.where(target == 0, np.nan, own.target),
        )

    return replace(loss, name=f"{loss.name}, through t / t", gradient=gradient)


@divergence(
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    versions=">=1.13",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/tools/autograd/derivatives.yaml",
    defect=(
        "Contradicts the mathematics, by which the slope at a share of 0 is -infinity, and a "
        "negative share has no divergence to differentiate."
    ),
)
def divides_share_by_itself(case: Case) -> Case | None:
    """The gradient by a target of 0 is NaN: that of xlogy(t, t) has the quotient t / t.

    So one-hot targets that are learned get NaN. The gradient by the input is -t, for negative
    targets too, whose value is NaN.
    """
    shares = np.asarray(case.target, dtype=np.float64)
    if case.options.get("log_target") or not np.any(shares <= 0):
        return None
    return replace(case, loss=_through_quotients(case.loss))


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


divergence(
    "torch.kl_div[batchmean]",
    "torch.nn.KLDivLoss[batchmean]",
    versions=">=1.0",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/torch/nn/functional.py",
    name="overflows_before_batch_mean",
    reason=(
        "batchmean divides the finished sum: in float16 that of 70,000 terms of 1.5 is infinite, "
        "and so is the mean that would fit."
    ),
    defect=(
        "Contradicts reduction='mean' of the same function, which divides before it rounds to "
        "float16."
    ),
)(overflows(sums=True))


@divergence(
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    versions=">=1.13",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/tools/autograd/derivatives.yaml",
    defect=(
        "Contradicts the mathematics: the derivative of t log t is log t + 1, and in float16 the "
        "1 is lost from 30,000 classes on."
    ),
)
def loses_quotient_of_small_shares(case: Case) -> Case | None:
    """The gradient by the target forms g t / t for the 1 of log t + 1: it is 0 if g t underflows.

    g is what a mean divides by: with 60,000 numbers in float16, 1.7e-5 times a share of 8.3e-6 is
    no number but 0.
    """
    form = case.format_of("target_gradient")
    if case.reduction.kind != "mean" or case.parameters.get("log_target"):
        return None
    factor = np.min(factors(case.reduction, case.weighing), initial=1.0)
    share = case.distribution[case.distribution > 0] * factor
    if not np.any(share * form.unit < form.floor):
        return None
    return replace(case, loss=_share_by_share(case.loss, float(factor), form.floor))


@functools.cache
def _share_by_share(loss: Loss, factor: float, floor: float) -> Loss:
    def more(prediction: np.ndarray, target: np.ndarray, _: float, **__: Any) -> TermBounds:
        product = factor * target
        lost = np.where(product > floor, floor / np.maximum(product, floor), 1.0)
        terms = np.zeros_like(loss.definition(prediction, target))
        return TermBounds(terms, np.zeros_like(prediction), np.where(target > 0, lost, 0.0))

    return widened(loss, f"by shares above {floor / factor:.3g}", more)
