"""What stands in the table of segments, and beside it: signs before leaving, and the base by risk."""

import numpy as np
import pandas as pd

from workbench.segments import comparable, risk_bands, signs_of_leaving


def report(*rows: tuple[str, str, int, float, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["segmentation", "segment", "at_risk", "expected_lost", "n", "lost"])


def test_a_segmentation_that_sorts_customers_as_an_earlier_one_does_is_shown_once() -> None:
    customers = pd.DataFrame({
        "at_risk": [True] * 4 + [False], "plan": ["small", "small", "big", "big", "big"],
        "tier": ["silver", "silver", "gold", "gold", "silver"], "country": ["NL", "BE", "NL", "BE", "BE"],
    })  # fmt: skip
    rows = report(
        *((by, segment, 2, 1.0, 2, 1) for by in ("plan", "tier", "country") for segment in customers[by].unique())
    )
    shown = comparable(rows, customers)["segmentation"].unique().tolist()
    assert shown == ["plan", "country"], "the country has the same numbers, of other customers"


def test_a_segment_without_active_customers_is_not_shown_and_a_lone_one_compares_with_nothing() -> None:
    rows = report(("rfm", "Lapsed", 0, 0.0, 0, 0), ("rfm", "Loyal", 9, 1.0, 8, 1), ("rfm", "New", 4, 1.5, 5, 1),
                  ("country", "NL", 13, 2.5, 13, 2), ("country", "BE", 0, 0.0, 0, 0))  # fmt: skip
    customers = pd.DataFrame({"at_risk": [True, True], "rfm": ["Loyal", "New"], "country": "NL"})
    assert comparable(rows, customers)["segment"].tolist() == ["Loyal", "New"]


def test_recency_frequency_and_money_are_not_shown_where_nearly_all_are_in_one_segment() -> None:
    rows = report(("rfm_segment", "Occasional", 97, 9.0, 97, 9), ("rfm_segment", "New", 3, 0.1, 3, 0),
                  ("value_segment", "other", 97, 9.0, 97, 9), ("value_segment", "VIP", 3, 0.1, 3, 0))  # fmt: skip
    customers = pd.DataFrame(
        {"at_risk": [True, True], "rfm_segment": ["New", "New"], "value_segment": ["VIP", "other"]}
    )
    assert comparable(rows, customers)["segmentation"].unique().tolist() == ["value_segment"]


def test_a_sign_is_compared_on_the_side_that_goes_with_leaving() -> None:
    past = pd.DataFrame({"orders": [1.0, 1, 2, 5, 6, 7], "churned": [True, True, False, False, False, True]})
    (row,) = signs_of_leaving(past, [driver("orders", "low")]).to_dict("records")
    assert (row["side"], row["limit"], row["n"], row["lost"], row["others_n"], row["others_lost"]) == (
        "at most", 1.0, 2, 2, 4, 1,
    )  # fmt: skip


def test_a_text_and_a_sign_that_all_customers_share_are_no_comparison() -> None:
    past = pd.DataFrame({"plan": ["a", "b", "a"], "flat": [1.0, 1.0, 1.0], "churned": [True, False, False]})
    assert signs_of_leaving(past, [driver("plan", "high"), driver("flat", "high"), driver("absent", "low")]).empty


def driver(feature: str, side: str) -> dict[str, str]:
    return {"family": feature, "feature": feature, "meaning": feature, "direction": f"{side} values go with leaving"}


def test_the_bands_of_risk_hold_every_customer_at_risk_once_and_unknown_amounts_are_not_zero() -> None:
    chances = [0.0, 0.05, 0.1, 0.999, 1.0, 0.3]
    now = pd.DataFrame({"at_risk": [True] * 5 + [False], "churn_probability": chances, "yearly_revenue": np.nan,
                        "revenue_at_risk": np.nan})  # fmt: skip
    bands = risk_bands(now)
    assert bands["customers"].sum() == 5
    assert bands["band"].tolist() == ["60 to 100 %", "10 to 20 %", "5 to 10 %", "0 to 5 %"]
    assert bands["yearly_revenue"].isna().all()
