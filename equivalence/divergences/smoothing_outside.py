"""Label smoothing beyond [0, 1]."""

from __future__ import annotations

from equivalence.divergences.divergence import divergence
from equivalence.divergences.inputs import smooths_labels

divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    versions=">=1.10",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp",
    name="takes_negative_smoothing_for_zero",
    reason="A negative label_smoothing is taken for 0 without a word; above 1 it is refused.",
    defect=(
        'Contradicts its documentation ("a float in [0.0, 1.0]"), by which the other end is '
        "refused."
    ),
)(smooths_labels(lambda epsilon, _: max(epsilon, 0.0)))

divergence(
    "tensorflow_v1.losses.softmax_cross_entropy*",
    "tensorflow_v1.losses.sigmoid_cross_entropy*",
    versions=">=1.0",
    reference=(
        "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/losses/"
        "losses_impl.py"
    ),
    name="v1_takes_negative_smoothing_for_zero",
    reason="A label_smoothing that is not above 0 is passed over without a word.",
    by_design='Documented as "label_smoothing: If greater than 0 then smooth the labels".',
)(smooths_labels(lambda epsilon, _: max(epsilon, 0.0)))
