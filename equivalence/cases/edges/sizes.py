"""Edges of size: nothing, one of everything, and very much of it.

What is large repeats a short block of numbers, so that a script can write it down; the block's
length is prime, and so goes with no vector, block or row that a kernel works on.
"""

from __future__ import annotations

import numpy as np

from equivalence.cases.case import BINARY, SOFT, SPARSE
from equivalence.cases.edges.edge import YOURS, Numbers, Setting, edge
from equivalence.cases.elementary import exp, log, logistic
from equivalence.losses.loss import LOGITS, PROBABILITIES
from equivalence.losses.reduction import MEAN, NONE, SUM

BLOCK = 997  # numbers that are repeated
LABELS = 101  # labels that are repeated
WIDE = 64  # classes from which on rows are not drawn one by one
SPREAD = 3.0  # the standard deviation of the logits


def sized(setting: Setting, shape: tuple[int, ...], classes: int = 0) -> Numbers:
    """Ordinary numbers of a shape of terms: logits, or what softmax or sigmoid makes of them."""
    labels = np.resize(setting.rng.integers(0, classes or 2, LABELS), shape)
    full = (*shape, classes) if classes else shape
    rows = (max(1, BLOCK // classes), classes) if 0 < classes < WIDE else (1, BLOCK)
    logits = setting.rng.normal(size=rows) * SPREAD
    block = logits if setting.loss.prediction == LOGITS else _of_logits(setting, logits, classes)
    return Numbers(
        prediction=np.resize(block, full),
        target=setting.target(labels, classes),
    )


def _of_logits(setting: Setting, logits: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities, or their logarithms; those of a wide row sum to one nearly."""
    if not classes:
        return logistic(logits)
    odds = exp(logits)
    share = odds.sum(-1, keepdims=True) if classes < WIDE else odds.mean() * classes
    return np.asarray(
        odds / share if setting.loss.prediction == PROBABILITIES else logits - log(share)
    )


def with_classes(setting: Setting, shape: tuple[int, ...], classes: int) -> Numbers | None:
    """Numbers of a shape and so many classes; None where a term reads one number only."""
    return sized(setting, shape, classes) if setting.loss.has_classes else None


def written_once(setting: Setting) -> bool:
    """Whether large numbers are asked in this encoding: who takes soft targets takes hard ones."""
    return setting.encoding in SPARSE | SOFT | BINARY


def _few(setting: Setting) -> int:
    return 4 if setting.loss.has_classes else 0


@edge(yours=(("float64", SUM),))
def no_rows(setting: Setting) -> Numbers | None:
    """Of no rows at all the sum is 0, and the mean, 0 / 0, does not exist."""
    return sized(setting, (0,), _few(setting))


@edge()
def one_row(setting: Setting) -> Numbers | None:
    """A batch of one is no unbatched question: its terms have an axis."""
    return sized(setting, (1,), _few(setting))


@edge(yours=YOURS)
def one_class(setting: Setting) -> Numbers | None:
    """The only class has the probability 1: nothing is lost, whatever its logit is."""
    return with_classes(setting, (3,), 1)


@edge()
def two_classes(setting: Setting) -> Numbers | None:
    """Two classes are what a binary loss could say with one number."""
    return with_classes(setting, (5,), 2)


@edge(yours=YOURS)
def one_column(setting: Setting) -> Numbers | None:
    """Rows of one number, (N, 1), are what the output of a model with one unit looks like."""
    return None if setting.loss.has_classes else sized(setting, (5, 1))


@edge(yours=YOURS)
def as_many_rows_as_classes(setting: Setting) -> Numbers | None:
    """A square: which of its axes holds the classes, or the columns, its shape does not say."""
    return sized(setting, (4,) if setting.loss.has_classes else (4, 4), _few(setting))


@edge(yours=YOURS)
def sequence_as_long_as_classes(setting: Setting) -> Numbers | None:
    """Sequences of as many positions as there are classes, last or second in memory."""
    return with_classes(setting, (2, 4), 4)


@edge()
def image_of_height_one(setting: Setting) -> Numbers | None:
    """An image of one line, whose axis of size 1 may be dropped or broadcast."""
    return sized(setting, (2, 1, 3), _few(setting))


@edge(yours=(("float64", NONE),))
def image_of_width_one(setting: Setting) -> Numbers | None:
    """An image of one column, whose axis of size 1 may be dropped or broadcast."""
    return sized(setting, (2, 3, 1), _few(setting))


@edge(yours=YOURS)
def thousand_classes(setting: Setting) -> Numbers | None:
    """As many classes as ImageNet has."""
    return with_classes(setting, (1,), 1000)


@edge()
def many_classes_of_a_sequence(setting: Setting) -> Numbers | None:
    """A language model: many classes for each position, last or second in memory."""
    return with_classes(setting, (2, 2), 150)


@edge(yours=(("float16", MEAN),))
def more_terms_than_16_bits_count(setting: Setting) -> Numbers | None:
    """3,001 terms: their number is odd, and so none of float16 (nor of bfloat16)."""
    return sized(setting, (3001,), 2 if setting.loss.has_classes else 0)


@edge(large=True, reductions=(NONE, MEAN))
def thirty_thousand_classes(setting: Setting) -> Numbers | None:
    """A vocabulary, the sum of whose exponentials has 30,000 summands."""
    return with_classes(setting, (2,), 30_000) if written_once(setting) else None


@edge(large=True, reductions=(MEAN,))
def hundred_thousand_classes(setting: Setting) -> Numbers | None:
    """More classes than float16 can count: its largest number is 65,504."""
    return with_classes(setting, (1,), 100_000) if written_once(setting) else None


@edge(large=True, reductions=(MEAN,))
def more_terms_than_float16_counts(setting: Setting) -> Numbers | None:
    """70,000 terms: their number is infinite in float16, and no number of bfloat16."""
    if not written_once(setting):
        return None
    return sized(setting, (70_000,), 2 if setting.loss.has_classes else 0)


@edge(large=True, reductions=(MEAN,))
def mask_of_real_size(setting: Setting) -> Numbers | None:
    """A batch of two segmentation masks of 512 x 512 pixels and 21 classes, as Pascal VOC has."""
    asked = setting.loss.name == "cross_entropy" and setting.encoding == SPARSE
    if not asked or setting.dtype != "float32":
        return None
    return with_classes(setting, (2, 512, 512), 21)
