"""Shards: a run in parts, each asked by another process or on another machine.

What is asked of everybody about one loss, target kind, reduction and dtype stays together, because
exact answers are shared: a cell is in one shard, and which one depends on its name alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"([1-9]\d*(?:,[1-9]\d*)*)/([1-9]\d*)")
_PARTS = 4  # of a cell's id, that say what is asked


class ShardError(ValueError):
    """A shard is not one; the message says how it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Some of the parts of a run.

    Attributes:
        parts: Which, from 1.
        of: How many there are.
    """

    parts: frozenset[int] = frozenset({1})
    of: int = 1

    def __str__(self) -> str:
        if self.whole:
            return ""
        return f"{','.join(map(str, sorted(self.parts)))}/{self.of}"

    __repr__ = __str__

    @property
    def whole(self) -> bool:
        """Whether no part is missing."""
        return len(self.parts) == self.of

    @property
    def first(self) -> bool:
        """Whether it has what is asked once: the first part."""
        return 1 in self.parts

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts that are missing, as they are written."""
        return tuple(
            f"{part}/{self.of}" for part in range(1, self.of + 1) if part not in self.parts
        )

    def holds(self, cell: str) -> bool:
        """Whether a cell is in it.

        >>> cell = "cross_entropy:sparse:mean:float32:value:torch.cross_entropy@eager"
        >>> [parse_shard(f"{part}/3").holds(cell) for part in (1, 2, 3)].count(True)
        1
        """
        if self.whole:
            return True
        question = ":".join(cell.split(":", _PARTS)[:_PARTS])
        digest = hashlib.blake2b(question.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of + 1 in self.parts


WHOLE = Shard()


def parse_shard(text: str) -> Shard:
    """The shard that is written as ``"2/3"``, or ``"1,3/4"``; nothing is the whole run.

    Raises:
        ShardError: If it is written in another way, or there is no such part.

    >>> str(parse_shard("3,1/4"))
    '1,3/4'
    """
    if not text:
        return WHOLE
    found = _WRITTEN.fullmatch(text)
    parts = frozenset(map(int, found[1].split(","))) if found else frozenset()
    if not found or max(parts) > int(found[2]):
        message = f"{text!r} is no shard; the first of three is 1/3, the last is 3/3"
        raise ShardError(message)
    return Shard(parts=parts, of=int(found[2]))
