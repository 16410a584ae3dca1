"""Thirty customers, each rule of the lists met by one of them: the lists as worked out by hand."""

from datetime import date, datetime

import pandas as pd
import pytest

import workbench as wb
from workbench.actions.contact_limits import (
    HELD_OUT,
    NO_CONSENT,
    NO_GAIN,
    NO_TIME,
    NO_WORTH,
    OVER_ALLOWANCE,
    OVER_BUDGET,
    OVER_CALLS,
    Limits,
)
from workbench.actions.control_group import held_out
from workbench.actions.playbook import _line
from workbench.actions.worklists import Worklists, make_lists
from workbench.crm import Crm
from workbench.model import Money

AT = datetime(2024, 7, 1)  # a Monday
MONEY = Money(0.5, 0.5, 10, 0.1, 1, 0.0)
NAMES = [f"c{i:02}" for i in range(1, 31)]
OTHERWISE = [f"c{i}" for i in range(22, 31)]
"""Customers about whom there is nothing to say: reached by e-mail, for 0.5 × 0.5 × 600 − 1 = 149."""
DIFFERENT = {
    "c03": {"preferred_channel": "Phone"}, "c08": {"silent_on": "email"}, "c09": {"silent_on": "email"},
    "c10": {"days_since_contacted": 13.0}, "c11": {"days_since_contacted": 14.0}, "c12": {"owner": None},
    "c13": {"contact_hours": "18:00-20:00"}, "c14": {"margin_if_retained": 4.0}, "c15": {"margin_if_retained": 6000.0},
    "c16": {"margin_if_retained": None, "churn_probability": 0.6}, "c18": {"preferred_channel": None},
    "c17": {"margin_if_retained": None, "churn_probability": 0.4}, "c19": {"preferred_channel": "Fax"},
    "c20": {"owner": "bo"}, "c21": {"at_risk": False, "churn_probability": None},
}  # fmt: skip
CONSENTS = [
    *((name, "email", "2023-01-01", None) for name in NAMES if name not in ("c02", "c04", "c05", "c07", "c19")),
    ("c02", "phone", "2023-01-01", None), ("c03", "phone", "2023-01-01", None), ("c08", "phone", "2023-01-01", None),
    ("c05", "email", "2023-01-01", "2023-01-01"), ("c06", "E-Mail", "2023-01-01", "2023-06-01"),
    ("c07", "email", "2023-01-01", "2023-06-01"), ("c07", "email", "2023-07-01", None),
    ("c18", "phone", "2023-01-01", None), ("c19", "fax", "2023-01-01", None),
    ("c22", "email", "2023-01-01", "2024-07-01 09:00"),
]  # fmt: skip
"""c05 gave and withdrew it on one day, c06 withdrew under another spelling, c07 gave it again, c22 withdrew today."""


@pytest.fixture(scope="module")
def crm() -> Crm:
    columns = ["customer_id", "channel", "granted_at", "withdrawn_at"]
    orders = {"order_id": ["1"], "customer_id": "c01", "ordered_at": ["2023-01-01"], "amount": 5}
    return wb.load_tables({"orders": pd.DataFrame(orders), "consents": pd.DataFrame(CONSENTS, columns=columns)})


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    same = {"as_of": pd.Timestamp(AT), "at_risk": True, "churn_probability": 0.5, "return_probability": None,
            "margin_if_retained": 600.0, "yearly_revenue": 1200.0, "owner": "ola", "preferred_channel": "email",
            "silent_on": None, "days_since_contacted": None, "contact_hours": "09:00-17:00", "why": "fell silent"}  # fmt: skip
    rows = pd.DataFrame([{"customer_id": name, **same, **DIFFERENT.get(name, {})} for name in NAMES])
    numbers = ["churn_probability", "return_probability", "margin_if_retained", "days_since_contacted"]
    return rows.astype(
        dict.fromkeys(numbers, "float64") | dict.fromkeys(["owner", "preferred_channel", "silent_on"], "str")
    )


def lists(crm: Crm, customers: pd.DataFrame, limits: Limits, **content: object) -> Worklists:
    keep = _line("keep", {"list": "keep", "when": "at_risk = true", "do": "Call.", **content}, where="mine.yaml: keep")
    return make_lists(crm, customers, AT, playbook=[keep], money=MONEY, limits=limits)


def left_out(found: Worklists) -> dict[str, int]:
    return found.left_out.set_index("reason")["customers"].to_dict()


COOLING = Limits().cooling
ALWAYS = {NO_CONSENT: 4, COOLING: 1, NO_GAIN: 1, NO_WORTH: 1}
"""c04, c05, c06 and c22; c10; c14; c17. With c21, who is not at risk, eight of the thirty are on no list."""


def test_each_rule_holds_for_the_customer_it_is_about(crm: Crm, customers: pd.DataFrame) -> None:
    found = lists(crm, customers, Limits(holdout_share=0.0))
    keep = found["keep"].set_index("customer_id")
    off = {"c04", "c05", "c06", "c22", "c10", "c14", "c17", "c21"}
    assert {*NAMES} - {*keep.index} == off
    assert left_out(found) == ALWAYS and found.without_consent == 4
    by_phone, by_fax = {"c02", "c03", "c08"}, {"c19"}
    assert {*keep.index[keep["channel"] == "phone"]} == by_phone
    assert {*keep.index[keep["channel"] == "fax"]} == by_fax
    assert (keep.loc[keep.index.difference([*by_phone, *by_fax]), "channel"] == "email").all()
    assert keep.loc[["c12", "c13", "c20"], ["owner", "when"]].to_numpy().tolist() == [
        ["no owner", "09:00-17:00"], ["ola", "18:00-20:00"], ["bo", "09:00-17:00"],
    ]  # fmt: skip
    assert (keep.index[0], keep["expected_gain"].iloc[0]) == ("c15", 0.5 * 0.5 * 6000 - 1)
    assert (keep.loc["c01":"c13", "expected_gain"] == 149).all()
    assert keep.index[-1] == "c16", "worth a contact by the chance of losing them, without money, and so the last"


@pytest.mark.parametrize(
    ("limits", "reason", "n", "listed"),
    [
        (Limits(holdout_share=0.0, budget=5.5), OVER_BUDGET, 17, ["c15", "c01", "c02", "c03", "c07"]),
        (Limits(holdout_share=0.0, most_calls=3), OVER_CALLS, 19, ["c15", "c01", "c02"]),
    ],
)
def test_money_and_calls_cut_the_list_by_expected_gain(
    crm: Crm, customers: pd.DataFrame, limits: Limits, reason: str, n: int, listed: list[str]
) -> None:
    found = lists(crm, customers, limits)
    assert left_out(found) == ALWAYS | {reason: n}
    assert found["keep"]["customer_id"].tolist() == listed


def test_an_owner_with_two_calls_a_day_has_time_for_twelve_until_monday_next(crm: Crm, customers: pd.DataFrame) -> None:
    found = lists(crm, customers, Limits(holdout_share=0.0, calls_a_day=2))
    of_ola = found["keep"].query("owner == 'ola'")
    assert of_ola["day"].tolist() == [date(2024, 7, day) for day in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 8, 8)]
    assert left_out(found)[NO_TIME] == 20 - 12


def test_an_allowance_of_25_pays_two_offers_of_10_of_each_owner(crm: Crm, customers: pd.DataFrame) -> None:
    found = lists(crm, customers, Limits(holdout_share=0.0, owner_allowance=25), offer="a month free")
    assert found["keep"]["customer_id"].tolist() == ["c15", "c01", "c12", "c20"]
    assert found["keep"]["expected_gain"].iloc[1] == 0.5 * 0.5 * (600 - 10) - 0.5 * 0.1 * 10 - 1
    assert left_out(found)[OVER_ALLOWANCE] == 22 - 4


def test_who_is_held_out_is_left_alone_whatever_the_gain(crm: Crm, customers: pd.DataFrame) -> None:
    found = lists(crm, customers, Limits(holdout_share=0.1))
    everyone = lists(crm, customers, Limits(holdout_share=0.0))["keep"]["customer_id"]
    alone = {name for name, out in zip(everyone, held_out(everyone, 0.1), strict=True) if out}
    assert alone == {*found.held_out["customer_id"]} and left_out(found)[HELD_OUT] == len(alone) > 0
    assert {*found["keep"]["customer_id"]} == {*everyone} - alone
