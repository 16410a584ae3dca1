"""What other thresholds would have made of the same customers: who is at risk, who left and how, and who changes.

All values of a setting are compared on one day, the newest whose outcomes are settled under every one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.crm import Crm, Moment, latest_as_of, moments, read_crm
from workbench.engines import name_settings
from workbench.errors import SettingError, check_whole, did_you_mean, ended
from workbench.label import PRESENT, Rules
from workbench.runs.live.prepared_labels import HORIZON, PLACEHOLDERS, PreparedLabels, labelled
from workbench.runs.publishing.drafts import open_run
from workbench.runs.stages.folders import Run

KINDS = ("active", "financial", "passive")
COLUMNS = [
    "setting", "value", "present", "at_risk", "left", *KINDS, "rate", "low", "high", "dormant", "lapsed", "changed",
]  # fmt: skip
NOT_AT_RISK = "not at risk"


@dataclass(frozen=True)
class Outcomes:
    """The customers of one day under one set of thresholds.

    ``outcome`` by customer_id: 'stayed', or the kind of churn, of those at risk; ``states`` has how many of all
    customers are dormant and lapsed.
    """

    outcome: pd.Series
    states: Mapping[str, int]

    @property
    def dormant(self) -> int:
        """The customers who pay and do not use what they pay for."""
        return self.states.get("dormant", 0)

    @property
    def lapsed(self) -> int:
        """The customers who order, silent for longer than the limit."""
        return self.states.get("lapsed", 0)


@dataclass(frozen=True)
class LabelChoices:
    """The customers of a Crm at ``as_of``, to be labelled under other thresholds than the ``present`` ones.

    ``latest`` is the longest horizon that may be asked for at this day. The rules are written as SQL once and run for
    each value, and what was computed once is remembered.
    """

    crm: Crm
    as_of: datetime
    present: Mapping[str, Any]
    latest: int
    _known: dict[tuple[Any, ...], Outcomes] = field(default_factory=dict, repr=False)
    _prepared: dict[tuple[bool, str], PreparedLabels] = field(default_factory=dict, repr=False)

    def outcomes(self, **changes: Any) -> Outcomes:
        """Return the outcomes under the present settings with some changed; raises SettingError as ``Rules`` does."""
        settings = {**self.present, **changes}
        self._check(settings[HORIZON], {name: value for name, value in settings.items() if name != HORIZON})
        key = tuple((name, str(value)) for name, value in sorted(settings.items()))
        if key not in self._known:
            self._known[key] = self._outcomes(settings)
        return self._known[key]

    def _outcomes(self, settings: dict[str, Any]) -> Outcomes:
        thresholds = {name: settings.pop(name) for name in PLACEHOLDERS}
        if next(iter(self.crm.tables.values())).get_backend().name != "duckdb":
            return Outcomes(*labelled(self.crm, self.as_of, {**settings, **thresholds}))
        key = (thresholds["inactive_days"] is not None, str(sorted(settings.items())))
        if key not in self._prepared:
            self._prepared[key] = PreparedLabels(self.crm, self.as_of, settings, silence=key[0])
        outcome, counts = self._prepared[key].under(thresholds)
        return Outcomes(outcome, counts)

    def changes(self, **changes: Any) -> pd.DataFrame:
        """Return the customers whose outcome changes: customer_id, before (present settings) and now."""
        before, now = self.outcomes().outcome, self.outcomes(**changes).outcome
        both = pd.DataFrame({"before": before, "now": now}).fillna(NOT_AT_RISK)
        return both[both["before"] != both["now"]].rename_axis("customer_id").reset_index()

    def row(self, **changes: Any) -> dict[str, Any]:
        """Return the numbers under some changed settings, by the columns of :func:`what_if` that are numbers."""
        from workbench.stats import wilson  # a command at a terminal does not need scipy

        found, before = self.outcomes(**changes), self.outcomes()
        counts = found.outcome.value_counts()
        left = {kind: int(counts.get(kind, 0)) for kind in KINDS}
        rate = wilson(sum(left.values()), len(found.outcome))
        return {
            "at_risk": rate.n, "left": sum(left.values()), **left, "rate": rate.value, "low": rate.low,
            "high": rate.high, "dormant": found.dormant, "lapsed": found.lapsed,
            "changed": _n_changed(before.outcome, found.outcome),
        }  # fmt: skip

    def _check(self, horizon: int, settings: dict[str, Any]) -> None:
        rules = self._rules(settings)
        rules.check_history(self.crm)
        room = (self.crm.facts.known_until - self.as_of).days - rules.settle_days(self.crm)
        if room < 1:
            last = latest_as_of(self.crm.facts, rules.settle_days(self.crm) + horizon)
            raise SettingError(
                f"as_of {self.as_of:%Y-%m-%d} leaves no day whose outcomes are settled by the end of the data; "
                f"use {last:%Y-%m-%d} or earlier."
            )
        if not 1 <= horizon <= room:
            settle = rules.settle_days(self.crm)
            raise SettingError(
                f"{HORIZON} {horizon}, and {settle} days until outcomes are settled, do not fit between "
                f"{self.as_of:%Y-%m-%d} and the end of the data; use a {HORIZON} of 1 to {room}."
            )

    def _rules(self, settings: dict[str, Any]) -> Rules:
        return Rules.of(self.crm, settings)  # type: ignore[arg-type]


def what_if(run: Run | Crm | str | None = None, *, as_of: Moment | None = None, **settings: Any) -> pd.DataFrame:
    """Return what other thresholds would make of the customers, one row per value of each setting.

    ``run`` is a run (``here``), its name or a Crm; without it, the run this notebook opened last. Each setting of
    :class:`Rules`, and ``horizon_days``, may get one value or a list; the other settings stay as in the run (in a Crm:
    the defaults). All are compared on one day, ``as_of``, or the newest whose outcomes are settled under all of them.

    Columns: setting, value, present (whether the run uses it), at_risk (customers), left and of these active,
    financial, passive; rate (left / at_risk) with its 95 % Wilson interval low, high; dormant and lapsed (customers);
    changed (how many have another outcome than under the present settings; entering or leaving the risk set counts).

    Raises SettingError for an unknown setting, with the nearest name, and for a value that does not fit the history.

    >>> import pandas as pd, workbench as wb
    >>> orders = pd.DataFrame({"order_id": list("1234"), "customer_id": ["ann", "bob", "ann", "cid"],
    ...     "ordered_at": ["2024-01-10", "2024-01-20", "2024-02-10", "2024-06-30"], "amount": 1})
    >>> crm = wb.load_tables({"orders": orders})
    >>> found = what_if(crm, as_of="2024-02-01", horizon_days=10, inactive_days=[15, 30])
    >>> found[["setting", "value", "at_risk", "left", "lapsed"]].to_numpy().tolist()[1:]
    [['inactive_days', 15, 1, 1, 1], ['inactive_days', 30, 2, 1, 0]]
    """
    asked = {name: _listed(value) for name, value in settings.items()}
    choices = label_choices(run, as_of=as_of, **asked)
    rows = [
        {"setting": name, "value": value, "present": value == choices.present[name], **choices.row(**{name: value})}
        for name, values in asked.items()
        for value in values
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


name_settings(what_if, {HORIZON: 91, **PRESENT})


def label_choices(run: Run | Crm | str | None = None, *, as_of: Moment | None = None, **asked: Any) -> LabelChoices:
    """Return the customers of a run or Crm on the newest day whose outcomes are settled under all values asked for.

    Raises SettingError for an unknown setting, with the nearest name, or where the history is too short.
    """
    known = [HORIZON, *(f.name for f in fields(Rules))]
    for name in asked:
        if name not in known:
            raise SettingError(ended(f"{name} is not a setting of churn labels; {did_you_mean(name, known)}"))
    crm, present = _present(run)
    values = {name: [present[name], *_listed(asked.get(name, []))] for name in present}
    for value in values[HORIZON]:
        check_whole(HORIZON, value)
    longest = max(values[HORIZON])
    settled = max(_settle_days(crm, present, name, value) for name, listed in values.items() for value in listed)
    day = _newest_day(crm, longest + settled) if as_of is None else moments(as_of)[0]
    return LabelChoices(crm, day, present, longest)


def _present(run: Run | Crm | str | None) -> tuple[Crm, dict[str, Any]]:
    defaults = {f.name: f.default for f in fields(Rules) if f.name not in ("reasons", "corrections")}
    if isinstance(run, Crm):
        return run, {**defaults, HORIZON: 91}
    opened = run if isinstance(run, Run) else open_run(run)
    as_of = opened.read("states", columns=["state"])["as_of"].max().to_pydatetime()
    return read_crm(opened.derived / "crm").known_at(as_of), {**defaults, **opened.read_json("rules")}


def _settle_days(crm: Crm, present: Mapping[str, Any], name: str, value: Any) -> int:
    settings = {**present, name: value}
    settings.pop(HORIZON)
    return Rules.of(crm, settings).settle_days(crm)  # type: ignore[arg-type]


def _newest_day(crm: Crm, days: int) -> datetime:
    day = latest_as_of(crm.facts, days)
    if day <= crm.facts.begins_at:
        history = (crm.facts.known_until - crm.facts.begins_at).days
        raise SettingError(
            f"outcomes settle {days} days after a snapshot; this history has {history} days: ask for less."
        )
    return day


def _n_changed(before: pd.Series, now: pd.Series) -> int:
    both = pd.DataFrame({"before": before, "now": now}).fillna(NOT_AT_RISK)
    return int((both["before"] != both["now"]).sum())


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
