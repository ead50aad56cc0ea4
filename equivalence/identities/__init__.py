"""The nine claims of the tutorial that started this, each examined by running code."""

from collections.abc import Collection

from equivalence.identities import binary, categorical
from equivalence.identities.claim import CLAIMS, Claim, Examined, examine

CLAIM_MODULES = (categorical, binary)  # importing them registers their claims


def claims(available: Collection[str]) -> tuple[Examined, ...]:
    """Every claim, examined with the frameworks that are available, in the order of the numbers."""
    return tuple(examine(CLAIMS[number], available) for number in sorted(CLAIMS))


__all__ = ["CLAIMS", "CLAIM_MODULES", "Claim", "Examined", "claims", "examine"]
