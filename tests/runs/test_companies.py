"""Other companies through the five notebooks, in one process."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

import workbench as wb
from tests.runs.conftest import project
from workbench.runs import publish_draft
from workbench.runs.params import NOTEBOOKS, for_notebook
from workbench.runs.using import read_params

pytestmark = pytest.mark.slow
Printed = Callable[[Path, str], str]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Printed:
    """Run the cells of all notebooks in this process, which spares five kernels; return what they print."""
    monkeypatch.setenv("PATH", "")  # as of a scheduler: no browser, no git

    def run(folder: Path, file: str) -> str:
        monkeypatch.chdir(folder)
        params = read_params(Path(file), {}, as_of=None, name=None)
        for name in NOTEBOOKS:
            names = for_notebook(name, params)
            for cell in nbformat.read(f"notebooks/{name}.ipynb", as_version=4).cells:
                if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
                    exec(cell.source, names)
        publish_draft(params.run_name)
        return capsys.readouterr().out

    return run


def test_the_real_data_give_the_known_answers_and_a_whole_report(tmp_path: Path, printed: Printed) -> None:
    folder = project(tmp_path)
    text = printed(folder, "notebooks/params/online_retail.yaml")
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


def test_a_company_of_subscriptions_and_many_segments_gets_a_report_of_its_own_kinds_of_churn(
    tmp_path: Path, printed: Printed
) -> None:
    folder = project(tmp_path)
    wb.simulate(folder / "company", customers=300, months=16, seed=4)
    source = (folder / "company" / "source.yaml").read_text()
    content = yaml.safe_load(source)
    customers = content["tables"]["customers"]
    customers["columns"] = {"customer_id": "customer_id", "segment": "'plan ' || (hash(customer_id) % 14)"}
    content["tables"] = {"subscriptions": content["tables"]["subscriptions"], "customers": customers}
    (folder / "company.yaml").write_text(
        yaml.safe_dump(
            {**content, "files": {name: {"path": f"company/{file['path']}"} for name, file in content["files"].items()}}
        )
    )
    (folder / "nightly.yaml").write_text("source: company.yaml\nas_of: 2026-01-01\n")
    printed(folder, "nightly.yaml")
    summary = json.loads((folder / "reports" / "nightly" / "summary.json").read_text())
    assert set(summary["kinds_last_period"]) <= {"active", "passive"}
    assert summary["not_at_risk"]["gone"] > 0
    page = (folder / "reports" / "nightly" / "index.html").read_text()
    assert "that active customers pay in a year." in page
    assert "A subscriber is lost when" in page
    assert "without an order" not in page


def test_a_few_visitors_at_a_single_snapshot_give_a_whole_report_without_money_or_a_model(
    tmp_path: Path, printed: Printed
) -> None:
    folder = project(tmp_path)
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
    assert "One snapshot only" in printed(folder, "club.yaml")
    summary = json.loads((folder / "reports" / "club" / "summary.json").read_text())
    assert (summary["model"]["verdict"]["word"], summary["lists"]["keep"]) == ("no model", 0)
    assert summary["metrics"]["churn_rate"]["of"] > 0
    page = (folder / "reports" / "club" / "index.html").read_text()
    assert "No model: There is one labelled snapshot" in page
    assert "Models compared" not in page
    assert "What is at stake cannot be computed: the source has no amounts" in page
    assert "Time as a customer" in page
