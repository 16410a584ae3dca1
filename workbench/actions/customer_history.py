"""One customer's history: everything on record, in the order of time, and what is open or ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import ibis
import pandas as pd

from workbench import contract
from workbench.crm import Crm, Facts, first_term_end, is_note

LANES = {
    "contract": ("customers", "subscriptions", "subscription_changes", "cancellations"),
    "orders": ("orders",),
    "payments": ("invoices", "charges"),
    "use": ("events",),
    "help": ("tickets",),
    "contact": ("messages", "contacts", "consents", "treatments"),
    "answers": ("surveys", "goals"),
}
"""The lines of a timeline, and the tables that each shows."""
WORDS = {
    ("customers", "signed_up_at"): "signed up",
    ("customers", "closed_at"): "account closed",
    ("subscriptions", "started_at"): "subscription began",
    ("subscriptions", "cancelled_at"): "notice given",
    ("subscriptions", "ended_at"): "service ended",
    ("subscription_changes", "changed_at"): "subscription changed",
    ("cancellations", "occurred_at"): "cancellation recorded",
    ("orders", "ordered_at"): "ordered",
    ("orders", "cancelled_at"): "order cancelled",
    ("invoices", "issued_at"): "invoice issued",
    ("invoices", "paid_at"): "invoice paid",
    ("invoices", "voided_at"): "invoice voided",
    ("invoices", "written_off_at"): "invoice written off",
    ("invoices", "disputed_at"): "invoice disputed",
    ("charges", "attempted_at"): "charged",
    ("tickets", "opened_at"): "ticket opened",
    ("tickets", "first_response_at"): "ticket first answered",
    ("tickets", "resolved_at"): "ticket solved",
    ("tickets", "reopened_at"): "ticket reopened",
    ("events", "occurred_at"): "used the product",
    ("messages", "sent_at"): "message",
    ("messages", "opened_at"): "opened our message",
    ("messages", "replied_at"): "answered our message",
    ("surveys", "answered_at"): "answered a survey",
    ("goals", "stated_at"): "stated a goal",
    ("goals", "reached_at"): "reached a goal",
    ("contacts", "joined_at"): "contact person joined",
    ("contacts", "left_at"): "contact person left",
    ("consents", "granted_at"): "consent given",
    ("consents", "withdrawn_at"): "consent withdrawn",
    ("treatments", "treated_at"): "assigned to a campaign",
    ("treatments", "contacted_at"): "reached by a campaign",
}
"""What happened at each instant of the contract."""
AHEAD = {
    ("subscriptions", "renews_at"): "term ends or renews",
    ("subscriptions", "trial_ends_at"): "trial ends",
    ("invoices", "due_at"): "invoice falls due",
    ("goals", "due_at"): "goal is due",
    ("charges", "card_expires_at"): "card expires",
}
"""What is known to be ahead."""
NEGATIVE = {
    ("customers", "closed_at"), ("subscriptions", "cancelled_at"), ("subscriptions", "ended_at"),
    ("cancellations", "occurred_at"), ("invoices", "written_off_at"), ("invoices", "disputed_at"),
    ("tickets", "reopened_at"), ("contacts", "left_at"), ("consents", "withdrawn_at"), ("orders", "cancelled_at"),
}  # fmt: skip
"""Instants that are bad news whatever their row holds."""
LOW_MARK = 0.6
"""A mark this far up its scale or lower is bad news: 6 of 0 to 10."""
HISTORY = ["at", "lane", "event", "detail", "amount", "negative"]
_PLAIN = ("key", "fixed", "static", "overwritten")


def rows_of_customer(crm: Crm, customer_id: str, at: datetime) -> dict[str, pd.DataFrame]:
    """Return the rows of one customer by table, as data frames; tables without any are left out.

    A subscription's renews_at is the end of the term that runs at ``at``.
    """
    mine = crm.restricted(lambda rows: rows.filter(rows.customer_id == customer_id))
    tables = dict(mine.tables)
    if "subscriptions" in tables and "renews_at" in tables["subscriptions"].columns:
        subscriptions = tables["subscriptions"]
        term_end = first_term_end(subscriptions, ibis.timestamp(str(at)))
        tables["subscriptions"] = subscriptions.mutate(renews_at=term_end)
    if {"subscriptions", "subscription_changes"} <= {*tables}:
        changes = tables["subscription_changes"]
        tables["subscription_changes"] = changes.semi_join(tables["subscriptions"], "subscription_id")
    frames = {name: replace(mine, tables=tables)[name].to_pandas() for name in tables}
    return {name: rows for name, rows in frames.items() if len(rows)}


def history(tables: Mapping[str, pd.DataFrame], facts: Facts) -> pd.DataFrame:
    """Return what happened to one customer, the newest first.

    Columns: at, lane (of :data:`LANES`), event and detail (in words), amount (currency; empty: none), negative (bad
    news: a failed charge, a complaint, a low mark, a departure). Lines of an order are one row, and so are the uses of
    the product on one day.
    """
    lanes = {table: lane for lane, names in LANES.items() for table in names}
    parts = [
        _happened(name, column, _together(name, rows), facts).assign(lane=lanes.get(name, "other"))
        for name, rows in tables.items()
        for column in contract.table(name).columns
        if column.time_class in ("row", "event") and column.name in rows
    ]
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=HISTORY)
    whole = pd.concat(filled, ignore_index=True)[HISTORY]
    return whole.sort_values(["at", "lane", "event", "detail"], ascending=[False, True, True, True], ignore_index=True)


def _together(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of an order as one row, and the uses of a day as one; other tables as they are."""
    if table == "orders":
        return _orders(rows)
    return _days_of_use(rows) if table == "events" else rows


def _orders(lines: pd.DataFrame) -> pd.DataFrame:
    products = lines["product"] if "product" in lines else pd.Series(None, index=lines.index, dtype=object)
    taken_back = lines["amount"] < 0
    grouped = lines.assign(product=products, back=taken_back).groupby(["order_id", "back"], sort=True)
    dates = {name: (name, "min") for name in ("ordered_at", "cancelled_at") if name in lines}
    return grouped.agg(**dates, amount=("amount", "sum"), product=("product", _several)).reset_index()


def _days_of_use(rows: pd.DataFrame) -> pd.DataFrame:
    event = rows["event"] if "event" in rows else pd.Series("use", index=rows.index)
    day = rows["occurred_at"].dt.normalize()
    grouped = rows.assign(event=event.fillna("use"), day=day).groupby("day")
    return grouped.agg(occurred_at=("occurred_at", "min"), event=("event", _counted)).reset_index(drop=True)


def _several(values: pd.Series) -> str:
    known = sorted(values.dropna().astype("str").unique())
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return ", ".join(known[:3]) + more


def _counted(events: pd.Series) -> str:
    counts = events.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return ", ".join(f"{name} {n}" for name, n in counts.items())


def _happened(table: str, column: contract.Column, rows: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    known = rows[rows[column.name].notna()]
    amount = known["amount"] if "amount" in known and column.time_class == "row" else pd.Series(None, index=known.index)
    return pd.DataFrame(
        {
            "at": pd.to_datetime(known[column.name]).astype("datetime64[us]"),
            "event": [_event(table, column, row) for row in records(known)],
            "detail": [_detail(table, column, row) for row in records(known)],
            "amount": pd.to_numeric(amount).astype("float64"),
            "negative": [_is_negative(table, column.name, row, facts) for row in records(known)],
        }
    )


def _event(table: str, column: contract.Column, row: Mapping[str, object]) -> str:
    if table == "orders" and column.name == "ordered_at":
        return "returned" if float(str(row["amount"])) < 0 else "ordered"
    if table == "charges" and not row["succeeded"]:
        return "charge failed"
    if table == "messages" and is_note(row):
        return "note"
    if table == "messages" and column.name == "sent_at" and row.get("direction") in ("in", "out"):
        return "message from the customer" if row["direction"] == "in" else "message to the customer"
    return WORDS.get((table, column.name), column.meaning)


def _detail(table: str, at: contract.Column, row: Mapping[str, object]) -> str:
    """Return what the row holds beside the instant: all of it at the row's own date, else its name and what came."""
    spec = contract.table(table)
    named = [c for c in spec.columns if c.name in row and c.name not in ("customer_id", "amount", "succeeded")]
    if at.time_class == "row":
        shown = [c for c in named if c.time_class in _PLAIN]
    else:
        shown = [
            c for c in named if c.name in (spec.unique, "order_id", "channel", "campaign") or c.hidden_with == at.name
        ]
    if table == "customers":
        shown = []
    if table == "events":
        return as_text(row["event"])
    pieces = [(c.name.removesuffix("_id").replace("_", " "), as_text(row[c.name])) for c in shown]
    return "; ".join(f"{name} {value}" for name, value in pieces if value)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each row as a dict of its columns."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def as_text(value: object) -> str:
    """Return a value for a reader; empty for what is not known.

    >>> as_text(12.50), as_text(True), as_text(None), as_text(pd.Timestamp("2024-03-01"))
    ('12.5', 'yes', '', '2024-03-01')
    """
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return str(value) if isinstance(value, str) else f"{float(str(value)):,.10g}"


def _is_negative(table: str, column: str, row: Mapping[str, object], facts: Facts) -> bool:
    if (table, column) in NEGATIVE:
        return True
    if table == "orders":
        return float(str(row["amount"])) < 0
    if table == "charges":
        return not row["succeeded"]
    if (table, column) == ("tickets", "opened_at"):
        return row.get("kind") in ("complaint", "cancel_request")
    return table == "surveys" and _is_low(row, facts.scales)


def _is_low(answer: Mapping[str, object], scales: Mapping[str, list[float]]) -> bool:
    scale = scales.get(str(answer.get("instrument")).strip().lower())
    score = as_text(answer.get("score"))
    return scale is not None and score != "" and float(score) <= scale[0] + LOW_MARK * (scale[1] - scale[0])


def still_open(tables: Mapping[str, pd.DataFrame], at: datetime) -> pd.DataFrame:
    """Return tickets without a solution and invoices without payment: what, since, waiting_days, detail, negative.

    Days are those of the calendar. An invoice is negative once past due, a ticket without a first answer or opened
    again. Longest wait first.
    """
    parts = [_open_tickets(tables.get("tickets")), _open_invoices(tables.get("invoices"), at)]
    filled = [part for part in parts if len(part)]
    columns = ["what", "since", "waiting_days", "detail", "amount", "negative"]
    if not filled:
        return pd.DataFrame(columns=columns)
    found = pd.concat(filled, ignore_index=True)
    waiting = (pd.Timestamp(at).normalize() - found["since"].dt.normalize()).dt.days  # as the lists count them
    return found.assign(waiting_days=waiting).sort_values("since", ignore_index=True)[columns]


def _open_tickets(tickets: pd.DataFrame | None) -> pd.DataFrame:
    if tickets is None or "resolved_at" not in tickets:
        return pd.DataFrame()
    reopened = pd.to_datetime(tickets.get("reopened_at", pd.Series(None, index=tickets.index)))
    tickets = tickets.assign(again_at=reopened)
    waiting = tickets[tickets["resolved_at"].isna() | (reopened > tickets["resolved_at"])]
    answered = waiting.get("first_response_at", pd.Series(None, index=waiting.index)).notna()
    state = answered.map({True: "answered", False: "not answered yet"})
    state = state.where(waiting["again_at"].isna(), "opened again")
    opened = contract.table("tickets")["opened_at"]
    return pd.DataFrame(
        {
            "what": "ticket, " + state,
            "since": waiting["again_at"].fillna(pd.to_datetime(waiting["opened_at"])),
            "detail": [_detail("tickets", opened, row) for row in records(waiting)],
            "amount": float("nan"),
            "negative": ~answered | waiting["again_at"].notna(),
        }
    )


def _open_invoices(invoices: pd.DataFrame | None, at: datetime) -> pd.DataFrame:
    if invoices is None or "paid_at" not in invoices:
        return pd.DataFrame()
    settled = [c for c in ("paid_at", "voided_at", "written_off_at") if c in invoices]
    unpaid = invoices[invoices[settled].isna().all(axis=1)]
    due = pd.to_datetime(unpaid.get("due_at", pd.Series(None, index=unpaid.index)))
    late = due < at
    return pd.DataFrame(
        {
            "what": ["invoice, past due" if is_late else "invoice, not paid yet" for is_late in late],
            "since": due.fillna(unpaid["issued_at"]).where(late, unpaid["issued_at"]),
            "detail": "invoice " + unpaid["invoice_id"].astype("str"),
            "amount": unpaid["amount"].astype("float64"),
            "negative": late,
        }
    )


def lies_ahead(tables: Mapping[str, pd.DataFrame], at: datetime) -> pd.DataFrame:
    """Return the known dates after ``at`` of what is still under way: at, event, detail; the next one first."""
    rows = []
    for (table, column), event in AHEAD.items():
        for row in records(_under_way(table, tables.get(table))):
            if column in row and row[column] == row[column] and row[column] is not None and row[column] >= at:
                name = contract.table(table).unique or "goal"
                detail = f"{name.removesuffix('_id')} {as_text(row.get(name))}"
                rows.append({"at": row[column], "event": event, "detail": detail})
    found = pd.DataFrame(rows, columns=["at", "event", "detail"]).drop_duplicates(["at", "event"])
    return found.sort_values(["at", "event"], ignore_index=True)


def _under_way(table: str, rows: pd.DataFrame | None) -> pd.DataFrame:
    ends = {
        "subscriptions": ["ended_at"],
        "goals": ["reached_at"],
        "invoices": ["paid_at", "voided_at", "written_off_at"],
    }
    if rows is None:
        return pd.DataFrame()
    over = [c for c in ends.get(table, []) if c in rows]
    going_on = rows[rows[over].isna().all(axis=1)]
    return going_on.sort_values("attempted_at").tail(1) if table == "charges" else going_on
