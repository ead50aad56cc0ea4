"""Runs that are cut short: nothing finished is lost, and resumed they are as uninterrupted."""

import dataclasses
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

import equivalence
from equivalence import results
from equivalence.changes import compare
from equivalence.cli import main
from equivalence.events import Judged
from equivalence.finding import Verdict
from equivalence.lines import environment_line
from equivalence.recording import record
from equivalence.resuming import ResumeError, check_same
from equivalence.running import AbsentError, events, request

WORDS, FRAMEWORKS = ["binary_cross_entropy*", "float32"], ["textbook", "sklearn"]
COMMAND = ["run", *WORDS, "--frameworks", "textbook", "-n", "1"]


@pytest.fixture(scope="module", autouse=True)
def _as_the_program():
    """What the program sets for itself and its workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONHASHSEED", "0")
        yield


@pytest.fixture(scope="module")
def whole():
    return equivalence.run(WORDS, frameworks=FRAMEWORKS, processes=2)


def equal(run, other):
    """Whether two runs are the same, but for when and how they were started."""
    said = [
        environment_line(dataclasses.replace(one.environment, date="", command=""))
        for one in (run, other)
    ]
    return run.findings == other.findings and said[0] == said[1]


def start(*arguments):
    """Starts the program as its users do."""
    return subprocess.Popen(
        [sys.executable, "-m", "equivalence", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(equivalence.__file__).parents[1])},
    )


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_ten_deaths_of_the_whole_program_lose_nothing(tmp_path):
    """Each time it is killed at a random moment, and what was found before is there."""
    whole = equivalence.run(WORDS, frameworks=["textbook"], processes=1)
    path, chance = tmp_path / "run.jsonl", random.Random(5)
    for death in range(10):
        before = results.read(path) if path.exists() else None
        begun = before is not None
        process = start(*(["run", "--resume", str(path)] if begun else [*COMMAND, "-o", str(path)]))
        enough = lines(path) + chance.randrange(0, 25) if begun else 250
        deadline = time.monotonic() + 60
        while process.poll() is None and lines(path) <= enough and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.2)
        process.kill()
        process.communicate()
        now = results.read(path)
        if before is not None:
            assert set(now.findings) >= set(before.findings), f"death {death}"
    done = start("run", "--resume", str(path))
    said = done.communicate()[0]
    assert done.returncode == 0, said
    assert equal(results.read(path), whole)
    assert compare(whole, results.read(path)).changes == ()


def test_ten_deaths_of_workers_lose_nothing_finished(whole, tmp_path):
    """A worker that dies takes the question that it was asked, which is asked again."""
    path, chance = tmp_path / "run.jsonl", random.Random(7)
    asked = request(WORDS, frameworks=FRAMEWORKS)
    recording = record(asked, path=path)
    deaths, finished = 0, set()
    pause = chance.randrange(1, 12)
    # A framework two of whose workers die of the import is absent: then the rest is still to ask.
    with suppress(AbsentError), closing(events(asked, 2)) as happening:
        for event in happening:
            recording.take(event)
            if not isinstance(event, Judged):
                continue
            finished |= {f for f in event.findings if f.verdict is not Verdict.CRASHED}
            pause -= 1
            workers = multiprocessing.active_children()
            if pause <= 0 and deaths < 10 and workers:
                time.sleep(chance.random() * 0.02)
                os.kill(chance.choice(workers).pid, signal.SIGKILL)
                deaths, pause = deaths + 1, chance.randrange(3, 12)
    cut = recording.finish()
    assert deaths == 10
    assert finished <= set(results.read(path).findings)
    crashed = [finding for finding in cut.findings if finding.verdict is Verdict.CRASHED]
    assert {f.name for f in cut.findings} >= {f.name for f in whole.findings} or not (
        cut.environment.complete
    )
    assert len(crashed) <= 3 * deaths  # a question has a value and at most two gradients
    main(["run", "--resume", str(path), "-n", "2"])
    assert equal(results.read(path), whole)


@pytest.fixture
def cut(whole, tmp_path):
    """A run that was cut in the middle of a line."""
    path = tmp_path / "run.jsonl"
    environment = dataclasses.replace(whole.environment, complete=False)
    results.write(results.Run.of(environment, whole.findings), path)
    text = path.read_text()
    path.write_text(text[: int(len(text) * 0.8)])
    assert not text[: int(len(text) * 0.8)].endswith("\n")
    return path


def test_a_half_written_line_is_asked_again_and_told_once(whole, cut, capsys):
    assert main(["run", "--resume", str(cut), "-n", "1"]) == 0
    assert equal(results.read(cut), whole)
    names = [json.loads(line).get("cell") for line in cut.read_text().splitlines()]
    assert len(names) == len(whole.findings) + 1
    capsys.readouterr()


def test_a_run_that_is_whole_is_left_as_it_is(whole, tmp_path):
    path = tmp_path / "run.jsonl"
    results.write(whole, path)
    before = path.read_bytes()
    assert main(["run", "--resume", str(path), "-n", "0"]) == 0
    assert path.read_bytes() == before


def test_sweeps_that_were_lost_are_asked_again(whole, tmp_path):
    path = tmp_path / "run.jsonl"
    known = whole.environment.implementations
    assert any(one.sweep for one in known)
    without = tuple(dataclasses.replace(one, sweep={}) for one in known)
    environment = dataclasses.replace(whole.environment, implementations=without, complete=False)
    results.write(results.Run.of(environment, whole.findings), path)
    assert main(["run", "--resume", str(path), "-n", "1"]) == 0
    assert equal(results.read(path), whole)


def rewritten(path, **changes):
    run = results.read(path)
    results.write(
        dataclasses.replace(run, environment=dataclasses.replace(run.environment, **changes)), path
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict(asked=None), "does not say what it was asked for; begin anew"),
        (dict(python="CPython 2.7"), "another environment: python CPython 2.7 → "),
        (dict(packages={"loss-equivalence": "0.0"}), "another environment: loss-equivalence 0.0 →"),
    ],
)
def test_another_environment_is_not_gone_on_with(cut, capsys, changes, said):
    rewritten(cut, **changes)
    before = cut.read_bytes()
    assert main(["run", "--resume", str(cut)]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert cut.read_bytes() == before


def test_another_version_of_a_framework_is_not_gone_on_with(whole, cut, capsys):
    records = tuple(
        dataclasses.replace(one, versions=one.versions | {"scikit-learn": "0.1"})
        if one.name == "sklearn"
        else one
        for one in whole.environment.frameworks
    )
    rewritten(cut, frameworks=records)
    for _ in range(2):  # and not the second time either
        assert main(["run", "--resume", str(cut), "-n", "0"]) == 2
    assert (
        "sklearn is not as it was when the run began: scikit-learn 0.1 →"
        in (capsys.readouterr().err.splitlines()[-1])
    )
    assert not results.read(cut).environment.complete


def test_a_framework_that_was_absent_may_be_there_now(whole):
    there = whole.environment.frameworks[0]
    gone = dataclasses.replace(there, absent="ImportError", versions={}, flags={})
    environment = dataclasses.replace(whole.environment, frameworks=(gone,))
    check_same(there, dataclasses.replace(whole, environment=environment))
    with pytest.raises(ResumeError, match="ImportError; begin anew"):
        check_same(gone, whole)


def test_a_framework_whose_workers_died_is_asked_when_it_is_gone_on_with(whole, cut):
    run = results.read(cut)
    (sklearn,) = (one for one in run.environment.frameworks if one.name == "sklearn")
    gone = dataclasses.replace(sklearn, absent="the process died", versions={}, flags={})
    others = [one for one in run.environment.frameworks if one.name != "sklearn"]
    theirs = {one.name for one in run.environment.implementations if one.framework == "sklearn"}
    left = tuple(one for one in run.environment.implementations if one.name not in theirs)
    rewritten(cut, frameworks=(*others, gone), implementations=left)
    run = results.read(cut)
    found = [finding for finding in run.findings if finding.implementation not in theirs]
    results.write(results.Run.of(run.environment, found), cut)
    assert main(["run", "--resume", str(cut), "-n", "1"]) == 0
    assert equal(results.read(cut), whole)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["sparse"], "leave SELECT, --profile"),
        (["-o", "reports/other.jsonl"], "leave SELECT, --profile"),
        (["--shard", "1/2"], "leave SELECT, --profile"),
    ],
)
def test_a_resumed_run_is_asked_what_it_was_asked(cut, capsys, more, said):
    assert main(["run", "--resume", str(cut), *more]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["run", "--resume", str(tmp_path / "none.jsonl")]) == 2
    assert "cannot be read (No such file" in capsys.readouterr().err
