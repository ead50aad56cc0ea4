"""What a run comes to: counts, cells, the matrix and the denominators."""

from __future__ import annotations

import dataclasses
import math

import pytest
import synthetic_data
import synthetic_run

from equivalence.exact import Number
from equivalence.finding import Finding, Verdict, Where
from equivalence.report import render_html
from equivalence.report.counts import Counts, total
from equivalence.report.divisors import divisors
from equivalence.report.drilldown import describe, drill_downs
from equivalence.report.formula import formula
from equivalence.report.grouping import groups
from equivalence.report.matrix import Entry, tabs
from equivalence.report.narrow import items, measure
from equivalence.report.summary import share, summarise
from equivalence.report.undefined import undefined
from equivalence.results import Run

CELL = dict(
    loss="cross_entropy",
    target="sparse",
    reduction="mean",
    denominator="number of terms not ignored",
    dtype="float32",
    quantity="value",
    implementation="torch.cross_entropy",
    framework="torch",
    mode="eager",
    digest="0",
)


def finding(verdict, error=None, case="a", **fields):
    numbers = (
        {}
        if error is None
        else dict(error=Number.of(error), bound=Number.of(1.0), ulps=Number.of(2 * error))
    )
    return Finding(**(CELL | dict(case=case, verdict=verdict) | numbers | fields))


def summary(*findings):
    environment = synthetic_run.make(losses=(), absent=False).environment
    return summarise(Run(environment=environment, findings=findings))


def test_a_cell_shows_its_gravest_verdict_and_its_largest_error():
    cell = summary(
        finding(Verdict.AGREES, 0.9),
        finding(Verdict.EXPLAINED, 7.0, "b"),
        finding(Verdict.EXPLAINED, 9.0, "c"),
    ).cells[0]
    assert (cell.verdict, cell.worst.case, cell.share, cell.ulps) == (
        Verdict.EXPLAINED,
        "c",
        9.0,
        18.0,
    )
    assert str(cell.counts) == "1 of 3 agree"


def test_what_does_not_exist_counts_as_asked_and_never_as_agreement():
    result = summary(finding(Verdict.UNDEFINED, math.nan), finding(Verdict.AGREES, 0.5, "b"))
    assert result.headline == "Nothing fails: 1 of 2 questions asked agree with the exact answer."
    assert result.cells[0].share == 0.5


def test_what_is_not_offered_is_not_counted():
    counts = Counts.of([Verdict.INAPPLICABLE, Verdict.ABSENT, Verdict.AGREES])
    assert (counts.asked, counts.agree, counts.gravest) == (1, 1, Verdict.AGREES)
    assert total([]).gravest is Verdict.INAPPLICABLE


def test_the_headline_counts_every_kind_of_failure():
    result = summary(
        finding(Verdict.DIVERGES, 2.0),
        finding(Verdict.RETIRED, 0.1, "b"),
        finding(Verdict.CRASHED, case="c"),
    )
    assert result.headline == "3 of 3 questions asked fail: 1 diverges, 1 is retired and 1 crashed."


@pytest.mark.parametrize(
    ("number", "fraction"),
    [("0x1p+1", 2.0), ("inf", math.inf), ("nan", math.inf), ("<b>", math.inf)],
)
def test_a_share_is_never_nan_where_something_was_compared(number, fraction):
    assert (
        share(dataclasses.replace(finding(Verdict.DIVERGES, 1.0), error=Number(number, "")))
        == fraction
    )


def test_tabs_are_none_sum_mean_and_columns_follow_the_target_kinds(run):
    result = tabs(summarise(run), tuple(synthetic_run.LOSSES))
    assert [tab.kind for tab in result] == ["none", "sum", "mean"]
    assert [table.loss for table in result[0].tables] == list(synthetic_run.LOSSES)
    assert [column.target for column in result[2].tables[0].columns] == list(
        synthetic_data.MULTICLASS
    )


def test_every_cell_is_in_the_matrix_once(run):
    result = summarise(run)
    rows = [
        row
        for tab in tabs(result, ())
        for table in tab.tables
        for _, rows in table.groups
        for row in rows
    ]
    shown = [cell for row in rows for entry in row.entries if entry for cell in entry.cells]
    assert sorted(cell.id for cell in shown) == sorted(cell.id for cell in result.cells)


def test_a_mean_by_any_name_is_in_the_tab_of_means():
    result = tabs(summary(finding(Verdict.AGREES, 0.1, reduction="mean_over_batch")), ())
    assert [tab.kind for tab in result] == ["mean"]
    assert result[0].tables[0].columns[0].reduction == "mean_over_batch"


def test_denominators_say_whether_they_were_asked_for():
    other = "sum of the targets' class weights"
    numbers = dict(got=Number.of(3.0), exact=Number.of(2.0))
    found = (
        finding(Verdict.AGREES, 0.1),
        finding(Verdict.EXPLAINED, 5.0, "b", denominator=other, divergence="clips", **numbers),
        finding(
            Verdict.AGREES, 0.1, "c", denominator=other, got=Number.of(1.0), exact=Number.of(1.0)
        ),
    )
    run = Run(environment=synthetic_run.make(losses=()).environment, findings=found)
    ((_, rows),) = divisors(run, summarise(run), ()).groups
    assert [(entry.number, entry.asked, entry.ratios) for entry in rows[0][1]] == [
        (2, 0, (1.5, 1.5)),
        (1, 1, None),
    ]


def test_red_is_grouped_by_implementation_and_amber_by_divergence(run):
    red, amber = groups(run, summarise(run), synthetic_run.script)
    assert [group.worst.verdict for group in red] == [Verdict.DIVERGES, Verdict.RETIRED]
    assert {group.name for group in amber} == {record.name for record in synthetic_run.DIVERGENCES}
    assert all(group.records for group in amber)


def test_every_red_and_amber_cell_stands_in_one_drill_down(run):
    result = summarise(run)
    red, amber = groups(run, result, synthetic_run.script)
    stands = [cell.id for group in red + amber for cell in group.cells]
    assert sorted(stands) == sorted(cell.id for cell in result.failing + result.catalogued)


def test_a_cell_stands_with_the_rarest_of_its_divergences(run):
    both = finding(Verdict.EXPLAINED, 3.0, divergence="naive_softmax + clips_probabilities")
    one = finding(Verdict.EXPLAINED, 3.0, divergence="naive_softmax", target="soft")
    small = dataclasses.replace(run, findings=(both, one))
    _, (rare, common) = groups(small, summarise(small), synthetic_run.script)
    assert (rare.name, len(rare.cells)) == ("clips_probabilities", 1)
    assert (common.name, common.elsewhere) == ("naive_softmax", (("clips_probabilities", 1),))


def test_cells_that_differ_in_dtype_and_quantity_share_a_drill_down():
    quantities = [finding(Verdict.EXPLAINED, 3.0, quantity=name) for name in ("value", "gradient")]
    others = [finding(Verdict.EXPLAINED, 5.0, target=name) for name in ("soft", "one_hot")]
    drills = drill_downs(summary(*quantities, *others).cells)
    assert [len(drill.cells) for drill in drills] == [1, 1, 2]


def test_a_drill_down_says_the_ratio_and_both_forms_of_a_number():
    worst = finding(Verdict.EXPLAINED, 1.0, got=Number.of(3.0), exact=Number.of(2.0))
    lines = drill_downs(summary(worst).cells)[0].input.splitlines()
    assert lines[1] == "got   3.0  0x1.8p+1"
    assert lines[3] == "error 1: 2 ulps, 1 of the bound and got is 1.5 times exact"


def test_a_row_has_the_numbers_of_the_smallest_input_and_the_size_of_the_worst():
    where = Where(index=(), prediction=(Number.of(0.25),), target=(Number.of(1),))
    numbers = dict(got=Number.of(3.0), exact=Number.of(2.0), divergence="clips", where=where)
    small = finding(Verdict.EXPLAINED, 1.5, case="edge.one_row", **numbers)
    large = finding(Verdict.EXPLAINED, 9.0, case="normal.rows.plain.0", **numbers)
    (part,) = drill_downs(summary(small, large).cells)[0].parts
    (row,) = part.rows
    pair = "got 3.0 0x1.8p+1, exact 2.0 0x1p+1"
    sizes = "3 ulps, 1.5 × bound, at worst 18 ulps, 9 × bound"
    assert row.text == f"value ≈ 2/2, {pair}: {sizes}"
    assert (part.label, part.case, row.input) == ("float32", "edge.one_row", "[0.25] target 1.0")
    assert row.names == ("clips",)


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        (0.5, "0.333333…"),
        (0.33333333335, "0.3333333333333…"),
        (1 / 3 + 2**-54, "0.3333333333333333 "),
    ],
)
def test_a_row_has_the_digits_that_tell_its_numbers_apart(exact, shown):
    third = dict(got=Number.of(1 / 3), exact=Number.of(exact))
    text = describe(summary(finding(Verdict.EXPLAINED, 3.0, **third)).cells[0]).text
    assert f"got {shown}" in text


def test_the_divergences_of_a_block_have_letters(run):
    both = finding(Verdict.EXPLAINED, 9.0, divergence="b + a", quantity="gradient")
    small = dataclasses.replace(
        run, findings=(finding(Verdict.EXPLAINED, 3.0, divergence="b"), both)
    )
    _, found = groups(small, summarise(small), synthetic_run.script)
    assert found[0].blocks[0].keys == {"b": "a", "a": "b"}


def test_cells_that_say_the_same_share_a_row():
    one = finding(Verdict.REFUSES, detail="no")
    (drill,) = drill_downs(summary(one, dataclasses.replace(one, dtype="float64")).cells)
    (part,) = drill.parts
    assert (part.label, part.case) == ("float32, float64", "a")
    assert [row.text for row in part.rows] == ["value ⊘ 1/1, no"]
    assert part.fragments == drill.fragments


def test_rows_that_another_function_repeats_are_told_once(run):
    names = ("torch.cross_entropy", "torch.CrossEntropyLoss", "sklearn.log_loss")
    same = [
        finding(Verdict.EXPLAINED, 3.0, implementation=name, framework=name.partition(".")[0])
        for name in names
    ]
    small = dataclasses.replace(run, findings=tuple(same))
    _, (group,) = groups(small, summarise(small), synthetic_run.script)
    told = {block.worst.worst.implementation: block.drills[0].like for block in group.blocks}
    assert [name for name in names if told[name] is None] == ["torch.CrossEntropyLoss", names[2]]
    assert told["torch.cross_entropy"].worst.worst.implementation == "torch.CrossEntropyLoss"


def test_a_full_page_names_the_case_in_the_place_of_its_numbers(run, monkeypatch):
    monkeypatch.setattr("equivalence.report.grouping.ROWS", 0)
    where = Where(index=(), prediction=(Number.of(0.25),), target=())
    small = dataclasses.replace(run, findings=(finding(Verdict.EXPLAINED, 3.0, where=where),))
    _, (group,) = groups(small, summarise(small), synthetic_run.script)
    (part,) = group.blocks[0].drills[0].parts
    assert (part.case, part.rows[0].input) == ("a", "")


def test_an_entry_with_red_and_amber_cells_stands_once_among_the_red(run):
    found = (finding(Verdict.DIVERGES, 3.0), finding(Verdict.EXPLAINED, 3.0, quantity="gradient"))
    small = dataclasses.replace(run, findings=found)
    (red,), amber = groups(small, summarise(small), synthetic_run.script)
    assert (len(red.cells), red.counts[Verdict.DIVERGES], amber) == (2, 1, ())
    page = render_html(small, reproduce=synthetic_run.script)
    assert "✗ diverges in 1 cell " in page


def test_a_block_shows_the_divergence_that_explains_its_worst_cell():
    """However small the input of another one is."""
    numbers = dict(got=Number.of(3.0), exact=Number.of(2.0))
    worst = finding(
        Verdict.EXPLAINED, 9.0, case="normal.image.plain.0", divergence="one", **numbers
    )
    other = finding(
        Verdict.EXPLAINED, 3.0, case="edge.one_row", divergence="two", dtype="float64", **numbers
    )
    (drill,) = drill_downs(summary(worst, other).cells)
    assert drill.smallest is worst


def test_a_card_counts_the_cells_that_its_divergence_explains(run):
    found = [
        finding(Verdict.EXPLAINED, 9.0, divergence="rare"),
        finding(Verdict.EXPLAINED, 3.0, divergence="common", dtype="float64"),
        finding(Verdict.EXPLAINED, 3.0, divergence="common", implementation="torch.b"),
    ]
    small = dataclasses.replace(run, findings=tuple(found))
    _, amber = groups(small, summarise(small), synthetic_run.script)
    told = {group.name: (group.counts[Verdict.EXPLAINED], len(group.cells)) for group in amber}
    assert told == {"rare": (1, 2), "common": (1, 1)}
    assert {group.name: group.elsewhere for group in amber}["common"] == (("rare", 1),)


def test_what_has_no_answer_does_not_count_as_differing(run):
    found = (
        finding(Verdict.EXPLAINED, 3.0, case="a", divergence="clips"),
        finding(Verdict.UNDEFINED, case="b"),
    )
    small = dataclasses.replace(run, findings=found)
    assert "1 of 2 questions, 1 cell" in render_html(small, reproduce=synthetic_run.script)


def test_a_chosen_dtype_shows_the_cells_of_an_entry_by_verdict():
    dtypes, quantities = ("float32", "float64"), ("value", "gradient")
    found = [
        finding(Verdict.AGREES, 0.5, dtype=dtype, quantity=quantity)
        for dtype in dtypes
        for quantity in quantities
    ]
    (whole,) = items(Entry(cells=summary(*found).cells))
    assert (whole.dtypes, whole.quantities) == (dtypes, quantities)
    assert whole.text == "value, gradient: float32 0.5, float64 0.5"
    found[3] = dataclasses.replace(found[3], verdict=Verdict.EXPLAINED)
    parts = items(Entry(cells=summary(*found).cells))
    pairs = [(p.verdict, d, q) for p in parts for d in p.dtypes for q in p.quantities]
    assert sorted(pairs) == sorted((f.verdict, f.dtype, f.quantity) for f in found)


def test_undefined_answers_are_recorded(run):
    rows = undefined(run)
    assert sum(row.asked for row in rows) == summarise(run).findings[Verdict.UNDEFINED]
    assert {answer for row in rows for answer, _ in row.returned} == {"0.0", "nan"}


def test_the_number_of_a_cell_is_a_fraction_of_the_bound_or_a_count():
    counts = Counts.of([Verdict.AGREES, Verdict.REFUSES])
    assert measure(Verdict.AGREES, counts, 0.123456) == "0.123"
    assert measure(Verdict.REFUSES, counts, math.nan) == "1/2"
    assert measure(Verdict.INAPPLICABLE, counts, math.nan) == ""


@pytest.mark.parametrize("tex", [formula_ for _, formula_ in synthetic_run.LOSSES.values()])
def test_the_formulas_of_the_losses_are_understood(tex):
    assert formula(tex).startswith("<math")


@pytest.mark.parametrize(
    "tex", ["", "{", r"\left(", "x_", r"\input{/etc/passwd}", "{" * 5000, "<script>\u202e", "a}b"]
)
def test_a_formula_that_is_not_understood_is_shown_as_text(tex):
    assert "<script" not in formula(tex)
    assert formula(tex).startswith(("<code>", "<math"))
