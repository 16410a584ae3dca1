import pandas as pd
import pytest
from pandera.errors import SchemaError

from workbench.stages import checked

SCORES = pd.DataFrame(
    {
        "customer_id": ["ann", "bob"],
        "as_of": pd.to_datetime(["2024-01-01", "2024-01-01"]).as_unit("us"),
        "churn_probability": [0.2, None],
        "return_probability": [None, 0.4],
        "why": ["", "orders so far: 1"],
    }
)


def test_a_stage_table_that_keeps_its_promise_is_returned_as_it_is() -> None:
    pd.testing.assert_frame_equal(checked("scores", SCORES), SCORES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"customer_id": ["ann", "ann"]}, "not unique"),
        ({"customer_id": ["ann", None]}, "customer_id"),
        ({"churn_probability": [1.2, None]}, "churn_probability"),
    ],
)
def test_a_stage_table_that_breaks_it_is_not_written(change: dict[str, object], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        checked("scores", SCORES.assign(**change))
