"""Gradients: every implementation that differentiates, against the exact derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.failures import Judged
    from equivalence.items import Cell


def test_gradient(gradient_cell: Cell, judged: Judged) -> None:
    """Every gradient is the derivative of the loss, or of the question that the catalogue says."""
    judged(gradient_cell.findings())


def test_target_gradient(target_gradient_cell: Cell, judged: Judged) -> None:
    """Every gradient with respect to a soft target is the derivative with respect to it."""
    judged(target_gradient_cell.findings())


def test_weight_gradient(weight_gradient_cell: Cell, judged: Judged) -> None:
    """Every gradient with respect to weights is the derivative, through denominators too."""
    judged(weight_gradient_cell.findings())


def test_hessian_vector_product(hessian_vector_product_cell: Cell, judged: Judged) -> None:
    """Every gradient that is differentiated once more is the second derivative."""
    judged(hessian_vector_product_cell.findings())
