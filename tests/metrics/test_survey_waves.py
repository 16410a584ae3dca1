"""Marks of surveys that are sent twice a year: one figure per wave."""

from datetime import date

import pandas as pd

import workbench as wb
from workbench.crm import Crm
from workbench.metrics import nps, with_waves

SENT = {"2024-03-15": [10, 10, 0], "2024-03-20": [9, 5, 7], "2024-09-15": [9, 9, 10, 3]}


def company() -> Crm:
    orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["a", "b"], "amount": 1,
                           "ordered_at": ["2024-01-01", "2024-12-01"]})  # fmt: skip
    rows = [(f"c{i}", day, "nps", mark) for day, marks in SENT.items() for i, mark in enumerate(marks)]
    surveys = pd.DataFrame(rows, columns=["customer_id", "answered_at", "instrument", "score"])
    return wb.load_tables({"orders": orders, "surveys": surveys})


def test_without_an_answer_in_the_last_period_the_waves_take_the_place_of_periods() -> None:
    crm = company()
    empty = nps(crm, "2024-10-01", "2024-12-01")
    found, days = with_waves({"NPS": [None, empty, empty]}, crm)
    assert [round(metric.value, 1) for metric in found["NPS"] if metric] == [16.7, 50.0]
    assert days == {"NPS": (date(2024, 9, 15), date(2024, 9, 15))}


def test_a_period_with_answers_keeps_its_figure() -> None:
    crm = company()
    periods = {"NPS": [nps(crm, "2024-09-01", "2024-10-01")]}
    assert with_waves(periods, crm) == (periods, {})


def test_a_source_without_a_survey_has_no_waves() -> None:
    assert with_waves({}, company()) == ({}, {})
