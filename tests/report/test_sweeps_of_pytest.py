"""A run made through pytest has the sweeps that the plots are drawn from."""

from __future__ import annotations

import subprocess
import sys

from equivalence import results
from equivalence.report.curves import charts

LOSS = "binary_cross_entropy"


def test_a_run_of_pytest_has_plots(tmp_path):
    """Also where another process has asked."""
    path = tmp_path / "run.jsonl"
    command = [sys.executable, "-m", "pytest", "--pyargs", "equivalence", "-q", "-n", "1"]
    options = ["--equivalence-frameworks=textbook", f"--equivalence-run={path}"]
    select = f"--equivalence-select={LOSS}:binary:mean:float32:value"
    subprocess.run([*command, *options, select], cwd=tmp_path, check=True, capture_output=True)
    assert charts(results.read(path))[LOSS][0].title == "Error of the value in ulps of float32"
