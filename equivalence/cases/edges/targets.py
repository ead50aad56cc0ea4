"""Edges of targets: zeros, sums that are not one, numbers outside [0, 1]."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equivalence.cases.case import SOFT, SOFT_BINARY
from equivalence.cases.edges.edge import Numbers, Setting, edge
from equivalence.cases.edges.ordinary import CLASSES, ROWS, question
from equivalence.losses import binary_focal_cross_entropy, binary_focal_cross_entropy_with_logits

_SHARES = np.array([[0.5, 0.25, 0.125, 0.125], [0.0625, 0.75, 0.125, 0.0625], [0.25] * CLASSES])


def _soft(setting: Setting, target: np.ndarray) -> Numbers | None:
    return replace(question(setting), target=target) if setting.encoding == SOFT else None


@edge()
def soft_target_with_zeros(setting: Setting) -> Numbers | None:
    """Soft targets hold zeros beside shares, and one is certain."""
    return _soft(setting, np.array([[0.75, 0.25, 0, 0], [0, 1.0, 0, 0], [0.5, 0, 0.5, 0]]))


@edge()
def targets_sum_to_half(setting: Setting) -> Numbers | None:
    """Soft targets sum to 0.5."""
    return _soft(setting, _SHARES / 2)


@edge()
def targets_sum_to_two(setting: Setting) -> Numbers | None:
    """Soft targets sum to 2."""
    return _soft(setting, _SHARES * 2)


@edge()
def target_of_zeros(setting: Setting) -> Numbers | None:
    """The targets of one row are all 0: it costs nothing."""
    return _soft(setting, _SHARES * np.array([[1.0], [0.0], [1.0]]))


@edge()
def negative_target(setting: Setting) -> Numbers | None:
    """A soft target has a negative share, as that of an extrapolated mixup; it sums to one."""
    return _soft(setting, np.array([[1.25, -0.25, 0, 0], [0, 1.0, 0, 0], [0.5, -0.5, 0.5, 0.5]]))


@edge()
def targets_outside_the_unit_interval(setting: Setting) -> Numbers | None:
    """Targets of single numbers are -0.5 and 1.5; those of a focal loss must lie within [0, 1]."""
    focal = (binary_focal_cross_entropy, binary_focal_cross_entropy_with_logits)
    if setting.encoding != SOFT_BINARY or setting.loss in focal:
        return None
    return replace(question(setting), target=np.resize([-0.5, 1.5, 0.5], ROWS))
