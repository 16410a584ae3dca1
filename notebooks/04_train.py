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
# # 4 · Train: can we see who will leave?
#
# A model learns from the earlier snapshots and is tested on the last one, as it would be used. It stands beside rules an
# analyst could write on a napkin. **If it does not surely beat them, we say so.**
#
# - **Reads** `states`, `labels` and `returns` of notebook 02, and the panel of notebook 03.
# - **Writes** `scores`, `evaluation` and the model.
# - **Parameter that matters**: `seed`; what is learned follows from the settings of notebooks 02 and 03.

# %% tags=["parameters"]
run_name: str = "online_retail"  # name of the run and its folders: small letters, digits, _ and -
seed: int = 1  # seed of every random draw

# %%
import pandas as pd
from IPython.display import display

import workbench as wb
from workbench import features, model
from workbench.report import charts

p = wb.from_cell("04_train", globals())
here = wb.open_run(p)
key = ["customer_id", "as_of"]
states = here.read("states", columns=["state", "at_risk"])
words = features.read_words(here.read_json("features"))
rules = here.read_json("rules")
crm = wb.read_crm(here.derived / "crm")
settle_days = rules["horizon_days"] + wb.Rules.of(
    crm, {k: v for k, v in rules.items() if k != "horizon_days"}
).settle_days(crm)
outcomes = wb.outcomes(here.read("labels", columns=["churned", "kind"]), here.read("returns"))
more = wb.outcomes(here.read("more_labels"), here.read("more_returns"))

# %% [markdown]
# ## Earlier to learn from, the last to test on
#
# `silent` is 1 for customers who left or bought nothing. Lapsed customers are learned from too: for them it means *does
# not come back*. The test that counts is on customers at risk. As in real use, only outcomes that were settled on the day
# of the test are learned from; so are those of the monthly snapshots between. Of more than 50,000 rows all who left are
# taken and a sample of those who stayed, four for each who left or more, weighted to stand for all.

# %%
earlier, last = wb.split_last(outcomes, settle_days=settle_days, more=more)
late = model.unsettled(earlier, last, settle_days=settle_days)
n_earlier = len(earlier)
earlier, last = here.panel(model.training_sample(earlier, seed=p.seed)), here.panel(last)
every = pd.concat([part for part in (outcomes, more) if len(part)], ignore_index=True)
before = here.panel(model.snapshot_before(every, last))
columns = wb.feature_columns(earlier)
wb.check_leaks(earlier, columns)
if late:
    print(f"Too short a history for settled outcomes alone: those of {', '.join(late)} could still have changed.")
if len(earlier) < n_earlier:
    print(
        f"Learned from {len(earlier):,} of {n_earlier:,} rows: all who left, and a weighted sample of those who stayed."
    )
wb.show(outcomes.groupby("as_of")["silent"].agg(customers="size", silent="sum"))

# %% [markdown]
# ## Model and baselines
#
# Gradient boosting, its form and size chosen and its probabilities calibrated by cross-fitting, against rules of silence,
# frequency, contract and payments, and logistic regressions. The *last list* is the model with what was known a snapshot
# earlier: how much is lost by not scoring anew. It has no part in the verdict.

# %%
trial = wb.try_models(earlier, last, columns, seed=p.seed, words=words, before=before)
wb.show(trial.comparison)

# %% [markdown]
# *AUC*: how often a leaver is ranked above a stayer; 0.5 is chance. *Log-loss*: the price of wrong probabilities; less is
# better. *Calibration error*: mean gap between predicted and observed, beside what perfect calibration would show by
# chance.

# %% [markdown]
# ## The verdict, and what is used
#
# Declared before looking. *Better*: the paired gain in log-loss over the best baseline is surely above zero. *No usable
# signal*: the AUC is surely under 0.60. *Not better*: a signal, but no sure gain over a simple rule. *Not enough data*:
# else. *No model*: too few departures to train or test one.
#
# What is claimed and what is used are two decisions: the model gives the probabilities wherever its gain is above zero,
# sure or not, and shuffled outcomes seldom reach its log-loss; else the best baseline does, if they seldom reach that; else
# the base rate.

# %%
verdict = trial.verdict
print(f"{verdict.word.upper()}. {verdict.sentence}")
if verdict.word != model.NO_MODEL:
    print(f"AUC {verdict.auc.value:.3f} ({verdict.auc.low:.3f} to {verdict.auc.high:.3f}), p = {verdict.p_value:.4f}")
    print(f"Gain in log-loss {verdict.gain.value:+.4f} ({verdict.gain.low:+.4f} to {verdict.gain.high:+.4f})")
print(f"Probabilities by: {trial.chosen}")

# %%
everyone = pd.Series(trial.auc_all, name="AUC over all customers, lapsed ones included", dtype="float")
wb.show(everyone.rename_axis("model").reset_index(), empty="Nothing was tested.")

# %% [markdown]
# ## Are the probabilities honest?

# %%
what = f"Predicted and observed churn, in tenths of {len(trial.outcome):,} customers, with 95 % intervals"
if len(trial.calibration):
    display(charts.draw(charts.calibration, trial.calibration, title=what))
else:
    print("Nobody was at risk in the test period.")

# %% [markdown]
# And those of the lapsed: the chance of return predicted in tenths of them, beside the share that came back. Their level
# moves with the season: where it lies off, take the order of the win-back list for granted, and its chances not.

# %%
lapsed = trial.lapsed
tenths = (
    model.calibration_with_intervals(lapsed["returned"].to_numpy(), lapsed["predicted"].to_numpy())
    if len(lapsed)
    else None
)
nobody = "Nobody here is judged by orders and has lapsed."
wb.show(pd.DataFrame() if tenths is None else tenths, empty=nobody, shares=("predicted", "observed", "low", "high"))

# %% [markdown]
# ## How will they leave?
#
# A probability per kind of churn; together they are that of leaving. A kind with too few cases gets its share of all
# departures. The verdict on each kind is that of its own probabilities against that share, Holm-adjusted over the kinds.

# %%
tested_on = last["as_of"].max()
labelled = earlier["as_of"].isin(outcomes["as_of"])
how = {"seed": p.seed, "words": words}
kinds = None
if verdict.word != model.NO_MODEL:
    kinds = wb.fit_kinds(earlier[labelled], columns, shape=trial.shape, **how)
whole = trial.predictions[trial.chosen]
by_kind = None if kinds is None else wb.judge_kinds(kinds, earlier[labelled], last[last["at_risk"]], whole, seed=p.seed)
wb.show(pd.DataFrame() if by_kind is None else by_kind, empty="Here customers leave in one way only, or too few leave.")

# %% [markdown]
# ## Are the probabilities honest where it matters?
#
# Predicted and observed churn of the tenth most at risk, where the money goes, of each kind, of each snapshot (trees that
# did not see the customer; a baseline as fitted) and of each segment of 50 customers or more. *Off*: further apart than
# chance explains, over all these groups together.

# %%
at_risk = last[last["at_risk"]]
by_group = model.calibration_by_group(trial, last, None if kinds is None else kinds.probability(at_risk, whole))
wb.show(by_group, shares=("predicted", "observed", "low", "high"))

# %% [markdown]
# ## Score today's customers
#
# What the test favours is fitted again on all labelled snapshots, the last one included, and scores the day of the report.
# Of more than 50,000 rows the trees keep the number and the calibration that the test found.

# %%
trained_on = sorted(earlier["as_of"].unique())
del earlier, last, at_risk, before  # of a large company their features and those of today's customers do not fit
learned = here.panel(model.training_sample(every, seed=p.seed))
final = wb.fit(trial.chosen, learned, columns, like=trial.boosted, **how)
rows = learned[learned["as_of"].isin(outcomes["as_of"])]
final_kinds = None if kinds is None else wb.fit_kinds(rows, columns, shape=trial.shape, like=kinds, **how)
today = states["as_of"].max()
judged = (states["as_of"] == today) & (states["at_risk"] | (states["state"] == "lapsed"))
panel = here.panel(states.loc[judged, key])
scores = wb.score_customers(final, panel, states, as_of=today, words=words, kinds=final_kinds)

# %% [markdown]
# ## Does the future differ?
#
# Expected against observed in the test period, and features that lie elsewhere today than where the model learned. Where
# such a feature moves the scores, and they expect a share of departures that is off by a quarter or more from the one last
# observed, the probabilities are brought to the observed one; the order of the customers stays. Features that notebook 03
# found to look like the answer are named first.

# %%
expected_observed = model.expected_against_observed(trial.outcome, trial.predictions[trial.chosen])
learned_from = model.learned_from(learned[learned["at_risk"]], final.columns, words, lost_share=trial.lost_share)
adjusted = model.adjust(scores, panel, final, learned_from, words)
moved, level = adjusted.moved, adjusted.level
seasons = model.seasons_tested(outcomes["as_of"])
suspects = [words[name].meaning for name in here.read_json("suspects")]
tested = {"test_as_of": f"{tested_on:%Y-%m-%d}", "by_group": by_group}
doubts = model.warnings(expected_observed, moved, level, seasons, suspects=suspects, **tested)
for doubt in doubts:
    print(doubt["sentence"])
wb.show(moved, empty="No feature that moves the scores has moved.")

# %%
scores = here.write("scores", adjusted.scores)
chances = scores.melt("state", ["churn_probability", "return_probability"], "chance of", "probability").dropna()
spread = chances.groupby(["state", "chance of"])["probability"].describe()[["count", "min", "25%", "50%", "75%", "max"]]
wb.show(spread, shares=("min", "25%", "50%", "75%", "max"))

# %% [markdown]
# ## What moves the probabilities

# %%
# So many rows, drawn by the seed, are enough to see what the probabilities rest on.
shown = rows if len(rows) <= 20_000 else rows.sample(20_000, random_state=p.seed)
drivers = wb.drivers(final.contributions(shown), shown, words)
wb.show(drivers)

# %%
kind_drivers = {} if final_kinds is None else wb.kind_drivers(final_kinds, shown[shown["at_risk"]], words)
for kind, signs in kind_drivers.items():
    print(f"{kind}: {', '.join(signs['family'].head(3))}")

# %%
wb.show(scores.nlargest(5, "churn_probability")[["customer_id", "churn_probability", "why"]])

# %% [markdown]
# ## Hand over

# %%
expected = {} if final_kinds is None else {k: scores[f"{k}_probability"].sum() for k in final_kinds.models}
kind_rows = [] if by_kind is None else model.as_records(by_kind)
here.write_json(
    "evaluation",
    {
        "scored_by": trial.chosen,
        "train_as_of": [f"{t:%Y-%m-%d}" for t in trained_on],
        "train_unsettled": late,
        "test_as_of": f"{tested_on:%Y-%m-%d}",
        "n_test": len(trial.outcome),
        "n_lost": int(trial.outcome.sum()),
        "auc_everyone": trial.auc_all.get(model.MODEL),
        "verdict": model.as_json(verdict),
        "seasons": seasons,
        "warnings": doubts,
        "expected_observed": expected_observed,
        "moved": model.as_records(moved),
        "damped_to": level,
        "comparison": model.as_records(trial.comparison),
        "calibration": model.as_records(trial.calibration),
        "calibration_by_group": model.as_records(by_group),
        "drivers": model.as_records(drivers),
        "kinds": [
            {
                **row,
                "expected": expected.get(row["kind"], 0.0),
                "signs": list(kind_drivers[row["kind"]]["family"].head(3)),
            }
            for row in kind_rows
        ],
    },
)
settings = {name: value for name, value in rules.items() if name not in ("reasons", "corrections")}
wb.write_model(
    here.derived / "model", final, kinds=final_kinds, trial=trial, rows=learned, tested_on=tested_on, settings=settings
)
