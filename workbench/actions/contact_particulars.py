"""What a customer asked, answered and read, and who the customer's people are."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce

import ibis
import ibis.expr.types as ir

from workbench.crm import Crm, is_open, open_since, without_notes
from workbench.engines import first_of

COMPLAINT = "complaint|grievance"
DECIDES = "decision|decider|owner|buyer|director"
NOT_PERSONAL = "newsletter|digest|announcement"
THANKS = "thank"
FORGOTTEN = 180
"""Days after which nobody waits for an answer to a ticket any more."""
SILENT_AFTER = 2
"""So many messages of 90 days by one channel, none of them opened or answered, and the channel is silent."""


def open_tickets(known: Crm, at: datetime) -> ir.Table:
    """Return ticket, ticket_kind and ticket_opened_on (or opened again on) of the ticket that waits longest.

    One as old as FORGOTTEN days comes after all newer ones: it must not hide a customer who still waits.
    """
    oldest = first_of(_open(known, at), ["customer_id"], "forgotten", "since", "ticket_id")
    return oldest.select(
        "customer_id", ticket=oldest.ticket_id, ticket_opened_on=oldest.since.date(), ticket_kind=_kind(oldest)
    )


def open_complaints(known: Crm, at: datetime) -> ir.Table:
    """Return complaint and complained_on (or again on) of the open complaint that waits longest, as of tickets."""
    rows = _open(known, at)
    oldest = first_of(
        rows.filter(rows.kind.lower().re_search(COMPLAINT)), ["customer_id"], "forgotten", "since", "ticket_id"
    )
    return oldest.select("customer_id", complaint=oldest.ticket_id, complained_on=oldest.since.date())


def _open(known: Crm, at: datetime) -> ir.Table:
    rows = known["tickets"]
    rows = rows.mutate(since=open_since(rows))
    forgotten = rows.since < ibis.timestamp(str(at - timedelta(days=FORGOTTEN)))
    return rows.filter(is_open(rows) & (rows.since < ibis.timestamp(str(at)))).mutate(forgotten=forgotten)


def _kind(tickets: ir.Table) -> ir.Value:
    kind = tickets.kind if "kind" in tickets.columns else ibis.null("string")
    return kind.re_replace("_", " ").fill_null("ticket")


def last_answers(known: Crm, at: datetime) -> ir.Table:
    """Return nps_on, nps_reason and nps_comment of the last answer to 'would you recommend us'."""
    rows = known["surveys"].filter(ibis._.answered_at < ibis.timestamp(str(at)))
    rows = rows.filter(rows.instrument.strip().lower() == "nps")
    texts = {f"nps_{c}": rows[c] if c in rows.columns else ibis.null("string") for c in ("reason", "comment")}
    last = first_of(rows.mutate(**texts), ["customer_id"], ibis.desc("answered_at"), "score")
    return last.select("customer_id", "nps_reason", "nps_comment", nps_on=last.answered_at.date())


def people(known: Crm, at: datetime) -> ir.Table:
    """Return person, the decision maker who is there or else another, and usual_people: half of all have so many.

    A person is given by name, or by contact_id where the source has no names.
    """
    rows = known["contacts"]
    if "left_at" in rows.columns:
        rows = rows.filter(rows.left_at.isnull() | (rows.left_at >= ibis.timestamp(str(at))))
    role = rows.role if "role" in rows.columns else ibis.null("string")
    rows = rows.mutate(decides=role.lower().re_search(DECIDES).fill_null(False).cast("int64"))
    first = first_of(rows, ["customer_id"], ibis.desc("decides"), "contact_id")
    called = first.name.coalesce(first.contact_id) if "name" in first.columns else first.contact_id
    sizes = rows.group_by("customer_id").aggregate(n=rows.count())
    usual = sizes.aggregate(usual_people=sizes.n.median().floor().cast("float64"))
    return first.select("customer_id", person=called).cross_join(usual)


def decision_makers_left(known: Crm, at: datetime) -> ir.Table:
    """Return decision_maker_left_on of customers whose decision makers have all left: the day the last one did."""
    rows = known["contacts"]
    rows = rows.filter(rows.role.lower().re_search(DECIDES))
    left = rows.left_at < ibis.timestamp(str(at))
    by = rows.group_by("customer_id").aggregate(last=rows.left_at.max(), all_left=left.fill_null(False).all())
    return by.filter(by.all_left).select("customer_id", decision_maker_left_on=by["last"].date())


def last_contacts(known: Crm, at: datetime) -> ir.Table:
    """Return contacted_on: the last day we wrote, called or made an offer, that of the export included.

    Newsletters and our own notes do not count.
    """
    end, parts = ibis.timestamp(str(at + timedelta(days=1))), []
    if "messages" in known and "direction" in known["messages"].columns:
        rows = without_notes(known["messages"])
        campaign = rows.campaign if "campaign" in rows.columns else ibis.null("string")
        to_many = campaign.lower().re_search(NOT_PERSONAL).fill_null(False)
        parts.append(
            rows.filter((rows.direction.strip().lower() == "out") & ~to_many).select("customer_id", at="sent_at")
        )
    if "treatments" in known and "contacted_at" in known["treatments"].columns:
        parts.append(known["treatments"].select("customer_id", at="contacted_at").filter(ibis._["at"].notnull()))
    rows = reduce(ibis.union, [part.cast({"at": "timestamp"}) for part in parts])
    rows = rows.filter(rows["at"] < end)
    return rows.group_by("customer_id").aggregate(contacted_on=rows["at"].max().date())


def thanks(known: Crm, at: datetime) -> ir.Table:
    """Return thanked_on: the last day of a message whose campaign is a thank-you."""
    rows = without_notes(known["messages"]).filter(ibis._.sent_at < ibis.timestamp(str(at)))
    rows = rows.filter(rows.campaign.lower().re_search(THANKS).fill_null(False))
    return rows.group_by("customer_id").aggregate(thanked_on=rows.sent_at.max().date())


def silent_channels(known: Crm, at: datetime) -> ir.Table:
    """Return silent_on: the channel (of several, the first by name) by which nothing of 90 days was read or answered.

    With unread: how many messages that were. A channel by which nobody ever read or answered anything, such as phone
    calls or letters, does not record it: on it nobody is silent.
    """
    now, rows = ibis.timestamp(str(at)), without_notes(known["messages"])
    rows = rows.filter((rows.sent_at < now) & (rows.direction.strip().lower() == "out") & rows.channel.notnull())
    marks = [rows[c].notnull() for c in ("opened_at", "replied_at") if c in rows.columns]
    noticed = reduce(lambda one, other: one | other, marks)
    rows = rows.select("customer_id", "sent_at", channel=rows.channel.lower().strip(), noticed=noticed.cast("int64"))
    rows = rows.semi_join(rows.filter(rows.noticed == 1), "channel")
    recent = rows.filter(rows.sent_at >= now - ibis.interval(days=90)).group_by("customer_id", "channel")
    counted = recent.aggregate(unread=ibis._.count(), noticed=ibis._.noticed.sum())
    silent = counted.filter((counted.noticed == 0) & (counted.unread >= SILENT_AFTER))
    return first_of(silent, ["customer_id"], "channel").select("customer_id", "unread", silent_on="channel")
