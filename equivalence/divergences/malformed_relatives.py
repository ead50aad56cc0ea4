"""What becomes of malformed questions in PyTorch's margin losses and Kullback-Leibler divergence.

What stands here is looked at before what PyTorch refuses in general (``malformed_torch``).
"""

from __future__ import annotations

import functools
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.departures import multiplies_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import MULTI_LABEL
from equivalence.divergences.misreadings import (
    Fault,
    broadcasts,
    either,
    fault,
    ignores_label,
    raises,
    takes_numbers,
    takes_real_parts,
    well_formed,
)
from equivalence.losses.loss import Gradients, Loss, TermBounds
from equivalence.losses.reduction import SUM

if TYPE_CHECKING:
    from equivalence.cases.case import Case

DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
BROADCASTING = "https://docs.pytorch.org/docs/stable/notes/broadcasting.html"
FUNCTIONAL = "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/nn/functional.py"
KL_DIV = ("torch.kl_div", "torch.kl_div[mean]", "torch.nn.KLDivLoss", "torch.nn.KLDivLoss[mean]")
BATCH_MEAN = ("torch.kl_div[batchmean]", "torch.nn.KLDivLoss[batchmean]")
SOFT_MARGIN = ("torch.soft_margin_loss", "torch.nn.SoftMarginLoss")

divergence(
    *KL_DIV,
    malformed=True,
    versions=">=1.0",
    reference=DOCUMENTATION + "KLDivLoss.html",
    name="torch_kl_div_broadcasts",
    reason=(
        "Shapes that differ are broadcast where they can be: one target is the target of all rows, "
        "and one number that of all classes."
    ),
    defect='Contradicts its documentation: "Target: (*), same shape as the input".',
)(broadcasts)


@divergence(
    *BATCH_MEAN,
    malformed=True,
    versions=">=1.0",
    reference=FUNCTIONAL,
    defect='Contradicts its documentation: "Target: (*), same shape as the input".',
)
def torch_batch_mean_broadcasts(case: Case) -> Case | None:
    """Shapes that differ are broadcast, and the sum is divided by the first axis of the input.

    Where that is 1, and there are N targets, the mean is the sum over all of them.
    """
    full = broadcasts(case)
    grown = full is not None and case.prediction.shape[:1] == (1,) and full.shape[:1] != (1,)
    return replace(full, reduction=SUM) if full is not None and grown else full


@divergence(
    *SOFT_MARGIN,
    malformed=True,
    versions=">=1.0",
    reference=DOCUMENTATION + "SoftMarginLoss.html",
    defect='Contradicts its documentation: "Target: (*), same shape as the input".',
)
def torch_soft_margin_broadcasts_targets(case: Case) -> Case | None:
    """One target is the target of all predictions; what would grow the predictions is refused."""
    full = broadcasts(case)
    return full if full is not None and full.shape == case.prediction.shape else None


def _by_margin(loss: Loss) -> Loss:
    """The loss of the margin (2 t - 1) x, whatever t is; with t in {0, 1} it is the loss itself."""

    def definition(logit: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        return loss.definition((2 * target - 1) * logit, 0 * target + 1, **parameters)

    def gradient(logit: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        sign = 2 * target - 1
        own = loss.gradient(sign * logit, 0 * target + 1, **parameters)
        return Gradients(sign * own.prediction, own.target)

    def bound(
        logit: np.ndarray, target: np.ndarray, precision: int, **parameters: Any
    ) -> TermBounds:
        sign, one = 2 * target - 1, 0 * target + 1
        own = loss.bound(sign * logit, one, precision, **parameters)
        slope = np.abs(loss.gradient(sign * logit, one, **parameters).prediction)
        unit = 2.0**-precision
        product = unit * np.abs(sign * logit)  # the error of the margin, which is rounded
        curved = product * np.minimum(slope, 0.25)
        return TermBounds(
            own.term + product * slope,
            np.abs(sign) * (own.prediction + curved + 2 * unit * slope),
            own.target,
        )

    name = f"{loss.name} of the margin"
    return replace(loss, name=name, definition=definition, gradient=gradient, bound=bound)


_of_margin = functools.cache(_by_margin)


@divergence(
    *SOFT_MARGIN,
    malformed=True,
    versions=">=1.0",
    reference=DOCUMENTATION + "SoftMarginLoss.html",
    defect=(
        'Contradicts its documentation ("containing 1 or -1"): what other targets mean is not '
        "said, and it is another number than binary cross-entropy makes of them."
    ),
)
def torch_soft_margin_takes_any_number(case: Case) -> Case | None:
    """A target other than -1 and 1 multiplies the prediction: the label 2 is the target 3.

    NaN makes its term NaN.
    """
    taken = takes_numbers(case)
    return None if taken is None else replace(taken, loss=_of_margin(case.loss))


divergence(
    *MULTI_LABEL,
    malformed=True,
    versions=">=1.0",
    reference=DOCUMENTATION + "MultiLabelSoftMarginLoss.html",
    name="torch_labels_are_any_number",
    reason=(
        "Labels outside [0, 1], and NaN, are put into the formula as they are; a complex one makes "
        "a complex loss, whose imaginary part is zero."
    ),
    defect=(
        "Contradicts its documentation (y[i] is 0 or 1) and BCELoss, which raises: with a label "
        "of 2 the loss has no lower bound."
    ),
)(
    either(
        takes_numbers,
        lambda case: takes_real_parts(case) if fault(case) == Fault.COMPLEX_TARGET else None,
    )
)


@divergence(
    *MULTI_LABEL,
    malformed=True,
    versions=">=1.0",
    reference=FUNCTIONAL,
    defect=(
        'Contradicts its documentation: "Target: (N, C), label targets must have the same shape '
        'as the input"; the mean is over another axis than that of the labels.'
    ),
)
def torch_labels_are_broadcast(case: Case) -> Case | None:
    """Shapes that differ are broadcast, but the axis and the number of labels are the input's.

    Targets or weights (N, 1) beside an input (N,) make N x N terms, of which the first axis is
    summed; those beside an input (N, 1) or (1,) are summed and divided by 1.
    """
    full = broadcasts(case)
    if full is None:
        return None
    labels = case.prediction.shape[-1]
    if full.prediction.ndim == case.prediction.ndim:
        times = full.prediction.shape[-1] // max(labels, 1)
        said = multiplies_by(times, "the labels that it was not divided by")(full)
        return full if times == 1 or said is None else said
    if full.prediction.ndim != 2 or case.prediction.ndim != 1:
        return None
    return _first_axis_summed(case, full)


def _first_axis_summed(case: Case, full: Case) -> Case:
    """Of the terms ``[N, C]`` of logits ``[C]`` the sums over N, divided by C.

    The formula is linear in targets and weights: a sum over rows is the loss of their mean times
    their number. Each logit stands in a row of its own, whose average is itself.
    """
    rows, labels = full.prediction.shape
    weights = np.broadcast_to(1.0 if full.weights is None else full.weights, full.prediction.shape)
    target = np.average(np.asarray(full.target, dtype=np.float64), axis=0, weights=weights)
    alone = well_formed(
        case,
        prediction=case.prediction[:, None],
        target=target[:, None],
        weights=None if full.weights is None else np.mean(weights, axis=0)[:, None],
    )
    said = multiplies_by(rows / labels, "the rows over the labels")(alone)
    return alone if rows == labels or said is None else said


CHUNKED = "torch.linear_cross_entropy(chunked)"
LINEAR = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear_cross_entropy."


@divergence(
    CHUNKED,
    malformed=True,
    versions=">=2.12",
    reference=LINEAR + "html",
    defect=(
        "Contradicts its own path without options, which raises ValueError for the same call: the "
        "last targets are left out, and counted."
    ),
)
def chunked_cuts_targets(case: Case) -> Case | None:
    """Of too many targets the first are taken, and a mean divides by all of them."""
    count, many = len(case.prediction), case.target.shape[0] if case.target.ndim == 1 else 0
    alone = case.reduction.kind != "none" or count == 1
    if fault(case) != Fault.TARGET_SHAPE or many <= count or case.options or not alone:
        return None
    cut = well_formed(case, target=case.target[:count])
    return multiplies_by(count / many, "its share of the targets", "mean")(cut) or cut


@divergence(
    CHUNKED,
    malformed=True,
    versions=">=2.12",
    reference=LINEAR + "html",
    defect=(
        "Contradicts its own path without options, which raises RuntimeError and names both "
        "numbers."
    ),
)
def chunked_cuts_class_weights(case: Case) -> Case | None:
    """Of too many class weights the first are taken."""
    classes = case.prediction.shape[-1]
    if fault(case) != Fault.CLASS_WEIGHTS or len(case.options["weight"]) <= classes:
        return None
    weight = case.options["weight"][:classes]
    return well_formed(case, options=MappingProxyType({**case.options, "weight": weight}))


divergence(
    CHUNKED,
    malformed=True,
    versions=">=2.12",
    reference=LINEAR + "html",
    name="chunked_refuses_otherwise",
    reason=(
        "Labels that are no class and targets of another length raise RuntimeError, class weights "
        "that lack a label's IndexError, integer and complex logits ValueError."
    ),
    defect=(
        "Contradicts its own path without options, which raises IndexError, ValueError and "
        'RuntimeError; the messages are about its insides ("start (2) + length (1) exceeds '
        'dimension size", "acc_dtype must be one of").'
    ),
)(
    either(
        raises(RuntimeError, Fault.TARGET_SHAPE),
        raises(RuntimeError, Fault.LABEL, where=lambda case: ignores_label(-100)(case) is None),
        raises(IndexError, Fault.CLASS_WEIGHTS),
        raises(ValueError, Fault.INTEGER_PREDICTIONS, Fault.COMPLEX_PREDICTIONS),
    )
)
