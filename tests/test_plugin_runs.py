"""The plugin through pytester: what is kept of a session, whole or cut short."""

import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import equivalence
from equivalence import results
from equivalence.finding import Verdict
from equivalence.items import findings as judged_findings

pytest_plugins = ["pytester"]

SMALL = ("--equivalence-frameworks=textbook", "--equivalence-select=negative_log_likelihood")
WRONG = (Path(__file__).parent / "wrong_mean.py").read_text(encoding="utf-8")
DEADLY = """
import os
from equivalence.cases.case import ONE_HOT
from equivalence.implementations.textbook import framework
from equivalence.losses import negative_log_likelihood

@framework.implements(negative_log_likelihood, targets=ONE_HOT)
def deadly(log_probabilities, target, *, reduction="mean"):
    terms = -(target * log_probabilities).sum(-1)
    if reduction == "sum":
        os.abort()
    return {"none": terms, "mean": terms.mean()}[reduction]
"""


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_the_run_file_is_complete_sorted_and_the_same_with_many_processes(laws, pytester):
    one, many, page = (pytester.path / name for name in ("one.jsonl", "many.jsonl", "page.html"))
    assert laws(*SMALL, f"--equivalence-run={one}", f"--equivalence-html={page}").ret == 0
    assert laws(*SMALL, f"--equivalence-run={many}", "-n", "2").ret == 0
    assert lines(one)[1:] == lines(many)[1:]
    run = results.read(one)
    assert run.environment.complete
    assert re.match("pytest .*--pyargs equivalence ", run.environment.command)
    assert run.environment == _with_command(results.read(many).environment, run.environment)
    assert run.findings == results.ordered(run.findings)
    assert {finding.framework for finding in run.findings} == {"textbook"}
    assert {finding.quantity for finding in run.findings} == {
        "value",
        "gradient",
        "target_gradient",
    }
    assert "negative_log_likelihood" in page.read_text(encoding="utf-8")


def _with_command(environment, other):
    return dataclasses.replace(environment, command=other.command, date=other.date)


@pytest.mark.filterwarnings("default")  # as a program has it: NumPy warns of the mean of nothing
def test_the_run_file_is_what_the_command_line_writes(laws, pytester):
    path = pytester.path / "run.jsonl"
    assert laws(*SMALL, f"--equivalence-run={path}").ret == 0
    made = equivalence.run(["negative_log_likelihood"], frameworks=["textbook"])
    assert results.read(path).findings == made.findings


INTERRUPT = """
import pytest

seen = []

@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    seen.append(report)
    if len(seen) == 30:
        raise KeyboardInterrupt
"""
KILL = INTERRUPT.replace("raise KeyboardInterrupt", "import os; os._exit(9)")


@pytest.mark.parametrize("how", [INTERRUPT, KILL], ids=["interrupted", "killed"])
def test_a_session_that_is_cut_short_keeps_what_it_had(laws, pytester, how):
    pytester.makepyfile(cut_short=how)
    path = pytester.path / "run.jsonl"
    done = laws(*SMALL, "-k", "test_value", "-p", "cut_short", f"--equivalence-run={path}")
    assert done.ret not in {0, 1}
    run = results.read(path)
    assert not run.environment.complete
    assert any(finding.case for finding in run.findings)


def test_a_session_that_stops_at_the_first_failure_is_incomplete(laws, pytester):
    pytester.makeconftest(WRONG)
    path = pytester.path / "run.jsonl"
    done = laws(*SMALL, "-x", "-k", "test_value", f"--equivalence-run={path}")
    assert done.ret == 1
    assert not results.read(path).environment.complete
    done.stdout.fnmatch_lines(["The run is incomplete*"])


def test_other_reports_name_cells_and_hold_no_findings(laws, pytester):
    path = pytester.path / "junit.xml"
    assert laws(*SMALL, f"--junitxml={path}").ret == 0
    found = ET.parse(path).iter("property")  # noqa: S314 - pytest wrote it
    properties = {(one.get("name"), one.get("value")) for one in found}
    cell = "negative_log_likelihood:one_hot:sum:float64:value:textbook.product_with_target@eager"
    assert ("cell", cell) in properties
    assert {name for name, _ in properties} == {"cell"}


def test_findings_are_judged_once_for_all_their_quantities():
    assert judged_findings.cache_info().maxsize >= 10_000


def test_a_worker_of_xdist_that_dies_writes_a_crashed_finding(laws, pytester):
    pytest.importorskip("xdist")
    pytester.makeconftest(DEADLY)
    laws(*SMALL, "-n2", "-p", "xdist", "-k", "test_value", "--equivalence-run=run.jsonl")
    run = results.read(pytester.path / "run.jsonl")
    crashed = [finding for finding in run.findings if finding.verdict is Verdict.CRASHED]
    parts = {(f.implementation, f.reduction, f.quantity) for f in crashed}
    assert parts == {("textbook.deadly", "sum", "value")}
    assert all(finding.detail.startswith("the process died: ") for finding in crashed)
    assert run.environment.complete
