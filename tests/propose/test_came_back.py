"""Members who left and came back have two times of service, however the list states their return."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.propose.folders import IN_2023, contracts, day, loaded, recurring, write
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


@pytest.mark.parametrize(("other", "customers"), [("Name", 20), ("Other", 24)])
def test_who_is_among_the_members_and_among_those_who_left_has_both_times(
    tmp_path: Path, other: str, customers: int
) -> None:
    """The same name in both is one person, who came back; another one is somebody to whom the number was given."""
    members = [[i, f"Name {i}", day(400 + i, IN_2023), 35] for i in range(1, 13)]
    left = [[i, f"{other if i < 13 else 'Name'} {i}", day(i, IN_2023), day(200 + i, IN_2023), 30] for i in range(9, 21)]
    write(tmp_path, "active.csv", [["ID", "Name", "Start", "Monthly"], *members])
    write(tmp_path, "leavers.csv", [["ID", "Name", "Start", "Exit date", "Monthly"], *left])
    crm = loaded(tmp_path)
    assert recurring(crm) == 12 * 35
    assert crm["customers"].customer_id.nunique().execute() == customers


def test_cancellations_of_subscriptions_add_none(tmp_path: Path) -> None:
    contracts(tmp_path)
    rows = [[f"S{i}", f"C{i}", day(i), "30.00", day(200 + i)] for i in range(0, 12, 3)]
    write(
        tmp_path, "terminated.csv", [["subscription_id", "customer_id", "start_date", "price", "end_date"], *rows], ";"
    )
    assert loaded(tmp_path)["subscriptions"].count().execute() == 12


def test_why_somebody_left_is_no_reason_to_leave_them_out_of_the_customers(tmp_path: Path) -> None:
    rows = [[i, day(i), day(200 + i) if i % 2 else "", "moved" if i % 2 else "", 30] for i in range(12)]
    write(tmp_path, "members.csv", [["member no", "joined", "left", "reason", "monthly fee"], *rows])
    assert "exclude_reason" not in loaded(tmp_path)["customers"].columns
