"""Relations: the same loss of a changed question, without an exact answer, for any numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from equivalence.failures import Holds
    from equivalence.items import Relating


def test_shift(shifted: Relating, holds: Holds) -> None:
    """One constant added to all logits of all rows changes neither loss nor gradient."""
    holds(shifted)


def test_classes(classes_reordered: Relating, holds: Holds) -> None:
    """Classes in another order, with their targets and weights, have the same loss."""
    holds(classes_reordered)


def test_rows(rows_reordered: Relating, holds: Holds) -> None:
    """Rows in another order have the same losses in that order, and the same sum and mean."""
    holds(rows_reordered)


def test_split(batch_split: Relating, holds: Holds) -> None:
    """The sums of the parts of a batch add up to the sum of the whole."""
    holds(batch_split)


def test_weights(weights_scaled: Relating, holds: Holds) -> None:
    """Weights that are k times as large make terms and sums k times as large."""
    holds(weights_scaled)


def test_sum(mean_beside_its_sum: Relating, holds: Holds) -> None:
    """A mean times its denominator is the sum."""
    holds(mean_beside_its_sum)


def test_one_hot(index_beside_one_hot: Relating, holds: Holds) -> None:
    """A class index has the loss of its one-hot row."""
    holds(index_beside_one_hot)


def test_two_classes(sigmoid_beside_softmax: Relating, holds: Holds) -> None:
    """A logit x has the binary loss that the two classes [0, x] have."""
    holds(sigmoid_beside_softmax)
