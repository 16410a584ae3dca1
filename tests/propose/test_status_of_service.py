"""What the status of subscriptions says of their one date, of the day of the export, and of their plan."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from workbench import mrr
from workbench.crm import Crm, load_tables
from workbench.errors import SourceError
from workbench.propose import propose_source, write_source
from workbench.propose.proposed.proposal import Proposal

pytestmark = pytest.mark.slow
UPDATED = 329


def day(number: int) -> date:
    return date(2024, 1, 2) + timedelta(days=number)


def loaded(folder: Path) -> tuple[Proposal, Crm]:
    proposal = propose_source(folder)
    write_source(proposal, folder / "source.yaml")
    return proposal, load_tables(folder / "source.yaml")


def write(folder: Path, name: str, rows: list[str]) -> None:
    (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_one_date_is_the_end_of_who_left_and_the_term_of_who_is_active_and_a_plan_names_its_period(
    tmp_path: Path,
) -> None:
    rows = ["Full Name,Email,Plan,Plan price,Active,Signup date,Expiration date,Stripe Customer ID"]
    plans = ("Basic annual,$60.00", "Basic monthly,$6.00", "Pro annual,$120.00", "Basic monthly,$6.00")
    for i in range(40):
        plan, active = plans[i % 4], i % 5 > 0
        until = day(340 + i % 20) if active else day(200 + i)
        rows.append(
            f"N {i},n{i}@m.example,{plan},{'Yes' if active else 'No'},{day(i)},{until},cus_{min(i, 38) + 10000000}"
        )
    write(tmp_path, "members.csv", rows)
    _, crm = loaded(tmp_path)
    at_export = mrr(crm, crm.facts.known_until)
    assert crm["subscriptions"].count().execute() == 40, "two of them are one customer's"
    assert float(at_export.mrr.sum().execute()) == 8 * (5 + 6 + 10 + 6)


def test_ends_after_the_last_change_of_any_subscription_are_planned(tmp_path: Path) -> None:
    words = ("active", "active", "cancelled", "expired", "active", "past_due")
    rows = ["id,customer_id,product_name,status,renews_at,ends_at,created_at,updated_at"]
    for i in range(30):
        word = words[i % 6]
        ends = {"cancelled": f"{day(345 + i)}", "expired": f"{day(200 + i)}"}.get(word, "")
        rows.append(f"{3000 + i},{5000 + i},App,{word},{day(340 + i % 25)},{ends},{day(4 * i)},{day(UPDATED - 29 + i)}")
    write(tmp_path, "subscriptions.csv", rows)
    invoices = ["id,subscription_id,customer_id,currency,status,subtotal,tax,total,created_at"]
    invoices += [f"{6000 + i},{3000 + i % 30},{5000 + i % 30},USD,paid,1900,361,2261,{day(2 * i)}" for i in range(120)]
    write(tmp_path, "subscription_invoices.csv", invoices)
    proposal, crm = loaded(tmp_path)
    assert crm.facts.known_until.date() == day(UPDATED + 1)
    ended = crm["subscriptions"].ended_at
    assert crm["subscriptions"].filter(ended <= str(day(UPDATED))).count().execute() == 5
    assert any("in cents" in doubt or "these are cents" in doubt for doubt in proposal.unsure)


def test_an_end_column_that_is_empty_does_not_keep_those_who_gave_notice(tmp_path: Path) -> None:
    rows = ["Company,Contract No,Contract start,Contract end,Cancelled on,ARR,Fee p.m."]
    rows += [f'Co {i},CN{i},{day(i)},,{day(300 + i) if i < 4 else ""},"12,000.00",1000' for i in range(20)]
    write(tmp_path, "contracts.csv", rows)
    tickets = ["Ticket ID,Created time,Resolved time,Priority,Agent,Company"]
    tickets += [f"{i},{day(4 * i)} 09:00,{day(4 * i + 3)} 10:00,High,Ann,Co {i % 20}" for i in range(80)]
    write(tmp_path, "tickets.csv", tickets)
    _, crm = loaded(tmp_path)
    assert float(mrr(crm, crm.facts.known_until).mrr.sum().execute()) == 16 * 1000
    assert crm.facts.known_until.date() == day(4 * 79 + 4), "the day of the last answer is known"


def test_documents_by_name_are_sales_by_their_invoices_and_cancelled_ones_count_once(tmp_path: Path) -> None:
    rows = ["Internal ID,Date,Type,Document Number,Name,Amount,Cancelled"]
    for i in range(60):
        kind = ("Invoice", "Payment", "Sales Order")[i % 3]
        rows.append(f"{90 + i},{day(i)},{kind},D-{i},{10 + i % 7} Acme Ltd,600.00,{'Yes' if i % 30 == 0 else 'No'}")
    write(tmp_path, "sales_transactions.csv", rows)
    credit = ["Number,Date,Name,Amount,Applies-to Doc."]
    credit += [f"C-{i},{day(70 + i)},{10 + i % 7} Acme Ltd,600.00,D-{i}" for i in (0, 30)]
    write(tmp_path, "credit_memos.csv", credit)
    _, crm = loaded(tmp_path)
    assert float(crm["orders"].amount.sum().execute()) == (20 - 2) * 600
    assert crm["orders"].customer_id.nunique().execute() == 7


def test_sales_of_nobody_are_answered_with_what_is_missing(tmp_path: Path) -> None:
    rows = ["settlement-id,order-id,amount-type,amount,posted-date"]
    rows += [f"1400,303-{i // 2:07d},{('ItemPrice,29.90', 'ItemFees,-4.49')[i % 2]},{day(i // 4)}" for i in range(30)]
    write(tmp_path, "settlement.csv", rows)
    with pytest.raises(SourceError, match="settlement has dates and amounts, but no column says whose they are"):
        propose_source(tmp_path)


def test_rows_that_may_be_terms_or_charges_are_asked_about(tmp_path: Path) -> None:
    terms = ["Transaction ID,Customer Number,Item,Transaction Date,Start Date,End Date,Amount"]
    terms += [f"T{i},C{i % 25},Platform,{day(i)},{day(i)},{day(i + 364)},12000.50" for i in range(45)]
    write(tmp_path, "transactions.csv", terms)
    assert any("if these are paid terms" in doubt for doubt in propose_source(tmp_path).unsure)
    (tmp_path / "transactions.csv").unlink()
    charges = ["Subscription.Name,Account.Number,Charge.Id,Charge.MRR,Charge.StartDate,Charge.EndDate"]
    charges += [
        f"A-S{i // 2},A{i // 2},9c{i},{50 + 50 * (i % 2)}.00,{day(i // 2)},{day(i // 2 + 365)}" for i in range(40)
    ]
    write(tmp_path, "subscription_charges.csv", charges)
    assert any("names 20 subscriptions in 40 rows" in doubt for doubt in propose_source(tmp_path).unsure)
