"""Whose version decides: a package, or the one that goes on under its version numbers."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.power.private import framework, private
from equivalence import losses
from equivalence.cases.case import ONE_HOT
from equivalence.declined import inapplicable
from equivalence.divergences.divergence import Divergence, Standing
from equivalence.implementations import Framework
from equivalence.plan import questions


def owner(monkeypatch, **versions):
    """A framework with some versions installed, where tf-keras stands for keras."""
    made = replace(framework("own"), stands_for={"keras": "tf-keras"})
    monkeypatch.setattr(Framework, "versions", property(lambda _: versions))
    return made


def known(versions):
    """An entry of the catalogue for every implementation at some versions."""
    return Divergence(
        name="x",
        implementations=("own.*",),
        model=lambda _: None,
        versions=versions,
        reference="https://example.org",
        reason="x.",
        standing=Standing.DEFECT,
        evidence="x.",
    )


@pytest.mark.parametrize(
    ("installed", "concerned"),
    [
        ({"tensorflow": "2.15.1", "keras": "2.15.0"}, ("keras<3", "keras>=2.12,<3", ">=1.0")),
        ({"tensorflow": "2.16.2", "tf-keras": "2.16.0"}, ("keras<3", "keras>=2.12,<3", ">=1.0")),
        ({"tensorflow": "2.16.2", "keras": "3.0.5"}, ("keras>=3.0", ">=1.0")),
    ],
    ids=str,
)
def test_what_is_known_of_a_package_holds_for_what_stands_for_it(installed, concerned, monkeypatch):
    mine = SimpleNamespace(name="own.loss", framework=owner(monkeypatch, **installed))
    entries = ("keras<3", "keras>=2.12,<3", "keras>=3.0", ">=1.0")
    assert tuple(one for one in entries if known(one).concerns(mine, "eager")) == concerned


def test_what_an_old_version_lacks_is_said_of_the_package_that_is_there(monkeypatch):
    def own(logits, target, *, reduction="mean"):
        return np.zeros(())

    made = private(
        owner(monkeypatch, **{"tf-keras": "2.16.0"}),
        losses.cross_entropy,
        own,
        targets=ONE_HOT,
        needs={"mean": "keras>=3.7"},
    )
    assert made.lacks == {"mean": "has no mean in tf-keras 2.16.0: keras>=3.7"}


def test_a_format_that_an_old_version_lacks_is_asked_of_nothing_that_a_framework_has(monkeypatch):
    def own(logits, target, *, reduction="mean"):
        return np.zeros(())

    old = replace(owner(monkeypatch, own="1.5"), needs={"bfloat16": "own>=2"})
    made = private(old, losses.cross_entropy, own, targets=ONE_HOT)
    reason = "has no bfloat16 in own 1.5: own>=2"
    found = {question.case.dtype: made.declines(question.case) for question in asked(made)}
    assert found == {"float16": "", "bfloat16": reason, "float32": "", "float64": ""}
    assert {cell.dtype for cell in inapplicable(made) if cell.detail == reason} == {"bfloat16"}
    monkeypatch.setattr(Framework, "versions", property(lambda _: {"own": "2.0"}))
    newer = private(old, losses.cross_entropy, own, targets=ONE_HOT)
    assert [q.case.origin for q in asked(made)] == [q.case.origin for q in asked(newer)]


def asked(implementation):
    """The questions of the quick profile but those of mixed formats."""
    return [
        question
        for question in questions([implementation], "quick")
        if not question.case.origin.startswith("edge.")
    ]
