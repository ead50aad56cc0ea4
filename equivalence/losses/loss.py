"""What a loss is: a formula over classes-last arrays, its gradient and its bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from equivalence.losses.shared import shared

if TYPE_CHECKING:
    from collections.abc import Callable

LOSSES: dict[str, Loss] = {}

LOGITS, LOG_PROBABILITIES, PROBABILITIES = "logits", "log_probabilities", "probabilities"


class Gradients(NamedTuple):
    """Derivatives of the terms, by the prediction and by the target, each of its shape."""

    prediction: np.ndarray
    target: np.ndarray


class TermBounds(NamedTuple):
    """The largest errors that a good implementation may make, per term and per derivative."""

    term: np.ndarray
    prediction: np.ndarray
    target: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loss:
    """A mathematical function, defined once; compared by identity.

    Attributes:
        name: As in cell ids.
        definition: ``(prediction, target, **parameters) -> terms``, plain NumPy in a stable form;
            runs on float64 arrays and on object arrays of balls. The target is always a
            distribution over the classes (sparse targets arrive one-hot) or, without a class axis,
            a number in [0, 1].
        gradient: The closed-form derivatives of the terms, same arguments, returns ``Gradients``.
        bound: ``(prediction, target, precision, **parameters) -> TermBounds`` in float64.
        signature: NumPy's gufunc notation of one term: ``"(c),(c)->()"`` or ``"(),()->()"``.
        parameters: The names of the options that the formula takes.
        prediction: What the prediction is: ``"logits"``, ``"log_probabilities"`` or
            ``"probabilities"``.
    """

    name: str
    definition: Callable[..., np.ndarray]
    gradient: Callable[..., Gradients]
    bound: Callable[..., TermBounds]
    signature: str
    parameters: tuple[str, ...]
    prediction: str

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    @property
    def has_classes(self) -> bool:
        """Whether a term reads a row of classes; that of binary cross-entropy reads one number."""
        return self.signature.startswith("(c)")

    @property
    def documentation(self) -> str:
        """The docstring of the definition."""
        return self.definition.__doc__ or ""


def loss(
    signature: str,
    *,
    prediction: str,
    gradient: Callable[..., Gradients],
    bound: Callable[..., TermBounds],
    parameters: tuple[str, ...] = (),
) -> Callable[[Callable[..., np.ndarray]], Loss]:
    """Registers the decorated definition as a loss of the function's name.

    Raises:
        ValueError: If a loss of that name is already defined.
    """

    def register(definition: Callable[..., np.ndarray]) -> Loss:
        name = definition.__name__
        if name in LOSSES:
            message = (
                f"the loss {name!r} is already defined in {LOSSES[name].definition.__module__}"
            )
            raise ValueError(message)
        LOSSES[name] = Loss(
            name=name,
            definition=definition,
            gradient=gradient,
            bound=bound,
            signature=signature,
            parameters=parameters,
            prediction=prediction,
        )
        return LOSSES[name]

    return register


def xlogy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``x log y`` with ``0 log 0 = 0`` and ``log 0 = -inf``, for float64 arrays and balls."""
    return times(x, log(y))


@shared
def log(y: np.ndarray) -> np.ndarray:
    """The natural logarithm with ``log 0 = -inf``, for float64 arrays and balls."""
    zero = y == 0
    return np.where(zero, -np.inf, np.log(np.where(zero, y + 1, y)))


def inverse(y: np.ndarray) -> np.ndarray:
    """The derivative 1 / y of ``log``, infinite at 0, for float64 arrays and balls.

    For negative numbers it does not exist, as the logarithm does not.
    """
    zero = y == 0
    return np.where(y < 0, np.nan, np.where(zero, np.inf, 1 / np.where(zero, y + 1, y)))


def times(x: Any, y: Any) -> np.ndarray:
    """``x y`` with ``0 times anything = 0``, infinities included; for float64 arrays and balls."""
    zero = np.asarray(x == 0)
    if not zero.any():
        return np.asarray(x * y)
    return np.where(zero, 0.0, x * np.where(zero, 1.0, y))


def accumulation(count: int, precision: int) -> float:
    """h(C), the rounding errors of summing C exponentials, in units of roundoff.

    Sixteen-bit formats accumulate in float32 or pairwise; float32 and float64 may sum in blocks of
    four and more (Blanchard, Higham & Higham, *Accurately computing the log-sum-exp and softmax
    functions*, IMA J. Numer. Anal. 41(4), 2021, section 4, with the constants of DESIGN.md).
    """
    sixteen_bits = 11
    return float(np.log2(max(count, 1)) + 4 if precision <= sixteen_bits else count / 4 + 4)
