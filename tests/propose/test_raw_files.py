"""Files as they lie: names, encodings, packing, titles above the header, records within cells."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.propose.folders import IN_2025, contracts, day, loaded, orders, recurring, revenue, write
from workbench.propose import propose_source
from workbench.propose.raw_files.raw_columns import profile_table


def test_null_in_plain_text_is_no_value_and_none_is_a_plan(tmp_path: Path) -> None:
    contracts(tmp_path, "plan=NULL|None|Gold", "monthly_fee=30")
    plans = loaded(tmp_path, propose_source(tmp_path))["subscriptions"].plan
    assert sorted(plans.to_pandas().dropna().unique()) == ["Gold", "None"]


def test_files_named_by_months_of_any_language_are_one_and_those_named_by_towns_are_not(tmp_path: Path) -> None:
    header = ["N° commande", "N° client", "Date", "Montant TTC"]
    for month, name in enumerate(("janv", "févr", "mars", "avril"), start=1):
        rows = [[f"C{month}-{i}", f"K{i % 7}", f"{3 + i:02}/{month:02}/2025", "10,00"] for i in range(12)]
        write(tmp_path, f"commandes {name} 2025.csv", [header, *rows], ";")
    proposal = propose_source(tmp_path)
    assert [file.path.name for file in proposal.files.values() if file.path] == ["commandes * *.csv"]
    assert revenue(loaded(tmp_path, proposal)) == 4 * 12 * 10


def test_titles_above_the_header_say_the_currency_and_the_day_of_the_export(tmp_path: Path) -> None:
    rows = [["Nº contrato", "Nº cliente", "Fecha alta", "Fecha baja", "Cuota mensual"]]
    rows += [
        [f"C{i}", f"K{i}", day(i, IN_2025), day(120 + i, IN_2025) if i % 4 == 0 else "", "30,00"] for i in range(24)
    ]
    titles = [["Contratos (importes en euros)", "", "", "", ""], ["Emisión: 31/05/2025", "", "", "", ""], []]
    write(tmp_path, "contratos.csv", [*titles, *rows], ";")
    proposal = propose_source(tmp_path)
    assert proposal.currency == "EUR" and proposal.settings["exported_at"][0] == "2025-05-31"


def test_a_parquet_file_may_have_columns_of_records_and_lists(tmp_path: Path) -> None:
    duckdb.sql(
        "SELECT 'K' || i AS customer_id, DATE '2025-01-06' + i::INT AS signup_date, 'Ana ' || i AS name, "
        "{'first': 'Ana'} AS name_parts, ['Ana', 'A'] AS names FROM range(24) r(i)"
    ).write_parquet(str(tmp_path / "customers.parquet"))
    assert propose_source(tmp_path)["customers"].columns["customer_id"].raw == ("customer_id",)


def test_fields_that_a_package_added_are_read_without_its_marks(tmp_path: Path) -> None:
    rows = [["Id", "npe03__Contact__c", "npe03__Amount__c", "npe03__Installment_Period__c", "npsp__StartDate__c"]]
    rows[0] += ["npsp__EndDate__c", "npsp__Status__c", "npsp__ClosedReason__c", "CreatedDate"]
    for i in range(30):
        left, begun = i % 3 == 0, day(9 * i)
        rows.append([f"a{i:03d}", f"003{i % 25:03d}", 10, "Monthly", begun, day(9 * i + 50) if left else ""])
        rows[-1] += ["Closed", "Moved"] if left else ["Active", ""]
        rows[-1].append(f"{begun}T10:00:00.000+0000")
    write(tmp_path, "npe03__Recurring_Donation__c.csv", rows)
    crm = loaded(tmp_path)
    ended = crm["subscriptions"].ended_at.execute()
    assert sorted(ended.dropna().dt.date) == [day(9 * i + 50) for i in range(0, 30, 3)]
    assert recurring(crm) == 20 * 10


def test_a_second_column_of_one_name_is_asked_about(tmp_path: Path) -> None:
    rows = [[f"O{i}", f"C{i % 9}", day(i), f"{10 + i}.50", f"{12 + i}.60"] for i in range(40)]
    write(tmp_path, "orders.csv", [["order_id", "customer_id", "order_date", "amount", "amount"], *rows])
    question = next(doubt for doubt in propose_source(tmp_path).questions if doubt.topic == "twins")
    assert [choice.label for choice in question.choices] == ["amount_1", "amount_2"]
    assert question.choices[1].shown[0] == "10.50 -> 12.60"


def test_a_file_cut_off_in_its_packing_is_named_with_what_helps(tmp_path: Path) -> None:
    orders(tmp_path)
    (tmp_path / "tickets.csv.gz").write_bytes(b"\x1f\x8b\x08\x00\x00")
    assert "cut off or damaged gzip; copy it again" in propose_source(tmp_path).unused["tickets"]


def test_japanese_orders_in_their_own_encoding_dates_and_yen(tmp_path: Path) -> None:
    rows = [["注文番号", "会員番号", "注文日", "合計金額", "ステータス"]]
    words = ["発送済み"] * 8 + ["キャンセル", "返品"]
    rows += [
        [f"J{i}", f"{i % 9:05d}", f"{day(i).year}年{day(i).month}月{day(i).day}日", '"￥1,200"', words[i % 10]]
        for i in range(40)
    ]
    write(tmp_path, "受注データ.csv", rows, encoding="cp932")
    assert revenue(loaded(tmp_path)) == 32 * 1200


def test_orders_by_the_persian_calendar_are_of_their_days_in_ours(tmp_path: Path) -> None:
    rows = [["شماره سفارش", "کد مشتری", "تاریخ سفارش", "مبلغ"]]
    rows += [[f"S{i}", f"C{i % 9}", f"۱۴۰۳/{1 + i // 20:02d}/{1 + i % 20:02d}", "10.00"] for i in range(40)]
    write(tmp_path, "orders.csv", rows)
    crm = loaded(tmp_path)
    assert str(crm.facts.begins_at)[:10] == "2024-03-20"
    assert revenue(crm) == 400


def test_figures_of_plain_numbers_are_those_that_the_database_finds() -> None:
    figures = []
    for sign in ("", "+"):  # with a sign they are counted by the database
        con = duckdb.connect()
        con.execute(f"CREATE TABLE t AS SELECT unnest(['{sign}1990', '{sign}250', '{sign}0', '{sign}2995']) AS v")
        column = profile_table(con, "t")["v"]
        figures.append((column.low, column.high, column.negative, column.whole, column.like_cents, column.sign))
    assert figures[0] == (0, 2995, 0, True, True, "")
    assert figures[0][:4] == figures[1][:4]
