"""The benchmarks run, and what they time is right; how long it takes is not asserted."""

import runpy
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_log_softmax_prints_a_row_for_each_way(capsys):
    names = runpy.run_path(str(BENCHMARKS / "log_softmax.py"))
    names["main"].__globals__.update(SHAPES=((4, 3),), LEAST_SECONDS=0, REPETITIONS=3)
    names["main"](3)
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header.startswith("log(softmax) takes, times log_softmax")
    assert first.startswith("numpy, forward")
