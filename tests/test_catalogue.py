"""Each divergence is met, dies when its framework is mended, and says whose, since when and why."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from equivalence import divergences
from equivalence.cases.answers import answers
from equivalence.cases.further import answer_to
from equivalence.comparison import judge
from equivalence.distance import distance
from equivalence.divergences import DIVERGENCES, MODULES, Standing
from equivalence.divergences import divergence as catalogue
from equivalence.exact import FORMATS
from equivalence.expectation import catalogued, expectation
from equivalence.finding import Verdict
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.implementations.implementation import Response
from equivalence.plan import questions
from equivalence.running import PROFILES

for name in FRAMEWORKS:
    load(name)


def concerned_here(divergence):
    """The implementations that it concerns, of those that can be asked in this process."""
    return [
        implementation
        for implementation in IMPLEMENTATIONS.values()
        if any(divergence.concerns(implementation, m) for m in implementation.offered_modes)
        and not implementation.framework.absent()
    ]


def concerned(divergence, profile):
    """The questions, value and gradients, for which the catalogue applies a divergence."""
    for implementation in concerned_here(divergence):
        for question in questions([implementation], profile):
            for quantity in question.quantities:
                entries = catalogued(implementation, question.mode, quantity)
                if divergence not in entries:
                    continue
                if divergence in expectation(question.case, entries).steps:
                    yield question, quantity


def findings(divergence, profiles=PROFILES):
    """The questions whose findings name the divergence, with quantity and finding.

    What only costly modes do is looked for in the full profile.
    """
    found = False
    for profile in profiles:
        for question, quantity in () if found else concerned(divergence, profile):
            finding = judge(question.implementation, question.case, quantity, question.mode)
            if divergence.name in finding.divergences:
                found = True
                yield question, quantity, finding


@pytest.fixture(params=DIVERGENCES.values(), ids=str, scope="module")
def divergence(request):
    return request.param


@pytest.fixture
def current(divergence):
    """A divergence of the versions that are installed; those of others are met in the atlas.

    What Keras answers on PyTorch only is met in a process of its own: ``test_keras_torch``.
    """
    if not concerned_here(divergence):
        pytest.skip(f"of other versions than those installed, or alone: {divergence.versions}")


def test_is_met(divergence, current):
    assert next(findings(divergence), None), f"no case of any profile meets {divergence}"


def test_has_a_reason_and_a_reference(divergence):
    assert divergence.summary.endswith(".")
    assert divergence.reference.startswith("https://")
    assert divergence.evidence.endswith(".")


def test_a_divergence_says_whether_it_is_meant():
    for evidence in ({}, {"by_design": "Documented.", "defect": "Wrong."}):
        with pytest.raises(ValueError, match="needs evidence: by_design= or defect=, one of both"):
            catalogue(
                "torch.*", versions="", reference="https://", name="x", reason="y", **evidence
            )(lambda case: case)
    standings = {str(entry): entry.standing for entry in DIVERGENCES.values()}
    assert standings["loses_gradient_at_zero"] is Standing.DEFECT
    assert standings["divides_by_nonzero_weights"] is Standing.BY_DESIGN


def refused_or_not(implementation, case, mode):
    """A malformed question is refused where it was answered, and answered where it was refused."""
    if expectation(case, catalogued(implementation, mode)).raises is None:
        raise ValueError(case.malformed)
    return Response(value=np.zeros(()), gradient=np.zeros(()))


def mended(implementation):
    """The implementation as it would be if it gave the exact answer, rounded once."""
    asked = {}

    def exactly(_call):
        if asked["case"].malformed:
            return refused_or_not(implementation, asked["case"], asked["mode"])
        found, round_ = answers(asked["case"]), FORMATS[asked["case"].dtype].round
        return Response(
            value=round_(found.value.exact.high),
            gradient=round_(found.gradient.exact.high),
            target_gradient=round_(found.target_gradient.exact.high),
        )

    def apart(quantity):
        def exactly_apart(_call):
            found = answer_to(asked["case"], quantity).exact.high
            return FORMATS[asked["case"].dtype].round(found)

        return dict.fromkeys(implementation.offered_modes, exactly_apart)

    framework = replace(
        implementation.framework,
        apart={quantity: apart(quantity) for quantity in implementation.framework.apart},
        evaluate=dict.fromkeys(implementation.offered_modes, exactly),
    )
    return replace(implementation, framework=framework, class_axis=-1), asked


def when_mended(question, quantity):
    right, asked = mended(question.implementation)
    asked |= {"case": question.case, "mode": question.mode}
    return judge(right, question.case, quantity, question.mode).verdict


def test_dies_once_the_framework_is_mended(divergence, current):
    """Another question is retired; a weaker bound is no longer met."""
    found = list(itertools.islice(findings(divergence), 8))
    verdicts = {when_mended(question, quantity) for question, quantity, _ in found}
    if verdicts == {Verdict.UNDEFINED}:  # quick asks only what has no answer
        full = findings(divergence, PROFILES[1:])
        answered = (one for one in full if when_mended(*one[:2]) != Verdict.UNDEFINED)
        found = list(itertools.islice(answered, 8))
        verdicts = {when_mended(question, quantity) for question, quantity, _ in found}
    weaker = all(finding.verdict == Verdict.INACCURATE for _, _, finding in found)
    assert Verdict.RETIRED in verdicts or (weaker and verdicts == {Verdict.AGREES})
    # What is refused may have no answer.
    assert verdicts <= {Verdict.RETIRED, Verdict.AGREES, Verdict.UNDEFINED}


def right_torch_binary(probability, target, weight=None, reduction="mean"):
    terms = -(torch.xlogy(target, probability) + torch.special.xlog1py(1 - target, -probability))
    terms = terms if weight is None else terms * weight
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


def right_torch_classes(logits, target, weight=None, reduction="mean", **_):
    terms = torch.nn.functional.log_softmax(logits, 1).gather(1, target.unsqueeze(1)).squeeze(1)
    terms = -terms if weight is None else -terms * weight[target]
    return {"none": terms, "sum": terms.sum(), "mean": terms.mean()}[reduction]


def right_tensorflow_weighted(labels, logits, pos_weight, name=None):
    import tensorflow as tf

    positive = tf.where(logits > 0, tf.math.log1p(tf.exp(-tf.abs(logits))), tf.nn.softplus(-logits))
    negative = tf.where(logits < 0, tf.math.log1p(tf.exp(-tf.abs(logits))), tf.nn.softplus(logits))
    return labels * tf.cast(pos_weight, logits.dtype) * positive + (1 - labels) * negative


def right_sklearn(target, probability, *, normalize=True, sample_weight=None, labels=None):
    wide = np.asarray(probability, dtype=np.float64)
    with np.errstate(divide="ignore"):
        terms = -np.where(np.asarray(target) == 1, np.log(wide), np.log1p(-wide))
    terms = (
        terms if sample_weight is None else np.where(sample_weight == 0, 0, terms * sample_weight)
    )
    return terms.mean() if normalize else terms.sum()


MENDED = {
    "clamps_log_at_minus_100": (
        "torch.nn.functional.binary_cross_entropy",
        right_torch_binary,
        "torch.binary_cross_entropy",
    ),
    "divides_by_target_weights": (
        "torch.nn.functional.cross_entropy",
        right_torch_classes,
        "torch.cross_entropy",
    ),
    "loses_gradient_at_zero": (
        "tensorflow.nn.weighted_cross_entropy_with_logits",
        right_tensorflow_weighted,
        "tensorflow_v2.nn.weighted_cross_entropy_with_logits",
    ),
    "clips_to_machine_epsilon": (
        "equivalence.implementations.sklearn.log_loss",
        right_sklearn,
        "sklearn.log_loss_binary",
    ),
}


def told_apart(implementation, case, quantity):
    """Whether the right answer, rounded, is outside of what the catalogue expects."""
    expected = expectation(case, catalogued(implementation, "eager", quantity)).case
    right = FORMATS[case.dtype].round(answer_to(case, quantity).exact.high)
    return not distance(right, answer_to(expected, quantity), expected.dtype).inside


@pytest.mark.parametrize("name", MENDED)
def test_a_framework_function_that_is_patched_to_be_right_retires_its_entry(name, monkeypatch):
    """On rows, without the options that the short functions above do not take."""
    function, right, patched = MENDED[name]
    implementation = IMPLEMENTATIONS[patched]
    quantity = "gradient" if "gradient" in name else "value"
    cases = [
        question.case
        for question in questions([implementation], "full")
        if question.mode == "eager"
        and question.case.dtype in {"float32", "float64"}
        and len(question.case.shape) == 1
        and not {"ignore_index", "label_smoothing"}.intersection(question.case.options)
        and judge(implementation, question.case, quantity).divergence == name
        and told_apart(implementation, question.case, quantity)
    ]
    monkeypatch.setattr(function, right)
    again = [replace(case) for case in cases[:8]]  # nothing is remembered of a new one
    mended = [judge(implementation, case, quantity) for case in again]
    assert len(mended) == 8
    assert {finding.verdict for finding in mended} == {Verdict.RETIRED}
    assert all(name in finding.divergence for finding in mended)


def test_a_catalogue_entry_for_another_version_does_not_concern():
    entry = replace(DIVERGENCES["clips_to_machine_epsilon"], versions="<1.0")
    assert not entry.concerns(IMPLEMENTATIONS["sklearn.log_loss_binary"], "eager")


def test_every_module_that_fills_the_catalogue_has_its_place_in_the_order():
    """Entries are applied in that order, which no import of one module by another changes."""
    folder = Path(divergences.__file__).parent
    sources = {path.stem: path.read_text("utf-8") for path in folder.glob("*.py")}
    filling = {
        name
        for name, source in sources.items()
        if re.search(r"^ *@?divergence\(", source, re.MULTILINE)
    }
    assert filling == set(MODULES)
    for place, name in enumerate(MODULES):
        imported = re.findall(r"^from equivalence\.divergences\.(\w+)", sources[name], re.MULTILINE)
        assert filling.intersection(imported) <= set(MODULES[:place]), name
