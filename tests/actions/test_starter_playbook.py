"""The playbook that comes with the package: which customer gets which line, in which words."""

from functools import cache

import pandas as pd
import pytest

from tests.actions.test_worklists import AT, MONEY, NOBODY_HELD, company, everyone, line, lists
from workbench.actions.playbook import read_playbook
from workbench.actions.task_customers import with_empty
from workbench.actions.worklists import Worklists, make_lists

DAY = pd.Timestamp("2024-06-28")
CUSTOMERS = {
    "regular item": {"silence_against_usual": 2.0, "n_order_days": 4.0, "days_since_order": 40.0,
                     "usual_product": "coffee", "usual_product_orders": 5.0, "usual_gap_days": 14.0},
    "shopper": {"judged_by": "orders", "days_since_event": 150.0, "usage_trend": 0.1, "silence_against_usual": 2.0,
                "n_order_days": 4.0, "days_since_order": 40.0, "usual_gap_days": 14.0},
    "visitor": {"judged_by": "orders", "use_silence_against_usual": 4.9, "n_use_days": 60.0, "usual_use_gap_days": 4.3,
                "days_since_event": 21.0},
    "one person": {"n_contacts": 1.0, "usual_people": 2.0, "person": "Kim"},
    "one as all have": {"n_contacts": 1.0, "usual_people": 1.0, "person": "Lee"},
    "promoter who waits": {"last_nps": 9.0, "days_since_nps": 2.0, "nps_on": DAY, "ticket": "T9", "ticket_days": 2.0},
    "slow help": {"first_response_hours_90d": 30.0, "first_response_hours_against_company": 3.0},
    "feature given up": {"lost_feature": "exports", "lost_feature_uses": 12.0, "usage_trend": 0.5},
    "welcome": {"customer_days": 3.0},
    "first lesson": {"customer_days": 8.0, "top_feature": "reports"},
    "first survey": {"customer_days": 31.0},
    "tips": {"customer_days": 62.0, "n_active_days_30d": 9.0, "top_feature": "reports"},
    "first offer": {"customer_days": 91.0, "next_product": "cups"},
    "not activated": {"subscription_days": 30.0, "existing_at_begin": 0.0, "key_feature": "core"},
    "detractor": {"last_nps": 3.0, "days_since_nps": 2.0, "nps_on": DAY, "nps_reason": "too slow"},
    "promoter": {"last_nps": 9.0, "days_since_nps": 2.0, "nps_on": DAY},
    "anniversary": {"value_segment": "VIP", "days_to_anniversary": 5.0, "anniversary_years": 2.0,
                    "anniversary_on": pd.Timestamp("2024-07-06")},
    "loyal": {"value_segment": "VIP", "years_completed": 3.0, "churn_probability": 0.05, "days_since_event": 4.0},
    "next product": {"next_to": "tea", "next_product": "cups", "next_product_share": 0.5, "days_since_order": 9.0,
                     "n_orders": 5.0},
    "pricing page": {"n_pricing_pages_30d": 3.0, "n_upgrades_90d": 0.0, "usage_trend": 1.0, "plan": "pro"},
    "gone for a price": {"state": "gone", "at_risk": False, "days_since_left": 90.0, "left_for": "price",
                         "left_on": DAY, "left_reason": "too expensive", "plan": "pro"},
    "dead": {"state": "gone", "at_risk": False, "days_since_left": 90.0, "left_for": "closed or moved", "left_on": DAY,
             "left_reason": "deceased"},
    "dead with a debt": {"state": "gone", "at_risk": False, "days_since_left": 90.0, "left_for": "closed or moved",
                         "left_on": DAY, "left_kind": "financial", "left_reason": "deceased"},
    "trial": {"state": "trial", "at_risk": False, "days_to_trial_end": 4.0, "trial_ends_on": pd.Timestamp("2024-07-05"),
              "n_events_30d": 0.0},
}  # fmt: skip


@cache
def sorted_out() -> Worklists:
    """Return the lists of customers without a cause but that of their name."""
    calm = everyone().query("customer_id == 'gus'").drop(columns=["first_key_use", "trial_ends_on"], errors="ignore")
    rows = with_empty(calm, [name for values in CUSTOMERS.values() for name in values])
    rows = pd.concat([rows.assign(customer_id=name, **values) for name, values in CUSTOMERS.items()], ignore_index=True)
    return make_lists(company(), rows, AT, playbook=read_playbook(), money=MONEY, limits=NOBODY_HELD)


@pytest.mark.parametrize(
    ("customer", "expected", "action"),
    [
        ("regular item", "keep", "Ask whether coffee is still needed, and offer it at a discount."),
        ("shopper", "keep", "Ask how the last order went, and help with the next."),
        ("visitor", "keep", "Ask what is in the way, and say what is new."),
        ("one person", "keep", "Ask Kim to bring in a colleague; offer both a strategy session."),
        ("slow help", "keep", "Apologise for the wait, and offer priority in support for the next three months."),
        ("feature given up", "keep", "Ask what replaced exports, and offer a training session on it."),
        ("welcome", "nurture", "Welcome them, and say who their person is."),
        ("first lesson", "nurture", "Send the first lesson, on reports."),
        ("first survey", "nurture", "Send the first survey; ask about expectations and goals."),
        ("tips", "nurture", "Send two tips on reports that save time."),
        ("first offer", "nurture", "Make the first offer beyond what they have: cups."),
        ("not activated", "onboard", "Set up core together in a session of 30 minutes."),
        ("detractor", "answer", "Thank for the answer, ask what is missing, say what will be done; write down the cause."),
        ("promoter", "refer", "Thank for the mark; ask for a testimonial, or whom else this would help."),
        ("anniversary", "occasion", "Send a personal greeting on 6 July 2024, with early access to what is new."),
        ("loyal", "thank", "Thank them for 3 years; give early access or an invitation to a webinar, and log it."),
        ("gone for a price", "win back", "Offer the pro plan on other terms of payment."),
        ("trial", "convert", "Offer to show the first steps, and a week more to try."),
        ("pricing page", "grow", "Ask what they were looking for, and whether another plan than pro serves them better."),
    ],
)  # fmt: skip
def test_a_customer_gets_the_line_that_fits(customer: str, expected: str, action: str) -> None:
    found = [
        (name, row["action"])
        for name, rows in sorted_out().lists.items()
        for row in rows.to_dict("records")
        if row["customer_id"] == customer
    ]
    assert found == [(expected, action)]


@pytest.mark.parametrize("customer", ["one as all have", "promoter who waits"])
def test_what_is_usual_is_no_reason_and_nobody_is_asked_for_a_recommendation_while_a_ticket_waits(
    customer: str,
) -> None:
    assert not any(customer in {*rows["customer_id"]} for rows in sorted_out().lists.values())


@pytest.mark.parametrize("customer", ["dead", "dead with a debt"])
def test_who_died_is_asked_nothing_whatever_is_still_owed(customer: str) -> None:
    assert not any(customer in {*rows["customer_id"]} for rows in sorted_out().lists.values())


def test_a_candidate_for_more_stands_apart_from_customers_at_risk_with_what_others_buy() -> None:
    (row,) = sorted_out()["grow"].query("customer_id == 'next product'").to_dict("records")
    assert row["why"] == "bought tea; 50 % of those who do also buy cups"
    assert "next product" not in {*sorted_out()["keep"]["customer_id"]}


def test_a_detractor_is_due_tomorrow_and_asked_about_what_was_missing() -> None:
    (row,) = sorted_out()["answer"].to_dict("records")
    assert (row["rank"], row["say"], str(row["due"])) == (1, "too slow", "2024-07-02")


def test_what_is_offered_hangs_on_the_segment() -> None:
    customers = everyone()
    customers.loc[customers["customer_id"] == "eve", "value_segment"] = "VIP"
    vip = line("vip", when="at_risk = true and value_segment = 'VIP'", offer="early access", offer_cost=4)
    others = line("others", when="at_risk = true", offer="a discount now and then", offer_cost=10)
    keep = lists(playbook=[vip, others], customers=customers)["keep"].set_index("customer_id")
    assert keep.loc["eve", ["offer", "offer_cost"]].tolist() == ["early access", 4.0]
    assert {*keep.drop("eve")["offer"]} == {"a discount now and then"}
