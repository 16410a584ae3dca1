"""Whom to contact: ranked by money, within consents."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.actions import allowed_channels, contact_list, has_control_group, win_back_list
from workbench.actions.lists import COLUMNS
from workbench.crm.asof import Crm
from workbench.model.value import Money

pytestmark = pytest.mark.filterwarnings("ignore:.*make_lists makes all lists:DeprecationWarning")
MONEY = Money(0.3, 0.1, 10, 0.3, 5, 0.1)
AT = datetime(2024, 5, 1)


def customers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["rich", "poor", "safe", "gone"],
            "as_of": pd.Timestamp("2024-01-01"),
            "at_risk": [True, True, True, False],
            "churn_probability": [0.3, 0.9, 0.01, np.nan],
            "return_probability": [np.nan, np.nan, np.nan, 0.5],
            "margin_if_retained": [1000.0, 20.0, 1000.0, 900.0],
            "yearly_revenue": [3500.0, 70.0, 3500.0, 3100.0],
            "sign": ["silence", "frequency", "money", "silence"],
            "why": "", "country": "UK", "value_segment": "VIP", "rfm_segment": "Loyal",
            "last_order_on": pd.Timestamp("2023-12-01").date(),
        }
    )  # fmt: skip


def test_the_lists_of_an_older_release_name_the_one_way_there_is_now() -> None:
    for make in (contact_list, win_back_list):
        with pytest.warns(DeprecationWarning, match=f"{make.__name__} goes with the next release: make_lists makes"):
            make(customers(), MONEY)


def test_contacts_are_ranked_by_money_and_not_by_risk() -> None:
    listed = contact_list(customers(), MONEY)
    assert listed["customer_id"].tolist() == ["rich"]
    gain = 0.3 * 0.1 * (1000 - 10) - 0.7 * 0.3 * 10 - 5
    assert abs(listed["expected_gain"].iloc[0] - gain) < 1e-9


def test_lapsed_customers_stand_on_a_list_of_their_own() -> None:
    listed = win_back_list(customers(), MONEY)
    assert listed["customer_id"].tolist() == ["gone"]
    assert listed["margin_at_stake"].tolist() == [450.0]


def test_when_a_contact_costs_more_than_any_customer_is_worth_the_list_is_empty_but_whole() -> None:
    expensive = Money(0.3, 0.1, 10, 0.3, 5000, 0.1)
    assert list(contact_list(customers(), expensive).columns) == COLUMNS
    assert contact_list(customers(), expensive).empty


def test_a_customer_of_unknown_worth_is_not_listed() -> None:
    assert contact_list(customers().assign(margin_if_retained=np.nan), MONEY).empty


def company(**tables: pd.DataFrame) -> Crm:
    orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["ann", "bob"], "amount": 1,
                           "ordered_at": ["2024-01-01", "2024-06-01"]})  # fmt: skip
    return wb.load_tables({"orders": orders, **tables})


def consents(*rows: tuple[str, str, str, str | None]) -> Crm:
    columns = ["customer_id", "channel", "granted_at", "withdrawn_at"]
    return company(consents=pd.DataFrame(rows, columns=columns))


def channels(*rows: tuple[str, str, str, str | None]) -> list[str]:
    found = allowed_channels(consents(*rows), AT)
    assert found is not None
    return found["channel"].tolist()


@pytest.mark.parametrize(
    ("rows", "allowed"),
    [
        ([("ann", "email", "2024-01-01", None)], ["email"]),
        ([("ann", "email", "2024-01-01", "2024-02-01")], []),
        ([("ann", "email", "2024-01-01 09:00", "2024-01-01 08:00")], []),
        ([("ann", "email", "2024-01-01", "2024-02-01"), ("ann", "email", "2024-03-01", None)], ["email"]),
        ([("ann", "email", "2024-01-01", "2024-03-01"), ("ann", "email", "2024-03-01 12:00", None)], []),
        ([("ann", "email", "2024-01-01", "2024-06-01")], ["email"]),
        ([("ann", "email", "2024-01-01", "2024-02-01"), ("ann", "phone", "2024-01-01", None)], ["phone"]),
        ([("ann", "E-Mail", "2024-01-01", None), ("ann", " email", "2024-01-01", "2024-02-01")], []),
    ],
    ids=["given", "withdrawn", "both on one day", "given again", "given again on the day withdrawn",
         "withdrawn later than the day looked from", "each channel by itself", "withdrawn under another spelling"],
)  # fmt: skip
def test_a_consent_holds_until_it_is_withdrawn(
    rows: list[tuple[str, str, str, str | None]], allowed: list[str]
) -> None:
    assert channels(*rows) == allowed


def test_before_the_first_consent_nobody_consents() -> None:
    assert channels(("ann", "email", "2024-06-01", None)) == []


def test_a_consent_without_any_date_holds() -> None:
    found = allowed_channels(company(consents=pd.DataFrame({"customer_id": ["ann"], "channel": ["sms"]})), AT)
    assert found is not None
    assert found["channel"].tolist() == ["sms"]


def test_where_no_consents_are_recorded_none_are_known() -> None:
    assert allowed_channels(company(), AT) is None


def test_only_a_control_arm_is_a_control_group() -> None:
    for arms, found in [((), False), (("treated",), False), (("treated", "Control"), True)]:
        rows = [("ann", "2024-02-01", "spring", arm) for arm in arms]
        treatments = pd.DataFrame(rows, columns=["customer_id", "treated_at", "campaign", "arm"])
        assert has_control_group(company(**({"treatments": treatments} if arms else {}))) is found
