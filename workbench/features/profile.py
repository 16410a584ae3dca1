"""Who the customer is, and since when: what the analyst declared not to change, and the season (T7, D4).

Texts (country, industry, segment) stand beside the panel as categories: a number per category would invent an order,
and a column per category would depend on which customers there are. Of the profile the panel holds what is a quantity.
The season is empty until a year of data lies before a snapshot: until then a season is but
another name of the snapshot.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from workbench.features.declare import Aggregate, Category, Expression, Feature

FIRST_DAYS = 30
"""Who is first seen within so many days of the data's begin may well have been a customer before."""

FIRST_SEEN = {"orders": "tenure_days", "subscriptions": "subscription_days", "events": "usage_days"}
SEASON_AFTER_DAYS = 365


def _existing(f: ir.Table) -> ir.Value:
    """Signed up before the data begin; where that is not on record, first seen soon after the table that shows it."""
    seen = {f[days].fill_null(-1): f[f"{table}_data_days"] for table, days in FIRST_SEEN.items() if days in f.columns}
    if not seen:
        return ibis.null("float64")
    first = ibis.greatest(*seen)
    soon = ((days == first) & (days >= begun - FIRST_DAYS).fill_null(False) for days, begun in seen.items())
    guessed = reduce(or_, soon)
    if "account_days" not in f.columns:
        return guessed.cast("float64")
    return (f.account_days > f.data_days).fill_null(guessed).cast("float64")


def _size_from(customers: ir.Table) -> ir.Value:
    """The first number of a size class such as 11-100, 1,000+ or 10k; of one named by its upper end, such as <50, 1."""
    text = customers.company_size.lower()
    number = text.re_extract(r"(\d{1,3}([., ']\d{3})+|\d+)", 1).re_replace(r"[., ']", "").nullif("").cast("float64")
    number *= ibis.ifelse(text.re_search(r"^\D*\d+ ?k"), 1000, 1)
    return ibis.ifelse(text.re_search(r"^\s*(<|under|less|up to)"), ibis.ifelse(number.isnull(), None, 1.0), number)


def _season(wave: str) -> Expression:
    def value(f: ir.Table) -> ir.Value:
        angle = f.as_of.day_of_year().cast("float64") * (2 * math.pi / 365.25)
        return ibis.ifelse(f.data_days >= SEASON_AFTER_DAYS, getattr(angle, wave)(), None)

    return value


FEATURES = [
    Feature(
        "account_days", "tenure", "customers", "days", "whole days since the customer signed up",
        "low", "signed up {value} days ago", Aggregate("days since first"), needs=("signed_up_at",),
    ),
    Feature(
        "existing_at_begin", "tenure", "", "yes or no",
        "1 if the customer was there when the data begin, so that days since the first record fall short: signed up "
        "before, or (where that is not on record) first seen within 30 days of the begin of the table that shows it",
        "neither", "was a customer when the data begin: {value}", _existing,
    ),
    Feature(
        "company_size_from", "profile", "customers", "people",
        "people in the customer's company, the lower end of its size class",
        "low", "company of {value} people or more",
        Aggregate("max", of=_size_from),
        needs=("company_size",),
    ),
    Feature(
        "acquisition_cost", "profile", "customers", "currency", "cost of winning the customer",
        "neither", "won for {value}", Aggregate("max", of=lambda t: t.acquisition_cost), needs=("acquisition_cost",),
    ),
    Feature(
        "belongs_to_another", "profile", "customers", "yes or no", "1 if the customer belongs to another customer",
        "neither", "belongs to another customer: {value}",
        Aggregate("count", where=lambda t: t.parent_id.notnull()), needs=("parent_id",), none=0,
    ),
    *(
        Feature(
            f"season_{short}", "season", "", "-1 to 1",
            f"{wave} of the day of the year, empty until a year of data lies before the snapshot",
            "neither", f"season ({wave} of the day of the year): {{value}}", _season(short),
        )
        for short, wave in (("sin", "sine"), ("cos", "cosine"))
    ),
]  # fmt: skip

CATEGORIES = [
    Category(name, "profile", "customers", meaning)
    for name, meaning in (
        ("country", "country of the customer"), ("region", "region of the customer"),
        ("segment", "the company's own segment"), ("industry", "industry"),
        ("company_size", "size class of the customer"), ("acquisition_channel", "channel the customer was won by"),
        ("preferred_channel", "channel the customer prefers"),
    )
]  # fmt: skip
