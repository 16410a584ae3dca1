"""Subscriptions in notice, as four billing systems export them: who they are, until when they run, and what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.propose.folders import day, doubt, proposed_and_loaded, recurring, sales, topics, write

GONE, NOTICE = 1, 2
"""Of six subscriptions, the one that is over and the one in notice."""


def subscriptions(folder: Path, *more: Sequence[object], head: str) -> None:
    """Write 24 subscriptions of 30.00 beside sales up to day 119: live ones, gone ones and those in notice."""
    sales(folder, rows=120)
    rows: list[list[object]] = [["id", "customer_id", "started_at", "price_per_month", *head.split()]]
    for i in range(24):
        kind = {1: GONE, 2: NOTICE}.get(i % 6, 0)
        rows.append([f"S{i}", f"C{i}", day(i), "30.00", *more[kind]])
    write(folder, "subscriptions.csv", rows)


OVER, TO_COME, SAID = day(60), day(140), day(100)
NO_DAY = {
    "Stripe: cancel_at": (
        "status ended_at cancel_at_period_end cancel_at",
        ("active", "", "false", ""),
        ("canceled", OVER, "false", ""),
        ("active", "", "true", TO_COME),
    ),
    "Stripe: the end of the period": (
        "status ended_at cancel_at_period_end current_period_end",
        ("active", "", "false", TO_COME),
        ("canceled", OVER, "false", OVER),
        ("active", "", "true", TO_COME),
    ),
    "Paddle": (
        "status canceled_at scheduled_change_action scheduled_change_effective_at",
        ("active", "", "pause", TO_COME),
        ("canceled", OVER, "", ""),
        ("active", "", "cancel", TO_COME),
    ),
    "Chargebee": (
        "status cancelled_at",
        ("active", ""),
        ("cancelled", OVER),
        ("non_renewing", TO_COME),
    ),
    "Recurly": (
        "state expires_at",
        ("active", ""),
        ("expired", OVER),
        ("canceled", TO_COME),
    ),
}


@pytest.mark.parametrize("system", NO_DAY)
def test_who_is_in_notice_without_a_day_of_it_is_said_and_counts_until_the_end(tmp_path: Path, system: str) -> None:
    head, *rows = NO_DAY[system]
    subscriptions(tmp_path, *rows, head=head)
    proposal, crm = proposed_and_loaded(tmp_path)
    assert "4 subscriptions of 4 customers are in notice now" in doubt(proposal, "in notice").text
    assert f"{crm.facts.known_until:%Y-%m-%d}" == str(day(120))
    rows = crm["subscriptions"]
    ends = rows.ended_at.fill_null(rows.cancelled_at)
    assert rows.filter(ends > crm.facts.known_until).count().execute() == 4
    assert recurring(crm) == 20 * 30


WITH_DAY = {
    "Stripe": (
        "status canceled_at ended_at cancel_at",
        ("active", "", "", ""),
        ("canceled", OVER, OVER, ""),
        ("active", SAID, "", TO_COME),
    ),
    "a flag": (
        "status cancelled_at cancel_at_period_end current_period_end",
        ("active", "", "false", TO_COME),
        ("cancelled", OVER, "true", OVER),
        ("active", SAID, "true", TO_COME),
    ),
    "Recurly": (
        "state canceled_at expires_at",
        ("active", "", ""),
        ("expired", OVER, OVER),
        ("canceled", SAID, TO_COME),
    ),
}


@pytest.mark.parametrize("system", WITH_DAY)
def test_where_the_day_of_the_notice_is_known_nothing_is_asked(tmp_path: Path, system: str) -> None:
    head, *rows = WITH_DAY[system]
    subscriptions(tmp_path, *rows, head=head)
    proposal, crm = proposed_and_loaded(tmp_path)
    assert "in notice" not in topics(proposal)
    rows = crm["subscriptions"]
    assert rows.filter(rows.cancelled_at.date() == SAID).count().execute() == 4
    assert recurring(crm) == 20 * 30
