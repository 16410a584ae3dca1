"""Loading: every raw row is loaded or refused with its reason; bad input is reported in a sentence."""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import json
import os
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from workbench.crm import load, store
from workbench.crm.asof import Crm
from workbench.crm.load import load_tables, read_crm, write_crm
from workbench.errors import DataError, SourceError

ORDERS = "order_id,customer_id,ordered_at,amount\n"
MAPPING = "columns: {order_id: order_id, customer_id: customer_id, ordered_at: ordered_at, amount: amount}"


def source_file(folder: Path, file: str, mapping: str = MAPPING, top: str = "", table: str = "from: lines") -> Path:
    path = folder / "source.yaml"
    path.write_text(
        f"name: test\ncurrency: EUR\n{top}\nfiles:\n  lines: {file}\ntables:\n  orders:\n    {table}\n    {mapping}\n",
        encoding="utf-8",
    )
    return path


def load_csv(folder: Path, text: str | bytes, *, file: str = "{path: orders.csv}", **more: str) -> Crm:
    raw = text.encode("utf-8") if isinstance(text, str) else text
    (folder / "orders.csv").write_bytes(raw)
    return load_tables(source_file(folder, file, **more))


def rows_of(crm: Crm) -> list[list[object]]:
    return [list(row) for row in crm["orders"].execute().itertuples(index=False)]


def column(crm: Crm, name: str, table: str = "orders") -> list[object]:
    return crm[table].execute()[name].tolist()


def reasons(crm: Crm) -> list[str]:
    return sorted(crm.refused.execute()["reason"].tolist())


def fails(error: type[Exception], *words: str) -> Callable[[Callable[[], object]], None]:
    def check(act: Callable[[], object]) -> None:
        with pytest.raises(error) as raised:
            act()
        for word in words:
            assert word in str(raised.value), f"{word!r} is not in: {raised.value}"

    return check


# What is read


def test_ids_keep_their_leading_zeros_and_case_and_lose_the_spaces_around_them(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + "001, 007 ,2024-01-01,1\n002,aB\u00a0,2024-01-02,2\n003,\u200fab,2024-01-02,2\n")
    assert column(crm, "order_id") == ["001", "002", "003"]
    assert column(crm, "customer_id") == ["007", "aB", "ab"]


NAMES = [
    "سارا رضایی",
    "İpek Şahin",
    "😀 cat",
    '=HYPERLINK("http://x")',
    "<script>alert(1)</script>",
    "../../x",
    "'); DROP TABLE orders; --",
    'quote " inside',
    "${PATH}",
    "a;b\tc",
]


def test_names_of_any_kind_are_kept_as_they_are(tmp_path: Path) -> None:
    written = ['"' + name.replace('"', '""') + '"' for name in NAMES]
    crm = load_csv(tmp_path, ORDERS + "".join(f"{i},{name},2024-01-01,1\n" for i, name in enumerate(written)))
    assert column(crm, "customer_id") == NAMES


def test_raw_columns_and_refused_rows_with_sql_in_them_are_kept_as_they_are(tmp_path: Path) -> None:
    crm = load_csv(
        tmp_path, 'order_id,customer_id,ordered_at,amount,"x""; DROP TABLE y"\n1,a,2024-01-01,1,\'\n2,b,no,2,\'\n'
    )
    assert json.loads(crm.refused.execute()["raw"][0])['x"; DROP TABLE y'] == "'"


def test_amounts_are_decimals(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,0.10\n2,a,2024-01-01,0.20\n")
    assert crm["orders"].amount.sum().execute() == Decimal("0.3000")


@pytest.mark.parametrize(
    ("decimal", "written", "read"),
    [
        ("comma", "1.234,50", "1234.5"),
        ("comma", "9,5", "9.5"),
        ("comma", "1.234", "1234"),
        ("comma", "-7", "-7"),
        ("point", "1,234.50", "1234.5"),
        ("point", "1,234", "1234"),
        (None, "1,234.50", "1234.5"),
        (None, "1'234.50", "1234.5"),
        (None, "۱۲۳٫۵", "123.5"),
        (None, "١٬٢٣٤٫٥", "1234.5"),
        (None, "−3.5", "-3.5"),
    ],
)
def test_numbers_are_read_as_the_source_states(tmp_path: Path, decimal: str | None, written: str, read: str) -> None:
    top = f"decimal: {decimal}" if decimal else ""
    crm = load_csv(tmp_path, ORDERS + f'1,a,2024-01-01,"{written}"\n', top=top)
    assert column(crm, "amount") == [Decimal(read)]


def test_a_point_where_a_comma_is_stated_is_refused_not_read_as_thousands(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + '1,a,2024-01-01,9.50\n2,a,2024-01-01,"9,50"\n', top="decimal: comma")
    assert column(crm, "amount") == [Decimal("9.5")]
    assert reasons(crm) == ["amount is no amount: 9.50"]


def test_infinity_is_no_number_and_nan_is_nothing() -> None:
    quantity = [1.5, float("inf"), float("nan")]
    frame = pd.DataFrame({"customer_id": ["a"] * 3, "occurred_at": ["2024-01-01"] * 3, "quantity": quantity})
    crm = load_tables({"events": frame})
    assert crm.facts.loaded == {"events": 2}
    assert reasons(crm) == ["quantity is no number: inf"]


@pytest.mark.parametrize(
    ("written", "total"),
    [
        (["12,50 €", "13,50 €"], "26"),
        (["1.250,00", "1.350,00"], "2600"),
        (["1.250", "12,50"], "1262.5"),
        (["1,250", "12.50"], "1262.5"),
        (["€ 1.037,50", "2,50 EUR"], "1040"),
        (["(12.50)", "1,000.00-", "20.00"], "-992.5"),
        (["1,25,000", "3"], "125003"),
        (["1.250.000", "1.250"], "1251250"),
        (["0.125", "1.250"], "1.375"),
    ],
)
def test_an_unstated_decimal_mark_is_inferred_from_the_whole_column(
    tmp_path: Path, written: list[str], total: str
) -> None:
    text = "".join(f'{i},a,2024-01-01,"{value}"\n' for i, value in enumerate(written))
    assert sum(column(load_csv(tmp_path, ORDERS + text), "amount")) == Decimal(total)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "evidence"),
    [
        (["1.250", "2.500", "7"], "each value with a mark can be read in two ways, such as 1.250"),
        (["12,50", "13.50"], "12,50 has a decimal comma (1 such values), 13.50 a decimal point (1)"),
    ],
)
def test_a_column_that_does_not_settle_its_decimal_mark_is_asked_about(
    tmp_path: Path, written: list[str], evidence: str
) -> None:
    text = ORDERS + "".join(f'{i},a,2024-01-01,"{value}"\n' for i, value in enumerate(written))
    fails(SourceError, f"amount: {evidence}", "decimal: comma or")(lambda: load_csv(tmp_path, text))
    mapping = MAPPING.replace("amount: amount", 'amount: "2 * CAST(amount AS DECIMAL(9, 4))"')
    fails(SourceError, evidence, "decimal: comma or")(lambda: load_csv(tmp_path, text, mapping=mapping))
    assert load_csv(tmp_path, text, top="decimal: comma").facts.loaded["orders"] >= 1


def test_a_comma_that_may_be_either_is_reported_with_the_cure(tmp_path: Path) -> None:
    check = fails(SourceError, "tables.orders", "amount", "1,234", "decimal: comma")
    check(lambda: load_csv(tmp_path, ORDERS + '1,a,2024-01-01,"1,234"\n'))


@pytest.mark.parametrize(
    ("dates", "written", "read"),
    [
        ("day_first", "03/04/2024", dt.datetime(2024, 4, 3)),
        ("month_first", "03/04/2024", dt.datetime(2024, 3, 4)),
        ("day_first", "3.4.2024 14:05", dt.datetime(2024, 4, 3, 14, 5)),
        ("month_first", "3/4/24 2:05 PM", dt.datetime(2024, 3, 4, 14, 5)),
        ("day_first", "2024-04-03T14:05:06", dt.datetime(2024, 4, 3, 14, 5, 6)),
        (None, "2024-02-29", dt.datetime(2024, 2, 29)),
        (None, "۲۰۲۴-۰۴-۰۳", dt.datetime(2024, 4, 3)),
    ],
)
def test_dates_are_read_as_the_source_states(
    tmp_path: Path, dates: str | None, written: str, read: dt.datetime
) -> None:
    crm = load_csv(tmp_path, ORDERS + f"1,a,{written},1\n", top=f"dates: {dates}" if dates else "")
    assert column(crm, "ordered_at") == [pd.Timestamp(read)]


def test_doubts_about_several_tables_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS + '1,a,03/04/2024,"1,500"\n')
    source = source_file(tmp_path, "{path: orders.csv}")
    with source.open("a") as file:
        file.write("  events: {from: lines, columns: {customer_id: customer_id, occurred_at: ordered_at}}\n")
    words = (
        "tables.orders: ordered_at '03/04/2024'",
        "amount: each value with a mark can be read in two ways, such as 1,500",
        "tables.events: occurred_at",
    )
    fails(SourceError, *words)(lambda: load_tables(source))


def test_a_date_that_may_be_either_is_reported_with_the_cure(tmp_path: Path) -> None:
    check = fails(SourceError, "tables.orders", "ordered_at", "03/04/2024", "day_first")
    check(lambda: load_csv(tmp_path, ORDERS + "1,a,03/04/2024,1\n2,a,2024-01-01,1\n"))


def test_mixed_and_impossible_dates_are_refused_one_by_one(tmp_path: Path) -> None:
    text = (
        ORDERS
        + "1,a,28/02/2024,1\n2,a,02/28/2024,1\n3,a,29.02.2023,1\n4,a,2024-02-29,1\n5,a,9999-12-31,1\n6,a,1402/01/15,1\n"
    )
    crm = load_csv(tmp_path, text, top="dates: day_first")
    assert column(crm, "order_id") == ["1", "4"]
    assert reasons(crm) == [
        "ordered_at is no time: 02/28/2024",
        "ordered_at is no time: 29.02.2023",
        "ordered_at is outside 1900 to 2199: 1402-01-15 00:00:00",
        "ordered_at is outside 1900 to 2199: 9999-12-31 00:00:00",
    ]


def test_times_are_wall_clock_times_of_the_sources_zone(tmp_path: Path) -> None:
    times = ("2024-07-01T12:00:00Z", "2024-07-01 12:00:00+04:00", "2024-07-01 12:00:00 +0400", "2024-07-01 12:00:00")
    text = ORDERS + "".join(f"{i},a,{at},1\n" for i, at in enumerate(times))
    crm = load_csv(tmp_path, text, top="time_zone: Europe/Berlin")
    assert [str(t) for t in column(crm, "ordered_at")] == [
        "2024-07-01 14:00:00",
        "2024-07-01 10:00:00",
        "2024-07-01 10:00:00",
        "2024-07-01 12:00:00",
    ]


def test_a_table_may_state_another_zone(tmp_path: Path) -> None:
    text = ORDERS + "1,a,2024-07-01 12:00:00,1\n2,a,2024-07-01 12:00:00Z,1\n"
    crm = load_csv(
        tmp_path, text, top="time_zone: Europe/Berlin", mapping="time_zone: America/New_York\n    " + MAPPING
    )
    assert [str(t) for t in column(crm, "ordered_at")] == ["2024-07-01 18:00:00", "2024-07-01 14:00:00"]


@pytest.mark.parametrize("own_zone", ["", "time_zone: Europe/Berlin\n    "])
def test_an_hour_that_daylight_saving_skipped_is_refused(tmp_path: Path, own_zone: str) -> None:
    text = ORDERS + "1,a,2024-03-31 02:30:00,1\n2,a,2024-03-31 03:30:00,1\n3,a,2024-10-27 02:30:00,1\n"
    top = "time_zone: UTC" if own_zone else "time_zone: Europe/Berlin"
    crm = load_csv(tmp_path, text, top=top, mapping=own_zone + MAPPING)
    assert column(crm, "order_id") == ["2", "3"]
    assert reasons(crm) == ["ordered_at falls into an hour that Europe/Berlin skipped: 2024-03-31 02:30:00"]


def test_words_for_nothing_are_nothing_in_ids_dates_and_amounts_but_kept_in_other_text(tmp_path: Path) -> None:
    mapping = MAPPING.replace("}", ", margin_amount: margin, product: product}")
    text = (
        "order_id,customer_id,ordered_at,amount,margin,product\n"
        "1,NA,2024-01-01,1,1,x\n2,b,2024-01-01,1,-,NA\n3,c,,1,1,x\n4,-,2024-01-01,,NA,x\n"
    )
    crm = load_csv(tmp_path, text, mapping=mapping)
    assert (column(crm, "order_id"), column(crm, "product")) == (["2"], ["NA"])
    assert column(crm, "margin_amount") == [None]
    assert reasons(crm) == [
        "customer_id is missing",
        "customer_id is missing; amount is missing",
        "ordered_at is missing",
    ]


def test_stated_nulls_hold_for_every_column(tmp_path: Path) -> None:
    mapping = MAPPING.replace("}", ", product: product}")
    crm = load_csv(
        tmp_path,
        ORDERS.replace("\n", ",product\n") + "1,NA,2024-01-01,1,keine\n",
        mapping=mapping,
        top="nulls: [keine]",
    )
    assert column(crm, "customer_id") == ["NA"]
    assert crm["orders"].product.count().execute() == 0


# Expressions


def test_a_bad_value_in_a_cast_refuses_its_row_and_names_the_value(tmp_path: Path) -> None:
    mapping = (
        'columns: {order_id: o, customer_id: c, ordered_at: t, amount: "CAST(n AS INTEGER) * CAST(p AS DECIMAL(9, 2))"}'
    )
    text = 'o,c,t,n,p\n1,a,2024-01-01,2,"1,50"\n2,a,2024-01-01,two,"1,50"\n3,a,2024-01-01,NA,"1,50"\n'
    crm = load_csv(tmp_path, text, mapping=mapping, top="decimal: comma")
    assert column(crm, "amount") == [Decimal("3")]
    assert reasons(crm) == ["amount cannot be computed: n is two, p is 1,50", "amount is missing"]


def test_any_error_in_an_expression_refuses_only_its_row(tmp_path: Path) -> None:
    mapping = "columns: {order_id: o, customer_id: c, ordered_at: \"strptime(t, '%d %b %Y')\", amount: p}"
    crm = load_csv(tmp_path, "o,c,t,p\n1,a,03 Apr 2024,1\n2,a,April,1\n", mapping=mapping)
    assert column(crm, "ordered_at") == [pd.Timestamp("2024-04-03")]
    assert reasons(crm)[0].startswith("ordered_at cannot be computed: t is April")


@pytest.mark.parametrize("sql", ["customer_id -- who", "upper(customer_id) -- who", "uuid() || customer_id", "NULL"])
def test_expressions_with_comments_and_volatile_functions_work(tmp_path: Path, sql: str) -> None:
    mapping = MAPPING.replace("}", f", product: {sql!r}}}")
    assert load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n", mapping=mapping).facts.loaded == {"orders": 1}


def test_every_mapping_that_fails_is_reported_at_once(tmp_path: Path) -> None:
    mapping = "columns: {order_id: nosuch, customer_id: c, ordered_at: t, amount: nofunction(p)}"
    check = fails(SourceError, "columns.order_id", "nosuch", "columns.amount", "nofunction", "columns are: o, c, t, p")
    check(lambda: load_csv(tmp_path, "o,c,t,p\n1,a,2024-01-01,1\n", mapping=mapping))


def test_a_whole_select_may_give_the_rows(tmp_path: Path) -> None:
    table = "sql: \"SELECT *, row_number() OVER () AS n FROM lines WHERE order_id <> 'x'\""
    crm = load_csv(tmp_path, ORDERS + "x,a,2024-01-01,1\n2,a,2024-01-01,1\n", table=table)
    assert crm.facts.loaded == {"orders": 1}


def test_a_select_that_fails_on_a_value_is_reported_with_the_cure(tmp_path: Path) -> None:
    table = 'sql: "SELECT * FROM lines WHERE amount::INTEGER > 1"'
    fails(SourceError, "tables.orders.sql", "TRY_CAST")(
        lambda: load_csv(tmp_path, ORDERS + "1,a,2024-01-01,x\n", table=table)
    )


# Refused rows


def test_a_refused_row_can_be_found_again_and_is_counted_by_rule(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n2,,2024-01-02,5\n3,,someday: maybe; not,x\n")
    assert crm.facts.refused == [
        {"table": "orders", "reason": "customer_id is missing", "rows": 1},
        {"table": "orders", "reason": "customer_id is missing; ordered_at is no time; amount is no amount", "rows": 1},
    ]
    raw = [json.loads(row) for row in crm.refused.execute()["raw"]]
    assert {"order_id": "2", "customer_id": None, "ordered_at": "2024-01-02", "amount": "5"} in raw


def test_the_first_good_row_of_a_repeated_id_is_kept() -> None:
    table = {
        "subscriptions": pd.DataFrame(
            {
                "subscription_id": ["s1", "s1", " s1", "s2"],
                "customer_id": ["a", "b", "c", "d"],
                "started_at": ["never", "2024-01-01", "2024-01-02", "2024-01-03"],
            }
        )
    }
    crm = load_tables(table)
    assert column(crm, "customer_id", "subscriptions") == ["b", "d"]
    assert reasons(crm) == ["started_at is no time: never", "subscription_id occurs twice: s1"]


def test_a_table_without_a_good_row_is_reported_with_its_reasons(tmp_path: Path) -> None:
    check = fails(DataError, "orders", "no row could be loaded", "amount is no amount: x (2 rows)")
    check(lambda: load_csv(tmp_path, ORDERS + "1,a,2024-01-01,x\n2,a,2024-01-01,x\n"))


def test_lines_with_too_many_or_too_few_values_are_set_aside_with_their_number(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n2,b\n3,c,2024-01-01,1,extra\n\n4,d,2024-01-01,2\n")
    assert column(crm, "order_id") == ["1", "4"]
    refused = crm.refused.execute()
    assert set(refused["table_name"]) == {"files.lines"}
    lines = {json.loads(raw)["line"]: json.loads(raw)["text"] for raw in refused["raw"]}
    assert lines == {3: "2,b", 4: "3,c,2024-01-01,1,extra"}


def refused_lines(crm: Crm) -> dict[int, str]:
    raw = [json.loads(raw) for raw in crm.refused.execute()["raw"]]
    return {row["line"]: row["text"] for row in raw}


def lines(start: int, many: int) -> str:
    return "".join(f"{number},a,2024-01-01,1\n" for number in range(start, start + many))


STRAY = '1,"a,2024-01-01,1\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            lines(1, 2) + STRAY + lines(9, 7),
            "line 4: the quote before 'a,2024-01-01,1' closes nowhere and swallows the 7",
        ),
        (
            STRAY + lines(9, 7) + '8,"b",2024-01-01,1\n' + lines(20, 2),
            "line 2: the quote before 'a,2024-01-01,1' closes",
        ),
        (
            STRAY + lines(9, 7) + '8,b 12",2024-01-01,1\n' + lines(20, 2),
            "closes only in line 10 and swallows the 8 lines",
        ),
        (lines(1, 2) + '3,a,2024-01-01,"1\n4,b,2024-01-01,1\n', "line 4: the quote before '1' closes nowhere"),
        ((STRAY + lines(9, 7) + '8,"b",2024-01-01,1\n') * 5, "line 20: the quote before 'a,2024-01-01,1' closes only"),
        ((STRAY + lines(9, 7) + '8,"b",2024-01-01,1\n') * 5, "and 2 more such quotes. Take the quote out, or close it"),
    ],
    ids=[
        "never closed",
        "closed by a quoted value",
        "closed by another stray",
        "last value",
        "three given",
        "more counted",
    ],
)
def test_a_stray_quote_that_swallows_rows_stops_with_line_and_cure(tmp_path: Path, text: str, said: str) -> None:
    fails(SourceError, "files.lines: orders.csv, line", said)(lambda: load_csv(tmp_path, ORDERS + text))


def test_a_stray_quote_in_the_header_stops_too(tmp_path: Path) -> None:
    check = fails(SourceError, "line 1: the quote before 'customer_id,ordered_at,amount' closes nowhere")
    check(lambda: load_csv(tmp_path, ORDERS.replace("customer_id", '"customer_id') + lines(1, 9000)))


def test_comments_and_addresses_with_line_breaks_are_values_like_any_other(tmp_path: Path) -> None:
    address = '"Flat 1, 2 High Street\nBank, London, UK\n\nring twice, please"'
    table = '"a\n1,2,3,4\n5,6,7,8\nand so on\nand on\nand on"'
    text = ORDERS + f"1,{address},2024-01-01,1\n2,{table},2024-01-01,1\n" + lines(3, 2)
    assert len(load_csv(tmp_path, text).refused.execute()) == 0


def test_lines_are_numbered_as_the_file_counts_them_below_values_with_line_breaks(tmp_path: Path) -> None:
    text = ORDERS + '1,"a\n\nb",2024-01-01,1\n2,b\n\n3,"c\nd","2024-01-01\n",1\n4,"x\ny"\n5,z\n' + lines(6, 1)
    assert refused_lines(load_csv(tmp_path, text)) == {5: "2,b", 10: '4,"x\ny"', 12: "5,z"}


def test_every_line_a_spoilt_quote_takes_in_is_refused_by_itself(tmp_path: Path) -> None:
    text = ORDERS + lines(1, 1) + '2,"b\n3,"c",2024-01-01,1\n4,"BEST" d,"GOOD" e,1\n' + lines(5, 1) + "6,f\n"
    crm = load_csv(tmp_path, text)
    assert refused_lines(crm) == {3: '2,"b', 4: '3,"c",2024-01-01,1', 5: '4,"BEST" d,"GOOD" e,1', 7: "6,f"}
    assert [refusal["rows"] for refusal in crm.facts.refused] == [4]


def test_a_bad_letter_is_named_by_its_line_in_the_file_and_harms_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(ORDERS + "1,a\n" + lines(2, 1))
    raw = (ORDERS + '1,"a\nb",2024-01-01,1\n2,Ş,2024-01-01,1\n').encode("cp1254")
    with pytest.raises(SourceError, match="line 4: is not utf-8") as raised:
        load_csv(tmp_path, raw, file="{path: orders.csv}\n  more: {path: more.csv}")
    assert "more.csv" not in str(raised.value)


def test_a_line_too_long_to_be_read_is_never_left_out_silently(tmp_path: Path) -> None:
    text = ORDERS + lines(1, 1) + "2," + "y" * (34 << 20) + ",2024-01-01,1\n" + lines(3, 1)
    fails(SourceError, "orders.csv, line 3: is longer than 16 MB")(lambda: load_csv(tmp_path, text))


# Text files


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_looking(tmp_path: Path, mark: str) -> None:
    crm = load_csv(tmp_path, (ORDERS + "1,a,2024-01-01,1\n").replace(",", mark))
    assert crm.facts.loaded == {"orders": 1}


def test_any_delimiter_may_be_stated(tmp_path: Path) -> None:
    crm = load_csv(
        tmp_path, (ORDERS + "1,a,2024-01-01,1\n").replace(",", "^"), file='{path: orders.csv, delimiter: "^"}'
    )
    assert crm.facts.loaded == {"orders": 1}


def test_a_wrong_delimiter_is_reported_with_the_likely_one(tmp_path: Path) -> None:
    check = fails(SourceError, "files.lines", "delimiter ';'", "','")
    check(lambda: load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n", file='{path: orders.csv, delimiter: ";"}'))


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [("utf-8-sig", ""), ("utf-16", ""), ("utf-16", ", encoding: utf-16"), ("cp1254", ", encoding: windows-1254")],
)
def test_encodings(tmp_path: Path, encoding: str, stated: str) -> None:
    text = ORDERS + "1,Şule Çığ,2024-01-01,1\n"
    crm = load_csv(tmp_path, text.encode(encoding), file=f"{{path: orders.csv{stated}}}")
    assert column(crm, "customer_id") == ["Şule Çığ"]


def test_persian_in_windows_1256_and_packed(tmp_path: Path) -> None:
    packed = gzip.compress((ORDERS + "1,پارسا,2024-01-01,1\n").encode("cp1256"))
    crm = load_csv(tmp_path, packed, file="{path: orders.csv, encoding: windows-1256}")
    assert column(crm, "customer_id") == ["پارسا"]


def test_an_unstated_encoding_that_is_not_utf8_is_reported_with_the_cure(tmp_path: Path) -> None:
    check = fails(SourceError, "files.lines", "line 2", "windows-1254")
    check(lambda: load_csv(tmp_path, (ORDERS + "1,Şule,2024-01-01,1\n").encode("cp1254")))


def test_line_ends_of_several_kinds_and_line_breaks_in_values_are_read(tmp_path: Path) -> None:
    text = ORDERS.replace("\n", "\r\n") + '1,"a\nb",2024-01-01,1\n2,b,2024-01-01,2\r\n3,c,2024-01-01,3\n'
    assert column(load_csv(tmp_path, text), "customer_id") == ["a\nb", "b", "c"]


def test_a_file_that_is_no_text_and_one_whose_lines_do_not_fit_are_reported(tmp_path: Path) -> None:
    fails(SourceError, "orders.csv is not a text file")(lambda: load_csv(tmp_path, b"PK\x03\x04" + bytes(2000)))
    check = fails(SourceError, "none of its 2 lines fits its header (order_id, customer_id)", "columns: 2")
    check(lambda: load_csv(tmp_path, "order_id,customer_id\n" + "1,a,2024-01-01,1\n" * 2))


def test_a_line_that_names_the_delimiter_is_above_the_header(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, "sep=;\n" + (ORDERS + "1,a,2024-01-01,1\n").replace(",", ";"))
    assert column(crm, "order_id") == ["1"]


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "base64"])
def test_an_unknown_encoding_and_one_of_no_text_are_reported(tmp_path: Path, encoding: str) -> None:
    check = fails(SourceError, f"'{encoding}' is not known")
    check(lambda: load_csv(tmp_path, ORDERS, file=f"{{path: orders.csv, encoding: {encoding}}}"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (ORDERS.encode(), "holds a header and no row"),
        (gzip.compress(b""), "is empty"),
        (gzip.compress((ORDERS + "1,a,2024-01-01,1\n" * 999).encode())[:60], "cut off"),
        (gzip.compress((ORDERS + "1,a,2024-01-01,1\n" * 999).encode())[:-4], "cut off"),
    ],
    ids=["empty", "header only", "empty gzip", "truncated gzip", "gzip without its end"],
)
def test_files_without_rows_or_cut_off(tmp_path: Path, raw: bytes, said: str) -> None:
    fails(SourceError, "files.lines", "orders.csv", said)(lambda: load_csv(tmp_path, raw))


def test_a_packed_file_that_would_fill_the_disk_is_refused_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.sources.plaintext.FREELY", 1000)
    packed = gzip.compress(ORDERS.encode() + b"0" * (3 << 20))
    check = fails(SourceError, "files.lines", "orders.csv unpacks to more than 200 times its size")
    check(lambda: load_csv(tmp_path, packed))


def test_a_missing_file_and_a_folder_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    check = fails(SourceError, "files.lines", "gone.csv is not a file", "files.more", "is a folder")
    check(lambda: load_tables(source_file(tmp_path, "{path: gone.csv}\n  more: {path: folder.csv}")))


def test_a_file_without_read_permission_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(self: Path, *args: str, **more: str) -> object:
        if self.name == "orders.csv":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **more)  # type: ignore[call-overload]

    (tmp_path / "orders.csv").write_text(ORDERS)
    source = source_file(tmp_path, "{path: orders.csv}")
    monkeypatch.setattr(Path, "open", refuse)
    fails(SourceError, "files.lines", "orders.csv may not be read")(lambda: load_tables(source))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user without the right")
def test_a_file_of_another_user_is_reported(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS + "1,a,2024-01-01,1\n")
    (tmp_path / "orders.csv").chmod(0o600)
    source = source_file(tmp_path, "{path: orders.csv}")
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.owner() == "root" and str(folder) != "/tmp":
            folder.chmod(0o755)
    os.seteuid(65534)
    try:
        fails(SourceError, "may not be read")(lambda: load_tables(source))
    finally:
        os.seteuid(0)


def test_files_may_be_split_and_their_columns_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "o1.csv").write_text(ORDERS + "1,a,2024-01-01,1\n")
    (tmp_path / "o2.csv").write_text("amount;ordered_at;customer_id;order_id\n2;2024-01-02;b;2\n")
    crm = load_tables(source_file(tmp_path, "{path: o*.csv}"))
    assert sorted(rows_of(crm)) == [
        ["1", "a", pd.Timestamp("2024-01-01"), Decimal(1)],
        ["2", "b", pd.Timestamp("2024-01-02"), Decimal(2)],
    ]
    assert [file["file"] for file in crm.facts.files] == ["o1.csv", "o2.csv"]


def test_a_raw_file_may_be_named_as_a_table_and_be_read_by_several(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS + "1,a,2024-01-01,1\n2,a,2024-01-01,1\n")
    frame = pd.DataFrame({"customer_id": ["a"], "occurred_at": pd.to_datetime(["2024-01-01"])})
    frame.to_parquet(tmp_path / "events.parquet")
    (tmp_path / "source.yaml").write_text(
        "name: t\ncurrency: EUR\nfiles: {orders: {path: orders.csv}, events: {path: events.parquet}}\ntables:\n"
        f"  orders:\n    from: orders\n    {MAPPING}\n"
        "  events: {from: events, columns: {customer_id: customer_id, occurred_at: occurred_at}}\n"
        "  customers: {sql: SELECT DISTINCT customer_id FROM orders, columns: {customer_id: customer_id}}\n"
    )
    crm = load_tables(tmp_path / "source.yaml")
    assert crm.facts.loaded == {"orders": 2, "events": 1, "customers": 1}
    assert [crm[name].count().execute() for name in crm] == [2, 1, 1]


def test_a_part_with_other_columns_is_reported(tmp_path: Path) -> None:
    (tmp_path / "o1.csv").write_text(ORDERS + "1,a,2024-01-01,1\n")
    (tmp_path / "o2.csv").write_text(ORDERS.replace("amount", "value") + "1,a,2024-01-01,1\n")
    fails(SourceError, "o2.csv", "amount, value")(lambda: load_tables(source_file(tmp_path, "{path: o*.csv}")))


def test_json_lines_keep_zeros_and_set_broken_lines_aside(tmp_path: Path) -> None:
    lines = [
        '{"order_id": "007", "customer_id": "a", "ordered_at": "2024-01-01", "amount": 1.5}',
        '{"order_id": "008", "customer_id": "a", "amount": 2, "ordered_at": "2024-01-02T10:00:00Z", "more": {"x": 1}}',
        '{"order_id": ',
        "[1]",
    ]
    (tmp_path / "orders.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    crm = load_tables(source_file(tmp_path, "{path: orders.jsonl.gz}", top="decimal: comma"))
    assert column(crm, "order_id") == ["007", "008"]
    assert column(crm, "amount") == [Decimal("1.5"), Decimal(2)]
    assert reasons(crm) == ["the line is no JSON object"] * 2
    assert crm.facts.refused == [{"table": "files.lines", "reason": "the line is no JSON object", "rows": 2}]


# Other formats


@pytest.fixture(params=["few rows", "many rows"])
def held_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Parquet file of two rows, taken for few of them, which are copied, or for many, which are read in place."""
    if request.param == "many rows":
        monkeypatch.setattr("workbench.sources.read.MOST_COPIED", 1)
    return "VIEW" if request.param == "many rows" else "BASE TABLE"


def test_parquet_of_many_rows_is_read_in_place_and_typed_numbers_become_plain_ids(tmp_path: Path, held_as: str) -> None:
    frame = pd.DataFrame(
        {
            "order_id": [1, 2],
            "customer_id": [17850.0, None],
            "ordered_at": pd.to_datetime(["2024-01-01"] * 2),
            "amount": [1.5, 2],
        }
    )
    frame.to_parquet(tmp_path / "orders.parquet")
    crm = load_tables(source_file(tmp_path, "{path: orders.parquet}"))
    assert column(crm, "customer_id") == ["17850"]
    assert reasons(crm) == ["customer_id is missing"]
    assert duckdb_type(crm, "orders") == [(held_as,)]


def duckdb_type(crm: Crm, name: str) -> object:
    con = crm["orders"].get_backend().con  # type: ignore[attr-defined]
    return con.execute("SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]).fetchall()


@pytest.mark.usefixtures("held_as")
def test_the_first_of_a_repeated_id_in_parquet_is_kept_and_the_rest_set_aside(tmp_path: Path) -> None:
    frame = pd.DataFrame({"order_id": [1, 1], "customer_id": ["a", "b"], "ordered_at": ["2024-01-01"] * 2, "amount": 1})
    frame.to_parquet(tmp_path / "orders.parquet")
    source = source_file(tmp_path, "{path: orders.parquet}")
    with source.open("a") as file:
        columns = "{invoice_id: order_id, customer_id: customer_id, issued_at: ordered_at, amount: amount}"
        file.write(f"  invoices: {{from: lines, columns: {columns}}}\n")
    crm = load_tables(source)
    assert column(crm, "customer_id", "invoices") == ["a"]
    assert crm.facts.refused == [{"table": "invoices", "reason": "invoice_id occurs twice", "rows": 1}]
    assert json.loads(crm.refused.execute()["raw"][0])["customer_id"] == "b"


def test_zoned_times_in_parquet_become_wall_clock_times(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"order_id": ["1"], "customer_id": ["a"], "ordered_at": pd.to_datetime(["2024-07-01T12:00Z"]), "amount": [1]}
    )
    frame.to_parquet(tmp_path / "orders.parquet")
    crm = load_tables(source_file(tmp_path, "{path: orders.parquet}", top="time_zone: Asia/Tehran"))
    assert column(crm, "ordered_at") == [pd.Timestamp("2024-07-01 15:30")]


def test_damaged_parquet_is_reported(tmp_path: Path) -> None:
    (tmp_path / "orders.parquet").write_bytes(b"PAR1 not really")
    fails(SourceError, "files.lines", "orders.parquet")(
        lambda: load_tables(source_file(tmp_path, "{path: orders.parquet}"))
    )


def test_a_number_where_a_time_is_needed_is_reported_with_the_cure(tmp_path: Path) -> None:
    pd.DataFrame({"order_id": [1], "customer_id": [1], "ordered_at": [1704067200], "amount": [1]}).to_parquet(
        tmp_path / "o.parquet"
    )
    fails(SourceError, "ordered_at", "BIGINT", "to_timestamp")(
        lambda: load_tables(source_file(tmp_path, "{path: o.parquet}"))
    )
    crm = load_tables(
        source_file(
            tmp_path,
            "{path: o.parquet}",
            mapping=MAPPING.replace("ordered_at: ordered_at", "ordered_at: to_timestamp(ordered_at)"),
        )
    )
    assert column(crm, "ordered_at") == [pd.Timestamp("2024-01-01")]


def excel(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Orders"
    sheet.append(["order_id", "customer_id", "ordered_at", "amount"])
    sheet.append(["007", 17850, dt.datetime(2024, 1, 1, 9, 30), 1.5])
    sheet.append([8, "=HYPERLINK(1)", dt.date(2024, 1, 2), 2])
    sheet["B3"].data_type = "s"
    book.save(path)


def test_excel_keeps_zeros_dates_and_numbers(tmp_path: Path) -> None:
    excel(tmp_path / "orders.xlsx")
    crm = load_tables(
        source_file(tmp_path, "{path: orders.xlsx, sheet: Orders}", top="decimal: comma\ndates: day_first")
    )
    assert rows_of(crm) == [
        ["007", "17850", pd.Timestamp("2024-01-01 09:30"), Decimal("1.5")],
        ["8", "=HYPERLINK(1)", pd.Timestamp("2024-01-02"), Decimal(2)],
    ]


def test_a_wrong_sheet_is_reported_with_the_right_one(tmp_path: Path) -> None:
    excel(tmp_path / "orders.xlsx")
    check = fails(SourceError, "no sheet 'Order'", "did you mean Orders?")
    check(lambda: load_tables(source_file(tmp_path, "{path: orders.xlsx, sheet: Order}")))


def test_a_damaged_excel_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "orders.xlsx").write_bytes(b"PK\x03\x04 nothing more")
    fails(SourceError, "files.lines", "orders.xlsx", "Excel")(
        lambda: load_tables(source_file(tmp_path, "{path: orders.xlsx}"))
    )


@pytest.mark.parametrize("name", ["orders.ods", "orders.xlsb", "orders.xlsx"])
def test_a_workbook_that_says_it_unpacks_to_more_than_any_is_refused_unread(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as book:
        book.writestr("content.xml", b"<")
        book.infolist()[0].file_size = 3 * 2**30
    fails(SourceError, f"{name} unpacks to 3.0 GB, 2 GB at the most", "save the table as CSV")(
        lambda: load_tables(source_file(tmp_path, f"{{path: {name}}}"))
    )


def test_a_link_is_read_as_the_file_it_leads_to(tmp_path: Path) -> None:
    excel(tmp_path / "elsewhere.xlsx")
    (tmp_path / "orders.xlsx").symlink_to("elsewhere.xlsx")
    (tmp_path / "lost.xlsx").symlink_to("nowhere.xlsx")
    assert load_tables(source_file(tmp_path, "{path: orders.xlsx}"))
    fails(SourceError, "lost.xlsx is not a file beside the source file")(
        lambda: load_tables(source_file(tmp_path, "{path: lost.xlsx}"))
    )


def test_a_damaged_binary_workbook_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "orders.xlsb", "w") as book:
        book.writestr("xl/workbook.bin", b"\x80\x01\xff\xff\xff\xff\x0f")
    fails(SourceError, "orders.xlsb cannot be read as Excel", "Save it again")(
        lambda: load_tables(source_file(tmp_path, "{path: orders.xlsb}"))
    )


def test_a_password_on_an_excel_file_is_reported(tmp_path: Path) -> None:
    ooxml = pytest.importorskip("msoffcrypto.format.ooxml", reason="msoffcrypto-tool writes the protected file")
    excel(tmp_path / "plain.xlsx")
    with (tmp_path / "plain.xlsx").open("rb") as plain, (tmp_path / "orders.xlsx").open("wb") as out:
        ooxml.OOXMLFile(plain).encrypt("secret", out)
    fails(SourceError, "orders.xlsx", "password")(lambda: load_tables(source_file(tmp_path, "{path: orders.xlsx}")))


def test_sqlite_columns_hold_what_they_hold_whatever_was_declared(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "crm.sqlite") as con:
        con.execute("CREATE TABLE orders (order_id INTEGER, customer_id INTEGER, ordered_at DATE, amount REAL)")
        con.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?)", [(1, "C1", "2024-01-01", 1.5), (2, 7, "2024-01-02", 2)]
        )
    con.close()
    crm = load_tables(source_file(tmp_path, "{path: crm.sqlite}"))
    assert column(crm, "customer_id") == ["C1", "7"]
    assert column(crm, "amount") == [Decimal("1.5"), Decimal(2)]


def test_a_file_that_is_no_sqlite_file_and_an_unknown_table_are_reported(tmp_path: Path) -> None:
    (tmp_path / "crm.sqlite").write_bytes(b"SELECT 1")
    fails(SourceError, "crm.sqlite", "SQLite")(lambda: load_tables(source_file(tmp_path, "{path: crm.sqlite}")))
    (tmp_path / "crm.sqlite").unlink()
    with sqlite3.connect(tmp_path / "crm.sqlite") as con:
        con.execute("CREATE TABLE orders (x)")
    con.close()
    check = fails(SourceError, "no table 'order'", "did you mean orders?")
    check(lambda: load_tables(source_file(tmp_path, "{path: crm.sqlite, table: order}")))


OUTSIDE = (
    "SELECT 1 AS order_id, content AS customer_id, DATE '2024-01-01' AS ordered_at FROM read_text('/etc/hostname')"
)


@pytest.mark.parametrize(
    "made",
    [
        ["CREATE VIEW inner_view AS SELECT * FROM enable_logging(storage = 'memory')",
         "CREATE VIEW orders AS WITH a AS (SELECT * FROM inner_view) SELECT * FROM a"],
        [f"CREATE VIEW orders AS {OUTSIDE}", "CREATE SCHEMA zoo", "CREATE VIEW zoo.orders AS SELECT 1 AS order_id"],
        [f"CREATE MACRO rows_of() AS TABLE {OUTSIDE}", "CREATE VIEW orders AS SELECT * FROM rows_of()"],
        ["CREATE MACRO upper(x) AS (SELECT content FROM read_text('/etc/hostname'))",
         "CREATE VIEW orders AS SELECT 1 AS order_id, upper('a') AS customer_id, DATE '2024-01-01' AS ordered_at"],
        ["CREATE MACRO duckdb_views() AS TABLE SELECT '' AS schema_name, '' AS view_name, '' AS sql, true AS internal",
         f"CREATE VIEW orders AS {OUTSIDE}"],
    ],
    ids=["settings", "namesake", "macro of rows", "macro of a value", "macro that hides the view"],
)  # fmt: skip
def test_a_view_of_a_duckdb_file_reads_nothing_outside_it(tmp_path: Path, made: list[str]) -> None:
    with duckdb.connect(tmp_path / "crm.duckdb") as con:
        con.execute("; ".join(made))
    source = source_file(tmp_path, "{path: crm.duckdb, table: orders}")
    fails(SourceError, "crm.duckdb: ", "Export the rows you need as a table")(lambda: load_tables(source))


def test_a_view_of_a_duckdb_file_computes_with_tables_and_macros_of_the_file(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "crm.duckdb") as con:
        con.execute("CREATE SCHEMA sales; CREATE TABLE sales.lines AS SELECT 1 AS id, 'a' AS who, 150 AS cents")
        con.execute("CREATE MACRO euros(cents) AS cents / 100")
        con.execute(
            "CREATE VIEW orders AS SELECT id AS order_id, who AS customer_id, DATE '2024-01-01' AS ordered_at, "
            "euros(cents) AS amount FROM sales.lines"
        )
    crm = load_tables(source_file(tmp_path, "{path: crm.duckdb, table: orders}"))
    assert column(crm, "amount") == [Decimal("1.5")]


def test_a_duckdb_file_is_read_in_place(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "crm.duckdb") as con:
        con.execute(
            "CREATE TABLE o AS SELECT 1 AS order_id, 'a' AS customer_id, DATE '2024-01-01' AS ordered_at, 1.5 AS amount"
        )
    crm = load_tables(source_file(tmp_path, "{path: crm.duckdb}"))
    assert column(crm, "amount") == [Decimal("1.5")]
    (tmp_path / "crm.duckdb").write_bytes(b"no")
    fails(SourceError, "crm.duckdb")(lambda: load_tables(source_file(tmp_path, "{path: crm.duckdb}")))


def test_data_frames_are_copied_and_never_changed() -> None:
    frame = pd.DataFrame({"order_id": ["1"], "customer_id": [" a"], "ordered_at": ["2024-01-01"], "amount": [1.0]})
    before = frame.copy()
    crm = load_tables({"orders": frame})
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[0, "customer_id"] = "b"
    assert column(crm, "customer_id") == ["a"]


def test_data_frames_with_unknown_tables_or_columns_are_reported() -> None:
    fails(SourceError, "ordrs", "did you mean orders?")(lambda: load_tables({"ordrs": pd.DataFrame({"x": [1]})}))
    fails(SourceError, "no column 'x'", "required")(lambda: load_tables({"orders": pd.DataFrame({"x": [1]})}))


# Written and read again


def test_a_written_crm_is_read_again_as_it_was(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n2,,2024-01-02,2\n")
    write_crm(crm, tmp_path / "run" / "crm")
    again = read_crm(tmp_path / "run" / "crm")
    assert again.facts == crm.facts
    pd.testing.assert_frame_equal(again["orders"].execute(), crm["orders"].execute())
    pd.testing.assert_frame_equal(again.refused.execute(), crm.refused.execute())


def test_a_full_disk_is_reported_and_leaves_no_half_written_crm(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n")
    folder = tmp_path / "run" / "crm"
    write_crm(crm, folder)
    (folder / "refused.parquet").unlink()
    (folder / "refused.parquet").symlink_to("/dev/full")
    fails(DataError, "No space left", "Free space")(lambda: write_crm(crm, folder))
    fails(DataError, "run notebook 01_load")(lambda: read_crm(folder))


def test_a_full_disk_while_loading_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "lines.txt"))

    monkeypatch.setattr("workbench.sources.plaintext._unpack", full)
    check = fails(DataError, "the disk is full", "No space left on device", "Free space")
    check(lambda: load_csv(tmp_path, gzip.compress((ORDERS + "1,a,2024-01-01,1\n").encode())))
    assert "disk is full" in str(load._explained(duckdb.IOException("IO Error: No space left on device")))


def test_importing_the_store_by_itself_works() -> None:
    assert store.read_crm is read_crm


# Conservation


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tmp_path_factory.mktemp("conservation")


ids = st.sampled_from(["a", "A ", "007", "", "NA", "سارا", "=1+1", "'; --"])
times = st.sampled_from(["2024-02-29", "2023-02-29", "2024-03-31 02:30:00", "", "2024-01-01T00:00:00Z", "soon"])
amounts = st.sampled_from(["1", "-2.50", "", "x", "۱۲", "1e400"])
# Rows that stand in two files are taken once, so no row is there twice.
rows = st.lists(st.tuples(ids, ids, times, amounts), max_size=8, unique=True).filter(
    lambda rows: ("1", "a", "2024-01-01", "1") not in rows
)


@pytest.mark.slow
@settings(max_examples=6)
@given(rows=rows, order=st.permutations(range(4)), cut=st.integers(0, 9))
def test_rows_in_are_rows_loaded_plus_rows_refused_however_the_files_are_cut(
    scratch: Path, rows: list[tuple[str, ...]], order: list[int], cut: int
) -> None:
    names = ORDERS.strip().split(",")
    good = ("1", "a", "2024-01-01", "1")
    every = [good, *rows]

    def text(part: list[tuple[str, ...]], order: list[int]) -> str:
        return "".join(",".join(row[place] for place in order) + "\n" for row in [tuple(names), *part])

    def result(parts: list[list[tuple[str, ...]]], order: list[int]) -> tuple[list[object], list[object]]:
        for old in scratch.glob("part*.csv"):
            old.unlink()
        for number, part in enumerate(part for part in parts if part):
            (scratch / f"part{number}.csv").write_text(text(part, order), encoding="utf-8")
        crm = load_tables(source_file(scratch, "{path: part*.csv}", top="time_zone: Europe/Berlin"))
        assert crm.facts.loaded["orders"] + sum(int(str(r["rows"])) for r in crm.facts.refused) == len(every)
        assert crm.refused.count().execute() == sum(int(str(r["rows"])) for r in crm.facts.refused)
        loaded = sorted(map(str, rows_of(crm)))
        return loaded, sorted(map(str, crm.refused.select("table_name", "reason").execute().itertuples(index=False)))

    whole = result([every], [0, 1, 2, 3])
    assert result([every[:cut], every[cut:]], order) == whole


def test_a_byte_order_mark_alone_is_an_empty_file(tmp_path: Path) -> None:
    fails(SourceError, "orders.csv")(lambda: load_csv(tmp_path, codecs.BOM_UTF16_LE))


# Names


PLAIN = ["batch", "checked", "refusals", "refused_lines", "reject_errors", "reject_scans", "spoilt_rows", "raw_row"]


@pytest.mark.parametrize(("csv", "sqlite"), [*zip(PLAIN, PLAIN[1:] + PLAIN[:1], strict=True)])
def test_any_plain_name_does_for_an_input(tmp_path: Path, csv: str, sqlite: str) -> None:
    (tmp_path / "a.csv").write_text(ORDERS + "1,a,2024-01-01,1\n2,a\n")
    with sqlite3.connect(tmp_path / "b.sqlite") as con:
        con.execute("CREATE TABLE t (customer_id, occurred_at)")
        con.execute("INSERT INTO t VALUES ('a', '2024-01-02')")
    con.close()
    (tmp_path / "source.yaml").write_text(
        f"name: t\ncurrency: EUR\nfiles: {{{csv}: {{path: a.csv}}, {sqlite}: {{path: b.sqlite}}}}\ntables:\n"
        f"  orders: {{from: {csv}, {MAPPING}}}\n"
        f"  events: {{sql: SELECT * FROM {sqlite}, columns: {{customer_id: customer_id, occurred_at: occurred_at}}}}\n"
    )
    crm = load_tables(tmp_path / "source.yaml")
    assert crm.facts.loaded == {"orders": 1, "events": 1}
    assert [refusal["table"] for refusal in crm.facts.refused] == [f"files.{csv}"]


def test_a_raw_column_may_have_the_name_that_sql_gives_a_row(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS.replace("\n", ",raw_row\n") + "1,,2024-01-01,1,x\n2,a,2024-01-01,1,y\n")
    assert json.loads(crm.refused.execute()["raw"][0])["customer_id"] is None
    assert json.loads(crm.refused.execute()["raw"][0])["order_id"] == "1"


# Until when the data are complete, and the scale of marks


@pytest.mark.parametrize(
    ("exported", "known"),
    [
        ("2024-03-31", "2024-04-01 00:00:00"),
        ("'2024-03-31'", "2024-04-01 00:00:00"),
        ("2024-03-31 00:00:00", "2024-03-31 00:00:00"),
        ("2024-03-31 15:30:00", "2024-03-31 15:30:00"),
        ("2024-03-31T15:30:00+00:00", "2024-03-31 17:30:00"),
    ],
)
def test_an_export_dated_by_its_day_holds_that_whole_day(tmp_path: Path, exported: str, known: str) -> None:
    top = f"exported_at: {exported}\ntime_zone: Europe/Berlin"
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n", top=top)
    assert str(crm.facts.known_until) == known


def test_a_scale_is_stated_once_and_known_to_all(tmp_path: Path) -> None:
    crm = load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n", top="scales: {NPS: 0-5, ces: 1-7}")
    assert crm.facts.scales == {"nps": [0, 5], "csat": [1, 5], "tickets": [1, 5], "ces": [1, 7]}
    check = fails(SourceError, "scales.nps: '5'", "write its lowest and highest mark as 0-10")
    check(lambda: load_csv(tmp_path, ORDERS + "1,a,2024-01-01,1\n", top="scales: {nps: '5'}"))


def test_a_sheet_with_one_value_far_from_its_table_is_named_not_loaded(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a", "b"])
    sheet["XFD1048576"] = 1
    book.save(tmp_path / "orders.xlsx")
    fails(SourceError, "sheet1 reaches to cell XFD1048576", "delete what lies far")(
        lambda: load_tables(source_file(tmp_path, "{path: orders.xlsx}"))
    )


@pytest.mark.parametrize("written", ["<c\n r='XFD1048576'", '<c\tr="XFD1048576"'])
def test_a_workbook_that_no_memory_holds_is_refused_however_it_is_written(tmp_path: Path, written: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"], book.worksheets[0]["XFD1048576"] = 1, 1
    book.save(tmp_path / "plain.xlsx")
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(tmp_path / "orders.xlsx", "w") as bad:
        for part in plain.namelist():
            bad.writestr(part, re.sub('<c r="XFD1048576"( t="n")?', written, plain.read(part).decode()))
    fails(SourceError, "orders.xlsx needs too much memory or time", "save the table as CSV")(
        lambda: load_tables(source_file(tmp_path, "{path: orders.xlsx}"))
    )


def test_what_is_no_table_of_a_company_is_refused_by_its_width(tmp_path: Path) -> None:
    many = ",".join(f"c{i}" for i in range(2_001))
    fails(SourceError, "holds 2,001 columns", "export only those needed")(lambda: load_csv(tmp_path, f"{many}\n1\n"))
    fails(SourceError, "a name of 501 characters")(lambda: load_csv(tmp_path, f"a,{'x' * 501}\n1,2\n"))


def test_a_sheet_as_wide_as_a_workbook_allows_is_refused_by_its_width_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["x"] * 16_384)
    sheet.append([1] * 16_384)
    book.save(tmp_path / "orders.xlsx")
    fails(SourceError, "holds 16,384 columns")(lambda: load_tables(source_file(tmp_path, "{path: orders.xlsx}")))


def test_the_bands_that_the_documentation_keeps_of_an_age_are_read(tmp_path: Path) -> None:
    (bands,) = re.findall(r"`own_age: ([^`]+)`", (ROOT / "data" / "README.md").read_text(encoding="utf-8"))
    (tmp_path / "people.csv").write_text("who,day,age\na,2024-01-01,29\nb,2024-01-02,30\nc,2024-01-03,\n")
    (tmp_path / "s.yaml").write_text(
        "name: club\nfiles: {p: {path: people.csv}}\ntables: {events: {from: p, columns: {customer_id: who, occurred_at: "
        f'day}}}}, customers: {{from: p, columns: {{customer_id: who, own_age: "{bands}"}}}}}}',
        encoding="utf-8",
    )
    ages = load_tables(tmp_path / "s.yaml")["customers"].order_by("customer_id").own_age.to_pandas()
    assert ages.fillna("").tolist() == ["under 30", "30 or older", ""]
