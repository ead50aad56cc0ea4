"""Who is known to answer another question, and which: the catalogue."""

from equivalence.divergences import keras, sklearn, tensorflow, textbook, torch  # noqa: F401 - they fill the catalogue
from equivalence.divergences.divergence import DIVERGENCES, Divergence, divergence

__all__ = ["DIVERGENCES", "Divergence", "divergence"]
