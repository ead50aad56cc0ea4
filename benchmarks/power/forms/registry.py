"""What a form is: a good algorithm for a loss, in the dtypes for which it is one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.power.private import Evaluate
from equivalence.cases.case import Case
from equivalence.exact import FORMATS
from equivalence.losses import Loss
from equivalence.losses.loss import LOGITS

FORMS: list[Form] = []
# Beyond, one by one is no good algorithm: its error grows as the number, or as its root.
ONE_BY_ONE = 64
# Good algorithms add numbers of 16 bits in float32: DESIGN.md, "Exactness and bounds".
SIXTEEN_BITS = frozenset(("float16", "bfloat16"))
EVERY_DTYPE = frozenset(FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A right implementation.

    Attributes:
        name: What it does otherwise.
        loss: What it computes.
        evaluate: From a call to a response.
        dtypes: For which it is a good algorithm.
        longest: How many summands it is a good algorithm for, of classes or of terms: the error of
            a sum that is formed one by one grows with their number, that of the bound by blocks.
    """

    name: str
    loss: Loss
    evaluate: Evaluate
    dtypes: frozenset[str]
    longest: float = math.inf

    def __str__(self) -> str:
        return f"{self.loss}: {self.name}"

    __repr__ = __str__

    def answers(self, case: Case) -> bool:
        """Whether it is a good algorithm for a case."""
        classes = case.prediction.shape[-1] if self.loss.has_classes else 1
        summands = max(classes, 1 if case.reduction.kind == "none" else math.prod(case.shape))
        return case.dtype in self.dtypes and summands <= self.longest and not _overflows(case)


def _overflows(case: Case) -> bool:
    """Whether a difference of two logits does not fit, so that a term is infinite on the way.

    The mean of such terms may fit. No algorithm in the dtype has it, and the catalogue says so of
    the frameworks.
    """
    if not case.loss.has_classes or case.loss.prediction != LOGITS or not case.prediction.size:
        return False
    logits = np.asarray(case.prediction, dtype=np.longdouble)
    finite = np.isfinite(logits)
    largest = np.max(logits, axis=-1, where=finite, initial=-np.inf)
    smallest = np.min(logits, axis=-1, where=finite, initial=np.inf)
    spans = np.where(finite.any(axis=-1), largest - smallest, 0)
    return bool(FORMATS[case.dtype].overflows(spans).any())


def form(
    name: str,
    losses: Iterable[Loss],
    evaluate: Evaluate,
    dtypes: Iterable[str] = EVERY_DTYPE,
    *,
    longest: float = math.inf,
) -> None:
    """Registers a form of some losses."""
    FORMS.extend(
        Form(name=name, loss=loss, evaluate=evaluate, dtypes=frozenset(dtypes), longest=longest)
        for loss in losses
    )


def own_number(dtype: np.dtype[Any]) -> Any:
    """The number type in which a good kernel computes: float32 for 16 bits, else the dtype."""
    return np.float32 if dtype.itemsize == 2 else dtype
