"""When customers had a paid service, of which plan and at what price: the one table that states and revenue read.

A trial is no paid service until it turns into one, and what is neither paid, trial nor free never began. A source that
records the notice only takes it for the end of service.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from workbench.crm.amounts import AMOUNT
from workbench.crm.asof import AsOf, Crm, keys
from workbench.crm.remembered import remembered
from workbench.engines import attach, first_of, materialized
from workbench.errors import DataError

HALF_A_MONTH = 15
"""Days."""
TERM_MONTHS = {
    "month": 1, "monthly": 1, "quarter": 3, "quarterly": 3, "year": 12, "yearly": 12, "annual": 12, "annually": 12,
}  # fmt: skip
"""Months in a billing period."""
DAY = ibis.interval(days=1)
TURNS = ("paused", "resumed")


@remembered
def paid_service(tables: Crm | AsOf) -> ir.Table:
    """Return the paid subscriptions, one row each, with the dates between which their service was paid.

    The columns of subscriptions, where started_at is the end of the trial if there was one, and always cancelled_at
    (notice), ended_at and cancel_reason. Left out: trials that ended unpaid, or have not ended yet.

    >>> import pandas as pd
    >>> from workbench.crm import load_tables
    >>> rows = {"subscription_id": ["a", "b"], "customer_id": ["ann", "bob"],
    ...         "started_at": ["2024-01-01", "2024-06-01"], "trial_ends_at": ["2024-01-15", None],
    ...         "cancelled_at": ["2024-01-10", "2024-07-01"]}
    >>> paid_service(load_tables({"subscriptions": pd.DataFrame(rows)})).customer_id.to_pandas().tolist()
    ['bob']

    Raises DataError for a source without subscriptions.
    """
    subscriptions = _with_trial_ends(tables)
    if "kind" in subscriptions.columns:
        subscriptions = subscriptions.filter(_is_paid(subscriptions))
    if "trial_ends_at" not in subscriptions.columns:
        return subscriptions
    return subscriptions.filter(_became_paid(subscriptions, _now(tables, subscriptions))).mutate(
        started_at=_paid_from(subscriptions)
    )


def unpaid_service(tables: Crm | AsOf) -> ir.Table:
    """Return the trials and free plans.

    Columns: customer_id (and as_of in a view), kind ('trial', 'free'), started_at, ended_at.
    A subscription that has a trial is one until the trial ends; a trial that turned into a paid service is left out.
    """
    subscriptions = _with_trial_ends(tables)
    kind = subscriptions.kind if "kind" in subscriptions.columns else ibis.null("string")
    subscriptions = subscriptions.mutate(kind=kind.fill_null("paid"))
    tried = subscriptions.kind.isin(["trial", "free"])
    if "trial_ends_at" not in subscriptions.columns:
        return subscriptions.filter(tried).select(*keys(tables), "kind", "started_at", "ended_at")
    now = _now(tables, subscriptions)
    unpaid = (subscriptions.kind == "paid") & ~_became_paid(subscriptions, now)
    over = (subscriptions.kind != "free") & (subscriptions.trial_ends_at < now)
    trial_end = ibis.ifelse(over.fill_null(False), subscriptions.trial_ends_at, None)
    return subscriptions.filter(tried | unpaid).select(
        *keys(tables),
        "started_at",
        kind=ibis.ifelse(subscriptions.kind == "free", "free", "trial"),
        ended_at=subscriptions.ended_at.coalesce(trial_end),
    )


def with_ends(subscriptions: ir.Table) -> ir.Table:
    """Return the subscriptions with cancelled_at, ended_at and cancel_reason; a notice alone is taken for the end."""
    if "ended_at" not in subscriptions.columns and "cancelled_at" in subscriptions.columns:
        subscriptions = subscriptions.mutate(ended_at=subscriptions.cancelled_at)
    types = {"cancelled_at": "timestamp", "ended_at": "timestamp", "cancel_reason": "string"}
    return subscriptions.mutate(**{n: ibis.null(t) for n, t in types.items() if n not in subscriptions.columns})


def _with_trial_ends(tables: Crm | AsOf) -> ir.Table:
    """A notice given during a trial ends it with the trial, where no other end of service is known."""
    if "subscriptions" not in tables:
        known = ", ".join(tables.crm if isinstance(tables, AsOf) else tables)
        raise DataError(f"paid service is read from the table subscriptions; this source has {known}.")
    subscriptions = with_ends(tables["subscriptions"])
    if "trial_ends_at" not in subscriptions.columns:
        return subscriptions
    at_trial_end = ibis.ifelse(_noticed_in_trial(subscriptions), subscriptions.trial_ends_at, None)
    return subscriptions.mutate(ended_at=subscriptions.ended_at.coalesce(at_trial_end))


def _noticed_in_trial(subscriptions: ir.Table) -> ir.BooleanValue:
    return (subscriptions.cancelled_at < subscriptions.trial_ends_at).fill_null(False)


def _is_paid(subscriptions: ir.Table) -> ir.Value:
    return subscriptions.kind.isnull() | (subscriptions.kind == "paid")


def _paid_from(subscriptions: ir.Table) -> ir.Value:
    return ibis.greatest(subscriptions.started_at, subscriptions.trial_ends_at.coalesce(subscriptions.started_at))


def _became_paid(subscriptions: ir.Table, now: ir.Value) -> ir.Value:
    """Whether there was no trial, or it is over without notice and the service lasted longer than a day after it."""
    ends = subscriptions.trial_ends_at
    lasted = (
        (ends < now)
        & ~_noticed_in_trial(subscriptions)
        & (subscriptions.ended_at.isnull() | (subscriptions.ended_at >= ends + DAY))
    )
    return ends.isnull() | (ends <= subscriptions.started_at) | lasted


def _now(tables: Crm | AsOf, rows: ir.Table) -> ir.Value:
    return rows.as_of if isinstance(tables, AsOf) else ibis.timestamp(str(tables.facts.known_until))


@remembered
def service_spans(tables: Crm | AsOf) -> ir.Table:
    """Return the times of paid service, cut wherever plan or price changed, or the service was paused or resumed.

    Columns: customer_id (and as_of in a view), subscription_id, plan, mrr (currency/month; 0 while paused, empty where
    not known), todays (bool: the amount is the export's, for want of a history), paused (bool), started_at, noticed_at,
    ended_at (empty: goes on). A span counts at an instant when ``started_at < instant <= ended_at``: what happened
    before the instant is known at it. In a view the amounts and plans of the export are not known.

    Raises DataError for a source without subscriptions.
    """
    served, by = paid_service(tables), [*keys(tables), "subscription_id", "started_at"]
    own = {"own_plan": ("plan", "string"), "own_mrr": ("mrr", AMOUNT)}
    values = {n: (served[c] if c in served.columns else ibis.null(t)).cast(t) for n, (c, t) in own.items()}
    served = served.select(*by, "ended_at", noticed_at="cancelled_at", **values)
    if "subscription_changes" not in tables:
        nothing = {"plan": ibis.null("string"), "mrr": ibis.null(AMOUNT), "paused": ibis.literal(False)}
        spans = _named(served.mutate(priced=False, planned=False, begins_at=served.started_at, **nothing), by)
    else:
        spans = _named(_cut(served, tables, by), by)
    # Recurring revenue asks at many instants; a view has its instants already.
    return spans if isinstance(tables, AsOf) else materialized(spans)


def last_plans(known: Crm, at: datetime) -> ir.Table:
    """Return customer_id, plan, paid_a_month (currency): of the dearest service running, or the last one that ran."""
    now = ibis.timestamp(str(at))
    spans = service_spans(known)
    begun = spans.filter(spans.started_at < now)
    over = begun.ended_at.notnull() & (begun.ended_at < now)
    begun = begun.mutate(over=over, price=begun.mrr.fill_null(0), since=ibis.ifelse(over, begun.started_at, None))
    last = first_of(begun, ["customer_id"], "over", ibis.desc("since"), ibis.desc("price"), "started_at", "plan")
    return last.select("customer_id", "plan", paid_a_month=last.mrr.cast("float64"))


def pauses(tables: Crm | AsOf) -> ir.Table:
    """Return the last pause or resumption of each subscription: subscription_id (as_of in a view), paused, changed_at.

    A pause and a resumption at one instant cancel out.
    """
    by = _subscription(tables)
    turned = _changes(tables, _ever_turned(tables)).filter(ibis._.turn.notnull())
    last = first_of(turned, by, ibis.desc("changed_at"))
    return last.select(*by, "changed_at", paused=last.turn == "paused")


def _subscription(tables: Crm | AsOf) -> list[str]:
    return ["as_of", "subscription_id"] if isinstance(tables, AsOf) else ["subscription_id"]


def _ever_turned(tables: Crm | AsOf) -> ir.Table:
    """Return the changes of the subscriptions that were ever paused or resumed; most never are."""
    rows, whole = tables["subscription_changes"], tables.crm if isinstance(tables, AsOf) else tables
    if "change" not in rows.columns:
        return rows.filter(ibis.literal(False))
    turned = whole["subscription_changes"].filter(ibis._.change.isin(TURNS))
    return rows.semi_join(turned, "subscription_id")


def _changes(tables: Crm | AsOf, rows: ir.Table) -> ir.Table:
    """Return one row per instant at which a subscription changed: plan, mrr and turn (paused, resumed) since then.

    Of several amounts or plans at one instant the largest holds, as rows of one instant have no order.
    """
    by = _subscription(tables)
    rows = _with_changes(rows)
    turned = rows.change.isin(TURNS).fill_null(False)
    is_pause = (rows.change == "paused").fill_null(False)
    at_once = rows.group_by([*by, "changed_at"]).aggregate(
        plan=rows["plan"].max(),
        mrr=rows.mrr.max(where=~is_pause).cast(AMOUNT),
        first_turn=rows.change.min(where=turned),
        last_turn=rows.change.max(where=turned),
    )
    turn = ibis.ifelse(at_once.first_turn == at_once.last_turn, at_once.last_turn, None)
    return _carried(at_once.select(*by, "changed_at", "plan", "mrr", turn=turn), ["plan", "mrr", "turn"], by)


def _carried(rows: ir.Table, names: list[str], by: list[str]) -> ir.Table:
    """Fill the gaps of columns with the last value before them."""
    until_then = ibis.cumulative_window(group_by=by, order_by="changed_at")
    stretches = {f"{name} since": rows[name].count().over(until_then) for name in names}
    rows = rows.mutate(**stretches)
    whole = {name: rows[name].max().over(ibis.window(group_by=[*by, f"{name} since"])) for name in names}
    return rows.mutate(**whole).drop(*stretches)


def _with_changes(rows: ir.Table) -> ir.Table:
    types = {"change": "string", "plan": "string", "mrr": AMOUNT}
    return rows.mutate(**{n: ibis.null(t) for n, t in types.items() if n not in rows.columns})


def _said_by_changes(tables: Crm | AsOf) -> ir.Table:
    """Return whether any change of a subscription says its amount (priced) and its plan (planned)."""
    rows = _with_changes(tables["subscription_changes"])
    known = {"priced": rows.mrr.count() > 0, "planned": rows["plan"].count() > 0}
    return rows.group_by(_subscription(tables)).aggregate(**known)


def _cut(served: ir.Table, tables: Crm | AsOf, by: list[str]) -> ir.Table:
    """Add begins_at and what held from then on: a row per change during the service, and one for its start.

    One subscription has several services, known apart ``by`` their start, where rules of churn closed it in between.
    """
    subscription = _subscription(tables)
    served = attach(served, _said_by_changes(tables), subscription)
    served = served.mutate(priced=served.priced.fill_null(False), planned=served.planned.fill_null(False))
    pairs = served.join(_changes(tables, tables["subscription_changes"]), subscription)
    pairs = pairs.filter(pairs.ended_at.isnull() | (pairs.changed_at < pairs.ended_at))
    pairs = pairs.mutate(
        begins_at=ibis.greatest(pairs.changed_at, pairs.started_at), paused=(pairs.turn == "paused").fill_null(False)
    ).drop("turn")
    unchanged = {"plan": "string", "mrr": AMOUNT, "changed_at": "timestamp"}
    begun = served.mutate(
        begins_at=served.started_at, paused=ibis.literal(False), **{n: ibis.null(t) for n, t in unchanged.items()}
    )
    both = ibis.union(*(_same(part, pairs.columns) for part in (pairs, begun)))
    return first_of(both, [*by, "begins_at"], ibis.desc("changed_at")).drop("changed_at")


def _same(part: ir.Table, columns: tuple[str, ...]) -> ir.Table:
    """Engines differ in the precision they give to computed instants."""
    part = part.select(columns)
    return part.cast({name: "timestamp" for name, kind in part.schema().items() if kind.is_timestamp()})


def _named(pieces: ir.Table, by: list[str]) -> ir.Table:
    following = pieces.begins_at.lead().over(ibis.window(group_by=by, order_by="begins_at"))
    todays = ~pieces.priced & pieces.own_mrr.notnull() & ~pieces.paused
    amount = ibis.cases(
        (pieces.paused, ibis.literal(Decimal(0)).cast(AMOUNT)), (pieces.priced, pieces.mrr), else_=pieces.own_mrr
    )
    return pieces.select(
        *(c for c in by if c != "started_at"), "paused", "noticed_at",
        plan=ibis.ifelse(pieces.planned, pieces["plan"], pieces.own_plan), mrr=amount, todays=todays,
        started_at=pieces.begins_at, ended_at=following.coalesce(pieces.ended_at),
    )  # fmt: skip


def first_term_end(subscriptions: ir.Table, since: ir.Value) -> ir.Value:
    """Return the first end of a term at or after an instant; empty where none is known.

    Terms end at renews_at and every billing period before and after it; without a known period only then. One before
    renews_at and less than half a period after started_at is none: a term is not over when it has hardly begun.
    """
    near, later, last = _terms(subscriptions, since, (0, 1, 2))
    begun = _earliest(subscriptions)
    known = _months(subscriptions) > 0
    return ibis.cases(
        ((near >= since) & (near >= begun), near), (known & (later >= begun), later), (known, last), else_=None
    )


def last_term_end(subscriptions: ir.Table, before: ir.Value) -> ir.Value:
    """Return the last end of a term before an instant, by the same terms as ``first_term_end``."""
    near, earlier = _terms(subscriptions, before, (0, -1))
    last = ibis.ifelse(near < before, near, ibis.ifelse(_months(subscriptions) > 0, earlier, None))
    return ibis.ifelse(last >= _earliest(subscriptions), last, None)


def _earliest(subscriptions: ir.Table) -> ir.Value:
    """The first instant that may be the end of a term."""
    half = subscriptions.started_at + (_months(subscriptions) * HALF_A_MONTH).as_interval("D")
    return ibis.least(half, subscriptions.renews_at)


def _months(subscriptions: ir.Table) -> ir.Value:
    if "billing_period" not in subscriptions.columns:
        return ibis.literal(0, "int64")
    return subscriptions.billing_period.lower().cases(*TERM_MONTHS.items(), else_=0).cast("int64").fill_null(0)


def _terms(subscriptions: ir.Table, at: ir.Value, steps: tuple[int, ...]) -> list[ir.Value]:
    """The end of the term in the month of an instant, or in the last month before that has one, and so many later."""
    months, renews = _months(subscriptions), subscriptions.renews_at
    apart = (at.year() - renews.year()) * 12 + (at.month() - renews.month())
    terms = (apart / months.nullif(0)).floor().cast("int64").fill_null(0)
    return [renews + ((terms + step) * months).as_interval("M") for step in steps]
