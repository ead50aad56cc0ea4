"""Malformed questions: labels that are no classes, numbers of no number's type, misspelt names.

None of them has an answer. Every one has one fault; what is wrong stands in ``Numbers.malformed``.
"""

from __future__ import annotations

import numpy as np

from equivalence.cases.case import BINARY, SOFT, SOFT_BINARY, SPARSE
from equivalence.cases.edges.edge import Numbers, Setting, edge
from equivalence.cases.edges.ordinary import CLASSES, prediction
from equivalence.losses.loss import LOG_PROBABILITIES

LABELS = (0, 3, 1)
BEYOND_INT32 = 2**32 + 1  # class 1 if only 32 bits are looked at
MISSPELT = "maen"


def labels(setting: Setting) -> np.ndarray:
    """A class index for each row, or 0 or 1."""
    return np.array(LABELS) if setting.loss.has_classes else np.array([0, 1, 1])


def target(setting: Setting) -> np.ndarray:
    """The labels in the setting's encoding."""
    return np.asarray(setting.target(labels(setting), CLASSES))


def _second_label(setting: Setting, label: int) -> Numbers | None:
    """One label of several is no class; none where labels are no indices."""
    if setting.encoding != SPARSE:
        return None
    indices = labels(setting)
    indices[1] = label
    words = f"the label {label} is no class of 0..{CLASSES - 1}"
    return Numbers(prediction=prediction(setting), target=indices, malformed=words)


@edge()
def label_equals_classes(setting: Setting) -> Numbers | None:
    """One label of several is the number of classes: they were counted from 1."""
    return _second_label(setting, CLASSES)


@edge()
def only_label_equals_classes(setting: Setting) -> Numbers | None:
    """The only label of a batch of one is the number of classes."""
    if setting.encoding != SPARSE:
        return None
    words = f"the label {CLASSES} is no class of 0..{CLASSES - 1}"
    return Numbers(
        prediction=prediction(setting, (1,)), target=np.array([CLASSES]), malformed=words
    )


@edge()
def label_far_above(setting: Setting) -> Numbers | None:
    """One label of several lies a million above the classes: far outside of any array."""
    return _second_label(setting, 1_000_000)


@edge()
def label_beyond_int32(setting: Setting) -> Numbers | None:
    """One label of several has more than 32 bits, of which the lower ones name a class."""
    return _second_label(setting, BEYOND_INT32)


@edge()
def label_minus_1(setting: Setting) -> Numbers | None:
    """One label of several is -1, and nothing is said to be ignored."""
    return _second_label(setting, -1)


@edge()
def label_minus_2(setting: Setting) -> Numbers | None:
    """One label of several is -2, and nothing is said to be ignored."""
    return _second_label(setting, -2)


@edge()
def label_minus_100(setting: Setting) -> Numbers | None:
    """One label of several is -100, what PyTorch ignores, and nothing is said to be ignored."""
    return _second_label(setting, -100)


def _binary_label(setting: Setting, label: float) -> Numbers | None:
    if setting.encoding != BINARY:
        return None
    numbers = labels(setting).astype(np.float64)
    numbers[0] = label
    words = f"the label {label:g} is neither 0 nor 1 nor between them"
    return Numbers(prediction=prediction(setting), target=numbers, malformed=words)


@edge()
def binary_label_2(setting: Setting) -> Numbers | None:
    """A binary label is 2: there are three classes."""
    return _binary_label(setting, 2.0)


@edge()
def binary_label_minus_1(setting: Setting) -> Numbers | None:
    """A binary label is -1: the labels are the signs that a hinge loss takes."""
    return _binary_label(setting, -1.0)


@edge()
def nan_label(setting: Setting) -> Numbers:
    """A label is NaN: it is missing in the table where it comes from."""
    numbers = setting.format.round(target(setting))
    numbers[(1,) * numbers.ndim] = np.nan
    return _exactly(setting, numbers, "a label is NaN")


@edge()
def float_labels(setting: Setting) -> Numbers | None:
    """Class indices are floating-point numbers, as a table with gaps has them."""
    if setting.encoding != SPARSE:
        return None
    numbers = setting.format.round(labels(setting))
    return _exactly(setting, numbers, f"class indices are {setting.dtype}")


@edge()
def fractional_label(setting: Setting) -> Numbers | None:
    """A class index is 1.5: between two classes."""
    if setting.encoding != SPARSE:
        return None
    numbers = setting.format.round(labels(setting))
    numbers[2] = 1.5
    return _exactly(setting, numbers, "the class index 1.5 is between two classes")


@edge()
def complex_labels(setting: Setting) -> Numbers | None:
    """The target is complex, with no imaginary part."""
    if setting.encoding in SOFT | SOFT_BINARY:  # as the hard ones
        return None
    return _exactly(setting, target(setting).astype(_complex(setting)), "the target is complex")


@edge()
def string_labels(setting: Setting) -> Numbers | None:
    """Labels are words, as scikit-learn's classifiers take them."""
    if setting.encoding not in SPARSE | BINARY:
        return None
    names = np.array(["ant", "bee", "cat", "dog"])[labels(setting)]
    return _exactly(setting, names, "the labels are words")


def _complex(setting: Setting) -> str:
    """The narrowest complex format that has the numbers of the dtype."""
    return "complex128" if setting.dtype == "float64" else "complex64"


def _exactly(setting: Setting, numbers: np.ndarray, words: str) -> Numbers:
    """A target that keeps its type, with ordinary predictions."""
    rounded = setting.format.round(prediction(setting))
    return Numbers(prediction=rounded, target=numbers, malformed=words, exactly=True)


@edge()
def integer_predictions(setting: Setting) -> Numbers | None:
    """Predictions are integers, as from a rule that votes."""
    if setting.encoding in SOFT | SOFT_BINARY or setting.loss.prediction == LOG_PROBABILITIES:
        return None
    votes = labels(setting)
    if setting.loss.has_classes:
        votes = np.asarray(np.arange(CLASSES) == votes[:, None])
    given = setting.format.round(target(setting))
    return Numbers(
        prediction=votes.astype(np.int64),
        target=labels(setting) if setting.encoding == SPARSE else given,
        malformed="the predictions are integers",
        exactly=True,
    )


@edge()
def complex_predictions(setting: Setting) -> Numbers | None:
    """Predictions are complex, with no imaginary part."""
    if setting.encoding in SOFT | SOFT_BINARY:
        return None
    given = setting.format.round(target(setting))
    return Numbers(
        prediction=setting.format.round(prediction(setting)).astype(_complex(setting)),
        target=labels(setting) if setting.encoding == SPARSE else given,
        malformed="the predictions are complex",
        exactly=True,
    )


@edge()
def misspelt_reduction(setting: Setting) -> Numbers | None:
    """The name of the reduction is misspelt."""
    if setting.encoding in SOFT | SOFT_BINARY:
        return None
    return Numbers(
        prediction=prediction(setting),
        target=target(setting),
        options={"reduction": MISSPELT},
        malformed=f"there is no reduction {MISSPELT!r}",
    )
