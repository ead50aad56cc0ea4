"""The plugin against a baseline, and in shards."""

import sys

import pytest
from test_plugin import SMALL, WRONG, usage_error

from equivalence import results
from equivalence.changes import compare
from equivalence.merging import merge

pytest_plugins = ["pytester"]


def accept(pytester, path, run):
    """Accepts a run as its users do."""
    words = ["compare", path, run, "--accept", "*", "--because", "first"]
    done = pytester.run(sys.executable, "-m", "equivalence", *words)
    assert done.ret == 0, done.stderr
    return done


@pytest.fixture
def _not_in_a_job(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.mark.usefixtures("_not_in_a_job")
@pytest.mark.parametrize("again", [(), ("-n", "2")], ids=["alone", "two"])
def test_a_rerun_in_one_process_or_two_is_the_baseline(laws, pytester, again):
    options = (*SMALL, "--equivalence-baseline=baseline.jsonl")
    first = laws(*options, "--equivalence-run=run.jsonl")
    assert first.ret == 0
    first.stdout.fnmatch_lines(["baseline.jsonl is not there yet: nothing was compared.*--accept*"])
    accept(pytester, "baseline.jsonl", "run.jsonl")
    second = laws(*options, *again)
    assert second.ret == 0
    second.stdout.fnmatch_lines(["Against baseline.jsonl:", "The environment is the same."])
    second.stdout.fnmatch_lines(["Nothing new fails, and no answer has changed."])


@pytest.mark.usefixtures("_not_in_a_job")
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two"])
def test_what_is_new_against_the_baseline_fails_a_session_that_passes(laws, pytester, workers):
    """An accepted failure passes; the same cell with another answer is heard."""
    pytester.makeconftest(WRONG)
    values = (*SMALL, "-k", "test_value or test_gradient", *workers)
    assert laws(*values, "--equivalence-run=run.jsonl").ret == 1
    accept(pytester, "baseline.jsonl", "run.jsonl")
    options = (*values, "--equivalence-baseline=baseline.jsonl")
    assert laws(*options).ret == 0
    pytester.makeconftest(WRONG.replace("terms.size + 1", "terms.size + 2"))
    other = laws(*options, "--equivalence-html=page.html")
    assert other.ret == 1
    other.stdout.fnmatch_lines(["changed answer, * cells", "  *textbook.wrong@eager"])
    assert "<b>changed answer</b>" in (pytester.path / "page.html").read_text()


@pytest.mark.usefixtures("_not_in_a_job")
def test_an_error_that_is_gone_fails_a_session_that_passes(laws, pytester):
    pytester.makeconftest(WRONG)
    values = (*SMALL, "-k", "test_value")
    laws(*values, "--equivalence-run=run.jsonl")
    accept(pytester, "baseline.jsonl", "run.jsonl")
    pytester.makeconftest(WRONG.replace("terms.size + 1", "terms.size"))
    done = laws(*values, "--equivalence-baseline=baseline.jsonl")
    assert done.ret == 1
    assert done.parseoutcomes().get("failed", 0) == 0
    done.stdout.fnmatch_lines(["healed, *"])


def test_a_broken_baseline_is_told_before_anything_is_asked(laws, pytester):
    (pytester.path / "baseline.jsonl").write_text("no baseline\n")
    done = laws(*SMALL, "--equivalence-baseline=baseline.jsonl")
    assert "baseline.jsonl: line 1 is not the environment of a run" in usage_error(done)


def test_shards_of_sessions_are_one_run(laws, pytester):
    options = (*SMALL, "-k", "test_value or test_gradient")
    laws(*options, "--equivalence-run=whole.jsonl")
    for part in ("1/2", "2/2"):
        done = laws(*options, f"--equivalence-shard={part}", f"--equivalence-run={part[0]}.jsonl")
        assert done.ret == 0
    both = [results.read(pytester.path / f"{part}.jsonl") for part in (1, 2)]
    whole = results.read(pytester.path / "whole.jsonl")
    merged = merge(both)
    assert all(part.findings for part in both)
    assert merged.findings == whole.findings
    assert compare(whole, merged).changes == ()
    assert "the first of three is 1/3" in usage_error(laws(*SMALL, "--equivalence-shard=3/2"))
