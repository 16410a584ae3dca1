"""A day outside the data is refused in the same words by every verb that looks from a day."""

from collections.abc import Callable

import pandas as pd
import pytest

import workbench as wb
from workbench.crm import Crm
from workbench.errors import SettingError
from workbench.features import build_categories

VERBS: dict[str, Callable[[Crm, str], object]] = {
    "states": wb.states,
    "labels": lambda crm, day: wb.label_churn(crm, day, horizon_days=10),
    "returns": lambda crm, day: wb.label_returns(crm, day, horizon_days=10),
    "features": wb.build_features,
    "categories": build_categories,
    "unknown windows": wb.unknown_windows,
    "snapshots": lambda crm, day: wb.past_snapshots(crm.facts, day, horizon_days=10, history_days=10),
    "advocates": wb.advocates,
    "referrers": wb.referrers,
    "renewals": wb.renewals_due,
    "a customer": lambda crm, day: wb.customer(crm, "ann", as_of=day),
}


@pytest.fixture(scope="module")
def crm() -> Crm:
    """Ann ordered, subscribed, answered, and was sent by Bob, all in the first half of 2024."""
    customers = {"customer_id": ["ann"], "signed_up_at": ["2024-01-01"], "referred_by": ["bob"]}
    orders = {"order_id": list("12"), "customer_id": "ann", "ordered_at": ["2024-01-10", "2024-06-30"], "amount": 5}
    subscriptions = {
        "subscription_id": ["s"],
        "customer_id": "ann",
        "started_at": ["2024-01-05"],
        "renews_at": ["2024-07-05"],
    }
    surveys = {"customer_id": ["ann"], "answered_at": ["2024-02-01"], "instrument": "nps", "score": 9}
    tables = {"customers": customers, "orders": orders, "subscriptions": subscriptions, "surveys": surveys}
    return wb.load_tables({name: pd.DataFrame(rows) for name, rows in tables.items()})


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_day_outside_the_data_is_refused_by_every_verb_in_the_same_words(
    crm: Crm, verb: Callable[[Crm, str], object]
) -> None:
    for day, words in (
        ("2019-01-01", "is before the data begin"),
        ("2050-01-01", "is more than 7 days after the data end"),
    ):
        with pytest.raises(SettingError, match=f"as_of {day} {words}"):
            verb(crm, day)
