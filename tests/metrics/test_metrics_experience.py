"""What customers say and how long they wait, on answers and tickets typed by hand, and against lifelines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

import workbench as wb
from workbench import metrics
from workbench.crm.asof import Crm
from workbench.errors import DataError, SettingError
from workbench.metrics.waiting import Waits, quantile, within

START, END = datetime(2024, 2, 1), datetime(2024, 3, 1)
OPEN = None


def company(**tables: list[dict[str, object]]) -> Crm:
    """Add to typed tables an order before and one after, so that the data run from January to the 11th of March."""
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": "z", "ordered_at": ["2024-01-01", "2024-03-10 23:59:59"], "amount": 1}
    )
    return wb.load_tables({"orders": orders, **{name: pd.DataFrame(rows) for name, rows in tables.items()}})


def surveys(*scores: float | None, instrument: str = "nps") -> list[dict[str, object]]:
    return [
        {"customer_id": f"c{i}", "answered_at": "2024-02-10", "instrument": instrument, "score": score}
        for i, score in enumerate(scores)
    ]


def ticket(customer: str, opened: str, answered: str | None, resolved: str | None = None) -> dict[str, object]:
    return {"ticket_id": f"{customer}{opened}", "customer_id": customer, "opened_at": opened,
            "first_response_at": answered, "resolved_at": resolved}  # fmt: skip


def test_nps_is_promoters_less_detractors_of_all_answers() -> None:
    metric = metrics.nps(company(surveys=surveys(10, 9, 9, 8, 7, 6, 0, None)), START, END)
    assert (metric.value, metric.unit) == (pytest.approx(100 / 7), "points")
    assert (metric.count, metric.of, metric.n, metric.n_of) == (1, 7, 7, "answers")
    assert -100 <= metric.low < metric.value < metric.high <= 100


def test_only_nps_answers_of_the_period_count_and_none_of_excluded_customers() -> None:
    rows = [
        *surveys(10, 0), *surveys(5, instrument="csat"),
        {"customer_id": "c0", "answered_at": "2024-03-01", "instrument": "nps", "score": 0},
        {"customer_id": "c0", "answered_at": "2024-02-01", "instrument": "NPS", "score": 9},
    ]  # fmt: skip
    customers = [{"customer_id": "c1", "exclude_reason": "test"}, {"customer_id": "c0", "exclude_reason": None}]
    metric = metrics.nps(company(surveys=rows, customers=customers), START, END)
    assert (metric.count, metric.of) == (2, 2)


def test_a_customer_who_answers_often_makes_the_score_less_sure() -> None:
    often = [{**row, "customer_id": f"c{i % 4}"} for i, row in enumerate(surveys(*[10, 10, 0, 0] * 10))]
    once = surveys(*[10, 10, 0, 0] * 10)
    wide, narrow = (metrics.nps(company(surveys=rows), START, END) for rows in (often, once))
    assert wide.value == narrow.value == 0
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def on_scale(crm: Crm, **scales: list[float]) -> Crm:
    return replace(crm, facts=replace(crm.facts, scales={**crm.facts.scales, **scales}))


def test_marks_off_the_scale_are_refused_or_mapped() -> None:
    crm = on_scale(company(surveys=surveys(10, 9, 5)), nps=[0, 5])
    with pytest.raises(DataError, match=r"surveys column score has 9 .* off the scale of 0 to 5"):
        metrics.nps(crm, START, END)
    mapping = {mark: mark for mark in range(11)}
    assert metrics.nps(crm, START, END, mapping=mapping).value == pytest.approx(100 / 3)
    with pytest.raises(DataError, match="has 9 among the nps answers, which the mapping lacks"):
        metrics.nps(crm, START, END, mapping={10: 10, 5: 5})


def test_a_scale_of_one_to_five_is_not_taken_for_one_of_zero_to_ten() -> None:
    crm = company(surveys=surveys(*[1, 3, 5] * 10))
    with pytest.raises(DataError, match="no nps answer above 5 among 30"):
        metrics.nps(crm, START, END)
    assert metrics.nps(crm, START, END, mapping={1: 0, 2: 3, 3: 7, 4: 8, 5: 10}).value == 0


@pytest.mark.parametrize(
    ("scale", "score"), [("1-5", {1: -1, 2: -1, 3: -1, 4: 0, 5: 1}), ("0-5", {0: -1, 3: -1, 4: 0, 5: 1})]
)
def test_a_scale_that_the_source_states_is_taken_to_marks_of_zero_to_ten(
    scale: str, score: dict[int, int], tmp_path: Path
) -> None:
    crm = stated(tmp_path, scale, *score)
    metric = metrics.nps(crm, START, END)
    assert (metric.count, metric.of) == (sum(score.values()), len(score))
    reacted = metrics.time_to_react(crm, START, END)["median"]
    assert reacted.of == sum(mark < 0 for mark in score.values())


def stated(folder: Path, scale: str, *scores: float) -> Crm:
    """Load NPS answers of February from a source file that states their scale."""
    pd.DataFrame(surveys(*scores)).to_csv(folder / "surveys.csv", index=False)
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": "z", "ordered_at": ["2024-01-01", "2024-03-10"], "amount": 1}
    )
    orders.to_csv(folder / "orders.csv", index=False)
    messages = {"customer_id": ["z"], "sent_at": ["2024-03-01"], "direction": ["out"]}
    pd.DataFrame(messages).to_csv(folder / "messages.csv", index=False)
    columns = {
        "orders": ["order_id", "customer_id", "ordered_at", "amount"],
        "surveys": [*surveys(1)[0]],
        "messages": [*messages],
    }
    described = {"name": "x", "currency": "EUR", "about": "x", "scales": {"nps": scale},
                 "files": {name: {"path": f"{name}.csv"} for name in columns},
                 "tables": {name: {"from": name, "columns": {c: c for c in each}} for name, each in columns.items()}}  # fmt: skip
    (folder / "source.yaml").write_text(yaml.safe_dump(described))
    return wb.load_tables(folder / "source.yaml")


def test_csat_counts_fours_and_fives_of_surveys_or_of_tickets() -> None:
    marks = [
        {**ticket("a", "2024-01-30", "2024-01-30", "2024-02-02"), "satisfaction": 5},
        {**ticket("b", "2024-02-05", "2024-02-05", "2024-03-02"), "satisfaction": 1},
    ]
    crm = company(surveys=surveys(5, 4, 3, 1, instrument="csat"), tickets=marks)
    metric = metrics.csat(crm, START, END)
    assert (metric.value, metric.count, metric.n) == (0.5, 2, 4)
    assert metrics.csat(crm, START, END, asked="tickets").n == 1


def test_another_csat_scale_is_stated_in_the_source_or_named_whole() -> None:
    crm = on_scale(company(surveys=surveys(5, 4, 2, instrument="csat")), csat=[1, 3])
    with pytest.raises(DataError, match=r"surveys has the mark 4, off the scale 1 to 3"):
        metrics.csat(crm, START, END)
    assert metrics.csat(crm, START, END, scale=range(1, 8), satisfied=(4, 5)).count == 2
    assert metrics.csat(on_scale(crm, csat=[1, 7]), START, END).count == 0


def test_a_period_without_answers_gives_no_figure() -> None:
    metric = metrics.nps(company(surveys=surveys(10)), datetime(2024, 1, 10), START)
    assert metric.n == 0
    assert np.isnan(metric.value) and np.isnan(metric.low)


def test_open_tickets_are_censored_not_dropped() -> None:
    crm = company(tickets=[
        ticket("a", "2024-02-10 08:00", "2024-02-10 10:00"), ticket("b", "2024-02-10 08:00", "2024-02-10 12:00"),
        ticket("c", "2024-02-10 08:00", OPEN), ticket("d", "2024-02-10 08:00", OPEN),
        ticket("late", "2024-03-01 00:00", "2024-03-01 00:01"),
    ])  # fmt: skip
    metric = metrics.first_response(crm, START, END, sla_hours=3)
    assert metric["median"].value == 4
    assert np.isnan(metric["p90"].value)
    assert (metric["within"].value, metric["within"].count, metric["within"].of) == (0.25, 1, 4)
    assert (metric["median"].unit, metric["median"].n_of, metric["median"].count) == ("hours", "tickets", 2)


def test_a_ticket_solved_without_an_answer_is_watched_until_its_solution() -> None:
    crm = company(tickets=[
        ticket("a", "2024-02-10 08:00", OPEN, "2024-02-10 09:00"), ticket("b", "2024-02-10 08:00", "2024-02-10 12:00"),
    ])  # fmt: skip
    assert metrics.first_response(crm, START, END)["p90"].value == 4
    assert metrics.resolution(crm, START, END)["median"].value == 1


def test_a_ticket_answered_before_it_was_opened_is_left_out_and_counted() -> None:
    crm = company(tickets=[
        ticket("a", "2024-02-10 08:00", "2024-02-09 08:00"), ticket("b", "2024-02-10 08:00", "2024-02-10 12:00"),
    ])  # fmt: skip
    metric = metrics.first_response(crm, START, END)["median"]
    assert (metric.value, metric.n) == (4, 1)
    assert "1 left out that ended before they began" in metric.definition


def test_the_reaction_to_a_detractor_is_the_first_personal_message_out_or_ticket_answer() -> None:
    def sent(at: str, direction: str = "out", campaign: str | None = None) -> dict[str, object]:
        return {"customer_id": "c0", "sent_at": at, "direction": direction, "campaign": campaign}

    answers = surveys(3, 9, 6, 0)
    messages = [
        sent("2024-02-09"), sent("2024-02-10 01:00", "in"), sent("2024-02-10 02:00", campaign="newsletter"),
        sent("2024-02-10 05:00"), sent("2024-02-10 09:00"),
    ]  # fmt: skip
    tickets = [ticket("c2", "2024-02-09", "2024-02-10 03:00"), ticket("c1", "2024-02-10", "2024-02-10 00:30")]
    metric = metrics.time_to_react(
        company(surveys=answers, messages=messages, tickets=tickets), START, END, sla_hours=4
    )
    assert (metric["median"].value, metric["median"].count, metric["median"].n) == (5, 2, 3)
    assert metric["within"].value == pytest.approx(1 / 3)


def test_nobody_can_be_seen_to_react_without_messages_and_tickets() -> None:
    with pytest.raises(DataError, match="maps neither"):
        metrics.time_to_react(company(surveys=surveys(3)), START, END)


def test_a_missing_column_is_named() -> None:
    crm = company(tickets=[{"ticket_id": "1", "customer_id": "a", "opened_at": "2024-02-10"}])
    with pytest.raises(DataError, match="tickets has no resolved_at"):
        metrics.resolution(crm, START, END)


@pytest.mark.parametrize(
    ("begin", "finish", "hours"),
    [
        ("2024-03-04 10:00", "2024-03-04 11:30", 1.5),
        ("2024-03-04 07:00", "2024-03-04 18:00", 8),
        ("2024-03-01 16:00", "2024-03-04 10:00", 2),
        ("2024-03-02 12:00", "2024-03-03 12:00", 0),
        ("2024-03-04 16:00", "2024-03-06 10:00", 2),
        ("2024-03-04 20:00", "2024-03-05 08:00", 0),
    ],
)
def test_business_hours_skip_nights_weekends_and_holidays(begin: str, finish: str, hours: float) -> None:
    office = metrics.BusinessHours(holidays=[date(2024, 3, 5)])
    metric = office.between(pd.Series(pd.to_datetime([begin])), pd.Series(pd.to_datetime([finish])))
    assert metric.tolist() == pytest.approx([hours])


def test_first_response_by_business_hours_says_so() -> None:
    crm = company(tickets=[ticket("a", "2024-02-09 16:00", "2024-02-12 10:00")])
    assert metrics.first_response(crm, START, END)["median"].value == 66
    metric = metrics.first_response(crm, START, END, office=metrics.BusinessHours())["median"]
    assert metric.value == pytest.approx(2)
    assert "by business hours" in metric.definition


def test_an_office_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(SettingError, match="are none"):
        metrics.BusinessHours(time(17), time(9))


waits = st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(0, 5)), min_size=1, max_size=40)


@given(waits, st.integers(0, 30))
def test_waiting_times_are_those_of_lifelines(rows: list[tuple[int, bool, int]], limit: int) -> None:
    frame = pd.DataFrame(rows, columns=["hours", "ended", "customer_id"])
    metric = Waits.of(frame)
    times_drawn = np.bincount(frame["customer_id"], minlength=6).astype(float) + 1
    weight = pd.Series(times_drawn)[pd.unique(frame["customer_id"])].to_numpy()
    fitted = KaplanMeierFitter().fit(
        frame["hours"], frame["ended"], weights=weight[pd.factorize(frame["customer_id"])[0]]
    )
    still_open = metric.still_open(weight)
    assert within(metric.hours, still_open, limit) == pytest.approx(1 - float(fitted.predict(limit)), abs=1e-9)
    reached = fitted.survival_function_at_times(range(31)).to_numpy() <= 0.5 + 1e-9
    assert quantile(metric.hours, still_open, 0.5) == (float(reached.argmax()) if reached.any() else np.inf)
