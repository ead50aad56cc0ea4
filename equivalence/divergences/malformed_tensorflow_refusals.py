"""Which exceptions TensorFlow's two APIs raise for malformed questions."""

from __future__ import annotations

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.malformed_tensorflow import (
    API,
    INVALID,
    LOSSES_SOURCE,
    NN_OPS,
    SOFTMAX,
    TYPES,
)
from equivalence.divergences.misreadings import (
    Fault,
    either,
    of_indices,
    of_other_length,
    raises,
)

divergence(
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits@eager",
    malformed=True,
    versions=">=1.0",
    reference=API + "nn/weighted_cross_entropy_with_logits",
    name="tensorflow_weighs_no_words",
    reason="Words raise TypeError, because zeros of their type cannot be made.",
    by_design="A plain convention: the types of the arguments must fit.",
)(raises(TypeError, Fault.WORDS))

divergence(
    "tensorflow_v?.nn.*@eager",
    "tensorflow_v1.losses.*@eager",
    malformed=True,
    versions=">=2.0",
    reference=NN_OPS,
    name="tensorflow_refuses_types",
    reason="Types that a kernel does not have, or that differ, raise InvalidArgumentError.",
    by_design="Documented: the types of logits and labels are listed for each operation.",
)(raises(INVALID, *TYPES))

divergence(
    "tensorflow_v1.*@graph",
    "tensorflow_v1.*@xla",
    "tensorflow_v2.nn.*@function",
    "tensorflow_v2.nn.*@xla",
    malformed=True,
    versions=">=1.0",
    reference=NN_OPS,
    name="tensorflow_refuses_types_in_graphs",
    reason="While a graph is built, types that an operation does not have raise TypeError.",
    by_design="Documented: the types of logits and labels are listed for each operation.",
)(raises(TypeError, *TYPES))

divergence(
    SOFTMAX.replace("*", "*@eager"),
    "tensorflow_v1.nn.softmax*@graph",
    "tensorflow_v1.losses.softmax*@graph",
    malformed=True,
    versions=">=1.0",
    reference=NN_OPS,
    name="tensorflow_refuses_rows_of_targets",
    reason="Targets that cannot be broadcast to the logits raise InvalidArgumentError.",
    by_design="An explicit check of the kernel, with a message that names both shapes.",
)(
    raises(
        INVALID,
        Fault.TARGET_SHAPE,
        where=lambda case: case.target.ndim == case.prediction.ndim,
    )
)

divergence(
    "tensorflow_v1.*@graph",
    malformed=True,
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="v1_refuses_lengths_when_run",
    reason=(
        "In a graph whose lengths are not known beforehand, those that do not go together raise "
        "InvalidArgumentError when it is run."
    ),
    by_design="A plain convention: what is not known while a graph is built is checked when run.",
)(
    either(
        raises(INVALID, Fault.TARGET_SHAPE, where=of_other_length),
        raises(
            INVALID,
            Fault.TARGET_SHAPE,
            where=lambda case: (
                not case.loss.has_classes and case.target.ndim == case.prediction.ndim
            ),
        ),
        raises(INVALID, Fault.POSITIVE_WEIGHTS),
        raises(
            INVALID,
            Fault.SAMPLE_WEIGHTS,
            where=lambda case: of_indices(case) or np.asarray(case.weights).ndim == len(case.shape),
        ),
    )
)

divergence(
    "tensorflow_v1.losses.sparse_softmax_cross_entropy*@graph",
    malformed=True,
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="v1_refuses_to_squeeze_labels_when_run",
    reason=(
        "In a graph, labels of another rank raise InvalidArgumentError from an operation that "
        "squeezes them."
    ),
    by_design="A plain convention: what is not known while a graph is built is checked when run.",
)(raises(INVALID, Fault.TARGET_SHAPE))

divergence(
    "tensorflow_v1.losses.sparse_softmax_cross_entropy*@eager",
    malformed=True,
    versions=">=1.0",
    reference=LOSSES_SOURCE,
    name="v1_refuses_to_squeeze_weights",
    reason=(
        "Sample weights (N, 2) raise InvalidArgumentError from an operation that squeezes them, "
        "where softmax_cross_entropy raises ValueError."
    ),
    by_design="A plain convention: weights of one rank more are squeezed first.",
)(
    raises(
        INVALID,
        Fault.SAMPLE_WEIGHTS,
        where=lambda case: case.weights is not None and case.weights.ndim > len(case.shape),
    )
)

divergence(
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits@eager",
    malformed=True,
    versions=">=1.0",
    reference=API + "nn/weighted_cross_entropy_with_logits",
    name="tensorflow_refuses_positive_weights",
    reason="Weights of positives that cannot be broadcast raise InvalidArgumentError.",
    by_design="A plain convention: arithmetic broadcasts or raises.",
)(raises(INVALID, Fault.POSITIVE_WEIGHTS))

divergence(
    "tensorflow_v?.nn.*",
    "tensorflow_v1.losses.*",
    malformed=True,
    versions=">=1.0",
    reference=NN_OPS,
    name="tensorflow_refuses_shapes",
    reason="Shapes that are known and do not go together raise ValueError, which names both.",
    by_design="Explicit checks of the source.",
)(raises(ValueError, Fault.TARGET_SHAPE, Fault.SAMPLE_WEIGHTS, Fault.POSITIVE_WEIGHTS))
