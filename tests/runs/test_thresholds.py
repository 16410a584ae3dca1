"""Other thresholds on the same customers: what they would change, and that it is what the labels say."""

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from tests.conftest import crm_of
from tests.runs.entangled import Entangled
from workbench.crm import Crm
from workbench.errors import SettingError
from workbench.runs import label_choices

ORDERS = [
    ("1", "ann", "2024-01-01", 1.0), ("2", "ann", "2024-03-25", 1.0), ("3", "ann", "2024-05-02", 1.0),
    ("4", "bob", "2024-02-20", 1.0), ("5", "cid", "2024-01-10", 1.0), ("6", "cid", "2024-04-05", 1.0),
    ("7", "eve", "2024-03-30", 1.0), ("8", "eve", "2024-06-30", 1.0),
]  # fmt: skip
AS_OF = datetime(2024, 4, 1)


@pytest.fixture(scope="module")
def shop() -> Crm:
    return crm_of(*ORDERS)


def by_labels(crm: Crm, as_of: datetime, **rules: int | None) -> dict[str, str]:
    labels = wb.label_churn(crm, as_of, **rules).to_pandas()
    return dict(zip(labels["customer_id"], labels["kind"].where(labels["churned"], "stayed"), strict=True))


def test_each_value_of_a_setting_has_its_customers_and_those_who_change(shop: Crm) -> None:
    found = wb.what_if(shop, as_of=AS_OF, inactive_days=[10, 60, 91], horizon_days=30).set_index(["setting", "value"])
    # Present: of ann, bob, cid and eve, ordered within 91 days, bob orders no more; eve not within 91 days.
    assert found.loc[("inactive_days", 91), ["present", "at_risk", "left", "changed"]].tolist() == [True, 4, 1, 0]
    assert found.loc[("inactive_days", 10), ["at_risk", "left", "lapsed", "changed"]].tolist() == [2, 0, 2, 2]
    assert found.loc[("inactive_days", 60), ["at_risk", "left", "lapsed", "changed"]].tolist() == [3, 1, 1, 1]
    assert found.loc[("horizon_days", 30), ["at_risk", "left", "changed"]].tolist() == [4, 3, 2]


def test_the_customers_who_change_are_named(shop: Crm) -> None:
    changes = label_choices(shop, as_of=AS_OF).changes(inactive_days=60)
    assert changes.to_numpy().tolist() == [["cid", "stayed", "not at risk"]]


def test_a_misspelt_setting_is_answered_with_the_nearest_one(shop: Crm) -> None:
    with pytest.raises(SettingError, match=r"inactive_day is not a setting .* did you mean inactive_days\?"):
        wb.what_if(shop, inactive_day=[45])


def test_a_value_that_does_not_fit_the_history_is_refused(shop: Crm) -> None:
    with pytest.raises(SettingError, match="inactive_days 900 does not fit a history"):
        wb.what_if(shop, inactive_days=[900])
    with pytest.raises(SettingError, match=r"outcomes settle 900 days after.* ask for less"):
        wb.what_if(shop, horizon_days=[900])


@pytest.mark.parametrize("value", ["60", 45.5, True])
@pytest.mark.parametrize("setting", ["inactive_days", "grace_days", "horizon_days"])
def test_a_number_of_days_that_is_none_is_named(shop: Crm, setting: str, value: object) -> None:
    with pytest.raises(SettingError, match=f"{setting} {value!r} is no whole number"):
        wb.what_if(shop, as_of=AS_OF, **{setting: [value]})
    with pytest.raises(SettingError, match=f"{setting} {value!r} is no whole number"):
        wb.label_churn(shop, AS_OF, **{setting: value})


def test_a_day_after_the_data_is_answered_with_the_last_one_that_can_be_asked_about(shop: Crm) -> None:
    # The data end on 2024-06-30; the 91 days ahead of 2024-04-01 are the last ones within them.
    with pytest.raises(SettingError, match=r"as_of 2031-01-01 leaves no day .* use 2024-04-01 or earlier"):
        wb.what_if(shop, as_of="2031-01-01", inactive_days=[45])
    assert wb.what_if(shop, as_of="2024-04-01", inactive_days=[45])["at_risk"].tolist() == [3]


instants = st.integers(0, 200 * 24).map(lambda hours: pd.Timestamp("2024-01-01") + pd.Timedelta(hours=hours))
histories = st.lists(st.tuples(st.sampled_from("abcdefgh"), instants), min_size=1, max_size=30)


@settings(max_examples=3)
@given(histories, st.integers(1, 90), st.integers(1, 60))
def test_comparing_gaps_with_a_threshold_is_what_labelling_anew_says(
    history: list[tuple[str, pd.Timestamp]], inactive_days: int, horizon_days: int
) -> None:
    edges = [("x", "z", "2024-01-01", 1.0), ("y", "z", "2024-07-18", 1.0)]
    crm = crm_of(*((str(i), who, str(at), 1.0) for i, (who, at) in enumerate(history)), *edges)
    choices = label_choices(crm, as_of=AS_OF, horizon_days=60)
    changed = {"inactive_days": inactive_days, "horizon_days": horizon_days}
    assert choices.outcomes(**changed).outcome.to_dict() == by_labels(crm, AS_OF, **changed)
    states = wb.states(crm, AS_OF, inactive_days=inactive_days).to_pandas()["state"]
    assert choices.outcomes(**changed).lapsed == states.eq("lapsed").sum()


@pytest.mark.slow
def test_with_subscriptions_and_payments_every_value_gives_the_labels_of_its_rules() -> None:
    crm = wb.load_tables(Entangled(400, seed=7).frames())
    choices = label_choices(crm, as_of="2024-09-02", inactive_days=100, overdue_days=60, grace_days=60, horizon_days=91)
    choices.outcomes()  # those of the run come first; what is done again for other values must not lag behind
    changed = {"overdue_days": 3, "grace_days": 0, "inactive_days": 21}
    found = choices.outcomes(**changed, horizon_days=60)
    assert found.outcome.to_dict() == by_labels(crm, choices.as_of, **changed, horizon_days=60)
    states = wb.states(crm, choices.as_of, **changed).to_pandas()["state"]
    assert (found.dormant, found.lapsed) == (states.eq("dormant").sum(), states.eq("lapsed").sum())


def test_where_accounts_are_closed_the_labels_are_made_again() -> None:
    tables = {
        "orders": pd.DataFrame(ORDERS, columns=["order_id", "customer_id", "ordered_at", "amount"]),
        "customers": pd.DataFrame({"customer_id": ["ann", "bob"], "closed_at": [None, "2024-04-10"]}),
    }
    crm = wb.load_tables(tables)
    changed = {"inactive_days": 60, "horizon_days": 45}
    choices = label_choices(crm, as_of=AS_OF, horizon_days=45)
    assert choices.outcomes(**changed).outcome.to_dict() == by_labels(crm, AS_OF, **changed)
    assert choices.outcomes(**changed).outcome["bob"] == "active"


def test_in_a_business_of_contracts_silence_makes_dormant_and_loses_nobody() -> None:
    subscriptions = pd.DataFrame(
        {"subscription_id": ["s1", "s2"], "customer_id": ["ann", "bob"], "started_at": "2024-01-01",
         "cancelled_at": [None, "2024-04-20"], "ended_at": [None, "2024-04-20"], "mrr": 10.0}
    )  # fmt: skip
    events = pd.DataFrame(
        {
            "customer_id": ["ann", "bob", "bob"],
            "occurred_at": ["2024-02-01", "2024-03-30", "2024-09-18"],
            "event": "login",
        }
    )
    crm = wb.load_tables({"subscriptions": subscriptions, "events": events})
    found = wb.what_if(crm, as_of=AS_OF, horizon_days=60, inactive_days=[30, 90])
    assert found[["at_risk", "active", "dormant", "changed"]].to_numpy().tolist() == [
        [2, 1, 0, 0],
        [2, 1, 1, 0],
        [2, 1, 0, 0],
    ]
