"""A workflow for GitHub Actions that hears of changes before a merge."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from equivalence.selection import nearest
from equivalence.upgrading.errors import UpgradeError

USUAL = {"github": Path(".github/workflows/equivalence.yml")}


def workflow() -> str:
    """The workflow, as it is written."""
    file = resources.files("equivalence.upgrading") / "workflow.yml"
    return file.read_text(encoding="utf-8")


def write_workflow(where: str, path: Path, *, force: bool) -> Path:
    """Writes the workflow for a service to its usual file, or to another.

    Raises:
        UpgradeError: If there is no such service, the file is there, or it cannot be written.
    """
    if where not in USUAL:
        message = f"there is no workflow for {where!r}; {nearest(where, USUAL)}"
        raise UpgradeError(message)
    path = path if path.name else USUAL[where]
    if path.exists() and not force:
        message = f"{path} is there; --force overwrites it, -o FILE writes another"
        raise UpgradeError(message)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(workflow(), encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}); name another: -o FILE"
        raise UpgradeError(message) from error
    return path
