"""What becomes of predictions, targets and weights of several dtypes, and of integer labels.

The catalogue's first entries: what is refused is refused before anything is computed.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.case import SPARSE, encoding
from equivalence.cases.further import WEIGHT_GRADIENT
from equivalence.divergences.departures import widened
from equivalence.divergences.divergence import divergence
from equivalence.exact import FORMATS
from equivalence.losses.loss import Loss, TermBounds, times

if TYPE_CHECKING:
    from equivalence.cases.case import Case

TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn."
TORCH_SOURCE = "https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/Loss.cpp"
WITH_LOGITS = ("torch.binary_cross_entropy_with_logits", "torch.nn.BCEWithLogitsLoss")
MULTI_LABEL = ("torch.multilabel_soft_margin_loss", "torch.nn.MultiLabelSoftMarginLoss")
KERAS_LOSS = "https://github.com/keras-team/keras/blob/v3.15.1/keras/src/losses/loss.py"
NUMPY = "https://numpy.org/doc/stable/user/basics.types.html"
TENSORFLOW = "https://www.tensorflow.org/api_docs/python/tf/nn/"


def labels_other_than(case: Case, *dtypes: str) -> bool:
    """Whether class indices have none of the dtypes."""
    return encoding(case.target_kind) == SPARSE and case.target.dtype.name not in dtypes


def written_in_integers(case: Case) -> bool:
    """Whether a distribution or a number in [0, 1] is written in integers or as truth values."""
    return encoding(case.target_kind) != SPARSE and case.target.dtype.kind in "iub"


def of_two_dtypes(case: Case) -> bool:
    """Whether a target that is no class index has another dtype than the prediction."""
    return encoding(case.target_kind) != SPARSE and case.target.dtype != case.prediction.dtype


def narrower_target(case: Case) -> str:
    """The format of the target, if its numbers have fewer digits than the prediction's."""
    name = case.target.dtype.name
    narrow = name in FORMATS and FORMATS[name].precision < FORMATS[case.dtype].precision
    return name if narrow else ""


@divergence(
    "torch.cross_entropy",
    "torch.linear_cross_entropy*",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.LogSoftmax+nn.NLLLoss",
    "torch.nll_loss",
    "torch.nn.NLLLoss",
    versions=">=2.0",
    reference=TORCH + "CrossEntropyLoss.html",
    by_design='Documented: "If containing class indices, shape ... where each value ...", '
    "of dtype long; the message names the dtypes that are taken.",
)
def takes_long_labels_only(case: Case) -> type[Exception] | None:
    """Class indices must be int64 or uint8: int8, int16, int32 and bool raise RuntimeError."""
    return RuntimeError if labels_other_than(case, "int64", "uint8") else None


@divergence(
    "torch.cross_entropy",
    "torch.linear_cross_entropy",
    "torch.nn.CrossEntropyLoss",
    versions=">=1.10",
    reference=TORCH + "CrossEntropyLoss.html",
    by_design="An explicit check, with a message of its own: targets of the prediction's shape are "
    "class probabilities.",
)
def takes_floating_probabilities_only(case: Case) -> type[Exception] | None:
    """One-hot rows of integers raise RuntimeError, also those that F.one_hot returns (int64)."""
    return RuntimeError if written_in_integers(case) else None


@divergence(
    "torch.binary_cross_entropy",
    "torch.nn.BCELoss",
    "torch.sigmoid+nn.BCELoss",
    versions=">=1.0",
    reference=TORCH_SOURCE,
    by_design='An explicit check, with a message of its own: "Found dtype ... but expected ...".',
)
def takes_targets_of_its_dtype_only(case: Case) -> type[Exception] | None:
    """A target of another dtype than the prediction's raises RuntimeError, wider or narrower."""
    return RuntimeError if of_two_dtypes(case) else None


@divergence(
    *(f"{name}@{mode}" for name in WITH_LOGITS for mode in ("eager", "strided", "compile")),
    versions=">=1.6",
    reference=TORCH_SOURCE,
    defect=(
        "Contradicts its own mode: under torch.func the same call is answered; the message names "
        "neither the target nor what to do (\"result type Float can't be cast to the desired "
        'output type Long").'
    ),
)
def multiplies_in_place_of_integers(case: Case) -> type[Exception] | None:
    """Integer and bool targets raise RuntimeError: (1 - t) is multiplied by the logit in place."""
    return RuntimeError if written_in_integers(case) else None


@divergence(
    *(f"{name}@func" for name in WITH_LOGITS),
    *MULTI_LABEL,
    versions=">=2.0",
    reference=TORCH_SOURCE,
    by_design="A plain convention of PyTorch: truth values are not subtracted.",
)
def subtracts_no_truth_values(case: Case) -> type[Exception] | None:
    """Targets that are truth values raise RuntimeError: 1 - t is not defined for them."""
    return RuntimeError if case.target.dtype == bool else None


@divergence(
    "torch.binary_cross_entropy_with_logits",
    "torch.nn.BCEWithLogitsLoss",
    versions=">=1.6",
    reference=TORCH_SOURCE,
    defect=(
        "Contradicts PyTorch's type promotion: float32 with float16 is float32 everywhere else; "
        "the same numbers in cross_entropy are computed and returned in float32."
    ),
)
def answers_in_dtype_of_target(case: Case) -> Case | None:
    """The loss is computed, and returned, in the dtype of the target, be it narrower.

    ``(1 - target).mul_(input).sub_(log_sigmoid_input)`` works in place: float32 logits with float16
    targets give a float16 loss, with an error of half a thousandth. Gradients keep their dtypes.
    """
    narrow = narrower_target(case)
    return replace(case, dtype=narrow) if narrow else None


def _changes_weights(case: Case) -> type[Exception] | None:
    """Of weights in other dtypes a copy is changed, in float32."""
    if "ignore_index" not in case.options or case.weights is None:
        return None
    return RuntimeError if case.weights.dtype == np.float32 else None


divergence(
    "keras_torch.SparseCategoricalCrossentropy*",
    versions="keras>=3.0",
    reference=KERAS_LOSS,
    name="changes_weights_in_place",
    only=(WEIGHT_GRADIENT,),
    reason=(
        "With ignore_class, float32 weights that are differentiated raise RuntimeError: they are "
        "multiplied by the mask in place, which PyTorch refuses where a gradient is wanted."
    ),
    defect=(
        "Contradicts the same call on the TensorFlow backend, and weights of other dtypes, which "
        "are copied, and by which it is differentiated."
    ),
)(_changes_weights)

divergence(
    "keras_torch.SparseCategoricalCrossentropy*@func",
    versions="keras>=3.0",
    reference=KERAS_LOSS,
    name="changes_weights_in_place_in_func",
    reason=(
        "With ignore_class, float32 weights raise RuntimeError inside torch.func: they are "
        "multiplied by the mask in place, and are no part of what is differentiated."
    ),
    defect="Contradicts its own eager mode, which answers.",
)(_changes_weights)


@divergence(
    "textbook.log_of_exp_over_sum",
    versions="",
    reference="https://numpy.org/doc/stable/reference/generated/numpy.take_along_axis.html",
    by_design="Documented: indices are integers; an array of truth values is a mask in NumPy.",
)
def takes_no_truth_values_as_indices(case: Case) -> type[Exception] | None:
    """Labels of two classes that are truth values raise IndexError: they are a mask in NumPy."""
    return IndexError if case.target.dtype == bool else None


@divergence(
    "textbook.soft_cross_entropy*",
    versions="",
    reference=NUMPY,
    by_design="NumPy's plain convention: the minus of truth values is refused.",
)
def negates_no_truth_values(case: Case) -> type[Exception] | None:
    """-label raises TypeError for one-hot masks of truth values."""
    return TypeError if case.target.dtype == bool else None


@divergence(
    "textbook.soft_cross_entropy*",
    versions="",
    reference=NUMPY,
    by_design="NumPy's plain convention: unsigned integers wrap around, -1 is 255.",
)
def wraps_unsigned_targets_around(case: Case) -> Case | None:
    """-label of unsigned integers wraps around: -1 is 255 in uint8, and the loss -255 times itself.

    The formula of mmpretrain begins with -label; PyTorch's tensors of uint8 wrap around as well.
    """
    if case.target.dtype.kind != "u":
        return None
    return replace(case, target=-np.negative(case.target).astype(case.prediction.dtype))


def forms_complement_of_narrow_target(case: Case) -> Case | None:
    """1 - t is rounded to the dtype of the target before the prediction widens it."""
    narrow = narrower_target(case)
    return replace(case, loss=_complement_in(case.loss, narrow)) if narrow else None


@functools.cache
def _complement_in(loss: Loss, dtype: str) -> Loss:
    unit = FORMATS[dtype].unit

    def more(prediction: np.ndarray, target: np.ndarray, _: float, **parameters: Any) -> TermBounds:
        # What 1 - t multiplies: the loss and the gradient of a target of 0.
        absent = loss.definition(prediction, target * 0, **parameters)
        slope = loss.gradient(prediction, target * 0, **parameters).prediction
        error = unit * np.abs(1 - target)
        return TermBounds(
            times(error, np.abs(absent)), times(error, np.abs(slope)), np.zeros_like(slope)
        )

    def more_curved(size: np.ndarray) -> np.ndarray:
        return np.asarray(unit * size)

    return widened(loss, f"with 1 - t in {dtype}", more, more_curved)


def sums_weights_in_their_dtype(case: Case) -> Case | None:
    """The sample weights that are divided by are summed in their own, narrower dtype."""
    if case.weights is None or case.reduction.kind != "mean":
        return None
    own = case.weights.dtype.name
    if FORMATS[own].precision >= FORMATS[case.dtype].precision:
        return None
    return replace(case, reduction=replace(case.reduction, counted_in=own))
