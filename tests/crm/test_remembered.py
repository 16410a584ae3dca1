"""What is remembered of a company's tables: asked again it is the same; of other tables it is computed anew."""

import pandas as pd

import workbench as wb
from tests.conftest import crm_of
from workbench.crm import remembered
from workbench.crm.asof import Crm

ASKED: list[int] = []


@remembered
def lines_above(crm: Crm, amount: int) -> int:
    ASKED.append(amount)
    return int(crm["orders"].filter(crm["orders"].amount > amount).count().to_pandas())


def test_what_was_computed_of_the_same_tables_is_not_computed_again() -> None:
    ASKED.clear()
    crm = crm_of(("1", "ann", "2024-01-01", 5), ("2", "ann", "2024-02-01", 9))
    assert [lines_above(crm, 7), lines_above(crm, 7), lines_above(crm, 1)] == [1, 1, 2]
    assert ASKED == [7, 1]


def test_a_company_as_it_was_known_earlier_is_asked_for_itself() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 5), ("2", "ann", "2024-02-01", 9))
    assert (lines_above(crm, 0), lines_above(crm.known_at("2024-01-15"), 0)) == (2, 1)


def test_labels_asked_for_after_others_are_those_of_their_own_settings() -> None:
    crm = crm_of(("1", "ann", "2024-01-01", 5), ("2", "bob", "2024-02-20", 5), ("3", "bob", "2024-04-30", 9))
    days = [wb.states(crm, "2024-03-01", inactive_days=n).filter(lambda t: t.at_risk) for n in (30, 90, 30)]
    assert [int(at_risk.count().to_pandas()) for at_risk in days] == [1, 2, 1]


def test_excluded_accounts_are_left_out_once() -> None:
    customers = pd.DataFrame({"customer_id": ["ann", "test"], "exclude_reason": [None, "test"]})
    orders = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["ann", "test"], "ordered_at": "2024-01-01", "amount": 5}
    )
    counted = wb.load_tables({"customers": customers, "orders": orders}).counted()
    assert counted["orders"].customer_id.to_pandas().tolist() == ["ann"]
    assert counted.counted() is counted
