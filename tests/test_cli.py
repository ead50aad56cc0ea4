"""Tests of the command line: verbs, messages, exit statuses, files."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import equivalence
from equivalence import results
from equivalence.cli import main

FEW = ["negative_log_likelihood:sum:float32:value", "--frameworks", "textbook"]
CELL = "cross_entropy:one_hot:mean:float32:value:textbook.log_softmax@eager"
FINDING = f"{CELL}:normal.rows.plain.0"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def test_help_starts_fast_and_imports_no_framework(program):
    began = time.perf_counter()
    done = program("--help")
    assert done.returncode == 0
    assert time.perf_counter() - began < 1.0  # a shared machine; 0.1 s alone
    assert "exit status" in done.stdout


def test_importing_the_package_imports_no_framework():
    frameworks = "{'torch', 'tensorflow', 'keras', 'sklearn'}"
    code = (
        "import sys, equivalence, equivalence.cli, equivalence.verbs;"
        f"print({frameworks} & set(sys.modules))"
    )
    path = str(Path(equivalence.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.stdout.strip() == "set()"


def test_public_names_are_there_and_sorted():
    assert list(equivalence.__all__) == sorted(equivalence.__all__)
    assert all(getattr(equivalence, name) is not None for name in equivalence.__all__)
    assert dir(equivalence) == equivalence.__all__


@pytest.mark.parametrize(
    "verb", ["run", "report", "compare", "merge", "explain", "reproduce", "list"]
)
def test_every_help_has_an_example(verb, capsys):
    assert main([verb, "--help"]) == 0
    assert f"example:\n  equivalence {verb} " in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"equivalence {equivalence.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rum"], "no verb 'rum'; the nearest is run"),
        (["run", "--profil", "full"], "no option '--profil'; the nearest is --profile"),
        (["run", "--profile", "quik"], "no profile 'quik'; the nearest is quick"),
        (["run", "--frameworks", "torhc"], "framework 'torhc' is unknown; the nearest is torch"),
        (["run", "--require", "jax"], "framework 'jax' is unknown; there are"),
        (["run", "torhc"], "nothing is called 'torhc'; the nearest is torch"),
        (["run", "textbook.log_sotfmax"], "the nearest are textbook.log_softmax"),
        (["run", "a::b"], "has an empty piece"),
        (["run", "-n", "many"], "'many' is no number of processes"),
        (["run", "--time-limit", "soon"], "'soon' is no number of seconds"),
        (["run", "-o", "file/run.jsonl"], "cannot be written (Not a directory)"),
        (["run", "--html", "folder"], "folder cannot be written (Is a directory)"),
        (["report"], "the following arguments are required: RUN.jsonl"),
        (["report", "nowhere.jsonl"], "nowhere.jsonl: cannot be read (No such file"),
        (["report", "file"], "file: line 1 is not the environment of a run"),
        (["report", "file", "-o", "file"], "file is a run that is read"),
        (["report", "file", "--format", "pdf"], "no format 'pdf'; there are"),
        (["explain", "torhc"], "nothing is called 'torhc'"),
        (["explain", f"{CELL}:nowhere.rows.plain.0"], "'nowhere"),
        (["explain", FINDING.replace("log_soft", "log_sotf")], "the nearest are textbook.log_"),
        (["reproduce", "sum:none:textbook"], "selects nothing of the quick profile"),
        (["list", "nouns"], "no noun 'nouns'; there are"),
        (["list", "losses", "--frameworks", "jax"], "framework 'jax' is unknown"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(arguments, said, capsys):
    Path("file").write_text("nothing\n")
    Path("folder").mkdir()
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_path_that_cannot_be_written_is_told_before_anything_is_asked(monkeypatch):
    monkeypatch.setattr("equivalence.verbs.events", pytest.fail)
    assert main(["run", "-o", "/dev/null/run.jsonl"]) == 2


def test_nothing_selected_is_status_5_and_writes_nothing(capsys):
    Path("run.jsonl").write_text("kept")
    assert main(["run", "mean:sparse", *FEW[1:], "-n", "0", "-o", "run.jsonl"]) == 5
    assert "nothing is selected by mean:sparse" in capsys.readouterr().err
    assert Path("run.jsonl").read_text() == "kept"


def test_a_required_framework_that_is_absent_is_status_3(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main(["run", "--require", "torch"]) == 3
    captured = capsys.readouterr()
    assert 'pip install "loss-equivalence[torch]"' in captured.err
    assert captured.err.count("\n") == 1


def test_a_broken_pinned_case_is_one_line(monkeypatch, capsys):
    from equivalence.cases.pinned import PinnedCaseError

    def broken():
        raise PinnedCaseError("fixtures/cases/x.toml: loss: 'huber' is unknown")

    monkeypatch.setattr("equivalence.running.pinned", broken)
    assert main(["run", *FEW]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_run_prints_a_table_and_writes_its_files(capsys):
    assert main(["run", *FEW, "-n", "0", "-o", "a/run.jsonl", "--html", "a/page.html"]) == 0
    captured = capsys.readouterr()
    run = results.read(Path("a/run.jsonl"))
    assert run.environment.complete
    assert run.environment.command.startswith("equivalence ")
    assert "product_with_target@eager" in captured.out
    assert captured.out.rstrip().endswith("a/page.html")
    assert "textbook: " in captured.err
    assert Path("a/page.html").read_text().startswith("<!")


def test_the_page_of_a_run_is_that_of_its_file():
    pytest.importorskip("tensorflow")
    select = "mean:bfloat16:value:tensorflow_v2.keras.BinaryCrossentropy*@eager"
    main(["run", select, "-n", "1", "-o", "run.jsonl", "--html", "page.html"])
    assert main(["report", "run.jsonl", "-o", "again.html"]) == 0
    assert "keras" in Path("page.html").read_text()
    assert Path("again.html").read_bytes() == Path("page.html").read_bytes()


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_of_a_table_is_wider_than_the_terminal(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    main(["run", *FEW, "-n", "0"])
    table = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    assert max(map(len, table)) <= width
    assert " of " in "".join(table)


def test_no_colour_where_none_is_wanted(program):
    done = program("run", *FEW, environment={"NO_COLOR": "1", "FORCE_COLOR": "1"})
    assert "\x1b[3" not in done.stdout


@pytest.mark.usefixtures("diverging")
def test_what_diverges_is_status_1_and_listed_with_its_command(capsys):
    assert main(["run", *FEW, "-n", "0"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("✗ negative_log_likelihood:") for line in lines)
    assert any(line.startswith("  equivalence explain negative_log") for line in lines)


@pytest.mark.usefixtures("diverging")
def test_the_summary_of_a_job_is_appended(monkeypatch):
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    main(["run", *FEW, "-n", "0"])
    assert Path("summary.md").read_text().startswith("before\n###")


def test_an_error_in_the_summary_of_a_job_does_not_spoil_the_run(monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/null/summary.md")
    assert main(["run", *FEW, "-n", "0"]) == 0
    assert "summary.md cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "start"), [("html", "<!"), ("markdown", "### "), ("json", '{\n "headline"')]
)
def test_reports_of_several_parts(form, start, capsys):
    main(["run", *FEW, "-n", "0", "-o", "one.jsonl"])
    main(["run", "sum:float64", "--frameworks", "sklearn", "-n", "0", "-o", "two.jsonl"])
    capsys.readouterr()
    assert main(["report", "one.jsonl", "two.jsonl", "--format", form, "-o", "report"]) == 0
    assert Path("report").read_text().startswith(start)
    assert capsys.readouterr().out == "report\n"


def test_the_default_page_is_beside_its_run(capsys):
    main(["run", *FEW, "-n", "0", "-o", "one.jsonl"])
    assert main(["report", "one.jsonl"]) == 0
    assert capsys.readouterr().out.endswith("one.html\n")


def test_an_incomplete_run_says_so(capsys):
    main(["run", *FEW, "-n", "0", "-o", "one.jsonl"])
    whole = Path("one.jsonl").read_bytes()
    Path("one.jsonl").write_bytes(whole[:-10])
    assert main(["report", "one.jsonl", "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert "one.jsonl was cut short; `equivalence run --resume one.jsonl` asks" in captured.err
    assert '"complete": false' in captured.out


def test_without_a_verb_the_quick_profile_is_asked_and_reported(monkeypatch):
    asked = []
    monkeypatch.setattr("equivalence.verbs.run", lambda options: asked.append(options) or 0)
    assert main([]) == 0
    (options,) = asked
    assert (options.profile, options.select, options.frameworks) == ("quick", [], None)
    assert str(options.html) == "reports/index.html"
