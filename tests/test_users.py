"""The examples of docs/your_own_implementation.md do what they say, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from equivalence.cases.case import SPARSE
from equivalence.implementations import IMPLEMENTATIONS
from equivalence.implementations.textbook import framework as textbook
from equivalence.losses import cross_entropy

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "your_own_implementation.md").read_text(encoding="utf-8")
EXAMPLES = {"torch": "my_cross_entropy", "numpy": "my_binary_cross_entropy"}


LEFT = {"__pycache__", ".hypothesis"}  # the caches of Python and of Hypothesis


def example(name):
    return (ROOT / "docs" / "examples" / name / "conftest.py").read_text(encoding="utf-8")


def laws(folder, *arguments, path=()):
    """The laws in a folder, as users run them, whether or not the package is installed here."""
    folders = [str(ROOT), *map(str, path), os.environ.get("PYTHONPATH", "")]
    words = ("--pyargs", "equivalence", "-p", "no:cacheprovider", *arguments)
    variables = {"PYTHONPATH": os.pathsep.join(folders), "PYTEST_PLUGINS": "equivalence.plugin"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def framework(name):
    return "textbook" if name == "numpy" else name


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_guide_shows_the_example_as_it_is(name):
    assert f"```python\n{example(name)}```" in GUIDE
    assert len([line for line in example(name).splitlines() if line]) <= 10


@pytest.mark.parametrize(("name", "implementation"), EXAMPLES.items())
def test_the_command_of_the_guide_judges_the_example(name, implementation, tmp_path):
    command = re.search(rf"^\$ python -m pytest (.* -k {implementation} .*)$", GUIDE, re.MULTILINE)
    assert command is not None
    assert command[1].split() == [
        "--pyargs",
        "equivalence",
        "-k",
        implementation,
        "-p",
        "no:cacheprovider",
    ]
    (tmp_path / "conftest.py").write_text(example(name), encoding="utf-8")
    done = laws(tmp_path, "-k", implementation, f"--equivalence-frameworks={framework(name)}")
    assert done.returncode == 0, done.stdout + done.stderr
    agree, asked = re.search(
        rf"^{framework(name)}\s+(\d+) of (\d+) agree$", done.stdout, re.MULTILINE
    ).groups()
    assert agree == asked
    assert int(asked) >= 80
    assert "failed" not in done.stdout
    assert {path.name for path in tmp_path.iterdir()} - LEFT == {"conftest.py"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("terms.mean()", "terms.sum() / (terms.numel() + 1)"),
        ("F.log_softmax(logits, dim=classes)", "F.log_softmax(logits, dim=0)"),
        ("F.log_softmax(logits, dim=classes)", "(F.softmax(logits, dim=classes) + 1e-8).log()"),
        (
            "F.log_softmax(logits, dim=classes)",
            "(logits.exp() / logits.exp().sum(classes, True)).log()",
        ),
    ],
)
def test_an_example_that_is_wrong_is_red(right, wrong, tmp_path):
    assert right in example("torch")
    (tmp_path / "conftest.py").write_text(example("torch").replace(right, wrong), encoding="utf-8")
    done = laws(tmp_path, "-q", "-k", "my_cross_entropy", "--equivalence-frameworks=torch")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cases fail" in done.stdout
    assert "torch.my_cross_entropy@eager" in done.stdout


def test_a_module_named_by_p_is_as_good_as_a_conftest(tmp_path):
    (tmp_path / "my_module.py").write_text(example("numpy"), encoding="utf-8")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    words = ("-p", "my_module", "-k", "my_binary", "--equivalence-frameworks=textbook")
    done = laws(folder, *words, path=[tmp_path])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^textbook  (\d+) of \1 agree$", done.stdout, re.MULTILINE)


def test_a_conftest_about_two_frameworks_is_run_once(tmp_path):
    about = f"# As in equivalence.implementations.textbook .\n{example('torch')}"
    (tmp_path / "conftest.py").write_text(about, encoding="utf-8")
    words = ["run", "torch.my_cross_entropy", "--frameworks", "textbook,torch", "-n", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "equivalence", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my_cross_entropy@eager" in done.stdout


def weights_for_weight(prediction, target, *, weights=None): ...


def idx_for_index(prediction, target, *, ignore_idx=None): ...


def nothing_by_default(prediction, target, *, temperature): ...


def everything(prediction, target, *, reduction="mean", **options): ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (weights_for_weight, "if weight is not meant, it needs another name"),
        (idx_for_index, "if ignore_index is not meant, it needs another name"),
        (nothing_by_default, "it needs a default; there are ignore_index, label_smoothing, reduc"),
        (everything, "write those out that it takes, of weight, label_smoothing, reduction, samp"),
    ],
)
def test_a_parameter_that_nobody_passes_is_no_option_misspelt(function, said):
    """Quietly, its function would never be asked that option."""
    with pytest.raises(ValueError, match=re.escape(said)):
        textbook.implements(cross_entropy, targets=SPARSE)(function)
    assert f"textbook.{function.__name__}" not in IMPLEMENTATIONS


def test_a_parameter_of_your_own_has_a_default(monkeypatch):
    monkeypatch.setattr("equivalence.implementations.framework.IMPLEMENTATIONS", {})

    def mine(prediction, target, *, temperature=1.0): ...

    assert textbook.implements(cross_entropy, targets=SPARSE)(mine) is mine


def test_a_conftest_that_cannot_be_run_is_told_in_one_line(tmp_path, program):
    """And not as a framework that is absent."""
    text = example("torch").replace('reduction="mean"', 'reduction="mean", weights=None')
    (tmp_path / "conftest.py").write_text(text, encoding="utf-8")
    for verb in ("run", "explain"):
        done = program(verb, "torch.my_cross_entropy", "--profile", "quick", cwd=tmp_path)
        assert done.returncode == 2
        assert "conftest.py cannot be run: ValueError: the parameter 'weights'" in done.stderr
        assert len(done.stderr.splitlines()) == 1
