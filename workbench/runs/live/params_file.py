"""One parameters file for all notebooks and for the scheduled run: read, used in a notebook, written back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from workbench.crm import read_crm
from workbench.engines import INJECTED, name_settings
from workbench.errors import ParameterError, or_near
from workbench.runs.publishing.drafts import open_run
from workbench.runs.stages.folders import project_root, resolve_file
from workbench.runs.stages.lineage import cards
from workbench.runs.stages.params import FILES, NOTEBOOKS, AnyParams, RunParams, check, latest_day, resolve_today
from workbench.yamlfile import read_yaml

_used: list[tuple[Path, RunParams]] = []
_made: set[Path] = set()
"""The files that this session began: the next change belongs into them whichever run is in use."""


def read_params(
    path: Path, overrides: Mapping[str, Any], *, as_of: str | None = None, name: str | None = None
) -> RunParams:
    """Return the checked parameters of a run: the file's, then those of the call.

    Raises ParameterError naming file, parameter, value and cure.
    """
    content: dict[str, Any] = {"run_name": path.stem, **read_yaml(path, ParameterError)}
    called = dict(overrides) | {
        key: value for key, value in (("as_of", as_of), ("run_name", name)) if value is not None
    }
    given = content | called
    if str(given.get("as_of", "")).startswith("today"):
        given["as_of"] = resolve_today(given["as_of"], _today(given.get("source"), path.parent))
    checked = check(RunParams, given, where=str(path), called=called)

    files = {name: value for name in FILES if (value := getattr(checked, name))}
    return checked.model_copy(update={name: resolve_file(name, value, path.parent) for name, value in files.items()})


def _today(source: object, beside: Path) -> date:
    """Return today's date where the source's clock stands, as its days are those of the data."""
    from workbench.sources import read_source

    zone = "UTC"
    if isinstance(source, str) and source:
        zone = read_source(project_root() / resolve_file("source", source, beside)).zone
    return datetime.now(ZoneInfo(zone)).date()


def use(path: str | Path, **changes: Any) -> RunParams:
    """Take a parameters file for this notebook: its values count instead of those of the parameters cell.

    Relative paths are looked up from here, from the project and from its ``notebooks`` folder. ``changes`` are
    parameters to try out, for this notebook alone. What papermill sets still wins. In a notebook of your own,
    ``wb.open_run(wb.use("params/mine.yaml"))`` opens the run of the file.

    Raises ParameterError naming file, parameter, value and cure; for a misspelt parameter with the nearest name.
    """
    file = _found(Path(path))
    params = read_params(file, changes)
    _used[:] = [(file, params)]
    return params


def _found(path: Path) -> Path:
    places = [Path.cwd(), project_root(), project_root() / "notebooks"]
    found = next((place / path for place in places if (place / path).is_file()), None)
    if found is None:
        looked = f"looked in {', '.join(dict.fromkeys(map(str, places)))}."
        raise ParameterError(f"{path}: no such file; {or_near(looked, *(place / path for place in places))}")
    return found


def from_cell(notebook: str, cell: Mapping[str, Any]) -> Any:
    """Return a notebook's checked parameters from the names its parameters cell has set (``globals()``).

    The values of a file taken by :func:`use` count before those of the cell, and what papermill sets before both. Files
    are looked up as a run does: from the project's folder, then beside the parameters file. Papermill may set the
    parameters of all notebooks (``-f``): those of other notebooks are left to them.

    Raises ParameterError as :func:`check` does; a misspelt one is found too, in the cell or as papermill adds it; and
    where papermill sets a parameter of an earlier notebook to another value than that one was run with.
    """
    model = NOTEBOOKS[notebook]
    sources = list(cell.get("In", ()))
    injected = _names("".join(source for source in sources if source.startswith(INJECTED)))
    of_others = {
        name: cell[name] for name in injected & {*RunParams.model_fields} - {*model.model_fields} if name in cell
    }
    known = {*model.model_fields, *_assigned(sources)} - of_others.keys()
    typed = {name: cell[name] for name in known if name in cell}
    beside = project_root() / "notebooks" / "params"
    if _used:
        beside = _used[0][0].parent
        typed |= {name: value for name, value in _of_file(notebook).items() if name not in injected}
    params = check(model, typed, where=notebook)
    if of_others:
        _check_as_made(notebook, params, of_others)
    files = {name: value for name in {*FILES} & {*model.model_fields} if (value := getattr(params, name))}
    return params.model_copy(
        update={name: _from_here(resolve_file(name, file, beside)) for name, file in files.items()}
    )


def _check_as_made(notebook: str, params: AnyParams, given: Mapping[str, Any]) -> None:
    """Raise ParameterError where a parameter of an earlier notebook is not the one that its tables were made with.

    Files and days are left out: they are resolved when a notebook runs, so they need not read as they were given.
    """
    for card in cards(open_run(params).derived).values() if notebook != next(iter(NOTEBOOKS)) else ():
        made, used = card["notebook"], card["parameters"]
        names = sorted(given.keys() & used.keys() - {*FILES, "as_of"}) if made < notebook else []
        wanted = check(
            NOTEBOOKS[made], {"run_name": params.run_name, **used, **{n: given[n] for n in names}}, where=made
        )
        for name, value in wanted.model_dump(mode="json", include={*names}).items():
            if value != used[name]:
                raise ParameterError(
                    f"{notebook}: {name} {value!r} is not the {used[name]!r} with which notebook {made} was run: "
                    f"run {made} again, or give {name} as it was."
                )


def _of_file(notebook: str) -> dict[str, Any]:
    params = _used[0][1]
    values = params.model_dump(mode="json", include=set(NOTEBOOKS[notebook].model_fields))
    if values.get("as_of") == "latest" and notebook != next(iter(NOTEBOOKS)):
        values["as_of"] = latest_day(read_crm(open_run(params).derived / "crm").facts).isoformat()
    return values


def _from_here(file: str) -> str:
    """Return a file that is relative to the project so that it is found from the working directory."""
    root = project_root()
    return file if Path.cwd() == root else str(root / file)


def _assigned(sources: Iterable[str]) -> set[str]:
    """Return the names set by a session's parameters cells: the one that names the run, and the one papermill adds."""
    each = [(_names(source), source.startswith(INJECTED)) for source in sources]
    return {name for names, injected in each if injected or "run_name" in names for name in names}


def _names(source: str) -> set[str]:
    return set(re.findall(r"^(\w+)(?:: *\w+)? *=(?!=)", source, re.MULTILINE))


def save_params(path: str | Path, *, overwrite: bool = False, **changes: Any) -> Path:
    """Write parameters into a file for scheduled runs, and return its path; comments and all other lines stay.

    A new file gets the parameters in use (:func:`use`), if any, beside the changes. A file in use is found as there.

    Raises ParameterError for an unknown parameter, with the nearest name, and a value that does not fit; and where the
    file is that of another run than the one in use or named in ``changes``, unless asked to ``overwrite``.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "shop.yaml"
    >>> _ = file.write_text("source: shop_source.yaml\\nas_of: latest\\ninactive_days: 91  # a quarter\\n")
    >>> print(save_params(file, inactive_days=60, budget=500.0).read_text().strip())
    source: shop_source.yaml
    as_of: latest
    inactive_days: 60  # a quarter
    budget: 500.0
    """
    file = Path(path)
    if file.suffix not in (".yaml", ".yml"):
        raise ParameterError(f"{file}: a parameters file ends in .yaml, such as notebooks/params/mine.yaml.")
    with suppress(ParameterError):
        file = _found(file)
    new = not file.is_file()
    text = _fresh(file, changes) if new else file.read_text(encoding="utf-8")
    if not new and file.resolve() not in _made:
        _check_owner(file, text, changes, overwrite=overwrite)
    written = with_values(text, changes)
    check(RunParams, {"run_name": file.stem, **yaml.safe_load(written)}, where=str(file), called=changes)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(written, encoding="utf-8")
    unfinished.replace(file)
    if new:
        _made.add(file.resolve())
    return file


def _fresh(file: Path, changes: Mapping[str, Any]) -> str:
    """Return the text of a new file: the parameters in use, those at their defaults left out."""
    if not _used:
        return ""
    own = _used[0][1].model_dump(mode="json", exclude_defaults=True)
    return params_yaml(own | {"run_name": changes.get("run_name", file.stem)})


def _check_owner(file: Path, text: str, changes: Mapping[str, Any], *, overwrite: bool) -> None:
    known = yaml.safe_load(text) or {}
    owner = known.get("run_name", file.stem) if isinstance(known, dict) else None
    wanted = changes.get("run_name") or (_used[0][1].run_name if _used else owner)
    if owner is not None and owner != wanted and not overwrite:
        raise ParameterError(
            f"{file}: is the file of run {owner!r}, not of {wanted!r}: name another file, or add overwrite=True."
        )


def params_yaml(values: Mapping[str, Any]) -> str:
    """Return parameters as the lines of a parameters file.

    >>> params_yaml({"inactive_days": 60, "own_segments": ""})
    "inactive_days: 60\\nown_segments: ''\\n"
    """
    return "".join(f"{name}: {_plain(value)}\n" for name, value in values.items())


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """Return the text of a YAML mapping with some values replaced, or added at its end; the rest stays as it is.

    >>> with_values("a: 1  # one\\nb: 2\\n", {"a": 5, "c": 3})
    'a: 5  # one\\nb: 2\\nc: 3\\n'
    """
    node = yaml.compose(text)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    spans = {key.value: (value.start_mark.index, value.end_mark.index) for key, value in pairs}
    for name, (start, end) in sorted(spans.items(), key=lambda item: -item[1][0]):
        if name in values:
            blank = "" if text[:start].endswith(" ") else " "
            newline = "\n" if text[start:end].endswith("\n") else ""
            text = f"{text[:start]}{blank}{_plain(values[name])}{newline}{text[end:]}"
    new = params_yaml({name: value for name, value in values.items() if name not in spans})
    return f"{text.rstrip()}\n{new}".lstrip("\n") if new else text


def _plain(value: Any) -> str:
    known = str(value) if isinstance(value, Path) else value
    written = yaml.safe_dump(known, default_flow_style=True, allow_unicode=True)
    return written.removesuffix("\n").removesuffix("\n...").strip()


for _verb in (use, save_params):
    name_settings(_verb, {name: parameter.default for name, parameter in RunParams.model_fields.items()})
