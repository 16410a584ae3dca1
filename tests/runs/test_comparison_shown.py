"""How a comparison of two runs shows itself."""

import pandas as pd

from workbench.runs.publishing.comparison import Comparison


def test_customers_at_high_risk_are_whole_numbers_and_the_probability_it_begins_at_is_a_share() -> None:
    risk = pd.DataFrame({"what": ["threshold", "high"], "customers": [0.218, 1234.0]})
    shown = repr(Comparison({"risk": risk}))
    assert "21.8 %" in shown and "1,234" in shown
    assert "0.2" not in shown and "1234.0" not in shown
