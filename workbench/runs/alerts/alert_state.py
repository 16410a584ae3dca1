"""What was already reported: each cause of an alert once, until it has ceased, kept between the runs of a name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.runs.publishing.overview import ALERTS, read_plain
from workbench.runs.stages.folders import Run

MOST_IDS = 20
"""Customers a notification names at the most; the report has all."""
MOST_UNSENT = 50
"""Lines kept for a channel that cannot be reached; older ones are dropped, as the report shows what holds now."""

State = dict[str, Any]
"""``as_of``: the day of the last run that reported; ``open``: per alert and cause, since when; ``unsent``: lines per
channel; ``problems``: why a channel did not take them, at the last try; ``failed``: the last run failed, and it was
reported."""


@dataclass(frozen=True)
class News:
    """What one alert has to report that was not reported before: ``new`` causes of ``total`` that hold."""

    alert: str
    words: str
    about: str
    new: Sequence[str]
    sentences: Sequence[str]
    total: int

    def lines(self, *, customer_ids: bool) -> list[str]:
        """Return the sentences to send: one for all customers of an alert, one for each other cause."""
        if self.about != "customers":
            return [
                f"{self.words}: {each}." if self.words else f"{each[:1].upper()}{each[1:]}." for each in self.sentences
            ]
        noun = "customer" if len(self.new) == 1 else "customers"
        beside = f", {self.total:,} in all" if self.total > len(self.new) else ""
        counted = f"{self.words[:1].upper()}{self.words[1:]}: {len(self.new):,} {noun}{beside}."
        if not customer_ids or any("@" in each for each in self.new):  # an id may be an e-mail address
            return [counted]
        more = f" and {len(self.new) - MOST_IDS:,} more" if len(self.new) > MOST_IDS else ""
        return [f"{counted} {', '.join(self.new[:MOST_IDS])}{more}"]


def read_state(run: Run) -> State:
    """Return what the runs of this name have reported; nothing yet for the first."""
    return {"as_of": "", "open": {}, "unsent": {}, "problems": [], "failed": False, **read_plain(_path(run))}


def write_state(run: Run, state: State) -> None:
    """Keep what was reported, in one step."""
    path = _path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    fresh.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)


def _path(run: Run) -> Any:
    return run.root / "data" / "derived" / ALERTS / f"{run.name}.json"


def news(found: Sequence[Mapping[str, Any]], state: State, as_of: str) -> tuple[list[News], dict[str, dict[str, str]]]:
    """Return what was not reported before, and all causes that hold with the day since when.

    ``found`` are the alerts of a run as plain values. Causes that hold no longer are forgotten, so they are reported
    again when they return. An alert about who *entered* a state only notes at its first run who is in it.

    >>> one = {"name": "low", "words": "low", "about": "customers", "causes": ["a", "b"], "sentences": []}
    >>> first, known = news([one | {"entered": False}], {"open": {"low": {"a": "2024-05-01"}}}, "2024-05-02")
    >>> first[0].new, known
    (['b'], {'low': {'a': '2024-05-01', 'b': '2024-05-02'}})
    """
    fresh, known = list[News](), dict[str, dict[str, str]]()
    for alert in found:
        name, causes = alert["name"], alert["causes"]
        before = state["open"].get(name)
        known[name] = {cause: (before or {}).get(cause, as_of) for cause in causes}
        if before is None and alert["entered"]:
            continue
        new = [i for i, cause in enumerate(causes) if cause not in (before or {})]
        if new:
            sentences = [alert["sentences"][i] for i in new] if alert["sentences"] else []
            chosen = [causes[i] for i in new]
            fresh.append(News(name, alert["words"], alert["about"], chosen, sentences, len(causes)))
    return fresh, known
