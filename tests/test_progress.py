"""Progress: a live block on a terminal, a line a framework elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import equivalence
from equivalence.asking import Loaded, Lost
from equivalence.progress import Progress
from equivalence.results import FrameworkRecord


@pytest.fixture
def watched(monkeypatch):
    """What is written while a small run goes on, to a terminal or not."""
    monkeypatch.delenv("CI", raising=False)

    def watched(*, terminal):
        written = io.StringIO()
        console = Console(file=written, force_terminal=terminal, width=80, color_system=None)
        with Progress(console=console) as progress:
            equivalence.run(["sum:float32", "textbook"], watch=progress.watch)
            block = progress.block()
        return written.getvalue(), block, console

    return watched


def test_elsewhere_there_is_one_line_a_framework(watched):
    text, _, _ = watched(terminal=False)
    assert text.count("\n") == 1
    assert text.startswith("textbook: ")
    assert "\x1b" not in text


def test_on_a_terminal_one_block_is_drawn_and_taken_away(watched):
    text, block, console = watched(terminal=True)
    assert "\x1b[" in text
    with console.capture() as captured:
        console.print(block)
    first, last = captured.get().splitlines()
    assert first.split()[:2] == ["textbook", "█" * 24]
    assert last.startswith("asking, ")


def test_what_is_absent_or_lost_is_said(monkeypatch):
    written = io.StringIO()
    absent = FrameworkRecord(name="jax", versions={}, flags={}, absent="no module")
    with Progress(console=Console(file=written, width=80)) as progress:
        progress.watch(Loaded(record=absent))
        progress.watch(Lost(framework="torch", reason="3 questions were not asked"))
    assert written.getvalue().splitlines() == [
        "jax: absent (no module)",
        "torch: 3 questions were not asked",
    ]
