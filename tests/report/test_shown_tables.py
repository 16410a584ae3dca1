import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import DataError
from workbench.report import charts

LONG = "the last paid subscription was cancelled, and none was begun within the days of grace that the rules allow"


def cells(shown: object) -> list[tuple[str, str]]:
    """Side and text of each cell of the body."""
    html = shown._repr_html_()  # type: ignore[attr-defined]
    return [(side, text) for side, text in re.findall(r"<td [^>]*text-align: (\w+);[^>]*>([^<]*)</td>", html)]


def test_text_stands_left_and_numbers_right() -> None:
    shown = wb.show(pd.DataFrame({"plan": ["team"], "customers": [1200]}))
    assert cells(shown) == [("left", "team"), ("right", "1,200")]


def test_no_text_is_cut() -> None:
    assert LONG in wb.show(pd.DataFrame({"rule": [LONG]}))._repr_html_()
    assert LONG in repr(wb.show(pd.DataFrame({"rule": [LONG]})))


@pytest.mark.parametrize("unknown", [None, float("nan"), pd.NaT, pd.NA, ""])
def test_the_unknown_is_a_dash(unknown: object) -> None:
    shown = wb.show(pd.DataFrame({"value": pd.Series([unknown], dtype="object")}))
    assert cells(shown) == [("left", "–")]


def test_a_long_value_without_blanks_stays_inside_its_cell() -> None:
    (cell,) = re.findall(r'<td style="([^"]*)">', wb.show(pd.DataFrame({"raw": ["x" * 400]}))._repr_html_())
    assert "overflow-wrap: anywhere" in cell


@pytest.mark.parametrize("what", [5, "text", wb.Metric("churn", 0.3, 0.2, 0.4, 3, 10, "", 10), [1, 2]])
def test_what_is_no_table_is_refused_with_what_would_be_one(what: object) -> None:
    with pytest.raises(DataError, match=rf"not {type(what).__name__}; take \[metric\]"):
        wb.show(what)  # type: ignore[arg-type]


def test_an_empty_table_is_a_sentence() -> None:
    shown = wb.show(pd.DataFrame(columns=["table", "reason"]), empty="Every row could be used.")
    assert shown._repr_html_() == "<p>Every row could be used.</p>"


def test_of_many_rows_the_first_are_shown_and_the_caption_says_so() -> None:
    shown = wb.show(pd.DataFrame({"n": range(30)}), most=2)
    assert len(cells(shown)) == 2
    assert "The first 2 of 30 rows." in shown._repr_html_()


def test_what_the_source_wrote_is_never_markup() -> None:
    shown = wb.show(pd.DataFrame({"<b>": ["<script>alert(1)</script>"]}), fold="<i>")
    assert not re.search(r"<(script|b|i)>", shown._repr_html_())


def test_an_index_with_a_name_is_a_column_and_the_frame_stays_as_it_was() -> None:
    frame = pd.DataFrame({"lost": [3]}, index=pd.Index([pd.Timestamp("2024-03-01")], name="as_of"))
    before = frame.copy()
    assert cells(wb.show(frame)) == [("left", "2024-03-01"), ("right", "3")]
    pd.testing.assert_frame_equal(frame, before)


def test_metrics_show_their_interval_and_what_was_counted() -> None:
    metric = wb.Metric("churn", 0.31, 0.26, 0.36, 31, 100, "lost / at the start", 100)
    assert [text.replace("\xa0", " ") for _, text in cells(wb.show([metric]))] == [
        "churn", "31 %", "26 to 36 %", "31 of 100", "lost / at the start",
    ]  # fmt: skip


def test_a_chart_says_in_words_what_it_shows() -> None:
    drawn_before = plt.get_fignums()
    months = pd.DataFrame({"month": pd.to_datetime(["2024-01-01", "2024-02-01"]), "orders": [3, 4]})
    chart = charts.draw(charts.activity_by_month, months, title="Orders per month")
    assert chart.alternative == "Orders per month. count in the month by month"
    assert plt.get_fignums() == drawn_before, "a figure stays open"
