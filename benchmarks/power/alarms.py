"""How often right implementations are accused: each question is asked of every form of its loss."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.power.forms import FORMS, Form
from benchmarks.power.private import offering_all
from equivalence.comparison import judge
from equivalence.finding import Verdict
from equivalence.losses import Loss
from equivalence.plan import questions

GREEN = (Verdict.AGREES, Verdict.UNDEFINED)


@dataclass(slots=True, kw_only=True)
class Judged:
    """What a form of a loss was found to be.

    Attributes:
        form: The form.
        cases: How many cases it was asked.
        dtypes: How many of them in each dtype.
        verdicts: How many findings came to each verdict: one for each quantity of a case.
        alarms: The findings that are not green, in words.
        largest: The largest error, as a fraction of the bound, that was accepted.
    """

    form: Form
    cases: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    alarms: list[str] = field(default_factory=list)
    largest: float = 0.0

    @property
    def findings(self) -> int:
        """How many findings there were."""
        return sum(self.verdicts.values())


def judged(loss: Loss, profile: str, forms: Iterable[Form] = (), *, step: int = 1) -> list[Judged]:
    """What the forms of a loss were found to be; by default all of them.

    Args:
        loss: Whose forms.
        profile: ``"quick"`` or ``"full"``.
        forms: Which ones.
        step: How many questions of the profile there are for one that is asked.
    """
    entrants = [
        (offering_all(loss, one.evaluate, "form"), Judged(form=one))
        for one in forms or FORMS
        if one.loss is loss
    ]
    asked = questions([entrants[0][0]], profile)
    for question in itertools.islice(asked, None, None, step):
        for implementation, result in entrants:
            if not result.form.answers(question.case):
                continue
            result.cases += 1
            result.dtypes[question.case.dtype] += 1
            for quantity in question.quantities:
                found = judge(implementation, question.case, quantity, question.mode)
                result.verdicts[found.verdict] += 1
                if found.verdict not in GREEN:
                    result.alarms.append(str(found))
                elif (
                    found.verdict is Verdict.AGREES and found.share < np.inf
                ):  # not where both overflow
                    result.largest = max(result.largest, found.share)
    return [result for _, result in entrants]
