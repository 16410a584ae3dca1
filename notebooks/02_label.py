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
# # 2 · Label: who left, and how do we know?
#
# A shop's customers do not cancel; they fall silent: *passive churn*. A subscriber cancels (*active*), cannot pay
# (*financial*), or lets the term run out (*passive*). Two questions look alike and are kept apart:
#
# - **History**: who left *when*? On the day silence reached `inactive_days`, or the last paid subscription was cancelled
#   or ended. For rates and reports.
# - **Outcome**: of those active on a day, who left, or bought *nothing*, in the `horizon_days` after it? For models.
#
# Taking "silence reaches N days inside the window" as what a model should predict would make a clock of recency: who has
# been silent for 80 of 91 days needs only 11 more. Such a model looks brilliant and knows nothing.
#
# - **Reads** the tables that notebook 01 wrote, as they were known on `as_of`.
# - **Writes** `states`, `labels`, `returns` and those of the snapshots between, `rules`.
# - **Parameters that matter**: `inactive_days` and `horizon_days`; with subscriptions also `grace_days`, `dated` and
#   `left_by`; with payments also `overdue_days`, `failed_charges` and `recovery_days`.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
engine: str = "duckdb"  # engine that computes: duckdb on this machine, or spark
as_of: str = "2011-12-09"  # the day the report looks from; nothing later is used
horizon_days: int = 91  # days ahead in which a customer stays or leaves
inactive_days: int = 91  # days of silence after which a customer has lapsed
grace_days: int = 30  # days after the end of service in which a customer who returns is not lost
overdue_days: int = 30  # days past due that make a customer delinquent
failed_charges: int = 3  # failed charges in a row that make a customer delinquent
recovery_days: int = 30  # days a delinquent customer has to pay; then lost if inactive
dated: str = "notice"  # what dates a cancellation
left_by: str = "subscriptions, closed_at, cancellations"  # records of departures to trust, the best one first
reasons: str = ""  # file that maps the reasons given; empty: the one shipped
corrections: str = ""  # CSV of corrected labels; empty: none
max_snapshots: int = 8  # most labelled snapshots to use; the newest are kept

# %%
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench.errors import UserError
from workbench.report import charts
from workbench.segments import as_grouped, static_segment

p = wb.from_cell("02_label", globals())
here = wb.open_run(p)
loaded = wb.read_crm(here.derived / "crm", p.engine)
wb.check_current(loaded.facts, p.as_of)
crm = loaded.known_at(p.as_of)

# %% [markdown]
# ## Snapshots
#
# We stand at several days of the past, look only at what was known then, and see what came next. Their outcome windows
# do not overlap, and all of them had ended by `as_of`; with subscriptions, so had the days of grace in which a customer
# may come back.

# %%
rules = p.rules | {name: here.root / p.rules[name] for name in ("reasons", "corrections") if name in p.rules}
settle_days = wb.Rules.of(crm, rules).settle_days(crm)
snapshots = wb.past_snapshots(
    crm.facts,
    p.as_of,
    horizon_days=p.horizon_days,
    history_days=p.inactive_days,
    settle_days=settle_days,
    fewest=1,
    most=p.max_snapshots,
)
if len(snapshots) == 1:
    print("One snapshot only: enough for rates, too few for a model, which needs one to learn from and a later one.")
print("Snapshots:", ", ".join(f"{t:%Y-%m-%d}" for t in snapshots))

# %% [markdown]
# ## States: who is at risk?
#
# *Paying*: ordered in the last `inactive_days`, or has a live paid subscription; *dormant* if it is not used, *delinquent*
# if money is long overdue. Only these can be lost. *Lapsed*: no order for longer; they can come back, and are never
# merely dropped. *In notice*, *paused*, *gone*, on *trial*, on a *free* plan and *prospects* are counted, and not at risk.

# %%
states = here.write("states", wb.states(crm, [*snapshots, p.as_of], **rules))
wb.show(states.groupby(["as_of", "state"]).size().unstack(fill_value=0))

# %% [markdown]
# ## More snapshots to learn from
#
# In a company of few customers a model learns better from monthly snapshots. Their outcome windows overlap, so they serve
# to learn from only: every figure and every test here rests on the labelled ones above.

# %%
between = wb.more_snapshots(states[states["at_risk"] & states["as_of"].isin(snapshots)])
print(f"{len(between)} snapshots between the labelled ones.")

# %% [markdown]
# ## Outcomes, with and without the at-risk rule
#
# Of customers who order, counting everyone who ever bought makes churn look far higher: most of those "lost" had gone long
# before the day we look from. The at-risk rule asks only about customers who were still there.

# %%
outcomes = wb.label_churn(crm, sorted([*snapshots, *between]), horizon_days=p.horizon_days, **rules).to_pandas()
labels = here.write("labels", outcomes[outcomes["as_of"].isin(snapshots)])
here.write("more_labels", outcomes[outcomes["as_of"].isin(between)])
outcomes = wb.label_returns(crm, sorted([*snapshots, *between]), horizon_days=p.horizon_days, **rules).to_pandas()
returns = here.write("returns", outcomes[outcomes["as_of"].isin(snapshots)])
here.write("more_returns", outcomes[outcomes["as_of"].isin(between)])
here.write_json("rules", rules | {"horizon_days": p.horizon_days})
by_orders = bool(states["judged_by"].eq("orders").any())


def count(silent: pd.DataFrame) -> pd.DataFrame:
    counted = silent.groupby("as_of")["silent"].agg(customers="size", silent="sum")
    return counted.assign(share=counted["silent"] / counted["customers"])


at_risk = labels[["as_of"]].assign(silent=labels["churned"])
counts = {"at risk only": count(at_risk)}
if by_orders:
    lapsed = returns[["as_of"]].assign(silent=~returns["returned"])
    counts = {"everyone who ever bought": count(pd.concat([at_risk, lapsed])), **counts}
counts = pd.concat(counts, axis=1)
wb.show(counts)

# %%
for t, row in counts.iterrows() if by_orders else ():
    ever, risk = row["everyone who ever bought"], row["at risk only"]
    print(
        f"{t:%Y-%m-%d}: of {ever['customers']:,.0f} customers who ever bought, {ever['silent']:,.0f} "
        f"({ever['share']:.2%}) bought nothing in the next {p.horizon_days} days; "
        f"of the {risk['customers']:,.0f} active in the {p.inactive_days} days before, {risk['silent']:,.0f} ({risk['share']:.1%})."
    )

# %% [markdown]
# ## Kinds of churn
#
# Of the labels: *active*, left on purpose; *financial*, left because of money; *passive*, drifted away.

# %%
kinds = labels[labels["churned"]].groupby(["as_of", "kind"]).size().unstack(fill_value=0)
wb.show(kinds, empty="No customer at risk was lost at these snapshots.")

# %% [markdown]
# ## Evidence
#
# Each label carries what it rests on: the rule, dates and record ids, so that it can be looked up. To correct one, add a
# line to the file of `corrections`: customer_id, date, kind (or *stayed*), note.

# %%
evidence = ["customer_id", "as_of", "kind", "billing_outcome", "rule", "reason", "evidence"]
wb.show(labels.assign(kind=labels["kind"].fillna("stayed")).groupby("kind").head(3).sort_values("kind")[evidence])

# %% [markdown]
# ## Lapsed customers who came back

# %%
came_back = returns.groupby("as_of")["returned"].agg(lapsed="size", came_back="sum")
came_back = came_back.assign(share=came_back["came_back"] / came_back["lapsed"])
wb.show(came_back, empty="No customer here is judged by orders and has lapsed.")

# %% [markdown]
# ## How long a silence means that a customer is gone?
#
# The come-back curve: how many silences end in a return, and when. With it the days of silence after which so few return
# within one more horizon that `inactive_days` may stand there; or the sentence that this history is too short to say.
# For subscribers it is use, within their contracts, that falls silent: then they are *dormant*.

# %%
lives = wb.lives(crm, **rules)
use = {"activity": "events", "lives": lives} if {"subscriptions", "events"} <= {*crm} else {}
if {"orders", "events"} & {*crm}:
    silences = wb.silences(crm, **use)
    curve = wb.comeback_curve(silences)
    what = f"How many silences end in a return, and when ({curve['at_risk'].max():,} silences)"
    display(charts.draw(charts.comeback_curve, curve, inactive_days=p.inactive_days, width=7, title=what))
    for words in wb.inactivity_threshold(silences, horizon_days=p.horizon_days)["words"]:
        print(words)
else:
    print("This source has neither orders nor events, so there is no silence to measure.")

# %%
# The company's own segments, else countries; those of fewer than 30 customers are joined as others.
known = crm["customers"].to_pandas() if "customers" in crm else pd.DataFrame()
column = next((name for name in ("segment", "country") if name in known and known[name].notna().any()), None)
segments = None
if column:
    segments = known[["customer_id", column]].dropna().set_axis(["customer_id", "segment"], axis=1)
    segments["segment"] = static_segment(segments["segment"])
if segments is not None and {"orders", "events"} & {*crm}:
    by_segment = wb.inactivity_threshold(wb.silences(crm, segments=segments, **use), horizon_days=p.horizon_days)
    display(wb.show(by_segment[["segment", "inactive_days", "words"]]))
else:
    print("This source has no segments to compare.")

# %% [markdown]
# ## History: churn per period
#
# The same customers, now dated: silence reached `inactive_days`, or the last subscription closed, inside the period. For
# customers who order the figure differs from the outcome above, for one who fell silent before the period began and came
# back near its end still counts as lost and then *reactivated*.

# %%
periods = wb.churn_by_period(lives, [*snapshots, snapshots[-1] + pd.Timedelta(days=p.horizon_days)])
wb.show(periods, shares=("low", "high"))

# %%
of = f"{periods['at_start'].min():,} to {periods['at_start'].max():,} customers at risk"
charts.draw(charts.churn_by_period, periods, width=7, title=f"Churn per period, with its 95 % interval ({of})")

# %% [markdown]
# ## The mix of kinds over time

# %%
events = wb.churn_events(crm, **rules).to_pandas()
print(f"{len(events):,} departures dated; {events['reactivated_at'].notna().sum():,} of them came back later.")
unsettled = int(wb.unsettled_departures(crm, **rules).count().to_pyarrow().as_py())
print(f"Not counted yet: {unsettled:,} at the end of the data, which a return in the days of grace would still undo.")
if len(events):
    what = f"Customers lost per month, by kind of churn ({len(events):,} departures)"
    display(charts.draw(charts.kinds_by_month, wb.kinds_by_month(events), width=7, title=what))

# %% [markdown]
# ## How long do they stay, and how do they go?
#
# The share still customers by days since they came (Kaplan-Meier), and by which kind of churn the others went (their
# shares add up). Who came before the data begin is counted from that day on: of those who came as early, and left before,
# nothing is known. The three largest segments are drawn by name.

# %%
largest = None
if segments is not None:
    three = segments["segment"].value_counts().index[:3]
    largest = segments.assign(segment=as_grouped(segments["segment"], three))
followed = wb.follow_lives(crm, lives, settle_days=settle_days)
curves = wb.survival_curves(followed, largest)
if len(curves) and followed["kind"].notna().any():
    n = f"{followed['customer_id'].nunique():,} customers"
    display(charts.draw(charts.survival_curves, curves, width=7, title=f"How long customers stay ({n})"))
    gone = wb.cumulative_incidence(followed)
    display(charts.draw(charts.incidence, gone, width=7, title=f"How customers go, by kind of churn ({n})"))
else:
    print("Nobody was seen from the start, or nobody has left: there is no curve to draw.")

# %%
if len(curves):
    display(wb.show(wb.survival_summary(followed, largest)))

# %% [markdown]
# ## Churn by segment
#
# In the last period above. Any metric goes by segment: `wb.by_segment(metric, data, segments)`, with the segments of any
# column, or of any rule of one's own.

# %%
if segments is None:
    print("This source has no segments to compare.")
else:
    moved = wb.movements(lives, snapshots[-1], snapshots[-1] + pd.Timedelta(days=p.horizon_days))
    shown = wb.by_segment(wb.churn_rate, moved, segments)[["segment", "value", "low", "high", "count", "of"]]
    display(wb.show(shown.rename(columns={"value": "churn"}), shares=("low", "high")))

# %% [markdown]
# Did the rate change since the period before, or did segments grow and shrink? And what would the rate of this period be
# in a year (never so many times as much)?


# %%
def show(figure, **how):
    try:
        display(wb.show(figure(), **how))
    except UserError as why:
        print(why)


def changed_rate():
    earlier = wb.movements(lives, snapshots[-2], snapshots[-1])
    before, after = (wb.by_segment(wb.churn_rate, rows, segments) for rows in (earlier, moved))
    changes = ("share_before", "share_after", "rate_before", "rate_after", "mix", "change")
    display(wb.show(wb.mix_and_rate(before, after), shares=changes))
    return [*wb.change_of_rate(before, after).values(), wb.rescale(wb.churn_rate(moved), 365 / p.horizon_days)]


if segments is None or len(snapshots) < 2:
    print("This needs segments and two periods.")
else:
    show(changed_rate)

# %% [markdown]
# ## How the number of customers moved, what new ones bring, and how often they come by
#
# Cohorts are months of the first activity, or of the first amount. A company that knows its activation event counts who
# reaches it with `wb.activation_rate(crm, event=…)` and `wb.activation_by_cohort`; here it is the most frequent one.

# %%
last_period = (snapshots[-1], snapshots[-1] + pd.Timedelta(days=p.horizon_days))
show(lambda: wb.customer_bridge(lives, *last_period))
show(lambda: wb.stickiness(crm).tail(6), shares=("stickiness", "low", "high"))
show(lambda: wb.cohort_activity(crm).tail(6), shares=[f"day {d}" for d in (1, 7, 14, 28, 60, 90)])

# %%
by_month = {"index": "cohort", "columns": "months_since", "values": "revenue_per_customer"}
show(lambda: wb.revenue_cohorts(crm).pivot(**by_month).iloc[-8:, :8].rename(columns="month {}".format))
if "events" in crm and "event" in crm["events"].columns:
    event = crm["events"].event.topk(1).to_pandas().iloc[0, 0]
    show(lambda: [wb.activation_rate(crm, event=event)])
    show(lambda: wb.activation_by_cohort(crm, event=event).tail(6), shares=("low", "high"))

# %% [markdown]
# ## How long customers wait
#
# Hours until a ticket is solved, and until somebody reacts to a detractor.

# %%
show(lambda: list(wb.resolution(crm, *last_period).values()))
show(lambda: list(wb.time_to_react(crm, *last_period).values()))

# %% [markdown]
# ## Could they have been kept?
#
# "20 % of churn is involuntary, 80 % could be avoided", say the articles. Here is what this company's records say. What
# is avoidable comes from the reasons customers gave, sorted by the mapping named in `reasons`; who gave none is *unknown*,
# and stays in the count.

# %%
split = wb.avoidable_split(events)
wb.show(split.rename_axis("departures"), shares=("low", "high", "claimed"), empty="No departure is recorded.")

# %%
wb.show(wb.departures_by_reason(events), empty="So there are no reasons either.")

# %% [markdown]
# ## Who says so?
#
# Departures are recorded by the subscriptions' own dates, by closed accounts and by recorded cancellations, believed in
# the order of `left_by`. Here is where they disagree.

# %%
disagreements = wb.disagreements(crm, within_days=p.grace_days)
wb.show(disagreements, empty="No two sources record departures here.")

# %% [markdown]
# ## Renewals due
#
# Contracts of customers at risk whose term ends in the next 60 days: whom to call before the end.

# %%
if "subscriptions" in crm and "renews_at" in crm["subscriptions"].columns:
    due = wb.renewals_due(crm, p.as_of, within_days=60, **rules).order_by("renews_at", "customer_id").to_pandas()
    print(f"{len(due):,} contracts, {due['customer_id'].nunique():,} customers:")
    display(wb.show(due, most=10, empty="None ends in these days."))
else:
    print("This source does not have the days on which terms end.")

# %% [markdown]
# ## Try other thresholds
#
# Move a slider: who is at risk, who left and how, and who has another outcome than under this run's thresholds, with the
# lines of YAML that make a scheduled run use them. `wb.what_if(here, inactive_days=[45, 60, 91])` gives several values as a
# table; `wb.compare_labels(labels, others)` counts any two sets of labels side by side, and names whose label differs.

# %%
wb.label_controls(here)
