"""A plan that only the export tells: it sorts the customers of that day, and nobody before."""

import pandas as pd
import pytest

import workbench as wb
from workbench.crm import Crm
from workbench.model import Money
from workbench.segments import compare_segments, customer_base, past_base, segmentation_of
from workbench.segments.named_rules import Segmentation

THEN, NOW = pd.Timestamp("2024-04-01"), pd.Timestamp("2024-07-01")
CHOICES = {"money": Money(0.5, 0.5, 10, 0.1, 1, 0.0), "vip_share": 0.8}


@pytest.fixture(scope="module")
def crm() -> Crm:
    """Four subscribers of two plans, and no record of changes; the export is of 1 July."""
    rows = {"subscription_id": list("1234"), "customer_id": ["ann", "bob", "cho", "dee"], "started_at": "2023-01-01",
            "plan": ["pro", "pro", "basic", "basic"], "mrr": 10}  # fmt: skip
    logins = {"customer_id": ["ann"], "occurred_at": ["2024-07-01 08:00"], "event": ["login"]}
    return wb.load_tables({"subscriptions": pd.DataFrame(rows), "events": pd.DataFrame(logins)})


def rule(name: str, when: str) -> Segmentation:
    return segmentation_of(name, {"when": when, "meaning": name}, where=f"mine.yaml: {name}")


def test_the_plan_of_the_export_sorts_todays_customers_and_has_no_churn_observed(crm: Crm) -> None:
    own = [rule("dear", "plan = 'pro'"), rule("old", "subscription_days > 100")]
    rows = [(name, at, 400.0 if name == "ann" else 50.0) for at in (THEN, NOW) for name in ("ann", "bob", "cho", "dee")]
    panel = pd.DataFrame(rows, columns=["customer_id", "as_of", "subscription_days"])
    states = panel[["customer_id", "as_of"]].assign(state="paying", at_risk=True, churn_probability=0.5)
    labels = states.loc[states["as_of"] == THEN, ["customer_id", "as_of"]].assign(churned=[True, False, False, False])
    now = customer_base(crm, panel, states, NOW.to_pydatetime(), own=own, **CHOICES)
    then = past_base(crm, panel, states, labels, now, own=own, **CHOICES)
    assert now["dear_segment"].tolist() == ["dear", "dear", "all others", "all others"]
    assert {"dear_segment", "plan_segment"} <= {*now} and not {"dear_segment", "plan_segment"} & {*then}
    report = compare_segments(then, labels, now, own=own).set_index(["segmentation", "segment"])
    assert report.loc[("dear_segment", "dear"), "customers"] == 2 and pd.isna(report.loc[("dear_segment", "dear"), "n"])
    assert report.loc[("old_segment", "old"), ["n", "lost"]].tolist() == [1, 1]


def test_some_days_after_the_data_end_a_subscriber_brings_what_was_paid_at_their_end(crm: Crm) -> None:
    later = NOW + pd.Timedelta(days=4)
    panel = pd.DataFrame({"customer_id": ["ann", "bob"], "as_of": later, "subscription_days": 500.0})
    scores = panel[["customer_id", "as_of"]].assign(state="paying", at_risk=True, churn_probability=0.5)
    found = customer_base(crm, panel, scores, later.to_pydatetime(), **CHOICES)
    assert found[["yearly_revenue", "margin_if_retained"]].to_numpy().tolist() == [[120, 60]] * 2
