"""Reports of a run: an HTML page, Markdown for a job summary, and the counts that they share."""

from __future__ import annotations

from equivalence.report.counts import Counts
from equivalence.report.html import render_html
from equivalence.report.markdown import render_markdown
from equivalence.report.summary import Cell, Part, Summary, summarise

__all__ = ["Cell", "Counts", "Part", "Summary", "render_html", "render_markdown", "summarise"]
