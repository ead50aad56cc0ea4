"""Running: the selected questions, asked of the frameworks that are installed, into a run."""

from __future__ import annotations

import dataclasses
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence import workers
from equivalence.asking import Request, in_process
from equivalence.cases.pinned import pinned
from equivalence.events import Event, Loaded
from equivalence.extent import STRENGTHS
from equivalence.implementations import ALONE, FRAMEWORKS, IMPLEMENTATIONS
from equivalence.recording import Recording, installed, record
from equivalence.results import AskedRecord, Run, read
from equivalence.resuming import check_resumable, kept
from equivalence.selection import nearest, parse
from equivalence.shards import parse_shard
from equivalence.worker import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

PROFILES = tuple(STRENGTHS)


class AbsentError(ValueError):
    """A framework that was asked for is not installed; the message says how to install it."""


class UnknownError(ValueError):
    """There is no such framework or profile; the message names the nearest."""


def known_frameworks() -> tuple[str, ...]:
    """The frameworks of this package, in the order of import, and those that the user has added."""
    added = {known.framework.name for known in IMPLEMENTATIONS.values()} - set(FRAMEWORKS)
    return (*FRAMEWORKS, *sorted(added))


def how_to_install(framework: str) -> str:
    """The pip command that installs a framework."""
    return f'pip install "loss-equivalence[{framework.partition("_")[0]}]"'


def absent_message(framework: str, reason: str = "") -> str:
    """One line: a framework that was asked for is absent, and how to install it."""
    because = f" ({reason})" if reason else ""
    return f"{framework} is required and absent{because}; {how_to_install(framework)}"


def request(
    select: Iterable[str] = (),
    *,
    profile: str = "quick",
    frameworks: Iterable[str] | None = None,
    require: Iterable[str] = (),
    shard: str = "",
    processes: int = 0,
) -> Request:
    """What a run is to ask, checked before anything is imported.

    Args:
        select: Words of a selection, and-ed.
        profile: ``"quick"`` or ``"full"``.
        frameworks: The only ones that are asked; by default all that are installed.
        require: Those that must be there.
        shard: Which part of it, ``"1/3"``; by default all.
        processes: How many worker processes will ask: if there are any, the full profile also asks
            those by default that need one of their own.

    Raises:
        ShardError: If there is no such part.
        PinnedCaseError: If a file of pinned cases is broken.
        AbsentError: If a framework that is named in ``frameworks`` or ``require`` is not installed.
        SelectError: If a word can match nothing.
        UnknownError: If a framework or the profile is unknown.
    """
    select = [select] if isinstance(select, str) else list(select)
    named, require = None if frameworks is None else list(frameworks), list(require)
    if profile not in PROFILES:
        message = f"the profile {profile!r} is unknown; {nearest(profile, PROFILES)}"
        raise UnknownError(message)
    known = known_frameworks()
    for name in [*(named or ()), *require]:
        if name not in known:
            message = f"the framework {name!r} is unknown; {nearest(name, known)}"
            raise UnknownError(message)
        if not installed(name):
            raise AbsentError(absent_message(name))
    part = parse_shard(shard)
    pinned()  # a broken file is told before anything is asked
    selection = parse(select)

    everyone = profile == "full" and processes > 0

    def wanted(name: str) -> bool:
        by_default = named is None and (everyone or name not in ALONE or selection.names(name))
        return by_default or name in (*(named or ()), *require)

    return Request(
        selection=selection,
        profile=profile,
        frameworks=tuple(filter(wanted, filter(selection.concerns, known))),
        required=tuple(dict.fromkeys((*(named or ()), *require))),
        claims=not select and named is None and part.first,
        shard=part,
    )


def events(
    request: Request, processes: int = 0, time_limit: float | None = None
) -> Generator[Event]:
    """What happens while a request is asked; findings are the same with any number of processes.

    Args:
        request: What is asked.
        processes: How many worker processes; 0 asks in this one.
        time_limit: Seconds for each question, after which its worker process is killed.

    Raises:
        AbsentError: If a required framework cannot be imported, once the others have been asked.
        SelectError: If the selection names an implementation that its framework does not have.
    """
    absent: list[str] = []
    pooled = workers.pool(request, processes, time_limit or PATIENCE) if processes else None
    for event in in_process(request) if pooled is None else pooled:
        if (
            isinstance(event, Loaded)
            and event.record.absent
            and event.record.name in request.required
        ):
            absent.append(absent_message(event.record.name, event.record.absent))
        yield event
    if absent:
        raise AbsentError("; ".join(absent))


def resume(path: Path, *, command: str = "") -> tuple[Request, Recording]:
    """What is left to be asked of a run that was cut short, and its recording in the same file.

    Raises:
        RunFileError: If the file is no run.
        ResumeError: If it does not say what it was asked for, or was made in another environment.
    """
    before = read(path)
    asked = before.environment.asked or AskedRecord()
    whole = request(
        asked.select,
        profile=before.environment.profile,
        require=asked.required,
        shard=asked.shard,
    )
    left = dataclasses.replace(whole, frameworks=asked.frameworks, claims=asked.claims)
    made = record(left, command=command, path=path)
    check_resumable(path, before, made.environment)
    made.resume(before, kept(before))
    implementations = before.environment.implementations
    left = dataclasses.replace(
        left,
        claims=asked.claims and not before.environment.claims,
        done=frozenset(finding.name for finding in made.findings),
        swept=frozenset(known.name for known in implementations if known.sweep),
    )
    return left, made


def run(
    select: Iterable[str] = (),
    *,
    profile: str = "quick",
    frameworks: Iterable[str] | None = None,
    require: Iterable[str] = (),
    shard: str = "",
    processes: int = 0,
    time_limit: float | None = None,
    path: str | os.PathLike[str] | None = None,
    watch: Callable[[Event], None] = lambda _: None,
) -> Run:
    """Asks every selected question and judges the answers.

    Args:
        select: Words that match parts of cell ids, and-ed: ``["sparse:mean", "torch.*",
            "!@graph"]``.
        profile: ``"quick"`` (each level) or ``"full"`` (triples of them, and pairs of frameworks
            whose calls are slow), of one form of each function.
        frameworks: The only ones that are asked; by default all that are installed.
        require: Frameworks that must be there.
        shard: Which part of it, ``"1/3"``; by default all.
        processes: How many worker processes; 0 asks in this one, where also your own
            implementations are known.
        time_limit: Seconds for each question, and for the import of a framework, after which a
            worker process is killed: the question is ``crashed``. By default 240; none in this
            process.
        path: A run file, to which findings are appended as they come.
        watch: Is told each event.

    Returns:
        The environment and all findings, sorted.

    Raises:
        AbsentError: If a framework that is named is not installed.
        SelectError: If a word can match nothing.
        UnknownError: If a framework or the profile is unknown.

    >>> found = run(["negative_log_likelihood:one_hot:sum:float64:value"], frameworks=["textbook"])
    >>> found.environment.complete, {finding.implementation for finding in found.findings}
    (True, {'textbook.product_with_target'})
    """
    asked = request(
        select,
        profile=profile,
        frameworks=frameworks,
        require=require,
        shard=shard,
        processes=processes,
    )
    recording = record(asked, path=None if path is None else Path(path))
    with closing(events(asked, processes, time_limit)) as happening, closing(recording):
        for event in happening:
            recording.take(event)
            watch(event)
    return recording.finish()
