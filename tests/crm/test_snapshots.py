from datetime import datetime, timedelta

import pytest

from workbench.crm.asof import Crm, Facts
from workbench.crm.snapshots import check_current, past_snapshots
from workbench.errors import SettingError


def test_past_snapshots_have_disjoint_windows_that_ended_by_as_of(retail: Crm) -> None:
    got = past_snapshots(retail.facts, "2011-12-09", horizon_days=91, history_days=91)
    assert [str(t.date()) for t in got] == ["2011-03-11", "2011-06-10", "2011-09-09"]


def test_a_history_too_short_to_learn_and_test_is_refused_with_the_day_that_works(retail: Crm) -> None:
    with pytest.raises(SettingError, match="earliest as_of that works is 2011-09-01"):
        past_snapshots(retail.facts, "2011-08-31", horizon_days=91, history_days=91)
    assert len(past_snapshots(retail.facts, "2011-09-01", horizon_days=91, history_days=91)) == 2


def test_one_snapshot_will_do_where_no_model_is_wanted_even_with_less_history_before_it(retail: Crm) -> None:
    days = {"horizon_days": 91, "history_days": 91, "fewest": 1}
    for as_of, only in (("2011-08-31", "2011-06-01"), ("2011-04-01", "2010-12-31")):
        assert [str(t.date()) for t in past_snapshots(retail.facts, as_of, **days)] == [only]
    with pytest.raises(SettingError, match=r"one is needed for rates.*earliest as_of that works is 2011-03-04"):
        past_snapshots(retail.facts, "2011-03-03", **days)
    assert len(past_snapshots(retail.facts, "2011-03-04", **days)) == 1


def test_a_horizon_too_long_for_the_data_is_refused_with_the_longest_that_works(retail: Crm) -> None:
    with pytest.raises(
        SettingError, match=r"end 2011-12-09, .*: the longest horizon_days that works is 140\."
    ) as refused:
        past_snapshots(retail.facts, "2011-12-09", horizon_days=400, history_days=91)
    assert "earliest" not in str(refused.value)
    assert len(past_snapshots(retail.facts, "2011-12-09", horizon_days=140, history_days=91)) == 2
    with pytest.raises(SettingError):
        past_snapshots(retail.facts, "2011-12-09", horizon_days=141, history_days=91)


def test_where_no_horizon_works_a_longer_history_is_asked_for(retail: Crm) -> None:
    with pytest.raises(SettingError, match="load a longer history, or choose a smaller inactive_days"):
        past_snapshots(retail.facts, "2011-12-09", horizon_days=91, history_days=400)


def test_the_latest_day_that_is_named_is_the_latest_that_works(retail: Crm) -> None:
    with pytest.raises(SettingError, match="use as_of 2011-12-17 or earlier"):
        check_current(retail.facts, "2011-12-18")
    check_current(retail.facts, "2011-12-17")


@pytest.mark.parametrize("as_of", ["2010-11-30", "2012-12-09"])
def test_a_day_outside_the_data_is_refused(retail: Crm, as_of: str) -> None:
    with pytest.raises(SettingError, match=as_of):
        check_current(retail.facts, as_of)


DAY = timedelta(days=1)
EXPORTED = Facts(
    "a company", "EUR", "", datetime(2023, 1, 1), datetime(2024, 12, 31, 9), known_until=datetime(2024, 12, 31, 15, 30)
)


def test_snapshots_stay_at_midnight_when_the_export_has_a_time() -> None:
    at = past_snapshots(EXPORTED, "2025-01-02", horizon_days=91, history_days=91, settle_days=30)
    assert {t.time() for t in at} == {datetime.min.time()}
    assert at[-1] == datetime(2024, 12, 31) - 121 * DAY
    assert past_snapshots(EXPORTED, "2024-12-31T15:30", horizon_days=91, history_days=91, settle_days=30) == at


def test_the_first_and_the_last_day_that_can_be_looked_from_are_those_at_the_edge_of_the_data() -> None:
    for at in (EXPORTED.begins_at + timedelta(microseconds=1), EXPORTED.known_until + 7 * DAY):
        check_current(EXPORTED, at)
    for at in (EXPORTED.begins_at, EXPORTED.known_until + 7 * DAY + timedelta(microseconds=1)):
        with pytest.raises(SettingError, match=f"as_of {at.date()}"):
            check_current(EXPORTED, at)
    check_current(EXPORTED, EXPORTED.known_until + 2 * DAY, max_age_days=2)
