"""Features that look like the answer are named, with the cure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import DataError
from workbench.features import all_but, dictionary, leaks, read_words, refuse_leaks

JANUARY, JULY = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-07-15")
MANY = [f"c{i:02}" for i in range(80)]
LEAVERS = MANY[:30]


def test_a_list_of_ids_in_an_own_feature_is_refused_by_name_and_leave_out_takes_it_out() -> None:
    lines = {"order_id": MANY, "customer_id": MANY, "ordered_at": "2024-01-01", "amount": [i % 7 for i in range(80)]}
    crm = wb.load_tables({"orders": pd.DataFrame(lines)})
    own = wb.Feature("vip_list", "mine", "orders", "yes or no", "on my list", "neither", "{value}",
                     wb.Aggregate("count", where=lambda t: t.customer_id.isin(LEAVERS)))  # fmt: skip
    narrow = all_but("largest_line")
    labels = pd.DataFrame({"customer_id": MANY, "as_of": pd.Timestamp("2024-01-02")})
    labels["churned"] = labels["customer_id"].isin(LEAVERS)
    panel = wb.build_features(crm, "2024-01-02", own=[own], leave_out=narrow).to_pandas()
    found = leaks(panel, labels)
    assert found["auc"].to_dict() == {"vip_list": 1.0}
    words = read_words(dictionary([own]))
    with pytest.raises(DataError, match=r"vip_list \(from orders, AUC 1.000\).*leave_out: \[vip_list\]"):
        refuse_leaks(found, words)
    without = wb.build_features(crm, "2024-01-02", own=[own], leave_out=[*narrow, "vip_list"]).to_pandas()
    refuse_leaks(leaks(without, labels), words)


def labelled(n: int = 400) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a panel at one snapshot, and the outcomes of its customers there and half a year later."""
    rng = np.random.default_rng(1)
    ids = [f"c{i}" for i in range(n)]
    soon, later = rng.random(n) < 0.15, rng.random(n) < 0.2
    panel = pd.DataFrame({"customer_id": ids, "as_of": JANUARY, "fair": rng.normal(size=n) + 0.8 * soon})
    panel["backdated"] = np.where(soon | later, 1.0, np.nan)
    labels = [pd.DataFrame({"customer_id": ids, "as_of": t, "churned": c}) for t, c in ((JANUARY, soon), (JULY, later))]
    return panel, pd.concat(labels)


def test_a_column_filled_for_leavers_only_is_listed_by_what_it_says_of_departures_half_a_year_later() -> None:
    panel, labels = labelled()
    found = leaks(panel, labels)
    assert found.index.tolist() == ["backdated"]
    assert found.loc["backdated", "auc_later"] > 0.9


def test_too_few_leavers_judge_no_feature() -> None:
    panel, labels = labelled(60)
    assert leaks(panel, labels).empty
