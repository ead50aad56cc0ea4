"""What PyTorch's multilabel soft margin loss, binary cross-entropy of rows, answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT
from equivalence.cases.second_order import direction
from equivalence.divergences.departures import row_mean, widened
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import MULTI_LABEL, forms_complement_of_narrow_target
from equivalence.divergences.overflow import infinite_where
from equivalence.divergences.specials import (
    by_both_log_sigmoids,
    evaluates,
    multiplies_zero_weights,
)
from equivalence.losses.loss import Gradients, Loss, TermBounds

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/nn/functional.py"


divergence(
    *MULTI_LABEL,
    versions=">=1.0",
    reference=DOCUMENTATION + "MultiLabelSoftMarginLoss.html",
    name="complements_labels_in_their_dtype",
    reason=(
        "1 - t is rounded to the dtype of the target before the prediction widens it: with targets "
        "of float16 beside predictions of float32 half a thousandth is lost."
    ),
    by_design="A plain convention of PyTorch: a tensor and a number are of the tensor's dtype.",
)(forms_complement_of_narrow_target)


@divergence(
    *MULTI_LABEL,
    versions=">=1.0",
    reference=DOCUMENTATION + "MultiLabelSoftMarginLoss.html",
    by_design="A plain convention: each operation returns what the dtype of its input holds.",
    only=("value",),
)
def sums_labels_before_dividing(case: Case) -> Case | None:
    """Weighted terms, and their sum over the last axis, are formed before they are divided by C.

    In float16 two terms of 40,000 add up to infinity, and so does the mean that would fit.
    """
    with np.errstate(all="ignore"):
        prediction = np.asarray(case.prediction, dtype=np.float64)
        weights = case.weighing.sample
        terms = case.loss.definition(prediction, case.distribution) * weights
        total = np.sum(terms, axis=-1, keepdims=True)
    over = np.isinf(case.computed_in.round(np.maximum(total, terms))) & (weights != 0)
    return replace(case, loss=infinite_where(case.loss, over)) if over.any() else None


divergence(
    *MULTI_LABEL,
    versions=">=1.0",
    reference=SOURCE,
    name="multiplies_infinite_log_sigmoid",
    reason=(
        "-(t log sigmoid(x) + (1 - t) log sigmoid(-x)) is NaN for infinite logits that are right: "
        "zero times infinity.\n\nThe limits exist, and the gradient is right."
    ),
    defect="Contradicts the mathematics, and its own gradient, which is that of the limits.",
)(evaluates(by_both_log_sigmoids))

divergence(
    *MULTI_LABEL,
    versions=">=1.0",
    reference=SOURCE,
    name="multiplies_labels_weighed_zero",
    reason=(
        "Terms are multiplied by their weights, zero too: NaN or infinity in a label that is "
        "masked by a weight of 0 makes loss and gradient NaN."
    ),
    by_design="A plain convention: weights are coefficients, and IEEE 754 says that 0 NaN is NaN.",
)(multiplies_zero_weights)


@divergence(
    *MULTI_LABEL,
    versions=">=1.0",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/tools/autograd/derivatives.yaml",
    only=(HESSIAN_VECTOR_PRODUCT,),
    defect=(
        "Contradicts binary_cross_entropy_with_logits of the same library, which keeps the digits "
        "for negative logits."
    ),
)
def subtracts_sigmoid_from_one(case: Case) -> Case:
    """The second derivative of log sigmoid(x) is (z - 1) z, z = sigmoid(x), whose digits cancel.

    It is 0 from x = 17 on in float32, for log sigmoid(-x) from x = -17 down.
    """
    return replace(case, loss=_curved_by_differences(case.loss, case.computed_in.unit))


@functools.cache
def _curved_by_differences(loss: Loss, unit: float) -> Loss:
    def nothing(logit: np.ndarray, target: np.ndarray, _unit: float, **_: Any) -> TermBounds:
        return TermBounds(np.zeros_like(logit), np.zeros_like(logit), np.zeros_like(target))

    def more(size: np.ndarray) -> np.ndarray:
        # z, at most 1, errs by a library exponential, a sum and a quotient.
        return np.asarray(6 * unit * direction(size.shape))

    return widened(loss, "its curvature from (z - 1) z", nothing, more)


@divergence(
    *MULTI_LABEL,
    versions=">=1.0",
    reference=DOCUMENTATION + "MultiLabelSoftMarginLoss.html",
    by_design='Documented: the formula has a factor 1/C, and the output of "none" the shape (N).',
)
def averages_labels(case: Case) -> Case | None:
    """The weighted terms of the last axis are averaged before the reduction.

    So none and sum see the means of rows; a mean is what it would be.
    """
    if case.reduction.kind == "mean":
        return None
    if case.weights is None:
        return replace(case, loss=row_mean(case.loss))
    weighted = _weighted(case.loss, case.weighing.sample, zeros=case.reduction.multiplies_zeros)
    return replace(case, loss=row_mean(weighted), weights=None)


def _weighted(loss: Loss, weights: np.ndarray, *, zeros: bool) -> Loss:
    """The loss whose terms are multiplied by weights of their own, by zeros if it is said."""

    def weighted(numbers: np.ndarray, by: np.ndarray = weights) -> np.ndarray:
        if zeros:
            return np.asarray(numbers * by)
        return np.where(by == 0, 0.0, numbers * np.where(by == 0, 1.0, by))

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(prediction, target, **parameters)
        return Gradients(*(weighted(part) for part in own))

    def bound(
        prediction: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        own = loss.bound(prediction, target, precision, **parameters)
        derivatives = loss.gradient(prediction, target, **parameters)
        sizes = loss.definition(prediction, target, **parameters), *derivatives
        unit = 2 * 2.0**-precision
        return TermBounds(
            *(
                weighted(error + unit * np.abs(size), np.abs(weights))
                for error, size in zip(own, sizes, strict=True)
            )
        )

    return replace(
        loss,
        name=f"{loss.name}, weighted",
        definition=lambda prediction, target, **parameters: weighted(
            loss.definition(prediction, target, **parameters)
        ),
        gradient=gradient,
        bound=bound,
    )
