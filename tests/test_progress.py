"""Progress: a live block on a terminal, a line a framework elsewhere."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.console import Console

import equivalence
from equivalence.events import Loaded, Lost
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


@pytest.fixture
def program_in_terminal(tmp_path):
    """Starts the program in a pseudo-terminal and returns everything that it wrote there."""

    def start(*arguments, width, **variables):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, width, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in {"CI", "COLUMNS"}}
        kept |= {"TERM": "xterm-256color", "PYTHONPATH": str(Path(equivalence.__file__).parents[1])}
        process = subprocess.Popen(
            [sys.executable, "-m", "equivalence", *arguments, "--frameworks", "textbook"],
            cwd=tmp_path,
            env=kept | variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        written = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # so ends a terminal
                break
            written += read
            if not read:
                break
        os.close(ours)
        assert process.wait() == 0, written.decode()
        return written.decode()

    return start


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


@pytest.mark.parametrize("width", [20, 32, 40, 60, 80, 200])
def test_no_row_is_broken_and_no_number_cut_at_any_width(width):
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    progress = Progress(console=console)
    progress.questions.update({"tensorflow_v2": 6443, "torch": 4771, "sklearn": 0})
    progress.judged.update({"tensorflow_v2": 5000, "torch": 4771})
    progress.red.update({"torch": 65})
    progress.last["tensorflow_v2"] = (
        "tensorflow_v2.keras.BinaryCrossentropy(from_logits=True)@eager"
    )
    with console.capture() as captured:
        console.print(progress.block())
    lines = captured.get().splitlines()
    assert len(lines) == 3 or width < 32
    assert max(map(len, lines)) <= width
    if width >= 32:
        assert "5,000 of 6,443" in lines[0]
        assert "4,771 of 4,771 65 red" in lines[1] or width < 40
    assert ("█" in lines[0]) == (width >= 60)
    assert ("keras" in lines[0]) == (width >= 80)


def test_in_a_real_terminal_every_frame_stands_in_its_width(program_in_terminal):
    for width in (40, 80):
        screen = program_in_terminal("run", "negative_log_likelihood:sum:float32", width=width)
        assert "asking, " in screen
        assert "\x1b[?25h" in screen  # the cursor is shown again
        assert "textbook" in screen


def test_in_a_job_a_terminal_gets_a_line_a_framework(program_in_terminal):
    screen = program_in_terminal("run", "negative_log_likelihood:sum:float32", width=80, CI="1")
    assert screen.startswith("textbook: ")
    assert "\x1b[2K" not in screen


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
