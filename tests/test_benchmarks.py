"""The benchmarks run, and what they time is right; how long it takes is not asserted."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import equivalence
from equivalence import results

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_log_softmax_prints_a_row_for_each_way(capsys):
    names = runpy.run_path(str(BENCHMARKS / "log_softmax.py"))
    names["main"].__globals__.update(SHAPES=((4, 3),), LEAST_SECONDS=0, REPETITIONS=3)
    names["main"](3)
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header.startswith("log(softmax) takes, times log_softmax")
    assert first.startswith("numpy, forward")


def test_a_large_run_becomes_a_page(tmp_path, capsys):
    run = equivalence.run(["one_hot:sum:float32:value", "textbook"])
    results.write(run, tmp_path / "run.jsonl")
    names = runpy.run_path(str(BENCHMARKS / "large_run.py"))
    assert names["main"](tmp_path / "run.jsonl", 3 * len(run.findings)) == 0
    assert capsys.readouterr().out.startswith(f"{3 * len(run.findings):,} findings")


def test_the_page_is_weighed_beside_another(tmp_path):
    """Beside a page of one's own in the place of pytest-html's, which tests do not install."""
    pytest.importorskip("playwright.sync_api")
    run = equivalence.run(["one_hot:sum:float32:value", "textbook"])
    results.write(run, tmp_path / "run.jsonl")
    (tmp_path / "other.html").write_text("<p class=results-table-row>one</p>")
    script = BENCHMARKS / "report_page.py"
    if not Path(runpy.run_path(str(script))["CHROMIUM"]).exists():
        pytest.skip("no chromium")
    command = [sys.executable, str(script), "run.jsonl", "1", "other.html"]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    first, mine, theirs, *_, last = process.stdout.splitlines()
    assert first.endswith("medians of 1 openings")
    assert mine.startswith("equivalence.html")
    assert " 4 elements" in theirs
    assert last.startswith("missed: ")
    assert process.returncode == 1
