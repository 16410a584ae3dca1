"""Names and words of exports that were read as something else, each by the function that decides."""

from __future__ import annotations

import duckdb

from workbench import contract
from workbench.propose.fit import column_fit
from workbench.propose.naming import means
from workbench.propose.raw_columns import profile_table
from workbench.propose.status_words import of_purchase, of_sale


def fit(values: list[str | None], name: str, table: str, column: str) -> float:
    con = duckdb.connect()
    con.execute(f'CREATE TABLE raw AS SELECT unnest(?::VARCHAR[]) AS "{name}"', [values])
    raw, spec = profile_table(con, "raw"), contract.TABLES[table]
    return column_fit(raw[name], raw, spec, spec[column])


def test_a_date_that_most_orders_have_is_not_that_of_their_cancellation() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 11)]
    assert fit([*days], "Departure", "orders", "cancelled_at") == 0
    assert fit([*days[:2], *[None] * 8], "Cancelled at", "orders", "cancelled_at") > 0.5


def test_the_mode_of_tests_is_no_trial() -> None:
    assert fit(["false", "true", "false"], "test_mode", "subscriptions", "kind") == 0


def test_what_a_subscription_brings_when_it_starts_or_a_trial_turns_into_it_is_a_purchase() -> None:
    assert [of_purchase(event) for event in ("subscription_started", "trial_converted")] == ["keep", "keep"]
    assert [of_purchase(event) for event in ("checkout_started", "subscription_renewal_cancelled")] == ["", ""]


def test_drafts_and_debtors_are_known_by_their_words() -> None:
    assert of_sale("Entwurf") == "refuse"
    assert means("Debiteur", "customer") and means("Boekstuknr.", "invoice")
