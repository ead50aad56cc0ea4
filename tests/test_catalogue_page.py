"""The catalogue in print: the page of the documentation, and the defect candidates asked now."""

import re
from io import StringIO
from pathlib import Path

import pytest

from equivalence.catalogue import page
from equivalence.cli import main
from equivalence.divergences import DIVERGENCES, Standing
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load

PAGE = Path(__file__).parents[1] / "docs" / "divergences.md"
FRAMES = "torch 2", "tensorflow", "keras", "scikit-learn"

for name in FRAMEWORKS:
    load(name)

DEFECTS = [
    str(entry)
    for entry in DIVERGENCES.values()
    if entry.standing is Standing.DEFECT
    and any(
        entry.concerns(one, mode)
        for one in IMPLEMENTATIONS.values()
        if not one.framework.absent()
        for mode in one.offered_modes
    )
]


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page(FRAMEWORKS), "`make docs` makes it again"


def test_the_page_holds_every_entry_once():
    lines = PAGE.read_text("utf-8").splitlines()
    assert sorted(line[4:] for line in lines if line.startswith("### ")) == sorted(DIVERGENCES)


def test_the_page_begins_with_the_means():
    titles = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("## ")]
    assert titles[0] == "## Means, and what they divide by"
    assert titles[-2:] == ["## Whatever the reduction", "## Of other releases than those installed"]


@pytest.fixture(scope="module")
def defects():
    """What is printed of each defect candidate, on one line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "500")
        out = StringIO()
        patch.setattr("sys.stdout", out)
        assert main(["list", "divergences", "--defects"]) == 0
    text, found = out.getvalue(), {}
    for line in text.splitlines():
        if not line.startswith(" "):
            found[line] = ""
        else:
            found[next(reversed(found))] += line + "\n"
    return found


def test_every_defect_candidate_is_shown_with_its_smallest_input(defects):
    """Those of the releases that are installed."""
    assert list(defects) == DEFECTS
    for name, said in defects.items():
        for part in ("evidence: ", "smallest input to ", "prediction = ", ": got ", "https://"):
            assert part in said, (name, part)
        assert any(framework in said for framework in FRAMES), name


def test_the_smallest_inputs_are_small(defects):
    said = defects["loses_gradient_at_zero"]
    assert re.search(r"prediction = \[?0.0\]?, target = \[?1.0\]?, reduction = ", said)
    assert re.search(r"gradient(?: at \[0\])?: got 0.0; exactly -0.50*\n", said)


@pytest.mark.parametrize("option", ["--defects", "--markdown", "--open=run.jsonl"])
def test_only_divergences_have_a_page(option, capsys):
    assert main(["list", "losses", option]) == 2
    assert "are of: equivalence list divergences" in capsys.readouterr().err
