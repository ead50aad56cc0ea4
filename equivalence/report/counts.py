"""Counts of verdicts: every number of a report has its denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence.finding import GRAVITY, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

RANK = {verdict: rank for rank, verdict in enumerate(GRAVITY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many findings, or cells, came to each verdict.

    Attributes:
        numbers: One for each verdict of ``GRAVITY``.
    """

    numbers: tuple[int, ...]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Counts:
        """The counts of some verdicts.

        >>> str(Counts.of([Verdict.AGREES, Verdict.EXPLAINED, Verdict.ABSENT]))
        '1 of 2 agree'
        """
        numbers = [0] * len(GRAVITY)
        for verdict in verdicts:
            numbers[RANK[verdict]] += 1
        return cls(numbers=tuple(numbers))

    def __getitem__(self, verdict: Verdict) -> int:
        return self.numbers[RANK[verdict]]

    def __str__(self) -> str:
        return f"{self.agree:,} of {self.asked:,} agree"

    @property
    def present(self) -> tuple[tuple[Verdict, int], ...]:
        """The verdicts that occur, gravest first, with their numbers."""
        return tuple(
            (verdict, number)
            for verdict, number in zip(GRAVITY, self.numbers, strict=True)
            if number
        )

    @property
    def gravest(self) -> Verdict:
        """The gravest verdict that occurs; ``inapplicable`` if there is none."""
        return next((verdict for verdict, _ in self.present), Verdict.INAPPLICABLE)

    @property
    def asked(self) -> int:
        """The denominator: everything that was asked."""
        return sum(number for verdict, number in self.present if verdict.asked)

    @property
    def agree(self) -> int:
        """How many agree."""
        return self[Verdict.AGREES]

    @property
    def catalogued(self) -> int:
        """How many pass only because the catalogue knows them (amber)."""
        return sum(number for verdict, number in self.present if verdict.catalogued)

    @property
    def failing(self) -> int:
        """How many make the run fail (red)."""
        return sum(number for verdict, number in self.present if verdict.fails)


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of some counts."""
    numbers = zip(*(count.numbers for count in counts), strict=True)
    return Counts(numbers=tuple(sum(column) for column in numbers) or (0,) * len(GRAVITY))
