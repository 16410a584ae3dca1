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
# # Present to management
#
# One page, two minutes, every number defended: the sentences, a page in the company's own look, what changed since last
# time, and the workbook behind it.
#
# - **Reads** a published run: that of the notebook 00_welcome, unless `run_name` names another.
# - **Writes** `notebooks/own/presentation`: a style file, and the report in that style.
# - **Parameters that matter**: `run_name` and, to compare, `against`.

# %% tags=["parameters"]
run_name: str = "welcome"  # a published run
against: str = ""  # a published run to compare it with; empty: none
company: str = "Example Ltd"  # name on the page

# %%
import json

import pandas as pd
from IPython.display import Markdown, display

import workbench as wb
from workbench import report

here = wb.open_run(run_name)
place = here.root / "notebooks" / "own" / "presentation"
place.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## What to say
#
# The sentences at the top of the page. Read them aloud; whatever needs explaining is explained by the sections below it.

# %%
assumed = wb.use(f"params/{run_name}.yaml")
costs = (assumed.offer_cost, assumed.taken_by_stayers, assumed.contact_cost, assumed.discount_rate)
money = wb.Money(assumed.margin_rate, assumed.save_share, *costs, assumed.win_back_share)
findings = report.gather(here, money=money, vip_share=assumed.vip_share)
Markdown("\n\n".join(report.in_two_minutes(findings)))

# %% [markdown]
# ## The figures, each with its interval and what was counted
#
# A manager may ask of each: *of how many?* and *how sure?*

# %%
wb.show(list(findings.metrics.values()), most=30)

# %% [markdown]
# ## A page in your own look and language
#
# Name, logo, colours, sections and language (`language: de` for German) come from a YAML file. A colour that cannot be read on its background is refused, and so
# is a section that does not exist. Name the file in the run's parameter `report_style`, and every run uses it.

# %%
STYLE = f"""name: {company}
colours: {{light: "#0b5394", dark: "#9fc5e8"}}
sections: [leave, why, segments, contact, sure]
"""
(place / "style.yaml").write_text(STYLE, encoding="utf-8")
wb.write_report(findings, place, report.read_style(place / "style.yaml"), min_cell=10)
wb.show(pd.DataFrame([(path.name, path.stat().st_size) for path in sorted(place.iterdir())], columns=["file", "bytes"]))

# %%
display(
    Markdown(
        "Open [the page](../own/presentation/index.html). `segments.xlsx` holds every table behind it, `actions.csv` the lists for "
        "the CRM, and `summary.json` the figures for other programs. Groups of fewer than `min_cell` customers are "
        "hidden on the page and in the workbook; only the lists name customers."
    )
)

# %% [markdown]
# ## What changed since last time?
#
# A change is *clear* where its interval excludes no change. One that is not clear is not news.

# %%
runs = wb.history()
wb.show(
    runs[runs["run"] == run_name],
    shares=("churn_rate", "churn_at_renewal", "expected_churn", "CSAT"),
    empty="No run of this name is published.",
)

# %%
if against:
    compared = wb.compare(run_name, against)
    display(wb.show(report.figure_changes(compared["figures"], findings.currency), empty="No figure is in both."))
    display(wb.show(compared["definitions"], empty="Both runs have the same settings."))
else:
    print("Name another run in `against`: what changed, and whether settings changed beside it.")

# %% [markdown]
# ## How sure are we?
#
# Say it before you are asked.

# %%
verdict = json.loads((here.derived / "evaluation.json").read_text(encoding="utf-8"))["verdict"]
print(f"{verdict['word'].upper()}. {verdict['sentence']}")
print(report.money_rests_on(findings))
