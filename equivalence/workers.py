"""Worker processes, each fed with one implementation after the other.

There is one library in each, but for the one that examines the claims: it has imported everybody,
and goes on with whatever is next: first what only it can ask. Then each stays with its losses, for
it remembers their exact answers, and leaves to others those that they know.

A worker that dies, or says nothing for too long and is killed, takes one question with it; another
goes on behind it. Workers ignore SIGINT: whoever started them ends them.
"""

from __future__ import annotations

import itertools
import tempfile
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence.asking import Request
from equivalence.events import Asking, Elsewhere, Event, Examined, Finished, Judged, Loaded, Lost
from equivalence.implementations import ALONE, REQUIREMENTS
from equivalence.records import DIED, FrameworkRecord
from equivalence.selection import SelectError
from equivalence.worker import CLAIMS, Queue, Unit, Worker, start

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH = 1000  # waiting questions that are worth the start of another worker
TICK = 1.0  # seconds between looks at the clock
TRIES = 2  # starts without a single answer after which a framework is given up


def pool(request: Request, processes: int, time_limit: float) -> Iterator[Event]:
    """Asks everything in worker processes, at most ``processes`` at a time.

    Closing the generator ends the workers. One that says nothing for ``time_limit`` seconds is
    killed.

    Raises:
        SelectError: If the selection names an implementation that its framework does not have.
    """
    # The slowest framework is the last one.
    queues = [Queue(framework=name) for name in reversed(request.frameworks)]
    for one in queues:
        needed = REQUIREMENTS.get(one.framework)
        alike = (other for other in queues if REQUIREMENTS.get(other.framework) == needed)
        one.kin = [other for other in alike if needed and other is not one]
    if request.claims:  # first, for they cannot be shared out, and import what is asked afterwards
        together = [one for one in queues if one.framework not in ALONE]
        queues.insert(0, Queue(framework=CLAIMS, kin=together))
    workers: list[Worker] = []
    with tempfile.TemporaryDirectory(prefix="equivalence-") as folder:
        files = (Path(folder) / f"{number}.txt" for number in itertools.count())
        try:
            while True:
                while len(workers) < processes and (queue := _neediest(queues, workers)):
                    workers.append(start(queue, request, next(files), time_limit, workers))
                if not workers:
                    return
                ready = wait([worker.connection for worker in workers], TICK)
                for worker in workers:
                    worker.watch(speaks=worker.connection in ready)
                for worker in [worker for worker in workers if worker.connection in ready]:
                    event = worker.listen()
                    if event is None:
                        workers.remove(worker)
                    yield from _bury(worker) if event is None else _hear(worker, event)
        finally:
            for worker in workers:
                worker.end()


def _neediest(queues: list[Queue], workers: list[Worker]) -> Queue | None:
    """The framework that the next worker is for; None if the workers that there are will do."""
    for queue in queues:
        if not queue.started:
            return queue
    for queue in sorted(queues, key=lambda queue: -queue.waiting):
        able = any(queue in worker.queues for worker in workers)
        serving = sum(worker.queue is queue for worker in workers)
        if queue.units and (not able or queue.waiting > ENOUGH * max(serving, 1)):
            return queue
    return None


def _hear(worker: Worker, event: Event | SelectError) -> Iterator[Event]:
    """Takes what a worker says."""
    if isinstance(event, SelectError):
        raise event
    if isinstance(event, Asking):
        worker.asking = event
        return
    if isinstance(event, Elsewhere):
        worker.hand_back()
        return
    if isinstance(event, Judged) and worker.unit is not None:
        worker.unit.done, worker.useful, worker.asking = worker.unit.done + 1, True, event.then
    if isinstance(event, Loaded):
        if not worker.queue.loaded:
            worker.queue.loaded = True
            losses = {record.name: record.loss for record in event.implementations}
            units = [
                Unit(implementation=name, loss=losses[name], questions=count)
                for name, count in event.questions
            ]
            # The largest first, so that little is left in the end.
            worker.queue.units = sorted(units, key=lambda unit: -unit.questions)
            yield event
        worker.next()
        return
    if isinstance(event, Examined):
        worker.queue.loaded = True
    yield event
    if isinstance(event, Finished | Examined):
        worker.next()


def _never_loaded(worker: Worker, reason: str) -> Iterator[Event]:
    """Starts another worker for one that died of the import, or says that there is none.

    One that hangs in a process of its own hangs again.
    """
    queue = worker.queue
    queue.failures += 1
    alone = queue is worker.queues[0]
    queue.loaded = (worker.hanging and alone) or queue.failures >= TRIES
    if not queue.loaded:
        queue.started = False  # it may have been killed by chance
        return
    if queue.framework == CLAIMS:
        yield Lost(framework=CLAIMS, reason=f"they were not examined: {reason}")
        return
    yield Loaded(record=FrameworkRecord(name=queue.framework, versions={}, flags={}, absent=reason))


def _bury(worker: Worker) -> Iterator[Event]:
    """Reports what a worker left behind, and puts the rest of its work back."""
    queue, unit = worker.queue, worker.unit
    if worker.dismissed:
        worker.end()
        return
    reason = worker.last_words()
    worker.end()
    if not queue.loaded:
        yield from _never_loaded(worker, reason)
        return
    if unit is not None and worker.asking:
        unit.done += 1
        yield Judged(findings=worker.asking.findings(reason[:2000]))
        if unit.done == unit.questions:
            yield Finished(framework=queue.framework, implementation=unit.implementation)
            unit = None
    elif unit is not None and unit.done == unit.questions:  # of the sweep, which alone was left
        yield Finished(
            framework=queue.framework, implementation=unit.implementation, sweep={DIED: reason}
        )
        unit = None
    elif not worker.useful:
        queue.failures += 1
    if unit is not None:
        queue.units.insert(0, unit)
    if queue.failures >= TRIES:
        left = queue.waiting
        queue.units.clear()
        yield Lost(framework=queue.framework, reason=f"{left} questions were not asked: {reason}")
