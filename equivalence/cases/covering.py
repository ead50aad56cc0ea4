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

from equivalence.cases.generation import Spec, levels, possible, target_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.losses import Loss

_REGIME = Spec._fields.index("regime")
_TRIED = 48  # candidates compared for each choice


def _spec(loss: Loss, row: np.ndarray) -> Spec:
    """The spec of a row of level numbers."""
    return Spec._make(
        factor[number] for factor, number in zip(levels(loss), row.tolist(), strict=True)
    )


@functools.cache
def _encoded(loss: Loss) -> np.ndarray:
    """Every possible spec of a loss as level numbers, shape ``[specs, factors]``.

    They are shuffled once for all. The earlier of two equally good specs is chosen: so no level is
    favoured, and implementations that offer different parts of the space share many cases all the
    same.
    """
    sizes = [len(factor) for factor in levels(loss)]
    every = np.indices(sizes).reshape(len(sizes), -1).T
    # Which numbers are drawn decides nothing: one regime stands for all.
    plain = every[every[:, _REGIME] == 0]
    alike = [1 if factor == _REGIME else size for factor, size in enumerate(sizes)]
    kept = np.array([possible(_spec(loss, row)) for row in plain]).reshape(alike)
    rows = every[np.broadcast_to(kept, sizes).ravel()]
    return np.asarray(rows[np.random.default_rng(0).permutation(len(rows))])


@functools.cache
def space(loss: Loss) -> tuple[Spec, ...]:
    """Every possible spec of a loss, in the order in which they are chosen."""
    return tuple(_spec(loss, row) for row in _encoded(loss))


@functools.cache
def _numbers(loss: Loss) -> tuple[dict[Any, int], ...]:
    """The number of each level of each factor."""
    return tuple({level: number for number, level in enumerate(factor)} for factor in levels(loss))


@functools.cache
def _places(loss: Loss) -> np.ndarray:
    """Where the spec of each level number of every factor stands among the possible ones."""
    places = np.full([len(factor) for factor in levels(loss)], -1)
    places[tuple(_encoded(loss).T)] = np.arange(len(_encoded(loss)))
    return places


def place(loss: Loss, spec: Spec) -> int:
    """Where a spec of a loss stands in its space.

    Raises:
        KeyError: If it is not possible.
    """
    known = zip(_numbers(loss), spec, strict=True)
    found = int(_places(loss)[tuple(numbers[level] for numbers, level in known)])
    if found < 0:
        raise KeyError(spec)
    return found


@functools.cache
def _kinds(loss: Loss) -> tuple[tuple[Spec, ...], np.ndarray]:
    """Specs that differ in their regime only: one of each kind, and the kind of every spec."""
    rows = _encoded(loss)
    sizes = [len(factor) for factor in levels(loss)]
    apart = np.ravel_multi_index(np.where(np.arange(len(sizes)) == _REGIME, 0, rows).T, sizes)
    _, examples, kinds = np.unique(apart, return_index=True, return_inverse=True)
    return tuple(_spec(loss, row) for row in rows[examples]), kinds


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


@functools.cache
def _cells(loss: Loss) -> np.ndarray:
    """The number of the cell of each possible spec: its kind of target, dtype and reduction."""
    examples, kinds = _kinds(loss)
    named = [(target_kind(spec), spec.dtype, spec.reduction) for spec in examples]
    numbers = {cell: number for number, cell in enumerate(dict.fromkeys(named))}
    return np.asarray(np.array([numbers[cell] for cell in named])[kinds])


def _wanted(loss: Loss, among: np.ndarray, strength: int, *, cells: bool) -> np.ndarray:
    """What is to be held, of some specs: combinations of levels, and with ``cells`` every cell."""
    combinations = tuples(_encoded(loss)[among], strength)
    if not cells:
        return combinations
    return np.column_stack((combinations, _cells(loss)[among] + combinations.max() + 1))


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
    # Numbers of 16 bits are sorted by counting, several times as fast.
    order = np.argsort(flat.astype(np.min_scalar_type(flat.max())), kind="stable")
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
def _core(loss: Loss, strength: int, *, cells: bool) -> tuple[int, ...]:
    """A covering array of the whole space.

    Every implementation takes from it what it can, so that they share cases.
    """
    every = np.arange(len(_encoded(loss)))
    return tuple(_complete(_wanted(loss, every, strength, cells=cells), []))


def cover(
    loss: Loss,
    accepts: Callable[[Spec], bool],
    strength: int,
    *,
    numbers_matter: bool = True,
    cells: bool = False,
    among: tuple[Spec, ...] = (),
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
        cells: Whether every kind of target is held in every dtype under every reduction besides.
        among: Specs that are chosen from, if those of them that are accepted hold as much.
    """
    rows = _encoded(loss)
    if numbers_matter:
        accepted = np.array([accepts(spec) for spec in space(loss)], dtype=bool)
    else:
        examples, kinds = _kinds(loss)
        accepted = np.array([accepts(spec) for spec in examples], dtype=bool)[kinds]
    if not accepted.any():
        return ()
    subset = np.flatnonzero(accepted)
    wanted = _wanted(loss, subset, strength, cells=cells)
    position = np.cumsum(accepted) - 1
    places = [place(loss, spec) for spec in among]
    few = [int(position[row]) for row in places if accepted[row]]
    if few and np.array_equal(np.unique(wanted[few]), np.unique(wanted)):
        chosen = [few[row] for row in _complete(wanted[few], [])]
    else:
        core = _core(loss, strength, cells=cells)
        chosen = _complete(wanted, [int(position[row]) for row in core if accepted[row]])
    return tuple(_spec(loss, rows[subset[row]]) for row in sorted(set(chosen)))


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
