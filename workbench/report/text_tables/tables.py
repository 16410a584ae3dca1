"""The tables that stand under the charts: the same frames, as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.report.findings.contents import Findings, most_revealing
from workbench.report.formats import number_texts as texts
from workbench.report.privacy.privacy_counts import OTHER_LINES, shown_lists
from workbench.report.privacy.private_findings import shown_effort
from workbench.segments import ALL

UNVALUED = {"not known": "not active, or not known"}
"""What customers are called who are in no segment by value."""


@dataclass(frozen=True)
class Table:
    """A table of texts: its heads, and rows of which the first cell names the row.

    ``texts`` are the columns that hold words, ``whole`` the row of all customers, ``groups`` the rows
    that only name what follows, ``alone`` those that stand beside such groups with figures of their own.
    """

    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    texts: tuple[int, ...] = ()
    whole: int | None = None
    groups: tuple[int, ...] = ()
    alone: tuple[int, ...] = ()
    left_out: int = 0

    def known(self) -> Table:
        """Return the table without rows and columns in which nothing is known, as of groups that are hidden.

        >>> rows = [("By plan", "", ""), ("a", "3", "–"), ("b", "–", "–")]
        >>> hidden = Table(("Plan", "Lost", "Money"), rows, groups=(0,))
        >>> hidden.known().heads, hidden.known().rows, hidden.known().left_out
        (('Plan', 'Lost'), [('By plan', ''), ('a', '3')], 1)
        """
        known = [place for place, row in enumerate(self.rows) if place in self.groups or {*row[1:]} - {"–"}]
        ends = {*self.groups, None}
        below = dict(zip(known, [*known[1:], None], strict=False))
        kept = [place for place in known if place not in self.groups or below[place] not in ends]
        return replace(
            self,
            rows=[self.rows[place] for place in kept],
            whole=kept.index(self.whole) if self.whole in kept else None,
            groups=tuple(at for at, place in enumerate(kept) if place in self.groups),
            alone=tuple(at for at, place in enumerate(kept) if place in self.alone),
            left_out=len(self.rows) - len(known),
        ).known_columns()

    def known_columns(self) -> Table:
        """Return the table without columns in which nothing is known.

        >>> Table(("Theme", "Comments", "With a low mark"), [("price", "9", "–")]).known_columns().heads
        ('Theme', 'Comments')
        """
        figures = [row for place, row in enumerate(self.rows) if place not in self.groups]
        if not figures:
            return self
        shown = [place for place in range(len(self.heads)) if any(row[place] != "–" for row in figures)]
        return replace(
            self,
            heads=tuple(self.heads[place] for place in shown),
            rows=[tuple(row[place] for place in shown) for row in self.rows],
            texts=tuple(at for at, place in enumerate(shown) if place in self.texts),
        )


def chart_tables(f: Findings) -> dict[str, Table | None]:
    """Return the table under each chart, by the chart's name."""
    found: dict[str, Table | None] = {"periods": _periods(f.periods), "kinds": _kinds(f)}
    found["lists"] = _lists(f)
    found["effort"] = _effort(f)
    found["left_out"] = _left_out(f.left_out)
    found |= _service(f)
    found |= {"segments": _segments(f, first_groupings(f)), "more_segments": _segments(f, other_groupings(f))}
    found["bands"] = _bands(f)
    found |= {"movements": _movements(f), "activation": _activation(f.details.activation), "spending": _spending(f)}
    found["survival"] = _survival(f.details.survival)
    if f.bridge is not None:
        found["bridge"] = _bridge(f)
    if f.evaluation["drivers"]:
        found["drivers"] = Table(
            ("Sign", "Share of all movement", "Main feature", "Direction"),
            [(d["family"], texts.share(d["share"]), d["meaning"], d["direction"]) for d in f.evaluation["drivers"]],
            texts=(2, 3),
        )
    if f.evaluation["calibration"]:
        found["calibration"] = Table(
            ("Predicted", "Observed", "95 %"),
            [(texts.share(b["predicted"]), *texts.share_and_range(b, "observed")) for b in f.evaluation["calibration"]],
        )
    found["calibration_by_group"] = _calibration_by_group(f.evaluation.get("calibration_by_group", []))
    return found


def _periods(periods: pd.DataFrame) -> Table:
    heads = ("Period", "Lost", "Active at the start", "Churn", "95 %")
    rows = [
        (texts.span(p["start"], p["end"]), f"{p['lost']:,}", f"{p['at_start']:,}", *texts.share_and_range(p, "churn"))
        for p in records(periods)
    ]
    return Table(heads, rows)


def _calibration_by_group(groups: Sequence[Mapping[str, Any]]) -> Table | None:
    """Show those most at risk, the lapsed and each kind, and of all other groups those whose probabilities are off."""
    rows = [
        (_group(g), texts.share(g["predicted"]),
         *texts.share_and_range(g, "observed"), g["off"] or "no")
        for g in groups if g["by"] in ("probability", "kind of churn", "chance of return") or g["off"]
    ]  # fmt: skip
    return Table(("Group", "Predicted", "Observed", "95 %", "Off"), rows, texts=(4,)) if rows else None


def _group(group: Mapping[str, Any]) -> str:
    """Return the name of a group of predictions; the day of a snapshot as the page writes days."""
    name, by = str(group["group"]), str(group["by"])
    if by == "snapshot":
        return f"as of {texts.day(datetime.fromisoformat(name[:10]))}{name[10:]}"
    named = {
        "probability": name,
        "chance of return": f"return of {name}",
        "kind of churn": f"leaving in this way: {name}",
    }
    return named.get(by, f"{texts.sentence_case(by.replace('_', ' '))}: {name}")


def _kinds(f: Findings) -> Table:
    names = [str(kind) for kind in f.kinds]
    rows = [
        (texts.span(begin, end), *(texts.counted(counts[name]) for name in names))
        for begin, end, counts in zip(f.kinds.index, f.kinds_until, records(f.kinds), strict=True)
    ]
    return Table(("Period", *(name.capitalize() for name in names)), rows)


def _bridge(f: Findings) -> Table:
    assert f.bridge is not None
    rows = [
        (row["movement"], texts.amount(float(row["amount"]), f.currency), texts.amount(float(row["level"]), f.currency),
         "–" if pd.isna(row["customers"]) else f"{row['customers']:,}")
        for row in records(f.bridge)
    ]  # fmt: skip
    return Table(("Movement", "Amount", "Level", "Customers"), rows)


def _lists(f: Findings) -> Table | None:
    """Sum up each list by line of the playbook, so that no single customer stands on the page."""
    rows: list[tuple[str, ...]] = []
    groups, alone = [], []
    for name, lines in shown_lists(f).groupby("list", sort=False):
        whole = (str(name).capitalize(), "", "")
        if set(lines["line"]) == {OTHER_LINES}:
            alone.append(len(rows))
            rows.append((whole[0], *_line(records(lines)[0], f)))
            continue
        groups.append(len(rows))
        rows.append(whole)
        rows += [(str(row["line"]).replace("_", " "), *_line(row, f)) for row in records(lines)]
    heads = ("List and cause", "Customers", "Expected gain (scenario)")
    return Table(heads, rows, groups=tuple(groups), alone=tuple(alone)).known() if rows else None


def _line(row: Mapping[str, Any], f: Findings) -> tuple[str, str]:
    return texts.few(row["customers"], f.min_cell), texts.scenario(float(row["expected_gain"]), f.currency)


def _effort(f: Findings) -> Table | None:
    rows = [
        (UNVALUED.get(row["segment"], row["segment"]), texts.counted(row["customers"]), texts.counted(row["tasks"]),
         texts.amount(row["contacts_cost"], f.currency), texts.amount(row["offers_cost"], f.currency),
         texts.scenario(float(row["expected_gain"]), f.currency))
        for row in records(shown_effort(f))
    ]  # fmt: skip
    if len(rows) < 2 or {row[0] for row in rows} <= set(UNVALUED.values()):
        return None  # without values of several groups there is nothing to compare
    heads = (
        "Customers by value",
        "On a list",
        "Tasks",
        "Contacts cost",
        "Offers cost at most",
        "Expected gain (scenario)",
    )
    return Table(heads, rows).known()


def _left_out(left_out: pd.DataFrame) -> Table | None:
    rows = [(f"{row['list']}: {row['reason']}".capitalize(), f"{row['customers']:,}") for row in records(left_out)]
    return Table(("Left off a list, and why", "Customers"), rows) if rows else None


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as plain dicts by column name."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _service(f: Findings) -> dict[str, Table | None]:
    rows = [
        (name.capitalize(), *(texts.with_interval(each[key]) for key in ("median", "p90")),
         f"{texts.figure(each['within'])} {each['within'].name.removeprefix(name).strip()}", f"{each['median'].n:,}")
        for name, each in f.details.service.items()
    ]  # fmt: skip
    return {
        "service": Table(("Waiting for", "Median", "90 % within", "In time", "Counted"), rows, (1, 2, 3))
        if rows
        else None
    }


MOST_GROUPINGS = 4
"""Groupings of customers that the page opens with; the others are folded."""


def first_groupings(f: Findings) -> list[str]:
    """Return the groupings to read first: those of which a part differs, the one drawn, then in the usual order."""
    part = f.segments[f.segments["segmentation"] != ALL]
    names = [str(name) for name in part["segmentation"].unique()]
    differs = {str(name) for name in part.loc[part["differs"], "segmentation"]}
    drawn = most_revealing(part)
    first = sorted(names, key=lambda name: (name not in differs, name != drawn))[:MOST_GROUPINGS]
    return [name for name in names if name in first]


def other_groupings(f: Findings) -> list[str]:
    """Return the groupings that are folded on the page."""
    first = first_groupings(f)
    return [str(name) for name in f.segments["segmentation"].unique() if name != ALL and name not in first]


def _segments(f: Findings, groupings: Sequence[str]) -> Table | None:
    """Return segments in one table, the customers together first, then each segmentation by what is lost."""
    heads = ("Segment", "Active now", "Expected churn", "Expected to leave", f.revenue_title, "Revenue at risk",
             "Churn, last period", "95 %", "Lost, last period")  # fmt: skip
    rows, groups = [_whole(f)], []
    for name, part in f.segments[f.segments["segmentation"].isin(groupings)].groupby("segmentation", sort=False):
        groups.append(len(rows))
        rows.append((f.segmentations[str(name)], *[""] * (len(heads) - 1)))
        rows += [_segment(row, f) for row in records(part)]
    return Table(heads, rows, whole=0, groups=tuple(groups)).known() if groups else None


def _whole(f: Findings) -> tuple[str, ...]:
    expected, revenue, churn = f.outlook["expected_churn"], f.outlook["revenue_at_risk"], f.metrics["churn_rate"]
    return (
        "All active customers", f"{f.n_at_risk:,}", texts.figure(expected), f"{expected.count:,.0f}",
        texts.amount(revenue.of, f.currency), texts.figure(revenue, f.currency), texts.figure(churn),
        texts.interval(churn), f"{churn.count:,.0f} of {churn.of:,.0f}",
    )  # fmt: skip


def _segment(row: Mapping[str, Any], f: Findings) -> tuple[str, ...]:
    seen = pd.notna(row["n"])
    expected, revenue = f.outlook["expected_churn"], f.outlook["revenue_at_risk"]
    churn, interval = texts.share_and_range(row, "churn")
    return (
        row["segment"], texts.counted(row["at_risk"]), texts.shown(row["expected_churn"], expected),
        texts.counted(row["expected_lost"]),
        texts.amount(row["yearly_revenue"], f.currency), texts.rough(row["revenue_at_risk"], revenue, f.currency),
        churn + ("*" if row["differs"] else ""), interval,
        f"{row['lost']:,.0f} of {row['n']:,.0f}" if seen else "–",
    )  # fmt: skip


def _bands(f: Findings) -> Table | None:
    bands = f.details.bands
    rows = [
        (row["band"], texts.counted(row["customers"]), texts.counted(row["expected_lost"]),
         texts.amount(row["yearly_revenue"], f.currency),
         texts.rough(row["revenue_at_risk"], f.outlook["revenue_at_risk"], f.currency))
        for row in records(bands)
    ]  # fmt: skip
    heads = ("Risk of being lost", "Customers", "Expected to leave", f.revenue_title, "Revenue at risk")
    known = Table(heads, rows).known()
    return known if len(rows) > 1 and known.rows else None


def _movements(f: Findings) -> Table | None:
    names = [str(name) for name in f.details.movements if name not in ("begins", "ends")]
    rows = [
        (texts.span(row["begins"], row["ends"]), *(texts.amount(row[name], f.currency) for name in names))
        for row in records(f.details.movements)
    ]
    return Table(("Period", *(name.capitalize() for name in names)), rows) if rows else None


LATEST_MONTHS = 6
"""Months of new customers whose activation is shown."""


def _activation(months: pd.DataFrame) -> Table | None:
    rows = [
        (f"{row['cohort']:%B %Y}", f"{row['new']:,}", f"{row['activated']:,}", *texts.share_and_range(row, "rate"))
        for row in records(months.tail(LATEST_MONTHS))
    ]
    return Table(("Signed up", "New customers", "Activated", "Share", "95 %"), rows) if rows else None


def _spending(f: Findings) -> Table | None:
    lost = f.periods["lost"].tolist()
    rows = [
        (texts.span(row["begins"], row["ends"]), texts.counted(row["won"]),
         texts.amount(row["cost_of_winning"], f.currency), f"{n:,}", texts.amount(row["cost_of_keeping"], f.currency))
        for row, n in zip(records(f.details.spending), lost, strict=False)
    ]  # fmt: skip
    heads = ("Period", "Customers won", "Spent on winning", "Customers lost", "Spent on keeping")
    return Table(heads, rows) if rows else None


def _survival(curve: pd.DataFrame) -> Table | None:
    """Return the curve at every quarter of a year that it reaches."""
    at = (
        [curve[curve["day"] <= day].iloc[-1:] for day in range(0, int(curve["day"].max()) + 1, 91)]
        if len(curve)
        else []
    )
    rows = [
        (f"{number * 91:,} days", *texts.share_and_range(row, "survival"), f"{row['at_risk']:,.0f}")
        for number, part in enumerate(at)
        for row in records(part)
    ]
    return Table(("After the start", "Still customers", "95 %", "Customers followed"), rows) if rows else None
