"""All that a playbook may ask of a customer, on one row: state, features, scores, segments, worth and particulars."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.actions.particulars import STATIC, particular_needs, particulars
from workbench.actions.playbook import OCCASION
from workbench.crm import KEY, Crm
from workbench.engines import first_of
from workbench.features import CATEGORIES, FEATURES
from workbench.model import Money, margin_if_retained
from workbench.segments import revenue_of_a_year, segment_titles

ALWAYS = {
    "state": "states", "at_risk": "states", "judged_by": "states", "churn_probability": "scores",
    "return_probability": "scores", "likely_kind": "scores", "active_probability": "scores",
    "financial_probability": "scores", "passive_probability": "scores", "why": "scores", "sign": "scores",
    "health": "health_points", "health_warning": "health_points", "health_why": "health_points",
    "health_fall": "health_points", "yearly_revenue": "orders, invoices or subscriptions.mrr",
    "margin_if_retained": "orders, invoices or subscriptions.mrr", "customer_days": "a first order or sign-up",
    "years_completed": "a first order or sign-up", "anniversary_years": "a first order or sign-up",
    "days_to_anniversary": "a first order or sign-up", "anniversary_on": "a first order or sign-up",
    "reach_by": "consents, or customers.preferred_channel", "may_email": "consents", "save_share": "treatments",
    "last_order_on": "orders", "left_kind": "departures", "left_for": "departures",
}  # fmt: skip
"""Columns beside features, categories, particulars and segments, and where they come from."""
OTHER_TEXTS = ("customer_id", "customer_type", "budget")
OTHER_NUMBERS = ("as_of", "revenue_at_risk")
"""Columns of the customer base that a condition may read too."""
SINCE = ("account_days", "tenure_days", "subscription_days", "usage_days")
"""Features that tell since when a customer is one."""
MONTHS = 12
TEXTS = {
    "state", "judged_by", "likely_kind", "why", "sign", "health_warning", "health_why", "contract_period",
    "contract_renews", "failure_code", "invoice", "disputed_invoice", "ticket", "ticket_kind", "complaint", "person",
    "nps_reason", "nps_comment", "silent_on", "notice_reason", "left_reason", "left_kind", "left_for", "top_feature",
    "lost_feature", "key_feature", "last_product", "usual_product", "returned_product", "next_product", "next_to",
    "reach_by", *CATEGORIES, *STATIC, *segment_titles(),
}  # fmt: skip
"""The columns that are texts."""


def column_needs() -> dict[str, str]:
    """Return every column that a playbook may name, and the table (and columns) it is made from."""
    features = {name: column.table or "other features" for name, column in FEATURES.items()}
    categories = {name: category.table for name, category in CATEGORIES.items()}
    segments = dict.fromkeys(segment_titles(), "segments")
    return ALWAYS | features | categories | segments | particular_needs()


def unread(columns: Iterable[object], read: Collection[str]) -> list[str]:
    """Return the features among the columns that neither these names nor :func:`all_customers` itself read."""
    return [str(name) for name in columns if name in FEATURES and name not in read and name not in SINCE]


def all_customers(
    crm: Crm,
    panel: pd.DataFrame,
    states: pd.DataFrame,
    now: pd.DataFrame,
    at: datetime,
    *,
    money: Money,
    lives: ir.Table | None = None,
) -> pd.DataFrame:
    """Return one row per customer known at ``at``, also those in notice, on trial and gone, with all that is known.

    Input: the panel of features, the states, and ``now``, the customer base of those at risk and lapsed. With the
    ``lives`` of customers their last departure has its kind (left_kind) and the reason it is sorted under (left_for).
    """
    known = states[states["as_of"] == at]
    others = known[~known["customer_id"].isin(now["customer_id"])][[*KEY, "state", "at_risk"]]
    others = others.merge(panel[panel["as_of"] == at], on=KEY, how="left")
    others["yearly_revenue"] = revenue_of_a_year(crm, at, others["customer_id"]).astype("float64")
    lacking = {name: now[name].dtype for name in now if name not in others}
    empty = {
        name: pd.Series(index=others.index, dtype="str" if kind == "str" else "float64")
        for name, kind in lacking.items()
    }
    others = pd.concat([others, pd.DataFrame(empty, index=others.index)], axis=1)  # texts stay texts
    base = pd.concat([now, others], ignore_index=True)
    del others
    base = beside(base, known[["customer_id", "judged_by"]])
    found = particulars(crm, at, base["customer_id"]).drop(columns="customer_id")
    base = pd.concat([base.drop(columns=[c for c in found if c in base]), found], axis=1)
    del found
    others_margin = margin_if_retained(_worth_again(base), money)
    base["margin_if_retained"] = base["margin_if_retained"].where(
        base["customer_id"].isin(now["customer_id"]), others_margin
    )
    return _with_anniversary(base if lives is None else _with_departures(base, lives, at), at)


def _with_departures(base: pd.DataFrame, lives: ir.Table, at: datetime) -> pd.DataFrame:
    """Add left_kind and left_for, and the words of the reason where the subscription has none."""
    ended = lives.filter(lives.ended_at < ibis.timestamp(str(at)))
    last = first_of(ended, ["customer_id"], ibis.desc("ended_at"), "life").select(
        "customer_id", left_kind="kind", left_for="reason", said=ended.reason_text.strip().lower().replace("_", " ")
    )
    found = beside(base, last.to_pandas())
    for name in {"left_reason", "notice_reason"} & {*found}:
        found[name] = found[name].fillna(found["said"])
    return found.drop(columns="said")


def beside(customers: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    """Return the customers with these columns of theirs, empty where there is no row; a merge would copy all others.

    >>> beside(pd.DataFrame({"customer_id": ["a", "b"]}), pd.DataFrame({"customer_id": ["b"], "n": [1]}))["n"].tolist()
    [nan, 1.0]
    """
    found = columns.set_index("customer_id").reindex(customers["customer_id"])
    return pd.concat([customers, found.set_index(customers.index)], axis=1)


def _worth_again(customers: pd.DataFrame) -> pd.Series:
    """Return what a customer brings in a year who stays or returns: as in the last one, or as was paid at the end."""
    brought = customers["yearly_revenue"]
    if "paid_a_month" not in customers:
        return brought
    return pd.concat([brought, customers["paid_a_month"] * MONTHS], axis=1).max(axis=1)


def empty_customers(segments: Iterable[str] = ()) -> pd.DataFrame:
    """Return no customers, with every column that a condition may name, of its type.

    ``segments`` are the columns of the analyst's own. Columns of own features are not known here.

    >>> empty_customers()["days_since_order"].dtype
    dtype('float64')
    """
    texts = {name: pd.Series(dtype="str") for name in (*OTHER_TEXTS, *segments)}
    return with_empty(pd.DataFrame(texts), [*column_needs(), *OTHER_NUMBERS, *OCCASION])


def with_empty(customers: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return the customers with an empty column for each name that is not there: nothing is known of it here."""
    missing = [name for name in dict.fromkeys(names) if name not in customers]
    kinds = {n: "str" if n in TEXTS else "datetime64[us]" if n.endswith("_on") else "float64" for n in missing}
    empty = {name: pd.Series(None, index=customers.index, dtype=kind) for name, kind in kinds.items()}
    return pd.concat([customers, pd.DataFrame(empty, index=customers.index)], axis=1)  # at once: not in many pieces


def _with_anniversary(base: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Add since when a customer is one, unless the data begin later; and when that will be how many years ago."""
    days = base["account_days"] if "account_days" in base else _first_seen(base)
    since = pd.Timestamp(at) - pd.to_timedelta(days, unit="D")
    years = at.year - since.dt.year
    years = years + (_on(since, years) < at).astype(int)
    day = _on(since, years)
    ahead = (day - pd.Timestamp(at)).dt.days
    found = {"customer_days": days, "days_to_anniversary": ahead, "anniversary_on": day, "anniversary_years": years}
    return base.assign(**found, years_completed=years.where(ahead == 0, years - 1))


def _first_seen(base: pd.DataFrame) -> pd.Series:
    seen = base["tenure_days"] if "tenure_days" in base else base.get("subscription_days", base.get("usage_days"))
    if seen is None:
        return pd.Series(float("nan"), index=base.index)
    return seen.where(base["existing_at_begin"] != 1) if "existing_at_begin" in base else seen


def _on(since: pd.Series, years: pd.Series) -> pd.Series:
    """The same day so many years later; the 28th for a 29th of February."""
    days = since.dt.day.where(~((since.dt.month == 2) & (since.dt.day == 29)), 28)
    parts = pd.DataFrame({"year": since.dt.year + years, "month": since.dt.month, "day": days})
    return pd.to_datetime(parts.where(since.notna()))
