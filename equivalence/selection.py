"""Selecting: which cells are asked, by words that match the parts of their ids.

A word is ``piece:piece:...``, and each piece matches one part of
``loss:target:reduction:dtype:quantity: implementation@mode:case``, in this order; parts may be left
out. ``*`` and ``?`` match as in a shell; brackets are plain characters. A piece also matches an
implementation without its mode or without its ``[MEAN]``, its framework (``torch``), its mode
(``@graph``), or both (``tensorflow_v1@graph``). ``!`` in front negates; several words are and-ed.
"""

from __future__ import annotations

import difflib
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.cases import edges
from equivalence.cases.answers import QUANTITIES
from equivalence.cases.case import SEGMENTATION_ENDING, Encoding
from equivalence.cases.generation import SHAPES
from equivalence.cases.pinned import pinned
from equivalence.cases.regimes import REGIMES
from equivalence.exact import FORMATS
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS
from equivalence.losses import LOSSES, REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

ORDER = "loss:target:reduction:dtype:quantity:implementation@mode:case"
MODES = ("@eager", "@graph", "@function", "@xla", "@func", "@compile", "@strided")
FEW = 12  # words that a message can name
_PARTS = ORDER.count(":") - 1  # the colons in a cell's id
_ANYTHING = "\0" * 8  # the rest of a name that is not known yet


class SelectError(ValueError):
    """A word selects nothing that is known; the message says which, and the nearest right words."""


class NothingSelectedError(ValueError):
    """All words are known, and together they select nothing."""


@functools.lru_cache(maxsize=4096)
def _pattern(piece: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile(
        "".join(wild.get(character) or re.escape(character) for character in piece), re.DOTALL
    )


def _matches(piece: str, text: str) -> bool:
    return piece == text or _pattern(piece).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _readings(part: str) -> tuple[str, ...]:
    """Everything that an ``implementation@mode`` is called."""
    name, _, mode = part.rpartition("@")
    family, framework = name.partition("[")[0], name.partition(".")[0]
    return (part, name, family, f"{family}@{mode}", framework, f"{framework}@{mode}", f"@{mode}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a selection.

    Attributes:
        text: Without the ``!``.
        negated: Whether it takes away.
    """

    text: str
    negated: bool = False

    @property
    def pieces(self) -> tuple[str, ...]:
        """What is between its colons."""
        return tuple(self.text.split(":"))

    def matches(self, cell: str, case: str) -> bool:
        """Whether its pieces match parts of a finding's name, in order."""
        if self.text in {cell, f"{cell}:{case}"}:
            return True
        parts = cell.split(":", _PARTS)
        readings = [*((part,) for part in parts[:-1]), _readings(parts[-1]), (case,)]
        remaining = iter(readings)
        return all(
            any(any(_matches(piece, name) for name in names) for names in remaining)
            for piece in self.pieces
        )

    @property
    def names_cases(self) -> bool:
        """Whether it may leave a cell with some of its cases only."""
        return len(self.pieces) > _PARTS + 1 or any(map(_may_name_case, self.pieces))

    def concerns(self, framework: str) -> bool:
        """Whether some finding of a framework may be left, judged by its name alone."""
        if self.negated:
            whole = (framework, f"{framework}.{_ANYTHING}")
            return len(self.pieces) > 1 or not any(_matches(self.text, name) for name in whole)
        return all(_common(piece) or _may_name(piece, framework) for piece in self.pieces)

    def names(self, framework: str) -> bool:
        """Whether it begins a piece with the name of a framework."""
        begins = (re.split(r"[.@*]", piece)[0] for piece in self.pieces)
        return not self.negated and framework in begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Words that are and-ed; without words everything is selected."""

    words: tuple[Word, ...] = ()

    def takes(self, cell: str, case: str = "") -> bool:
        """Whether a finding is selected.

        >>> cell = "cross_entropy:sparse:mean:float32:gradient:torch.cross_entropy@eager"
        >>> [parse([word]).takes(cell) for word in ("sparse:mean", "torch.*", "mean:sparse")]
        [True, True, False]
        """
        return all(word.matches(cell, case) != word.negated for word in self.words)

    def concerns(self, framework: str) -> bool:
        """Whether a framework may have to be asked; decided without importing it."""
        return all(word.concerns(framework) for word in self.words)

    def names(self, framework: str) -> bool:
        """Whether a word names a framework."""
        return any(word.names(framework) for word in self.words)

    def check(self, framework: str, names: Iterable[str]) -> None:
        """Checks the pieces that begin with a framework's name, once its implementations are known.

        Args:
            framework: Its name.
            names: Its implementations with their modes: ``"torch.cross_entropy@eager"``.

        Raises:
            SelectError: If a piece matches none of them.
        """
        known = {reading for name in names for reading in _readings(name)}
        for word in self.words:
            for piece in word.pieces:
                mine = re.split(r"[.@]", piece)[0] == framework
                if mine and not _common(piece) and not any(_matches(piece, name) for name in known):
                    raise SelectError(_unknown(word, piece, known))


def parse(words: Iterable[str]) -> Selection:
    """The selection of some words.

    Raises:
        SelectError: If a piece is empty, or can match no loss, target kind, reduction, dtype,
            quantity, framework, mode or case. What begins with a framework's name is checked later,
            by ``check``.
    """
    parsed = tuple(
        Word(text=word.removeprefix("!"), negated=word.startswith("!")) for word in words
    )
    frameworks = _frameworks()
    for word in parsed:
        if not all(word.pieces):
            message = f"the selection {word.text!r} has an empty piece; the parts are {ORDER}"
            raise SelectError(message)
        for piece in word.pieces:
            if not _common(piece) and not any(_may_name(piece, name) for name in frameworks):
                raise SelectError(_unknown(word, piece, _implementations()))
    return Selection(words=parsed)


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The nearest right words, as the end of a message.

    >>> nearest("torhc", ["torch", "sklearn"])
    'the nearest is torch'
    """
    words = sorted(set(known))
    near = (
        difflib.get_close_matches(wrong, words, 3)
        or [word for word in words if wrong.lower() in word.lower()][:3]
    )
    if not near:
        return f"there are {', '.join(words)}" if len(words) <= FEW else ""
    return f"the nearest {'is' if len(near) == 1 else 'are'} {', '.join(near)}"


def _unknown(word: Word, piece: str, implementations: Iterable[str]) -> str:
    hint = nearest(
        piece, {*_words(), *_frameworks(), *implementations, *(f"{name}.*" for name in _regimes())}
    )
    what = "nothing" if piece == word.text else f"in {word.text!r} nothing"
    return f"{what} is called {piece!r}; {hint or '`equivalence list` prints what there is'}"


def _frameworks() -> set[str]:
    return {
        *FRAMEWORKS,
        *(implementation.framework.name for implementation in IMPLEMENTATIONS.values()),
    }


def _implementations() -> set[str]:
    """What is loaded so far, under all its names."""
    parts = (
        f"{name}@{mode}" for name, known in IMPLEMENTATIONS.items() for mode in known.offered_modes
    )
    return {reading for part in parts for reading in _readings(part)}


@functools.cache
def _regimes() -> tuple[str, ...]:
    return ("pinned", *sorted({name for regimes in REGIMES.values() for name in regimes}))


def _modes() -> set[str]:
    loaded = (
        mode for implementation in IMPLEMENTATIONS.values() for mode in implementation.offered_modes
    )
    return {*MODES, *(f"@{mode}" for mode in loaded)}


def _words() -> set[str]:
    """The words of all parts but implementation and case."""
    kinds = [str(encoding.name).lower() for encoding in Encoding]
    return {
        *LOSSES,
        *kinds,
        *(kind + SEGMENTATION_ENDING for kind in kinds),
        *REDUCTIONS,
        *FORMATS,
        *QUANTITIES,
        *_modes(),
    }


def _common(piece: str) -> bool:
    """Whether a piece may match a part that does not depend on the framework."""
    return any(_matches(piece, word) for word in _words()) or _may_name_case(piece)


def _may_name_case(piece: str) -> bool:
    regime, dot, rest = piece.partition(".")
    if not dot and "*" not in piece:
        return False
    if regime == "pinned":
        return any(_matches(piece, case.origin) for case in pinned())
    if regime == edges.ORIGIN:
        return any(_matches(rest, name) for name in edges.EDGES)
    shape = rest.partition(".")[0] if "*" not in regime else "*"
    shaped = not shape or any(_matches(shape, name) for name in SHAPES) or "*" in shape
    return shaped and any(_matches(regime, name) for name in _regimes())


def _may_name(piece: str, framework: str) -> bool:
    """Whether a piece may match an implementation of a framework, by what is before the dot."""
    head, end, _ = re.split(r"([*?.@])", f"{piece}.", maxsplit=1)
    if end in {"*", "?"}:
        return framework.startswith(head)
    return head == framework or (piece.startswith("@") and piece in _modes())
