"""Inputs of what fails are shrunk, kept in the run, and shown with a script."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from markupsafe import escape

import equivalence
from equivalence import results
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.report import render_html
from equivalence.report.words import visible
from equivalence.reproduction import reproduction
from equivalence.smaller import SHRUNK, shrunk

SELECT = ("textbook.wrong", "--frameworks", "textbook")


@pytest.fixture
def wrong(tmp_path):
    """A folder with a wrong implementation of the user's own."""
    shutil.copy(Path(__file__).parent / "wrong_mean.py", tmp_path / "conftest.py")
    return tmp_path


def record(path):
    return next(one for one in results.read(path).environment.implementations if one.shrunk)


def test_a_run_keeps_small_inputs_of_what_fails_in_any_number_of_processes(program, wrong):
    for number in ("0", "2"):
        done = program("run", *SELECT, "-n", number, "-o", f"{number}.jsonl", cwd=wrong)
        assert done.returncode == 1, done.stderr
    one, many = (record(wrong / f"{number}.jsonl") for number in ("0", "2"))
    assert one.shrunk == many.shrunk
    assert 1 < len(one.shrunk) <= SHRUNK
    told = one.shrunk["negative_log_likelihood:one_hot:mean:float64:value:textbook.wrong@eager"]
    assert told["input"].startswith("float64: prediction = [[1.0, 0.0]], target = [[1.0, 0.0]]")
    assert told["got"].startswith("value: -0.5, exactly -1.0")


def test_the_script_of_a_small_input_prints_what_was_got(program, wrong):
    program("run", *SELECT, "-n", "0", "-o", "run.jsonl", cwd=wrong)
    for told in record(wrong / "run.jsonl").shrunk.values():
        printed = subprocess.run(
            [sys.executable, "-c", told["script"]], capture_output=True, text=True, check=True
        ).stdout
        got = told["got"].partition(": ")[2].partition(",")[0]
        assert printed.split()[:1] == ["value"]
        assert float(printed.split()[1].strip("[]")) == pytest.approx(float(got), nan_ok=True)


def test_the_page_shows_the_small_input_and_its_script(program, wrong):
    program("run", *SELECT, "-n", "0", "-o", "run.jsonl", "--html", "page.html", cwd=wrong)
    page = (wrong / "page.html").read_text(encoding="utf-8")
    inputs = {escape(told["input"]) for told in record(wrong / "run.jsonl").shrunk.values()}
    shown = re.findall("shrunk, as in the script  (.*)", page)
    assert shown
    assert inputs.issuperset(shown)
    assert "# a smaller input of\n" in page


def test_what_a_run_file_says_of_a_small_input_is_text(program, wrong):
    program("run", *SELECT, "-n", "0", "-o", "run.jsonl", cwd=wrong)
    path, attack = wrong / "run.jsonl", "</pre><script>alert(1)</script>"
    text = path.read_text(encoding="utf-8").replace("# a smaller input of", attack)
    path.write_text(text.replace("float64: prediction", attack), encoding="utf-8")
    run = results.read(path)
    page = render_html(run, reproduce=lambda finding: reproduction(finding, run.environment))
    assert "<script>alert" not in page
    assert visible(attack).replace("<", "&lt;").replace(">", "&gt;") in page


def test_what_the_catalogue_explains_is_not_shrunk():
    load("textbook")
    cell = "binary_segmentation:none:float32:value:textbook.sigmoid_then_formula@eager"
    found = equivalence.run([cell], frameworks=["textbook"]).findings
    amber = [finding for finding in found if finding.verdict is Verdict.EXPLAINED]
    assert amber
    assert shrunk(IMPLEMENTATIONS["textbook.sigmoid_then_formula"], amber) == {}
