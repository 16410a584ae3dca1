"""The page as a reader meets it: offline, on a phone, in the dark, on paper, by keyboard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from tests.browser import CONTRAST, Reader
from tests.report.made import six_customers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of six customers, nothing hidden."""
    folder = tmp_path_factory.mktemp("page")
    wb.write_report(six_customers(folder), folder / "report", min_cell=0)
    return folder / "report" / "index.html"


@pytest.fixture(params=[(1280, False), (390, False), (1280, True)], ids=["wide", "narrow", "dark"])
def reader(browser: Any, index: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:
    width, dark = request.param
    opened = Reader(browser, index, width=width, dark=dark)
    yield opened
    opened.close()


def test_the_page_opens_offline_fetches_nothing_and_leaves_the_console_empty(reader: Reader, index: Path) -> None:
    assert reader.requests == [index.resolve().as_uri()]
    assert reader.console == []
    assert reader.page.locator("h1").count() == 1


def test_the_page_is_no_wider_than_the_screen(reader: Reader) -> None:
    width = reader.page.evaluate("document.documentElement.scrollWidth")
    assert width <= reader.page.viewport_size["width"]


def test_every_text_stands_out_from_what_lies_behind_it(reader: Reader) -> None:
    reader.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert reader.page.evaluate(CONTRAST) == {}


def test_the_table_under_a_chart_opens_by_keyboard(reader: Reader) -> None:
    toggle = reader.page.locator("details > summary").first
    table = reader.page.locator("details table").first
    assert not table.is_visible()
    toggle.focus()
    reader.page.keyboard.press("Enter")
    assert table.is_visible()


def test_links_on_the_page_lead_to_places_on_it(reader: Reader) -> None:
    targets = reader.page.eval_on_selector_all(
        "a[href^='#']", "links => links.map(a => a.getAttribute('href').slice(1))"
    )
    ids = reader.page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids)), "each id stands once"


def test_the_page_prints(browser: Any, index: Path) -> None:
    opened = Reader(browser, index)
    printed = opened.page.pdf(format="A4")
    opened.close()
    assert printed.startswith(b"%PDF")
