"""The page and the Markdown as text: safe, the same every time, and no larger than agreed."""

from __future__ import annotations

import dataclasses
import random
import re
from html.parser import HTMLParser

import pytest
import synthetic_run

from equivalence.exact import Number
from equivalence.finding import Verdict
from equivalence.report import render_html, render_markdown, summarise
from equivalence.results import Run


class Elements(HTMLParser):
    """Counts elements, and keeps their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def values(self, name, tag=None):
        return [
            attributes[name]
            for found, attributes in self.found
            if name in attributes and tag in {None, found}
        ]


def page(run, **options):
    return render_html(run, reproduce=synthetic_run.script, **options)


def test_the_same_run_gives_the_same_bytes(few):
    findings = list(few.findings)
    random.Random(0).shuffle(findings)
    again = Run(
        environment=few.environment,
        findings=tuple(sorted(findings, key=lambda finding: finding.name)),
    )
    assert page(again) == page(few)
    assert render_markdown(again) == render_markdown(few)


@pytest.mark.parametrize(
    ("dtypes", "cells", "size", "elements"),
    [
        (("float32", "float64"), 3500, 1_000_000, 10_000),
        (("float16", "bfloat16", "float32", "float64"), 7000, 1_400_000, 12_000),
    ],
)
def test_a_page_of_thousands_of_cells_keeps_its_size(dtypes, cells, size, elements):
    run = synthetic_run.make(wide=True, cases=5, dtypes=dtypes)
    html = page(run)
    assert sum(cell.verdict.asked for cell in summarise(run).cells) >= cells
    assert len(html.encode()) <= size
    assert len(Elements(html).found) <= elements


def test_a_full_page_names_the_command_in_the_place_of_a_script(monkeypatch, few):
    monkeypatch.setattr("equivalence.report.grouping.SCRIPTS", 0)
    monkeypatch.setattr("equivalence.report.grouping.LEAST_SCRIPTS", 5_000)
    html = page(few)
    assert html.count("import torch.nn.functional") < 20
    assert "equivalence reproduce " in html


def test_one_finding_of_a_block_is_reproduced_that_with_the_smallest_input(few):
    """The synthetic cases are all of one size, so that it is the worst one."""
    asked = []
    render_html(few, reproduce=lambda finding: asked.append(finding) or "")
    summary = summarise(few)
    assert set(asked) <= {cell.worst for cell in summary.failing + summary.catalogued}
    assert len(asked) == len({(f.target, f.reduction, f.implementation, f.mode) for f in asked})


def test_ids_are_unique_and_every_link_inside_the_page_arrives(html):
    elements = Elements(html)
    ids = elements.values("id")
    inside = {link[1:] for link in elements.values("href") if link.startswith("#")}
    assert len(ids) == len(set(ids))
    assert inside <= set(ids)
    assert set(elements.values("for")) <= set(ids)
    assert {name for names in elements.values("aria-labelledby") for name in names.split()} <= set(
        ids
    )


@pytest.mark.parametrize("name", ["html", "real_html"])
def test_no_two_landmarks_have_one_name(request, name):
    page = request.getfixturevalue(name)
    names = [
        attributes["aria-label"]
        for _, attributes in Elements(page).found
        if attributes.get("role") == "region"
    ]
    names += re.findall(r"<h2 id=[^>]*>(.*?)</h2>", page)
    assert "Matrix" in names
    assert len(names) == len(set(names))


def test_every_cell_has_a_fragment_that_another_run_has_too(html, run):
    elements = Elements(html)
    ids = [*elements.values("id"), *elements.values("name", "a")]
    assert len(set(ids)) == len(ids)
    assert {cell.fragment for cell in summarise(run).cells if cell.verdict.asked} <= set(ids)
    fewer = {
        cell.id: cell.fragment for cell in summarise(synthetic_run.make(seed=2, cases=2)).cells
    }
    assert all(fewer[cell.id] == cell.fragment for cell in summarise(run).cells)


def test_nothing_is_fetched_and_nothing_runs(html, hostile_html):
    for text in (html, hostile_html):
        elements = Elements(text)
        assert [tag for tag, _ in elements.found].count("script") == 1
        assert not {"img", "iframe", "object", "base"} & {tag for tag, _ in elements.found}
        assert not elements.values("src")
        assert all(re.match(r"#|https?://|data:,$", link) for link in elements.values("href"))
        assert not [
            name for _, attributes in elements.found for name in attributes if name.startswith("on")
        ]
        policy = (
            "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
            "img-src data:; script-src 'sha256-"
        )
        assert policy in text


def test_hostile_text_is_escaped_in_the_page(hostile_html):
    assert hostile_html.count("</style>") == 1
    assert hostile_html.count("<script") == 1
    assert "{{ 7*7 }}" in hostile_html
    assert not re.search("[\u202a-\u202e\u200e\u200f\x00]", hostile_html)
    assert max(map(len, re.findall(r"x+", hostile_html))) <= 4000
    hostile_html.encode("utf-8")


def test_hostile_text_is_escaped_in_markdown(hostile):
    text = render_markdown(hostile)
    assert "javascript:" not in text
    assert not re.search(r"(?<!\\)<(?!https?://)", re.sub(r"`[^`\n]*`", "", text))
    assert len(text.encode()) <= 200_000


def test_markdown_says_the_verdict_what_is_missing_and_what_fails(run):
    text = render_markdown(run)
    assert text.startswith(
        "### ✗ equivalence: 8 of 18,144 questions asked fail: 6 diverge and 2 are retired."
    )
    assert "**Absent:** jax" in text
    assert text.count("| ✗ diverges |") == 2


def test_markdown_of_a_failure_keeps_the_exponent_of_the_exact_number(few):
    place, failing = next((i, f) for i, f in enumerate(few.findings) if f.verdict.fails)
    exact = Number.of(3.1e-5, "3.100000000000000145004855e-5")
    found = (*few.findings[:place], dataclasses.replace(failing, exact=exact))
    text = render_markdown(dataclasses.replace(few, findings=found))
    assert "`3.1000000000000001450048…e-5`" in text


def test_markdown_says_which_flags_settings_and_processor_decided(few):
    text = render_markdown(few).replace("\\", "")
    record = next(record for record in few.environment.frameworks if record.flags)
    name, value = next(iter(record.flags.items()))
    assert f"{name} {value}" in text
    assert few.environment.platform.split(",")[0] in text


def test_markdown_that_is_too_long_says_how_many_blocks_are_left_out(few, monkeypatch):
    monkeypatch.setattr("equivalence.report.markdown.LARGEST", 2_000)
    text = render_markdown(few)
    assert len(text.encode()) <= 2_000
    assert "left out: the summary is full." in text
    assert text.startswith("### ")


def test_markdown_names_a_commit_only_if_there_is_one(few):
    nowhere = dataclasses.replace(few.environment, commit="")
    assert "commit `9f2c1e7`" in render_markdown(few)
    assert "commit" not in render_markdown(dataclasses.replace(few, environment=nowhere))


def test_markdown_of_many_failures_is_cut_with_a_count():
    run = synthetic_run.make(cases=1)
    worst = [
        dataclasses.replace(f, verdict=Verdict.DIVERGES, detail="w" * 3000) for f in run.findings
    ]
    text = render_markdown(dataclasses.replace(run, findings=tuple(worst)))
    assert len(text.encode()) <= 200_000
    assert "… and 2,254 more rows." in text


@pytest.mark.parametrize("render", [page, render_markdown])
def test_an_incomplete_run_says_so(render):
    run = synthetic_run.make(
        losses=("negative_log_likelihood",), red=False, complete=False, cases=1
    )
    text = render(run)
    assert "Nothing failed before the run was cut short" in text
    assert "Incomplete" in text


@pytest.mark.parametrize("render", [page, render_markdown])
def test_an_empty_run_claims_nothing(few, render):
    text = render(dataclasses.replace(few, findings=()))
    assert "Nothing was asked." in text
    assert "✓ equivalence" not in text


def test_a_run_without_a_vocabulary_still_renders(few):
    bare = dataclasses.replace(
        few.environment, frameworks=(), implementations=(), divergences=(), losses=(), claims=()
    )
    assert "Divergences that the catalogue explains" in page(
        dataclasses.replace(few, environment=bare)
    )


def test_a_run_without_sweeps_says_why_it_has_no_plots(few):
    records = tuple(
        dataclasses.replace(record, sweep={}) for record in few.environment.implementations
    )
    environment = dataclasses.replace(few.environment, implementations=records)
    assert "<strong>No plots.</strong>" in page(dataclasses.replace(few, environment=environment))
    assert "No plots" not in page(few)


def test_quantities_frameworks_and_origins_that_are_new_have_filters_and_rows(few):
    """What a later version asks needs no change here."""
    base = next(f for f in few.findings if f.verdict is Verdict.EXPLAINED and f.where)
    new = dataclasses.replace(
        base,
        quantity="weight_gradient",
        framework="keras_torch",
        implementation="keras_torch.loss",
        dtype="float8",
        mode="later",
        case="edge.infinity",
    )
    html = page(Run.of(few.environment, [*few.findings, new]))
    for word in ("weight_gradient", "keras_torch", "float8"):
        assert re.search(rf"<label for=\"\w+\">{word} <small>1</small>", html)
    assert "float8</a>, edge.infinity\n  weight_gradient ≈ 1/1, got " in html
