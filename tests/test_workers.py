"""What a worker process is told to do next, without a process."""

import multiprocessing
from pathlib import Path

from equivalence.worker import Queue, Unit, Worker


def test_a_worker_goes_on_with_what_shares_its_library_and_then_ends():
    ours, theirs = multiprocessing.Pipe()
    left = Queue(
        framework="tensorflow_v2",
        started=True,
        units=[Unit(implementation="keras", questions=3)],
    )
    done = Queue(framework="tensorflow_v1", started=True)
    queues = (done, left)
    worker = Worker(queue=done, queues=queues, process=None, connection=ours, written=Path())
    worker.next()
    assert theirs.recv() == ("tensorflow_v2", "keras", 0)
    assert worker.queue is left
    worker.next()
    assert theirs.recv() is None


def test_a_worker_begins_with_a_framework_that_nobody_has_begun_with():
    ours, theirs = multiprocessing.Pipe()
    claims, torch = Queue(framework="claims", started=True), Queue(framework="torch")
    queues = (claims, torch)
    worker = Worker(queue=claims, queues=queues, process=None, connection=ours, written=Path())
    worker.next()
    assert theirs.recv() == ("torch", "", 0)
    assert torch.started


def test_a_worker_hands_back_what_it_cannot_ask_and_goes_on():
    ours, theirs = multiprocessing.Pipe()
    unit = Unit(implementation="keras", questions=3)
    claims = Queue(framework="claims", started=True, loaded=True)
    first = Queue(framework="tensorflow_v2", started=True, loaded=True, units=[unit])
    second = Queue(framework="tensorflow_v1")
    queues = (claims, first, second)
    worker = Worker(queue=claims, queues=queues, process=None, connection=ours, written=Path())
    worker.next()
    worker.hand_back()
    assert first.units == [unit]
    assert [theirs.recv()[0], theirs.recv()[0]] == ["tensorflow_v2", "tensorflow_v1"]
    worker.hand_back()
    assert theirs.recv() is None
    assert not second.started
