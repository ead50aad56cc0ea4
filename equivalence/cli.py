"""The command line: ``equivalence`` and its verbs."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from typing import NoReturn

import equivalence
from equivalence.arguments import COMPARISONS, add_guard
from equivalence.upgrading import arguments

OK, FAILS, USAGE, INCOMPLETE, NOTHING = 0, 1, 2, 3, 5
NOUNS = ("losses", "implementations", "divergences", "cases", "claims")
FORMATS = ("html", "markdown", "json")
STATUS = """\
exit status:
  0  nothing fails           1  something diverges, is retired or crashed
  2  usage                   3  incomplete: a required framework is absent, or the run was cut short
  5  nothing selected
"""
SELECT = """\
SELECT matches parts of loss:target:reduction:dtype:quantity:implementation@mode:case, in this
order, by * and ?; parts may be left out, ! in front negates, several are and-ed:
  sparse:mean   torch   'torch.nn.*'   cross_entropy:float64:gradient   '!@graph'   'pinned.*'

"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest right words."""

    def error(self, message: str) -> NoReturn:
        _say(f"{message}; `{self.prog} --help` says more")
        raise SystemExit(USAGE)


def _say(message: str) -> None:
    print(f"equivalence: {' '.join(message.split())}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(
        prog="equivalence",
        description="Asks every installed framework for the same losses: who differs, and why.\n"
        "Without a verb: the quick profile, a table, reports/run.jsonl and reports/index.html.",
        epilog=f"{STATUS}\nexample:\n  equivalence run cross_entropy --frameworks torch,sklearn",
        formatter_class=raw,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"equivalence {equivalence.__version__}"
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", parser_class=_Parser)

    def verb(name: str, summary: str, example: str, notes: str = "") -> argparse.ArgumentParser:
        epilog = f"{notes}example:\n  {example}"
        return verbs.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=epilog,
            formatter_class=raw,
            allow_abbrev=False,
        )

    run = verb(
        "run",
        "ask the selected questions; print a table",
        "equivalence run sparse:mean '!@graph' -o run.jsonl --html page.html",
        f"{SELECT}{STATUS}\n",
    )
    run.add_argument("select", nargs="*", metavar="SELECT", help="which cells; all by default")
    run.add_argument(
        "--profile",
        help="quick (each level; default) or full (triples, and pairs of slow frameworks)",
    )
    run.add_argument(
        "--frameworks", type=_names, metavar="A,B", help="ask only these, which must be there"
    )
    run.add_argument(
        "--require", type=_names, default=(), metavar="A,B", help="these must be there"
    )
    run.add_argument(
        "-o",
        "--output",
        metavar="RUN.jsonl",
        help="write the run, one finding a line, as they come",
    )
    run.add_argument("--html", metavar="PAGE.html", help="write the report")
    run.add_argument(
        "-n", "--processes", type=_count, metavar="N", help="worker processes; 0 asks in this one"
    )
    run.add_argument(
        "--time-limit",
        type=_seconds,
        metavar="SECONDS",
        help="for each question, 240 by default: what takes longer is killed, and has crashed",
    )
    run.add_argument(
        "--baseline", metavar="FILE", help="say what is new against it; only that fails the run"
    )
    run.add_argument(
        "--shard", default="", metavar="I/N", help="ask the Ith of N parts; `merge` joins them"
    )
    run.add_argument(
        "--resume", metavar="RUN.jsonl", help="ask what is left of a run that was cut short"
    )

    report = verb(
        "report", "make a report of one or more runs", "equivalence report run.jsonl -o page.html"
    )
    report.add_argument("runs", nargs="+", metavar="RUN.jsonl", help="several are merged")
    report.add_argument(
        "-o", "--output", metavar="PAGE", help="by default RUN.html; Markdown and JSON go to stdout"
    )
    report.add_argument(
        "--baseline", metavar="OLD.jsonl", help="say first what is new against a run or baseline"
    )
    report.add_argument("--format", default="html", help="html (default), markdown or json")

    add_guard(verb, f"{SELECT}{STATUS}\n")
    cell = "cross_entropy:sparse:mean:float32:value:torch.cross_entropy@eager"
    finding = f"{cell}:normal.rows.plain.0"
    explain = verb(
        "explain", "ask a finding again, and say it in words", f"equivalence explain {cell}"
    )
    explain.add_argument("name", metavar="CELL-OR-FINDING", help="of a cell, the gravest finding")
    explain.add_argument(
        "--profile", default="quick", help="which cases a cell has: quick (default) or full"
    )

    reproduce = verb(
        "reproduce", "print a finding as plain framework code", f"equivalence reproduce {finding}"
    )
    reproduce.add_argument("name", metavar="FINDING", help="of a cell, the gravest finding")
    reproduce.add_argument(
        "--run", metavar="RUN.jsonl", help="a run that holds it; its framework is not needed then"
    )
    reproduce.add_argument(
        "--profile", default="quick", help="which cases a cell has: quick (default) or full"
    )

    listing = verb("list", "print what there is", "equivalence list implementations")
    listing.add_argument("noun", nargs="?", metavar="NOUN", help=", ".join(NOUNS))
    listing.add_argument("--frameworks", type=_names, metavar="A,B", help="of these only")
    listing.add_argument(
        "--defects",
        action="store_true",
        help="of divergences: the defect candidates, asked now: smallest input, got, exact",
    )
    listing.add_argument(
        "--markdown", action="store_true", help="of divergences: the page of the documentation"
    )
    listing.add_argument(
        "--open",
        metavar="RUN.jsonl",
        help="of divergences: what a run found and nobody can explain, each with a smallest input",
    )
    arguments.add(verb, _names)
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _count(text: str) -> int:
    if not text.isdigit():
        message = f"{text!r} is no number of processes"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        message = f"{text!r} is no number of seconds"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _nearest(wrong: str, known: tuple[str, ...]) -> str:
    from equivalence.selection import nearest

    return nearest(wrong, known)


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the verbs."""
    actions = parser._actions  # noqa: SLF001 - argparse has no other way to ask
    return next(dict(action.choices) for action in actions if isinstance(action.choices, dict))


def _parsed(words: list[str]) -> argparse.Namespace:
    """The arguments; what is unknown among them is told with the nearest right word."""
    parser = _parser()
    verbs = _choices(parser)
    first = words[0] if words else "-"
    if not first.startswith("-") and first not in verbs:
        parser.error(f"there is no verb {first!r}; {_nearest(first, tuple(verbs))}")
    parsed, unknown = parser.parse_known_args(words)
    if unknown:
        chosen = verbs.get(parsed.verb, parser)
        options = chosen._option_string_actions  # noqa: SLF001 - as above
        known = tuple(word for word in options if word.startswith("--"))
        what = "option" if unknown[0].startswith("-") else "argument"
        chosen.error(f"there is no {what} {unknown[0]!r}; {_nearest(unknown[0], known)}")
    formats = COMPARISONS if parsed.verb == "compare" else FORMATS
    for name, known in (("noun", NOUNS), ("format", formats), ("profile", ("quick", "full"))):
        given = getattr(parsed, name, None)
        if given is not None and given not in known:
            verbs[parsed.verb].error(f"there is no {name} {given!r}; {_nearest(given, known)}")
    return parsed


def _function(verb: str | None) -> Callable[[argparse.Namespace], int]:
    """What a verb does; the verbs about versions are imported only if asked for."""
    from equivalence import verbs

    if verb in verbs.VERBS:
        return verbs.VERBS[verb]
    from equivalence.upgrading.verbs import VERBS

    return VERBS[str(verb)]


def main(arguments: list[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: Those of the command line, without the program; ``sys.argv`` by default.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        parsed = _parsed(given)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    parsed.command = f"equivalence {shlex.join(given)}".strip()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: unpinned runtimes fight
    os.environ.setdefault("PYTHONHASHSEED", "0")  # for workers: some exceptions print sets
    from equivalence import verbs
    from equivalence.accepting import AcceptError
    from equivalence.cases.pinned import PinnedCaseError
    from equivalence.merging import MergeError
    from equivalence.reproduction import ReproductionError
    from equivalence.results import RunFileError
    from equivalence.resuming import ResumeError
    from equivalence.running import AbsentError
    from equivalence.selection import NothingSelectedError, SelectError
    from equivalence.shards import ShardError
    from equivalence.upgrading.errors import UpgradeError

    try:
        status: int = _function(parsed.verb)(parsed)
    except UpgradeError as error:
        _say(str(error))
        return error.status
    except AbsentError as error:
        _say(str(error))
        return INCOMPLETE
    except NothingSelectedError as error:
        _say(str(error))
        return NOTHING
    except (
        SelectError,
        ReproductionError,
        RunFileError,
        MergeError,
        AcceptError,
        ResumeError,
        ShardError,
        PinnedCaseError,
        verbs.UsageError,
    ) as error:
        _say(str(error))
        return USAGE
    except KeyboardInterrupt:
        _say("stopped")
        return INCOMPLETE
    except BrokenPipeError:  # whoever read the table has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return status
