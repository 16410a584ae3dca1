"""Sheets and texts made for reading: titles above the header, totals below the rows."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from workbench.sources import RawFile, open_raw

TITLES = 'Acme Ltd,,\n"Sales, 2024",,\n,,\n'
ROWS = "account,date,net\na,2024-01-01,5\nb,2024-01-02,6,7\nc,2024-01-03,7\n"


def _read(path: Path) -> tuple[list[tuple[object, ...]], dict[str, int], list[str]]:
    con, problems = open_raw({"sales": RawFile(path=path)}, path.parent)
    assert not problems
    with con:
        rows = con.execute("SELECT account, net::INT FROM raw.sales ORDER BY account").fetchall()
        remarks = con.execute("SELECT remark, rows FROM main._remarks").fetchall()
        refused = con.execute("SELECT reason || raw FROM main.refusals ORDER BY 1").fetchall()
    return rows, dict(remarks), [text for (text,) in refused]


def test_titles_above_the_header_and_totals_below_are_left_out_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(TITLES + ROWS + ",TOTAL,12\n")
    rows, remarks, refused = _read(tmp_path / "sales.csv")
    assert rows == [("a", 5), ("c", 7)]
    assert remarks == {"left out above the header of sales.csv, where titles stand": 3}
    assert "a line of totals" in refused[0]
    assert '"line":6' in refused[1]


def test_a_sheet_with_titles_is_read_from_its_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Contracts"], [], ["account", "date", "net"], ["a", "2024-01-01", 5], ["c", "2024-01-02", 7]):
        book.active.append(row)
    book.active.append(["Total", None, 12])
    book.save(tmp_path / "sales.xlsx")
    rows, remarks, refused = _read(tmp_path / "sales.xlsx")
    assert rows == [("a", 5), ("c", 7)]
    assert list(remarks.values()) == [1]
    assert len(refused) == 1


def test_a_header_with_few_values_below_it_stays_the_header(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("account,date,net\na,,5\nb,,\nc,2024-01-02,7\n")
    assert _read(tmp_path / "sales.csv")[0] == [("a", 5), ("b", None), ("c", 7)]
