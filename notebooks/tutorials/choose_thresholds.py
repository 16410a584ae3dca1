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
# # Choose thresholds you can defend
#
# *How long must a customer be silent to count as lost?* Any number can be doubted. This notebook chooses `inactive_days`
# from the customers' own behaviour, shows what the choice changes, and how far it agrees with other evidence.
#
# - **Reads** the tables of a published run (`run_name`), or a shop invented here.
# - **Writes** nothing.
# - **Parameters that matter**: `candidates`, the thresholds to compare, and `horizon_days`.

# %% tags=["parameters"]
run_name: str = ""  # a published run; empty: a shop invented here
candidates: list = [30, 45, 60, 91]  # days of silence to compare
horizon_days: int = 60  # days ahead in which a customer stays or leaves

# %%
import numpy as np
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench.report import charts

# %% [markdown]
# ## Customers with their own rhythm
#
# The shop invented here has 300 customers who order every 25 days on average, some far less often. A fifth left for good,
# on a day that is known here and nowhere else: so every threshold can be compared with the truth.


# %%
def invented():
    rng = np.random.default_rng(3)
    begin, end = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-07-01")
    days = (end - begin).days
    rows, gone = [], {}
    for n in range(300):
        gap = rng.gamma(4, 25 / 4)
        leaves = rng.uniform(120, days) if rng.random() < 0.2 else np.inf
        at = rng.uniform(0, gap)
        while at < min(days, leaves):
            rows.append(
                (f"o{len(rows)}", f"c{n:03}", begin + pd.Timedelta(days=at).floor("s"), round(rng.uniform(5, 80), 2))
            )
            at += rng.exponential(gap)
        gone[f"c{n:03}"] = begin + pd.Timedelta(days=leaves) if np.isfinite(leaves) else pd.NaT
    orders = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_at", "amount"])
    return wb.load_tables({"orders": orders}), pd.Series(gone, name="left_at")


truth = None
if run_name:
    crm = wb.read_crm(wb.open_run(run_name).derived / "crm")
else:
    crm, truth = invented()
print(
    f"{crm.facts.loaded['orders']:,} orders, from {crm.facts.begins_at:%Y-%m-%d} to {crm.facts.last_record_at:%Y-%m-%d}."
)

# %% [markdown]
# ## The evidence: how many silences end in a return?
#
# Silences still open are counted as open, not as departures.

# %%
silences = wb.silences(crm)
curve = wb.comeback_curve(silences)
what = f"How many silences end in a return, and when ({curve['at_risk'].max():,} silences)"
display(charts.draw(charts.comeback_curve, curve, inactive_days=max(candidates), width=7, title=what))
for words in wb.inactivity_threshold(silences, horizon_days=horizon_days)["words"]:
    print(words)

# %% [markdown]
# ## The consequence: what would each threshold make of the same customers?
#
# `changed` counts customers whose outcome differs from that of the present setting.

# %%
outcomes = wb.what_if(crm, inactive_days=candidates)
wb.show(outcomes, shares=("low", "high"))

# %% [markdown]
# ## The sensitivity: does the answer turn on the choice?
#
# A rate that moves by more than its own interval between two thresholds rests on the choice: then say so in the report,
# beside the rate. `horizon_days` asks another question, so its rates are not comparable with each other.

# %%
spread = outcomes["rate"].max() - outcomes["rate"].min()
width = (outcomes["high"] - outcomes["low"]).mean()
print(f"Between the thresholds the rate moves by {spread:.1%}; one interval is {width:.1%} wide.")
print("The choice matters more than chance." if spread > width else "The choice matters less than chance.")
wb.show(wb.what_if(crm, horizon_days=[30, horizon_days, 91]), shares=("low", "high"))

# %% [markdown]
# ## The agreement: does a customer called lost really not come back?
#
# For each threshold: of those silent for so long on a day, how many had returned by the end of the data? Where another
# source knows (recorded cancellations, closed accounts, here the truth), how many had left?

# %%
day = (
    pd.Timestamp("2025-01-01") if truth is not None else crm.facts.known_until - pd.Timedelta(days=2 * max(candidates))
)
orders = crm["orders"].select("customer_id", "ordered_at").to_pandas()
before = orders[orders["ordered_at"] < day].groupby("customer_id")["ordered_at"].max()
later = set(orders.loc[orders["ordered_at"] >= day, "customer_id"])
rows = []
for days in candidates:
    silent = before[before < day - pd.Timedelta(days=days)].index
    returned = sum(customer in later for customer in silent)
    left = None if truth is None else sum(truth[customer] < day for customer in silent)
    rows.append({"inactive_days": days, "called_lost": len(silent), "came_back": returned, "had_left": left})
agreement = pd.DataFrame(rows)
agreement["came_back_share"] = agreement["came_back"] / agreement["called_lost"]
if truth is not None:
    agreement["had_left_share"] = agreement["had_left"] / agreement["called_lost"]
wb.show(agreement)

# %% [markdown]
# ## What to write down
#
# The threshold, the share of those called lost who came back all the same, and how far the rate moves between thresholds.
# Put the number where every run finds it:
#
# ```yaml
# inactive_days: 60
# ```
