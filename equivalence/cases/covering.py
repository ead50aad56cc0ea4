"""Which cases suffice: covering arrays, so that every pair (or triple) of levels meets somewhere.

Greedy, as in D. M. Cohen, S. R. Dalal, M. L. Fredman & G. C. Patton, *The AETG system: an approach
to testing based on combinatorial design*, IEEE Trans. Softw. Eng. 23(7), 1997
(DOI 10.1109/32.605761).
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from equivalence.cases.generation import Spec, levels, possible

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.losses import Loss

_TRIED = 48  # candidates compared for each choice


@functools.cache
def space(loss: Loss) -> tuple[Spec, ...]:
    """Every possible spec of a loss, shuffled once for all.

    The earlier of two equally good specs is chosen: so no level is favoured, and implementations
    that offer different parts of the space share many cases all the same.
    """
    specs = [spec for spec in map(Spec._make, itertools.product(*levels(loss))) if possible(spec)]
    return tuple(specs[row] for row in np.random.default_rng(0).permutation(len(specs)))


@functools.cache
def _encoded(loss: Loss) -> np.ndarray:
    """The space as level numbers, shape ``[specs, factors]``."""
    index = [{level: number for number, level in enumerate(factor)} for factor in levels(loss)]
    return np.array(
        [[index[i][level] for i, level in enumerate(spec)] for spec in space(loss)], dtype=np.int64
    )


@functools.cache
def _kinds(loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Specs that differ in their regime only: one of each kind, and the kind of every spec."""
    apart = np.delete(_encoded(loss), Spec._fields.index("regime"), axis=1)
    _, examples, kinds = np.unique(apart, axis=0, return_index=True, return_inverse=True)
    return examples, kinds


def tuples(rows: np.ndarray, strength: int) -> np.ndarray:
    """A number for each combination of ``strength`` levels in each row.

    Returns:
        The numbers, shape ``[rows, combinations]``.
    """
    sizes = rows.max(axis=0, initial=0) + 1
    columns, start = [], 0
    for chosen in itertools.combinations(range(rows.shape[1]), strength):
        number = np.zeros(len(rows), dtype=np.int64)
        for factor in chosen:
            number = number * sizes[factor] + rows[:, factor]
        columns.append(number + start)
        start += int(np.prod(sizes[list(chosen)]))
    return np.stack(columns, axis=1)


def _complete(combinations: np.ndarray, first: list[int]) -> list[int]:
    """Rows that cover every combination: those of ``first`` that add something, then by greed."""
    covered = np.zeros(int(combinations.max()) + 1, dtype=bool)
    needed = np.zeros_like(covered)
    needed[combinations] = True
    chosen = []
    for row in first:
        if np.count_nonzero(~covered[combinations[row]]) > 1:
            chosen.append(row)
            covered[combinations[row]] = True
    flat, width = combinations.ravel(), combinations.shape[1]
    order = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[order], np.arange(len(covered) + 1))
    for wanted in np.flatnonzero(needed):
        if covered[wanted]:
            continue
        rows = order[starts[wanted] : starts[wanted + 1]] // width
        rows = rows[:_TRIED]
        best = int(rows[np.argmax(np.count_nonzero(~covered[combinations[rows]], axis=1))])
        chosen.append(best)
        covered[combinations[best]] = True
    return chosen


@functools.cache
def _core(loss: Loss, strength: int) -> tuple[int, ...]:
    """A covering array of the whole space.

    Every implementation takes from it what it can, so that they share cases.
    """
    return tuple(_complete(tuples(_encoded(loss), strength), []))


def cover(
    loss: Loss, accepts: Callable[[Spec], bool], strength: int, *, numbers_matter: bool = True
) -> tuple[Spec, ...]:
    """Specs among the accepted ones that hold every accepted combination of ``strength`` levels.

    The choice depends on the loss and on what is accepted, never on what else is installed or
    selected, so that a run with fewer frameworks asks the same questions.

    Args:
        loss: Whose space it is.
        accepts: Whether a spec may be chosen.
        strength: How many levels are held together.
        numbers_matter: Whether ``accepts`` looks at the regime of the numbers; if it does not, it
            is asked once for all regimes.
    """
    everything = space(loss)
    if numbers_matter:
        accepted = np.array([accepts(spec) for spec in everything], dtype=bool)
    else:
        examples, kinds = _kinds(loss)
        accepted = np.array([accepts(everything[row]) for row in examples], dtype=bool)[kinds]
    if not accepted.any():
        return ()
    position = np.cumsum(accepted) - 1
    first = [int(position[row]) for row in _core(loss, strength) if accepted[row]]
    subset = np.flatnonzero(accepted)
    chosen = _complete(tuples(_encoded(loss)[subset], strength), first)
    return tuple(everything[int(subset[row])] for row in sorted(set(chosen)))


def uncovered(
    loss: Loss, accepts: Callable[[Spec], bool], chosen: tuple[Spec, ...], strength: int
) -> set[Any]:
    """The accepted combinations of levels that no chosen spec holds; for tests."""

    def combinations(specs: Any) -> set[Any]:
        return {
            (factors, tuple(spec[factor] for factor in factors))
            for spec in specs
            for factors in itertools.combinations(range(len(Spec._fields)), strength)
        }

    return combinations(filter(accepts, space(loss))) - combinations(chosen)
