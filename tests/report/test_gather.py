"""What the report shows of a source, and what it says cannot be computed."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import workbench as wb
from tests.conftest import crm_of
from workbench.crm.asof import Crm
from workbench.metrics import Metric, period_figures, share, trend
from workbench.model import MODEL, Forecast, Money, MoneyBasis, expected_losses
from workbench.report import charts
from workbench.report.exports import files
from workbench.report.findings.contents import Findings
from workbench.report.findings.headline import as_forecast
from workbench.report.formats import number_texts as texts
from workbench.report.sentences import cards, summary
from workbench.report.sentences import wording as words
from workbench.stats import Estimate

START, END = datetime(2024, 2, 1), datetime(2024, 3, 1)


def test_a_business_of_orders_learns_why_it_has_no_revenue_retention_and_no_nps() -> None:
    crm = crm_of(("1", "ann", "2024-01-10", 1), ("2", "ann", "2024-02-10", 1), ("3", "bob", "2024-06-01", 1))
    figures_found, missing = period_figures(crm, wb.lives(crm, inactive_days=30), START, END)
    assert set(figures_found) == {"return_rate", "repeat_purchase_rate"}
    assert "need the table subscriptions" in missing["net revenue retention"]
    assert "no table 'surveys'" in missing["NPS"]


def test_an_excluded_customer_is_no_buyer() -> None:
    orders = pd.DataFrame(
        {"order_id": ["1", "2", "3", "4", "5"], "customer_id": ["ann", "test", "test", "z", "z"], "amount": 1,
         "ordered_at": ["2024-02-10", "2024-02-10", "2024-02-11", "2024-06-01", "2024-01-02"]}
    )  # fmt: skip
    customers = pd.DataFrame({"customer_id": ["ann", "test"], "exclude_reason": [None, "test"]})
    crm = wb.load_tables({"orders": orders, "customers": customers})
    found, _ = period_figures(crm, wb.lives(crm, inactive_days=30), START, END)
    assert (found["repeat_purchase_rate"].count, found["repeat_purchase_rate"].of) == (0, 1)


@pytest.mark.parametrize(
    ("as_of", "words"), [(datetime(2024, 3, 2), "1 day before"), (datetime(2024, 3, 3), "2 days before")]
)
def test_the_days_between_the_period_and_the_report_are_counted(as_of: datetime, words: str) -> None:
    f = SimpleNamespace(start=START, end=END, as_of=as_of, horizon_days=29, not_counted_yet=41)
    assert f"It ends {words} the report: who leaves later may" in summary.why_the_period(f)  # type: ignore[arg-type]
    assert summary.why_the_period(f).endswith("Departures since then, not counted yet: 41.")  # type: ignore[arg-type]


def bridge() -> pd.DataFrame:
    rows = [
        ("start", "100", "100", 10), ("new", "30", "130", 3), ("expansion", "0", "130", 0),
        ("reactivation", "0", "130", 0), ("contraction", "-5", "125", 1), ("churn", "-20", "105", 2),
        ("end", "105", "105", 11), ("total", "106", "106", None), ("difference", "1", "1", None),
    ]  # fmt: skip
    moved = pd.DataFrame(rows, columns=["movement", "amount", "level", "customers"]).astype({"customers": "Int64"})
    return moved.assign(amount=moved["amount"].map(Decimal), level=moved["level"].map(Decimal))


def test_the_bridge_shows_each_movement_with_its_amount_customers_and_unit() -> None:
    figure: Figure = charts.draw(charts.mrr_bridge, bridge(), currency="EUR")
    (ax,) = figure.axes
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels == [
        "start (10)", "new (3)", "expansion (0)", "reactivation (0)", "contraction (1)", "churn (2)", "end (11)",
    ]  # fmt: skip
    assert [text.get_text() for text in ax.texts] == [
        "100",
        "+30",
        "+0",
        "+0",
        "\N{MINUS SIGN}5",
        "\N{MINUS SIGN}20",
        "105",
    ]
    spans = [tuple(sorted((bar.get_x(), bar.get_x() + bar.get_width()))) for bar in ax.patches]
    assert spans == [(100, 130), (130, 130), (130, 130), (125, 130), (105, 125)]
    assert "EUR" in ax.get_xlabel()


def findings(**known: Any) -> Findings:
    """Return findings that hold only what a sentence needs."""
    bare = object.__new__(Findings)
    for name, value in {
        "by_subscription": False,
        "horizon_days": 60,
        "inactive_days": 91,
        "control_group": False,
        "without_consent": 0,
        "asked": {},
        **known,
    }.items():
        object.__setattr__(bare, name, value)
    return bare


def judged(word: str, *, used: str) -> dict[str, Any]:
    comparison = [
        {"model": "frequency rule", "auc": 0.74, "auc_low": 0.71, "auc_high": 0.77},
        {"model": MODEL, "auc": 0.63, "auc_low": 0.55, "auc_high": 0.68},
        {"model": "base rate", "auc": 0.5, "auc_low": 0.5, "auc_high": 0.5},
    ]
    found = {"word": word, "sentence": "So it went.", "auc": {"value": 0.63, "low": 0.55, "high": 0.68}}
    return {"scored_by": used, "comparison": comparison, "verdict": found, "test_as_of": "2024-02-01"}


def test_the_verdict_says_first_how_well_the_model_did_that_is_used() -> None:
    text = words.verdict(findings(evaluation=judged("not better", used="frequency rule"))).replace("\xa0", " ")
    assert text == (
        "The probabilities here come from: frequency rule. Tested on a later period: AUC 0.74, 95 % 0.71 to 0.77; "
        "0.5 is chance. Gradient boosting on all features is not used (AUC 0.63, 95 % 0.55 to 0.68): not better. "
        "So it went."
    )
    text = words.verdict(findings(evaluation=judged("better", used=MODEL)))
    assert text.endswith("The verdict on it: better. So it went.")
    assert text.count("AUC") == 1


def test_a_model_that_is_used_though_not_surely_better_says_why() -> None:
    text = words.verdict(findings(evaluation=judged("not better", used=MODEL)))
    assert text.endswith("did better on the test period than every baseline, if not surely so.")


def test_a_model_that_ranks_no_better_than_chance_gives_rates() -> None:
    text = words.verdict(findings(evaluation=judged("no usable signal", used="base rate")))
    assert "did not rank customers better than chance: take them as rates. Gradient boosting" in text


def test_where_there_is_no_model_the_reason_is_given_and_no_list_is_made() -> None:
    known = findings(evaluation=judged("no model", used="base rate"))
    assert words.verdict(known).startswith("No model: So it went. Every customer has the same chance, the base rate")
    assert words.why_nobody(known) == "No list is ranked by risk: the score does not show who leaves."


def test_a_feature_that_looks_like_the_answer_is_the_first_thing_said_of_the_risk() -> None:
    sound = judged("better", used=MODEL)
    assert summary.trust(findings(evaluation=sound)).startswith("The risk of single customers is by a model")
    doubted = sound | {"warnings": [{"kind": "suspects", "sentence": "One feature alone."}]}
    assert summary.trust(findings(evaluation=doubted)).startswith("Do not trust the risk of single customers yet")


@pytest.mark.parametrize(
    ("auc_low", "title"), [(0.5, "Contact customers with a sign to act on"), (0.6, "Contact customers likely to leave")]
)
def test_nobody_is_called_likely_to_leave_where_the_risk_ranks_nobody(auc_low: float, title: str) -> None:
    evaluation = judged("not enough data", used="base rate")
    evaluation["comparison"] = [{"model": "base rate", "auc": 0.6, "auc_low": auc_low}]
    lists = {"keep": pd.DataFrame({"customer_id": ["ann"], "expected_gain": [5.0]})}
    known = findings(evaluation=evaluation, lists=lists, outlook=expecting(), min_cell=0)
    assert [item.title for item in summary._lists(known)] == [title]


@pytest.mark.parametrize(
    ("table", "by_subscription", "order"), [("orders", False, True), ("orders", True, False), ("events", False, False)]
)
def test_cohorts_say_who_ordered_only_where_orders_are_counted(table: str, by_subscription: bool, order: bool) -> None:
    known = findings(facts=SimpleNamespace(loaded={table: 9}), by_subscription=by_subscription)
    assert known.cohorts_order == order


def expecting(**amounts: float) -> dict[str, Metric]:
    """Return the outlook of two customers at risk, one revenue known for each amount given."""
    now = pd.DataFrame({"at_risk": True, "churn_probability": [0.5, 0.1],
                        "yearly_revenue": [amounts.get("one", np.nan), amounts.get("other", np.nan)]})  # fmt: skip
    return expected_losses(now, priced=True)


def test_unknown_amounts_are_no_zero_and_no_advice() -> None:
    evaluation = judged("better", used=MODEL)
    known = findings(evaluation=evaluation, outlook=expecting(), recurring=False, by_subscription=True, n_at_risk=2)
    assert not known.amounts_known
    assert "cannot be computed: the source has no amounts" in words.at_stake(known)
    assert words.why_nobody(known).startswith("Whom contacting pays for cannot be computed")
    assert texts.amount(known.outlook["revenue_at_risk"].value, "EUR") == "–"


def test_amounts_of_the_export_alone_are_said_to_serve_a_report_of_that_day() -> None:
    evaluation = judged("better", used=MODEL)
    known = findings(
        evaluation=evaluation, outlook=expecting(), recurring=True, subscribers=True, by_subscription=True, n_at_risk=2
    )
    only_then = "the source has amounts of the day of the export only (subscriptions.mrr)"
    assert all(only_then in sentence for sentence in (words.at_stake(known), words.why_nobody(known)))


def test_the_reasons_of_customers_lost_say_in_how_many_periods() -> None:
    reasons = pd.DataFrame({"n": [6, 2], "share": [0.75, 0.25]}, index=["price", "support"])
    for periods, over in ((8, " in the last 8 periods"), (1, "")):
        signs = pd.DataFrame({"differs": [False], "churn": 0.1, "others_churn": 0.1})
        details = SimpleNamespace(reasons=reasons, signs=signs)
        known = findings(details=details, periods=pd.DataFrame({"lost": [1] * periods}))
        assert summary.why(known)[0].startswith(f"Reasons recorded most often, of 8 customers lost{over}: price (6")


def test_where_reasons_of_few_are_hidden_it_is_not_said_that_none_is_recorded() -> None:
    details = SimpleNamespace(
        reasons=pd.DataFrame(), signs=pd.DataFrame({"differs": [False], "churn": 0.1, "others_churn": 0.1})
    )
    said = [summary.why(findings(details=details, min_cell=least))[0].partition(",")[0] for least in (0, 10)]
    assert said == ["No reason is recorded", "No reason is recorded often enough to be named"]


def test_customers_without_a_known_amount_are_left_out_of_what_is_at_stake_and_counted() -> None:
    known = findings(outlook=expecting(one=100.0), recurring=False, by_subscription=True, n_at_risk=2,
                     as_of=END, facts=contacted().facts)  # fmt: skip
    assert "At stake is 50 of the 100 " in words.at_stake(known)
    assert "(1 active customers without a known amount left out)" in words.at_stake(known)


@pytest.mark.parametrize(
    ("horizon_days", "contacts", "reason"),
    [(90, 0, "No list is made for so short a horizon."),
     (91, 0, "Contact nobody because of this report: under the assumed costs no contact"),
     (91, 5, "Contact nobody at risk because of this report: each one whom a contact would pay for is left off")],
)  # fmt: skip
def test_why_there_is_no_list_is_the_horizon_the_cost_or_who_was_left_off(
    horizon_days: int, contacts: int, reason: str
) -> None:
    value = SimpleNamespace(segments=pd.DataFrame({"segmentation": ["all"], "contacts": [contacts]}))
    found = {"evaluation": judged("better", used=MODEL), "outlook": expecting(one=1.0), "value": value}
    known = findings(horizon_days=horizon_days, **found)
    assert words.why_nobody(known).startswith(reason)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(sign: str) -> None:
    assert files.harmless(f"{sign}1") == f"'{sign}1"
    assert files.harmless("a-b") == "a-b"


def contacted(*arms: str) -> Crm:
    orders = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["ann", "bob"], "amount": 1,
                           "ordered_at": ["2024-01-01", "2024-06-01"]})  # fmt: skip
    rows = [("ann", "2024-02-01", "spring", arm) for arm in arms]
    treatments = pd.DataFrame(rows, columns=["customer_id", "treated_at", "campaign", "arm"])
    return wb.load_tables({"orders": orders, **({"treatments": treatments} if arms else {})})


def test_a_measured_share_counts_before_the_stated_one_and_both_are_visible() -> None:
    stated = Money(0.3, 0.2, 10, 0.3, 5, 0.1)
    basis = MoneyBasis(replace(stated, save_share=0.33), stated, save_share=Estimate(0.33, 0.2, 0.46, 900), why="")
    sentence = words.money_rests_on(findings(money_basis=basis, money=basis.money, facts=contacted("treated").facts))
    assert "campaigns with a control arm kept 33\xa0% (20 to 46\xa0%)" in sentence
    assert sentence.endswith("These count before what the parameters state: an offer keeps 20\xa0%.")


def test_that_no_control_group_was_held_out_is_stated_only_where_none_was() -> None:
    keep = pd.DataFrame({"expected_gain": [7.0]})
    facts = contacted("treated").facts
    sentences = [
        words.contact(findings(keep=keep, facts=facts, control_group=held, min_cell=0)) for held in (False, True)
    ]
    assert sentences[0].endswith("not a gain: no campaign with a control group is recorded yet.")
    assert sentences[1].endswith("not a gain: what contacting them brings shows only beside customers left alone.")


def test_a_customer_of_a_source_without_orders_stays_away_and_is_not_said_to_buy_nothing() -> None:
    shop, visits = (
        findings(facts=replace(contacted().facts)),
        findings(facts=replace(contacted().facts, loaded={"events": 9})),
    )
    assert (words.has_left(shop), words.has_left(visits)) == ("bought nothing", "stayed away")
    assert words.will_leave(visits) == "stay away"


@pytest.mark.parametrize(("subscribers", "said"), [(False, True), (True, False)])
def test_a_curve_that_stays_at_100_percent_until_silence_counts_as_a_loss_says_so(
    subscribers: bool, said: bool
) -> None:
    survival = pd.DataFrame({"at_risk": [9.0, 5.0]})
    known = findings(by_orders=True, subscribers=subscribers, inactive_days=91, n_known=9,
                     details=SimpleNamespace(survival=survival))  # fmt: skip
    assert ("once it has lasted 91 days" in words.survival_counts(known)) is said


@pytest.mark.parametrize(
    ("unknown", "said"), [(117, "; 117 customers left out, because their amount is not known"), (0, "")]
)
def test_a_rate_of_recurring_revenue_says_on_its_card_how_many_it_leaves_out(unknown: int, said: str) -> None:
    rows = bridge()
    rows.attrs["unknown"] = unknown
    assert cards._left_out(findings(bridge=rows), "net_revenue_retention") == said
    assert cards._left_out(findings(bridge=rows), "churn_rate") == ""


def headline(lost: int, before: int) -> Findings:
    """Return findings of two periods of a hundred customers each."""
    rates = [share("churn rate", n, 100, "lost / at risk") for n in (before, lost)]
    found = trend(rates)
    assert found is not None
    return findings(trends={"churn_rate": found}, metrics={"churn_rate": rates[1]}, facts=contacted().facts)


def test_what_changed_names_only_what_the_interval_of_the_change_holds_apart_from_0() -> None:
    (clear,) = summary.changed(headline(lost=40, before=10))
    assert clear.replace("\xa0", " ") == "Churn went up from 10 % to 40 % (change, 95 %: +18 to +41 points)."
    (unclear,) = summary.changed(headline(lost=12, before=10))
    assert unclear.startswith("No figure changed clearly")


def test_a_figure_and_the_one_before_it_are_rounded_alike() -> None:
    rates = [share("churn rate", lost, of, "lost / at risk") for lost, of in ((10, 100), (3094, 10_000))]
    facts = contacted().facts
    known = findings(trends={"churn_rate": trend(rates)}, metrics={"churn_rate": rates[1]}, facts=facts)
    assert summary.changed(known)[0].replace("\xa0", " ").startswith("Churn went up from 10.0 % to 30.9 % (")


def test_the_amounts_on_a_card_have_as_many_digits_as_the_one_expected() -> None:
    at_risk = Metric("revenue at risk", 742_310, 500_000, 1_000_000, 0, 7_213_432, "", 9, unit="currency")
    known = findings(
        outlook={"revenue_at_risk": at_risk, "expected_churn": share("expected churn", 1, 9, "")}, trends={},
        details=SimpleNamespace(revenue_lost=(467_001.0,)), facts=contacted().facts, recurring=True, as_of=END,
        horizon_days=91,
    )  # fmt: skip
    card = next(cards._at_risk(known))
    assert (card.value, card.yearly) == ("740,000", "the last period's leavers: 470,000")
    assert card.counted.startswith("of 7,200,000 ")


@pytest.mark.parametrize(("when", "said"), [(["", "9-17 UTC"], True), ([""], False)])
def test_the_page_says_by_whose_clock_contact_hours_are(when: list[str], said: bool) -> None:
    assert bool(words.hours(findings(lists={"keep": pd.DataFrame({"when": when})}))) is said


def test_a_figure_is_rounded_to_what_its_interval_bears() -> None:
    written = [texts.figure(share("churn", lost, of, "lost / all")) for lost, of in ((31, 100), (3094, 10_000))]
    assert [text.replace("\xa0", " ") for text in written] == ["31 %", "30.9 %"]


def test_the_dates_of_a_period_name_both_years_where_they_differ() -> None:
    assert texts.span(datetime(2023, 12, 5), datetime(2024, 3, 5)) == "5 December 2023 to 5 March 2024"


def test_ids_reach_a_crm_as_they_are_and_no_cell_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    ids = ["+49 30 12", "-7", "007", "=1+1", "\u202eabc"]
    rows = pd.DataFrame({"list": "keep", "customer_id": ids, "why": "=x", "as_of": pd.Timestamp(END)})
    known = findings(keep=rows, win_back=rows.iloc[:0], check_in=rows.iloc[:0], lists={"keep": rows})
    files.write_actions(known, tmp_path / "actions.csv")
    written = pd.read_csv(tmp_path / "actions.csv", dtype="str")
    assert written["customer_id"].tolist() == ["+49 30 12", "-7", "007", "'=1+1", "\u202eabc"]
    assert {*written["why"]} == {"'=x"}


def test_what_is_expected_has_the_forecasts_interval_and_keeps_its_own_where_that_has_none() -> None:
    rows = pd.DataFrame(
        [("customers", "all", 0.02, 0.11, 1.0, 9.0)], columns=["what", "kind", "share_low", "share_high", "low", "high"]
    )
    coming = Forecast(datetime(2024, 1, 1), 91, rows, pd.DataFrame())
    found = as_forecast(expecting(one=100.0), coming)
    assert (found["expected_churn"].low, found["expected_churn"].high) == (0.02, 0.11)
    assert found["expected_churn"].definition.endswith("differed from one another")
    assert found["revenue_at_risk"].definition.endswith("differed from one another"), "as uncertain as the customers"
    rows[["share_low", "share_high", "low", "high"]] = np.nan
    assert as_forecast(expecting(one=100.0), coming) == expecting(one=100.0)


@pytest.mark.parametrize(("gains", "said"), [([5.0, -9.0], True), ([5.0, -4.0], False), ([None, None], False)])
def test_a_list_that_is_expected_to_lose_money_says_why_it_is_there(gains: list[float | None], said: bool) -> None:
    rows = pd.DataFrame({"customer_id": ["ann", "bob"], "line": "complaint", "expected_gain": gains})
    found = SimpleNamespace(lists={"answer": rows.astype({"expected_gain": "float64"})}, min_cell=0)
    assert bool(words.losses(found)) is said  # type: ignore[arg-type]


def test_charts_write_percent_as_texts_do() -> None:
    drivers = pd.DataFrame({"family": ["use", "money"], "share": [0.7, 0.3]})
    periods = pd.DataFrame({"start": [START], "end": [END], "churn": [0.2], "low": [0.1], "high": [0.3]})
    for painter, rows in ((charts.driver_bars, drivers), (charts.churn_by_period, periods)):
        figure = charts.draw(painter, rows)
        figure.draw_without_rendering()
        written = [text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text"))]
        percents = [text for text in written if "%" in text]
        assert percents and all("\N{NO-BREAK SPACE}%" in text for text in percents)
