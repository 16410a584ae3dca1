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
# # 3 · Features: what could have been seen coming?
#
# One row per customer and snapshot. Every feature is built from the *as-of view*: the tables as they stood on that day,
# later rows gone. Nothing here can know the future.
#
# - **Reads** the tables of notebook 01, and `states` and `labels` of notebook 02.
# - **Writes** `features`, `categories`, what each feature means, and which look like the answer.
# - **Parameters that matter**: `own_features` and `leave_out`.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
engine: str = "duckdb"  # engine that computes: duckdb on this machine, or spark
own_features: str = ""  # Python file with features of your own; empty: none
leave_out: list = []  # features to leave out, by name; also those made from them

# %%
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench import features
from workbench.features import diagnostics
from workbench.report import charts

p = wb.from_cell("03_features", globals())
here = wb.open_run(p)
crm = wb.read_crm(here.derived / "crm", p.engine)
snapshots = sorted(here.read("states", columns=[])["as_of"].unique())
labels = here.read("labels", columns=["churned", "kind"])

# %% [markdown]
# ## A feature of your own
#
# Five lines, here or in a file named by `own_features`: name, warning sign, table, unit, meaning, the direction that
# worries, the words for a person, what is counted. It is checked, computed, documented and explained like all others:
#
# ```python
# meaning = "order lines above 100 in the last {days} days"
# counted = wb.Aggregate("count", where=lambda t: t.amount > 100)
# own = [wb.Feature("n_dear_lines", "money", "orders", "lines", meaning, "low", meaning + ": {value}", counted, windows=(30, 90))]
# ```
#
# A feature that should not be used is named in `leave_out`; features made from it are left out with it.

# %%
own = wb.read_own(p.own_features)

# %% [markdown]
# ## Build the panel
#
# The snapshots are those of notebook 02: the labelled ones, and the day of the report. The panel is written a few
# snapshots at a time, so that a large company fits into memory; texts such as the country or the plan stand beside it as
# categories. With them come the snapshots between, to learn from only.

# %%
between = here.read("more_labels", columns=[])["as_of"].unique()
moments = sorted([*snapshots, *between])
rows = here.write_batches("features", features.feature_batches(crm, moments, own=own, leave_out=p.leave_out))
categories = here.write("categories", features.build_categories(crm, moments, leave_out=p.leave_out))
customers = categories["customer_id"].nunique()
sample = here.read("features", as_of=snapshots, most_customers=features.SAMPLE_CUSTOMERS)
described = [row for row in features.dictionary(own, crm) if row["name"] in sample or row["name"] in categories]
here.write_json("features", described)
words = features.read_words(row for row in described if row["name"] in sample)
print(
    f"{rows:,} rows: {customers:,} customers at {len(moments)} snapshots, {len(between)} of them between to learn from."
)
print(
    f"{len(words)} features of {len({w.family for w in words.values()})} warning signs; "
    f"categories: {', '.join(categories.columns[2:]) or 'none in this source'}."
)
drawn = sample["customer_id"].nunique()
print(
    "All figures below rest on all customers."
    if drawn == customers
    else f"The figures below rest on {drawn:,} customers, {len(sample):,} rows, drawn by a hash of their ids."
)

# %% [markdown]
# What each feature means stands in `features.json` beside the panel, and in the notebooks' README. Features of your own:

# %%
yours = pd.DataFrame([row for row in described if row["name"] in words and row["name"] not in wb.FEATURES])
wb.show(
    yours.reindex(columns=["name", "unit", "meaning", "worry"]),
    empty="No feature of your own: name a file in own_features, or write some above.",
)

# %% [markdown]
# ## The warning signs
#
# Per sign: how many features, how much of them is known on average, and the feature that sets leavers most apart, among
# customers at risk at the labelled snapshots. `apart` is how well it alone separates who left: 0.5 is not at all, 1 always.
# Empty means *nothing known*: a customer who ordered on one day only has no usual gap yet. Zero means *known to be none*.

# %%
covered = diagnostics.coverage(sample, words)
labelled = sample.merge(labels, on=["customer_id", "as_of"])
varied = [c for c in diagnostics.numbers(sample) if labelled[c].notna().any()]
apart = diagnostics.by_kind(labelled, varied)
signs = diagnostics.signs(covered, apart)
wb.show(signs, most=40)

# %% [markdown]
# ## How much is known, by table
#
# `empty` counts the features of which nothing is known at any snapshot.

# %%
by_table = diagnostics.coverage_by_table(covered).rename(columns={"known_nowhere": "empty"})
wb.show(by_table)

# %% [markdown]
# A window that reaches back before its table begins cannot be known; it is left empty, never counted short. Below, the
# windows (days) left empty per snapshot; *all* stands for what counts everything known, empty while the table has not begun.

# %%
unknown = wb.unknown_windows(crm, snapshots, own=own, leave_out=p.leave_out)


def listed(days: pd.Series) -> str:
    return ", ".join(str(d) if d else "all" for d in sorted(days.unique()))


left_empty = unknown.assign(table=unknown["table"].astype(str))
left_empty = left_empty.groupby(["table", "as_of"])["window_days"].agg(listed).unstack() if len(unknown) else unknown
for name, gaps in unknown[unknown["column"].isin({c.name for c in features.columns(own)})].groupby("column"):
    print(
        f"{name}: your window of {gaps['window_days'].iloc[0]} days reaches back before {gaps['table'].iloc[0]} begin "
        f"({gaps['begins_at'].iloc[0]:%Y-%m-%d}), so it is empty at {len(gaps)} of {len(snapshots)} snapshots."
    )
wb.show(left_empty, empty="All windows lie within the data.")

# %%
if "existing_at_begin" in words:
    there = here.read("features", as_of=snapshots, columns=["existing_at_begin"]).groupby("as_of")["existing_at_begin"]
    begun = there.agg(["sum", "size"]).astype(int)
    display(wb.show(begun.set_axis(["customers there when the data begin", "all customers"], axis=1)))

# %% [markdown]
# ## Do leavers look different?
#
# Medians for stayers and by churn kind: the features that set leavers most apart, one for each warning sign; the others
# of a sign are folded away below. Then, drawn, the three signs in which leavers differ most.

# %%
families = pd.Series([words[name].family for name in apart.index], index=apart.index)
one_each = apart[~families.duplicated() & apart["apart"].notna()]
wb.show(one_each.rename_axis("feature").reset_index(), most=40)

# %%
for family, others in apart[families.duplicated()].groupby(families, sort=False):
    display(wb.show(others.rename_axis("feature"), most=100, fold=f"{family}: {len(others)} more"))

# %%
for feature in one_each.index[:3]:
    how = {
        "feature": feature,
        "label": words[feature].meaning,
        "width": 7,
        "title": f"{feature}, by how customers left",
    }
    display(charts.draw(charts.feature_by_kind, labelled, **how))

# %% [markdown]
# ## Do features look like the answer?
#
# A feature that alone predicts departures with an AUC of 0.80 or more, or departures 6 to 12 months later with 0.75 or
# more, was probably written after the customer left: look at the raw column, correct it, or name the feature in
# `leave_out`. Until then the report warns of it; from 0.95 on the run stops here.

# %%
suspects = features.leaks(sample, labels)
features.refuse_leaks(suspects, words)
suspects = suspects.assign(meaning=[words[name].meaning for name in suspects.index])
here.write_json("suspects", list(suspects.index))
wb.show(suspects, empty="No feature does.", most=50)

# %% [markdown]
# ## Drift
#
# The median at the first and the last snapshot, and the population stability index between them (`expected` is what
# chance alone would give): the ten that moved most. With a short history, features that count *so far* grow from one
# snapshot to the next; a model must be tested on a later snapshot than it learned from to notice what that costs.

# %%
drifted = features.drift(sample)
wb.show(drifted.rename_axis("feature"), most=10)

# %%
what = "Medians of the four features that moved most, each as a share of its largest"
charts.draw(charts.medians_over_time, diagnostics.medians(sample, drifted.index[:4]), width=8, title=what)

# %% [markdown]
# ## Features that repeat another
#
# Pairs with a rank correlation of 0.95 or more. A boosted tree does not mind; a reader of reasons should know.

# %%
pairs = diagnostics.alike(sample)
wb.show(pairs, most=10, empty="There is none.")
