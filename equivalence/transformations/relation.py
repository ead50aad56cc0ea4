"""What a relation is: a case that is changed, and what its answer must then be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation

# From the undivided readings of the others, to what that of the first must be: the arrays, the
# quantity, and whether they are terms. It is linear, and takes bounds as it takes numbers.
Back = Callable[[Sequence[np.ndarray], str, bool], np.ndarray]


class Related(NamedTuple):
    """Questions whose answers are known from each other.

    Attributes:
        case: The first question.
        others: Whom to ask what else.
        back: What their answers make of the first one's.
        words: What was done, for people.
    """

    case: Case
    others: tuple[tuple[Implementation, Case], ...]
    back: Back
    words: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relation:
    """A law about two or more questions.

    Attributes:
        name: As in the items' ids.
        offered: Whether an implementation is asked, in a mode.
        change: From a drawn case to related ones; None if it has none.
        rows: How many rows a case has at least.
        weighted: Whether a case has weights.
        classes: How many classes a case has; 0 leaves it open.
    """

    name: str
    offered: Callable[[Implementation, str], bool]
    change: Callable[[DrawFn, Implementation, str, Case], Related | None]
    rows: int = 1
    weighted: bool = False
    classes: int = 0

    def __str__(self) -> str:
        return self.name


def unchanged(arrays: Sequence[np.ndarray], _quantity: str, _terms: object) -> np.ndarray:
    """What the only other one says."""
    return arrays[0]
