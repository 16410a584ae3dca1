"""What an analyst may get wrong in a feature of their own: reported by name with the cure, before anything is computed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.crm.instants import moments
from workbench.errors import DataError, SettingError, UserError

A = wb.Aggregate
MINE = wb.Feature("mine", "x", "orders", "orders", "m", "low", "{value}", A("count"))
AT = "2024-06-01"


@pytest.fixture(scope="module")
def crm() -> Crm:
    return crm_of(
        ("1", "ann", "2024-01-01", 50), ("2", "ann", "2024-03-10", 500), ("3", "bob", "2024-05-30", 10),
        ("4", "ann", "2024-06-20", 7000),
    )  # fmt: skip


def values(crm: Crm, as_of: str | list[str], own: wb.Feature) -> list[float | None]:
    panel = wb.build_features(crm, as_of, own=[own]).to_pandas().sort_values(["as_of", "customer_id"])
    return [None if pd.isna(value) else value for value in panel[own.name]]


def values_of_each(crm: Crm, as_of: str | list[str], values: list[Any]) -> list[list[float | None]]:
    """Return the values of several features, which one panel holds: to plan a panel takes long."""
    own = [replace(MINE, name=f"mine_{place}", value=value) for place, value in enumerate(values)]
    panel = wb.build_features(crm, as_of, own=own).to_pandas().sort_values(["as_of", "customer_id"])
    return [[None if pd.isna(value) else value for value in panel[one.name]] for one in own]


def refusal(crm: Crm, own: Any, **asked: Any) -> str:
    """Return the refusal of a feature when the panel is asked for; nothing is computed by then."""
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
    message = refusal(crm, [replace(MINE, value=value)])
    assert message.startswith(
        "feature mine: its expression reads other rows than its own, later ones and other snapshots'"
    )
    assert 'wb.Aggregate("max", of=lambda t: t.amount)' in message


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
    message = refusal(crm, [replace(MINE, table="", value=value)])
    assert "feature mine: its expression reads other rows" in message
    assert "f.net_revenue.mean().over(group_by=f.as_of)" in message


def test_a_look_at_other_customers_of_the_same_snapshot_is_the_same_whatever_the_other_snapshots(crm: Crm) -> None:
    own = replace(MINE, table="", value=lambda f: f.net_revenue - f.net_revenue.mean().over(group_by=f.as_of))
    assert values(crm, AT, own) == [270, -270]
    assert values(crm, ["2024-02-01", AT, "2024-06-21"], own) == [0, 270, -270, 3770, -3770]


WITHIN_A_SNAPSHOT: list[tuple[Any, list[float]]] = [
    (A("max", of=lambda t: t.amount.max().over(group_by=[t.as_of, t.customer_id])), [50, 500, 10]),
    (A("sum", of=lambda t: t.amount.lead().over(group_by=[t.as_of], order_by=t.ordered_at)), [0, 510, 0]),
    (A("max", of=lambda t: t.amount), [50, 500, 10]),
    (lambda t: t.amount.max(), [50, 500, 10]),
]


def test_what_keeps_to_a_snapshot_knows_no_later_order(crm: Crm) -> None:
    found = values_of_each(crm, ["2024-01-05", AT, "2024-06-21"], [value for value, _ in WITHIN_A_SNAPSHOT])
    assert [each[:3] for each in found] == [then for _, then in WITHIN_A_SNAPSHOT]


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
    message = refusal(crm, [replace(MINE, value=value)])
    assert re.match(r"feature mine: its expression uses (\w+), which may give something else at every run", message)
    assert "The clock is the snapshot: t.as_of." in message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (A("sum"), "the sum of what? Name the row's value"),
        (A("mean"), "the mean of what?"),
        (A("min"), "the min of what?"),
        (A("max"), "the max of what?"),
        (A("last"), "the last of what?"),
        (A("count distinct"), "the count distinct of what?"),
        (A("count", of=lambda t: t.amount), "'count' takes no of; where says which rows count"),
        (A(5), "no aggregate 5; known: count"),
        (5, "its value is 5; use a wb.Aggregate or lambda t: t.amount.max()"),
        (A("sum", of=lambda t: t.customer_id), "its expression gives string; a feature is a number, or yes or no"),
        (A("max", of=lambda t: t.customer_id), "gives string"),
        (A("min", of=lambda t: t.customer_id), "gives string"),
        (A("last", of=lambda t: t.customer_id), "gives string"),
        (A("mean", of=lambda t: t.customer_id), "gives string"),
        (A("max", of=lambda t: t.ordered_at), "gives timestamp(6); a feature is a number"),
        (A("max", of=lambda t: t.as_of - t.ordered_at), "gives interval"),
        (lambda t: t.customer_id.max(), "gives string"),
        (lambda t: t.ordered_at.max(), "gives timestamp"),
        (A("days since last", of=lambda t: t.ordered_at), "'days since last' takes no of"),
        (A("count", where=lambda t: t.amount), "where is to give yes or no, such as t.amount > 100"),
        (A("sum", of=lambda t: t.customer_id.cast("int64")), 'casts text to int64, which fails for any text that is none. Write .try_cast("int64")'),
        (A("count", where=lambda t: t.customer_id.cast("timestamp") < t.as_of), 'Write .try_cast("timestamp")'),
        (A("count", dated_by="when"), "dated_by 'when' is no column at a snapshot; dates of orders: ordered_at"),
        (A("count", dated_by="amount"), "dated_by 'amount' is decimal"),
        (A("count", dated_by="customer_id"), "dated_by 'customer_id' is string, not a date"),
        (A("count", dated_by="as_of"), "not a date; dates of orders: ordered_at"),
        (A("count", dated_by=5), "dated_by 5 is no column"),
    ],
)  # fmt: skip
def test_a_value_that_is_no_number_or_cannot_be_computed_is_refused(crm: Crm, value: Any, words: str) -> None:
    message = refusal(crm, [replace(MINE, value=value)])
    assert message.startswith("feature mine: ")
    assert words in message


TAKEN: list[tuple[Any, list[Any]]] = [
    (A("max", of=lambda t: t.amount > 100), [1, 0]),
    (A("last", of=lambda t: t.amount > 100), [1, 0]),
    (A("sum", of=lambda t: t.amount > 100), [1, 0]),
    (A("count distinct", of=lambda t: t.ordered_at.date()), [2, 1]),
    (A("count distinct", of=lambda t: t.customer_id), [1, 1]),
    (A("days since last", where=lambda t: t.amount > 20), [83, None]),
    (A("max", of=lambda t: t.customer_id.try_cast("int64")), [None, None]),
    (A("max", of=lambda t: t.order_id.re_extract("([0-9]+)", 1).cast("int64")), [2, 3]),
    (A("count", where=lambda t: t.ordered_at > ibis.literal("2024-02-01").cast("timestamp")), [1, 1]),
    (A("count", dated_by="ordered_at"), [2, 1]),
    (lambda t: (t.amount > 100).any(), [1, 0]),
]


def test_a_number_yes_or_no_and_a_count_of_anything_are_taken(crm: Crm) -> None:
    assert values_of_each(crm, AT, [value for value, _ in TAKEN]) == [expected for _, expected in TAKEN]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": 5}, "feature 5: name is 5; it is a text"),
        ({"reason": None}, "feature mine: reason is None; it is a text"),
        ({"table": None}, "feature mine: table is None; it is a text"),
        ({"reason": "{value} {value.days}"}, "feature mine: its reason may hold {value} and {days} only"),
        ({"none": "x"}, "feature mine: none is 'x'; it is a number, or left out"),
        ({"needs": "n_orders"}, "feature mine: needs is 'n_orders'; it is a tuple of names"),
        ({"windows": [30]}, "feature mine: windows [30]; they are a tuple, each a whole number of days from 1"),
        ({"windows": 30}, "feature mine: windows 30; they are a tuple"),
        ({"windows": (True,)}, "feature mine: windows (True,); they are a tuple"),
        ({"name": "data_days"}, "feature data_days is declared twice; give your own another name"),
        ({"name": "at"}, "feature at is declared twice"),
        ({"name": "N_Orders"}, "feature N_Orders is declared twice"),
        ({"name": "Customer_ID"}, "feature Customer_ID is declared twice"),
    ],
)
def test_a_badly_typed_part_and_a_taken_name_are_refused(crm: Crm, changed: dict[str, Any], words: str) -> None:
    assert words in refusal(crm, [replace(MINE, **changed)])


def test_names_equal_but_for_upper_case_are_one_name(crm: Crm) -> None:
    assert "feature Mine is declared twice" in refusal(crm, [MINE, replace(MINE, name="Mine")])
    assert "feature n_orders_14d is declared" in refusal(crm, [replace(MINE, name="n_orders_14d")], windows=(14,))


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (MINE, "own is a Feature, not a list of features; write own=[wb.Feature(...)]"),
        ("n_orders", "own is a str, not a list"),
        (None, "own is a NoneType, not a list"),
        (["n_orders"], "own holds 'n_orders', which is no feature; declare it: own=[wb.Feature(...)]"),
    ],
)
def test_what_is_no_list_of_features_is_refused(crm: Crm, own: Any, words: str) -> None:
    assert words in refusal(crm, own)


def made_from(name: str, *needs: str) -> wb.Feature:
    return replace(MINE, name=name, table="", value=lambda f: sum(f[need] for need in needs), needs=needs)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ([made_from("mine", "n_ordres")], "mine needs n_ordres, which is not made before it from this source; did you mean n_orders?"),
        ([made_from("mine", "n_open_tickets")], "mine needs n_open_tickets, which is not made before it from this source"),
        ([made_from("one", "other"), made_from("other", "one")], "one needs other, which is not made before it; put other first in the list. No two can need each other."),
        ([made_from("mine", "mine")], "mine needs mine, which is not made before it"),
        ([made_from("twice", "mine"), made_from("mine", "n_orders")], "twice needs mine, which is not made before it; put mine first"),
    ],
)  # fmt: skip
def test_a_feature_whose_needs_are_not_made_before_it_is_refused_and_not_left_out(
    crm: Crm, own: list[wb.Feature], words: str
) -> None:
    assert f"feature {words}" in refusal(crm, own)


def test_windows_that_take_the_place_of_those_a_feature_needs_leave_it_out_of_no_panel_unsaid(crm: Crm) -> None:
    own = [replace(MINE, windows=(30,)), made_from("double", "mine_30d")]
    assert "double" in wb.build_features(crm, AT, own=own).columns
    assert "feature double needs mine_30d, which is not made before it" in refusal(crm, own, windows=(14,))


def test_a_made_column_read_without_naming_it_has_to_be_named_in_needs(crm: Crm) -> None:
    own = replace(MINE, table="", value=lambda f: f.silence_against_usual)
    assert "no column 'silence_against_usual' before it" in refusal(crm, [own])
    assert "must be named in needs" in refusal(crm, [own])


def test_changes_without_the_subscriptions_they_belong_to_are_refused_by_the_features_name(crm: Crm) -> None:
    changes = {"subscription_id": ["s"], "changed_at": ["2024-02-01"], "change": ["upgrade"]}
    alone = wb.load_tables({"orders": crm["orders"].to_pandas(), "subscription_changes": pd.DataFrame(changes)})
    with pytest.raises(DataError, match=r"feature mine: subscription_changes name no customer without .*subscriptions"):
        wb.build_features(alone, AT, own=[replace(MINE, table="subscription_changes")])


@pytest.mark.parametrize("windows", [(-5,), (0,), (True,), ("30",), (30.5,), 30, "30", (), {30}])
def test_windows_that_are_no_whole_days_are_refused_by_their_value(crm: Crm, windows: Any) -> None:
    with pytest.raises(SettingError, match=re.escape(f"windows {windows!r}: they are whole numbers of days from 1")):
        wb.build_features(crm, AT, windows=windows)


@pytest.mark.parametrize("windows", [[30], (30,), range(30, 31)])
def test_windows_may_be_any_row_of_whole_days(crm: Crm, windows: Any) -> None:
    assert "n_orders_30d" in wb.build_features(crm, AT, windows=windows).columns


@pytest.mark.parametrize(
    "as_of", [pd.NaT, None, 20240601, 20240601.0, np.datetime64("NaT"), pd.Period("2024-06"), "soon"]
)
@pytest.mark.parametrize("several", [False, True])
def test_an_as_of_that_is_no_date_is_refused_by_its_value(crm: Crm, as_of: Any, several: bool) -> None:
    with pytest.raises(SettingError, match=re.escape(f"as_of {as_of!r} is not a date; write it as 2011-09-09.")):
        wb.build_features(crm, ["2024-06-01", as_of] if several else as_of)


def test_a_snapshot_may_be_named_by_any_kind_of_date() -> None:
    noon, midnight = datetime(2024, 6, 1, 12), datetime(2024, 6, 1)
    assert (
        moments(np.datetime64("2024-06-01"))
        == moments(midnight.date())
        == moments(pd.Timestamp(midnight))
        == [midnight]
    )
    assert moments(np.datetime64("2024-06-01T12", "ns")) == [noon]
    assert moments(np.array(["2024-06-01", "2024-06-01T12"], "datetime64[s]")) == [midnight, noon]
    assert moments(pd.DatetimeIndex(["2024-06-01"])) == [midnight]


def test_a_file_that_ends_python_is_refused_as_not_running(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(SettingError, match=r"mine\.py.* does not run: SystemExit: 3"):
        wb.read_own(file)


def test_what_is_divided_by_nothing_is_empty(crm: Crm) -> None:
    def divided(part: int) -> wb.Feature:
        name = f"part_{part + 1}"
        return replace(MINE, name=name, table="", value=lambda f: part * f.n_orders / (f.n_orders - f.n_orders))

    own = [divided(part) for part in (1, 0, -1)]
    panel = wb.build_features(crm, AT, own=own).to_pandas()
    assert len(panel) == 2
    assert panel[[one.name for one in own]].isna().all(axis=None)
