"""What infinities and NaN in logits do: masked classes, certain numbers, rows that count nothing.

Keras' entries stand in ``keras_infinities.py``: there the terms are averaged afterwards.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from equivalence.cases.case import SPARSE, encoding
from equivalence.divergences.divergence import divergence
from equivalence.divergences.specials import (
    by_log_sigmoid,
    by_product,
    by_softplus,
    evaluates,
    multiplies_softmax,
    multiplies_surprisals,
    weighs_infinite_slope_of_target,
    weighs_rows_zero,
    weighs_slope_of_target,
)

if TYPE_CHECKING:
    from equivalence.cases.case import Case

TORCH_LOSS = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp"
TORCH_BINARY = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
TORCH_SOFTMAX = (
    "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/cpu/SoftMaxKernel.cpp"
)
XENT = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/kernels/xent_op.h"
NN = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/nn_impl.py"
_XLOGY = "https://numpy.org/doc/stable/user/misc.html"

_AGAINST_INDICES = (
    "Contradicts its own answer to the same question with class indices, and the mathematics: "
    "0 log 0 is 0."
)


def unless_indices(case: Case, *, widened: bool) -> Case | None:
    """Targets of every class are multiplied, if there are; see ``multiplies_surprisals``."""
    sparse = encoding(case.target_kind) == SPARSE
    return None if sparse else multiplies_surprisals(case, widened=widened)


divergence(
    "tensorflow_v?.nn.softmax_cross_entropy_with_logits*",
    "tensorflow_v1.losses.softmax_cross_entropy*",
    versions=">=1.0",
    reference=XENT,
    name="kernel_multiplies_masked_class_by_zero",
    reason=(
        "Multiplies the target 0 of a masked class with its infinite -log p: the loss is NaN.\n\n"
        "With class indices the same masks work, and the gradient is right. Of 16-bit logits the "
        "difference to the largest fits float32, in which the kernel computes."
    ),
    defect=_AGAINST_INDICES,
)(functools.partial(unless_indices, widened=True))

divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    "torch.log_softmax_by_hand",
    versions=">=1.10",
    reference=TORCH_LOSS,
    name="multiplies_masked_class_by_zero",
    reason=(
        "Multiplies the target 0 of a masked class with its infinite -log p: the loss is NaN.\n\n"
        "A class whose logit is -inf costs nothing, since 0 log 0 is 0, and with class indices "
        "the same masks work. It is so for soft and for one-hot targets, and also where the "
        "difference of two finite logits does not fit. The gradient is right."
    ),
    defect=_AGAINST_INDICES,
)(functools.partial(unless_indices, widened=False))

divergence(
    "textbook.log_softmax",
    "textbook.soft_cross_entropy*",
    versions="",
    reference=_XLOGY,
    name="multiplies_infinite_log_softmax_by_zero",
    reason=(
        "Multiplies a zero target, or a zero class weight, with an infinite or undefined log "
        "softmax: NaN."
    ),
    by_design="The definition as it is printed: IEEE 754 says that 0 times infinity is NaN.",
)(multiplies_surprisals)


@divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy",
    "torch.nn.LogSoftmax+nn.NLLLoss",
    "torch.nll_loss",
    "torch.nn.NLLLoss",
    versions=">=0.4",
    reference=TORCH_LOSS,
    defect=(
        "Contradicts its own treatment of ignore_index, which leaves the value of such a row out: "
        "a class of weight 0 counts nothing."
    ),
)
def multiplies_zero_class_weight(case: Case) -> Case | None:
    """Multiplies a class weight of zero with the -log p of a row that has none: NaN.

    So a padding class that is given the weight 0, and whose rows are NaN or infinite, spoils the
    loss, where ignore_index does not.
    """
    return weighs_rows_zero(case)


divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.linear_cross_entropy*",
    "torch.nn.LogSoftmax+nn.NLLLoss",
    versions=">=0.4",
    reference=TORCH_SOFTMAX,
    name="multiplies_softmax_by_zero",
    reason=(
        "The gradient of a row that is ignored, or whose class has the weight 0, is softmax(x) "
        "times zero: NaN where the row has no softmax.\n\n"
        "So one padded position that holds NaN or +inf, or -inf everywhere, makes the gradient of "
        "every weight of a model NaN, while the loss looks right."
    ),
    defect=(
        'Contradicts its documentation: ignore_index "specifies a target value that is ignored '
        'and does not contribute to the input gradient".'
    ),
)(multiplies_softmax)

divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    versions=">=2.1",
    reference=TORCH_BINARY,
    name="infinite_logits_cancel_log_sigmoid",
    reason=(
        "(1 - t) x - log sigmoid(x) is NaN for infinite logits that are right: infinity minus "
        "infinity, or zero times infinity.\n\nThe limits exist: 0 where the sign is that of the "
        "target, infinity where it is not. The gradient is right."
    ),
    defect="Contradicts the mathematics, and its own gradient, which is that of the limits.",
)(evaluates(by_log_sigmoid))

divergence(
    "tensorflow_v?.nn.sigmoid_cross_entropy_with_logits",
    "tensorflow_v1.losses.sigmoid_cross_entropy*",
    versions=">=1.0",
    reference=NN,
    name="infinite_logits_cancel_product",
    reason=(
        "max(x, 0) - x t is NaN for infinite logits: infinity minus infinity, or zero times "
        "infinity.\n\nThe limits exist: 0 where the sign is that of the target, infinity where it "
        "is not. The gradient is right."
    ),
    defect=(
        'Contradicts its documentation ("to ensure stability and avoid overflow") and its own '
        "gradient, which is that of the limits."
    ),
)(evaluates(by_product))

divergence(
    "tensorflow_v?.nn.weighted_cross_entropy_with_logits",
    versions=">=1.0",
    reference=NN,
    name="infinite_logits_cancel_softplus",
    reason=(
        "(1 - t) x + log(1 + exp(-|x|)) + max(-x, 0) is NaN for infinite logits: infinity minus "
        "infinity, or zero times infinity.\n\nThe limits exist."
    ),
    defect='Contradicts its documentation: "to ensure stability and avoid overflow".',
)(evaluates(by_softplus))

divergence(
    "tensorflow_v1.nn.weighted_cross_entropy_with_logits",
    "tensorflow_v2.nn.weighted_cross_entropy_with_logits@eager",
    "tensorflow_v2.nn.weighted_cross_entropy_with_logits@xla",
    versions=">=1.0",
    reference=NN,
    name="multiplies_infinite_slope_by_zero",
    reason=(
        "The derivative by the target multiplies pos_weight - 1 = 0 with what does not fit: NaN."
        "\n\nWithin tf.function it is multiplied with the logarithm first, which fits where finite."
    ),
    defect=(
        "Contradicts its own sigmoid_cross_entropy_with_logits, which is the same number for a "
        "pos_weight of 1."
    ),
)(weighs_slope_of_target)

divergence(
    "tensorflow_v2.nn.weighted_cross_entropy_with_logits@function",
    versions=">=2.17",
    reference=NN,
    name="multiplies_infinite_logarithm_by_zero",
    reason=(
        "The derivative by the target multiplies pos_weight - 1 = 0 with log(1 + exp(-x)), which "
        "is infinite for a logit of -inf: NaN.\n\nEagerly what comes from above is multiplied "
        "first, so that large finite logits are NaN too."
    ),
    defect=(
        "Contradicts its own sigmoid_cross_entropy_with_logits, which is the same number for a "
        "pos_weight of 1."
    ),
)(weighs_infinite_slope_of_target)
