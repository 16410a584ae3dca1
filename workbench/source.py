"""A source file: how a company's raw files map to the tables of the contract."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench import contract
from workbench.errors import SourceError, UserError, did_you_mean


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RawFile(_Strict):
    """One raw file; every value of a CSV is read as text, so that leading zeros survive."""

    path: Path = Field(description="CSV, TSV (also .gz) or Parquet; relative to the source file's folder")
    delimiter: str | None = Field(default=None, description="found by looking when left out")
    encoding: str = Field(default="utf-8", description="utf-8, utf-16 or latin-1")


class TableMapping(_Strict):
    """One table of the contract: where its rows come from, and a SQL expression per column."""

    from_: str | None = Field(default=None, alias="from", description="a raw file named under files")
    sql: str | None = Field(default=None, description="a SELECT over the raw files, instead of from")
    columns: dict[str, str] = Field(description="contract column: SQL expression over the rows")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.sql is None):
            raise ValueError("give either from (a raw file) or sql (a SELECT), not both")
        return self

    @property
    def select(self) -> str:
        """The SELECT that gives the raw rows."""
        return self.sql if self.sql is not None else f'SELECT * FROM "{self.from_}"'


class Source(_Strict):
    """The whole source file, checked."""

    name: str
    about: str = Field(default="", description="origin and licence of the data")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO code of every amount")]
    exported_at: datetime | None = Field(default=None, description="until when the data are complete, if known")
    files: dict[str, RawFile]
    tables: dict[str, TableMapping]
    folder: Path = Path()

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        for name, mapping in self.tables.items():
            if name not in contract.TABLES:
                raise ValueError(f"tables: {name!r} is no table of the contract; {did_you_mean(name, contract.TABLES)}")
            spec = contract.TABLES[name]
            for column in mapping.columns:
                if column not in spec.names:
                    raise ValueError(f"tables.{name}: no column {column!r}; {did_you_mean(column, spec.names)}")
            missing = [c for c in spec.required if c not in mapping.columns]
            if missing:
                raise ValueError(f"tables.{name}: columns {', '.join(missing)} are required; map them")
            if mapping.from_ is not None and mapping.from_ not in self.files:
                raise ValueError(f"tables.{name}: from {mapping.from_!r}: {did_you_mean(mapping.from_, self.files)}")
        if not any(t in self.tables for t in contract.ACTIVITY_TABLES):
            raise ValueError(f"tables: at least one of {', '.join(contract.ACTIVITY_TABLES)} is needed to see activity")
        return self


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML lets a key stand twice and keeps the last, so a typo would pass in silence: refuse it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{twice.pop()!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, error: type[UserError]) -> dict[str, Any]:
    """Return a YAML file's mapping; raise ``error`` with file, line and cure when it cannot be read as one."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise error(f"{path}: no such file; check the path.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path}: cannot be read ({problem}).") from None
    except yaml.MarkedYAMLError as problem:
        line = f", line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise error(f"{path}{line}: {problem.problem}; mend the YAML.") from None
    except yaml.YAMLError as problem:
        raise error(f"{path}: is not YAML ({problem}).") from None
    if not isinstance(content, dict):
        raise error(f"{path}: should hold 'name: value' lines; it holds {type(content).__name__}.")
    return {str(key): value for key, value in content.items()}


def explain(problem: ValidationError, known: list[str]) -> str:
    """Return all that is wrong with a file or call, one sentence a field: field, value, cure."""
    return " ".join(_sentence(error, known) for error in problem.errors(include_url=False))


def _sentence(error: Any, known: list[str]) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        names = known if len(error["loc"]) == 1 else []
        return f"{field}: unknown" + (f"; {did_you_mean(field, names)}" if names else "; take it out.")
    if error["type"] == "missing":
        return f"{field}: missing; add it."
    message = error["msg"].removeprefix("Value error, ")
    if not field:
        return f"{message}."
    return f"{field}: {error['input']!r}: {message[0].lower()}{message[1:]}."


def read_source(path: str | Path) -> Source:
    """Return the checked source file.

    Raises SourceError naming the file, the field, the value and the cure.
    """
    path = Path(path)
    content = read_yaml(path, SourceError)
    try:
        return Source.model_validate({**content, "folder": path.parent})
    except ValidationError as problem:
        known = [name for name in Source.model_fields if name != "folder"]
        raise SourceError(f"{path}: {explain(problem, known)}") from None
