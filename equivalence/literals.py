"""Numbers and arrays as Python text that gives the same bits again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

WIDTH = 100  # columns beyond which a literal is broken into rows
MANY = 2000  # numbers from which on an array is written as an expression, if one makes it
TOO_MANY = 20_000  # numbers that are not written one by one
PERIOD = 2048  # numbers that may be repeated


def literal(value: Any) -> str:
    """A number or an array as Python text that gives the same bits again.

    >>> literal(np.array([[0.1, -np.inf]], dtype=np.float32))
    '[[0.1, -float("inf")]]'
    """
    return _nested(value, "") if isinstance(value, np.ndarray) else _number(value)


def _nested(array: np.ndarray, indent: str) -> str:
    """The array on one line; if that is too long, its rows on lines of their own."""
    if array.ndim == 0:
        return _number(array.item() if array.dtype.kind == "U" else array[()])
    deeper = indent + "    "
    items = [_inner(part, deeper) for part in array]
    text = f"[{', '.join(items)}]"
    if len(text) + len(indent) <= WIDTH:
        return text
    lines = items if array.ndim > 1 else [""]
    for item in items if array.ndim == 1 else ():
        if len(lines[-1]) + len(item) + len(deeper) > WIDTH - 2:
            lines.append("")
        lines[-1] += f", {item}" if lines[-1] else item
    body = "".join(f"{deeper}{line},\n" for line in lines)
    return f"[\n{body}{indent}]"


def _inner(part: Any, indent: str) -> str:
    """A row, or a number or word, of which NumPy's arrays of words yield no arrays."""
    return _nested(part, indent) if isinstance(part, np.ndarray) else _number(part)


def _number(value: Any) -> str:
    """The shortest decimal that is this number again, also when it is read as a double first."""
    if isinstance(value, str):
        return repr(str(value)).replace("'", '"')
    if isinstance(value, np.complexfloating):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    wide = float(value)
    if math.isnan(wide):
        return 'float("nan")'
    if math.isinf(wide):
        return 'float("inf")' if wide > 0 else '-float("inf")'
    if not isinstance(value, np.generic):
        return repr(wide)
    short = str(value)
    return short if float(type(value)(float(short))) == wide else repr(wide)


def written(array: np.ndarray) -> str:
    """An array as a literal, or as the NumPy expression that makes it if it is large.

    Raises:
        ValueError: If it is too large for a literal and no short expression makes it.

    >>> written(np.resize(np.float32([0.1, 0.5, 2.0]), (1000, 3)))
    'np.resize([0.1, 0.5, 2.0], (1000, 3))'
    """
    if not array.size and array.ndim > 1:  # a literal says nothing of the axes behind an empty one
        return f"np.zeros({array.shape})"
    if array.size < MANY:
        return literal(array)
    text = _repeated(array) or _pointed(array)
    if text or array.size <= TOO_MANY:
        return text or literal(array)
    message = f"an array of {array.size:,} numbers, which no short expression makes"
    raise ValueError(message)


def _repeated(array: np.ndarray) -> str:
    """An array that repeats a short block of numbers, as np.resize makes it."""
    flat = _bits(array)
    first = flat[: 4 * PERIOD]  # most periods fail here already
    for period in (np.flatnonzero(flat[1 : PERIOD + 1] == flat[0]) + 1).tolist():
        if not np.array_equal(first[period:], first[:-period]):
            continue
        if np.array_equal(flat[period:], flat[:-period]):
            return f"np.resize({literal(array.ravel()[:period])}, {array.shape})"
    return ""


def _pointed(array: np.ndarray) -> str:
    """Rows that hold one number at one place and another elsewhere: one-hot and smoothed ones."""
    place = np.argmax(array, axis=-1)[..., None]
    high, low = np.max(array), np.min(array)
    if np.any(array != np.where(np.arange(array.shape[-1]) == place, high, low)):
        return ""
    at = f"np.arange({array.shape[-1]}) == np.array({written(place)})"
    return f"np.where({at}, {_number(high)}, {_number(low)})"


def _bits(array: np.ndarray) -> np.ndarray:
    """The numbers as integers of their bits: -0.0 is not 0.0, and NaN is itself."""
    return np.ascontiguousarray(array).ravel().view(f"u{array.dtype.itemsize}")
