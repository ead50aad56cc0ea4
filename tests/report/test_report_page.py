"""The page in a real browser: offline, with scripts off, in every colour, width and on paper."""

from __future__ import annotations

import pytest

from equivalence.finding import Verdict
from equivalence.report import summarise

SCHEMES = ("light", "dark")


def shown(page, selector):
    """The texts of what is visible, without asking for each element in turn."""
    script = "(all) => all.filter(one => one.checkVisibility()).map(one => one.textContent.trim())"
    return page.locator(selector).evaluate_all(script)


def first(run, verdict, **fields):
    """A cell of a verdict."""
    cells = [cell for cell in summarise(run).cells if cell.verdict is verdict]
    return next(
        c for c in cells if all(getattr(c.worst, name) == value for name, value in fields.items())
    )


def test_one_request_and_no_complaint_with_scripts_off_and_on(visit):
    for scripts in (False, True):
        page = visit(scripts=scripts)
        assert len(page.requests) == 1
        assert page.problems == []


def test_the_verdict_comes_first(visit):
    page = visit()
    assert page.locator("h1").inner_text().endswith("fail: 6 diverge and 2 are retired.")
    assert "of 18,144 asked" in page.locator(".tally").inner_text()
    assert page.locator(".alert").inner_text().startswith("jax is absent")


def test_the_first_screen_says_what_fails_and_leads_to_it(visit):
    page = visit()
    first = page.locator("ul.most li").first
    assert "BinaryCrossentropy[mean_with_sample_weight]: differs" in first.inner_text()
    first.locator("a").click()
    assert page.locator("#failing article").first.locator(":target").is_visible()


@pytest.mark.parametrize(("tab", "kind"), [(0, "none"), (1, "sum"), (2, "mean")])
def test_a_tab_shows_its_reduction_and_hides_the_others(visit, tab, kind):
    page = visit()
    page.locator(f"label[for=tab-{tab}]").click()
    panels = [page.locator(f"#panel-{other}").is_visible() for other in range(3)]
    assert panels == [other == tab for other in range(3)]
    assert page.locator(f"#panel-head-{tab}").inner_text().startswith(f"Reduction {kind}")


def test_tabs_and_filters_answer_the_keyboard(visit):
    page = visit()
    page.locator("#tab-2").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#panel-1").is_visible()


@pytest.mark.parametrize("scripts", [False, True])
def test_a_dtype_and_a_quantity_narrow_every_cell(visit, scripts):
    page = visit(scripts=scripts)
    page.locator("label[for=d1]").click()
    page.locator("label[for=q0]").click()
    texts = shown(page, "#panel-2 .cells .s")
    assert texts
    assert all("value" in text and "float64 " in text for text in texts)
    assert not shown(page, "#panel-2 .w")


@pytest.mark.parametrize("scripts", [False, True])
def test_a_verdict_leaves_its_rows_and_its_cards_only(visit, scripts):
    page = visit(scripts=scripts)
    page.locator("label[for=t0]").click()
    rows = shown(page, "#panel-2 .cells tr.some")
    assert [row.startswith(("BCELoss", "BinaryCrossentropy")) for row in rows] == [True, True]
    assert not shown(page, "#divergences article")
    assert len(shown(page, "#failing article")) == 2


@pytest.mark.parametrize("scripts", [False, True])
def test_a_framework_leaves_its_columns_rows_and_cards_only(visit, scripts):
    page = visit(scripts=scripts)
    page.locator("label[for=f4]").click()
    groups = shown(page, "#panel-2 tr.group")
    heads = shown(page, "#panel-2 .overview thead th")
    assert groups
    assert all(group.startswith("sklearn") for group in groups)
    assert [head[:6] for head in heads] == ["loss", "target", "sklear", "n of m"]
    assert len(shown(page, "#divergences article")) == 1


@pytest.mark.parametrize("scripts", [False, True])
def test_a_loss_leaves_its_rows_tables_and_cards_only(visit, scripts):
    page = visit(scripts=scripts)
    page.locator("label[for=l1]").click()
    name = page.locator("label[for=l1]").inner_text().split()[0]
    assert [head.split()[0] for head in shown(page, "#panel-2 section.loss h4")] == [name]
    assert shown(page, "#losses h3") == [name]
    page.evaluate("document.querySelectorAll('details.more').forEach(one => one.open = true)")
    kept = page.locator("#divergences details.drill.l1").count()
    assert page.locator("#divergences details.drill").count() > kept > 0
    assert len(shown(page, "#divergences details.drill > summary")) == kept


def test_words_leave_the_rows_that_hold_them_all(visit):
    page = visit(scripts=True)
    page.locator("#find").fill("refuses log_loss")
    rows = shown(page, "#panel-2 .cells tr.some")
    assert rows
    assert all("log_loss" in row and "refuses" in row for row in rows)


def test_a_head_sorts_its_table(visit):
    page = visit(scripts=True)
    page.locator("table.frameworks button", has_text="framework").first.click()
    names = shown(page, "table.frameworks tbody th")
    assert names == sorted(names)


def test_a_script_can_be_copied(visit, run):
    cell = first(run, Verdict.EXPLAINED)
    page = visit(f"#{cell.fragment}", scripts=True, permissions=["clipboard-write"])
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    button = page.locator(".drill .copy").first
    button.click()
    page.wait_for_function("button => button.textContent === 'copied'", arg=button.element_handle())


def test_a_plot_has_words_lines_and_a_table(visit):
    page = visit(scripts=True)
    plot = page.locator(".plot").first
    assert "ulps" in plot.locator("svg").first.get_attribute("aria-label")
    assert plot.locator("path.bound").first.get_attribute("d").startswith("M")
    plot.locator("summary").click()
    heads = plot.locator("thead th").all_inner_texts()
    assert heads[:3] == ["point", "bound", "line 1"]
    row = plot.locator("tbody tr").first.locator("td")
    assert row.count() == len(heads) - 1 == plot.locator(".key li").count()


@pytest.mark.parametrize("verdict", [Verdict.EXPLAINED, Verdict.REFUSES, Verdict.DIVERGES])
def test_a_permalink_opens_its_drill_down_without_scripts(run, visit, verdict):
    cell = first(run, verdict)
    page = visit(f"#{cell.fragment}")
    (label,) = shown(page, ":target")
    assert cell.worst.dtype in label
    facts = page.locator(".facts", has=page.locator(":target"))
    assert cell.worst.case in facts.inner_text()


def test_every_cell_has_a_permalink_of_its_own_that_shows_it(few, visit, few_all_url):
    """In a drill-down that is opened if it differs, else in its place in the matrix."""
    expect = pytest.importorskip("playwright.sync_api").expect
    cells = [cell for cell in summarise(few).cells if cell.verdict.asked]
    assert len({cell.fragment for cell in cells}) == len(cells)
    page = visit(address=few_all_url)
    for cell in cells[::9]:
        page.goto(f"{few_all_url}#{cell.fragment}")
        differs = cell.verdict.fails or cell.verdict.catalogued
        place = page.locator(".facts" if differs else "td", has=page.locator(":target"))
        place = place.or_(page.locator("td:target"))
        expect(place, cell.id).to_be_visible()  # what was far off is laid out a frame later
        text = place.text_content()
        assert cell.worst.dtype in text, cell.id
        assert cell.worst.quantity in text, cell.id


def test_a_permalink_to_an_agreement_shows_each_dtype_and_quantity_in_its_tab(run, visit):
    cells = [cell for cell in summarise(run).cells if cell.worst.reduction == "none"]
    cell = next(cell for cell in cells if cell.verdict is Verdict.AGREES)
    page = visit(f"#{cell.fragment}")
    assert page.locator("#panel-0").is_visible()
    texts = shown(page, "td:is(:target, :has(:target)) .s")
    assert any(cell.worst.quantity in text and f"{cell.worst.dtype} " in text for text in texts)


def test_a_cell_of_the_matrix_leads_to_its_drill_down(visit):
    page = visit()
    link = page.locator("#panel-2 .cells td.catalogued a.w").first
    fragment = link.get_attribute("href")
    link.click()
    assert page.locator(".facts :target").is_visible()
    assert page.url.endswith(fragment)


def test_a_drill_down_shows_numbers_bound_input_and_a_script(run, visit):
    cell = first(run, Verdict.EXPLAINED)
    page = visit(f"#{cell.fragment}")
    text = page.locator(".drill", has=page.locator(":target")).inner_text()
    for part in ("0x1.", " ulps", "times the bound", "prediction", "import torch"):
        assert part in text


@pytest.mark.parametrize("scheme", SCHEMES)
def test_colours_follow_the_system(visit, scheme):
    page = visit(scripts=True, color_scheme=scheme)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, colour[4:-1].split(", "))) > 600) == (scheme == "light")


@pytest.mark.parametrize("width", [320, 380, 700, 1280, 2000])
def test_the_page_never_scrolls_sideways(visit, width):
    page = visit(scripts=True, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.locator("label[for=every]").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_holds_the_verdict_and_the_divergences_only(visit):
    page = visit(scripts=True)
    page.emulate_media(media="print")
    heads = shown(page, "main > section > h2")
    assert heads == [
        "Open findings",
        "Divergences that the catalogue explains",
    ]
    assert page.locator("h1").is_visible()
    assert not shown(page, "details")


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["few_url", "real_url"])
def test_axe_finds_nothing(visit, request, name, scheme, opened):
    """On an imagined run, and on one of the real frameworks."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    address = request.getfixturevalue(name)
    page = visit(scripts=True, color_scheme=scheme, bypass_csp=True, address=address)
    page.evaluate(
        f"document.querySelectorAll('details').forEach(one => one.open = {str(opened).lower()})"
    )
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_a_hostile_run_is_shown_and_does_nothing(visit, hostile_html, address):
    page = visit(address=address(hostile_html, "hostile"), scripts=True, width=380)
    assert len(page.requests) == 1
    assert page.problems == []
    assert page.evaluate("document.querySelectorAll('script, img, [onerror]').length") == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
