"""What an analyst may get wrong in a feature of their own: told by name with the cure, before anything is computed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import ibis
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.asof import Crm
from workbench.errors import UserError

A = wb.Aggregate
MINE = wb.Feature("mine", "x", "orders", "orders", "m", "low", "{value}", A("count"))
AT = "2024-06-01"


@pytest.fixture
def crm() -> Crm:
    return crm_of(
        ("1", "ann", "2024-01-01", 50), ("2", "ann", "2024-03-10", 500), ("3", "bob", "2024-05-30", 10),
        ("4", "ann", "2024-06-20", 7000),
    )  # fmt: skip


def values(crm: Crm, as_of: str | list[str], own: wb.Feature) -> list[float | None]:
    panel = wb.build_features(crm, as_of, own=[own]).to_pandas().sort_values(["as_of", "customer_id"])
    return [None if pd.isna(value) else value for value in panel[own.name]]


def refusal(crm: Crm, own: Any, **asked: Any) -> str:
    """Return what is told of a feature when the panel is asked for; nothing is computed by then."""
    with pytest.raises(UserError) as refused:
        wb.build_features(crm, AT, own=own, **asked)
    return str(refused.value)


ROW_BY_ROW = [
    A("max", of=lambda t: t.amount.max().over(group_by=t.customer_id)),
    A("max", of=lambda t: t.amount - t.amount.mean()),
    A("max", of=lambda t: t.amount.lead()),
    A("max", of=lambda t: t.amount.lead().over(group_by=t.customer_id, order_by=t.ordered_at)),
    A("max", of=lambda t: t.amount.lag().over(order_by=t.ordered_at)),
    A("max", of=lambda t: t.amount.cumsum()),
    A("max", of=lambda t: t.amount.rank()),
    A("max", of=lambda t: t.amount.max().over(group_by=t.ordered_at.date())),
    A("count", where=lambda t: t.ordered_at == t.ordered_at.max()),
    A("count", where=lambda t: t.ordered_at == t.ordered_at.max().over(group_by=t.customer_id)),
    A("count", where=lambda t: ibis.row_number().over(group_by=t.customer_id, order_by=t.ordered_at) == 0),
    A("count", where=lambda _: ibis.row_number() == 0),
    lambda t: (t.amount - t.amount.mean().over(group_by=t.customer_id)).max(),
    lambda t: (t.amount - t.amount.mean().over(group_by=t.as_of)).max(),
    lambda t: (t.amount - t.amount.mean()).max(),
    lambda t: t.amount.lead().max(),
]
"""Each would read an order of after the snapshot, or of another snapshot."""


@pytest.mark.parametrize("value", ROW_BY_ROW)
def test_an_expression_that_reads_other_rows_is_refused(crm: Crm, value: Any) -> None:
    told = refusal(crm, [replace(MINE, value=value)])
    assert told.startswith(
        "feature mine: its expression reads other rows than its own, later ones and other snapshots'"
    )
    assert 'wb.Aggregate("max", of=lambda t: t.amount)' in told


OTHER_CUSTOMERS = [
    lambda f: f.net_revenue.rank(),
    lambda f: f.net_revenue - f.net_revenue.mean(),
    lambda f: f.net_revenue.max().over(),
    lambda f: f.net_revenue.lag().over(group_by=f.customer_id, order_by=f.as_of),
    lambda f: f.net_revenue - f.net_revenue.mean() + f.net_revenue.mean().over(group_by=f.as_of),
    lambda f: (f.net_revenue - f.net_revenue.mean()).max().over(group_by=f.as_of),
    lambda f: f.net_revenue.lag().over(group_by=f.as_of, order_by=f.net_revenue.rank()),
]


@pytest.mark.parametrize("value", OTHER_CUSTOMERS)
def test_a_feature_that_depends_on_the_other_snapshots_of_the_panel_is_refused(crm: Crm, value: Any) -> None:
    told = refusal(crm, [replace(MINE, table="", value=value)])
    assert "feature mine: its expression reads other rows" in told
    assert "f.net_revenue.mean().over(group_by=f.as_of)" in told


def test_a_look_at_other_customers_of_the_same_snapshot_is_the_same_whatever_the_other_snapshots(crm: Crm) -> None:
    own = replace(MINE, table="", value=lambda f: f.net_revenue - f.net_revenue.mean().over(group_by=f.as_of))
    assert values(crm, AT, own) == [270, -270]
    assert values(crm, ["2024-02-01", AT, "2024-06-21"], own) == [0, 270, -270, 3770, -3770]


@pytest.mark.parametrize(
    ("value", "then"),
    [
        (A("max", of=lambda t: t.amount.max().over(group_by=[t.as_of, t.customer_id])), [50, 500, 10]),
        (A("sum", of=lambda t: t.amount.lead().over(group_by=[t.as_of], order_by=t.ordered_at)), [0, 510, 0]),
        (A("max", of=lambda t: t.amount), [50, 500, 10]),
        (lambda t: t.amount.max(), [50, 500, 10]),
    ],
)
def test_what_keeps_to_a_snapshot_knows_no_later_order(crm: Crm, value: Any, then: list[float]) -> None:
    assert values(crm, ["2024-01-05", AT, "2024-06-21"], replace(MINE, value=value))[:3] == then


@ibis.udf.scalar.builtin
def setseed(x: float) -> float: ...


@pytest.mark.parametrize(
    "value",
    [
        A("sum", of=lambda t: setseed(t.amount.cast("float64"))),
        A("count", where=lambda t: t.ordered_at < ibis.now()),
        A("count", where=lambda t: t.ordered_at.date() < ibis.today()),
        A("sum", of=lambda t: t.amount * ibis.random()),
        A("count distinct", of=lambda _: ibis.uuid()),
        lambda t: t.amount.sum() + ibis.random(),
    ],
)
def test_an_expression_with_another_clock_than_the_snapshot_is_refused(crm: Crm, value: Any) -> None:
    told = refusal(crm, [replace(MINE, value=value)])
    assert re.match(r"feature mine: its expression uses (\w+), which may give something else at every run", told)
    assert "The clock is the snapshot: t.as_of." in told
