"""Edges of weights: of samples and of classes, zero, negative, cancelling, huge, broadcast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equivalence.cases.edges.edge import YOURS, Numbers, Setting, edge
from equivalence.cases.edges.ordinary import question, takes

_IMAGE = (2, 3, 2)


def _weighed(
    setting: Setting, weights: list[float] | np.ndarray, terms: tuple[int, ...] = (3,)
) -> Numbers:
    return replace(question(setting, terms), weights=np.asarray(weights, dtype=np.float64))


@edge()
def sample_weights_of_zero(setting: Setting) -> Numbers | None:
    """All sample weights are 0: the sum is 0."""
    return _weighed(setting, [0.0, 0, 0])


@edge()
def one_sample_weight_of_zero(setting: Setting) -> Numbers | None:
    """One sample weight of three is 0, the others are 1: the means tell what they divide by."""
    return _weighed(setting, [1.0, 0, 1])


@edge(yours=YOURS)
def negative_sample_weight(setting: Setting) -> Numbers | None:
    """One sample weight is negative."""
    return _weighed(setting, [2.0, -0.5, 1])


@edge()
def cancelling_sample_weights(setting: Setting) -> Numbers | None:
    """Sample weights sum to 0: what divides by their sum has no mean."""
    return _weighed(setting, [1.0, -2, 1])


@edge(yours=YOURS)
def huge_sample_weight(setting: Setting) -> Numbers | None:
    """One sample weight is a 64th of the largest number."""
    return _weighed(setting, [1.0, setting.format.largest / 64, 1])


@edge()
def scalar_weight_of_an_image(setting: Setting) -> Numbers | None:
    """One sample weight for all pixels of images."""
    return _weighed(setting, np.array(0.5), _IMAGE)


@edge()
def sample_weights_of_images(setting: Setting) -> Numbers | None:
    """One sample weight for each image."""
    return _weighed(setting, np.array([0.5, 2]).reshape(2, 1, 1), _IMAGE)


@edge()
def weights_of_pixels(setting: Setting) -> Numbers | None:
    """One sample weight for each pixel, some of them 0."""
    return _weighed(setting, np.resize([0.5, 2, 0, 1, 0.25], _IMAGE), _IMAGE)


@edge()
def weights_of_columns(setting: Setting) -> Numbers | None:
    """One sample weight for each column of all images: it broadcasts over the first axes."""
    return _weighed(setting, np.array([0.5, 2]).reshape(1, 1, 2), _IMAGE)


def _by_class(setting: Setting, weights: list[float]) -> Numbers | None:
    """Class weights; the classes that occur as targets are 0, 1 and 3."""
    if not takes(setting.loss, "weight"):
        return None
    return question(setting, weight=np.array(weights))


@edge()
def class_weight_of_zero(setting: Setting) -> Numbers | None:
    """A class that occurs has the weight 0."""
    return _by_class(setting, [0.5, 0, 1.5, 2])


@edge(yours=YOURS)
def class_weight_of_thousand(setting: Setting) -> Numbers | None:
    """A rare class weighs a thousand times as much as another."""
    return _by_class(setting, [1.0, 1000, 1, 1])


@edge()
def class_weights_of_zero(setting: Setting) -> Numbers | None:
    """All class weights are 0: the sum is 0, and so are their sum and that of the targets."""
    return _by_class(setting, [0.0, 0, 0, 0])


@edge(yours=YOURS)
def negative_class_weight(setting: Setting) -> Numbers | None:
    """A class that occurs has a negative weight."""
    return _by_class(setting, [2.0, -0.5, 1, 1])


@edge()
def cancelling_class_weights(setting: Setting) -> Numbers | None:
    """The weights of the classes that occur sum to 0: what divides by their sum has no mean."""
    return _by_class(setting, [1.0, -2, 3, 1])
