"""scikit-learn: ``sklearn.metrics.log_loss``, which takes probabilities and has no gradient."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from sklearn.metrics import log_loss

from equivalence import losses
from equivalence.cases.case import BINARY, SPARSE
from equivalence.implementations.framework import Framework
from equivalence.implementations.implementation import ROWS, Call, Response
from equivalence.implementations.numpy_layouts import strided, strided_script

DOCUMENTATION = "https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html"


def _evaluate(call: Call) -> Response:
    with warnings.catch_warnings():
        # Rows that do not sum to one are warned about, and computed all the same.
        warnings.simplefilter("ignore")
        value = call.implementation.function(call.prediction, call.target, **call.arguments)
    return Response(value=np.asarray(value))


def _evaluate_strided(call: Call) -> Response:
    prediction, target = strided(call.prediction), strided(call.target)
    return _evaluate(replace(call, prediction=prediction, target=target))


SCRIPT = """\
prediction = {prediction}
target = {target}
print("value", float({function}(prediction, target{arguments})))
"""

framework = Framework(
    name="sklearn",
    distributions=("scikit-learn", "numpy"),
    evaluate={"eager": _evaluate, "strided": _evaluate_strided},
    imports="import numpy as np\nfrom sklearn.metrics import log_loss",
    scripts={"eager": SCRIPT, "strided": strided_script(SCRIPT)},
    dtypes=("float16", "float32", "float64"),
    array="np.array({values}, dtype=np.{dtype})",
    differentiates=False,
)
implements = framework.implements
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
