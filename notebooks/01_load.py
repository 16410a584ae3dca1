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
# # 1 · Load: what do we know of our customers?
#
# A company's raw files become tables with agreed names: the *contract*. A **source file** says how. Nothing is lost on
# the way: a raw line is either loaded or set aside with its reason, and both are counted here.
#
# - **Reads** the raw files that the source file names.
# - **Writes** the tables of the contract and the rows set aside to the run's folder, and `check.html` to its report.
# - **Parameters that matter**: `source`, and `as_of`, the day from which the report looks.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
source: str = "data/sources/online_retail.yaml"  # source file that maps raw files to tables
as_of: str = "2011-12-09"  # the day the report looks from; nothing later is used

# %%
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench.report import charts

p = wb.from_cell("01_load", globals())
here = wb.open_run(p)

# %% [markdown]
# ## Read the source
#
# The source file is the place to look when a figure seems odd: each column is one line of SQL over the raw columns.

# %%
crm = wb.load_tables(here.root / p.source)
wb.check_current(crm.facts, p.day(crm.facts))
facts = pd.Series(
    {
        "source": crm.facts.name,
        "first record": crm.facts.begins_at,
        "last record": crm.facts.last_record_at,
        "currency": crm.facts.currency,
        **{f"rows of {name}": f"{rows:,}" for name, rows in crm.facts.loaded.items()},
    },
    name="value",
)
wb.show(facts.rename_axis("of this source"), most=40)

# %% [markdown]
# ## Hand over
#
# The tables go to the run's folder, where the next notebook finds them. In a small run it begins at once, beside the checks
# below. A stop takes the tables back and ends all notebooks under way.

# %%
wb.write_crm(crm, here.derived / "crm")
crm = wb.read_crm(here.derived / "crm")  # in their order there, so that examples below are the same at every run

# %% [markdown]
# ## Is anything wrong with the data?
#
# Compare the first figures with what you know: if they are wrong, these are the wrong tables. Then come the findings,
# what would make figures wrong first. A *warning* is for reading; a *stop* means that a report would mislead: no notebook
# goes on from these tables. `check.html`, beside the report, has the findings with examples and cures; `workbench check`
# writes the same page without a run.

# %%
checked = wb.check_crm(crm, wb.read_source(here.root / p.source))
wb.write_page(checked, here.reports / "check.html")
display(wb.show(pd.DataFrame(list(checked.key_figures.figures), columns=["name", "value", "note"])))
checked.raise_stops(here.derived / "crm")
findings = pd.DataFrame(list(checked.findings), columns=["severity", "table", "column", "sentence"])
print(checked.summary)
wb.show(findings, empty="There is no finding to list.", most=100)

# %% [markdown]
# ## What was set aside
#
# Rows that cannot be used, by reason. They are kept in `refused.parquet` beside the tables.

# %%
refused = pd.DataFrame(crm.facts.refused, columns=["table", "reason", "rows"])
wb.show(refused, empty="Every row could be used.", most=100)

# %%
wb.show(crm.refused.limit(3).to_pandas(), empty="So there is no example of one.")

# %% [markdown]
# ## A look at the tables

# %%
for name in crm:
    rows = crm[name].limit(3).to_pandas()
    display(wb.show(rows, raw=True, fold=f"{name}: {crm.facts.loaded.get(name, 0):,} rows, {rows.shape[1]} columns"))

# %% [markdown]
# An order line with a negative amount is a return; where it could be found, it names the order it takes back. Unmatched
# returns are mostly of goods bought before the data begin; they still lower the customer's revenue.

# %%
if "orders" in crm:
    orders = crm["orders"]
    returns = orders.filter(orders.amount < 0)
    matched = returns.returns_order_id.count() if "returns_order_id" in orders.columns else 0
    display(wb.show(returns.aggregate(return_lines=returns.count(), matched_to_their_order=matched).to_pandas()))

# %% [markdown]
# ## Activity over time
#
# A gap here would look like customers leaving. The last month is only as long as the data reach.

# %%
for months in wb.monthly_activity(crm).values():
    what = " and ".join(name.replace("_", " ") for name in months.columns if name != "month")
    display(charts.draw(charts.activity_by_month, months, width=7, title=f"{what.capitalize()} per month"))

# %% [markdown]
# ## What each column means
#
# The *time class* says when a value was known. `overwritten` columns hold today's value of something that changes; they
# are shown, but never used to predict.

# %%
meaning = pd.DataFrame(wb.dictionary())
meaning = meaning[meaning["table"].isin(crm.tables)]
meaning = meaning.assign(loaded=[row["column"] in crm[row["table"]].columns for _, row in meaning.iterrows()])
overwritten = meaning[meaning["loaded"] & (meaning["time class"] == "overwritten")]
print("Loaded, but never used to predict:", ", ".join(overwritten["table"] + "." + overwritten["column"]) or "none")
for table, columns in meaning.groupby("table", sort=False):
    fold = f"{table}: {len(columns)} columns, of which {columns['loaded'].sum()} loaded"
    display(wb.show(columns.drop(columns="table"), most=100, fold=fold))
