"""What is remembered: the latest results, as many as a number of entries and of bytes allow."""

from __future__ import annotations

import dataclasses
import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

_Result = TypeVar("_Result")

BYTES = 2**28  # by default, of the arrays that one memory holds


def size(result: Any) -> int:
    """The bytes of arrays, and of what says how many it has; what else there is weighs nothing.

    >>> size((memoryview(b"four"), None, "words"))
    4
    """
    if isinstance(result, tuple):
        return sum(map(size, result))
    own: int | None = getattr(result, "nbytes", None)
    if own is not None:
        return own
    parts = _parts(result.__class__)
    return sum(size(getattr(result, name)) for name in parts)


@functools.cache
def _parts(kind: Any) -> tuple[str, ...]:
    """The names of the fields of a dataclass; none of anything else."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return tuple(field.name for field in fields)


class Remembered(Generic[_Result]):
    """Results by key, of which the oldest are forgotten; the latest never is.

    Args:
        entries: How many are kept at most.
        limit: How many bytes of arrays.
    """

    def __init__(self, entries: int, limit: int = BYTES) -> None:
        self._entries, self._limit = entries, limit
        self._kept: OrderedDict[Hashable, tuple[_Result, int]] = OrderedDict()
        self._total = 0

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, key: Hashable, make: Callable[[], _Result]) -> _Result:
        """The result of a key, made if it is not known."""
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            result = make()
            self._kept[key] = result, size(result)
            self._total += self._kept[key][1]
            while len(self._kept) > 1 and (
                len(self._kept) > self._entries or self._total > self._limit
            ):
                self._total -= self._kept.popitem(last=False)[1][1]
        return self._kept[key][0]
