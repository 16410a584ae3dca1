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
# # Welcome
#
# The Churn Workbench says who is leaving, how, why, what it costs, and whom to contact next. This page simulates a small
# company, runs all five notebooks on it, and shows where to go next: choose *Run → Run All Cells*. It takes one to two
# minutes.
#
# - **Reads** nothing: the company is invented.
# - **Writes** the company's tables and the run `welcome`, once. Delete `reports/welcome` to have it made again.
# - **Parameters that matter**: `customers` and `months`, the size of the company.

# %% tags=["parameters"]
run_name: str = "welcome"  # name of the run and its folders: small letters, digits, _ and -
customers: int = 200  # customers of the simulated company
months: int = 12  # months of data

# %%
import subprocess
import sys

import pandas as pd
from IPython.display import Markdown, clear_output, display

import workbench as wb

root = wb.project_root()
page = root / "reports" / run_name / "index.html"

# %% [markdown]
# ## A company
#
# Invented, yet with every table that the workbench knows: customers, subscriptions, orders, invoices, charges, tickets,
# use, messages, surveys. Why its customers leave is known, so the answers can be compared with the truth.

# %%
company = root / "data" / "simulated" / run_name
if not (company / "source.yaml").is_file() and not page.is_file():
    print(wb.simulate(company, customers=customers, months=months))

# %% [markdown]
# ## A run
#
# The same command runs every night without anybody watching: `workbench run notebooks/params/welcome.yaml`. It loads the
# tables, labels who left, computes features, trains a model, and writes the report. Below stands the cell at work.

# %%
if not page.is_file():
    params = root / "notebooks" / "params" / f"{run_name}.yaml"
    command = [sys.executable, "-m", "workbench", "run", str(params)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout:
            clear_output(wait=True)
            print(line.strip())
print("Published." if page.is_file() else "Nothing was published; the line above says why.")
here = wb.open_run(run_name)

# %% [markdown]
# ## What was found

# %%
columns = ["as_of", "at_risk", "churn_rate", "retention_rate", "expected_churn", "revenue_at_risk"]
history = wb.history()
history = history[history["run"] == run_name].tail(5).reindex(columns=columns)
wb.show(history, shares=("churn_rate", "expected_churn"), empty=f"No run named {run_name} is published yet.")

# %%
labels = here.read("labels")
lost = labels[labels["churned"]].groupby(["as_of", "kind"]).size().unstack(fill_value=0)
wb.show(lost, empty="Nobody was lost at the labelled snapshots.")

# %% [markdown]
# Whom to contact, for what, and what to do: the first task of each list.

# %%
tasks = pd.read_csv(here.reports / "actions.csv", dtype="str", encoding="utf-8-sig", keep_default_na=False)
tasks = tasks.groupby("list", sort=False).head(1)[["list", "customer_id", "why", "action", "due"]]
wb.show(tasks, most=20, empty="Nobody is to be contacted.")

# %% [markdown]
# ## Where to go next

# %%
display(
    Markdown(
        f"- The **report**, one page for a manager: [open it](../reports/{run_name}/index.html); beside it lie the "
        "workbook and the lists of customers to contact.\n"
        "- The **five notebooks** behind it: [load](01_load.ipynb), [label](02_label.ipynb), "
        "[features](03_features.ipynb), [train](04_train.ipynb), [report](05_report.ipynb). To open one on this company, "
        f'write `wb.use("params/{run_name}.yaml")` under its `import workbench as wb`.\n'
        "- Your **own data**: [bring your own data](tutorials/bring_your_own_data.ipynb), from a messy folder to tables.\n"
        "- Your **own thresholds**: [choose thresholds you can defend](tutorials/choose_thresholds.ipynb).\n"
        "- Your **own report**: [present to management](tutorials/present_to_management.ipynb).\n"
        "- Your **own questions**: [questions and answers](tutorials/questions_and_answers.ipynb), to copy from.\n"
        "- Your **own notebooks** belong into `notebooks/own`, which no command writes over.\n"
        "- `dir(wb)` lists every verb, and `help(wb.churn_rate)` explains one."
    )
)
