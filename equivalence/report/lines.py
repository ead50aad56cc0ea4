"""Lines of a chart: who returned what along a sweep, said in words, and told apart by marks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equivalence.report.words import figure, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

PALETTE = 6  # colours with a shape of their own, which the style sheet knows by number
_SPANS = 3  # stretches of points that are named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one or several implementations, with the same bits at every point, returned.

    Attributes:
        names: Of the implementations; empty for the bound, and for the exact curve.
        label: What the legend says.
        numbers: One a point: errors in ulps, or the loss itself; NaN where there is none.
        summary: The line in words.
        mark: Its colour, dashes and shape: one of ``PALETTE``.
    """

    names: tuple[str, ...]
    label: str
    numbers: tuple[float, ...]
    summary: str = ""
    mark: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Some lines over the points of a sweep.

    Attributes:
        title: What is drawn.
        axis: What the points are.
        points: Their words.
        reference: The bound, or the exact curve.
        series: The others, the most striking first.
        logarithmic: Whether the numbers are drawn by their logarithm.
    """

    title: str
    axis: str
    points: tuple[str, ...]
    reference: Series
    series: tuple[Series, ...]
    logarithmic: bool = True


def marked(charts: Iterable[Chart]) -> tuple[Chart, ...]:
    """The charts of one loss, the same implementations by one mark, if there are enough."""
    known: dict[tuple[str, ...], int] = {}
    found = []
    for chart in charts:
        mine: dict[tuple[str, ...], int] = {}
        for names in (line.names for line in chart.series if line.names in known):
            if known[names] not in mine.values():  # six marks: two may share one from before
                mine[names] = known[names]
        free = [mark for mark in range(PALETTE) if mark not in mine.values()]
        free.sort(key=lambda mark: mark in known.values())  # rather one that nobody has yet
        for line in chart.series:
            if line.names not in mine:
                mine[line.names] = free.pop(0)
        known = mine | known
        series = tuple(replace(line, mark=mine[line.names]) for line in chart.series)
        found.append(replace(chart, series=series))
    return tuple(found)


def in_words(words: tuple[str, ...], ulps: np.ndarray, beyond: np.ndarray) -> str:
    """Where a line of errors leaves the bound, and how far it goes.

    >>> points, ulps = ("1", "2", "4", "8"), np.array([5.0, 0.5, 3.0, 4.0])
    >>> in_words(points, ulps, ulps > 1)
    'leaves the bound at 3 of 4 points, at 1 and from 4 to 8; reaches 5 ulps'
    """
    known = np.where(np.isnan(ulps), -1.0, ulps)
    place = int(np.argmax(known))
    worst = "is not finite" if math.isinf(known[place]) else f"reaches {figure(known[place])} ulps"
    if not beyond.any():
        return f"stays inside the bound and {worst} at {words[place]}"
    places = np.flatnonzero(beyond)
    stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    if len(stretches) > _SPANS:
        span = f"between {words[places[0]]} and {words[places[-1]]}"
    else:
        span = listed([_span(words[one[0]], words[one[-1]]) for one in stretches])
    return f"leaves the bound at {places.size} of {len(words)} points, {span}; {worst}"


def _span(first: str, last: str) -> str:
    return f"at {first}" if first == last else f"from {first} to {last}"
