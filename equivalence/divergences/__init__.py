"""Who is known to answer another question, and which: the catalogue."""

import importlib

from equivalence.divergences.divergence import DIVERGENCES, Divergence, Standing, divergence

# In the order in which entries are applied one after the other: what computes in float32 comes
# before what adds an epsilon, which is rounded to float32 then. A module stands behind those that
# it imports. What becomes of a malformed question is said first, wherever the entry stands.
MODULES = (
    "dtypes",
    "dtypes_tensorflow",
    "former_keras",
    "former_keras_2",
    "former_keras_torch",
    "former_sklearn",
    "hidden_states",
    "keras",
    "keras_focal",
    "keras_focal_curvature",
    "masks",
    "keras_infinities",
    "keras_kullback_leibler",
    "former_keras_2_float16",
    "keras_on_torch",
    "keras_reductions",
    "malformed_former_keras",
    "malformed_former_keras_2",
    "malformed_former_sklearn",
    "malformed_tensorflow",
    "malformed_keras",
    "malformed_keras_torch",
    "malformed_numpy",
    "malformed_relatives",
    "malformed_sklearn",
    "malformed_tensorflow_refusals",
    "malformed_torch",
    "refusals",
    "sklearn",
    "smoothing_outside",
    "tensorflow",
    "tensorflow_weighted",
    "textbook",
    "torch",
    "torch_binary",
    "torch_kullback_leibler",
    "torch_means",
    "torch_multilabel",
    "torch_soft_margin",
    "torch_weights",
    "weights",
    "weights_keras_torch",
)

for _name in MODULES:
    importlib.import_module(f"{__name__}.{_name}")

__all__ = ["DIVERGENCES", "MODULES", "Divergence", "Standing", "divergence"]
