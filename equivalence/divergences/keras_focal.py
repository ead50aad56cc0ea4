"""What Keras' focal losses answer instead."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.cancellation import complement_rounded
from equivalence.divergences.departures import widened
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import (
    EPSILON,
    KERAS_2_APART,
    KERAS_2_BACKEND,
    KERAS_2_FOLDED,
    LOSSES_SOURCE,
    forms,
    keras,
)
from equivalence.divergences.paths import SOFTMAX
from equivalence.divergences.probabilities import (
    adds_epsilon_inside_logarithms,
    clips,
    folds_epsilon_into_one,
)
from equivalence.divergences.saturation import rounds_sigmoid
from equivalence.divergences.steps import through
from equivalence.exact import Format
from equivalence.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_focal_cross_entropy,
    focal_cross_entropy_from_probabilities,
)
from equivalence.losses.binary import logistic, smoothed_target, target_slope
from equivalence.losses.binary_focal import focused, focused_bound, focused_gradient, missed
from equivalence.losses.curvature_binary_focal import lets_miss_err
from equivalence.losses.focal import GAMMA
from equivalence.losses.loss import LOGITS, Gradients, Loss, TermBounds

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.divergences.probabilities import Model


def _clipped(loss: Loss, case: Case) -> Loss:
    """The loss of probabilities clipped as Keras does, in the dtype of a case."""
    answered = clips(EPSILON)(replace(case, loss=loss))
    return loss if answered is None else answered.loss


@functools.cache
def _half_clipped(loss: Loss, clipped: Loss) -> Loss:
    """Binary focal loss whose cross-entropy is clipped and whose 1 - p_t is not.

    1 - p is rounded, and 1 - p_t cancels: m errs by 3 u absolutely.
    """
    inner = complement_rounded(clipped)

    def parts(
        probability: np.ndarray, target: np.ndarray, alpha: Any, label_smoothing: Any
    ) -> tuple[Any, ...]:
        smoothed = smoothed_target(target, label_smoothing)
        absent = 1 - probability
        # A neighbour of 1, by the error of a step; or what only a ball tells from 0.
        none = ((absent < 0) & (absent >= -(2.0**-40))) | (np.abs(absent) < 2.0**-200)
        absent = np.where(none, 0.0, absent)
        miss = missed(probability, absent, 1.0, smoothed, alpha)
        return (
            inner.definition(probability, smoothed),
            inner.gradient(probability, smoothed),
            miss,
        )

    def definition(
        probability: np.ndarray,
        target: np.ndarray,
        *,
        gamma: Any = GAMMA,
        alpha: Any = None,
        label_smoothing: Any = None,
    ) -> np.ndarray:
        terms, _, miss = parts(probability, target, alpha, label_smoothing)
        return focused(terms, miss, gamma)

    def gradient(
        probability: np.ndarray,
        target: np.ndarray,
        *,
        gamma: Any = GAMMA,
        alpha: Any = None,
        label_smoothing: Any = None,
    ) -> Gradients:
        terms, inside, miss = parts(probability, target, alpha, label_smoothing)
        slopes = focused_gradient(terms, inside, miss, gamma)
        return Gradients(slopes.prediction, target_slope(label_smoothing) * slopes.target)

    def bound(
        probability: np.ndarray,
        target: np.ndarray,
        precision: int,
        *,
        gamma: Any = GAMMA,
        alpha: Any = None,
        label_smoothing: Any = None,
    ) -> TermBounds:
        unit = 2.0**-precision
        terms, slopes, miss = parts(probability, target, alpha, label_smoothing)
        own = inner.bound(probability, target, precision, label_smoothing=label_smoothing)
        error = 6 * unit * miss.size + (7 if label_smoothing else 3) * unit
        found = focused_bound(terms, slopes, miss, own=own, error=error, gamma=gamma, unit=unit)
        slope = np.abs(target_slope(label_smoothing))
        return TermBounds(found.term, found.prediction, slope * found.target)

    return replace(
        loss,
        name=f"{loss.name}, clipped in its cross-entropy, with 1 - p_t rounded",
        definition=definition,
        gradient=gradient,
        bound=bound,
    )


@divergence(
    *forms("BinaryFocalCrossentropy"),
    versions="keras>=3.0",
    reference=LOSSES_SOURCE,
    by_design="A plain convention: the clip belongs to binary_crossentropy, which it calls.",
)
def clips_cross_entropy_only(case: Case) -> Case:
    """Clips the probability to [1e-7, 1 - 1e-7] in the cross-entropy, not in the focal factor.

    1 - p_t is formed by subtraction, so that for p near the target its digits are lost.
    """
    clipped = _clipped(binary_cross_entropy, case)
    return replace(case, loss=_half_clipped(binary_focal_cross_entropy, clipped))


def focal_of_sigmoid(case: Case) -> Loss:
    """The same of sigmoid(x), rounded to the dtype of a case."""
    clipped = _clipped(binary_cross_entropy, case)
    inner = _half_clipped(binary_focal_cross_entropy, clipped)
    return rounds_sigmoid(case.loss, inner, case.computed_in.name, once=True)


def _cross_entropy_shifted(case: Case, shift: Model) -> Case | None:
    shifted = shift(replace(case, loss=binary_cross_entropy))
    if shifted is None:
        return None
    inner = _clipped(shifted.loss, case)
    return replace(case, loss=_half_clipped(binary_focal_cross_entropy, inner))


def _shifts_cross_entropy(case: Case) -> Case | None:
    return _cross_entropy_shifted(case, adds_epsilon_inside_logarithms(EPSILON))


def _folds_epsilon(case: Case) -> Case | None:
    return _cross_entropy_shifted(case, folds_epsilon_into_one(EPSILON))


for _mode, _versions, _ending in KERAS_2_APART:
    divergence(
        *(f"{form}@{_mode}" for form in forms("BinaryFocalCrossentropy")),
        versions=_versions,
        reference=KERAS_2_BACKEND,
        name=f"keras_2_shifts_cross_entropy_only{_ending}",
        reason="Clips the probability and adds 1e-7 in the cross-entropy, not in the focal factor.",
        by_design="A plain convention: both belong to binary_crossentropy, which it calls.",
    )(_shifts_cross_entropy)

for _mode, _versions, _ending in KERAS_2_FOLDED:
    divergence(
        *(f"{form}@{_mode}" for form in forms("BinaryFocalCrossentropy")),
        versions=_versions,
        reference=KERAS_2_BACKEND,
        name=f"keras_2_folds_epsilon_of_cross_entropy{_ending}",
        reason="Clips, and adds 1e-7, in the cross-entropy only, folded into 1: 1 + 2**-23 - p.",
        defect="Contradicts its own eager mode: the same call gives another number compiled.",
    )(_folds_epsilon)


@functools.cache
def _factor_rounded(loss: Loss) -> Loss:
    """Binary focal loss with logits whose 1 - p_t is formed of a rounded sigmoid."""

    def more(
        logit: np.ndarray,
        target: np.ndarray,
        unit: float,
        *,
        gamma: Any = GAMMA,
        alpha: Any = None,
        label_smoothing: Any = None,
    ) -> TermBounds:
        smoothed = smoothed_target(target, label_smoothing)
        present, absent = logistic(logit)[2:]
        miss = missed(present, absent, present * absent, smoothed, alpha)
        entropy = binary_cross_entropy_with_logits
        found = focused_bound(
            entropy.definition(logit, smoothed),
            entropy.gradient(logit, smoothed),
            miss,
            own=TermBounds(*[np.zeros_like(logit)] * 3),
            error=6 * unit * miss.size + 6 * unit,
            gamma=gamma,
            unit=unit,
        )
        return TermBounds(
            found.term, found.prediction, np.abs(target_slope(label_smoothing)) * found.target
        )

    return lets_miss_err(widened(loss, "with 1 - p_t rounded", more), loss, units=6)


@divergence(
    "tensorflow_v2.keras.BinaryFocalCrossentropy(from_logits=True)",
    versions="keras>=2.12",
    reference=LOSSES_SOURCE,
    by_design="A plain convention: 1 - p_t is formed as the paper prints it.",
)
def rounds_focal_factor(case: Case) -> Case:
    """Forms 1 - p_t of the rounded sigmoid(x), so that its digits are lost where it is small.

    The cross-entropy beside it is not computed from sigmoid(x), although the code reads so: on
    TensorFlow, Keras finds the logits again behind the tensor (``_keras_logits``).
    """
    return replace(case, loss=_factor_rounded(case.loss))


def focus_vanishes(
    loss: Loss, format_: Format, prediction: np.ndarray, target: np.ndarray, label_smoothing: Any
) -> np.ndarray:
    """Where 1 - p_t is rounded to zero in a format."""
    plain, round_ = np.vectorize(float, otypes=[float]), format_.round
    numbers = plain(prediction)
    with np.errstate(over="ignore"):
        p = round_(1 / (1 + np.exp(-numbers)) if loss.prediction == LOGITS else numbers)
    t = round_(plain(smoothed_target(target, label_smoothing)))
    one = round_(1.0)
    return np.asarray(one - (t * p + (one - t) * (one - p)) == 0)


@functools.cache
def _undefined_at_zero(loss: Loss, format_: Format) -> Loss:
    """The loss whose gradient is 0 times infinity where 1 - p_t is rounded to zero, at gamma 0."""

    def gradient(
        prediction: np.ndarray, target: np.ndarray, *, label_smoothing: Any = None, **others: Any
    ) -> Gradients:
        own = loss.gradient(prediction, target, label_smoothing=label_smoothing, **others)
        lost = focus_vanishes(loss, format_, prediction, target, label_smoothing)
        return Gradients(*(np.where(lost, slope * np.nan, slope) for slope in own))

    return replace(loss, name=f"{loss.name}, with 0 * 0 ** -1", gradient=gradient)


@divergence(
    "tensorflow_v2.keras.BinaryFocalCrossentropy*",
    versions="keras>=2.12",
    reference=LOSSES_SOURCE,
    defect=(
        "gamma = 0 is documented as having no focal effect, so that the gradient is that of binary "
        "cross-entropy: it is NaN, and one such position makes that of every weight NaN."
    ),
)
def loses_gradient_without_focus(case: Case) -> Case | None:
    """With gamma = 0, the gradient is NaN where p_t is rounded to 1: the power's is 0 times 1 / 0.

    Every example that is right with certainty (in float32 from a logit of 17 on) is one.
    """
    if case.options.get("gamma") != 0:
        return None
    return replace(case, loss=_undefined_at_zero(case.loss, case.computed_in))


@divergence(
    *keras("CategoricalFocalCrossentropy(from_logits=True)"),
    versions="keras>=2.12",
    reference=LOSSES_SOURCE,
    defect=(
        "Contradicts its own categorical_crossentropy(from_logits=True) at gamma = 0, which keeps "
        "what the clip of the probability cuts off."
    ),
)
def rounds_softmax_then_clips(case: Case) -> Case:
    """Rounds softmax(x) to the dtype, then clips it to [1e-7, 1 - 1e-7].

    A target that trails by more than 16 costs 16.12 and has no gradient: the hardest examples are
    no longer learned.
    """
    inner = _clipped(focal_cross_entropy_from_probabilities, case)
    return replace(case, loss=through(inner, SOFTMAX, case.loss))
