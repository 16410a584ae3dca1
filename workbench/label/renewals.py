"""Contracts whose term ends soon: whom to call before the end."""

from __future__ import annotations

from typing import Unpack

import ibis
import ibis.expr.types as ir

from workbench.crm import KEY, Crm, Moment, check_current, first_term_end, moments
from workbench.engines import attach
from workbench.errors import DataError
from workbench.label.customer_states import known
from workbench.label.rules import Rules, Settings
from workbench.label.subscriptions import segments


def renewals_due(crm: Crm, as_of: Moment, *, within_days: int = 60, **settings: Unpack[Settings]) -> ir.Table:
    """Return the paid subscriptions of customers at risk whose term ends in ``[as_of, as_of + within_days)``.

    Columns: customer_id, as_of, subscription_id, renews_at (the end of the running term), days_left, billing_period (if
    the source has it), state. Terms end at subscriptions.renews_at and every billing period before and after it.

    Raises DataError for a source that does not know when terms end, SettingError for a day outside the data.
    """
    if "subscriptions" not in crm or "renews_at" not in crm["subscriptions"].columns:
        raise DataError("renewals need the column renews_at of subscriptions; map it in the source file.")
    rules = Rules.of(crm, settings)
    check_current(crm.facts, as_of)
    view = crm.counted().as_of(moments(as_of))
    served = segments(view, rules)
    going_on = served.filter(served.ended_at.isnull() & served.cancelled_at.isnull()).select(*KEY, "subscription_id")
    terms = view["subscriptions"]
    extra = [c for c in ("billing_period",) if c in terms.columns]
    terms = terms.mutate(renews_at=first_term_end(terms, terms.as_of))
    due = terms.filter(terms.renews_at < terms.as_of + ibis.interval(days=within_days))
    due = due.select(*KEY, "subscription_id", "renews_at", *extra).semi_join(going_on, [*KEY, "subscription_id"])
    state = known(view, rules).select(*KEY, "state", "at_risk")
    met = attach(due, state, KEY)
    days_left = met.renews_at.date().delta(met.as_of.date(), unit="day")
    return met.filter(met.at_risk).mutate(days_left=days_left).drop("at_risk")
