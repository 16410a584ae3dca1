"""The page as a reader meets it: offline, on a phone, in the dark, on paper, by keyboard."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

import workbench as wb
from tests.browser import CONTRAST, Reader
from workbench.errors import UserError
from workbench.model import Money, simulate
from workbench.model.simulation import COLUMNS
from workbench.report import Findings, print_page
from workbench.report.findings.simulator import retention_slider
from workbench.report.formats import number_texts as texts
from workbench.report.html_page.page import environment
from workbench.report.text_tables.tables import Table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index(six: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of six customers, nothing hidden."""
    folder = tmp_path_factory.mktemp("page")
    wb.write_report(six, folder, min_cell=0)
    return folder / "index.html"


@pytest.fixture(scope="module", params=[(1280, False), (390, False), (1280, True)], ids=["wide", "narrow", "dark"])
def opened(browser: Any, index: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:
    width, dark = request.param
    page = Reader(browser, index, width=width, dark=dark)
    yield page
    page.close()


@pytest.fixture
def reader(opened: Reader) -> Reader:
    """The page with all that opens closed, whatever another test opened."""
    opened.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false })")
    return opened


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


def test_no_barrier_is_found_for_who_reads_by_keyboard_or_by_ear(reader: Reader) -> None:
    reader.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = Axe().run(reader.page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


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


WORD = """word => { const text = [...document.querySelectorAll('tbody th')].map(cell => cell.firstChild).find(
  node => node.textContent.includes(word)), place = text.textContent.indexOf(word), range = document.createRange();
  range.setStart(text, place); range.setEnd(text, place + word.length);
  return new Set([...range.getClientRects()].map(line => line.top)).size }"""
"""On how many lines a word of a table's first column stands."""


def test_a_name_is_broken_only_where_it_is_too_long_for_half_of_a_small_screen(browser: Any, tmp_path: Path) -> None:
    pages = environment()
    names = ["Cybersecurity", "Telecommunications Ltd", "x" * 80]
    rows = [(name, *["€1,000,000"] * 6) for name in names]
    macro = "{% from 'macros.html.j2' import table %}<style>{% include 'style.css' %}</style>{{ table(t, 'Segments') }}"
    page = tmp_path / "page.html"
    shown = pages.from_string(macro).render(t=Table(("Segment", *"abcdef"), rows))
    page.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8">{shown}', encoding="utf-8")
    reader = Reader(browser, page, width=390)
    lines = {name: reader.page.evaluate(WORD, name.split()[0]) for name in names}
    assert [lines[name] for name in names[:2]] == [1, 1]
    assert lines[names[2]] > 1
    assert reader.page.locator("tbody th").first.evaluate("cell => cell.getBoundingClientRect().width") < 195
    reader.close()


@pytest.mark.parametrize(("place", "hinted"), [(600, [False]), (200, [True])])
def test_a_table_wider_than_its_place_says_so_on_a_large_screen_too(
    browser: Any, tmp_path: Path, place: int, hinted: list[bool]
) -> None:
    macro = (
        "{% from 'macros.html.j2' import table %}<style>{% include 'style.css' %}</style>"
        "<div style='width: {{ place }}px'>{{ table(t, 'Periods') }}</div><script>{% include 'hints.js' %}</script>"
    )
    shown = (
        environment().from_string(macro).render(t=Table(("Period", *"abcd"), [("May", *["1,000"] * 4)]), place=place)
    )
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8">{shown}', encoding="utf-8")
    reader = Reader(browser, page, width=1280)
    assert reader.page.eval_on_selector_all(".hint", "all => all.map(e => e.checkVisibility())") == hinted
    reader.close()


def simulated(browser: Any, folder: Path, *, ranked: bool) -> Reader:
    """Return a page with nothing but the simulator of twenty customers in two groups."""
    groups = pd.DataFrame([(10.0, 5.0, 5000.0, 1500.0), (10.0, 1.0, 100.0, 30.0)], columns=COLUMNS)
    money = Money(0.3, 0.1, 10, 0.3, 5, 0.0)
    shown = {
        "groups": groups.to_numpy().tolist(), "money": asdict(money), "customers": 20, "revenue": 10_000.0,
        "first": asdict(simulate(groups, money)), "ranked": ranked,
        "points": retention_slider(0.3),
    }  # fmt: skip
    pages = environment()
    pages.filters["three_digits"] = lambda value: texts.scenario(value, "EUR", digits=3)
    pages.filters["about"] = lambda n: texts.scenario(n, "")
    form = pages.get_template("simulator.html.j2").render(simulator=shown, f=SimpleNamespace(currency="EUR"))
    page = folder / "page.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><section id="simulator">{form}</section>', encoding="utf-8")
    return Reader(browser, page, width=1280, dark=False)


def shows(reader: Reader, name: str) -> str:
    return str(reader.page.locator(f"#sim-{name}").inner_text())


def test_the_simulator_computes_what_it_first_shows_moves_by_keyboard_and_resets(browser: Any, tmp_path: Path) -> None:
    reader = simulated(browser, tmp_path, ranked=True)
    # 10 customers, of whom 5 leave: 0.1 × (1,500 − 50) − 0.3 × 10 × 5 − 5 × 10 = 80; the other group does not pay.
    first = [shows(reader, name) for name in ("contacted", "gain", "more-customers")]
    assert first == ["10", "€80", "1"]
    reader.page.locator("#sim-save").focus()
    for _ in range(20):
        reader.page.keyboard.press("ArrowRight")
    assert (shows(reader, "save-now"), shows(reader, "gain")) == ("20 %", "€225")
    reader.page.locator("button[type=reset]").click()
    reader.page.wait_for_function("document.getElementById('sim-gain').textContent === '€80'")
    assert reader.console == []
    reader.close()


def test_where_no_score_ranks_customers_the_simulator_shows_only_what_more_retention_brings(
    browser: Any, tmp_path: Path
) -> None:
    reader = simulated(browser, tmp_path, ranked=False)
    reader.page.locator("#sim-points").focus()
    for _ in range(5):
        reader.page.keyboard.press("ArrowRight")
    # a tenth of 20 customers and of 10,000 of revenue
    assert [shows(reader, f"more-{name}") for name in ("customers", "revenue", "margin")] == ["2", "€1,000", "€300"]
    assert reader.page.locator("#sim-gain").count() == 0
    reader.page.locator("#sim-points").fill("1")
    assert shows(reader, "points-now") == "1 point"
    assert reader.console == []
    reader.close()


def test_the_page_is_no_wider_than_a_sheet_of_a4(browser: Any, index: Path) -> None:
    reader = Reader(browser, index, width=718)  # A4 at 96 dots an inch, less margins of a centimetre
    reader.page.emulate_media(media="print")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 718
    reader.close()


FILL = """() => {
  const cards = document.querySelector(".cards"), todo = document.querySelector("#now").parentElement;
  const small = ["● no clear change (−2.1 to +1.7 points)", "of the monthly revenue at the start was paid at the end, "
    + "upgrades included", "95 % interval 95.2 to 97.9 %", "87 % kept in a year at this pace"];
  const card = `<li class="card"><span>Net revenue retention</span><b>96.6 %</b>`
    + small.map(line => `<small>${line}</small>`).join("") + "</li>";
  cards.innerHTML = card.repeat(10);
  todo.innerHTML = `<h2 class="part">What to do now</h2><ol class="todo">` + ("<li>Contact customers likely to leave: "
    + "1,340 customers, €116,443 expected gain (scenario); a contact is expected to bring more than it costs.</li>"
    ).repeat(3) + "</ol>";
  return document.querySelector(".two + .note").getBoundingClientRect().bottom }"""
"""Ten cards and three things to do, as long as they come; where the first page then ends, in pixels."""


def test_ten_cards_and_what_to_do_now_stand_on_one_sheet_of_a4(browser: Any, index: Path) -> None:
    reader = Reader(browser, index, width=688)  # at 96 dots an inch, less the margins of the style
    reader.page.emulate_media(media="print")
    assert reader.page.evaluate(FILL) <= (297 - 30) / 25.4 * 96
    reader.close()


@pytest.mark.usefixtures("browser")
def test_the_page_prints(index: Path, tmp_path: Path) -> None:
    printed = print_page(index, tmp_path / "report.pdf")
    assert printed.read_bytes().startswith(b"%PDF")
    assert printed.read_bytes().count(b"/Type /Page\n") > 1


@pytest.mark.usefixtures("browser")
def test_a_pdf_file_that_cannot_be_written_is_named(index: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no/report\.pdf: cannot be written: No such file"):
        print_page(index, tmp_path / "no" / "report.pdf")


def test_without_a_browser_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no browser to print with: install Chromium"):
        print_page(tmp_path / "index.html", tmp_path / "report.pdf")


def test_a_chart_without_a_neighbour_has_its_words_beside_it(browser: Any, tmp_path: Path) -> None:
    page, figure = (
        tmp_path / "page.html",
        "<figure><div><svg viewBox='0 0 5 3'></svg></div><figcaption>x</figcaption></figure>",
    )
    shown = f"<style>{{% include 'style.css' %}}</style><div class='pair'>{figure}</div><div class='pair'>{figure * 2}</div>"
    page.write_text(f"<!doctype html>{environment().from_string(shown).render()}", encoding="utf-8")
    reader = Reader(browser, page)
    beside = """all => all.map(f => f.querySelector('figcaption').getBoundingClientRect().left >=
      f.querySelector('svg').getBoundingClientRect().right)"""
    assert reader.page.eval_on_selector_all("figure", beside) == [True, False, False]
    reader.close()
