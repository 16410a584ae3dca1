"""Who may be contacted, and by which channel; and what makes a control group."""

from datetime import datetime

import pandas as pd
import pytest

import workbench as wb
from workbench.actions import allowed_channels, has_control_group
from workbench.crm import Crm

AT = datetime(2024, 5, 1)


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
