"""What a job of GitHub Actions is told."""

from __future__ import annotations

import dataclasses

import pytest

import equivalence
from equivalence.finding import Verdict
from equivalence.github import ANNOTATIONS, append_summary, workflow_commands


@pytest.fixture(scope="module")
def run():
    return equivalence.run(["sum:float32", "textbook"])


def failing(run, count, **fields):
    """The run, in which the first finding of so many cells diverges."""
    cells = dict.fromkeys(finding.cell for finding in run.findings if finding.got)
    assert len(cells) >= count
    worst = set(list(cells)[:count])
    findings = tuple(
        dataclasses.replace(finding, verdict=Verdict.DIVERGES, **fields)
        if finding.cell in worst
        else finding
        for finding in run.findings
    )
    return dataclasses.replace(run, findings=findings)


@pytest.fixture
def job(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


def test_outside_a_job_nothing_is_said(run, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert list(workflow_commands(failing(run, 1))) == []
    assert append_summary(run) == ""


def test_what_passes_is_not_annotated(run, job):
    assert list(workflow_commands(run)) == []


@pytest.mark.parametrize(("count", "more"), [(1, 0), (8, 0), (9, 2), (12, 5)])
def test_at_most_eight_annotations_the_last_with_the_rest(run, job, count, more):
    lines = list(workflow_commands(failing(run, count)))
    assert len(lines) == min(count, ANNOTATIONS)
    assert all(line.startswith("::error title=") for line in lines)
    assert lines[-1].endswith(f"and {more} more cells that fail") == bool(more)


def test_an_annotation_is_one_command_whatever_is_in_it(run, job):
    hostile = "100 %\n::set-env name=x::y\r\u202e" + "x" * 10_000
    (line,) = workflow_commands(failing(run, 1, detail=hostile))
    assert "\n" not in line
    assert "\r" not in line
    assert "\u202e" not in line
    assert len(line) < 1000


def test_a_summary_that_cannot_be_written_is_told_in_one_line(run, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/null/summary.md")
    assert append_summary(run).startswith("/dev/null/summary.md cannot be written")
