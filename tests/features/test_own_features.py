"""The analyst's own features: five lines in a cell or a file; mistakes are reported by name, with the cure."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of, orders
from workbench import features
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError, UserError

BIG = wb.Feature(
    "n_big_lines", "money", "orders", "lines", "order lines above 100 in the last {days} days", "low",
    "order lines above 100 in {days} days: {value}",
    wb.Aggregate("count", where=lambda t: t.amount > 100), windows=(30, 90),
)  # fmt: skip
SHARE = wb.Feature(
    "share_of_big", "money", "", "share", "big lines of 30 days as a share of those of 90", "low",
    "{value} of the big lines in 30 days", lambda f: f.n_big_lines_30d / f.n_big_lines_90d.nullif(0),
    needs=("n_big_lines_30d", "n_big_lines_90d"),
)  # fmt: skip


@pytest.fixture(scope="module")
def crm() -> Crm:
    return crm_of(
        ("1", "ann", "2024-01-01", 50), ("2", "ann", "2024-03-10", 500), ("3", "ann", "2024-05-20", 200),
        ("4", "bob", "2024-05-30", 10),
    )  # fmt: skip


def test_a_feature_of_ones_own_is_computed_in_its_windows_and_used_by_another(crm: Crm) -> None:
    panel = wb.build_features(crm, "2024-06-01", own=[BIG, SHARE]).to_pandas().set_index("customer_id")
    columns = ["n_big_lines_30d", "n_big_lines_90d", "share_of_big"]
    assert panel.loc["ann", columns].tolist() == [1, 2, 0.5]
    assert panel.loc["bob", columns[:2]].tolist() == [0, 0]
    assert pd.isna(panel.loc["bob", "share_of_big"])


def test_it_is_documented_and_put_into_words_like_the_others() -> None:
    words = features.read_words(features.dictionary([BIG]))
    assert words["n_big_lines_30d"].meaning == "order lines above 100 in the last 30 days"
    assert words["n_big_lines_30d"].in_words(3) == "order lines above 100 in 30 days: 3"


def test_a_file_declares_features_and_an_empty_name_none(tmp_path: Path, crm: Crm) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import workbench as wb\n"
        "FEATURES = [wb.Feature('n_cheap', 'money', 'orders', 'lines', 'cheap lines', 'neither', '{value} cheap lines',\n"
        "                       wb.Aggregate('count', where=lambda t: t.amount < 60))]\n"
    )
    panel = wb.build_features(crm, "2024-06-01", own=wb.read_own(file)).to_pandas()
    assert panel.set_index("customer_id")["n_cheap"].to_dict() == {"ann": 1, "bob": 1}
    assert wb.read_own("") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        ("features = []", "defines no features; end it with FEATURES = "),
        ("FEATURES = [1]", "defines no features"),
        ("import nowhere_to_be_found", "does not run: ModuleNotFoundError"),
        ("FEATURES = [", "does not run: SyntaxError"),
        ("import workbench as wb\nFEATURES = [wb.Feature('n')]", "does not run: TypeError.*missing"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "mine.py"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingError, match=f"mine.py.*{words}"):
        wb.read_own(file)


COUNT = wb.Aggregate("count")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unit": ""}, "feature n_big_lines: unit missing"),
        ({"family": " "}, "feature n_big_lines: family missing"),
        ({"name": "big lines"}, "'big lines' is no name for a column"),
        ({"name": "n_orders"}, "n_orders_30d is declared twice"),
        ({"name": "customer_id", "windows": ()}, "customer_id is declared twice"),
        ({"worry": "up"}, "worry is 'up'; use high, low or neither"),
        ({"reason": "big lines"}, "lacks {value}"),
        ({"reason": "{value} {days} {more}"}, "may hold {value} and {days} only"),
        ({"windows": (0,)}, "whole number of days from 1"),
        ({"value": wb.Aggregate("median")}, "no aggregate 'median'; did you mean mean"),
        ({"value": lambda t: t.count()}, "windows need an Aggregate"),
        ({"value": COUNT, "table": ""}, "an Aggregate needs a table; name one of orders"),
        ({"value": COUNT, "table": "tickets"}, "feature n_big_lines: this source has no table 'tickets'; it has orders"),
        ({"value": COUNT, "table": "order"}, "feature n_big_lines: table 'order' is not in the contract; did you mean orders"),
        ({"value": COUNT, "needs": ("product",)}, "table orders has no column product"),
        ({"value": wb.Aggregate("sum", of=lambda t: t.price)}, "feature n_big_lines: table orders has no column 'price'; known: amount"),
        ({"value": wb.Aggregate("sum", of=lambda _: 5)}, "gives int, not a column"),
        ({"value": wb.Aggregate("sum", of=lambda t: t.amount.sum())}, "one value per row, such as t.amount"),
        ({"value": lambda t: t.amount, "windows": ()}, "one value per customer, such as t.amount.max"),
        ({"value": lambda t: t.order_id > 5, "windows": ()}, "its expression fails: IbisTypeError"),
        ({"value": lambda f: f.n_order, "table": "", "windows": ()}, "no column 'n_order' before it; did you mean n_orders"),
    ],
)  # fmt: skip
def test_a_feature_that_cannot_be_computed_is_refused_by_name_with_the_cure(
    crm: Crm, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError) as refused:
        wb.build_features(crm, "2024-06-01", own=[replace(BIG, **changed)])
    assert re.search(words.replace("{", r"\{"), str(refused.value)), refused.value


def test_the_same_feature_twice_is_refused(crm: Crm) -> None:
    with pytest.raises(SettingError, match="n_big_lines_30d is declared twice"):
        wb.build_features(crm, "2024-06-01", own=[BIG, BIG])


@pytest.mark.parametrize(
    "peek",
    [
        lambda crm: wb.Aggregate("sum", of=lambda _: crm["orders"].amount.sum().as_scalar()),
        lambda crm: wb.Aggregate("sum", of=lambda _: crm["orders"].amount),
        lambda crm: lambda _: crm["orders"].amount.max(),
        lambda crm: lambda t: t.amount.max() + crm["orders"].count().as_scalar(),
    ],
)
def test_an_expression_that_reads_past_the_as_of_view_is_refused(crm: Crm, peek: Any) -> None:
    own = replace(BIG, name="peek", value=peek(crm), windows=())
    with pytest.raises(DataError, match="feature peek: its expression reads past the as-of view"):
        wb.build_features(crm, "2024-06-01", own=[own])


@pytest.mark.parametrize(
    "read", [lambda t: t.mrr.max(), lambda t: t["mrr"].max(), wb.Aggregate("max", lambda t: t.mrr)]
)
def test_a_feature_that_reads_an_overwritten_column_is_refused_by_name(read: Any) -> None:
    subscriptions = {"subscription_id": ["s"], "customer_id": ["a"], "started_at": ["2024-01-01"], "mrr": [9]}
    crm = wb.load_tables({"subscriptions": pd.DataFrame(subscriptions)})
    own = wb.Feature("worth", "money", "subscriptions", "currency", "today's price", "low", "{value}", read)
    with pytest.raises(DataError, match=r"feature worth: subscriptions.mrr is overwritten"):
        wb.build_features(crm, "2024-01-02", own=[own])


@pytest.mark.parametrize(
    ("as_of", "words"), [("2023-12-31", "before the data begin"), ("2024-06-20", "after the data end")]
)
def test_a_snapshot_outside_the_data_is_refused(crm: Crm, as_of: str, words: str) -> None:
    with pytest.raises(SettingError, match=f"as_of {as_of} .*{words}"):
        wb.build_features(crm, [as_of, "2024-05-01"])


def test_a_built_in_window_that_reaches_back_before_the_data_is_empty_and_reported(crm: Crm) -> None:
    snapshots = ["2024-03-31", "2024-06-01"]
    panel = wb.build_features(crm, snapshots).to_pandas().set_index(["customer_id", "as_of"])["n_orders_90d"]
    assert panel.loc["ann"].tolist() == [2, 2]
    unknown = wb.unknown_windows(crm, snapshots)
    reported = unknown[unknown["column"].eq("n_orders_180d")]
    assert reported["as_of"].astype(str).tolist() == ["2024-03-31", "2024-06-01"]
    assert reported.iloc[0][["table", "window_days"]].tolist() == ["orders", 180]
    assert str(reported.iloc[0]["begins_at"].date()) == "2024-01-01"
    assert not unknown["column"].eq("n_orders_90d").any()
    early = wb.build_features(crm, "2024-03-30").to_pandas()
    assert early["n_orders_90d"].isna().all()


def test_an_own_window_longer_than_the_history_is_empty_and_reported_like_a_built_in_one(crm: Crm) -> None:
    own = [replace(BIG, windows=(30, 3650))]
    panel = wb.build_features(crm, "2024-06-01", own=own).to_pandas()
    assert panel["n_big_lines_30d"].notna().all() and panel["n_big_lines_3650d"].isna().all()
    assert wb.unknown_windows(crm, "2024-06-01", own=own)["column"].eq("n_big_lines_3650d").any()


def test_windows_asked_for_take_the_place_of_the_declared_ones_and_are_never_left_empty(crm: Crm) -> None:
    panel = wb.build_features(crm, "2024-06-01", windows=(14, 60)).to_pandas()
    assert {"n_orders_14d", "n_orders_60d"} <= set(panel) and "n_orders_30d" not in panel
    with pytest.raises(SettingError, match=r"window of 365 days reaches back .* at most 152 days"):
        wb.build_features(crm, "2024-06-01", windows=(365,))


def test_who_was_there_when_the_data_begin_is_marked_and_not_taken_for_new() -> None:
    lines = orders(("1", "old", "2024-01-20", 1), ("2", "new", "2024-03-01", 1), ("3", "signed", "2024-03-01", 1))
    lines = pd.concat([orders(("0", "first", "2024-01-01", 1)), lines])
    signed = pd.DataFrame({"customer_id": ["signed", "first"], "signed_up_at": ["2020-05-05", "2024-01-01 09:00"]})
    by_orders = wb.build_features(wb.load_tables({"orders": lines}), "2024-03-05").to_pandas()
    assert by_orders.set_index("customer_id")["existing_at_begin"].to_dict() == {
        "first": 1, "old": 1, "new": 0, "signed": 0,
    }  # fmt: skip
    crm = wb.load_tables({"orders": lines, "customers": signed})
    existing = wb.build_features(crm, "2024-03-05").to_pandas().set_index("customer_id")["existing_at_begin"]
    assert existing.to_dict() == {"first": 0, "old": 1, "new": 0, "signed": 1}
