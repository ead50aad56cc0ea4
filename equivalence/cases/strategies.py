"""Cases that Hypothesis draws: any numbers, the hard ones often, and shrunk to the plainest."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from equivalence.cases.case import (
    BINARY,
    ONE_HOT,
    SEGMENTATION_ENDING,
    SPARSE,
    Case,
    encoding,
)
from equivalence.exact import FORMATS
from equivalence.losses import REDUCTIONS
from equivalence.losses.loss import LOG_PROBABILITIES, LOGITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

    from equivalence.losses import Loss

ORIGIN = "generated"
IGNORED = -100
LONGEST = 5  # rows, and classes
_SIDE = 3  # positions of an image's sides
# How a row of logits is made hard, the plainest first: that is where a search shrinks to.
_MANNERS = ("plain", "tie", "lead", "trail", "saturated", "offset")
_FAR = {"lead": 30.0, "trail": -30.0, "saturated": 1000.0, "offset": 2048.0}
_WEIGHTS = ("scalar_weight", "sample_weight", "position_weight")
_WEIGHING = (1.0, 2.0, 0.5, 0.0, 3.0, 0.3, 1.7)  # rounded to the dtype later
_PARAMETERS: dict[str, tuple[float, ...]] = {
    "label_smoothing": (0.5, 0.1),
    "gamma": (1.0, 0.0, 2.0, 0.5),
    "alpha": (0.5, 0.25),
}


class Wanted(NamedTuple):
    """What is to be drawn.

    Attributes:
        loss: Of which loss.
        target_kind: In which encoding and shape.
        reduction: Under which reduction.
        dtype: In which format.
        options: Those that may be drawn, the kinds of sample weights among them.
        unbatched: Whether a single row may be drawn.
        rows: How many rows there are at least; then a single row is never drawn.
        weighted: Whether there must be weights: of samples or of classes.
    """

    loss: Loss
    target_kind: str
    reduction: str
    dtype: str
    options: frozenset[str]
    unbatched: bool = False
    rows: int = 1
    weighted: bool = False


@st.composite
def cases(draw: DrawFn, wanted: Wanted) -> Case:
    """A case of what is wanted; it shrinks to few rows, few classes and plain numbers."""
    loss, encoded = wanted.loss, encoding(wanted.target_kind)
    shape = _shape(draw, wanted)
    classes = draw(st.integers(2, LONGEST))
    full = (*shape, classes) if loss.has_classes else shape
    names = _names(draw, wanted, shape)
    options = {name: _option(draw, name, full, wanted.dtype) for name in names}
    weights = _sample_weights(draw, wanted, names, shape)
    prediction = FORMATS[wanted.dtype].round(_predictions(draw, loss, full))
    if encoded in SPARSE | BINARY | ONE_HOT:
        labels = _choices(draw, range(classes if loss.has_classes else 2), shape)
        target = labels.astype(np.int64)
        if encoded == ONE_HOT:
            target = np.asarray(np.arange(classes) == labels[..., None])
        if "ignore_index" in names:
            options["ignore_index"] = IGNORED
            target = np.where(_choices(draw, (False, True), shape), IGNORED, target)
    else:
        target = _soft(draw, full, loss)
    return Case(
        loss=loss,
        target_kind=wanted.target_kind,
        prediction=prediction,
        target=target if encoded == SPARSE else FORMATS[wanted.dtype].round(target),
        reduction=REDUCTIONS[wanted.reduction],
        dtype=wanted.dtype,
        origin=ORIGIN,
        weights=weights,
        options=MappingProxyType(
            {name: value for name, value in options.items() if name not in _WEIGHTS}
        ),
    )


def _bytes(draw: DrawFn, shape: tuple[int, ...], width: int = 1) -> np.ndarray:
    """Bytes for each position, in one draw: some ten times as fast as number by number."""
    size = int(np.prod(shape, dtype=int)) * width
    drawn = draw(st.binary(min_size=size, max_size=size))
    return np.frombuffer(drawn, dtype=np.uint8).reshape(*shape, width).astype(np.int64)


def _choices(draw: DrawFn, among: Sequence[Any], shape: tuple[int, ...]) -> np.ndarray:
    """One of several for each position; it shrinks to the first."""
    return np.asarray(np.array(among)[_bytes(draw, shape)[..., 0] % len(among)])


def _shape(draw: DrawFn, wanted: Wanted) -> tuple[int, ...]:
    """The shape of the terms."""
    side = st.integers(1, _SIDE)
    rows = draw(st.integers(wanted.rows, max(LONGEST, wanted.rows)))
    if wanted.target_kind.endswith(SEGMENTATION_ENDING):
        return (min(rows, max(_SIDE, wanted.rows)), draw(side), *draw(st.lists(side, max_size=1)))
    if wanted.unbatched and wanted.rows == 1 and draw(st.integers(0, 5)) == 5:
        return ()
    if not wanted.loss.has_classes and draw(st.booleans()):
        return (rows, draw(side))
    return (rows,)


def _names(draw: DrawFn, wanted: Wanted, shape: tuple[int, ...]) -> tuple[str, ...]:
    """The names of some options that go together."""
    encoded = encoding(wanted.target_kind)
    known = {*wanted.loss.parameters, *(("ignore_index",) if encoded == SPARSE else ())}
    chosen: list[str] = [
        name
        for name in sorted(wanted.options & known - {"log_target"})
        if draw(st.integers(0, 2)) == 2
    ]
    kinds = [name for name in _WEIGHTS if name in wanted.options and (shape or name == _WEIGHTS[0])]
    if len(shape) < 2 and "position_weight" in kinds:
        kinds.remove("position_weight")  # with one axis a position is a sample
    heavy = "weight" in chosen
    forced = wanted.weighted and not heavy
    if kinds and (forced or draw(st.booleans())):
        chosen.append(draw(st.sampled_from(kinds)))
    elif forced and "weight" in wanted.options & known:
        chosen.append("weight")
    return tuple(chosen)


def _option(draw: DrawFn, name: str, full: tuple[int, ...], dtype: str) -> Any:
    if name == "weight":
        return FORMATS[dtype].round(_choices(draw, _WEIGHING, full[-1:]))
    if name == "pos_weight":
        per_column = len(full) > 1 and draw(st.booleans())
        return FORMATS[dtype].round(_choices(draw, _WEIGHING, full[-1:] if per_column else ()))
    return draw(st.sampled_from(_PARAMETERS[name])) if name in _PARAMETERS else None


def _sample_weights(
    draw: DrawFn, wanted: Wanted, names: tuple[str, ...], shape: tuple[int, ...]
) -> np.ndarray | None:
    sizes = {
        "scalar_weight": (),
        "sample_weight": shape[:1] + (1,) * (len(shape) - 1),
        "position_weight": shape,
    }
    for name in _WEIGHTS:
        if name in names:
            return FORMATS[wanted.dtype].round(_choices(draw, _WEIGHING, sizes[name]))
    return None


def _numbers(draw: DrawFn, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers between -8 and 8: whole ones, and ones that use every digit of a format."""
    drawn = _bytes(draw, shape, 8)
    size = (drawn[..., 1] % 17 + 1) // 2
    whole = np.where(drawn[..., 1] % 2, -size, size).astype(np.float64)
    fraction = np.sum(drawn[..., 2:] * 256.0 ** -np.arange(1, 7), axis=-1)
    return np.where(drawn[..., 0] % 4 < 2, whole, whole + np.where(whole < 0, 1, -1) * fraction)


def _predictions(draw: DrawFn, loss: Loss, full: tuple[int, ...]) -> np.ndarray:
    if loss.prediction == LOGITS:
        return _logits(draw, loss, full)
    if loss.prediction == LOG_PROBABILITIES:
        return np.asarray(-np.abs(_numbers(draw, full)))
    if not loss.has_classes:
        return _probabilities(draw, full)
    counts = _choices(draw, range(9), full).astype(np.float64)
    counts = np.where(counts.sum(-1, keepdims=True) == 0, 1.0, counts)
    return np.asarray(counts / counts.sum(-1, keepdims=True))


def _probabilities(draw: DrawFn, full: tuple[int, ...]) -> np.ndarray:
    """Probabilities: plain ones, 0 and 1 among them, ones with every digit, and small ones."""
    plain = _choices(draw, (0.5, 0.25, 0.75, 0.0, 1.0), full)
    any_ = np.abs(_numbers(draw, full)) / 8
    small = 2.0 ** -_choices(draw, range(1, 15), full)
    return np.choose(_choices(draw, range(3), full), (plain, any_, small))


def _logits(draw: DrawFn, loss: Loss, full: tuple[int, ...]) -> np.ndarray:
    numbers = _numbers(draw, full)
    if not loss.has_classes:
        return np.asarray(numbers * _choices(draw, (1.0, 8.0, 64.0), full))
    manners = _choices(draw, _MANNERS, full[:-1])
    classes = _choices(draw, range(full[-1]), full[:-1])
    for index in np.ndindex(full[:-1]):
        manner = str(manners[index])
        if manner == "tie":
            numbers[index] = numbers[index][0]
        elif manner == "offset":
            numbers[index] += _FAR[manner]
        elif manner in _FAR:
            numbers[index][classes[index]] += _FAR[manner]
    return numbers


def _soft(draw: DrawFn, full: tuple[int, ...], loss: Loss) -> np.ndarray:
    """Soft targets of which every format holds each number and each sum."""
    if not loss.has_classes:
        return np.asarray(_choices(draw, range(9), full) / 8)
    cuts = np.sort(_choices(draw, range(9), (*full[:-1], full[-1] - 1)), axis=-1)
    ends = np.concatenate([np.zeros((*full[:-1], 1)), cuts, np.full((*full[:-1], 1), 8)], axis=-1)
    return np.asarray(np.diff(ends, axis=-1) / 8)


__all__ = ["IGNORED", "ORIGIN", "Wanted", "cases"]
