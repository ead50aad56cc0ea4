"""The arguments of the verbs about versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Verb = Callable[..., argparse.ArgumentParser]


def add(verb: Verb, names: Callable[[str], tuple[str, ...]]) -> None:
    """Adds the verbs to the command line.

    Args:
        verb: Makes the parser of a verb from its name, a summary, an example and notes.
        names: Reads a list of names.
    """
    upgrade = verb(
        "upgrade",
        "compare versions of a framework, each in an environment of its own",
        "equivalence upgrade 'scikit-learn==1.4.2' 'scikit-learn==1.5.2'",
        "Environments are built with uv where it is there, else with venv and pip, and kept.\n"
        "Writes the runs, index.html and summary.md. More than two sets make a matrix.\n\n"
        "exit status: 0 nothing new, 1 something is, 2 usage (also: no such version),\n"
        "3 an environment could not be built, or a run was cut short\n\n",
    )
    upgrade.add_argument(
        "requirements", nargs="+", metavar="REQUIREMENTS", help="as pip takes them, older first"
    )
    upgrade.add_argument(
        "--select", action="append", default=[], metavar="SELECT", help="which cells; all"
    )
    upgrade.add_argument(
        "-o", "--output", metavar="FOLDER", help="where files go; reports/upgrade by default"
    )
    _common(upgrade, names)

    since = verb(
        "since",
        "find the release that changed a cell, by bisection",
        "equivalence since sklearn.log_loss_binary:float64 scikit-learn --from 1.1 --to 1.9",
    )
    since.add_argument("cell", metavar="CELL", help="a cell, or a selection of some")
    since.add_argument("package", metavar="PACKAGE", help="whose releases: scikit-learn")
    since.add_argument("--from", dest="first", metavar="VERSION", help="the oldest release")
    since.add_argument("--to", dest="last", metavar="VERSION", help="the newest release")
    _common(since, names)

    atlas = verb(
        "atlas",
        "show which release changed which cell, as a page",
        "equivalence atlas -o atlas.html",
        "Without --make: the page of the histories in fixtures/atlas, or of those named.\n\n",
    )
    atlas.add_argument("files", nargs="*", metavar="HISTORY.jsonl", help="histories to show")
    atlas.add_argument("-o", "--output", metavar="PAGE.html", help="reports/atlas.html by default")
    atlas.add_argument(
        "--make", metavar="PACKAGE", help="ask the last release of every minor version"
    )
    atlas.add_argument("--name", metavar="NAME", help="of the history's file; the package's")
    atlas.add_argument(
        "--runs", nargs="+", metavar="NAME-VERSION.jsonl", help="runs that were made before"
    )
    atlas.add_argument("--from", dest="first", metavar="VERSION", help="the oldest release")
    atlas.add_argument("--to", dest="last", metavar="VERSION", help="the newest release")
    atlas.add_argument(
        "--select", action="append", default=[], metavar="SELECT", help="which cells; all"
    )
    _common(atlas, names)

    init = verb(
        "init",
        "write a workflow that hears of changes before a merge",
        "equivalence init github",
    )
    init.add_argument("where", metavar="WHERE", help="github")
    init.add_argument("-o", "--output", metavar="FILE", help="another file than the usual one")
    init.add_argument("--force", action="store_true", help="overwrite a file that is there")


def _common(parser: argparse.ArgumentParser, names: Callable[[str], tuple[str, ...]]) -> None:
    parser.add_argument("--profile", default="quick", help="quick (default) or full")
    parser.add_argument(
        "--frameworks", type=names, metavar="A,B", help="by default those that are concerned"
    )
    parser.add_argument(
        "--with",
        dest="extra",
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help="in every environment: 'numpy<2'",
    )
    parser.add_argument("--python", metavar="PYTHON", help="the interpreter; by default this one")
    parser.add_argument("--cache", metavar="FOLDER", help="where environments are kept")
    parser.add_argument("--pip", action="store_true", help="venv and pip, also where uv is there")
