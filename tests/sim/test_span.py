from dataclasses import replace
from datetime import date, time

import pytest

from controller.core.daylight import sun_elevation_deg
from controller.core.profile import Daylight
from controller.settings.faults import SettingsError
from firmware_sim.span import night_span, quarter_hours
from tests.sim.scenes import straight

RULES = Daylight()


def test_a_night_runs_from_on_to_off_elevation() -> None:
    path = straight()
    span = night_span(path, RULES, date(2025, 1, 15))

    def elevation_deg(time_s: float) -> float:
        return sun_elevation_deg(path.latitude_deg, path.longitude_deg, span.zero_utc_s + time_s)

    assert elevation_deg(-1) > RULES.on_elevation_deg > elevation_deg(0)
    assert elevation_deg(span.dark_end_s - 1) < RULES.off_elevation_deg
    assert elevation_deg(span.dark_end_s) > RULES.off_elevation_deg
    assert span.local(0).date() == date(2025, 1, 15)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 3, 29), 5), (date(2025, 10, 25), 7), (date(2025, 1, 15), 6)]
)
def test_the_wall_clock_may_be_set_within_the_night(day: date, hours: int) -> None:
    span = night_span(straight(), RULES, day)
    assert span.time_s(1, time(5)) - span.time_s(0, time(23)) == hours * 3600


def test_a_night_without_darkness_is_refused() -> None:
    north = replace(straight(), latitude_deg=70.0)
    with pytest.raises(SettingsError, match=r"does not sink below -2\.5 degrees"):
        night_span(north, RULES, date(2025, 6, 15))
    with pytest.raises(SettingsError, match="does not rise above -2 degrees"):
        night_span(replace(north, latitude_deg=75.0), RULES, date(2025, 12, 15))


def test_quarter_hours_cover_the_run() -> None:
    span = night_span(straight(), RULES, date(2025, 1, 15))
    quarters = [q.timestamp() - span.zero_utc_s for q in quarter_hours(span)]
    assert quarters[0] <= span.start_s < quarters[1]
    assert quarters[-1] < span.end_s <= quarters[-1] + 900
