"""A pinned file that is being checked: the readers of its parts, and its one line of complaint."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from equivalence.exact import FORMATS

_FITS = 60  # characters of a value that fit beside the rest of a line


class PinnedCaseError(ValueError):
    """A pinned file is broken; one line with the file, the key, the value and the way out."""


def _hexadecimal(text: str) -> float:
    return float.fromhex(text if "0x" in text else "")


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file that is being checked; ``broken`` makes its one line."""

    path: Path
    table: Mapping[str, Any]

    def broken(self, key: str, value: object, way_out: str) -> PinnedCaseError:
        """The error of a key's value, to be raised."""
        text = repr(value)
        text = text if len(text) <= _FITS else text[: _FITS - 3] + "..."
        return PinnedCaseError(f"{self.path}: {key} = {text}: {way_out}")

    def one_of(self, key: str, value: object, known: Collection[str]) -> str:
        """The value, if it is one of the known names."""
        if isinstance(value, str) and value in known:
            return value
        near = difflib.get_close_matches(str(value), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise self.broken(key, value, f"{hint}there are {', '.join(known)}")

    def several(
        self, key: str, default: tuple[str, ...], known: Collection[str]
    ) -> tuple[str, ...]:
        """The list of known names under a key."""
        values = self.table.get(key, list(default))
        if not isinstance(values, list) or not values:
            raise self.broken(key, values, f"write a list, such as {list(default)}")
        names = tuple(self.one_of(key, value, known) for value in values)
        if len(set(names)) < len(names):
            raise self.broken(key, values, "each may be named only once")
        return names

    def text(self, key: str) -> str:
        """The sentence under a key."""
        value = self.table[key]
        if not isinstance(value, str) or not value.strip():
            raise self.broken(key, value, "write a sentence")
        return value

    def floats(self, key: str, value: object) -> np.ndarray:
        """A regular nest of numbers, or of strings that hold hexadecimal floats, as float64."""

        def number(entry: object) -> Any:
            if isinstance(entry, list):
                return [number(part) for part in entry]
            if isinstance(entry, bool) or not isinstance(entry, int | float | str):
                raise self.broken(key, entry, "write a number")
            try:
                # Without 0x, float.fromhex would read "1.5" as 1 + 5/16.
                result = _hexadecimal(entry) if isinstance(entry, str) else float(entry)
            except (ValueError, OverflowError) as error:
                way = 'write a number that float64 holds, or a hexadecimal float such as "0x1.8p-3"'
                raise self.broken(key, entry, way) from error
            if np.isnan(result):
                raise self.broken(key, entry, "NaN is no question; write a number")
            return result

        numbers = number(value)
        try:
            return np.array(numbers, dtype=np.float64)
        except ValueError as error:
            raise self.broken(
                key, value, "the rows are of different lengths; write one number for each class"
            ) from error

    def fits(self, key: str, array: np.ndarray, dtypes: tuple[str, ...]) -> np.ndarray:
        """The array, if none of its finite numbers becomes infinite in a dtype."""
        for dtype in dtypes:
            over = np.isfinite(array) & (np.abs(array) > FORMATS[dtype].largest)
            if over.any():
                largest = FORMATS[dtype].largest
                raise self.broken(
                    key, float(array[over][0]), f"{dtype} ends at {largest:.8g}; name other dtypes"
                )
        return array
