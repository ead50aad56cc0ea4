"""What an upgrade changes and no catalogue knows is searched for on the side that diverges."""

import contextlib
import io
import subprocess

import pytest

import equivalence
from equivalence.changes import compare
from equivalence.cli import main
from equivalence.divergences import DIVERGENCES
from equivalence.upgrading import explaining
from equivalence.upgrading.environments import Builder
from equivalence.upgrading.requirements import parse

BEFORE, AFTER = parse("numpy==2.3.5"), parse("numpy==2.4.6")
ASKED = "mean:float64:value:textbook.soft_cross_entropy[avg_factor]@eager"


def here(_, arguments, requirements):
    """The command, run in this process instead of in an environment."""
    assert requirements is AFTER
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = main(arguments)
    return subprocess.CompletedProcess(arguments, status, printed.getvalue())


@pytest.fixture
def uncatalogued(monkeypatch):
    """A catalogue that does not know by what the textbook's formula divides."""
    monkeypatch.delitem(DIVERGENCES, "divides_by_average_factor")


def test_a_change_that_is_not_catalogued_is_searched_for(request, monkeypatch, tmp_path):
    before = equivalence.run([ASKED], frameworks=["textbook"])
    request.getfixturevalue("uncatalogued")
    after = equivalence.run([ASKED], frameworks=["textbook"])
    monkeypatch.setattr(explaining, "build", lambda *_: tmp_path)
    monkeypatch.setattr(explaining, "call", here)
    builder = Builder(cache=tmp_path, python="python3")
    made = explaining.explained(compare(before, after), BEFORE, AFTER, builder)
    reasons = [change.reason for change in made.alarms]
    assert reasons
    start = "after: in float32 and float64: divides by "
    assert all(reason.startswith(start) for reason in reasons), reasons
