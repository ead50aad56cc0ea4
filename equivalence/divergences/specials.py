"""Infinities and NaN that the arithmetic of a formula makes, where the answer itself is a number.

IEEE 754 says what sums and products of infinities, of NaN and of what does not fit are; so a model
evaluates the formula as it is written, and takes from it what is not finite.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import SPARSE, cotangent, encoding
from equivalence.exact import FORMATS
from equivalence.losses.categorical import cross_entropy
from equivalence.losses.curvature import Curvature, curvature, curved
from equivalence.losses.loss import LOGITS, PROBABILITIES, Gradients
from equivalence.losses.reduction import (
    MEAN_OVER_SAMPLE_WEIGHTS,
    MEAN_OVER_TARGET_WEIGHTS,
    SUM,
    denominator,
)
from equivalence.losses.softmax import softmax

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.cases.case import Case
    from equivalence.exact import Format

    Model = Callable[[Case], Case | None]


def overlaid(
    case: Case,
    *,
    terms: np.ndarray | None = None,
    prediction: np.ndarray | None = None,
    target: np.ndarray | None = None,
    slopes: np.ndarray | None = None,
) -> Case | None:
    """The case whose terms and derivatives are what is given, where that is not finite.

    The slopes are those of the terms by the weight of each class. None if all of it is finite.
    """
    given = [array for array in (terms, prediction, target, slopes) if array is not None]
    if all(np.all(np.isfinite(array)) for array in given):
        return None
    loss = case.loss

    def put(own: np.ndarray, special: np.ndarray | None) -> np.ndarray:
        if special is None:
            return own
        # The slopes of terms by class weights have an axis more.
        aligned = special[..., None] if np.ndim(own) > special.ndim else special
        return np.where(np.isfinite(aligned), own, aligned)

    def definition(numbers: np.ndarray, labels: np.ndarray, **parameters: object) -> np.ndarray:
        own = loss.definition(numbers, labels, **parameters)
        return put(own, terms if np.ndim(own) == len(case.shape) else slopes)

    def gradient(numbers: np.ndarray, labels: np.ndarray, **parameters: object) -> Gradients:
        own = loss.gradient(numbers, labels, **parameters)
        return Gradients(put(own.prediction, prediction), put(own.target, target))

    return replace(
        case,
        loss=replace(
            loss,
            name=f"{loss.name}, as IEEE 754 has it",
            definition=definition,
            gradient=gradient,
        ),
    )


def numbers(array: object) -> np.ndarray:
    """Numbers of any format in float64."""
    return np.asarray(array, dtype=np.float64)


def surprisals(case: Case, format_: Format) -> np.ndarray | None:
    """-log p of every class, infinite where the difference to the largest logit does not fit."""
    if not case.loss.has_classes or case.loss.prediction == PROBABILITIES:
        return None
    if case.loss.prediction != LOGITS:
        return -numbers(case.prediction)
    if case.loss.parameters != cross_entropy.parameters:
        return None
    parts = softmax(numbers(case.prediction))
    return np.where(format_.overflows(parts.gap), np.inf, parts.surprisal)


def multiplies_surprisals(case: Case, *, widened: bool = False) -> Case | None:
    """All targets, zeros too, are multiplied with -log p: zero times infinity (or NaN) is NaN.

    What does not fit is infinite. Of class indices only the target's class is multiplied, by its
    weight. If ``widened``, terms of 16 bits are computed in float32.
    """
    own = case.computed_in
    wide = FORMATS["float32"] if widened and own.precision < FORMATS["float32"].precision else own
    with np.errstate(all="ignore"):
        surprisal = surprisals(case, wide)
        if surprisal is None or case.options.get("label_smoothing"):
            return None
        weight = numbers(case.options.get("weight", 1.0))
        share = case.distribution
        slopes = share * surprisal
        products = share * weight * surprisal
        if encoding(case.target_kind) == SPARSE:
            slopes, products = np.where(share == 0, 0.0, slopes), np.where(share == 0, 0, products)
        return overlaid(
            case,
            terms=np.sum(products, axis=-1),
            target=surprisal + 0 * share,
            slopes=slopes if "weight" in case.options else None,
        )


def weighs_rows_zero(case: Case, *, widened: bool = False) -> Case | None:
    """As ``multiplies_surprisals``, of class indices where a row's own class weighs zero."""
    weighed_zero = np.equal(case.options.get("weight", 1.0), 0.0) & (case.distribution != 0)
    concerned = encoding(case.target_kind) == SPARSE and np.any(weighed_zero)
    return multiplies_surprisals(case, widened=widened) if concerned else None


def multiplies_softmax(case: Case) -> Case | None:
    """The gradient is softmax(x) times what counts, zero included: NaN where softmax has none.

    So it is in rows that are ignored or weighed with zero.
    """
    if case.loss.prediction != LOGITS:
        return None
    with np.errstate(all="ignore"):
        surprisal = surprisals(case, case.computed_in)
        if surprisal is None or not np.isnan(surprisal).any():
            return None
        lost = np.where(np.isnan(surprisal), np.nan, 0.0)
        answered = overlaid(case, prediction=lost)
    if answered is None:
        return None
    return replace(answered, reduction=replace(case.reduction, multiplies_zeros=True))


def evaluates(formula: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> Model:
    """Binary cross-entropy by a formula of logit, target and weight of the positive class."""

    def model(case: Case) -> Case | None:
        with np.errstate(all="ignore"):
            logit, target = numbers(case.prediction), numbers(case.target)
            epsilon = case.options.get("label_smoothing") or 0.0
            smoothed = target * (1 - epsilon) + epsilon / 2
            weight = numbers(case.options.get("pos_weight", 1.0)) + 0 * smoothed
            return overlaid(case, terms=formula(logit, smoothed, weight))

    return model


def _log_of_one_and(logit: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(np.exp(-np.abs(logit))))


def by_log_sigmoid(logit: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(1 - t) x - (1 + (w - 1) t) log sigmoid(x)."""
    log_sigmoid = np.minimum(logit, 0) - _log_of_one_and(logit)
    return np.asarray((1 - target) * logit - (1 + (weight - 1) * target) * log_sigmoid)


def by_both_log_sigmoids(logit: np.ndarray, target: np.ndarray, _weight: np.ndarray) -> np.ndarray:
    """-(t log sigmoid(x) + (1 - t) log sigmoid(-x))."""
    present, absent = (np.minimum(x, 0) - _log_of_one_and(x) for x in (logit, -logit))
    return np.asarray(-(target * present + (1 - target) * absent))


def by_product(logit: np.ndarray, target: np.ndarray, _weight: np.ndarray) -> np.ndarray:
    """max(x, 0) - x t + log(1 + exp(-|x|))."""
    return np.asarray(np.maximum(logit, 0) - logit * target + _log_of_one_and(logit))


def by_softplus(logit: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(1 - t) x + (1 + (w - 1) t) (log(1 + exp(-|x|)) + max(-x, 0))."""
    softplus = _log_of_one_and(logit) + np.maximum(-logit, 0)
    return np.asarray((1 - target) * logit + (1 + (weight - 1) * target) * softplus)


def weighs_slope_of_target(case: Case) -> Case | None:
    """By the target: -x + (w - 1) log(1 + exp(-x)), the latter multiplied by what comes from above.

    If that product is infinite and w is 1, it is NaN.
    """
    above = cotangent(case.shape) if case.reduction.kind == "none" else 1.0
    return _weighs_slope_of_target(case, above)


def weighs_infinite_slope_of_target(case: Case) -> Case | None:
    """The same, where (w - 1) is multiplied by the logarithm first: NaN if that is infinite."""
    return _weighs_slope_of_target(case, 1.0)


def _weighs_slope_of_target(case: Case, above: Any) -> Case | None:
    with np.errstate(all="ignore"):
        logit = numbers(case.prediction)
        softplus = (_log_of_one_and(logit) + np.maximum(-logit, 0)) * above
        over = case.computed_in.overflows(softplus)
        weight = numbers(case.options.get("pos_weight", 1.0)) + 0 * case.target
        return overlaid(case, target=np.where(over & (weight == 1), np.nan, 0.0))


def divides_by_zero(case: Case) -> Case | None:
    """The weights that a mean divides by sum to zero, and it divides all the same: by zero.

    Of indices the gradient by the target's log-probability is -w / 0; through log softmax it is
    that minus softmax times its sum.
    """
    divisors = (MEAN_OVER_TARGET_WEIGHTS.name, MEAN_OVER_SAMPLE_WEIGHTS.name)
    weighing = case.weighing
    if case.reduction.name not in divisors or denominator(case.reduction, weighing) != 0:
        return None
    if not weighing.counted.any():  # the mean of nothing is asked for, and does not exist
        return None
    with np.errstate(all="ignore"):
        parameters = {name: numbers(value) for name, value in case.parameters.items()}
        own = case.loss.definition(numbers(case.prediction), case.distribution, **parameters)
        terms = np.zeros(case.shape)
        terms.flat[0] = np.sum(own * weighing.counted * weighing.sample) / np.float64(0)
        slopes = np.where(case.distribution == 0, 0.0, -np.divide(parameters.get("weight", 1.0), 0))
        if case.loss.prediction == LOGITS:
            probability = softmax(numbers(case.prediction)).probability
            slopes = slopes - probability * np.sum(slopes, axis=-1, keepdims=True)
        answered = overlaid(case, terms=terms, prediction=slopes)
    return None if answered is None else replace(answered, reduction=_DIVIDED, weights=None)


# What was divided is infinite or NaN already, and what is finite beside it counts nothing.
_DIVIDED = replace(SUM, denominator="zero")


def multiplies_zero_weights(case: Case) -> Case | None:
    """A sample weight of zero is multiplied out: zero times infinity (or NaN) is NaN."""
    if case.weights is None or np.all(case.weights):
        return None
    return replace(case, reduction=replace(case.reduction, multiplies_zeros=True))


def curves_infinite_weights(case: Case) -> Case | None:
    """The second derivatives of a term whose weight is infinite, in the format, are NaN."""
    known = curvature(case.loss)
    if known is None or case.weights is None or np.all(np.isfinite(numbers(case.weights))):
        return None
    lost = ~np.broadcast_to(np.isfinite(numbers(case.weights)), case.shape)
    lost = lost[..., None] if case.loss.has_classes else lost
    loss = case.loss

    def gradient(*inputs: Any, **parameters: Any) -> Gradients:
        # The same, by another name: second derivatives are known by their gradient.
        return loss.gradient(*inputs, **parameters)

    def product(*inputs: Any, **parameters: Any) -> np.ndarray:
        return np.where(lost, np.nan, known.product(*inputs, **parameters))

    curved(gradient, Curvature(product=product, bound=known.bound))
    return replace(case, loss=replace(loss, gradient=gradient))


def cancels_infinite_weights_at_labels(case: Case) -> Case | None:
    """Of a term whose weight is infinite, only the gradient by the class of its label is NaN."""
    if case.weights is None or encoding(case.target_kind) != SPARSE:
        return None
    finite = np.broadcast_to(np.isfinite(numbers(case.weights)), case.shape)
    taken = case.target[..., None] == np.arange(case.prediction.shape[-1])
    return overlaid(case, prediction=np.where(taken & ~finite[..., None], np.nan, 0.0))


def cancels_infinite_weights(case: Case) -> Case | None:
    """The gradient of a term whose weight is infinite, in the format computed in, is NaN.

    The derivative is summed of parts, each multiplied with it: infinity minus infinity, or zero
    times infinity.
    """
    if case.weights is None or np.all(np.isfinite(numbers(case.weights))):
        return None
    finite = np.broadcast_to(np.isfinite(numbers(case.weights)), case.shape)
    lost = np.where(finite, 0.0, np.nan)
    each = lost[..., None] if case.loss.has_classes else lost
    return overlaid(case, prediction=each + np.zeros(case.prediction.shape))
