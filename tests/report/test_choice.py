from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from controller.accounts.period import Period, month, night, year
from controller.report.choice import Asked, chosen, named
from controller.settings.faults import SettingsError

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = [date(2025, 1, 14), date(2025, 1, 15), date(2025, 3, 2)]


def choose(asked: Asked, now: datetime, nights: list[date] = NIGHTS) -> Period:
    return chosen(asked, nights, now, BERLIN)


def refused(asked: Asked, nights: list[date] = NIGHTS) -> str:
    with pytest.raises(SettingsError) as caught:
        choose(asked, datetime(2025, 1, 1, tzinfo=UTC), nights)
    return str(caught.value)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2025, 3, 3, 10, 59, 59, tzinfo=UTC), date(2025, 1, 15)),
        (datetime(2025, 3, 3, 11, 0, 0, tzinfo=UTC), date(2025, 3, 2)),
        (datetime(2025, 1, 16, 10, 0, 0, tzinfo=UTC), date(2025, 1, 14)),
    ],
)
def test_left_out_it_is_the_last_night_that_is_over(now: datetime, day: date) -> None:
    assert choose(Asked(), now) == night(day)


def test_what_was_asked_for_is_taken_even_if_it_is_not_over() -> None:
    now = datetime(2025, 1, 16, 3, tzinfo=UTC)
    assert choose(Asked(night=date(2025, 1, 15)), now) == night(date(2025, 1, 15))
    assert choose(Asked(month=date(2025, 3, 1)), now) == month(2025, 3)
    assert choose(Asked(year=2025), now) == year(2025)


def test_an_unknown_period_is_refused_with_the_nights_there_are() -> None:
    known = "there are: 2025-01-14 to 2025-01-15, 2025-03-02"
    for asked, label in (
        (Asked(night=date(2025, 1, 16)), "2025-01-16"),
        (Asked(month=date(2025, 2, 1)), "2025-02"),
        (Asked(year=2024), "2024"),
    ):
        said = refused(asked)
        assert f"no records of {label}" in said
        assert known in said
    assert "none of any night yet" in refused(Asked(year=2025), [])


def test_before_the_first_night_is_over_there_is_a_way_to_see_it() -> None:
    assert "name one with --night: 2025-01-14" in refused(Asked())
    assert "wait for the first night" in refused(Asked(), [])


def test_of_many_stretches_the_last_are_named() -> None:
    days = [date(2025, 1, 1 + 2 * i) for i in range(14)]
    assert named(days).startswith("..., 2025-01-05, 2025-01-07")
    assert named(days).endswith("2025-01-27")
    assert named([date(2025, 1, 1), date(2025, 1, 2)], "bis") == "2025-01-01 bis 2025-01-02"
