"""The page of a company too small for a model, whose source has no amounts: what is unknown is neither zero nor advice."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from workbench.report import Findings, charts, draw_charts
from workbench.report.exports.workbook import _details
from workbench.report.html_page.page import render_page, svg
from workbench.report.sentences import summary
from workbench.report.text_tables.why_tables import why_tables

pytestmark = pytest.mark.slow


def test_too_few_leavers_end_in_a_report_without_a_model(report: tuple[str, Path]) -> None:
    page, folder = report
    assert "No model: Too few departures for a model" in page
    assert "customers active on" in page
    assert {path.name for path in folder.iterdir()} == {
        "index.html", "segments.xlsx", "actions.csv", "held_out.csv", "summary.json",
    }  # fmt: skip


def test_unknown_amounts_are_shown_as_such(report: tuple[str, Path]) -> None:
    page, _ = report
    assert "What is at stake cannot be computed" in page
    assert "XXX" not in page
    assert "Revenue at risk</span>" not in page
    assert "Contact nobody" not in page
    assert "A scenario, not a gain" not in page
    assert "Predicted against observed" not in page
    assert "NPS</span>" not in page


def test_no_single_customer_stands_on_the_page(report: tuple[str, Path], unpriced: Findings) -> None:
    page, _ = report
    customers = unpriced.segmented["customer_id"].unique()
    assert len(customers) > 50
    assert not [customer for customer in customers if re.search(rf"\b{re.escape(str(customer))}\b", page)]


def test_a_question_that_the_source_cannot_answer_is_left_out_with_its_reason(report: tuple[str, Path]) -> None:
    page, _ = report
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "How many customers leave, and how?", "Do new customers stay?", "Why do they leave?",
        "Which customers leave most?", "What is a customer worth, and where does keeping pay?", "What to expect of the next period?", "Whom to contact first?",
        "How sure are we?", "How is each figure defined?",
    ]  # fmt: skip
    for question, reason in {
        "Is recurring revenue growing?": "no MRR is known",
        "What do customers say, and how long do they wait?": "neither answered surveys nor tickets",
        "What did past campaigns bring?": "no campaign is recorded",
        "What would other assumptions change?": "loss can be priced",
    }.items():
        assert re.search(rf"<dt>{re.escape(question)}</dt><dd>[^<]*{reason}", page, re.IGNORECASE), question


def test_one_churn_stands_on_the_card_in_the_sentence_and_in_the_table(report: tuple[str, Path]) -> None:
    page, folder = report
    churn = json.loads((folder / "summary.json").read_text())["metrics"]["churn_rate"]
    counted = f"{churn['count']:,.0f} of {churn['of']:,.0f} active customers left"
    assert page.count(counted) == 2
    whole = re.search(r'<tr class="all">(.*?)</tr>', page)
    assert whole is not None
    assert f"{churn['count']:,.0f} of {churn['of']:,.0f}" in whole[1]


def test_the_months_of_the_cohorts_say_what_they_count(report: tuple[str, Path]) -> None:
    page, _ = report
    assert re.search(r'<th scope="colgroup" colspan="\d+">Months after the first</th>', page)


def test_a_range_of_numbers_is_not_parted_at_the_end_of_a_line(report: tuple[str, Path]) -> None:
    page, _ = report
    assert "1–\N{WORD JOINER}9" in page
    assert not re.findall(r"\d–\d", page)


def test_a_name_turns_round_nothing_that_follows_it(unpriced: Findings) -> None:
    named = replace(unpriced, facts=replace(unpriced.facts, name="\u202eevil \u2067کوروش"))
    page = render_page(named, draw_charts(named))
    assert "evil کوروش" in page
    assert not set("\u202e\u2067") & set(page)


def test_every_chart_has_a_name_and_its_table_and_the_page_fetches_nothing(report: tuple[str, Path]) -> None:
    page, _ = report
    charts = re.findall(r'<figure><div role="img" aria-label="([^"]+)">', page)
    assert len(charts) >= 2
    assert page.count("<summary>Show the table") >= len(charts) - 1  # that of the segments stands under its own chart
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_the_same_chart_is_drawn_alike_to_the_last_id() -> None:
    def drawn() -> str:
        periods = [datetime(2024, month, 1) for month in (4, 7)]
        rows = {"start": [datetime(2024, 1, 1), *periods[:1]], "end": periods, "churn": [0.1, 0.2], "low": [0.05, 0.1]}
        frame = pd.DataFrame({**rows, "high": [0.2, 0.3], "lost": [10, 20], "at_start": [100, 100]})
        return str(svg(charts.draw(charts.churn_by_period, frame), "periods"))

    assert drawn() == drawn()


def test_reasons_have_the_same_names_in_the_workbook_as_on_the_page(unpriced: Findings) -> None:
    given = unpriced.details.reasons.iloc[:0].reindex(["other", "not given", "price"]).assign(n=20, share=0.3)
    found = replace(unpriced, details=replace(unpriced.details, reasons=given))
    (sheet,) = (sheet for sheet in _details(found) if sheet.name == "Reasons")
    table = why_tables(found)["reasons"]
    assert table
    assert sheet.rows["reason"].tolist() == [row[0] for row in table.rows]


def test_where_no_list_pays_the_three_things_to_do_are_the_avoidable_reasons(unpriced: Findings) -> None:
    given = pd.DataFrame(
        {"n": [9, 8, 5, 4, 2], "revenue": float("nan"), "avoidable": ["no", "yes", "yes", "yes", "yes"]},
        index=pd.Index(["closed or moved", "poor support", "price", "hard to use", "competitor"], name="reason"),
    )
    found = replace(
        unpriced, lists={}, segments=unpriced.segments.iloc[:0], details=replace(unpriced.details, reasons=given)
    )
    assert [(item.customers, item.link) for item in summary.to_do(found)] == [(8, "why"), (5, "why"), (4, "why")]
