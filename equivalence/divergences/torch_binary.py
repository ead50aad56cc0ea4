"""What does not fit on PyTorch's way to a binary cross-entropy from logits that fits itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import GRADIENT, TARGET_GRADIENT, VALUE
from equivalence.cases.case import cotangent
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import WITH_LOGITS
from equivalence.divergences.keras_forms import KERAS_WITH_LOGITS
from equivalence.divergences.overflow import infinite_where, wide_terms
from equivalence.divergences.specials import numbers, overlaid

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
BACKWARD = "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/csrc/autograd/FunctionsManual.cpp"
FUNCTORCH = (
    "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/functorch/"
    "PyTorchOperatorHacks.cpp"
)


@divergence(
    *(f"{name}@func" for name in WITH_LOGITS),
    *(f"{name}@func" for name in KERAS_WITH_LOGITS),
    versions="torch>=2.0",
    reference=FUNCTORCH,
    only=(GRADIENT,),
    defect="Contradicts its own eager gradient, which is that of the limits, and the mathematics.",
)
def func_subtracts_infinities(case: Case) -> Case | None:
    """Under torch.func the gradient of a logit of -inf is NaN: exp(-x - max(-x, 0)) is formed.

    That is infinity minus infinity. Eagerly the gradient is the sigmoid minus the target.
    """
    lost = np.where(numbers(case.prediction) == -np.inf, np.nan, 0.0)
    return overlaid(case, prediction=lost)


@divergence(
    *WITH_LOGITS,
    versions=">=1.6",
    reference=SOURCE,
    only=(VALUE,),
    by_design="A plain convention: each operation returns what the dtype of its input holds.",
)
def overflows_on_its_way(case: Case) -> Case | None:
    """What does not fit on the way is infinite, and NaN if it weighs nothing.

    That is (1 + (w - 1) t) log sigmoid(x), or a term before it is multiplied by its sample weight.
    In float16 x = -65,504 with t = 0.1 and w = 3 costs infinity instead of 19,651; so does a term
    of 70,000 that weighs 0.1.
    """
    logit, target = numbers(case.prediction), numbers(case.target)
    with np.errstate(all="ignore"):
        weight = 1 + (numbers(case.options.get("pos_weight", 1.0)) - 1) * target
        over = case.computed_in.overflows(weight * np.logaddexp(0, -logit))
        if case.weights is not None:
            over |= case.computed_in.overflows(wide_terms(case))
    over &= np.isfinite(logit)
    return replace(case, loss=infinite_where(case.loss, over)) if over.any() else None


@divergence(
    *(f"{name}@func" for name in WITH_LOGITS),
    versions=">=2.0",
    reference=SOURCE,
    only=(WEIGHT_GRADIENT,),
    by_design="A plain convention: each operation returns what the dtype of its input holds.",
)
def differentiates_by_weights_of_infinite_terms(case: Case) -> Case | None:
    """The derivative by a sample weight is the term without it: infinite if that does not fit.

    A mean divides the product, and would fit. In float16 x = -65,504 with t = 1 and pos_weight 2.5
    gives infinity for the weight of one of twelve terms, instead of 13,647.
    """
    if case.weights is None:
        return None
    over = case.computed_in.overflows(wide_terms(case)) & np.isfinite(numbers(case.prediction))
    return replace(case, loss=infinite_where(case.loss, over)) if over.any() else None


@divergence(
    *(f"{name}@{mode}" for name in WITH_LOGITS for mode in ("eager", "strided")),
    versions=">=2.0",
    reference=BACKWARD,
    only=(TARGET_GRADIENT,),
    by_design="A plain convention: each operation returns what the dtype of its input holds.",
)
def target_slope_overflows_on_its_way(case: Case) -> Case | None:
    """The slope of a target that does not fit is infinite, and NaN if it weighs nothing.

    It is -x, or log sigmoid(-x) - w log sigmoid(x), multiplied by what comes from above and by the
    sample weight; a mean divides last, and would fit.
    """
    logit = numbers(case.prediction)
    upstream = cotangent(case.shape) if case.reduction.kind == "none" else 1.0
    with np.errstate(all="ignore"):
        slope, stages = -logit, []
        if "pos_weight" in case.options:
            presence = np.logaddexp(0, -logit) * numbers(case.options["pos_weight"])
            slope = presence - np.logaddexp(0, logit)
            stages = [presence, slope]
        stages += [slope * upstream, slope * upstream * case.weighing.sample]
        over = np.any([case.computed_in.overflows(stage) for stage in stages], axis=0)
    over &= np.isfinite(logit)
    return overlaid(case, target=np.where(over, np.copysign(np.inf, slope), 0.0))
