"""Departures counted: kinds over time, the articles' claim tested, reasons, and two settings compared."""

from __future__ import annotations

import ibis.expr.types as ir
import pandas as pd

from workbench.crm import KEY
from workbench.engines import in_pandas
from workbench.stats import wilson

KINDS = ["active", "financial", "passive"]
CLAIMED = {"involuntary": 0.2, "avoidable": 0.8}
"""The articles' "20 % involuntary, 80 % avoidable" (K5): a claim to test, never a constant to use."""


def kinds_by_month(events: pd.DataFrame | ir.Table) -> pd.DataFrame:
    """Return departures per month (rows, first days) and kind (columns); months without any are rows of zeros.

    Input columns: occurred_at, kind.

    >>> events = pd.DataFrame({"occurred_at": pd.to_datetime(["2024-01-05", "2024-03-09"]), "kind": ["active"] * 2})
    >>> kinds_by_month(events)["active"].tolist()
    [1, 0, 1]
    """
    events = in_pandas(events)
    month = events["occurred_at"].dt.to_period("M")
    counted = events.groupby([month, "kind"]).size().unstack(fill_value=0)
    whole = pd.period_range(month.min(), month.max(), freq="M") if len(events) else counted.index
    monthly = counted.reindex(index=whole, columns=[k for k in KINDS if k in counted], fill_value=0)
    return monthly.rename_axis(index="month").set_axis(monthly.index.astype("datetime64[ns]"), axis="index")


def avoidable_split(events: pd.DataFrame | ir.Table) -> pd.DataFrame:
    """Return what share of departures was involuntary, and what share avoidable, beside what the articles claim.

    Rows: involuntary, voluntary, neither; avoidable, not avoidable, unknown. Columns: share, low, high (95 %, Wilson),
    n, of, claimed. Departures whose reason is not known are shown, not left out.
    Input columns: billing_outcome (voluntary, involuntary, none), avoidable (yes, no, unknown).

    >>> events = pd.DataFrame({"billing_outcome": ["voluntary"] * 3 + ["involuntary"], "avoidable": ["yes"] * 4})
    >>> avoidable_split(events).loc[["involuntary", "avoidable"], ["share", "claimed"]].to_numpy().tolist()
    [[0.25, 0.2], [1.0, 0.8]]
    """
    asked = {
        "involuntary": ("billing_outcome", "involuntary"), "voluntary": ("billing_outcome", "voluntary"),
        "neither": ("billing_outcome", "none"), "avoidable": ("avoidable", "yes"),
        "not avoidable": ("avoidable", "no"), "unknown": ("avoidable", "unknown"),
    }  # fmt: skip
    events, rows = in_pandas(events), {}
    for name, (column, value) in asked.items():
        found = wilson(float((events[column] == value).sum()), len(events))
        n = int((events[column] == value).sum())
        rows[name] = {"share": found.value, "low": found.low, "high": found.high, "n": n, "of": len(events)}
    split = pd.DataFrame.from_dict(rows, orient="index")
    return split.assign(claimed=split.index.map(CLAIMED))


def departures_by_reason(events: pd.DataFrame | ir.Table) -> pd.DataFrame:
    """Return departures per reason, most frequent first: n, share, avoidable, and as many columns as there are kinds.

    Without a reason, or with one that the mapping does not know, they stand as 'not given' and 'unmapped'.
    Input columns: reason, avoidable, kind.
    """
    events = in_pandas(events)
    named = events.assign(reason=events["reason"].fillna("not given"))
    by_reason = named.groupby("reason").agg(n=("kind", "size"), avoidable=("avoidable", "first"))
    kinds = named.groupby(["reason", "kind"]).size().unstack(fill_value=0)
    by_reason.insert(1, "share", by_reason["n"] / max(len(events), 1))
    return by_reason.join(kinds).sort_values(["n", "avoidable"], ascending=False, kind="stable")


def compare_labels(one: pd.DataFrame | ir.Table, other: pd.DataFrame | ir.Table) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how many labels two settings give and share, and which differ.

    The first frame counts customers at a snapshot by what ``one`` says (rows) and ``other`` says (columns): stayed, a
    kind, or not at risk. The second has one row per difference: customer_id, as_of, one, other, rule_one, rule_other.
    Input columns: customer_id, as_of, churned, kind, rule.

    >>> t = pd.Timestamp("2024-01-01")
    >>> a = pd.DataFrame({"customer_id": ["x", "y"], "as_of": t, "churned": [True, False], "kind": ["active", None],
    ...                   "rule": ["cancelled", "stayed"]})
    >>> counts, changed = compare_labels(a, a.assign(churned=False, kind=None))
    >>> counts.loc["active", "stayed"].item(), changed["customer_id"].tolist()
    (1, ['x'])
    """
    sides = [
        frame.assign(said=frame["kind"].where(frame["churned"], "stayed")).set_index(KEY)[["said", "rule"]]
        for frame in map(in_pandas, (one, other))
    ]
    # By index: pandas cannot merge two empty columns of text (pyarrow refuses), and there may be no label at all.
    both = sides[0].merge(sides[1], how="outer", left_index=True, right_index=True, suffixes=("_one", "_other"))
    both = both.reset_index()
    both[["said_one", "said_other"]] = both[["said_one", "said_other"]].fillna("not at risk")
    counts = both.groupby(["said_one", "said_other"]).size().unstack(fill_value=0)
    changed = both[both["said_one"] != both["said_other"]].rename(columns={"said_one": "one", "said_other": "other"})
    columns = [*KEY, "one", "other", "rule_one", "rule_other"]
    return counts.rename_axis(index="one", columns="other"), changed[columns].reset_index(drop=True)
