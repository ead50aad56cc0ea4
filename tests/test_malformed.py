"""Malformed questions: refused, or answered as another question, which is verified."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import equivalence
from equivalence.cases import edges
from equivalence.cases.answers import answers
from equivalence.cases.named import named
from equivalence.comparison import judge, quantities
from equivalence.divergences import DIVERGENCES
from equivalence.divergences.misreadings import Fault, fault
from equivalence.environment import (
    environment,
    extended,
    framework_record,
    implementation_record,
)
from equivalence.expectation import catalogued, expectation
from equivalence.finding import Verdict
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.implementations.implementation import Response
from equivalence.losses import LOSSES
from equivalence.misreading import folded, real
from equivalence.plan import questions
from equivalence.reproduction import reproduction

for framework in FRAMEWORKS:
    load(framework)

MALFORMED = [
    case for loss in LOSSES.values() for case in edges.asked(loss, "quick") if case.malformed
]

# A scikit-learn that a label out of range kills, whenever it is asked one.
DEADLY = """\
import os, sys

def log_loss(target, prediction, **options):
    if (target > 3).any() or (target < 0).any():
        print("read beyond the array", file=sys.stderr, flush=True)
        os.kill(os.getpid(), 11)
    return 0.0
"""


def asked(loss, kind, edge, reduction="none", dtype="float32"):
    return named(loss, kind, reduction, dtype, f"edge.{edge}")


def returning(name, value=None, error=None):
    """The implementation as it would be if it returned this, whatever it is asked."""

    def evaluate(_call):
        if error is not None:
            raise error
        return Response(value=np.asarray(value, np.float32), gradient=np.zeros((3, 4), np.float32))

    known = IMPLEMENTATIONS[name]
    modes = dict.fromkeys(known.offered_modes, evaluate)
    return replace(known, framework=replace(known.framework, evaluate=modes, class_axis=-1))


def test_every_fault_is_asked_and_told():
    assert {fault(case) for case in MALFORMED} == set(Fault)


@pytest.mark.parametrize("case", MALFORMED[:: len(MALFORMED) // 40], ids=str)
def test_a_malformed_case_is_made_again_from_its_name(case):
    again = named(case.loss.name, case.target_kind, case.reduction.name, case.dtype, case.origin)
    assert (again.digest, again.malformed) == (case.digest, case.malformed)


def test_an_exception_that_is_catalogued_is_a_refusal():
    case = asked("cross_entropy", "sparse", "label_equals_classes")
    found = judge(returning("torch.cross_entropy", error=IndexError("Target 4")), case)
    assert (found.verdict, found.divergence) == (Verdict.REFUSES, "torch_refuses_labels")


def test_an_exception_that_is_not_catalogued_is_red():
    case = asked("cross_entropy", "sparse", "label_equals_classes")
    found = judge(returning("torch.cross_entropy", error=RuntimeError("INTERNAL ASSERT")), case)
    assert (found.verdict, found.detail) == (
        Verdict.DIVERGES,
        "raises RuntimeError: INTERNAL ASSERT",
    )


@pytest.mark.parametrize("value", [np.nan, 0.0, 1.5])
def test_a_value_where_an_exception_is_catalogued_is_red(value):
    case = asked("cross_entropy", "sparse", "label_equals_classes")
    found = judge(returning("torch.cross_entropy", [value] * 3), case)
    assert found.verdict is Verdict.RETIRED


@pytest.mark.parametrize("value", [np.nan, 0.0, 1.5])
def test_a_value_of_which_nothing_is_catalogued_is_red(value, monkeypatch):
    entries = {name: entry for name, entry in DIVERGENCES.items() if not entry.malformed}
    monkeypatch.setattr("equivalence.expectation.DIVERGENCES", entries)
    case = asked("cross_entropy", "sparse", "label_equals_classes")
    found = judge(returning("torch.cross_entropy", [value] * 3), case)
    assert found.verdict is Verdict.DIVERGES
    assert "the catalogue does not say why" in found.detail


@pytest.mark.parametrize("wrong", [0, 1e-3, np.nan])
def test_a_wrong_value_is_not_explained_by_the_other_question(wrong):
    case = asked("cross_entropy", "sparse", "label_minus_100")
    right = IMPLEMENTATIONS["torch.cross_entropy"].respond(case, "eager").value
    assert judge(returning("torch.cross_entropy", right), case).verdict is Verdict.EXPLAINED
    changed = right + np.float32(wrong) if wrong else np.zeros_like(right)
    assert judge(returning("torch.cross_entropy", changed), case).verdict is Verdict.DIVERGES


def test_nan_is_explained_where_it_is_foretold_and_nowhere_else():
    case = asked("cross_entropy", "sparse", "label_equals_classes")
    known = returning("tensorflow_v2.nn.sparse_softmax_cross_entropy_with_logits", [np.nan] * 3)
    assert judge(known, case, mode="xla").verdict is Verdict.DIVERGES  # of which one is foretold


def test_an_exception_where_another_question_was_answered_is_retired():
    case = asked("cross_entropy", "sparse", "label_minus_100")
    found = judge(returning("torch.cross_entropy", error=IndexError("Target -100")), case)
    assert (found.verdict, found.divergence) == (Verdict.RETIRED, "torch_ignores_minus_100")


def test_complex_numbers_with_an_imaginary_part_are_red():
    case = asked("cross_entropy", "one_hot", "complex_predictions")
    known = IMPLEMENTATIONS["textbook.log_softmax"]
    right = known.respond(case, "eager").value
    evaluate = {"eager": lambda _: Response(value=right + 1e-3j)}
    wrong = replace(known, framework=replace(known.framework, evaluate=evaluate))
    assert judge(known, case).verdict is Verdict.EXPLAINED
    assert judge(wrong, case).verdict is Verdict.DIVERGES


def test_a_malformed_case_is_never_answered(monkeypatch):
    def answers_of(case):
        assert not case.malformed
        return answers(case)

    monkeypatch.setattr("equivalence.cases.further.answers", answers_of)
    known = IMPLEMENTATIONS["textbook.log_of_exp_over_sum"]
    for question in (q for q in questions([known], "quick") if q.case.malformed):
        for quantity in question.quantities:
            assert judge(known, replace(question.case), quantity).verdict in {
                Verdict.REFUSES,
                Verdict.EXPLAINED,
            }


def test_no_malformed_question_is_agreed_to_or_undefined():
    every = [known for name, known in IMPLEMENTATIONS.items() if name.startswith(("t", "s"))]
    few = [question for question in questions(every, "quick") if question.case.malformed][::40]
    verdicts = {judge(q.implementation, q.case, "value", q.mode).verdict for q in few}
    assert verdicts == {Verdict.REFUSES, Verdict.EXPLAINED}


def test_ordinary_divergences_never_see_a_malformed_case():
    known = IMPLEMENTATIONS["torch.cross_entropy"]
    case = asked("cross_entropy", "sparse", "one_class_weight_too_many")
    assert [str(step) for step in expectation(case, catalogued(known, "eager")).steps] == [
        "torch_refuses_types_and_weights"
    ]


def test_integer_predictions_have_no_gradient():
    case = asked("cross_entropy", "sparse", "integer_predictions")
    assert quantities(IMPLEMENTATIONS["torch.cross_entropy"], case) == ("value",)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("torch.cross_entropy", True),
        ("torch.log_softmax_by_hand", False),
        ("sklearn.log_loss_binary", False),
        ("tensorflow_v2.nn.softmax_cross_entropy_with_logits", False),
        ("tensorflow_v2.keras.KLDivergence", True),
    ],
)
def test_a_reduction_is_misspelt_only_where_a_framework_is_told_its_name(name, told):
    assert IMPLEMENTATIONS[name].names_reduction is told


def test_a_gradient_is_summed_over_what_was_broadcast():
    known = IMPLEMENTATIONS["textbook.binary_formula"]
    case = asked("binary_cross_entropy", "binary", "target_of_one_column", "sum")
    became = expectation(case, catalogued(known, "eager")).case
    whole = answers(became).gradient
    summed = folded(whole, (3,), "float32")
    np.testing.assert_array_max_ulp(summed.exact.high, whole.exact.high.sum(0), 2)
    assert (summed.bound >= whole.bound.sum(0)).all()


@pytest.mark.parametrize("shape", [(2,), (3, 2), (1, 1, 3, 3, 3)])
def test_a_gradient_of_a_shape_that_cannot_be_is_not_summed(shape):
    case = asked("binary_cross_entropy", "binary", "target_of_one_column")
    known = IMPLEMENTATIONS["textbook.binary_formula"]
    whole = answers(expectation(case, catalogued(known, "eager")).case).gradient
    assert folded(whole, shape, "float32") is whole


def test_imaginary_parts_are_not_dropped():
    assert real(np.array([1 + 1j])).dtype.kind == "c"
    assert real(np.array([1 + 0j])).tolist() == [1.0]


def test_a_label_that_kills_the_process_is_a_verdict_and_the_rest_goes_on(tmp_path, monkeypatch):
    """One question is lost with each process, and every other one is asked."""
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").touch()
    (tmp_path / "sklearn" / "metrics.py").write_text(DEADLY)
    (tmp_path / "sklearn" / "_loss").mkdir()
    (tmp_path / "sklearn" / "_loss" / "__init__.py").touch()
    stubs = "HalfBinomialLoss = HalfMultinomialLoss = None"
    (tmp_path / "sklearn" / "_loss" / "loss.py").write_text(stubs)
    monkeypatch.syspath_prepend(tmp_path)
    words = ["sparse:mean:float32:value", "*log_loss_multiclass@eager", "edge.label_*"]
    run = equivalence.run(words, frameworks=["sklearn"], processes=1)
    crashed = [f.case for f in run.findings if f.verdict is Verdict.CRASHED]
    every = {case.origin for case in MALFORMED if case.origin.startswith("edge.label_")}
    assert set(crashed) == every
    assert "read beyond the array" in run.findings[0].detail
    assert run.environment.complete


SCRIPTS = [
    ("torch.cross_entropy", "cross_entropy:sparse:none", "label_equals_classes"),
    ("torch.cross_entropy", "cross_entropy:sparse:mean", "string_labels"),
    ("torch.cross_entropy", "cross_entropy:sparse:mean", "misspelt_reduction"),
    ("torch.cross_entropy", "cross_entropy:sparse:mean", "nan_label"),
    ("torch.cross_entropy", "cross_entropy:one_hot:mean", "complex_labels"),
    ("torch.cross_entropy", "cross_entropy:sparse:mean", "integer_predictions"),
    ("sklearn.log_loss_binary", "binary_cross_entropy:binary:mean", "string_labels"),
    ("textbook.log_of_exp_over_sum", "cross_entropy:sparse:mean", "label_minus_1"),
    (
        "tensorflow_v2.keras.KLDivergence",
        "kl_divergence_from_probabilities:one_hot:none",
        "target_of_one_axis_too_many",
    ),
]


def script(finding, implementation):
    framework = implementation.framework
    records = framework_record(framework), [implementation_record(implementation)]
    made = extended(environment(profile="quick", command=""), *records, [], (framework.name,))
    return reproduction(finding, made)


@pytest.mark.parametrize(("who", "cell", "edge"), SCRIPTS)
def test_a_reproduction_shows_the_value_or_the_exception(who, cell, edge):
    loss, kind, reduction = cell.split(":")
    known = IMPLEMENTATIONS[who]
    finding = judge(known, asked(loss, kind, edge, reduction))
    done = subprocess.run(
        [sys.executable, "-c", script(finding, known)], capture_output=True, text=True, check=False
    )
    if finding.got is None:
        (exception,) = re.findall(r"raises (\w+)", finding.detail)
        assert exception in done.stderr
    else:
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("value ")]
        numbers = np.ravel(json.loads(line.removeprefix("value ").replace("nan", "NaN")))
        assert np.float32(numbers[0]) == np.float32(float(finding.got))
