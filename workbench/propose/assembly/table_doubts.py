"""Doubts that concern a table's rows rather than one of its columns: its date, and what is overwritten."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import contract
from workbench.engines import identifier
from workbench.propose.fitting.fit import is_no_money, is_overwritten
from workbench.propose.fitting.price_lists import LISTED
from workbench.propose.fitting.prices_paid import PAID
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.exact_numbers import exact
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.month_files import PICTURE
from workbench.propose.raw_files.raw_columns import RawColumn, RawTable
from workbench.propose.shapes.came_back import AGAIN
from workbench.propose.words.naming import means, words

_MANY_NEGATIVE = 0.25
"""A share of negative amounts: more than what is ever returned."""
_SELLERS = {"seller", "vendor", "merchant", "supplier", "host", "provider", "driver", "courier"}


def table_doubts(raw: RawTable, table: TableProposal) -> Iterator[Doubt]:
    """Yield what a person should know of a table before it is used."""
    dated = contract.TABLES[table.table].dated_by
    if dated not in table.columns:
        text = f"there is no date in {table.file}; rows are taken as always known"
        yield Doubt("dated", text, "dates", about=f"{table.table}.{dated}")
    if table.table == "invoices" and "paid_at" not in table.columns:
        yield from _never_paid(raw)
    yield from _money_in_use(raw, table)
    if table.table == "orders":
        yield from _movements(raw, table)
        yield from _two_parties(raw, table)
        yield from _sold_for_terms(raw)
    if table.table == "subscriptions" and "next_step." not in table.select:
        yield from _rows_of_one(raw, table)
    if table.table == "subscriptions" and "mrr" not in table.columns:
        yield _without_price(raw, table)
    yield from _made_rows(table)
    if table.table == "subscriptions" and "renews_at" not in table.columns:
        yield from _overwritten(raw)


_MADE = {
    '"subscriber id"': (
        "customers",
        "nobody is named: each subscription, by the number of its orders before the two points, is a customer",
    ),
    "moved.started_at": (
        "service",
        "each movement is taken for a term until the customer's next one, at the sum of all movements so far",
    ),
    "next_step.ended_at": (
        "service",
        "each transaction of a contract is taken for service from its first day to its last, or to the next "
        "transaction's first; those that end the contract are none",
    ),
    "held.started_at": ("service", "each change is taken for a term until the next one, at the amount after it"),
    f"{PICTURE}.": (
        "service",
        "each file is taken for a picture of its month: who is in it had service for that month, and who is in no "
        "later one has left",
    ),
    f"{LISTED}.": ("money", "what each row cost is the price that its plan or product has in another file today"),
    f"{PAID}.": ("money", "what each subscription costs is what was last paid for it in another file"),
    AGAIN: ("service", "who left and came back has two times of service: one until the end, and one since the return"),
}
"""What stands in the SELECT of rows that were made, with what a mistake would spoil, and what a person should know."""


def _made_rows(table: TableProposal) -> Iterator[Doubt]:
    for name, (cost, text) in _MADE.items():
        of_service = name in (AGAIN, f"{PICTURE}.", f"{PAID}.")
        if name in table.select and (not of_service or table.table == "subscriptions"):
            yield Doubt(f"made {name}", text, cost)


def _without_price(raw: RawTable, table: TableProposal) -> Doubt:
    """Without a price nothing that is counted in money can be said."""
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    numbers = [c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.name not in used]
    prices = [c for c in numbers if c.high > 0 and not is_no_money(c) and not means(c.name, "quantity")]
    prices.sort(key=lambda c: (not c.sign, c.whole))
    period = table.columns.get("billing_period")
    choices = tuple(choice for c in prices[:3] for choice in _as_price(c, period.raw[0] if period else ""))
    text = f"no column of {table.file} says what a subscription costs: there is no MRR"
    return Doubt("price", text, "money", (Choice("none", ""), *choices) if choices else (), "subscriptions.mrr")


def _as_price(column: RawColumn, period: str) -> list[Choice]:
    """Return what a number may be the price of, the likeliest first: of each billing period, a month or a year."""
    each = f"per_month({exact(column)}, {identifier(period)})" if period else ""
    return [
        *([Choice(f"{column.name}, for as long as {period} says", each)] if period else []),
        Choice(f"{column.name}, a month's", identifier(column.name)),
        Choice(f"{column.name}, a year's", f"per_month({exact(column)}, 'year')"),
    ]


def _money_in_use(raw: RawTable, table: TableProposal) -> Iterator[Doubt]:
    """Use has no price: where each event states one, the rows may be sales, and what was paid is not counted."""
    used = {name for mapped in table.columns.values() for name in mapped.raw}
    numbers = (c for c in raw.columns if c.number_sql and not c.time_sql and not c.flag and c.name not in used)
    priced = next((c for c in numbers if means(c.name, "price") and c.high > 0), None)
    if priced is not None and table.table == "events":
        text = f"{priced.name} is money, which events do not count; where the rows are sales, map them to orders"
        yield Doubt("money", text, "money")


def _movements(raw: RawTable, table: TableProposal) -> Iterator[Doubt]:
    """Money that goes in and out of an account is no sale and its return."""
    used = table.columns["amount"].raw if "amount" in table.columns else ()
    for column in (raw[name] for name in used):
        if column.negative >= _MANY_NEGATIVE:
            text = (
                f"{column.negative:.0%} of {column.name} are negative: if they are movements of an account, they are "
                "no sales; leave the table out, or keep only what the company earns"
            )
            yield Doubt("movements", text, "money", about="orders.amount")


_LIKE_TERMS = 0.9
"""A share of the rows that last as long as billing periods do from which on they may be paid terms."""


def _sold_for_terms(raw: RawTable) -> Iterator[Doubt]:
    """A sale that is for a time is a paid term, of which customers may have the next one or leave."""
    for (start, end), shares in raw.spans.items():
        if means(start, "start") and means(end, "end") and sum(shares.values()) >= _LIKE_TERMS:
            text = (
                f"each row lasts from {start} to {end}, as long as billing periods do: if these are paid terms, write "
                f"subscriptions in place of orders, with started_at: {start}, ended_at: {end}, and the amount as mrr: "
                f"per_month(amount, '{max(shares, key=lambda term: shares[term])}'), or as long as each row lasts"
            )
            yield Doubt("terms", text, "service", about="orders")
            return


def _rows_of_one(raw: RawTable, table: TableProposal) -> Iterator[Doubt]:
    """Rows that name one subscription several times are its charges, versions or transactions."""
    key, customer = (table.columns.get(name) for name in ("subscription_id", "customer_id"))
    used = {name for mapped in (key, customer) if mapped for name in mapped.raw}
    for column in raw.columns:
        named = means(column.name, "subscription", "id") or means(column.name, "subscription", "name")
        if named and column.keylike and 1 < column.distinct < column.filled and column.name not in used:
            text = (
                f"{column.name} names {column.distinct:,} subscriptions in {raw.rows:,} rows; each row counts as one: "
                "right for terms that follow each other; charges side by side count too often, but their MRR is right; "
                "put versions and transactions (new, renewed, lapsed) together by a sql: first"
            )
            yield Doubt("rows of one", text, "service", about="subscriptions.subscription_id")
            return


def _two_parties(raw: RawTable, table: TableProposal) -> Iterator[Doubt]:
    """Where a sale has a buyer and a seller, both may be called customers."""
    sellers = [c.name for c in raw.columns if _is_seller(c.name) and c.keylike and c.distinct > 1]
    customer = table.columns.get("customer_id")
    if not sellers or customer is None:
        return
    if customer.raw and customer.raw[0] in sellers:
        text = f"the customer is read from {sellers[0]}, the one who sells; if buyers are the customers, map theirs"
    else:
        text = (
            f"{sellers[0]} sells and {' '.join(customer.raw)} buys; the buyer is taken as the customer, and the amount "
            "as what they paid: if the company earns a commission, map that to amount"
        )
    yield Doubt("parties", text, "customers", about="orders.customer_id")


def _is_seller(name: str) -> bool:
    return bool(words(name) & _SELLERS) and not words(name) & {"order", "reference", "ref", "sku"}


def _never_paid(raw: RawTable) -> Iterator[Doubt]:
    """Without the day of payment every invoice would be overdue, and every customer one who cannot pay."""
    due = next((c for c in raw.columns if c.time_sql and means(c.name, "due")), None)
    if due is not None:
        text = f"nothing says when invoices were paid, so that all would be overdue; {due.name} is left out"
        choices = (Choice("left out", ""), Choice(f"all are unpaid: {due.name}", due.time_sql))
        yield Doubt("due", text, "status", choices, "invoices.due_at")


def _overwritten(raw: RawTable) -> Iterator[Doubt]:
    for column in sorted(raw.columns, key=lambda c: not means(c.name, "end")):
        if column.time_sql and is_overwritten(column.name) and not means(column.name, "start"):
            text = (
                f"{column.name} is overwritten at every renewal, so at an earlier date it would give away who renewed; "
                "it is left out"
            )
            choices = (Choice("left out", ""), Choice(f"the end of the term: {column.name}", column.time_sql))
            yield Doubt("renews", text, "service", choices, "subscriptions.renews_at")
            return
