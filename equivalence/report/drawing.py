"""Drawing charts as SVG: where each line, tick and word goes. The template only writes it out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.report.words import figure

if TYPE_CHECKING:
    from equivalence.report.lines import Chart, Series

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 22, 40
LEAST = 0.1  # ulps: what is below is drawn on the lowest line
COLUMNS = 5  # points that have a word under a plot
_TICKS = 5  # at most so many lines across


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A word beside an axis, and where."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a drawing: its name, its path, what it shows in words, and the style it has."""

    label: str
    path: str
    summary: str
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart, drawn.

    Attributes:
        title: Of the chart.
        axis: What the points are.
        horizontal: Words under the points.
        vertical: Words beside the lines across.
        reference: The bound, or the exact curve.
        lines: The others.
        table: All numbers, a row for each point, a column for each line of the drawing; first
            their heads, numbered as in the key.
    """

    title: str
    axis: str
    horizontal: tuple[Tick, ...]
    vertical: tuple[Tick, ...]
    reference: Line
    lines: tuple[Line, ...]
    table: tuple[tuple[str, ...], ...]

    @property
    def summary(self) -> str:
        """The drawing in words."""
        return " ".join(f"{line.label} {line.summary}." for line in self.lines)

    @property
    def text(self) -> str:
        """The table as lines of text, its columns apart by tabs: a spreadsheet takes it so.

        The plots of all losses have 5,000 cells together, a quarter of what a page that opens in a
        second may have: a page that is full has them so.
        """
        return "\n".join("\t".join(row) for row in self.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From a number to a height: linear, or by its logarithm with infinity in a band on top."""

    low: float
    high: float
    logarithmic: bool

    def __call__(self, number: float) -> float:
        bottom = HEIGHT - BOTTOM
        if math.isinf(number):
            return TOP - 10 if number > 0 else bottom
        number = max(number, LEAST) if self.logarithmic else number
        here = math.log10(number) if self.logarithmic else number
        here = min(max(here, self.low), self.high)
        return bottom - (here - self.low) / (self.high - self.low or 1) * (bottom - TOP)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The lines across."""
        span = self.high - self.low
        if self.logarithmic:
            step = max(1, math.ceil(span / (_TICKS - 1)))
            powers = range(int(self.low), int(self.high) + 1, step)
            return tuple(
                Tick(at=round(self(10.0**k), 1), text="≤ " * (k == self.low) + _power(k))
                for k in powers
            )
        step = next(
            size * 10**k
            for k in range(-30, 300)
            for size in (1, 2, 5)
            if span / (size * 10**k) <= _TICKS - 1
        )
        first = math.ceil(self.low / step)
        count = math.floor(self.high / step) - first + 1
        numbers = [(first + k) * step for k in range(count)]
        return tuple(Tick(at=round(self(number), 1), text=figure(number)) for number in numbers)


def _scale(chart: Chart) -> _Scale:
    numbers = [
        number
        for line in (chart.reference, *chart.series)
        for number in line.numbers
        if math.isfinite(number)
    ]
    if chart.logarithmic:
        largest = max(numbers, default=1.0)
        high = math.ceil(math.log10(max(largest, 1.0)) + 1e-9)
        return _Scale(low=math.log10(LEAST), high=max(high, 1), logarithmic=True)
    return _Scale(low=min([0.0, *numbers]), high=max([1.0, *numbers]), logarithmic=False)


def _power(exponent: int) -> str:
    return f"1e{exponent}" if abs(exponent) > 3 else f"{10.0**exponent:g}"


def _across(place: int, points: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / points


def _path(series: Series, scale: _Scale) -> str:
    """The line, broken where there is no number."""
    parts, pen = [], "M"
    for place, number in enumerate(series.numbers):
        if math.isnan(number):
            pen = "M"
            continue
        parts.append(f"{pen}{_across(place, len(series.numbers)):.0f} {scale(number):.0f}")
        pen = " "
    return "".join(parts)


def _number(number: float) -> str:
    return "–" if math.isnan(number) else figure(number)


def draw(chart: Chart) -> Drawing:
    """Draws a chart."""
    scale = _scale(chart)
    count = len(chart.points)
    every = max(1, math.ceil(count / COLUMNS))
    shown = range(0, count, every)
    return Drawing(
        title=chart.title,
        axis=chart.axis,
        horizontal=tuple(
            Tick(at=round(_across(place, count), 1), text=chart.points[place]) for place in shown
        ),
        vertical=scale.ticks,
        reference=_line(chart.reference, scale),
        lines=tuple(_line(series, scale) for series in chart.series),
        table=_table(chart),
    )


def _line(series: Series, scale: _Scale) -> Line:
    return Line(
        label=series.label,
        path=_path(series, scale),
        summary=series.summary,
        mark=series.mark,
    )


def _table(chart: Chart) -> tuple[tuple[str, ...], ...]:
    series = (chart.reference, *chart.series)
    heads = (
        "point",
        chart.reference.label,
        *(f"line {place + 1}" for place in range(len(chart.series))),
    )
    columns = [chart.points, *([_number(number) for number in line.numbers] for line in series)]
    return heads, *zip(*columns, strict=True)
