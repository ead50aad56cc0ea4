"""What is right is green: a formula evaluated well is never accused."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from benchmarks.power.alarms import judged
from benchmarks.power.asked import read, right
from benchmarks.power.forms import FORMS
from equivalence.exact import FORMATS
from equivalence.finding import Verdict
from equivalence.losses import LOSSES


@pytest.mark.parametrize("loss", LOSSES.values(), ids=str)
def test_no_form_of_a_loss_is_accused(loss):
    """Every other question of the quick profile is asked of every form that is good for it."""
    results = judged(loss, "quick", step=2)
    assert [alarm for result in results for alarm in result.alarms][:20] == []
    asked = Counter()  # a form may be registered once for each length that it is good for
    for result in results:
        asked[result.form.name] += result.findings
    assert min(asked.values()) > 25
    verdicts = sum((result.verdicts for result in results), Counter())
    assert verdicts[Verdict.UNDEFINED] < verdicts.total() / 8


def test_every_loss_has_forms_in_every_dtype():
    for loss in LOSSES.values():
        forms = [form for form in FORMS if form.loss is loss]
        assert len(forms) >= 9
        assert {dtype for form in forms for dtype in form.dtypes} == set(FORMATS)


def test_a_form_that_is_wrong_is_accused():
    """The tests before this one can fail."""

    def evaluate(call):
        with np.errstate(all="ignore"):
            asked = read(call)
            return right(dataclasses.replace(asked, prediction=asked.prediction + 0.01))

    known = next(form for form in FORMS if form.loss.name == "negative_log_likelihood")
    (result,) = judged(known.loss, "quick", [dataclasses.replace(known, evaluate=evaluate)])
    assert len(result.alarms) > 50
