"""Parts that a definition, its gradient and its bound have in common, computed once.

They are known by the array that they are parts of: only of an array that cannot be written to, for
whoever could change it would get the parts of what it was. Nobody may change what it is a view of.
"""

from __future__ import annotations

import functools
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

import flint
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_Parts = TypeVar("_Parts")

_LATEST = 4  # arrays whose parts are kept, of each function
_LARGE = {"f": 2**16, "O": 2**12}  # numbers (floats, balls) of an array beyond which none are


def read_only(array: Any) -> np.ndarray:
    """A view of the same numbers, through which they cannot be written to."""
    view: np.ndarray = np.asarray(array).view()
    view.flags.writeable = False
    return view


def shared(function: Callable[..., _Parts]) -> Callable[..., _Parts]:
    """Remembers what a function of an array, its last argument, returned of the latest ones.

    The same array of balls has other parts at another working precision.
    """
    latest: deque[tuple[Any, tuple[Any, ...], _Parts]] = deque(maxlen=_LATEST)

    @functools.wraps(function)
    def once(*arguments: Any) -> _Parts:
        array = arguments[-1]
        if not isinstance(array, np.ndarray) or array.flags.writeable:
            return function(*arguments)
        if array.size > _LARGE.get(array.dtype.kind, 0):
            return function(*arguments)
        others = (*arguments[:-1], flint.ctx.prec)
        for known, beside, parts in latest:
            if known is array and beside == others:
                return parts
        latest.append((array, others, function(*arguments)))
        return latest[-1][2]

    return once
