"""What customers bring beside their own orders: referrals, new products tried, and orders lost to bad service."""

from __future__ import annotations

from datetime import timedelta

import ibis
import pandas as pd

from workbench.crm import Crm, Moment, check_current, is_sale, moment
from workbench.errors import DataError
from workbench.metrics.definitions import Metric, share
from workbench.metrics.period_check import period
from workbench.metrics.population import standing_sales

AFTER_SERVICE_DAYS = 30
"""An order placed so many days after bad service, or sooner, stands under its impression."""
LOW_SATISFACTION = 0.5
"""A mark in this lower part of the scale is bad service: 1 to 3 of 1 to 5."""


def _need(crm: Crm, what: str, table: str, *columns: str) -> None:
    if table not in crm or not {*columns} <= {*crm[table].columns}:
        raise DataError(f"{what} is read from {', '.join(f'{table}.{c}' for c in columns)}; map it in the source file.")


def referrals(crm: Crm, start: Moment, end: Moment) -> Metric:
    """Return the share of the customers who signed up in ``[start, end)`` whom another customer referred.

    Wilson interval. Raises DataError for a source that does not record who referred a customer.
    """
    _need(crm, "who was referred", "customers", "signed_up_at", "referred_by")
    begin, finish = period(crm.facts, start, end, stock=False)
    rows = crm.counted()["customers"]
    new = rows.filter((rows.signed_up_at >= begin) & (rows.signed_up_at < finish))
    referred, of = new.aggregate(referred=new.referred_by.count(), n=new.count()).to_pandas().iloc[0]
    return share(
        "referred customers", float(referred), float(of), "new customers whom a customer referred / new customers"
    )


def referrers(crm: Crm, as_of: Moment) -> pd.DataFrame:
    """Return customer_id and referred, the number of customers each has brought before ``as_of``; the most first.

    Raises DataError for a source that does not record who referred a customer, SettingError for an instant outside the
    data.
    """
    _need(crm, "who refers", "customers", "referred_by")
    check_current(crm.facts, as_of)
    rows = crm.known_at(as_of).counted()["customers"]
    rows = rows.filter(rows.referred_by.notnull())
    found = rows.group_by(customer_id=rows.referred_by).aggregate(referred=rows.count()).to_pandas()
    return found.sort_values(["referred", "customer_id"], ascending=[False, True], ignore_index=True)


def new_products_tried(crm: Crm, start: Moment, end: Moment) -> Metric:
    """Return the share of the buyers of ``[start, end)`` with an earlier order who bought a product new to them.

    Orders that were cancelled, or taken back whole, before the end do not count. Wilson interval. Raises DataError for
    a source whose orders name no product.
    """
    _need(crm, "which products are new to a customer", "orders", "product")
    begin, finish = (moment(at, name=name) for at, name in ((start, "start"), (end, "end")))
    period(crm.facts, start, end, stock=False)
    rows = crm.counted()["orders"]
    until = ibis.timestamp(str(finish))
    # Whether an order was taken back whole is seen on all its lines, and a return may name no product.
    sold = standing_sales(rows.filter(rows.ordered_at < until), until).filter(ibis._["product"].notnull())
    first = sold.group_by("customer_id", "product").aggregate(first=sold.ordered_at.min(), last=sold.ordered_at.max())
    at = ibis.timestamp(str(begin))
    by = first.group_by("customer_id").aggregate(
        before=(first["first"] < at).sum(), inside=(first["last"] >= at).sum(), new=(first["first"] >= at).sum()
    )
    found = by.filter((by.before > 0) & (by.inside > 0)).to_pandas()
    words = "buyers with an earlier order who bought a product new to them / buyers with an earlier order"
    return share("new products tried", float((found["new"] > 0).sum()), len(found), words)


def cancelled_after_service(crm: Crm, start: Moment, end: Moment) -> dict[str, Metric]:
    """Return the shares of the orders of ``[start, end)`` that were cancelled: after bad service, and all others.

    Bad service is a complaint, or a ticket marked 3 or less on a scale of 1 to 5 (the lower half of the source's
    scale), opened up to 30 days before the order. Wilson intervals over orders; a difference is no proof of a cause.

    Raises DataError for a source without cancelled orders or without tickets.
    """
    _need(crm, "which orders were cancelled", "orders", "cancelled_at")
    _need(crm, "bad service", "tickets", "opened_at")
    begin, finish = period(crm.facts, start, end, stock=False)
    rows = crm.counted()["orders"]
    placed = rows.filter(is_sale(rows) & (rows.ordered_at >= begin) & (rows.ordered_at < finish))
    orders = placed.group_by("order_id", "customer_id").aggregate(
        at=placed.ordered_at.min(), cancelled=placed.cancelled_at.count() > 0
    )
    found = orders.order_by("order_id").to_pandas()
    bad = _bad_service(crm)
    pairs = found.merge(bad, on="customer_id")
    since = pairs["at"] - pairs["opened_at"]
    after = pairs[(since >= timedelta(0)) & (since <= timedelta(days=AFTER_SERVICE_DAYS))]["order_id"].unique()
    under = found["order_id"].isin(after)
    words = "orders cancelled / orders placed"
    return {
        name: share(f"orders cancelled, {name}", float(part["cancelled"].sum()), len(part), words, n_of="orders")
        for name, part in (("after bad service", found[under]), ("others", found[~under]))
    }


def _bad_service(crm: Crm) -> pd.DataFrame:
    tickets = crm.counted()["tickets"]
    low, high = crm.facts.scales["tickets"]
    bad = ibis.literal(False)
    if "kind" in tickets.columns:
        bad |= (tickets.kind.lower() == "complaint").fill_null(False)
    if "satisfaction" in tickets.columns:
        bad |= (tickets.satisfaction <= low + LOW_SATISFACTION * (high - low)).fill_null(False)
    return tickets.filter(bad).select("customer_id", "opened_at").to_pandas()
