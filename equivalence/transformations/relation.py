"""What a relation is: a case that is changed, and what its answer must then be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equivalence.cases.case import Encoding, encoding

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
        reductions: Of which reductions; empty for all.
        encodings: Of which encodings of the target; None for all.
        without: Options that cases do not have.
        rows: How many rows a case has at least.
        weighted: Whether a case has weights.
    """

    name: str
    offered: Callable[[Implementation, str], bool]
    change: Callable[[DrawFn, Implementation, str, Case], Related | None]
    reductions: tuple[str, ...] = ()
    encodings: Encoding | None = None
    without: frozenset[str] = frozenset()
    rows: int = 1
    weighted: bool = False

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    def takes(self, target_kind: str, reduction: str) -> bool:
        """Whether it is about cases of a target kind and a reduction."""
        kinds = self.encodings is None or encoding(target_kind) in self.encodings
        return kinds and (not self.reductions or reduction in self.reductions)


def unchanged(arrays: Sequence[np.ndarray], _quantity: str, _terms: object) -> np.ndarray:
    """What the only other one says."""
    return arrays[0]
