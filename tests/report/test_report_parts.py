"""The parts of the page: plots, families, translations, the baseline, the smallest input."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import synthetic_run

from equivalence.changes import compare
from equivalence.finding import Finding, Verdict
from equivalence.report import render_html, render_markdown
from equivalence.report.against import sentence
from equivalence.report.curves import charts, flat
from equivalence.report.drawing import draw
from equivalence.report.families import FEWEST, families
from equivalence.report.lines import PALETTE, Chart, Series, marked
from equivalence.report.smallest import size, smallest
from equivalence.report.translations import call, translations
from equivalence.results import Run

LOSS = "binary_cross_entropy"


def finding(implementation="a", case="normal.rows.plain.0", verdict=Verdict.AGREES, **fields):
    given = dict(
        loss=LOSS,
        target="binary",
        reduction="mean",
        denominator="",
        dtype="float32",
        quantity="value",
        framework="f",
        mode="eager",
        digest=case,
    )
    return Finding(
        **(given | dict(implementation=implementation, case=case, verdict=verdict) | fields)
    )


def run_of(few, *findings):
    return Run.of(few.environment, findings)


def test_the_errors_of_a_sweep_are_plotted_against_the_bound(few):
    value, flat_ = charts(few)["cross_entropy_from_probabilities"]
    clipped, right = value.series
    assert value.title == "Error of the value in ulps of float32"
    assert max(clipped.numbers) > max(value.reference.numbers)
    assert "leaves the bound" in clipped.summary
    assert max(right.numbers) <= 0.5 + 1e-6
    assert "stays inside the bound" in right.summary
    assert "goes flat at 16.1181 from 2⁻¹²⁶" in flat_.series[0].summary
    assert [name for name in clipped.names if name.endswith("_probabilities")]


def test_a_sweep_of_another_version_is_not_plotted(few):
    old = tuple(
        dataclasses.replace(record, sweep=record.sweep | {"digest": "0"})
        for record in few.environment.implementations
    )
    environment = dataclasses.replace(few.environment, implementations=old)
    assert charts(dataclasses.replace(few, environment=environment)) == {}


@pytest.mark.parametrize("broken", [{"target": "x"}, {"value": "x"}, {"value": "0x1p+0"}])
def test_a_sweep_that_cannot_be_read_is_not_plotted(few, broken):
    bad = tuple(
        dataclasses.replace(record, sweep=record.sweep | broken)
        for record in few.environment.implementations
    )
    environment = dataclasses.replace(few.environment, implementations=bad)
    assert charts(dataclasses.replace(few, environment=environment)) == {}


def test_flat_is_where_the_exact_curve_moves_on():
    exact = np.array([64.0, 32.0, 16.0, 8.0])
    assert flat(np.array([16.0, 16.0, 16.0, 8.0]), exact) == (0, 2)
    assert flat(exact, exact) is None
    assert flat(np.zeros(4), exact) is None
    assert flat(np.full(4, np.inf), exact) is None


def lines(*names):
    series = tuple(Series(names=(name,), label=name, numbers=(1.0,)) for name in names)
    return Chart(title="t", axis="x", points=("a",), reference=series[0], series=series)


def test_the_same_implementations_have_one_mark_in_all_charts_of_a_loss():
    value, gradient, flat_ = marked([lines(*"abcdef"), lines("c", "g", "a"), lines(*"gfedcb")])
    marks = [{line.names[0]: line.mark for line in chart.series} for chart in (value, gradient)]
    assert marks[1]["a"] == marks[0]["a"]
    assert marks[1]["c"] == marks[0]["c"]
    for chart in (value, gradient, flat_):
        assert len({line.mark for line in chart.series}) == len(chart.series)
        assert {line.mark for line in chart.series} <= set(range(PALETTE))


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_drawing_stays_inside_its_frame(logarithmic):
    numbers = (0.0, 1e-9, math.nan, math.inf, 3.0, 1e12)
    series = Series(names=("a",), label="a", numbers=numbers, summary="is drawn")
    chart = Chart(
        title="t",
        axis="x",
        points=tuple("abcdef"),
        reference=series,
        series=(series,),
        logarithmic=logarithmic,
    )
    drawing = draw(chart)
    pairs = drawing.lines[0].path.replace("M", " ").replace("L", " ").split()
    assert drawing.lines[0].path.count("M") == 2
    assert all(0 <= float(x) <= 560 for x in pairs[::2])
    assert all(0 <= float(y) <= 260 for y in pairs[1::2])
    assert len(drawing.vertical) <= 8
    assert drawing.summary == "a is drawn."


def test_a_family_shares_all_bits_and_enough_of_them(few):
    cases = [f"normal.rows.plain.{number}" for number in range(FEWEST)]
    same = [finding(name, case, bits=case) for case in cases for name in ("a", "b", "c")]
    other = [finding("d", case, bits="other") for case in cases]
    few_answers = [finding("e", cases[0], bits=cases[0])]
    (family,) = families(run_of(few, *same, *other, *few_answers))
    assert family.members == ("a@eager", "b@eager", "c@eager")
    assert family.shared == (FEWEST, FEWEST)


def test_one_other_bit_ends_a_family(few):
    cases = [f"normal.rows.plain.{number}" for number in range(FEWEST + 1)]
    found = [finding(name, case, bits=case) for case in cases[:-1] for name in ("a", "b")]
    found += [finding("a", cases[-1], bits="1"), finding("b", cases[-1], bits="2")]
    assert families(run_of(few, *found)) == ()


def test_the_options_of_a_loss_are_counted_by_function(few):
    found = (
        finding("f.a[x]", "normal.rows.weight.0"),
        finding("f.a[y]", "normal.rows.weight+ignore.1", Verdict.EXPLAINED),
        finding("f.a[y]", "pinned.ignored", Verdict.EXPLAINED),
    )
    record = dataclasses.replace(few.environment.implementations[0], loss=LOSS, reductions={})
    records = tuple(dataclasses.replace(record, name=name) for name in ("f.a[x]", "f.a[y]", "f.b"))
    environment = dataclasses.replace(few.environment, implementations=records)
    table = translations(Run.of(environment, found))[LOSS]
    assert table.options == ("ignore", "weight")
    assert [row.name for row in table.rows] == ["f.a", "f.b"]
    assert [str(counts) for counts in table.rows[0].options] == ["0 of 1 agree", "1 of 2 agree"]
    assert table.rows[1].options == (None, None)


@pytest.mark.parametrize("source", ["", "def f(", "no python </code>", "def f():\n    pass"])
def test_a_source_that_returns_nothing_is_its_own_call(source):
    assert call(source) == " ".join(source.split())


def test_the_smallest_input_is_small_and_written_or_has_the_fewest_numbers():
    image, row = "normal.image.plain.0", "normal.one_row.plain.0"
    found = [finding(case=case, verdict=Verdict.EXPLAINED) for case in (image, row)]
    assert smallest(found[0], found).case == row
    order = ("edge.one_row", row, image, "edge.more_terms_than_16_bits_count", "whatever")
    sizes = [size(finding(case=case)) for case in order]
    assert sizes == sorted(sizes)
    assert (sizes[0], len(set(sizes))) == (0, len(sizes))
    assert size(finding(case="pinned.probability_tiny")) == 0
    assert size(finding(case="pinned.of_another_version")) == float("inf")


def test_the_smallest_input_shows_what_the_worst_shows():
    worst = finding(case="normal.image.plain.0", verdict=Verdict.EXPLAINED, divergence="one")
    other = finding(case="pinned.tiny", verdict=Verdict.EXPLAINED, divergence="two")
    assert smallest(worst, [worst, other]) is worst


def test_the_baseline_is_told_first_on_the_page_and_in_markdown(few):
    html = render_html(few, reproduce=synthetic_run.script, baseline=few)
    assert "What is new against the baseline" in html
    found = compare(few, few)
    said = f"Of {found.cells:,} cells in both runs, {found.cells:,} are as before."
    assert sentence(found) == said
    assert said in html
    assert said in render_markdown(few, baseline=few).replace("\\", "")


def test_a_changed_cell_is_told_with_a_link_and_in_words(few):
    first = few.findings[0]
    cell = dataclasses.replace(first, verdict=Verdict.DIVERGES, bits="other", detail="<b>odd</b>")
    after = Run.of(few.environment, (cell, *few.findings[1:]))
    html = render_html(after, reproduce=synthetic_run.script, baseline=few)
    assert "<b>new divergence</b>" in html
    assert "now diverges (&lt;b&gt;odd&lt;/b&gt;)" in html
    assert "**new divergence**" in render_markdown(after, baseline=few)


def test_what_may_be_a_defect_comes_first(html):
    heads = [html.index(f"<h3>{text} <small>") for text in ("Defect candidate", "By design")]
    assert heads == sorted(heads)
    assert "<b>Defect candidate:</b> The documentation says so." in html
