# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
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

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
engine: str = "duckdb"  # what computes: duckdb on this machine, or spark
as_of: str = "2011-12-09"  # the day the report looks from; nothing later is used
horizon_days: int = 91  # days ahead in which a customer stays or leaves
inactive_days: int = 91  # days of silence after which a customer has lapsed
grace_days: int = 30  # who leaves and returns within them never left
overdue_days: int = 30  # days past due that make a customer delinquent
failed_charges: int = 3  # failed charges in a row that do so too
recovery_days: int = 30  # days to pay after that, else lost if inactive
dated: str = "notice"  # what dates a cancellation
left_by: str = "subscriptions, closed_at, cancellations"  # who is believed on departures, the best one first
reasons: str = ""  # file that maps reasons given; empty: the one that comes with it
corrections: str = ""  # CSV of labels known better; empty: none
max_snapshots: int = 8  # labelled snapshots at the most, the newest kept

# %%
import pandas as pd

import workbench as wb
from workbench import figures

p = wb.from_cell("02_label", globals())
here = wb.open_run(p.run_name)
pd.set_option("display.max_colwidth", None)
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
    most=p.max_snapshots,
)
[f"{t:%Y-%m-%d}" for t in snapshots]

# %% [markdown]
# ## States: who is at risk?
#
# *Paying*: ordered in the last `inactive_days`, or has a live paid subscription; *dormant* if it is not used, *delinquent*
# if an invoice is long overdue. Only these can be lost. *Lapsed*: no order for longer; they can come back, and are never
# merely dropped. *In notice*, *paused* and *gone* subscribers are counted, and not at risk.

# %%
states = here.write("states", wb.states(crm, [*snapshots, p.as_of], **rules))
states.groupby(["as_of", "state"]).size().unstack(fill_value=0)

# %% [markdown]
# ## Outcomes, with and without the at-risk rule
#
# Of customers who order, counting everyone who ever bought makes churn look far higher: most of those "lost" had gone long
# before the day we look from. The at-risk rule asks only about customers who were still there.

# %%
labels = here.write("labels", wb.label_churn(crm, snapshots, horizon_days=p.horizon_days, **rules))
everyone = wb.label_churn(crm, snapshots, horizon_days=p.horizon_days, **(rules | {"inactive_days": None})).to_pandas()


def count(rows: pd.DataFrame) -> pd.DataFrame:
    counted = rows.groupby("as_of")["churned"].agg(customers="size", silent="sum")
    return counted.assign(share=(counted["silent"] / counted["customers"]).round(4))


counts = pd.concat({"everyone who ever bought": count(everyone), "at risk only": count(labels)}, axis=1)
counts

# %%
for t, row in counts.iterrows():
    ever, risk = row["everyone who ever bought"], row["at risk only"]
    print(
        f"{t:%Y-%m-%d}: of {ever['customers']:,.0f} customers who ever bought, {ever['silent']:,.0f} "
        f"({ever['share']:.2%}) bought nothing in the next {p.horizon_days} days; "
        f"of the {risk['customers']:,.0f} active in the {p.inactive_days} days before, {risk['silent']:,.0f} ({risk['share']:.1%})."
    )

# %% [markdown]
# ## Kinds of churn

# %%
kinds = labels[labels["churned"]].groupby(["as_of", "kind"]).size().unstack(fill_value=0)
kinds

# %% [markdown]
# ## Evidence
#
# Each label carries what it rests on: the rule, the last order or the subscription before the snapshot, and the first
# order or the departure after it. Who doubts a label can look the record up.

# %%
evidence = ["customer_id", "as_of", "churned", "kind", "rule", "last_at", "last_record_id", "next_at", "next_record_id"]
labels.groupby("churned").head(3)[evidence]

# %% [markdown]
# ## Lapsed customers who came back

# %%
returns = here.write("returns", wb.label_returns(crm, snapshots, horizon_days=p.horizon_days, **rules))
came_back = returns.groupby("as_of")["returned"].agg(lapsed="size", came_back="sum")
came_back.assign(share=(came_back["came_back"] / came_back["lapsed"]).round(3))

# %% [markdown]
# ## History: churn per period
#
# The same customers, now dated: silence reached `inactive_days`, or the last subscription closed, inside the period. For
# customers who order the figure differs from the outcome above, for one who fell silent before the period began and came
# back near its end still counts as lost and then *reactivated*.

# %%
lives = wb.lives(crm, **rules)
periods = wb.churn_by_period(lives, [*snapshots, snapshots[-1] + pd.Timedelta(days=p.horizon_days)])
periods

# %%
figures.draw(figures.churn_by_period, periods)

# %%
events = wb.churn_events(crm, **rules).to_pandas()
here.write_json("rules", rules | {"horizon_days": p.horizon_days})
print(f"{len(events):,} departures dated; {events['reactivated_at'].notna().sum():,} of them came back later.")
events.sort_values("occurred_at").head(5)
