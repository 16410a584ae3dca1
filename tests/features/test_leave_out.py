"""Features left out by name, and what is made from them."""

from __future__ import annotations

import ibis
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import SettingError
from workbench.features import FEATURES, build_categories
from workbench.features.catalogue import declared_columns
from workbench.features.expression import build


@pytest.fixture(scope="module")
def crm() -> Crm:
    return crm_of(("1", "ann", "2023-01-01", 50), ("2", "ann", "2024-05-20", 10))


def test_a_column_left_out_takes_along_what_is_made_from_it(crm: Crm) -> None:
    whole, less = ({c.name for c in declared_columns(crm, (), None, left)} for left in ((), ["n_orders_90d"]))
    assert whole - less == {"n_orders_90d", "share_of_orders_90d", "orders_trend", "basket_against_usual"}


def test_a_feature_left_out_goes_in_all_its_windows_unless_a_column_has_its_name(crm: Crm) -> None:
    whole, returns, orders = (
        {c.name for c in declared_columns(crm, (), None, left)} for left in ((), ["n_returns"], ["largest_line"])
    )
    assert whole - returns == {"n_returns_30d", "n_returns_90d", "n_returns_365d"}
    assert whole - orders == {"largest_line"}


def test_an_own_feature_is_left_out_by_name_too(crm: Crm) -> None:
    own = wb.Feature("worth", "money", "orders", "currency", "m", "low", "{value}", lambda t: t.amount.max())
    left = ["worth", *(c.name for c in declared_columns(crm, (), None))]
    assert [c.name for c in declared_columns(crm, [own], None, left)] == []
    assert [c.name for c in declared_columns(crm, [own], None, left[1:])] == ["worth"]


@pytest.mark.parametrize(
    ("leave_out", "words"),
    [
        (["n_order"], "leave_out: no feature 'n_order'; did you mean n_orders"),
        ("n_orders", r"leave_out is the text 'n_orders'; write a list of names, \['n_orders'\]"),
    ],
)
def test_a_name_that_is_no_feature_is_refused_with_the_closest(crm: Crm, leave_out: list[str], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        wb.build_features(crm, "2024-05-21", leave_out=leave_out)
    with pytest.raises(SettingError, match=words):
        build_categories(crm, "2024-05-21", leave_out=leave_out)


@pytest.mark.parametrize("name", [name for name, c in FEATURES.items() if not c.feature.table])
def test_a_feature_made_from_others_names_all_it_is_made_from(name: str) -> None:
    """Without that, leaving one of them out would leave an expression over a column that is not there."""
    feature = FEATURES[name].feature
    begun = {f"{table}_data_days": "float64" for table in ("orders", "subscriptions", "events")}
    schema = dict.fromkeys([*feature.needs, "data_days"], "float64") | begun
    rows = ibis.table({"customer_id": "string", "as_of": "timestamp"} | schema, name="panel")
    assert build(feature, feature.value, rows).type().is_numeric()  # type: ignore[arg-type]
