"""How often we write to customers, how they respond, and how many ask us to stop."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, Moment, without_notes
from workbench.errors import DataError
from workbench.metrics.definitions import Metric, share
from workbench.metrics.period_check import period

NOT_NAMED = "not recorded"


def _sent(crm: Crm, start: Moment, end: Moment) -> ir.Table:
    """Return the messages sent to customers in ``[start, end)``; notes are none."""
    if "messages" not in crm or "direction" not in crm["messages"].columns:
        raise DataError("messages to customers are read from messages.direction; map it in the source file.")
    begin, finish = period(crm.facts, start, end, stock=False)
    rows = crm.counted()["messages"]
    within = rows.filter((rows.sent_at >= begin) & (rows.sent_at < finish))
    return without_notes(within.filter(within.direction.strip().lower() == "out"))


def contact_pressure(crm: Crm, start: Moment, end: Moment, *, by: str = "channel") -> pd.DataFrame:
    """Return the messages to customers in ``[start, end)`` and the response to them, by ``channel`` or ``campaign``.

    Columns: channel (or campaign), messages, customers, per_customer (mean messages of a customer who got any),
    most (messages that nine of ten of them got at the most), opened and replied (shares of messages, 0 to 1; empty
    where not recorded). Most messages first. A campaign's response is no effect: for that, see ``campaign_effects``.

    Raises DataError for a source whose messages have no direction, or no column ``by``.
    """
    rows = _sent(crm, start, end)
    if by not in rows.columns:
        raise DataError(f"contact by {by} is read from messages.{by}; map it in the source file.")
    marks = {
        name: (rows[at].notnull().ifelse(1, 0) if at in rows.columns else ibis.null("int64"))
        for name, at in (("opened", "opened_at"), ("replied", "replied_at"))
    }
    sent = rows.select("customer_id", **{by: rows[by]}, **marks)
    named = sent.fill_null({by: NOT_NAMED}) if by == "channel" else sent.filter(sent[by].notnull())
    pairs = named.group_by("customer_id", by).aggregate(
        messages=named.count(), opened=named.opened.sum(), replied=named.replied.sum()
    )
    found = pairs.order_by("customer_id", by).to_pandas().groupby(by)
    sums = found[["messages", "opened", "replied"]].sum(min_count=1).astype("float64")
    shown = pd.DataFrame({
        "messages": sums["messages"].astype("int64"),
        "customers": found["customer_id"].nunique(),
        "per_customer": found["messages"].mean(),
        "most": found["messages"].quantile(0.9, interpolation="higher"),
        "opened": sums["opened"] / sums["messages"],
        "replied": sums["replied"] / sums["messages"],
    }).reset_index()  # fmt: skip
    return shown.sort_values(["messages", by], ascending=[False, True], ignore_index=True)


def opt_outs(crm: Crm, start: Moment, end: Moment) -> Metric:
    """Return the share of the customers with a consent at ``start`` who withdrew one in ``[start, end)``; Wilson.

    Raises DataError for a source that records no withdrawal of consents.
    """
    if "consents" not in crm or not {"granted_at", "withdrawn_at"} <= {*crm["consents"].columns}:
        raise DataError("withdrawn consents are read from consents.granted_at and withdrawn_at; map them.")
    begin, finish = period(crm.facts, start, end, stock=False)
    rows = crm.counted()["consents"]
    held = rows.filter((rows.granted_at < begin) & (rows.withdrawn_at.isnull() | (rows.withdrawn_at >= begin)))
    by = held.group_by("customer_id").aggregate(withdrew=(held.withdrawn_at < finish).fill_null(False).any())
    found = by.to_pandas()["withdrew"]
    return share(
        "consents withdrawn", float(found.sum()), float(len(found)),
        "customers who withdrew a consent in the period / customers with a consent at its start",
    )  # fmt: skip
