"""What a run costs beside the tests that a user would write instead.

The tests by hand are one parametrised item for each combination of loss, reduction, dtype and seed,
as they are usually written: random logits, the loss of torch and its gradient by autograd, a
formula in NumPy in float64, ``torch.testing.assert_close`` for both; in float32 and float64 only,
since the tolerances of 16 bits accuse right answers. They are as many comparisons as the quick
profile of torch has findings; pytest runs them, in one process. Both are started in turn, and
beside them the least that any judge must pay: the import of torch, the questions, and the bare
calls of ``benchmarks/floor.py``, with nothing compared.

Run it as ``python -m benchmarks.by_hand [TURNS]``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import MEBIBYTE, Usage, usage
from equivalence import results

LEAST_RATIO = 4.0

BY_HAND = """\
import numpy as np
import pytest
import torch
import torch.nn.functional as F


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def cross_entropy(x, t):
    return -log_softmax(x)[np.arange(len(t)), t]


def cross_entropy_gradient(x, t):
    return np.exp(log_softmax(x)) - np.eye(x.shape[-1])[t]


def binary(x, t):
    return np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))


def binary_gradient(x, t):
    return 1 / (1 + np.exp(-x)) - t


LOSSES = {
    "cross_entropy": (F.cross_entropy, cross_entropy, cross_entropy_gradient),
    "binary": (F.binary_cross_entropy_with_logits, binary, binary_gradient),
}
DTYPES = [torch.float32, torch.float64]


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("loss", LOSSES)
def test_loss(loss, reduction, dtype, seed):
    function, formula, slope = LOSSES[loss]
    rng = np.random.default_rng(seed)
    logits = torch.tensor(rng.normal(size=(8, 5)), dtype=dtype, requires_grad=True)
    if loss == "binary":
        target = torch.tensor(rng.integers(0, 2, (8, 5)), dtype=dtype)
    else:
        target = torch.tensor(rng.integers(0, 5, 8))
    x, t = logits.detach().double().numpy(), target.numpy()
    terms, gradient = formula(x, t), slope(x, t)
    if reduction == "mean":
        gradient = gradient / terms.size
    expected = {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]
    value = function(logits, target, reduction=reduction)
    value.sum().backward()
    torch.testing.assert_close(value, torch.as_tensor(expected).to(dtype))
    torch.testing.assert_close(logits.grad, torch.as_tensor(gradient).to(dtype))
"""
COMBINATIONS, EACH = 2 * 3 * 2, 2  # of the parameters besides the seed; comparisons of an item


def main(turns: int) -> int:
    """Prints the table, and returns 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run, tests = folder / "run.jsonl", folder / "test_by_hand.py"
        ours = ["-m", "equivalence", "run", "--frameworks", "torch", "-n", "0", "-o", str(run)]
        theirs = ["-m", "pytest", "-q", "-p", "no:equivalence.plugin", str(tests)]
        least = [str(Path(__file__).with_name("floor.py")), "--way", "bare", "torch", "quick"]
        costs: dict[str, list[Usage]] = {"ours": [], "theirs": [], "least": []}
        start = time.perf_counter()
        for _ in range(turns):
            costs["ours"].append(usage(ours, (0, 1)))
            asked = sum(finding.verdict.asked for finding in results.read(run).findings)
            seeds = max(1, round(asked / COMBINATIONS / EACH))
            tests.write_text(f"SEEDS = {seeds}\n{BY_HAND}", encoding="utf-8")
            costs["theirs"].append(usage(theirs))
            costs["least"].append(usage(least))
        seconds = time.perf_counter() - start
    processor = {who: statistics.median(u.processor for u in us) for who, us in costs.items()}
    memory = {who: statistics.median(u.memory for u in us) for who, us in costs.items()}
    print("| for as many comparisons | comparisons | processor | memory |\n|---|---:|---:|---:|")
    for who, words, number in (
        ("ours", "the quick profile of torch", asked),
        ("theirs", "tests by hand", seeds * COMBINATIONS * EACH),
        ("least", "of the first, import, questions and bare calls", 0),
    ):
        size = f"{memory[who] / MEBIBYTE:,.0f} MiB"
        print(f"| {words} | {number:,} | {processor[who]:.1f} s | {size} |")
    ratio = processor["theirs"] / processor["ours"]
    held = ratio >= LEAST_RATIO and memory["ours"] < memory["theirs"]
    print(f"\nby hand takes {ratio:.2f} times the processor, the bar is {LEAST_RATIO:g}: ", end="")
    print(f"{'held' if held else 'missed'} ({turns} turns, {seconds:.0f} s)")
    most = processor["theirs"] / processor["least"]
    print(f"if judging cost nothing at all, it would take {most:.2f} times the processor")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if sys.argv[1:] else 3))
