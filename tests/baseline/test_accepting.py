"""What is accepted into a baseline, and why."""

import dataclasses
import json

import pytest
from small_run import DIVERGES, altered

from equivalence import results
from equivalence.accepting import AcceptError, accepted
from equivalence.baseline import Baseline
from equivalence.changes import compare
from equivalence.cli import main
from equivalence.pairing import Kind
from equivalence.results import Run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--accept", "*"], "accepting needs a reason: --because"),
        (["--accept", "*", "--because", " "], "accepting needs a reason: --because"),
        (["--because", "x"], "--because is the reason for --accept CELL"),
        (
            ["--accept", "binary_cross_entropi", "--because", "x"],
            "the nearest are binary_cross_entropy",
        ),
        (["--accept", "torch", "--because", "x"], "no cell of the run or the baseline is called"),
        (["--accept", "*", "--because", "x"], "nothing that * names has changed"),
        (["--accept", "sklearn", "textbook", "--because", "x"], "words are and-ed"),
        (["--format", "html"], "no format 'html'; there are json, markdown, text"),
    ],
)
def test_what_cannot_be_accepted_gets_one_line(files, arguments, said, capsys):
    before = (files / "baseline.jsonl").read_bytes()
    assert main(["compare", "baseline.jsonl", "run.jsonl", *arguments]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert (files / "baseline.jsonl").read_bytes() == before


def test_nothing_is_accepted_where_ci_is_set(run, files, capsys, monkeypatch):
    results.write(altered(run, **DIVERGES)[0], files / "other.jsonl")
    monkeypatch.setenv("CI", "true")
    before = (files / "baseline.jsonl").read_bytes()
    for name in ("baseline.jsonl", "new.jsonl"):
        assert main(["compare", name, "other.jsonl", "--accept", "*", "--because", "x"]) == 2
        assert "nothing is accepted where CI is set" in capsys.readouterr().err
    assert (files / "baseline.jsonl").read_bytes() == before
    assert not (files / "new.jsonl").exists()


def test_accepting_shows_before_and_after_and_changes_one_line(run, files, capsys):
    other, was = altered(run, **DIVERGES)
    results.write(other, files / "other.jsonl")
    before = (files / "baseline.jsonl").read_text().splitlines()
    why = ["--because", "the release notes say so"]
    assert main(["compare", "baseline.jsonl", "other.jsonl", "--accept", was.cell, *why]) == 0
    out = capsys.readouterr().out
    assert "was agreement" in out
    assert "now diverges" in out
    assert "accepted 1 cell of " in out
    after = (files / "baseline.jsonl").read_text().splitlines()
    changed = [line for line in after[1:] if line not in before]
    assert [json.loads(line)["cell"] for line in changed] == [was.cell]
    assert json.loads(changed[0])["because"] == "the release notes say so"
    assert main(["compare", "baseline.jsonl", "other.jsonl"]) == 0


def test_only_what_is_named_is_accepted(run, files):
    once, first = altered(run, **DIVERGES)
    twice, second = altered(once, lambda f: f.cell != first.cell and f.bits, **DIVERGES)
    made, comparison = accepted(
        Baseline(run=run, because="the first"), twice, [second.cell], "because"
    )
    assert [change.cell for change in comparison.changes] == [second.cell]
    assert [change.cell for change in compare(made.run, twice).changes] == [first.cell]


def test_a_cell_that_is_gone_leaves_the_baseline_once_that_is_accepted(run):
    cell = next(finding.cell for finding in run.findings if finding.verdict.asked)
    less = Run.of(run.environment, (f for f in run.findings if f.cell != cell))
    assert [change.kind for change in compare(run, less).changes] == [Kind.GONE]
    made, _ = accepted(Baseline(run=run, because="the first"), less, ["*"], "removed upstream")
    assert cell not in {finding.cell for finding in made.run.findings}
    assert compare(made.run, less).status == 0


def test_a_run_of_one_framework_leaves_the_others_cells(run):
    other, was = altered(run, lambda f: f.framework == "sklearn" and f.bits, **DIVERGES)
    mine = [finding for finding in other.findings if finding.framework == "sklearn"]
    records = tuple(one for one in run.environment.frameworks if one.name == "sklearn")
    asked = dataclasses.replace(run.environment.asked, frameworks=("sklearn",))
    environment = dataclasses.replace(run.environment, frameworks=records, asked=asked)
    made, _ = accepted(
        Baseline(run=run, because="the first"), Run.of(environment, mine), ["*"], "because"
    )
    assert [record.name for record in made.run.environment.frameworks] == ["sklearn", "textbook"]
    assert [change.cell for change in compare(run, made.run).changes] == [was.cell]


def test_another_platform_needs_a_file_of_its_own(run):
    other = altered(run, **DIVERGES)[0]
    elsewhere = dataclasses.replace(run.environment, system="darwin-arm64")
    with pytest.raises(AcceptError, match=r"a file of its own: darwin-arm64\.jsonl"):
        accepted(
            Baseline(run=run, because="the first"),
            dataclasses.replace(other, environment=elsewhere),
            ["*"],
            "because",
        )


def test_an_incomplete_run_is_not_accepted(run):
    environment = dataclasses.replace(run.environment, complete=False)
    with pytest.raises(AcceptError, match="--resume"):
        accepted(None, dataclasses.replace(run, environment=environment), ["*"], "because")
