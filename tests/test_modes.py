"""Tests of modes: what is compiled is reused, and a mode that cannot run says why."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import equivalence
from equivalence import results
from equivalence.finding import Verdict
from equivalence.implementations import IMPLEMENTATIONS, load
from equivalence.plan import questions
from equivalence.recording import installed


def needs(framework):
    if not installed(framework):
        pytest.skip(f"{framework} is not installed")
    load(framework)


def asked(implementation, mode, profile):
    every = questions([IMPLEMENTATIONS[implementation]], profile)
    return [question for question in every if question.mode == mode]


@pytest.mark.parametrize("mode", ["function", "xla"])
def test_a_function_is_built_once_for_a_shape(mode):
    needs("tensorflow_v2")
    from equivalence.implementations import tensorflow as engine

    question = asked("tensorflow_v2.nn.softmax_cross_entropy_with_logits", mode, "full")[0]
    first = question.implementation.respond(question.case, mode)
    built = list(engine._functions.values())
    again = question.implementation.respond(question.case, mode)
    assert list(engine._functions.values()) == built
    assert again.value.tobytes() == first.value.tobytes()


def test_what_is_called_strided_is():
    needs("torch")
    import torch

    from equivalence.implementations import torch_modes as engine

    for shape in [(3,), (3, 4), (2, 3, 4), (2, 3, 4, 5), (2, 2, 3, 4, 5)]:
        plain = torch.arange(float(torch.Size(shape).numel())).reshape(shape)
        laid_out = engine.strided(plain)
        assert torch.equal(laid_out, plain)
        assert not laid_out.is_contiguous()


def test_what_is_called_strided_in_numpy_is():
    from equivalence.implementations.numpy_layouts import strided

    plain = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(strided(plain), plain)
    assert strided(plain).strides == (-8, 24)


def test_what_compiles_slowly_is_asked_in_the_full_profile_only():
    needs("torch")
    assert asked("torch.cross_entropy", "compile", "quick") == []
    assert asked("torch.cross_entropy", "func", "quick") != []
    regimes = {q.case.origin.partition(".")[0] for q in asked("torch.nll_loss", "compile", "full")}
    assert {"normal", "certain", "target_trails"} <= regimes


def test_without_a_compiler_its_cells_are_inapplicable_and_say_why(tmp_path):
    needs("torch")
    command = [sys.executable, "-m", "equivalence", "run", "torch.nll_loss@compile", "float32"]
    options = ["--profile", "full", "-o", str(tmp_path / "run.jsonl"), "-n", "1"]
    environment = os.environ | {
        "CXX": "no-such-compiler",
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": str(Path(equivalence.__file__).parents[1]),
    }
    process = subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, check=False
    )
    run = results.read(tmp_path / "run.jsonl")
    there = [finding for finding in run.findings if finding.case]
    assert {finding.verdict for finding in there} == {Verdict.INAPPLICABLE}, process.stdout
    assert all(f.detail.startswith("torch.compile cannot run: ") for f in there)
