"""Large tables: a stated number of rows goes to the browser, and none of the machinery where nobody watches."""

import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.runs.live import large_tables
from workbench.runs.live.large_tables import LargeTable

ROWS = pd.DataFrame({"customer_id": [f"<zed{i}>" for i in range(30)], "n": range(30)})


def test_where_nobody_watches_a_table_is_static() -> None:
    assert "<script" not in wb.table(ROWS)._repr_html_()


def test_in_a_notebook_only_so_many_rows_are_sent_and_the_caption_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_tables, "in_notebook", lambda: True)
    monkeypatch.setattr(large_tables, "_start", lambda: None)
    shown = wb.table(ROWS, most=7)
    assert isinstance(shown, LargeTable)
    html = shown._repr_html_()
    assert "The first 7 of 30 rows." in html
    assert "zed6" in html and "zed7" not in html
    assert "<zed1>" not in html
    assert 'src="http' not in html and 'from "http' not in html and "import(" not in html  # nothing is downloaded


def test_a_table_not_computed_yet_sends_no_more_rows_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_tables, "in_notebook", lambda: True)
    monkeypatch.setattr(large_tables, "_start", lambda: None)
    crm = crm_of(*((str(i), "ann", "2024-01-01", 1.0) for i in range(9)))
    shown = wb.table(crm["orders"], most=4)
    assert (len(shown.rows), shown.caption) == (4, "The first 4 of 9 rows.")
