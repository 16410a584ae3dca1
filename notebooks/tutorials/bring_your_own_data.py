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
# # Bring your own data
#
# From a folder of exports, as messy as they come, to tables that can be trusted: propose, read, check, correct, load.
#
# - **Reads** the folder it writes first: a shop's sales and clients, with the usual faults.
# - **Writes** `notebooks/own/messy_shop`. Put files of your own there, or name another folder in `folder`.
# - **Parameter that matters**: `folder`.

# %% tags=["parameters"]
folder: str = ""  # a folder of exports; empty: a messy one is written

# %%
import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pandas as pd

import workbench as wb

exports = Path(folder) if folder else wb.project_root() / "notebooks" / "own" / "messy_shop"

# %% [markdown]
# ## A messy folder
#
# Decimal commas, days before months, a total in the last line, an invoice exported twice, clients without number, a test
# account, and one country spelt four ways.


# %%
def write_messy(place):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    random = Random(7)
    sales, clients = ["Invoice no.;Client;Sold on;Net total"], ["CLIENT NO,Name,Country,Since"]
    for client in range(1, 81):
        clients.append(
            f"K-{client:03},Name {client},{random.choice(['NL', 'Netherlands', 'BE', 'nl '])},2024-05-{client % 28 + 1:02}"
        )
        day, gap = random.randrange(200), random.choice([12, 20, 45])
        last = 365 if random.random() < 0.7 else random.randrange(day + 1, 366)
        while day < last:
            sold = date(2025, 1, 1) + timedelta(days=day)
            sales.append(
                f"{1000 + len(sales)};K-{client:03};{sold:%d.%m.%Y};{random.randrange(15, 900)},{random.randrange(100):02}"
            )
            day += max(1, round(random.gauss(gap, gap / 4)))
    sales[40:40] = [sales[39], "9001;K-004;n/a;12,00", "9002;;17.03.2025;45,10"]
    (place / "Sales export (2).csv").write_text("\n".join([*sales, ";;TOTAL;999.999,00"]), encoding="latin-1")
    (place / "clients.csv").write_text(
        "\n".join([*clients, "K-999,TEST do not use,NL,2024-01-01"]), encoding="utf-8-sig"
    )
    (place / "read me.txt").write_text("ask Anna about the totals", encoding="utf-8")


if not folder:
    write_messy(exports)
print(*sorted(path.name for path in exports.iterdir()), sep="\n")

# %% [markdown]
# ## Propose
#
# `workbench init FOLDER` does the same in a terminal. Every column of the contract that a raw column fits is filled in,
# with the reason; what the files cannot say is asked.

# %%
proposal = wb.propose_source(exports)
for question in proposal.questions:
    print("-", question.sentence)

# %%
proposed = exports / "proposed.yaml"
proposed.unlink(missing_ok=True)
wb.write_source(proposal, proposed)
print(proposed.read_text(encoding="utf-8"))

# %% [markdown]
# ## Check
#
# Everything that is wrong at once, before any figure is computed. Rows that cannot be used are set aside with their
# reason; nothing is dropped silently.

# %%
crm, checked = wb.check_source(proposed)
findings = pd.DataFrame(list(checked.findings), columns=["severity", "table", "column", "sentence"])
wb.show(findings, empty=checked.summary)

# %%
wb.show(crm.refused.order_by("table_name", "reason").to_pandas(), empty="Every row could be used.")

# %% [markdown]
# ## Correct
#
# The source file is yours to edit: left of each colon stands a column of the contract, right a SQL expression over the
# raw columns. Here: the currency, the countries, and the test account, which is to be left out of every figure.

# %%
CORRECTIONS = {
    "currency: XXX  # nothing says which": "currency: EUR",
    "      country: Country": "      country: \"upper(left(replace(trim(Country), 'Netherlands', 'NL'), 2))\"",
    "      signed_up_at: Since": (
        "      exclude_reason: \"CASE WHEN Name LIKE 'TEST%' THEN 'test account' END\"\n      signed_up_at: Since"
    ),
}
text = proposed.read_text(encoding="utf-8")
for was, becomes in CORRECTIONS.items() if not folder else ():
    text = text.replace(was, becomes)
source = exports / "source.yaml"
source.write_text(text, encoding="utf-8")
crm, checked = wb.check_source(source)
print(checked.summary)
wb.show(pd.DataFrame(list(checked.key_figures.figures), columns=["name", "value", "note"]))

# %% [markdown]
# Compare these figures with what you know of the company. If they are wrong, these are the wrong tables.
#
# ## Load, and a first answer
#
# The tables are ready. Who was there two months before the data end, and who of them came back?

# %%
crm = wb.load_tables(source)
day = pd.Timestamp(crm.facts.known_until).normalize() - pd.Timedelta(days=60)
labels = wb.label_churn(crm, day, horizon_days=60, inactive_days=60).to_pandas()
print(
    f"Of {len(labels):,} customers active on {day:%Y-%m-%d}, {labels['churned'].sum():,} bought nothing in the next 60 days."
)
wb.show(labels[labels["churned"]][["customer_id", "kind", "rule", "evidence"]], most=5, empty="All came back.")

# %% [markdown]
# ## Next
#
# Write a parameters file, such as `notebooks/params/my_shop.yaml`, and run it: `workbench run notebooks/params/my_shop.yaml`
#
# ```yaml
# source: notebooks/own/messy_shop/source.yaml
# as_of: latest
# horizon_days: 60
# inactive_days: 60
# ```
