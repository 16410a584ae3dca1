"""Dates with the month in words, in the languages and orders of exports."""

from __future__ import annotations

import pytest

from workbench.sources import connect

SPELLED = {
    "5 January 2024": "2024-01-05 00:00:00",
    "Jan-05-24": "2024-01-05 00:00:00",
    "5. März 2024 14:30": "2024-03-05 14:30:00",
    "mar. 15 oct. 2024": "2024-10-15 00:00:00",
    "le 5 janv. 2024": "2024-01-05 00:00:00",
    "5 de enero de 2024": "2024-01-05 00:00:00",
    "05-Şub-2024": "2024-02-05 00:00:00",
    "12 мая 2024 г.": "2024-05-12 00:00:00",
    "January 5th, 2024 3:04 PM": "2024-01-05 15:04:00",
    "Fri, 05 Jan 2024 10:11:12 +0000": "2024-01-05 10:11:12",
    "Mai 2024": "2024-05-01 00:00:00",
    "10:11 5 Jan 2024 +0100": None,
    "sub_01h2000": None,
    "SUB-2012": None,
    "2024-01-05": None,
}


@pytest.fixture(scope="module")
def found() -> dict[str, str | None]:
    con = connect()
    con.execute("CREATE TABLE spelled AS SELECT unnest(?) AS text", [list(SPELLED)])
    return dict(con.execute("SELECT text, spelled_time(text)::VARCHAR FROM spelled").fetchall())


@pytest.mark.parametrize("text", SPELLED)
def test_a_date_is_read_as_it_is_spelled(text: str, found: dict[str, str | None]) -> None:
    assert found[text] == SPELLED[text]
