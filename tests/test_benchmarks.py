"""The benchmarks run, and what they time is right; how long it takes is not asserted."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import equivalence
from benchmarks import speed
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


def test_both_profiles_are_timed_whole(capsys):
    names = runpy.run_path(str(BENCHMARKS / "profiles.py"))
    names["main"].__globals__.update(ADDITIONS=1_000_000)
    assert names["main"](["one_hot:sum:float32:value", "textbook.*"]) == 0
    printed = capsys.readouterr().out
    assert re.search(
        r"^\| quick \| \d+ s \| 60 s \| \d+ s \| [1-9]\d* \| 0 \| yes \|$", printed, re.MULTILINE
    )
    assert re.search(r"^\| full \| \d+ s \| 900 s \|", printed, re.MULTILINE)
    assert "1 million additions" in printed


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


def test_where_time_goes_knows_every_part():
    pytest.importorskip("sklearn")
    names = runpy.run_path(str(BENCHMARKS / "where_time_goes.py"))
    shares = names["shares"]("sklearn")
    assert min(shares.values()) > -0.01  # parts that overlap would leave less than nothing
    assert shares["calls of the framework"] > 0
    with pytest.raises(LookupError, match=r"nothing was called no\.py:where"):
        names["seconds"](names["profiled"]("textbook"), "no.py:where")


def test_growth_is_told_by_what_a_further_finding_costs():
    names = runpy.run_path(str(BENCHMARKS / "growth.py"))
    before, after = (
        names["Cost"](findings=findings, wall=1, processor=seconds, memory=1, size=1)
        for findings, seconds in ((100, 5.0), (300, 6.0))
    )
    assert names["slope"](before, after) == 0.005


@pytest.mark.parametrize(
    ("commit", "words"),
    [
        ("HEAD", r"\| `equivalence --version` \| \d+\.\d s \| \d+\.\d s \| \d"),
        ("0123456789", "not in this clone"),
    ],
)
def test_a_commit_is_measured_beside_its_parent(tmp_path, commit, words):
    names = runpy.run_path(str(BENCHMARKS / "improvements.py"))
    made = names["Improvement"](commit=commit, what="Nothing", arguments=("--version",))
    here = subprocess.run(["git", "rev-parse", "HEAD^"], cwd=BENCHMARKS, check=False)
    if here.returncode:
        pytest.skip("no history here")
    assert re.search(words, names["row"](made, tmp_path))


@pytest.mark.parametrize(
    ("script", "held", "text"),
    [
        ("print('| a |\\n|---|')", True, "| a |\n|---|"),
        ("print('missed'); raise SystemExit(1)", False, "missed"),
        ("raise ValueError('no such file')", False, "It ended with 1: ValueError: no such file"),
        ("import os; os.kill(os.getpid(), 9)", False, "It ended with -9: no word"),
        ("import sys; sys.stderr.write('Traceback')", True, ""),
    ],
)
def test_the_page_of_speed_has_what_scripts_print(tmp_path, monkeypatch, script, held, text):
    (tmp_path / "one.py").write_text(script)
    monkeypatch.setattr(speed, "HERE", tmp_path)
    section = speed.Section(title="One", script="one.py", about="Why.")
    monkeypatch.setattr(speed, "SECTIONS", (section,))
    page = tmp_path / "speed.md"
    assert speed.main([str(tmp_path / "run.jsonl"), "-o", str(page)]) == (0 if held else 1)
    assert text in page.read_text()
    assert ("Every bar is held." in page.read_text()) is held
