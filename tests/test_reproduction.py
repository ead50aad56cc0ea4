"""Tests of reproductions: every printed script runs and prints the same bits."""

import ast
import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

import equivalence
from equivalence import results
from equivalence.comparison import bits
from equivalence.exact import FORMATS
from equivalence.finding import Finding, Verdict
from equivalence.recording import installed
from equivalence.report import summarise
from equivalence.report.grouping import groups
from equivalence.reproduction import ReproductionError, literal, printed_index, reproduction

# A few cases of each framework and mode: weights, ignored targets, images, certain predictions.
ASKED = {
    "textbook": ["mean"],
    "sklearn": [],
    "torch": ["mean", "float32"],
    "tensorflow_v1": ["float32", "*near_zero.*"],
    "tensorflow_v2": ["float64", "*keras*", "*near_zero.*"],
}
SCRIPTS = 24  # for each framework

# A few cases of the modes that are asked in the full profile only, or of few.
COSTLY = {
    "sklearn": ["@strided"],
    "torch": ["@func", "float32", "*cross_entropy*:pinned.*"],
    "torch-strided": ["@strided", "float32", "normal.*"],
    "torch-compiled": ["torch.cross_entropy@compile", "target_leads.*"],
    "tensorflow_v1": ["@xla", "*log_loss*", "near_*"],
    "tensorflow_v2": ["@function", "float32", "near_zero.*"],
    "tensorflow_v2-compiled": ["@xla", "*keras.B*", "target_trails.*"],
}

# Runs the scripts given on its input, one after the other, in a process without this package.
RUNNER = """\
import contextlib, io, json, sys, traceback
results = []
for script in json.load(sys.stdin):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(script, "script", "exec"), {})
        except Exception:
            traceback.print_exc(file=printed)
    results.append(printed.getvalue())
assert "equivalence" not in sys.modules
json.dump(results, sys.stdout)
"""


@pytest.fixture(
    scope="module",
    params=[*((name, ASKED) for name in ASKED), *((name, COSTLY) for name in COSTLY)],
    ids=lambda param: param[0] + ("-costly" if param[1] is COSTLY else ""),
)
def run(request):
    name, asked = request.param
    framework = name.partition("-")[0]
    if not installed(framework):
        pytest.skip(f"{framework} is not installed")
    profile = "quick" if asked is ASKED else "full"
    return equivalence.run(asked[name], frameworks=[framework], processes=1, profile=profile)


def sample(run):
    """Findings of as many implementations, reductions and verdicts as possible."""
    groups = {}
    for finding in run.findings:
        if finding.got is not None:
            key = (finding.implementation, finding.mode, finding.quantity, finding.verdict)
            groups.setdefault(key, []).append(finding)
    rng = np.random.default_rng(0)
    chosen = [group[rng.integers(len(group))] for group in groups.values()]
    return [chosen[number] for number in rng.permutation(len(chosen))[:SCRIPTS]]


def executed(scripts):
    process = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", RUNNER],
        input=json.dumps(scripts),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


def numbers(finding, output):
    """The numbers that a script printed for the finding's quantity."""
    line = next(line for line in output.splitlines() if line.startswith(f"{finding.quantity} "))
    text = line.partition(" ")[2].replace("nan", "None").replace("inf", "1e999")
    return np.array(ast.literal_eval(text), dtype=np.float64)


def number(finding, output, axis):
    """The number at the finding's position in what a script printed."""
    array = numbers(finding, output)
    if finding.quantity == "weight_gradient":  # whose positions are told without axes of one
        array = np.squeeze(array)
    if not array.ndim:  # of a large gradient only this number is printed
        return float(array)
    return float(array[printed_index(finding.where.index, axis, finding.quantity)])


def test_every_script_prints_the_bits_that_were_measured(run):
    findings = sample(run)
    axes = {record.name: record.class_axis for record in run.environment.implementations}
    scripts = [reproduction(finding, run.environment) for finding in findings]
    for finding, output in zip(findings, executed(scripts), strict=True):
        axis = -1 if finding.loss.startswith("binary") else axes[finding.implementation]
        assert number(finding, output, axis).hex() == float(finding.got).hex(), finding.name


def printed(run):
    """The findings whose scripts stand on the page of a run, with the scripts."""
    shown = groups(run, summarise(run), lambda finding: reproduction(finding, run.environment))
    blocks = [block for part in shown for group in part for block in group.blocks]
    return [(block.smallest, block.script) for block in blocks if block.script]


def check(run):
    """Runs every script of a page; returns how many, and what does not print what was measured."""
    axes = {record.name: record.class_axis for record in run.environment.implementations}
    found = printed(run)
    wrong = []
    for (finding, _), output in zip(found, executed([script for _, script in found]), strict=True):
        if finding.got is None and finding.bits:  # of another shape than was asked for
            same = bits(numbers(finding, output)) == finding.bits
        elif finding.got is None:  # it refuses: the exception is what was measured
            same = finding.detail.removeprefix("raises ").partition(":")[0] in output
        else:
            axis = -1 if finding.loss.startswith("binary") else axes[finding.implementation]
            same = number(finding, output, axis).hex() == float(finding.got).hex()
        if not same:
            wrong.append(f"{finding.name}: {output[-300:]}")
    return len(found), wrong


def test_every_script_of_a_page_prints_what_was_measured(run):
    count, wrong = check(run)
    assert bool(count) == any(finding.verdict.catalogued for finding in run.findings)
    assert wrong == []


def test_every_script_of_the_sample_report_prints_what_was_measured():
    """What `make docs` asks of every framework, in processes of their own."""
    count, wrong = check(equivalence.run(["*:binary:mean:float32"], processes=2))
    assert count
    assert wrong == []


def test_a_script_needs_nothing_of_this_package(run):
    assert "equivalence" not in reproduction(sample(run)[0], run.environment)


@pytest.mark.parametrize("dtype", FORMATS)
def test_literals_are_the_same_bits_again(dtype):
    rng = np.random.default_rng(0)
    size = FORMATS[dtype].dtype.itemsize
    bits = rng.integers(0, 2 ** (8 * size) - 1, 2000, dtype=np.uint64).astype(f"u{size}")
    array = bits.view(FORMATS[dtype].dtype)
    with np.errstate(invalid="ignore"):  # signalling NaNs among the random bits
        array = array[~np.isnan(array.astype(np.float64))]
    read = np.array(eval(literal(array)), dtype=np.float64)  # noqa: S307 - what a script holds
    assert read.astype(array.dtype).tobytes() == array.tobytes()


def test_literals_of_what_is_not_finite():
    assert literal(np.array([np.inf, -np.inf, np.nan], dtype=np.float32)) == (
        '[float("inf"), -float("inf"), float("nan")]'
    )


def test_long_arrays_are_broken_into_rows():
    text = literal(np.arange(600, dtype=np.float32).reshape(20, 3, 10))
    assert max(map(len, text.splitlines())) <= 100
    assert np.array(ast.literal_eval(text)).shape == (20, 3, 10)


@pytest.fixture(scope="module")
def textbook():
    return equivalence.run(["sparse:mean:float32", "textbook"])


def asked(run):
    return next(finding for finding in run.findings if finding.case.count(".") == 3)


def test_a_case_that_has_changed_says_so(textbook):
    finding = dataclasses.replace(asked(textbook), digest="0000")
    assert "# The case has changed: its digest is" in reproduction(finding, textbook.environment)


def test_a_run_that_was_read_reproduces_without_its_framework(textbook, tmp_path):
    results.write(textbook, tmp_path / "run.jsonl")
    read = results.read(tmp_path / "run.jsonl")
    finding = asked(textbook)
    assert reproduction(finding, read.environment) == reproduction(finding, textbook.environment)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"case": ""}, "asked nothing"),
        ({"case": "nowhere.rows.plain.0"}, "'nowhere' in .* is unknown"),
        ({"case": "normal"}, "names no case"),
        ({"case": "pinned.nowhere"}, "is no pinned case"),
        ({"implementation": "textbook.nobody"}, "run it again"),
        ({"mode": "graph"}, "run it again"),
    ],
)
def test_what_cannot_be_reproduced_says_why_in_one_line(textbook, change, said):
    finding: Finding = dataclasses.replace(asked(textbook), **change)
    with pytest.raises(ReproductionError, match=said) as raised:
        reproduction(finding, textbook.environment)
    assert "\n" not in str(raised.value)


def test_a_refusal_is_shown_as_one(textbook):
    refused = dataclasses.replace(
        asked(textbook), verdict=Verdict.REFUSES, got=None, detail="raises ValueError: no"
    )
    assert "# refuses: raises ValueError: no" in reproduction(refused, textbook.environment)
