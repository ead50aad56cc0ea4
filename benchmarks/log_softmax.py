"""How much faster log_softmax is than log(softmax): claim 5 of the tutorial, "a good deal faster".

Both ways are timed in turn in one run, forward, and forward with the gradient of a mean, so that a
busy machine slows both. What is printed is the median of the ratios of neighbouring timings and its
quartiles. One thread. Run it as ``python benchmarks/log_softmax.py [REPETITIONS]``.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

SHAPES = ((32, 10), (256, 1000), (64, 50000))
REPETITIONS = 31
LEAST_SECONDS = 0.005  # a timing shorter than this is repeated inside
AGREEMENT = 2.0**-16  # relative, for logits around 0 in float32: both ways compute the same

Ways = tuple[Callable[[], np.ndarray], Callable[[], np.ndarray]]


def with_numpy(logits: np.ndarray) -> dict[str, Ways]:
    """The textbook's two formulas."""

    def stable() -> np.ndarray:
        shifted = logits - logits.max(-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))

    def naive() -> np.ndarray:
        exponentials = np.exp(logits)
        return np.log(exponentials / exponentials.sum(-1, keepdims=True))

    return {"numpy, forward": (stable, naive)}


def with_torch(logits: np.ndarray) -> dict[str, Ways]:
    """``log_softmax`` and ``softmax().log()``."""
    import torch

    torch.set_num_threads(1)
    fixed, leaf = torch.tensor(logits), torch.tensor(logits, requires_grad=True)

    def gradient(value: torch.Tensor) -> np.ndarray:
        (slope,) = torch.autograd.grad(value[:, 0].mean(), leaf)
        return slope.numpy()

    return {
        "torch, forward": (
            lambda: torch.log_softmax(fixed, 1).numpy(),
            lambda: torch.softmax(fixed, 1).log().numpy(),
        ),
        "torch, forward and backward": (
            lambda: gradient(torch.log_softmax(leaf, 1)),
            lambda: gradient(torch.softmax(leaf, 1).log()),
        ),
    }


def with_tensorflow(logits: np.ndarray) -> dict[str, Ways]:
    """``tf.nn.log_softmax`` and ``tf.math.log(tf.nn.softmax())``, each compiled to one function."""
    import tensorflow as tf

    fixed = tf.constant(logits)
    stable = tf.function(tf.nn.log_softmax)
    naive = tf.function(lambda x: tf.math.log(tf.nn.softmax(x)))
    return {"tensorflow, forward": (lambda: stable(fixed).numpy(), lambda: naive(fixed).numpy())}


def seconds(way: Callable[[], np.ndarray], calls: int) -> float:
    """The time of one call, over so many."""
    start = time.perf_counter()
    for _ in range(calls):
        way()
    return (time.perf_counter() - start) / calls


def compare(ways: Ways, repetitions: int) -> tuple[float, list[float], list[float]]:
    """The seconds of the stable way, and the ratios naive / stable with their quartiles."""
    stable, naive = ways
    first, second = stable(), naive()
    largest = np.abs(first).max()
    assert np.abs(first - second).max() <= AGREEMENT * largest, "they do not compute the same"
    calls = max(1, round(LEAST_SECONDS / max(seconds(stable, 3), 1e-7)))
    times, ratios = [], []
    for repetition in range(repetitions):
        order = (stable, naive) if repetition % 2 else (naive, stable)
        taken = {way: seconds(way, calls) for way in order}
        times.append(taken[stable])
        ratios.append(taken[naive] / taken[stable])
    return statistics.median(times), ratios, statistics.quantiles(ratios, n=4)


def main(repetitions: int) -> None:
    """Prints a row for each library, direction and shape."""
    libraries = [with_numpy]
    libraries += [with_torch] if find_spec("torch") else []
    libraries += [with_tensorflow] if find_spec("tensorflow") else []
    print(f"{'log(softmax) takes, times log_softmax':44} {'rows x classes':>14} {'ms':>9}", end="")
    print(f"  {'median':>6}  {'quartiles':>13}")
    for rows, classes in SHAPES:
        logits = np.random.default_rng(0).normal(size=(rows, classes)).astype(np.float32)
        for library in libraries:
            for name, ways in library(logits).items():
                taken, ratios, quartiles = compare(ways, repetitions)
                middle = f"{statistics.median(ratios):6.2f}"
                spread = f"{quartiles[0]:5.2f} to {quartiles[2]:5.2f}"
                print(f"{name:44} {rows:6} x {classes:5} {1000 * taken:9.3f}  {middle}  {spread}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS)
