from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import workbench as wb
from workbench import contract
from workbench.demo import Simulated, chances, scenario, simulate
from workbench.demo.export import NOT_MADE
from workbench.errors import SettingError

EXTRACT_AT = "2025-09-17"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("demo") / "small"
    return simulate(folder, customers=400, months=9, seed=5, extract_at=EXTRACT_AT)


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(tmp_path_factory.mktemp("demo") / "seven", customers=7, months=3)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("demo") / "company"
    simulate(folder, customers=8000, months=24, seed=3)
    with duckdb.connect() as con:
        for path in folder.glob("*.parquet"):
            con.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
        yield con


def count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.sql(f"SELECT count(*) FROM ({query})").fetchone()[0])  # type: ignore[index]


def contents(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def test_the_same_seed_gives_the_same_company_whatever_the_threads(
    small: Simulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.demo.company.ONE_THREAD", 0)
    monkeypatch.setattr("duckdb.connect", partial(duckdb.connect, config={"threads": 4}))
    simulate(tmp_path / "again", customers=400, months=9, seed=5)
    first, again = contents(small.source.parent), contents(tmp_path / "again")
    assert first.keys() == again.keys()
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, again[name])


def test_another_seed_gives_another_company(seven: Simulated, tmp_path: Path) -> None:
    simulate(tmp_path / "other", customers=7, months=3, seed=2)
    first, other = contents(seven.source.parent), contents(tmp_path / "other")
    assert not first["truth"].equals(other["truth"])


def test_every_table_loads_without_a_refused_row_and_no_column_is_empty(small: Simulated) -> None:
    crm = wb.load_tables(small.source)
    assert set(crm) == set(contract.TABLES)
    assert crm.facts.refused == []
    for name, frame in contents(small.source.parent).items():
        if name in contract.TABLES:
            assert list(frame.columns) == [c for c in contract.TABLES[name].names if c not in NOT_MADE]
            empty = set(frame.columns[frame.isna().all()])
            assert not empty, f"{name}: {empty}"


def test_nothing_is_dated_after_the_export(small: Simulated) -> None:
    for name, frame in contents(small.source.parent).items():
        for column in contract.TABLES[name].columns if name in contract.TABLES else ():
            if column.time_class in ("row", "event"):
                assert not (frame[column.name] >= "2026-01-01").any(), f"{name}.{column.name}"


def test_the_extract_is_the_tables_as_of_its_date(small: Simulated) -> None:
    assert small.extract is not None
    then = contents(small.extract.parent)
    view = wb.load_tables(small.source).as_of(EXTRACT_AT)
    for name, spec in contract.TABLES.items():
        known = view[name].drop("as_of").to_pandas()
        shown = then[name][known.columns]
        order = list(known.columns)
        known, shown = (
            f.astype(str).sort_values(order, ignore_index=True) for f in (known, shown.astype(known.dtypes))
        )
        pd.testing.assert_frame_equal(known, shown, obj=spec.name)


def test_the_extract_holds_overwritten_values_as_they_were(small: Simulated) -> None:
    assert small.extract is not None
    now, then = contents(small.source.parent), contents(small.extract.parent)
    both = now["subscriptions"].merge(then["subscriptions"], on="subscription_id", suffixes=("_now", "_then"))
    for column in ("plan", "mrr", "auto_renew"):
        assert (both[f"{column}_now"] != both[f"{column}_then"]).any(), column
    for tables in (now, then):
        changes = tables["subscription_changes"].sort_values("changed_at")
        last = changes.groupby("subscription_id")[["plan", "mrr"]].last()
        stated = tables["subscriptions"].set_index("subscription_id")[["plan", "mrr"]].loc[last.index]
        pd.testing.assert_frame_equal(stated, last)


@pytest.mark.parametrize(
    ("table", "key", "other"),
    [
        *(
            (name, "customer_id", "customers")
            for name in contract.TABLES
            if "customer_id" in contract.TABLES[name].names
        ),
        *((name, "contact_id", "contacts") for name in ("tickets", "events", "messages", "surveys")),
        ("subscription_changes", "subscription_id", "subscriptions"),
        ("invoices", "subscription_id", "subscriptions"),
        ("charges", "invoice_id", "invoices"),
    ],
)
def test_every_key_leads_to_a_row(company: duckdb.DuckDBPyConnection, table: str, key: str, other: str) -> None:
    assert count(company, f"SELECT 1 FROM {table} ANTI JOIN {other} USING ({key})") == 0


@pytest.mark.parametrize("table", [t for t in contract.TABLES.values() if t.unique], ids=lambda t: t.name)
def test_every_id_is_unique(company: duckdb.DuckDBPyConnection, table: contract.Table) -> None:
    assert count(company, f"SELECT 1 FROM {table.name} GROUP BY {table.unique} HAVING count(*) > 1") == 0


def test_parents_and_returned_orders_exist(company: duckdb.DuckDBPyConnection) -> None:
    assert (
        count(
            company,
            "SELECT 1 FROM customers c ANTI JOIN customers p ON c.parent_id = p.customer_id "
            "WHERE c.parent_id IS NOT NULL",
        )
        == 0
    )
    returns = "FROM orders back LEFT JOIN orders sale ON back.returns_order_id = sale.order_id"
    assert count(
        company,
        f"SELECT DISTINCT back.order_id {returns} WHERE back.amount < 0 AND back.product = sale.product "
        "AND back.customer_id = sale.customer_id AND back.ordered_at > sale.ordered_at",
    ) == count(company, "SELECT 1 FROM orders WHERE amount < 0 GROUP BY order_id")


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ("subscriptions", "cancelled_at < started_at OR ended_at <= started_at OR ended_at < cancelled_at"),
        ("subscriptions", "renews_at <= started_at OR trial_ends_at <= started_at"),
        ("invoices", "least(due_at, paid_at, voided_at, disputed_at, written_off_at) <= issued_at"),
        ("invoices", "paid_at IS NOT NULL AND (voided_at IS NOT NULL OR written_off_at IS NOT NULL)"),
        ("charges", "succeeded = (failure_code IS NOT NULL) OR card_expires_at < attempted_at"),
        ("tickets", "first_response_at <= opened_at OR resolved_at <= first_response_at OR reopened_at <= opened_at"),
        ("messages", "opened_at <= sent_at OR replied_at <= opened_at"),
        ("contacts", "left_at <= joined_at"),
        ("consents", "withdrawn_at <= granted_at"),
        ("treatments", "contacted_at < treated_at OR (arm = 'control' AND contacted_at IS NOT NULL)"),
        ("customers JOIN subscriptions USING (customer_id)", "started_at < signed_up_at OR ended_at > closed_at"),
        ("invoices JOIN subscriptions USING (subscription_id)", "issued_at < started_at OR issued_at >= ended_at"),
        (
            "charges JOIN invoices USING (invoice_id)",
            "attempted_at < issued_at OR (succeeded AND attempted_at <> paid_at)",
        ),
        ("subscription_changes JOIN subscriptions USING (subscription_id)", "changed_at < started_at"),
        ("subscription_changes JOIN subscriptions USING (subscription_id)", "changed_at > ended_at"),
    ],
)
def test_no_order_of_dates_is_impossible(company: duckdb.DuckDBPyConnection, table: str, wrong: str) -> None:
    assert count(company, f"SELECT 1 FROM {table} WHERE {wrong}") == 0


def test_the_product_is_used_only_while_a_subscription_lives(company: duckdb.DuckDBPyConnection) -> None:
    live = (
        "EXISTS (SELECT 1 FROM subscriptions s WHERE s.customer_id = e.customer_id AND started_at <= occurred_at "
        "AND occurred_at < coalesce(ended_at, TIMESTAMP '9999-01-01'))"
    )
    assert count(company, f"SELECT 1 FROM events e WHERE NOT {live}") == 0


# What the tables show of a sign in the month before a snapshot.
SHOWN = {
    "silence": "NOT EXISTS (SELECT 1 FROM messages t WHERE direction = 'in' AND {own} AND sent_at {before})",
    "contact": "NOT EXISTS (SELECT 1 FROM contacts t WHERE role = 'decision maker' AND {own} "
    "AND joined_at < as_of AND NOT coalesce(left_at < as_of, false))",
    "payment": "EXISTS (SELECT 1 FROM invoices t WHERE {own} AND due_at < as_of AND issued_at {before} "
    "AND voided_at IS NULL AND NOT coalesce(paid_at < as_of, false))",
    "complaint": "EXISTS (SELECT 1 FROM tickets t WHERE kind = 'complaint' AND {own} AND opened_at {before})",
    "intent": "EXISTS (SELECT 1 FROM events t WHERE event = 'page_cancel' AND {own} AND occurred_at {before})",
    "support": "EXISTS (SELECT 1 FROM tickets t WHERE {own} AND opened_at {before} "
    "AND first_response_at > opened_at + INTERVAL 2 DAY)",
    "channel": "EXISTS (SELECT 1 FROM messages t JOIN customers c USING (customer_id) WHERE {own} "
    "AND direction = 'out' AND channel <> preferred_channel AND sent_at {before})",
    "nps": "coalesce((SELECT arg_max(score, answered_at) FROM surveys t WHERE instrument = 'nps' AND {own} "
    "AND answered_at < as_of), 10) <= 6",
    "wishes": "EXISTS (SELECT 1 FROM tickets t WHERE kind = 'feature_request' AND {own} AND opened_at {before})",
}


@pytest.mark.parametrize("sign", SHOWN)
def test_a_sign_is_in_the_tables_before_the_snapshot_it_counts_for(
    company: duckdb.DuckDBPyConnection, sign: str
) -> None:
    shown = SHOWN[sign].format(
        own="t.customer_id = now.customer_id", before="BETWEEN as_of - INTERVAL 1 MONTH AND as_of - INTERVAL 1 SECOND"
    )
    # Who paid for two months running: a first month, a pause and a new life have no month before.
    rows = (
        "truth_snapshots AS now SEMI JOIN truth_snapshots AS last ON now.customer_id = last.customer_id "
        "AND last.as_of = now.as_of - INTERVAL 1 MONTH"
    )
    checked = company.sql(
        f"SELECT {sign} AS shown_in_truth, {shown} AS seen, count(*) AS n FROM {rows} "
        "WHERE hash(now.customer_id) % 8 = 0 AND customer_id NOT IN (SELECT customer_id FROM truth WHERE life > 1) "
        "GROUP BY ALL"
    ).fetchall()
    assert {(in_truth, seen) for in_truth, seen, _ in checked} == {(False, False), (True, True)}


def test_poor_onboarding_shows_by_day_30(company: duckdb.DuckDBPyConnection) -> None:
    used = (
        "SELECT customer_id, bool_or(coalesce(occurred_at < signed_up_at + INTERVAL 30 DAY, false)) AS used "
        "FROM customers LEFT JOIN (FROM events WHERE event = 'feature_core') USING (customer_id) "
        "WHERE signed_up_at BETWEEN '2024-01-01' AND '2025-11-30' GROUP BY ALL"
    )
    onboarded = company.sql(
        f"SELECT used, poor_onboarding, count(*) FROM ({used}) JOIN truth USING (customer_id) GROUP BY ALL"
    )
    assert {(used, poor) for used, poor, _ in onboarded.fetchall()} == {(True, False), (False, True)}


def test_each_sign_raises_churn_as_strongly_as_stated_and_noise_does_not(company: duckdb.DuckDBPyConnection) -> None:
    signs = {s.name: s.strength for s in (*scenario.SIGNS, scenario.NOISE)} | {
        "onboarding": scenario.ONBOARDING_STRENGTH
    }
    rows = company.sql("FROM truth_snapshots WHERE as_of > '2024-01-01'").df()
    model = LogisticRegression(C=1e6, max_iter=1000).fit(rows[list(signs)].astype(float), rows["lost_30"])
    found = dict(zip(signs, model.coef_[0], strict=True))
    del signs["payment"], found["payment"]  # it also makes financial churn possible, so it weighs more
    assert found == pytest.approx(signs, abs=0.4)
    exposed = rows.groupby("payment")["lost_30"].mean()
    assert exposed[True] > 3 * exposed[False]


@pytest.mark.parametrize("sign", [*scenario.BIT, "onboarding"])
def test_who_shows_a_sign_leaves_more_often(company: duckdb.DuckDBPyConnection, sign: str) -> None:
    rate = dict(company.sql(f"SELECT {sign}, avg(lost_91::INTEGER) FROM truth_snapshots GROUP BY ALL").fetchall())
    assert rate[True] > 1.1 * rate[False]


def test_who_shows_the_noise_does_not(company: duckdb.DuckDBPyConnection) -> None:
    rows = company.sql("SELECT wishes, lost_30, p30 FROM truth_snapshots WHERE wishes").df()
    chance = rows["p30"]
    assert abs(rows["lost_30"].sum() - chance.sum()) < 3.5 * np.sqrt((chance * (1 - chance)).sum())
    overall = company.sql("SELECT avg(p30) FROM truth_snapshots").fetchone()
    assert overall is not None
    assert chance.mean() == pytest.approx(overall[0], rel=0.1)


@pytest.mark.parametrize("days", [30, 91])
def test_the_true_probability_is_calibrated(company: duckdb.DuckDBPyConnection, days: int) -> None:
    # Every third month: outcome windows that do not overlap.
    rows = company.sql(f"SELECT p{days} AS p, lost_{days} AS y FROM truth_snapshots WHERE month(as_of) % 3 = 1").df()
    tenth = pd.qcut(rows["p"], 10, duplicates="drop")
    sums = rows.assign(v=rows["p"] * (1 - rows["p"])).groupby(tenth, observed=True).sum()
    z = (sums["y"] - sums["p"]) / np.sqrt(sums["v"])
    assert (z.abs() < 4).all()
    assert abs(sums["y"].sum() - sums["p"].sum()) < 3.5 * np.sqrt(sums["v"].sum())


def test_the_offer_keeps_responders_and_nobody_else(company: duckdb.DuckDBPyConnection) -> None:
    rows = company.sql(
        "SELECT would_respond, arm = 'treated' AS treated, left_at < treated_at + INTERVAL 91 DAY IS TRUE AS lost "
        "FROM treatments t JOIN truth USING (customer_id) "
        "WHERE started_at < treated_at AND NOT coalesce(left_at < treated_at, false)"
    ).df()
    rates = rows.groupby(["would_respond", "treated"])["lost"].agg(["mean", "count"])
    assert rates.loc[(True, True), "mean"] < 0.6 * rates.loc[(True, False), "mean"]
    others = rates.loc[False]
    spread = np.sqrt((others["mean"] * (1 - others["mean"]) / others["count"]).sum())
    assert abs(others["mean"].diff().iloc[-1]) < 3.5 * spread


def test_arms_are_drawn_at_random(company: duckdb.DuckDBPyConnection) -> None:
    rows = company.sql(
        "SELECT arm = 'control' AS control, p91 FROM treatments t "
        "JOIN truth_snapshots s ON t.customer_id = s.customer_id AND s.as_of = date_trunc('month', treated_at)"
    ).df()
    assert rows["control"].mean() == pytest.approx(scenario.CONTROL_SHARE, abs=0.03)
    assert rows.groupby("control")["p91"].mean().diff().iloc[-1] == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize(
    ("kind", "evidence"),
    [
        ("active", "EXISTS (FROM cancellations c WHERE c.customer_id = t.customer_id AND occurred_at = left_at)"),
        (
            "financial",
            "EXISTS (FROM invoices i WHERE i.customer_id = t.customer_id AND paid_at IS NULL "
            "AND voided_at IS NULL AND due_at BETWEEN left_at - INTERVAL 60 DAY AND left_at - INTERVAL 30 DAY)",
        ),
        (
            "passive",
            "NOT EXISTS (FROM cancellations c WHERE c.customer_id = t.customer_id AND occurred_at = left_at) "
            "AND NOT EXISTS (FROM invoices i WHERE i.customer_id = t.customer_id AND due_at < left_at "
            "AND voided_at IS NULL AND NOT coalesce(paid_at < left_at, false) AND written_off_at IS NULL)",
        ),
    ],
)
def test_each_kind_of_churn_has_its_evidence(company: duckdb.DuckDBPyConnection, kind: str, evidence: str) -> None:
    leavers = f"FROM truth t WHERE kind = '{kind}' AND left_at < '2026-01-01'"
    assert count(company, leavers) > 100
    assert count(company, f"{leavers} AND NOT ({evidence})") == 0


def test_an_active_leaver_owes_nothing(company: duckdb.DuckDBPyConnection) -> None:
    owed = (
        "EXISTS (FROM invoices i WHERE i.customer_id = t.customer_id AND due_at < left_at AND written_off_at IS NULL "
        "AND voided_at IS NULL AND NOT coalesce(paid_at < left_at, false))"
    )
    assert count(company, f"FROM truth t WHERE kind = 'active' AND left_at < '2026-01-01' AND {owed}") == 0


def test_every_situation_of_the_scenario_occurs(company: duckdb.DuckDBPyConnection) -> None:
    for wanted in (
        "FROM truth WHERE back_within_grace",
        "FROM truth WHERE returned_at IS NOT NULL AND NOT back_within_grace",
        "FROM subscriptions WHERE kind = 'trial'",
        "FROM subscriptions WHERE kind = 'free'",
        "FROM customers WHERE parent_id IS NOT NULL",
        "FROM customers WHERE exclude_reason IS NOT NULL",
        "FROM customers WHERE signed_up_at < '2024-01-01'",
        "SELECT customer_id FROM subscriptions WHERE kind = 'paid' AND ended_at IS NULL GROUP BY ALL "
        "HAVING count(*) > 1",
        *(
            f"FROM subscription_changes WHERE change = '{change}'"
            for change in ("plan", "price", "quantity", "paused", "resumed", "auto_renew")
        ),
    ):
        assert count(company, wanted) > 20, wanted


def test_use_drops_in_the_holidays(company: duckdb.DuckDBPyConnection) -> None:
    rate = (
        company.sql(
            "SELECT month(as_of) AS month, uses / customers AS rate FROM "
            "(SELECT as_of, count(*) AS customers FROM truth_snapshots GROUP BY as_of) JOIN "
            "(SELECT date_trunc('month', occurred_at) AS as_of, count(*) AS uses FROM events GROUP BY ALL)"
            " USING (as_of)"
        )
        .df()
        .groupby("month")["rate"]
        .mean()
    )
    assert rate[8] < 0.75 * rate[5]


def test_three_months_of_loss_agree_with_going_through_them_one_by_one() -> None:
    cells = chances.cells_of(np.array([0, 40]))
    one, _, _ = chances.loss_ahead(cells, 0, 1, 1)
    three, _, reached = chances.loss_ahead(cells, 0, 1, 3)
    assert (three > one).all()
    assert ((one > 0) & (three < 1)).all()
    # No campaign works in month 0 to 2, so having been reached by none makes no difference.
    np.testing.assert_allclose(three, reached)


def test_an_offer_that_works_lowers_the_loss_ahead() -> None:
    nobody, untouched, reached = chances.loss_ahead(chances.cells_of(np.array([0])), scenario.CAMPAIGN_FIRST + 1, 4, 3)
    np.testing.assert_allclose(nobody, untouched)
    assert (reached < untouched).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"customers": 0}, "customers 0"),
        ({"months": 2}, "months 2"),
        ({"seed": -1}, "seed -1"),
        ({"ends_at": "2026-01-15"}, "use 2026-01-01"),
        ({"extract_at": "2026-02-01"}, "extract_at 2026-02-01"),
    ],
)
def test_a_setting_that_makes_no_company_is_refused(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        simulate(tmp_path / "new", **settings)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(SettingError, match="not empty"):
        simulate(tmp_path)
    with pytest.raises(SettingError, match="cannot be written"):
        simulate(tmp_path / "mine.txt" / "folder")


def test_very_few_customers_are_a_company_too(seven: Simulated, tmp_path: Path) -> None:
    one = simulate(tmp_path / "one", customers=1, months=3)
    for company, customers in ((one, 1), (seven, 7)):
        assert len(pd.read_parquet(company.source.parent / "customers.parquet")) == customers
