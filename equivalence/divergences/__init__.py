"""Who is known to answer another question, and which: the catalogue."""

from equivalence.divergences import (  # noqa: F401 - they fill the catalogue
    keras_torch,
    keras,
    keras_focal,
    keras_reductions,
    sklearn,
    tensorflow,
    textbook,
    torch,
    torch_kullback_leibler,
    torch_margins,
)
from equivalence.divergences.divergence import DIVERGENCES, Divergence, Standing, divergence

__all__ = ["DIVERGENCES", "Divergence", "Standing", "divergence"]
