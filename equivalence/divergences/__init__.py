"""Who is known to answer another question, and which: the catalogue."""

from equivalence.divergences import (  # noqa: F401 - they fill the catalogue
    keras,
    keras_focal,
    keras_reductions,
    sklearn,
    tensorflow,
    textbook,
    torch,
)
from equivalence.divergences.divergence import DIVERGENCES, Divergence, Standing, divergence

__all__ = ["DIVERGENCES", "Divergence", "Standing", "divergence"]
