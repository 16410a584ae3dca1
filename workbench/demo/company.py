"""The verb: a simulated company written to a folder, with the truth beside its tables."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np

from workbench.crm import Moment, moment
from workbench.demo import scenario
from workbench.demo.customer_lives import settle_lives
from workbench.demo.export import TRUTH, export_tables, truth_snapshots, write
from workbench.demo.months import live_months
from workbench.demo.signups import draw_people
from workbench.errors import SettingError

MEMORY_LIMIT = "2500MB"
LEAST_MONTHS = 3
ONE_THREAD = 10_000
"""Fewer customers take longer to share out among threads than to simulate."""
ENDS_AT = "2026-01-01"


@dataclass(frozen=True)
class Reachable:
    """The best that any model can reach within a horizon: the true probabilities scored on what happened."""

    horizon_days: int
    snapshots: int
    lost: int
    log_loss: float
    auc: float

    def __str__(self) -> str:
        return (
            f"within {self.horizon_days} days: log-loss {self.log_loss:.4f}, AUC {self.auc:.3f} "
            f"({self.snapshots:,} customers at snapshots, {self.lost:,} lost)"
        )


@dataclass(frozen=True)
class Simulated:
    """A simulated company: its source file, that of the extract if one was asked for, and the best reachable scores."""

    source: Path
    extract: Path | None
    best: tuple[Reachable, ...]

    def __str__(self) -> str:
        extract = f"\nas it stood before: {self.extract}" if self.extract else ""
        return f"{self.source}{extract}\nbest reachable " + "\nbest reachable ".join(str(best) for best in self.best)


def simulate(
    folder: str | Path,
    *,
    customers: int = 1000,
    months: int = 24,
    seed: int = 1,
    ends_at: Moment = ENDS_AT,
    extract_at: Moment | None = None,
) -> Simulated:
    """Write a simulated company to an empty folder; return where, and how well the best possible model would do.

    - one Parquet file per table of the contract, and ``source.yaml`` for ``load_tables``;
    - ``truth.parquet``, one row per customer and life as a paying customer: when it began, when, how and because of
      which sign it was left (also after the export), and whether the customer would respond to an offer;
    - ``truth_snapshots.parquet``, one row per customer at risk and month: the signs shown, the probability to be
      lost within 30 and 91 days given all that the tables show, and whether the customer was;
    - ``strengths.json``: what each sign does, in log-odds per month;
    - with ``extract_at``, ``extract_<date>/``: the same tables as an export of that date would have shown them.

    ``months`` of data end at ``ends_at``, the first of a month. The same seed gives the same company.

    Raises SettingError naming the setting, its value and the cure.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     company = simulate(folder, customers=50, months=3)
    >>> company.source.name, [best.horizon_days for best in company.best]
    ('source.yaml', [30, 91])
    """
    ends, extract = moment(ends_at), None if extract_at is None else moment(extract_at)
    _check_sizes(customers, months, seed)
    begins = _months_before(ends, months)
    if extract is not None and not begins < extract < ends:
        raise SettingError(f"extract_at {extract} is not within the data; choose one after {begins} and before {ends}.")
    folder = _empty_folder(Path(folder))
    exports = {folder: ends} | ({} if extract is None else {folder / f"extract_{extract.date()}": extract})
    try:
        with tempfile.TemporaryDirectory(dir=folder) as scratch, duckdb.connect(f"{scratch}/company.duckdb") as con:
            con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
            if customers < ONE_THREAD:
                con.execute("SET threads = 1")
            draw_people(con, customers=customers, months=months, seed=seed, begins_at=begins)
            live_months(con, months=months + scenario.FUTURE_MONTHS, begins_at=begins)
            settle_lives(con)
            for where, at in exports.items():
                where.mkdir(exist_ok=True)
                export_tables(con, where, at=at)
            write(con, TRUTH, folder / "truth.parquet")
            write(con, truth_snapshots(months), folder / "truth_snapshots.parquet")
    except (duckdb.IOException, duckdb.OutOfMemoryException) as problem:
        raise SettingError(
            f"customers {customers:,} do not fit into folder {folder} ({str(problem).splitlines()[0]}); "
            "free some space, or simulate fewer."
        ) from None
    (folder / "strengths.json").write_text(json.dumps(scenario.strengths(), indent=2), encoding="utf-8")
    best = tuple(best_reachable(folder / "truth_snapshots.parquet", days) for days in scenario.HORIZON_MONTHS)
    source, *before = (where / "source.yaml" for where in exports)
    return Simulated(source, before[0] if before else None, best)


def best_reachable(snapshots: Path, horizon_days: int) -> Reachable:
    """Return log-loss and AUC of the true probabilities in ``truth_snapshots.parquet``."""
    p, lost = f"p{horizon_days}", f"lost_{horizon_days}"
    with duckdb.connect() as con:
        grouped = con.execute(
            f"SELECT {p}, count(*) FILTER (WHERE {lost}), count(*) FILTER (WHERE NOT {lost}) "
            f"FROM read_parquet(?) GROUP BY {p} ORDER BY {p}",
            [str(snapshots)],
        ).fetchnumpy()
    chance, left, stayed = (np.asarray(column, dtype=float) for column in grouped.values())
    total = left.sum() + stayed.sum()
    log_loss = -(left @ np.log(chance) + stayed @ np.log1p(-chance)) / total if total else float("nan")
    pairs = left.sum() * stayed.sum()
    ranked_right = left @ (np.cumsum(stayed) - stayed / 2)
    auc = ranked_right / pairs if pairs else float("nan")
    return Reachable(horizon_days, int(total), int(left.sum()), float(log_loss), float(auc))


def _check_sizes(customers: int, months: int, seed: int) -> None:
    if customers < 1:
        raise SettingError(f"customers {customers} is too few; simulate at least 1.")
    if months < LEAST_MONTHS:
        raise SettingError(
            f"months {months} is too short for one outcome of 91 days; simulate at least {LEAST_MONTHS}."
        )
    if seed < 0:
        raise SettingError(f"seed {seed} is negative; use 0 or a positive whole number.")


def _months_before(ends_at: datetime, months: int) -> datetime:
    if ends_at != datetime(ends_at.year, ends_at.month, 1):
        raise SettingError(f"ends_at {ends_at} is not the first of a month; use {ends_at:%Y-%m}-01.")
    year, month = divmod(ends_at.year * 12 + ends_at.month - 1 - months, 12)
    if year < 1:
        raise SettingError(f"months {months} reaches back before the calendar begins; simulate fewer.")
    return datetime(year, month + 1, 1)


def _empty_folder(folder: Path) -> Path:
    """Make the folder, and return it; an earlier company is never overwritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SettingError(f"folder {folder} is not empty; name a new one, or empty it first.")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise SettingError(f"folder {folder} cannot be written ({problem.strerror}); name another.") from None
    return folder
