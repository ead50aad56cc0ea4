"""What can go wrong between a requirement and a run of it."""

from __future__ import annotations

USAGE, INCOMPLETE = 2, 3


class UpgradeError(ValueError):
    """An upgrade cannot be looked at; the message says why, in one line.

    Attributes:
        status: The exit status: 2 if the command asks for what there is not, 3 if it could not be
            carried out.
    """

    def __init__(self, message: str, status: int = USAGE) -> None:
        super().__init__(" ".join(message.split()))
        self.status = status


class UnknownNameError(UpgradeError):
    """The suite in an environment knows nothing of a name: no other release will."""
