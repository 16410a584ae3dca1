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
# # 4 · Train: can we tell who will leave?
#
# A model learns from the earlier snapshots and is tested on the last one, as it would be used. It stands beside rules an
# analyst could write on a napkin. **If it does not beat them, we say so and use the rule.**

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
seed: int = 1  # seed of every random draw

# %%
import pandas as pd

import workbench as wb
from workbench import charts, features, model

p = wb.from_cell("04_train", globals())
here = wb.open_run(p)
panel, states = here.read("features"), here.read("states")
words = features.read_words(here.read_json("features"))
rows = wb.outcomes(here.read("labels"), here.read("returns")).merge(panel, on=["customer_id", "as_of"])

# %% [markdown]
# ## Earlier to learn from, the last to test on
#
# `silent` is 1 for who left or bought nothing. Lapsed customers are learned from too: for them it means *does not come
# back*. The test that counts is on customers at risk.

# %%
earlier, last = wb.split_last(rows)
columns = wb.feature_columns(earlier)
wb.check_leaks(earlier, columns)
rows.groupby("as_of")["silent"].agg(customers="size", silent="sum")

# %% [markdown]
# ## Model and baselines
#
# Gradient boosting, its probabilities calibrated by cross-fitting, against a silence rule, a frequency rule and a
# logistic regression.

# %%
models = {model.MODEL: wb.fit_model(earlier, columns, seed=p.seed), **wb.fit_baselines(earlier)}
at_risk = last[last["at_risk"]].reset_index(drop=True)
outcome = at_risk["silent"].to_numpy()
promised = {name: fitted.probability(at_risk) for name, fitted in models.items()}
comparison = wb.compare(outcome, promised, seed=p.seed)
comparison.set_index("model").round(3)

# %% [markdown]
# *AUC*: how often a leaver is ranked above a stayer; 0.5 is chance. *Log-loss*: the price of wrong probabilities; less is
# better. *Calibration error*: mean gap between promised and observed, beside what perfect calibration would show by chance.

# %% [markdown]
# ## The verdict
#
# Declared before looking. *Better*: the paired gain in log-loss over the best baseline is surely above zero. *No usable
# signal*: the AUC is surely under 0.60. *Not better*: a signal, but a simple rule does as well. *Not enough data*: else.

# %%
baselines = {name: probability for name, probability in promised.items() if name != model.MODEL}
verdict = wb.judge(outcome, promised[model.MODEL], baselines, seed=p.seed)
print(f"{verdict.word.upper()}. {verdict.sentence}")
print(f"AUC {verdict.auc.value:.3f} ({verdict.auc.low:.3f} to {verdict.auc.high:.3f}), p = {verdict.p_value:.4f}")
print(f"Gain in log-loss {verdict.gain.value:+.4f} ({verdict.gain.low:+.4f} to {verdict.gain.high:+.4f})")

# %%
everyone = {name: wb.auc(last["silent"].to_numpy(), fitted.probability(last)) for name, fitted in models.items()}
print("AUC over everyone, lapsed customers included:")
pd.Series(everyone, name="AUC").round(3).to_frame()

# %% [markdown]
# ## Are the probabilities honest?

# %%
chosen = wb.choose(verdict, model.MODEL)
bins = model.calibration_with_intervals(outcome, promised[chosen])
charts.draw(charts.calibration, bins)

# %% [markdown]
# ## Score today's customers
#
# What the test favours is fitted again on all labelled snapshots, the last one included, and scores the day of the report.

# %%
final = wb.fit(chosen, rows, columns, seed=p.seed)
today = panel["as_of"].max()
scores = here.write("scores", wb.score_customers(final, panel, states, as_of=today, words=words))
print(f"Probabilities by: {chosen}")
scores.groupby("state")[["churn_probability", "return_probability"]].describe().T.round(3).dropna()

# %% [markdown]
# ## What moves the probabilities

# %%
drivers = wb.drivers(model.contributions(final, rows), rows, words)
drivers

# %%
scores.nlargest(5, "churn_probability")[["customer_id", "churn_probability", "why"]]

# %% [markdown]
# ## Hand over

# %%
here.write_json(
    "evaluation",
    {
        "scored_by": chosen,
        "train_as_of": [f"{t:%Y-%m-%d}" for t in sorted(earlier["as_of"].unique())],
        "test_as_of": f"{last['as_of'].max():%Y-%m-%d}",
        "n_test": len(at_risk),
        "n_lost": int(outcome.sum()),
        "auc_everyone": everyone[model.MODEL],
        "verdict": model.as_json(verdict),
        "seasons": model.seasons_tested(rows["as_of"]),
        "comparison": comparison.to_dict("records"),
        "calibration": bins.to_dict("records"),
        "drivers": drivers.to_dict("records"),
    },
)
