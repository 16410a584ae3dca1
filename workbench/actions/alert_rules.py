"""Alerts: an analyst's file of what a run is to report without being asked, checked when it is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench import contract
from workbench.errors import SettingError, did_you_mean, ended
from workbench.segments import Condition, condition
from workbench.yamlfile import explain, read_yaml

ALERTS = Path(__file__).with_name("alerts.yaml")
"""The file to copy and make one's own."""
DETRACTOR = 6
"""The highest answer to 'would you recommend us' that counts as a detractor's."""
FILE_KEYS = ("send", "send_file", "link", "customer_ids", "alerts")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

Days = Annotated[int, Field(ge=1, le=3650)]
Amount = Annotated[float, Field(allow_inf_nan=False)]


class Rule(BaseModel):
    """What all rules have; a rule about customers has the condition they fulfil."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    rule: str
    meaning: str = ""
    where: str = ""

    def fulfilled(self) -> str:
        """Return the condition of a rule about customers; empty for any other."""
        return ""

    def words(self) -> str:
        """Return what the customers have in common, as it stands before their number."""
        return self.meaning


class Customers(Rule):
    """Customers that fulfil a condition."""

    when: str

    def fulfilled(self) -> str:  # noqa: D102
        return self.when

    def words(self) -> str:  # noqa: D102
        return self.meaning or self.when


class HealthBelow(Rule):
    """Customers at risk with a health score below so many points."""

    below: Annotated[int, Field(ge=1, le=100)]

    def fulfilled(self) -> str:  # noqa: D102
        return f"at_risk = true and health < {self.below}"

    def words(self) -> str:  # noqa: D102
        return self.meaning or f"health score below {self.below}"


class EnteredHighRisk(Rule):
    """Customers that came to high risk of leaving; the first run only notes who is there."""

    def fulfilled(self) -> str:  # noqa: D102
        return "at_risk = true and high_risk = true"

    def words(self) -> str:  # noqa: D102
        return self.meaning or "came to high risk of leaving"


class NewDetractor(Rule):
    """Customers whose last answer to 'would you recommend us' is a detractor's, given within so many days."""

    within_days: Days = 7

    def fulfilled(self) -> str:  # noqa: D102
        return f"last_nps <= {DETRACTOR} and days_since_nps <= {self.within_days}"

    def words(self) -> str:  # noqa: D102
        return self.meaning or f"would not recommend the company, answered within {self.within_days} days"


class NotCustomers(Rule):
    """A rule that is not about customers takes no condition."""

    where: Literal[""] = ""


class SegmentChurn(NotCustomers):
    """Segments whose churn of the last period lies above a share."""

    segmentation: str
    segment: str = ""
    above: Annotated[float, Field(ge=0, lt=1)]


class Figure(NotCustomers):
    """A figure of the report that lies above, or below, a value."""

    figure: str
    above: Amount | None = None
    below: Amount | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Figure:
        if (self.above is None) == (self.below is None):
            raise ValueError("needs 'above:' or 'below:', and one of them")
        return self


class DataLate(NotCustomers):
    """Nothing is recorded in so many days before the day of the report."""

    days: Annotated[int, Field(ge=0, le=3650)]


class MonthsMissing(NotCustomers):
    """Tables without a row in the last whole months."""

    months: Annotated[int, Field(ge=1, le=120)] = 1
    tables: list[str] = []


class CalibrationLost(NotCustomers):
    """Far more or fewer customers left than expected."""


class RunFailed(NotCustomers):
    """The run itself failed: reported once until it succeeds."""


RULES: Mapping[str, type[Rule]] = {
    "customers": Customers,
    "health_below": HealthBelow,
    "entered_high_risk": EnteredHighRisk,
    "new_detractor": NewDetractor,
    "segment_churn_above": SegmentChurn,
    "figure": Figure,
    "data_late": DataLate,
    "months_missing": MonthsMissing,
    "calibration_lost": CalibrationLost,
    "run_failed": RunFailed,
}
"""The rules by name."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    link: str = ""
    customer_ids: bool = True


@dataclass(frozen=True)
class Alerts:
    """An alert file: its ``rules`` by the analyst's names, and how they are sent.

    ``variables`` are those of the environment that hold an address each, ``send_file`` a file of addresses (None:
    none), ``link`` where reports are found, ``customer_ids`` whether notifications name customers by id.
    """

    path: Path
    rules: Mapping[str, Rule]
    variables: tuple[str, ...] = ()
    send_file: Path | None = None
    link: str = ""
    customer_ids: bool = True

    def conditions(self) -> dict[str, Condition]:
        """Return the condition of each alert that is about customers."""
        about = {name: rule for name, rule in self.rules.items() if rule.fulfilled()}
        return {name: _both(rule.fulfilled(), rule.where, f"{self.path}: {name}") for name, rule in about.items()}


def read_alerts(path: str | Path = ALERTS) -> Alerts:
    """Return the alerts of a file; without a path those that come with the workbench, which are sent nowhere.

    >>> read_alerts().rules["detractors"].words()
    'would not recommend the company, answered within 7 days'

    Raises SettingError naming file, alert, field and cure. An address written into the file is refused unseen.
    """
    path = Path(path)
    content = read_yaml(path, SettingError)
    for key in content:
        if key not in FILE_KEYS:
            raise SettingError(ended(f"{path}: {key}: unknown; {did_you_mean(key, FILE_KEYS)}"))
    variables, send_file = _variables(path, content.pop("send", [])), _send_file(path, content.pop("send_file", ""))
    written = content.pop("alerts", None)
    if not isinstance(written, dict) or not written:
        raise SettingError(f"{path}: needs 'alerts:' with at least one 'name: {{rule: …}}'.")
    try:
        file = _File.model_validate(content)
    except ValidationError as problem:
        raise SettingError(f"{path}: {explain(problem, list(_File.model_fields))}") from None
    rules = {str(name): _rule(f"{path}: {name}", each) for name, each in written.items()}
    alerts = Alerts(path, rules, variables, send_file, file.link.rstrip("/"), file.customer_ids)
    alerts.conditions()
    return alerts


def _rule(at: str, written: Any) -> Rule:
    kind = written.get("rule") if isinstance(written, dict) else None
    if kind is None:
        raise SettingError(f"{at}: needs 'rule:', one of {', '.join(RULES)}.")
    if kind not in RULES:
        raise SettingError(ended(f"{at}: rule {kind!r} is not known; {did_you_mean(str(kind), RULES)}"))
    model = RULES[kind]
    try:
        rule = model.model_validate(written)
    except ValidationError as problem:
        raise SettingError(f"{at}: {explain(problem, list(model.model_fields))}") from None
    for table in rule.tables if isinstance(rule, MonthsMissing) else ():
        if table not in contract.TABLES:
            raise SettingError(ended(f"{at}: table {table!r} is not known; {did_you_mean(table, contract.TABLES)}"))
    return rule


def _variables(path: Path, written: Any) -> tuple[str, ...]:
    """Return the names of the variables that hold addresses; what else stands there is never repeated."""
    listed = [written] if isinstance(written, str) else written
    if not isinstance(listed, list):
        raise SettingError(f"{path}: send: should list variables of the environment, such as [$CHURN_ALERT_URL].")
    found = [VARIABLE.fullmatch(each) if isinstance(each, str) else None for each in listed]
    if None in found:
        raise SettingError(
            f"{path}: send: entry {found.index(None) + 1} is not the name of a variable. An address holds a password: "
            "put it into a variable of the environment and write $CHURN_ALERT_URL here, or name a send_file."
        )
    return tuple(match[1] or match[2] for match in found if match)


def _send_file(path: Path, written: Any) -> Path | None:
    if not isinstance(written, str) or "://" in written:
        raise SettingError(f"{path}: send_file: should be the path of a file with one address a line.")
    return (path.parent / written) if written else None


def _both(when: str, where: str, at: str) -> Condition:
    """Return the condition that both texts hold; each is checked by itself first, so that neither can end the other."""
    first = condition(when, where=at)
    if not where:
        return first
    second = condition(where, where=f"{at}, where")
    return condition(f"({first.text}) and ({second.text})", where=at)


def usable(
    conditions: Mapping[str, Condition], customers: pd.DataFrame, known: Collection[str]
) -> tuple[dict[str, Condition], dict[str, tuple[str, ...]]]:
    """Return the conditions whose columns are all there, and the columns that each other one misses.

    ``known`` are columns that another source might have.

    Raises SettingError for a name that no source has, with the nearest ones.
    """
    missing = dict[str, tuple[str, ...]]()
    for name, each in conditions.items():
        absent = tuple(column for column in each.columns if column not in customers)
        for column in absent:
            if column not in known:
                names = {*map(str, customers), *known}
                raise SettingError(ended(f"{each.where}: unknown column {column!r}; {did_you_mean(column, names)}"))
        if absent:
            missing[name] = absent
    return {name: each for name, each in conditions.items() if name not in missing}, missing
