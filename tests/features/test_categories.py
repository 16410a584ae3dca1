"""Texts beside the panel, as they were known at the snapshot."""

from __future__ import annotations

import pandas as pd

import workbench as wb
from tests.conftest import orders
from workbench.features import CATEGORIES, build_categories, dictionary, read_words

CUSTOMERS = {
    "customer_id": ["ann", "bob", "test"], "signed_up_at": ["2023-01-01", "2024-04-01", "2023-01-01"],
    "country": ["Norway", None, "Norway"], "exclude_reason": [None, None, "test"],
}  # fmt: skip
SUBSCRIPTIONS = {
    "subscription_id": ["s", "t", "u"], "customer_id": ["ann", "ann", "bob"],
    "started_at": ["2023-01-01", "2023-06-01", "2024-04-01"], "ended_at": ["2024-03-01", None, None],
    "plan": ["gold", "gold", "gold"],
}  # fmt: skip
CHANGES = {
    "subscription_id": ["s", "t", "t", "u"], "change": "plan", "plan": ["large", "small", "medium", None],
    "changed_at": ["2024-01-01", "2023-06-01", "2024-05-01", "2024-04-01"],
}  # fmt: skip


def categories(as_of: str, **tables: dict[str, object]) -> dict[str, dict[str, str | None]]:
    frames = {"orders": orders(("1", "ann", "2023-01-01", 1))}
    frames |= {name: pd.DataFrame(rows) for name, rows in ({"customers": CUSTOMERS} | tables).items()}
    found = build_categories(wb.load_tables(frames), as_of).to_pandas().drop(columns="as_of")
    return {who: dict(row.dropna()) for who, row in found.set_index("customer_id").iterrows()}


def test_a_customer_has_the_texts_known_and_an_excluded_account_has_no_row() -> None:
    assert categories("2024-04-02", subscriptions=SUBSCRIPTIONS)["ann"] == {"country": "Norway"}
    assert set(categories("2024-04-02", subscriptions=SUBSCRIPTIONS)) == {"ann", "bob"}


def test_the_plan_is_that_of_the_service_at_the_snapshot_and_never_that_of_the_export() -> None:
    tables = {"subscriptions": SUBSCRIPTIONS, "subscription_changes": CHANGES}
    assert categories("2023-12-01", **tables)["ann"]["plan"] == "small"
    assert categories("2024-02-01", **tables)["ann"]["plan"] == "large"
    assert categories("2024-04-02", **tables)["ann"]["plan"] == "small"
    later = categories("2024-05-02", **tables)
    assert later["ann"]["plan"] == "medium"
    assert "plan" not in later["bob"]


def test_of_several_services_the_plan_is_the_dearest_and_no_later_extra() -> None:
    services = {"subscription_id": ["s", "t"], "customer_id": ["ann", "ann"], "started_at": ["2023-01-01", "2023-06-01"],
                "ended_at": [None, None]}  # fmt: skip
    priced = {"subscription_id": ["s", "t"], "change": "plan", "plan": ["team", "extra seats"], "mrr": [90, 10],
              "changed_at": ["2023-01-01", "2023-06-01"]}  # fmt: skip
    known = categories("2024-01-01", subscriptions=services, subscription_changes=priced)
    assert known["ann"]["plan"] == "team"


def test_categories_are_documented_and_put_into_words_like_features() -> None:
    words = read_words(dictionary())
    assert words["acquisition_channel"].in_words("fair") == "acquisition channel: fair"
    assert {name: (w.table, w.unit, w.worry) for name, w in words.items() if name in CATEGORIES} == {
        name: (c.table, "text", "neither") for name, c in CATEGORIES.items()
    }


def test_a_column_of_the_companys_own_is_a_text_of_the_customer_with_its_name_in_words() -> None:
    customers = CUSTOMERS | {"own_home_club": ["North", "South", "North"]}
    assert categories("2024-04-02", customers=customers)["ann"] == {"country": "Norway", "own_home_club": "North"}
    tables = {"orders": orders(("1", "ann", "2023-01-01", 1)), "customers": pd.DataFrame(customers)}
    crm = wb.load_tables(tables)
    assert read_words(dictionary(crm=crm))["own_home_club"].in_words("South") == "home club: South"
    without = build_categories(crm, "2024-04-02", leave_out=["own_home_club"])
    assert set(without.columns) == {"customer_id", "as_of", "country"}
