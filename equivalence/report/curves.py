"""How implementations behave along a range of magnitudes: errors in ulps, and where they go flat.

The run holds what each implementation returned along the sweep of its loss; the exact numbers and
the bounds are computed again, from the sweep's name.
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equivalence.cases.answers import answers
from equivalence.cases.case import cotangent
from equivalence.cases.sweeping import DTYPE, points, sweep
from equivalence.exact import FORMATS, Enclosure
from equivalence.losses.loss import LOG_PROBABILITIES, LOGITS, LOSSES, PROBABILITIES
from equivalence.report.lines import PALETTE, Chart, Series, in_words, marked

if TYPE_CHECKING:
    from equivalence.cases.answers import Answer
    from equivalence.results import ImplementationRecord, Run

QUANTITIES = ("value", "gradient")
SHOWN = PALETTE - 1  # lines that are drawn one by one; the rest are drawn as their largest
FLAT = 3  # points in a row with one and the same number: it has gone flat
_AXES = {
    PROBABILITIES: "probability of the target",
    LOGITS: "logit of the target, against zeros",
    LOG_PROBABILITIES: "logit of the target, against zeros, before log_softmax",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exact:
    """The exact numbers along a sweep, and their bounds."""

    enclosure: Enclosure
    bound: np.ndarray

    def ulps(self, got: np.ndarray) -> np.ndarray:
        """The errors in ulps; infinite where one of the two is not finite."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.enclosure.error(got) / FORMATS[DTYPE].ulp(self.enclosure.high))

    @property
    def allowed(self) -> np.ndarray:
        """The bounds in ulps."""
        return np.asarray(self.bound / FORMATS[DTYPE].ulp(self.enclosure.high))


@functools.cache
def _exact(loss: str, target: str, quantity: str) -> _Exact:
    case = sweep(loss, target)
    answer: Answer = getattr(answers(case), quantity)
    if quantity == QUANTITIES[0]:
        return _Exact(enclosure=answer.exact, bound=answer.bound)
    own = (..., 0) if case.loss.has_classes else ...
    scale = cotangent(case.shape)
    parts = (part[own] / scale for part in (*answer.exact, answer.bound))
    high, low, radius, bound = parts
    return _Exact(enclosure=Enclosure(high, low, radius), bound=bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What implementations with the same bits returned."""

    names: tuple[str, ...]
    got: dict[str, np.ndarray]
    target: str


def _parsed(record: ImplementationRecord) -> _Answered | None:
    """What a record says of its sweep; None if it has none, or of another sweep than today's."""
    said = record.sweep
    try:
        case = sweep(record.loss, said["target"])
        found = {
            name: np.array([float.fromhex(word) for word in said[name].split()])
            for name in QUANTITIES
            if name in said
        }
    except (KeyError, ValueError, OverflowError):
        return None
    if case.digest != said.get("digest") or any(
        numbers.shape != case.shape for numbers in found.values()
    ):
        return None
    return _Answered(names=(record.name,), got=found, target=said["target"])


def _distinct(records: list[ImplementationRecord]) -> list[_Answered]:
    """What was returned, each once, with all who returned it; of several means if they differ."""
    merged: dict[tuple[tuple[str, bytes], ...], list[_Answered]] = {}
    for one in filter(None, map(_parsed, records)):
        key = tuple((name, numbers.tobytes()) for name, numbers in sorted(one.got.items()))
        merged.setdefault(key, []).append(one)
    met = Counter(base for group in merged.values() for base in {_base(one) for one in group})
    return [
        _Answered(
            names=tuple(
                dict.fromkeys(_base(one) if met[_base(one)] == 1 else one.names[0] for one in group)
            ),
            got=group[0].got,
            target=group[0].target,
        )
        for group in merged.values()
    ]


def _base(answered: _Answered) -> str:
    """The name of the function, whichever of its means it is."""
    return answered.names[0].partition("[")[0]


def _label(names: tuple[str, ...]) -> str:
    rest = len(names) - 1
    return names[0] + (f" and {rest} more" if rest else "")


def charts(run: Run) -> dict[str, tuple[Chart, ...]]:
    """For each loss its charts: the errors of value and gradient, and where something goes flat."""
    by_loss: dict[str, list[ImplementationRecord]] = {}
    for record in run.environment.implementations:
        by_loss.setdefault(record.loss, []).append(record)
    found = {loss: _charts(loss, _distinct(records)) for loss, records in by_loss.items()}
    return {loss: made for loss, made in found.items() if made}


def _charts(loss: str, answered: list[_Answered]) -> tuple[Chart, ...]:
    if not answered:
        return ()
    errors = [_errors(loss, quantity, answered) for quantity in QUANTITIES]
    return marked(chart for chart in (*errors, _flat(loss, answered)) if chart is not None)


def _axis(loss: str) -> tuple[str, tuple[str, ...]]:
    definition = LOSSES[loss]
    words = tuple(word for word, _ in points(definition))
    return _AXES.get(definition.prediction, "prediction of the target"), words


def _errors(loss: str, quantity: str, answered: list[_Answered]) -> Chart | None:
    """Errors in ulps, the worst implementations one by one, the others together."""
    axis, words = _axis(loss)
    drawn = []
    for one in answered:
        if quantity in one.got:
            exact = _exact(loss, one.target, quantity)
            ulps = exact.ulps(one.got[quantity])
            beyond = ulps > exact.allowed
            drawn.append((one.names, ulps, beyond))
    if not drawn:
        return None
    drawn.sort(key=lambda line: (-int(line[2].sum()), -_largest(line[1]), line[0]))
    series = [
        Series(
            names=names,
            label=_label(names),
            numbers=tuple(ulps.tolist()),
            summary=in_words(words, ulps, beyond),
        )
        for names, ulps, beyond in drawn[:SHOWN]
    ]
    if rest := drawn[SHOWN:]:
        ulps = np.fmax.reduce([line[1] for line in rest])
        names = tuple(name for line in rest for name in line[0])
        beyond = np.logical_or.reduce([line[2] for line in rest])
        label = f"{len(names)} others, their largest" if len(names) > 1 else names[0]
        series.append(
            Series(
                names=names,
                label=label,
                numbers=tuple(ulps.tolist()),
                summary=in_words(words, ulps, beyond),
            )
        )
    allowed = _exact(loss, answered[0].target, quantity).allowed
    return Chart(
        title=f"Error of the {quantity} in ulps of {DTYPE}",
        axis=axis,
        points=words,
        reference=Series(names=(), label="bound", numbers=tuple(allowed.tolist())),
        series=tuple(series),
    )


def _largest(numbers: np.ndarray) -> float:
    return float(np.nanmax(numbers, initial=0.0))


def _flat(loss: str, answered: list[_Answered]) -> Chart | None:
    """The loss itself, of those that go flat where the exact curve does not."""
    axis, words = _axis(loss)
    exact = _exact(loss, answered[0].target, QUANTITIES[0]).enclosure.high
    series = []
    for one in answered:
        got = one.got.get(QUANTITIES[0])
        span = None if got is None else flat(got, exact)
        if got is None or span is None:
            continue
        first, last = span
        summary = (
            f"goes flat at {got[first]:.6g} from {words[first]} to {words[last]}, where the exact"
            f" loss goes from {exact[first]:.6g} to {exact[last]:.6g}"
        )
        series.append(
            Series(
                names=one.names,
                label=_label(one.names),
                numbers=tuple(got.tolist()),
                summary=summary,
            )
        )
    if not series:
        return None
    series.sort(key=lambda line: (max(line.numbers), line.names))
    left = len(series) - SHOWN - 1
    more = f" (the lowest {SHOWN + 1}; {left} higher not drawn)" if left > 0 else ""
    return Chart(
        title=f"The loss in {DTYPE}, where it goes flat{more}",
        axis=axis,
        points=words,
        reference=Series(names=(), label="exact", numbers=tuple(exact.tolist())),
        series=tuple(series[: SHOWN + 1]),
        logarithmic=False,
    )


def flat(got: np.ndarray, exact: np.ndarray) -> tuple[int, int] | None:
    """The longest stretch over which a number stays the same while the exact one moves by a tenth.

    >>> flat(np.array([16.1, 16.1, 16.1, 8.0]), np.array([60.0, 40.0, 20.0, 8.0]))
    (0, 2)
    """
    best: tuple[int, int] | None = None
    start = 0
    for place in range(1, got.size + 1):
        if place < got.size and np.isfinite(got[place]) and got[place] == got[start]:
            continue
        long = place - start >= (FLAT if best is None else best[1] - best[0] + 2)
        stretch = exact[start:place]
        if long and got[start] != 0 and np.ptp(stretch) > 0.1 * np.max(np.abs(stretch)):
            best = (start, place - 1)
        start = place
    return best
