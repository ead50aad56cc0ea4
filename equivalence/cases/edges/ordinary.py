"""Ordinary numbers, of which an edge changes one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.edges.edge import Numbers, Setting
from equivalence.cases.elementary import predictions

if TYPE_CHECKING:
    from equivalence.losses import Loss

ROWS, CLASSES = 3, 4  # they differ, and neither is 1: no array has the shape of another by chance


def prediction(setting: Setting, terms: tuple[int, ...] = (ROWS,)) -> np.ndarray:
    """Logits, log-probabilities or probabilities ``[*terms, classes]`` or ``[*terms]``."""
    loss = setting.loss
    drawn = setting.rng.normal(size=(*terms, CLASSES) if loss.has_classes else terms)
    return predictions(loss, drawn)


def labels(setting: Setting, terms: tuple[int, ...] = (ROWS,)) -> np.ndarray:
    """Labels 0, 1, 3, 0, 1, 3, ... of classes, or 0, 1, 0, 1, ... of a number."""
    count = int(np.prod(terms))
    pattern = np.array([0, 1, CLASSES - 1] if setting.loss.has_classes else [0, 1])
    return np.resize(pattern, count).reshape(terms)


def question(setting: Setting, terms: tuple[int, ...] = (ROWS,), **options: Any) -> Numbers:
    """An ordinary question with options."""
    target = setting.target(labels(setting, terms), CLASSES)
    return Numbers(prediction=prediction(setting, terms), target=target, options=options)


def takes(loss: Loss, option: str) -> bool:
    """Whether an option is a parameter of a loss's formula."""
    return option in loss.parameters
