"""Other companies through the five notebooks, in one process."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import workbench as wb
from tests.conftest import ROOT
from tests.runs.conftest import project

pytestmark = pytest.mark.slow
CELLS = """
import sys
from pathlib import Path
import nbformat
from workbench.cli import read_params
from workbench.runs import publish_draft
from workbench.runs.params import NOTEBOOKS, for_notebook
params = read_params(Path(sys.argv[1]), {}, as_of=None, name=None)
for name in NOTEBOOKS:
    names = for_notebook(name, params)
    for cell in nbformat.read(f"notebooks/{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
            exec(cell.source, names)
publish_draft(params.run_name)
"""


def printed(folder: Path, params: str) -> str:
    """Run the cells of all notebooks in one process, which spares five kernels; return what they print."""
    command = [sys.executable, "-c", CELLS, params]
    environment = {"PATH": "", "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_real_data_give_the_known_answers_and_a_whole_report(tmp_path: Path) -> None:
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


def test_a_company_of_subscriptions_and_many_segments_gets_a_report_of_its_own_kinds_of_churn(tmp_path: Path) -> None:
    folder = project(tmp_path)
    wb.simulate(folder / "company", customers=900, months=24, seed=4)
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


def shop_of(folder: Path, *, customers: int, days: int) -> None:
    """Write a shop whose customers order every 20 days or so, and the parameters of its run."""
    rng = np.random.default_rng(1)
    orders = [
        (f"{c}-{k}", f"c{c}", pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(d)), 20)
        for c in range(customers)
        for k, d in enumerate(np.sort(rng.uniform(0, days, rng.poisson(days / 20) + 2)))
    ]
    pd.DataFrame(orders, columns=["id", "who", "day", "paid"]).to_csv(folder / "few.csv", index=False)
    (folder / "shop.yaml").write_text(
        "name: shop\ncurrency: EUR\nfiles: {few: {path: few.csv}}\ntables:\n  orders: {from: few, "
        "columns: {order_id: id, customer_id: who, ordered_at: day, amount: paid}}\n"
    )
    (folder / "few.yaml").write_text("source: shop.yaml\nas_of: 2023-04-11\nhorizon_days: 60\ninactive_days: 60\n")


def test_a_few_customers_at_a_single_snapshot_give_a_report_without_a_model(tmp_path: Path) -> None:
    folder = project(tmp_path)
    shop_of(folder, customers=40, days=100)
    assert "One snapshot only" in printed(folder, "few.yaml")
    summary = json.loads((folder / "reports" / "few" / "summary.json").read_text())
    assert (summary["model"]["verdict"]["word"], summary["lists"]["keep"]) == ("no model", 0)
    assert summary["metrics"]["churn_rate"]["of"] > 0
    page = (folder / "reports" / "few" / "index.html").read_text()
    assert "No model: There is one labelled snapshot" in page
    assert "Models compared" not in page


def test_visits_alone_give_a_whole_report(tmp_path: Path) -> None:
    folder = project(tmp_path)
    rng = np.random.default_rng(5)
    visits = [
        (f"u{i}", pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(d)))
        for i, gap in enumerate(rng.gamma(2, 6, 250))
        for d in np.arange(rng.uniform(0, 300), 365 + rng.uniform(0, 335), gap)
    ]
    pd.DataFrame(visits, columns=["who", "at"]).to_csv(folder / "visits.csv", index=False, date_format="%Y-%m-%d %H:%M")
    (folder / "visits.yaml").write_text(
        "name: club\ncurrency: EUR\nfiles: {visits: {path: visits.csv}}\n"
        "tables:\n  events: {from: visits, columns: {customer_id: who, occurred_at: '\"at\"'}}\n"
    )
    (folder / "club.yaml").write_text("source: visits.yaml\nas_of: 2024-12-01\nhorizon_days: 60\ninactive_days: 60\n")
    printed(folder, "club.yaml")
    page = (folder / "reports" / "club" / "index.html").read_text()
    assert "What is at stake cannot be computed: the source has no amounts" in page
    assert "Time as a customer" in page
