"""What a case is: one question, with the numbers that every framework is given."""

from __future__ import annotations

import enum
import functools
import hashlib
import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.exact import FORMATS, Format
from equivalence.losses.reduction import Weighing
from equivalence.losses.shared import read_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from equivalence.losses import Loss, Reduction

# The ending of a target kind whose positions form an image or a sequence.
SEGMENTATION_ENDING = "_segmentation"


class Encoding(enum.Flag):
    """How a target is written down; several are joined by ``|``."""

    SPARSE = enum.auto()
    ONE_HOT = enum.auto()
    SOFT = enum.auto()
    BINARY = enum.auto()
    SOFT_BINARY = enum.auto()


SPARSE, ONE_HOT, SOFT = Encoding.SPARSE, Encoding.ONE_HOT, Encoding.SOFT
BINARY, SOFT_BINARY = Encoding.BINARY, Encoding.SOFT_BINARY


def encoding(target_kind: str) -> Encoding:
    """The encoding of a target kind, without its shape.

    >>> encoding("sparse_segmentation")
    <Encoding.SPARSE: 1>
    """
    return Encoding[target_kind.removesuffix(SEGMENTATION_ENDING).upper()]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One question. Compared by identity; ``digest`` says whether two ask the same.

    Attributes:
        loss: What is asked for.
        target_kind: ``"sparse"``, ``"one_hot"``, ``"soft"``, ``"binary"``, ``"soft_binary"``, with
            ``"_segmentation"`` behind it where the positions have more than one axis.
        prediction: Classes last, shape ``[..., classes]`` (or ``[...]`` without classes), of
            ``dtype``.
        target: Class indices ``[...]`` (int64) if sparse, else of the prediction's shape and dtype;
            of any other dtype if that is what is asked.
        weights: Sample weights of ``dtype``, or of another: a number, or an array of the terms'
            rank that broadcasts.
        options: Class weights ``weight``, ``ignore_index``, ``label_smoothing``, ``pos_weight``.
        reduction: How the terms become the value.
        dtype: The floating-point format under test.
        origin: Where the case comes from: ``"regime.shape.options.seed"``, ``"pinned.name"`` or
            ``"edge.name"``.
        arithmetic: The wider format that a divergence computes in; empty for ``dtype``.
        malformed: What is wrong with the question, in words; empty if nothing. A malformed question
            has no answer: to refuse it is right.
    """

    loss: Loss
    target_kind: str
    prediction: np.ndarray
    target: np.ndarray
    reduction: Reduction
    dtype: str
    origin: str
    weights: np.ndarray | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    arithmetic: str = ""
    malformed: str = ""

    @property
    def id(self) -> str:
        """The name from which the case can be made again."""
        return f"{self.loss}:{self.target_kind}:{self.reduction}:{self.dtype}:{self.origin}"

    def __str__(self) -> str:
        return self.id

    __repr__ = __str__

    @property
    def nbytes(self) -> int:
        """The bytes of its arrays, options left out."""
        weights = 0 if self.weights is None else np.asarray(self.weights).nbytes
        return self.prediction.nbytes + self.target.nbytes + weights

    @property
    def computed_in(self) -> Format:
        """The format in which the answer is computed: that of its constants and intermediates."""
        return FORMATS[self.arithmetic or self.dtype]

    def format_of(self, quantity: str) -> Format:
        """The format in which a quantity is asked: a gradient has the dtype of its variable."""
        own = FORMATS[self.dtype]
        weights = self.prediction if self.weights is None else np.asarray(self.weights)
        variables = {"target_gradient": self.target, "weight_gradient": weights}
        if quantity not in variables:
            return own
        stored = FORMATS.get(variables[quantity].dtype.name, own)
        return stored if stored.precision < own.precision else own

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the terms."""
        shape = self.prediction.shape
        return shape[:-1] if self.loss.has_classes else shape

    @property
    def question(self) -> str:
        """What is asked before any reduction: a hash of the loss and every number."""
        return _question(self)

    @property
    def digest(self) -> str:
        """A hash of everything that is asked.

        Findings are comparable between runs only if it is equal.
        """
        return hashlib.blake2b(
            f"{self.question}:{self.reduction}".encode(), digest_size=6
        ).hexdigest()

    @property
    def counted(self) -> np.ndarray:
        """False where the target is ignored, shape ``[...]``."""
        ignored = self.options.get("ignore_index")
        if ignored is None or encoding(self.target_kind) != SPARSE:
            return np.ones(self.shape, dtype=bool)
        return np.asarray(self.target != ignored)

    @property
    def distribution(self) -> np.ndarray:
        """The target as a distribution, float64, of the prediction's shape.

        It is all zeros where the target is ignored.

        Raises:
            ValueError: If a class index that counts is out of range.
        """
        if encoding(self.target_kind) != SPARSE:
            return np.asarray(self.target, dtype=np.float64)
        classes = self.prediction.shape[-1]
        labels = np.where(self.counted, self.target, 0)
        if np.any((labels < 0) | (labels >= classes)):
            message = f"{self.id}: a target is outside 0..{classes - 1}; has it an ignore_index?"
            raise ValueError(message)
        return np.where(
            self.counted[..., None], np.arange(classes) == labels[..., None], 0.0
        ).astype(np.float64)

    @property
    def parameters(self) -> dict[str, Any]:
        """The options that are parameters of the formula."""
        return {name: value for name, value in self.options.items() if name in self.loss.parameters}

    @property
    def weighted_by(self) -> str:
        """What weights it has, as implementations call them; empty if none.

        Those of samples come before those of classes.
        """
        if self.weights is not None:
            return "sample_weight"
        return next((name for name in ("weight", "pos_weight") if name in self.options), "")

    @property
    def weighing(self) -> Weighing:
        """How much each term counts, in float64."""
        return _weighing(self)


@functools.lru_cache(maxsize=4)  # of the case that is being answered
def _weighing(case: Case) -> Weighing:
    sample = 1.0 if case.weights is None else np.asarray(case.weights, dtype=np.float64)
    weight = case.options.get("weight")
    ones = np.broadcast_to(1.0, case.shape)
    target = ones
    if weight is not None:
        target = np.sum(case.distribution * np.asarray(weight, dtype=np.float64), axis=-1)
    return Weighing(
        counted=case.counted,
        sample=np.broadcast_to(sample, case.shape),
        target=np.asarray(target),
        batch=case.shape[0] if case.shape else 1,
        passed=ones if case.weights is None else np.asarray(sample),
    )


def cotangent(shape: tuple[int, ...]) -> np.ndarray:
    """What the gradient of a value is multiplied by: 1, 2, 1/2, 1, 2, ...

    The numbers differ, so that rows cannot be exchanged, and are powers of two, so that no rounding
    is added; for a scalar it is 1. They cannot be written to.

    >>> cotangent((4,)).tolist()
    [1.0, 2.0, 0.5, 1.0]
    """
    return _cotangent(shape) if math.prod(shape) <= _FEW else _repeated(shape)


def _repeated(shape: tuple[int, ...]) -> np.ndarray:
    size = math.prod(shape)
    made = np.resize(np.array([1.0, 2.0, 0.5]), size).reshape(shape) if size else np.ones(shape)
    return read_only(made)


_FEW = 4096  # numbers of a shape up to which its cotangent is kept
_cotangent = functools.lru_cache(maxsize=64)(_repeated)


@functools.lru_cache(maxsize=256)
def _question(case: Case) -> str:
    parts = hashlib.blake2b(digest_size=8)
    options = sorted(case.options.items())
    for part in (
        case.loss.name,
        str(encoding(case.target_kind).name),
        case.dtype,
        *(name for name, _ in options),
    ):
        parts.update(part.encode() + b"\0")
    for given in (case.prediction, case.target, case.weights, *(value for _, value in options)):
        if given is not None:
            array = np.asarray(given)
            parts.update(
                repr((array.shape, array.dtype.str)).encode()
                + np.ascontiguousarray(array).tobytes()
            )
    return parts.hexdigest()
