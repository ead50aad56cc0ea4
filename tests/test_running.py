"""Tests of runs: the same findings with any number of processes, deaths, interruptions."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import equivalence
from equivalence import results
from equivalence.cases.sweeping import sweep
from equivalence.cli import main
from equivalence.events import Judged
from equivalence.finding import Verdict
from equivalence.records import DIED
from equivalence.running import AbsentError, UnknownError, request
from equivalence.selection import SelectError

# A scikit-learn whose third answer kills the process, once.
DEADLY = """\
import os, pathlib, sys
counter = pathlib.Path(__file__).with_name("calls.txt")

def log_loss(*arguments, **options):
    with counter.open("a") as file:
        file.write(".")
    if counter.stat().st_size == 3:
        print("about to die", file=sys.stderr, flush=True)
        os.abort()
    return 0.0
"""

LOSSES = """\
class HalfBinomialLoss: ...
class HalfMultinomialLoss: ...
"""


@pytest.fixture
def impostor(tmp_path, monkeypatch):
    """Puts a scikit-learn of our own in front of the installed one, for workers."""

    def write(metrics):
        (tmp_path / "sklearn").mkdir()
        (tmp_path / "sklearn" / "_loss").mkdir()
        for package in ("sklearn", "sklearn/_loss"):
            (tmp_path / package / "__init__.py").touch()
        (tmp_path / "sklearn" / "_loss" / "loss.py").write_text(LOSSES)
        (tmp_path / "sklearn" / "metrics.py").write_text(metrics)
        monkeypatch.syspath_prepend(tmp_path)

    return write


def test_findings_are_the_same_with_any_number_of_processes(tmp_path):
    words, frameworks = ["binary_cross_entropy:sum"], ["textbook", "sklearn"]
    alone = equivalence.run(words, frameworks=frameworks, path=tmp_path / "alone.jsonl")
    pooled = equivalence.run(
        words, frameworks=frameworks, processes=2, path=tmp_path / "pooled.jsonl"
    )
    assert pooled.findings == alone.findings
    assert dataclasses.replace(pooled.environment, date="") == dataclasses.replace(
        alone.environment, date=""
    )
    assert results.read(tmp_path / "pooled.jsonl") == pooled


def test_two_frameworks_of_one_library_are_asked_by_as_many_processes_as_there_are():
    words = ["cross_entropy:sparse:mean:float32:value", "tensorflow_v?.*sparse_softmax*", "!@graph"]
    alone = equivalence.run(words)
    for number in (1, 2):
        assert equivalence.run(words, processes=number).findings == alone.findings


def test_a_worker_that_dies_takes_one_question_with_it(impostor):
    impostor(DEADLY)
    run = equivalence.run(["binary_cross_entropy:sum:value"], frameworks=["sklearn"], processes=1)
    asked = [finding for finding in run.findings if finding.verdict.asked]
    crashed = [finding for finding in asked if finding.verdict is Verdict.CRASHED]
    assert [finding.detail for finding in crashed] == ["the process died (SIGABRT): about to die"]
    assert len(asked) > 5
    assert run.environment.complete


def test_a_worker_that_segfaults_takes_one_question_with_it(impostor):
    impostor(DEADLY.replace("os.abort()", "os.kill(os.getpid(), 11)"))
    run = equivalence.run(["binary_cross_entropy:sum:value"], frameworks=["sklearn"], processes=1)
    crashed = [finding for finding in run.findings if finding.verdict is Verdict.CRASHED]
    assert [f.detail for f in crashed] == ["the process died (SIGSEGV): about to die"]
    assert run.environment.complete


def test_a_worker_that_hangs_is_killed_and_takes_one_question_with_it(impostor):
    impostor(DEADLY.replace("os.abort()", "__import__('time').sleep(600)"))
    run = equivalence.run(
        ["binary_cross_entropy:sum:value"],
        frameworks=["sklearn"],
        processes=1,
        time_limit=20,  # more than a worker's start
    )
    asked = [finding for finding in run.findings if finding.verdict.asked]
    crashed = [finding for finding in asked if finding.verdict is Verdict.CRASHED]
    expected = "the process died (killed after 20 s without an answer): about to die"
    assert [finding.detail for finding in crashed] == [expected]
    assert len(asked) > 5
    assert run.environment.complete


def test_a_framework_that_dies_on_import_is_absent(impostor):
    impostor("import os; os.abort()")
    run = equivalence.run(["binary_cross_entropy:sum:value", "sklearn"], processes=1)
    assert [record.absent for record in run.environment.frameworks] == [
        "the process died (SIGABRT)"
    ]
    assert not run.environment.complete  # it is installed, and was not measured


def test_a_required_framework_that_cannot_be_imported_is_an_error(impostor):
    impostor("raise ImportError('libfoo.so is missing')")
    with pytest.raises(AbsentError, match=r'libfoo.*pip install "loss-equivalence\[sklearn\]"'):
        equivalence.run(["sum:value"], require=["sklearn"], frameworks=[], processes=1)


def test_a_required_framework_that_is_not_installed_is_told_at_once(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(AbsentError, match=r'torch is required .* "loss-equivalence\[torch\]"'):
        request(require=["torch"])


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"profile": "quik"}, UnknownError),
        ({"frameworks": ["torhc"]}, UnknownError),
        ({"require": ["jax"]}, UnknownError),
        ({"select": ["torhc"]}, SelectError),
    ],
)
def test_what_is_unknown_is_told_before_anything_is_asked(options, error):
    with pytest.raises(error, match=r"nearest|there are"):
        request(**options)


def test_an_unknown_implementation_is_told_from_a_worker_too(tmp_path):
    path = tmp_path / "run.jsonl"
    for processes in (0, 1):
        with pytest.raises(SelectError, match=r"textbook\.log_softmax"):
            equivalence.run(["textbook.log_softmaxx"], processes=processes, path=path)
    assert not path.exists()


def test_cells_that_are_not_offered_are_findings_with_a_reason():
    run = equivalence.run(["gradient", "binary_cross_entropy"], frameworks=["sklearn"])
    assert {finding.verdict for finding in run.findings} == {Verdict.INAPPLICABLE}
    assert "sklearn has no gradient" in {finding.detail for finding in run.findings}
    assert "takes no soft_binary targets" in {finding.detail for finding in run.findings}


def test_no_cell_is_both_asked_and_not_offered():
    run = equivalence.run(["mean:float32"], frameworks=["sklearn", "textbook"])
    offered = {finding.cell for finding in run.findings if finding.verdict.asked}
    assert offered.isdisjoint(
        found.cell for found in run.findings if not found.verdict.asked and not found.case
    )


def test_an_error_of_the_judge_is_red_and_the_rest_goes_on(monkeypatch):
    def judge(implementation, case, quantity, mode):
        raise ArithmeticError("not certain")

    monkeypatch.setattr("equivalence.asking.judge", judge)
    run = equivalence.run(["textbook.log_softmax:pinned.*"], frameworks=["textbook"])
    asked = [finding for finding in run.findings if finding.verdict.asked]
    assert {finding.detail for finding in asked} == {"judging raised ArithmeticError: not certain"}
    assert {finding.verdict for finding in asked} == {Verdict.CRASHED}


def test_the_date_can_be_fixed(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    run = equivalence.run(["sklearn:float32:sum"])
    assert run.environment.date == "1970-01-01T00:00:00Z"


def test_events_can_be_watched():
    seen = []
    run = equivalence.run(["sklearn:float32:sum"], watch=seen.append)
    judged = [finding for event in seen if isinstance(event, Judged) for finding in event.findings]
    assert len(judged) == sum(finding.verdict.asked for finding in run.findings)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_keeps_what_it_had(tmp_path, number):
    path = tmp_path / "run.jsonl"
    command = [sys.executable, "-m", "equivalence", "run", "cross_entropy", "-o", str(path)]
    process = subprocess.Popen(
        [*command, "--frameworks", "textbook", "-n", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(equivalence.__file__).parents[1])},
        # What is started in the background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (
        not path.exists() or path.read_text().count('"agrees"') < 20
    ):
        time.sleep(0.05)
    process.send_signal(number)
    _, messages = process.communicate(timeout=60)
    run = results.read(path)
    assert process.returncode == 3
    assert f"equivalence: the run is incomplete; {path} holds what was found" in messages
    assert "not measured: textbook." in messages
    assert messages.splitlines()[-1] == f"  equivalence run --resume {path}"
    assert not run.environment.complete
    assert any(finding.verdict.asked for finding in run.findings)


def test_a_framework_that_cannot_be_imported_leaves_the_others_cells(impostor, tmp_path, capsys):
    impostor("raise ImportError('libfoo.so is missing')")
    path = tmp_path / "run.jsonl"
    words = ["run", "negative_log_likelihood:sum:float32", "-n", "1", "-o", str(path)]
    assert main([*words, "--frameworks", "textbook,sklearn"]) == 3
    run = results.read(path)
    assert not run.environment.complete
    assert any(f.framework == "textbook" and f.verdict.asked for f in run.findings)
    said = capsys.readouterr().err
    assert "not measured: sklearn: no cell of it, ImportError: libfoo.so is missing" in said
    assert f"equivalence run --resume {path}" in said


# Two implementations of a user, both of which die of what is swept for the plots: 29 rows.
DYING_SWEEPS = """\
import os
import numpy as np
from equivalence.cases.case import BINARY
from equivalence.implementations.textbook import framework
from equivalence.losses import binary_cross_entropy_with_logits

def answer(logit, target, *, reduction="mean"):
    if logit.shape == (29,):
        os.abort()
    terms = np.maximum(logit, 0) - logit * target + np.log1p(np.exp(-np.abs(logit)))
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]

for name in ("dies_first", "dies_second"):
    framework.implements(binary_cross_entropy_with_logits, targets=BINARY, name=name)(answer)
"""


def test_a_sweep_that_kills_the_process_is_not_drawn_and_the_run_is_complete(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("conftest.py").write_text(DYING_SWEEPS)
    assert sweep("binary_cross_entropy_with_logits", "binary").shape == (29,)
    path = tmp_path / "run.jsonl"
    words = ["textbook.dies_*", "float32:value", "pinned.*"]
    asked = ["run", *words, "--frameworks", "textbook", "-n", "1", "-o", str(path)]
    assert main([*asked, "--html", "page.html"]) == 0
    run = results.read(path)
    dead = {one.name: one.sweep for one in run.environment.implementations if "dies" in one.name}
    assert dead == {
        f"textbook.dies_{name}": {DIED: "the process died (SIGABRT)"}
        for name in ("first", "second")
    }
    assert run.environment.complete
    assert all(finding.verdict is not Verdict.CRASHED for finding in run.findings)
    page = Path("page.html").read_text()
    assert "Not drawn: textbook.dies_second, the process died (SIGABRT)." in page


def test_a_run_file_that_is_taken_away_is_written_again(tmp_path):
    path = tmp_path / "run.jsonl"

    def take_away(event):
        if isinstance(event, Judged):
            path.unlink(missing_ok=True)

    words = ["binary_cross_entropy:binary:sum:float32:value"]
    run = equivalence.run(words, frameworks=["textbook", "sklearn"], path=path, watch=take_away)
    assert results.read(path) == run
