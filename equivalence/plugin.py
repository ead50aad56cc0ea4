"""The pytest plugin: its options, and who is asked.

It is loaded in every session where the package is installed. It imports nothing and says nothing
unless the laws are collected or one of its options is given.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from equivalence.keeper import FILES, Keeper

if TYPE_CHECKING:
    from equivalence.asking import Request

REQUEST = pytest.StashKey["Request"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The same words as on the command line."""
    group = parser.getgroup("equivalence", "equivalence: who computes which loss, and how exactly")
    group.addoption(
        "--equivalence-profile",
        default="quick",
        metavar="PROFILE",
        help="quick (each level; default) or full (triples, and pairs of slow frameworks)",
    )
    group.addoption(
        "--equivalence-frameworks", metavar="A,B", help="ask only these, which must be there"
    )
    group.addoption("--equivalence-require", default="", metavar="A,B", help="these must be there")
    group.addoption(
        "--equivalence-select",
        action="append",
        default=[],
        metavar="SELECT",
        help="which cells are asked, by parts of their names, ! negates; several are and-ed",
    )
    group.addoption(
        "--equivalence-run",
        metavar="RUN.jsonl",
        help="write the run, one finding a line, as they come",
    )
    group.addoption("--equivalence-html", metavar="PAGE.html", help="write the report")
    group.addoption(
        "--equivalence-baseline",
        metavar="FILE",
        help="say what is new against an accepted run, and fail if something is",
    )
    group.addoption(
        "--equivalence-shard",
        default="",
        metavar="I/N",
        help="ask the Ith of N parts; `equivalence merge` joins their run files",
    )
    group.addoption(
        "--equivalence-pending",
        metavar="FOLDER",
        help="write counterexamples of the relations there, ready for fixtures/cases",
    )
    group.addoption(
        "--equivalence-strict",
        action="store_true",
        help="fail also where only the catalogue explains a difference",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Checks the options before anything is collected.

    Raises:
        pytest.UsageError: If something that is named is unknown, absent, or cannot be written.
    """
    if hasattr(config, "workerinput"):
        return
    options = config.option
    if options.equivalence_frameworks or options.equivalence_require or options.equivalence_select:
        _check_frameworks(requested(config))
    elif options.equivalence_profile != "quick" or options.equivalence_shard:
        requested(config)
    if options.equivalence_baseline:
        _check_baseline(Path(options.equivalence_baseline))
    for name in FILES:
        if config.getoption(f"equivalence_{name}"):
            _check_writable(Path(config.getoption(f"equivalence_{name}")))
    config.pluginmanager.register(Keeper(config), "equivalence.keeper")


def requested(config: pytest.Config) -> Request:
    """What the options ask for.

    Raises:
        pytest.UsageError: If something that is named is unknown or absent.
    """
    if REQUEST not in config.stash:
        from equivalence.running import request

        options = config.option
        named = options.equivalence_frameworks
        try:
            config.stash[REQUEST] = request(
                options.equivalence_select,
                profile=options.equivalence_profile,
                frameworks=None if named is None else _names(named),
                require=_names(options.equivalence_require),
                shard=options.equivalence_shard,
            )
        except (
            ValueError
        ) as error:  # whatever is wrong with a word or a pinned file, told in one line
            raise pytest.UsageError(str(error)) from error
    return config.stash[REQUEST]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_frameworks(request: Request) -> None:
    """Imports what must be there, and what is selected by name."""
    from equivalence.asking import implementations_of
    from equivalence.implementations import FRAMEWORKS, ready
    from equivalence.running import absent_message

    named = request.frameworks if request.selection.words else request.required
    for name in named:
        reason = ready(name) if name in FRAMEWORKS else ""
        if reason and name in request.required:
            raise pytest.UsageError(absent_message(name, reason))
        mine = implementations_of(name)
        try:
            request.selection.check(
                name, [f"{known}@{mode}" for known in mine for mode in known.offered_modes]
            )
        except ValueError as error:
            raise pytest.UsageError(str(error)) from error


def _check_baseline(path: Path) -> None:
    """Reads the baseline before anything is asked; there may be none yet."""
    from equivalence.environment import system
    from equivalence.recorded import recorded
    from equivalence.results import RunFileError

    path = path / f"{system()}.jsonl" if path.is_dir() else path
    if path.is_file():
        try:
            recorded(path)
        except RunFileError as error:
            raise pytest.UsageError(str(error)) from error


def _check_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise pytest.UsageError(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is asked of whom, and who is absent; nothing where the laws are not named."""
    if not _collects_laws(config):
        return []
    from equivalence.running import AbsentError, how_to_install, request

    def absent(name: str) -> bool:
        try:
            request(require=[name])
        except AbsentError:
            return True
        return False

    names = requested(config).frameworks
    asked = ", ".join(name for name in names if not absent(name)) or "nobody"
    profile = config.option.equivalence_profile
    missing = [f"{name} is absent; {how_to_install(name)}" for name in names if absent(name)]
    return [f"equivalence: {line}" for line in (f"{profile} profile, asked of {asked}", *missing)]


def _collects_laws(config: pytest.Config) -> bool:
    """Whether the command line names the package or something in it."""
    package = Path(__file__).resolve().parent
    for argument in config.args:
        name = argument.partition("::")[0]
        if config.option.pyargs and name.partition(".")[0] == package.name:
            return True
        path = (config.invocation_params.dir / name).resolve()
        if path == package or package in path.parents:
            return True
    return False
