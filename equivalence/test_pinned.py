"""Pinned cases: the questions of ``fixtures/cases``, with the numbers that are printed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.failures import none_of, passes

if TYPE_CHECKING:
    from equivalence.items import PinnedFile


def test_printed_numbers(pinned_file: PinnedFile) -> None:
    """The exact answer of a pinned case rounds to the printed numbers."""
    none_of(pinned_file.misprints())


def test_pinned_case(pinned_file: PinnedFile) -> None:
    """Every implementation answers a pinned case exactly enough, or as the catalogue says."""
    passes(pinned_file.findings())
