"""Measuring: the suite, run in an environment as a process of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equivalence import results
from equivalence.upgrading.environments import Builder, build, program
from equivalence.upgrading.errors import INCOMPLETE, USAGE, UnknownNameError, UpgradeError
from equivalence.upgrading.requirements import SWITCHES

if TYPE_CHECKING:
    from pathlib import Path

    from equivalence.results import Run
    from equivalence.upgrading.requirements import Requirements

_ASKED = {0, 1}  # exit statuses of a run that is whole
_NOTHING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked in every environment.

    Attributes:
        select: Words of a selection.
        profile: ``"quick"`` or ``"full"``.
        frameworks: Of whom.
    """

    select: tuple[str, ...]
    profile: str
    frameworks: tuple[str, ...]


def measure(requirements: Requirements, question: Question, builder: Builder, file: Path) -> Run:
    """The run of the suite in an environment with these requirements, also written to a file.

    Raises:
        UpgradeError: If the environment cannot be built, or the run is not whole.
    """
    folder = build(requirements, builder)
    builder.say(f"asking {requirements}")
    file.parent.mkdir(parents=True, exist_ok=True)
    command = ["run", *question.select, "--profile", question.profile]
    command += ["--frameworks", ",".join(question.frameworks), "-o", str(file)]
    done = call(folder, command, requirements)
    if done.returncode in _ASKED:
        return results.read(file)
    lines = [line for line in done.stderr.splitlines() if line.startswith("equivalence: ")]
    said = (lines or done.stderr.strip().splitlines() or ["no reason given"])[-1]
    message = f"{requirements} cannot be measured: {said.removeprefix('equivalence: ')}"
    if "numpy.dtype size changed" in message or "compiled using NumPy 1" in done.stderr:
        message += "; it was built against NumPy 1: --with 'numpy<2'"
    if done.returncode == USAGE:
        raise UnknownNameError(message)
    stopped = done.returncode != _NOTHING
    raise UpgradeError(message, INCOMPLETE if stopped else done.returncode)


def call(
    folder: Path, arguments: list[str], requirements: Requirements
) -> subprocess.CompletedProcess[str]:
    """Runs ``equivalence`` in an environment; warnings of frameworks are not shown."""
    environment = dict(os.environ, NO_COLOR="1", COLUMNS="120", TF_CPP_MIN_LOG_LEVEL="3")
    # A job's summary is written once, by the process that compares.
    unset = ("PYTHONPATH", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS", "VIRTUAL_ENV")
    for name in (*unset, *(variable for variable, _ in SWITCHES.values())):
        environment.pop(name, None)
    environment |= dict(requirements.variables)
    command = [str(program(folder, "equivalence")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
