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


def rules_of(**settings: Any) -> Rules:
    """Return the verbs' keyword arguments as the reference's rules."""
    named = settings.pop("left_by", None)
    order = {} if named is None else {"left_by": tuple(name.strip() for name in named.split(","))}
    return Rules(financial_reasons=CANNOT_PAY, **order, **settings)


def history(company: Company, **settings: Any) -> set[tuple[Any, ...]]:
    """Return (customer, date, kind, billing outcome, reactivated at) of every departure by the reference."""
    rules = rules_of(**settings)
    return {
        (name, life.ended_at, life.kind, life.billing_outcome, life.reactivated_at)
        for name, customer in company.customers.items()
        for life in lives(customer, company, rules)
        if life.ended_at
    }


def history_told(crm: Crm, **settings: Any) -> set[tuple[Any, ...]]:
    """Return the same of every departure by the verb, which must tell each once."""
    columns = ["customer_id", "occurred_at", "kind", "billing_outcome", "reactivated_at"]
    return _rows(wb.churn_events(crm, **settings), columns)


def states(company: Company, at: Iterable[datetime], **settings: Any) -> set[tuple[Any, ...]]:
    """Return (customer, as_of, state, at risk) of every customer known then by the reference."""
    rules = rules_of(**settings)
    told = ((name, t, state(customer, company, t, rules)) for name, customer in company.customers.items() for t in at)
    return {(name, t, found.state, found.at_risk) for name, t, found in told if found}


def states_told(crm: Crm, at: Iterable[datetime], **settings: Any) -> set[tuple[Any, ...]]:
    """Return the same by the verb, which must tell each customer once."""
    return _rows(wb.states(crm, list(at), **settings), ["customer_id", "as_of", "state", "at_risk"])


def outcomes(company: Company, at: Iterable[datetime], **settings: Any) -> set[tuple[Any, ...]]:
    """Return (customer, as_of, churned, kind, billing outcome) of every customer at risk by the reference."""
    rules = rules_of(**settings)
    told = ((name, t, outcome(customer, company, t, rules)) for name, customer in company.customers.items() for t in at)
    return {(name, t, *found) for name, t, found in told if found}


def outcomes_told(crm: Crm, at: Iterable[datetime], **settings: Any) -> set[tuple[Any, ...]]:
    """Return the same by the verb, which must tell each customer once."""
    columns = ["customer_id", "as_of", "churned", "kind", "billing_outcome"]
    return _rows(wb.label_churn(crm, list(at), **settings), columns)


def _rows(told: Any, columns: list[str]) -> set[tuple[Any, ...]]:
    frame = told.to_pandas()
    rows = [tuple(map(_plain, row)) for row in frame[columns].itertuples(index=False)]
    assert len(set(rows)) == len(rows)
    return set(rows)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return bool(value) if pd.api.types.is_bool(value) else value
