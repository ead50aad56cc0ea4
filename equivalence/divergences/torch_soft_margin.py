"""What PyTorch's soft margin loss, binary cross-entropy of labels 1 and -1, answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import cotangent
from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT
from equivalence.cases.second_order import direction
from equivalence.divergences.departures import widened
from equivalence.divergences.divergence import divergence
from equivalence.divergences.overflow import infinite_where
from equivalence.losses.curvature import Curvature, curvature, curved
from equivalence.losses.loss import Gradients, Loss, TermBounds

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
NAMES = ("torch.soft_margin_loss", "torch.nn.SoftMarginLoss")


def _overflown(case: Case) -> np.ndarray:
    """Where exp(-y x) is infinite in the format, y = 2 t - 1."""
    margin = (2 * case.distribution - 1) * np.asarray(case.prediction, dtype=np.float64)
    return np.asarray(-margin > np.log(case.computed_in.largest))


def _without_gradient_where(loss: Loss, over: np.ndarray) -> Loss:
    """The loss whose derivatives are NaN where ``over`` says so."""

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        own = loss.gradient(prediction, target, **parameters)
        return Gradients(np.where(over, np.nan, own.prediction), own.target)

    return replace(loss, name=f"{loss.name}, infinity by infinity", gradient=gradient)


@divergence(
    *NAMES,
    versions=">=1.0",
    reference=SOURCE,
    only=("value",),
    defect=(
        "Contradicts the mathematics, and binary_cross_entropy_with_logits and softplus of the "
        "same library, which compute the same number: it is |x|."
    ),
)
def exponentiates_margin(case: Case) -> Case | None:
    """log1p(exp(-y x)) is formed as written, so that the loss is infinite where exp is.

    That is from -y x = 11.1 on in float16, 88.8 in bfloat16 and float32, 710 in float64: a
    prediction that is very wrong costs infinity instead of |x|.
    """
    over = _overflown(case)
    return replace(case, loss=infinite_where(case.loss, over)) if over.any() else None


@divergence(
    *(f"{name}@{mode}" for name in NAMES for mode in ("eager", "strided", "func")),
    versions=">=1.0",
    reference=SOURCE,
    only=("gradient",),
    defect=(
        "Contradicts its own compiled gradient, sigmoid(y x) - 1, which is finite, and the "
        "mathematics: the gradient is -y."
    ),
)
def divides_infinite_exponentials(case: Case) -> Case | None:
    """The gradient is -y exp(-y x) / (1 + exp(-y x)): NaN where the exponential is infinite.

    One prediction that is very wrong so makes every weight of a network NaN.
    """
    over = _overflown(case)
    return replace(case, loss=_without_gradient_where(case.loss, over)) if over.any() else None


@divergence(
    *NAMES,
    versions=">=1.0",
    reference=(
        "https://github.com/pytorch/pytorch/blob/v2.13.0/torch/csrc/autograd/FunctionsManual.cpp"
    ),
    only=(HESSIAN_VECTOR_PRODUCT,),
    defect=(
        "Contradicts the mathematics, and binary_cross_entropy_with_logits of the same library, "
        "whose second derivative of the same numbers is z / (1 + z)^2 to the end of the range."
    ),
)
def squares_one_plus_exponential(case: Case) -> Case:
    """The second derivative is v z / (1 + z)^2, z = exp(-y x), whose divisor overflows long before.

    It is 0 from -y x = 5.6 on in float16, 44.4 in bfloat16 and float32, 354.9 in float64; and NaN
    where z or v z is infinite as well, for v = 1 from 11.1, 88.8 and 709.8 on.
    """
    unreduced = case.reduction.kind == "none"
    return replace(
        case, loss=_over_square(case.loss, case.computed_in.largest, unreduced=unreduced)
    )


@functools.cache
def _over_square(loss: Loss, largest: float, *, unreduced: bool) -> Loss:
    known = curvature(loss)
    assert known is not None  # noqa: S101 - its second derivatives are asked for

    def gradient(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> Gradients:
        # The same, by another name: second derivatives are known by their gradient.
        return loss.gradient(prediction, target, **parameters)

    def product(
        prediction: np.ndarray, target: np.ndarray, along: np.ndarray, **parameters: Any
    ) -> np.ndarray:
        own = known.product(prediction, target, along, **parameters)
        exponent = (1 - 2 * target) * prediction
        factor = direction(prediction.shape) * (cotangent(prediction.shape) if unreduced else 1.0)
        square = exponent > np.log(np.sqrt(largest) - 1)
        both = exponent + np.log(np.maximum(factor, 1)) > np.log(largest)
        return np.where(square, np.where(both, np.nan, 0.0), own)

    curved(gradient, Curvature(product=product, bound=known.bound))
    return replace(loss, name=f"{loss.name}, by the square of 1 + z", gradient=gradient)


@divergence(
    *(f"{name}@compile" for name in NAMES),
    only=("gradient",),
    versions=">=2.0",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/torch/_decomp/decompositions.py",
    defect=(
        "Contradicts its own eager gradient, which keeps all digits: the same call, compiled, has "
        "another gradient."
    ),
)
def subtracts_one_from_sigmoid(case: Case) -> Case:
    """Compiled, the gradient is y (sigmoid(y x) - 1), whose digits cancel for right predictions.

    From y x = 17 on it is 0 in float32.
    """
    return replace(case, loss=_from_sigmoid(case.loss))


@functools.cache
def _from_sigmoid(loss: Loss) -> Loss:
    def more(logit: np.ndarray, target: np.ndarray, unit: float, **_: Any) -> TermBounds:
        # The sigmoid, at most 1, errs by a library exponential, a sum and a quotient.
        nothing = np.zeros_like(logit)
        return TermBounds(nothing, np.full_like(target, 6 * unit), nothing)

    return widened(loss, "its gradient from sigmoid(y x) - 1", more)
