"""Random findings are confirmed by mpmath: got asked again, exact, verdict; and no bound is passed.

``make confirm`` does it for 200 findings of each dtype of a whole run.
"""

import re
from dataclasses import replace
from io import StringIO

import pytest
from confirmation import chosen, problems
from rich.console import Console

from equivalence.exact import FORMATS, Number
from equivalence.finding import Verdict
from equivalence.running import run
from equivalence.terminal import print_run

SAMPLE = 25  # findings of each dtype


@pytest.fixture(scope="module")
def findings():
    """The value and the gradients of some implementations that differ in every way."""
    names = (
        "torch.binary_cross_entropy*",
        "torch.cross_entropy",
        "textbook.binary_formula",
        "textbook.soft_cross_entropy*",
    )
    return tuple(
        finding
        for name in names
        for finding in run([f"{name}@eager"], frameworks=[name.partition(".")[0]]).findings
        if finding.case
    )


@pytest.mark.parametrize("dtype", FORMATS)
def test_random_findings_are_confirmed(findings, dtype):
    mine = [finding for finding in chosen(findings, SAMPLE) if finding.dtype == dtype]
    assert len(mine) == SAMPLE
    assert [f"{finding.name}: {text}" for finding in mine for text in problems(finding)] == []


def first(findings, *verdicts):
    return next(
        finding
        for finding in findings
        if finding.verdict in verdicts
        and finding.got
        and float(finding.exact) not in {0.0, 1.0}
        and abs(float(finding.exact)) < 1e300
    )


def test_what_is_false_is_not_confirmed(findings):
    agrees, explained = (first(findings, v) for v in (Verdict.AGREES, Verdict.EXPLAINED))
    other = Number.of(float(agrees.exact) * (1 + 2**-40))
    assert any("asked again" in text for text in problems(replace(agrees, got=other)))
    assert any("exactly" in text for text in problems(replace(agrees, exact=other)))
    for finding, verdict in (
        (agrees, Verdict.EXPLAINED),
        (agrees, Verdict.UNDEFINED),
        (explained, Verdict.AGREES),
    ):
        said = list(problems(replace(finding, verdict=verdict)))
        assert any("the second oracle" in text for text in said), verdict


def printed(made):
    file = StringIO()
    print_run(made, Console(file=file, width=200))
    return file.getvalue()


def test_a_run_ends_with_what_is_open_and_the_largest_error(findings):
    made = run(["mean:value:torch.binary_cross_entropy*@eager"], frameworks=["torch"])
    text = printed(made)
    assert re.search(r"^0 of [\d,]+ are open: every difference is explained\.$", text, re.MULTILINE)
    largest = re.search(r"^Largest error of what agrees.*$", text, re.MULTILINE)[0]
    fractions = {name: float(re.search(rf" {name} (\d+\.\d+)", largest)[1]) for name in FORMATS}
    assert all(0 < fraction <= 1 for fraction in fractions.values())


def test_open_findings_are_counted(findings):
    made = run(["mean:value:torch.cross_entropy@eager"], frameworks=["torch"])
    broken = replace(made.findings[-1], verdict=Verdict.DIVERGES)
    text = printed(replace(made, findings=(*made.findings[:-1], broken)))
    assert re.search(r"^1 of [\d,]+ is open, in 1 cell: no model", text, re.MULTILINE)
