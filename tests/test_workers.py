"""What a worker process is told to do next, without a process."""

import multiprocessing
from pathlib import Path

from equivalence.worker import Queue, Unit, Worker


def unit(name, loss="cross_entropy", questions=3):
    return Unit(implementation=name, loss=loss, questions=questions)


def worker_of(*queues, fellows=None):
    """A worker without a process, and what it is told."""
    ours, theirs = multiprocessing.Pipe()
    fellows = [] if fellows is None else fellows
    queue = queues[0]
    made = Worker(
        queue=queue, queues=queues, fellows=fellows, process=None, connection=ours, written=Path()
    )
    fellows.append(made)
    return made, theirs


def queue_of(framework, *units):
    return Queue(framework=framework, started=True, loaded=True, units=list(units))


def told(worker, theirs):
    worker.next()
    order = theirs.recv()
    return order and order[1]


def test_a_worker_goes_on_with_what_shares_its_library_and_then_ends():
    left, done = queue_of("tensorflow_v2", unit("keras")), queue_of("tensorflow_v1")
    worker, theirs = worker_of(done, left)
    worker.next()
    assert theirs.recv() == ("tensorflow_v2", "keras", 0)
    assert worker.queue is left
    worker.next()
    assert theirs.recv() is None


def test_a_worker_begins_with_a_framework_that_nobody_has_begun_with():
    claims, torch = queue_of("claims"), Queue(framework="torch")
    worker, theirs = worker_of(claims, torch)
    worker.next()
    assert theirs.recv() == ("torch", "", 0)
    assert torch.started


def test_a_worker_hands_back_what_it_cannot_ask_and_goes_on():
    keras = unit("keras")
    claims, first = queue_of("claims"), queue_of("tensorflow_v2", keras)
    second = Queue(framework="tensorflow_v1")
    worker, theirs = worker_of(claims, first, second)
    worker.next()
    worker.hand_back()
    assert [theirs.recv()[0], theirs.recv()[0]] == ["tensorflow_v1", "tensorflow_v2"]
    assert not second.started
    worker.hand_back()
    assert first.units == [keras]
    assert not worker.knows("cross_entropy")
    assert theirs.recv() is None
    assert worker.dismissed


def test_a_worker_stays_with_the_losses_whose_answers_it_remembers():
    """Then it asks about one that nobody has begun with, and in the end about those of others."""
    mine, theirs = "cross_entropy", "focal_cross_entropy"
    large = queue_of(
        "tensorflow_v2",
        unit("first", mine),
        unit("foreign", theirs),
        unit("new", "kl_divergence"),
        unit("second", mine),
    )
    small = queue_of("tensorflow_v1", unit("third", mine))
    both = []
    one, one_hears = worker_of(large, small, fellows=both)
    other, other_hears = worker_of(large, small, fellows=both)
    assert told(one, one_hears) == "first"
    assert told(other, other_hears) == "foreign"
    assert [told(one, one_hears) for _ in range(4)] == ["second", "third", "new", None]
    assert told(other, other_hears) is None


def test_a_worker_asks_first_what_nobody_else_can_ask():
    shared = queue_of("tensorflow_v2", unit("shared", "cross_entropy"))
    own = queue_of("torch", unit("own", "binary_cross_entropy"))
    both = []
    everyone, hears = worker_of(shared, own, fellows=both)
    everyone.losses.add("cross_entropy")
    worker_of(shared, fellows=both)
    assert [told(everyone, hears), told(everyone, hears)] == ["own", "shared"]


def test_what_a_worker_knew_that_has_ended_is_foreign_to_nobody():
    queue = queue_of("tensorflow_v2", unit("large", "cross_entropy"), unit("small", "focal"))
    both = []
    gone, _ = worker_of(queue, fellows=both)
    gone.losses.add("cross_entropy")
    left, hears = worker_of(queue, fellows=both)
    both.remove(gone)
    assert told(left, hears) == "large"
