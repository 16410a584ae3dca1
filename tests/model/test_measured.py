"""Assumptions about money give way to what campaigns have shown, and only to that."""

import numpy as np
import pandas as pd
import pytest

from workbench.model import Money, expected_gain, money_basis, win_back_gain
from workbench.model.measured import cautious, shrink

MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)
KEPT, NOT = 0.5, 0.0


def assigned(n: int, *, save: dict[str, float], cost: float | None = 20.0, among: str = "customers") -> pd.DataFrame:
    """Return ``n`` customers per arm and segment, of whom a fifth of the control is lost, with shares saved."""
    parts = [
        pd.DataFrame(
            {"customer_id": [f"{segment}-{arm}-{i}" for i in range(n)], "campaign": "spring", "arm": arm,
             "treated_at": pd.Timestamp("2024-03-01"), "days": 91.0, "among": among, "kind": None, "segment": segment,
             "lost": np.arange(n) < round(n * 0.2 * (1 - (share if arm == "treated" else 0))),
             "reached": 1.0 if arm == "treated" else 0.0, "cost": cost if arm == "treated" else np.nan}
        )
        for segment, share in save.items()
        for arm in ("treated", "control")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_a_measured_share_and_cost_replace_the_assumed_ones() -> None:
    basis = money_basis(MONEY, assigned(1000, save={"all": KEPT}), horizon_days=91)
    assert basis.measured
    assert basis.assumed == MONEY
    assert basis.money.save_share == pytest.approx(0.5)
    assert (basis.money.contact_cost, basis.money.offer_cost) == (20, 0)
    assert basis.money.taken_by_stayers == MONEY.taken_by_stayers > 0, (
        "for offers of the playbook with a cost of their own"
    )
    assert basis.save_share is not None
    assert basis.save_share.low < 0.5 < basis.save_share.high


def test_without_a_cost_recorded_the_costs_stay_assumed() -> None:
    basis = money_basis(MONEY, assigned(1000, save={"all": KEPT}, cost=None), horizon_days=91)
    assert (basis.money.save_share, basis.money.offer_cost) == (pytest.approx(0.5), 10)


@pytest.mark.parametrize("rows", [None, assigned(40, save={"all": KEPT})], ids=["no campaign", "too small"])
def test_what_was_not_measured_stays_assumed_and_says_why(rows: pd.DataFrame | None) -> None:
    basis = money_basis(MONEY, rows, horizon_days=91)
    assert basis.money == MONEY
    assert not basis.measured
    assert basis.why


def test_a_campaign_that_kept_nobody_leaves_nothing_to_gain() -> None:
    basis = money_basis(MONEY, assigned(1000, save={"all": -0.1}), horizon_days=91)
    assert basis.money.save_share == 0


def test_segments_that_surely_differ_get_shares_of_their_own_drawn_towards_the_mean() -> None:
    rows = assigned(1000, save={"small": 0.6, "large": NOT})
    segments = rows[["customer_id", "segment"]]
    basis = money_basis(MONEY, rows.drop(columns="segment"), horizon_days=91, segmentations={"size": segments})
    shares = basis.shares.set_index("segment")["save_share"]
    assert basis.segmentation == "size"
    assert (basis.shares["low"] < basis.shares["high"]).all()
    assert 0.4 < shares["small"] < 0.6
    assert 0 <= shares["large"] < 0.2
    of_three = basis.share_of(pd.Series(["small-control-1", "large-control-1", "new"]))
    assert of_three.tolist() == [shares["small"], shares["large"], basis.money.save_share]


def test_a_segment_that_chance_may_have_put_low_keeps_the_share_of_all() -> None:
    # the logs of the shares lost among the treated and the control group of three segments, and how sure they are
    log_ratio, variance = np.array([0.03, 0.21, -0.65]), np.array([0.22, 0.053, 0.02])
    shrunk, error = shrink(log_ratio, variance)
    low = 1 - np.exp(shrunk)
    used = cautious(low, 1 - np.exp(shrunk - 1.96 * error), 0.309)
    assert (low[:2] < 0.15).all(), "noise and few customers put two of them low"
    assert used.tolist() == pytest.approx([0.309, 0.309, low[2]], abs=0.03)


def test_segments_that_do_not_surely_differ_share_one_figure() -> None:
    rows = assigned(1000, save={"small": 0.5, "large": 0.45})
    basis = money_basis(
        MONEY, rows.drop(columns="segment"), horizon_days=91, segmentations={"size": rows[["customer_id", "segment"]]}
    )
    assert basis.segmentation == ""
    assert basis.share_of(pd.Series(["small-control-1"])).tolist() == [basis.money.save_share]


def test_campaigns_among_the_lapsed_measure_what_brings_back() -> None:
    basis = money_basis(MONEY, assigned(1000, save={"all": KEPT}, among="lapsed"), horizon_days=91)
    assert basis.save_share is None
    assert (basis.money.win_back_share, basis.money.save_share) == (pytest.approx(0.5), 0.1)


def test_each_customers_own_share_enters_the_expected_gain() -> None:
    gain = expected_gain(pd.Series([0.5, 0.5]), pd.Series([110.0, 110.0]), MONEY, save_share=pd.Series([0.2, 0.0]))
    assert gain.tolist() == pytest.approx([0.5 * 0.2 * 100 - 0.5 * 3 - 5, -0.5 * 3 - 5])


def test_who_returns_without_a_contact_is_not_worth_one() -> None:
    gain = win_back_gain(pd.Series([0.1, 0.9]), pd.Series([500.0, 500.0]), MONEY)
    assert gain.iloc[0] > 0 > gain.iloc[1]


def test_campaigns_without_a_control_arm_are_named_as_such() -> None:
    rows = assigned(1000, save={"all": KEPT})
    found = money_basis(MONEY, rows[rows["arm"] == "treated"], horizon_days=91)
    assert found.why == "no campaign with a control arm is recorded"


def test_six_lapsed_of_whom_none_returned_measure_nothing() -> None:
    rows = assigned(3, save={"all": NOT}, among="lapsed").assign(lost=True)
    assert money_basis(MONEY, rows, horizon_days=91).money == MONEY


def test_what_winning_back_cost_is_not_what_keeping_costs() -> None:
    basis = money_basis(MONEY, assigned(1000, save={"all": KEPT}, among="lapsed"), horizon_days=91)
    assert basis.win_back_share is not None
    assert (basis.money.contact_cost, basis.money.offer_cost) == (5, 10)
