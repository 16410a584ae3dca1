"""What a key names by those who refer to it, and what stands in another file: prices of plans, managers, two ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from tests.propose.test_returns import read, revenue
from workbench.propose import propose_source
from workbench.propose.columns.derive import priced_lines
from workbench.propose.columns.taxes import without_tax
from workbench.propose.fitting.links import Link
from workbench.propose.fitting.price_lists import with_listed_prices
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import profile_table
from workbench.propose.row_status.status import sale_kinds, subscription_status
from workbench.propose.row_status.status_beside import refused_beside
from workbench.propose.words.status_words import Action


def proposed(folder: Path, table: str, **files: list[str]) -> dict[str, str]:
    """Return the raw column, or columns, that each column of a table is read from."""
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return {name: " ".join(mapped.raw) for name, mapped in propose_source(folder)[table].columns.items()}


def test_plans_are_no_customers_and_their_file_has_what_subscriptions_cost(tmp_path: Path) -> None:
    plans = ["id,name,interval,price,currency,created_at"]
    for n, price in enumerate((10, 20, 30, 120, 240, 360)):
        plans.append(f"{n},{'ABC'[n % 3]},{('month', 'year')[n // 3]},{price},EUR,2023-01-0{1 + n}")
    rows = ["id,user_id,plan_id,started_at,canceled_at,total_count"]
    rows += [f"S{n},U{n},{n % 6},2024-0{1 + n % 6}-10,{'2024-06-20' if n < 6 else ''},12" for n in range(30)]
    found = proposed(tmp_path, "subscriptions", plans=plans, subscriptions=rows)
    assert (found["customer_id"], found["mrr"], found["billing_period"]) == ("user_id", "price", "interval")


def test_to_view_a_product_is_not_to_buy_it_though_a_list_has_its_price() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE sold AS SELECT n AS id, n % 5 AS product_id, DATE '2024-01-01' + n::INT AS at "
                "FROM range(30) t(n)")  # fmt: skip
    con.execute("CREATE TABLE products AS SELECT n AS product_id, 10 + n AS price FROM range(5) t(n)")
    tables = [profile_table(con, name) for name in ("sold", "products")]
    links = [Link("sold", "product_id", "products", "product_id", 1.0, 1.0)]
    as_orders, *as_others = (
        with_listed_prices(tables, links, {"sold": label, "products": "products"})
        for label in ("orders", "page_views", "support_tickets", "reviews")
    )
    assert as_orders is not None
    assert as_others == [None, None, None]


def test_who_manages_an_account_is_not_its_customer(tmp_path: Path) -> None:
    deals = ["Record Id,Account Name.id,Closing Date,Amount"]
    deals += [f"zd_{1000 + n},za_{1000 + n % 9},2024-0{1 + n % 6}-1{n % 9},50" for n in range(36)]
    accounts = ["Record Id,Account Owner.id,Account Owner,Account Name,Created Time"]
    accounts += [f"za_{1000 + n},zo_{1000 + n % 2},Ana,Firm {n},2023-01-0{1 + n}" for n in range(9)]
    found = proposed(tmp_path, "orders", deals=deals, accounts=accounts)
    assert found["customer_id"] == "Account Name.id"


def test_of_two_dates_of_leaving_the_later_one_ends_service(tmp_path: Path) -> None:
    rows = ["id,customer,begin,monthly price,state,deactivationDate,canceledDate,end"]
    for n in range(24):
        dates = "2024-06-30,2024-06-02" if n < 3 else "2024-07-20,2024-06-21" if n < 5 else ","
        rows.append(f"S{n},C{n},2024-0{1 + n % 6}-01,10,{'canceled' if n < 5 else 'active'},{dates},")
    found = proposed(tmp_path, "subscriptions", subscriptions=rows)
    assert (found["ended_at"], found["cancelled_at"]) == ("deactivationDate", "canceledDate")


def test_the_end_of_a_promotion_is_no_date_of_leaving(tmp_path: Path) -> None:
    rows = ["id,customer,begin,monthly price,status,promo_end,cancelled_at,ended_at"]
    for n in range(24):
        dates = f"{'2024-07-01' if n < 3 else ''},{'2024-08-20' if n < 8 else ''},"
        rows.append(f"S{n},C{n},2024-0{1 + n % 6}-01,10,{'cancelled' if n < 8 else 'active'},{dates}")
    found = proposed(tmp_path, "subscriptions", subscriptions=rows)
    assert found["cancelled_at"] == "cancelled_at"
    assert "promo_end" not in found.values()


def test_lines_share_a_refund_though_the_total_of_their_order_stands_on_each(tmp_path: Path) -> None:
    rows = ["Order number,Date created,Contact email,Item,Qty,Price,Total,Refunded amount,Net amount"]
    for n in range(30):
        total = 2 * (5 + n) + 3
        back = total + 4 if n == 3 else 0
        for item, pieces, price in (("tea", 2, 5 + n), ("cup", 1, 3)):
            sale = f"{n},2024-01-{1 + n % 28:02d},p{n % 7}@example.com"
            rows.append(f"{sale},{item}{n},{pieces},{price}.00,{total + 4}.00,{back}.00,{total + 4 - back}.00")
    crm = read(tmp_path, orders=rows)
    assert revenue(crm) == sum(2 * (5 + n) + 3 for n in range(30) if n != 3)


def test_a_return_that_was_approved_takes_back_and_one_that_was_rejected_does_not() -> None:
    con = duckdb.connect()
    states = "['Request Approved', 'Request Rejected', NULL, NULL, NULL]"
    con.execute(
        f'CREATE TABLE sales AS SELECT n AS id, {states}[1 + n % 5] AS "Return / Refund Status" FROM range(9) t(n)'
    )
    ((_, actions),) = sale_kinds(profile_table(con, "sales"))
    assert actions == {"request approved": "return", "request rejected": "keep"}


def test_a_return_that_is_possible_or_asked_for_takes_nothing_back_yet() -> None:
    con = duckdb.connect()
    states = "['eligible', 'requested', 'partial', 'refunded', 'none', NULL]"
    con.execute(f"CREATE TABLE sales AS SELECT n AS id, {states}[1 + n % 6] AS refund_status FROM range(60) t(n)")
    ((_, actions),) = sale_kinds(profile_table(con, "sales"))
    assert actions == {"eligible": None, "requested": None, "partial": None, "refunded": "return", "none": "keep"}


def test_trips_that_cost_something_are_sales_and_no_people_of_the_customer(tmp_path: Path) -> None:
    members = ["N° adhérent,Formule,Date d'adhésion,Date de résiliation,Abonnement mensuel"]
    members += [f"A{n:03d},Pro,{1 + n:02d}/01/2024,,{9 + n}.00" for n in range(12)]
    trips = ["N° trajet,N° adhérent,Début,Fin,Distance (km),Montant TTC"]
    trips += [f"{n},A{n % 12:03d},{1 + n % 28:02d}/03/2024 08:00,{1 + n % 28:02d}/03/2024 10:00,{n + 3},{n + 8}.50"
              for n in range(60)]  # fmt: skip
    found = proposed(tmp_path, "orders", adherents=members, trajets=trips)
    assert (found["ordered_at"], found["amount"], found["customer_id"]) == ("Début", "Montant TTC", "N° adhérent")


def test_people_of_a_company_with_an_amount_beside_them_are_its_contacts(tmp_path: Path) -> None:
    firms = ["company_id,name,created_at", *(f"F{n},Firm {n},2023-01-0{1 + n}" for n in range(9))]
    people = ["contact_id,company_id,first_name,email,created_at,recent_deal_amount"]
    people += [f"{n},F{n % 9},Ana,p{n}@example.com,2023-02-{1 + n:02d},{n}00" for n in range(24)]
    rows = ["subscription_id,company_id,started_at,mrr", *(f"S{n},F{n},2023-03-01,{9 + n}" for n in range(9))]
    found = proposed(tmp_path, "contacts", companies=firms, contacts=people, subscriptions=rows)
    assert found["contact_id"] == "contact_id"


def test_an_id_that_customers_have_twice_is_no_subscription_and_what_costs_nothing_is_free(tmp_path: Path) -> None:
    rows = ["ID,Name,Plan,Start,End,Price"]
    rows += [f"C{n},Firm {n},{'ABC'[n % 3]},2024-0{1 + n % 6}-01,,{n % 3}0.00" for n in range(24)]
    rows += ["C3,Firm 3,A,2023-01-01,2023-06-01,10.00"]
    (tmp_path / "customer_list.csv").write_text("\n".join(rows) + "\n")
    found = propose_source(tmp_path)["subscriptions"]
    assert found.columns["subscription_id"].raw == ()
    (doubt,) = (doubt for doubt in found.columns["kind"].doubts if doubt.topic == "free")
    assert [choice.label for choice in doubt.choices] == ["free", "paid, at no charge for now"]
    assert "8 of 25" in doubt.text


def test_a_word_of_service_that_nobody_knows_beside_others_that_are_known_is_asked_about() -> None:
    con = duckdb.connect()
    states = "['active', 'active', 'cancelled', 'past_due', 'plim']"
    con.execute(f"CREATE TABLE subs AS SELECT n AS id, {states}[1 + n % 5] AS status FROM range(20) t(n)")
    found = subscription_status(profile_table(con, "subs"))
    assert found is not None
    assert found[1] == {"active": "keep", "cancelled": "cancelled", "past_due": "keep", "plim": None}


def test_another_status_says_what_became_of_orders_whose_own_word_nobody_knows() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE sales AS SELECT n AS id, ['Canceled', 'Fulfilled', 'Active'][1 + n % 3] AS status, "
        "['No Money', 'Complete', 'Plim'][1 + n % 3] AS reason FROM range(30) t(n)"
    )
    raw = profile_table(con, "sales")
    unknown: dict[str, Action | None] = {"no money": None, "complete": "keep", "plim": None}
    found = refused_beside(con, raw, TableProposal("orders", "sales", {}), raw["reason"], unknown)
    assert found == {"no money": "refuse", "complete": "keep", "plim": None}


def test_the_legend_of_a_status_is_no_list_of_customers(tmp_path: Path) -> None:
    rows = ["N° ligne,N° client,Forfait,Date d'activation,Date de résiliation,Prix mensuel,État"]
    for n in range(24):
        end, state = ("30/06/2024", "Résiliée") if n < 6 else ("", "Active")
        rows.append(f"06000{n:05d},C{n:03d},Pro,{1 + n:02d}/01/2024,{end},{9 + n},{state}")
    found = proposed(tmp_path, "subscriptions", lignes=rows, legende=["Code,Libellé", "A,Active", "R,Résiliée"])
    assert found["customer_id"] == "N° client"


def test_net_beside_a_mark_or_an_id_of_refunds_is_without_tax_and_beside_their_amount_without_them() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE sales AS SELECT 119 + n AS gross, 100 + n AS net, n % 2 AS refunded, 900 + n AS refund_id, "
        "n * 5 AS refund_amount FROM range(30) t(n)"
    )
    raw = profile_table(con, "sales")
    found = []
    for beside in ("refunded", "refund_id", "refund_amount"):
        column = without_tax(replace(raw, columns=[raw["gross"], raw["net"], raw[beside]]))
        found.append(column and column.name)
    assert found == ["net", "net", None]


def test_pieces_are_multiplied_by_what_the_customer_pays_and_not_by_what_they_cost_us() -> None:
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE sales AS SELECT 1 + n % 3 AS quantity, 3 + n AS cost_price, 9 + n AS price FROM range(9) t(n)"
    )
    assert priced_lines(profile_table(con, "sales")) == ("quantity", "price")
