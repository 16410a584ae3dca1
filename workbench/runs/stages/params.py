"""The parameters of a run: one pydantic model per notebook, and their union; the one source of truth.

Parameters cells, ``workbench run --help`` and the YAML files in ``notebooks/params`` are held equal to these by test.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from workbench.crm import Facts
from workbench.errors import ParameterError
from workbench.yamlfile import sentences


def _iso_date(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value)  # says which part is out of range
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("should be a date such as 2011-12-09")


def _as_of(value: object) -> object:
    if value == "latest":
        return value
    try:
        return _iso_date(value)
    except ValueError as problem:
        raise ValueError(f"{problem}, latest, or today - 1d" if "such as" in str(problem) else problem) from None


def _run_name(value: str, info: ValidationInfo) -> str:
    if re.fullmatch("[a-z0-9][a-z0-9_-]{0,63}", value):
        return value
    origin = (
        "is the file's name, taken as there is no run_name; it " if value == (info.context or {}).get("stem") else ""
    )
    cure = re.sub("[^a-z0-9]+", "_", value.lower()).strip("_")[:64] or "my_shop"
    raise ValueError(
        f"{origin}should be small letters, digits, _ and -, a letter or digit first, 64 at the most; "
        f"write run_name: {cure}"
    )


Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=1, le=3650)]
IsoDate = Annotated[date, BeforeValidator(_iso_date)]
AsOf = Annotated[date | Literal["latest"], BeforeValidator(_as_of)]


def resolve_today(value: object, today: date) -> object:
    """Return the day that ``today`` or ``today - 3d`` stands for; any other value as it is.

    >>> resolve_today("today - 1d", date(2024, 3, 1))
    datetime.date(2024, 2, 29)
    """
    found = re.fullmatch(r"today(?:\s*-\s*(\d{1,4})\s*d)?", value) if isinstance(value, str) else None
    return today - timedelta(days=int(found[1] or 0)) if found else value


def latest_day(facts: Facts) -> date:
    """Return the day that ``latest`` stands for: the first of which nothing is known, so all before it is whole."""
    return facts.known_until.date()


class AnyParams(BaseModel):
    """The parameter every notebook has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    run_name: Annotated[str, AfterValidator(_run_name)] = Field(
        description="name of the run and its folders: small letters, digits, _ and -"
    )

    def __repr__(self) -> str:
        """The parameters that are not at their default, one a line.

        >>> TrainParams(run_name="demo", seed=2)
        TrainParams: all others at their defaults
          run_name: demo
          seed: 2
        """
        own = self.model_dump(mode="json", exclude_defaults=True)
        head = f"{type(self).__name__}: all others at their defaults"
        return "\n".join([head, *(f"  {name}: {value}" for name, value in own.items())])


class LoadParams(AnyParams):
    """Parameters of 01_load."""

    source: str = Field(min_length=1, description="source file that maps raw files to tables")
    as_of: AsOf = Field(description="the day the report looks from; nothing later is used")

    def day(self, facts: Facts) -> date:
        """Return the day of ``as_of`` in data of which ``facts`` are known."""
        return self.as_of if isinstance(self.as_of, date) else latest_day(facts)


class ComputeParams(AnyParams):
    """The parameter of the notebooks that read all rows."""

    engine: Literal["duckdb", "spark"] = Field(
        default="duckdb", description="engine that computes: duckdb on this machine, or spark"
    )


class LabelParams(ComputeParams):
    """Parameters of 02_label."""

    as_of: IsoDate = Field(description="the day the report looks from; nothing later is used")
    horizon_days: Days = Field(default=91, description="days ahead in which a customer stays or leaves")
    inactive_days: Days = Field(default=91, description="days of silence after which a customer has lapsed")
    grace_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="days after the end of service in which a customer who returns is not lost",
    )
    overdue_days: int = Field(default=30, ge=0, le=3650, description="days past due that make a customer delinquent")
    failed_charges: int = Field(
        default=3, ge=1, le=100, description="failed charges in a row that make a customer delinquent"
    )
    recovery_days: int = Field(
        default=30, ge=0, le=3650, description="days a delinquent customer has to pay; then lost if inactive"
    )
    dated: Literal["notice", "service end"] = Field(default="notice", description="what dates a cancellation")
    left_by: str = Field(
        default="subscriptions, closed_at, cancellations",
        description="records of departures to trust, the best one first",
    )
    reasons: str = Field(default="", description="file that maps the reasons given; empty: the one shipped")
    corrections: str = Field(default="", description="CSV of corrected labels; empty: none")
    max_snapshots: int = Field(
        default=8, ge=2, le=60, description="most labelled snapshots to use; the newest are kept"
    )

    @property
    def rules(self) -> dict[str, Any]:
        """The settings of the churn labels, as the verbs take them; an empty path is left out."""
        names = ("inactive_days", "grace_days", "overdue_days", "failed_charges", "recovery_days", "dated", "left_by")
        paths = {name: path for name in ("reasons", "corrections") if (path := getattr(self, name))}
        return {name: getattr(self, name) for name in names} | paths


class FeatureParams(ComputeParams):
    """Parameters of 03_features."""

    own_features: str = Field(default="", description="Python file with features of your own; empty: none")
    leave_out: list[str] = Field(default=[], description="features to leave out, by name; also those made from them")


class TrainParams(AnyParams):
    """Parameters of 04_train."""

    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="seed of every random draw")


class ReportParams(AnyParams):
    """Parameters of 05_report."""

    own_segments: str = Field(default="", description="YAML file with segments of your own; empty: none")
    health_points: str = Field(default="", description="YAML file with your health score's points; empty: a starter")
    playbook: str = Field(default="", description="YAML file with your playbook; empty: the one shipped")
    cooling_off_days: int = Field(
        default=14, ge=0, le=3650, description="days after a contact in which a customer is not contacted again"
    )
    holdout_share: Share = Field(default=0.1, description="share of customers held out, to measure what contacts bring")
    budget: Amount = Field(default=0.0, description="most that all contacts and offers may cost; 0: no limit")
    most_calls: int = Field(default=0, ge=0, le=10_000_000, description="most contacts in total; 0: no limit")
    calls_a_day: int = Field(default=0, ge=0, le=10_000, description="most contacts per owner and day; 0: no limit")
    owner_allowance: Amount = Field(default=0.0, description="most that the offers of one owner may cost; 0: no limit")
    alerts: str = Field(default="", description="YAML file of alerts and where to send them; empty: none")
    themes: str = Field(default="", description="YAML file with the words of each theme of comments; empty: a starter")
    report_style: str = Field(default="", description="YAML file: name, logo, colours, language; empty: plain")
    churn_target: Share = Field(default=0.0, description="acceptable yearly churn, a share; 0: none")
    churn_benchmark: Share = Field(default=0.0, description="yearly churn in the industry, a share; 0: none")
    min_cell: int = Field(
        default=10,
        ge=0,
        le=1000,
        description="figures of groups with fewer customers are hidden; 0 where customers are companies",
    )
    vip_share: Share = Field(default=0.8, description="share of revenue brought by the customers called VIP")
    margin_rate: Share = Field(default=0.3, description="margin per unit of revenue, assumed")
    save_share: Share = Field(default=0.1, description="share of leavers an offer keeps, where no campaign measured it")
    offer_cost: Amount = Field(default=10.0, description="cost of an offer that is taken, assumed")
    taken_by_stayers: Share = Field(default=0.3, description="share of stayers who take the offer too, assumed")
    contact_cost: Amount = Field(default=5.0, description="cost of one contact, assumed")
    discount_rate: Share = Field(default=0.1, description="yearly discount of future margin")
    win_back_share: Share = Field(
        default=0.05, description="share of lapsed customers not returning that an offer brings back, assumed"
    )


class RunParams(ReportParams, TrainParams, FeatureParams, LabelParams, LoadParams):
    """All parameters of a run: those of its notebooks, and how long it may take."""

    as_of: AsOf = Field(description="the day the report looks from; nothing later is used")  # type: ignore[assignment]
    cell_timeout_minutes: int = Field(default=30, ge=1, le=10080, description="minutes one cell may take")
    run_timeout_minutes: int = Field(default=720, ge=1, le=10080, description="minutes the whole run may take")


NOTEBOOKS: dict[str, type[AnyParams]] = {
    "01_load": LoadParams,
    "02_label": LabelParams,
    "03_features": FeatureParams,
    "04_train": TrainParams,
    "05_report": ReportParams,
}
"""The notebooks of a run, in order, and what each takes."""

FILES = (
    "source",
    "reasons",
    "corrections",
    "own_features",
    "own_segments",
    "health_points",
    "playbook",
    "alerts",
    "report_style",
    "themes",
)
"""The parameters that name a file; an empty one names none."""

M = TypeVar("M", bound=AnyParams)


def check(model: type[M], values: Mapping[str, Any], *, where: str, called: Collection[str] = ()) -> M:
    """Return the checked parameters; those ``called`` were given on the call, not in the file ``where``.

    Raises ParameterError naming every unknown, missing, ill-typed or out-of-range one at once.

    >>> check(TrainParams, {"run_name": "demo", "seed": "one"}, where="demo.yaml")
    Traceback (most recent call last):
    workbench.errors.ParameterError: demo.yaml: seed: 'one': input should be a valid integer.
    """
    try:
        return model.model_validate(dict(values), context={"stem": Path(where).stem})
    except ValidationError as problem:
        found = sentences(problem, list(model.model_fields))
    origins = [
        (where, [s for name, s in found if name not in called]),
        ("the call", [s for n, s in found if n in called]),
    ]
    raise ParameterError("\n".join(f"{origin}: {' '.join(listed)}" for origin, listed in origins if listed))


def for_notebook(notebook: str, params: RunParams) -> dict[str, Any]:
    """Return the plain values a notebook's parameters cell is given."""
    return params.model_dump(mode="json", include=set(NOTEBOOKS[notebook].model_fields))


def described(model: type[AnyParams]) -> list[tuple[str, str, str, str]]:
    """Return name, type, default ('required' where there is none, 'none' for an empty text) and meaning of each."""
    schema = model.model_json_schema()["properties"]
    return [
        (
            name,
            _kind(schema[name]),
            "required" if field.is_required() else str(field.default) or "none",
            field.description or "",
        )
        for name, field in model.model_fields.items()
    ]


def _kind(schema: Mapping[str, Any]) -> str:
    if "date" in str(schema.get("format", schema.get("anyOf", ""))):
        return "date"
    return "list" if schema["type"] == "array" else str(schema["type"])
