"""Edges of dtypes: prediction, target and weights of several floating-point formats, and integers.

The dtype of a case is that of its prediction; the exact answer is that of the numbers as they are.
"""

from __future__ import annotations

import numpy as np

from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.cases.edges.edge import Numbers, Setting, edge
from equivalence.cases.edges.sizes import sized
from equivalence.cases.elementary import softmax
from equivalence.exact import FORMATS

ROWS, CLASSES = 3, 4


def _ordinary(setting: Setting, classes: int = CLASSES) -> Numbers:
    return sized(setting, (ROWS,), classes if setting.loss.has_classes else 0)


def _soft(setting: Setting) -> np.ndarray:
    """Soft targets whose digits no narrow format holds."""
    if not setting.loss.has_classes:
        return setting.rng.uniform(0.1, 0.9, ROWS)
    return softmax(setting.rng.normal(size=(ROWS, CLASSES)))


def soft_targets_in(setting: Setting, dtype: str) -> Numbers | None:
    """Soft targets of another dtype than the prediction's."""
    if setting.encoding not in SOFT | SOFT_BINARY or dtype == setting.dtype:
        return None
    return Numbers(
        prediction=setting.format.round(_ordinary(setting).prediction),
        target=FORMATS[dtype].round(_soft(setting)),
        exactly=True,
    )


def sample_weights_in(setting: Setting, dtype: str) -> Numbers | None:
    """Sample weights of another dtype than the prediction's and the target's."""
    if setting.encoding in SOFT | SOFT_BINARY or dtype == setting.dtype:
        return None
    numbers = _ordinary(setting)
    hard = numbers.target if setting.encoding == SPARSE else setting.format.round(numbers.target)
    return Numbers(
        prediction=setting.format.round(numbers.prediction),
        target=hard,
        weights=FORMATS[dtype].round(setting.rng.uniform(0.25, 3, ROWS)),
        exactly=True,
    )


def labels_in(setting: Setting, dtype: type[np.generic], classes: int = CLASSES) -> Numbers | None:
    """Class indices, one-hot rows or numbers 0 and 1 of a dtype."""
    if setting.encoding not in SPARSE | ONE_HOT | BINARY:
        return None
    numbers = _ordinary(setting, classes)
    return Numbers(
        prediction=setting.format.round(numbers.prediction),
        target=numbers.target.astype(dtype),
        exactly=True,
    )


@edge()
def soft_targets_in_float64(setting: Setting) -> Numbers | None:
    """A target of NumPy's default dtype, wider than the prediction's."""
    return soft_targets_in(setting, "float64")


@edge()
def soft_targets_in_float32(setting: Setting) -> Numbers | None:
    """A target of the usual dtype, beside a prediction of mixed precision or of float64."""
    return soft_targets_in(setting, "float32")


@edge()
def soft_targets_in_float16(setting: Setting) -> Numbers | None:
    """A target stored in half precision."""
    return soft_targets_in(setting, "float16")


@edge()
def soft_targets_in_bfloat16(setting: Setting) -> Numbers | None:
    """A target stored in bfloat16; float16 holds some of its numbers, and it some of float16's."""
    return soft_targets_in(setting, "bfloat16")


@edge()
def sample_weights_in_float64(setting: Setting) -> Numbers | None:
    """Weights of NumPy's default dtype, wider than the prediction's."""
    return sample_weights_in(setting, "float64")


@edge()
def sample_weights_in_float32(setting: Setting) -> Numbers | None:
    """Weights of the usual dtype, beside a prediction of mixed precision or of float64."""
    return sample_weights_in(setting, "float32")


@edge()
def sample_weights_in_float16(setting: Setting) -> Numbers | None:
    """Weights stored in half precision."""
    return sample_weights_in(setting, "float16")


@edge()
def labels_in_int8(setting: Setting) -> Numbers | None:
    """Labels of a dataset that saves memory: class indices, one-hot rows, numbers 0 and 1."""
    return labels_in(setting, np.int8)


@edge()
def labels_in_uint8(setting: Setting) -> Numbers | None:
    """Labels as masks are read from image files."""
    return labels_in(setting, np.uint8)


@edge()
def labels_in_int16(setting: Setting) -> Numbers | None:
    """Labels between int8 and int32, which few kernels are written for."""
    return labels_in(setting, np.int16)


@edge()
def labels_in_int32(setting: Setting) -> Numbers | None:
    """Labels of TensorFlow's default integer dtype."""
    return labels_in(setting, np.int32)


@edge()
def labels_in_int64(setting: Setting) -> Numbers | None:
    """Labels of PyTorch's default integer dtype: as one-hot rows, what F.one_hot returns."""
    return None if setting.encoding == SPARSE else labels_in(setting, np.int64)


@edge()
def labels_in_bool(setting: Setting) -> Numbers | None:
    """Labels that are comparisons: two classes, one-hot masks, or yes and no."""
    return labels_in(setting, np.bool_, classes=2)
