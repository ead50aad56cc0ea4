"""Reductions: the terms, the sum and the means of one implementation, against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.failures import agrees

if TYPE_CHECKING:
    from equivalence.items import Reductions


def test_terms_add_up(sum_beside_terms: Reductions) -> None:
    """The terms that an implementation returns add up to its sum, and so do their gradients."""
    agrees(sum_beside_terms.sums())


def test_mean_divides(mean_beside_sum: Reductions) -> None:
    """Every native mean is the native sum divided by the denominator that the catalogue names."""
    agrees(mean_beside_sum.means())
