from datetime import datetime

import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench import contract
from workbench.errors import DataError

TICKETS = pd.DataFrame(
    {
        "ticket_id": ["t1", "t2"],
        "customer_id": ["ann", "bob"],
        "opened_at": ["2024-01-01", "2024-03-01"],
        "resolved_at": ["2024-02-01", None],
        "satisfaction": [5, None],
    }
)
ORDERS = pd.DataFrame(
    {"order_id": ["1"], "customer_id": ["ann"], "ordered_at": ["2024-03-02"], "amount": [1.0]},
)


def test_a_row_is_unknown_until_strictly_after_its_date() -> None:
    view = crm_of(("1", "ann", "2024-02-01", 1)).as_of(["2024-02-01", "2024-02-02"])["orders"]
    assert view.as_of.to_pandas().tolist() == [pd.Timestamp("2024-02-02")]


def test_an_event_dated_column_and_what_depends_on_it_are_blank_until_it_has_happened() -> None:
    crm = wb.load_tables({"orders": ORDERS, "tickets": TICKETS})
    before = crm.as_of("2024-02-01")["tickets"].to_pandas().iloc[0]
    after = crm.as_of("2024-02-02")["tickets"].to_pandas().iloc[0]
    assert pd.isna(before["resolved_at"])
    assert pd.isna(before["satisfaction"])
    assert after["satisfaction"] == 5


def test_an_overwritten_column_is_not_in_the_view() -> None:
    subscriptions = pd.DataFrame(
        {"subscription_id": ["s"], "customer_id": ["a"], "started_at": ["2024-01-01"], "mrr": [9]}
    )
    crm = wb.load_tables({"subscriptions": subscriptions})
    assert "mrr" in crm["subscriptions"].columns
    assert "mrr" not in crm.as_of("2024-02-01")["subscriptions"].columns


def test_known_at_cuts_the_future_off() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-03-01", 1)).known_at("2024-02-01")
    assert crm["orders"].order_id.to_pandas().tolist() == ["1"]
    assert crm.facts.known_until == datetime(2024, 2, 1)


def test_a_table_the_source_lacks_is_named_with_those_it_has() -> None:
    with pytest.raises(DataError, match="no table 'tickets'; it has orders"):
        crm_of(("1", "ann", "2024-01-01", 1))["tickets"]


def test_every_dependent_column_hides_with_a_date_of_its_own_table() -> None:
    for table in contract.TABLES.values():
        assert table.dated_by in table.names
        assert {c.hidden_with for c in table.columns if c.hidden_with} <= set(table.names)
