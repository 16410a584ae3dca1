"""Tables as databases and interfaces write them: codes for words, documents of all kinds, keys by their own names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from workbench import mrr
from workbench.crm import Crm, load_tables
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal

pytestmark = pytest.mark.slow


def write(folder: Path, name: str, header: str, rows: Sequence[Sequence[object]], mark: str = ",") -> None:
    text = "\n".join([header.replace(",", mark), *(mark.join(map(str, row)) for row in rows)])
    (folder / name).write_text(text + "\n", encoding="utf-8")


def day(number: int) -> date:
    return date(2025, 1, 2) + timedelta(days=5 * number)


def loaded(folder: Path) -> Crm:
    write_source(propose_source(folder), folder / "source.yaml")
    return load_tables(folder / "source.yaml")


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def recurring(crm: Crm) -> float:
    return float(mrr(crm, crm.facts.known_until).mrr.sum().execute())


def readings(proposal: Proposal, words: str) -> list[str]:
    """Return the labels of the readings of the first doubt whose text has the words."""
    every = [doubt for table in proposal.tables for doubt in table.doubts]
    every += [doubt for table in proposal.tables for mapped in table.columns.values() for doubt in mapped.doubts]
    return next(([choice.label for choice in doubt.choices] for doubt in every if words in doubt.text), [])


def test_sales_documents_by_their_codes_leave_offers_out_and_count_returns_against_sales(tmp_path: Path) -> None:
    kinds = "CCCCCCBHKC"
    rows = [[f"{i:010d}", f"{day(i):%Y%m%d}", kinds[i], "XX", 100 + i, f"{7 + i % 3:010d}"] for i in range(10)]
    write(tmp_path, "VBAK.csv", "VBELN,ERDAT,VBTYP,AUART,NETWR,KUNNR", rows)
    assert revenue(loaded(tmp_path)) == sum(100 + i for i in (0, 1, 2, 3, 4, 5, 9)) - 107 - 108


def test_codes_of_kinds_that_nobody_knows_are_asked(tmp_path: Path) -> None:
    rows = [[i, f"{day(i):%Y%m%d}", "NNNNDN"[i % 6], f"{10 + i}.50", f"C{i % 4}"] for i in range(12)]
    write(tmp_path, "notas.csv", "pedido,emissao,tipo,total,cliente", rows)
    assert "d: they are set aside" in readings(propose_source(tmp_path), "nothing is known of n, d in tipo")


def test_what_became_of_a_deal_is_asked_before_its_stage_and_each_code_may_be_no_sale(tmp_path: Path) -> None:
    rows = [[i, f"D{i}", 1 + i % 3, "1120"[i % 4], f"{100 + i}.50", day(i), f"C{i % 4}"] for i in range(12)]
    write(tmp_path, "deals.csv", "id,title,stage,status,value,cdate,customer", rows)
    found = readings(propose_source(tmp_path), "in status: these rows are kept")
    assert "2, 0: they are set aside" in found or "0, 2: they are set aside" in found
    assert "2: they are set aside" in found


def test_deals_in_russian_count_when_won_and_on_the_day_they_closed(tmp_path: Path) -> None:
    stages = ("Сделка успешна", "Сделка провалена", "Сделка успешна", "Новая")
    rows = [
        [i, stages[i % 4], f"{100 + i}.00", "RUB", f"ООО {i % 4}", f"{day(i):%d.%m.%Y}", f"{day(i + 6):%d.%m.%Y}"]
        for i in range(12)
    ]
    header = "ID,Стадия сделки,Сумма,Валюта,Компания,Дата создания,Дата завершения"
    write(tmp_path, "DEAL.csv", header, rows, ";")
    crm = loaded(tmp_path)
    assert revenue(crm) == sum(100 + i for i in range(0, 12, 2))
    assert crm["orders"].ordered_at.min().execute().date() == day(6)


def test_paid_by_credit_card_takes_nothing_back(tmp_path: Path) -> None:
    ways = ("Cartão de Crédito", "Pix", "Boleto Bancário")
    rows = [[f"HP{i}", f"{day(i):%d/%m/%Y}", ways[i % 3], f"{100 + i},50", f"f{i % 4}@x.example"] for i in range(12)]
    write(tmp_path, "vendas.csv", "Transação,Data de Venda,Tipo de Pagamento,Preço Total,Email", rows, ";")
    assert revenue(loaded(tmp_path)) == sum(100.5 + i for i in range(12))


def test_a_list_of_all_documents_is_one_of_sales_without_offers_and_purchases(tmp_path: Path) -> None:
    kinds = ["invoice", "invoice", "creditnote", "quotation", "orderconfirmation", "purchaseinvoice", "invoice"]
    rows = [
        {"id": f"v-{i:04d}", "voucherType": kinds[i % 7], "voucherStatus": "paid", "voucherNumber": f"N{i}",
         "voucherDate": str(day(i)), "dueDate": str(day(i + 2)), "customerId": f"k{i % 4}", "totalAmount": 100.0 + i}
        for i in range(21)
    ]  # fmt: skip
    (tmp_path / "voucherlist.json").write_text(json.dumps({"content": rows}), encoding="utf-8")
    crm = loaded(tmp_path)
    assert "subscriptions" not in crm.tables
    sold = sum(100 + i for i in range(21) if kinds[i % 7] == "invoice")
    assert revenue(crm) == sold - sum(100 + i for i in range(21) if kinds[i % 7] == "creditnote")


def test_a_database_finds_its_customers_by_foreign_keys_and_a_column_may_be_called_rowid(tmp_path: Path) -> None:
    write(tmp_path, "llx_societe.csv", "rowid,nom,datec", [[i, f"Société {i}", day(0)] for i in range(1, 7)])
    bills = [[i, f"FA{i}", 1 + i % 6, day(i), f"{100 + i}.50"] for i in range(1, 13)]
    write(tmp_path, "llx_facture.csv", "rowid,ref,fk_soc,datef,total_ht", bills)
    lines = [[i, 1 + i // 2, 1, f"{(101 + i // 2) / 2}"] for i in range(24)]
    write(tmp_path, "llx_facturedet.csv", "rowid,fk_facture,qty,subprice", lines)
    crm = loaded(tmp_path)
    assert crm["customers"].count().execute() == 6
    assert crm["orders"].customer_id.nunique().execute() == 6


def test_each_table_of_a_database_numbers_its_own_rows(tmp_path: Path) -> None:
    heads = [["01", f"{i:09d}", f"{1 + i % 4:06d}", f"{day(i):%Y%m%d}", " ", i] for i in range(1, 9)]
    write(tmp_path, "SF2010.csv", "F2_FILIAL,F2_DOC,F2_CLIENTE,F2_EMISSAO,D_E_L_E_T_,R_E_C_N_O_", heads)
    lines = [
        [f"{1 + i // 2:09d}", f"{1 + (1 + i // 2) % 4:06d}", f"P{i % 5}", 10.5 + i, f"{day(1 + i // 2):%Y%m%d}",
         "*" if i == 3 else " ", i + 1]
        for i in range(16)
    ]  # fmt: skip
    header = "D2_DOC,D2_CLIENTE,D2_COD,D2_TOTAL,D2_EMISSAO,D_E_L_E_T_,R_E_C_N_O_"
    write(tmp_path, "SD2010.csv", header, lines)
    crm = loaded(tmp_path)
    assert set(crm.tables) & {"subscriptions", "tickets", "events", "goals"} == set()
    assert revenue(crm) == sum(10.5 + i for i in range(16) if i != 3)
    assert crm["orders"].customer_id.nunique().execute() == 4
    assert crm.facts.currency == "XXX"  # COD is no currency


def test_lines_of_a_deal_are_one_order(tmp_path: Path) -> None:
    write(tmp_path, "Accounts.csv", "ID,Name,Date Created", [[f"a-{i}", f"A{i}", day(0)] for i in range(5)])
    deals = [[f"o-{i}", f"a-{i % 5}", day(i), "Closed Won", 30.0 + i] for i in range(10)]
    write(tmp_path, "Opportunities.csv", "ID,Account ID,Expected Close Date,Sales Stage,Likely", deals)
    lines = [[f"r-{i}", f"o-{i // 2}", f"a-{i // 2 % 5}", 15.5, "Closed Won", day(i // 2)] for i in range(20)]
    header = "ID,Opportunity ID,Account ID,Unit Price,Sales Stage,Expected Close Date"
    write(tmp_path, "RevenueLineItems.csv", header, lines)
    assert loaded(tmp_path)["orders"].order_id.nunique().execute() == 10


def test_prices_of_plans_are_found_beside_values_within_values(tmp_path: Path) -> None:
    write(
        tmp_path,
        "plans.csv",
        "id,stripe_id,amount,interval",
        [[1, "price_m", 19.5, "month"], [2, "price_y", 240, "year"]],
    )
    rows = [
        [i, 500 + i, ("price_m", "price_y")[i % 2], "active" if i else "canceled", day(i), day(9) if i == 0 else "",
         '"{""source"": ""web""}"']
        for i in range(8)
    ]  # fmt: skip
    header = "id,customer_id,processor_plan,status,created_at,ends_at,metadata"
    write(tmp_path, "pay_subscriptions.csv", header, rows)
    assert recurring(loaded(tmp_path)) == 3 * 19.5 + 4 * 20


def test_tenants_have_left_when_they_moved_out(tmp_path: Path) -> None:
    rows = [
        [i, 70 + i, day(i), day(40 + i) if i % 3 == 0 else "", day(i), day(60) if i == 4 else "", f"{90 + i}.0000"]
        for i in range(9)
    ]
    write(tmp_path, "Ledgers.csv", "LedgerID,TenantID,dMovedIn,dMovedOut,dLease,dSchedOut,dcRent", rows)
    write(tmp_path, "Tenants.csv", "TenantID,sLName,dCreated", [[70 + i, f"L{i}", day(0)] for i in range(9)])
    columns = propose_source(tmp_path)["subscriptions"].columns
    assert (columns["started_at"].raw, columns["ended_at"].raw) == (("dMovedIn",), ("dMovedOut",))


def test_those_who_take_a_course_are_no_subscribers(tmp_path: Path) -> None:
    sales = [[900 + i, 40 + i % 4, f"u{i % 4}@x.example", f"{day(i)}T10:00:00Z", 20.5 + i] for i in range(10)]
    write(tmp_path, "orders.csv", "id,user_id,user_email,created_at,amount", sales)
    rows = [[f"{i}", 40 + i % 4, f"u{i % 4}@x.example", day(i), "false", ""] for i in range(12)]
    write(tmp_path, "enrollments.csv", "id,user_id,user_email,started_at,is_free_trial,expiry_date", rows)
    proposal = propose_source(tmp_path)
    assert {table.table for table in proposal.tables} & {"subscriptions", "contacts", "tickets"} == set()


def test_members_who_left_in_a_list_of_their_own_are_the_same_subscribers(tmp_path: Path) -> None:
    header = "id,username,email,city,country,membership,fee,term,joined"
    here = ["Springfield", "US", "Gold", 25, "Month"]
    now = [[i, f"u{i}", f"u{i}@x.example", *here, day(i), "Never"] for i in range(1, 9)]
    write(tmp_path, "members.csv", f"{header},expires", now)
    gone = [[i, f"u{i}", f"u{i}@x.example", *here, day(i), day(i + 9)] for i in range(11, 16)]
    write(tmp_path, "members_old.csv", f"{header},ended", gone)
    paid = [[1000 + i, 1 + i % 15, day(i), 25] for i in range(30) if 1 + i % 15 not in (9, 10)]
    write(tmp_path, "orders.csv", "id,user_id,timestamp,total", paid)
    crm = loaded(tmp_path)
    assert recurring(crm) == 8 * 25
    assert crm["subscriptions"].ended_at.count().execute() == 5
    assert set(crm["subscriptions"].customer_id.execute()) == set(crm["customers"].customer_id.execute())


def test_a_net_price_is_not_discounted_again_holds_rest_and_what_is_paid_once_is_none(tmp_path: Path) -> None:
    rows = [
        [i, i, day(i), "Hold" if i == 1 else "Active", "One-off" if i == 2 else "Monthly", "$60.00", f"${i}.00",
         f"${60 - i}.00"]
        for i in range(1, 10)
    ]  # fmt: skip
    header = "Membership ID,Client ID,Start Date,Status,Billing Frequency,Price,Discount,Net Price"
    write(tmp_path, "memberships.csv", header, rows)
    assert recurring(loaded(tmp_path)) == sum(60 - i for i in range(3, 10))


def test_a_payout_less_than_what_customers_paid_by_the_fees_beside_it(tmp_path: Path) -> None:
    rows = [
        [f"2000{i}", f"{day(i):%d/%m/%Y}", f"{100 + i},00", f"-{i % 5},50", "-9,90", f"{100 + i - i % 5 - 10.4:.2f}".replace(".", ","),
         f"Comprador {i % 4}"]
        for i in range(12)
    ]  # fmt: skip
    header = "N.º de venda,Data da venda,Receita por produtos (BRL),Tarifa de venda (BRL),Tarifas de envio (BRL),Total (BRL),Comprador"
    write(tmp_path, "vendas.csv", header, rows, ";")
    proposal = propose_source(tmp_path)
    assert proposal["orders"].columns["order_id"].raw == ("N.º de venda",)
    assert revenue(loaded(tmp_path)) == sum(100 + i for i in range(12))


def test_where_nobody_allows_contact_the_source_loads(tmp_path: Path) -> None:
    write(
        tmp_path, "customers.csv", "Customer ID,Customer Since,Marketing Allowed", [[i, day(0), "No"] for i in range(5)]
    )
    write(
        tmp_path,
        "orders.csv",
        "Order ID,Customer ID,Order Date,Order Total",
        [[i, i % 5, day(i), 5.5] for i in range(9)],
    )
    assert "consents" not in loaded(tmp_path).tables


def test_an_unknown_word_is_asked_about_beside_what_was_refunded(tmp_path: Path) -> None:
    states = ["Paid", "Paid", "Refunded", "Open"]
    rows = [
        [f"o{i}", f"C{i % 4}", day(i), f"{20 + i}.50", f"-{20 + i}.50" if i % 4 == 2 else "0.00", states[i % 4]]
        for i in range(16)
    ]
    header = "Order ID,Customer ID,Order Date,Order Total,Refunds Total,Order Payment State"
    write(tmp_path, "Orders.csv", header, rows)
    found = readings(propose_source(tmp_path), "nothing is known of open")
    assert "open: they are set aside" in found


_TERMS = [[i, f"C{i}", day(i), day(i + 8) if i % 4 == 3 else "", 20 + i] for i in range(12)]
_RUNNING = sum(20 + i for i in range(12) if i % 4 != 3)


def orders(folder: Path, *more: str, rows: Sequence[Sequence[object]] = ((),) * 24) -> float:
    """Write 24 orders of six customers, each with the cells that ``rows`` add; return what they add up to."""
    sold = [[f"O{i}", f"C{i % 6}", day(i), 10 + i, *rows[i]] for i in range(24)]
    write(folder, "orders.csv", ",".join(["order_id,customer_id,order_date,amount", *more]), sold)
    return sum(10.0 + i for i in range(24))


@pytest.mark.parametrize("name", ["payment_method", "billing"])
def test_how_a_subscription_is_paid_makes_no_document_of_it(tmp_path: Path, name: str) -> None:
    rows = [[*row, ("Invoice", "Credit Card", "Direct Debit")[row[0] % 3]] for row in _TERMS]
    write(tmp_path, "subscriptions.csv", f"id,customer_id,start_date,end_date,monthly_fee,{name}", rows)
    assert recurring(loaded(tmp_path)) == _RUNNING


def test_what_tickets_and_messages_are_about_makes_no_documents_of_them(tmp_path: Path) -> None:
    orders(tmp_path)
    about = ("Invoice", "Credit note", "Login")
    rows = [[f"T{i}", f"C{i % 6}", day(i), day(i + 1), about[i % 3]] for i in range(12)]
    write(tmp_path, "tickets.csv", "ticket_id,customer_id,opened_at,closed_at,category", rows)
    sent = [[f"M{i}", f"C{i % 6}", day(i), about[i % 3], "yes"] for i in range(12)]
    write(tmp_path, "emails.csv", "message_id,customer_id,sent_at,template,opened", sent)
    assert {"tickets", "messages"} <= {table.table for table in propose_source(tmp_path).tables}


def test_contracts_that_came_of_won_deals_are_subscriptions(tmp_path: Path) -> None:
    rows = [[*row, "Closed Won"] for row in _TERMS]
    write(tmp_path, "contracts.csv", "contract_id,account_id,start_date,end_date,mrr,sales_stage", rows)
    assert "subscriptions" in {table.table for table in propose_source(tmp_path).tables}


def test_subscriptions_of_which_an_order_has_several_are_no_lines(tmp_path: Path) -> None:
    orders(tmp_path)
    rows = [[f"S{i}", f"O{i // 2}", f"C{i // 2 % 6}", *row[2:]] for i, row in enumerate(_TERMS)]
    write(tmp_path, "subscriptions.csv", "subscription_id,order_id,customer_id,start_date,end_date,monthly_price", rows)
    assert recurring(loaded(tmp_path)) == _RUNNING


@pytest.mark.parametrize(("gross", "less"), [("list_value", "promo"), ("items_total", "loyalty_points_redeemed")])
def test_what_a_voucher_took_off_was_paid_by_nobody(tmp_path: Path, gross: str, less: str) -> None:
    rows = [[f"O{i}", f"C{i % 6}", day(i), 100 + i, -(1 + i % 5), 99 + i - i % 5] for i in range(24)]
    write(tmp_path, "orders.csv", f"order_id,customer_id,order_date,{gross},{less},total", rows)
    assert revenue(loaded(tmp_path)) == sum(99 + i - i % 5 for i in range(24))


def test_a_move_from_one_home_to_the_next_is_a_sale(tmp_path: Path) -> None:
    rows = [[i, f"C{i % 6}", day(i), day(i + 1), day(i + 2), 500 + i] for i in range(24)]
    write(tmp_path, "jobs.csv", "job_id,customer_id,booked_on,move_out_date,move_in_date,price", rows)
    assert revenue(loaded(tmp_path)) == sum(500 + i for i in range(24))


def test_where_customers_live_is_no_subscription_and_their_colleagues_share_an_address(tmp_path: Path) -> None:
    orders(tmp_path)
    rows = [[i, f"C{i % 6}", f"Main St {i}", day(i), day(i + 9) if i < 6 else ""] for i in range(12)]
    write(tmp_path, "addresses.csv", "id,customer_id,street,moved_in,moved_out", rows)
    people = [[i, f"C{i % 6}", f"P{i}", f"info@c{i % 6}.example"] for i in range(12)]
    write(tmp_path, "people.csv", "person_id,company_id,first_name,email", people)
    tables = {table.table for table in propose_source(tmp_path).tables}
    assert "subscriptions" not in tables
    assert "contacts" in tables


def test_orders_that_one_invoice_collects_stay_orders(tmp_path: Path) -> None:
    rows = [[f"I{i}", f"C{i % 6}", "2025-06"] for i in range(12)]
    write(tmp_path, "invoices.csv", "invoice_id,customer_id,month", rows)
    orders(tmp_path, "invoice_id", rows=[[f"I{i % 6 + 6 * (i // 12)}"] for i in range(24)])
    assert loaded(tmp_path)["orders"].order_id.nunique().execute() == 24


def test_orders_that_fill_one_standing_order_stay_orders(tmp_path: Path) -> None:
    standing = [[i, f"C{i}", day(0), "weekly"] for i in range(6)]
    write(tmp_path, "standing_orders.csv", "standing_order_id,customer_id,created,frequency", standing)
    filled = [[100 + i, i % 6, f"C{i % 6}", day(i), 10 + i] for i in range(24)]
    write(tmp_path, "orders.csv", "id,standing_order_id,customer_id,order_date,amount", filled)
    assert loaded(tmp_path)["orders"].order_id.nunique().execute() == 24


def test_purchases_alone_are_those_of_customers(tmp_path: Path) -> None:
    rows = [[i, f"C{i % 6}", day(i), 10 + i, "Purchase credit" if i == 5 else "Purchase invoice"] for i in range(24)]
    write(tmp_path, "invoices.csv", "id,customer_id,date,amount,type", rows)
    assert revenue(loaded(tmp_path)) == sum(10 + i for i in range(24)) - 2 * 15


def test_where_all_opted_out_the_source_loads(tmp_path: Path) -> None:
    sold = orders(tmp_path)
    rows = [[f"C{i}", day(0), "0", "1"] for i in range(6)]
    write(tmp_path, "customers.csv", "customer_id,signup_date,accepts_marketing,email_opt_out", rows)
    crm = loaded(tmp_path)
    assert "consents" not in crm.tables
    assert revenue(crm) == sold


def test_a_star_marks_a_deleted_row(tmp_path: Path) -> None:
    sold = orders(tmp_path, "deleted", rows=[["*" if i == 4 else ""] for i in range(24)])
    assert revenue(loaded(tmp_path)) == sold - 14


def test_customers_made_of_their_orders_hold_no_consents(tmp_path: Path) -> None:
    sold = orders(tmp_path, "newsletter", "country", rows=[[("yes", "no")[i % 2], "DE"] for i in range(24)])
    crm = loaded(tmp_path)
    assert "customers" in crm.tables
    assert revenue(crm) == sold


def test_the_id_of_a_contact_names_the_customer_before_its_name(tmp_path: Path) -> None:
    kinds = ("invoice", "invoice", "creditnote")
    rows = [[f"v-{i}", kinds[i % 3], day(i), f"k{i % 4}", f"Firma {i % 4}", 100 + i] for i in range(21)]
    write(tmp_path, "vouchers.csv", "id,voucherType,voucherDate,contactId,contactName,totalAmount", rows)
    assert propose_source(tmp_path)["orders"].columns["customer_id"].raw == ("contactId",)
