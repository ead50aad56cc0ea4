"""A real run of two frameworks, and the folder in which it became a baseline."""

import pytest
from small_run import WORDS

import equivalence
from equivalence import baseline, results
from equivalence.baseline import Baseline


@pytest.fixture(scope="module")
def run():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONHASHSEED", "0")
        yield equivalence.run(WORDS, frameworks=["textbook", "sklearn"])


@pytest.fixture
def files(run, tmp_path, monkeypatch):
    """A folder with a run and the baseline that it became."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    results.write(run, tmp_path / "run.jsonl")
    baseline.write(Baseline(run=run, because="the first"), tmp_path / "baseline.jsonl")
    return tmp_path
