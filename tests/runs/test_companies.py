"""Other companies through the five notebooks, in one process."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.runs.conftest import project
from tests.runs.miniature import in_this_process
from workbench.runs.commands.execute import execute
from workbench.runs.live.params_file import read_params
from workbench.runs.notebooks.progress import Stage

pytestmark = pytest.mark.slow


def run(folder: Path, file: str, **how: Any) -> str:
    """Run all notebooks in this process, which spares five kernels; return what they print."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        in_this_process(patch)
        patch.setenv("PATH", "")  # as of a scheduler: no browser, no git
        patch.chdir(folder)
        execute(read_params(Path(file), {}, as_of=None, name=None), on_cell=lambda *_: None, **how)
    return printed.getvalue()


def test_the_real_data_give_the_known_answers_and_a_whole_report(tmp_path: Path) -> None:
    folder = project(tmp_path)
    text = run(folder, "notebooks/params/online_retail.yaml")
    report = folder / "reports" / "online_retail"
    assert "of 3,362 customers who ever bought, 1,443 (42.92%)" in text
    assert "of the 1,907 active in the 91 days before, 590 (30.9%)" in text
    assert "United Kingdom" in text, "countries are compared where the company has no segments of its own"
    model = json.loads((report / "summary.json").read_text())["model"]
    assert model["auc_everyone"] == pytest.approx(0.73, abs=0.015)
    frequency = next(r for r in model["comparison"] if r["model"].startswith("frequency"))
    assert frequency["auc"] == pytest.approx(0.7425, abs=0.001)
    assert model["verdict"]["word"] == "not better"
    crm = folder / "data" / "derived" / "online_retail" / "crm"
    assert sum(len(pd.read_parquet(crm / f"{name}.parquet")) for name in ("orders", "refused")) == 541909
    page = (report / "index.html").read_text()
    assert "135,080 rows of orders set aside: customer_id is missing" in page
    assert "active customers bought nothing: churn" in page
    assert {"actions.csv", "segments.xlsx", "check.html"} == {*re.findall('href="([^"#]+)"', page)}
    assert all((report / name).is_file() for name in ("actions.csv", "segments.xlsx", "check.html"))


def subscribers(folder: Path) -> None:
    """Write three hundred contracts of as many customers, some cancelled on a day, some not renewed without a word."""
    rng = np.random.default_rng(4)
    day = pd.Timestamp("2024-09-01") + pd.to_timedelta(rng.integers(0, 400, 300), unit="D")
    end = pd.Series(day + pd.to_timedelta(30 * rng.geometric(0.08, 300), unit="D"))
    ended = end.where(end < "2026-01-01")
    rows = {
        "contract": [f"s{i}" for i in range(300)],
        "client": [f"c{i}" for i in range(300)],
        "begun": day,
        "over": ended,
    }
    notice = ended.where(rng.random(300) < 0.5) - pd.Timedelta(days=9)
    pd.DataFrame({**rows, "notice": notice, "price": rng.integers(10, 90, 300)}).to_csv(folder / "s.csv", index=False)
    (folder / "company.yaml").write_text(
        "name: Contracts\ncurrency: EUR\nexported_at: 2026-01-01\nfiles: {s: {path: s.csv}}\ntables:\n"
        "  subscriptions: {from: s, columns: {subscription_id: contract, customer_id: client, started_at: begun, "
        "ended_at: over, cancelled_at: notice, mrr: price}}\n"
        "  customers: {from: s, columns: {customer_id: client, segment: \"'plan ' || (hash(client) % 14)\"}}\n"
    )


def test_a_company_of_subscriptions_and_many_segments_gets_a_report_of_its_own_kinds_of_churn(
    tmp_path: Path,
) -> None:
    folder = project(tmp_path)
    subscribers(folder)
    (folder / "nightly.yaml").write_text("source: company.yaml\nas_of: 2026-01-01\n")
    run(folder, "nightly.yaml")
    summary = json.loads((folder / "reports" / "nightly" / "summary.json").read_text())
    assert set(summary["kinds_last_period"]) == {"active", "passive"}
    assert summary["not_at_risk"]["gone"] > 0
    page = (folder / "reports" / "nightly" / "index.html").read_text()
    assert "that active customers pay in a year." in page
    assert "A subscriber is lost when" in page
    assert "without an order" not in page


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A club of a few visitors, known for a hundred days, after a run, and what that printed."""
    folder = project(tmp_path_factory.mktemp("club"))
    rng = np.random.default_rng(1)
    visits = [
        (f"u{i}", pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(day)))
        for i in range(40)
        for day in np.sort(rng.uniform(0, 100, rng.poisson(5) + 2))
    ]
    pd.DataFrame(visits, columns=["who", "at"]).to_csv(folder / "visits.csv", index=False, date_format="%Y-%m-%d %H:%M")
    (folder / "visits.yaml").write_text(
        "name: club\ncurrency: EUR\nfiles: {visits: {path: visits.csv}}\n"
        "tables:\n  events: {from: visits, columns: {customer_id: who, occurred_at: '\"at\"'}}\n"
    )
    (folder / "club.yaml").write_text("source: visits.yaml\nas_of: 2023-04-11\nhorizon_days: 60\ninactive_days: 60\n")
    return folder, run(folder, "club.yaml")


def test_a_few_visitors_at_a_single_snapshot_give_a_whole_report_without_money_or_a_model(
    club: tuple[Path, str],
) -> None:
    folder, text = club
    assert "One snapshot only" in text
    summary = json.loads((folder / "reports" / "club" / "summary.json").read_text())
    assert (summary["model"]["verdict"]["word"], summary["lists"]["keep"]) == ("no model", 0)
    assert summary["metrics"]["churn_rate"]["of"] > 0
    page = (folder / "reports" / "club" / "index.html").read_text()
    assert "No model: There is one labelled snapshot" in page
    assert "Models compared" not in page
    assert "What is at stake cannot be computed: the source has no amounts" in page
    assert "Time as a customer" in page


def hashes(folder: Path) -> dict[str, str]:
    manifest = json.loads((folder / "reports" / "club" / "manifest.json").read_text())
    return {**manifest["tables"], **manifest["outputs"]}


def test_a_run_stopped_half_way_goes_on_and_leaves_the_same_tables_and_pages_as_the_run_before(
    club: tuple[Path, str],
) -> None:
    def stop(stage: Stage) -> None:
        if stage.notebook == "02_label":
            raise KeyboardInterrupt

    folder, _ = club
    first = hashes(folder)
    with pytest.raises(KeyboardInterrupt):
        run(folder, "club.yaml", on_stage=stop)
    assert hashes(folder) == first
    said: list[str] = []
    run(folder, "club.yaml", resume=True, on_resume=said.append)
    assert said == ["The run goes on after 02_label."]
    second = hashes(folder)
    assert {name for name in first if first[name] != second.get(name)} == set()
