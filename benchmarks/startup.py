"""What the package costs those who do not use it: the program's help, and other projects' tests.

Processes with and without are started in turn in one run, so that a busy machine slows both; what
is printed is the median of the times, and of the differences of neighbours. Bytecode is kept, as
Python does unless it is told otherwise: the first round only writes it. No framework may be
imported. Run it as ``python benchmarks/startup.py [REPETITIONS]``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPETITIONS = 15
MOST_HELP, MOST_PLUGIN = 0.3, 0.05  # seconds
FRAMEWORKS = ("torch", "tensorflow", "keras", "sklearn", "numpy")
IMPORTED = (
    "import sys; from equivalence.cli import main\n"
    "try: main(['--help'])\n"
    "except SystemExit: pass\n"
    f"print(*[name for name in {FRAMEWORKS} if name in sys.modules], file=sys.stderr)"
)
OTHERS = "def test_of_another_project():\n    assert True\n"


def seconds(*command: str, folder: Path) -> float:
    """How long a process takes."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *command], cwd=folder, check=True, capture_output=True, env=kept
    )
    return time.perf_counter() - start


def main(repetitions: int) -> int:
    """Prints the table, and returns 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_others.py").write_text(OTHERS, encoding="utf-8")
        tests = ("-m", "pytest", "-q", "test_others.py")
        off = (*tests, "-p", "no:equivalence.plugin")
        helps, pairs = [], []
        for _ in range(1 + repetitions):
            helps.append(seconds("-m", "equivalence", "--help", folder=folder))
            pairs.append((seconds(*off, folder=folder), seconds(*tests, folder=folder)))
        told = subprocess.run(
            [sys.executable, "-c", IMPORTED], cwd=folder, check=True, capture_output=True, text=True
        )
    imported = told.stderr.split()
    pairs = pairs[1:]
    help_, without = statistics.median(helps[1:]), statistics.median(one for one, _ in pairs)
    more = statistics.median(other - one for one, other in pairs)
    print("| what | median | bar |\n|---|---|---|")
    print(f"| `equivalence --help` | {help_:.3f} s | {MOST_HELP} s |")
    print(f"| frameworks that it imports | {', '.join(imported) or 'none'} | none |")
    print(f"| `pytest` of another project | {without:.3f} s | |")
    bar = 1000 * MOST_PLUGIN
    print(f"| the same with the plugin installed | {1000 * more:+.0f} ms | {bar:.0f} ms |")
    held = help_ < MOST_HELP and more < MOST_PLUGIN and not imported
    print("\nevery bar is held" if held else "\na bar is missed")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS))
