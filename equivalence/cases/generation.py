"""Cases made from names: a regime, a shape, options and a seed give the same numbers everywhere."""

from __future__ import annotations

import functools
import itertools
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from equivalence.cases.case import (
    BINARY,
    ONE_HOT,
    SEGMENTATION_ENDING,
    SOFT,
    SOFT_BINARY,
    SPARSE,
    Case,
    Encoding,
)
from equivalence.cases.elementary import log, softmax
from equivalence.cases.regimes import REGIMES
from equivalence.exact import FORMATS
from equivalence.losses import LOSSES, REDUCTIONS

if TYPE_CHECKING:
    from equivalence.losses import Loss, Reduction

DTYPES = tuple(FORMATS)

# The shape of the terms, and the numbers of classes to choose from.
SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "unbatched": ((), (2, 3, 5)),
    "one_row": ((1,), (2, 4)),
    "rows": ((5,), (2, 3, 4, 7)),
    "many_rows": ((70,), (3,)),
    "many_classes": ((3,), (100,)),
    "columns": ((4, 3), ()),
    "sequence": ((3, 4), (2, 5)),
    "image": ((2, 3, 2), (3, 4)),
    "volume": ((2, 2, 3, 2), (2, 3)),
}
SEGMENTATION_SHAPES = ("sequence", "image", "volume")
CLASS_SHAPES = tuple(name for name in SHAPES if name != "columns")
BINARY_SHAPES = tuple(name for name in SHAPES if name != "many_classes")

_WEIGHTS = ("scalar_weight", "sample_weight", "position_weight")
_OPTIONS = (
    "weight",
    "ignore_index",
    "label_smoothing",
    "pos_weight",
    "gamma",
    "alpha",
    "log_target",
)

# One is for class indices, the other for everything else.
_FOR_SPARSE_OR_NOT = frozenset(("ignore_index", "log_target"))


def _option_sets(options: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """No option, each alone, each pair, and all together; of sample weights at most one kind."""
    pairs = [
        (first, second)
        for first, second in itertools.combinations((*options, *_WEIGHTS), 2)
        if first in options
    ]
    every = [(*options, "sample_weight")] if len(options) > 1 else []
    formula = [options] if len(options) > 2 else []  # fewer are among the pairs
    return ((), *((name,) for name in (*options, *_WEIGHTS)), *pairs, *formula, *every)


class Spec(NamedTuple):
    """A case by the names of its parts: one level for each factor."""

    encoding: Encoding
    shape: str
    dtype: str
    regime: str
    options: tuple[str, ...]
    reduction: str


@functools.cache
def levels(loss: Loss) -> tuple[tuple[Any, ...], ...]:
    """What each factor of a ``Spec`` can be for a loss, in the order of its fields."""
    ignores = {"ignore_index"} if loss.has_classes else set()
    options = tuple(name for name in _OPTIONS if name in {*loss.parameters, *ignores})
    sets = [chosen for chosen in _option_sets(options) if not _FOR_SPARSE_OR_NOT.issubset(chosen)]
    return (
        (SPARSE, ONE_HOT, SOFT) if loss.has_classes else (BINARY, SOFT_BINARY),
        CLASS_SHAPES if loss.has_classes else BINARY_SHAPES,
        DTYPES,
        tuple(REGIMES[loss.prediction, loss.has_classes]),
        tuple(sets),
        ("none", "sum", "mean"),
    )


def possible(spec: Spec) -> bool:
    """Whether the parts go together."""
    shape, _ = SHAPES[spec.shape]
    # With one axis a position is a sample.
    if "position_weight" in spec.options and len(shape) < 2:
        return False
    if "sample_weight" in spec.options and not shape:
        return False
    # Indices have no logarithm.
    if "log_target" in spec.options and spec.encoding == SPARSE:
        return False
    return not ("ignore_index" in spec.options and spec.encoding != SPARSE)


def target_kind(spec: Spec) -> str:
    """The name of the encoding, with ``_segmentation`` behind it for images and sequences."""
    name = str(spec.encoding.name).lower()
    return name + SEGMENTATION_ENDING if spec.shape in SEGMENTATION_SHAPES else name


def generate(loss: Loss, spec: Spec, seed: int = 0) -> Case:
    """The case of a spec; the generator's seed is made from the case's name."""
    origin = f"{spec.regime}.{spec.shape}.{'+'.join(spec.options) or 'plain'}.{seed}"
    kind = target_kind(spec)
    rng = np.random.default_rng(zlib.crc32(f"{loss}:{kind}:{origin}".encode()))
    shape, classes = SHAPES[spec.shape]
    full = (*shape, int(rng.choice(classes))) if loss.has_classes else shape
    labels = rng.integers(0, full[-1] if loss.has_classes else 2, shape)
    round_, largest = FORMATS[spec.dtype].round, FORMATS[spec.dtype].largest
    options: dict[str, Any] = {}
    if "weight" in spec.options:
        options["weight"] = round_(rng.uniform(0.25, 3, full[-1]))
    if "label_smoothing" in spec.options:
        options["label_smoothing"] = 0.1
    if "pos_weight" in spec.options:
        per_column = len(shape) > 1 and rng.random() < 0.5  # either form, evenly
        options["pos_weight"] = round_(rng.uniform(0.5, 4, shape[-1:] if per_column else ()))
    if "gamma" in spec.options:
        options["gamma"] = float(rng.choice([0.0, 1.0, 1.5, 5.0]))
    if "alpha" in spec.options:
        options["alpha"] = float(FORMATS["bfloat16"].round(rng.uniform(0.1, 0.9)))
    drawn = REGIMES[loss.prediction, loss.has_classes][spec.regime](rng, full, np.asarray(labels))
    finite = np.where(np.isinf(drawn), drawn, np.clip(drawn, -largest, largest))
    prediction = round_(finite)
    target = _target(rng, spec, full, np.asarray(labels))
    if "log_target" in spec.options:
        options["log_target"] = True
        target = log(target)
    if "ignore_index" in spec.options:
        options["ignore_index"] = int(rng.choice([-100, -1]))
        target = np.where(rng.random(shape) < 0.3, options["ignore_index"], target)
    return Case(
        loss=loss,
        target_kind=kind,
        prediction=prediction,
        target=target if spec.encoding == SPARSE else round_(target),
        reduction=REDUCTIONS[spec.reduction],
        dtype=spec.dtype,
        origin=origin,
        weights=_weights(rng, spec, shape),
        options=MappingProxyType(options),
    )


def _target(
    rng: np.random.Generator, spec: Spec, shape: tuple[int, ...], labels: np.ndarray
) -> np.ndarray:
    """The target in its encoding, before rounding."""
    if spec.encoding in SPARSE | BINARY:
        return labels
    if spec.encoding == SOFT_BINARY:
        return rng.uniform(0, 1, labels.shape)
    hard = np.asarray(np.arange(shape[-1]) == labels[..., None])
    if spec.encoding == ONE_HOT:
        return hard.astype(np.float64)
    return softmax(rng.normal(size=shape) + 2 * hard)


def _weights(rng: np.random.Generator, spec: Spec, shape: tuple[int, ...]) -> np.ndarray | None:
    """Sample weights between 0.25 and 3, about one in five of them zero, of the terms' rank."""
    sizes = {
        "scalar_weight": (),
        "sample_weight": shape[:1] + (1,) * (len(shape) - 1),
        "position_weight": shape,
    }
    size = next((sizes[name] for name in spec.options if name in sizes), None)
    if size is None:
        return None
    zero = rng.random(size) < (0.2 if size else 0.0)
    return FORMATS[spec.dtype].round(np.where(zero, 0.0, rng.uniform(0.25, 3, size)))


def from_name(loss: str, kind: str, reduction: str, dtype: str, origin: str) -> Case:
    """The generated case of a name, made again.

    Raises:
        ValueError: If a part of the name is unknown; the message says which.
    """
    parts = origin.split(".")
    if len(parts) != 4 or not parts[3].isdigit():  # regime, shape, options, seed
        message = f"{origin!r} names no case; the form is regime.shape.options.seed"
        raise ValueError(message)
    regime, shape, options, seed = parts
    try:
        definition = LOSSES[loss]
        spec = Spec(
            encoding=Encoding[kind.removesuffix(SEGMENTATION_ENDING).upper()],
            shape=shape,
            dtype=dtype,
            regime=regime,
            options=() if options == "plain" else tuple(options.split("+")),
            reduction=reduction,
        )
        _check(definition, kind, spec)
        return generate(definition, spec, int(seed))
    except KeyError as error:
        message = f"{error.args[0]!r} in {loss}:{kind}:{reduction}:{dtype}:{origin} is unknown"
        raise ValueError(message) from error


def _check(loss: Loss, kind: str, spec: Spec) -> None:
    """Raises KeyError with the part of a name that is unknown, or does not go with the others."""
    encodings, _, _, _, sets, _ = levels(loss)
    unknown = set(spec.options) - {name for options in sets for name in options}
    if unknown:
        raise KeyError(min(unknown))
    if spec.encoding not in encodings or target_kind(spec) != kind:
        raise KeyError(kind)
    if not possible(spec):
        raise KeyError("+".join(spec.options))


def named_reduction(name: str) -> Reduction:
    """The reduction of a name.

    Raises:
        ValueError: If it is none of ``REDUCTIONS``.
    """
    if name not in REDUCTIONS:
        message = f"the reduction {name!r} is unknown; there are {', '.join(REDUCTIONS)}"
        raise ValueError(message)
    return REDUCTIONS[name]
