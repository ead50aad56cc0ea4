"""The nine claims: each is decided by running code, and changes when the code does."""

import dataclasses
import re

import numpy as np
import pytest

from equivalence.identities import CLAIMS, claims, examine
from equivalence.identities.claim import FAILS, HOLDS, WITHIN_A_DOMAIN, Evidence, claim, text
from equivalence.implementations import FRAMEWORKS, IMPLEMENTATIONS, load
from equivalence.implementations.implementation import Response

AVAILABLE = tuple(name for name in FRAMEWORKS if not isinstance(load(name), str))
VERDICTS = {
    1: WITHIN_A_DOMAIN,
    2: WITHIN_A_DOMAIN,
    3: WITHIN_A_DOMAIN,
    4: WITHIN_A_DOMAIN,
    5: HOLDS,
    6: FAILS,
    7: WITHIN_A_DOMAIN,
    8: WITHIN_A_DOMAIN,
    9: WITHIN_A_DOMAIN,
}
# What the counterexample says (of a claim that holds: the domain), as constraints.txt pins them.
FACTS = {
    1: r"CrossEntropyLoss 0\.693147\d+, NLLLoss RuntimeError",
    2: r"class weights \[2, 1\]: the sum over 1 is 1\.38629\d+, the mean 0\.693147",
    3: r"target \[0\] gives 0\.693147\d*, target \[\[1, 0\]\] gives 1\.38629",
    4: r"silently give \[0\.693147\d*, 0\.12692\d*\], not \[2\.12692\d*, 0\.693147",
    5: r"logits \[0, 89\], target \[1, 0\]: log\(softmax\) gives nan, log_softmax 89;",
    6: r"p = 0\.5, t = 0\.25: 0\.693147\d*, exactly 0\.69314718",
    7: r"p = 0, t = 1: 100 and 36\.04365.*; p = 0\.5, t = 0\.5: 0\.693147\d* and ValueError",
    8: r"x = 17, t = 1 gives -?0 with two classes and 4\.13993\d*e-08 with one",
    9: r"x = 17, t = 0: 17 with logits, 100 by sigmoid .* at x = -17 0 and 4\.13993\d*e-08",
}


@pytest.fixture(scope="module", params=sorted(CLAIMS))
def examined(request):
    asked = CLAIMS[request.param]
    if not set(asked.needs) <= set(AVAILABLE):
        pytest.skip(f"needs {', '.join(asked.needs)}")
    return examine(asked, AVAILABLE)


def test_the_claims_are_the_tutorials_nine():
    assert sorted(CLAIMS) == list(range(1, 10))


def test_each_claim_has_its_verdict(examined):
    assert examined.verdict == VERDICTS[examined.number], str(examined)


def test_each_claim_shows_its_fact(examined):
    shown = examined.counterexample or examined.domain
    assert re.search(FACTS[examined.number], shown), str(examined)


def test_what_holds_holds_in_all_of_its_domain(examined):
    found = re.findall(r"(\d+) of (\d+)", examined.domain)
    assert found
    assert all(held == asked for held, asked in found)
    assert all(int(asked) >= 10 for _, asked in found)


def test_a_claim_without_its_framework_is_not_examined():
    (first, *_, ninth) = claims(("textbook",))
    assert first.verdict == ninth.verdict == "not examined: torch is absent"
    assert CLAIMS[3].needs == ("torch", "tensorflow_v1", "tensorflow_v2")
    both = examine(CLAIMS[7], ()).verdict
    assert both == "not examined: torch and sklearn are absent"


def test_no_outcome_is_written_down_beforehand(monkeypatch):
    """With a log(softmax) that is stable and a log_softmax that is not, claim 5 fails."""
    stable, naive = "textbook.log_softmax", "textbook.log_of_softmax"
    functions = {name: IMPLEMENTATIONS[name].function for name in (stable, naive)}
    for name, other in ((stable, naive), (naive, stable)):
        swapped = dataclasses.replace(IMPLEMENTATIONS[name], function=functions[other])
        monkeypatch.setitem(IMPLEMENTATIONS, name, swapped)
    assert examine(CLAIMS[5], ("textbook",)).verdict == FAILS


@pytest.mark.skipif("torch" not in AVAILABLE, reason="needs torch")
def test_a_claim_holds_everywhere_once_its_counterexamples_are_gone(monkeypatch):
    """If NLLLoss after LogSoftmax were the same function, claim 1 would hold; if off, fail."""
    name = "torch.nn.LogSoftmax+nn.NLLLoss"
    same = IMPLEMENTATIONS["torch.nn.CrossEntropyLoss"].function
    right = dataclasses.replace(IMPLEMENTATIONS[name], function=same)
    monkeypatch.setitem(IMPLEMENTATIONS, name, right)
    assert examine(CLAIMS[1], AVAILABLE).verdict == HOLDS
    off = dataclasses.replace(right, function=lambda *a, **k: same(*a, **k) + 1)
    monkeypatch.setitem(IMPLEMENTATIONS, name, off)
    assert examine(CLAIMS[1], AVAILABLE).verdict == FAILS


def test_a_number_is_taken_only_once():
    with pytest.raises(ValueError, match="claim 1 is already 'CrossEntropyLoss is NLLLoss"):
        claim(1, "another")(lambda: Evidence(domain=""))


def test_readings_are_printed_with_eight_digits():
    assert text(np.array([1 / 3, 2.0])) == "[0.33333333, 2]"
    assert text(np.float32(0.5)) == "0.5"
    assert text(Response(value=ValueError("no")).value) == "ValueError"
