"""Who is known to answer another question, and which: the catalogue."""

from equivalence.divergences import (  # noqa: F401 - they fill the catalogue
    dtypes,
    dtypes_tensorflow,
    former_keras,
    former_sklearn,
    hidden_states,
    keras,
    keras_focal,
    keras_infinities,
    keras_reductions,
    malformed_former_keras,
    malformed_former_sklearn,
    malformed_keras,
    malformed_numpy,
    malformed_relatives,
    malformed_sklearn,
    malformed_tensorflow,
    malformed_tensorflow_refusals,
    malformed_torch,
    masks,
    refusals,
    sklearn,
    smoothing_outside,
    tensorflow,
    tensorflow_weighted,
    textbook,
    torch,
    torch_kullback_leibler,
    torch_margins,
    torch_means,
    torch_weights,
    weights,
)
from equivalence.divergences.divergence import DIVERGENCES, Divergence, Standing, divergence

__all__ = ["DIVERGENCES", "Divergence", "Standing", "divergence"]
