"""An amount per month that is 0 for all who left is that of today, and is asked about."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from tests.propose.folders import day, proposed_and_loaded, topics, write
from workbench.engines import identifier
from workbench.propose.fitting.folder_evidence import Evidence
from workbench.propose.proposed.mapped import Mapped
from workbench.propose.proposed.proposal import TableProposal
from workbench.propose.raw_files.raw_columns import profile_table
from workbench.propose.terms.price_history import price_history
from workbench.propose.terms.todays_price import price_of_today

ENDED = [("s1", "pro", "50", "0", "2024-03-01"), ("s2", "team", "20", "0", "2024-04-01"), ("s3", "pro", "50", "0", "2024-05-01")]  # fmt: skip


def asked(rows: list[tuple[str, ...]], *, plan: bool = True, price: str = "price") -> tuple[list[str], list[object]]:
    """Return the readings offered, and what each makes of the first row."""
    con = duckdb.connect()
    con.execute(f"CREATE TABLE subs (id VARCHAR, plan VARCHAR, {price} VARCHAR, mrr VARCHAR, ended VARCHAR)")
    con.executemany("INSERT INTO subs VALUES (?, ?, ?, ?, nullif(?, ''))", rows)
    names = {"mrr": "mrr", "ended_at": "ended"} | ({"plan": "plan"} if plan else {})
    columns = {name: Mapped(identifier(raw), (raw,), 1.0, "") for name, raw in names.items()}
    table = price_of_today(con, profile_table(con, "subs"), TableProposal("subscriptions", "subs", columns))
    choices = [choice for doubt in table.columns["mrr"].doubts for choice in doubt.choices]
    steps = [f"({choice.step.replace('{}', 'mrr')})::DOUBLE AS v" for choice in choices]
    made = [con.execute(f"SELECT v FROM (SELECT id, {step} FROM subs) WHERE id = 's1'").fetchone() for step in steps]
    return [choice.label for choice in choices], [value[0] for value in made if value]


def test_what_those_paid_who_left_is_read_from_a_price_that_agrees_or_from_the_plan_else_not_known() -> None:
    stayed = [("s4", "pro", "50", "50", ""), ("s5", "team", "20", "20", "")]
    labels, paid = asked([*ENDED, *stayed])
    assert paid == [50, 50, None, 0]
    assert labels[0].startswith("price, which is the same for those who stayed")
    stayed = [("s4", "pro", "50", "45", ""), ("s5", "pro", "50", "50", ""), ("s6", "team", "20", "15", "")]
    assert asked([*ENDED, *stayed]) == (["what they paid is not known", "they paid nothing: as written"], [None, 0])


def test_nothing_is_asked_where_those_who_left_have_an_amount_or_others_have_none() -> None:
    assert asked([(*row[:3], "50", row[4]) for row in ENDED] + [("s4", "pro", "50", "50", "")]) == ([], [])
    assert asked([*ENDED, ("s4", "free", "0", "0", ""), ("s5", "pro", "50", "50", "")]) == ([], [])


def test_an_end_to_come_is_none_of_those_who_left_by_their_status(tmp_path: Path) -> None:
    head = ["id", "customer_id", "plan_id", "status", "started_at", "cancelled_at", "mrr"]
    kinds = [("active", "", 50), ("cancelled", "2024-03-01", 0), ("non_renewing", "2024-09-01", 50)]
    write(
        tmp_path,
        "subscriptions.csv",
        [head, *([f"S{i}", f"K{i}", "pro", *_of(kinds[i % 3], day(i))] for i in range(36))],
    )
    proposal, crm = proposed_and_loaded(tmp_path)
    assert "today" in topics(proposal) and "free" not in topics(proposal)
    assert set(crm["subscriptions"].mrr.execute().astype(float)) == {50.0}


def _of(kind: tuple[str, str, int], start: date) -> list[object]:
    status, end, mrr = kind
    return [status, start, end, mrr]


def since(rows: list[tuple[str, ...]]) -> tuple[list[str], object]:
    """Return the readings offered of since when a price was paid, and the one stated."""
    con = duckdb.connect()
    con.execute("CREATE TABLE subs (id VARCHAR, who VARCHAR, start VARCHAR, ended VARCHAR, price VARCHAR)")
    con.executemany("INSERT INTO subs VALUES (?, ?, ?, nullif(?, ''), ?)", rows)
    names = {"subscription_id": "id", "customer_id": "who", "started_at": "start", "ended_at": "ended", "mrr": "price"}
    columns = {name: Mapped(identifier(raw), (raw,), 1.0, "") for name, raw in names.items()}
    evidence = Evidence({"subs": profile_table(con, "subs")}, [], {"subs": "subs"})
    (table,) = price_history(con, evidence, (TableProposal("subscriptions", "subs", columns),))
    (doubt,) = table.doubts
    return [choice.label[:20] for choice in doubt.choices], table.stated.get("mrr_is", (None,))[0]


def test_one_price_a_customer_is_asked_about_and_a_row_for_each_new_price_shows_since_when_it_was_paid() -> None:
    one = [(f"s{i}", f"c{i}", "2024-01-05", "", "10") for i in range(4)]
    assert since(one) == (["the price of today: ", "the price since each"], None)
    again = [(f"t{i}", f"c{i}", "2024-06-05", "", "12") for i in range(3)]
    ended = [(*row[:3], "2024-06-05", row[4]) for row in one]
    assert since([*ended, *again]) == (["the price since each", "the price of today: "], "price_since_start")
    terms = [(f"u{i}", f"c{i}", "2024-06-05", "", "10") for i in range(4)]
    more = [(f"v{i}", f"c{i}", "2024-11-05", "", "10") for i in range(4)]
    through = [(*row[:3], "2024-11-05", row[4]) for row in terms]
    assert since([*ended, *through, *more])[1] == "price_since_start"
