"""Single labels overridden by the analyst's file, and recorded."""

from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import SettingError
from workbench.label.corrections import read_corrections

SUBSCRIPTIONS = {
    "as is": [("2024-01-01", "2024-03-01"), ("2024-08-01", None)],
    "of a kind": [("2024-01-01", "2024-03-01"), ("2024-08-01", None)],
    "stayed": [("2024-01-01", "2024-03-01"), ("2024-08-01", None)],
    "left later": [("2024-01-01", "2024-03-01"), ("2024-08-01", "2024-09-15")],
    "by phone": [("2024-01-01", None)],
    "anew": [("2024-01-01", None), ("2024-08-01", None)],
    "soon": [("2024-01-01", None)],
    "outside": [("2024-01-01", None)],
    "last": [("2024-12-30", None)],
}
"""The subscriptions of each customer: when begun and when cancelled."""
CORRECTIONS = [
    "of a kind,2024-03-01,financial,the card was stolen",
    "stayed,2024-03-01,stayed,moved to another contract",
    "left later,2024-03-01,stayed,on another contract",
    "by phone,2024-05-05,active,by phone",
    "anew,2024-05-05,active,by phone",
    "soon,2024-02-20,passive,gone",
    "outside,2024-04-02,active,later",
]


@pytest.fixture(scope="module")
def subscribers() -> Crm:
    rows = [
        (f"{who} {begun}", who, begun, cancelled) for who, each in SUBSCRIPTIONS.items() for begun, cancelled in each
    ]
    frame = pd.DataFrame(rows, columns=["subscription_id", "customer_id", "started_at", "cancelled_at"])
    return wb.load_tables({"subscriptions": frame})


@dataclass(frozen=True)
class Corrected:
    """What the verbs say of the subscribers, each corrected at most once; by customer."""

    events: pd.DataFrame
    lives: pd.DataFrame
    states: pd.DataFrame
    outcomes: pd.DataFrame


@pytest.fixture(scope="module")
def corrected(subscribers: Crm, tmp_path_factory: pytest.TempPathFactory) -> Corrected:
    """The verbs asked once, by one file: customers are independent."""
    path = corrections(tmp_path_factory.mktemp("file"), *CORRECTIONS)
    moments = ["2024-02-01", "2024-06-01", "2024-09-01", "2024-11-01"]
    states = wb.states(subscribers, moments, corrections=path).to_pandas()
    outcomes = wb.label_churn(subscribers, moments[0], horizon_days=60, corrections=path).to_pandas()
    return Corrected(
        wb.churn_events(subscribers, corrections=path).to_pandas().set_index("customer_id"),
        wb.lives(subscribers, corrections=path).order_by("life").to_pandas().set_index("customer_id"),
        states.set_index(["customer_id", states["as_of"].astype(str)]),
        outcomes.set_index("customer_id"),
    )


def corrections(folder: Path, *lines: str) -> Path:
    path = folder / "corrections.csv"
    path.write_text("\n".join(["customer_id,date,kind,note", *lines]), encoding="utf-8")
    return path


def departures(found: Corrected) -> dict[str, list[str]]:
    """Return when and how each customer left."""
    shown = found.events["occurred_at"].dt.strftime("%Y-%m-%d ") + found.events["kind"]
    return {str(who): sorted(texts) for who, texts in shown.groupby("customer_id")}


def test_a_departure_takes_the_kind_it_is_corrected_to_and_says_who_said_what(corrected: Corrected) -> None:
    found = corrected.events.loc["of a kind"]
    assert (found["kind"], found["billing_outcome"]) == ("financial", "involuntary")
    assert found["evidence"] == (
        "corrected to financial: the card was stolen (by the rules: active, the last paid subscription was cancelled)"
    )


def test_only_what_is_corrected_changes(corrected: Corrected) -> None:
    assert departures(corrected) == {
        "as is": ["2024-03-01 active"],
        "of a kind": ["2024-03-01 financial"],
        "left later": ["2024-09-15 active"],
        "by phone": ["2024-05-05 active"],
        "anew": ["2024-05-05 active"],
        "soon": ["2024-02-20 passive"],
        "outside": ["2024-04-02 active"],
    }


def test_a_departure_that_did_not_happen_joins_the_life_with_the_next(corrected: Corrected) -> None:
    lives = corrected.lives.loc[["stayed"]]
    assert lives[["life", "started_at"]].astype(str).to_numpy().tolist() == [["1", "2024-01-01"]]
    assert lives["ended_at"].isna().all()
    state = corrected.states.loc[("stayed", "2024-06-01"), ["state", "why"]]
    assert state.tolist() == ["paying", "corrected: moved to another contract"]


def test_a_later_departure_is_one_in_states_and_history_alike_whatever_an_earlier_correction_says(
    corrected: Corrected,
) -> None:
    assert departures(corrected)["left later"] == ["2024-09-15 active"]
    states = corrected.states["state"]
    assert [states["left later", at] for at in ("2024-06-01", "2024-11-01")] == ["paying", "gone"]


def test_a_departure_the_tables_do_not_show_is_added(corrected: Corrected) -> None:
    assert departures(corrected)["by phone"] == ["2024-05-05 active"]
    assert corrected.states.loc[("by phone", "2024-06-01"), "state"] == "gone"


def test_a_new_subscription_after_an_added_departure_begins_a_new_life(corrected: Corrected) -> None:
    lives = corrected.lives.loc["anew"]
    assert lives["started_at"].astype(str).tolist() == ["2024-01-01", "2024-08-01"]
    assert lives["ended_at"].astype(str).fillna("").tolist() == ["2024-05-05", ""]
    states = corrected.states["state"]
    assert [states["anew", at] for at in ("2024-06-01", "2024-09-01")] == ["gone", "paying"]


def test_an_outcome_is_decided_by_the_correction_in_its_window(corrected: Corrected) -> None:
    churned = corrected.outcomes["churned"]
    assert {who: bool(churned[who]) for who in ("as is", "stayed", "soon")} == {
        "as is": True, "stayed": False, "soon": True,
    }  # fmt: skip
    assert corrected.outcomes.loc["soon", "kind"] == "passive"
    assert corrected.outcomes.loc["soon", "rule"].startswith("corrected to passive: gone")


def test_a_correction_dated_outside_the_window_changes_nothing(corrected: Corrected) -> None:
    assert not corrected.outcomes["churned"]["outside"]


def test_activity_after_an_added_departure_begins_a_new_life_everywhere(tmp_path: Path) -> None:
    days = ["2024-01-05", "2024-02-05", "2024-03-05", "2024-04-05"]
    crm = crm_of(*((str(i), "ann", day, 1) for i, day in enumerate(days)), ("9", "bob", "2024-06-20", 1))
    path = corrections(tmp_path, "ann,2024-02-10,active,wrote us", "ann,2024-03-20,active,wrote again")
    lives = wb.lives(crm, inactive_days=60, corrections=path).order_by("customer_id", "life").to_pandas()
    ann = lives[lives["customer_id"] == "ann"]
    spans = [(f"{one.started_at:%m-%d}", f"{one.ended_at:%m-%d}", one.kind) for one in ann.itertuples()]
    assert spans == [("01-05", "02-10", "active"), ("03-05", "03-20", "active"), ("04-05", "06-04", "passive")]
    events = wb.churn_events(crm, inactive_days=60, corrections=path).filter(ibis._.customer_id == "ann").to_pandas()
    assert events.sort_values("occurred_at")["reactivated_at"].astype(str).fillna("").tolist() == [
        "2024-03-05",
        "2024-04-05",
        "",
    ]
    moments = ["2024-02-11", "2024-03-06", "2024-03-21", "2024-04-06"]
    states = wb.states(crm, moments, inactive_days=60, corrections=path).order_by("as_of").to_pandas()
    assert states.loc[states["customer_id"] == "ann", "state"].tolist() == ["gone", "paying", "gone", "paying"]


def test_an_outcome_by_silence_can_be_corrected_too(tmp_path: Path) -> None:
    crm = crm_of(("1", "ann", "2024-01-20", 1), ("2", "bob", "2024-03-31", 1))
    path = corrections(tmp_path, "ann,2024-02-03,stayed,bought in the shop")
    found = wb.label_churn(crm, "2024-02-01", horizon_days=10, inactive_days=30, corrections=path).to_pandas()
    assert found["churned"].tolist() == [False]
    assert found["rule"].tolist() == [
        "corrected to stayed: bought in the shop (by the rules: passive, no activity in the 10 days from as_of)"
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stayed,2024-03-01,activ,x", "line 2: kind 'activ'; did you mean active?"),
        ("stayed,1.3.2024,active,x", "line 2: date '1.3.2024' is not a date"),
        ("stay,2024-03-01,active,x", "no customer stay; correct the ids"),
        (",2024-03-01,active,x", "line 2: customer_id is empty"),
        ("soon,2024-03-01,active,x\nsoon,2024-03-01,stayed,y", "soon is corrected twice on 2024-03-01"),
        ("soon,2024-03-01,active,x,y", "a line has more values than columns"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_with_its_place(
    subscribers: Crm, tmp_path: Path, line: str, words: str
) -> None:
    with pytest.raises(SettingError) as refused:
        read_corrections(subscribers, corrections(tmp_path, line))
    assert words in str(refused.value)


def test_a_file_with_other_columns_and_one_that_is_not_there_are_refused(subscribers: Crm, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("customer,date,kind\nann,2024-03-01,active\n")
    with pytest.raises(SettingError, match="column 'customer' is unknown"):
        read_corrections(subscribers, path)
    with pytest.raises(SettingError, match="cannot be read"):
        read_corrections(subscribers, tmp_path / "none.csv")


def test_an_end_without_tables_of_notices_or_debts_is_not_said_to_be_without_them() -> None:
    rows = [("s1", "ann", "2024-01-01", "2024-05-01"), ("s2", "last", "2024-12-30", None)]
    frame = pd.DataFrame(rows, columns=["subscription_id", "customer_id", "started_at", "ended_at"])
    rule = wb.churn_events(wb.load_tables({"subscriptions": frame})).to_pandas()["rule"].tolist()
    assert rule == ["the service ended; whether by notice or debt is not recorded"]
    frame["cancelled_at"] = None
    rule = wb.churn_events(wb.load_tables({"subscriptions": frame})).to_pandas()["rule"].tolist()
    assert rule == ["the service ended; whether by debt is not recorded"]


def test_a_correction_after_the_end_of_the_data_is_named_instead_of_passed_over(
    subscribers: Crm, tmp_path: Path
) -> None:
    path = corrections(tmp_path, "by phone,2026-05-05,active,by phone")
    with pytest.raises(
        SettingError, match=r"by phone is corrected on 2026-05-05, where nothing is known: the data end"
    ):
        read_corrections(subscribers, path)
