"""Folders that say twice who a customer is or what was paid, each a few invented rows with figures computed by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from workbench import mrr
from workbench.crm import Crm, load_tables
from workbench.errors import SourceError
from workbench.propose import propose_source, write_source
from workbench.propose.ask import ask
from workbench.propose.proposed.proposal import Proposal


def write(folder: Path, name: str, *rows: Sequence[object]) -> None:
    (folder / name).write_text("\n".join(";".join(map(str, row)) for row in rows) + "\n")


def day(number: int) -> date:
    return date(2024, 1, 2) + timedelta(days=number)


def loaded(proposal: Proposal, folder: Path) -> Crm:
    write_source(proposal, folder / "source.yaml")
    return load_tables(folder / "source.yaml")


def revenue(crm: Crm) -> float:
    return float(crm["orders"].amount.sum().execute())


def recurring(crm: Crm) -> float:
    return float(mrr(crm, crm.facts.known_until).mrr.sum().execute())


def topics(proposal: Proposal) -> set[str]:
    return {doubt.topic for doubt in proposal.questions}


def sales(folder: Path, *more: str, rows: int = 24, name: str = "orders.csv") -> None:
    """Orders of 10, 11, 12 … of eight customers, and the columns given, each as name=values parted by |."""
    extra = [column.split("=") for column in more]
    head = ["order_id", "customer_id", "order_date", "amount", *(column for column, _ in extra)]
    lines = [
        [f"O{i}", f"C{i % 8}", day(i), f"{10 + i}.00", *(v.split("|")[i % len(v.split("|"))] for _, v in extra)]
        for i in range(rows)
    ]
    write(folder, name, head, *lines)


def contracts(folder: Path, *more: str, name: str = "subscriptions.csv", price: str = "30.00") -> None:
    """Twelve subscriptions of 30.00 by customers of their own, and the columns given."""
    extra = [column.split("=") for column in more]
    head = ["subscription_id", "customer_id", "start_date", "price", *(column for column, _ in extra)]
    lines = [
        [f"S{i}", f"C{i}", day(i), price, *(v.split("|")[i % len(v.split("|"))] for _, v in extra)] for i in range(12)
    ]
    write(folder, name, head, *lines)


def test_a_word_that_is_no_billing_period_sets_its_rows_aside_and_stops_nothing(tmp_path: Path) -> None:
    contracts(tmp_path, "billing_cycle=Monthly|Annually|One Time", "status=Active|Active|Active|Cancelled")
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert (crm.facts.loaded["subscriptions"], recurring(crm)) == (8, 3 * 30.0 + 3 * 2.5)


def test_a_tax_beside_a_total_is_taken_off_recurring_amounts(tmp_path: Path) -> None:
    contracts(tmp_path, "total_amount=36.00", "tax_amount=6.00", "billing_interval=month")
    proposal = propose_source(tmp_path)
    assert "tax" in topics(proposal) and recurring(loaded(proposal, tmp_path)) == 12 * 30.0


def test_a_tax_that_is_negative_on_credit_notes_is_taken_off_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, "orders.csv", ["order_id", "customer_id", "order_date", "total", "tax"], *(
        [f"O{i}", f"C{i % 8}", day(i), *(("-12.00", "-2.00") if i == 5 else ("36.00", "6.00"))] for i in range(24)
    ))  # fmt: skip
    assert revenue(loaded(propose_source(tmp_path), tmp_path)) == 23 * 30.0 - 10.0


def test_courses_beside_a_list_of_customers_are_nobodys_names(tmp_path: Path) -> None:
    write(tmp_path, "customers.csv", ["customer_id", "signup_date"], *([f"C{i}", day(i)] for i in range(8)))
    courses = [[f"{what} for beginners", day(i), "99.00"] for i, what in enumerate(("Yoga", "French", "Pottery"))]
    write(tmp_path, "courses.csv", ["Name", "Start date", "Price"], *courses)
    sales(tmp_path)
    assert all("customer_id" not in t.columns for t in propose_source(tmp_path).tables if t.file == "courses")


def test_the_date_that_only_cancelled_subscriptions_have_is_their_end(tmp_path: Path) -> None:
    contracts(tmp_path, "status=Active|Terminated", "date_changed=0000-00-00|2024-03-05 03:00:00", "monthly_fee=30")
    proposal = propose_source(tmp_path)
    assert "stands beside cancelled subscriptions" in " ".join(proposal.unsure)
    ends = loaded(proposal, tmp_path)["subscriptions"].ended_at
    assert (ends.count().execute(), ends.max().execute().date()) == (6, date(2024, 3, 5))


def test_codes_of_german_documents_make_credit_notes_count_against_sales(tmp_path: Path) -> None:
    sales(tmp_path, "Belegart=RE|RE|RE|GS")
    credits = sum(10 + i for i in range(3, 24, 4))
    assert revenue(loaded(propose_source(tmp_path), tmp_path)) == sum(range(10, 34)) - 2 * credits


def test_several_ids_of_one_person_lead_to_the_person(tmp_path: Path) -> None:
    people = [[f"p-{i:03d}-x", f"{day(i)}", f"u{i}@example.com"] for i in range(10)]
    write(tmp_path, "persons.csv", ["id", "created_at", "email"], *people)
    ids = [[f"d-{i:04d}-y", f"p-{i % 10:03d}-x", 0] for i in range(30)]
    write(tmp_path, "person_distinct_ids.csv", ["distinct_id", "person_id", "version"], *ids)
    used = [[f"e{i:05d}", "pageview", day(i), f"d-{i % 30:04d}-y"] for i in range(90)]
    write(tmp_path, "events.csv", ["uuid", "event", "timestamp", "distinct_id"], *used)
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert crm.facts.loaded == {"customers": 10, "events": 90}
    assert crm["events"].customer_id.nunique().execute() == 10


def test_customers_beside_lists_of_their_segments_and_contacts_of_companies_are_no_ids_of_ids(tmp_path: Path) -> None:
    people = [[f"C{i}", f"Firm {i}", f"u{i}@example.com", i % 2] for i in range(8)]
    write(tmp_path, "customers.csv", ["customer_id", "name", "email", "segment_id"], *people)
    write(tmp_path, "segments.csv", ["segment_id", "segment"], [0, "Retail"], [1, "Trade"])
    contacts = [[f"P{i}", f"C{i % 8}", ("buyer", "owner")[i % 2]] for i in range(16)]
    write(tmp_path, "contacts.csv", ["contact_id", "customer_id", "role"], *contacts)
    calls = [[f"E{i}", f"P{i % 16}", day(i)] for i in range(32)]
    write(tmp_path, "calls.csv", ["call_id", "contact_id", "called_at"], *calls)
    sales(tmp_path)
    proposal = propose_source(tmp_path)
    assert proposal["customers"].file == "customers" and proposal["contacts"].file == "contacts"
    assert proposal["orders"].columns["customer_id"].raw == ("customer_id",)


def test_names_in_capitals_or_with_spaces_are_one_customer(tmp_path: Path) -> None:
    names = ["Ana Ruiz", "ANA RUIZ", "Ana  Ruiz ", "Leo Sanz", "leo sanz"]
    rows = [[f"R{i}", day(i), names[i % 5], "45.00"] for i in range(20)]
    write(tmp_path, "receipts.csv", ["receipt_no", "date", "customer_name", "amount"], *rows)
    proposal = propose_source(tmp_path)
    assert "2 names differ in capitals or spaces alone" in " ".join(proposal.unsure)
    assert loaded(proposal, tmp_path)["orders"].customer_id.nunique().execute() == 2


def test_a_name_found_through_another_file_is_read_in_the_same_spelling(tmp_path: Path) -> None:
    names = ["Ana Ruiz", "ANA RUIZ", "Leo Sanz", "Eva Marin"]
    terms = [[f"M{i}", names[i % 4], day(i), "30.00"] for i in range(8)]
    write(tmp_path, "memberships.csv", ["membership_id", "member", "start_date", "monthly_price"], *terms)
    write(
        tmp_path,
        "visits.csv",
        ["visit_id", "membership_id", "visited_at"],
        *([i, f"M{i % 8}", day(i)] for i in range(40)),
    )
    crm = loaded(propose_source(tmp_path), tmp_path)
    ids = [set(crm[table].customer_id.to_pandas()) for table in ("subscriptions", "events")]
    assert ids == [{"ana ruiz", "leo sanz", "eva marin"}] * 2


def test_words_beside_dates_are_no_date_and_words_of_leaving_are_not_passed_over(tmp_path: Path) -> None:
    contracts(tmp_path, "end_date=ongoing|2024-03-05", "monthly_fee=30")
    proposal = propose_source(tmp_path)
    assert "end_date holds 'ongoing' in some rows" in " ".join(proposal.unsure)
    assert loaded(proposal, tmp_path).facts.loaded["subscriptions"] == 12
    contracts(tmp_path, "end_date=cancelled|2024-03-05", "monthly_fee=30")
    asked = topics(propose_source(tmp_path))
    assert "undated" in asked
    assert "no_dates" not in asked


@pytest.mark.parametrize(
    ("rates", "factor"),
    [
        ("1.0000|0.5000", 1.0),  # amounts of both currencies are about as large: all are in EUR already
        ("1.0000|25.0000", 25.0),  # those in USD are a 25th
        ("1.0000|0.0400", 25.0),  # and here the rate says how many USD make one EUR
    ],
)
def test_a_rate_in_each_row_leads_to_the_currency_whose_rate_is_one(tmp_path: Path, rates: str, factor: float) -> None:
    rows = [
        [f"O{i}", f"C{i % 8}", day(i), f"{100 / (1 if i % 2 == 0 else factor):.2f}", ("EUR", "USD")[i % 2]]
        for i in range(24)
    ]
    each = rates.split("|")
    head = ["order_id", "customer_id", "order_date", "amount", "currency", "exchange_rate"]
    write(tmp_path, "orders.csv", head, *([*row, each[i % 2]] for i, row in enumerate(rows)))
    proposal = propose_source(tmp_path)
    assert proposal.currency == "EUR" and "rate" in topics(proposal)
    assert revenue(loaded(proposal, tmp_path)) == pytest.approx(2400.0)


def test_a_file_of_rates_is_known_by_the_words_in_its_headers(tmp_path: Path) -> None:
    sales(tmp_path, "currency=EUR|USD")
    write(tmp_path, "fx.csv", ["month", "currency", "rate_to_eur"], ["2024-01-01", "USD", "0.5"])
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert revenue(crm) == sum(range(10, 34, 2)) + 0.5 * sum(range(11, 34, 2))


def test_price_lists_and_subscriptions_at_a_rate_are_no_exchange_rates(tmp_path: Path) -> None:
    prices = [[plan, code, "2024-01-01", 9] for plan in ("basic", "pro") for code in ("EUR", "USD")]
    write(tmp_path, "prices.csv", ["plan", "currency", "valid_from", "rate"], *prices)
    rows = [[f"C{i}", day(i), "19.90", ("EUR", "USD")[i % 2]] for i in range(12)]
    write(tmp_path, "subscriptions.csv", ["customer_id", "start_month", "monthly_rate", "currency"], *rows)
    proposal = propose_source(tmp_path)
    assert "rates" not in proposal.settings and "amounts of 2 currencies" in " ".join(proposal.unsure)


def test_an_amount_in_another_currency_without_a_rate_is_unknown(tmp_path: Path) -> None:
    sales(tmp_path, "currency=CZK|EUR", "rate=1|25|1|")
    prices = [("100.00", "4.00")[i % 2] for i in range(24)]
    lines = [line.split(";") for line in (tmp_path / "orders.csv").read_text().splitlines()]
    write(tmp_path, "orders.csv", lines[0], *([*r[:3], p, *r[4:]] for r, p in zip(lines[1:], prices, strict=True)))
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert (crm["orders"].amount.count().execute(), revenue(crm)) == (18, 18 * 100.0)


def test_dates_of_rates_that_can_be_read_in_two_ways_are_named_by_file_and_column(tmp_path: Path) -> None:
    sales(tmp_path, "currency=EUR|USD")
    write(tmp_path, "fx.csv", ["Month", "Currency", "Rate"], ["01/01/2024", "USD", "0.5"], ["01/02/2024", "USD", "0.6"])
    source = {
        "name": "t", "currency": "EUR", "rates": "fx",
        "files": {name: {"path": f"{name}.csv", "delimiter": ";"} for name in ("orders", "fx")},
        "tables": {"orders": {"from": "orders", "currency_column": "currency", "columns": {
            "order_id": "order_id", "customer_id": "customer_id", "ordered_at": "order_date", "amount": "amount",
        }}},
    }  # fmt: skip
    (tmp_path / "source.yaml").write_text(json.dumps(source))
    with pytest.raises(SourceError, match=r'rates: fx: "Month" .01/01/2024. can be read in two ways'):
        load_tables(tmp_path / "source.yaml")


def test_prices_listed_by_the_id_of_a_price_are_for_one_piece(tmp_path: Path) -> None:
    rows = [[f"S{i}", f"C{i}", day(i), f"price_{'ab'[i % 2]}1Nx", 1 + i % 3, "active"] for i in range(12)]
    head = ["subscription_id", "customer_id", "created_at", "stripe_price", "quantity", "status"]
    write(tmp_path, "subscriptions.csv", head, *rows)
    listed = [["price_a1Nx", "19.00", "month"], ["price_b1Nx", "228.00", "year"]]
    write(tmp_path, "prices.csv", ["Price ID", "Amount", "Interval"], *listed)
    assert recurring(loaded(propose_source(tmp_path), tmp_path)) == 19.0 * sum(1 + i % 3 for i in range(12))


def test_half_a_name_is_no_customer_beside_an_email_address(tmp_path: Path) -> None:
    rows = [[f"{5000 + i}", day(i), "LUND", f"P{i % 3}", f"u{i % 9}@example.com", "45.00"] for i in range(27)]
    head = ["Référence commande", "Date de la commande", "Nom adhérent", "Prénom adhérent", "Email payeur", "Montant"]
    write(tmp_path, "adhesions.csv", head, *rows)
    assert loaded(propose_source(tmp_path), tmp_path)["orders"].customer_id.nunique().execute() == 9


def test_a_tax_number_names_the_customer_where_nothing_else_does(tmp_path: Path) -> None:
    rows = [[i, day(i), f"{100 + i % 8}.237.191-1{i % 8}", "12,50"] for i in range(24)]
    write(tmp_path, "pedidos.csv", ["Numero do pedido", "Data", "CPF/CNPJ", "Valor total"], *rows)
    assert propose_source(tmp_path)["orders"].columns["customer_id"].raw == ("CPF/CNPJ",)


def test_a_discount_beside_the_only_amount_is_asked_about(tmp_path: Path) -> None:
    sales(tmp_path, "promo_amount=2.00|")
    (doubt,) = (d for d in propose_source(tmp_path).questions if d.topic == "discount")
    assert [choice.label for choice in doubt.choices] == ["as written: amount", "less promo_amount"]


def test_a_discount_in_percent_beside_the_only_price_is_taken_off_as_a_share(tmp_path: Path) -> None:
    sales(tmp_path, "discount_percent=25|0")
    text = (tmp_path / "orders.csv").read_text().replace(";amount;", ";price;")
    (tmp_path / "orders.csv").write_text(text)
    off = 0.25 * sum(range(10, 34, 2))
    assert revenue(loaded(propose_source(tmp_path), tmp_path)) == sum(range(10, 34)) - off


def test_sheets_of_members_now_and_before_are_one_table(tmp_path: Path) -> None:
    head = ["No.", "Name", "Start date", "Fee", "Period"]
    people = [f"{a} {b}" for a in ("Ana", "Leo", "Mia") for b in ("Abt", "Bor", "Cal", "Dux")]
    rows = [
        [i, name, day(i), f"{30 * (1 + 2 * (i % 2))},00 EUR", ("mtl.", "viertelj.")[i % 2]]
        for i, name in enumerate(people)
    ]
    write(tmp_path, "now.csv", [*head, "Remark"], *([*row, ""] for row in rows[:8]))
    write(tmp_path, "before.csv", [*head, "Left on"], *([*row, "2024-06-01"] for row in rows[8:]))
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert crm.facts.loaded["subscriptions"] == 12 and recurring(crm) == 8 * 30.0


def test_forecasts_are_not_put_together_with_sales_of_the_same_columns(tmp_path: Path) -> None:
    sales(tmp_path, "note=", name="north.csv")
    sales(tmp_path, "probability=0.5", name="forecast.csv")
    proposal = propose_source(tmp_path)
    assert (proposal["orders"].file, revenue(loaded(proposal, tmp_path))) == ("north", sum(range(10, 34)))


def test_a_list_of_subscribers_with_status_price_and_frequency_holds_subscriptions(tmp_path: Path) -> None:
    people = [[f"A{i}", day(i), "24.50", "ogni 2 mesi", ("attivo", "disdetto")[i % 2]] for i in range(12)]
    write(tmp_path, "abbonati.csv", ["cod_abbonato", "data_iscrizione", "prezzo", "frequenza", "stato"], *people)
    sent = [[i, f"A{i % 12}", day(20 + i), "24.50"] for i in range(48)]
    write(tmp_path, "consegne.csv", ["n_consegna", "cod_abbonato", "data_consegna", "importo"], *sent)
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert (crm.facts.loaded["subscriptions"], recurring(crm)) == (12, 6 * 12.25)


def test_a_list_of_prices_by_month_and_year_gives_the_price_of_the_period_that_is_billed(tmp_path: Path) -> None:
    rows = [[f"S{i}", f"C{i}", day(i), ("basic", "pro")[i % 2], ("month", "year")[i % 3 == 0]] for i in range(12)]
    write(tmp_path, "subscriptions.csv", ["subscription_id", "customer_id", "start_date", "plan", "interval"], *rows)
    plans = [["basic", "10.00", "96.00"], ["pro", "30.00", "300.00"]]
    write(tmp_path, "plans.csv", ["plan", "monthly_price", "annual_price"], *plans)
    assert recurring(loaded(propose_source(tmp_path), tmp_path)) == 4 * 10 + 4 * 30 + 2 * 8 + 2 * 25


def test_a_net_amount_beside_refunds_is_without_tax_where_it_is_less_in_every_row(tmp_path: Path) -> None:
    sales(tmp_path, "gross_amount=60.00", "net_amount=50.00", "refunded_amount=0.00|0.00|0.00|60.00")
    text = (tmp_path / "orders.csv").read_text().replace(";amount;", ";note;")
    (tmp_path / "orders.csv").write_text(text)
    proposal = propose_source(tmp_path)
    assert "tax" in topics(proposal) and revenue(loaded(proposal, tmp_path)) == (24 - 6) * 50.0


def test_pauses_are_known_by_words_of_rest_and_return(tmp_path: Path) -> None:
    contracts(tmp_path, "monthly_fee=30")
    rests = [[f"C{i}", day(40 + i), day(60 + i), "holiday"] for i in range(6)]
    write(tmp_path, "pauses.csv", ["customer_id", "paused_at", "resumed_at", "reason"], *rests)
    assert propose_source(tmp_path)["subscription_changes"].file == "pauses"


def test_null_in_plain_text_is_no_value_and_none_is_a_plan(tmp_path: Path) -> None:
    contracts(tmp_path, "plan=NULL|None|Gold", "monthly_fee=30")
    plans = loaded(propose_source(tmp_path), tmp_path)["subscriptions"].plan
    assert sorted(plans.to_pandas().dropna().unique()) == ["Gold", "None"]


def test_the_currency_is_asked_for_as_a_code_and_nothing_else_is_taken(tmp_path: Path) -> None:
    sales(tmp_path)
    answers, said = iter(["euros", "", "eur"]), list[str]()
    proposal = ask(propose_source(tmp_path), lambda _: next(answers), said.append)
    assert proposal.currency == "XXX" and "'EUROS' is no code of a currency." in said
    assert ask(propose_source(tmp_path), lambda _: "eur", said.append).currency == "EUR"


def test_customers_that_were_numbered_anew_are_found_by_either_number(tmp_path: Path) -> None:
    accounts = [[f"{i:04d}-aa-{i:04d}", f"Firm {i}", f"D{20000 + i}", f"{1000 + i}"] for i in range(12)]
    write(tmp_path, "accounts.csv", ["id", "name", "customer_no", "previous_no"], *accounts)
    bills = [[f"R{i}", day(i), f"{1000 + i % 12}" if i < 24 else f"D{20000 + i % 12}", "10.00"] for i in range(60)]
    write(tmp_path, "invoices.csv", ["invoice_no", "invoice_date", "customer_no", "net"], *bills)
    crm = loaded(propose_source(tmp_path), tmp_path)
    assert (crm["orders"].customer_id.nunique().execute(), revenue(crm)) == (12, 600.0)


def test_a_number_of_months_says_for_how_long_a_price_pays(tmp_path: Path) -> None:
    terms = [[f"S{i}", f"C{i}", day(i), ("30.00", "240.00")[i % 2], (1, 12)[i % 2], ""] for i in range(12)]
    write(
        tmp_path, "terms.csv", ["subscription_id", "customer_id", "start_date", "price", "months", "end_date"], *terms
    )
    assert recurring(loaded(propose_source(tmp_path), tmp_path)) == 6 * 30 + 6 * 20


def test_a_price_that_does_not_grow_with_the_months_of_a_contract_is_a_months(tmp_path: Path) -> None:
    contracts(tmp_path, "contract_months=12|24", "end_date=")
    proposal = propose_source(tmp_path)
    assert "about the same whatever contract_months says" in " ".join(proposal.unsure)
    assert recurring(loaded(proposal, tmp_path)) == 12 * 30.0


def test_a_price_that_does_not_grow_with_the_months_between_deliveries_is_that_of_each(tmp_path: Path) -> None:
    contracts(tmp_path, "delivery_interval=1|3", "end_date=")
    assert recurring(loaded(propose_source(tmp_path), tmp_path)) == 6 * 30.0 + 6 * 10


def test_an_amount_that_is_another_and_a_share_of_it_holds_a_tax_whatever_they_are_called(tmp_path: Path) -> None:
    worth = [100 + i for i in range(24)]
    rows = [[f"O{i}", f"C{i % 8}", day(i), f"{w}.00", f"{0.2 * w:.2f}", f"{1.2 * w:.2f}"] for i, w in enumerate(worth)]
    write(tmp_path, "orders.csv", ["order_id", "customer_id", "order_date", "worth", "levy", "amount"], *rows)
    proposal = propose_source(tmp_path)
    assert "amount is worth and levy together" in " ".join(proposal.unsure)
    assert revenue(loaded(proposal, tmp_path)) == sum(worth)


def test_a_fee_that_is_a_share_of_each_sale_is_no_tax(tmp_path: Path) -> None:
    worth = [100 + i for i in range(24)]
    rows = [[f"O{i}", f"C{i % 8}", day(i), f"{0.8 * w:.2f}", f"{0.2 * w:.2f}", f"{w}.00"] for i, w in enumerate(worth)]
    write(tmp_path, "orders.csv", ["order_id", "customer_id", "order_date", "left", "fee", "amount"], *rows)
    assert revenue(loaded(propose_source(tmp_path), tmp_path)) == sum(worth)


def test_a_full_name_is_the_customer_of_paid_terms(tmp_path: Path) -> None:
    people = ["Ana Abt", "Leo Bor", "Mia Cal"]
    rows = [[people[i % 3], "160,00", day(30 * (i // 3)), day(30 * (i // 3) + 29)] for i in range(12)]
    write(tmp_path, "karnety.csv", ["Imię i nazwisko", "Cena", "Ważny od", "Ważny do"], *rows)
    assert propose_source(tmp_path)["subscriptions"].columns["customer_id"].raw == ("Imię i nazwisko",)


def test_words_of_status_that_nobody_knows_can_be_set_aside_by_an_answer(tmp_path: Path) -> None:
    sales(tmp_path, "status=paid|paid|blorped|cancelled")
    proposal = propose_source(tmp_path)
    (doubt,) = (d for d in proposal.questions if d.topic == "status status")
    labels = ["these rows are kept", "they are set aside", "they are of sales that were taken back"]
    assert [choice.label for choice in doubt.choices] == [f"blorped: {label}" for label in labels]
    loaded(proposal.answered(doubt, doubt.choices[1]), tmp_path)
    assert load_tables(tmp_path / "source.yaml").facts.loaded["orders"] == 12
