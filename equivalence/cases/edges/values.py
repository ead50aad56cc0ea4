"""Edges of the numbers: infinities, NaN, the largest and the smallest numbers, odd targets."""

from __future__ import annotations

import numpy as np

from equivalence.cases.edges.edge import Numbers, Setting, edge
from equivalence.losses.loss import LOGITS

ROWS, CLASSES = 3, 4


def logits(setting: Setting) -> np.ndarray | None:
    """Ordinary logits ``[rows, classes]`` or ``[rows]``; None where the loss takes none."""
    if setting.loss.prediction != LOGITS:
        return None
    shape = (ROWS, CLASSES) if setting.loss.has_classes else (ROWS,)
    return setting.rng.normal(size=shape)


def labels(setting: Setting) -> np.ndarray:
    """One label a row: 0, 1 and, with classes, the last one."""
    return np.arange(ROWS) % 2 if not setting.loss.has_classes else np.array([0, 1, CLASSES - 1])


@edge()
def offset_of_1e8(setting: Setting) -> Numbers | None:
    """All logits of a row share an offset of 1e8, beside which float32 sees steps of 8."""
    prediction = logits(setting)
    if prediction is None or not setting.loss.has_classes:
        return None
    return Numbers(
        prediction=prediction * 20 + 1e8, target=setting.target(labels(setting), CLASSES)
    )
