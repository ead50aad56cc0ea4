"""Permalinks: the fragment of every cell, and the anchors that make it lead somewhere.

A fragment is derived from the name of its cell alone, so that it is the same in every run. A page
has thousands of cells, and opens the slower the more elements it has: so an anchor carries two
fragments, one as its ``id`` and one as its ``name``. Browsers look for both, open the ``details``
around either without a script, and style either as ``:target``.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable


EACH = 2  # fragments of an anchor


def fragment(name: str) -> str:
    """The fragment of a cell: a letter, then 40 bits of a hash of its name.

    >>> fragment("cross_entropy:sparse:mean:float32:value:torch.cross_entropy@eager")
    'coeih3o3q'
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return "c" + base64.b32encode(digest[:5]).decode().lower()


def named(fragments: Iterable[str]) -> Markup:
    """The attributes of an anchor with at most two fragments.

    >>> print(named(["ca", "cb"]))
    id=ca name=cb
    """
    pairs = zip(("id", "name"), fragments, strict=False)
    return Markup(" ".join(f"{key}={escape(one)}" for key, one in pairs))  # noqa: S704 -- escaped


def anchors(fragments: Iterable[str], text: str = "") -> Markup:
    """Anchors for some fragments, two each; the last of them holds the text.

    >>> print(anchors(["ca", "cb", "cc"], "float32"))
    <a id=ca name=cb></a><a id=cc>float32</a>
    """
    rest = list(fragments)
    pairs = [rest[place : place + EACH] for place in range(0, len(rest), EACH)]
    held = [""] * (len(pairs) - 1) + [text]
    return Markup(  # noqa: S704 -- escaped
        "".join(
            f"<a {named(pair)}>{escape(words)}</a>"
            for pair, words in zip(pairs, held, strict=False)
        )
    )
