from datetime import date
from zoneinfo import ZoneInfo

import pytest

from controller.accounts.period import Period, month, night, parts, year

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("period", "label", "nights", "pieces"),
    [
        (night(date(2025, 1, 15)), "2025-01-15", 1, 1),
        (month(2024, 2), "2024-02", 29, 29),
        (month(2025, 12), "2025-12", 31, 31),
        (year(2024), "2024", 366, 12),
        (year(2025), "2025", 365, 12),
    ],
)
def test_periods_and_their_parts(period: Period, label: str, nights: int, pieces: int) -> None:
    assert (period.label, period.nights) == (label, nights)
    those = parts(period)
    assert len(those) == pieces
    assert sum(x.nights for x in those) == nights
    assert (those[0].first, those[-1].last) == (period.first, period.last)


def test_a_year_is_as_long_as_its_months_whatever_the_clocks_do() -> None:
    assert year(2025).duration_s(BERLIN) == 365 * 86400.0
    assert sum(x.duration_s(BERLIN) for x in parts(year(2025))) == 365 * 86400.0
    assert month(2025, 3).duration_s(BERLIN) == 31 * 86400.0 - 3600.0


def test_a_night_lasts_from_noon_to_noon() -> None:
    begin_s, end_s = night(date(2025, 1, 15)).bounds_s(BERLIN)
    assert (begin_s, end_s) == (1736938800.0, 1737025200.0)
