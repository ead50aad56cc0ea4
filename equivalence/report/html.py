"""The HTML report: one page without network and script, the same bytes for the same run."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from equivalence.cases.answers import QUANTITIES
from equivalence.changes import compare
from equivalence.finding import Verdict
from equivalence.records import DIED
from equivalence.report import against, matrix, words
from equivalence.report.curves import charts
from equivalence.report.divisors import divisors
from equivalence.report.drawing import HEIGHT, WIDTH, draw
from equivalence.report.families import families
from equivalence.report.formula import formula
from equivalence.report.grouping import Block, Group, fragment, groups
from equivalence.report.narrow import measure
from equivalence.report.permalinks import anchors, named
from equivalence.report.summary import summarise
from equivalence.report.translations import translations
from equivalence.report.undefined import undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from equivalence.finding import Finding
    from equivalence.report.summary import Summary
    from equivalence.results import DivergenceRecord, Run

TONES = ("fails", "catalogued", "agrees", "undefined")
ROOMY = 3_000  # cells of a page that has room for the numbers of plots as tables
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

    @property
    def words(self) -> tuple[str, ...]:
        """What can be chosen."""
        return tuple(name for name, _ in self.choices)

    def index(self, choice: str) -> int:
        """The place of a choice."""
        return [name for name, _ in self.choices].index(choice)


def filters(summary: Summary, losses: tuple[str, ...]) -> dict[str, Filter]:
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
        "loss": choose("loss", "l", [cell.loss for cell in cells], losses),
    }


def _text(value: Any) -> Any:
    """What the page prints of anything that is not markup of its own."""
    return value if isinstance(value, Markup) else words.visible(str(value))


def _without(text: str, start: str) -> str:
    """The text without its first sentence, where that is already printed."""
    return text[len(start) :].strip() if text.startswith(start) else text


def _stretches(entries: Iterable[Any]) -> list[tuple[Any, int]]:
    """The entries of a row, those in a row that are nothing as one, with their number."""
    found: list[tuple[Any, int]] = []
    for entry in entries:
        if entry is None and found and found[-1][0] is None:
            found[-1] = (None, found[-1][1] + 1)
        else:
            found.append((entry, 1))
    return found


def _standings(groups_: tuple[Group, ...]) -> list[tuple[str, list[Group]]]:
    """The groups by standing: what may be a defect first, what nothing is said about last."""
    found: dict[str, list[Group]] = {}
    for group in groups_:
        found.setdefault(group.standing, []).append(group)
    return sorted(found.items(), key=lambda item: (not item[0], "defect" not in item[0], item[0]))


def _classes(blocks: Iterable[Block], filters_: dict[str, Filter]) -> str:
    """The classes by which the filters know some drill-downs: each of their cells', once."""
    found: dict[str, None] = {}
    for cell in (cell for block in blocks for cell in block.cells):
        worst = cell.worst
        for name in ("loss", "dtype", "quantity"):
            known = filters_[name]
            found[f"{known.letter}{known.index(getattr(worst, name))}"] = None
        found[words.TONES[cell.verdict]] = None
    return " ".join(found)


def _content(text: str) -> Markup:
    """The text as what an element holds, where quotes are themselves; not for an attribute."""
    return Markup(html.escape(words.visible(text), quote=False))  # noqa: S704 -- escaped


def _breakable(text: str) -> Markup:
    """The name with places where a line may break."""
    return Markup("_<wbr>").join(words.visible(text).split("_"))


@functools.cache
def templates() -> jinja2.Environment:
    """The templates of the pages, and what they may call."""
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
        formula,
        fragment,
        anchors,
        named,
    ):
        environment.filters[function.__name__] = function
    environment.filters |= {
        "without": _without,
        "breakable": _breakable,
        "groupby_standing": _standings,
        "classes": _classes,
        "content": _content,
        "stretches": _stretches,
        "extract": lambda name, keys: keys[name],
    }
    environment.globals |= {
        "MARKS": words.MARKS,
        "TONES": words.TONES,
        "NEWS": words.NEWS,
        "MEANINGS": words.MEANINGS,
        "VERDICTS": tuple(Verdict),
        "UNDEFINED": Verdict.UNDEFINED,
        "SHOWN": against.SHOWN,
        "WIDTH": WIDTH,
        "HEIGHT": HEIGHT,
        "DIED": DIED,
    }
    return environment


def _script() -> Markup:
    """The script that only adds to the page; the page's policy names it by its hash."""
    return Markup(page_file("page.js"))  # noqa: S704 -- our own file


def page_file(name: str) -> str:
    """A file that stands beside the templates."""
    return (resources.files("equivalence.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """The hash by which a Content-Security-Policy allows a script."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def render_html(
    run: Run, *, reproduce: Callable[[Finding], str], baseline: Run | None = None
) -> str:
    """The page of a run.

    Args:
        run: What is reported. Everything in it is taken for text: it is escaped, and only web
            addresses become links.
        reproduce: The reproduction of a finding in plain framework code; it is asked for the
            finding with the smallest input of each block of red and amber cells, while there is
            room.
        baseline: A run that was made before; the page says first what is new against it.
    """
    summary = summarise(run)
    red, amber = groups(run, summary, reproduce)
    catalogue = {record.name: record for record in run.environment.divergences}

    def known(names: tuple[str, ...]) -> list[DivergenceRecord]:
        return [catalogue[name] for name in names if name in catalogue]

    losses = tuple(loss.name for loss in run.environment.losses)
    script = _script()
    drawn = {loss: tuple(map(draw, found)) for loss, found in charts(run).items()}
    return (
        templates()
        .get_template("page.html.j2")
        .render(
            style=Markup(page_file("page.css")),  # noqa: S704 -- our own file
            script=script,
            script_hash=_hash(script),
            against=None if baseline is None else compare(baseline, run),
            speech=against,
            fragments={cell.id: cell.fragment for cell in summary.cells},
            drawings=drawn,
            roomy=sum(cell.verdict.asked for cell in summary.cells) <= ROOMY,
            families=families(run),
            translations=translations(run),
            environment=run.environment,
            summary=summary,
            mark=summary.mark,
            records={record.name: record for record in run.environment.frameworks},
            records_of=lambda block: known(block.names),
            red=red,
            amber=amber,
            carded={group.name for group in amber if group.fragment},
            undefined=undefined(run),
            tabs=matrix.tabs(summary, losses),
            divisors=divisors(run, summary, losses),
            filters=filters(summary, losses),
        )
    )
