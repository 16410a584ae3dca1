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
# # 1 · Load: what do we know of our customers?
#
# A company's raw files become tables with agreed names: the *contract*. A **source file** says how. Nothing is lost on
# the way: a raw line is either loaded or set aside with its reason, and both are counted here.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
source: str = "data/sources/online_retail.yaml"  # source file that maps raw files to tables
as_of: str = "2011-12-09"  # the day the report looks from; nothing later is used

# %%
import pandas as pd

import workbench as wb
from workbench import figures

p = wb.from_cell("01_load", globals())
here = wb.open_run(p.run_name)

# %% [markdown]
# ## Read the source
#
# The source file is the place to look when a figure seems odd: each column is one line of SQL over the raw columns.

# %%
crm = wb.load_tables(here.root / p.source)
wb.check_current(crm.facts, p.as_of)
pd.Series(
    {
        "source": crm.facts.name,
        "first record": crm.facts.begins_at,
        "last record": crm.facts.last_record_at,
        "currency": crm.facts.currency,
        **{f"rows of {name}": f"{rows:,}" for name, rows in crm.facts.loaded.items()},
    },
    name="",
).to_frame()

# %% [markdown]
# ## What was set aside
#
# Rows that cannot be used, by reason. They are kept in `refused.parquet` beside the tables.

# %%
pd.DataFrame(crm.facts.refused, columns=["table", "reason", "rows"])

# %%
crm.refused.limit(3).to_pandas()

# %% [markdown]
# ## A look at the tables

# %%
crm["customers"].limit(3).to_pandas() if "customers" in crm else "no table customers"

# %%
crm["orders"].limit(3).to_pandas()

# %% [markdown]
# A return carries a negative amount and, where it could be found, the order it takes back. Unmatched returns are mostly
# of goods bought before the data begin; they still lower the customer's revenue.

# %%
orders = crm["orders"]
returns = orders.filter(orders.amount < 0)
matched = returns.returns_order_id.count() if "returns_order_id" in orders.columns else 0
returns.aggregate(return_lines=returns.count(), matched_to_their_order=matched).to_pandas()

# %% [markdown]
# ## Orders over time
#
# A gap here would look like customers leaving. The last month is only as long as the data reach.

# %%
months = orders.filter(orders.amount >= 0).group_by(month=orders.ordered_at.truncate("M"))
monthly = months.aggregate(
    orders=orders.order_id.nunique(), buyers=orders.customer_id.nunique(), revenue=orders.amount.sum()
)
monthly = monthly.order_by("month").to_pandas().astype({"revenue": float})
figures.draw(figures.monthly_orders, monthly, width=7)

# %% [markdown]
# ## What each column means
#
# The *time class* says when a value was known. `overwritten` columns hold today's value of something that changes; they
# are shown, but never used to predict.

# %%
meaning = pd.DataFrame(wb.dictionary())
meaning[meaning["table"].isin(crm.tables)]

# %% [markdown]
# ## Hand over
#
# The tables go to the run's folder, where the next notebook finds them.

# %%
wb.write_crm(crm, here.derived / "crm")
