"""The smallest input that breaks a relation: Hypothesis draws related questions, and shrinks."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from equivalence.cases.pinned_text import pinned_text
from equivalence.cases.strategies import Wanted, cases
from equivalence.comparison import judge
from equivalence.implementations.needs import UNBATCHED
from equivalence.relations import Disagreement
from equivalence.undivided import RELATED, broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hypothesis.strategies import DrawFn

    from equivalence.cases.case import Case
    from equivalence.implementations import Implementation
    from equivalence.transformations import Related, Relation

# Everywhere the same questions: no database, no clock, no seed from outside.
for _profile, _examples in {"quick": 6, "full": 240}.items():
    settings.register_profile(
        f"equivalence-{_profile}",
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=_examples,
        print_blob=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
FEWEST = 3  # questions to the slowest framework


class Drawn(NamedTuple):
    """What cases are drawn of, and who is asked."""

    implementation: Implementation
    target_kind: str
    reduction: str
    dtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """The smallest input that breaks a relation.

    Attributes:
        related: The questions.
        found: What was returned, or in words what was not.
        who: The first implementation in its mode.
        texts: A file of pinned cases for each question whose exact answer is missed, by a name.
    """

    related: Related
    found: Disagreement | str
    who: str
    texts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search has come to.

    Attributes:
        compared: How many pairs of readings were compared.
        counterexample: The smallest one; None if the relation held.
    """

    compared: int
    counterexample: Counterexample | None = None


class _BrokenError(Exception):
    """A relation is broken, by these questions."""

    def __init__(
        self, implementation: Implementation, related: Related, found: Disagreement | str
    ) -> None:
        super().__init__(str(found))
        self.implementation, self.related, self.found = implementation, related, found


@st.composite
def related_questions(
    draw: DrawFn,
    relation: Relation,
    mode: str,
    cells: Sequence[Drawn],
) -> tuple[Implementation, Related]:
    """Questions that a relation joins, of one of the cells, and who is asked the first."""
    implementation, target_kind, reduction, dtype = draw(st.sampled_from(cells))
    wanted = Wanted(
        loss=implementation.loss,
        target_kind=target_kind,
        reduction=reduction,
        dtype=dtype,
        options=implementation.options - relation.without,
        unbatched=UNBATCHED in implementation.shapes,
        rows=relation.rows,
        weighted=relation.weighted,
    )
    case = draw(cases(wanted))
    assume(not implementation.declines(case))
    related = relation.change(draw, implementation, mode, case)
    assume(related is not None)
    assert related is not None  # noqa: S101 - what assume has seen to, said to the type checker
    return implementation, related


def search(relation: Relation, mode: str, cells: Sequence[Drawn], profile: str) -> Searched:
    """Looks for the smallest questions that break a relation; the same ones every time.

    Args:
        relation: Which.
        mode: How who is asked is run, and others of the same framework beside them.
        cells: Of which cells cases are drawn, all of one framework; at least one.
        profile: How long: ``"quick"`` or ``"full"``.
    """
    compared = 0
    own = settings.get_profile(f"equivalence-{profile}")
    slowness = cells[0].implementation.framework.slowness

    @settings(own, max_examples=max(FEWEST, int(own.max_examples / slowness)))
    @given(related_questions(relation, mode, cells))
    def holds(asked: tuple[Implementation, Related]) -> None:
        nonlocal compared
        implementation, related = asked
        for found in broken(related, implementation, mode):
            compared += 1
            if found is not None:
                raise _BrokenError(implementation, related, found)

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # the example is printed by the law
            holds()
    except _BrokenError as error:
        return Searched(compared=compared, counterexample=_counterexample(relation, mode, error))
    return Searched(compared=compared)


def concerns(relation: Relation, mode: str, cell: Drawn) -> bool:
    """Whether cases of a cell, asked of its implementation, have the relation."""
    offered = relation.offered(cell.implementation, mode)
    return offered and relation.takes(cell.target_kind, cell.reduction)


def _counterexample(relation: Relation, mode: str, error: _BrokenError) -> Counterexample:
    """The smallest example, with the questions whose own answers are wrong as pinned files."""
    implementation, related = error.implementation, error.related
    asked = ((implementation, related.case), *related.others)
    wrong = [(who, case) for who, case in asked if _is_wrong(who, case, mode)]
    why = f"{implementation} breaks the relation {relation}: {error.found}."
    source = f"Found by the law of relations: {related.words}."
    texts = {
        f"{relation}_{case.loss}_{case.dtype}_{case.digest}": pinned_text(case, why, source)
        for _, case in wrong or asked
    }
    return Counterexample(
        related=related, found=error.found, who=f"{implementation}@{mode}", texts=texts
    )


def _is_wrong(implementation: Implementation, case: Case, mode: str) -> bool:
    return any(judge(implementation, case, name, mode).verdict.fails for name in RELATED)


def told(example: Counterexample) -> Iterator[str]:
    """A counterexample in words, each file of its questions on lines of its own."""
    yield f"{example.who}, {example.related.words}: {example.found}"
    if isinstance(example.found, Disagreement):
        found = example.found
        for label, number in zip(found.labels, found.got, strict=True):
            yield f"{label} says {number.hex}"
        yield f"{found.error.decimal} apart; both may err by {found.bound.decimal} together"
    for name, text in example.texts.items():
        yield f"# fixtures/cases/{name}.toml\n{text}"
