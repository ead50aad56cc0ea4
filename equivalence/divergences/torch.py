"""What PyTorch answers instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.divergences.cancellation import cancels_against_log_sigmoid
from equivalence.divergences.departures import divides_by
from equivalence.divergences.divergence import divergence
from equivalence.divergences.saturation import rounds_sigmoid
from equivalence.losses.loss import Gradients, Loss, TermBounds, times
from equivalence.losses.reduction import MEAN_OVER_TARGET_WEIGHTS

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
DOCUMENTATION = "https://docs.pytorch.org/docs/stable/generated/torch.nn."

LOG_CLAMP = -100.0
GRADIENT_FLOOR = float(np.float32(1e-12))  # constexpr float EPSILON, in both precisions


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.LogSoftmax+nn.NLLLoss",
    "torch.nll_loss",
    "torch.nn.NLLLoss",
    versions=">=0.4",
    reference=DOCUMENTATION + "CrossEntropyLoss.html",
)
def divides_by_target_weights(case: Case) -> Case | None:
    """With class weights and indices, the mean divides by the sum of the targets' class weights.

    The documentation says so; with class probabilities as targets the same function divides by the
    number of terms (pytorch/pytorch#107680), so that a one-hot target and its index give different
    means.
    """
    if "weight" not in case.options or not case.target_kind.startswith("sparse"):
        return None
    return divides_by(MEAN_OVER_TARGET_WEIGHTS)(case)


@functools.cache
def _clamped(loss: Loss) -> Loss:
    """Binary cross-entropy whose logarithms are clamped at -100.

    Its gradient divides by max(p (1 - p), 1e-12).
    """

    def logs(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        zero = probability * 0
        zeros, ones = loss.definition(probability, zero), loss.definition(probability, zero + 1)
        limit = -LOG_CLAMP
        return (
            np.where(ones > limit, zero + limit, ones),
            np.where(zeros > limit, zero + limit, zeros),
        )

    def definition(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
        presence, absence = logs(probability)
        return np.asarray(target * presence + (1 - target) * absence)

    def gradient(probability: np.ndarray, target: np.ndarray) -> Gradients:
        spread = probability * (1 - probability)
        spread = np.where(spread < GRADIENT_FLOOR, probability * 0 + GRADIENT_FLOOR, spread)
        return Gradients((probability - target) / spread, loss.gradient(probability, target).target)

    def bound(probability: np.ndarray, target: np.ndarray, precision: int) -> TermBounds:
        unit = 2.0**-precision
        presence, absence = logs(probability)
        return TermBounds(
            4 * unit * (times(target, presence) + times(1 - target, absence)),
            5 * unit * np.abs(gradient(probability, target).prediction),
            loss.bound(probability, target, precision).target,
        )

    return replace(
        loss,
        name=f"{loss.name} with logarithms clamped at -100",
        definition=definition,
        gradient=gradient,
        bound=bound,
    )


def clamps_logarithms(case: Case) -> Case:
    """The logarithms are clamped at -100, and the gradient's denominator at 1e-12."""
    return replace(case, loss=_clamped(case.loss))


divergence(
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    versions=">=1.2",
    reference=DOCUMENTATION + "BCELoss.html",
    name="clamps_log_at_minus_100",
    reason=(
        "Clamps the logarithms at -100, so that a wrong certainty costs 100 instead of infinity."
        "\n\n"
        "The documentation says so. The gradient is not that of the clamped value (zero) but "
        "(p - t) / max(p (1 - p), 1e-12), so that it is finite at p = 0 and 1, and too small "
        "wherever p (1 - p) < 1e-12."
    ),
)(clamps_logarithms)


@divergence(
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    "torch.sigmoid+nn.BCELoss",
    versions=">=1.2",
    reference=SOURCE,
)
def multiplies_zero_weights(case: Case) -> Case | None:
    """A weight of zero is multiplied with the infinite target gradient at p = 0 or 1: NaN.

    The gradient with respect to the target is log(1 - p) - log p, which is not clamped as the value
    is; one masked position so makes the gradient of a learned target NaN.
    """
    if case.weights is None or np.all(case.weights):
        return None
    return replace(case, reduction=replace(case.reduction, multiplies_zeros=True))


divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    versions=">=2.1",
    reference=SOURCE,
    name="cancels_against_log_sigmoid",
    reason=(
        "For targets below 1 and negative logits, (1 - t) x cancels against log sigmoid(x).\n\n"
        "The absolute error is a few roundings of |x|, so that losses below u |x| are lost: "
        "x = -17 with target 0 gives 0 in float32 instead of 4.14e-8. Positive logits with target "
        "1 keep all digits."
    ),
)(cancels_against_log_sigmoid)


def _sigmoid_then_clamped(case: Case) -> Case:
    return replace(case, loss=rounds_sigmoid(case.loss, _clamped, case.dtype))


divergence(
    "torch.sigmoid+nn.BCELoss",
    versions=">=1.2",
    reference=DOCUMENTATION + "BCEWithLogitsLoss.html",
    name="rounds_sigmoid_then_clamps",
    reason=(
        "Rounds sigmoid(x) to the dtype first, then clamps its logarithms at -100.\n\n"
        "From x = 17 on (float32) the probability is 1 and the loss 0 or 100. The documentation of "
        "BCEWithLogitsLoss recommends the combined function for this reason."
    ),
)(_sigmoid_then_clamped)
