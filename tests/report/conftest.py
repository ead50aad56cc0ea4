"""Pages and a browser for the tests of the report."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil

import pytest
import synthetic_run

import equivalence
from equivalence.report import render_html
from equivalence.reproduction import reproduction

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FEW = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="session")
def run():
    return synthetic_run.make()


@pytest.fixture(scope="session")
def hostile():
    return synthetic_run.make(hostile=True, complete=False, losses=FEW)


@pytest.fixture(scope="session")
def html(run):
    return render_html(run, reproduce=synthetic_run.script)


@pytest.fixture(scope="session")
def hostile_html(hostile):
    return render_html(hostile, reproduce=lambda _: synthetic_run.HOSTILE)


@pytest.fixture(scope="session")
def few():
    """A run that has everything, and little of it."""
    return synthetic_run.make(losses=FEW, cases=3)


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Writes a page and says where."""

    def address(html, name):
        path = tmp_path_factory.mktemp("report") / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        return path.as_uri()

    return address


@pytest.fixture(scope="session")
def url(html, address):
    return address(html, "report")


@pytest.fixture(scope="session")
def few_url(address):
    """One loss: axe looks at every element."""
    run = synthetic_run.make(losses=FEW[:1], cases=3)
    return address(render_html(run, reproduce=synthetic_run.script), "few")


@pytest.fixture(scope="session")
def few_all_url(few, address):
    return address(render_html(few, reproduce=synthetic_run.script), "few_all")


@pytest.fixture(scope="session")
def real():
    """A run of real frameworks, those that are installed, with the claims of a whole one."""
    run = equivalence.run(["binary_cross_entropy:binary", "float32", "@eager"])
    environment = dataclasses.replace(run.environment, claims=synthetic_run.CLAIMS)
    return dataclasses.replace(run, environment=environment)


@pytest.fixture(scope="session")
def real_html(real):
    def reproduce(finding):
        return reproduction(finding, real.environment)

    return render_html(real, reproduce=reproduce)


@pytest.fixture(scope="session")
def real_url(real_html, address):
    return address(real_html, "real")


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip("no chromium; apt-get install chromium, or set CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, url):
    """Opens the page as a stranger would: offline, and scripts off unless a test needs them."""
    contexts = []

    def visit(fragment="", *, address=url, width=1280, scripts=False, **options):
        context = browser.new_context(
            offline=True,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.requests = []
        page.problems = []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("dialog", lambda dialog: page.problems.append(dialog.message))
        page.goto(address + fragment)
        return page

    yield visit
    for context in contexts:
        context.close()
