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
# A shop's customers do not cancel. They stop buying: *passive churn*. Two questions look alike and are kept apart:
#
# - **History**: who left *when*? A customer is lost on the day silence reaches `inactive_days`. For rates and reports.
# - **Outcome**: of those active on a day, who bought *nothing* in the `horizon_days` after it? For models.
#
# Taking "silence reaches N days inside the window" as what a model should predict would make a clock of recency: who has
# been silent for 80 of 91 days needs only 11 more. Such a model looks brilliant and knows nothing.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
as_of: str = "2011-12-09"  # the day the report looks from; nothing later is used
horizon_days: int = 91  # days ahead in which a customer stays or leaves
inactive_days: int = 91  # days without an order after which a customer has lapsed
max_snapshots: int = 8  # labelled snapshots at the most, the newest kept

# %%
import pandas as pd

import workbench as wb
from workbench import figures

p = wb.from_cell("02_label", globals())
here = wb.open_run(p.run_name)
pd.set_option("display.max_colwidth", None)
loaded = wb.read_crm(here.derived / "crm")
wb.check_current(loaded.facts, p.as_of)
crm = loaded.known_at(p.as_of)

# %% [markdown]
# ## Snapshots
#
# We stand at several days of the past, look only at what was known then, and see what came next. Their outcome windows
# do not overlap, and all of them had ended by `as_of`.

# %%
snapshots = wb.past_snapshots(
    crm.facts, p.as_of, horizon_days=p.horizon_days, history_days=p.inactive_days, most=p.max_snapshots
)
[f"{t:%Y-%m-%d}" for t in snapshots]

# %% [markdown]
# ## States: who is at risk?
#
# *Paying*: ordered in the last `inactive_days`. Only they can be lost. *Lapsed*: silent for longer; they can come back, and
# are never merely dropped.

# %%
states = here.write("states", wb.states(crm, [*snapshots, p.as_of], inactive_days=p.inactive_days))
states.groupby(["as_of", "state"]).size().unstack(fill_value=0)

# %% [markdown]
# ## Outcomes, with and without the at-risk rule
#
# Counting everyone who ever bought, churn looks far higher: most of those "lost" had gone long before the day we look
# from. The at-risk rule asks only about customers who were still there.

# %%
labels = here.write(
    "labels", wb.label_churn(crm, snapshots, horizon_days=p.horizon_days, inactive_days=p.inactive_days)
)
everyone = wb.label_churn(crm, snapshots, horizon_days=p.horizon_days, inactive_days=None).to_pandas()


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
# ## Evidence
#
# Each label carries what it rests on: the rule, the last order before the snapshot and the first one after. Who doubts a
# label can look the invoices up.

# %%
evidence = ["customer_id", "as_of", "churned", "kind", "rule", "last_at", "last_record_id", "next_at", "next_record_id"]
labels.groupby("churned").head(3)[evidence]

# %% [markdown]
# ## Lapsed customers who came back

# %%
returns = here.write(
    "returns", wb.label_returns(crm, snapshots, horizon_days=p.horizon_days, inactive_days=p.inactive_days)
)
came_back = returns.groupby("as_of")["returned"].agg(lapsed="size", came_back="sum")
came_back.assign(share=(came_back["came_back"] / came_back["lapsed"]).round(3))

# %% [markdown]
# ## History: churn per period
#
# The same customers, now dated: silence reached `inactive_days` inside the period. The figure differs from the outcome
# above, for here a customer who fell silent before the period began and came back near its end still counts as lost and
# then *reactivated*.

# %%
lives = wb.lives(crm, inactive_days=p.inactive_days)
periods = wb.churn_by_period(lives, [*snapshots, crm.facts.known_until])
periods

# %%
figures.draw(figures.churn_by_period, periods)

# %%
events = wb.churn_events(crm, inactive_days=p.inactive_days).to_pandas()
print(f"{len(events):,} departures dated; {events['reactivated_at'].notna().sum():,} of them came back later.")
events.sort_values("occurred_at").head(5)
