"""Progress: how far a run has come, on stderr while it goes on."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from equivalence.events import Event, Finished, Judged, Loaded, Lost
from equivalence.report.words import plural

if TYPE_CHECKING:
    from typing_extensions import Self

BAR = 24  # characters of a full bar
SHORT = 8  # characters for which there must be room, or there is no bar
LONG = 20  # characters for which there must be room, or it is not said what is asked
OFTEN = 8  # times a second that the block is drawn anew


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a run has come: one live block on a terminal, one line a framework elsewhere."""

    console: Console
    questions: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    red: Counter[str] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)
    _live: Live | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal and not os.environ.get("CI"):
            self._live = Live(
                console=self.console,
                get_renderable=self.block,
                refresh_per_second=OFTEN,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def watch(self, event: Event) -> None:
        """Takes notice of an event."""
        if isinstance(event, Loaded):
            name = event.record.name
            self.questions[name] = sum(count for _, count in event.questions)
            if event.record.absent:
                self._say(f"{name}: absent ({event.record.absent})")
            else:
                self._finish(name)
        elif isinstance(event, Judged):
            first = event.findings[0]
            self.judged[first.framework] += 1
            self.last[first.framework] = f"{first.implementation}@{first.mode}"
            self.red[first.framework] += sum(finding.verdict.fails for finding in event.findings)
        elif isinstance(event, Finished):
            self._finish(event.framework)
        elif isinstance(event, Lost):
            self._say(f"{event.framework}: {event.reason}")

    def block(self) -> Group:
        """One row for each framework: a bar, how many questions were answered, what is asked.

        Where the terminal is narrow what is asked is left out first, then the bar: no row is
        broken, and no number cut.
        """
        table = Table.grid(padding=(0, 1))
        rows = [self._row(name) for name, total in self.questions.items() if total]
        fixed = sum(max((len(row[place]) for row in rows), default=0) + 1 for place in (0, 1))
        room = self.console.width - fixed
        size = min(BAR, room // 2) if room > 2 * SHORT else 0
        for (name, counted, asked), share in zip(rows, self._shares(), strict=True):
            cells = [Text(name, no_wrap=True), *([Text(bar(share, size))] if size else []), counted]
            if room - size > LONG:
                cells.append(Text(asked, style="dim", no_wrap=True, overflow="ellipsis"))
            table.add_row(*cells)
        going = "asking" if rows else "loading the frameworks"
        return Group(table, Text(f"{going}, {self._seconds()}"))

    def _row(self, name: str) -> tuple[str, Text, str]:
        """A framework, how many of its questions were answered, and who is asked."""
        total, judged, red = self.questions[name], self.judged[name], self.red[name]
        counted = Text(f"{judged:,} of {total:,}", no_wrap=True)
        if red:
            counted.append(f" {red:,} red", style="red")
        asked = "" if judged >= total else self.last.get(name, "").removeprefix(f"{name}.")
        return name, counted, asked

    def _shares(self) -> list[float]:
        return [self.judged[name] / total for name, total in self.questions.items() if total]

    def _finish(self, name: str) -> None:
        if (
            self.judged[name] >= self.questions[name]
            and self.questions[name]
            and name not in self.done
        ):
            self.done.add(name)
            red = f", {self.red[name]:,} red" if self.red[name] else ""
            if self._live is None:
                count = plural(self.judged[name], "question")
                self._say(f"{name}: {count}{red}, after {self._seconds()}")

    def _seconds(self) -> str:
        return f"{time.monotonic() - self.began:.0f} s"

    def _say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


def bar(share: float, size: int = BAR) -> str:
    """A bar of blocks.

    >>> bar(0.5).rstrip(), bar(0.5, 3)
    ('████████████', '█▌ ')
    """
    eighths = round(min(share, 1.0) * size * 8)
    full, rest = divmod(eighths, 8)
    part = " ▏▎▍▌▋▊▉"[rest] if rest else ""
    return f"{'█' * full}{part}".ljust(size)
