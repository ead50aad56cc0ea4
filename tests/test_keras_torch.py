"""Keras on its PyTorch backend, which is asked in processes of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import equivalence
from equivalence.divergences import DIVERGENCES
from equivalence.implementations import IMPLEMENTATIONS, load, ready
from equivalence.running import request

ROOT = Path(__file__).parents[1]
ALONE = "EQUIVALENCE_TESTED_ALONE"  # as in conftest.py
load("keras_torch")
ENTRIES = [
    name
    for name, entry in DIVERGENCES.items()
    if any(
        entry.concerns(known, mode)
        for known in IMPLEMENTATIONS.values()
        if known.framework.name == "keras_torch"
        for mode in known.offered_modes
    )
]
CELL = "cross_entropy:sparse:mean:float32:value:keras_torch.SparseCategoricalCrossentropy*@eager"


def test_its_entries_are_met_and_die_once_it_is_mended():
    """The two laws of the catalogue, in a process in which Keras runs on PyTorch."""
    laws = ("test_is_met", "test_dies_once_the_framework_is_mended")
    items = [f"tests/test_catalogue.py::{law}[{name}]" for name in ENTRIES for law in laws]
    made = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *items],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {ALONE: "keras_torch"},
        check=False,
    )
    assert made.returncode == 0, made.stdout[-4000:]
    assert "skipped" not in made.stdout.splitlines()[-1]


def test_one_process_asks_keras_on_one_backend():
    assert ready("tensorflow_v2") == ""
    reason = "Keras runs on tensorflow in this process; ask for it alone"
    assert ready("keras_torch") == reason
    known = IMPLEMENTATIONS["keras_torch.KLDivergence"]
    with pytest.raises(RuntimeError, match=f"keras_torch cannot be asked here: {reason}"):
        known.respond(None, "eager")


@pytest.mark.parametrize(
    ("words", "options", "asked"),
    [
        ([], {}, False),
        ([], {"profile": "full", "processes": 2}, True),
        ([], {"profile": "full"}, False),
        ([], {"processes": 2}, False),
        ([], {"frameworks": ["keras_torch"]}, True),
        ([], {"require": ["keras_torch"]}, True),
        (["keras_torch.*"], {}, True),
        (["mean:keras_torch@eager"], {}, True),
        (["*Crossentropy*"], {}, False),
        (["!keras_torch.*"], {"profile": "full", "processes": 2}, False),
    ],
)
def test_it_is_asked_if_it_is_named_or_by_workers_of_the_full_profile(words, options, asked):
    assert ("keras_torch" in request(words, **options).frameworks) is asked


def test_workers_ask_both_backends(tmp_path: Path):
    run = equivalence.run(
        [CELL.replace("keras_torch", "*")],
        frameworks=["tensorflow_v2", "keras_torch"],
        processes=2,
        path=tmp_path / "run.jsonl",
    )
    assert run.environment.complete
    assert {finding.framework for finding in run.findings if finding.case} == {
        "tensorflow_v2",
        "keras_torch",
    }
    assert not any(finding.verdict.fails for finding in run.findings)
