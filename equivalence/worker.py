"""A worker process: one library, or all of them, fed with one implementation after the other."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from equivalence.asking import Request, about_to_ask, ask, examined, finished, loaded, selected
from equivalence.events import Asking, Elsewhere, Event, Finished, Judged
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.selection import SelectError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from equivalence.finding import Finding
    from equivalence.implementations import Implementation

CLAIMS = "claims"  # what the worker that examines them has instead of a framework
PATIENCE = 240.0  # seconds without a word after which a worker is killed, by default
GRACE = 5.0  # seconds that a worker is given to end
_LAST_LINES = 5  # of what a dead worker wrote


@dataclass(slots=True, kw_only=True, eq=False)
class Unit:
    """An implementation whose questions are asked by one worker; ``done`` of them have been."""

    implementation: str
    loss: str
    questions: int
    done: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Queue:
    """A framework and what is still to be asked of it.

    Attributes:
        kin: The queues that its workers go on with: those of the same library, or of everybody who
            may share a process with others, for whom the claims have imported it.
    """

    framework: str
    started: bool = False
    loaded: bool = False
    failures: int = 0
    units: list[Unit] = field(default_factory=list)
    kin: list[Queue] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many questions no worker has taken yet."""
        return sum(unit.questions - unit.done for unit in self.units)


@dataclass(slots=True, kw_only=True, eq=False)
class Worker:
    """A process, and what it is doing.

    Attributes:
        queue: Of whom it asks at the moment.
        queues: Of whom it can ask.
        fellows: All workers that there are at the moment.
        losses: What it has asked about: it remembers their exact answers.
        dismissed: Whether it has been told that nothing is left for it.
    """

    queue: Queue
    queues: tuple[Queue, ...]
    fellows: list[Worker]
    process: BaseProcess
    connection: Connection
    written: Path
    time_limit: float = PATIENCE
    losses: set[str] = field(default_factory=set)
    unit: Unit | None = None
    useful: bool = False
    dismissed: bool = False
    hanging: bool = False
    heard: float = field(default_factory=time.monotonic)
    asking: Asking | None = None

    def next(self) -> None:
        """Gives it the next implementation, or another framework to begin with, or lets it end."""
        order = None
        if self.unit is not None:
            self.losses.add(self.unit.loss)
            self.unit = None
        if (left := self._left()) is not None:
            self.queue, self.unit = left
            if self.unit is not None:
                self.queue.units.remove(self.unit)
            begun = (self.unit.implementation, self.unit.done) if self.unit else ("", 0)
            self.queue.started = True
            order = self.queue.framework, *begun
        self.dismissed = order is None
        try:
            self.connection.send(order)
        except OSError:  # it has died meanwhile, which its connection will tell
            return

    def knows(self, loss: str) -> bool:
        """Whether it remembers exact answers of a loss, or is about to."""
        return loss in self.losses or (self.unit is not None and self.unit.loss == loss)

    def _left(self) -> tuple[Queue, Unit | None] | None:
        """What it does next: another framework is loaded first, so that others can join.

        What only it can ask comes first. Then come losses that it alone knows, those that nobody
        does, and those that others do, who would compute its exact answers again.
        """
        new = next((queue for queue in self.queues if not queue.started), None)
        if new is not None:
            return new, None

        def foreign(pair: tuple[Queue, Unit]) -> tuple[bool, bool, bool]:
            queue, unit = pair
            able = [one for one in self.fellows if one is not self and queue in one.queues]
            return bool(able), any(one.knows(unit.loss) for one in able), not self.knows(unit.loss)

        units = [(queue, unit) for queue in self.queues for unit in queue.units]
        return min(units, key=foreign, default=None)

    def hand_back(self) -> None:
        """Puts back what it was given but cannot ask, and leaves that framework to others."""
        if self.unit is not None:
            self.queue.units.insert(0, self.unit)
            self.unit = None
        self.queue.started = self.queue.loaded
        self.queues = tuple(queue for queue in self.queues if queue is not self.queue)
        self.next()

    def listen(self) -> Event | SelectError | None:
        """What it says; None if it has ended."""
        try:
            event: Event | SelectError = self.connection.recv()
        except (EOFError, OSError):
            return None
        return event

    def watch(self, *, speaks: bool) -> None:
        """Kills it if it has said nothing for too long; what it was asked is what crashed."""
        now = time.monotonic()
        if speaks:
            self.heard = now
        elif now - self.heard > self.time_limit:
            self.hanging = True
            self.process.kill()

    def last_words(self) -> str:
        """How it ended, and the last lines that it wrote."""
        self.process.join(GRACE)
        code = self.process.exitcode
        how = f"exit status {code}" if code is None or code >= 0 else _signal(-code)
        if self.hanging:
            how = f"killed after {self.time_limit:g} s without an answer"
        lines = self.written.read_text(encoding="utf-8", errors="replace").splitlines()
        said = " | ".join([line.strip() for line in lines if line.strip()][-_LAST_LINES:])
        return f"the process died ({how})" + (f": {said}" if said else "")

    def end(self) -> None:
        """Ends it, whatever it is doing."""
        self.connection.close()
        self.process.terminate()
        self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _signal(number: int) -> str:
    """The name of a signal; those of real time have none.

    >>> _signal(9), _signal(40)
    ('SIGKILL', 'signal 40')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def start(
    queue: Queue, request: Request, written: Path, time_limit: float, fellows: list[Worker]
) -> Worker:
    """Starts a worker for a framework first; what it prints is ``written`` to a file."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    written.touch()
    process = context.Process(
        target=_work,
        args=(theirs, queue.framework, request, str(written), not queue.loaded),
        daemon=True,
    )
    process.start()
    theirs.close()
    queue.started = True
    return Worker(
        queue=queue,
        queues=(queue, *queue.kin),
        fellows=fellows,
        process=process,
        connection=ours,
        written=written,
        time_limit=time_limit,
    )


def _work(
    connection: Connection,
    framework: str,
    request: Request,
    written: str,
    counts: bool,  # noqa: FBT001 - positional, as all that a process is started with
) -> None:
    """What a worker does: loads its framework, and asks what it is told to, until nothing is.

    That may be of another framework, which it says it has loaded if it is the first to be told.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Path(written).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno() if sys.stdout else 1)
        os.dup2(file.fileno(), sys.stderr.fileno() if sys.stderr else 2)
    try:
        if framework == CLAIMS:
            connection.send(examined(request))
        else:
            connection.send(loaded(framework, request, counts=counts))
        while order := connection.recv():
            another, name, done = order
            if another != framework:
                event = loaded(another, request, counts=not name)
                if event.record.absent:
                    connection.send(Elsewhere())
                    continue
                framework = another
                if not name:
                    connection.send(event)
                    continue
            connection.send(_ask_all(connection, IMPLEMENTATIONS[name], request, done))
    except SelectError as error:
        connection.send(error)
    except (EOFError, OSError):  # nobody listens any more
        pass
    connection.close()
    os._exit(0)  # past the frameworks' own clean-up, which may crash


def _ask_all(
    connection: Connection, implementation: Implementation, request: Request, done: int
) -> Finished:
    """Asks what is left of an implementation, and tells what is found, one question at a time.

    With each goes what is asked next: for a process that dies, and in one message, which is dear.
    """
    failing: list[Finding] = []
    asked = itertools.islice(selected(implementation, request), done, None)
    question = next(asked, None)
    if question is None and done:  # a worker before this one died of the sweep
        return Finished(framework=implementation.framework.name, implementation=implementation.name)
    if question is not None:
        connection.send(about_to_ask(question))
    while question is not None:
        after = next(asked, None)  # found before, so that no answer waits for it
        findings = ask(question)
        failing += (found for found in findings if found.verdict.fails)
        then = None if after is None else about_to_ask(after)
        connection.send(Judged(findings=findings, then=then))
        question = after
    return finished(implementation, failing, request)
