"""How heavy the report is, and how much faster it opens than pytest-html's page of as many tests.

The page of a run is rendered and opened in headless Chromium with scripts off, offline. The page of
pytest-html has as many tests as the run has cells, of which as many fail as there are cells that
differ; it is opened with scripts on, which it needs. Both are opened in turn in one run, so that a
busy machine slows both. pytest-html is installed into a virtual environment of its own,
which is kept in ``build/pytest-html``.

Run it as ``python benchmarks/report_page.py RUN.jsonl [REPETITIONS [OTHER.html]]``; another page is
opened in the place of pytest-html's if it is named.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from equivalence import results
from equivalence.report import render_html, summarise
from equivalence.reproduction import ReproductionError, reproduction

REPETITIONS = 7
MOST_BYTES, MOST_ELEMENTS, MOST_SECONDS, LEAST_RATIO = 2_000_000, 20_000, 1.0, 5.0
ENVIRONMENT = Path(__file__).parents[1] / "build" / "pytest-html"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
TESTS = """\
import json
import pathlib

import pytest

CELLS = json.loads(pathlib.Path(__file__).with_name("cells.json").read_text())


@pytest.mark.parametrize("cell", CELLS, ids=[cell["name"] for cell in CELLS])
def test_cell(cell):
    assert cell["error"] <= cell["bound"], cell["name"]
"""


def page(run: results.Run) -> str:
    """The report, with every script."""

    def reproduce(finding: Any) -> str:
        try:
            return reproduction(finding, run.environment)
        except ReproductionError as error:
            return f"# {error}"

    return render_html(run, reproduce=reproduce)


def pytest_html(run: results.Run, folder: Path) -> Path:
    """pytest-html's page of as many tests as there are cells, the differing ones failing."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "pytest-html"], check=True)
    cells = [
        {"name": cell.id, "error": float(cell.verdict.catalogued or cell.verdict.fails), "bound": 0}
        for cell in summarise(run).cells
        if cell.verdict.asked
    ]
    (folder / "cells.json").write_text(json.dumps(cells), encoding="utf-8")
    (folder / "test_cells.py").write_text(TESTS, encoding="utf-8")
    target = folder / "pytest.html"
    command = [python, "-m", "pytest", "-q", f"--html={target}", "--self-contained-html", "-p"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(
        [*command, "no:cacheprovider", "test_cells.py"],
        cwd=folder,
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    assert target.exists(), "pytest-html has written no page"
    return target


def opened(browser: Browser, path: Path, *, scripts: bool) -> float:
    """Seconds from the address to the page that is laid out and painted."""
    context = browser.new_context(
        offline=True, java_script_enabled=scripts, viewport={"width": 1280, "height": 900}
    )
    tab = context.new_page()
    start = time.perf_counter()
    tab.goto(path.as_uri(), wait_until="load", timeout=120_000)
    if scripts:  # its rows are made by a script, after the page has loaded
        tab.wait_for_selector(".results-table-row", state="attached", timeout=120_000)
    tab.screenshot()
    taken = time.perf_counter() - start
    context.close()
    return taken


def elements(browser: Browser, path: Path, *, scripts: bool) -> int:
    """How many elements a page has once it is there."""
    context = browser.new_context(offline=True, java_script_enabled=scripts)
    tab = context.new_page()
    tab.goto(path.as_uri(), wait_until="load", timeout=120_000)
    number = tab.locator("*").count()
    context.close()
    return number


def main(path: Path, repetitions: int, other: Path | None = None) -> int:
    """Prints the figures of both pages, and returns 1 if a bar is missed."""
    run = results.read(path)
    cells = sum(cell.verdict.asked for cell in summarise(run).cells)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        mine, theirs = folder / "equivalence.html", other or pytest_html(run, folder)
        mine.write_text(page(run), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        opened(browser, mine, scripts=False)  # the browser itself is warm from here on
        times: dict[Path, list[float]] = {mine: [], theirs: []}
        for _ in range(repetitions):
            times[mine].append(opened(browser, mine, scripts=False))
            times[theirs].append(opened(browser, theirs, scripts=True))
        counts = {each: elements(browser, each, scripts=each is theirs) for each in times}
        browser.close()
        print(f"{cells:,} cells; medians of {repetitions} openings")
        for each, taken in times.items():
            size, low, high = each.stat().st_size, min(taken), max(taken)
            print(
                f"{each.name:18} {size:>10,} bytes {counts[each]:>8,} elements"
                f" {statistics.median(taken):7.3f} s ({low:.3f} to {high:.3f})"
            )
        ratio = statistics.median(times[theirs]) / statistics.median(times[mine])
        print(f"pytest-html's page takes {ratio:.1f} times as long")
        bars = {
            "bytes": mine.stat().st_size <= MOST_BYTES,
            "elements": counts[mine] <= MOST_ELEMENTS,
            "seconds": statistics.median(times[mine]) <= MOST_SECONDS,
            "ratio": ratio >= LEAST_RATIO,
        }
    missed = [name for name, held in bars.items() if not held]
    print(f"missed: {', '.join(missed)}" if missed else "every bar is held")
    return 1 if missed else 0


if __name__ == "__main__":
    many = int(sys.argv[2]) if len(sys.argv) > 2 else REPETITIONS
    named = Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
    raise SystemExit(main(Path(sys.argv[1]), many, named))
