"""One reader of numbers: as people of any country write money, and never a guess."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from workbench.crm import load_tables
from workbench.sources import connect, currency_text, infer_decimal, number_text
from workbench.sources.source import Decimal as Mark


def read(written: str, mark: Mark | None) -> Decimal | None:
    sql = f"TRY_CAST({number_text('v', mark)} AS DECIMAL(18, 4))"
    (value,) = duckdb.execute(f"SELECT {sql} FROM (SELECT ?::VARCHAR AS v)", [written]).fetchone() or (None,)
    return value


@pytest.mark.parametrize(
    ("written", "mark", "value"),
    [
        ("12,50", "comma", "12.50"),
        ("1.250,00", "comma", "1250"),
        ("12,50 €", "comma", "12.50"),
        ("R$ 1.037,50", "comma", "1037.50"),
        ("1.037,50 TL", "comma", "1037.50"),
        ("kr. 1.234,50", "comma", "1234.50"),
        ("1 234 567,89 zł", "comma", "1234567.89"),
        ("1\u202f234,50\u00a0€", "comma", "1234.50"),
        ("12,-", "comma", "12"),
        ("12,50- €", "comma", "-12.50"),
        ("1'234.50", "point", "1234.50"),
        ("CHF 1’234.50", "point", "1234.50"),
        ("12.–", "point", "12"),
        ("(12.50)", "point", "-12.50"),
        ("€ (12.50)", "point", "-12.50"),
        ("12.50-", "point", "-12.50"),
        ("-$12.50", "point", "-12.50"),
        ("US$ 1,234", "point", "1234"),
        ("1,25,000.50", "point", "125000.50"),
        ("Rs. 1,25,000", "point", "125000"),
        ("12.50 usd", "point", "12.50"),
        ("١٢٫٥", None, "12.5"),
        ("۱۲٬۵۰۰٫۷۵ تومان", None, "12500.75"),
        ("12.50 د.إ.", "point", "12.50"),
        ("１２．５０", "point", "12.50"),
        ("1.5E+03", "point", "1500"),
    ],
)
def test_money_is_read_as_it_is_written(written: str, mark: Mark | None, value: str) -> None:
    assert read(written, mark) == Decimal(value)


@pytest.mark.parametrize(
    ("written", "mark", "value"),
    [
        (" 1.250,00 EUR ", "comma", "1250"),
        ("(12,50)", "comma", "-12.50"),
        ("12,50-", "comma", "-12.50"),
        ("1'234.50", "point", "1234.50"),
        ("12 pcs", "point", None),
        (None, "comma", None),
    ],
)
def test_a_query_over_raw_rows_reads_a_number_as_loading_does(
    written: str | None, mark: Mark, value: str | None
) -> None:
    with connect() as con:
        found = con.execute("SELECT spelled_number(?, ?)", [written, mark]).fetchone()
    assert found == (None if value is None else Decimal(value),)


@pytest.mark.parametrize(
    "written", ["12.5%", "12 pcs", "12 km", "1€2", "12 50", "1,2,3", "(12.50", "--5", "€", "-", "1.234.56", "12,5"]
)
def test_what_is_no_amount_of_money_is_not_read(written: str) -> None:
    assert read(written, "point") is None


@pytest.mark.parametrize(
    ("written", "code"),
    [("12,50 €", "EUR"), ("R$ 3", "BRL"), ("3 TL", "TRY"), ("usd 3", "USD"), ("$3", "$"), ("3.50", None), ("-3", None)],
)
def test_the_currency_beside_a_number_is_seen(written: str, code: str | None) -> None:
    found = duckdb.execute(f"SELECT {currency_text('v')} FROM (SELECT ?::VARCHAR AS v)", [written]).fetchone()
    assert found == (code,)


@pytest.mark.parametrize(
    ("written", "mark", "ambiguous"),
    [
        (["12,50 €"], "comma", False),
        (["1.250", "0.125"], "point", False),
        (["1234.567"], "point", False),
        (["1.250,00"], "comma", False),
        (["1,250.00"], "point", False),
        (["1.250.000"], "comma", False),
        (["1,25,000"], "point", False),
        (["12,-"], "comma", False),
        (["1'234.567"], "point", False),
        (["1.250 €", "13 €"], None, True),
        (["(1.250)"], None, True),
        (["12,50", "13.50"], None, True),
        (["12", "x"], None, False),
    ],
)
def test_the_decimal_mark_rests_on_the_whole_column(written: list[str], mark: Mark | None, ambiguous: bool) -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT unnest(?::VARCHAR[]) AS v", [written])
    found = infer_decimal(con, "t", "v")
    assert (found.mark, found.ambiguous) == (mark, ambiguous)


@pytest.mark.parametrize(
    ("values", "plain"),
    [
        ("('1.5'), ('-7'), ('+12.25')", True),
        ("('1,5'), ('7')", True),
        ("('1'), (NULL)", True),
        ("('1.5'), ('1e3')", False),
        ("('1.5'), ('1 000')", False),
        ("('1.5'), ('2,5')", False),
        ("('1.500')", False),
    ],
)
def test_numbers_are_plain_where_each_is_digits_with_the_mark_of_the_column(values: str, plain: bool) -> None:
    assert infer_decimal(duckdb.connect(), f"(VALUES {values}) AS t(v)", "v").plain == plain


def test_plain_numbers_and_others_load_alike_and_what_is_none_is_refused() -> None:
    rows = {"order_id": ["1", "2", "3"], "customer_id": ["a", "b", "c"], "ordered_at": ["2024-01-01"] * 3}
    plain, other, odd = (
        load_tables({"orders": pd.DataFrame({**rows, "amount": amounts})})
        for amounts in (["1,5", "-7", "+12,25"], ["1,5", "7-", "0012,25"], ["1,5", "-7", "some"])
    )
    read = [crm["orders"].order_by("order_id").amount.to_pandas().tolist() for crm in (plain, other, odd)]
    assert read == [
        [Decimal("1.5"), -7, Decimal("12.25")],
        [Decimal("1.5"), -7, Decimal("12.25")],
        [Decimal("1.5"), -7],
    ]
    assert odd.facts.refused == [{"table": "orders", "reason": "amount is no amount", "rows": 1}]
