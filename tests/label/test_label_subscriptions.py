"""Subscribers: hand-written edge cases, and the simulated company's own truth."""

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.crm.asof import Crm
from workbench.errors import SettingError

Row = tuple[str, str, str | None, str | None]


def company(*subscriptions: Row, **tables: list[dict[str, object]]) -> Crm:
    """Type subscriptions by hand: customer, started, cancelled, ended; ids count up per row; data run to the end of 2024."""
    rows = [
        {
            "subscription_id": f"s{i}",
            "customer_id": c,
            "kind": "paid",
            "started_at": a,
            "cancelled_at": n,
            "ended_at": e,
        }
        for i, (c, a, n, e) in enumerate([*subscriptions, ("last", "2024-12-30", None, None)])
    ]
    frames = {"subscriptions": pd.DataFrame(rows).astype("str").replace("None", None)}
    return wb.load_tables({**frames, **{name: pd.DataFrame(r) for name, r in tables.items()}})


def departures(crm: Crm, **rules: object) -> list[tuple[str, str, str]]:
    told = wb.churn_events(crm, **rules).order_by("customer_id", "occurred_at").to_pandas()
    return [(r.customer_id, f"{r.occurred_at:%Y-%m-%d}", r.kind) for r in told.itertuples()]


def state(crm: Crm, as_of: str) -> dict[str, str]:
    told = wb.states(crm, as_of).to_pandas()
    return dict(zip(told["customer_id"], told["state"], strict=True))


def owed(customer: str, due: str, paid: str | None = None, **more: str) -> dict[str, object]:
    return {"invoice_id": f"i-{customer}-{due}", "customer_id": customer, "issued_at": "2024-01-01", "due_at": due,
            "paid_at": paid, "amount": 9, "voided_at": None, "disputed_at": None, "written_off_at": None, **more}  # fmt: skip


def test_a_cancelled_subscription_is_active_churn_dated_at_notice_or_at_the_end_of_service() -> None:
    crm = company(("ann", "2024-01-01", "2024-03-01", "2024-04-01"))
    assert departures(crm) == [("ann", "2024-03-01", "active")]
    assert departures(crm, dated="service end") == [("ann", "2024-04-01", "active")]


def test_a_term_that_runs_out_without_notice_or_debt_is_passive_churn() -> None:
    assert departures(company(("ann", "2024-01-01", None, "2024-04-01"))) == [("ann", "2024-04-01", "passive")]


@pytest.mark.parametrize(
    ("invoice", "kind"),
    [
        (owed("ann", "2024-02-01"), "financial"),
        (owed("ann", "2024-02-01", paid="2024-02-20"), "active"),
        (owed("ann", "2024-02-01", paid="2024-05-20"), "financial"),
        (owed("ann", "2024-02-01", disputed_at="2024-02-02"), "active"),
        (owed("ann", "2024-02-01", voided_at="2024-02-02"), "active"),
        (owed("ann", "2024-03-02"), "active"),
    ],
)
def test_a_cancellation_while_an_invoice_is_past_due_is_financial(invoice: dict[str, object], kind: str) -> None:
    crm = company(("ann", "2024-01-01", "2024-03-01", "2024-03-01"), invoices=[invoice])
    assert departures(crm) == [("ann", "2024-03-01", kind)]


@pytest.mark.parametrize(("recovered", "kind"), [(True, "active"), (False, "financial")])
def test_a_failed_charge_makes_it_financial_unless_a_later_one_succeeded(recovered: bool, kind: str) -> None:
    tries = [
        {"charge_id": "1", "customer_id": "ann", "attempted_at": "2024-02-01", "succeeded": False},
        {"charge_id": "2", "customer_id": "ann", "attempted_at": "2024-02-05", "succeeded": recovered},
    ]
    crm = company(("ann", "2024-01-01", "2024-03-01", "2024-03-01"), charges=tries)
    assert departures(crm) == [("ann", "2024-03-01", kind)]


def test_losing_one_of_two_live_subscriptions_is_no_churn() -> None:
    crm = company(("ann", "2024-01-01", "2024-03-01", "2024-03-01"), ("ann", "2024-02-01", None, None))
    assert departures(crm) == []
    assert state(crm, "2024-06-01")["ann"] == "paying"


def test_who_returns_within_the_grace_never_left_and_later_starts_a_new_life() -> None:
    first = ("ann", "2024-01-01", "2024-03-01", "2024-03-01")
    assert departures(company(first, ("ann", "2024-03-31", None, None))) == []
    later = company(first, ("ann", "2024-04-01", None, None))
    assert departures(later) == [("ann", "2024-03-01", "active")]
    assert wb.lives(later).filter(lambda t: t.customer_id == "ann").life.to_pandas().tolist() == [1, 2]


def test_financial_churn_knows_no_grace() -> None:
    crm = company(
        ("ann", "2024-01-01", "2024-03-01", "2024-03-01"), ("ann", "2024-03-10", None, None),
        invoices=[owed("ann", "2024-02-01", paid="2024-03-09")],
    )  # fmt: skip
    assert departures(crm) == [("ann", "2024-03-01", "financial")]


def test_a_departure_counts_only_when_its_grace_is_over() -> None:
    assert departures(company(("ann", "2024-01-01", "2024-12-10", "2024-12-10"))) == []


def test_trials_never_churn() -> None:
    trial = [
        {
            "subscription_id": "t",
            "customer_id": "tim",
            "kind": "trial",
            "started_at": "2024-01-01",
            "ended_at": "2024-01-15",
        }
    ]
    paid = [
        {"subscription_id": "p", "customer_id": "ann", "kind": "paid", "started_at": "2024-12-30", "ended_at": None}
    ]
    crm = wb.load_tables({"subscriptions": pd.DataFrame(trial + paid)})
    assert departures(crm) == []
    assert state(crm, "2024-01-10") == {"tim": "trial"}
    assert state(crm, "2024-12-31") == {"ann": "paying", "tim": "prospect"}


def test_every_state_is_told_from_what_was_known_then() -> None:
    crm = company(
        ("notice", "2024-01-01", "2024-05-01", "2024-09-01"), ("gone", "2024-01-01", "2024-03-01", "2024-03-01"),
        ("paying", "2024-01-01", "2024-06-01", "2024-06-01"), ("paused", "2024-01-01", None, None),
        ("resumed", "2024-01-01", None, None), ("debtor", "2024-01-01", None, None), ("idle", "2024-01-01", None, None),
        invoices=[owed("debtor", "2024-04-01"), owed("paying", "2024-05-20")],
        events=[{"customer_id": c, "occurred_at": "2024-05-20"} for c in ("paying", "paused", "resumed", "debtor")],
        subscription_changes=[
            {"subscription_id": "s3", "changed_at": "2024-05-01", "change": "paused"},
            {"subscription_id": "s4", "changed_at": "2024-04-01", "change": "paused"},
            {"subscription_id": "s4", "changed_at": "2024-05-01", "change": "resumed"},
        ],
    )  # fmt: skip
    told = wb.states(crm, "2024-06-01").to_pandas().set_index("customer_id")
    assert told["state"].to_dict() == {
        "notice": "in notice", "gone": "gone", "paying": "paying", "paused": "paused", "resumed": "paying",
        "debtor": "delinquent", "idle": "dormant",
    }  # fmt: skip
    assert set(told.index[told["at_risk"]]) == {"paying", "resumed", "debtor", "idle"}


def test_the_outcome_is_the_first_departure_in_the_window_with_its_evidence() -> None:
    crm = company(
        ("leaves", "2024-01-01", "2024-06-30", "2024-07-31"), ("edge", "2024-01-01", "2024-07-01", "2024-07-01"),
        ("stays", "2024-01-01", None, None),
    )  # fmt: skip
    told = wb.label_churn(crm, "2024-06-01", horizon_days=30).to_pandas().set_index("customer_id")
    assert told["churned"].to_dict() == {"leaves": True, "edge": False, "stays": False}
    assert told.loc["leaves", ["kind", "next_record_id"]].tolist() == ["active", "s0"]
    assert (told["matured_at"] == pd.Timestamp("2024-07-31")).all()


def test_a_subscriber_who_stops_ordering_is_not_lost() -> None:
    orders = [{"order_id": "1", "customer_id": "ann", "ordered_at": "2024-01-02", "amount": 5}]
    crm = company(("ann", "2024-01-01", None, None), orders=orders)
    assert departures(crm) == []
    assert wb.label_churn(crm, "2024-09-01", horizon_days=60).to_pandas()["churned"].tolist() == [False]


def test_later_data_never_change_a_mature_label(tmp_path: Path) -> None:
    wb.simulate(tmp_path / "company", customers=800, months=24, seed=5)
    crm = wb.load_tables(tmp_path / "company" / "source.yaml")
    whole = wb.label_churn(crm, "2025-04-01").to_pandas().sort_values("customer_id", ignore_index=True)
    cut = wb.label_churn(crm.known_at("2025-07-31"), "2025-04-01").to_pandas()
    pd.testing.assert_frame_equal(whole, cut.sort_values("customer_id", ignore_index=True))


def test_an_orders_customer_who_subscribes_in_the_window_has_not_churned() -> None:
    orders = [{"order_id": "1", "customer_id": "ann", "ordered_at": "2024-03-20", "amount": 5}]
    crm = company(("ann", "2024-04-05", None, None), ("old", "2024-01-01", None, None), orders=orders)
    told = wb.label_churn(crm, "2024-04-01", horizon_days=30).to_pandas().set_index("customer_id")
    assert told.loc["ann", ["churned", "next_record_id"]].tolist() == [False, "s0"]


def test_a_source_that_knows_only_the_notice_takes_it_for_the_end() -> None:
    rows = {"subscription_id": ["a", "b"], "customer_id": ["ann", "last"], "started_at": ["2024-01-01", "2024-12-30"],
            "cancelled_at": ["2024-03-01", None]}  # fmt: skip
    crm = wb.load_tables({"subscriptions": pd.DataFrame(rows)})
    assert state(crm, "2024-06-01") == {"ann": "gone"}


def test_a_debt_of_an_earlier_life_or_one_given_up_does_not_make_a_later_cancellation_financial() -> None:
    crm = company(
        ("ann", "2024-06-01", "2024-09-01", "2024-09-01"), ("bob", "2024-01-01", "2024-09-01", "2024-09-01"),
        invoices=[owed("ann", "2024-02-01"), owed("bob", "2024-02-01", written_off_at="2024-05-01")],
    )  # fmt: skip
    assert departures(crm) == [("ann", "2024-09-01", "active"), ("bob", "2024-09-01", "active")]


def test_recorded_cancellations_close_subscriptions_where_the_company_believes_them_more() -> None:
    said = [{"customer_id": "ann", "occurred_at": "2024-03-01", "reason": "moved"}]
    crm = company(
        ("ann", "2024-01-01", None, None), ("ann", "2024-06-01", None, None), ("bob", "2024-01-01", None, "2024-05-01"),
        cancellations=said,
    )  # fmt: skip
    assert departures(crm, left_by="subscriptions") == [("bob", "2024-05-01", "passive")]
    assert departures(crm, left_by="cancellations") == [("ann", "2024-03-01", "active")]
    told = wb.states(crm, ["2024-02-01", "2024-04-01", "2024-07-01"], left_by="cancellations").to_pandas()
    assert told[told["customer_id"] == "ann"].sort_values("as_of")["state"].tolist() == ["paying", "gone", "paying"]


def test_believing_cancellations_that_are_not_there_is_refused() -> None:
    with pytest.raises(SettingError, match="this source has no cancellations; it has subscriptions"):
        wb.churn_events(company(("ann", "2024-01-01", None, None)), left_by="cancellations")
