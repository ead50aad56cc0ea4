# ruff: noqa: E501 -- the texts are as long as texts are
"""The imagined frameworks, losses and divergences of the synthetic runs."""

from __future__ import annotations

from equivalence.results import ClaimRecord, DivergenceRecord, FrameworkRecord

HOSTILE = (
    "</style><script>alert(1)</script>\"'<img src=x onerror=alert(2)>"
    "\u202edesrever\u200f \x00{{ 7*7 }}|`"
)
LONG = "x" * 10_000

FRAMEWORKS = (
    FrameworkRecord(name="textbook", versions={"numpy": "2.4.6"}, flags={}),
    FrameworkRecord(
        name="torch", versions={"torch": "2.13.0+cpu"}, flags={"threads": "1", "mkldnn": "on"}
    ),
    FrameworkRecord(
        name="tensorflow_v1",
        versions={"tensorflow-cpu": "2.21.0", "keras": "3.15.1"},
        flags={"onednn": "on", "threads": "1"},
    ),
    FrameworkRecord(
        name="tensorflow_v2",
        versions={"tensorflow-cpu": "2.21.0", "keras": "3.15.1"},
        flags={"onednn": "on", "threads": "1"},
    ),
    FrameworkRecord(name="sklearn", versions={"scikit-learn": "1.9.1"}, flags={}),
)
ABSENT = FrameworkRecord(
    name="jax", versions={}, flags={}, absent="no module named 'jax'; pip install jax"
)

MULTICLASS = (
    "sparse",
    "one_hot",
    "soft",
    "sparse_segmentation",
    "one_hot_segmentation",
    "soft_segmentation",
)
BINARY = ("binary", "soft_binary", "binary_segmentation", "soft_binary_segmentation")
LOSSES = {
    "cross_entropy": (
        MULTICLASS,
        r"L = \sum_c w_c \left((1 - \varepsilon) t_c + \tfrac{\varepsilon}{C}\right) \left(\log \sum_k e^{x_k} - x_c\right)",
    ),
    "negative_log_likelihood": (MULTICLASS, r"L = -\sum_c w_c t_c \log p_c"),
    "cross_entropy_from_probabilities": (
        MULTICLASS,
        r"L = -\sum_c w_c \left((1 - \varepsilon) t_c + \tfrac{\varepsilon}{C}\right) \log p_c",
    ),
    "binary_cross_entropy": (
        BINARY,
        r"L = -t' \log p - (1 - t') \log (1 - p), \qquad t' = (1 - \varepsilon) t + \varepsilon / 2",
    ),
    "binary_cross_entropy_with_logits": (
        BINARY,
        r"L = w t' \log(1 + e^{-x}) + (1 - t') \log(1 + e^{x})",
    ),
}
_V1_MEANS = (
    "[MEAN]",
    "[SUM_BY_NONZERO_WEIGHTS]",
    "[SUM_OVER_BATCH_SIZE]",
    "[SUM_OVER_NONZERO_WEIGHTS]",
)
_KERAS_MEANS = ("[sum_over_batch_size]", "[mean_with_sample_weight]")
# Per loss: the implementation, the target kinds it takes ("" for all), and its several means.
NAMES = {
    "cross_entropy": (
        ("textbook.log_of_softmax", "", ()),
        ("textbook.times_log_softmax", "", ()),
        ("textbook.soft_cross_entropy", "soft", ()),
        ("torch.cross_entropy", "", ()),
        ("torch.CrossEntropyLoss", "", ()),
        ("tensorflow_v1.nn.sparse_softmax_cross_entropy_with_logits", "sparse", ()),
        ("tensorflow_v1.nn.softmax_cross_entropy_with_logits", "soft", ()),
        ("tensorflow_v1.nn.softmax_cross_entropy_with_logits_v2", "soft", ()),
        ("tensorflow_v1.losses.sparse_softmax_cross_entropy", "sparse", _V1_MEANS),
        ("tensorflow_v1.losses.softmax_cross_entropy", "soft", _V1_MEANS),
        ("tensorflow_v2.nn.sparse_softmax_cross_entropy_with_logits", "sparse", ()),
        ("tensorflow_v2.nn.softmax_cross_entropy_with_logits", "soft", ()),
        ("tensorflow_v2.SparseCategoricalCrossentropy", "sparse", _KERAS_MEANS),
        ("tensorflow_v2.CategoricalCrossentropy", "soft", _KERAS_MEANS),
    ),
    "negative_log_likelihood": (("torch.nll_loss", "sparse", ()), ("torch.NLLLoss", "sparse", ())),
    "cross_entropy_from_probabilities": (
        ("textbook.probabilities", "", ()),
        ("tensorflow_v2.SparseCategoricalCrossentropy_probabilities", "sparse", _KERAS_MEANS),
        ("tensorflow_v2.CategoricalCrossentropy_probabilities", "soft", _KERAS_MEANS),
        ("sklearn.log_loss", "", ()),
    ),
    "binary_cross_entropy": (
        ("textbook.binary_cross_entropy", "", ()),
        ("torch.binary_cross_entropy", "", ()),
        ("torch.BCELoss", "", ()),
        ("tensorflow_v1.losses.log_loss", "", _V1_MEANS),
        ("tensorflow_v2.BinaryCrossentropy_probabilities", "", _KERAS_MEANS),
        ("sklearn.log_loss_binary", "", ()),
    ),
    "binary_cross_entropy_with_logits": (
        ("textbook.sigmoid_then_bce", "", ()),
        ("torch.binary_cross_entropy_with_logits", "", ()),
        ("torch.BCEWithLogitsLoss", "", ()),
        ("tensorflow_v1.nn.sigmoid_cross_entropy_with_logits", "", ()),
        ("tensorflow_v1.losses.sigmoid_cross_entropy", "", _V1_MEANS),
        ("tensorflow_v2.BinaryCrossentropy", "", _KERAS_MEANS),
    ),
}
DIVERGENCES = (
    DivergenceRecord(
        standing="by design",
        evidence="The documentation says so.",
        name="divides_by_nonzero_weights",
        implementations=("tensorflow_v1.losses.*",),
        summary="Divides by the number of non-zero weights, not by the number of terms.",
        reason="Divides by the number of non-zero weights, not by the number of terms. SUM_BY_NONZERO_WEIGHTS is the"
        " default of tf.compat.v1.losses: a weight of zero takes its term out of the mean altogether, while any other"
        " weight leaves the denominator as it is.",
        versions=">=1.0",
        reference="https://www.tensorflow.org/api_docs/python/tf/compat/v1/losses/Reduction",
    ),
    DivergenceRecord(
        standing="by design",
        evidence="The documentation says so.",
        name="divides_by_class_weights",
        implementations=(
            "torch.cross_entropy",
            "torch.CrossEntropyLoss",
            "torch.nll_loss",
            "torch.NLLLoss",
        ),
        summary="Divides by the sum of the targets' class weights.",
        reason="Divides by the sum of the targets' class weights. With class weights, torch's mean is a weighted"
        " average; every other framework divides by the number of terms.",
        versions=">=0.4",
        reference="https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
    ),
    DivergenceRecord(
        standing="defect candidate",
        evidence="The documentation says so.",
        name="clips_probabilities",
        implementations=("tensorflow_v2.*",),
        summary="Clips probabilities to [1e-7, 1 - 1e-7] before the logarithm.",
        reason="Clips probabilities to [1e-7, 1 - 1e-7] before the logarithm. The loss can never exceed 16.118, and its"
        " gradient is zero outside the interval: a confident mistake stops learning.",
        versions=">=2.0",
        reference="https://github.com/keras-team/keras/blob/master/keras/src/backend/config.py",
    ),
    DivergenceRecord(
        standing="defect candidate",
        evidence="The documentation says so.",
        name="naive_softmax",
        implementations=("textbook.*",),
        summary="Overflows: exp(x) is taken before the division.",
        reason="Overflows: exp(x) is taken before the division. Beyond 88 in float32, exp is infinite and the quotient"
        " is not a number.",
        versions="",
        reference="https://doi.org/10.1093/imanum/draa038",
    ),
    DivergenceRecord(
        standing="by design",
        evidence="The documentation says so.",
        name="refuses_soft_targets",
        implementations=("sklearn.*",),
        summary="Refuses targets that are no class labels.",
        reason="Refuses targets that are no class labels. log_loss takes labels only.",
        versions="",
        reference="https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html",
    ),
)
CLAIMS = (
    ClaimRecord(
        number=1,
        statement="CrossEntropyLoss is NLLLoss after LogSoftmax.",
        verdict="holds",
        domain="every case asked: 214 of 214, float32 and float64",
        counterexample="",
    ),
    ClaimRecord(
        number=2,
        statement="“mean” divides the sum by batch × product of the other dimensions.",
        verdict="holds within a domain",
        domain="no class weights, no ignored target",
        counterexample="weight = [1, 2], targets [0, 1]: torch divides by 3, not by 2",
    ),
    ClaimRecord(
        number=7,
        statement="F.binary_cross_entropy is identical to sklearn.metrics.log_loss.",
        verdict="fails",
        domain="0 < p < 1 and targets 0 or 1",
        counterexample="p = 0, target 1: torch clamps the log at -100, sklearn clips p to eps and gives 36.04",
    ),
)
DENOMINATORS = {
    "divides_by_nonzero_weights": "number of non-zero sample weights",
    "divides_by_class_weights": "sum of the targets' class weights",
}
SOURCE = """\
def cross_entropy(logits, target, *, weight=None, ignore_index=-100, reduction="mean"):
    return F.cross_entropy(logits, target, weight=weight, ignore_index=ignore_index, reduction=reduction)
"""
SCRIPT = f"""\
import torch
import torch.nn.functional as F


{SOURCE}

prediction = torch.tensor([[0.2870, 0.2232, 0.6423, 0.6035], [0.4180, 0.9434, 0.6034, 0.5521],
                           [0.0026, 0.4993, 0.7166, 0.2258]], dtype=torch.float32, requires_grad=True)
target = torch.tensor([0, 2, 1])
weight = torch.tensor([1.0, 2.0, 0.5, 1.0])
value = cross_entropy(prediction, target, weight=weight)
print("value", value.tolist())
gradient, = torch.autograd.grad(value, prediction)
print("gradient", gradient.tolist())
"""
