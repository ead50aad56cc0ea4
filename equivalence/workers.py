"""Worker processes: one framework in each, fed with one implementation after the other.

A worker that dies, or says nothing for too long and is killed, takes one question with it; another
goes on behind it. Workers ignore SIGINT: whoever started them ends them.
"""

from __future__ import annotations

import dataclasses
import itertools
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equivalence.asking import (
    Asking,
    Event,
    Examined,
    Finished,
    Judged,
    Loaded,
    Lost,
    Request,
    ask,
    crashed,
    examined,
    loaded,
    selected,
)
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.results import FrameworkRecord
from equivalence.selection import SelectError
from equivalence.sweeping import swept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from equivalence.finding import Finding

ENOUGH = 1000  # waiting questions that are worth the start of another worker
LAST_LINES = 5  # of what a dead worker wrote
GRACE = 5.0  # seconds that a worker is given to end
CLAIMS = "claims"  # what the worker that examines them has instead of a framework
PATIENCE = 240.0  # seconds without a word after which a worker is taken for dead
TICK = 1.0  # seconds between looks at the clock
TRIES = 2  # starts without a single answer after which a framework is given up


@dataclass(slots=True, kw_only=True, eq=False)
class _Unit:
    """An implementation whose questions are asked by one worker; ``done`` of them have been."""

    implementation: str
    questions: int
    done: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class _Queue:
    """A framework and what is still to be asked of it."""

    framework: str
    started: bool = False
    loaded: bool = False
    failures: int = 0
    units: list[_Unit] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many questions no worker has taken yet."""
        return sum(unit.questions - unit.done for unit in self.units)


@dataclass(slots=True, kw_only=True, eq=False)
class _Worker:
    """A process, and what it is doing."""

    queue: _Queue
    process: BaseProcess
    connection: Connection
    written: Path
    unit: _Unit | None = None
    useful: bool = False
    hanging: bool = False
    heard: float = field(default_factory=time.monotonic)
    asking: tuple[Finding, ...] = ()

    def next(self) -> None:
        """Gives it the next implementation, or lets it end."""
        self.unit = self.queue.units.pop(0) if self.queue.units else None
        order = None if self.unit is None else (self.unit.implementation, self.unit.done)
        try:
            self.connection.send(order)
        except OSError:  # it has died meanwhile, which its connection will tell
            return

    def listen(self) -> Event | SelectError | None:
        """What it says; None if it has ended."""
        try:
            event: Event | SelectError = self.connection.recv()
        except (EOFError, OSError):
            return None
        return event

    def last_words(self) -> str:
        """How it ended, and the last lines that it wrote."""
        self.process.join(GRACE)
        code = self.process.exitcode
        how = f"exit status {code}" if code is None or code >= 0 else signal.Signals(-code).name
        if self.hanging:
            how = f"killed after {PATIENCE:g} s without an answer"
        lines = self.written.read_text(encoding="utf-8", errors="replace").splitlines()
        said = " | ".join([line.strip() for line in lines if line.strip()][-LAST_LINES:])
        return f"the process died ({how})" + (f": {said}" if said else "")

    def end(self) -> None:
        """Ends it, whatever it is doing."""
        self.connection.close()
        self.process.terminate()
        self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def pool(request: Request, processes: int) -> Iterator[Event]:
    """Asks everything in worker processes, at most ``processes`` at a time.

    Closing the generator ends the workers.

    Raises:
        SelectError: If the selection names an implementation that its framework does not have.
    """
    queues = [
        _Queue(framework=name) for name in reversed(request.frameworks)
    ]  # the slowest are the last
    queues += [_Queue(framework=CLAIMS)] if request.claims else []
    workers: list[_Worker] = []
    with tempfile.TemporaryDirectory(prefix="equivalence-") as folder:
        files = (Path(folder) / f"{number}.txt" for number in itertools.count())
        try:
            while True:
                while len(workers) < processes and (queue := _neediest(queues, workers)):
                    workers.append(_start(queue, request, next(files)))
                if not workers:
                    return
                ready = wait([worker.connection for worker in workers], TICK)
                _kill_those_that_hang(workers, ready)
                for worker in [worker for worker in workers if worker.connection in ready]:
                    event = worker.listen()
                    if event is None:
                        workers.remove(worker)
                    yield from _bury(worker) if event is None else _hear(worker, event)
        finally:
            for worker in workers:
                worker.end()


def _kill_those_that_hang(workers: list[_Worker], ready: list[Any]) -> None:
    """Kills workers that have said nothing for too long; what they were asked is what crashed."""
    now = time.monotonic()
    for worker in workers:
        if worker.connection in ready:
            worker.heard = now
        elif now - worker.heard > PATIENCE:
            worker.hanging = True
            worker.process.kill()


def _neediest(queues: list[_Queue], workers: list[_Worker]) -> _Queue | None:
    """The framework that the next worker is for; None if the workers that there are will do."""
    for queue in queues:
        if not queue.started:
            return queue
    for queue in sorted(queues, key=lambda queue: -queue.waiting):
        serving = sum(worker.queue is queue for worker in workers)
        if queue.units and queue.waiting > ENOUGH * serving:
            return queue
    return None


def _start(queue: _Queue, request: Request, written: Path) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    written.touch()
    process = context.Process(
        target=_work, args=(theirs, queue.framework, request, str(written)), daemon=True
    )
    process.start()
    theirs.close()
    queue.started = True
    return _Worker(queue=queue, process=process, connection=ours, written=written)


def _hear(worker: _Worker, event: Event | SelectError) -> Iterator[Event]:
    """Takes what a worker says."""
    if isinstance(event, SelectError):
        raise event
    if isinstance(event, Asking):
        worker.asking = event.crashed
        return
    if isinstance(event, Judged) and worker.unit is not None:
        worker.unit.done += 1
        worker.useful, worker.asking = True, ()
    if isinstance(event, Loaded):
        if not worker.queue.loaded:
            worker.queue.loaded = True
            worker.queue.units = [
                _Unit(implementation=name, questions=count) for name, count in event.questions
            ]
            yield event
        worker.next()
        return
    if isinstance(event, Examined):
        worker.queue.loaded = True
    yield event
    if isinstance(event, Finished):
        worker.next()


def _bury(worker: _Worker) -> Iterator[Event]:
    """Reports what a worker left behind, and puts the rest of its work back."""
    queue, unit = worker.queue, worker.unit
    if queue.loaded and unit is None and worker.useful | (not queue.units):
        worker.end()
        return
    reason = worker.last_words()
    worker.end()
    if not queue.loaded:
        queue.loaded = True
        if queue.framework == CLAIMS:
            yield Lost(framework=CLAIMS, reason=f"they were not examined: {reason}")
            return
        yield Loaded(
            record=FrameworkRecord(name=queue.framework, versions={}, flags={}, absent=reason)
        )
        return
    if unit is not None and worker.asking:
        unit.done += 1
        yield Judged(
            findings=tuple(dataclasses.replace(f, detail=reason[:2000]) for f in worker.asking)
        )
        if unit.done == unit.questions:
            yield Finished(framework=queue.framework, implementation=unit.implementation)
            unit = None
    elif not worker.useful:
        queue.failures += 1
    if unit is not None:
        queue.units.insert(0, unit)
    if queue.failures >= TRIES:
        left = queue.waiting
        queue.units.clear()
        yield Lost(framework=queue.framework, reason=f"{left} questions were not asked: {reason}")


def _work(connection: Connection, framework: str, request: Request, written: str) -> None:
    """What a worker does: loads its framework, and asks what it is told to, until nothing is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Path(written).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno() if sys.stdout else 1)
        os.dup2(file.fileno(), sys.stderr.fileno() if sys.stderr else 2)
    try:
        if framework == CLAIMS:
            connection.send(examined(request))
            os._exit(0)
        connection.send(loaded(framework, request))
        while order := connection.recv():
            name, done = order
            sweep: dict[str, str] = {}
            left = False
            for question in itertools.islice(selected(IMPLEMENTATIONS[name], request), done, None):
                connection.send(Asking(crashed=crashed(question)))
                connection.send(Judged(findings=ask(question)))
                left = True
            if left:  # else a worker before this one died of the sweep
                sweep = swept(IMPLEMENTATIONS[name])
            connection.send(Finished(framework=framework, implementation=name, sweep=sweep))
    except SelectError as error:
        connection.send(error)
    except (EOFError, OSError):  # nobody listens any more
        pass
    connection.close()
    os._exit(0)  # past the frameworks' own clean-up, which may crash
