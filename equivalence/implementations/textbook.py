"""The textbook: the tutorial's formulas as one writes them in NumPy, naive where it is naive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from equivalence import losses
from equivalence.cases.case import BINARY, ONE_HOT, SOFT, SOFT_BINARY, SPARSE
from equivalence.implementations.framework import Framework
from equivalence.implementations.implementation import Call, Response
from equivalence.implementations.numpy_layouts import strided, strided_script

BISHOP = "https://www.microsoft.com/en-us/research/people/cmbishop/prml-book/"
MMCLS = "https://mmclassification.readthedocs.io/en/latest/_modules/mmcls/models/losses/cross_entropy_loss.html"


def _evaluate(call: Call) -> Response:
    with np.errstate(all="ignore"):
        value = call.implementation.function(call.prediction, call.target, **call.arguments)
    return Response(value=np.asarray(value))


def _evaluate_strided(call: Call) -> Response:
    prediction, target = strided(call.prediction), strided(call.target)
    return _evaluate(replace(call, prediction=prediction, target=target))


SCRIPT = """\
prediction = {prediction}
target = {target}
print("value", {function}(prediction, target{arguments}).tolist())
"""

framework = Framework(
    name="textbook",
    distributions=("numpy",),
    evaluate={"eager": _evaluate, "strided": _evaluate_strided},
    imports="import numpy as np",
    scripts={"eager": SCRIPT, "strided": strided_script(SCRIPT)},
    dtypes=("float16", "float32", "float64"),  # NumPy has no bfloat16
    array="np.array({values}, dtype=np.{dtype})",
    differentiates=False,
)
implements = framework.implements


@implements(losses.cross_entropy, targets=SPARSE, documentation=BISHOP)
def log_of_exp_over_sum(logits, target, *, reduction="mean"):
    chosen = np.take_along_axis(np.exp(logits), target[..., None], axis=-1)[..., 0]
    terms = -np.log(chosen / np.exp(logits).sum(-1))
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(losses.cross_entropy, targets=ONE_HOT | SOFT, documentation=BISHOP)
def log_of_softmax(logits, target, *, reduction="mean"):
    softmax = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    terms = -(target * np.log(softmax)).sum(-1)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(losses.cross_entropy, targets=ONE_HOT | SOFT, documentation=BISHOP)
def log_softmax(logits, target, *, reduction="mean"):
    shifted = logits - logits.max(-1, keepdims=True)
    terms = -(target * (shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))).sum(-1)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(
    losses.cross_entropy,
    targets=ONE_HOT | SOFT,
    reductions={"none": "none", "sum": "sum", "mean": ("mean", "avg_factor")},
    documentation=MMCLS,
)
def soft_cross_entropy(logits, target, *, weight=None, sample_weight=None, reduction="mean"):
    shifted = logits - logits.max(-1, keepdims=True)
    terms = -target * (shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))
    terms = (terms if weight is None else terms * weight).sum(-1)
    terms = terms if sample_weight is None else terms * sample_weight
    avg_factor = (
        terms.size if sample_weight is None else np.broadcast_to(sample_weight, terms.shape).sum()
    )
    return {
        "none": terms,
        "sum": terms.sum(),
        "mean": terms.mean(),
        "avg_factor": terms.sum() / avg_factor,
    }[reduction]


@implements(losses.negative_log_likelihood, targets=ONE_HOT | SOFT, documentation=BISHOP)
def product_with_target(log_probabilities, target, *, reduction="mean"):
    terms = -(target * log_probabilities).sum(-1)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(losses.cross_entropy_from_probabilities, targets=ONE_HOT | SOFT, documentation=BISHOP)
def product_with_log(probabilities, target, *, reduction="mean"):
    terms = -(target * np.log(probabilities)).sum(-1)
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(losses.binary_cross_entropy, targets=BINARY | SOFT_BINARY, documentation=BISHOP)
def binary_formula(probability, target, *, reduction="mean"):
    terms = -(target * np.log(probability) + (1 - target) * np.log(1 - probability))
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


@implements(
    losses.binary_cross_entropy_with_logits, targets=BINARY | SOFT_BINARY, documentation=BISHOP
)
def sigmoid_then_formula(logit, target, *, reduction="mean"):
    sigmoid = 1 / (1 + np.exp(-logit))
    terms = -(target * np.log(sigmoid) + (1 - target) * np.log(1 - sigmoid))
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]
