"""Small groups stay hidden, and cannot be had by subtraction."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.metrics import avoidable_split, share
from workbench.report import Findings
from workbench.report.findings.details import Details
from workbench.report.privacy.hidden_cells import hidden_cells
from workbench.report.privacy.privacy_counts import FEW, hidden, private_kinds, shown_lists, shown_moves
from workbench.report.privacy.private_findings import (
    NOW,
    THEN,
    _join_reasons,
    _joined_bands,
    _private_campaigns,
    _private_cohorts,
    _private_details,
    _private_segments,
    _private_split,
    _private_value,
    private,
    shown_effort,
)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_what_is_hidden_is_never_one_small_group_or_known_by_subtraction(sizes: list[int]) -> None:
    groups = pd.Series(sizes)
    left_out = groups[hidden(groups, 10)]
    assert not groups[~hidden(groups, 10)].between(1, 9).any()
    if len(left_out) and (groups[~hidden(groups, 10)] > 0).any():
        assert len(left_out) > 1
        assert left_out.sum() >= 10


@given(st.lists(st.integers(10, 60), min_size=1, max_size=8))
def test_nothing_is_hidden_where_no_group_is_small(sizes: list[int]) -> None:
    assert not hidden(pd.Series(sizes), 10).any()


def segments(**columns: list[float]) -> pd.DataFrame:
    known = {"segmentation": ["country_segment"] * 3, "segment": ["DE", "FR", "NL"], "customers": [100, 20, 4],
             "at_risk": [80, 15, 4], "expected_churn": 0.1, "expected_lost": 1.0, "yearly_revenue": 5.0,
             "revenue_at_risk": 0.5, "n": [90.0, 30.0, 25.0], "lost": 9.0, "churn": 0.1, "low": 0.0, "high": 0.2,
             "p_adjusted": 0.5, "differs": True}  # fmt: skip
    return pd.DataFrame({**known, **columns})


WHOLES = {"customers": 124, "at_risk": 99, "n": 145}


def test_a_small_segment_and_the_next_smallest_are_one_row_whose_sums_stay() -> None:
    shown = _private_segments(segments(), 10, WHOLES).set_index("segment")
    assert shown["customers"].to_dict() == {"DE": 100, "FR + NL": 24}
    assert shown.loc["FR + NL", ["at_risk", "expected_lost", "yearly_revenue", "n", "lost"]].tolist() == [
        19,
        2,
        10,
        55,
        18,
    ]
    assert shown.loc["FR + NL", "expected_churn"] == 2 / 19
    assert shown.loc["FR + NL", "churn"] == 18 / 55
    assert not shown.loc["FR + NL", "differs"]


def test_small_segments_are_hidden_where_one_row_of_them_would_give_away_who_is_in_none() -> None:
    shown = _private_segments(segments(), 10, {"customers": 127, "at_risk": 99, "n": 145}).set_index("segment")
    assert shown[NOW].isna().all(axis=1).to_dict() == {"DE": False, "FR": True, "NL": True}
    assert shown[THEN].notna().all(axis=None)


def test_a_segment_that_was_small_then_loses_what_was_observed_then() -> None:
    shown = _private_segments(
        segments(customers=[100, 20, 40], at_risk=[80, 15, 40], n=[90.0, 30.0, 5.0]), 10, WHOLES | {"n": 125}
    )
    assert shown[THEN].isna().all(axis=1).tolist() == [False, True, True]
    assert shown["differs"].tolist() == [True, False, False]
    assert shown[NOW].notna().all(axis=None)


def test_figures_that_rest_on_few_answers_or_orders_are_left_out_and_named(unpriced: Findings) -> None:
    feedback = {"goals": share("goals reached", 0, 1, "reached / due"), "csat": share("CSAT", 9, 10, "4 and 5 / all")}
    shown = private(replace(unpriced, feedback=feedback), 10)
    assert list(shown.feedback) == ["csat"]
    assert shown.missing["goals reached"] == "fewer than 10 cases in the last period."
    assert list(private(replace(unpriced, feedback=feedback), 0).feedback) == ["goals", "csat"]


def test_cohorts_of_few_customers_are_left_out() -> None:
    months = pd.DatetimeIndex(["2024-01-01", "2024-02-01"])
    cohorts = pd.DataFrame({0: [1.0, 1.0], 1: [0.5, np.nan]}, index=months)
    cohorts.attrs["sizes"] = {"2024-01-01": 12, "2024-02-01": 3}
    shown = _private_cohorts(cohorts, 10)
    assert (list(shown.index), shown.attrs["sizes"]) == ([months[0]], {"2024-01-01": 12})


def test_months_of_few_new_customers_show_no_activation() -> None:
    months = pd.DataFrame({"cohort": pd.to_datetime(["2024-01-01", "2024-02-01"]), "new": [12, 9], "activated": [6, 3]})
    nothing = pd.DataFrame({"n": [], "others_n": []})
    spent = pd.DataFrame({"won": [12, 9], "cost_of_winning": [60.0, 40.0]})
    details = Details(nothing, (), nothing, nothing, nothing, nothing, {}, nothing, nothing, months, spent)
    shown = _private_details(details, 10)
    assert shown.activation["new"].tolist() == [12]
    assert shown.spending.isna().all(axis=1).tolist() == [False, True]


def effort_shown(min_cell: int, **customers: int) -> dict[str, int]:
    """Return the customers per group that the page shows, of so many with a task each."""
    columns = ["customer_id", "value_segment", "contact_cost", "offer_cost", "expected_gain"]
    rows = [(f"{group}{i}", group, 5.0, 0.0, 1.0) for group, n in customers.items() for i in range(n)]
    known = SimpleNamespace(lists={"keep": pd.DataFrame(rows, columns=columns)}, min_cell=min_cell)
    return shown_effort(known).set_index("segment")["customers"].to_dict()


def test_effort_for_few_customers_counts_as_other_and_is_hidden_where_these_are_few_too() -> None:
    assert effort_shown(10, VIP=20, other=37, unpaid=3) == {"other": 40, "VIP": 20}
    assert effort_shown(10, VIP=20, other=3) == {}, "one group of two would give the other away"
    assert effort_shown(0, VIP=20, other=3) == {"VIP": 20, "other": 3}


def test_reasons_that_few_gave_are_joined_so_that_their_sum_stays() -> None:
    reasons = pd.DataFrame(
        {"n": [40, 12, 6, 5], "share": [0.6, 0.2, 0.1, 0.1], "revenue": [4.0, np.nan, 1.0, 2.0],
         "avoidable": ["yes", "no", "yes", "no"], "active": [40, 12, 6, 5]},
        index=pd.Index(["price", "service", "moved", "closed"], name="reason"),
    )  # fmt: skip
    shown = _join_reasons(reasons, 10)
    assert shown["n"].to_dict() == {"price": 40, "service": 12, "reasons that few gave": 11}
    assert shown.loc["reasons that few gave", ["revenue", "avoidable"]].tolist() == [3.0, "unknown"]
    assert _join_reasons(reasons.iloc[2:3], 10).empty


def test_a_small_band_of_risk_is_shown_together_with_the_next_so_that_the_riskiest_stay_on_the_page() -> None:
    bands = pd.DataFrame({"band": ["60 to 100 %", "40 to 60 %", "20 to 40 %", "5 to 10 %", "0 to 5 %"],
                          "customers": [3, 2, 15, 80, 4], "expected_lost": [2.0, 1, 4, 6, 0.1],
                          "yearly_revenue": [np.nan, 1.0, 2, 3, 4], "revenue_at_risk": np.nan})  # fmt: skip
    shown = _joined_bands(bands, 10)
    assert shown[["band", "customers", "expected_lost"]].to_numpy().tolist() == [
        ["20 to 100 %", 20, 7],
        ["0 to 10 %", 84, 6.1],
    ]
    assert shown["yearly_revenue"].tolist() == [3, 7]
    assert shown["revenue_at_risk"].isna().all()
    assert _joined_bands(bands.iloc[:2], 10).empty


def test_who_is_in_no_segment_counts_as_one_so_that_few_of_them_cannot_be_had() -> None:
    rule = segments(segment=["quiet"] * 3, customers=100, at_risk=90).head(1)
    assert _private_segments(rule, 10, {"customers": 104, "at_risk": 94, "n": 90}).dropna(subset="at_risk").empty
    assert _private_segments(rule, 10, {"customers": 100, "at_risk": 90, "n": 90})["at_risk"].tolist() == [90]


def test_a_small_cell_cannot_be_had_from_the_sums_of_rows_and_columns() -> None:
    counts = pd.DataFrame({"active": [41, 0, 0, 17], "financial": [0, 16, 0, 1], "passive": [0, 0, 13, 0]})
    shown = counts.mask(hidden_cells(counts, 10))
    assert shown["active"].dropna().tolist() == [41]
    assert shown["financial"].isna().all(), "one of 17 would follow from the 16 beside it"


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=1, max_size=5))
def test_every_hidden_row_and_column_could_hold_more_than_a_few(counts: list[list[int]]) -> None:
    table = pd.DataFrame(counts, columns=["active", "financial", "passive"])
    covered = hidden_cells(table, 10)
    assert not table.mask(covered).isin(range(1, 10)).any(axis=None)
    if not covered.all(axis=None):
        small = table.gt(0) & table.lt(10)
        for axis in (0, 1):
            assert (table.where(covered, 0).sum(axis=axis)[small.any(axis=axis)] >= 10).all()


def test_what_contacting_few_brings_is_hidden_and_so_is_what_would_give_it_away() -> None:
    rows = pd.DataFrame({"segmentation": "plan", "segment": ["a", "b", "c"], "customers": [90, 60, 50],
                         "contacts": [31, 12, 1], "gain": 1.0, "cost": 1.0, "gain_per_cost": 1.0})  # fmt: skip
    shown = _private_value(rows, 10).set_index("segment")
    assert shown["gain"].isna().to_dict() == {"a": False, "b": True, "c": True}
    assert shown["customers"].tolist() == [90, 60, 50]


def test_how_few_a_campaign_did_not_reach_cannot_be_had_from_all_and_the_others() -> None:
    rows = [("all", 300, 260), ("spring", 100, 92), ("summer", 100, 82), ("autumn", 100, 86)]
    campaigns = pd.DataFrame(rows, columns=["campaign", "treated", "reached"])
    campaigns = campaigns.assign(control=50, among="customers", kind="all", segment="all")
    shown = _private_campaigns(campaigns, 10).set_index("campaign")
    assert shown["reached"].isna().to_dict() == {"all": False, "spring": True, "summer": False, "autumn": True}


def test_the_effort_counts_no_list_of_few_so_that_none_can_be_had_from_the_others() -> None:
    tasks = {"value_segment": "VIP", "contact_cost": 5.0, "offer_cost": 0.0, "expected_gain": 1.0}
    lists = {name: pd.DataFrame({"customer_id": [f"{name}{i}" for i in range(n)], **tasks})
             for name, n in (("keep", 20), ("thank", 2))}  # fmt: skip
    assert shown_effort(SimpleNamespace(lists=lists, min_cell=10))["tasks"].tolist() == [20]
    assert shown_effort(SimpleNamespace(lists=lists, min_cell=0))["tasks"].tolist() == [22]


def test_periods_in_which_few_left_in_one_way_are_taken_together_and_kinds_of_few_at_last() -> None:
    starts = pd.Index([1, 2, 3, 4], name="start")
    columns = {"active": [30, 30, 30, 30], "financial": [3, 7, 20, 5], "passive": [12, 25, 30, 11]}
    kinds = pd.DataFrame(columns, index=starts)
    shown = private_kinds(kinds, 10)
    assert shown.reset_index().to_numpy().tolist() == [[1, 60, 10, 37], [3, 60, 25, 41]]
    few = private_kinds(kinds.assign(financial=[0, 1, 2, 0]), 10)
    assert few.reset_index().to_dict("records") == [{"start": 1, "active": 120, FEW: 81}]
    assert private_kinds(kinds, 0).equals(kinds)


def test_a_part_of_few_departures_is_counted_with_those_of_whom_it_is_not_known() -> None:
    avoidable = ["yes"] * 30 + ["no"] * 3 + ["unknown"] * 27
    lost = pd.DataFrame({"billing_outcome": ["voluntary"] * 40 + ["involuntary"] * 20, "avoidable": avoidable})
    shown = _private_split(avoidable_split(lost), 10)
    assert shown["n"].to_dict() == {"involuntary": 20, "voluntary": 40, "neither": 0, "avoidable": 30,
                                    "not avoidable or unknown": 30}  # fmt: skip
    assert shown.loc["not avoidable or unknown", "share"] == 0.5
    few = pd.DataFrame(
        {"billing_outcome": ["voluntary"] * 18 + ["involuntary"] * 4, "avoidable": ["yes"] * 7 + ["no"] * 15}
    )
    assert _private_split(avoidable_split(few.head(20)), 10).empty, "neither question can be answered of so few"


def listed(**lines: int) -> pd.DataFrame:
    rows = [(f"{line}{i}", line, 2.0) for line, n in lines.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["customer_id", "line", "expected_gain"])


def test_lines_of_few_customers_are_joined_and_a_small_list_has_no_figures() -> None:
    lists = {"pay": listed(card=4), "keep": listed(overdue=30, complaint=11, fell=13, rose=3), "save": listed()}
    shown = shown_lists(SimpleNamespace(lists=lists, min_cell=10)).fillna(-1)
    assert shown.values.tolist() == [
        ["pay", "other causes", -1, -1], ["keep", "overdue", 30, 60.0], ["keep", "fell", 13, 26.0],
        ["keep", "other causes", 14, 28.0],
    ]  # fmt: skip


def test_who_left_a_segment_cannot_be_had_from_who_entered_it() -> None:
    moves = pd.DataFrame({"segmentation": "v", "segment": ["VIP", "other"], "customers_then": [88, 275],
                          "entered": [14, 50], "left": [5, 32], "customers_now": [97, 293]})  # fmt: skip
    shown = shown_moves(SimpleNamespace(segment_history=moves, min_cell=10)).set_index("segment")
    assert shown.loc["VIP", ["entered", "left"]].isna().all()
    assert shown.loc["other"].tolist()[1:] == [275, 50, 32, 293]
    few = moves.assign(customers_then=[88, 4], entered=[14, 20])
    hidden_sizes = shown_moves(SimpleNamespace(segment_history=few, min_cell=10))
    assert hidden_sizes[["customers_then", "entered", "left"]].isna().all(axis=None)
    assert hidden_sizes["customers_now"].tolist() == [97, 293]
