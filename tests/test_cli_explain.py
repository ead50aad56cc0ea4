"""Tests of the verbs that tell about one finding, or list what there is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import equivalence
from equivalence import results
from equivalence.cli import NOUNS, main

FEW = ["negative_log_likelihood:sum:float32:value", "--frameworks", "textbook"]
CELL = "cross_entropy:one_hot:mean:float32:value:textbook.log_softmax@eager"
FINDING = f"{CELL}:normal.rows.plain.0"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_explain_a_finding_whatever_the_profile(capsys):
    assert main(["explain", FINDING]) == 0
    out = capsys.readouterr().out
    for heading in ("question", "got", "exact", "error", "verdict", "versions"):
        assert f"\n{heading} " in out
    assert out.rstrip().endswith(f"equivalence reproduce {FINDING}")


def test_explain_a_cell_takes_its_gravest_finding(capsys):
    main(["explain", "binary_segmentation:none:float32:value:textbook.sigmoid_then_formula@eager"])
    out = capsys.readouterr().out
    assert "explained: " in out
    assert "\nbecause " in out
    assert "https://" in out


@pytest.mark.usefixtures("diverging")
def test_explain_what_diverges_is_status_1():
    assert main(["explain", FINDING]) == 1


def test_reproduce_prints_a_script_and_nothing_else(capsys):
    assert main(["reproduce", FINDING]) == 0
    script = capsys.readouterr().out
    compile(script, "script", "exec")
    assert script.startswith(f"# {FINDING}\n")


def test_reproduce_from_a_run(capsys):
    main(["run", *FEW, "-n", "0", "-o", "one.jsonl"])
    name = next(f.name for f in results.read(Path("one.jsonl")).findings if f.case)
    capsys.readouterr()
    assert main(["reproduce", name, "--run", "one.jsonl"]) == 0
    from_run = capsys.readouterr().out
    assert main(["reproduce", name]) == 0
    assert capsys.readouterr().out == from_run


def test_reproduce_what_a_run_does_not_hold(capsys):
    main(["run", *FEW, "-n", "0", "-o", "one.jsonl"])
    assert main(["reproduce", FINDING, "--run", "one.jsonl"]) == 2


def test_a_divergence_is_explained_and_not_reproduced(capsys):
    assert main(["reproduce", "clips_target_and_prediction"]) == 2
    assert "`equivalence explain clips_target_and_prediction` says" in capsys.readouterr().err
    assert main(["explain", "clips_target_and_prediction"]) == 0


@pytest.mark.parametrize("noun", NOUNS)
def test_lists(noun, capsys):
    assert main(["list", noun, "--frameworks", "textbook"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 5


def test_a_list_may_be_read_in_part(program):
    reader = f"set -o pipefail; {sys.executable} -m equivalence list cases | head -1"
    environment = os.environ | {"PYTHONPATH": str(Path(equivalence.__file__).parents[1])}
    done = subprocess.run(
        ["bash", "-c", reader], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stderr == ""
