"""Who left, when and how, case by case: each a customer with the answer typed by hand, asked of verbs and reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from tests import reference
from tests.reference import compare
from workbench import contract
from workbench.crm.asof import Crm

pytestmark = pytest.mark.slow

Row = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A customer's rows; the departures (date, kind, and when the customer came back), states and outcomes expected.

    ``became`` is the kind within 91 days of a date, "stayed", or "not at risk".
    """

    rows: tuple[Row, ...]
    left: tuple[str, ...] = ()
    states: dict[str, str] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)


def case(
    *rows: Row, left: str = "", states: dict[str, str] | None = None, became: dict[str, str] | None = None
) -> Case:
    return Case(rows, tuple(filter(None, left.split("; "))), states or {}, became or {})


def paid(start: str, *, notice: str | None = None, end: str | None = None, **more: Any) -> Row:
    dates = {"started_at": start, "cancelled_at": notice, "ended_at": end}
    return "subscriptions", {"kind": "paid", "subscription_id": start, **dates, **more}


def trial(start: str, end: str | None = None) -> Row:
    return paid(start, end=end, kind="trial", subscription_id=f"trial {start}")


def free(start: str, end: str | None = None) -> Row:
    return paid(start, end=end, kind="free", subscription_id=f"free {start}")


def changed(subscription: str, at: str, change: str) -> Row:
    return "subscription_changes", {"subscription_id": subscription, "changed_at": at, "change": change}


def order(at: str, amount: int = 9) -> Row:
    return "orders", {"order_id": f"o {at}", "ordered_at": at, "amount": amount}


def event(at: str) -> Row:
    return "events", {"occurred_at": at}


def invoice(due: str, *, issued: str | None = None, amount: int = 9, **settled: str) -> Row:
    return "invoices", {"invoice_id": due, "issued_at": issued or due, "due_at": due, "amount": amount, **settled}


def charged(at: str, *, succeeded: bool) -> Row:
    return "charges", {"charge_id": at, "attempted_at": at, "succeeded": succeeded}


def said(at: str, reason: str | None = None) -> Row:
    return "cancellations", {"occurred_at": at, "reason": reason}


def account(**columns: str) -> Row:
    return "customers", {"signed_up_at": "2024-01-01", **columns}


def failed(*at: str) -> tuple[Row, ...]:
    return tuple(charged(when, succeeded=False) for when in at)


SUBSCRIBERS = {
    "a cancelled subscription is active churn dated at notice": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-04-01"),
        left="2024-03-01 active",
        states={"2024-02-15": "paying", "2024-03-15": "in notice", "2024-04-15": "gone"},
        became={"2024-02-15": "active", "2024-03-15": "not at risk"},
    ),
    "a notice at as_of itself lies in the window": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        states={"2024-03-01": "paying", "2024-03-02": "gone"},
        left="2024-03-01 active",
        became={"2024-03-01": "active"},
    ),
    "a notice at the end of the window lies outside of it": case(
        paid("2024-01-01", notice="2024-07-01", end="2024-07-01"),
        left="2024-07-01 active",
        became={"2024-04-01": "stayed", "2024-04-02": "active"},
    ),
    "in notice with no end of service recorded is in notice for 31 days, and gone once the data go on for as long": case(
        paid("2024-01-01", notice="2024-03-01"),
        left="2024-03-01 active",
        states={"2024-03-31": "in notice", "2024-04-02": "gone", "2024-09-01": "gone"},
    ),
    "losing one of two live subscriptions is no churn": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        paid("2024-02-01"),
        states={"2024-06-01": "paying"},
        became={"2024-02-15": "stayed"},
    ),
    "the last of several subscriptions to close is the departure": case(
        paid("2024-01-01", notice="2024-05-01", end="2024-05-01"),
        paid("2024-02-01", end="2024-03-01"),
        left="2024-05-01 active",
    ),
    "a term that runs out without notice or debt is passive churn": case(
        paid("2023-06-01", end="2024-06-01", billing_period="year"),
        left="2024-06-01 passive",
        became={"2024-05-01": "passive"},
    ),
    "an annual contract renewed as a new subscription goes on": case(
        paid("2023-06-01", end="2024-06-01", billing_period="year"),
        paid("2024-06-01", billing_period="year"),
        states={"2024-06-01": "paying", "2024-07-01": "paying"},
        became={"2024-05-01": "stayed"},
    ),
    "who returns on the last day of grace never left": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        paid("2024-03-31"),
        states={"2024-03-15": "gone"},
        became={"2024-02-15": "stayed"},
    ),
    "who returns after the grace left and came back": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        paid("2024-04-01"),
        left="2024-03-01 active, back 2024-04-01",
        became={"2024-02-15": "active", "2024-04-15": "stayed"},
    ),
    "a new contract from the end of service on is no departure, however long the notice was": case(
        paid("2023-01-10", notice="2024-03-20", end="2024-05-10"),
        paid("2024-05-10"),
        states={"2024-04-01": "in notice", "2024-05-11": "paying"},
        became={"2024-03-01": "stayed"},
    ),
    "a new contract during the notice is no departure": case(
        paid("2023-01-10", notice="2024-03-20", end="2024-05-10"), paid("2024-04-25")
    ),
    "the grace counts from the end of service, not from the notice": case(
        paid("2023-01-10", notice="2024-02-10", end="2024-03-31"), paid("2024-04-30")
    ),
    "who returns after the grace since the end of service left at notice and came back": case(
        paid("2023-01-10", notice="2024-02-10", end="2024-03-31"),
        paid("2024-05-01"),
        left="2024-02-10 active, back 2024-05-01",
    ),
    "a label looks no further than to where it is mature, history does": case(
        paid("2023-01-10", notice="2024-02-10", end="2024-09-30"),
        paid("2024-09-30"),
        became={"2024-02-01": "active", "2024-06-01": "not at risk"},
    ),
    "a new plan a day after the old one ended is a change of plan": case(
        paid("2023-06-01", end="2024-01-31"), paid("2024-02-01"), states={"2024-03-01": "paying"}
    ),
    "a subscription cancelled in its trial never was a customer": case(
        paid("2024-01-01", trial_ends_at="2024-01-15", notice="2024-01-10", end="2024-01-15"),
        states={"2024-01-08": "trial", "2024-02-01": "prospect"},
        became={"2024-01-08": "not at risk"},
    ),
    "a subscription is a trial until its trial ends, and then paid": case(
        paid("2024-01-01", trial_ends_at="2024-01-15", notice="2024-03-01", end="2024-03-01"),
        left="2024-03-01 active",
        states={"2024-01-15": "trial", "2024-01-16": "paying"},
    ),
    "two returns within grace are still one life, ended by the last departure": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        paid("2024-03-20", notice="2024-04-01", end="2024-04-01"),
        paid("2024-04-20", notice="2024-06-01", end="2024-06-01"),
        left="2024-06-01 active",
    ),
    "a departure whose grace is not over does not count yet": case(
        paid("2024-01-01", notice="2024-12-10", end="2024-12-10")
    ),
    "a departure whose grace ends with the data counts": case(
        paid("2024-01-01", notice="2024-12-02", end="2024-12-02"), left="2024-12-02 active"
    ),
    "a trial that ends is no churn": case(
        trial("2024-01-01", "2024-01-15"), states={"2024-01-10": "trial", "2024-02-01": "prospect"}
    ),
    "a trial that turns into a paid subscription is a customer from then on": case(
        trial("2024-01-01", "2024-01-15"),
        paid("2024-01-15", notice="2024-05-01", end="2024-05-01"),
        left="2024-05-01 active",
        states={"2024-01-10": "trial", "2024-02-01": "paying"},
    ),
    "a trial beside a paid subscription that ends does not keep the customer": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        trial("2024-02-15"),
        left="2024-03-01 active",
        states={"2024-04-01": "gone"},
    ),
    "a free plan is no customer at risk": case(
        free("2024-01-01"), states={"2024-02-01": "free"}, became={"2024-02-01": "not at risk"}
    ),
    "who only signed up is a prospect": case(account(), states={"2024-02-01": "prospect"}),
    "a pause takes the customer out of the risk set until resumed": case(
        paid("2024-01-01"),
        changed("2024-01-01", "2024-04-01", "paused"),
        changed("2024-01-01", "2024-06-01", "resumed"),
        states={"2024-05-01": "paused", "2024-07-01": "paying"},
        became={"2024-05-01": "not at risk"},
    ),
    "one of two subscriptions paused is no pause": case(
        paid("2024-01-01"),
        paid("2024-02-01"),
        changed("2024-01-01", "2024-04-01", "paused"),
        states={"2024-05-01": "paying"},
    ),
    "a pause outweighs a debt": case(
        paid("2024-01-01"),
        changed("2024-01-01", "2024-02-01", "paused"),
        invoice("2024-01-10", paid_at="2024-04-09"),
        order("2024-02-15"),
        states={"2024-03-01": "paused"},
    ),
    "an account closed closes its open subscriptions": case(
        account(closed_at="2024-05-01"),
        paid("2024-01-01"),
        left="2024-05-01 active",
        states={"2024-04-01": "paying", "2024-06-01": "gone"},
        became={"2024-04-01": "active"},
    ),
    "an account closed before a subscription began does not close it": case(
        account(closed_at="2024-02-01"), paid("2024-03-01"), states={"2024-06-01": "paying"}
    ),
    "a recorded cancellation that no subscription explains closes those open": case(
        paid("2024-01-01"), said("2024-05-01", "moved"), left="2024-05-01 active", states={"2024-06-01": "gone"}
    ),
    "a recorded cancellation explained by one subscription leaves the other open": case(
        paid("2024-01-01"),
        paid("2024-02-01", notice="2024-05-20", end="2024-05-20"),
        said("2024-05-01"),
        states={"2024-06-01": "paying"},
    ),
    "a recorded cancellation makes an expiry active": case(
        paid("2024-01-01", end="2024-07-01"), said("2024-06-20"), left="2024-07-01 active"
    ),
    "a cancellation recorded more than the grace before the end of service is the departure itself": case(
        paid("2024-01-01", end="2024-07-01"),
        said("2024-05-31"),
        left="2024-05-31 active",
        states={"2024-06-01": "gone"},
    ),
    "an end of service long after the account was closed comes too late to move the departure": case(
        account(closed_at="2024-03-01"),
        paid("2024-01-01", notice="2024-06-01", end="2024-06-01", cancel_reason="cannot afford"),
        left="2024-03-01 active",
    ),
    "an end of service soon after the account was closed is the same departure, and the subscription dates it": case(
        account(closed_at="2024-03-01"),
        paid("2024-01-01", notice="2024-03-20", end="2024-03-20"),
        left="2024-03-20 active",
    ),
    "an excluded account has no state and no departure": case(
        account(exclude_reason="test"), paid("2024-01-01", notice="2024-03-01", end="2024-03-01")
    ),
}

PAYERS = {
    "leaving while an invoice is past due is financial": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"), invoice("2024-02-01"), left="2024-03-01 financial"
    ),
    "an invoice due the very day is not past due": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"), invoice("2024-03-01"), left="2024-03-01 active"
    ),
    "an invoice paid only after leaving was owed": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        invoice("2024-02-01", paid_at="2024-05-01"),
        left="2024-03-01 financial",
    ),
    "one invoice paid and the other not is a debt": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        invoice("2024-01-10", paid_at="2024-01-12"),
        invoice("2024-02-10"),
        left="2024-03-01 financial",
    ),
    "a disputed invoice is no debt": case(
        paid("2024-01-01", notice="2024-06-01", end="2024-06-01"),
        invoice("2024-02-01", disputed_at="2024-02-05"),
        left="2024-06-01 active",
        states={"2024-04-01": "paying"},
    ),
    "a dispute after leaving does not change the debt then": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        invoice("2024-02-01", disputed_at="2024-03-05"),
        left="2024-03-01 financial",
    ),
    "a voided invoice is no debt": case(
        paid("2024-01-01", notice="2024-06-01", end="2024-06-01"),
        invoice("2024-02-01", voided_at="2024-02-05"),
        left="2024-06-01 active",
    ),
    "an invoice that a credit note of its amount took back is no debt": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        invoice("2024-02-01"),
        invoice("2024-02-10", amount=-9),
        left="2024-03-01 active",
    ),
    "a credit note settles one invoice, and only those issued before it": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        invoice("2024-02-01"),
        invoice("2024-02-02"),
        invoice("2024-02-10", amount=-9),
        left="2024-03-01 financial",
    ),
    "an invoice written off before leaving is no debt any more": case(
        paid("2024-01-01", notice="2024-06-01", end="2024-06-01"),
        invoice("2024-02-01", written_off_at="2024-02-28"),
        left="2024-06-01 active",
    ),
    "an unpaid expiry is financial": case(
        paid("2024-01-01", end="2024-03-01"), invoice("2024-02-01"), left="2024-03-01 financial"
    ),
    "a debt of an earlier life does not make a later departure financial": case(
        paid("2023-01-01", notice="2023-06-01", end="2023-06-01"),
        invoice("2023-05-01"),
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        left="2023-06-01 financial, back 2024-01-01; 2024-03-01 active",
    ),
    "a last charge that failed is a debt": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"), *failed("2024-02-20"), left="2024-03-01 financial"
    ),
    "failed charges then one that succeeded are no debt": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        *failed("2024-02-01", "2024-02-04"),
        charged("2024-02-07", succeeded=True),
        left="2024-03-01 active",
    ),
    "a charge that failed at the very end is too late to count": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"), *failed("2024-03-01"), left="2024-03-01 active"
    ),
    "who says they cannot afford it leaves for money on their own will": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01", cancel_reason="cannot afford"),
        left="2024-03-01 financial voluntary",
    ),
    "who cannot afford it leaves at the end of service, not at notice": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-05-10", cancel_reason="cannot afford"),
        left="2024-05-10 financial voluntary",
        states={"2024-04-01": "in notice", "2024-06-01": "gone"},
        became={"2024-02-20": "financial", "2024-02-01": "stayed"},
    ),
    "who cannot afford it, and subscribes anew without a gap, has not left": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-05-10", cancel_reason="cannot afford"),
        paid("2024-05-10"),
        became={"2024-02-20": "stayed"},
    ),
    "who cannot afford it and owes leaves for money against their will": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01", cancel_reason="cannot afford"),
        invoice("2024-02-01"),
        left="2024-03-01 financial",
    ),
    "the recorded reason counts where the subscription has none": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        said("2024-02-28", "cannot afford"),
        left="2024-03-01 financial voluntary",
    ),
    "a debt that ran out when a subscription began is not why it was cancelled at once": case(
        *failed("2023-11-28", "2023-11-30", "2023-12-02"),
        paid("2024-01-01", notice="2024-01-01", end="2024-01-11"),
        left="2024-01-01 active",
    ),
    "financial churn knows no grace": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        paid("2024-03-10"),
        invoice("2024-02-01", paid_at="2024-03-09"),
        left="2024-03-01 financial, back 2024-03-10",
    ),
    "a debt is a state from the day after it is 30 days past due": case(
        paid("2024-01-01"),
        invoice("2024-03-01", paid_at="2024-04-10"),
        states={"2024-03-31": "paying", "2024-04-01": "delinquent", "2024-04-11": "paying"},
        became={"2024-04-01": "stayed"},
    ),
    "a debt never paid by a customer who shows no sign of life is a departure without an end of service": case(
        paid("2024-01-01"),
        invoice("2024-03-01"),
        left="2024-04-30 financial",
        states={"2024-04-15": "delinquent", "2024-05-15": "gone"},
        became={"2024-02-15": "financial", "2024-04-15": "financial", "2024-05-15": "not at risk"},
    ),
    "a debt never paid by a customer who goes on ordering is a state only": case(
        paid("2024-01-01"),
        invoice("2024-03-01"),
        order("2024-04-10"),
        states={"2024-05-15": "delinquent"},
        became={"2024-02-15": "stayed"},
    ),
    "a return of goods is no sign of life": case(
        paid("2024-01-01"), invoice("2024-03-01"), order("2024-04-10", -9), left="2024-04-30 financial"
    ),
    "a debt recovered within 30 days is no departure": case(
        paid("2024-01-01"), invoice("2024-03-01", paid_at="2024-04-29"), became={"2024-02-15": "stayed"}
    ),
    "who pays the debt after the lapse has come back": case(
        paid("2024-01-01"),
        invoice("2024-03-01", paid_at="2024-07-01"),
        left="2024-04-30 financial, back 2024-07-01",
        states={"2024-06-01": "gone", "2024-07-15": "paying"},
    ),
    "a lapse whose recovery is not over is none yet": case(
        paid("2024-01-01"), invoice("2024-11-20"), states={"2024-12-31": "delinquent"}
    ),
    "a cancellation before the recovery is over comes first": case(
        paid("2024-01-01", notice="2024-04-20", end="2024-04-20"), invoice("2024-03-01"), left="2024-04-20 financial"
    ),
    "three failed charges in a row are a debt from the third on": case(
        paid("2024-01-01"),
        *failed("2024-03-01", "2024-03-04", "2024-03-07"),
        left="2024-04-06 financial",
        states={"2024-03-07": "paying", "2024-03-20": "delinquent", "2024-05-01": "gone"},
    ),
    "a fourth failed charge does not start the clock anew": case(
        paid("2024-01-01"),
        *failed("2024-03-01", "2024-03-04", "2024-03-07", "2024-03-20"),
        left="2024-04-06 financial",
    ),
    "two failed charges are no debt": case(
        paid("2024-01-01"), *failed("2024-03-01", "2024-03-04"), states={"2024-03-20": "paying"}
    ),
    "failures with a success between them are not in a row": case(
        paid("2024-01-01"),
        *failed("2024-03-01", "2024-03-04"),
        charged("2024-03-05", succeeded=True),
        *failed("2024-03-07", "2024-03-09"),
        states={"2024-03-20": "paying"},
    ),
    "three failures and a success within the recovery are no departure": case(
        paid("2024-01-01"),
        *failed("2024-03-01", "2024-03-04", "2024-03-07"),
        charged("2024-04-05", succeeded=True),
        states={"2024-03-20": "delinquent", "2024-04-06": "paying"},
    ),
    "three failures and a success after the recovery are a departure and a return": case(
        paid("2024-01-01"),
        *failed("2024-03-01", "2024-03-04", "2024-03-07"),
        charged("2024-05-01", succeeded=True),
        left="2024-04-06 financial, back 2024-05-01",
        states={"2024-04-15": "gone", "2024-05-15": "paying"},
    ),
}

BUYERS = {
    "silence of 91 days is a passive departure on the 91st": case(
        order("2024-01-10"),
        left="2024-04-10 passive",
        states={"2024-04-10": "paying", "2024-04-11": "lapsed"},
        became={"2024-02-01": "passive"},
    ),
    "an order on the 91st day starts a new life": case(
        order("2024-01-10"), order("2024-04-10"), left="2024-04-10 passive, back 2024-04-10; 2024-07-10 passive"
    ),
    "an order a day earlier goes on with the life": case(
        order("2024-01-10"), order("2024-04-09"), left="2024-07-09 passive", became={"2024-02-01": "stayed"}
    ),
    "who closes the account leaves on purpose": case(
        account(closed_at="2024-03-01"),
        order("2024-01-10"),
        order("2024-02-10"),
        left="2024-03-01 active",
        states={"2024-02-20": "paying", "2024-03-15": "gone"},
        became={"2024-02-20": "active"},
    ),
    "who orders soon after closing the account has not left": case(
        account(closed_at="2024-03-01"),
        order("2024-02-10"),
        order("2024-03-20"),
        left="2024-06-19 passive",
        states={"2024-04-01": "paying"},
        became={"2024-02-20": "stayed"},
    ),
    "who orders long after closing the account has left and come back": case(
        account(closed_at="2024-03-01"),
        order("2024-02-10"),
        order("2024-04-20"),
        left="2024-03-01 active, back 2024-04-20; 2024-07-20 passive",
        became={"2024-02-20": "active"},
    ),
    "an account closed after the silence adds nothing": case(
        account(closed_at="2024-06-01"), order("2024-01-10"), left="2024-04-10 passive"
    ),
    "a buyer who says they cannot afford it leaves for money": case(
        order("2024-01-10"), said("2024-03-01", "cannot afford"), left="2024-03-01 financial voluntary"
    ),
    "a buyer who subscribes and cancels at one instant leaves once": case(
        order("2024-02-10"),
        paid("2024-03-01"),
        said("2024-03-01", "cannot afford"),
        left="2024-03-01 financial voluntary",
    ),
    "a buyer who subscribes before falling silent is one customer throughout": case(
        order("2024-01-10"),
        paid("2024-02-10", notice="2024-06-01", end="2024-06-01"),
        left="2024-06-01 active",
        states={"2024-02-01": "paying"},
        became={"2024-02-01": "stayed"},
    ),
    "a buyer who subscribes after falling silent came back": case(
        order("2024-01-10"),
        paid("2024-06-01"),
        left="2024-04-10 passive, back 2024-06-01",
        became={"2024-02-01": "passive"},
    ),
    "a former subscriber who keeps ordering is back, and then judged by orders": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        order("2024-04-01"),
        order("2024-06-01"),
        left="2024-03-01 active, back 2024-04-01; 2024-08-31 passive",
        states={"2024-03-15": "gone", "2024-05-01": "paying", "2024-10-01": "lapsed"},
        became={"2024-05-01": "stayed", "2024-06-15": "passive"},
    ),
    "orders during the service do not outlive it": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-05-01"),
        order("2024-04-20"),
        left="2024-03-01 active",
        states={"2024-05-15": "gone"},
    ),
    "a subscriber who stops ordering stays": case(
        order("2024-01-02"), paid("2024-01-01"), states={"2024-09-01": "paying"}, became={"2024-09-01": "stayed"}
    ),
}

USERS = {
    "a subscriber who has not used the product for 91 days is dormant, at risk, and not lost": case(
        paid("2024-01-01"),
        event("2024-02-01"),
        states={"2024-05-02": "paying", "2024-05-03": "dormant"},
        became={"2024-05-03": "stayed"},
    ),
    "who never used the product is dormant 91 days after the start": case(
        paid("2024-02-01"), states={"2024-05-02": "paying", "2024-05-03": "dormant"}
    ),
    "a pause stops the clock of silence": case(
        paid("2024-01-01"),
        event("2024-01-15"),
        changed("2024-01-01", "2024-02-01", "paused"),
        changed("2024-01-01", "2024-05-01", "resumed"),
        states={"2024-06-01": "paying", "2024-08-01": "dormant"},
    ),
    "a debt weighs more than silence": case(
        paid("2024-01-01"), invoice("2024-03-01"), states={"2024-04-15": "delinquent"}, left="2024-04-30 financial"
    ),
    "use of the product while in debt is a sign of life": case(
        paid("2024-01-01"), invoice("2024-03-01"), event("2024-04-29"), states={"2024-05-15": "delinquent"}
    ),
    "use of the product after a lapse is a return": case(
        paid("2024-01-01"),
        invoice("2024-03-01"),
        event("2024-05-20"),
        left="2024-04-30 financial, back 2024-05-20",
        states={"2024-05-15": "gone", "2024-06-01": "delinquent"},
    ),
}

VISITORS = {
    "without orders or subscriptions, use of the product is what a customer does": case(
        event("2024-01-10"),
        event("2024-02-10"),
        left="2024-05-11 passive",
        states={"2024-03-01": "paying", "2024-06-01": "lapsed"},
        became={"2024-03-01": "passive", "2024-02-01": "stayed"},
    ),
}

SERVICE_END = {
    "dated at the end of service, notice comes before the departure": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-04-01"),
        left="2024-04-01 active",
        states={"2024-03-15": "in notice", "2024-04-15": "gone"},
        became={"2024-02-15": "active"},
    ),
    "dated at the end of service, a notice without an end is a departure 31 days later": case(
        paid("2024-01-01", notice="2024-03-01"),
        left="2024-04-01 active",
        states={"2024-03-31": "in notice", "2024-06-01": "gone"},
        became={"2024-02-15": "active"},
    ),
    "dated at the end of service, a debt fallen due during notice counts": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-04-01"), invoice("2024-03-20"), left="2024-04-01 financial"
    ),
}

BELIEVED = {
    "a recorded cancellation believed more closes the subscription then": case(
        paid("2024-01-01", end="2024-07-01"), said("2024-03-01"), left="2024-03-01 active"
    ),
    "believing cancellations only, a subscription's own end is not seen": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"), states={"2024-06-01": "paying"}
    ),
    "a subscription begun after the cancellation goes on": case(
        paid("2024-01-01"),
        paid("2024-06-01"),
        said("2024-03-01"),
        left="2024-03-01 active, back 2024-06-01",
        states={"2024-04-01": "gone", "2024-07-01": "paying"},
    ),
}

STRICT = {
    "with no grace a return the same day is a return": case(
        paid("2024-01-01", notice="2024-03-01", end="2024-03-01"),
        paid("2024-03-02"),
        left="2024-03-01 active, back 2024-03-02",
    ),
    "with two failures enough and 10 days to recover": case(
        paid("2024-01-01"), *failed("2024-03-01", "2024-03-04"), left="2024-03-14 financial"
    ),
    "with 5 days overdue enough and 10 days to recover": case(
        paid("2024-01-01"), invoice("2024-03-01"), left="2024-03-16 financial"
    ),
}

BILLING = {
    "a source that cannot show signs of life takes no silence for a departure": case(
        paid("2024-01-01"), invoice("2024-03-01"), states={"2024-06-01": "delinquent"}
    ),
}

MONEY = ("customers", "subscriptions", "subscription_changes", "invoices", "charges", "cancellations")
COMPANIES: dict[str, tuple[dict[str, Case], tuple[str, ...], dict[str, Any]]] = {
    "company": (SUBSCRIBERS | PAYERS | BUYERS, (*MONEY, "orders"), {}),
    "users": (USERS, ("subscriptions", "subscription_changes", "invoices", "events"), {}),
    "visitors": (VISITORS, ("events",), {}),
    "service end": (SERVICE_END, ("subscriptions", "invoices"), {"dated": "service end"}),
    "cancellations": (BELIEVED, ("subscriptions", "cancellations"), {"left_by": "cancellations"}),
    "strict": (
        STRICT, ("subscriptions", "invoices", "charges", "orders"),
        {"grace_days": 0, "overdue_days": 5, "failed_charges": 2, "recovery_days": 10},
    ),
    "billing": (BILLING, ("subscriptions", "invoices"), {}),
}  # fmt: skip
"""The cases, the tables their company has, and the settings."""
ALL = [pytest.param(name, sentence, id=sentence) for name, (cases, _, _) in COMPANIES.items() for sentence in cases]

ANCHOR: tuple[Row, ...] = (
    account(), paid("2023-01-01", notice="2023-02-01", end="2023-02-01"), changed("none", "2024-12-31", "plan"),
    order("2023-01-01"), order("2024-12-31"), event("2023-01-01"), event("2024-12-31"),
    invoice("2024-12-31"), charged("2024-12-31", succeeded=True), said("2023-02-01"), paid("2024-12-31"),
)  # fmt: skip
"""A customer who fills every table and makes the data run from 2023 to the end of 2024."""


def frame(table: str, cases: dict[str, tuple[Row, ...]]) -> pd.DataFrame:
    """Type one table of a company: ids made its own customer's, so that cases do not meet."""
    ids = {"subscription_id", "order_id", "invoice_id", "charge_id"}
    rows = [
        {"customer_id": who} | {c: f"{who}: {v}" if c in ids else v for c, v in row.items()}
        for who, rows in cases.items()
        for name, row in rows
        if name == table
    ]
    columns = [c for c in contract.TABLES[table].names if any(c in row for row in rows)]
    return pd.DataFrame([{c: row.get(c) for c in columns} for row in rows]).astype(object)


@dataclass(frozen=True)
class Answer:
    history: set[tuple[Any, ...]]
    states: set[tuple[Any, ...]]
    outcomes: set[tuple[Any, ...]]


@cache
def loaded(company: str) -> Crm:
    cases, tables, _ = COMPANIES[company]
    rows = {"anchor": ANCHOR} | {sentence: one.rows for sentence, one in cases.items()}
    return wb.load_tables({name: frame(name, rows) for name in tables})


@cache
def answer(company: str, asked: str) -> Answer:
    """Ask the reference or the verbs once for all cases of a company, as far as a case expects an answer."""
    cases, _, settings = COMPANIES[company]
    crm = loaded(company)
    windows = dates(*(one.became for one in cases.values()))
    # States are asked of every date there is: what is found for a date is remembered, and outcomes begin with it.
    at = sorted({*windows, *dates(*(one.states for one in cases.values()))})
    if asked == "verbs":
        return Answer(
            compare.history_of(crm, **settings),
            compare.states_of(crm, at, **settings) if at else set(),
            compare.outcomes_of(crm, windows, **settings) if windows else set(),
        )
    read = reference.read(crm)
    return Answer(
        compare.history(read, **settings),
        compare.states(read, at, **settings),
        compare.outcomes(read, windows, **settings),
    )


def dates(*expected: dict[str, str]) -> list[datetime]:
    return sorted({datetime.fromisoformat(at) for one in expected for at in one})


def expected_departure(text: str) -> tuple[Any, ...]:
    said, _, back = text.partition(", back ")
    at, kind, *billed = said.split()
    usual = {"active": "voluntary", "financial": "involuntary", "passive": "none"}
    return (
        datetime.fromisoformat(at),
        kind,
        (billed or [usual[kind]])[0],
        datetime.fromisoformat(back) if back else None,
    )


@pytest.mark.parametrize("asked", ["reference", "verbs"])
@pytest.mark.parametrize(("company", "sentence"), ALL)
def test_case(company: str, sentence: str, asked: str) -> None:
    found, expected = answer(company, asked), COMPANIES[company][0][sentence]
    left = sorted(row[1:] for row in found.history if row[0] == sentence)
    assert left == [expected_departure(text) for text in expected.left]
    states = {f"{at:%Y-%m-%d}": state for who, at, state, _ in found.states if who == sentence}
    assert {at: states.get(at) for at in expected.states} == expected.states
    became = {f"{at:%Y-%m-%d}": kind or "stayed" for who, at, _, kind, _ in found.outcomes if who == sentence}
    assert {at: became.get(at, "not at risk") for at in expected.became} == expected.became


def test_reference_and_verbs_answer_the_same_in_every_case() -> None:
    for company in COMPANIES:
        assert answer(company, "reference") == answer(company, "verbs")
