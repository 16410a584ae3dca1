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
# # Questions and answers
#
# What else an analyst is asked, and the verb that answers it: one cell each, to be copied into a notebook of your own. A
# source without the table for an answer says so, in a sentence.
#
# - **Reads** the tables of a published run (`run_name`), or of a company simulated here.
# - **Writes** nothing.
# - **Parameters that matter**: `run_name`, and `days`, the length of the period asked about.

# %% tags=["parameters"]
run_name: str = ""  # a published run; empty: a company simulated here
days: int = 91  # length of the period asked about, which ends with the data

# %%
import tempfile
from datetime import time
from pathlib import Path

import pandas as pd
from IPython.display import display

import workbench as wb
from workbench.errors import UserError

if run_name:
    crm = wb.read_crm(wb.open_run(run_name).derived / "crm")
else:
    company = Path(tempfile.mkdtemp()) / "company"
    wb.simulate(company, customers=150, months=14)
    crm = wb.load_tables(company / "source.yaml")
end = pd.Timestamp(crm.facts.known_until).normalize()
period = (end - pd.Timedelta(days=days), end)
lives = wb.lives(crm)


def answer(question, **how):
    try:
        display(wb.show(question(), **how))
    except UserError as why:
        print(why)


# %% [markdown]
# ## Revenue
#
# **How much recurring revenue stays, without and with what customers added?** Counted on subscriptions that end as the
# rules believe, so that revenue and churn agree on who left.

# %%
believed = wb.closed_by_rules(crm)
answer(lambda: [wb.gross_revenue_retention(believed, *period), wb.net_revenue_retention(believed, *period)])

# %% [markdown]
# **Who pays how much today, and whose payments moved?**

# %%
answer(lambda: wb.mrr(believed, end).to_pandas().sort_values("mrr", ascending=False).head(5))
answer(lambda: wb.mrr_movements(believed, *period).to_pandas().groupby("movement").head(1))

# %% [markdown]
# **Of the contracts up for renewal, how many were lost?**

# %%
answer(lambda: [wb.renewal_churn(believed, *period)])

# %% [markdown]
# **What is a customer worth, and when is the cost of winning one earned back?** By segment, and for each buyer: how often
# they will order again (BG/NBD) and for how much (gamma-gamma).

# %%
rates = {"margin_rate": 0.3, "discount_rate": 0.1}
answer(lambda: wb.lifetime_value(crm, lives, **rates))
answer(lambda: wb.buyer_value(crm, **rates)[0].head(5))

# %%
buyers = wb.purchase_history(crm)
answer(lambda: buyers.head(5))
answer(lambda: pd.DataFrame([wb.fit_purchases(buyers)]))
answer(lambda: pd.DataFrame([wb.fit_spending(buyers)]))

# %% [markdown]
# ## Staying and coming back
#
# **How many of those silent for so long return within one more period?**

# %%
answer(
    lambda: wb.chance_of_return(wb.silences(crm), horizon_days=days).iloc[::15].head(8),
    shares=("chance", "low", "high"),
)

# %% [markdown]
# **Of each month's new customers, how many ordered again, and how many are still customers?**

# %%
months = [f"month {n}" for n in range(8)]
answer(lambda: wb.cohorts(crm, end).iloc[:6, :8].rename(columns="month {}".format), shares=months)
answer(lambda: wb.life_cohorts(lives, end).iloc[:6, :8].rename(columns="month {}".format), shares=months)

# %% [markdown]
# **Do some customers stay longer than the others, or is that chance?** Here those whose id ends in an even digit.

# %%
followed = wb.follow_lives(crm, lives)
even = followed["customer_id"].str[-1].isin(list("02468"))
print(f"p = {wb.logrank(followed, even):.2f}: a small value is unlikely to be chance.")

# %% [markdown]
# ## Service, and what customers say
#
# **How fast do we answer in office hours? On which channel is it easiest? Who among us is a customer's only contact?**

# %%
office = wb.BusinessHours(time(9), time(18), "Mon Tue Wed Thu Fri")
answer(lambda: list(wb.first_response(crm, *period, office=office).values()))
answer(lambda: [wb.transfers(crm, *period)])
answer(lambda: wb.ease_by_channel(crm, *period), shares=("solved_at_once",))
answer(lambda: wb.contact_by_agent(crm, *period).head(5), shares=("dependent_share",))

# %% [markdown]
# **What do they write about? Were orders cancelled after bad service? Did customers reach their goals?**

# %%
answer(lambda: wb.comment_themes(crm, *period))
answer(lambda: list(wb.cancelled_after_service(crm, *period).values()))
answer(lambda: [wb.goals_reached(crm, *period)])

# %% [markdown]
# ## Growth from customers
#
# **Who tries new products, who brings others, who may give a testimonial?**

# %%
answer(lambda: [wb.new_products_tried(crm, *period)])
answer(lambda: [wb.referrals(crm, *period)])
answer(lambda: wb.referrers(crm, end).head(5))
answer(lambda: wb.advocates(crm, end).head(5))

# %% [markdown]
# ## Is a rule any good, and has anything shifted?
#
# `auc` is the chance that who left had been silent for longer than who stayed (0.5 is chance); `calibration_bins` sets
# probabilities beside what came; `psi` says how far a distribution moved between two days.

# %%
day = end - pd.Timedelta(days=days + 60)
labels = wb.label_churn(crm, day, horizon_days=days).to_pandas()
silent = (labels["as_of"] - labels["last_at"]).dt.days
print(f"AUC of silence alone: {wb.auc(labels['churned'].to_numpy(), silent.to_numpy(float)):.2f}")
rate = pd.Series(labels["churned"].mean(), index=labels.index)
answer(lambda: wb.calibration_bins(labels["churned"].to_numpy(float), rate.to_numpy(), bins=3))
before = wb.states(crm, day - pd.Timedelta(days=days)).to_pandas()["silent_days"]
now = wb.states(crm, day).to_pandas()["silent_days"]
answer(lambda: pd.DataFrame([wb.psi(before.astype(float), now.astype(float))]))

# %% [markdown]
# ## A table from anywhere
#
# `wb.quick(table, label="left")` finds drivers, scores and segments in one table with a column that says who left, and
# `wb.write_quick(found, folder)` writes them as a page. `wb.table(frame)` shows a large table to be sorted, searched and
# paged; `wb.write_refused(crm, "refused.csv")` writes the rows that could not be used; `wb.traceback()` shows where the
# last mistake was raised.
#
# ## What the notebooks' verbs are made of
#
# For a notebook of your own that departs from theirs; `help` explains each.
#
# - `wb.try_models` fits `wb.fit_baselines` and `wb.fit_model`, has `wb.judge` compare them, and `wb.choose` take one.
#   `wb.read_model` reads what it wrote, and `wb.reasons` puts what drives a score into words.
# - The report's lists come from `wb.customer_base` (one row per customer, with `wb.customer_value` and `wb.all_customers`
#   beside), `wb.money_basis` (what campaigns measured in place of what was assumed), and `wb.make_lists`.
#   `wb.money_curves` and `wb.sensitivity` say how far to go down a list.
# - `wb.check_segments` says which segments hold for nobody, or for everybody. `wb.draw` draws any chart of the report.
# - Each figure is a `wb.Metric`: value, interval, numbers, definition. The money in use is a `wb.MoneyBasis`.
