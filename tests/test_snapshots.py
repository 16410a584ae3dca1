import pytest

from workbench.asof import Crm
from workbench.errors import SettingError
from workbench.snapshots import check_current, past_snapshots


def test_past_snapshots_have_disjoint_windows_that_ended_by_as_of(retail: Crm) -> None:
    got = past_snapshots(retail.facts, "2011-12-09", horizon_days=91, history_days=91)
    assert [str(t.date()) for t in got] == ["2011-03-11", "2011-06-10", "2011-09-09"]


def test_a_history_too_short_to_learn_and_test_is_refused_with_the_day_that_works(retail: Crm) -> None:
    with pytest.raises(SettingError, match="earliest as_of that works is 2011-09-01"):
        past_snapshots(retail.facts, "2011-08-31", horizon_days=91, history_days=91)
    assert len(past_snapshots(retail.facts, "2011-09-01", horizon_days=91, history_days=91)) == 2


@pytest.mark.parametrize("as_of", ["2010-11-30", "2012-12-09"])
def test_a_day_outside_the_data_is_refused(retail: Crm, as_of: str) -> None:
    with pytest.raises(SettingError, match=as_of):
        check_current(retail.facts, as_of)
