"""A column that mixes ISO dates with dates of another form is read, and both forms are named."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.propose.folders import loaded, write
from workbench.check import check_source
from workbench.crm.load import load_tables
from workbench.propose import init_command, propose_source, write_source
from workbench.propose.raw_files.date_forms import one_form


def months(tmp_path: Path, *dates: str) -> Path:
    raw = tmp_path / "raw"
    raw.mkdir()
    rows = [f"{i},c{i % 3},{date},10" for i, date in enumerate(dates)]
    (raw / "orders.csv").write_text("\n".join(["order_id,customer_id,order_date,amount", *rows]) + "\n")
    return raw


def ordered(source: Path) -> list[str]:
    return sorted(str(time.as_py().date()) for time in load_tables(source)["orders"].ordered_at.to_pyarrow())


@pytest.mark.parametrize(
    ("form", "order", "example"),
    [
        ("{day:02d}/03/2023", "day-first", "28/03/2023"),
        ("03/{day:02d}/2023", "month-first", "03/28/2023"),
        ("{day:02d}/03/2023 09:30", "day-first", "28/03/2023 09:30"),
    ],
)
def test_iso_dates_beside_others_are_counted_shown_and_all_read(
    tmp_path: Path, capsys: pytest.CaptureFixture, form: str, order: str, example: str
) -> None:
    raw = months(
        tmp_path,
        *(f"2023-01-{day:02d}" for day in range(1, 29)),
        *(form.format(day=day) for day in range(1, 29)),
    )
    assert init_command(str(raw), tmp_path / "source.yaml") == 0
    printed = capsys.readouterr().out
    assert f"order_date mixes 28 ISO dates (such as 2023-01-01) and 28 {order} ones (such as {example})" in printed
    assert f"dates: {order.replace('-', '_')}" in printed
    days = [f"2023-{month}-{day:02d}" for month in ("01", "03") for day in range(1, 29)]
    assert ordered(tmp_path / "source.yaml") == days


def test_a_few_dates_of_another_form_are_seen_too(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    raw = months(tmp_path, *(f"2023-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(99)), "25/06/2023")
    assert init_command(str(raw), tmp_path / "source.yaml") == 0
    assert "mixes 99 ISO dates (such as 2023-01-01) and 1 day-first ones" in capsys.readouterr().out
    assert ordered(tmp_path / "source.yaml")[-1] == "2023-06-25"


def test_the_plain_column_is_read_the_same_with_the_setting_that_is_named(tmp_path: Path) -> None:
    raw = months(tmp_path, "2023-01-04", "25/02/2023", "2023-03-06", "07/04/2023")
    (tmp_path / "source.yaml").write_text(
        f"name: mixed\ncurrency: EUR\ndates: day_first\nfiles:\n  orders:\n    path: {raw}/orders.csv\n"
        "tables:\n  orders:\n    from: orders\n    columns:\n      order_id: order_id\n      customer_id: customer_id\n"
        "      ordered_at: order_date\n      amount: amount\n"
    )
    assert ordered(tmp_path / "source.yaml") == ["2023-01-04", "2023-02-25", "2023-03-06", "2023-04-07"]


def test_day_and_month_are_asked_where_no_day_above_12_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    raw = months(tmp_path, *(f"2023-01-{day:02d}" for day in range(1, 13)), *(f"{d:02d}/02/2023" for d in range(1, 13)))
    assert init_command(str(raw), tmp_path / "source.yaml") == 0
    printed = capsys.readouterr().out
    assert "12 day-first or month-first ones" in printed and "day and month may be swapped" in printed


def test_day_first_beside_month_first_dates_are_named_and_those_that_can_be_either_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    raw = months(
        tmp_path, *(f"{day:02d}/03/2023" for day in range(1, 29)), *(f"04/{day:02d}/2023" for day in range(13, 29))
    )
    assert init_command(str(raw), tmp_path / "source.yaml") == 0
    printed = capsys.readouterr().out
    assert "mixes 16 day-first dates (such as 13/03/2023) and 16 month-first ones (such as 04/13/2023)" in printed
    assert "11 can be either (such as 01/03/2023) and are set aside" in printed
    days = ["2023-03-03", *(f"2023-{month}-{day}" for month in ("03", "04") for day in range(13, 29))]
    assert ordered(tmp_path / "source.yaml") == days
    (doubt,) = [d for d in propose_source(raw).questions if d.topic == "mixed"]
    assert [choice.shown[0] for choice in doubt.choices[1:]] == [
        "01/03/2023 -> 2023-03-01 00:00:00",
        "01/03/2023 -> 2023-01-03 00:00:00",
    ]


def test_check_names_a_column_with_dates_in_two_orders(tmp_path: Path) -> None:
    raw = months(tmp_path, *(f"{day:02d}/03/2023" for day in range(1, 29)), "04/13/2023")
    (tmp_path / "source.yaml").write_text(
        f"{{name: x, currency: EUR, dates: day_first, files: {{o: {{path: {raw}/orders.csv}}}}, tables: {{orders: {{from: "
        "o, columns: {order_id: order_id, customer_id: customer_id, ordered_at: order_date, amount: amount}}}}"
    )
    _, report = check_source(tmp_path / "source.yaml")
    assert (
        "1 only month first, as 04/13/2023" in next(f for f in report.findings if f.rule == "two date formats").sentence
    )


def test_dates_may_end_with_a_point_and_have_spaces() -> None:
    con = duckdb.connect()
    for day in ("2024.03.15.", "15.03.2024.", "15. 3. 2024"):
        con.execute("CREATE OR REPLACE TABLE t AS SELECT ? AS d", [day])
        ways = one_form(con, "t", "d")
        assert con.execute(f"SELECT ({ways[0]})::DATE::VARCHAR FROM t").fetchone() == ("2024-03-15",)


def test_years_of_two_digits_and_zeros_for_no_date_are_read(tmp_path: Path) -> None:
    raw = months(tmp_path, *(f"03/{day:02d}/23" for day in range(1, 29)), "0", "0000-00-00 00:00:00")
    assert init_command(str(raw), tmp_path / "source.yaml") == 0
    assert ordered(tmp_path / "source.yaml") == [f"2023-03-{day:02d}" for day in range(1, 29)]


@pytest.mark.parametrize(("order", "form"), [("month", "{m:02d}/{d:02d}/2023"), ("day", "{d:02d}/{m:02d}/2023")])
def test_a_date_that_may_be_either_is_read_as_the_others_of_its_file(tmp_path: Path, order: str, form: str) -> None:
    early = [form.format(m=1 + i % 9, d=1 + i % 12) for i in range(40)]
    late = [form.format(m=11, d=1 + i % 28) for i in range(40)]
    rows = [f"s{i},c{i},basic,{a},{b},20" for i, (a, b) in enumerate(zip(early, late, strict=True))]
    header = "subscription_id,customer_id,plan,started_at,cancelled_at,mrr"
    (tmp_path / "subscriptions.csv").write_text("\n".join([header, *rows]) + "\n")
    proposal = propose_source(tmp_path)
    assert any(f"{order} first is taken, as subscriptions.cancelled_at is written" in text for text in proposal.unsure)
    write_source(proposal, tmp_path / "source.yaml")
    started = load_tables(tmp_path / "source.yaml")["subscriptions"].started_at.execute()
    assert sorted({(t.month, t.day) for t in started}) == sorted({(1 + i % 9, 1 + i % 12) for i in range(40)})


def test_the_dates_of_another_file_show_the_order_too(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(
        "customer_id,signed_up_at,country\n" + "".join(f"c{i},0{1 + i % 9}/02/2023,US\n" for i in range(30))
    )
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,order_date,amount\n"
        + "".join(f"o{i},c{i % 30},12/{1 + i % 28:02d}/2023,10.25\n" for i in range(90))
    )
    assert any("month first is taken, as orders.order_date is written" in s for s in propose_source(tmp_path).unsure)


def test_weeks_of_the_iso_calendar_are_their_mondays(tmp_path: Path) -> None:
    rows = [[f"C{i % 4}", f"2024-W{1 + i // 4:02}", 1 + i] for i in range(24)]
    write(tmp_path, "usage.csv", [["client", "week", "sessions"], *rows])
    assert str(loaded(tmp_path)["events"].occurred_at.max().execute().date()) == "2024-02-05"
