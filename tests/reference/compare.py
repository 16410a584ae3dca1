"""The same question put to the reference and to the verbs, with answers in one form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd

import workbench as wb
from tests.reference import Company, Rules, lives, outcome, state
from workbench.crm.asof import Crm

CANNOT_PAY = frozenset({"cannot afford", "payment failed"})
"""The reasons used in these tests that mean the customer could not pay."""


Answer = set[tuple[Any, ...]]


def rules_of(**settings: Any) -> Rules:
    """Return the verbs' keyword arguments as the reference's rules."""
    named = settings.pop("left_by", None)
    order = {} if named is None else {"left_by": tuple(name.strip() for name in named.split(","))}
    return Rules(financial_reasons=CANNOT_PAY, **order, **settings)


def history(company: Company, **settings: Any) -> Answer:
    """Return (customer, date, kind, billing outcome, reactivated at) of every departure by the reference."""
    rules = rules_of(**settings)
    return {
        (name, life.ended_at, life.kind, life.billing_outcome, life.reactivated_at)
        for name, customer in company.customers.items()
        for life in lives(customer, company, rules)
        if life.ended_at
    }


def history_of(crm: Crm, **settings: Any) -> Answer:
    """Return the same of every departure by the verb, which must have each once."""
    return departures_of(wb.churn_events(crm, **settings).to_pandas())


def departures_of(events: pd.DataFrame) -> Answer:
    return _rows(events, ["customer_id", "occurred_at", "kind", "billing_outcome", "reactivated_at"])


def states(company: Company, at: Iterable[datetime], **settings: Any) -> Answer:
    """Return (customer, as_of, state, at risk) of every customer known then by the reference."""
    rules = rules_of(**settings)
    each = ((name, t, state(customer, company, t, rules)) for name, customer in company.customers.items() for t in at)
    return {(name, t, found.state, found.at_risk) for name, t, found in each if found}


def states_of(crm: Crm, at: Iterable[datetime], **settings: Any) -> Answer:
    """Return the same by the verb, which must have each customer once."""
    return _rows(wb.states(crm, list(at), **settings).to_pandas(), ["customer_id", "as_of", "state", "at_risk"])


def outcomes(company: Company, at: Iterable[datetime], **settings: Any) -> Answer:
    """Return (customer, as_of, churned, kind, billing outcome) of every customer at risk by the reference."""
    rules = rules_of(**settings)
    each = ((name, t, outcome(customer, company, t, rules)) for name, customer in company.customers.items() for t in at)
    return {(name, t, *found) for name, t, found in each if found}


def outcomes_of(crm: Crm, at: Iterable[datetime], **settings: Any) -> Answer:
    """Return the same by the verb, which must have each customer once."""
    columns = ["customer_id", "as_of", "churned", "kind", "billing_outcome"]
    return _rows(wb.label_churn(crm, list(at), **settings).to_pandas(), columns)


def _rows(frame: pd.DataFrame, columns: list[str]) -> Answer:
    rows = [tuple(map(_plain, row)) for row in frame[columns].itertuples(index=False)]
    assert len(set(rows)) == len(rows)
    return set(rows)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return bool(value) if pd.api.types.is_bool(value) else value
