"""Released versions of a distribution, as the index has them."""

from __future__ import annotations

import re
import subprocess
import sys

from packaging.version import InvalidVersion, Version

from equivalence.upgrading.errors import INCOMPLETE, UpgradeError

_LISTED = re.compile(r"^Available versions: (.*)$", re.MULTILINE)


def released(name: str, python: str = "") -> tuple[Version, ...]:
    """The versions with wheels for this Python, oldest first, without pre-releases.

    ``pip index versions`` asks the index that pip is configured with, whatever serves it.

    Raises:
        UpgradeError: If the index has no such distribution, or does not answer.
    """
    command = [python or sys.executable, "-m", "pip", "index", "versions", name]
    command += ["--disable-pip-version-check", "--only-binary", ":all:"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _LISTED.search(done.stdout)
    if done.returncode or found is None:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        said = (lines or done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        missing = "No matching distribution" in said
        message = f"the versions of {name!r} are not known: {said.removeprefix('ERROR: ')}"
        raise UpgradeError(message) if missing else UpgradeError(message, INCOMPLETE)
    return parsed(found[1].split(","))


def parsed(words: list[str]) -> tuple[Version, ...]:
    """Versions, oldest first; what is no version or a pre-release is left out.

    >>> [str(version) for version in parsed(["1.10.0", "1.9.1", "1.10.0rc1", "x"])]
    ['1.9.1', '1.10.0']
    """
    found = []
    for word in words:
        try:
            version = Version(word.strip())
        except InvalidVersion:
            continue
        if not version.is_prerelease:
            found.append(version)
    return tuple(sorted(set(found)))


def between(versions: tuple[Version, ...], first: str, last: str) -> tuple[Version, ...]:
    """The versions from one to another; of ``1.9`` its last release is the end.

    >>> known = parsed(["1.1.0", "1.1.3", "1.2.0", "1.9.0", "1.9.1", "1.10.0"])
    >>> [str(version) for version in between(known, "1.1.3", "1.9")]
    ['1.1.3', '1.2.0', '1.9.0', '1.9.1']

    Raises:
        UpgradeError: If a bound is no version, or fewer than two lie between.
    """
    low, high = (_version(word) for word in (first, last))
    parts = high.release
    kept = tuple(
        version
        for version in versions
        if version >= low and (version <= high or version.release[: len(parts)] == parts)
    )
    if len(kept) < 2:
        known = f"{versions[0]} to {versions[-1]}" if versions else "none"
        message = f"fewer than two releases from {first} to {last}; the index has {known}"
        raise UpgradeError(message)
    return kept


def minors(versions: tuple[Version, ...]) -> tuple[Version, ...]:
    """Of every minor release the last patch.

    >>> [str(version) for version in minors(parsed(["1.1.0", "1.1.3", "1.2.0"]))]
    ['1.1.3', '1.2.0']
    """
    return tuple({version.release[:2]: version for version in versions}.values())


def _version(word: str) -> Version:
    try:
        return Version(word)
    except InvalidVersion as error:
        message = f"{word!r} is no version; '1.4' or '1.4.2' is one"
        raise UpgradeError(message) from error
