"""Agreement: implementations against each other, without an exact answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.failures import agrees

if TYPE_CHECKING:
    from equivalence.items import Round


def test_agreement(asked_of_several: Round) -> None:
    """Any two implementations that answer one question agree within the sum of their bounds."""
    agrees(asked_of_several.disagreements())
