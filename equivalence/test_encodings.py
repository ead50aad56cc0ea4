"""Encodings: a class index, its one-hot row, and a soft row that is hard are one target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.failures import agrees, none_of

if TYPE_CHECKING:
    from equivalence.items import Encodings


def test_exact_answer(encoded: Encodings) -> None:
    """The exact answer does not depend on how the target is written."""
    none_of(encoded.answers())


def test_class_index_and_one_hot(class_indices: Encodings) -> None:
    """A class index and its one-hot row have one loss, unless the catalogue says otherwise."""
    agrees(class_indices.disagreements())
