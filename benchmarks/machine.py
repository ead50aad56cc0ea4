"""On what a benchmark ran, and what a process cost there."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from equivalence.environment import environment

PACKAGES = (
    *("torch", "tensorflow", "tensorflow-cpu", "keras", "scikit-learn", "numpy", "ml_dtypes"),
)
MEBIBYTE, KIBIBYTE = 2**20, 2**10
# Between: a process begins with the memory of the one that starts it, and that may be a large one.
WATCH = """\
import json, os, sys
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
told = [os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
open(sys.argv[1], "w").write(json.dumps(told))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process and its children cost.

    Attributes:
        processor: Seconds of a processor, of all of them.
        memory: Bytes, of the largest of them.
    """

    processor: float
    memory: int


def machine(packages: tuple[str, ...] = PACKAGES) -> str:
    """The machine and the versions."""
    here = environment(profile="full", command="")
    versions = []
    for name in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions.append(f"{name} {metadata.version(name)}")
    cores = f"{len(os.sched_getaffinity(0))} cores"
    return ", ".join([here.system, cores, f"Python {platform.python_version()}", *versions])


def usage(
    arguments: list[str], accepted: tuple[int, ...] = (0,), where: Path | None = None
) -> Usage:
    """Runs Python with some arguments, here or in a folder, and says what that cost.

    Raises:
        RuntimeError: If it ends with another status than those accepted; with what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        done = subprocess.run(
            [sys.executable, "-c", WATCH, str(told), sys.executable, *arguments],
            check=True,
            capture_output=True,
            text=True,
            cwd=where,
            env=os.environ | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        code, processor, memory = json.loads(told.read_text(encoding="utf-8"))
    if code not in accepted:
        words = f"{done.stdout}{done.stderr}"[-2000:]
        message = f"python {' '.join(arguments)} ended with {code}: {words}"
        raise RuntimeError(message)
    return Usage(processor=processor, memory=memory * KIBIBYTE)
