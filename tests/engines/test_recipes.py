"""A recipe: the statements of a table, run again with other numbers in place of the placeholders."""

import ibis
import pytest

from workbench.engines import Recipe, materialized


@pytest.fixture
def recipe() -> Recipe:
    """Numbers 0 to 9: those above a threshold (step 1), and how many of them there are in all (result)."""
    backend = ibis.duckdb.connect()
    backend.create_table("numbers", ibis.range(10).unnest().name("n").as_table())
    found = Recipe(backend)
    with found.recorded():
        large = materialized(backend.table("numbers").filter(ibis._.n > 100_003))
        found.result(large.aggregate(rows=large.count(), limit=ibis.literal(100_003)))
    return found


def test_each_run_has_the_rows_of_its_numbers(recipe: Recipe) -> None:
    for limit, rows in (("7", 2), ("2", 7), ("7", 2)):
        (counted,) = recipe.tables({"100003": limit})
        assert counted[["rows", "limit"]].to_numpy().tolist() == [[rows, int(limit)]]


def test_what_is_materialized_outside_a_recipe_is_computed_at_once(recipe: Recipe) -> None:
    table = recipe.tables({"100003": "3"})[0]
    assert materialized(ibis.memtable(table)).count().execute() == 1
