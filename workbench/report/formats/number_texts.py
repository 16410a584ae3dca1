"""Figures as a reader sees them: rounded to what their interval supports, with unit, sign and day."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from workbench.metrics import Metric
from workbench.stats import wilson

PERCENT = "\N{NO-BREAK SPACE}%"
FINEST = {"share": 0.001, "points": 1.0, "hours": 0.1, "days": 0.1, "times": 0.1, "currency": 1.0}
"""The smallest step a figure of each unit is rounded to, a tenth of it where the interval is narrower still."""
FINEST_CHANGE = 1e-6
"""Smaller changes are shown as none."""
LONG_HOURS = 96
"""A wait of so many hours or more is shown in days."""
MINUS = "\N{MINUS SIGN}"
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def share(value: float) -> str:
    """Return a share as a percentage with one decimal.

    >>> share(0.3094)
    '30.9\\xa0%'
    """
    return "–" if math.isnan(value) else f"{value * 100:.1f}\N{NO-BREAK SPACE}%"


def share_of(value: float, n: float) -> str:
    """Return a share of ``n`` counted cases, rounded to what so many bear; a dash where it is not known.

    >>> share_of(0.3094, 100), share_of(0.3094, 10_000), share_of(0.0, 15), share_of(float("nan"), 0)
    ('31\\xa0%', '30.9\\xa0%', '0\\xa0%', '–')
    """
    if math.isnan(value) or not n > 0:
        return share(value)
    bounds = wilson(value * n, round(n))
    return figure(Metric("", value, bounds.low, bounds.high, 0, 0, "", 0))


def stated(value: float) -> str:
    """Return a share that somebody stated, as stated.

    >>> stated(0.1), stated(0.125), stated(0.8)
    ('10\\xa0%', '12.5\\xa0%', '80\\xa0%')
    """
    return f"{value * 100:.3g}{PERCENT}"


def amount(value: float, currency: str) -> str:
    """Return an amount without pence; a dash where it is not known, the bare number where the currency is not.

    >>> amount(1234567.8, "GBP"), amount(-5, "TRY"), amount(7, "")
    ('£1,234,568', '−5 TRY', '7')
    """
    if math.isnan(value):
        return "–"
    sign = SIGNS.get(currency)
    minus = MINUS if round(value) < 0 else ""
    return f"{minus}{sign}{abs(value):,.0f}" if sign else f"{minus}{abs(value):,.0f} {currency}".strip()


def signed_amount(shown: str) -> str:
    """Return an amount as it is shown with the sign of a change.

    >>> signed_amount("€75,000"), signed_amount("−€14"), signed_amount("€0"), signed_amount("–")
    ('+€75,000', '−€14', '€0', '–')
    """
    return f"+{shown}" if shown[0] not in f"{MINUS}–" and re.search("[1-9]", shown) else shown


def step(metric: Metric) -> float:
    """Return what a figure is rounded to: one digit of half its interval, two where that begins with 1 or 2.

    >>> step(Metric("churn", 0.3094, 0.29, 0.33, 590, 1907, "", 1907))
    0.001
    >>> step(Metric("churn", 0.31, 0.26, 0.36, 31, 100, "", 100)), step(Metric("", 0.027, 0.0, 0.96, 1, 48, "", 48))
    (0.01, 0.01)
    >>> step(Metric("churn", 0.0474, 0.0469, 0.0479, 28_861, 608_751, "", 608_751))
    0.0001
    >>> step(Metric("at risk", 762_000, 300_000, 2_000_000, 0, 0, "", 9, unit="currency"))
    10000.0
    """
    half = (metric.high - metric.low) / 2
    if math.isnan(half):  # open to one side
        half = max(metric.value - metric.low, metric.high - metric.value, key=lambda side: -1 if side != side else side)
    if math.isnan(half) and math.isnan(metric.value):  # but one bound is known
        half = (metric.high if math.isnan(metric.low) else metric.low) / 3
    if not half > 0 or math.isinf(half):
        return FINEST[metric.unit]
    power = math.floor(math.log10(half))
    fine = half < 3 * 10.0**power
    finest = FINEST[metric.unit] / (10 if half < 0.7 * FINEST[metric.unit] and metric.unit != "currency" else 1)
    size = max(10.0 ** (power - 1 if fine else power), finest)
    if metric.unit == "currency" and metric.value:  # two digits at least, so that the parts of an amount add up to it
        size = min(size, max(10.0 ** (math.floor(math.log10(abs(metric.value))) - 1), FINEST["currency"]))
    return min(size, 0.01) if metric.unit == "share" else size  # in tens of percent, 2.7 % would be none


def shown(value: float, metric: Metric, currency: str = "") -> str:
    """Return a value in a metric's unit, rounded to what the metric's interval supports.

    >>> shown(0.3094, Metric("churn", 0.3094, 0.26, 0.36, 31, 100, "", 100))
    '31\\xa0%'
    >>> shown(1.0, Metric("in time", 1.0, 1.0, 1.0, 268, 268, "", 268))
    '100\\xa0%'
    >>> shown(1234567, Metric("at risk", 1234567, 1034567, 1434567, 0, 0, "", 9, unit="currency"), "GBP")
    '£1,230,000'
    """
    if not math.isfinite(value):
        return "–"
    if metric.unit == "hours" and (value if math.isnan(metric.value) else metric.value) >= LONG_HOURS:
        value, metric = value / 24, in_days(metric)
    size = step(metric)
    near = round(value / size) * size
    if metric.unit == "share":
        decimals = 0 if near in (0.0, 1.0) else _decimals(size * 100)  # none, and all, have no decimals
        return f"{near * 100:,.{decimals}f}\N{NO-BREAK SPACE}%".replace("-", MINUS)
    if metric.unit == "currency":
        return amount(near, currency)
    if metric.unit == "points":
        return f"{near:+.{_decimals(size)}f}".replace("-", MINUS)
    if metric.unit == "times":
        return f"{near:,.{max(1, _decimals(size))}f} per {metric.n_of.removesuffix('s')}"
    return f"{near:,.{_decimals(size)}f} {metric.unit}"


def _decimals(size: float) -> int:
    """Return how many decimals a figure has that is rounded to multiples of ``size``."""
    return max(0, -math.floor(math.log10(size) + 1e-9))


def rough(value: float, whole: Metric, currency: str = "") -> str:
    """Return a part of an amount with as many digits as the whole is shown with, two at least so that parts add up.

    >>> whole = Metric("at risk", 136202, 40000, 400000, 0, 0, "", 9, unit="currency")
    >>> figure(whole, "EUR"), rough(27070, whole, "EUR"), rough(float("nan"), whole)
    ('€140,000', '€27,000', '–')
    """
    if math.isnan(value) or not value:
        return amount(value, currency)
    left_out = math.floor(math.log10(step(whole))) - math.floor(math.log10(abs(whole.value) or 1.0))
    size = max(10.0 ** (math.floor(math.log10(abs(value))) + min(left_out, -1)), FINEST["currency"])
    return amount(round(value / size) * size, currency)


def scenario(value: float, currency: str, *, digits: int = 2) -> str:
    """Return an amount that rests on stated assumptions with no more digits than those bear.

    >>> scenario(6544.3, "GBP"), scenario(-21.7, "EUR"), scenario(float("nan"), "EUR"), scenario(17031, "", digits=3)
    ('£6,500', '−€22', '–', '17,000')
    """
    return amount(float(f"{value:.{digits}g}"), currency)


def in_days(metric: Metric) -> Metric:
    """Return a metric of hours in days."""
    return replace(metric, value=metric.value / 24, low=metric.low / 24, high=metric.high / 24, unit="days")


def number(value: float) -> str:
    """Return a plain number without digits that nobody needs.

    >>> number(60.0), number(0.2534), number(-1234.5)
    ('60', '0.25', '−1,234')
    """
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.2g}"
    return text.replace("-", MINUS)


def limit(side: str, value: float, unit: str = "", currency: str = "") -> str:
    """Return the limit of a sign in words: amounts, shares and ratios in their unit, which its meaning does not state.

    >>> limit("at least", 5.0), limit("at most", 0.0), limit("at least", 0.77, "times")
    ('at least 5', 'none', 'at least 0.77 times')
    >>> limit("at most", 566.2, "currency", "GBP"), limit("at least", 0.4, "share")
    ('at most £566', 'at least 40\\xa0%')
    """
    if side == "at most" and not value:
        return "none"
    units = {
        "times": f"{number(value)} times", "share": stated(value), "currency": amount(value, currency),
        "currency/month": amount(value, currency),
    }  # fmt: skip
    return f"{side} {units.get(unit, number(value))}"


def day(moment: date) -> str:
    """Return a day for a reader.

    >>> day(datetime(2011, 9, 9))
    '9 September 2011'
    """
    return f"{moment.day} {moment:%B %Y}"


def figure(metric: Metric, currency: str = "") -> str:
    """Return a metric's value in its unit."""
    return shown(metric.value, metric, currency)


def apart(before: float, metric: Metric, currency: str = "") -> tuple[str, str]:
    """Return a figure's value before and now, with one digit more where they would read the same.

    >>> apart(0.0466, Metric("churn", 0.0474, 0.0465, 0.0483, 8_000, 168_000, "", 168_000))
    ('4.66\\xa0%', '4.74\\xa0%')
    """
    half = 0.3 * step(metric)
    finer = replace(metric, low=metric.value - half, high=metric.value + half)
    used = metric if shown(before, metric, currency) != figure(metric, currency) else finer
    return shown(before, used, currency), figure(used, currency)


def interval(metric: Metric, currency: str = "") -> str:
    """Return the 95 % interval of a metric.

    >>> interval(Metric("churn", 0.31, 0.26, 0.36, 31, 100, "", 100))
    '26 to 36\\xa0%'
    >>> interval(Metric("slowest tenth", math.nan, 772.0, math.nan, 0, 0, "", 9, unit="hours"))
    'over 32 days'
    """
    low, high = shown(metric.low, metric, currency), shown(metric.high, metric, currency)
    if math.isnan(metric.low) and math.isnan(metric.high):
        return "–"
    if math.isnan(metric.low) != math.isnan(metric.high):
        return f"over {low}" if math.isnan(metric.high) else f"up to {high}"
    unit = next(
        (u for u in (PERCENT, " hours", " days", f" per {metric.n_of.removesuffix('s')}") if high.endswith(u)), ""
    )
    return f"{low.removesuffix(unit)} to {high}"


def with_interval(metric: Metric, currency: str = "") -> str:
    """Return a metric's value with its interval in brackets, or whichever of the two is known.

    >>> with_interval(Metric("median", 5.0, 4.0, 6.0, 0, 0, "", 9, unit="hours"))
    '5.0 hours (4.0 to 6.0 hours)'
    >>> with_interval(Metric("slowest tenth", math.nan, 772.0, math.nan, 0, 0, "", 9, unit="hours"))
    'over 32 days'
    """
    value, bounds = figure(metric, currency), interval(metric, currency)
    if "–" in (value, bounds):
        return bounds if value == "–" else value
    return f"{value} ({bounds})"


def span(start: datetime, end: datetime) -> str:
    """Return a period for a reader, with both years where they differ; the day of the end is not in it.

    >>> span(datetime(2023, 12, 5), datetime(2024, 3, 5)), span(datetime(2024, 3, 5), datetime(2024, 6, 4))
    ('5 December 2023 to 5 March 2024', '5 March to 4 June 2024')
    """
    year = "" if start.year == end.year else f" {start.year}"
    return f"{start.day} {start:%B}{year} to {day(end)}"


def change(metric: Metric) -> str:
    """Return a change with its sign: in percentage points for shares.

    >>> change(Metric("change", 0.0214, 0.011, 0.032, 0, 0, "", 9))
    '+2.1 points'
    """
    return f"{_signed(metric.value, metric)}{'' if metric.unit == 'points' else _unit(metric)}"


def change_interval(metric: Metric) -> str:
    """Return the 95 % interval of a change.

    >>> change_interval(Metric("change", 0.0214, 0.011, 0.032, 0, 0, "", 9))
    '+1.1 to +3.2 points'
    >>> change_interval(Metric("change", -0.3, -0.6, -0.004, 0, 0, "", 9, unit="hours"))
    '−0.6 to −0.004 hours'
    >>> change_interval(Metric("change", 3.0, -1.0, math.nan, 0, 0, "", 9, unit="days"))
    'over −1 days'
    """
    low, high = (None if math.isnan(end) else _signed(end, metric) for end in (metric.low, metric.high))
    if low is None and high is None:
        return "–"
    if high is None or low is None:
        return f"over {low}{_unit(metric)}" if high is None else f"up to {high}{_unit(metric)}"
    return f"{low} to {high}{_unit(metric)}"


def _signed(value: float, metric: Metric) -> str:
    size = step(metric)
    scale = 100 if metric.unit == "share" else 1
    while abs(value) >= FINEST_CHANGE and not round(value / size):
        size /= 10  # a bound near 0 shows on which side of it it lies
    text = f"{round(value / size) * size * scale:+,.{_decimals(size * scale)}f}"
    return text.replace("-", MINUS)


def _unit(metric: Metric) -> str:
    return " points" if metric.unit in ("share", "points") else f" {metric.unit}"


def share_and_range(row: Mapping[Any, Any], name: str) -> tuple[str, str]:
    """Return the share ``name`` of a row, and its interval, ``low`` to ``high``, as far as the interval supports.

    >>> share_and_range({"churn": 0.091, "low": 0.031, "high": 0.236}, "churn")
    ('9\\xa0%', '3 to 24\\xa0%')
    """
    found = Metric("", row[name], row["low"], row["high"], 0, 0, "", 0)
    return figure(found), "–" if math.isnan(found.low) else interval(found)


def change_and_range(value: float, low: float, high: float) -> tuple[str, str]:
    """Return a difference of two shares and its interval, as far as the interval supports; dashes where not known.

    >>> change_and_range(-0.036, -0.09, 0.004)
    ('−4 points', '−9 to +0.4 points')
    """
    found = Metric("", value, low, high, 0, 0, "", 0)
    return ("–", "–") if math.isnan(value) else (change(found), change_interval(found))


def points(value: float) -> str:
    """Return a difference of shares in percentage points; a dash where it is not known.

    >>> points(-0.021), points(float("nan"))
    ('−2.1 points', '–')
    """
    return "–" if math.isnan(value) else f"{value * 100:+.1f} points".replace("-", MINUS)


def counted(n: float) -> str:
    """Return a number of customers; a dash where it is not known or hidden.

    >>> counted(1200), counted(float("nan"))
    ('1,200', '–')
    """
    return "–" if math.isnan(n) else f"{n:,.0f}"


def few(n: float, min_cell: int) -> str:
    """Return a number of customers; that they are few where the number is hidden.

    >>> few(1200, 10), few(float("nan"), 10), few(float("nan"), 0)
    ('1,200', '1–9', '–')
    """
    return f"1–{min_cell - 1}" if math.isnan(n) and min_cell > 1 else counted(n)


def known(n: float | None) -> float:
    """Return a number, NaN for None."""
    return math.nan if n is None else n


def sentence_case(name: str) -> str:
    """Return a name that begins with a capital letter, its other letters as they are.

    >>> sentence_case("no answer by SMS")
    'No answer by SMS'
    """
    return f"{name[:1].upper()}{name[1:]}"


def rows(n: int) -> str:
    """Return a number of rows in words.

    >>> rows(1), rows(1200)
    ('1 row', '1,200 rows')
    """
    return f"{n:,} row{'' if n == 1 else 's'}"


def days(n: int) -> str:
    """Return a number of days in words.

    >>> days(1), days(1200)
    ('1 day', '1,200 days')
    """
    return f"{n:,} day{'' if n == 1 else 's'}"


def based_on(metric: Metric) -> str:
    """Return what was counted, of how many; of points, which are a difference of two counts, only how many.

    >>> based_on(Metric("NPS", 9.0, -13.0, 29.0, 6, 70, "", 70, n_of="answers", unit="points"))
    '70 answers'
    """
    if metric.unit == "points":
        return f"{metric.of:,.0f} {metric.n_of}"
    things = "" if metric.n_of == "customers" else f" {metric.n_of}"
    return f"{metric.count:,.0f} of {metric.of:,.0f}{things}"
