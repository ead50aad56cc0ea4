"""Comparing two runs: what is new, what is not, and what could not be measured."""

import dataclasses
import itertools

import pytest

import equivalence
from equivalence.changes import FLOOR, RATCHET, compare
from equivalence.exact import Number
from equivalence.finding import Verdict
from equivalence.pairing import Kind, difference
from equivalence.report.against import groups, missing, sentence, words
from equivalence.report.compared import (
    render_comparison_json,
    render_comparison_markdown,
    render_text,
)
from equivalence.results import AskedRecord, FrameworkRecord, Run

CASE = "normal.rows.plain.0"


@pytest.fixture(scope="module")
def run():
    """A real one, small: every verdict below is made of its findings."""
    return equivalence.run(["cross_entropy:one_hot:mean:float32"], frameworks=["textbook"])


@pytest.fixture(scope="module")
def plain(run):
    return next(found for found in run.findings if found.verdict is Verdict.AGREES and found.bits)


def number(value):
    return Number.of(value)


def one(run, *findings):
    return Run.of(run.environment, findings)


def kinds(run, before, after):
    """The kinds of what changed between two lists of findings, and whether each alarms."""
    found = compare(one(run, *before), one(run, *after))
    return [(change.kind, change.alarms) for change in found.changes]


def test_a_run_compared_with_itself_is_the_same(run):
    found = compare(run, run)
    assert (found.changes, found.environment, found.other_bits, found.status) == ((), (), 0, 0)
    assert found.cells == found.same >= 5
    assert found.questions == sum(finding.verdict.asked for finding in run.findings)


def changed(finding, **fields):
    return dataclasses.replace(finding, **({"bits": "other"} | fields))


DIVERGES = dict(verdict=Verdict.DIVERGES, detail="the error is 9 times the bound")
RAISES = dict(verdict=Verdict.DIVERGES, detail="raises ValueError: no", bits="", got=None)
KNOWN = dict(verdict=Verdict.EXPLAINED, divergence="clips_to_machine_epsilon")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, DIVERGES, (Kind.NEW, True)),
        ({}, KNOWN, (Kind.NEW, True)),
        ({}, dict(verdict=Verdict.CRASHED, bits=""), (Kind.NEW, True)),
        (DIVERGES, {}, (Kind.HEALED, True)),
        (KNOWN, {}, (Kind.HEALED, True)),
        (KNOWN, KNOWN | dict(verdict=Verdict.RETIRED), (Kind.HEALED, True)),
        (DIVERGES, DIVERGES | dict(got=number(1e9)), (Kind.CHANGED, True)),
        (KNOWN, KNOWN | dict(divergence="clips_to_epsilon"), (Kind.EXPLANATION, True)),
        ({}, RAISES, (Kind.EXCEPTION, True)),
        (RAISES, {}, (Kind.EXCEPTION, True)),
        (RAISES, RAISES | dict(detail="raises TypeError: no"), (Kind.EXCEPTION, True)),
        ({}, dict(returned="float64"), (Kind.RETURNED, True)),
        (
            {},
            DIVERGES | dict(detail="returned the shape (2, 1), not (2,)"),
            (Kind.RETURNED, True),
        ),
        (KNOWN | dict(bits="one"), dict(bits="one"), (Kind.JUDGED, False)),
        (dict(bits="one"), DIVERGES | dict(bits="one"), (Kind.JUDGED, True)),
        ({}, dict(digest="other"), (Kind.QUESTION, False)),
        ({}, DIVERGES | dict(digest="other"), (Kind.QUESTION, True)),
        (dict(error=number(0.0)), dict(error=number(1.0), bound=number(1.0)), (Kind.GROWN, False)),
        (dict(error=number(1.0), bound=number(1.0)), dict(error=number(0.0)), (Kind.SHRUNK, False)),
    ],
)
def test_what_changed_has_a_name(run, plain, before, after, found):
    old, new = changed(plain, **({"bits": "first"} | before)), changed(plain, **after)
    assert kinds(run, [old], [new]) == [found]


@pytest.mark.parametrize(
    "fields",
    [{}, KNOWN, RAISES, dict(verdict=Verdict.INACCURATE, divergence="cancels"), DIVERGES],
)
def test_other_bits_inside_the_bound_are_counted_and_not_listed(run, plain, fields):
    old = changed(plain, **({"bits": "first"} | fields))
    new = changed(plain, **({"bits": "second"} | fields))
    found = compare(one(run, old), one(run, new))
    assert (found.changes, found.other_bits, found.status) == ((), int(old.bits != new.bits), 0)


def test_a_catalogued_error_alarms_once_it_is_beyond_the_ratchet(run, plain):
    inaccurate = dict(verdict=Verdict.INACCURATE, divergence="cancels", bound=number(1.0))
    old = changed(plain, error=number(2.0), bits="first", **inaccurate)
    below, beyond = (changed(plain, error=number(2.0 * much), **inaccurate) for much in (15, 17))
    assert (RATCHET, FLOOR) == (16, 1 / 32)
    assert kinds(run, [old], [below]) == []
    assert kinds(run, [old], [beyond]) == [(Kind.GROWN, True)]


@pytest.mark.parametrize(
    ("one_number", "other", "moved"),
    [
        ("nan", "nan", False),
        ("nan", "0.0", True),
        ("inf", "-inf", True),
        ("0.5", "0.50000001", False),
        ("0.5", "0.6", True),
    ],
)
def test_where_no_answer_exists_another_kind_of_number_is_another_answer(
    plain, one_number, other, moved
):
    old, new = (
        changed(plain, verdict=Verdict.UNDEFINED, got=number(float(text)), bits=text)
        for text in (one_number, other)
    )
    assert difference(old, new) is (Kind.CHANGED if moved else None)


def test_a_cell_that_is_new_alarms_only_if_it_fails(run, plain):
    assert kinds(run, [], [plain]) == [(Kind.ADDED, False)]
    assert kinds(run, [], [changed(plain, **DIVERGES)]) == [(Kind.ADDED, True)]


def test_a_cell_that_is_not_offered_any_more_is_gone_with_its_reason(run, plain):
    refused = dataclasses.replace(
        plain, case="", digest="", verdict=Verdict.INAPPLICABLE, detail="has no labels"
    )
    found = compare(one(run, plain), one(run, refused))
    assert [(change.kind, change.reason) for change in found.changes] == [
        (Kind.GONE, "has no labels")
    ]


def test_what_was_not_asked_for_is_not_missed(run, plain):
    asked = AskedRecord(select=("gradient",), frameworks=("textbook",))
    environment = dataclasses.replace(run.environment, asked=asked)
    found = compare(one(run, plain), Run.of(environment, ()))
    assert (found.changes, found.not_asked, found.status) == ((), 1, 0)


def test_what_a_shard_does_not_hold_is_not_missed(run):
    counted = []
    for part in ("1/2", "2/2"):
        asked = AskedRecord(frameworks=("textbook",), shard=part)
        environment = dataclasses.replace(run.environment, asked=asked)
        found = compare(run, Run.of(environment, ()))
        counted.append((found.not_asked, len(found.changes)))
    cells = compare(run, run).cells
    assert sorted(counted) == [(0, cells), (cells, 0)]  # one question: one shard


def test_what_was_cut_short_is_not_measured(run, plain):
    environment = dataclasses.replace(run.environment, complete=False)
    for pair in itertools.permutations((one(run, plain), Run.of(environment, ()))):
        found = compare(*pair)
        assert (found.changes, found.unmeasured, found.status) == ((), (plain.cell,), 3)
        assert "--resume" in missing(found)[0]
        assert plain.cell in missing(found)[1]


def test_questions_that_a_cut_run_lacks_are_not_said_to_be_others(run, plain):
    more = dataclasses.replace(plain, case="normal.rows.plain.9", digest="another")
    whole, cut = one(run, plain, more), one(run, plain)
    unfinished = dataclasses.replace(run.environment, complete=False)
    for later, said in (
        (cut, "another question is asked"),
        (Run.of(unfinished, cut.findings), "asked in one of the two runs only"),
    ):
        found = compare(whole, later)
        assert [change.kind for change in found.changes] == [Kind.QUESTION]
        assert said in words(found.changes[0], found)


def test_a_framework_that_is_absent_now_is_not_measured_and_the_others_are(run, plain):
    gone = FrameworkRecord(name="textbook", versions={}, flags={}, absent="ImportError: no")
    environment = dataclasses.replace(run.environment, frameworks=(gone,), implementations=())
    other = dataclasses.replace(plain, framework="torch", implementation="torch.nll_loss")
    found = compare(one(run, plain, other), Run.of(environment, (other,)))
    assert (found.unmeasured, found.absent) == (
        (plain.cell,),
        (("textbook", "ImportError: no"),),
    )
    assert (found.cells, found.same, found.status) == (1, 1, 3)


def test_a_crash_is_told_and_is_not_measured(run, plain):
    crashed = changed(plain, verdict=Verdict.CRASHED, bits="", got=None, detail="SIGKILL")
    found = compare(one(run, plain), one(run, crashed))
    assert [change.kind for change in found.alarms] == [Kind.NEW]
    assert (found.unmeasured, found.status) == ((plain.cell,), 3)
    assert compare(one(run, crashed), one(run, crashed)).status == 0


def test_the_environment_comes_first_in_every_form(run, plain):
    packages = run.environment.packages | {"ml_dtypes": "9.9"}
    environment = dataclasses.replace(
        run.environment,
        packages=packages,
        settings=run.environment.settings | {"OMP_NUM_THREADS": "64"},
    )
    found = compare(one(run, plain), Run.of(environment, (changed(plain, **DIVERGES),)))
    assert [each.name for each in found.environment] == ["ml_dtypes", "OMP_NUM_THREADS"]
    for text in (render_text(found), render_comparison_markdown(found)):
        assert text.index("→ 9.9") < text.index("new divergence")
    assert '"after": "9.9"' in render_comparison_json(found)


def test_what_explains_is_said_in_the_words_of_the_catalogue(run, plain):
    records = tuple(
        dataclasses.replace(run.environment.divergences[0], name=name, summary=f"{name} it is.")
        for name in ("one", "two")
    )
    environment = dataclasses.replace(run.environment, divergences=records)
    old, new = (
        changed(plain, verdict=Verdict.EXPLAINED, divergence=name, bits=name)
        for name in ("one", "two")
    )
    found = compare(Run.of(environment, (old,)), Run.of(environment, (new,)))
    said = words(found.changes[0], found)
    assert "was explained by one (one it is)" in said
    assert "now explained by two (two it is)" in said


def test_the_sentence_has_denominators_and_cells_are_grouped(run):
    assert sentence(compare(run, run)).startswith("Of ")
    cells = [f"a:b:c:d:e:torch.f@{mode}" for mode in range(9)]
    assert groups(cells) == "torch (9)"
    assert groups(cells[:2]) == ", ".join(cells[:2])
