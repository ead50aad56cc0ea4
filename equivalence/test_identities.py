"""Identities: the claims of the tutorial that started this, and where each of them holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from equivalence.failures import Examine
    from equivalence.identities import Claim

REFUTED = (6,)  # PyTorch takes soft targets, and its documentation says so
UNIVERSAL = (5,)


def test_claim(claim: Claim, examined: Examine) -> None:
    """Each claim holds in its domain, and has a counterexample outside unless there is none."""
    found = examined(claim)
    if found.verdict.startswith("not examined"):
        pytest.skip(found.verdict)
    assert found.verdict == _expected(claim), str(found)


def _expected(claim: Claim) -> str:
    return (
        "fails"
        if claim.number in REFUTED
        else "holds"
        if claim.number in UNIVERSAL
        else "holds within a domain"
    )
