"""What a pinned file may say: each key checked against the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.cases.case import (
    BINARY,
    ONE_HOT,
    SEGMENTATION_ENDING,
    SOFT,
    SOFT_BINARY,
    SPARSE,
    Encoding,
    encoding,
)
from equivalence.cases.pinned_file import PinnedCaseError, PinnedFile
from equivalence.exact import FORMATS
from equivalence.losses import LOSSES, REDUCTIONS, Loss, Reduction
from equivalence.losses.loss import LOG_PROBABILITIES, PROBABILITIES

REQUIRED = ("why", "source", "loss", "target_kind", "prediction", "target")
OPTIONAL = ("weights", "dtypes", "reductions", "options", "printed")
DEFAULT_DTYPES = ("float32", "float64")
DEFAULT_REDUCTIONS = ("none", "sum", "mean")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """A file as it was checked; numbers are still float64, not yet rounded to a dtype.

    Attributes:
        name: The file's name without its ending.
        why: Why it is asked, in one sentence.
        source: Where the numbers come from.
        numbers: ``prediction``, ``target``, ``weights`` and the options, by name.
        options: The names of the options.
        printed: By reduction, the digits to which the exact answer rounds, nested as it is.
    """

    name: str
    why: str
    source: str
    loss: Loss
    target_kind: str
    numbers: Mapping[str, Any]
    options: tuple[str, ...]
    dtypes: tuple[str, ...]
    reductions: tuple[Reduction, ...]
    printed: Mapping[str, Any]

    @property
    def sparse(self) -> bool:
        """Whether the target is a class index."""
        return encoding(self.target_kind) == SPARSE

    @property
    def target(self) -> Any:
        """The target as it is written."""
        return self.numbers["target"]

    def rounded(self, name: str, dtype: str) -> Any:
        """A named array rounded to the dtype; what is no array (``ignore_index``) as it is."""
        number = self.numbers[name]
        return FORMATS[dtype].round(number) if isinstance(number, np.ndarray) else number


def question(path: Path, table: Mapping[str, Any]) -> Question:
    """A file's table, checked.

    Raises:
        PinnedCaseError: If anything in it is unknown, missing, or does not fit the rest.
    """
    file = PinnedFile(path, table)
    if not re.fullmatch(r"[a-z0-9_]+", path.stem):
        raise file.broken(
            "the file's name",
            path.name,
            "use small letters, digits and _ only: it becomes part of ids",
        )
    for key in table:
        file.one_of("the key", key, (*REQUIRED, *OPTIONAL))
    for key in REQUIRED:
        if key not in table:
            raise PinnedCaseError(f"{path}: {key} is missing; every file has {', '.join(REQUIRED)}")
    loss = LOSSES[file.one_of("loss", table["loss"], LOSSES)]
    kind = file.one_of("target_kind", table["target_kind"], _kinds(loss))
    dtypes = file.several("dtypes", DEFAULT_DTYPES, FORMATS)
    reductions = file.several("reductions", DEFAULT_REDUCTIONS, REDUCTIONS)
    prediction = _prediction(file, loss, kind, dtypes)
    shape = prediction.shape[:-1] if loss.has_classes else prediction.shape
    options = _options(file, loss, kind, prediction.shape, dtypes)
    numbers = {
        "prediction": prediction,
        "target": _target(file, kind, prediction.shape, options.get("ignore_index")),
        "weights": _weights(file, shape, dtypes),
        **options,
    }
    return Question(
        name=path.stem,
        why=file.text("why"),
        source=file.text("source"),
        loss=loss,
        target_kind=kind,
        numbers=numbers,
        options=tuple(options),
        dtypes=dtypes,
        reductions=tuple(REDUCTIONS[name] for name in reductions),
        printed=_printed(file, reductions, shape),
    )


def _kinds(loss: Loss) -> tuple[str, ...]:
    encodings = (SPARSE, ONE_HOT, SOFT) if loss.has_classes else (BINARY, SOFT_BINARY)
    return tuple(
        str(one.name).lower() + ending for one in encodings for ending in ("", SEGMENTATION_ENDING)
    )


def _prediction(file: PinnedFile, loss: Loss, kind: str, dtypes: tuple[str, ...]) -> np.ndarray:
    value = file.table["prediction"]
    array = file.fits("prediction", file.floats("prediction", value), dtypes)
    if not array.size or (loss.has_classes and not array.ndim):
        raise file.broken(
            "prediction",
            value,
            "write a list with one number for each class, or a list of such lists",
        )
    axes = array.ndim - loss.has_classes
    if kind.endswith(SEGMENTATION_ENDING) != (axes > 1) and (loss.has_classes or axes < 2):
        way = f"{axes} axes of positions; a kind has {SEGMENTATION_ENDING} if there are two or more"
        raise file.broken("target_kind", kind, way)
    if loss.prediction == PROBABILITIES:
        low, high, called = 0.0, 1.0, "a probability lies in [0, 1]"
    elif loss.prediction == LOG_PROBABILITIES:
        low, high, called = (
            -np.inf,
            FORMATS["float64"].largest,
            "a log-probability is finite or -inf",
        )
    else:
        low, high, called = (
            -FORMATS["float64"].largest,
            FORMATS["float64"].largest,
            "a logit is finite",
        )
    outside = (array < low) | (array > high)
    if outside.any():
        raise file.broken("prediction", float(array[outside][0]), called)
    return array


def _target(file: PinnedFile, kind: str, shape: tuple[int, ...], ignored: int | None) -> np.ndarray:
    value = file.table["target"]
    sparse, encoded = encoding(kind) == SPARSE, encoding(kind)
    array = file.floats("target", value)
    wanted = shape[:-1] if sparse else shape
    if array.shape != wanted:
        raise file.broken(
            "target", value, f"has the shape {array.shape}; the prediction asks for {wanted}"
        )
    if sparse:
        return _labels(file, array, shape[-1], ignored)
    if np.any(array < 0) or np.isinf(array).any() or (encoded == SOFT_BINARY and np.any(array > 1)):
        raise file.broken("target", value, f"a {kind} target holds numbers in [0, 1]")
    if encoded in ONE_HOT | BINARY and np.any((array != 0) & (array != 1)):
        raise file.broken(
            "target",
            value,
            f"a {kind} target holds 0 and 1 only; for others name {_soft(encoded)!r}",
        )
    if encoded == ONE_HOT and np.any(array.sum(-1) != 1):
        raise file.broken(
            "target", value, "every row of a one_hot target has one 1; for others name 'soft'"
        )
    return array


def _soft(encoded: Encoding) -> str:
    return "soft" if encoded == ONE_HOT else "soft_binary"


def _labels(file: PinnedFile, array: np.ndarray, classes: int, ignored: int | None) -> np.ndarray:
    for label in array.ravel().tolist():
        if not label.is_integer():
            raise file.broken("target", label, "a class index is a whole number")
        if not 0 <= label < classes and label != ignored:
            way = f"there are classes 0 to {classes - 1}; an ignored one needs options.ignore_index"
            raise file.broken("target", int(label), way)
    return array.astype(np.int64)


def _weights(
    file: PinnedFile, shape: tuple[int, ...], dtypes: tuple[str, ...]
) -> np.ndarray | None:
    if "weights" not in file.table:
        return None
    array = file.fits("weights", file.floats("weights", file.table["weights"]), dtypes)
    same_rank = array.ndim == len(shape)
    if array.ndim and not (
        same_rank and all(one in {1, size} for one, size in zip(array.shape, shape, strict=True))
    ):
        way = f"has the shape {array.shape}; write a number, or axes that broadcast to {shape}"
        raise file.broken("weights", file.table["weights"], way)
    return _nonnegative(file, "weights", array)


def _nonnegative(file: PinnedFile, key: str, array: np.ndarray) -> np.ndarray:
    if np.any(array < 0) or np.isinf(array).any():
        raise file.broken(key, array.tolist(), "a weight is finite and not negative")
    return array


def _options(
    file: PinnedFile, loss: Loss, kind: str, shape: tuple[int, ...], dtypes: tuple[str, ...]
) -> dict[str, Any]:
    table = file.table.get("options", {})
    if not isinstance(table, dict):
        raise file.broken("options", table, "write a table, such as { label_smoothing = 0.1 }")
    known = (*loss.parameters, "ignore_index") if encoding(kind) == SPARSE else loss.parameters
    options: dict[str, Any] = {}
    for name, value in table.items():
        key = f"options.{file.one_of('options', name, known)}"
        if name == "ignore_index":
            if type(value) is not int:
                raise file.broken(key, value, "write a whole number")
            options[name] = value
            continue
        array = file.fits(key, file.floats(key, value), dtypes)
        if name == "label_smoothing":
            if array.ndim or not 0 <= array <= 1:
                raise file.broken(key, value, "write a number in [0, 1]")
            options[name] = float(array)
            continue
        if name == "gamma":  # a plain number to every framework, which has no dtype
            if array.ndim or array < 0:
                raise file.broken(key, value, "write a number, 0 or more")
            options[name] = float(array)
            continue
        wanted = (shape[-1:],) if name == "weight" else ((), shape[-1:])
        if array.shape not in wanted:
            raise file.broken(
                key, value, f"has the shape {array.shape}, not {' or '.join(map(str, wanted))}"
            )
        options[name] = _nonnegative(file, key, array)
    return options


def _printed(
    file: PinnedFile, reductions: tuple[str, ...], shape: tuple[int, ...]
) -> dict[str, Any]:
    table = file.table.get("printed", {})
    if not isinstance(table, dict):
        raise file.broken("printed", table, 'write a table, such as { mean = "1.4238" }')
    for name, texts in table.items():
        key = f"printed.{file.one_of('printed', name, reductions)}"
        for text in _flat(texts):
            if not isinstance(text, str) or not re.fullmatch(
                r"-?(\d+(\.\d*)?(e[+-]?\d+)?|inf)", text
            ):
                way = 'write the digits as a string, such as "1.4238"; there is no NaN to print'
                raise file.broken(key, text, way)
        wanted = shape if name == "none" else ()
        if _shape(texts) != wanted:
            raise file.broken(
                key, texts, f"the value has the shape {wanted}; print one number for each"
            )
    return dict(table)


def _flat(nest: object) -> list[object]:
    return [leaf for part in nest for leaf in _flat(part)] if isinstance(nest, list) else [nest]


def _shape(nest: object) -> tuple[int, ...] | None:
    """The shape of a nest of lists; None if it is not regular."""
    if not isinstance(nest, list):
        return ()
    shapes = {_shape(part) for part in nest}
    only = shapes.pop() if len(shapes) == 1 else None
    return None if only is None else (len(nest), *only)
