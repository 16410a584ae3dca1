"""The labels of one day under any thresholds in tenths of a second.

Of most customers only two dates are compared with a threshold, the last activity and the next activity or departure.
Of the others the rules are those of :func:`workbench.label.label_churn`, written once with a placeholder for each
threshold, and run again for each value as a recipe of the engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from workbench.crm import Crm, paid_service
from workbench.engines import Recipe, attach
from workbench.label import Rules, label_churn, states
from workbench.runs.live.undecided import needed, undecided

HORIZON = "horizon_days"
PLACEHOLDERS = {HORIZON: 100_517, "grace_days": 100_003, "overdue_days": 101_009, "inactive_days": 102_001}
"""Days that stand for a threshold: so many that no other number of a statement is one of them, or the sum of two."""
END = datetime(2900, 1, 1)
"""Stands for the end of the data, so far ahead that all placeholders fit before it."""
STAYED = "stayed"
Thresholds = Mapping[str, int | None]


class PreparedLabels:
    """The labels of the customers of a Crm on one day, ready to be made under any thresholds.

    ``settings`` are those of :class:`Rules` without the thresholds; ``silence`` is whether silence has a limit.
    """

    def __init__(self, crm: Crm, as_of: datetime, settings: Mapping[str, Any], *, silence: bool) -> None:
        rules = Rules.of(crm, settings)  # type: ignore[arg-type]
        longest = max((crm.facts.known_until - as_of).days - replace(rules, grace_days=0).settle_days(crm), 1)
        rows, some = needed(crm), undecided(crm, as_of, rules, longest)
        self._by_dates = _ByDates(some.others(rows, as_of), as_of, settings, longest, some.owed_since)
        some = some.with_more(self._by_dates.without_financial())
        self._by_rules = _ByRules(some.of(rows, as_of), as_of, settings, silence=silence)

    def under(self, thresholds: Thresholds) -> tuple[pd.Series, dict[str, int]]:
        """Return outcomes under some thresholds ('stayed' or the kind of churn, by customer_id), and silent customers.

        The latter are the numbers of dormant and lapsed ones.
        """
        parts = [each.under(thresholds) for each in (self._by_rules, self._by_dates)]
        counts = {state: sum(counts.get(state, 0) for _, counts in parts) for state in ("dormant", "lapsed")}
        return pd.concat([outcome for outcome, _ in parts]), counts


def labelled(crm: Crm, as_of: datetime, settings: Mapping[str, Any]) -> tuple[pd.Series, dict[str, int]]:
    """Return the same, labelled once under all settings: what engines do that keep no recipe."""
    return _read(*(table.to_pandas() for table in _tables(crm, as_of, settings)))


def _tables(crm: Crm, as_of: datetime, settings: Mapping[str, Any]) -> tuple[ir.Table, ir.Table]:
    rules = {name: value for name, value in settings.items() if name != HORIZON}
    labels = label_churn(crm, as_of, horizon_days=settings[HORIZON], **rules)
    found = states(crm, as_of, **rules)
    counted = found.group_by("state").aggregate(customers=found.count())
    return labels.select("customer_id", "churned", "kind"), counted


def _read(labels: pd.DataFrame, counted: pd.DataFrame) -> tuple[pd.Series, dict[str, int]]:
    outcome = labels["kind"].where(labels["churned"], STAYED).astype("str").set_axis(labels["customer_id"])
    return outcome, dict(zip(counted["state"], counted["customers"].astype(int), strict=True))


class _ByRules:
    """Customers whose labels are made by the rules, run as a recipe."""

    def __init__(self, crm: Crm, as_of: datetime, settings: Mapping[str, Any], *, silence: bool) -> None:
        self._crm, self._as_of, self._settings = crm, as_of, dict(settings)
        whole = replace(crm, facts=replace(crm.facts, known_until=END))
        names = [name for name in PLACEHOLDERS if silence or name != "inactive_days"]
        asked = {"inactive_days": None, **self._settings, **{name: PLACEHOLDERS[name] for name in names}}
        self._recipe = Recipe(next(iter(crm.tables.values())).get_backend())
        with self._recipe.recorded():
            for table in _tables(whole, as_of, asked):
                self._recipe.result(table)

    def under(self, thresholds: Thresholds) -> tuple[pd.Series, dict[str, int]]:
        return _read(*self._recipe.tables(self._numbers(thresholds)))

    def _numbers(self, thresholds: Thresholds) -> dict[str, str]:
        """Return the text for each placeholder, and for the sums and instants that were made of them."""
        known = {name: value for name, value in thresholds.items() if value is not None}
        horizon = int(known[HORIZON])
        rules = {**self._settings, **{name: value for name, value in known.items() if name != HORIZON}}
        settle = Rules.of(self._crm, rules).settle_days(self._crm)  # type: ignore[arg-type]
        ahead = timedelta(days=PLACEHOLDERS[HORIZON])
        return {
            **{str(PLACEHOLDERS[name]): str(value) for name, value in known.items()},
            str(PLACEHOLDERS[HORIZON] + PLACEHOLDERS["grace_days"]): str(horizon + settle),
            _written(self._as_of + ahead): _written(self._as_of + timedelta(days=horizon)),
            _written(END): _written(self._crm.facts.known_until),
        }


def _written(instant: datetime) -> str:
    """Return an instant as it stands in a statement."""
    (text,) = re.findall(r"MAKE_TIMESTAMP\([^)]*\)", ibis.to_sql(ibis.timestamp(str(instant)), dialect="duckdb"))
    return str(text)


class _ByDates:
    """Customers of whom the last activity, and the next one or the departure, are compared with the thresholds."""

    def __init__(
        self, crm: Crm, as_of: datetime, settings: Mapping[str, Any], longest: int, owed_since: ir.Table | None
    ) -> None:
        self._as_of = as_of
        labels = label_churn(crm, as_of, horizon_days=longest, **_without_debts(crm, settings))
        labels = labels.select("customer_id", "last_at", "next_at", "churned", "kind")
        if owed_since is None:
            labels = labels.mutate(owed_since=ibis.null("timestamp"))
        else:
            labels = attach(labels, owed_since, ["customer_id"])
        subscribed = pd.Index([])
        if "subscriptions" in crm:
            served = paid_service(crm.as_of(as_of))
            subscribed = pd.Index(served.filter(served.ended_at.isnull()).customer_id.to_pandas())
        found = labels.to_pandas()
        self._customers = found.assign(by_orders=~found["customer_id"].isin(subscribed)).set_index("customer_id")

    def without_financial(self) -> list[str]:
        """Take out the customers lost for money, and return them: they may leave later than their service is closed."""
        financial = self._customers["kind"].eq("financial")
        moved = list(self._customers.index[financial])
        self._customers = self._customers[~financial]
        return moved

    def under(self, thresholds: Thresholds) -> tuple[pd.Series, dict[str, int]]:
        customers, days = self._customers, thresholds["inactive_days"]
        silent = pd.Series(False, index=customers.index)
        if days is not None:
            silent = customers["last_at"] < self._as_of - timedelta(days=days)
        by_orders = customers["by_orders"]
        owes = customers["owed_since"] < self._as_of - timedelta(days=int(thresholds["overdue_days"] or 0))
        counts = {"dormant": int((silent & ~by_orders & ~owes).sum()), "lapsed": int((silent & by_orders).sum())}
        next_is_near = customers["next_at"] < self._as_of + timedelta(days=int(thresholds[HORIZON] or 0))
        outcome = pd.Series(STAYED, index=customers.index, dtype="str")
        outcome = outcome.mask(by_orders & ~next_is_near, "passive")
        outcome = outcome.mask(~by_orders & next_is_near, customers["kind"])
        return outcome[~(silent & by_orders)], counts


def _without_debts(crm: Crm, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings under which silence has no limit, nobody comes back and nothing is overdue."""
    history = crm.facts.known_until - crm.facts.begins_at - timedelta(microseconds=1)
    never = {"inactive_days": None, "grace_days": 0, "overdue_days": max(history.days, 1), "failed_charges": 1_000_000}
    return {**settings, **never}
