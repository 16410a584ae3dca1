"""A model's card: what it answers, what it rests on, how it did, and what it must not be used for; in Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def model_card(manifest: Mapping[str, Any]) -> str:
    """Return the card of the model that a manifest of :func:`write_model` describes.

    >>> about = {"scored_by": "base rate", "verdict": {"word": "no model", "sentence": "Too few.", "auc": None},
    ...          "trained_on": ["2024-01-01"], "n_rows": 9, "n_lost": 1, "features": [], "calibration": []}
    >>> print(model_card(about).splitlines()[0])
    # Model card: base rate
    """
    return "\n".join([
        f"# Model card: {manifest['scored_by']}", "",
        "## What it answers", "", _question(manifest), "",
        "## What it learned from", "", _learned(manifest), "",
        "## How it did", "", *_tested(manifest), "",
        "## Limits", "", *_limits(manifest), "",
    ])  # fmt: skip


def _question(manifest: Mapping[str, Any]) -> str:
    settings = manifest.get("settings") or {}
    within = f"within {settings['horizon_days']} days" if "horizon_days" in settings else "within the horizon"
    kinds = manifest.get("kinds") or []
    how = f" It also gives one probability per kind of churn ({', '.join(kinds)}), which add up." if kinds else ""
    rules = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "horizon_days")
    return f"The probability that a customer at risk leaves, or buys nothing, {within}.{how}" + (
        f" Who counts as lost: {rules}." if rules else ""
    )


def _learned(manifest: Mapping[str, Any]) -> str:
    days = manifest["trained_on"]
    when = days[0] if len(days) == 1 else f"{len(days)} snapshots from {days[0]} to {days[-1]}" if days else "nothing"
    return (
        f"{manifest['n_rows']:,} rows of customers at {when}; {manifest['n_lost']:,} left or bought nothing. "
        f"The features it reads, {len(manifest['features']):,} in all, are named in manifest.json."
    )


def _tested(manifest: Mapping[str, Any]) -> list[str]:
    verdict, day = manifest["verdict"], manifest.get("tested_on")
    tested = f"Tested on {day}, a period later than those it learned from then. " if day else ""
    lines = [f"{tested}The verdict: {verdict['word']}. {verdict['sentence']}"]
    area = verdict.get("auc") or {}
    if _known(area.get("value")):
        lines[0] += f" AUC {area['value']:.3f}, 95 % {area['low']:.3f} to {area['high']:.3f}; 0.5 is chance."
    if manifest.get("calibration"):
        lines += ["", "Calibration, per tenth of the customers tested:", "", *_calibration(manifest["calibration"])]
    return lines


def _calibration(bins: Sequence[Mapping[str, Any]]) -> list[str]:
    row = "| {predicted:.1%} | {observed:.1%} | {low:.1%} to {high:.1%} | {n:,} |"
    rows = [row.format(**each) for each in bins]
    return ["| predicted | observed | 95 % | customers |", "| --- | --- | --- | --- |", *rows]


def _limits(manifest: Mapping[str, Any]) -> list[str]:
    word = manifest["verdict"]["word"]
    claimed = [] if word == "better" else [f"- It is not surely better than a simple rule (verdict: {word})."]
    return [
        *claimed,
        "- It was tested on one period; a season it has not seen, new prices or another product may break it.",
        "- Signs go with leaving; they need not cause it. Whether contacting helps needs a control group.",
        "- It holds for the company, the rules and the features it was trained on, and refuses others by name.",
        "- A text value it has not seen, such as a new country, counts as not known.",
        "- It contains numbers only: no customer, no code that runs when it is read.",
    ]


def _known(value: Any) -> bool:
    return value is not None and not math.isnan(value)
