"""Mutants that are wrong at some sizes, in some layouts, or where numbers tie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.power.asked import (
    Asked,
    factor_of,
    multiplied,
    right,
    slopes_of,
    terms_of,
)
from benchmarks.power.mutants.registry import EVERY, OF_NUMBERS, WITH_CLASSES, graded, mutant
from equivalence import losses
from equivalence.implementations import Response
from equivalence.losses import Gradients

CLASSES = (losses.cross_entropy, losses.focal_cross_entropy)
SOME = (losses.cross_entropy, losses.binary_cross_entropy_with_logits, losses.kl_divergence)


def _rows(asked: Asked, keep: np.ndarray) -> Response:
    """The answer of some positions only."""
    return right(asked, factor=np.where(keep.reshape(asked.shape), factor_of(asked), 0))


@mutant("batch of 1", "a batch of one row", EVERY)
def batch_of_one_squeezed(asked: Asked) -> Response:
    """Returns the terms of a batch of one without their axis."""
    one = asked.reduction == "none" and asked.shape == (1,)
    return right(asked, value=multiplied(terms_of(asked), factor_of(asked))[0] if one else None)


@mutant("batch of 1", "a batch of one row", SOME)
def batch_of_one_doubled(asked: Asked) -> Response:
    """Doubles the value of a batch of one."""
    return right(asked, terms=terms_of(asked) * 2 if asked.shape == (1,) else None)


@mutant("batch of 1", "the gradient of a batch of one row", SOME)
def batch_of_one_without_gradient(asked: Asked) -> Response:
    """Has no gradient for a batch of one."""
    slopes = slopes_of(asked)
    one = asked.shape == (1,)
    return right(asked, slopes=Gradients(slopes.prediction * (0 if one else 1), slopes.target))


@mutant("unbatched", "one row without a batch", SOME)
def unbatched_gets_an_axis(asked: Asked) -> Response:
    """Returns the term of an unbatched row with an axis."""
    one = asked.reduction == "none" and asked.shape == ()
    return right(asked, value=terms_of(asked)[None] * asked.weights if one else None)


@mutant("empty batch", "no rows", SOME)
def sum_of_nothing_is_nan(asked: Asked) -> Response:
    """Returns NaN for the sum of no terms."""
    empty = asked.reduction == "sum" and not asked.counted.size
    return right(asked, value=np.array(np.nan) if empty else None)


@graded("large batch", "more than {} terms", SOME, (64.0, 1024.0, 65536.0))
def drops_terms_beyond(asked: Asked, level: float) -> Response:
    """Leaves terms beyond the first {} out."""
    return _rows(asked, np.arange(asked.counted.size) < level)


@graded("large batch", "more than {} terms", [losses.cross_entropy], (1024.0, 65536.0))
def denominator_at_most(asked: Asked, level: float) -> Response:
    """Divides a mean by at most {}."""
    count = asked.counted.sum()
    if asked.reduction != "mean" or count <= level:
        return right(asked)
    return right(asked, factor=factor_of(asked) * (count / level))


@graded("many classes", "more than {} classes", CLASSES, (64.0, 512.0, 32768.0))
def drops_classes_beyond(asked: Asked, level: float) -> Response:
    """Leaves classes beyond the first {} out of the normalisation."""
    beyond = np.arange(asked.prediction.shape[-1]) >= level
    named = (asked.target != 0) & beyond
    masked = np.where(beyond & ~named, -np.inf, asked.prediction)
    return right(replace(asked, prediction=masked) if beyond.any() else asked)


@mutant("odd sizes", "an odd number of terms above 8", SOME)
def odd_tail_dropped(asked: Asked) -> Response:
    """Leaves the last term of an odd number out, above 8."""
    count = asked.counted.size
    keep = np.arange(count) < (count - 1 if count > 8 and count % 2 else count)
    return _rows(asked, keep)


@mutant("two classes", "two classes", WITH_CLASSES)
def two_classes_halved(asked: Asked) -> Response:
    """Halves the loss of two classes."""
    return right(asked, terms=terms_of(asked) / 2 if asked.prediction.shape[-1] == 2 else None)


@mutant("one class", "a single class", [losses.cross_entropy])
def one_class_costs_its_logit(asked: Asked) -> Response:
    """Does not normalise a single class."""
    if asked.prediction.shape[-1] != 1:
        return right(asked)
    return right(asked, terms=-(asked.target * asked.prediction).sum(-1))


@mutant("broadcasting", "numbers in one column", OF_NUMBERS)
def column_against_row(asked: Asked) -> Response:
    """Compares a column of predictions with a row of targets, in sums and means."""
    if asked.reduction == "none" or len(asked.shape) != 2 or asked.shape[1] != 1:
        return right(asked)
    square = asked.loss.definition(
        np.broadcast_to(asked.prediction, (len(asked.prediction),) * 2),
        np.broadcast_to(asked.target.T, (len(asked.target),) * 2),
        **asked.parameters,
    )
    return right(asked, terms=np.asarray(square).mean(-1, keepdims=True))


@mutant("broadcasting", "images of width or height one", SOME)
def axes_of_one_dropped(asked: Asked) -> Response:
    """Returns terms without axes of length one, behind the first."""
    if asked.reduction != "none" or 1 not in asked.shape[1:]:
        return right(asked)
    terms = multiplied(terms_of(asked), factor_of(asked))
    return right(asked, value=terms.reshape([n for n in terms.shape if n != 1]))


@mutant("non-contiguous input", "predictions that are strided in memory", EVERY)
def strides_ignored(asked: Asked) -> Response:
    """Reads a strided array as if it were contiguous: rows backwards."""
    turned = asked.prediction[::-1] if asked.shape else asked.prediction
    return right(asked if asked.contiguous else replace(asked, prediction=turned))


@mutant("non-contiguous input", "gradients of predictions that are strided in memory", SOME)
def gradient_of_strides_ignored(asked: Asked) -> Response:
    """Writes the gradient of a strided array as if it were contiguous: rows backwards."""
    slopes = slopes_of(asked)
    backwards = bool(asked.shape) and not asked.contiguous
    turned = slopes.prediction[::-1] if backwards else slopes.prediction
    return right(asked, slopes=Gradients(turned, slopes.target))


@mutant("ties", "rows whose largest logit occurs twice", CLASSES)
def tied_maximum_counted_once(asked: Asked) -> Response:
    """Adds the exponential of a tied maximum once, where the target is another class."""
    largest = asked.prediction == asked.prediction.max(-1, keepdims=True)
    again = largest & (np.cumsum(largest, -1) > 1) & (asked.target == 0)
    first = np.where(again, -np.inf, asked.prediction)
    return right(asked, terms=terms_of(replace(asked, prediction=first)))


@mutant("ties", "rows of equal logits", CLASSES)
def equal_logits_cost_nothing(asked: Asked) -> Response:
    """Takes a row without a largest logit for a row without a prediction."""
    equal = (asked.prediction == asked.prediction[..., :1]).all(-1)
    return right(asked, terms=np.where(equal, 0, terms_of(asked)))


@mutant("ties", "a probability of exactly one half", [losses.binary_cross_entropy])
def undecided_costs_nothing(asked: Asked) -> Response:
    """Takes a probability of one half for no prediction."""
    return right(asked, terms=np.where(asked.prediction == 0.5, 0, terms_of(asked)))
