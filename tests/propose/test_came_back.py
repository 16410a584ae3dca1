"""Members who left and came back have two times of service, however the list states their return."""

from __future__ import annotations

import duckdb
import pytest

from workbench.engines import identifier
from workbench.propose.shapes.came_back import times_of_service

COLUMNS = ["Member No", "Joined", "Left", "Rejoined"]
TWO_TIMES = [("a", "01/02/2023", "20/05/2023"), ("a", "15/09/2023", ""), ("b", "03/04/2023", "")]


def read(columns: list[str], *rows: tuple[str, ...]) -> list[tuple[str, ...]]:
    con = duckdb.connect()
    con.execute(f"CREATE TABLE members ({', '.join(identifier(c) + ' VARCHAR' for c in columns)})")
    con.executemany(f"INSERT INTO members VALUES ({', '.join('?' for _ in columns)})", rows)
    select = times_of_service(con, "members", columns)
    return sorted(tuple(cell or "" for cell in row) for row in con.execute(select).fetchall()) if select else []


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "01/02/2023", "20/05/2023", "15/09/2023"), ("b", "03/04/2023", "", "")],
        [("a", "01/02/2023", "20/05/2023", ""), ("a", "01/02/2023", "", "15/09/2023"), ("b", "03/04/2023", "", "")],
        [("a", "01/02/2023", "20/05/2023", ""), ("a", "15/09/2023", "", "15/09/2023"), ("b", "03/04/2023", "", "")],
        [
            ("a", "01/02/2023", "20/05/2023", ""),
            ("a", "01/02/2023", "20/05/2023", "15/09/2023"),
            ("b", "03/04/2023", "", ""),
        ],
    ],
)
def test_a_return_begins_a_second_time_of_service(rows: list[tuple[str, ...]]) -> None:
    assert read(COLUMNS, *rows) == TWO_TIMES


def test_an_end_after_the_return_is_that_of_one_time_of_service() -> None:
    row = ("a", "01/02/2023", "20/12/2023", "15/09/2023")
    assert read(COLUMNS, row) == [("a", "01/02/2023", "20/12/2023")]


def test_a_list_in_which_nobody_came_back_stays_as_it_is() -> None:
    assert read(COLUMNS, ("a", "01/02/2023", "20/05/2023", "")) == []
    assert read(["Member No", "Joined", "Left", "Reactivated"], ("a", "01/02/2023", "20/05/2023", "yes")) == []
