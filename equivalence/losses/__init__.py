"""What is true: definitions of losses, their gradients, their bounds, and reductions."""

from equivalence.losses import (
    curvature_binary_focal,
    curvature_focal,
    curvature_probabilities,
)
from equivalence.losses.binary import binary_cross_entropy, binary_cross_entropy_with_logits
from equivalence.losses.binary_focal import (
    binary_focal_cross_entropy,
    binary_focal_cross_entropy_with_logits,
)
from equivalence.losses.categorical import (
    cross_entropy,
    cross_entropy_from_probabilities,
    negative_log_likelihood,
)
from equivalence.losses.focal import focal_cross_entropy, focal_cross_entropy_from_probabilities
from equivalence.losses.kullback_leibler import kl_divergence, kl_divergence_from_probabilities
from equivalence.losses.loss import LOSSES, Gradients, Loss, TermBounds, loss
from equivalence.losses.reduction import MEAN, NONE, REDUCTIONS, SUM, Reduction

__all__ = [
    "LOSSES",
    "MEAN",
    "NONE",
    "REDUCTIONS",
    "SUM",
    "Gradients",
    "Loss",
    "Reduction",
    "TermBounds",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "binary_focal_cross_entropy",
    "binary_focal_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_from_probabilities",
    "curvature_binary_focal",
    "curvature_focal",
    "curvature_probabilities",
    "focal_cross_entropy",
    "focal_cross_entropy_from_probabilities",
    "kl_divergence",
    "kl_divergence_from_probabilities",
    "loss",
    "negative_log_likelihood",
]
