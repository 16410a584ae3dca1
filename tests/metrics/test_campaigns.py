"""Effects of campaigns: as assigned, against the control arm, on a few customers and on published figures."""

from datetime import datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.errors import DataError, SettingError
from workbench.metrics import assignments, effects
from workbench.metrics.arms import Arms, difference, share_saved, smallest_detectable


def company(treatments: pd.DataFrame) -> tuple[wb.crm.Crm, pd.DataFrame]:
    """Subscribers a to f since January; c and e leave in March, d in June; g left before; the data end in December."""
    ends = {"a": None, "b": None, "c": "2024-03-20", "d": "2024-06-20", "e": "2024-03-25", "f": None, "g": "2024-02-01"}
    subscriptions = pd.DataFrame(
        {"subscription_id": list(ends), "customer_id": list(ends), "started_at": "2024-01-01",
         "ended_at": list(ends.values())}
    )  # fmt: skip
    logins = pd.DataFrame({"customer_id": ["a"], "occurred_at": ["2024-12-31"], "event": ["login"]})
    crm = wb.load_tables({"subscriptions": subscriptions, "events": logins, "treatments": treatments})
    return crm, wb.lives(crm, inactive_days=91)


def treated(**columns: object) -> pd.DataFrame:
    rows = {"customer_id": list("abcdefg"), "treated_at": "2024-03-01", "campaign": "spring",
            "arm": ["treated"] * 3 + ["Control"] * 3 + ["treated"]}  # fmt: skip
    return pd.DataFrame(rows | columns)


@cache
def usual() -> tuple[wb.crm.Crm, pd.DataFrame]:
    """The company with treatments as they are typed, loaded once for the tests that change nothing of them."""
    return company(treated())


def test_customers_count_in_the_arm_they_were_assigned_to_whether_reached_or_not() -> None:
    reached = ["2024-03-02", None, None, None, None, None, None]
    crm, lives = company(treated(contacted_at=reached, cost=[10, None, None, None, None, None, None]))
    row = wb.campaign_effects(crm, lives).set_index(["among", "campaign"]).loc[("customers", "spring")]
    assert (row["treated"], row["control"], row["reached"]) == (3, 3, 1)
    assert (row["lost_treated"], row["lost_control"]) == (1, 1), "d leaves after the horizon"
    assert row["difference"] == 0
    assert (row["cost"], row["cost_each"]) == (10, pytest.approx(10 / 3))
    assert np.isnan(row["cost_per_saved"])


def test_a_customer_lapsed_when_assigned_is_counted_apart() -> None:
    crm, lives = usual()
    assert assignments(crm, lives, horizon_days=91)["among"].tolist() == ["customers"] * 6 + ["lapsed"]


def test_a_customer_in_notice_when_assigned_is_neither_kept_nor_won_back() -> None:
    """a gave notice and is served until May; b was in notice before, and came to an end."""
    rows = {"subscription_id": list("ab"), "customer_id": list("ab"), "started_at": "2024-01-01", "cancelled_at": "2024-02-10",
            "ended_at": ["2024-05-01", "2024-02-20"]}  # fmt: skip
    logins = {"customer_id": ["a"], "occurred_at": ["2024-12-31"], "event": ["login"]}
    assigned = {"customer_id": list("ab"), "treated_at": "2024-03-01", "campaign": "spring", "arm": "treated"}
    tables = {"subscriptions": rows, "events": logins, "treatments": assigned}
    crm = wb.load_tables({name: pd.DataFrame(columns) for name, columns in tables.items()})
    found = assignments(crm, wb.lives(crm, inactive_days=91), horizon_days=91)
    assert found["among"].tolist() == ["others", "lapsed"]
    assert effects(found, horizon_days=91)["among"].tolist() == ["lapsed"] * 2


def test_a_customer_who_leaves_at_the_moment_of_the_assignment_has_lapsed() -> None:
    crm, lives = company(treated(treated_at=["2024-03-20"] * 7))
    found = assignments(crm, lives, horizon_days=91).set_index("customer_id")["among"]
    assert lives.filter(lives.customer_id == "c").ended_at.to_pyarrow()[0].as_py() == datetime(2024, 3, 20)
    assert found[["c", "d", "g"]].tolist() == ["lapsed", "customers", "lapsed"]


def test_without_a_control_arm_nothing_is_compared() -> None:
    crm, lives = company(treated(arm="treated"))
    row = wb.campaign_effects(crm, lives).query("among == 'customers'").iloc[0]
    assert (row["campaigns"], row["treated"], row["lost_treated"]) == (0, 6, 3 - 1)
    assert row[["difference", "low", "high", "save_share", "saved", "detectable"]].isna().all()


def test_who_was_assigned_to_both_arms_or_too_late_is_left_out_and_counted() -> None:
    twice = pd.concat([treated(), treated(arm="treated").iloc[3:4]])
    late = treated(campaign="autumn", treated_at="2024-11-20")
    crm, lives = company(pd.concat([twice, late]))
    found = wb.campaign_effects(crm, lives).set_index(["among", "campaign"])["not_followed"]
    assert found[("customers", "spring")] == 1
    assert found[("customers", "autumn")] == 3, "the others had left before"


def test_the_kinds_add_up_to_the_whole_and_segments_are_compared_within() -> None:
    crm, lives = usual()
    segments = pd.DataFrame({"customer_id": list("abcdef"), "segment": ["x", "y", "x", "y", "x", "y"]})
    found = wb.campaign_effects(crm, lives, segments=segments).query("among == 'customers'")
    whole = found.query("campaign == 'all' and kind == 'all' and segment == 'all'")
    kinds = found.query("kind != 'all'")
    assert kinds["difference"].sum() == pytest.approx(whole["difference"].iloc[0])
    assert found.query("segment == 'x'")[["treated", "control", "lost_treated"]].to_numpy().tolist() == [[2, 1, 1]]


def test_a_source_without_arms_learns_which_column_is_missing() -> None:
    crm, lives = company(treated().drop(columns="arm"))
    with pytest.raises(DataError, match=r"treatments with its column arm"):
        wb.campaign_effects(crm, lives)
    crm, lives = usual()
    with pytest.raises(SettingError, match="horizon_days 0"):
        wb.campaign_effects(crm, lives, horizon_days=0)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10, examples b and e.
    assert difference(Arms.of(10, 9, 10, 3)) == pytest.approx((0.6, 0.1705, 0.8090), abs=5e-5)
    assert difference(Arms.of(56, 5, 29, 0)) == pytest.approx((0.0893, -0.0381, 0.1926), abs=5e-5)


def test_strata_of_unlike_risk_do_not_pass_for_an_effect() -> None:
    # A tenth of either arm is lost in one, four tenths in the other; the arms' sizes differ.
    apart = Arms.of([900, 100], [90, 40], [100, 900], [10, 360])
    assert difference(apart)[0] == pytest.approx(0)
    assert share_saved(apart)[0] == pytest.approx(0)


def test_a_trial_of_3210_per_arm_sees_a_fall_from_10_to_8_percent_and_a_tiny_one_sees_none() -> None:
    assert smallest_detectable(0.10, 3210, 3210) == pytest.approx(0.02, abs=1e-5)
    assert np.isnan(smallest_detectable(0.02, 20, 20))


def test_a_few_who_were_all_lost_do_not_show_that_nothing_keeps_anybody() -> None:
    share, low, high = share_saved(Arms.of(3, 3, 3, 3))
    assert share == 0
    assert low < -0.5
    assert high > 0.3
    assert smallest_detectable(1.0, 3, 3) > 0.5
    assert smallest_detectable(1.0, 200, 200) < 0.06


def test_effects_of_no_assignments_are_no_rows() -> None:
    assert effects(None, horizon_days=91).empty
