"""The source file: everything wrong with it is reported at once, with field, value and cure."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from workbench.errors import SourceError
from workbench.sources.expressions import GUARD, guarded
from workbench.sources.source import Postgres, RawFile, Source, TableMapping, read_source
from workbench.sources.values import Reading, skipped_days
from workbench.yamlfile import scrub

GOOD = {
    "name": "shop",
    "currency": "EUR",
    "files": {"lines": {"path": "orders.csv"}},
    "tables": {
        "orders": {
            "from": "lines",
            "columns": {"order_id": "a", "customer_id": "b", "ordered_at": "c", "amount": "d"},
        }
    },
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "source.yaml"
    path.write_text(yaml.safe_dump({**GOOD, **changes}), encoding="utf-8")
    return path


def message_for(folder: Path, **changes: object) -> str:
    with pytest.raises(SourceError) as problem:
        read_source(write(folder, **changes))
    return str(problem.value)


def orders(**changes: object) -> dict[str, object]:
    return {"orders": {**GOOD["tables"]["orders"], **changes}}  # type: ignore[index, dict-item]


def test_a_good_source_file_is_read(tmp_path: Path) -> None:
    source = read_source(write(tmp_path))
    assert (source.zone, source.files["lines"].kind) == ("UTC", "csv")


def test_a_source_without_amounts_needs_no_currency_and_one_with_amounts_does(tmp_path: Path) -> None:
    for changes, found in (
        ({}, None),
        ({"tables": {"events": {"from": "lines", "columns": {"customer_id": "b", "occurred_at": "c"}}}}, "XXX"),
    ):
        path = write(tmp_path, **changes)
        path.write_text(path.read_text().replace("currency: EUR\n", ""))
        if found:
            assert read_source(path).currency == found
        else:
            with pytest.raises(SourceError, match="currency: missing; add the ISO code of the amounts"):
                read_source(path)


def test_the_source_that_is_shipped_is_read() -> None:
    assert read_source(Path(__file__).parents[2] / "data" / "sources" / "online_retail.yaml").currency == "GBP"


def test_the_example_shows_every_key_and_is_read() -> None:
    path = Path(__file__).parents[2] / "data" / "sources" / "every_key.yaml"
    assert read_source(path).zone == "Europe/Berlin"
    shown = path.read_text(encoding="utf-8")
    for model in (Source, RawFile, Postgres, TableMapping):
        for name, field in model.model_fields.items():
            assert f"{field.alias or name}:" in shown or name == "folder"


def test_everything_wrong_is_reported_at_once(tmp_path: Path) -> None:
    message = message_for(tmp_path, currency="euro", time_zone="Mars/Olympus", dates="dmy", decimal=",", colour="red")
    for word in ("currency: 'euro'", "time_zone: 'Mars/Olympus'", "Europe/Berlin", "dates: 'dmy'", "decimal", "colour"):
        assert word in message


def test_unknown_tables_columns_and_files_are_reported_together(tmp_path: Path) -> None:
    columns = {"order_id": "a", "customer": "b"}
    message = message_for(
        tmp_path, tables={"order": {"from": "lines", "columns": {}}, **orders(**{"from": "line", "columns": columns})}
    )
    for word in (
        "did you mean orders?",
        "did you mean customer_id?",
        "ordered_at, amount are required",
        "did you mean lines?",
    ):
        assert word in message


def test_a_question_ends_with_its_own_mark(tmp_path: Path) -> None:
    mapping = {"from": "lines", "columns": {}}
    message = message_for(tmp_path, tables={"order": mapping, "event": mapping})
    assert "did you mean events? tables: 'order' is not a table of the contract; did you mean orders? " in message
    assert "?." not in message + message_for(tmp_path, tables={"orders": GOOD["tables"]["orders"], "order": mapping})  # type: ignore[index]


def test_a_source_without_activity_is_reported(tmp_path: Path) -> None:
    message = message_for(tmp_path, tables={"customers": {"from": "lines", "columns": {"customer_id": "a"}}})
    assert "orders, events, subscriptions" in message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; DROP TABLE lines",
        "DROP TABLE lines",
        "COPY lines TO 'x.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "DELETE FROM lines",
        "SELECT FROM WHERE",
    ],
)
def test_sql_is_one_select_that_only_reads(tmp_path: Path, sql: str) -> None:
    assert "should be one SELECT" in message_for(tmp_path, tables=orders(**{"from": None, "sql": sql}))


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT * FROM read_text('/etc/hostname')", "calls read_text"),
        ("SELECT (SELECT content FROM read_blob('/etc/hostname')) AS a FROM lines", "calls read_blob"),
        ("SELECT * FROM lines, query('SELECT 1')", "calls query"),
        ("SELECT * FROM enable_logging(storage = 'file')", "calls enable_logging"),
        ("SELECT current_setting('temp_directory') AS a FROM lines", "calls current_setting"),
        ("SELECT * FROM '/etc/hostname'", "reads '/etc/hostname', which is not a file of this source"),
        ("SELECT * FROM information_schema.tables", "reads 'information_schema.tables'"),
        ("WITH a AS (SELECT * FROM secrets) SELECT * FROM a", "reads 'secrets'"),
    ],
)
def test_sql_reads_the_named_files_and_nothing_else(tmp_path: Path, sql: str, why: str) -> None:
    assert why in message_for(tmp_path, tables=orders(**{"from": None, "sql": sql}))


def test_an_expression_reads_no_other_file(tmp_path: Path) -> None:
    columns = {"order_id": "a", "customer_id": "b", "ordered_at": "c", "amount": "(SELECT v FROM 'secret.parquet')"}
    assert "columns.amount reads 'secret.parquet'" in message_for(tmp_path, tables=orders(columns=columns))


@pytest.mark.parametrize("sql", ["1) FROM lines; DROP TABLE lines; --", "a; b", "", "a b c d", "DROP TABLE lines"])
def test_a_column_is_one_expression(tmp_path: Path, sql: str) -> None:
    columns = {"order_id": "a", "customer_id": "b", "ordered_at": "c", "amount": sql}
    assert "columns.amount" in message_for(tmp_path, tables=orders(columns=columns))


def test_a_column_name_with_a_space_has_to_be_quoted(tmp_path: Path) -> None:
    columns = {"order_id": "Order ID here", "customer_id": "b", "ordered_at": "c", "amount": "d"}
    assert 'put an odd column name into "quotes"' in message_for(tmp_path, tables=orders(columns=columns))


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({}, "one of path, postgres or spark"),
        ({"path": "a.csv", "spark": "t"}, "one of path, postgres or spark"),
        ({"path": "a.dat"}, "state format"),
        ({"path": "a.csv", "delimiter": "::"}, "one character, or tab"),
        ({"path": "a.csv", "seperator": ";"}, "files.lines.seperator: unknown"),
        ({"postgres": {"dsn": "postgresql://u@h/d"}}, "either table or query"),
    ],
)
def test_a_raw_file_is_described_once_and_rightly(tmp_path: Path, file: dict[str, object], said: str) -> None:
    assert said in message_for(tmp_path, files={"lines": file})


def test_names_of_files_are_plain(tmp_path: Path) -> None:
    assert "files" in message_for(tmp_path, files={'x"; DROP TABLE y; --': {"path": "a.csv"}})


def test_a_key_that_stands_twice_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "source.yaml"
    path.write_text("name: a\ncurrency: EUR\nname: b\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 3: 'name' stands twice"):
        read_source(path)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "name: [", "\ttabs: no", "!!python/object:os.system {}"])
def test_what_is_no_yaml_is_reported(tmp_path: Path, text: str) -> None:
    path = tmp_path / "source.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"source\.yaml"):
        read_source(path)


def test_passwords_are_covered_wherever_they_stand() -> None:
    assert "s3cret" not in scrub(
        "dsn 'postgresql://ann:s3cret@db/crm' or host=db password='s3cret' or password: s3cret"
    )


def test_only_expressions_that_compute_are_guarded() -> None:
    assert guarded("CustomerID", Reading()) == ("CustomerID", [])
    assert guarded("row_number() OVER ()", Reading()) == ("row_number() OVER ()", [])
    sql, reads = guarded("CAST(a AS INTEGER) + b", Reading())
    assert GUARD in sql
    assert reads == ["a", "b"]


def test_skipped_days_are_those_on_which_clocks_go_forward() -> None:
    assert {"2024-03-10"} <= set(skipped_days("America/New_York"))
    assert not any(day.startswith("2024") for day in skipped_days("Asia/Tehran"))


def test_lists_in_lists_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.yaml").write_text("a: " + "[" * 10_000 + "]" * 10_000, encoding="utf-8")
    with pytest.raises(SourceError, match=r"deep\.yaml: is nested too deep"):
        read_source(tmp_path / "deep.yaml")


def test_aliases_that_multiply_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SourceError, match="line 12: more than 100 aliases"):
        read_source(tmp_path / "bomb.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:p@ss:hidden@db/crm",
        "host=db password='hidden'",
        "PGPASSWORD=hidden",
        "pwd: hidden",
        '{"password": "hidden"}',
        "postgresql://db/crm?user=a&password=hidden",
        "api_key = hidden",
        "postgresql://db/crm?pass%77ord=hidden",
        "postgresql://ann:hidden",
    ],
)
def test_no_spelling_of_a_password_is_shown(text: str) -> None:
    assert "hidden" not in scrub(text)


def test_a_port_is_no_password() -> None:
    assert (
        scrub("postgresql://db:5432 and postgresql://db:5432/crm")
        == "postgresql://db:5432 and postgresql://db:5432/crm"
    )
