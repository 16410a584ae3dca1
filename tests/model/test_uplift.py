"""Whom an offer keeps is learned from campaigns with a control arm, where these are large enough to teach it."""

from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from workbench.model import Money, learn_uplift, money_basis
from workbench.model.uplift import LEARNED, LESS, MORE, Uplift

MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)
AS_OF, NOW = datetime(2024, 1, 1), datetime(2024, 7, 1)


def panel(n: int, at: datetime) -> pd.DataFrame:
    """Return a panel of which only the first feature decides whom an offer keeps."""
    drawn = np.random.default_rng(at.month).normal(size=(n, 5))
    features = pd.DataFrame(drawn, columns=[f"f{i}" for i in range(5)])
    return features.assign(customer_id=[f"c{i}" for i in range(n)], as_of=at, plan="pro")


def reader(n: int, asked: list[datetime] | None = None) -> Callable[..., pd.DataFrame]:
    """Return what reads of the panel of n customers only what is asked for, and notes the snapshots in ``asked``."""

    def features(
        *, as_of: list[datetime], columns: list[str] | None = None, customer_id: Iterable[str] | None = None
    ) -> pd.DataFrame:
        (at,) = as_of
        if asked is not None:
            asked.append(at)
        whole = panel(n, at)
        rows = whole if customer_id is None else whole[whole["customer_id"].isin(list(customer_id))]
        return rows if columns is None else rows[["customer_id", "as_of", *columns]]

    return features


def campaign(n: int, save: float, otherwise: float) -> pd.DataFrame:
    """Return n customers assigned by lot, a fifth of the control lost; where f0 > 0 an offer keeps ``save`` of those."""
    draw, f0 = np.random.default_rng(7), panel(n, AS_OF)["f0"]
    treated = draw.random(n) < 0.6
    lost = draw.random(n) < 0.2 * (1 - treated * np.where(f0 > 0, save, otherwise))
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(n)], "campaign": "spring", "arm": np.where(treated, "treated", "control"),
         "treated_at": pd.Timestamp("2024-02-10"), "days": 91.0, "among": "customers", "kind": None, "lost": lost,
         "reached": 1.0, "cost": 5.0}
    )  # fmt: skip


def learned(assigned: pd.DataFrame) -> Uplift:
    n = len(assigned)
    snapshots = [datetime(2023, 10, 1), AS_OF, datetime(2024, 4, 1)]
    return learn_uplift(assigned, reader(n), snapshots, NOW, horizon_days=91)


def test_whom_an_offer_keeps_is_found_and_each_half_gets_its_own_share() -> None:
    assigned = campaign(16000, save=0.8, otherwise=0.0)
    uplift = learned(assigned)
    now = panel(16000, NOW).set_index("customer_id")["f0"]
    assert ((uplift.members == MORE) == (now > 0)).mean() > 0.9
    basis = money_basis(MONEY, assigned, horizon_days=91, uplift=uplift)
    shares = basis.shares.set_index("segment")["save_share"]
    assert basis.segmentation == LEARNED
    assert basis.learned_by[0] == ("f0", "high")
    assert shares[LESS] < 0.3 < 0.65 < shares[MORE]
    keeps = now.idxmax()
    assert basis.share_of(pd.Series([keeps, "new"])).tolist() == [shares[MORE], basis.money.save_share]


def test_where_all_answer_alike_one_share_serves_all() -> None:
    assigned = campaign(16000, save=0.4, otherwise=0.4)
    assert money_basis(MONEY, assigned, horizon_days=91, uplift=learned(assigned)).segmentation == ""


def test_the_features_are_those_of_the_last_snapshot_before_the_assignment() -> None:
    asked: list[datetime] = []
    snapshots = [datetime(2023, 10, 1), AS_OF, datetime(2024, 4, 1)]
    learn_uplift(campaign(16000, 0.8, 0.0), reader(16000, asked), snapshots, NOW, horizon_days=91)
    assert asked == [AS_OF, AS_OF, NOW]


@pytest.mark.parametrize(
    "assigned",
    [campaign(600, 0.8, 0.0), campaign(16000, 0.8, 0.0).assign(arm="treated"), campaign(0, 0.8, 0.0)],
    ids=["few customers", "no control", "nobody"],
)
def test_campaigns_too_small_to_teach_it_say_so_and_read_no_features(assigned: pd.DataFrame) -> None:
    def none_read(**which: object) -> pd.DataFrame:
        raise AssertionError(which)

    uplift = learn_uplift(assigned, none_read, [AS_OF], NOW, horizon_days=91)
    assert "too few" in uplift.why
    assert uplift.members.empty
