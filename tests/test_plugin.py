"""The plugin through pytester: options, ids, messages, and when it is silent."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from equivalence.ranges import typeable

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[1]
SMALL = ("--equivalence-frameworks=textbook", "--equivalence-select=negative_log_likelihood")
WRONG = (Path(__file__).parent / "wrong_mean.py").read_text(encoding="utf-8")
ABSENT = """
import importlib.util
import sys

find = importlib.util.find_spec

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

importlib.util.find_spec = lambda name: None if name in {names!r} else find(name)
sys.meta_path.insert(0, Blocker())
"""


def usage_error(done):
    """The one line that is printed."""
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in (*done.outlines, *done.errlines) if line.strip()]
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("option", "nearest"),
    [
        ("--equivalence-frameworks=torhc", "torch"),
        ("--equivalence-require=sklaern", "sklearn"),
        ("--equivalence-profile=fulll", "full"),
        ("--equivalence-select=cross_entrpy", "cross_entropy"),
        ("--equivalence-select=textbook.log_sofmax", "textbook.log_softmax"),
    ],
)
def test_what_is_unknown_is_told_in_one_line_with_the_nearest_words(laws, option, nearest):
    line = usage_error(laws(option))
    assert option.partition("=")[2] in line
    assert nearest in line


def test_a_required_framework_that_is_absent_is_told_with_the_pip_command(laws, pytester):
    pytester.makepyfile(conftest=ABSENT.format(names=["torch"]))
    for option in ("--equivalence-require=torch", "--equivalence-frameworks=torch"):
        line = usage_error(laws(option))
        assert "torch is required and absent" in line
        assert 'pip install "loss-equivalence[torch]"' in line


def test_a_required_framework_that_is_broken_is_told_with_the_reason(laws, pytester):
    pytester.makepyfile(torch="raise OSError('libtorch.so: no such file')")
    line = usage_error(laws("--equivalence-require=torch"))
    assert "OSError: libtorch.so: no such file" in line


@pytest.mark.parametrize("name", ["run", "html"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(laws, pytester, name):
    line = usage_error(laws(f"--equivalence-{name}={pytester.path}"))
    assert "cannot be written" in line


def test_absent_frameworks_are_named_in_the_header_and_in_the_summary(laws, pytester):
    pytester.makepyfile(conftest=ABSENT.format(names=["torch", "tensorflow", "keras"]))
    done = laws("--equivalence-select=cross_entropy_from_probabilities:mean:float32")
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "equivalence: quick profile, asked of textbook, sklearn",
            'equivalence: torch is absent; pip install "loss-equivalence[[]torch[]]"',
            "sklearn *of * agree*",
            "torch *absent (ModuleNotFoundError: *); pip install *",
            "tensorflow_v2 *absent (*); pip install *",
        ]
    )


def test_nothing_selected_is_no_success(laws):
    done = laws("--equivalence-frameworks=textbook", "--equivalence-select=gradient")
    assert done.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_summary_counts_with_denominators(laws):
    done = laws(*SMALL)
    assert done.ret == 0
    done.stdout.re_match_lines([r"textbook  [\d,]+ of [\d,]+ agree"])
    done.stdout.re_match_lines(
        [r"Every difference is explained: [\d,]+ of [\d,]+ questions asked agree.*"]
    )


def test_strict_fails_where_only_the_catalogue_explains(laws):
    select = "--equivalence-select=textbook.log_of_exp_over_sum:wide*"
    arguments = ("--equivalence-frameworks=textbook", select, "-k", "test_value")
    assert laws(*arguments).ret == 0
    strict = laws(*arguments, "--equivalence-strict")
    assert strict.ret == 1
    strict.stdout.fnmatch_lines(["*: explained", "  catalogue *"])


def test_a_failing_item_says_everything_and_shows_no_traceback(laws, pytester):
    pytester.makeconftest(WRONG)
    done = laws(*SMALL, "-k", "wrong and soft-mean")
    text = done.stdout.str()
    assert done.ret == 1
    assert re.search(r"^\d+ of \d+ cases? fails?$", text, re.MULTILINE)
    for line in (
        r"  got        \S+ \(-?0x1\.[0-9a-f]+p[+-]\d+\)",
        r"  exact      \S+ \(-?0x1\.[0-9a-f]+p[+-]\d+\)",
        r"  error      \S+: \S+ ulps of float32, \S+ times the bound \S+",
        r"  prediction .*0x",
        r"  more       equivalence explain negative_log_likelihood:soft:mean:float32:value:\S+",
    ):
        assert re.search(f"^{line}", text, re.MULTILINE), line
    assert "Traceback" not in text
    assert ".py:" not in text.replace(".py::", "")


def test_a_mean_that_is_not_its_sum_divided_is_red_without_any_exact_answer(laws, pytester):
    pytester.makeconftest(WRONG)
    done = laws(*SMALL, "-k", "wrong and test_mean_divides")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["textbook.wrong@eager times the number of terms*, * says *"])


def test_ids_are_unique_and_answer_k(laws):
    done = laws("--equivalence-frameworks=textbook,sklearn", "--collect-only", "-q")
    ids = [line for line in done.outlines if "::" in line]
    assert len(set(ids)) == len(ids) > 100
    parameters = [re.search(r"\[(.*)\]$", line)[1] for line in ids]
    assert all(re.fullmatch(r"[\w.+-]+", parameter) for parameter in parameters)
    name = "textbook.soft_cross_entropy.avg_factor-eager-soft-mean-float32"
    assert f"test_values.py::test_value[{name}]" in " ".join(ids)
    chosen = laws(
        "--equivalence-frameworks=textbook", "--collect-only", "-q", "-k", f"test_value and {name}"
    )
    assert len([line for line in chosen.outlines if "::" in line]) == 1


def test_names_become_typeable():
    assert typeable("keras.X(from_logits=True)[mean]") == "keras.X.from_logits.True.mean"
    assert (
        typeable("torch.nn.LogSoftmax+nn.NLLLoss-eager") == "torch.nn.LogSoftmax+nn.NLLLoss-eager"
    )


def test_the_plugin_may_be_named_again(laws, pytester):
    pytester.makeconftest('pytest_plugins = ["equivalence.plugin"]\n')
    assert laws(*SMALL, "-p", "equivalence.plugin", "-k", "test_value").ret == 0


def test_other_sessions_see_nothing_of_it(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv("PYTEST_PLUGINS", "equivalence.plugin")
    pytester.makepyfile(
        """
        import sys

        def test_nothing_is_imported(value_cell=None):
            assert not {"numpy", "torch", "tensorflow", "sklearn", "flint"} & set(sys.modules)
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:hypothesispytest")
    done.assert_outcomes(passed=1)
    lines = [line for line in done.outlines if not line.startswith(("rootdir:", "plugins:"))]
    assert "equivalence" not in "".join(lines)


@pytest.mark.parametrize(
    ("statement", "clean"),
    [
        ("import equivalence", True),
        ("import equivalence.plugin", True),
        ("import equivalence.implementations.textbook", False),
    ],
)
def test_the_plugin_imports_no_framework_and_no_numpy(statement, clean):
    heavy = ("numpy", "torch", "tensorflow", "keras", "sklearn", "flint", "jinja2", "rich")
    code = f"import sys; {statement}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip() == "[]") == clean


def test_a_framework_that_is_not_asked_is_not_imported(laws, pytester):
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            print("imported:", [n for n in ("torch", "tensorflow", "sklearn") if n in sys.modules])
        """
    )
    done = laws(*SMALL, "-k", "test_value", "-s")
    done.stdout.fnmatch_lines(["*imported: []"])


def test_what_a_framework_warns_about_is_no_failure(laws, pytester):
    pytester.makeconftest(
        WRONG.replace("    terms =", "    warnings.warn('old', DeprecationWarning)\n    terms =")
        .replace(
            "(target * log_probabilities)", "np.where(target == 0, 0, target * log_probabilities)"
        )
        .replace("terms.sum() / (terms.size + 1)", "(terms / terms.size).sum()")
        .replace("\nfrom", "\nimport numpy as np\nimport warnings\nfrom", 1)
    )
    assert laws(*SMALL, "-k", "wrong", "-W", "error").ret == 0
