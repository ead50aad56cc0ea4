"""Values: every implementation, in every mode, against the exact answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.failures import Judged
    from equivalence.items import Cell


def test_value(value_cell: Cell, judged: Judged) -> None:
    """Every implementation computes the loss that mathematics defines, or the question that the catalogue says."""
    judged(value_cell.findings())
