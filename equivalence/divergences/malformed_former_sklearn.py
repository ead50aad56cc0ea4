"""What became of malformed questions in earlier releases of scikit-learn.

It is catalogued before ``malformed_sklearn``, which says that all that is left is refused.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.divergences.divergence import divergence
from equivalence.divergences.misreadings import Fault, fault, raises, well_formed

if TYPE_CHECKING:
    from equivalence.cases.case import Case
    from equivalence.losses.loss import Loss

BINARIZER = (
    "https://scikit-learn.org/1.6/modules/generated/sklearn.preprocessing.LabelBinarizer.html"
)


@functools.cache
def _counting(loss: Loss, rows: tuple[bool, ...]) -> Loss:
    """The loss whose terms are 0 in all rows but these."""

    def definition(prediction: np.ndarray, target: np.ndarray, **parameters: Any) -> np.ndarray:
        own = loss.definition(prediction, target, **parameters)
        return np.where(np.asarray(rows), own, own * 0)

    return replace(loss, name=f"{loss.name}, of known labels", definition=definition)


@divergence(
    "sklearn.log_loss_multiclass",
    malformed=True,
    versions="<1.7",
    reference=BINARIZER,
    defect=(
        'Contradicts its documentation ("y_true: ground truth (correct) labels"): a row whose '
        "label is misspelt costs nothing, and is counted by the mean. Refused since 1.7."
    ),
)
def sklearn_charges_nothing_for_unknown_labels(case: Case) -> Case | None:
    """A label that is none of the classes becomes a row of zeros, whose term is 0."""
    if fault(case) not in {Fault.LABEL, Fault.WORDS}:
        return None
    words = fault(case) == Fault.WORDS
    labels = np.full(case.target.shape, -1) if words else case.target
    known = np.isin(labels, np.arange(case.prediction.shape[-1]))
    loss = _counting(case.loss, tuple(known.tolist()))
    return well_formed(case, loss=loss, target=np.where(known, labels, 0).astype(np.int64))


@divergence(
    "sklearn.log_loss_binary",
    malformed=True,
    versions="<1.7",
    reference=BINARIZER,
    defect=(
        'Contradicts its documentation ("y_true: ground truth (correct) labels"): what is neither '
        "of the two labels is taken for the first. Refused since 1.7."
    ),
)
def sklearn_takes_unknown_labels_for_the_first(case: Case) -> Case | None:
    """A label that is neither 0 nor 1 is taken for 0: it is not 1."""
    if fault(case) not in {Fault.NUMBER, Fault.WORDS}:
        return None
    first = np.zeros(case.target.shape) if fault(case) == Fault.WORDS else case.target == 1
    return well_formed(case, target=np.asarray(first, dtype=case.prediction.dtype))


divergence(
    "sklearn.log_loss_*",
    malformed=True,
    versions="<1.8",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.average.html",
    name="sklearn_refuses_columns_of_weights",
    reason="Sample weights of another rank than the terms raise TypeError in numpy.average.",
    by_design="The exception is that of numpy.average, whose documentation names it.",
)(
    raises(
        TypeError,
        Fault.SAMPLE_WEIGHTS,
        where=lambda case: case.weights is not None and case.weights.ndim > 1,
    )
)
