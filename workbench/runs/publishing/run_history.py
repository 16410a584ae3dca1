"""The figures of all published runs, and of those before each, as a table and as a page."""

from __future__ import annotations

import fcntl
import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup

from workbench.errors import ParameterError, UserError, did_you_mean, ended, unturned
from workbench.runs.publishing.overview import read_plain, run_rows
from workbench.runs.stages.folders import Run, project_root
from workbench.runs.stages.locks import names

if TYPE_CHECKING:
    from workbench.report import Language

INDEX = "index.html"
KEY_FIGURES = {"churn_rate": "Churn", "expected_churn": "Expected churn", "at_risk": "Active customers",
               "revenue_at_risk": "Revenue at risk"}  # fmt: skip
WIDTH, HEIGHT, MARGIN = 90, 24, 3


class RunHistory(pd.DataFrame):
    """The figures of runs as a table, which draws itself."""

    @property
    def _constructor(self) -> type[RunHistory]:
        return RunHistory

    def chart(self, figure: str = "churn_rate") -> Any:
        """Return a chart of one figure over the days of the report, a line for each run.

        Raises ParameterError for a figure that no run has, with the nearest one.
        """
        from workbench.report import draw

        known = [name for name in self.columns if name not in ("run", "as_of")]
        if figure not in known:
            raise ParameterError(ended(f"no run has a figure {figure!r}; {did_you_mean(figure, known)}"))
        return draw(_lines, self, figure=figure, width=7, title=f"{figure.replace('_', ' ').capitalize()} of each run")


def _lines(ax: Any, rows: pd.DataFrame, *, figure: str) -> Any:
    for name, own in rows.dropna(subset=figure).groupby("run"):
        ax.plot(own["as_of"], own[figure], marker="o", label=str(name))
    ax.set(xlabel="day of the report", ylabel=figure.replace("_", " "), ylim=(0, None))
    ax.legend(frameon=False)
    ax.tick_params(axis="x", rotation=30)
    return ax


def history(root: str | Path | None = None) -> RunHistory:
    """Return the figures of every published run and of those of its name before it; ``.chart()`` draws one.

    One row per run and day, oldest first: run, as_of, at_risk (customers who can be lost), and a column per figure
    (churn_rate, expected_churn, revenue_at_risk ...); empty where a run has no such figure.
    """
    folder = Path(root or project_root())
    rows = [{"run": name, **row} for name in names(folder) for row in _rows(folder, name)]
    frame = RunHistory(rows, columns=None if rows else ["run", "as_of", "at_risk"])
    frame["as_of"] = pd.to_datetime(frame["as_of"])
    return RunHistory(frame.sort_values(["run", "as_of"], ignore_index=True))


def _rows(root: Path, name: str) -> list[dict[str, Any]]:
    return list(_summary(root, name).get("history", []))


def _summary(root: Path, name: str) -> dict[str, Any]:
    return read_plain(Run(name, root, "").reports / "summary.json")


def prepare_index() -> None:
    """Import what the page needs of the other rooms, which takes a second or two: meant to be called in a thread."""
    import workbench.metrics
    import workbench.report  # noqa: F401


def write_index(root: Path) -> None:
    """Write ``reports/index.html``, the list of runs, in one step; runs that end together wait for each other."""
    folder = root / "reports"
    with (folder / ".index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh = folder / f".{INDEX}"
        fresh.write_text(render_index(root), encoding="utf-8")
        fresh.replace(folder / INDEX)


def render_index(root: Path) -> str:
    """Return the page that lists all runs: state, day, key figures with a small line over the runs before.

    It is in the language of the reports where all of them have the same.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("workbench.runs.publishing", "."),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    rows = [row | {"figures": _figures(_summary(root, row["run"]))} for row in run_rows(root)]
    language = _language(root)
    environment.filters |= {"name": _as_it_is if language else str, "day": _day}
    page = unturned(environment.get_template("index.html.j2").render(runs=rows, heads=list(KEY_FIGURES.values())))
    return _in_language(page, language) if language else page


def _language(root: Path) -> Language | None:
    """Return the language that all published reports share; None for English, and where they differ."""
    manifests = [read_plain(Run(name, root, "").reports / "manifest.json") for name in names(root)]
    files = [str(known["parameters"].get("report_style") or "") for known in manifests if "parameters" in known]
    if not all(files) or not files:
        return None
    from workbench.report import read_style

    try:
        found = {style.language.code: style.language for file in files if (style := read_style(root / file)).language}
    except UserError:  # a style that has changed since or gone: the page is as good in English
        return None
    return found.popitem()[1] if len(found) == 1 else None


def _in_language(page: str, language: Language) -> str:
    from workbench.report import localized

    return localized(page, language)


def _as_it_is(text: str) -> str:
    """Mark a name that no language changes."""
    from workbench.report import named

    return named(text)


def _day(iso: str) -> str:
    """Return a day for a reader.

    >>> _day("2011-12-09")
    '9 December 2011'
    """
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


def _figures(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the text and the small line of each key figure of a run, and of the runs of its name before it."""
    rows, stated = summary.get("history", []), summary.get("metrics", {})
    found = []
    for key in KEY_FIGURES:
        values = [row.get(key) for row in rows]
        text = _text(values[-1] if values else None, stated.get(key), summary.get("currency") or "")
        found.append({"text": text, "line": sparkline([v for v in values if v is not None])})
    return found


def _text(newest: float | None, stated: Mapping[str, Any] | None, currency: str) -> str:
    """Return the newest value: as the report shows it where it states an interval, a dash where it is not known."""
    if newest is None:
        return "–"
    return f"{newest:,.0f}" if stated is None else _as_on_its_page(stated, currency)


def _as_on_its_page(stated: Mapping[str, Any], currency: str) -> str:
    """Return a figure of summary.json in its unit, rounded to what its interval bears."""
    from workbench.metrics import Metric
    from workbench.report import figure

    value, low, high = (math.nan if stated[name] is None else stated[name] for name in ("value", "low", "high"))
    return figure(Metric("", value, low, high, 0, 0, "", 0, unit=stated["unit"]), currency)


def sparkline(values: Sequence[float]) -> Markup:
    """Return a small line over values as SVG; nothing for fewer than two.

    >>> "polyline" in sparkline([0.1, 0.2, 0.15]), sparkline([0.1])
    (True, Markup(''))
    """
    if len(values) < 2:
        return Markup("")
    low, span = min(values), (max(values) - min(values)) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    points = [
        (MARGIN + i * step, HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN))
        for i, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="currentColor"/></svg>'
    )
