"""What weights of zero, and weights that cancel, do; and sums that overflow before a mean divides.

They come last: what a mean divides by is settled before.
"""

from __future__ import annotations

from equivalence.cases.answers import QUANTITIES
from equivalence.cases.further import HESSIAN_VECTOR_PRODUCT, WEIGHT_GRADIENT
from equivalence.divergences.divergence import divergence
from equivalence.divergences.keras_forms import forms, keras
from equivalence.divergences.overflow import overflows
from equivalence.divergences.specials import (
    cancels_infinite_weights,
    cancels_infinite_weights_at_labels,
    curves_infinite_weights,
    divides_by_zero,
    multiplies_zero_weights,
)

TORCH = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
LOSSES = (
    "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/losses/"
    "losses_impl.py"
)
KERAS = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
SKLEARN = "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/_loss/_loss.pyx.tp"
NUMPY = "https://numpy.org/doc/stable/reference/generated/numpy.mean.html"

divergence(
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    "torch.sigmoid+nn.BCELoss",
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    versions=">=1.2",
    reference=TORCH,
    name="multiplies_zero_weights",
    reason=(
        "A weight of zero is multiplied with what may be infinite or NaN: NaN.\n\n"
        "So a masked position that holds NaN spoils loss and gradient. Without any NaN, the "
        "gradient of binary_cross_entropy with respect to the target is log(1 - p) - log p, which "
        "is not clamped as the value is: one masked position with p = 0 or 1 makes the gradient of "
        "a learned target NaN."
    ),
    defect=(
        "Contradicts the mathematics (what has the weight 0 counts nothing) and the clamp of the "
        "value, which has a finite derivative."
    ),
)(multiplies_zero_weights)

divergence(
    "tensorflow_v1.losses.*",
    versions=">=1.0",
    reference=LOSSES,
    name="v1_multiplies_zero_weights",
    reason=(
        "Losses are multiplied by their weights, zero too: NaN or infinity in a row that is masked "
        "by a weight of 0 makes loss and gradient NaN."
    ),
    by_design="A plain convention: weights are coefficients, and IEEE 754 says that 0 NaN is NaN.",
)(multiplies_zero_weights)

divergence(
    *keras("*Crossentropy*"),
    versions="keras>=2.12",
    reference=KERAS,
    name="keras_multiplies_zero_weights",
    reason=(
        "Losses are multiplied by their weights, zero too: NaN or infinity in a row that is masked "
        "by a weight of 0 makes loss and gradient NaN."
    ),
    by_design="A plain convention: weights are coefficients, and IEEE 754 says that 0 NaN is NaN.",
)(multiplies_zero_weights)

divergence(
    *forms("CategoricalCrossentropy"),
    "keras_torch.CategoricalCrossentropy(from_logits=True*",
    versions="keras>=2.12",
    reference=KERAS,
    name="keras_cancels_infinite_weights",
    only=("gradient",),
    reason=(
        "A float64 weight that does not fit float32 is infinite, and the gradient of its term NaN: "
        "the division by the sum subtracts infinity from infinity."
    ),
    by_design='Documented: dtype=None "means using keras.backend.floatx()", float32.',
)(cancels_infinite_weights)

divergence(
    "keras_torch.SparseCategoricalCrossentropy*",
    versions="keras>=3.14",
    reference=KERAS,
    name="keras_cancels_infinite_weights_of_labels",
    only=("gradient",),
    reason=(
        "A float64 weight that does not fit float32 is infinite, and the gradient by the logit of "
        "the label NaN: infinity is subtracted from infinity."
    ),
    by_design='Documented: dtype=None "means using keras.backend.floatx()", float32.',
)(cancels_infinite_weights_at_labels)

divergence(
    "tensorflow_v1.losses.*softmax_cross_entropy*",
    versions=">=1.0",
    reference=LOSSES,
    name="v1_curves_infinite_weights",
    only=(HESSIAN_VECTOR_PRODUCT,),
    reason=(
        "A float64 weight that does not fit float32 is infinite, and the second derivatives of its "
        "term NaN: infinity is subtracted from infinity."
    ),
    defect='Contradicts its documentation ("of the same type as losses"): what fits is NaN.',
)(curves_infinite_weights)

divergence(
    *keras("*Crossentropy*"),
    versions="keras>=3.0",
    reference=KERAS,
    name="keras_curves_infinite_weights",
    only=(HESSIAN_VECTOR_PRODUCT,),
    reason=(
        "A float64 weight that does not fit float32 is infinite, and the second derivatives of its "
        "term NaN: infinity is subtracted from infinity."
    ),
    by_design='Documented: dtype=None "means using keras.backend.floatx()", float32.',
)(curves_infinite_weights)

divergence(
    "textbook.soft_cross_entropy*",
    versions="",
    reference=NUMPY,
    name="textbook_multiplies_zero_weights",
    reason="Terms are multiplied by their weights, zero too: zero times infinity (or NaN) is NaN.",
    by_design="The definition as it is printed.",
)(multiplies_zero_weights)

divergence(
    "sklearn.log_loss_*",
    versions="<1.2",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.dot.html",
    name="log_loss_multiplies_zero_weights",
    reason=(
        "Terms are multiplied by sample weights, zero too: zero times infinity is NaN, where the "
        "clip has let a zero through."
    ),
    by_design="A plain convention: weights are coefficients, and IEEE 754 says that 0 NaN is NaN.",
)(multiplies_zero_weights)

divergence(
    "sklearn.Half*Loss",
    versions=">=1.1",
    reference=SKLEARN,
    name="sklearn_multiplies_zero_weights",
    reason=(
        "Terms and gradients are multiplied by sample weights, zero too: zero times infinity (or "
        "NaN) is NaN."
    ),
    by_design="A plain convention: weights are coefficients, and IEEE 754 says that 0 NaN is NaN.",
)(multiplies_zero_weights)

divergence(
    "torch.cross_entropy",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.LogSoftmax+nn.NLLLoss",
    "torch.nll_loss",
    "torch.nn.NLLLoss",
    versions=">=0.4",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp",
    name="divides_by_vanishing_target_weights",
    reason=(
        "The mean divides by the sum of the targets' class weights also where it is 0: infinite "
        "or NaN."
    ),
    by_design="Documented: the formula of CrossEntropyLoss divides by that sum.",
)(divides_by_zero)

# Of its gradient nothing is left to explain: the product with the matrix makes all of a row NaN, as
# a mean that divides by 0 is.
divergence(
    "torch.linear_cross_entropy",
    versions=">=2.13",
    reference="https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/LossNLL.cpp",
    name="linear_divides_by_vanishing_target_weights",
    only=("value",),
    reason=(
        "The mean divides by the sum of the targets' class weights also where it is 0: infinite "
        "or NaN."
    ),
    by_design="Documented: the formula of CrossEntropyLoss divides by that sum.",
)(divides_by_zero)

divergence(
    "textbook.soft_cross_entropy[avg_factor]",
    versions="",
    reference=NUMPY,
    name="divides_by_vanishing_average_factor",
    reason="Divides by the average factor also where it is 0: infinite or NaN.",
    by_design="The definition as it is printed.",
)(divides_by_zero)

divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    "torch.log_softmax_by_hand",
    "torch.kl_div*",
    "torch.nn.KLDivLoss*",
    *keras("*Crossentropy*"),
    versions="",
    reference="https://docs.pytorch.org/docs/stable/generated/torch.mean.html",
    name="overflows_when_summed_in_float32",
    reason=(
        "A mean sums first and divides then: a sum that does not fit float32 (or float64) is "
        "infinite, where the mean would fit."
    ),
    by_design="A plain convention of means, numpy.mean among them.",
    # The derivative by the weights is the term without its weight.
    only=tuple(name for name in QUANTITIES if name != WEIGHT_GRADIENT),
)(overflows(sums=True, accumulator="float32"))

divergence(
    "tensorflow_v1.losses.*",
    versions="",
    reference="https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/losses/losses_impl.py",
    name="v1_overflows_when_summed_in_float32",
    reason=(
        "A mean sums first and divides then: a sum that does not fit float32, in which terms of "
        "every dtype are weighted and summed, is infinite, where the mean would fit."
    ),
    by_design="A plain convention of means, numpy.mean among them.",
)(overflows(sums=True, accumulator="float32", weighed="float32"))

divergence(
    "textbook.log_softmax",
    "textbook.soft_cross_entropy[mean]",
    "textbook.product_with_target",
    "sklearn.Half*Loss",
    versions="",
    reference=NUMPY,
    name="numpy_mean_overflows",
    reason=(
        "np.mean sums first and divides then, and so does np.average: a sum that does not fit "
        "float32 (or float64) is infinite, where the mean would fit."
    ),
    by_design="A plain convention, which NumPy documents.",
)(overflows(sums=True, accumulator="float32"))
