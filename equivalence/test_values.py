"""Values: every implementation, in every mode, against the exact answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.failures import Judged
    from equivalence.items import Cell


def test_value(value_cell: Cell, judged: Judged) -> None:
    """Every implementation computes what mathematics defines, or what the catalogue says."""
    judged(value_cell.findings())
