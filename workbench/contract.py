"""The CRM tables the workbench understands: the one data dictionary.

Every column has a *time class*, because rows change after they are made and a feature must not know
what nobody knew yet:

- ``key``: names the row or what it belongs to; known with the row.
- ``row``: the row's own date. The row is unknown until then.
- ``event``: an instant that is hidden until it has passed (``paid_at``).
- ``scheduled``: a future instant known from the row's own date on (``due_at``).
- ``dependent``: hidden together with the instant named in ``hidden_with`` (``cancel_reason``).
- ``fixed``: set with the row and never changed (``amount``).
- ``static``: declared by the analyst not to change (``country``).
- ``overwritten``: today's value of something that changes (``mrr``); refused as a feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.errors import DataError, did_you_mean

Type = Literal["text", "time", "amount", "number", "whole", "flag"]
TimeClass = Literal["key", "row", "event", "scheduled", "dependent", "fixed", "static", "overwritten"]

OWN = "own_"
"""How the names of the company's own columns of customers begin."""
MOST_KINDS = 30
"""A column of more different texts than these does not sort customers into groups."""
UNKNOWN_CURRENCY = "XXX"
"""The code of ISO 4217 for no currency, which source files use where it is not known."""
SQL_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "amount": "DECIMAL(18, 4)",
    "number": "DOUBLE",
    "whole": "BIGINT",
    "flag": "BOOLEAN",
}


def amounts_in(currency: str) -> str:
    """Return in words in which currency amounts are, given its code.

    >>> amounts_in("EUR"), amounts_in(UNKNOWN_CURRENCY)
    ('amounts in EUR', 'currency of amounts not stated')
    """
    return "currency of amounts not stated" if currency == UNKNOWN_CURRENCY else f"amounts in {currency}"


@dataclass(frozen=True)
class Column:
    """One column of the contract: name, type, unit, meaning, time class, and whether a row needs it."""

    name: str
    type: Type
    time_class: TimeClass
    meaning: str
    unit: str = ""
    required: bool = False
    hidden_with: str = ""

    @property
    def lasts(self) -> bool:
        """Whether the value never changes once the row is known."""
        return self.time_class not in {"event", "dependent", "overwritten"}


def is_own(column: str) -> bool:
    """Return whether a column is named as one of the company's own.

    >>> is_own("own_home_club"), is_own("owner"), is_own("own_"), is_own("own_Club")
    (True, False, False, False)
    """
    return column.startswith(OWN) and column.islower() and column.removeprefix(OWN).isidentifier()


def own_name(column: str) -> str:
    """Return what a column of the company's own is, in words.

    >>> own_name("own_home_club")
    'home club'
    """
    return column.removeprefix(OWN).replace("_", " ")


@dataclass(frozen=True)
class Table:
    """One table of the contract; ``dated_by`` is the column before which a row is unknown.

    One that ``takes_own`` has, beside its columns, any text that the company keeps of its own, as ``own_home_club``:
    declared not to change, as every static column is.
    """

    name: str
    meaning: str
    dated_by: str
    columns: tuple[Column, ...]
    unique: str = ""
    takes_own: bool = False

    def __getitem__(self, column: str) -> Column:
        if self.takes_own and is_own(column):
            return Column(column, "text", "static", f"{own_name(column)}, a column of the company's own")
        return {c.name: c for c in self.columns}[column]

    def __contains__(self, column: object) -> bool:
        return column in self.names or (self.takes_own and is_own(str(column)))

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [c.name for c in self.columns]

    @property
    def required(self) -> list[str]:
        """The columns without which a row is refused."""
        return [c.name for c in self.columns if c.required]


def _key(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, "text", "key", meaning, required=required)


def _at(name: str, time_class: TimeClass, meaning: str, *, required: bool = False) -> Column:
    return Column(name, "time", time_class, meaning, required=required)


def _with(name: str, type_: Type, hidden_with: str, meaning: str, unit: str = "") -> Column:
    return Column(name, type_, "dependent", meaning, unit, hidden_with=hidden_with)


CUSTOMER = _key("customer_id", "the customer, as the CRM names it", required=True)
CONTACT = _key("contact_id", "the customer's person concerned")

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        Table(
            "customers",
            "one row per customer",
            "signed_up_at",
            (
                CUSTOMER,
                _key("name", "what the customer is called; shown on lists and on the customer's own page alone"),
                _at("signed_up_at", "row", "when the customer signed up; empty: known from the first activity"),
                _at("closed_at", "event", "when the account was closed"),
                _key("parent_id", "the customer this one belongs to"),
                Column("exclude_reason", "text", "static", "why it is no customer: test, internal, merged, deceased"),
                Column("country", "text", "static", "country"),
                Column("region", "text", "static", "region, province or town"),
                Column("segment", "text", "static", "the company's own segment"),
                Column("industry", "text", "static", "line of business"),
                Column("customer_type", "text", "static", "person or company"),
                Column("company_size", "text", "static", "size class of the company"),
                Column("budget", "text", "static", "class of the budget"),
                Column("acquisition_channel", "text", "static", "how the customer was won"),
                _key("referred_by", "the customer who referred this one"),
                Column("acquisition_cost", "amount", "static", "cost of winning the customer (CAC)", "currency"),
                Column("preferred_channel", "text", "static", "how the customer wishes to be reached"),
                Column(
                    "contact_hours",
                    "text",
                    "static",
                    "when the customer may be contacted, as 09:00-17:00, by the customer's clock, or the source's",
                ),
                Column("time_zone", "text", "static", "the customer's time zone, as America/New_York"),
                Column("owner", "text", "static", "who looks after the customer"),
            ),
            unique="customer_id",
            takes_own=True,
        ),
        Table(
            "subscriptions",
            "one row per subscription",
            "started_at",
            (
                _key("subscription_id", "the subscription", required=True),
                CUSTOMER,
                Column("kind", "text", "fixed", "paid, trial or free"),
                Column("plan", "text", "overwritten", "plan, as of the export"),
                _at("started_at", "row", "when it began", required=True),
                _at("trial_ends_at", "scheduled", "when the trial ends"),
                _at("cancelled_at", "event", "when notice was given"),
                _at("ended_at", "event", "when service ended"),
                _at("renews_at", "scheduled", "when the term ends or renews"),
                Column("auto_renew", "flag", "overwritten", "renews by itself, as of the export"),
                Column("billing_period", "text", "fixed", "month, quarter or year"),
                Column("mrr", "amount", "overwritten", "monthly recurring revenue, as of the export", "currency/month"),
                _with("cancel_reason", "text", "cancelled_at", "the reason given with the notice"),
            ),
            unique="subscription_id",
        ),
        Table(
            "subscription_changes",
            "one row per change of a subscription: its history",
            "changed_at",
            (
                _key("subscription_id", "the subscription", required=True),
                _at("changed_at", "row", "when it changed", required=True),
                Column("change", "text", "fixed", "plan, price, quantity, paused, resumed or auto_renew"),
                Column("plan", "text", "fixed", "plan from then on"),
                Column("mrr", "amount", "fixed", "monthly recurring revenue from then on", "currency/month"),
            ),
        ),
        Table(
            "cancellations",
            "one row per recorded cancellation",
            "occurred_at",
            (
                CUSTOMER,
                _at("occurred_at", "row", "when the customer cancelled", required=True),
                Column("kind", "text", "fixed", "how the CRM classes it"),
                Column("reason", "text", "fixed", "reason given"),
                Column("comment", "text", "fixed", "the customer's words"),
            ),
        ),
        Table(
            "orders",
            "one row per order line; a negative amount is a return",
            "ordered_at",
            (
                _key("order_id", "the order (invoice) the line belongs to", required=True),
                CUSTOMER,
                _at("ordered_at", "row", "when it was ordered or returned", required=True),
                Column("amount", "amount", "fixed", "value of the line, without tax", "currency", required=True),
                Column("margin_amount", "amount", "fixed", "margin of the line", "currency"),
                Column("product", "text", "fixed", "what was bought"),
                _key("returns_order_id", "the order this line takes back"),
                _at("cancelled_at", "event", "when the order was cancelled"),
            ),
        ),
        Table(
            "invoices",
            "one row per invoice",
            "issued_at",
            (
                _key("invoice_id", "the invoice", required=True),
                CUSTOMER,
                _key("subscription_id", "the subscription billed"),
                _at("issued_at", "row", "when it was issued", required=True),
                _at("due_at", "scheduled", "when it is to be paid"),
                _at("paid_at", "event", "when it was paid"),
                _at("voided_at", "event", "when it was voided or credited"),
                _at("written_off_at", "event", "when it was given up"),
                _at("disputed_at", "event", "when the customer disputed it"),
                Column("amount", "amount", "fixed", "amount due", "currency", required=True),
            ),
            unique="invoice_id",
        ),
        Table(
            "charges",
            "one row per attempt to collect money",
            "attempted_at",
            (
                _key("charge_id", "the attempt", required=True),
                _key("invoice_id", "the invoice it pays"),
                CUSTOMER,
                _at("attempted_at", "row", "when it was tried", required=True),
                Column("succeeded", "flag", "fixed", "whether it was collected", required=True),
                Column("failure_code", "text", "fixed", "why it was not"),
                Column("method", "text", "fixed", "card, debit, transfer …"),
                _at("card_expires_at", "scheduled", "when the card expires"),
                Column("amount", "amount", "fixed", "amount tried", "currency"),
            ),
            unique="charge_id",
        ),
        Table(
            "tickets",
            "one row per request for help",
            "opened_at",
            (
                _key("ticket_id", "the ticket", required=True),
                CUSTOMER,
                CONTACT,
                _at("opened_at", "row", "when it was opened", required=True),
                _at("first_response_at", "event", "when somebody first answered"),
                _at("resolved_at", "event", "when it was solved, the last time"),
                _at("reopened_at", "event", "when it was opened again; open still where not solved since"),
                Column("kind", "text", "fixed", "complaint, question, cancel_request …"),
                Column("priority", "text", "fixed", "priority"),
                Column("channel", "text", "fixed", "the way it came: email, phone, chat …"),
                Column("agent", "text", "fixed", "who of our people took it first"),
                _with("n_replies", "whole", "resolved_at", "replies until it was solved", "replies"),
                _with("n_transfers", "whole", "resolved_at", "transfers between our people until then", "transfers"),
                _with("satisfaction", "number", "resolved_at", "the customer's mark for the answer", "1 to 5"),
            ),
            unique="ticket_id",
        ),
        Table(
            "events",
            "one row per use of the product",
            "occurred_at",
            (
                CUSTOMER,
                CONTACT,
                _at("occurred_at", "row", "when it happened", required=True),
                Column("event", "text", "fixed", "login, a feature, a page …"),
                Column("quantity", "number", "fixed", "how much of it", "count"),
            ),
        ),
        Table(
            "messages",
            "one row per message to or from a customer, or note about one",
            "sent_at",
            (
                CUSTOMER,
                CONTACT,
                _at("sent_at", "row", "when it was sent", required=True),
                Column("direction", "text", "fixed", "in or out"),
                Column("channel", "text", "fixed", "email, phone, chat …"),
                Column("campaign", "text", "fixed", "the campaign it belongs to"),
                Column("kind", "text", "fixed", "message or note; a note is no contact"),
                Column("agent", "text", "fixed", "who of our people wrote or spoke"),
                Column("text", "text", "fixed", "the words"),
                _at("opened_at", "event", "when it was opened"),
                _at("replied_at", "event", "when it was answered"),
            ),
        ),
        Table(
            "surveys",
            "one row per answer to a survey, review or form",
            "answered_at",
            (
                CUSTOMER,
                CONTACT,
                _at("answered_at", "row", "when it was answered", required=True),
                Column("instrument", "text", "fixed", "nps, csat, exit, review or form"),
                Column("channel", "text", "fixed", "where it was given: email, web, a review site …"),
                Column("score", "number", "fixed", "the mark given", "points"),
                Column("reason", "text", "fixed", "reason chosen"),
                Column("comment", "text", "fixed", "the customer's words"),
            ),
        ),
        Table(
            "goals",
            "one row per goal or expectation that a customer stated",
            "stated_at",
            (
                CUSTOMER,
                _at("stated_at", "row", "when it was stated", required=True),
                Column("goal", "text", "fixed", "what the customer wants to reach"),
                _at("due_at", "scheduled", "by when"),
                _at("reached_at", "event", "when it was reached"),
            ),
        ),
        Table(
            "contacts",
            "one row per person on the customer's side",
            "joined_at",
            (
                _key("contact_id", "the person", required=True),
                CUSTOMER,
                _key("name", "what the person is called; shown on lists alone"),
                Column("role", "text", "fixed", "role, such as decision maker"),
                _at("joined_at", "row", "when the person took over"),
                _at("left_at", "event", "when the person left"),
            ),
            unique="contact_id",
        ),
        Table(
            "consents",
            "one row per consent to be contacted",
            "granted_at",
            (
                CUSTOMER,
                Column("channel", "text", "fixed", "the channel consented to", required=True),
                _at("granted_at", "row", "when it was given"),
                _at("withdrawn_at", "event", "when it was withdrawn"),
            ),
        ),
        Table(
            "treatments",
            "one row per customer and campaign, contacted or held out",
            "treated_at",
            (
                CUSTOMER,
                _at("treated_at", "row", "when the customer was assigned", required=True),
                Column("campaign", "text", "fixed", "the campaign"),
                Column("arm", "text", "fixed", "treated or control"),
                _at("contacted_at", "event", "when the customer was reached"),
                _with("cost", "amount", "contacted_at", "what the contact and offer cost", "currency"),
                _with("outcome", "text", "contacted_at", "what the contact led to"),
            ),
        ),
    )
}

SCALES = {"nps": (0.0, 10.0), "csat": (1.0, 5.0), "tickets": (1.0, 5.0)}
"""The lowest and highest mark of each instrument, and of satisfaction with tickets, unless a source states others."""

ACTIVITY_TABLES = ("orders", "events", "subscriptions")
"""Tables any one of which shows that a customer is alive."""


def table(name: str) -> Table:
    """Return one table of the contract.

    >>> table("orders").dated_by
    'ordered_at'

    Raises DataError for a name the contract does not know.
    """
    if name not in TABLES:
        raise DataError(f"table {name!r} is not in the contract; {did_you_mean(name, TABLES)}")
    return TABLES[name]


def dictionary() -> list[dict[str, str]]:
    """Return the data dictionary: one row per column with table, column, type, unit, time class, meaning.

    >>> dictionary()[0]["table"], dictionary()[0]["column"]
    ('customers', 'customer_id')
    """
    return [
        {
            "table": t.name,
            "column": c.name,
            "type": c.type,
            "unit": c.unit,
            "required": "yes" if c.required else "",
            "time class": f"dependent on {c.hidden_with}" if c.hidden_with else c.time_class,
            "meaning": c.meaning,
        }
        for t in TABLES.values()
        for c in t.columns
    ]
