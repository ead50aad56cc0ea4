"""Ways to start the tool as its users do: the laws of pytest, the program; one that is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from equivalence.cases.remembered import Remembered
from equivalence.implementations import ready, textbook
from equivalence.implementations.framework import Response

ROOT = Path(__file__).parents[1]
ALONE = "EQUIVALENCE_TESTED_ALONE"  # the framework that shares no process, if it is tested


def pytest_configure():
    """Makes the framework ready that is asked in a process of its own."""
    if name := os.environ.get(ALONE):
        assert not ready(name)


@pytest.fixture
def laws(pytester, monkeypatch):
    """The laws of the package in an empty folder, in a process of their own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv("PYTEST_PLUGINS", "equivalence.plugin")

    def laws(*arguments):
        words = ("--pyargs", "equivalence", "-p", "no:cacheprovider", *arguments)
        return pytester.runpytest_subprocess(*words)

    return laws


@pytest.fixture
def program():
    """Starts the program in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def start(*arguments, **options):
        command = [sys.executable, "-m", "equivalence", *arguments]
        changes = options.pop("environment", {})
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=environment | changes,
            **options,
        )

    return start


@pytest.fixture
def diverging(monkeypatch):
    """Lets the textbook's product_with_target miss by one part in a thousand."""

    def evaluate(call):
        return Response(value=textbook._evaluate(call).value * 1.001)

    monkeypatch.setitem(textbook.framework.evaluate, "eager", evaluate)
    monkeypatch.setattr("equivalence.responses._responses", Remembered(16))
