"""The particulars of each customer that a task names: the open ticket, the plan, the product bought last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir
import pandas as pd

from workbench.actions import contact_particulars as contact
from workbench.actions import contract_particulars as contract
from workbench.actions import payment_particulars as payment
from workbench.actions import use_particulars as use
from workbench.contract import is_own
from workbench.crm import Crm, last_plans

STATIC = (
    "name", "owner", "preferred_channel", "contact_hours", "time_zone", "country", "region", "segment", "industry",
    "company_size",
)  # fmt: skip


@dataclass(frozen=True)
class Particular:
    """Columns found in one table of a source, where the table has the columns ``needs``."""

    table: str
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    find: Callable[[Crm, datetime], ir.Table]
    also: tuple[str, ...] = ()

    def there(self, crm: Crm) -> bool:
        """Return whether the source has what is needed."""
        if self.table in crm and {*self.needs} <= {*crm[self.table].columns}:
            return True
        return any(name in crm and "contacted_at" in crm[name].columns for name in self.also)


PARTICULARS = (
    Particular("subscriptions", (), ("plan", "paid_a_month"), last_plans),
    Particular("subscriptions", ("renews_at",), contract.TERMS, contract.terms),
    Particular("subscriptions", ("trial_ends_at",), ("trial_ends_on",), contract.trials),
    Particular("subscriptions", ("kind",), ("free_since",), contract.free_plans),
    Particular("subscriptions", ("cancelled_at",), ("notice_on", "service_ends_on", "notice_reason"), contract.notices),
    Particular("subscriptions", ("ended_at",), ("left_on", "left_reason"), contract.departures),
    Particular("invoices", ("due_at",), ("invoice", "invoice_due_on", "invoice_amount"), payment.owed),
    Particular("invoices", ("disputed_at",), ("disputed_invoice", "disputed_on"), payment.disputes),
    Particular("charges", (), ("failed_in_row", "failed_on", "failure_code"), payment.failures),
    Particular("charges", ("card_expires_at",), ("card_ends_on",), payment.cards),
    Particular("tickets", ("resolved_at",), ("ticket", "ticket_opened_on", "ticket_kind"), contact.open_tickets),
    Particular("tickets", ("resolved_at", "kind"), ("complaint", "complained_on"), contact.open_complaints),
    Particular("surveys", ("instrument",), ("nps_on", "nps_reason", "nps_comment"), contact.last_answers),
    Particular("contacts", (), ("person", "usual_people"), contact.people),
    Particular("contacts", ("role", "left_at"), ("decision_maker_left_on",), contact.decision_makers_left),
    Particular("messages", ("direction",), ("contacted_on",), contact.last_contacts, also=("treatments",)),
    Particular("messages", ("campaign",), ("thanked_on",), contact.thanks),
    Particular("messages", ("direction", "channel", "opened_at"), ("silent_on", "unread"), contact.silent_channels),
    Particular("events", ("event",), ("top_feature", "lost_feature", "lost_feature_uses"), use.features),
    Particular("events", ("event",), ("key_feature",), use.key_feature),
    Particular("orders", ("product",), ("last_product", "usual_product", "usual_product_orders"), use.products),
    Particular("orders", ("product",), ("returned_product", "returned_on"), use.returned),
    Particular("orders", ("product",), ("next_product", "next_to", "next_product_share"), use.next_products),
)  # fmt: skip
AHEAD = {
    "contract_ends_on": "days_to_contract_end",
    "trial_ends_on": "days_to_trial_end",
    "service_ends_on": "days_to_service_end",
    "card_ends_on": "days_to_card_end",
}
"""Days to come, and the column with how many days it is until then."""
AGO = {
    "ticket_opened_on": "ticket_days", "complained_on": "complaint_days", "invoice_due_on": "invoice_days",
    "failed_on": "days_since_failure", "left_on": "days_since_left", "notice_on": "days_since_notice",
    "contacted_on": "days_since_contacted", "thanked_on": "days_since_thanked", "returned_on": "days_since_returned",
    "disputed_on": "disputed_days", "decision_maker_left_on": "days_since_decision_maker_left",
}  # fmt: skip
"""Days gone by, and the column with how many days it has been since then."""


def particular_needs() -> dict[str, str]:
    """Return every column that a source may give, and the table and columns it is found in."""
    needs = {}
    for each in PARTICULARS:
        for name in each.gives:
            needs[name] = ", ".join(f"{each.table}.{c}" for c in each.needs) or each.table
            counted = AHEAD.get(name) or AGO.get(name)
            needs |= {counted: needs[name]} if counted else {}
    return needs | {name: f"customers.{name}" for name in STATIC}


def particulars(crm: Crm, at: datetime, customers: pd.Series) -> pd.DataFrame:
    """Return customer_id of ``customers``, in their order, and what the source's tables say of each at ``at``.

    Days are dates; for each there is a column with the days until then or since then. Only what was known before ``at``
    is used; of the day of the export, its values and all that happened on it.
    """
    crm = crm.counted()
    known = crm if crm.facts.is_export_day(at) else crm.known_at(at)
    ids = pd.Index(customers, name="customer_id")
    found = [columns.set_index("customer_id").reindex(ids) for columns in _each(known, at)]
    return _counted(pd.concat([pd.DataFrame(index=ids), *found], axis=1).reset_index(), at)  # copies no column


def _each(known: Crm, at: datetime) -> Iterator[pd.DataFrame]:
    if "customers" in known:
        static = [c for c in known["customers"].columns if c in STATIC or is_own(c)]
        yield known["customers"].select("customer_id", *static).to_pandas()
    for each in PARTICULARS:
        if each.there(known):
            yield each.find(known, at).select("customer_id", *each.gives).to_pandas()


def _counted(found: pd.DataFrame, at: datetime) -> pd.DataFrame:
    today = pd.Timestamp(at)
    for columns, sign in ((AHEAD, 1), (AGO, -1)):
        for name, days in columns.items():
            if name in found:
                found[name] = pd.to_datetime(found[name])
                found[days] = (found[name] - today).dt.days * sign
    return found
