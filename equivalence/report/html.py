"""The HTML report: one page without network and script, the same bytes for the same run."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from equivalence.finding import GRAVITY, Verdict
from equivalence.report import matrix, words
from equivalence.report.divisors import divisors
from equivalence.report.drilldown import describe
from equivalence.report.formula import formula
from equivalence.report.grouping import fragment, groups
from equivalence.report.summary import QUANTITIES, summarise
from equivalence.report.undefined import undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.finding import Finding
    from equivalence.report.counts import Counts
    from equivalence.report.summary import Summary
    from equivalence.results import Run

TONES = ("fails", "catalogued", "agrees", "undefined")
DTYPES = ("float16", "bfloat16", "float32", "float64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A row of radios: what cells can be narrowed to without a script.

    Attributes:
        name: Of the radios.
        letter: What the classes begin with: choice *i* of the dtypes shows the class ``d<i>``.
        choices: The words, and the number of cells of each.
    """

    name: str
    letter: str
    choices: tuple[tuple[str, int], ...]

    def index(self, choice: str) -> int:
        """The place of a choice."""
        return [name for name, _ in self.choices].index(choice)


def filters(summary: Summary) -> dict[str, Filter]:
    """The filters of a run's cells: what can be chosen, with the number of cells asked."""
    cells = [cell.worst for cell in summary.cells]
    frameworks = tuple(part.name for part in summary.frameworks)

    def choose(name: str, letter: str, words_: list[str], first: tuple[str, ...]) -> Filter:
        asked = Counter(
            word for word, cell in zip(words_, cells, strict=True) if cell.verdict.asked
        )
        order = [word for word in first if word in words_] + sorted(set(words_) - set(first))
        choices = tuple((word, asked[word]) for word in order)
        return Filter(name=name, letter=letter, choices=choices)

    return {
        "verdict": choose("verdict", "t", [words.TONES[cell.verdict] for cell in cells], TONES),
        "framework": choose("framework", "f", [cell.framework for cell in cells], frameworks),
        "dtype": choose("dtype", "d", [cell.dtype for cell in cells], DTYPES),
        "quantity": choose("quantity", "q", [cell.quantity for cell in cells], QUANTITIES),
    }


def measure(verdict: Verdict, counts: Counts, share: float) -> str:
    """The number of a cell: the largest fraction of a bound, or how many of the asked are so."""
    if verdict is Verdict.AGREES:
        return words.figure(share) if share == share else ""  # noqa: PLR0124 -- not NaN
    if not verdict.asked:
        return ""
    return f"{counts[verdict]}/{counts.asked}"


def _text(value: Any) -> Any:
    """What the page prints of anything that is not markup of its own."""
    return value if isinstance(value, Markup) else words.visible(str(value))


def _without(text: str, start: str) -> str:
    """The text without its first sentence, where that is already printed."""
    return text[len(start) :].strip() if text.startswith(start) else text


def _breakable(text: str) -> Markup:
    """The name with places where a line may break."""
    return Markup("_<wbr>").join(words.visible(text).split("_"))


@functools.cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("equivalence.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_text,
    )
    for function in (
        words.figure,
        words.short,
        words.web,
        words.href,
        words.plural,
        measure,
        describe,
        formula,
        fragment,
    ):
        environment.filters[function.__name__] = function
    environment.filters |= {"without": _without, "breakable": _breakable}
    environment.globals |= {
        "MARKS": words.MARKS,
        "TONES": words.TONES,
        "MEANINGS": words.MEANINGS,
        "GRAVITY": GRAVITY,
        "VERDICTS": tuple(Verdict),
        "UNDEFINED": Verdict.UNDEFINED,
    }
    return environment


def render_html(run: Run, *, reproduce: Callable[[Finding], str]) -> str:
    """The page of a run.

    Args:
        run: What is reported. Everything in it is taken for text: it is escaped, and only web
            addresses become links.
        reproduce: The reproduction of a finding in plain framework code; it is asked for the worst
            finding of red and amber cells only.
    """
    summary = summarise(run)
    red, amber = groups(run, summary, reproduce)
    losses = tuple(loss.name for loss in run.environment.losses)
    style = (resources.files("equivalence.report") / "templates" / "page.css").read_text(
        encoding="utf-8"
    )
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            style=Markup(style),  # noqa: S704 -- our own file
            run=run,
            environment=run.environment,
            summary=summary,
            mark=summary.mark,
            records={record.name: record for record in run.environment.frameworks},
            red=red,
            amber=amber,
            undefined=undefined(run),
            tabs=matrix.tabs(summary, losses),
            divisors=divisors(summary, losses),
            filters=filters(summary),
        )
    )
