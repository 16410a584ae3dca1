"""What a live control shows: the numbers under the values chosen, beside the present ones, and how to keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import yaml

from workbench.actions import HealthReport, HealthScore
from workbench.errors import SettingError, in_singular
from workbench.model import Money, MoneyBasis, expected_gain
from workbench.report import show
from workbench.runs.live.params_file import params_yaml
from workbench.runs.live.thresholds import COLUMNS, KINDS, LabelChoices
from workbench.segments import segmentation_of

PRESENT, CHOSEN = "present", "chosen"
SHARES = ("rate", "low", "high", "expected_churn", "share")
OFFER = ("budget", "offer_cost", "contact_cost", "save_share", "taken_by_stayers")
"""The parameters of the report that the control of offers changes."""


@dataclass(frozen=True)
class Answer:
    """What the values chosen make of the customers: tables, a sentence, and the YAML that reproduces it."""

    tables: tuple[pd.DataFrame, ...]
    sentence: str
    yaml: str

    def __repr__(self) -> str:
        """The tables, the sentence and the YAML as text."""
        shown = [repr(show(table, shares=SHARES)) for table in self.tables]
        return "\n\n".join(filter(None, [*shown, self.sentence, self.yaml]))

    def _repr_html_(self) -> str:
        """The same as HTML; every text is escaped."""
        tables = "".join(show(table, shares=SHARES)._repr_html_() for table in self.tables)
        sentence = f"<p>{escape(self.sentence)}</p>" if self.sentence else ""
        return tables + sentence + (f"<pre>{escape(self.yaml)}</pre>" if self.yaml else "")


def to_keep(changes: Mapping[str, Any]) -> str:
    """Return the lines of a parameters file that reproduce some changes, and the call that writes them.

    >>> print(to_keep({"inactive_days": 60}))
    inactive_days: 60
    # wb.save_params("params/mine.yaml", inactive_days=60)
    >>> to_keep({})
    ''
    """
    called = ", ".join(f"{name}={value!r}" for name, value in changes.items())
    return f'{params_yaml(changes)}# wb.save_params("params/mine.yaml", {called})' if changes else ""


def label_answer(choices: LabelChoices, **values: Any) -> Answer:
    """Return the customers at risk and kinds of churn under some thresholds, beside the present, and who changes."""
    changes = {name: value for name, value in values.items() if value != choices.present[name]}
    rows = [choices.row(), choices.row(**changes)] if changes else [choices.row()]
    table = pd.DataFrame(rows)[[c for c in COLUMNS if c in rows[0] and c not in ("setting", "value", "present")]]
    table.insert(0, "thresholds", [PRESENT, CHOSEN][: len(rows)])
    if not changes:
        return Answer((table,), f"Customers on {choices.as_of:%Y-%m-%d}.", "")
    moved = choices.changes(**changes)
    moves = moved.value_counts(["before", "now"]).rename("customers").reset_index()
    first = ", ".join(moved["customer_id"].astype(str).head(5))
    sentence = (
        f"Customers on {choices.as_of:%Y-%m-%d}. {len(moved):,} {'has' if len(moved) == 1 else 'have'} another outcome"
    )
    tables = (table, moves) if len(moved) else (table,)
    return Answer(tables, f"{sentence}{f', the first {first}' if first else ''}.", to_keep(changes))


def offer_answer(
    now: pd.DataFrame, basis: MoneyBasis, *, budget: float = 0.0, present_budget: float = 0.0, **values: float
) -> Answer:
    """Return how many contacts pay, what they cost and bring under some costs and shares, beside the present ones.

    Input columns of ``now``: customer_id, at_risk, churn_probability, margin_if_retained and save_share (each
    customer's own, which moves in proportion). The list is that of the customers whose contact is expected to bring
    more than it costs, best first, as far as the ``budget`` goes (0: no limit); the playbook and owners' time may
    shorten it. What campaigns measured (``basis``) no parameter changes, so it is not among the lines to keep.
    """
    money = basis.money
    chosen = replace(money, **values)
    before, after = _list(now, money, money, present_budget), _list(now, chosen, money, budget)
    present = {"budget": present_budget, **{name: getattr(money, name) for name in values}}
    given = {"budget": budget, **values}
    changes = {name: value for name, value in given.items() if value != present[name]}
    rows = [_sums(PRESENT, before), _sums(CHOSEN, after)] if changes else [_sums(PRESENT, before)]
    new = set(after["customer_id"]) - set(before["customer_id"])
    gone = set(before["customer_id"]) - set(after["customer_id"])
    joining = in_singular(f"{len(new):,} customers join the list")
    sentence = f"{joining}, {len(gone):,} leave it. All sums are a scenario, in currency."
    measured = [name for name in changes if name in basis.replaced]
    if measured:
        sentence += f" A run takes what campaigns measured, not a parameter, for {', '.join(measured)}."
    kept = to_keep({name: value for name, value in changes.items() if name not in measured})
    return Answer((pd.DataFrame(rows),), sentence if changes else "", kept)


def _list(now: pd.DataFrame, money: Money, present: Money, budget: float) -> pd.DataFrame:
    """Return the customers worth a contact, best first, as far as the budget goes: customer_id, gain, cost."""
    known = now[now["at_risk"].astype(bool)].dropna(subset=["margin_if_retained"])
    scale = money.save_share / present.save_share if present.save_share else 1.0
    own = known["save_share"] if "save_share" in known else pd.Series(present.save_share, index=known.index)
    share = (own * scale).clip(upper=1) if present.save_share else own * 0 + money.save_share
    risk = known["churn_probability"]
    gain = expected_gain(risk, known["margin_if_retained"], money, save_share=share)
    cost = money.contact_cost + money.offer_cost * (risk * share + (1 - risk) * money.taken_by_stayers)
    listed = pd.DataFrame({"customer_id": known["customer_id"], "gain": gain, "cost": cost})[gain > 0]
    listed = listed.sort_values(["gain", "customer_id"], ascending=[False, True], ignore_index=True)
    return listed[_within(listed["cost"].to_numpy(float), budget)] if budget else listed


def _within(cost: Any, budget: float) -> Any:
    """Return which contacts fit into a budget, taken in order; one that does not fit uses nothing up."""
    spent, fits = 0.0, np.zeros(len(cost), bool)
    for i, each in enumerate(cost):
        fits[i] = spent + each <= budget
        spent += each if fits[i] else 0.0
    return fits


def _sums(name: str, listed: pd.DataFrame) -> dict[str, Any]:
    return {"values": name, "contacts": len(listed), "cost": listed["cost"].sum(), "gain": listed["gain"].sum()}


def segment_answer(now: pd.DataFrame, when: str, *, name: str = "mine", meaning: str = "a rule of mine") -> Answer:
    """Return the customers for whom a rule holds beside all others: how many, at risk, expected churn and revenue.

    Raises SettingError for a rule that is none, with what may be written, for an unknown column, with the nearest, and
    for a name that no file of segments may have.
    """
    holds = segmentation_of(name, {"when": when, "meaning": meaning}, where=name).of(now).to_numpy() == name
    table = pd.DataFrame([_numbers(name, now[holds]), _numbers("all others", now[~holds])])
    fields = params_yaml({"when": when, "meaning": meaning}).splitlines()
    return Answer((table,), "", "\n  ".join([f"{name}:", *fields]) + "\n# in the file that own_segments names")


def _numbers(name: str, customers: pd.DataFrame) -> dict[str, Any]:
    at_risk = customers[customers["at_risk"].astype(bool)]
    sums = {c: at_risk[c].sum() for c in ("yearly_revenue", "revenue_at_risk") if c in at_risk}
    churn = at_risk["churn_probability"].mean() if len(at_risk) else np.nan
    return {"segment": name, "customers": len(customers), "at_risk": len(at_risk), "expected_churn": churn, **sums}


def health_answer(health: HealthReport, now: pd.DataFrame, below: int) -> Answer:
    """Return the customers whose health score is under a threshold, beside the present one: how many, and their risk.

    Raises SettingError for a threshold that no score can be under.
    """
    if not 0 <= below <= 100:
        raise SettingError(f"below {below} is not a score; use 0 to 100.")
    scored = now.merge(health.now[["customer_id", "health"]], on="customer_id")
    present = health.score.below
    rows = [_under(scored, each) for each in dict.fromkeys([present, below])]
    table = pd.DataFrame(rows)
    table.insert(0, "threshold", [PRESENT, CHOSEN][: len(rows)])
    change = health_yaml(replace(health.score, below=below)) if below != present else ""
    return Answer((table,), f"Of {len(scored):,} customers at risk with a health score.", change)


def health_yaml(score: HealthScore) -> str:
    """Return the whole file of points that gives a score: a starter has none that could be changed."""
    return (
        f"{yaml.safe_dump(score.as_file(), sort_keys=False, allow_unicode=True)}# in the file that health_points names"
    )


def _under(scored: pd.DataFrame, below: int) -> dict[str, Any]:
    under = scored[scored["health"] < below]
    share = len(under) / len(scored) if len(scored) else np.nan
    numbers = {n: v for n, v in _numbers("", under).items() if n not in ("segment", "at_risk")}
    return {"below": below, "share": share, **numbers}


def present_labels(labels: pd.DataFrame) -> Answer:
    """Return the newest labels of a run as they are, without computing any: at risk, left, kinds."""
    newest = labels[labels["as_of"] == labels["as_of"].max()]
    kinds = {kind: int(newest["kind"].eq(kind).sum()) for kind in KINDS}
    left = sum(kinds.values())
    rate = left / len(newest) if len(newest) else np.nan
    row = {"thresholds": PRESENT, "at_risk": len(newest), "left": left, **kinds, "rate": rate}
    return Answer((pd.DataFrame([row]),), f"Customers on {newest['as_of'].max():%Y-%m-%d}.", "")
