# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · Report: who is leaving, what it costs, and whom to contact next
#
# - **Reads** what notebooks 01 to 04 wrote.
# - **Writes** the report: `index.html`, `segments.xlsx`, `actions.csv` and `summary.json`; and `customer_base`,
#   `segments`, `forecast` and `health_points` to the run's folder.
# - **Parameters that matter**: the assumptions about money (`margin_rate`, `save_share`, `offer_cost`, `contact_cost`),
#   `budget` and `most_calls`, and your own `playbook`, `own_segments` and `health_points`.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
own_segments: str = ""  # YAML file with segments of your own; empty: none
health_points: str = ""  # YAML file with your health score's points; empty: a starter
playbook: str = ""  # YAML file with your playbook; empty: the one shipped
cooling_off_days: int = 14  # days after a contact in which a customer is not contacted again
holdout_share: float = 0.1  # share of customers held out, to measure what contacts bring
budget: float = 0.0  # most that all contacts and offers may cost; 0: no limit
most_calls: int = 0  # most contacts in total; 0: no limit
calls_a_day: int = 0  # most contacts per owner and day; 0: no limit
owner_allowance: float = 0.0  # most that the offers of one owner may cost; 0: no limit
alerts: str = ""  # YAML file of alerts and where to send them; empty: none
themes: str = ""  # YAML file with the words of each theme of comments; empty: a starter
report_style: str = ""  # YAML file: name, logo, colours, language; empty: plain
churn_target: float = 0.0  # acceptable yearly churn, a share; 0: none
churn_benchmark: float = 0.0  # yearly churn in the industry, a share; 0: none
min_cell: int = 10  # figures of groups with fewer customers are hidden; 0 where customers are companies
vip_share: float = 0.8  # share of revenue brought by the customers called VIP
margin_rate: float = 0.3  # margin per unit of revenue, assumed
save_share: float = 0.1  # share of leavers an offer keeps, where no campaign measured it
offer_cost: float = 10.0  # cost of an offer that is taken, assumed
taken_by_stayers: float = 0.3  # share of stayers who take the offer too, assumed
contact_cost: float = 5.0  # cost of one contact, assumed
discount_rate: float = 0.1  # yearly discount of future margin
win_back_share: float = 0.05  # share of lapsed customers not returning that an offer brings back, assumed

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown, display

import workbench as wb
from workbench import report
from workbench.report import charts

p = wb.from_cell("05_report", globals())
here = wb.open_run(p)
assumed = (p.save_share, p.offer_cost, p.taken_by_stayers, p.contact_cost, p.discount_rate, p.win_back_share)
money = wb.Money(p.margin_rate, *assumed)
own = wb.read_segments(p.own_segments) if p.own_segments else ()
points = wb.read_health(p.health_points) if p.health_points else None
goals = report.Goals.of(p.churn_target, p.churn_benchmark)
lines = wb.read_playbook(p.playbook) if p.playbook else wb.read_playbook()
limits = wb.Limits(p.cooling_off_days, p.holdout_share, p.budget, p.most_calls, p.calls_a_day, p.owner_allowance)
themes = wb.read_themes(p.themes) if p.themes else None
findings = report.gather(
    here,
    money=money,
    vip_share=p.vip_share,
    own=own,
    points=points,
    playbook=lines,
    limits=limits,
    goals=goals,
    themes=themes,
    alerts=wb.read_alerts(p.alerts) if p.alerts else None,
)

# %% [markdown]
# ## In two minutes

# %% tags=["hide-input"]
Markdown("\n\n".join(report.in_two_minutes(findings)))

# %% [markdown]
# ## How many leave
#
# Every figure stands with its 95 % interval and what was counted.

# %% tags=["hide-input"]
wb.show([*findings.metrics.values(), *findings.other_definitions.values()], most=100)

# %% tags=["hide-input"]
missing = pd.Series(findings.missing, name="cannot be computed from this source, because", dtype="str")
wb.show(missing.rename_axis("figure"), empty="This source has what each of these figures needs.", most=40)

# %% tags=["hide-input"]
at_start = findings.periods["at_start"]
of = f"{at_start.min():,} to {at_start.max():,} customers at risk"
charts.draw(charts.churn_by_period, findings.periods, width=7, title=f"Churn per period, with its 95 % interval ({of})")

# %% [markdown]
# ## How recurring revenue moved
#
# From the start of the last period to its end, and what came of it: new customers and old ones who pay more, less those
# who pay less or left.

# %% tags=["hide-input"]
bridge = pd.DataFrame() if findings.bridge is None else findings.bridge
wb.show(bridge, empty="This source has no recurring revenue.")

# %% tags=["hide-input"]
if len(bridge):
    how = {"currency": findings.currency, "width": 7, "title": "How monthly recurring revenue moved in the last period"}
    display(charts.draw(charts.mrr_bridge, bridge, **how))

# %% [markdown]
# ## What to expect, and how such forecasts did
#
# Sums of the probabilities, by kind; the interval holds how far apart the periods before lay. Below, each labelled period
# as it would have been forecast from those before it, and what came (shares of the customers at risk, or of the revenue).

# %% tags=["hide-input"]
here.write_json("forecast", findings.forecast.as_json())
coming = findings.forecast.rows
coming = coming.assign(**{name: coming[name].round() for name in ("expected", "low", "high", "of")})
wb.show(coming, shares=("share_low", "share_high"))

# %% tags=["hide-input"]
print(f"{findings.forecast.covered} of {findings.forecast.tested} intervals held what came.")
earlier = findings.forecast.backtest.set_index(["what", "kind"])
wb.show(
    earlier, shares=("expected", "low", "high", "observed"), most=100, fold="Each period as it would have been forecast"
)

# %% [markdown]
# ## Do new customers come back?

# %% tags=["hide-input"]
if len(findings.cohorts):
    what = "Customers of each month who came back in later months, percent"
    display(charts.draw(charts.cohort_heatmap, findings.cohorts, width=8, height=4.4, title=what))
else:
    print("The history is too short for cohorts.")

# %% [markdown]
# ## Which segments leave, and what it costs

# %% tags=["hide-input"]
shown = ["segmentation", "segment", "customers", "at_risk", "expected_churn", "revenue_at_risk", "churn", "differs"]
if findings.segment_doubts:
    display(wb.show(pd.DataFrame({"rules of your own to look at": findings.segment_doubts}), most=50))
named = findings.segments.assign(
    segmentation=findings.segments["segmentation"].replace(findings.segmentations),
    revenue_at_risk=findings.segments["revenue_at_risk"].round(),
)
for segmentation, rows in named.groupby("segmentation", sort=False):
    few = len(rows) <= 12
    display(
        Markdown(f"**{segmentation}**"), wb.show(rows[shown[1:]], most=100, fold="" if few else f"{len(rows)} segments")
    )

# %% [markdown]
# ### Who moved between segments?
#
# From the last labelled snapshot to the day of the report. `wb.segment_moves(then, now, "value_segment")` counts from where
# to where, `wb.entered_and_left` names the customers; both read the stage table `segments`.

# %% tags=["hide-input"]
sorted_into = [name for name in findings.segmentations if name in findings.segmented]
here.write("segments", findings.segmented[["customer_id", "as_of", *sorted_into]])
history = findings.segment_history
history = history.assign(segmentation=history["segmentation"].map(findings.segmentations))
wb.show(
    history.groupby("segmentation", sort=False).head(5), most=60, empty="There is no earlier snapshot to compare with."
)

# %% [markdown]
# ## What a customer is worth, and what one costs
#
# *CLV* is the discounted margin still to come within three years. `clv_new` is that of a new customer, beside what winning
# one cost (`cac`) and after how many months it is earned back. `gain_per_cost` shows where contacting pays most.

# %% tags=["hide-input"]
print(findings.value.missing or f"Amounts in {findings.currency or 'the currency of the source'}.")
wb.show(list(findings.value.figures.values()), empty="No value can be computed.")

# %% tags=["hide-input"]
worth = findings.value.segments
if len(worth):
    worth = worth.assign(segmentation=worth["segmentation"].replace(findings.segmentations))
wb.show(worth, empty="So there is none by segment.", most=100, fold=f"By segment: {len(worth)} segments")

# %% [markdown]
# ## How healthy are customers, by points anybody can add up?
#
# Points per behaviour, from a file (`health_points`; a starter where none is named). Not learnt from the data, so its
# accuracy stands here: the chance that a customer who left scored lower than one who stayed (0.5 is chance).

# %% tags=["hide-input"]
if findings.health.score.behaviours:
    here.write_json("health_points", findings.health.score.as_file())
    display(Markdown(findings.health.sentence))
    display(wb.show(findings.accuracies))
    display(wb.show(findings.health.now["health"].describe().round().to_frame().T.rename_axis("score")))
    display(wb.show(findings.health.warnings.drop(columns="as_of"), most=10, empty="No customer has a warning."))
else:
    print("This source records none of the behaviours that the score gives points for.")

# %% [markdown]
# ## Does contacting help?
#
# Of each campaign with a control arm: the share lost of those assigned to be contacted, reached or not, less that of those
# left alone. Below 0 fewer are lost. `detectable` is the smallest fall that a campaign of this size would show.

# %% tags=["hide-input"]
display(Markdown(report.money_rests_on(findings)))
shown = [
    "campaign",
    "kind",
    "segment",
    "treated",
    "reached",
    "control",
    "churn_treated",
    "churn_control",
    "difference",
    "low",
    "high",
]
shown += ["detectable", "save_share", "saved", "cost_per_saved"]
shares = ("churn_treated", "churn_control", "difference", "low", "high", "detectable")
wb.show(findings.campaigns.reindex(columns=shown), shares=shares, empty="No campaign is recorded in this source.")

# %% [markdown]
# What contacting the first so many customers brings, ranked by the expected gain, by risk alone, by value alone and at
# random; and which figure, halved or doubled, would change who is worth a contact.

# %% tags=["hide-input"]
wb.show(findings.value.curves.round(0).iloc[::5], empty="No customer is worth a contact.", most=40)

# %% tags=["hide-input"]
wb.show(findings.value.sensitivity, empty="So nothing would change that.")

# %% [markdown]
# ## What do they say, and how easy is it to get help?
#
# Of the last period: comments by theme (the words are yours: parameter `themes`), time and steps to an answer by channel,
# and customers who depend on one of your own people. Orders cancelled after bad service stand beside all others; that is
# no proof of a cause.

# %% tags=["hide-input"]
asked = ("solved_at_once", "opened", "replied")
for table in findings.feedback_tables.values():
    display(wb.show(table, most=12, shares=asked, empty="None is recorded in the last period."))
wb.show(list(findings.feedback.values()), empty="This source records none of this.")

# %% [markdown]
# ## Whom to contact, for what, how and when
#
# One list per cause, one task per customer and cause, as the playbook says (`playbook`; the one that comes with the
# package where none is named). *renew*, *keep* and *win back* hold only contacts expected to bring more than they cost,
# ranked by money: chance of leaving × share kept × margin of the coming year, less what offer and contact cost. Where
# campaigns measured the share kept, it stands in place of the assumed one; else it is a scenario, not a gain. Of whom
# no amount is known stands after these, without money, the likeliest to be lost first, if likelier than the average.

# %% tags=["hide-input"]
lists = pd.DataFrame(
    [
        [name, len(rows), wb.LISTS[name], rows["due"].min(), rows["expected_gain"].sum(min_count=1)]
        for name, rows in findings.lists.items()
    ],
    columns=["list", "customers", "who", "first due", "expected gain"],
).round(0)
wb.show(lists, empty="Nobody is listed.")

# %% tags=["hide-input"]
listed = ["customer_id", "owner", "channel", "when", "due", "why", "action", "say", "offer", "expected_gain"]
for name, rows in findings.lists.items():
    display(wb.show(rows[listed], most=5, fold=f"{name}: {wb.LISTS[name]} ({len(rows):,})"))

# %% [markdown]
# ## Who is on no list, and why
#
# Consent, a contact lately, the group held out, limits: counted per list, nobody silently dropped.

# %% tags=["hide-input"]
wb.show(findings.left_out, most=60, empty="Every customer who fits a list is on it.")

# %% [markdown]
# A share of customers (`holdout_share`) is left alone, drawn from their ids, so the same at every run: only they show
# what contacting brings. Load them into `treatments` with arm *control*, and those contacted as *treated*.

# %% tags=["hide-input"]
print(wb.holdout_power(findings.keep, findings.held_out, "keep"))

# %% tags=["hide-input"]
gaps = pd.Series({line: "; ".join(gone) for line, gone in findings.playbook_gaps.items()}, dtype="str", name="lacking")
wb.show(gaps.rename_axis("line of the playbook"), most=60, empty="This source serves every line of the playbook.")

# %% [markdown]
# ## One customer, whole
#
# All that is on record of one customer: here the first on the list. `workbench customer RUN ID` writes it as a page.

# %% tags=["hide-input"]
first = [*findings.keep["customer_id"].head(1), *findings.win_back["customer_id"].head(1)][:1]
wb.customer(here, first[0]) if first else Markdown("Nobody is listed.")

# %% [markdown]
# ## What changed since the run before

# %% tags=["hide-input"]
changes = findings.changes
figures = pd.DataFrame() if changes is None else changes.figures.drop(columns=["key", "paired"])
wb.show(figures, empty="This is the first run of this name.", most=60)

# %% tags=["hide-input"]
risk = pd.Series(dtype="float") if changes is None else pd.Series(changes.risk, name="customers")
wb.show(risk.rename_axis("customers at high risk"), empty="So there is nothing to compare with.")

# %% [markdown]
# ## What is to be reported unasked
#
# The rules are yours (`alerts`). At its end the run sends what was not reported before; `workbench alerts RUN --dry-run`
# shows it without sending.

# %% tags=["hide-input"]
here.write_json("alerts", findings.alerts.as_json())
for alert, absent in findings.alerts.unusable.items():
    print(f"{alert}: this source has no {', '.join(absent)}.")
wb.show(findings.alerts.counts(), empty="Nothing is to be reported.")

# %% [markdown]
# ## Try other figures
#
# What if a contact cost less, or more of the leavers took the offer? How long the list gets, what it costs, what it is
# expected to bring: a scenario, in currency. Without the playbook, the group held out and owners' time.

# %% tags=["hide-input"]
wb.offer_controls(findings, budget=p.budget)

# %% [markdown]
# A segment of your own: write its rule, and see whom it holds for.

# %% tags=["hide-input"]
wb.segment_editor(findings)

# %% [markdown]
# And the health score under which a customer gets a warning.

# %% tags=["hide-input"]
wb.health_controls(findings)

# %% [markdown]
# ## Publish

# %% tags=["hide-input"]
style = report.read_style(p.report_style) if p.report_style else report.PLAIN
wb.write_report(findings, here.reports, style, min_cell=p.min_cell)
here.write("customer_base", findings.base)
print("Written:", ", ".join(sorted(path.name for path in here.reports.iterdir() if path.is_file())))
