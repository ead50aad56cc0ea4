"""What TensorFlow makes of targets of another dtype than the prediction's: it refuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equivalence.divergences.divergence import divergence
from equivalence.divergences.dtypes import (
    TENSORFLOW,
    labels_other_than,
    of_two_dtypes,
    written_in_integers,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case

SPARSE = (
    "tensorflow_v?.nn.sparse_softmax_cross_entropy_with_logits",
    "tensorflow_v1.losses.sparse_softmax_cross_entropy*",
)
_LABELS = 'Documented: labels are "a Tensor of type int32 or int64".'
_SAME = 'Documented: labels are "a Tensor of the same type and shape as logits".'


def invalid_argument() -> type[Exception]:
    """TensorFlow's own exception, which only it can name; met only where it answers."""
    import tensorflow as tf  # noqa: TID251 - see above

    raised: type[Exception] = tf.errors.InvalidArgumentError
    return raised


@divergence(
    *(f"{name}@eager" for name in SPARSE),
    versions=">=1.0",
    reference=TENSORFLOW + "sparse_softmax_cross_entropy_with_logits",
    by_design=_LABELS,
)
def takes_int32_and_int64_labels_only(case: Case) -> type[Exception] | None:
    """Class indices must be int32 or int64: others raise InvalidArgumentError."""
    return invalid_argument() if labels_other_than(case, "int32", "int64") else None


@divergence(
    *(f"{name}@{mode}" for name in SPARSE for mode in ("graph", "function", "xla")),
    versions=">=1.0",
    reference=TENSORFLOW + "sparse_softmax_cross_entropy_with_logits",
    by_design=_LABELS,
)
def builds_no_graph_of_other_labels(case: Case) -> type[Exception] | None:
    """Class indices must be int32 or int64: of others no graph can be made, which is TypeError."""
    return TypeError if labels_other_than(case, "int32", "int64") else None


@divergence(
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits",
    versions=">=1.0",
    reference=TENSORFLOW + "weighted_cross_entropy_with_logits",
    by_design=_SAME,
)
def weighs_no_integers(case: Case) -> type[Exception] | None:
    """Integer and bool targets raise TypeError: its weight, a float, is cast to them."""
    return TypeError if written_in_integers(case) else None


@divergence(
    "tensorflow_v?.nn.sigmoid_cross_entropy_with_logits@eager",
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits@eager",
    versions=">=1.0",
    reference=TENSORFLOW + "sigmoid_cross_entropy_with_logits",
    by_design=_SAME,
)
def promotes_no_targets(case: Case) -> type[Exception] | None:
    """A target of another dtype than the logits' raises InvalidArgumentError, wider or narrower."""
    return invalid_argument() if of_two_dtypes(case) else None


@divergence(
    "tensorflow_v?.nn.sigmoid_cross_entropy_with_logits@graph",
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits@graph",
    "tensorflow_v?.nn.sigmoid_cross_entropy_with_logits@function",
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits@function",
    "tensorflow_v?.nn.sigmoid_cross_entropy_with_logits@xla",
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits@xla",
    versions=">=1.0",
    reference=TENSORFLOW + "sigmoid_cross_entropy_with_logits",
    by_design=_SAME,
)
def promotes_no_targets_in_graphs(case: Case) -> type[Exception] | None:
    """A target of another dtype than the logits' cannot be multiplied in a graph: TypeError."""
    return TypeError if of_two_dtypes(case) else None
