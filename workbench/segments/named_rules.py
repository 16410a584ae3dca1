"""Segments as rules: an analyst's file of named conditions, applied to the customers of any snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SettingError
from workbench.segments.conditions import Condition, condition
from workbench.yamlfile import read_yaml, unknown_key

RULE = ("when", "meaning")
PARTITION = ("first_of", "otherwise", "meaning")
OTHERS = "all others"


@dataclass(frozen=True)
class Segmentation:
    """A named way to sort customers: the first condition that holds gives the segment, else ``otherwise``."""

    name: str
    meaning: str
    segments: Mapping[str, Condition]
    otherwise: str

    def __repr__(self) -> str:
        rules = [f"  {name}: {rule.text}" for name, rule in self.segments.items()]
        return "\n".join([f"{self.name}: {self.meaning}", *rules, f"  else: {self.otherwise}"])

    def of(self, customers: pd.DataFrame) -> pd.Series:
        """Return each customer's segment."""
        holds = [rule.holds(customers) for rule in self.segments.values()]
        return pd.Series(np.select(holds, list(self.segments), self.otherwise), index=customers.index)


def read_segments(path: str | Path) -> tuple[Segmentation, ...]:
    """Return the segmentations of a file, in its order.

    A rule has ``when`` (a condition) and ``meaning``: its customers are compared with all others; rules may overlap.
    A partition has ``first_of`` (segment: condition, in order), ``otherwise`` and ``meaning``: every customer is in one
    segment. Conditions read features, static columns, state, plan and tenure as they were at the snapshot.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "segments.yaml"
    >>> _ = file.write_text("quiet: {when: days_since_order > 182, meaning: no purchase for six months}")
    >>> read_segments(file)[0].meaning
    'no purchase for six months'

    Raises SettingError naming file, segment, field and cure.
    """
    content = read_yaml(Path(path), SettingError)
    return tuple(segmentation_of(name, written, where=f"{path}: {name}") for name, written in content.items())


def segmentation_of(name: str, written: Any, *, where: str) -> Segmentation:
    """Return one segmentation from what a file of segments says of it; raises SettingError as :func:`read_segments`."""
    if not name.isidentifier():
        raise SettingError(f"{where}: a segment's name has letters, digits and _ only, a letter first.")
    fields = written if isinstance(written, dict) else {}
    one = ("when" in fields) != ("first_of" in fields)
    known = sorted({*RULE, *PARTITION}) if not one else RULE if "when" in fields else PARTITION
    for field in fields:
        if field not in known:
            raise SettingError(f"{where}: {unknown_key(str(field), fields[field], known)}")
    if not one:
        raise SettingError(f"{where}: needs 'when: condition' or 'first_of: {{segment: condition}}', and one of them.")
    meaning = written.get("meaning")
    if not isinstance(meaning, str) or not meaning.strip():
        raise SettingError(f"{where}: needs 'meaning:', a few words that a reader of the report understands.")
    if "when" in written:
        return Segmentation(name, meaning, {name: condition(written["when"], where=where)}, OTHERS)
    segments, otherwise = _ordered(written["first_of"], where), str(written.get("otherwise", OTHERS))
    if otherwise in segments:
        raise SettingError(f"{where}: otherwise: {otherwise!r} is a segment of first_of too; give it another name.")
    return Segmentation(name, meaning, segments, otherwise)


def _ordered(written: Any, where: str) -> dict[str, Condition]:
    if not isinstance(written, dict) or not written:
        raise SettingError(f"{where}: first_of needs at least one 'segment: condition'.")
    return {str(name): condition(text, where=f"{where}, {name}") for name, text in written.items()}


def check_segments(segmentations: Sequence[Segmentation], customers: pd.DataFrame) -> list[str]:
    """Return a sentence for each segment that holds for no customer, or all of them, or takes in who is not known.

    Raises SettingError for an unknown column (with the nearest names) and for a comparison of text with a number.
    """
    doubts = []
    for each in segmentations:
        found = each.of(customers).value_counts()
        doubts += _not_known(each, customers)
        for segment, rule in each.segments.items():
            n, held = int(found.get(segment, 0)), int(rule.holds(customers).sum())
            if n == 0 and held:
                doubts.append(f"{rule.where}: takes no customer: segments before it take all {held:,} it holds for")
            elif n in (0, len(customers)):
                whom = "no customer" if n == 0 else f"all {n:,} customers"
                doubts.append("; ".join([f"{rule.where}: holds for {whom}: {rule.text}", *rule.unseen(customers)]))
    return doubts


def _not_known(partition: Segmentation, customers: pd.DataFrame) -> list[str]:
    """A sentence where customers of whom nothing is known that the rules ask for are sorted with all others."""
    columns = sorted({name for rule in partition.segments.values() for name in rule.columns})
    unknown = int(customers[columns].isna().all(axis=1).sum())
    if partition.otherwise == OTHERS or not unknown:
        return []
    where = next(iter(partition.segments.values())).where
    unknown_of = f"{', '.join(columns)} is not known of {unknown:,} customer{'' if unknown == 1 else 's'}"
    return [f"{where}: {unknown_of}, sorted into {partition.otherwise}"]


def own_segments(segmentations: Sequence[Segmentation], customers: pd.DataFrame) -> pd.DataFrame:
    """Return one text column per segmentation, with each customer's segment; the rows as given.

    >>> quiet = Segmentation("quiet", "no purchase", {"quiet": condition("days > 182", where="x")}, "all others")
    >>> own_segments([quiet], pd.DataFrame({"days": [200, 3]}))["quiet"].tolist()
    ['quiet', 'all others']
    """
    return pd.DataFrame({each.name: each.of(customers) for each in segmentations}, index=customers.index)


def segment_moves(then: pd.DataFrame, now: pd.DataFrame, segmentation: str) -> pd.DataFrame:
    """Return how many customers moved between the segments of two snapshots: segment_then, segment_now, customers.

    Input: customer_id and the segmentation's column, one row per customer. A customer of one snapshot only is 'not
    there' in the other. Rows are sorted by segment_then, segment_now.

    >>> then = pd.DataFrame({"customer_id": ["a", "b"], "value": ["VIP", "other"]})
    >>> now = pd.DataFrame({"customer_id": ["a", "c"], "value": ["other", "VIP"]})
    >>> segment_moves(then, now, "value").to_numpy().tolist()
    [['VIP', 'other', 1], ['not there', 'VIP', 1], ['other', 'not there', 1]]
    """
    return (
        _both(then, now, segmentation)
        .value_counts(["segment_then", "segment_now"])
        .rename("customers")
        .reset_index()
        .sort_values(["segment_then", "segment_now"], ignore_index=True)
    )


def entered_and_left(then: pd.DataFrame, now: pd.DataFrame, segmentation: str) -> pd.DataFrame:
    """Return the customers that changed segment between two snapshots: customer_id, segment_then, segment_now.

    Input as of :func:`segment_moves`. Who entered a segment has it in segment_now, who left it in segment_then.

    >>> then = pd.DataFrame({"customer_id": ["a", "b"], "value": ["VIP", "other"]})
    >>> now = pd.DataFrame({"customer_id": ["a", "b", "c"], "value": ["other", "other", "VIP"]})
    >>> entered_and_left(then, now, "value").to_numpy().tolist()
    [['a', 'VIP', 'other'], ['c', 'not there', 'VIP']]
    """
    both = _both(then, now, segmentation)
    changed = both[both["segment_then"] != both["segment_now"]]
    return changed.sort_values("customer_id", ignore_index=True)


def _both(then: pd.DataFrame, now: pd.DataFrame, segmentation: str) -> pd.DataFrame:
    columns = ["customer_id", segmentation]
    both = then[columns].merge(now[columns], on="customer_id", how="outer", suffixes=("_then", "_now"))
    return both.set_axis(["customer_id", "segment_then", "segment_now"], axis=1).fillna("not there")
