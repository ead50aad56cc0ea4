"""Environments: each set of requirements in one of its own, with this suite, built once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from equivalence.upgrading.errors import INCOMPLETE, UpgradeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from equivalence.upgrading.requirements import Requirements

DISTRIBUTION = "loss-equivalence"
_DONE = "equivalence.json"  # written into an environment once it is whole
_WINDOWS = os.name == "nt"
_UNFINDABLE = ("no matching distribution", "no solution found", "conflict", "unsatisfiable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """How environments are built.

    Attributes:
        cache: The folder that holds them.
        python: The interpreter: a path, a name or a version.
        extra: Requirements of every environment.
        uv: The path of uv; empty if venv and pip do it.
        say: Is told what is being done.
    """

    cache: Path
    python: str
    extra: tuple[str, ...] = ()
    uv: str = ""
    say: Callable[[str], None] = lambda _: None


def default_cache() -> Path:
    """Where environments are kept, unless another folder is named."""
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(given) if given else Path.home() / ".cache") / "equivalence" / "environments"


def find_uv() -> str:
    """The path of uv; empty if it is not there."""
    return shutil.which("uv") or ""


def suite() -> tuple[str, ...]:
    """How pip is told to install this suite: the checkout, the wheel it came from, or its version.

    >>> all(isinstance(word, str) for word in suite())
    True
    """
    try:
        distribution = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return ("-e", str(Path(__file__).resolve().parents[2]))
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        path = unquote(urlparse(url).path)
        editable = origin.get("dir_info", {}).get("editable", False)
        return ("-e", path) if editable else (path,)
    return (url,) if url else (f"{DISTRIBUTION}=={distribution.version}",)


def build(requirements: Requirements, builder: Builder) -> Path:
    """The folder of an environment that holds some requirements and this suite.

    Raises:
        UpgradeError: If it cannot be built; the message holds the last line of the installer.
    """
    asked = (*requirements.words, *requirements.added, *builder.extra)
    folder = builder.cache / f"{requirements.label[:60]}-{_key(requirements, asked, builder)}"
    if (folder / _DONE).is_file() and program(folder, "python").exists():
        return folder
    builder.say(f"building an environment: {' '.join(asked)} ({'uv' if builder.uv else 'pip'})")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        builder.cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{builder.cache} cannot be made ({error.strerror}); name another: --cache FOLDER"
        raise UpgradeError(message) from error
    _create(folder, builder)
    python = str(program(folder, "python"))
    install = (
        [builder.uv, "pip", "install", "--quiet", "--python", python]
        if builder.uv
        else [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    )
    # A framework that would have to be compiled here is not what anybody upgrades to.
    wheels = [word for name in requirements.frameworks for word in ("--only-binary", name)]
    done = _run([*install, *wheels, *asked, *suite()])
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise _failure(requirements, done.stderr or done.stdout)
    (folder / _DONE).write_text(json.dumps({"requirements": asked, "suite": suite()}) + "\n")
    return folder


def program(folder: Path, name: str) -> Path:
    """A program of an environment."""
    return folder / ("Scripts" if _WINDOWS else "bin") / f"{name}{'.exe' if _WINDOWS else ''}"


def _key(requirements: Requirements, asked: tuple[str, ...], builder: Builder) -> str:
    """A digest of all that decides what an environment holds."""
    parts = [*asked, *suite(), builder.python, metadata.version("packaging")]
    if not requirements.pinned:  # what it resolves to changes with the index
        parts.append(time.strftime("%Y-%m-%d"))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=5).hexdigest()


def _create(folder: Path, builder: Builder) -> None:
    if builder.uv:
        done = _run([builder.uv, "venv", "--quiet", "--python", builder.python, str(folder)])
    else:
        python = builder.python
        found = shutil.which(python) or shutil.which(f"python{python}")
        if found is None:
            message = f"there is no Python {python!r} here; name another: --python python3.11"
            raise UpgradeError(message)
        done = _run([found, "-m", "venv", str(folder)])
    if done.returncode:
        last = _last(done.stderr or done.stdout)
        message = f"no environment can be made with --python {builder.python}: {last}"
        raise UpgradeError(message, INCOMPLETE)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    environment.pop("PYTHONPATH", None)
    environment.pop("VIRTUAL_ENV", None)
    # uv does not read pip's own variables.
    for pip, uv in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_EXTRA_INDEX_URL", "UV_INDEX")):
        if pip in environment:
            environment.setdefault(uv, environment[pip])
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.lower().startswith(("hint", "[notice", "warning"))]
    return (told or lines or ["no reason given"])[-1]


def _failure(requirements: Requirements, text: str) -> UpgradeError:
    """What an installer said, in one line: what there is not is the user's, all else is not."""
    lowered = text.lower()
    missing = any(words in lowered for words in _UNFINDABLE)
    # uv wraps its explanation over several lines.
    said = " ".join(text.split()) if "No solution found" in text else _last(text)
    message = f"{requirements} cannot be installed: {said[:600]}"
    return UpgradeError(message) if missing else UpgradeError(message, INCOMPLETE)


def this_python() -> str:
    """The interpreter that runs this."""
    return sys.executable
