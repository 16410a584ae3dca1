"""Gather one customer's profile from the tables and a run; :mod:`~workbench.actions.customer_page` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import ibis
import pandas as pd

from workbench import label
from workbench.actions.customer_history import (
    as_text,
    history,
    lies_ahead,
    rows_of_customer,
    still_open,
)
from workbench.actions.customer_page import CustomerProfile
from workbench.actions.health import STARTERS as HEALTH_STARTERS
from workbench.actions.health import HealthScore, fitting, health, health_from, read_health
from workbench.actions.similar_customers import Panel, similar_customers
from workbench.contract import UNKNOWN_CURRENCY
from workbench.crm import Crm, Moment, check_current, moment, read_crm
from workbench.errors import DataError, UserError
from workbench.segments import segment_titles

RECENT_DAYS = 90
NOT_SHOWN = ("customer_id", "signed_up_at", "closed_at")


class Stages(Panel, Protocol):
    """A run's folder: the tables that its notebooks wrote."""

    @property
    def derived(self) -> Path:
        """The folder of the stage tables."""

    @property
    def reports(self) -> Path:
        """The folder of what people read."""

    def read_json(self, name: str) -> Any:
        """Return plain values written beside the tables."""


def customer(of: Stages | Crm, customer_id: object, *, as_of: Moment | None = None) -> CustomerProfile:
    """Return one customer's profile from a run (``wb.open_run``) or a Crm, as known at ``as_of``.

    Without ``as_of`` it is the day that the run looks from, or the day until which the data are known. From a Crm there
    is no score, health, segment or task, as those need a run.

    Raises DataError for an id that is in no table, with the nearest ids; SettingError for a day outside the data.
    """
    loaded = of if isinstance(of, Crm) else read_crm(of.derived / "crm")
    if as_of is not None:
        check_current(loaded.facts, as_of)
    name = str(customer_id)
    if isinstance(of, Crm):
        at = of.facts.known_until if as_of is None else moment(as_of)
        known = _known(loaded, name, at)
        return CustomerProfile(**known, state=_state(loaded.known_at(at), name, at))
    states = of.read("states", columns=["state", "why"], customer_id=name)
    scored_at = pd.Timestamp(of.read("scores", columns=["state"])["as_of"].max()).to_pydatetime()
    at = scored_at if as_of is None else moment(as_of)
    known = _known(loaded, name, at) | {"state": _in_words(states[states["as_of"] == at])}
    return CustomerProfile(**known, **_of_run(of, name, at)) if at == scored_at else CustomerProfile(**known)


def _known(loaded: Crm, customer_id: str, at: datetime) -> dict[str, Any]:
    """Return the fields of a profile that the tables alone give."""
    crm = loaded.known_at(at)
    tables = rows_of_customer(crm, customer_id, at)
    if not tables:
        _refuse_unknown(loaded, customer_id, at)
    happened = history(tables, crm.facts)
    return {
        "customer_id": customer_id,
        "as_of": at,
        "company": crm.facts.name,
        "currency": "" if crm.facts.currency == UNKNOWN_CURRENCY else crm.facts.currency,
        "facts": _facts(tables.get("customers")),
        "history": happened,
        "open": still_open(tables, at),
        "ahead": lies_ahead(tables, at),
        "results": results(tables, at),
        "last_contact": _last_contact(happened),
    }


def _refuse_unknown(crm: Crm, customer_id: str, at: datetime) -> None:
    """Raise DataError: nothing was known of this customer at ``at``, with the ids that look alike."""
    named = [crm[name].select("customer_id") for name in crm if "customer_id" in crm[name].columns]
    every = (ibis.union(*named) if len(named) > 1 else named[0]).distinct().filter(ibis._.customer_id.notnull())
    if int(every.filter(every.customer_id == customer_id).count().to_pandas()):
        raise DataError(f"customer {customer_id!r} has no row before {at:%Y-%m-%d}; choose a later as_of.")
    apart = every.customer_id.lower().levenshtein(customer_id.lower())
    close = every.mutate(apart=apart).order_by("apart", "customer_id").head(3).to_pandas()["customer_id"]
    raise DataError(
        f"customer {customer_id!r} is in no table of {crm.facts.name}; the nearest ids are {', '.join(close)}."
    )


def _facts(rows: pd.DataFrame | None) -> dict[str, str]:
    if rows is None:
        return {}
    first = rows.iloc[0]
    values = {str(c).replace("_", " "): as_text(first[c]) for c in rows.columns if c not in NOT_SHOWN}
    return {name: value for name, value in values.items() if value}


def _state(crm: Crm, customer_id: str, at: datetime) -> dict[str, str]:
    """Return the customer's state at ``at`` and why; nothing where the tables or the history do not allow one."""
    mine = crm.restricted(lambda rows: rows.filter(rows.customer_id == customer_id))
    try:
        return _in_words(label.states(mine, at).to_pandas())
    except UserError:
        return {}


def _in_words(states: pd.DataFrame) -> dict[str, str]:
    if states.empty:
        return {}
    state, why = states["state"].iloc[0], as_text(states["why"].iloc[0])
    return {"state": state if why in ("", state) else f"{state}: {why}"}


def _last_contact(happened: pd.DataFrame) -> str:
    spoken = happened[happened["event"].str.startswith(("message", "answered", "ticket first answered", "reached"))]
    if spoken.empty:
        return "none on record"
    last = spoken.iloc[0]
    return f"{last['at']:%Y-%m-%d}: {last['event']}" + (f" ({last['detail']})" if last["detail"] else "")


def results(tables: Mapping[str, pd.DataFrame], at: datetime) -> pd.DataFrame:
    """Return what the customer did and spent: what, last_90_days, the_90_before, so_far.

    Uses of the product by event (the ten most frequent), orders, their amount less returns, and invoices paid.
    """
    rows = [*_uses(tables.get("events"), at), *_spent(tables, at)]
    return pd.DataFrame(rows, columns=["what", "last_90_days", "the_90_before", "so_far"])


def _uses(events: pd.DataFrame | None, at: datetime) -> list[tuple[str, float, float, float]]:
    if events is None:
        return []
    named = events["event"].fillna("use") if "event" in events else pd.Series("use", index=events.index)
    most = named.value_counts().sort_index().sort_values(ascending=False, kind="stable").head(10).index
    when = pd.to_datetime(events["occurred_at"])
    return [(f"use: {name}", *_counts(when[named == name], 1.0, at)) for name in most]


def _spent(tables: Mapping[str, pd.DataFrame], at: datetime) -> list[tuple[str, float, float, float]]:
    found = []
    if "orders" in tables:
        orders = tables["orders"].sort_values("ordered_at")
        bought = orders[orders["amount"] > 0].drop_duplicates("order_id")
        found.append(("orders", *_counts(pd.to_datetime(bought["ordered_at"]), 1.0, at)))
        found.append(("order amount", *_counts(pd.to_datetime(orders["ordered_at"]), orders["amount"], at)))
    if "invoices" in tables and "paid_at" in tables["invoices"]:
        paid = tables["invoices"].dropna(subset="paid_at")
        found.append(("invoices paid, amount", *_counts(pd.to_datetime(paid["paid_at"]), paid["amount"], at)))
    return found


def _counts(when: pd.Series, weight: Any, at: datetime) -> tuple[float, float, float]:
    weights = pd.Series(weight, index=when.index).astype("float64")
    recent, before = at - timedelta(days=RECENT_DAYS), at - timedelta(days=2 * RECENT_DAYS)
    return (
        float(weights[when >= recent].sum()),
        float(weights[(when >= before) & (when < recent)].sum()),
        float(weights.sum()),
    )


def _of_run(run: Stages, customer_id: str, at: datetime) -> dict[str, Any]:
    """Return the fields of a profile that a run adds."""
    mine = run.read("scores", customer_id=customer_id)
    labels = run.read("labels")
    past = labels.loc[labels["customer_id"] == customer_id, ["as_of", "churned", "kind", "rule", "evidence"]]
    scored = {} if mine.empty else _score(mine.iloc[0])
    at_risk = not mine.empty and bool(mine["at_risk"].iloc[0])
    evaluation = run.read_json("evaluation")
    return {
        "score": scored,
        "past": past.sort_values("as_of", ascending=False, ignore_index=True),
        "health": _health(run, customer_id),
        "segments": _segments(run, customer_id),
        "tasks": _tasks(run, customer_id),
        "similar": similar_customers(run, customer_id, labels, evaluation["drivers"], at) if at_risk else None,
    }


def _score(row: pd.Series) -> dict[str, str]:
    chances = {
        "chance of leaving": row["churn_probability"],
        "chance of returning": row["return_probability"],
        **{f"of these, {kind}": row.get(f"{kind}_probability") for kind in ("active", "financial", "passive")},
    }
    known = {name: f"{100 * value:.1f} %" for name, value in chances.items() if value is not None and value == value}
    return known | ({"why": str(row["why"])} if row["why"] else {})


def _health(run: Stages, customer_id: str) -> pd.DataFrame:
    panel = run.read("features", customer_id=customer_id)
    known, _ = fitting(_points(run, panel), panel)
    if panel.empty or not known.behaviours:
        return pd.DataFrame()
    return health(known, panel.reset_index(drop=True)).drop(columns="customer_id").sort_values("as_of")


def _points(run: Stages, panel: pd.DataFrame) -> HealthScore:
    """Return the health score of the run; the starter where notebook 05 has not run yet."""
    if (run.derived / "health_points.json").is_file():
        return health_from(run.read_json("health_points"), where="health_points.json")
    return read_health(HEALTH_STARTERS["subscriptions" if "subscription_days" in panel else "orders"])


def _segments(run: Stages, customer_id: str) -> dict[str, str]:
    if not (run.derived / "segments.parquet").is_file():
        return {}
    rows = run.read("segments", customer_id=customer_id)
    if rows.empty:
        return {}
    last = rows.sort_values("as_of").iloc[-1].drop(["customer_id", "as_of"])
    titles = segment_titles(columns=last.index)
    named = {_sorted_by(str(c), titles): as_text(value) for c, value in last.items()}
    return {name: value for name, value in named.items() if value}


def _sorted_by(column: str, titles: Mapping[str, str]) -> str:
    """Return what a column of segments sorts customers by, in words."""
    return titles.get(column, column.removesuffix("_segment").replace("_", " ")).lower()


def _tasks(run: Stages, customer_id: str) -> pd.DataFrame:
    path = run.reports / "actions.csv"
    if not path.is_file():
        return pd.DataFrame()
    rows = pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False)
    quoted = rows["customer_id"].str.removeprefix("'") == customer_id.removeprefix("'")
    shown = [
        c for c in ("list", "rank", "owner", "channel", "when", "due", "why", "action", "say", "offer") if c in rows
    ]
    mine = rows.loc[quoted, shown].reset_index(drop=True)
    return mine.loc[:, (mine != "").any()]  # nothing is offered or said in most
