"""D_P and D_E by EN 13201-5, and the darkness of a year."""

from dataclasses import replace

import pytest

from controller.accounts.accounting import night_account
from controller.accounts.darkness import dark_h_of_year
from controller.accounts.indicators import Lack, days_of, indicators
from controller.accounts.site import LampSheet, SectionSheet
from controller.core.daylight import sun_elevation_deg
from tests.accounts.build import DAY, POWER, lamp, record, sheet

MUENSTER_DEG = (51.97, 7.66)
SWITCHING_DEG = (-2.5, -2.0)


def test_the_indicators_are_what_the_standard_says() -> None:
    """Two lamps of 100 W light 100 m of 2 m width with 5 lx; the controller draws 3 W."""
    found = indicators([sheet()], 0.25, 2025)
    assert found.d_p == pytest.approx((200.0 + 3.0) / (5.0 * 200.0))
    night_w = 0.25 * 200.0 + 0.75 * 56.0 + 3.0
    day_w = 2.0 + 3.0
    assert found.dark_h + found.day_h == 8760.0
    assert found.d_e == pytest.approx((night_w * found.dark_h + day_w * found.day_h) / 200.0)
    assert (found.area_m2, found.flux_lm, found.lacks) == (200.0, 1000.0, ())


def test_a_lamp_that_is_off_without_people_draws_its_standby_power_and_no_more() -> None:
    found = indicators([sheet(base_pct=0.0)], 0.0, 2025)
    assert found.reduced_w == found.standby_w == 2.0
    assert found.d_e == pytest.approx(5.0 * 8760.0 / 200.0)


def test_nodes_of_a_path_are_one_installation() -> None:
    alone, both = (indicators([sheet(x) for x in y], 0.5, 2025) for y in ("a", "ab"))
    assert both.area_m2 == 400.0
    assert both.d_p == pytest.approx(alone.d_p)
    assert both.d_e == pytest.approx(alone.d_e)


def test_what_is_not_known_is_nothing_with_the_reason() -> None:
    found = indicators([sheet(illuminance_lx=None)], 0.5, 2025)
    assert (found.d_p, found.flux_lm, found.lacks) == (None, None, (Lack("illuminance_lx", "s"),))
    assert found.d_e is not None
    found = indicators([sheet(width_m=None), sheet("n2", width_m=None)], 0.5, 2025)
    assert (found.d_p, found.d_e, found.area_m2) == (None, None, None)
    assert found.lacks == (Lack("width_m", "s"),)
    found = indicators([sheet()], None, 2025)
    assert (found.d_e, found.lacks) == (None, (Lack("dark_s"),))
    assert found.d_p is not None


def test_one_section_without_a_width_leaves_the_whole_unknown() -> None:
    lamps = {
        "L1": LampSheet("s", 0.0, 100.0, 100.0, POWER),
        "L2": LampSheet("t", 0.0, 100.0, 50.0, POWER),
    }
    sections = {"s": SectionSheet(100.0, 2.0, 5.0), "t": SectionSheet(50.0, None, 5.0)}
    mixed = replace(sheet(), lamps=lamps, sections=sections)
    found = indicators([mixed], 0.5, 2025)
    assert (found.d_p, found.d_e, found.lacks) == (None, None, (Lack("width_m", "t"),))


def test_a_node_without_lamps_has_no_area() -> None:
    found = indicators([sheet(lamps=(), sections={})], 0.5, 2025)
    assert (found.d_p, found.d_e) == (None, None)


def test_an_account_uses_its_own_share_of_detections_and_its_year() -> None:
    found = night_account([record(lamp("L1", detected_s=7200.0), lamp("L2"))], sheet(), DAY)
    assert found.indicators == indicators([sheet()], 0.15, 2025)


def test_muenster_is_as_dark_as_it_publishes() -> None:
    assert dark_h_of_year(MUENSTER_DEG, SWITCHING_DEG, 2025) == pytest.approx(4156.0, rel=0.002)


def sampled_dark_h(place_deg: tuple[float, float], first_s: float, days: int) -> float:
    """The same by asking the sun every five minutes, with hysteresis as lamps have it."""
    dark, count = False, 0
    for i in range(days * 288):
        elevation_deg = sun_elevation_deg(*place_deg, first_s + 300.0 * i)
        dark = elevation_deg < -2.5 or (dark and elevation_deg <= -2.0)
        count += dark
    return count / 12.0


@pytest.mark.parametrize("place_deg", [MUENSTER_DEG, (-33.87, 151.21), (64.15, -21.94)])
def test_a_year_of_darkness_agrees_with_the_sun_asked_again_and_again(
    place_deg: tuple[float, float],
) -> None:
    noon_s = 1735689600.0 + 43200.0 - 240.0 * place_deg[1]  # 1 January 2025, noon by the sun
    expected_h = sampled_dark_h(place_deg, noon_s, 365)
    found_h = dark_h_of_year(place_deg, SWITCHING_DEG, 2025)
    assert found_h == pytest.approx(expected_h, abs=6.0)


def test_where_the_sun_stays_away_or_up_days_are_dark_all_day_or_not_at_all() -> None:
    polar_h = dark_h_of_year((89.9, 0.0), SWITCHING_DEG, 2025)
    assert 0.42 * 8760.0 < polar_h < 0.5 * 8760.0


@pytest.mark.parametrize(("year", "days"), [(2024, 366), (2025, 365), (1900, 365), (2000, 366)])
def test_leap_years(year: int, days: int) -> None:
    assert days_of(year) == days
