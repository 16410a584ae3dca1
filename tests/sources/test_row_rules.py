"""What a source file states about whole rows: status, currency, nobody's ids, merged accounts, scales of marks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from workbench.crm import Crm, load_tables, read_crm, write_crm
from workbench.errors import SourceError
from workbench.sources import EndDates, end_dates

ORDERS = "order_id,customer_id,ordered_at,amount"
COLUMNS = "columns: {order_id: order_id, customer_id: customer_id, ordered_at: ordered_at, amount: amount}"


def load(folder: Path, tables: str, top: str = "", **files: str) -> Crm:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    listed = ", ".join(f"{name}: {{path: {name}.csv}}" for name in files)
    (folder / "source.yaml").write_text(
        f"name: t\ncurrency: EUR\n{top}\nfiles: {{{listed}}}\ntables:\n{tables}\n", encoding="utf-8"
    )
    return load_tables(folder / "source.yaml")


def load_orders(folder: Path, header: str, *lines: str, more: str = "", top: str = "", **files: str) -> Crm:
    text = "\n".join([header, *lines]) + "\n"
    return load(folder, f"  orders:\n    from: o\n    {COLUMNS}\n{more}", top, o=text, **files)


def amounts(crm: Crm) -> list[object]:
    return crm["orders"].order_by(["ordered_at", "order_id"]).execute()["amount"].tolist()


def refused(crm: Crm) -> dict[object, object]:
    return {r["reason"]: r["rows"] for r in crm.facts.refused}


def remarks(crm: Crm) -> dict[object, object]:
    return {r["remark"]: r["rows"] for r in crm.facts.remarks}


STATUS = "    status: {column: state, values: {completed: keep, Cancelled: refuse, pending: refuse, refunded: return}}"


def test_rows_of_a_status_that_is_refused_are_set_aside_by_its_name(tmp_path: Path) -> None:
    lines = ["1,a,2024-01-01,5,completed", "2,b,2024-01-02,6,cancelled", "3,c,2024-01-03,7, Pending "]
    crm = load_orders(tmp_path, ORDERS + ",state", *lines, more=STATUS)
    assert amounts(crm) == [Decimal(5)]
    assert refused(crm) == {"status is cancelled": 1, "status is pending": 1}


def test_what_else_is_missing_in_a_row_of_a_refused_status_is_not_said(tmp_path: Path) -> None:
    lines = ["1,a,2024-01-01,5,completed", "2,b,,,pending", "3,c,,7,completed"]
    crm = load_orders(tmp_path, ORDERS + ",state", *lines, more=STATUS)
    assert refused(crm) == {"status is pending": 1, "ordered_at is missing": 1}


def test_a_refunded_order_is_a_sale_and_its_return(tmp_path: Path) -> None:
    crm = load_orders(
        tmp_path, ORDERS + ",state", "1,a,2024-01-01,5,completed", "2,b,2024-01-02,6,Refunded", more=STATUS
    )
    rows = crm["orders"].order_by("ordered_at").execute()
    assert rows["amount"].tolist() == [Decimal(5), Decimal(6), Decimal(-6)]
    assert rows["returns_order_id"].fillna("").tolist() == ["", "", "2"]
    assert remarks(crm) == {"taken back: each has a row for its return": 1}


def test_a_status_nobody_spoke_of_stops_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="status 'on-hold', 'shipped' is not among the values of status"):
        load_orders(tmp_path, ORDERS + ",state", "1,a,2024-01-01,5,shipped", "2,b,2024-01-02,6,on-hold", more=STATUS)


def test_a_return_is_for_orders_and_cancelled_for_subscriptions(tmp_path: Path) -> None:
    bad = "    status: {column: state, values: {gone: cancelled}}"
    with pytest.raises(SourceError, match="status cancelled is for subscriptions; choose keep or refuse"):
        load_orders(tmp_path, ORDERS + ",state", "1,a,2024-01-01,5,gone", more=bad)


SEVERAL = ("1,a,2024-01-05,20,EUR", "2,b,2024-01-10,22,usd", "3,c,2024-01-20,3300,JPY")


def test_several_currencies_in_one_column_stop_with_their_counts(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"currency has amounts in EUR \(1\), JPY \(1\), USD \(1\); state currency_col"
    ):
        load_orders(tmp_path, ORDERS + ",currency", *SEVERAL)
    with pytest.raises(SourceError, match=r"amount has amounts in \$ \(1\), EUR \(1\)"):
        load_orders(tmp_path, ORDERS, "1,a,2024-01-05,20 €", "2,a,2024-01-05,$20")


def test_one_currency_that_is_not_the_sources_stops_with_its_code(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"by currency the amounts are in USD \(1\), the source says EUR; state currency: USD"
    ):
        load_orders(tmp_path, ORDERS + ",currency", SEVERAL[1])
    with pytest.raises(SourceError, match="state currency: GBP"):
        load_orders(tmp_path, ORDERS, "1,a,2024-01-05,£20")


def test_rows_in_other_currencies_are_set_aside_where_one_is_chosen(tmp_path: Path) -> None:
    crm = load_orders(tmp_path, ORDERS + ",currency", *SEVERAL, more="    currency_column: currency")
    assert amounts(crm) == [Decimal(20)]
    assert refused(crm) == {"amounts are in another currency than EUR": 2}


def test_amounts_are_changed_at_the_latest_rate_on_or_before_their_day(tmp_path: Path) -> None:
    rates = "currency,date,rate\nUSD,2024-01-01,0.5\nUSD,2024-01-10,0.9\nUSD,2024-01-11,7\nJPY,2024-02-01,0.006\n"
    crm = load_orders(
        tmp_path, ORDERS + ",currency", *SEVERAL, more="    currency_column: currency", top="rates: r", r=rates
    )
    assert amounts(crm) == [Decimal(20), Decimal("19.8")]
    assert refused(crm) == {"rates have none for the currency on or before the day": 1}
    assert crm.refused.execute()["reason"][0].endswith("JPY on 2024-01-20")


def test_cents_are_divided_by_what_makes_one_of_the_currency(tmp_path: Path) -> None:
    rates = "currency,date,rate\nUSD,2024-01-01,1\nJPY,2024-01-01,1\n"
    more = "    currency_column: currency\n    unit: cents"
    crm = load_orders(tmp_path, ORDERS + ",currency", *SEVERAL, more=more, top="rates: r", r=rates)
    assert amounts(crm) == [Decimal("0.2"), Decimal("0.22"), Decimal(3300)]


def test_ids_that_stand_for_nobody_are_set_aside(tmp_path: Path) -> None:
    lines = ["1,0,2024-01-01,5", "2,Guest,2024-01-02,6", "3,c,2024-01-03,7"]
    crm = load_orders(tmp_path, ORDERS, *lines, top="not_customers: [0, guest]")
    assert amounts(crm) == [Decimal(7)]
    assert refused(crm) == {"customer_id 0 stands for nobody": 1, "customer_id guest stands for nobody": 1}


CUSTOMERS = "  customers:\n    from: c\n    columns: {customer_id: Id}\n    merged_into: MasterRecordId\n    deleted: IsDeleted\n"


def test_records_of_merged_accounts_move_to_the_survivor_and_of_deleted_ones_out(tmp_path: Path) -> None:
    customers = "Id,MasterRecordId,IsDeleted\na,,false\nb,a,true\nc,b,true\nd,,true\n"
    lines = ["1,a,2024-01-01,5", "2,b,2024-01-02,6", "3,c,2024-01-03,7", "4,d,2024-01-04,8"]
    crm = load_orders(tmp_path, ORDERS, *lines, more=CUSTOMERS, c=customers)
    assert crm["orders"].execute()["customer_id"].tolist() == ["a", "a", "a"]
    assert crm["customers"].execute()["customer_id"].tolist() == ["a"]
    assert refused(crm) == {"the customer was deleted": 1, "the customer was merged": 2} or refused(crm) == {
        "the customer was merged": 2,
        "the customer was deleted": 1,
    }
    assert remarks(crm) == {"moved to the customer that theirs was merged into": 2}


def test_merged_accounts_are_found_where_one_column_writes_ids_as_floats(tmp_path: Path) -> None:
    customers = "Id,MasterRecordId,IsDeleted\n17.0,,false\n18.0,17,true\n"
    crm = load_orders(tmp_path, ORDERS, "1,17,2024-01-01,5", "2,18,2024-01-02,6", more=CUSTOMERS, c=customers)
    assert crm["orders"].execute()["customer_id"].tolist() == ["17", "17"]
    assert crm["customers"].execute()["customer_id"].tolist() == ["17"]


def test_accounts_merged_into_each_other_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="merged into each other, such as a, b"):
        load_orders(tmp_path, ORDERS, "1,a,2024-01-01,5", more=CUSTOMERS, c="Id,MasterRecordId,IsDeleted\na,b,\nb,a,\n")


SUBSCRIPTIONS = "sub,acc,start,until,state,term\n"
SUB_COLUMNS = "columns: {subscription_id: sub, customer_id: acc, started_at: start, ended_at: until, renews_at: term}"


def ends(folder: Path, text: str, keys: str, top: str = "", more: str = "", **files: str) -> list[str | None]:
    crm = load(folder, f"  subscriptions:\n    from: s\n    {SUB_COLUMNS}\n{keys}\n{more}", top, s=text, **files)
    ended = crm["subscriptions"].order_by("subscription_id").execute()["ended_at"]
    return [None if at is None or at != at else str(at) for at in ended]


@pytest.mark.parametrize(
    ("meaning", "first"), [("last_day_of_service", "2024-02-01 00:00:00"), ("first_day_without", "2024-01-31 00:00:00")]
)
def test_an_end_date_without_a_time_is_what_the_source_says(tmp_path: Path, meaning: str, first: str) -> None:
    text = SUBSCRIPTIONS + "s1,a,2024-01-01,2024-01-31,,\ns2,a,2024-02-01,2024-02-29 10:00,,\ns3,a,2024-03-01,,,\n"
    assert ends(tmp_path, text, f"    ended_at_is: {meaning}") == [first, "2024-02-29 10:00:00", None]


def test_a_price_since_the_start_begins_the_history_of_a_subscription_without_one(tmp_path: Path) -> None:
    rows = "sub,acc,start,price\ns1,a,2024-01-01,10\ns2,b,2024-02-01,20\ns3,c,2024-03-01,\n"
    tables = (
        "  subscriptions:\n    from: s\n    mrr_is: price_since_start\n"
        "    columns: {subscription_id: sub, customer_id: acc, started_at: start, mrr: price}\n"
    )
    later = "  subscription_changes: {from: h, columns: {subscription_id: sub, changed_at: day, change: what, mrr: price}}\n"
    alone = load(tmp_path, tables, s=rows)
    assert history(alone) == [("s1", "2024-01-01", 10.0), ("s2", "2024-02-01", 20.0)]
    assert (alone.facts.loaded, alone.facts.remarks[0]["rows"]) == ({"subscriptions": 3}, 2)
    write_crm(alone, tmp_path / "written")
    assert history(read_crm(tmp_path / "written")) == history(alone)
    changes = "sub,day,what,price\ns1,2024-01-01,plan,9\ns2,2024-05-01,price,25\n"
    assert history(load(tmp_path, tables + later, s=rows, h=changes)) == [
        ("s1", "2024-01-01", 9.0), ("s2", "2024-02-01", 20.0), ("s2", "2024-05-01", 25.0),
    ]  # fmt: skip


def history(crm: Crm) -> list[tuple[str, str, float]]:
    rows = crm["subscription_changes"].order_by(["subscription_id", "changed_at"]).execute()
    return [(r.subscription_id, f"{r.changed_at:%Y-%m-%d}", float(r.mrr)) for r in rows.itertuples()]


CANCELLED = SUBSCRIPTIONS + "s1,a,2024-01-01,,Canceled,2024-06-01\ns2,b,2024-01-01,,active,2024-06-01\n"
MEANING = "    status: {column: state, values: {canceled: cancelled, active: keep}}\n"


def test_a_cancelled_subscription_without_a_date_is_remarked(tmp_path: Path) -> None:
    crm = load(tmp_path, f"  subscriptions:\n    from: s\n    {SUB_COLUMNS}\n{MEANING}", s=CANCELLED)
    assert remarks(crm) == {"cancelled without a date: choose cancelled_without_date": 1}


@pytest.mark.parametrize(
    ("choice", "ended"),
    [
        ("end_of_term", ["2024-06-01 00:00:00", None]),
        ("export_day", ["2024-07-01 00:00:00", None]),
        ("last_activity", ["2024-03-03 10:00:00", None]),
        ("leave_out", [None]),
    ],
)
def test_a_cancelled_subscription_without_a_date_ended_as_chosen(
    tmp_path: Path, choice: str, ended: list[str | None]
) -> None:
    events = "  events: {from: e, columns: {customer_id: acc, occurred_at: day}}"
    keys = f"{MEANING}    cancelled_without_date: {choice}"
    used = "acc,day\na,2024-03-03 10:00\nb,2024-05-01\n"
    assert ends(tmp_path, CANCELLED, keys, top="exported_at: 2024-07-01", more=events, e=used) == ended


NOTICES = "sub,acc,start,noticed,until,every\ns1,a,2024-01-10,2024-02-20,,month\ns2,b,2024-01-10,2024-02-20,2024-05-01,month\ns3,c,2024-01-10,2024-02-20,,quarter\ns4,d,2024-01-10,2024-10-28,,month\ns5,e,2024-01-10,,,month\ns6,f,2024-12-01,,,month\n"


@pytest.mark.parametrize(
    ("choice", "first", "third", "noticed"),
    [
        ("", "2024-03-10", "2024-04-10", 2),
        ("notice", "2024-02-20", "2024-02-20", 3),
        ("goes_on", None, None, None),
    ],
)
def test_service_after_a_notice_without_an_end_lasts_until_the_end_of_its_term_or_as_chosen(
    tmp_path: Path, choice: str, first: str | None, third: str | None, noticed: int | None
) -> None:
    """What the table has outlived is remarked with its customers; s4 is in notice."""
    key = f"    notice_without_end: {choice}\n" if choice else ""
    columns = "subscription_id: sub, customer_id: acc, started_at: start, cancelled_at: noticed, ended_at: until"
    crm = load(
        tmp_path, f"  subscriptions:\n    from: s\n    columns: {{{columns}, billing_period: every}}\n{key}", s=NOTICES
    )
    ended = crm["subscriptions"].order_by("subscription_id").execute()["ended_at"].dt.strftime("%Y-%m-%d")
    fourth = "2024-10-28" if choice == "notice" else None
    assert [None if at != at else at for at in ended] == [first, "2024-05-01", third, fourth, None, None]
    assert [remark["customers"] for remark in crm.facts.remarks] == ([] if noticed is None else [noticed])


def test_a_price_per_period_and_quantity_is_made_a_price_per_month(tmp_path: Path) -> None:
    text = "id,acc,start,price,every,n,seats\n1,a,2024-01-01,120,year,1,2\n2,a,2024-01-01,30,month,3,1\n3,a,2024-01-01,7,moonlight,1,1\n"
    sql = '"per_month(CAST(price AS DECIMAL(18, 4)), every, n, seats)"'
    crm = load(
        tmp_path,
        f"  subscriptions: {{from: s, columns: {{subscription_id: id, customer_id: acc, started_at: start, mrr: {sql}}}}}",
        s=text,
    )
    assert crm["subscriptions"].order_by("subscription_id").execute()["mrr"].tolist() == [Decimal(20), Decimal(10)]
    assert refused(crm) == {"mrr cannot be computed": 1}


def test_a_bad_value_that_two_expressions_read_refuses_its_row_and_stops_nothing(tmp_path: Path) -> None:
    n, price, cost = (f"CAST({name} AS INTEGER)" for name in ("n", "price", "cost"))
    sql = f"amount: {n} * {price}, margin_amount: {n} * ({price} - {cost})"
    crm = load(
        tmp_path,
        f"  orders: {{from: o, columns: {{order_id: id, customer_id: who, ordered_at: day, {sql}}}}}",
        o="id,who,day,n,price,cost\n1,a,2024-01-01,2,5,3\n2,a,2024-01-02,two,5,3\n3,b,2024-01-03,1,5,4\n",
    )
    assert amounts(crm) == [10, 5]
    assert refused(crm) == {"amount cannot be computed; margin_amount cannot be computed": 1}


TICKETS = "  tickets: {from: t, columns: {ticket_id: id, customer_id: c, opened_at: day, resolved_at: day, satisfaction: mark}}\n"


def tickets(marks: list[int]) -> str:
    return "id,c,day,mark\n" + "".join(f"{i},a,2024-01-01,{mark}\n" for i, mark in enumerate(marks))


def test_a_mark_off_its_scale_refuses_its_row(tmp_path: Path) -> None:
    crm = load_orders(tmp_path, ORDERS, "1,a,2024-01-01,5", more=TICKETS, t=tickets([5] * 19 + [97]))
    assert refused(crm) == {"satisfaction is off the scale of tickets, 1 to 5": 1}
    surveys = "  surveys: {from: s, columns: {customer_id: c, answered_at: day, instrument: kind, score: mark}}\n"
    answers = "c,day,kind,mark\n" + "a,2024-01-01,NPS,10\n" * 19 + "a,2024-01-01,nps,42\na,2024-01-01,other,42\n"
    crm = load_orders(tmp_path, ORDERS, "1,a,2024-01-01,5", more=surveys, s=answers)
    assert refused(crm) == {"score is off the scale of nps, 0 to 10": 1}


def test_many_marks_off_an_unstated_scale_ask_for_the_scale(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"2 marks lie off the usual scale of tickets, 1 to 5; state its own"):
        load_orders(tmp_path, ORDERS, "1,a,2024-01-01,5", more=TICKETS, t=tickets([5, 97, 80]))
    crm = load_orders(
        tmp_path, ORDERS, "1,a,2024-01-01,5", more=TICKETS, t=tickets([5, 97, 80]), top="scales: {tickets: 0-100}"
    )
    assert crm.facts.loaded["tickets"] == 3


def test_lines_under_the_first_line_of_an_order_belong_to_it(tmp_path: Path) -> None:
    lines = ["#1,a,2024-01-01,28", "#1,a,2024-01-01,", ",,,", "#2,b,2024-01-02,5", ",b,2024-01-02,", ",c,2024-01-02,"]
    crm = load_orders(tmp_path, ORDERS, *lines)
    rows = crm["orders"].execute()
    assert rows["order_id"].tolist() == ["#1", "#1", "#1", "#2", "#2"]
    assert rows["amount"].sum() == Decimal(33)
    assert remarks(crm) == {"lines without an amount or id that belong to the order above": 3}
    assert refused(crm) == {"order_id is missing; amount is missing": 1}


def test_a_column_that_is_there_twice_is_never_taken_for_the_one_meant(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the raw columns are: order_id, customer_id, ordered_at, amount_1, Amount_2"):
        load_orders(tmp_path, ORDERS + ",Amount", "1,a,2024-01-01,5,6")


@pytest.mark.parametrize(("zone", "day"), [("America/Sao_Paulo", "2018-11-04"), ("Asia/Tehran", "2022-03-22")])
def test_a_day_without_midnight_is_that_day(tmp_path: Path, zone: str, day: str) -> None:
    crm = load_orders(tmp_path, ORDERS, f"1,a,{day},5", f"2,a,{day} 00:30,5", top=f"time_zone: {zone}")
    assert str(crm["orders"].execute()["ordered_at"][0]) == f"{day} 00:00:00"
    assert list(refused(crm).values()) == [1]


def test_an_id_with_a_point_and_zero_is_the_whole_number_where_all_are_whole(tmp_path: Path) -> None:
    crm = load_orders(tmp_path, ORDERS, "1,17,2024-01-01,5", "2,17.0,2024-01-02,6", "3,0017,2024-01-03,6")
    assert crm["orders"].order_by("order_id").execute()["customer_id"].tolist() == ["17", "17", "0017"]
    assert remarks(crm) == {"customer_id such as 17.0 is read as 17": 1}
    crm = load_orders(tmp_path, ORDERS, "1,A,2024-01-01,5", "2,17.0,2024-01-02,6")
    assert crm["orders"].order_by("order_id").execute()["customer_id"].tolist() == ["A", "17.0"]


def test_whole_numbers_and_flags_with_a_point_and_zero_are_read(tmp_path: Path) -> None:
    (tmp_path / "source.yaml").write_text(
        f"name: t\ncurrency: EUR\nfiles: {{o: {{path: o.csv}}, t: {{path: t.csv}}, c: {{path: c.csv}}}}\ntables:\n"
        f"  orders: {{from: o, {COLUMNS}}}\n"
        "  tickets: {from: t, columns: {ticket_id: id, customer_id: who, opened_at: day, n_replies: n}}\n"
        "  charges: {from: c, columns: {charge_id: id, customer_id: who, attempted_at: day, amount: '1', succeeded: ok}}\n"
    )
    (tmp_path / "o.csv").write_text(f"{ORDERS}\n1,a,2024-01-01,5\n")
    (tmp_path / "t.csv").write_text("id,who,day,n\n1,a,2024-01-01,2.0\n2,a,2024-01-01,\n3,a,2024-01-01,2.5\n")
    (tmp_path / "c.csv").write_text("id,who,day,ok\n1,a,2024-01-01,1.0\n2,a,2024-01-01,0.0\n")
    crm = load_tables(tmp_path / "source.yaml")
    assert crm["tickets"].order_by("ticket_id").n_replies.sum().execute() == 2
    assert crm["tickets"].count().execute() == 2
    assert crm["charges"].order_by("charge_id").execute()["succeeded"].tolist() == [True, False]
    assert refused(crm) == {"n_replies is no whole number": 1}


def test_iso_dates_beside_day_first_ones_are_remarked(tmp_path: Path) -> None:
    crm = load_orders(tmp_path, ORDERS, "1,a,01/02/2024,5", "2,a,2024-02-03,6", top="dates: day_first")
    assert remarks(crm) == {"ordered_at is an ISO date beside day-first ones; each is read as it is written": 1}
    assert not load_orders(tmp_path, ORDERS, "2,a,2024-02-03,6", top="dates: day_first").facts.remarks


def test_rows_of_overlapping_files_are_taken_once(tmp_path: Path) -> None:
    (tmp_path / "part1.csv").write_text(f"{ORDERS}\n1,a,2024-01-01,5\n1,a,2024-01-01,5\n2,a,2024-01-02,6\n")
    (tmp_path / "part2.csv").write_text(
        "customer_id,order_id,ordered_at,amount\na,2,2024-01-02,6\na,3,2024-01-03,7\na,1,2024-01-01,5\n"
    )
    (tmp_path / "source.yaml").write_text(
        f"name: t\ncurrency: EUR\nfiles: {{o: {{path: part*.csv}}}}\ntables:\n  orders: {{from: o, {COLUMNS}}}\n"
    )
    crm = load_tables(tmp_path / "source.yaml")
    assert crm["orders"].execute()["order_id"].tolist() == ["1", "1", "2", "3"]
    assert crm.facts.remarks == [
        {"table": "files.o", "remark": "stand in several of its files and are taken once", "rows": 2}
    ]


def test_lines_of_overlapping_json_files_are_taken_once(tmp_path: Path) -> None:
    line = '{"order_id": "%s", "customer_id": "a", "ordered_at": "2024-01-01", "amount": 1}\n'
    (tmp_path / "o1.jsonl").write_text(line % 1 + line % 2)
    (tmp_path / "o2.jsonl").write_text(line % 2 + line % 3)
    (tmp_path / "source.yaml").write_text(
        f"name: t\ncurrency: EUR\nfiles: {{o: {{path: o*.jsonl}}}}\ntables:\n  orders: {{from: o, {COLUMNS}}}\n"
    )
    crm = load_tables(tmp_path / "source.yaml")
    assert (crm.facts.loaded, [r["rows"] for r in crm.facts.remarks]) == ({"orders": 3}, [1])


def days(*more: str) -> list[str]:
    usual = [f"{i},a,2024-01-{1 + i % 28:02},5" for i in range(100)]
    return usual + [f"x{i},a,{day},5" for i, day in enumerate(more)]


def test_a_few_dates_far_after_all_others_do_not_move_the_end_of_the_data(tmp_path: Path) -> None:
    crm = load_orders(tmp_path, ORDERS, *days("2199-05-01", "2199-05-02", "2025-01-28"))
    assert str(crm.facts.known_until) == "2024-01-29 00:00:00"
    remark = "ordered_at is far after all other dates, as 2199-05-02 of order_id x1: not the end of the data"
    assert crm.facts.remarks == [{"table": "orders", "remark": remark, "rows": 3}]


def test_many_dates_after_a_gap_or_few_in_all_are_no_strays(tmp_path: Path) -> None:
    late = ["2025-01-01"] * 10
    assert str(load_orders(tmp_path, ORDERS, *days(*late)).facts.known_until) == "2025-01-02 00:00:00"
    few = ["1,a,2020-01-01,5", "2,a,2024-01-01,5"]
    assert str(load_orders(tmp_path, ORDERS, *few).facts.known_until) == "2024-01-02 00:00:00"


def test_terms_that_start_the_day_after_an_end_make_it_the_last_day_of_service() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE s AS SELECT * FROM (VALUES ('a', '2024-01-01', '2024-01-31'), ('a', '2024-02-01', '2024-02-29'), "
        "('a', '2024-03-01', NULL), ('b', '2024-01-31', '2024-02-03')) AS t(c, s, e)"
    )
    found = end_dates(con, "s", "c", "s", "e")
    assert (found, found.is_last_day) == (EndDates(2, 2, 0), True)


def test_rows_that_stand_in_several_parquet_files_are_taken_once_and_others_are_read_in_place(tmp_path: Path) -> None:
    for name, days in (("o1", (1, 2, 3)), ("o2", (3, 4)), ("p1", (1, 2)), ("p2", (3, 4))):
        rows = ", ".join(f"('{day}', 'a', DATE '2024-01-0{day}', 5.0)" for day in days)
        path = tmp_path / f"{name}.parquet"
        duckdb.execute(f"COPY (FROM (VALUES {rows}) AS t(id, who, day, amount)) TO '{path}' (FORMAT parquet)")
    source = "name: n\ncurrency: EUR\nfiles: {o: {path: '%s*.parquet'}}\ntables:\n  orders: {from: o, columns: %s}"
    columns = "{order_id: id, customer_id: who, ordered_at: day, amount: amount}"
    for letter, copies in (("o", [1]), ("p", [])):
        (tmp_path / "source.yaml").write_text(source % (letter, columns))
        crm = load_tables(tmp_path / "source.yaml")
        assert crm.facts.loaded == {"orders": 4}
        assert [remark["rows"] for remark in crm.facts.remarks] == copies


CREDIT = "    status: {column: type, values: {sale: keep, credit: credit}}"


def test_a_row_that_is_a_credit_note_counts_against_sales_whatever_its_sign(tmp_path: Path) -> None:
    lines = ["1,a,2024-01-01,5,sale", "2,a,2024-01-02,3,Credit", "3,b,2024-01-03,-2,credit"]
    crm = load_orders(tmp_path, ORDERS + ",type", *lines, more=CREDIT)
    assert amounts(crm) == [Decimal(5), Decimal(-3), Decimal(-2)]
    assert remarks(crm) == {"credit notes or refunds: their amounts count against sales": 2}


def test_several_columns_may_say_what_a_row_is(tmp_path: Path) -> None:
    more = CREDIT.replace("{column", "[{column") + ", {column: test, values: {'true': refuse, 'false': keep}}]"
    lines = ["1,a,2024-01-01,5,sale,false", "2,a,2024-01-02,3,credit,FALSE", "3,b,2024-01-03,2,sale,True"]
    crm = load_orders(tmp_path, ORDERS + ",type,test", *lines, more=more)
    assert amounts(crm) == [Decimal(5), Decimal(-3)]
    assert refused(crm) == {"test is true": 1}


BACK = ",refunded_at,refunded"


def test_a_sale_is_taken_back_when_and_as_much_as_stated(tmp_path: Path) -> None:
    more = "    returned_at: refunded_at\n    returned_amount: refunded\n    unit: cents"
    lines = ["1,a,2024-01-01,500,2024-03-01,200", "2,b,2024-01-02,600,,0", "3,c,2024-01-03,700,2024-01-09,"]
    crm = load_orders(tmp_path, ORDERS + BACK, *lines, more=more)
    rows = crm["orders"].order_by(["ordered_at", "order_id"]).execute()
    assert rows["amount"].tolist() == [Decimal(n) for n in (5, 6, 7, -7, -2)]
    assert rows["ordered_at"].astype(str).str[:10].tolist()[3:] == ["2024-01-09", "2024-03-01"]
    assert rows["returns_order_id"].fillna("").tolist() == ["", "", "", "3", "1"]
    assert crm.facts.known_until == datetime(2024, 3, 2)


INVOICES = "columns: {invoice_id: id, customer_id: customer_id, issued_at: day, due_at: due, amount: amount}"


def test_an_invoice_taken_back_has_a_row_that_nobody_owes(tmp_path: Path) -> None:
    text = (
        "id,customer_id,day,due,amount,state\n1,a,2024-01-01,2024-02-01,5,refunded\n1,a,2024-01-01,2024-02-01,5,paid\n"
    )
    tables = f"""  orders: {{from: o, {COLUMNS}}}
  invoices:
    from: i
    {INVOICES}
    status: {{column: state, values: {{paid: keep, refunded: return}}}}"""
    crm = load(tmp_path, tables, i=text, o=ORDERS + "\n1,a,2024-01-01,5\n")
    rows = crm["invoices"].order_by("amount").execute()
    assert rows["amount"].tolist() == [Decimal(-5), Decimal(5)]
    assert rows["due_at"].isna().tolist() == [True, False]
    assert refused(crm) == {"invoice_id occurs twice": 1}
    assert crm.facts.loaded["invoices"] == 2


MERGED = f"""  customers:
    from: c
    merged_into: survivor
    columns: {{customer_id: customer_id}}
  orders: {{from: o, {COLUMNS}}}"""


def merged(folder: Path, *accounts: str) -> Crm:
    orders = ORDERS + "\n1,a,2024-01-01,5\n2,b,2024-01-02,6\n3,c,2024-01-03,7\n4,d,2024-01-04,8\n"
    return load(folder, MERGED, o=orders, c="customer_id,survivor\n" + "\n".join(accounts) + "\n")


def test_a_chain_of_merged_accounts_ends_at_the_last_one(tmp_path: Path) -> None:
    crm = merged(tmp_path, "a,b", "b,c", "c,", "d,d")
    assert crm["orders"].order_by("order_id").execute()["customer_id"].tolist() == ["c", "c", "c", "d"]
    assert refused(crm) == {"the customer was merged": 2}
    assert remarks(crm) == {"moved to the customer that theirs was merged into": 2}


def test_a_survivor_that_is_not_there_is_counted_by_itself(tmp_path: Path) -> None:
    crm = merged(tmp_path, "a,z", "b,a", "c,d", "d,")
    assert crm["orders"].order_by("order_id").execute()["customer_id"].tolist() == ["z", "z", "d", "d"]
    absent = "merged into one that is not among the customers"
    assert refused(crm) == {f"the customer was {absent}": 2, "the customer was merged": 1}
    assert remarks(crm)["moved to a customer that theirs was merged into, and that is not among the customers"] == 2


def test_accounts_merged_into_each_other_stop_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="merged into each other, such as a, b, c; fix them"):
        merged(tmp_path, "a,b", "b,c", "c,a", "d,")
