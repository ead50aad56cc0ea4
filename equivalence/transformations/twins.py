"""The same question asked in another way: another reduction, another encoding, two classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from hypothesis import strategies as st

from equivalence.cases.case import BINARY, ONE_HOT, SEGMENTATION_ENDING, SPARSE, Case, encoding
from equivalence.exact import FORMATS
from equivalence.expectation import declines
from equivalence.implementations import IMPLEMENTATIONS, Implementation
from equivalence.losses import (
    SUM,
    Reduction,
    binary_cross_entropy_with_logits,
    cross_entropy,
)
from equivalence.relations import one_hot, reduced
from equivalence.transformations.relation import Back, Related, Relation, unchanged

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


class _Pair(NamedTuple):
    """A case asked of an implementation, and what is asked of another one, in words too."""

    implementation: Implementation
    case: Case
    other: Case
    words: str


def column(implementation: Implementation, reduction: Reduction) -> Implementation | None:
    """The column of the same function that offers a reduction; of several means there is none."""
    for known in (implementation, IMPLEMENTATIONS.get(implementation.name.partition("[")[0])):
        if known is not None and reduction.name in known.reductions:
            return known
    return None


def _has_mean_and_sum(implementation: Implementation, _mode: str) -> bool:
    return "mean" in implementation.reductions and column(implementation, SUM) is not None


def _sum(_draw: DrawFn, implementation: Implementation, _mode: str, case: Case) -> Related | None:
    """The mean and the sum of one function."""
    other = column(implementation, SUM)
    if other is None or case.reduction.kind != "mean":
        return None
    return Related(case, ((other, reduced(case, SUM)),), unchanged, "the sum instead of the mean")


def _fellows(implementation: Implementation, mode: str) -> list[Implementation]:
    """Who of the same framework is run in the same mode."""
    return [
        known
        for known in IMPLEMENTATIONS.values()
        if known.framework is implementation.framework and mode in known.offered_modes
    ]


def _has_one_hot_twin(implementation: Implementation, mode: str) -> bool:
    return bool(SPARSE & implementation.targets) and any(
        known.loss is implementation.loss and ONE_HOT & known.targets
        for known in _fellows(implementation, mode)
    )


def _one_hot(draw: DrawFn, implementation: Implementation, mode: str, case: Case) -> Related | None:
    """A class index, and its one-hot row asked of anybody in the same framework."""
    other = one_hot(case)
    if other is None:
        return None
    return _twin(draw, _Pair(implementation, case, other, "one-hot targets"), mode, unchanged)


def _twin(draw: DrawFn, pair: _Pair, mode: str, back: Back) -> Related | None:
    """The case, and another one asked of anybody in the same framework who offers it."""
    fellows = _fellows(pair.implementation, mode)
    who = [known for known in fellows if not declines(known, pair.other, mode)]
    if not who:
        return None
    chosen = draw(st.sampled_from(who))
    return Related(pair.case, ((chosen, pair.other),), back, f"{pair.words}, asked of {chosen}")


def _has_class_twin(implementation: Implementation, mode: str) -> bool:
    return implementation.loss is binary_cross_entropy_with_logits and any(
        known.loss is cross_entropy for known in _fellows(implementation, mode)
    )


def _two_classes(
    draw: DrawFn, implementation: Implementation, mode: str, case: Case
) -> Related | None:
    """A logit x, and the two classes [0, x]: sigmoid and softmax are one."""
    if np.ndim(case.options.get("pos_weight", 0.0)):
        return None
    zeros = np.zeros_like(case.prediction)
    kinds = ["sparse", "one_hot", "soft"] if encoding(case.target_kind) == BINARY else ["soft"]
    kind = draw(st.sampled_from(kinds))
    target = case.target.astype(np.float64)
    pair = FORMATS[case.dtype].round(np.stack([1 - target, target], axis=-1))
    options = {name: value for name, value in case.options.items() if name != "pos_weight"}
    if "pos_weight" in case.options:
        options["weight"] = FORMATS[case.dtype].round([1.0, float(case.options["pos_weight"])])
    other = replace(
        case,
        loss=cross_entropy,
        target_kind=kind + (SEGMENTATION_ENDING if len(case.shape) > 1 else ""),
        prediction=np.stack([zeros, case.prediction], axis=-1),
        target=case.target.astype(np.int64) if kind == "sparse" else pair,
        options=MappingProxyType(options),
    )

    def back(arrays: Sequence[np.ndarray], quantity: str, _terms: object) -> np.ndarray:
        return arrays[0] if quantity == "value" else arrays[0][..., 1]

    return _twin(draw, _Pair(implementation, case, other, "the two classes [0, x]"), mode, back)


TWINS = (
    Relation(name="sum", offered=_has_mean_and_sum, change=_sum, reductions=("mean",)),
    Relation(
        name="one_hot",
        offered=_has_one_hot_twin,
        change=_one_hot,
        encodings=SPARSE,
        without=frozenset(("ignore_index",)),
    ),
    Relation(name="two_classes", offered=_has_class_twin, change=_two_classes),
)
