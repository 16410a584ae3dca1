"""How service works across our own people and channels: who holds the contact, transfers, steps to an answer."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment, without_notes
from workbench.errors import DataError
from workbench.metrics.definitions import Metric, ratio_of_sums
from workbench.metrics.period_check import period

HOLDS = 0.8
"""A customer depends on an agent who holds at least this share of the contact."""
FEWEST_CONTACTS = 3
"""Fewer contacts show no dependence."""


def _within(crm: Crm, table: str, at: str, start: Moment, end: Moment) -> ir.Table:
    begin, finish = period(crm.facts, start, end, stock=False)
    rows = crm.counted()[table]
    return rows.filter((rows[at] >= begin) & (rows[at] < finish))


def _has(crm: Crm, table: str, *columns: str) -> bool:
    return table in crm and {*columns} <= {*crm[table].columns}


def contact_by_agent(crm: Crm, start: Moment, end: Moment) -> pd.DataFrame:
    """Return, per agent of ours, the contact of ``[start, end)`` and the customers who depend on that one person.

    Contact is messages (notes are none) and tickets with an agent. Columns: agent, contacts, customers, dependent
    (customers with three contacts or more, at least 80 % of them this agent's), dependent_share (of those customers of
    the agent's with three or more). The agent on whom most depend comes first.

    Raises DataError for a source that names no agents.
    """
    parts = []
    for table, at in (("messages", "sent_at"), ("tickets", "opened_at")):
        if _has(crm, table, "agent"):
            rows = _within(crm, table, at, start, end)
            if table == "messages":
                rows = without_notes(rows)
            parts.append(rows.filter(rows.agent.notnull()).select("customer_id", "agent"))
    if not parts:
        raise DataError("our own people are read from messages.agent and tickets.agent; this source maps neither.")
    every = ibis.union(*parts) if len(parts) > 1 else parts[0]
    pairs = every.group_by("customer_id", "agent").aggregate(contacts=every.count()).to_pandas()
    whole = pairs.groupby("customer_id")["contacts"].transform("sum")
    pairs = pairs.assign(often=whole >= FEWEST_CONTACTS, holds=pairs["contacts"] >= HOLDS * whole)
    pairs["dependent"] = pairs["often"] & pairs["holds"]
    agents = pairs.groupby("agent").agg(
        contacts=("contacts", "sum"), customers=("customer_id", "nunique"), often=("often", "sum"),
        dependent=("dependent", "sum"),
    ).reset_index()  # fmt: skip
    agents["dependent_share"] = agents["dependent"] / agents["often"].where(agents["often"] > 0)
    ordered = agents.sort_values(["dependent", "contacts", "agent"], ascending=[False, False, True], ignore_index=True)
    return ordered.drop(columns="often")


def transfers(crm: Crm, start: Moment, end: Moment) -> Metric:
    """Return the mean transfers between agents per ticket solved in ``[start, end)``; bootstrap interval by customer.

    Each transfer makes a customer repeat the story. Raises DataError for a source that does not count them.
    """
    if not _has(crm, "tickets", "n_transfers", "resolved_at"):
        raise DataError("transfers are read from tickets.n_transfers and resolved_at; map them in the source file.")
    rows = _within(crm, "tickets", "resolved_at", start, end).filter(ibis._.n_transfers.notnull())
    by = rows.group_by("customer_id").aggregate(moved=rows.n_transfers.sum(), n=rows.count())
    sums = by.order_by("customer_id").to_pandas()
    return ratio_of_sums(
        "transfers per ticket", sums["moved"], sums["n"], "transfers between agents / tickets solved",
        n=int(sums["n"].sum()), n_of="tickets", unit="times",
    )  # fmt: skip


def ease_by_channel(crm: Crm, start: Moment, end: Moment) -> pd.DataFrame:
    """Return time and steps to an answer by channel, for the tickets opened in ``[start, end)``, most tickets first.

    Columns: channel, tickets, solved, median_hours and p90_hours (from opening to solution, of those solved), replies
    and transfers (means of those solved; empty where not recorded), solved_at_once (share of those solved with one
    reply at the most).

    Raises DataError for a source whose tickets name no channel or no time of solution.
    """
    if not _has(crm, "tickets", "channel", "resolved_at"):
        raise DataError("ease by channel is read from tickets.channel and resolved_at; map them in the source file.")
    rows = _within(crm, "tickets", "opened_at", start, end)
    counts = {c: (rows[c] if c in rows.columns else ibis.null("int64")) for c in ("n_replies", "n_transfers")}
    tickets = rows.select("channel", "opened_at", "resolved_at", **counts).to_pandas()
    hours = (tickets["resolved_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    replies = pd.to_numeric(tickets["n_replies"]).astype("float64")
    at_once = (replies <= 1).astype("float64").where(replies.notna())
    by = tickets.assign(
        channel=tickets["channel"].fillna("not recorded"), hours=hours.where(hours >= 0), n_replies=replies,
        n_transfers=pd.to_numeric(tickets["n_transfers"]).astype("float64"), at_once=at_once,
    ).groupby("channel")  # fmt: skip
    found = by.agg(
        tickets=("opened_at", "size"), solved=("hours", "count"), median_hours=("hours", "median"),
        p90_hours=("hours", lambda waited: waited.quantile(0.9)), replies=("n_replies", "mean"),
        transfers=("n_transfers", "mean"), solved_at_once=("at_once", "mean"),
    ).reset_index()  # fmt: skip
    return found.sort_values(["tickets", "channel"], ascending=[False, True], ignore_index=True)
