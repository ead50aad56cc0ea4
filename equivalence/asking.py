"""Asking: the selected questions of a framework, one after the other, in this process."""

from __future__ import annotations

import dataclasses
import functools
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence.comparison import judge
from equivalence.declined import inapplicable
from equivalence.environment import divergence_records, framework_record, implementation_record
from equivalence.events import Asking, Event, Examined, Finished, Judged, Loaded
from equivalence.finding import Finding, Verdict
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, ready
from equivalence.implementations.framework import columns
from equivalence.plan import Question, planned, questions, withheld
from equivalence.results import AskedRecord, ClaimRecord, FrameworkRecord
from equivalence.selection import SelectError
from equivalence.shards import WHOLE, Shard
from equivalence.smaller import shrunk
from equivalence.sweeping import swept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equivalence.implementations import Implementation
    from equivalence.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run asks: the selected questions of a profile.

    Attributes:
        selection: Which cells.
        profile: ``"quick"`` or ``"full"``.
        frameworks: Of whom, in the order of import.
        required: Those that must be there.
        claims: Whether the tutorial's claims are examined too.
        shard: Which part of it.
        done: The names of the findings that there are already, from a run that was cut short.
        swept: The implementations whose sweeps there are already.
    """

    selection: Selection
    profile: str
    frameworks: tuple[str, ...]
    required: tuple[str, ...] = ()
    claims: bool = False
    shard: Shard = WHOLE
    done: frozenset[str] = frozenset()
    swept: frozenset[str] = frozenset()

    @property
    def record(self) -> AskedRecord:
        """What the run says that it was asked for."""
        words = self.selection.words
        return AskedRecord(
            select=tuple(f"{'!' if word.negated else ''}{word.text}" for word in words),
            frameworks=self.frameworks,
            required=self.required,
            claims=self.claims,
            shard=str(self.shard),
        )

    def takes(self, cell: str, case: str) -> bool:
        """Whether a finding is to be made."""
        return self.shard.holds(cell) and self.selection.takes(cell, case)


def implementations_of(framework: str) -> tuple[Implementation, ...]:
    """The implementations of a framework that is loaded."""
    return tuple(known for known in IMPLEMENTATIONS.values() if known.framework.name == framework)


def loaded(framework: str, request: Request, *, counts: bool = True) -> Loaded:
    """Imports a framework and says what it offers: what is asked, and with ``counts`` how much.

    The first process of a framework has counted for those that join it.

    Raises:
        SelectError: If the selection names an implementation that it does not have, or your
            ``conftest.py`` cannot be run.
    """
    if absent := ready(framework) if framework in FRAMEWORKS else "":
        return Loaded(record=FrameworkRecord(name=framework, versions={}, flags={}, absent=absent))
    _load_own(framework)
    mine = implementations_of(framework)
    if not counts:
        return Loaded(record=framework_record(mine[0].framework))
    names = [f"{known}@{mode}" for known in mine for mode in known.offered_modes]
    request.selection.check(framework, names)
    counted = ((known.name, _count(known, request)) for known in mine)
    return Loaded(
        record=framework_record(mine[0].framework),
        implementations=tuple(map(implementation_record, mine)),
        divergences=divergence_records(mine),
        questions=tuple((name, count) for name, count in counted if count is not None),
        findings=tuple(
            found
            for known in mine
            for found in (*inapplicable(known), *_withheld(known, request))
            if request.takes(found.cell, found.case)
        ),
    )


def _load_own(framework: str) -> None:
    """Registers the user's own implementations in a framework: those of ``./conftest.py``.

    pytest loads that file itself; here the same names can be run, explained and reproduced.
    """
    file = Path("conftest.py")
    if "_pytest" in sys.modules or not file.is_file():
        return
    if f"equivalence.implementations.{framework} " in file.read_text(encoding="utf-8"):
        _run_once(str(file.resolve()))


@functools.cache
def _run_once(file: str) -> None:
    """Runs a file; once, though it may be about several frameworks.

    Raises:
        SelectError: If it raises something.
    """
    try:
        runpy.run_path(file)
    except Exception as error:
        said = " ".join(str(error).split())
        message = f"{file} cannot be run: {type(error).__name__}: {said}"
        raise SelectError(message) from error


def selected(implementation: Implementation, request: Request) -> Iterator[Question]:
    """The selected questions to an implementation, with their selected quantities."""
    for question in _in_shard(implementation, request):
        if not request.done.issuperset(map(question.finding, question.quantities)):
            yield question


def _in_shard(implementation: Implementation, request: Request) -> Iterator[Question]:
    """The selected questions, also those that were answered before a run was cut short."""
    takes = request.takes
    for question in questions([implementation], request.profile):
        origin = question.case.origin
        asked = tuple(name for name in question.quantities if takes(question.cell(name), origin))
        if asked:
            yield dataclasses.replace(question, quantities=asked)


def _count(implementation: Implementation, request: Request) -> int | None:
    """How many questions are left; None if nothing is, the sweep included."""
    every = planned([implementation], request.profile)
    count = sum(1 for question in every if _takes_some(question, request))
    if not request.done:
        return count or None
    left = sum(1 for _ in selected(implementation, request))
    if left:
        return left
    return 0 if count and sweeps(implementation, request) else None


def sweeps(implementation: Implementation, request: Request) -> bool:
    """Whether an implementation is swept for the plots.

    Of a function with several columns it is the one that returns terms, if that is asked: others,
    which reduce them, are asked point by point and draw the same line.
    """
    if implementation.name in request.swept:
        return False
    if "none" in implementation.reductions:
        return True
    terms = [known for known in columns(implementation) if "none" in known.reductions]
    return not any(_takes_some(question, request) for question in planned(terms, request.profile))


def _takes_some(question: Question, request: Request) -> bool:
    """Whether something of a question is selected."""

    def takes(one: Question) -> bool:
        origin = one.case.origin
        return any(request.takes(one.cell(name), origin) for name in one.quantities)

    return takes(question) or (bool(question.apart) and takes(question.whole))


def _withheld(implementation: Implementation, request: Request) -> Iterator[Finding]:
    """The findings of questions that must not be asked, without asking them."""
    for question in withheld(implementation, request.profile):
        yield from ask(question)


def ask(question: Question) -> tuple[Finding, ...]:
    """Asks a question and judges each quantity; an error of the judge is a finding that fails."""
    try:
        return tuple(
            judge(question.implementation, question.case, quantity, question.mode)
            for quantity in question.quantities
        )
    except Exception as error:  # noqa: BLE001 - the rest of the run goes on, and this is red
        reason = f"judging raised {type(error).__name__}: {' '.join(str(error).split())}"
        return about_to_ask(question).findings(reason)


def about_to_ask(question: Question) -> Asking:
    """What to report of a question if it cannot be judged."""
    case, implementation = question.case, question.implementation
    crashed = Finding(
        loss=case.loss.name,
        target=case.target_kind,
        reduction=case.reduction.name,
        denominator="",
        dtype=case.dtype,
        quantity=question.quantities[0],
        implementation=implementation.name,
        framework=implementation.framework.name,
        mode=question.mode,
        case=case.origin,
        digest=case.digest,
        verdict=Verdict.CRASHED,
    )
    return Asking(crashed=crashed, quantities=question.quantities)


def finished(implementation: Implementation, failing: list[Finding], request: Request) -> Finished:
    """What else a run keeps of an implementation, once its questions have been asked."""
    return Finished(
        framework=implementation.framework.name,
        implementation=implementation.name,
        sweep=swept(implementation) if sweeps(implementation, request) else {},
        shrunk=shrunk(implementation, failing),
    )


def examined(request: Request) -> Examined:
    """Examines the tutorial's claims with the frameworks of a request."""
    from equivalence.identities import claims

    records = (ClaimRecord(**dataclasses.asdict(found)) for found in claims(request.frameworks))
    return Examined(claims=tuple(records))


def in_process(request: Request) -> Iterator[Event]:
    """Asks everything in this process, framework after framework.

    Raises:
        SelectError: If the selection names an implementation that its framework does not have.
    """
    for framework in request.frameworks:
        event = loaded(framework, request)
        yield event
        for name, _ in event.questions:
            failing: list[Finding] = []
            for question in selected(IMPLEMENTATIONS[name], request):
                findings = ask(question)
                failing += (found for found in findings if found.verdict.fails)
                yield Judged(findings=findings)
            yield finished(IMPLEMENTATIONS[name], failing, request)
    if request.claims:
        yield examined(request)
