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
# # 3 · Features: what could have been seen coming?
#
# One row per customer and snapshot. Every feature is built from the *as-of view*: the tables as they stood on that day,
# later rows gone. Nothing here can know the future.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -

# %%
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench import features, figures

p = wb.from_cell("03_features", globals())
here = wb.open_run(p.run_name)
crm = wb.read_crm(here.derived / "crm")
states = here.read("states")

# %% [markdown]
# ## Build the panel
#
# The snapshots are those of notebook 02: the labelled ones, and the day of the report.

# %%
panel = here.write("features", wb.build_features(crm, states["as_of"].unique()))
print(f"{len(panel):,} rows: {panel['customer_id'].nunique():,} customers at {panel['as_of'].nunique()} snapshots")

# %% [markdown]
# ## What each feature means
#
# `worry` is the direction that worries; `family` the warning sign it belongs to.

# %%
declared = pd.DataFrame(features.dictionary()).set_index("feature")
declared

# %% [markdown]
# ## Coverage and range
#
# Empty means *nothing known*: who has ordered on one day only has no usual gap yet. Zero means *known to be none*.

# %%
numbers = panel[declared.index.intersection(panel.columns)]
numbers.describe().T.assign(known=numbers.notna().mean()).round(2)[["known", "min", "25%", "50%", "75%", "max"]]

# %% [markdown]
# ## Do leavers look different?
#
# Medians at the labelled snapshots, for customers at risk; below, the feature in which they differ most.

# %%
labelled = panel.merge(here.read("labels")[["customer_id", "as_of", "churned"]], on=["customer_id", "as_of"])
medians = labelled.groupby("churned")[list(numbers.columns)].median().T
medians.rename(columns={False: "stayed", True: "churned"}).round(2)

# %%
varied = [c for c in numbers.columns if labelled[c].max() > labelled[c].min()]
apart = labelled[varied].rank().corrwith(labelled["churned"].astype(float)).abs().dropna()
if len(apart):
    most = apart.idxmax()
    display(figures.draw(figures.feature_by_outcome, labelled, feature=most, label=declared.loc[most, "meaning"]))
else:
    print("Nothing to compare: all customers at risk had the same outcome.")

# %% [markdown]
# ## Drift
#
# Medians per snapshot. With a year of data, features that count *so far* grow from one snapshot to the next; a model must
# be tested on a later snapshot than it learned from to notice what that costs.

# %%
panel.groupby("as_of")[list(numbers.columns)].median().T.round(2)

# %% [markdown]
# ## Features that say the same
#
# Pairs with a rank correlation above 0.9.

# %%
together = numbers.rank().corr().rename_axis(index="one", columns="other").stack().rename("correlation").reset_index()
together[(together["one"] < together["other"]) & (together["correlation"].abs() > 0.9)].sort_values("correlation")
