"""A choice by name that does not exist is refused; it never falls through to another one's figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.errors import SettingError

START, END = datetime(2024, 2, 1), datetime(2024, 3, 1)
MOVED = pd.DataFrame({"at_start": [1], "joined": [0], "lost_old": [0], "lost_new": [0]})

CHOICES: dict[str, Callable[[Crm], Any]] = {
    "definition 'stripe' is not known; did you mean Stripe?": lambda _: wb.churn_rate(MOVED, definition="stripe"),
    "definition 'shopify' is not known; did you mean Shopify?": lambda crm: wb.repeat_purchase_rate(
        crm["orders"], START, END, definition="shopify"
    ),
    "asked 'survey' is not known; did you mean surveys?": lambda crm: wb.csat(crm, START, END, asked="survey"),
    "reading 'rolling' is not known; known: bracket, n-day, unbounded.": lambda crm: wb.cohort_activity(
        crm, reading="rolling"
    ),
    "activity 'order' is not known; did you mean orders?": lambda crm: wb.silences(crm, activity="order"),
    "dated 'Notice' is not known; did you mean notice?": lambda crm: wb.lives(crm, dated="Notice"),
}


@pytest.mark.parametrize("words", CHOICES)
def test_an_unknown_name_is_refused_with_the_names_there_are(words: str) -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 1), ("2", "ann", "2024-06-01", 1))
    with pytest.raises(SettingError) as refused:
        CHOICES[words](crm)
    assert str(refused.value) == words


def test_weekdays_that_are_none_are_refused() -> None:
    with pytest.raises(SettingError, match="weekdays 'Monday to Friday'"):
        wb.BusinessHours(weekdays="Monday to Friday")
