"""Who lands on which list, with which words, and who is left off."""

import warnings
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import ibis
import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.actions.contact_limits import (
    HELD_OUT,
    NO_CONSENT,
    NO_GAIN,
    NO_LINE,
    NO_REASON,
    NO_TIME,
    NO_WORTH,
    NOT_AT_RISK,
    NOT_SCORED,
    OVER_ALLOWANCE,
    OVER_BUDGET,
    OVER_CALLS,
    URGENT,
    Limits,
    apply_limits,
)
from workbench.actions.control_group import held_out
from workbench.actions.particulars import particulars
from workbench.actions.playbook import Line, _line, read_playbook
from workbench.actions.task_customers import _with_departures, all_customers
from workbench.actions.task_texts import written
from workbench.actions.worklists import Worklists, make_lists
from workbench.crm.asof import Crm
from workbench.errors import SettingError
from workbench.model.value import Money

AT = datetime(2024, 7, 1)
MONEY = Money(0.5, 0.5, 10, 0.1, 1, 0.0)
NOBODY_HELD = Limits(holdout_share=0.0)
NAMES = ["ann", "bob", "cho", "dee", "eve", "fay", "gus"]
PEOPLE = pd.Series(NAMES)


@cache
def company() -> Crm:
    """Seven customers of a club: ann complains, bob gave notice, cho cannot pay, dee's year ends, eve is about to go,
    fay went away, and all is well with gus.
    """  # fmt: skip
    subscriptions = pd.DataFrame(
        {
            "subscription_id": [f"s-{name}" for name in NAMES], "customer_id": NAMES, "plan": "pro",
            "started_at": "2022-07-21", "renews_at": "2022-08-21", "mrr": 100, "billing_period": "month",
            "cancelled_at": None, "ended_at": None, "cancel_reason": None, "trial_ends_at": None,
        }
    ).astype(object)  # fmt: skip
    rows = subscriptions.set_index("customer_id", drop=False)
    rows.loc["bob", ["cancelled_at", "cancel_reason"]] = "2024-06-20", "competitor"
    rows.loc["dee", ["billing_period", "renews_at"]] = "year", "2023-07-21"
    rows.loc["fay", ["cancelled_at", "ended_at", "cancel_reason"]] = "2024-03-01", "2024-03-21", "too expensive"
    tickets = pd.DataFrame(
        {"ticket_id": ["T1", "T2"], "customer_id": ["ann", "gus"], "opened_at": ["2024-06-20", "2024-06-01"],
         "resolved_at": [None, "2024-06-02"], "kind": "complaint"}
    )  # fmt: skip
    charges = pd.DataFrame(
        {"charge_id": ["1", "2", "3", "4", "5"], "customer_id": ["cho"] * 4 + ["gus"],
         "attempted_at": ["2024-05-01", "2024-06-20", "2024-06-23", "2024-06-26", "2024-06-01"],
         "succeeded": [True, False, False, False, True], "failure_code": [None, *["card_declined"] * 3, None]}
    )  # fmt: skip
    events = pd.DataFrame(
        {"customer_id": ["eve"] * 6 + ["gus"], "occurred_at": ["2024-01-05"] * 6 + ["2024-06-30 12:00"],
         "event": ["feature_report"] * 6 + ["feature_core"]}
    )  # fmt: skip
    people = pd.DataFrame({"customer_id": NAMES, "owner": ["ola", None, *["ola"] * 5], "preferred_channel": "Email",
                           "contact_hours": "09:00-17:00",
                           "time_zone": [None, *["America/New_York"] * 6]})  # fmt: skip
    return wb.load_tables(
        {"subscriptions": rows.reset_index(drop=True), "tickets": tickets, "charges": charges, "events": events,
         "customers": people}
    )  # fmt: skip


STATES = pd.DataFrame({"customer_id": NAMES, "as_of": AT, "judged_by": "subscriptions",
                       "state": ["paying", "in notice", "paying", "paying", "paying", "gone", "paying"]}).assign(
    at_risk=lambda s: s["state"] == "paying"
)  # fmt: skip
PANEL = pd.DataFrame(
    {"customer_id": NAMES, "as_of": AT, "n_cancel_pages_30d": [0.0, 0, 0, 0, 2, 0, 0], "usage_trend": 1.0}
)


@cache
def sorted_customers() -> pd.DataFrame:
    now = PANEL.merge(STATES, on=["customer_id", "as_of"]).query("at_risk").drop(columns="judged_by")
    now = now.assign(churn_probability=0.5, return_probability=np.nan, why="", margin_if_retained=600.0,
                     yearly_revenue=1200.0, value_segment="other")  # fmt: skip
    return all_customers(company(), PANEL, STATES, now, AT, money=MONEY)


def everyone() -> pd.DataFrame:
    """Return the customers as a playbook sees them, those at risk with a chance of churn of 0.5 and a margin of 600."""
    return sorted_customers().copy()


def lists(*, limits: Limits = NOBODY_HELD, playbook: list[Line] | None = None, crm: Crm | None = None,
          customers: pd.DataFrame | None = None, scored: bool = True) -> Worklists:  # fmt: skip
    crm = crm or company()
    customers = everyone() if customers is None else customers
    return make_lists(crm, customers, AT, playbook=playbook or list(read_playbook()), money=MONEY, limits=limits,
                      scored=scored)  # fmt: skip


def line(name: str = "x", **content: object) -> Line:
    return _line(name, {"list": "keep", "when": "at_risk = true", "do": "Call.", **content}, where=f"mine.yaml: {name}")


@pytest.fixture(scope="module")
def found() -> Worklists:
    return lists()


@pytest.mark.parametrize(
    ("customer", "expected", "action"),
    [
        ("ann", "answer", "Close complaint T1 today, or name the day when it will be closed; report back in person."),
        ("bob", "save", "Ask what would have to change for them to stay, and take leave well if nothing would."),
        (
            "cho",
            "pay",
            "Agree on another means of payment, or on instalments; charging once more would fail once more.",
        ),
        ("dee", "renew", "Talk about the next term before 21 July 2024."),
        ("eve", "keep", "Ask what led to it, and offer a smaller plan or a pause."),
        ("fay", "win back", "Offer the pro plan on other terms of payment."),
    ],
)
def test_each_customer_lands_on_the_list_the_playbook_says(
    found: Worklists, customer: str, expected: str, action: str
) -> None:
    on = {name: rows for name, rows in found.lists.items() if customer in {*rows["customer_id"]}}
    assert list(on) == [expected]
    (row,) = on[expected].query("customer_id == @customer").to_dict("records")
    assert row["action"] == action


def test_a_customer_without_a_cause_is_on_no_list_and_is_counted(found: Worklists) -> None:
    assert not any("gus" in {*rows["customer_id"]} for rows in found.lists.values())
    assert {"list": "keep", "reason": NO_REASON, "customers": 1} in found.left_out.to_dict("records")


def test_a_customer_without_a_cause_whose_contact_would_not_pay_is_counted_too() -> None:
    customers = everyone()
    customers.loc[customers["customer_id"] == "gus", "churn_probability"] = 0.0
    assert {"list": "keep", "reason": NO_GAIN, "customers": 1} in lists(customers=customers).left_out.to_dict("records")


def test_who_gave_notice_long_ago_and_is_served_for_long_is_counted_where_no_line_asks_for_a_contact_now() -> None:
    customers = everyone()
    customers.loc[customers["customer_id"] == "bob", ["days_since_notice", "days_to_service_end"]] = 100, 200
    found = lists(customers=customers)
    assert "save" not in found.lists
    assert {"list": "save", "reason": NO_LINE, "customers": 1} in found.left_out.to_dict("records")
    assert NO_LINE not in {*lists(playbook=[line()]).left_out["reason"]}, (
        "a playbook without such lists leaves nobody off"
    )


def test_a_row_has_what_a_person_needs_and_no_owner_is_stated(found: Worklists) -> None:
    (row,) = found["answer"].to_dict("records")
    shown = {name: row[name] for name in ("rank", "owner", "channel", "when", "consent", "arm", "why", "line")}
    assert shown == {"rank": 1, "owner": "ola", "channel": "email", "when": "09:00-17:00", "consent": "not recorded",
                     "arm": "", "why": "complaint T1 has been open for 11 days", "line": "complaint"}  # fmt: skip
    assert str(row["due"]) == "2024-07-02"
    assert found["save"]["owner"].tolist() == ["no owner"]


def test_what_a_contact_brings_is_computed_by_list(found: Worklists) -> None:
    keep, save, win_back = (found[name]["expected_gain"].item() for name in ("keep", "save", "win back"))
    assert keep == pytest.approx(0.5 * 0.5 * (600 - 10) - 0.5 * 0.1 * 10 - 1)
    assert save == pytest.approx(0.5 * 600 - 1), "in notice they leave for sure, and no offer is made"
    assert win_back == pytest.approx(MONEY.win_back_share * (600 - 10) - 1), "worth what was paid at the end"
    assert found["renew"]["expected_gain"].item() == pytest.approx(0.5 * 0.5 * 600 - 1)


def test_the_costs_of_a_line_enter_its_gain_also_where_campaigns_measured_what_a_contact_costs() -> None:
    measured = replace(MONEY, contact_cost=25, offer_cost=0.0)
    dear = line(offer="a month free", offer_cost=100, cost=3)
    made = make_lists(company(), everyone(), AT, playbook=[dear], money=measured, limits=NOBODY_HELD)["keep"]
    row = made.set_index("customer_id").loc["eve"]
    assert row["expected_gain"] == pytest.approx(0.5 * 0.5 * (600 - 100) - 0.5 * 0.1 * 100 - 3)
    assert row[["offer_cost", "contact_cost"]].tolist() == [100, 3]


def test_a_line_is_never_written_for_a_customer_without_its_value() -> None:
    rows = lists(playbook=[line(do="Ask about {lost_feature}."), line("y", do="Ask what is missing.")])["keep"]
    actions = rows.set_index("customer_id")["action"]
    assert actions["eve"] == "Ask about report."
    assert {*actions.drop("eve")} == {"Ask what is missing."}


def test_a_day_of_the_companys_own_makes_tasks_only_while_it_is_near() -> None:
    near = line(
        list="occasion",
        days=["07-10"],
        when="at_risk = true and days_to_occasion <= 9",
        do="Greet on {occasion_on}.",
        due="on occasion_on",
    )
    far = line("y", list="occasion", days=["07-20"], when="at_risk = true", do="Greet on {occasion_on}.")
    found = lists(playbook=[far, near])
    assert {*found["occasion"]["action"]} == {"Greet on 10 July 2024."}
    assert {*found["occasion"]["due"].map(str)} == {"2024-07-10"}
    assert "y" not in found.unusable


def test_a_line_whose_table_is_missing_is_named_with_what_it_needs(found: Worklists) -> None:
    assert found.unusable["promoter"] == [
        "days_since_nps (surveys)",
        "last_nps (surveys)",
        "nps_on (surveys.instrument)",
    ]


def test_a_year_counts_from_the_day_it_is_whole() -> None:
    panel = PANEL.assign(account_days=[731.0, 730, 717, 366, 365, 364, np.nan])
    now = panel.merge(STATES.drop(columns="judged_by"), on=["customer_id", "as_of"])
    now = now.assign(yearly_revenue=0.0, margin_if_retained=0.0)
    found = all_customers(company(), panel, STATES, now, AT, money=MONEY).set_index("customer_id")
    assert found["years_completed"].dropna().tolist() == [2, 1, 1, 1, 0, 0]  # 2024 is a leap year
    assert found["anniversary_years"].dropna().tolist() == [2, 2, 2, 1, 1, 1]
    assert found["days_to_anniversary"].dropna().tolist() == [0, 1, 14, 0, 1, 2]


def test_who_was_lost_for_want_of_payment_is_offered_other_terms_though_the_subscription_names_no_reason() -> None:
    lives = ibis.memtable(
        {"customer_id": ["fay", "fay", "gus"], "life": [1, 2, 1],
         "ended_at": [datetime(2023, 1, 1), datetime(2024, 3, 21), None], "kind": ["active", "financial", None],
         "reason": ["price", "payment failed", None], "reason_text": ["dear", "Card_declined", None]}
    )  # fmt: skip
    base = pd.DataFrame({"customer_id": ["fay", "gus"], "state": ["gone", "paying"], "days_since_left": [102.0, np.nan],
                         "left_reason": pd.Series([None, None], dtype="str"), "plan": "pro"})  # fmt: skip
    known = _with_departures(base, lives, AT)
    fay = known.set_index("customer_id").loc["fay"]
    assert (fay["left_kind"], fay["left_for"], fay["left_reason"]) == ("financial", "payment failed", "card declined")
    (line,) = (line for line in read_playbook() if line.name == "gone_owing")
    assert line.when.holds(known).tolist() == [True, False]
    why = written(line.why, known.assign(left_on=pd.Timestamp(2024, 3, 21)))
    assert why.iloc[0] == "service ended on 21 March 2024 with a payment failed or open: card declined"


def test_an_unknown_column_of_a_line_stops_with_the_nearest_name() -> None:
    with pytest.raises(
        SettingError, match=r"mine.yaml: x: when: unknown column 'usage_tren'; did you mean usage_trend"
    ):
        lists(playbook=[line(when="usage_tren < 1")])


def test_a_customer_on_an_urgent_list_gets_no_thanks() -> None:
    thanks = line("thanks", list="thank", do="Say thank you.")
    complaint = line("complaint", list="answer", when="complaint_days >= 0")
    found = lists(playbook=[complaint, thanks])
    assert "ann" not in {*found["thank"]["customer_id"]}
    assert {"list": "thank", "reason": URGENT, "customers": 1} in found.left_out.to_dict("records")


def test_two_causes_give_two_tasks_that_name_each_other() -> None:
    found = lists(playbook=[line("a", list="answer", when="complaint_days >= 0"), line("b")])
    assert found["answer"]["also_on"].tolist() == ["keep"]
    assert found["keep"].set_index("customer_id").loc["ann", "also_on"] == "answer"


def test_who_costs_more_than_the_contact_brings_or_is_of_unknown_worth_is_counted() -> None:
    customers = everyone()
    customers.loc[customers["customer_id"] == "ann", "margin_if_retained"] = 2.0
    customers.loc[customers["customer_id"] == "cho", "margin_if_retained"] = np.nan
    left = lists(playbook=[line()], customers=customers).left_out
    assert {(row["reason"], row["customers"]) for row in left.to_dict("records")} == {(NO_GAIN, 1), (NO_WORTH, 1)}


def test_the_plan_of_the_export_is_known_on_its_day_and_not_before() -> None:
    end = company().facts.known_until
    for days, plan in ((0, {"pro"}), (1, {"pro"}), (2, set[str]())):
        assert {*particulars(company(), end - timedelta(days=days), PEOPLE)["plan"].dropna()} == plan


def test_who_would_be_kept_but_is_not_at_risk_is_counted_as_that() -> None:
    left = lists(playbook=[line(when="state <> 'gone'")]).left_out
    assert {"list": "keep", "reason": NOT_AT_RISK, "customers": 1} in left.to_dict("records"), "bob is in notice"


def test_without_amounts_the_likeliest_to_be_lost_are_listed_without_money() -> None:
    customers = everyone()
    customers["margin_if_retained"] = np.nan
    chances = {"ann": 0.2, "cho": 0.6, "dee": 0.9, "eve": 0.7, "gus": 0.1}
    customers["churn_probability"] = customers["customer_id"].map(chances)
    found = lists(playbook=[line(), line("end", list="renew", when="days_to_contract_end <= 30")], customers=customers)
    assert found["keep"]["customer_id"].tolist() == ["dee", "eve", "cho"], "above the average of 0.5"
    assert found["renew"]["customer_id"].tolist() == ["dee"], "whose contract ends needs no chance above the average"
    assert found["keep"]["expected_gain"].isna().all()
    assert {"list": "keep", "reason": NO_WORTH, "customers": 2} in found.left_out.to_dict("records")


def test_without_amounts_a_limit_leaves_first_whom_a_contact_is_likeliest_to_keep() -> None:
    customers = everyone().assign(margin_if_retained=np.nan)  # half of those at risk are kept, of the gone a twentieth
    found = lists(playbook=[line(), line("gone", list="win back", when="state = 'gone'")], customers=customers.assign(
        churn_probability=customers["churn_probability"].where(customers["customer_id"] != "eve", 0.6)),
        limits=Limits(holdout_share=0.0, most_calls=1))  # fmt: skip
    assert {name: rows["customer_id"].tolist() for name, rows in found.lists.items()} == {"keep": ["eve"]}


def test_who_of_known_worth_stands_before_who_of_unknown() -> None:
    customers = everyone()
    customers.loc[customers["customer_id"] == "eve", ["margin_if_retained", "churn_probability"]] = np.nan, 0.9
    assert lists(playbook=[line()], customers=customers)["keep"]["customer_id"].tolist()[-1] == "eve"


def test_where_chances_mean_nothing_no_list_rests_on_them() -> None:
    found = lists(scored=False)
    assert {*found.lists} == {"answer", "save", "pay", "renew"}
    assert {"list": "keep", "reason": NOT_SCORED, "customers": 1} in found.left_out.to_dict("records")


def with_consents(*rows: tuple[str, str, str, str | None]) -> Crm:
    return with_table("consents", pd.DataFrame(rows, columns=["customer_id", "channel", "granted_at", "withdrawn_at"]))


def with_table(name: str, rows: pd.DataFrame) -> Crm:
    """Return the customers and their subscriptions, beside one more table."""
    tables = {table: company()[table].to_pandas() for table in ("customers", "subscriptions")}
    return wb.load_tables({**tables, name: rows})


def test_nobody_is_contacted_without_consent_and_the_next_channel_is_taken() -> None:
    crm = with_consents(
        ("ann", "phone", "2024-01-01", None), ("cho", "email", "2024-01-01", "2024-01-01"),
        ("dee", "Email", "2024-01-01", None), ("dee", "phone", "2024-01-01", None),
    )  # fmt: skip
    found = lists(crm=crm, playbook=[line()])
    assert found["keep"].set_index("customer_id")["channel"].to_dict() == {"ann": "phone", "dee": "email"}
    assert found["keep"].set_index("customer_id").loc["dee", "consent"] == "email; phone"
    assert {"list": "keep", "reason": NO_CONSENT, "customers": 3} in found.left_out.to_dict("records")
    assert found.without_consent == 3


def test_the_audience_of_a_newsletter_is_cut_by_no_limit_and_leaves_nobody_off_a_list() -> None:
    crm = with_consents(("ann", "email", "2024-01-01", None), ("dee", "phone", "2024-01-01", None))
    mail = line("mail", list="newsletter", when="may_email = 1", channel="email")
    found = lists(crm=crm, playbook=[line("b"), mail], limits=Limits(holdout_share=0.0, most_calls=1))
    assert found["newsletter"]["customer_id"].tolist() == ["ann"]
    assert len(found["keep"]) == 1
    assert found["newsletter"]["also_on"].tolist() == [""]


def test_other_spellings_of_a_channel_are_the_same_channel() -> None:
    crm = with_consents(("ann", "E-Mail", "2024-01-01", None), ("ann", "Telephone", "2024-01-01", None))
    found = lists(crm=crm, playbook=[line(channel=["e-mail"])])
    assert found["keep"][["channel", "consent"]].to_numpy().tolist() == [["email", "email; phone"]]


def test_nobody_can_be_said_not_to_use_a_key_feature_where_none_is_known() -> None:
    new = everyone().assign(subscription_days=20.0, days_since_first_key_use=np.nan, existing_at_begin=0.0)
    (unused,) = [line for line in read_playbook() if line.name == "key_feature_unused"]
    found = lists(customers=new, playbook=[unused])["onboard"]
    assert {*found["action"]} == {"Set up core together in a session of 30 minutes."}
    assert lists(customers=new.assign(key_feature=None), playbook=[unused]).lists == {}


def test_a_decision_maker_has_left_only_where_none_is_there_and_one_was() -> None:
    people = pd.DataFrame(
        [["1", "ann", "decision maker", "2024-06-01"], ["2", "bob", "decision maker", "2024-06-01"],
         ["3", "bob", "decision maker", None], ["4", "cho", "user", "2024-06-01"]],
        columns=["contact_id", "customer_id", "role", "left_at"],
    )  # fmt: skip
    found = particulars(with_table("contacts", people), AT, PEOPLE).set_index("customer_id")
    assert found["days_since_decision_maker_left"].dropna().to_dict() == {"ann": 30}


def test_a_person_is_given_by_name_and_by_id_where_there_is_none() -> None:
    people = pd.DataFrame(
        [["1", "ann", "Ada Weber"], ["2", "bob", None]], columns=["contact_id", "customer_id", "name"]
    )
    found = particulars(with_table("contacts", people), AT, PEOPLE).set_index("customer_id")["person"]
    assert found.dropna().to_dict() == {"ann": "Ada Weber", "bob": "2"}


def test_a_list_names_the_customer_or_else_the_person() -> None:
    called = everyone().assign(
        name=lambda rows: rows["customer_id"].map({"ann": "Keller Labs"}),
        person=lambda rows: "P-" + rows["customer_id"],
    )
    found = lists(customers=called, playbook=[line(do="Call {person}.")])["keep"].set_index("customer_id")
    assert found.loc["ann", ["name", "action"]].tolist() == ["Keller Labs", "Call P-ann."]
    assert found["name"].drop("ann").tolist() == [f"P-{name}" for name in found.index.drop("ann")]


def test_nobody_is_silent_by_a_channel_that_records_no_reading() -> None:
    messages = pd.DataFrame(
        [(name, f"2024-06-{day}", "out", channel, f"2024-06-{day} 12:00" if (name, channel) == ("bob", "email") else None)
         for name in ("ann", "bob") for day in (10, 20) for channel in ("email", "phone")],
        columns=["customer_id", "sent_at", "direction", "channel", "opened_at"],
    )  # fmt: skip
    silent = particulars(with_table("messages", messages), AT, PEOPLE).set_index("customer_id")["silent_on"].dropna()
    assert silent.to_dict() == {"ann": "email"}


def test_a_line_names_the_channel_but_never_one_without_consent() -> None:
    crm = with_consents(("ann", "email", "2024-01-01", None), ("dee", "phone", "2024-01-01", None))
    found = lists(crm=crm, playbook=[line(channel=["phone", "email"])])
    assert found["keep"].set_index("customer_id")["channel"].to_dict() == {"ann": "email", "dee": "phone"}


def test_a_customer_silent_by_one_channel_is_reached_by_the_next() -> None:
    customers = everyone().assign(silent_on="email")
    crm = with_consents(("ann", "email", "2024-01-01", None), ("ann", "phone", "2024-01-01", None),
                        ("dee", "email", "2024-01-01", None))  # fmt: skip
    found = lists(crm=crm, playbook=[line()], customers=customers)
    assert found["keep"].set_index("customer_id")["channel"].to_dict() == {"ann": "phone", "dee": "email"}


def kept(**limits: float) -> Worklists:
    settings = {"holdout_share": 0.0, **limits}
    customers = everyone()
    customers["margin_if_retained"] = customers["customer_id"].map(
        {"ann": 500.0, "cho": 400, "dee": 300, "eve": 200, "gus": 100}
    )
    return lists(playbook=[line(offer="a pause", offer_cost=20)], customers=customers, limits=Limits(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "listed", "reason"),
    [
        ({"most_calls": 2}, ["ann", "cho"], OVER_CALLS),
        ({"budget": 15.0}, ["ann", "cho"], OVER_BUDGET),
        ({"owner_allowance": 45.0}, ["ann", "cho"], OVER_ALLOWANCE),
        ({}, ["ann", "cho", "dee", "eve", "gus"], None),
    ],
    ids=["calls", "budget: a contact costs 1 and its offer 20 × (0.5 × 0.5 + 0.5 × 0.1)", "allowance", "none"],
)
def test_under_a_limit_those_who_bring_most_stay(
    limits: dict[str, float], listed: list[str], reason: str | None
) -> None:
    found = kept(**limits)
    assert found["keep"]["customer_id"].tolist() == listed
    assert found.left_out.to_dict("records") == (
        [{"list": "keep", "reason": reason, "customers": 5 - len(listed)}] if reason else []
    )


def test_an_owner_does_so_many_a_day_and_what_does_not_fit_before_it_is_due_is_left_out() -> None:
    found = lists(playbook=[line(due=1)], limits=Limits(holdout_share=0.0, calls_a_day=2))
    assert [str(day) for day in found["keep"]["day"]] == ["2024-07-01", "2024-07-01", "2024-07-02", "2024-07-02"]
    assert found.left_out.to_dict("records") == [{"list": "keep", "reason": NO_TIME, "customers": 1}]


TASKS = pd.DataFrame(
    {"customer_id": ["ann", "bob", "cho"], "list": "keep", "line": "x", "owner": "ola", "channel": "phone",
     "days_since_contacted": np.nan, "allowance": np.nan, "offer_cost": 0.0, "cost": 5.0, "days_left": 1,
     "expected_gain": np.nan}
)  # fmt: skip


def slots(tasks: pd.DataFrame, **limits: float) -> tuple[dict[str, int], dict[str, str]]:
    stay, out = apply_limits(tasks, Limits(holdout_share=0.0, **limits))  # type: ignore[arg-type]
    return (
        dict(zip(stay["customer_id"], stay["slot"], strict=True)),
        dict(zip(out["customer_id"], out["reason"], strict=True)),
    )


def test_what_is_due_first_is_done_first_so_that_what_brings_more_but_can_wait_crowds_out_nothing() -> None:
    waits = TASKS.assign(days_left=[9, 9, 0])
    assert slots(waits, calls_a_day=1) == ({"ann": 1, "bob": 2, "cho": 0}, {})


def test_a_task_that_is_left_out_uses_up_neither_money_nor_time() -> None:
    dear = TASKS.assign(cost=[5.0, 50.0, 5.0], days_left=[0, 1, 1])
    assert slots(dear, calls_a_day=1, budget=10.0) == ({"ann": 0, "cho": 1}, {"bob": OVER_BUDGET})
    late = TASKS.assign(days_left=[0, 0, 1])
    assert slots(late, calls_a_day=1, budget=10.0) == ({"ann": 0, "cho": 1}, {"bob": NO_TIME})


def test_a_budget_goes_to_those_who_wait_for_an_answer_then_to_what_brings_most_on_whatever_list() -> None:
    names = {"answer": -9.0, "save": 5.0, "pay": -1.0, "keep": 90.0, "thank": np.nan}
    tasks = pd.DataFrame({"customer_id": [*names], "list": [*names], "expected_gain": [*names.values()]})
    tasks = tasks.assign(**TASKS.drop(columns=["customer_id", "list", "expected_gain"]).iloc[0])
    for contacts, served in enumerate(["answer", "keep", "save", "thank", "pay"], start=1):
        stay, _ = apply_limits(tasks, Limits(holdout_share=0.0, budget=contacts * 5.0))
        assert served in {*stay["customer_id"]} and len(stay) == contacts


def test_no_task_falls_due_or_is_planned_on_a_weekend() -> None:
    """1 July 2024 is a Monday, and dee's contract ends on Sunday the 21st."""
    book = [line("dee", list="renew", when="days_to_contract_end <= 30", due="before contract_ends_on"), line(due=5)]
    found = lists(playbook=book)
    assert [str(found[name]["due"].iloc[0]) for name in ("renew", "keep")] == ["2024-07-19", "2024-07-08"]
    saturday = datetime(2024, 7, 6)
    limits = Limits(holdout_share=0.0, calls_a_day=2)
    later = make_lists(company(), everyone(), saturday, playbook=[line(due=1)], money=MONEY, limits=limits)["keep"]
    assert [(str(row.day), str(row.due)) for row in later.itertuples()] == [("2024-07-08", "2024-07-08")] * 2


def test_a_customer_contacted_lately_is_left_alone_unless_it_is_to_answer() -> None:
    customers = everyone().assign(days_since_contacted=5.0)
    book = [line("a", list="answer", when="complaint_days >= 0"), line("b")]
    found = lists(playbook=book, customers=customers, limits=Limits(cooling_off_days=14, holdout_share=0.0))
    assert list(found.lists) == ["answer"]
    assert found.left_out["reason"].tolist() == ["contacted in the last 14 days"]
    assert (
        "keep" in lists(playbook=book, customers=customers, limits=Limits(cooling_off_days=5, holdout_share=0.0)).lists
    )


def test_the_group_held_out_is_left_off_contacts_of_choice_and_named() -> None:
    book = [line("a", list="answer", when="complaint_days >= 0"), line("b")]
    found = lists(playbook=book, limits=Limits(holdout_share=1.0))
    assert list(found.lists) == ["answer"]
    assert found.left_out.to_dict("records") == [{"list": "keep", "reason": HELD_OUT, "customers": 5}]
    assert sorted(found.held_out["customer_id"]) == ["ann", "cho", "dee", "eve", "gus"]
    assert lists(playbook=book, limits=Limits(holdout_share=1e-9))["keep"]["arm"].tolist() == ["treated"] * 5


def test_the_group_held_out_is_the_same_at_every_run_grows_with_the_share_and_has_its_size() -> None:
    ids = [f"customer {i}" for i in range(4000)]
    tenth, fifth = np.array(held_out(ids, 0.1)), np.array(held_out(ids, 0.2))
    assert held_out(["customer 1"], 0.1) == [bool(tenth[1])]
    assert not (tenth & ~fifth).any()
    assert abs(tenth.mean() - 0.1) < 4 * np.sqrt(0.09 / 4000)


def test_many_columns_of_ones_own_make_no_noise() -> None:
    many = everyone()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        for i in range(120):
            many[f"own_{i}"] = float(i)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.PerformanceWarning)
        assert lists(customers=many, playbook=[line()])["keep"]["customer_id"].tolist()


def test_contact_hours_are_by_the_clock_of_the_customers_time_zone_where_it_is_known() -> None:
    tasks = pd.concat(lists().lists.values())
    zoned = tasks.groupby(tasks["customer_id"] != NAMES[0])["when"].unique().map(list).to_dict()
    assert zoned == {False: ["09:00-17:00"], True: ["09:00-17:00 America/New_York"]}
