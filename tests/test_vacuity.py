"""What could not fail is seen, and none of it counts as agreement."""

import dataclasses

import pytest

import equivalence
from benchmarks.power import vacuity
from equivalence.finding import Verdict


@pytest.fixture(scope="module")
def findings():
    return equivalence.run(["textbook"]).findings


@pytest.fixture(scope="module")
def vacuous(findings):
    return list(vacuity.vacuous(findings))


def test_what_could_not_fail_never_counts_as_agreement(vacuous):
    assert {one.kind for one in vacuous} >= {vacuity.UNDEFINED, vacuity.INFINITE}
    assert vacuity.wrongly_counted(vacuous) == []


def test_a_verdict_that_counts_what_could_not_fail_is_seen(vacuous):
    """The test before this one can fail."""
    undefined = next(one for one in vacuous if one.kind == vacuity.UNDEFINED)
    agreeing = dataclasses.replace(undefined.finding, verdict=Verdict.AGREES)
    again = list(vacuity.vacuous([agreeing]))
    assert vacuity.wrongly_counted(again) == [agreeing]


def test_no_function_is_green_by_comparisons_that_could_hardly_fail(findings, vacuous):
    """Of each loss, reduction and quantity one agrees that every kind of fault would change.

    A single cell may hold one question only, whose exact answer is infinite.
    """

    def asked(finding):
        return finding.implementation, finding.loss, finding.reduction, finding.quantity

    weak = {one.finding.name for one in vacuous}
    agreeing = [finding for finding in findings if finding.verdict is Verdict.AGREES]
    solid = {asked(finding) for finding in agreeing if finding.name not in weak}
    assert {asked(finding) for finding in agreeing} - solid == set()
