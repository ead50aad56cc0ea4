"""Tests of the verbs that tell about one finding, or list what there is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import equivalence
from equivalence import results
from equivalence.cases.edges import edge_case
from equivalence.cli import NOUNS, main
from equivalence.explanation import again
from equivalence.failures import described
from equivalence.report.numbers import inputs
from equivalence.smaller import arguments

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
    assert "\npredicted " in out
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


def read_in_part(arguments):
    """A command whose reader takes one line and goes."""
    reader = f"set -o pipefail; {sys.executable} -m equivalence {arguments} | head -1"
    environment = os.environ | {"PYTHONPATH": str(Path(equivalence.__file__).parents[1])}
    return subprocess.run(
        ["bash", "-c", reader], capture_output=True, text=True, env=environment, check=False
    )


def test_a_list_may_be_read_in_part():
    done = read_in_part("list cases")
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_run_that_is_read_in_part_ends_as_it_does_and_writes_what_it_writes(tmp_path):
    wrong = Path(__file__).parent / "wrong_mean.py"
    (tmp_path / "conftest.py").write_text(wrong.read_text(encoding="utf-8"), encoding="utf-8")
    done = read_in_part("run textbook.wrong --frameworks textbook -n 0 --html page.html 2>&1")
    assert done.returncode == 1
    assert (tmp_path / "page.html").is_file()


@pytest.mark.parametrize(("shape", "more"), [("many_classes", True), ("rows", False)])
def test_a_row_of_more_numbers_than_are_shown_says_so(shape, more, capsys):
    cell = "cross_entropy:soft:mean:float64:gradient:torch.cross_entropy@eager"
    name = f"{cell}:normal.{shape}.plain.0"
    main(["explain", name])
    out = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in out].count("…") == 2 * more
    finding, _ = again(name)
    assert ("…" in described(finding)) is more
    assert any(line.strip() == "…" for line in inputs(finding.where)) is more


def test_the_smallest_input_says_which_dtype_class_indices_have():
    for origin, said in (("edge.labels_in_int32", " (int32)"), ("edge.one_row", "]")):
        case = edge_case("cross_entropy", "sparse", "mean", "float32", origin)
        assert f"{said}, reduction = mean" in arguments(case)
