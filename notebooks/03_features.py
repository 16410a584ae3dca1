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
engine: str = "duckdb"  # what computes: duckdb on this machine, or spark
own_features: str = ""  # Python file with features of your own; empty: none

# %%
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench import charts, features
from workbench.features import diagnostics
from workbench.runs import timed

p = wb.from_cell("03_features", globals())
here = wb.open_run(p)
crm = wb.read_crm(here.derived / "crm", p.engine)
states = here.read("states")
labels = here.read("labels")
pd.set_option("display.max_rows", 400, "display.max_colwidth", 90)

# %% [markdown]
# ## A feature of your own
#
# Five lines, here or in a file named by `own_features`: name, warning sign, table, unit, meaning, the direction that
# worries, the words for a person, what is counted. It is checked, computed, documented and explained like all others:
#
# ```python
# said = "order lines above 100 in the last {days} days"
# counted = wb.Aggregate("count", where=lambda t: t.amount > 100)
# own = [wb.Feature("n_dear_lines", "money", "orders", "lines", said, "low", said + ": {value}", counted, windows=(30, 90))]
# ```

# %%
own = wb.read_own(p.own_features)
snapshots = sorted(states["as_of"].unique())

# %% [markdown]
# ## Build the panel
#
# The snapshots are those of notebook 02: the labelled ones, and the day of the report.

# %%
panel, cost = timed(lambda: here.write("features", wb.build_features(crm, snapshots, own=own)))
here.write_json("features", [row for row in features.dictionary(own) if row["name"] in panel])
words = features.read_words(here.read_json("features"))
print(f"{len(panel):,} rows: {panel['customer_id'].nunique():,} customers at {panel['as_of'].nunique()} snapshots")
print(f"{len(words)} features of {len({w.family for w in words.values()})} warning signs")
print(f"It took {cost}.")

# %% [markdown]
# ## What each feature means
#
# `worry` is the direction that worries; `family` the warning sign it belongs to. No `table`: made from other features.

# %%
declared = pd.DataFrame(features.dictionary(own)).set_index("name").loc[list(words)]
declared.drop(columns="reason").astype({"window_days": "Int64"})

# %% [markdown]
# ## How much is known
#
# Empty means *nothing known*: who has ordered on one day only has no usual gap yet. Zero means *known to be none*.

# %%
covered = diagnostics.coverage(panel, words)
diagnostics.coverage_by_table(covered).round(2)

# %%
covered.round(2)

# %% [markdown]
# A window that reaches back before its table begins cannot be known; it is left empty, never counted short. 0 days stand
# for all that is known: empty while the table has not begun.

# %%
unknown = wb.unknown_windows(crm, snapshots, own=own)
empty = (
    unknown.groupby(["table", "begins_at", "as_of"])["window_days"].unique().map(lambda days: sorted(map(int, days)))
)
empty.rename("windows left empty, days").to_frame() if len(unknown) else "All windows lie within the data."

# %%
begun = panel.groupby("as_of")["existing_at_begin"].agg(["sum", "size"]).astype(int)
begun.set_axis(["customers there when the data begin", "all customers"], axis=1)

# %% [markdown]
# ## Do leavers look different?
#
# Medians at the labelled snapshots, for customers at risk, by churn kind. `apart` is how well the feature alone tells who
# left: 0.5 is not at all, 1 always. Below, the warning signs in which they differ most.

# %%
labelled = panel.merge(labels[["customer_id", "as_of", "churned", "kind"]], on=["customer_id", "as_of"])
varied = [c for c in diagnostics.numbers(panel) if labelled[c].notna().any()]
apart = diagnostics.by_kind(labelled, varied)
apart.head(25).round(2)

# %%
families = pd.Series([words[name].family for name in apart.index], index=apart.index)
for feature in apart.index[~families.duplicated() & apart["apart"].notna()][:3]:
    display(charts.draw(charts.feature_by_kind, labelled, feature=feature, label=words[feature].meaning))

# %% [markdown]
# ## Drift
#
# The median at the first and the last snapshot, and the population stability index between them (`expected` is what
# chance alone would give). With a short history, features that count *so far* grow from one snapshot to the next; a model
# must be tested on a later snapshot than it learned from to notice what that costs.

# %%
drifted = features.drift(panel)
drifted.head(25).round(3)

# %%
charts.draw(charts.medians_over_time, diagnostics.medians(panel, drifted.index[:4]), width=8)

# %% [markdown]
# ## Features that say the same
#
# Pairs with a rank correlation of 0.95 or more. A boosted tree does not mind; a reader of reasons should know.

# %%
together = diagnostics.alike(panel)
print(f"{len(together)} pairs; the closest 25:")
together.head(25).round(3)
