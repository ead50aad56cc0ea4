"""The parameters of the laws, known once the frameworks are imported, and their fixtures."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from equivalence.accepting import located
from equivalence.failures import held, passes
from equivalence.identities import Claim, examine
from equivalence.implementations import FRAMEWORKS
from equivalence.items import Cell, Item
from equivalence.keeper import PROPERTY
from equivalence.lines import environment_line, finding_line
from equivalence.pairing import difference
from equivalence.plugin import requested
from equivalence.ranges import RANGES, Plan, plan
from equivalence.recorded import recorded
from equivalence.sweeping import swept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equivalence.failures import Examine, Holds, Judged
    from equivalence.finding import Finding
    from equivalence.identities import Examined
    from equivalence.items import Relating

NOTHING = "nothing-selected"
PLAN = pytest.StashKey[Plan]()
ACCEPTED = pytest.StashKey[dict[str, "Finding"]]()  # of the baseline, by name
SWEPT = pytest.StashKey[set[str]]()  # the implementations whose sweep this process has asked
TOLD = pytest.StashKey[bool]()  # whether this process has told what its session asks of whom


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each law is asked once for each thing that it ranges over."""
    for name in RANGES.keys() & set(metafunc.fixturenames):
        things: Sequence[Item | Claim | None] = RANGES[name](_plan(metafunc.config)) or [None]
        metafunc.parametrize(name, things, ids=map(_id, things))


def _id(thing: Item | Claim | None) -> str:
    return (
        NOTHING if thing is None else thing.name if isinstance(thing, Item) else f"{thing.number}"
    )


def _plan(config: pytest.Config) -> Plan:
    """What is asked in this session; the frameworks are imported when it is first needed."""
    if PLAN not in config.stash:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a framework says while it is imported
            config.stash[PLAN] = plan(requested(config))
    return config.stash[PLAN]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A law that ranges over nothing is deselected, and each of several workers gets neighbours.

    Neighbours are sent to one worker: let them be items that ask the same cases.
    """
    empty = [item for item in items if item.name.endswith(f"[{NOTHING}]")]
    if empty:
        items[:] = [item for item in items if item not in empty]
        config.hook.pytest_deselected(items=empty)
    for item in items:  # JUnit XML shows it, in the form that other verbs take
        if cell := _cell(item):
            item.user_properties.append(("cell", cell.id))
    if hasattr(config, "workerinput"):
        items.sort(key=_group)


def _group(item: pytest.Item) -> tuple[str, ...]:
    thing = _thing(item)
    return () if thing is None else thing.group


def _thing(item: pytest.Item) -> Item | None:
    """What an item of a law is about; None for claims, and for tests that are no laws."""
    callspec = getattr(item, "callspec", None)
    things = () if callspec is None else callspec.params.values()
    return next((thing for thing in things if isinstance(thing, Item)), None)


def _cell(item: pytest.Item) -> Cell | None:
    thing = _thing(item)
    return thing if isinstance(thing, Cell) else None


def _tell(item: pytest.Item, said: dict[str, Any]) -> None:
    """Attaches what was found to the item's report, as text: it may go to another process."""
    if not item.config.stash.get(TOLD, False):
        item.config.stash[TOLD] = True
        made = _plan(item.config)
        cells = [cell for one in item.session.items if (cell := _cell(one))]
        said["environment"] = environment_line(made.environment_beside(cells))
        said["inapplicable"] = list(map(finding_line, made.not_offered_beside(cells)))
        said["cells"] = {one.nodeid: cell.id for one in item.session.items if (cell := _cell(one))}
    item.user_properties.append((PROPERTY, json.dumps(said)))


def _accepted(config: pytest.Config) -> dict[str, Finding]:
    """The findings of the baseline, by name; none if there is no baseline."""
    if ACCEPTED not in config.stash:
        option = config.option.equivalence_baseline
        path = located(Path(option), _plan(config).environment) if option else None
        there = path is not None and path.is_file()
        findings = recorded(path).findings if path is not None and there else ()
        config.stash[ACCEPTED] = {finding.name: finding for finding in findings}
    return config.stash[ACCEPTED]


def _swept(item: pytest.Item) -> dict[str, Any]:
    """The sweep of a cell's implementation: once in each process, and only if a file is written."""
    option, cell = item.config.option, _cell(item)
    if cell is None or not (option.equivalence_run or option.equivalence_html):
        return {}
    met = item.config.stash.setdefault(SWEPT, set())
    implementation = cell.questions[0].implementation
    if implementation.name in met:
        return {}
    met.add(implementation.name)
    return {"sweep": [implementation.name, swept(implementation)]}


@pytest.fixture
def judged(request: pytest.FixtureRequest) -> Judged:
    """Takes findings into the run, and fails with those that fail.

    What fails as it did when the baseline was accepted passes: the comparison tells what is new.
    """

    def judged(findings: Sequence[Finding]) -> None:
        said = {"findings": list(map(finding_line, findings)), **_swept(request.node)}
        _tell(request.node, said)
        known = _accepted(request.config)
        new = [
            found
            for found in findings
            if (old := known.get(found.name)) is None
            or old.digest != found.digest
            or difference(old, found) is not None
        ]
        passes(new, strict=request.config.option.equivalence_strict)

    return judged


@pytest.fixture
def holds(request: pytest.FixtureRequest) -> Holds:
    """Looks for a counterexample, and fails with the smallest one."""

    def holds(item: Relating) -> None:
        held(item.searched(), request.config.option.equivalence_pending)

    return holds


@pytest.fixture
def examined(request: pytest.FixtureRequest) -> Examine:
    """Examines a claim and takes what was found into the run."""

    def examined(claim: Claim) -> Examined:
        present = {
            question.implementation.framework.name for question in _plan(request.config).questions
        }
        found = examine(claim, [name for name in FRAMEWORKS if name in present])
        _tell(request.node, {"claim": dataclasses.asdict(found)})
        return found

    return examined
