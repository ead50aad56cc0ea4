"""Each divergence is met, dies when its framework is mended, and says whose, since when and why."""

import itertools
from dataclasses import replace

import pytest
import torch

from equivalence.cases.answers import answers
from equivalence.comparison import judge
from equivalence.divergences import DIVERGENCES
from equivalence.exact import FORMATS
from equivalence.expectation import catalogued, expectation
from equivalence.finding import Verdict
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.implementations.implementation import Response
from equivalence.plan import questions

for name in FRAMEWORKS:
    load(name)


def concerned(divergence):
    """The questions, value and gradients, for which the catalogue applies a divergence."""
    for implementation in IMPLEMENTATIONS.values():
        for question in questions([implementation], "quick"):
            entries = catalogued(implementation, question.mode)
            if divergence in entries and divergence in expectation(question.case, entries).steps:
                for quantity in question.quantities:
                    yield question, quantity


def findings(divergence):
    """The questions whose findings name the divergence, with quantity and finding."""
    for question, quantity in concerned(divergence):
        finding = judge(question.implementation, question.case, quantity, question.mode)
        if divergence.name in finding.divergence.split(" + "):
            yield question, quantity, finding


@pytest.fixture(params=DIVERGENCES.values(), ids=str, scope="module")
def divergence(request):
    return request.param


def test_is_met(divergence):
    assert next(findings(divergence), None), f"no case of the quick profile meets {divergence}"


def test_has_a_reason_and_a_reference(divergence):
    assert divergence.summary.endswith(".")
    assert divergence.reference.startswith("https://")


def mended(implementation):
    """The implementation as it would be if it gave the exact answer, rounded once."""
    asked = {}

    def exactly(_call):
        found, round_ = answers(asked["case"]), FORMATS[asked["case"].dtype].round
        return Response(
            value=round_(found.value.exact.high),
            gradient=round_(found.gradient.exact.high),
            target_gradient=round_(found.target_gradient.exact.high),
        )

    framework = replace(
        implementation.framework,
        evaluate=dict.fromkeys(implementation.offered_modes, exactly),
        class_axis=-1,
    )
    return replace(implementation, framework=framework), asked


def when_mended(question, quantity):
    right, asked = mended(question.implementation)
    asked["case"] = question.case
    return judge(right, question.case, quantity, question.mode).verdict


def test_dies_once_the_framework_is_mended(divergence):
    """Another question is retired; a weaker bound is no longer met."""
    found = list(itertools.islice(findings(divergence), 8))
    verdicts = {when_mended(question, quantity) for question, quantity, _ in found}
    weaker = all(finding.verdict == Verdict.INACCURATE for _, _, finding in found)
    assert Verdict.RETIRED in verdicts or (weaker and verdicts == {Verdict.AGREES})
    assert verdicts <= {Verdict.RETIRED, Verdict.AGREES}


def test_a_mended_torch_retires_its_entry(monkeypatch):
    def right(probability, target, weight=None, reduction="mean"):
        terms = -(
            torch.xlogy(target, probability) + torch.special.xlog1py(1 - target, -probability)
        )
        terms = terms if weight is None else terms * weight
        return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]

    monkeypatch.setattr(torch.nn.functional, "binary_cross_entropy", right)
    implementation = IMPLEMENTATIONS["torch.binary_cross_entropy"]
    verdicts = {
        judge(implementation, question.case).verdict
        for question in questions([implementation], "quick")
        if question.case.origin.startswith("exactly_wrong") and "plain" in question.case.origin
    }
    assert verdicts == {Verdict.RETIRED}


def test_a_catalogue_entry_for_another_version_does_not_concern():
    entry = replace(DIVERGENCES["clips_to_machine_epsilon"], versions="<1.0")
    assert not entry.concerns(IMPLEMENTATIONS["sklearn.log_loss_binary"], "eager")
