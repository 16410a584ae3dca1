"""One customer's profile, and how it is shown: HTML that opens offline, with a timeline as SVG, and plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from workbench.actions.customer_history import LANES, as_text, records
from workbench.actions.similar_customers import Similar
from workbench.errors import in_singular, unturned

SHOWN = 200
"""Rows of the history on the page; the timeline shows all."""
IN_TEXT = 12
TO_THE_CUSTOMER = ("orders", "payments", "use", "help")
"""The lanes of a page that the customer may read."""
LEFT, WIDE, HIGH, TOP = 90, 910, 26, 8
"""Pixels: where the lanes begin, how wide they are, the height of each, and what is above the first."""


@dataclass(frozen=True)
class CustomerProfile:
    """All that is known of one customer at ``as_of``; shows itself as HTML in a notebook, and in text.

    ``state`` has the state and why, ``facts`` the customer's own columns, ``history`` what happened (at, lane, event,
    detail, amount, negative), ``open`` what waits (what, since, waiting_days, detail, amount, negative), ``ahead``
    known dates to come, ``results`` what the customer did and spent in the last 90 days and the 90 before. ``score``
    (probability and reasons), ``health`` (one row per snapshot), ``segments``, ``tasks``, ``past`` (labels of earlier
    snapshots) and ``similar`` are empty without a run that has them.
    """

    customer_id: str
    as_of: datetime
    company: str
    currency: str
    state: Mapping[str, str]
    facts: Mapping[str, str]
    history: pd.DataFrame
    open: pd.DataFrame
    ahead: pd.DataFrame
    results: pd.DataFrame
    last_contact: str
    score: Mapping[str, str] = field(default_factory=dict)
    health: pd.DataFrame = field(default_factory=pd.DataFrame)
    segments: Mapping[str, str] = field(default_factory=dict)
    tasks: pd.DataFrame = field(default_factory=pd.DataFrame)
    past: pd.DataFrame = field(default_factory=pd.DataFrame)
    similar: Similar | None = None

    def page(self, *, for_customer: bool = False) -> str:
        """Return one HTML page that opens offline; ``for_customer`` leaves out what is not the customer's to read.

        Only use, orders, payments and tickets are then shown: no score, reason, segment, task or internal fact.
        """
        return as_html(self, whole=True, for_customer=for_customer)

    def _repr_html_(self) -> str:
        return as_html(self, whole=False)

    def __repr__(self) -> str:
        return as_plain_text(self)


def as_html(profile: CustomerProfile, *, whole: bool, for_customer: bool = False) -> str:
    """Return the profile as a part for a notebook, or as a ``whole`` page; every text from the data is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("workbench.actions", "."), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"text": as_text, "amount": _amount, "number": _number}
    happened = profile.history
    if for_customer:
        happened = happened[happened["lane"].isin(TO_THE_CUSTOMER)]
    page = environment.get_template("customer.html.j2").render(
        p=profile,
        whole=whole,
        internal=not for_customer,
        timeline=timeline(happened, profile.as_of),
        happened=records(happened.head(SHOWN)),
        n_happened=len(happened),
        open=records(profile.open),
        ahead=records(profile.ahead),
        results=records(profile.results),
        tasks=records(profile.tasks),
        past=records(profile.past),
        health=records(profile.health),
    )
    return unturned(page)


def _amount(value: float, currency: str) -> str:
    """Return an amount with two decimals and its currency; empty where there is none."""
    return "" if value != value else f"{value:,.2f} {currency}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.1f}"


def timeline(happened: pd.DataFrame, as_of: datetime) -> Markup:
    """Return the history as SVG: one line per lane, a mark per event (a dark triangle for bad news), years below.

    Marks on one pixel are drawn once. Input columns: at, lane, event, negative.
    """
    lanes = [lane for lane in [*LANES, "other"] if lane in set(happened["lane"])]
    if not lanes:
        return Markup("")
    begin, end = happened["at"].min(), max(pd.Timestamp(as_of), happened["at"].max())
    span = max((end - begin).total_seconds(), 1.0)
    x = LEFT + ((happened["at"] - begin).dt.total_seconds() / span * WIDE).round().astype(int)
    marks = happened.assign(x=x).sort_values("at").groupby(["lane", "negative", "x"], sort=True)
    drawn = marks.agg(n=("event", "size"), event=("event", "first"), at=("at", "first")).reset_index()
    parts = [_lane(i, lane) for i, lane in enumerate(lanes)]
    parts += [_mark(row, lanes.index(row["lane"])) for row in records(drawn)]
    parts += [_year(year, begin, span, len(lanes)) for year in range(begin.year + 1, end.year + 1)]
    height = TOP + HIGH * len(lanes) + 22
    counted = in_singular(f"{len(happened):,} events")
    words = f"{counted} from {begin:%Y-%m-%d} to {end:%Y-%m-%d}; the table below lists them"
    return Markup(
        f'<svg viewBox="0 0 {LEFT + WIDE + 12} {height}" role="img" aria-label="{words}">{"".join(parts)}</svg>'
    )


def _lane(place: int, lane: str) -> str:
    y = TOP + HIGH * place + HIGH / 2
    return (
        f'<line class="cw-lane" x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y}" y2="{y}"/>'
        f'<text class="cw-name" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{lane}</text>'
    )


def _mark(row: dict[str, Any], place: int) -> str:
    y = TOP + HIGH * place + HIGH / 2
    more = f" and {row['n'] - 1:,} more" if row["n"] > 1 else ""
    title = f"<title>{row['at']:%Y-%m-%d} {Markup.escape(row['event'])}{more}</title>"
    x = row["x"]
    if row["negative"]:
        return f'<path class="cw-bad" d="M{x - 6} {y + 5}h12l-6 -11z">{title}</path>'
    return f'<circle class="cw-mark" cx="{x}" cy="{y}" r="4">{title}</circle>'


def _year(year: int, begin: pd.Timestamp, span: float, lanes: int) -> str:
    x = LEFT + round((pd.Timestamp(year, 1, 1) - begin).total_seconds() / span * WIDE)
    bottom, side = TOP + HIGH * lanes, "end" if x > LEFT + WIDE - 16 else "middle"
    return (
        f'<line class="cw-year" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom + 4}"/>'
        f'<text class="cw-name" x="{x}" y="{bottom + 18}" text-anchor="{side}">{year}</text>'
    )


def as_plain_text(p: CustomerProfile) -> str:
    """Return the profile in lines of text: what is known, the score, what waits, and the latest events."""
    lines = [f"{p.customer_id} on {p.as_of:%Y-%m-%d} ({p.company})"]
    lines += [f"  {name}: {value}" for name, value in {**p.state, **p.facts, **p.score, **p.segments}.items()]
    lines.append(f"  last contact: {p.last_contact}")
    if p.similar is not None:
        lines.append(f"  {p.similar.sentence}")
    for row in records(p.open):
        waiting = in_singular(f"{row['waiting_days']:.0f} days")
        lines.append(f"  open: {row['what']}, {waiting} ({row['detail']})")
    for row in records(p.ahead):
        lines.append(f"  ahead: {row['at']:%Y-%m-%d} {row['event']} ({row['detail']})")
    for row in records(p.tasks):
        lines.append("  task: " + "; ".join(f"{k} {v}" for k, v in row.items() if v))
    shown = p.history.head(IN_TEXT)
    for row in records(shown):
        amount = _amount(row["amount"], p.currency)
        pieces = [f"{row['at']:%Y-%m-%d %H:%M}", "!" if row["negative"] else " ", row["event"], row["detail"], amount]
        lines.append("  " + " ".join(str(piece) for piece in pieces if piece))
    if len(p.history) > len(shown):
        lines.append(f"  ... {len(p.history) - len(shown):,} earlier events in .history")
    return "\n".join(lines)
