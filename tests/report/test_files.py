"""Six customers counted by hand: the page, the workbook and the summary say the same."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import openpyxl
import pandas as pd
import pytest
import xlsxwriter

import workbench as wb
from tests.conftest import ROOT
from tests.report.made import six_customers
from workbench.report import Findings, summary_schema
from workbench.report.exports.summary_file import plain
from workbench.report.exports.workbook import MOST_LISTED, _known, _lists
from workbench.report.exports.workbook_sheet import Column, Sheet, write_sheet

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(six: Findings, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, dict[str, Any]]:
    """The page, the workbook and the summary, with nothing hidden."""
    return written(six, tmp_path_factory.mktemp("files"), min_cell=0)


def written(findings: Findings, folder: Path, *, min_cell: int) -> tuple[str, Any, dict[str, Any]]:
    wb.write_report(findings, folder, min_cell=min_cell)
    page = re.sub(
        r"<svg.*?</svg>|<style.*?</style>|<script.*?</script>", "", (folder / "index.html").read_text(), flags=re.S
    )
    summary = json.loads((folder / "summary.json").read_text())
    return page.replace("\xa0", " "), openpyxl.load_workbook(folder / "segments.xlsx"), summary


def rows_of(book: Any, name: str) -> list[dict[str, Any]]:
    """Return a sheet's rows by head; the heads stand in the fourth row."""
    heads, *rows = list(book[name].iter_rows(min_row=4, values_only=True))
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_churn_of_the_last_period_is_two_of_six_in_all_three(files: tuple[str, Any, dict[str, Any]]) -> None:
    page, book, summary = files
    churn = summary["metrics"]["churn_rate"]
    assert (churn["count"], churn["of"], churn["value"]) == (2, 6, pytest.approx(1 / 3))
    (row,) = [row for row in rows_of(book, "Figures") if row["Figure"] == "churn rate" and row["Of"] == 6][:1]
    assert (row["Counted"], row["Value"]) == (2, pytest.approx(1 / 3))
    last = [row for row in rows_of(book, "Periods") if isinstance(row["Lost"], float | int)][-1]
    assert (last["Lost"], last["Customers at the start"]) == (2, 6)
    assert summary["periods"][-1]["lost"] == 2
    assert "2 of 6 active customers" in page


def test_the_page_says_what_the_groups_are_named_for(files: tuple[str, Any, dict[str, Any]]) -> None:
    assert "Recency, frequency, money: days since the last order, number of orders, and their value" in files[0]


def test_active_customers_are_four_and_two_have_lapsed_in_all_three(files: tuple[str, Any, dict[str, Any]]) -> None:
    page, book, summary = files
    assert summary["customers"] == {"known": 6, "at_risk": 4, "lapsed": 2}
    everyone = rows_of(book, "Segments")[0]
    assert (everyone["Sorted by"], everyone["Customers"], everyone["Active"]) == ("All customers", 6, 4)
    assert "4 of 6 customers known" in page


def test_a_segments_customers_losses_and_revenue_are_the_same_in_all_three(
    files: tuple[str, Any, dict[str, Any]],
) -> None:
    page, book, summary = files
    known = {row["segment"]: row for row in summary["segments"] if row["segmentation"] == "value_segment"}
    vip, other = known["VIP"], known["other"]  # revenue: of the active, bob 30, cid 30 and dan 40
    assert (vip["customers"], vip["yearly_revenue"], vip["n"], vip["lost"]) == (1, 800, 1, 0)
    assert (other["customers"], other["yearly_revenue"], other["n"], other["lost"]) == (5, 100, 5, 2)
    sheet = {row["Segment"]: row for row in rows_of(book, "Segments")}
    for row in (vip, other):
        cells = sheet[row["segment"]]
        assert [cells["Customers"], cells["Active then"], cells["Lost"], cells["Churn"]] == [
            row["customers"], row["n"], row["lost"], pytest.approx(row["churn"]),
        ]  # fmt: skip
    assert "2 of 5" in page


def test_of_six_persons_no_file_shows_a_group_that_is_smaller_than_ten(six: Findings, tmp_path: Path) -> None:
    page, book, summary = written(six, tmp_path, min_cell=10)
    assert summary["min_cell"] == 10
    assert summary["segments"] == []
    assert "Segments" not in book.sheetnames
    assert "2 of 5" not in page
    assert summary["customers"]["at_risk"] == 4, "the whole is no group of it"
    assert not [cell for cell in re.findall(r"<td[^>]*>([^<]*)</td>", page) if cell in ("nan", "NaN", "<NA>")]


def test_no_customer_stands_on_the_page_or_in_the_summary(six: Findings, tmp_path: Path) -> None:
    page, _, summary = written(six, tmp_path, min_cell=0)
    for customer in ("ann", "bob", "cid", "dan", "eva", "fay"):
        assert not re.search(rf"\b{customer}\b", page)
        assert f'"{customer}"' not in json.dumps(summary)


def test_the_summary_fits_the_published_schema_and_the_schema_is_that_of_the_package(
    files: tuple[str, Any, dict[str, Any]],
) -> None:
    published = json.loads((ROOT / "reports" / "summary.schema.json").read_text())
    assert published == summary_schema()
    jsonschema.validate(files[2], published)


def test_every_sheet_names_run_day_and_currency_and_has_frozen_plain_heads_with_filters(
    files: tuple[str, Any, dict[str, Any]],
) -> None:
    _, book, _ = files
    assert book.sheetnames[:3] == ["Figures", "Periods", "Segments"]
    assert book.sheetnames[-1] == "Read me"
    for sheet in book:
        assert "run small; as of 1 June 2024; currency of amounts not stated" in sheet["A2"].value
        heads = [cell.value for cell in sheet[4]]
        assert all(head and "_" not in head for head in heads), sheet.title
        assert (sheet.freeze_panes, sheet.auto_filter.ref is not None) == ("B5", True)


def test_each_cell_has_the_form_of_what_it_holds_and_only_totals_are_formulas(
    files: tuple[str, Any, dict[str, Any]],
) -> None:
    _, book, _ = files
    figures = book["Figures"]
    forms = {figures.cell(row, 1).value: figures.cell(row, 2).number_format for row in range(5, figures.max_row + 1)}
    assert (forms["churn rate"], forms["revenue at risk"]) == ("0.0 %", "#,##0")
    assert book["Periods"]["A5"].number_format == "d mmm yyyy"
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas
    assert all(formula.startswith("=SUBTOTAL(109,") for formula in formulas)


def test_nothing_is_cut_off_columns_are_as_wide_as_dates_and_amounts_and_rows_as_high_as_texts(tmp_path: Path) -> None:
    columns = [Column("day", "Day", "date", ""), Column("revenue", "Revenue at risk, last 365 days", "money", "", True),
               Column("why", "Why", "text", "")]  # fmt: skip
    rows = pd.DataFrame(
        {"day": pd.Timestamp("2024-03-10"), "revenue": [1_968_593.0] * 9, "why": ["short", *["x" * 150] * 8]}
    )
    with xlsxwriter.Workbook(str(tmp_path / "x.xlsx")) as book:
        write_sheet(book, Sheet("S", "about", columns, rows, total="Total"), "stamp")
    page = openpyxl.load_workbook(tmp_path / "x.xlsx")["S"]
    assert page.column_dimensions["A"].width >= len("10 Mar 2024") and page.column_dimensions["B"].width > len(
        "17,717,337"
    )
    assert (page.row_dimensions[5].height, page.row_dimensions[6].height) == (None, 3 * 15)
    assert page.row_dimensions[4].height >= 3 * 15, "the head takes three lines"


def test_a_column_in_which_nothing_is_known_is_left_out() -> None:
    columns = [Column(name, name, "money", "") for name in ("gain", "cac", "churn")]
    rows = pd.DataFrame({"gain": [1.0], "cac": [None], "churn": [None]})
    shown = [column.name for column in _known(Sheet("S", "about", columns, rows)).columns]
    assert shown == ["gain", "churn"], "a chart may show churn"


def test_periods_and_segments_have_a_native_chart(files: tuple[str, Any, dict[str, Any]]) -> None:
    _, book, _ = files
    assert [len(book[name]._charts) for name in ("Periods", "Segments")] == [1, 1]


def test_every_column_is_explained_in_the_workbook(files: tuple[str, Any, dict[str, Any]]) -> None:
    _, book, _ = files
    explained = {(row["Sheet"], row["Column"]) for row in rows_of(book, "Read me")}
    for sheet in book.worksheets[:-1]:
        if not sheet.title.startswith("List "):
            assert {(sheet.title, cell.value) for cell in sheet[4]} <= explained


def test_a_long_list_is_shown_from_its_top_and_says_where_the_rest_is() -> None:
    rows = pd.DataFrame({"rank": range(1, MOST_LISTED + 2), "customer_id": "ann"})
    (sheet,) = _lists(SimpleNamespace(lists={"keep": rows}))  # type: ignore[arg-type]
    assert len(sheet.rows) == MOST_LISTED
    assert sheet.about == "the first 5,000 of 5,001 customers; all stand in actions.csv"


def test_only_what_a_person_reads_of_a_list_is_printed(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"rank": [1], "customer_id": "ann", "margin_at_stake": 9.0, "why": "unused " * 20, "say": "hello"}
    )
    (sheet,) = _lists(SimpleNamespace(lists={"keep": rows}))  # type: ignore[arg-type]
    with xlsxwriter.Workbook(str(tmp_path / "list.xlsx")) as book:
        write_sheet(book, sheet, "")
    page = openpyxl.load_workbook(tmp_path / "list.xlsx")["List keep"]
    assert [cell.value for cell in page[4]] == ["Rank", "Customer", "Why", "What to say", "Margin at stake"]
    assert page.print_area == "'List keep'!$A$1:$D$7"
    assert page.column_dimensions["C"].width < 34, "long texts take lines, not room beside the others"


def test_a_day_that_stands_in_a_list_as_text_is_a_date_in_the_workbook() -> None:
    rows = pd.DataFrame({"customer_id": ["ann", "bob"], "last_order_on": ["2024-05-01", None]})
    (sheet,) = _lists(SimpleNamespace(lists={"keep": rows}))  # type: ignore[arg-type]
    assert sheet.rows["last_order_on"].tolist() == [pd.Timestamp("2024-05-01"), pd.NaT]
    assert [column.form for column in sheet.columns] == ["text", "date"]


def test_a_list_that_is_cut_has_the_total_of_all_its_rows_too(tmp_path: Path) -> None:
    whole = pd.DataFrame({"customer_id": ["ann", "bob", "cid"], "expected_gain": [5.0, 3.0, 1.0]})
    columns = [Column("customer_id", "Customer", "text", ""), Column("expected_gain", "Gain", "money", "", summed=True)]
    with xlsxwriter.Workbook(str(tmp_path / "list.xlsx")) as book:
        write_sheet(book, Sheet("List keep", "", columns, whole.head(2), None, "Total", whole=whole), "")
    rows = openpyxl.load_workbook(tmp_path / "list.xlsx", data_only=True)["List keep"].iter_rows(values_only=True)
    assert list(rows)[-2:] == [("Total of the rows here", 8), ("Total of all 3", 9)]


def test_unknown_is_null_and_a_day_is_a_day() -> None:
    rows = pd.DataFrame({"day": [pd.Timestamp("2024-05-01"), pd.NaT], "n": pd.array([1, None], dtype="Int64")})
    assert plain(rows) == [{"day": "2024-05-01", "n": 1}, {"day": None, "n": None}]


def test_where_silence_may_last_longer_than_the_horizon_nobody_is_priced_and_the_report_stands(tmp_path: Path) -> None:
    wb.write_report(six_customers(tmp_path, inactive_days=60), tmp_path / "report", min_cell=0)
    summary = json.loads((tmp_path / "report" / "summary.json").read_text(encoding="utf-8"))
    assert {row["revenue_at_risk"] for row in summary["details"]["bands"]} == {None}
    assert {row["revenue_at_risk"] for row in summary["segments"]} == {None}
