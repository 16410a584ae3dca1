"""A table of one row per customer with a given label: what the label says, and which columns may explain it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DataError, SourceError, did_you_mean, ended, or_near
from workbench.features import STOP_AUC, WARN_AUC
from workbench.model.estimators import known_categories
from workbench.model.examples import FEWEST_LOST, is_text
from workbench.model.leaks import alone
from workbench.propose import encoding_of
from workbench.sources import FALSE_WORDS, TRUE_WORDS, RawFile, open_raw
from workbench.stats import Floats

PLAIN_LEFT, PLAIN_STAYED = {*TRUE_WORDS}, {*FALSE_WORDS, "-1"}
"""Values that say nothing by themselves: under a title such as Retained they mean the contrary."""
_LEFT = """
churn churned churner left leaver lost cancelled canceled closed gone exited attrited terminated resigned inactive
lapsed attrited_customer churned_customer lost_customer gekündigt ausgetreten abgewandert inaktiv opgezegd vertrokken
inactief résilié parti perdu inactif baja cancelado perdido
inactivo disdetto perso inattivo cancelado saiu inativo ayrıldı pasif zrezygnował nieaktywny ушел ушёл رفته غیرفعال
"""
_STAYED = """
stay stayed stayer retained retain existing active kept current loyal remained joined existing_customer active_customer
aktiv geblieben bestandskunde actief gebleven actif resté activo alta attivo rimasto ativo ficou kaldı aktywny активен
остался فعال مانده
"""
LEFT, STAYED = {*_LEFT.split()} | PLAIN_LEFT, {*_STAYED.split()} | PLAIN_STAYED
NOT_LEFT = re.compile(r"(no|not|non|nicht|never)_(.+)")
SAYS_STAYED = re.compile(r"(?<!in)(?<![a-z])(retain|stay|active|kept|existing|loyal|remain)", re.IGNORECASE)
WITH_POINT, WITH_COMMA = r"[-+]?\d*\.?\d+([eE][-+]?\d+)?", r"[-+]?\d+(\.\d{3})*(,\d+)?"
TEXTS = (".csv", ".tsv", ".tab", ".txt", ".gz")
MISSING = ("", "na", "n/a", "nan", "null", "none")
MOST = 1e38
"""Greater numbers are none that a model can hold."""
FEWEST_ROWS = 20
"""Values that fewer rows have are taken together."""


@dataclass(frozen=True)
class Labelled:
    """Rows with a known label: features by column, who left (1 or 0), ids, and what was noticed on the way.

    ``unused`` says per column why it explains nothing; ``suspects`` are single-column AUCs of 0.80 or more;
    ``without_label`` counts the rows set aside.
    """

    features: pd.DataFrame
    left: Floats
    ids: pd.Series
    label: str
    unused: dict[str, str]
    suspects: dict[str, float]
    without_label: int
    words: dict[str, list[str]] = field(default_factory=dict)


def read_table(table: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Return a file's rows (CSV, Excel, Parquet, JSON lines …), or the frame given; texts that are numbers as numbers.

    Raises SourceError for a file that is not there, is empty or cannot be read.
    """
    if isinstance(table, pd.DataFrame):
        return table.apply(_typed)
    path = Path(table)
    if not path.is_file():
        raise SourceError(f"{path}: no such file; {or_near('check the path.', path)}")
    encoding = encoding_of(path) if path.suffix.lower() in TEXTS else None
    con, problems = open_raw({"table": RawFile(path=Path(path.name), encoding=encoding)}, path.parent)
    if problems:
        raise SourceError(problems["table"].replace("files.table: ", ""))
    return con.sql('SELECT * FROM "table"').df().apply(_typed)


def read_labels(table: pd.DataFrame, *, label: str, id: str = "", leave_out: Sequence[str] = ()) -> Labelled:
    """Return the rows whose label is known, and the columns that may explain it.

    The label's values are read as left or stayed: Yes and No, 1 and 0, true and false, churned and stayed, and their
    like. Columns that are constant, count the rows, or hold another text in nearly every row explain nothing.

    Raises DataError naming column and values: a column that is not there, values of the label that are not known, one
    outcome only, ids that stand more than once, and columns that look like the answer (AUC of 0.95 or more).
    """
    for name in (label, *([id] if id else []), *leave_out):
        if name not in table:
            raise DataError(ended(f"no column {name!r}; {did_you_mean(name, map(str, table.columns))}"))
    outcome, words = _outcome(table[label], label)
    rows = table[outcome.notna()].reset_index(drop=True)
    left = outcome.dropna().to_numpy(float)
    _check_both(left, label)
    ids = _ids(rows, id)
    features, unused = _usable(rows.drop(columns=[label, *([id] if id else []), *leave_out]))
    unused |= dict.fromkeys(leave_out, "left out as asked")
    enough = min(left.sum(), len(left) - left.sum()) >= FEWEST_LOST
    areas = {str(name): alone(left, features[name]) for name in features} if enough else {}
    _refuse_answers(areas)
    suspects = {name: area for name, area in areas.items() if area >= WARN_AUC}
    return Labelled(features, left, ids, label, unused, suspects, len(table) - len(rows), words)


def _typed(column: pd.Series) -> pd.Series:
    """Return a column of texts as numbers where all are, empty texts as missing; flags as texts."""
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "yes", False: "no"})
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column.astype(float) if pd.api.types.is_numeric_dtype(column) else column
    text = column.astype("object").map(lambda v: str(v).strip(), na_action="ignore")
    text = text.where(~text.str.lower().isin(MISSING))
    known = text.dropna()
    if known.empty or known.str.fullmatch(r"0\d+").any():  # codes such as 007 are no numbers
        return text
    if known.str.fullmatch(WITH_COMMA).all() and known.str.contains(",", regex=False).any():
        known = known.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    if known.str.fullmatch(WITH_POINT).all():
        numbers = pd.to_numeric(known).astype(float)
        return numbers.where(numbers.abs() < MOST).reindex(column.index)
    return text


def _plain(value: object) -> str:
    text = str(value).strip().lower()
    return "_".join(re.sub(r"(?<=\w)-(?=\w)", " ", re.sub(r"\.0$", "", text)).split())


def _means(plain: str) -> float | None:
    """Return 1 for a value that says left, 0 for one that says stayed, None for neither.

    >>> _means("churned"), _means("not_churned"), _means("-1"), _means("paused")
    (1.0, 0.0, 0.0, None)
    """
    denied = NOT_LEFT.fullmatch(plain)
    if denied and denied[2] in LEFT - PLAIN_LEFT:
        return 0.0
    return 1.0 if plain in LEFT else 0.0 if plain in STAYED else None


def _outcome(column: pd.Series, label: str) -> tuple[pd.Series, dict[str, list[str]]]:
    """Return 1 for who left, 0 for who stayed, empty where nothing is recorded; and which values mean what."""
    plain = column.map(_plain, na_action="ignore")
    plain = plain.where(~plain.isin(MISSING))
    counts = plain.value_counts()
    if counts.empty:
        raise DataError(f"the label {label!r} is empty in every row; name the column that says who left.")
    odd = [f"{value!r} ({n:,} rows)" for value, n in counts.items() if _means(str(value)) is None]
    if odd:
        raise DataError(
            f"the label {label!r} holds {', '.join(odd[:5])}{' …' if len(odd) > 5 else ''}: neither a departure nor a "
            "stay. It should hold two values such as Yes and No, 1 and 0, true and false, churned and stayed; blank "
            "rows are set aside."
        )
    if SAYS_STAYED.search(label) and set(counts.index) <= PLAIN_LEFT | PLAIN_STAYED:
        raise DataError(
            f"the label {label!r} seems to say who stayed, not who left; turn it round (yes for who left), or write "
            "churned and stayed in place of its values."
        )
    outcome = plain.map(_means, na_action="ignore").astype(float)
    shown = column.map(lambda v: re.sub(r"\.0$", "", str(v).strip()), na_action="ignore")
    words = {what: sorted(shown[outcome == value].unique()) for what, value in (("left", 1.0), ("stayed", 0.0))}
    return outcome, words


def _check_both(left: Floats, label: str) -> None:
    if left.min() == left.max():
        what = "left" if left.max() else "stayed"
        raise DataError(f"by the label {label!r} all {len(left):,} customers {what}: there is nothing to compare.")


def _ids(rows: pd.DataFrame, id: str) -> pd.Series:
    if not id:
        return pd.Series([f"row {i + 1}" for i in range(len(rows))], dtype="str")
    ids = rows[id].map(lambda v: str(int(v)) if isinstance(v, float) and v.is_integer() else str(v), na_action="ignore")
    ids = ids.fillna(pd.Series([f"row {i + 1}" for i in range(len(rows))]))
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise DataError(
            f"values of the id {id!r} stand more than once, the first {twice[0]!r} ({len(twice):,} in all); "
            "keep one row per customer."
        )
    return ids.astype("str")


def _usable(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the columns that may explain something, and why each other does not."""
    unused = {str(name): why for name in rows if (why := _why_unused(rows[name]))}
    features = rows.drop(columns=list(unused))
    texts = known_categories(features, fewest=FEWEST_ROWS)
    return features.assign(**{n: features[n].where(features[n].isin(known)) for n, known in texts.items()}), unused


def _why_unused(column: pd.Series) -> str:
    known = column.dropna()
    distinct = known.nunique()
    if distinct < 2:
        return "empty" if known.empty else "the same in every row"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "a date: map the raw tables in a source file to use it"
    if is_text(column):
        if not known_categories(column.to_frame(), fewest=FEWEST_ROWS)[str(column.name)]:
            return f"{distinct:,} texts, none of them in {FEWEST_ROWS} rows"
        return ""
    counts_rows = distinct == len(column) >= FEWEST_ROWS and bool(np.all(known == known.round()))
    return "a number of its own in every row, like an id" if counts_rows else ""


def _refuse_answers(areas: dict[str, float]) -> None:
    answers = {name: area for name, area in areas.items() if area >= STOP_AUC}
    if answers:
        named = ", ".join(f"{name} (AUC {area:.3f})" for name, area in answers.items())
        cure = " ".join(f"--leave-out {name!r}" if " " in name else f"--leave-out {name}" for name in answers)
        raise DataError(f"columns that look like the answer: {named}. Alone they say who left; leave them out: {cure}.")
