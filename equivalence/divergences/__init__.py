"""Who is known to answer another question, and which: the catalogue."""

from equivalence.divergences.divergence import DIVERGENCES, Divergence, divergence

__all__ = ["DIVERGENCES", "Divergence", "divergence"]
