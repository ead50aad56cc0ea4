"""scikit-learn: ``sklearn.metrics.log_loss``, and the losses that its estimators minimise.

The metric takes probabilities and has no gradient; the losses take logits and return their own.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss
from sklearn.metrics import log_loss

from equivalence import losses
from equivalence.cases.case import BINARY, SOFT_BINARY, SPARSE, cotangent
from equivalence.implementations.framework import Framework
from equivalence.implementations.implementation import Call, Response
from equivalence.implementations.needs import ROWS
from equivalence.implementations.numpy_layouts import strided, strided_script

DOCUMENTATION = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html"


def _evaluate(call: Call) -> Response:
    with warnings.catch_warnings():
        # Rows that do not sum to one are warned about, and computed all the same.
        warnings.simplefilter("ignore")
        value = call.implementation.function(call.prediction, call.target, **call.arguments)
    if not call.implementation.returns_gradient:
        return Response(value=np.asarray(value))
    value, gradient = np.asarray(value[0]), value[1]
    # What it returns is the derivative of each term; powers of two are multiplied exactly.
    scaled = (gradient.T * cotangent(value.shape)).T.astype(gradient.dtype)
    return Response(value=value, gradient=scaled)


def _evaluate_strided(call: Call) -> Response:
    prediction, target = strided(call.prediction), strided(call.target)
    return _evaluate(replace(call, prediction=prediction, target=target))


SCRIPT = """\
prediction = {prediction}
target = {target}
returned = {function}(prediction, target{arguments})
value, *gradients = returned if isinstance(returned, tuple) else (returned,)
value = np.asarray(value)
print("value", value.tolist())
for gradient in gradients:
    print("{quantity}", (gradient.T * {cotangent}).T.tolist())
"""

framework = Framework(
    name="sklearn",
    distributions=("scikit-learn", "numpy"),
    evaluate={"eager": _evaluate, "strided": _evaluate_strided},
    imports=(
        "import numpy as np\n"
        "from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss\n"
        "from sklearn.metrics import log_loss"
    ),
    scripts={"eager": SCRIPT, "strided": strided_script(SCRIPT)},
    dtypes=("float16", "float32", "float64"),
    array="np.array({values}, dtype=np.{dtype})",
    differentiates=False,
)
implements = framework.implements
SOURCE = "https://github.com/scikit-learn/scikit-learn/blob/1.9.1/sklearn/_loss/loss.py"
REDUCTIONS = {"sum": "normalize=False", "mean": "normalize=True"}


@implements(
    losses.cross_entropy_from_probabilities,
    targets=SPARSE,
    name="log_loss_multiclass",
    shapes=frozenset((ROWS,)),
    weights=frozenset(("sample_weight",)),
    reductions=REDUCTIONS,
    documentation=DOCUMENTATION,
)
def log_loss_multiclass(probabilities, target, *, sample_weight=None, reduction="normalize=True"):
    labels = np.arange(probabilities.shape[1])
    normalize = reduction == "normalize=True"
    return log_loss(
        target, probabilities, normalize=normalize, sample_weight=sample_weight, labels=labels
    )


@implements(
    losses.binary_cross_entropy,
    targets=BINARY,
    name="log_loss_binary",
    shapes=frozenset((ROWS,)),
    weights=frozenset(("sample_weight",)),
    reductions=REDUCTIONS,
    documentation=DOCUMENTATION,
)
def log_loss_binary(probability, target, *, sample_weight=None, reduction="normalize=True"):
    normalize = reduction == "normalize=True"
    return log_loss(
        target, probability, normalize=normalize, sample_weight=sample_weight, labels=[0, 1]
    )


@implements(
    losses.binary_cross_entropy_with_logits,
    targets=BINARY | SOFT_BINARY,
    name="HalfBinomialLoss",
    shapes=frozenset((ROWS,)),
    weights=frozenset(("sample_weight",)),
    dtypes=("float32", "float64"),
    modes=("eager",),  # documented: it takes contiguous arrays
    returns_gradient=True,
    unchecked=True,  # private: estimators validate before they call it
    documentation=SOURCE,
)
def half_binomial_loss(logit, target, *, sample_weight=None, reduction="mean"):
    loss = HalfBinomialLoss()
    terms, gradient = loss.loss_gradient(target, logit, sample_weight)
    if reduction == "none":
        return terms, gradient
    if reduction == "sum":
        return terms.sum(), gradient
    total = len(terms) if sample_weight is None else sample_weight.sum()
    return loss(target, logit, sample_weight), gradient / total


@implements(
    losses.cross_entropy,
    targets=SPARSE,
    name="HalfMultinomialLoss",
    shapes=frozenset((ROWS,)),
    weights=frozenset(("sample_weight",)),
    dtypes=("float32", "float64"),
    returns_gradient=True,
    unchecked=True,  # private: estimators validate before they call it
    documentation=SOURCE,
)
def half_multinomial_loss(logits, target, *, sample_weight=None, reduction="mean"):
    loss = HalfMultinomialLoss(n_classes=logits.shape[1])
    labels = target.astype(logits.dtype)
    terms, gradient = loss.loss_gradient(labels, logits, sample_weight)
    if reduction == "none":
        return terms, gradient
    if reduction == "sum":
        return terms.sum(), gradient
    total = len(terms) if sample_weight is None else sample_weight.sum()
    return loss(labels, logits, sample_weight), gradient / total
