"""Baselines: their format, what is accepted into them and why, and what a run says of them."""

import dataclasses
import json
import shutil

import pytest
from small_run import DIVERGES, RUN, WORDS, altered

from equivalence import baseline, results
from equivalence.accepting import chosen
from equivalence.baseline import Baseline
from equivalence.changes import compare
from equivalence.cli import main
from equivalence.exact import Number
from equivalence.finding import Verdict
from equivalence.recorded import BaselineError, baseline_in, recorded
from equivalence.results import Run


def test_a_baseline_compared_with_its_run_is_the_same(run, files):
    before = recorded(files / "baseline.jsonl")
    for pair in ((before, run), (run, before), (before, before)):
        found = compare(*pair)
        assert (found.changes, found.environment, found.other_bits, found.status) == ((), (), 0, 0)
        assert found.questions == sum(finding.verdict.asked for finding in run.findings)


def test_a_baseline_that_is_read_is_written_as_it_was(files):
    baseline.write(baseline_in(files / "baseline.jsonl"), files / "again.jsonl")
    assert (files / "again.jsonl").read_bytes() == (files / "baseline.jsonl").read_bytes()


def test_one_sorted_line_a_cell(run, files):
    header, *lines = map(json.loads, (files / "baseline.jsonl").read_text().splitlines())
    cells = [line["cell"] for line in lines if line["kind"] == "cell"]
    assert cells == sorted({finding.cell for finding in run.findings if finding.verdict.asked})
    assert header["cells"] == len(cells)
    assert header["environment"]["packages"] == run.environment.packages
    line = next(line for line in lines if line.get("verdict") == "explained")
    assert list(line) == [
        "kind", "cell", "verdict", "share", "questions", "divergence", "answers"
    ]  # fmt: skip
    named = {line["name"] for line in lines if line["kind"] == "divergence"}
    assert set(line["divergence"].split(" + ")) <= named


@pytest.mark.parametrize(
    "fields",
    [
        DIVERGES | dict(got=Number.of(3.0), error=Number.of(9.0), bound=Number.of(1.0)),
        dict(verdict=Verdict.UNDEFINED, got=Number.of(float("nan")), error=None, bound=None),
        dict(verdict=Verdict.DIVERGES, detail="raises ValueError: no such thing", bits=""),
        dict(verdict=Verdict.DIVERGES, detail="returned the shape (2, 1), not (2,)"),
        dict(verdict=Verdict.CRASHED, detail="the process died", bits=""),
        dict(returned="float64"),
        dict(error=Number.of(float("inf"))),
    ],
)
def test_every_finding_comes_back_as_far_as_it_is_compared(run, files, fields):
    other, _ = altered(run, **fields)
    baseline.write(Baseline(run=other, because="odd"), files / "odd.jsonl")
    before = recorded(files / "odd.jsonl")
    assert compare(before, other).changes == compare(other, before).changes == ()
    kinds = [change.kind for change in compare(other, run).changes]
    assert [change.kind for change in compare(before, run).changes] == kinds


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda _: "", "line 1 is not the header of a baseline"),
        (lambda text: "no json\n" + text, "line 1 is not the header of a baseline"),
        (lambda text: text.split("\n", 1)[1], "line 1 is not the header of a baseline"),
        (lambda text: text.replace('"schema": 1', '"schema": 9', 1), "schema 9, this version"),
        (lambda text: text[:-20], "cut short, "),
        (lambda text: text.rstrip("\n").rpartition("\n")[0] + "\n", "cut short, "),
        (lambda text: text + text.splitlines()[-1] + "\n", "for the second time; delete one"),
        (lambda text: text + "{}\n", "is no line of a baseline; restore it"),
        (lambda text: text + '{"kind": "cell", "cell": "a"}\n', "is no line of a baseline"),
        (lambda text: text.replace('{"pinned', '{"pimped').replace('"edge.', '"hedge.'), "edited"),
        (lambda text: text.replace('"agrees", "', '"agreed", "'), "is no line of a baseline"),
        (lambda _: "\udcff", "not UTF-8"),
    ],
    ids=[
        "empty",
        "no JSON",
        "no header",
        "schema",
        "torn",
        "short",
        "twice",
        "no line",
        "no answers",
        "edited",
        "verdict",
        "no text",
    ],
)
def test_what_is_broken_gets_one_line(files, broken, said, capsys):
    path = files / "baseline.jsonl"
    path.write_text(broken(path.read_text()), encoding="utf-8", errors="surrogateescape")
    with pytest.raises(BaselineError, match=said) as raised:
        baseline_in(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)
    assert main(["compare", "baseline.jsonl", "run.jsonl"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_is_no_baseline_and_is_compared_all_the_same(files, capsys):
    with pytest.raises(BaselineError, match="is a run, which nobody has accepted"):
        baseline_in(files / "run.jsonl")
    assert main(["compare", "run.jsonl", "run.jsonl"]) == 0
    assert main(["compare", "run.jsonl", "run.jsonl", "--accept", "*", "--because", "x"]) == 2
    assert "is a run, which nobody has accepted" in capsys.readouterr().err


def test_compare_says_what_is_new_and_is_status_1(run, files, capsys):
    other, was = altered(run, **DIVERGES)
    results.write(other, files / "other.jsonl")
    assert main(["compare", "baseline.jsonl", "other.jsonl", "--html", "page.html"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("The environment is the same.\n")
    assert "1 change to look at." in out
    assert f"\nnew divergence, 1 cell\n  {was.cell}\n" in out
    assert "now diverges (the error is 9 times the bound)" in out
    assert was.name in out
    page = (files / "page.html").read_text()
    assert "<b>new divergence</b>" in page
    for form in ("markdown", "json"):
        assert main(["compare", "baseline.jsonl", "other.jsonl", "--format", form]) == 1
        assert "new divergence" in capsys.readouterr().out


def test_compare_of_what_is_cut_short_is_status_3(run, files, capsys):
    environment = dataclasses.replace(run.environment, complete=False)
    half = Run.of(environment, run.findings[: len(run.findings) // 2])
    results.write(half, files / "half.jsonl")
    assert main(["compare", "baseline.jsonl", "half.jsonl"]) == 3
    out = capsys.readouterr().out
    assert "The later run is incomplete" in out
    assert "Not measured: " in out
    assert main(["compare", "b.jsonl", "half.jsonl"]) == 3


def test_the_first_time_passes_and_says_how_to_accept(files, capsys):
    assert main(["compare", "none.jsonl", "run.jsonl"]) == 0
    out = capsys.readouterr().out
    assert "none.jsonl is not there yet: nothing was compared" in out
    assert "equivalence compare none.jsonl run.jsonl --accept '*' --because REASON" in out
    assert main(["compare", "none.jsonl", "nowhere.jsonl"]) == 2


def test_whole_names_are_joined_and_words_are_and_ed():
    cells = [f"loss:sparse:mean:{dtype}:value:torch.f@eager" for dtype in ("float32", "float64")]
    assert chosen(cells, cells) == set(cells)
    assert chosen(["torch", "!float64"], cells) == {cells[0]}


def test_a_folder_holds_a_file_for_each_platform(run, files, capsys):
    folder = files / "baselines"
    folder.mkdir()
    name = f"{run.environment.system}.jsonl"
    assert main(["compare", "baselines", "run.jsonl"]) == 0
    assert f"baselines/{name} is not there yet" in capsys.readouterr().out
    assert main(["compare", "baselines", "run.jsonl", "--accept", "*", "--because", "new"]) == 0
    assert recorded(folder / name).environment.system == run.environment.system
    assert main(["compare", "baselines", "run.jsonl"]) == 0


@pytest.fixture
def real(files):
    """A run of the program itself, with workers, and its baseline."""
    assert main([*RUN[:-1], "2", "-o", "run.jsonl"]) == 0
    (files / "baseline.jsonl").unlink()
    words = ["compare", "baseline.jsonl", "run.jsonl", "--accept", "*", "--because", "first"]
    assert main(words) == 0
    return files


def test_a_rerun_gives_no_difference_and_passes(real, capsys):
    assert main([*RUN[:-1], "1", "--baseline", "baseline.jsonl"]) == 0
    out = capsys.readouterr().out
    assert "Nothing new fails, and no answer has changed." in out
    assert "The environment is the same." in out


def test_a_run_of_less_is_compared_with_what_it_asked(real, capsys):
    assert main(["run", "sum", *RUN[1:-1], "1", "--baseline", "baseline.jsonl"]) == 0
    assert "Not asked this time: " in capsys.readouterr().out


def test_a_run_without_a_baseline_passes_and_says_so(files, capsys):
    words = ["run", *WORDS, "sum", "--frameworks", "textbook", "-n", "0"]
    assert main([*words, "--baseline", "none.jsonl"]) == 0
    assert "none.jsonl is not there yet: nothing was compared" in capsys.readouterr().out


@pytest.mark.parametrize("much", [1.001, 1.0 + 2.0**-22])
def test_a_framework_that_answers_otherwise_is_heard_beyond_the_bound_only(
    real, capsys, monkeypatch, much
):
    """The numbers of the textbook, changed: by a thousandth, and by two units in the last place."""
    from equivalence.cases.remembered import Remembered
    from equivalence.implementations import textbook

    def evaluate(call, answer=textbook.framework.evaluate["eager"]):
        response = answer(call)
        if isinstance(response.value, Exception):
            return response
        value = response.value
        return dataclasses.replace(response, value=(value * value.dtype.type(much)))

    monkeypatch.setitem(textbook.framework.evaluate, "eager", evaluate)
    monkeypatch.setattr("equivalence.responses._responses", Remembered(16))
    status = main(["run", "textbook", "sum", *RUN[1:], "--baseline", "baseline.jsonl"])
    out = capsys.readouterr().out
    if much == 1.001:
        assert status == 1
        assert "\nnew divergence, " in out
    else:
        assert "Other bits inside the bound: " in out


def test_the_page_of_a_report_takes_a_baseline(real):
    shutil.copy("run.jsonl", "new.jsonl")
    words = ["report", "new.jsonl", "--baseline", "baseline.jsonl", "-o", "page.html"]
    assert main(words) == 0
    assert "What is new against the baseline" in (real / "page.html").read_text()
