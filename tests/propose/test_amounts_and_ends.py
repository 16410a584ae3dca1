"""What other columns say of an amount, and which of two dates of leaving ends service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.propose.folders import day, loaded, recurring, write
from workbench.crm.load import load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal
from workbench.propose.raw_files.month_files import are_pictures


def proposed(folder: Path, **files: list[str]) -> Proposal:
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return propose_source(folder)


def readings(proposal: Proposal, topic: str) -> list[str]:
    (doubt,) = [doubt for doubt in proposal.questions if doubt.topic == topic]
    return [choice.label for choice in doubt.choices]


@pytest.fixture(scope="module")
def billing(tmp_path_factory: pytest.TempPathFactory) -> Proposal:
    prices = ["price_id,product,unit_price", "p1,Solo,19.00", "p2,Team,49.00", "p3,Firm,99.00"]
    rows = ["subscription_oid,customer_oid,product,started_at,cancelled_at,amount,quantity,interval"]
    for i in range(24):
        left = f"2024-0{1 + i % 5}-20" if i % 4 == 0 else ""
        amount, product = [(1900, "Solo"), (4900, "Team"), (9900, "Firm")][i % 3]
        customer = 7 if i == 20 else i
        rows.append(f"s{i},c{customer},{product},2023-0{1 + i % 8}-1{i % 9},{left},{amount},{1 + i // 20},month")
    return proposed(tmp_path_factory.mktemp("billing"), subscriptions=rows, products=prices)


def test_amounts_are_cents_where_a_price_list_has_the_same_ones_with_a_decimal_point(billing: Proposal) -> None:
    assert readings(billing, "cents") == ["cents: divided by 100", "as written"]
    assert billing["subscriptions"].stated["unit"][0] == "cents"


def test_a_price_that_is_the_same_for_several_pieces_is_that_of_one(billing: Proposal) -> None:
    assert readings(billing, "quantity") == ["for one: times quantity", "for all of them"]


def test_an_id_that_never_repeats_names_the_rows_and_not_the_customer_who_has_two(billing: Proposal) -> None:
    columns = billing["subscriptions"].columns
    assert (columns["subscription_id"].raw, columns["customer_id"].raw) == (("subscription_oid",), ("customer_oid",))


def lines(ends: str) -> list[str]:
    """Lines of forty phones, ten of which were switched off; in every fifth row after the contract's end."""
    rows = [f"line_id,account_no,activation_date,deactivation_date,{ends}"]
    for i in range(40):
        off = f"2024-0{1 + i % 9}-15" if i % 4 == 0 else "9999-12-31"
        rows.append(f"l{i},a{i // 2},2023-01-{1 + i % 28:02},{off},{'2023-12-31' if i % 5 == 0 else '2025-12-31'}")
    return rows


def test_a_contract_that_ends_before_some_notices_ends_no_service(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, lines=lines("contract_end_date"))
    table = proposal["subscriptions"]
    assert "ended_at" not in table.columns
    assert table.columns["cancelled_at"].raw == ("deactivation_date",)
    assert [label.split()[0] for label in readings(proposal, "end")] == ["until", "service", "until"]


def test_a_term_past_each_notice_is_asked_with_the_earlier_of_the_two(tmp_path: Path) -> None:
    rows = [row.replace("2023-12-31", "2025-12-31") for row in lines("expiry_date")]
    proposal = proposed(tmp_path, lines=rows)
    assert readings(proposal, "end")[-1] == "until deactivation_date where there is one, else until expiry_date"
    ended = proposal["subscriptions"].columns["ended_at"]
    (doubt,) = [doubt for doubt in ended.doubts if doubt.topic == "end"]
    assert any(shown.endswith("-> 2024-01-15 00:00:00") for shown in doubt.choices[-1].shown)


def test_invoices_without_a_number_are_drafts_and_an_owed_invoice_is_a_sale(tmp_path: Path) -> None:
    rows = ["Number,Invoice Partner Display Name,Invoice Date,Type,Untaxed Amount,Payment Status,Status"]
    for i in range(40):
        number, status = (f"INV/{i}", "Posted") if i % 20 else ("/", "Draft")
        owed = "Not Paid" if i % 3 == 0 else "Paid"
        rows.append(f"{number},Firm {i % 7},2024-0{1 + i % 9}-1{i % 8},Customer Invoice,{20 + i}.50,{owed},{status}")
    proposal = proposed(tmp_path, invoices_account_move=rows)
    table = proposal["orders"]
    assert [found.table for found in proposal.tables] == ["orders"]
    (status,) = table.statuses
    assert status == {"column": '"Status"', "values": {"posted": "keep", "draft": "refuse"}}
    assert table.columns["customer_id"].raw == ("Invoice Partner Display Name",)


def members(ends: list[str], more: str = "2024-06-20") -> list[str]:
    """Forty members who joined on different days and pay 20 a month; ``ends`` in turn beside them."""
    rows = ["member_id,joined,monthly_fee,end_date,last_payment"]
    return rows + [f"m{i},2023-0{1 + i % 9}-1{i % 8},20,{ends[i % len(ends)]},{more}" for i in range(40)]


@pytest.mark.parametrize("ends", [["left", "", "", ""], ["left", "2024-03-31", "", ""]])
def test_a_word_for_leaving_in_place_of_a_date_is_asked_about_and_no_open_end(tmp_path: Path, ends: list[str]) -> None:
    proposal = proposed(tmp_path, members=members(ends))
    (status,) = proposal["subscriptions"].statuses
    assert status["values"] == {"left": "cancelled"}
    assert "the end of the term" in readings(proposal, "undated")


def test_the_last_term_that_was_paid_until_a_later_day_began_before_the_export(tmp_path: Path) -> None:
    rows = ["member,since,paid_until,dues,frequency"]
    rows += [f"m{i},2023-0{1 + i % 9}-11,2024-0{5 + i % 3}-{10 + i % 15},20,month" for i in range(40)]
    proposal = proposed(tmp_path, members=rows)
    assert proposal.settings["exported_at"][0] == "2024-06-24"
    assert readings(proposal, "exported") == ["exported on 2024-06-24", "exported on 2023-09-11"]


def test_ids_in_no_column_of_a_map_stand_for_themselves_and_are_counted(tmp_path: Path) -> None:
    known = ["old_customer_id,customer_id", *(f"OLD{i},N{i * 3}" for i in range(16))]
    orders = ["order_id,customer_id,order_date,amount"]
    for i in range(80):
        customer = f"OLD{i % 20}" if i < 40 else f"N{i % 20 * 3}"
        orders.append(f"o{i},{customer},2024-0{1 + i % 9}-1{i % 8},{10 + i}.50")
    proposal = proposed(tmp_path, customer_id_map=known, orders=orders)
    (doubt,) = [doubt for doubt in proposal.questions if doubt.topic == "neither"]
    assert doubt.text.startswith("8 ids of customer_id are in no column of customer_id_map")


def test_a_discount_beside_amounts_of_several_files_is_asked_for_each(tmp_path: Path) -> None:
    web = ["order_id,customer_id,date,amount,discount"]
    web += [f"w{i},c{i % 9},2024-0{1 + i % 9}-1{i % 8},{50 + i}.50,{5 * (i % 3 == 0)}.00" for i in range(30)]
    till = [f"{row},{i}" for i, row in enumerate(row.replace("w", "s", 1) for row in web[1:])]
    proposal = proposed(tmp_path, web_orders=web, store_sales=[f"{web[0]},till", *till])
    asked = [doubt.text for doubt in proposal.questions if doubt.topic.startswith("discount")]
    assert [text.split(",")[0] for text in asked] == ["in web_orders", "in store_sales"]


def test_a_word_that_nobody_knows_is_refused_where_its_orders_were_never_paid(tmp_path: Path) -> None:
    rows = ["order_id,customer_id,order_date,payment_date,amount,status"]
    for i in range(40):
        day = f"2024-0{1 + i % 9}-1{i % 8}"
        rows.append(f"o{i},c{i % 9},{day},{'' if i % 4 == 0 else day},{20 + i}.50,{'kwiff' if i % 4 == 0 else 'glorp'}")
    table = proposed(tmp_path, orders=rows)["orders"]
    assert [status["values"] for status in table.statuses] == [{"glorp": "keep", "kwiff": "refuse"}]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Proposal:
    """Eight accounts in three pictures; one is listed as churned in the last, one is not listed there any more."""
    month = "account_id,customer_since,plan,seats,price_per_seat,status"
    files = {}
    for number in (4, 5, 6):
        there = range(8 if number < 6 else 7)
        gone = [i == 0 and number == 6 for i in there]
        rows = [
            f"a{i},2023-01-1{i},Pro,{i + 1},10,{'Churned' if left else 'Active'}"
            for i, left in zip(there, gone, strict=True)
        ]
        files[f"accounts_2024{number:02}30"] = [month, *rows]
    return proposed(tmp_path_factory.mktemp("pictures"), **files)


def test_a_file_for_each_month_with_the_same_ids_is_a_picture_of_it(pictures: Proposal, tmp_path: Path) -> None:
    write_source(pictures, tmp_path / "source.yaml")
    table = load_tables(tmp_path / "source.yaml")["subscriptions"].to_pandas()
    assert sorted(table.started_at.dt.strftime("%m").value_counts().to_dict().items()) == [
        ("04", 8),
        ("05", 8),
        ("06", 6),
    ]
    live = table[table.ended_at.isna()]
    assert live.mrr.sum() == sum(10 * (i + 1) for i in range(1, 7))
    assert table.started_at.dt.year.eq(2024).all()


def test_files_with_the_same_ids_and_no_month_anywhere_may_be_pictures_and_their_months_are_asked_for(
    tmp_path: Path,
) -> None:
    rows = ["account,plan,mrr", *(f"a{i},{'SML'[i % 3]},{10 + i}.00" for i in range(8))]
    proposal = proposed(tmp_path, **{f"accounts_{month}": rows for month in ("apr", "may", "jun")})
    assert "Put the month into each name" in proposal.unsure[0]
    assert not proposal.loadable


def test_files_for_each_month_whose_rows_are_dated_in_it_are_no_pictures(tmp_path: Path) -> None:
    for number in (4, 5, 6):
        rows = [f"c{i},I{number}{i},2024-0{number}-1{i % 9},{50 + i}.50" for i in range(9)]
        text = "\n".join(["customer_no,invoice_no,invoice_date,net", *rows])
        (tmp_path / f"invoices_2024-0{number}.csv").write_text(text)
    paths = sorted(tmp_path.glob("*.csv"))
    assert not are_pictures(paths, None)


def test_changes_with_the_amount_before_and_after_are_terms_at_the_amount_after(tmp_path: Path) -> None:
    rows = ["record_id,account_key,subscription_id,effective_date,event,prev_mrr,next_mrr"]
    for i in range(12):
        rows.append(f"{i},a{i},s{i},2024-01-1{i % 9},START,0.00,30.00")
        rows += [f"{50 + i},a{i},s{i},2024-03-1{i % 9},CHANGE,30.00,90.00"] * (i % 2)
        rows += [f"{90 + i},a{i},s{i},2024-05-1{i % 9},STOP,{90 if i % 2 else 30}.00,0.00"] * (i % 4 == 0)
    proposal = proposed(tmp_path, subscription_transitions=rows)
    write_source(proposal, tmp_path / "source.yaml")
    table = load_tables(tmp_path / "source.yaml")["subscriptions"].to_pandas()
    assert (len(table), table.ended_at.notna().sum()) == (12 + 6, 6 + 3)
    assert table[table.ended_at.isna()].mrr.sum() == 6 * 90 + 3 * 30


def test_an_id_of_sixteen_digits_is_no_time_since_1970(tmp_path: Path) -> None:
    rows = ["item_no,order_no,buyer_id,paid_date,amount"]
    rows += [f"17{i:014},o{i // 2},b{i % 7},2024-0{1 + i % 9}-1{i % 8},{20 + i}.50" for i in range(30)]
    assert proposed(tmp_path, orders=rows)["orders"].columns["ordered_at"].raw == ("paid_date",)


def test_a_number_of_members_that_is_another_one_in_each_row_numbers_them(tmp_path: Path) -> None:
    rows = [[i + 1, day(i), "30.00"] for i in range(24)]
    write(tmp_path, "adherents.csv", [["no_membre", "date_debut", "cotisation_mensuelle"], *rows])
    assert recurring(loaded(tmp_path)) == 24 * 30
