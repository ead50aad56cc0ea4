"""Who is known to answer another question, and which: the catalogue."""

from equivalence.divergences import (  # noqa: F401 - they fill the catalogue
    keras,
    keras_focal,
    keras_infinities,
    keras_reductions,
    masks,
    refusals,
    sklearn,
    smoothing,
    tensorflow,
    textbook,
    torch,
    weights,
)
from equivalence.divergences.divergence import DIVERGENCES, Divergence, Standing, divergence

__all__ = ["DIVERGENCES", "Divergence", "Standing", "divergence"]
