"""The profile's defaults: what holds on a path whose operators set nothing."""

import pytest

from controller.core.profile import (
    Baseline,
    Daylight,
    Figure,
    Levels,
    NightTime,
    Override,
    Presence,
    Privacy,
    Profile,
    Rule,
)

HALF_AN_HOUR_S = 1800.0


def test_the_built_in_profile_is_version_0_without_rules_and_with_the_defaults_of_all_parts() -> (
    None
):
    profile = Profile()
    assert (profile.version, profile.rules) == (0, ())
    parts = (profile.daylight, profile.levels, profile.presence)
    assert parts == (Daylight(), Levels(), Presence())
    rest = (profile.override, profile.privacy, profile.baseline)
    assert rest == (Override(), Privacy(), Baseline())


def test_it_is_dark_between_minus_2_5_and_minus_2_0_degrees_and_clouds_count_for_half_an_hour() -> (
    None
):
    assert Daylight() == Daylight(
        on_elevation_deg=-2.5,
        off_elevation_deg=-2.0,
        on_lux=35.0,
        off_lux=50.0,
        advance_s=HALF_AN_HOUR_S,
        lux_time_constant_s=120.0,
    )


def test_nobody_there_is_a_tenth_of_the_light_and_too_little_known_is_all_of_it() -> None:
    assert Levels() == Levels(
        base_pct=10.0, presence_pct=100.0, safety_floor_pct=10.0, fail_safe_pct=100.0
    )


def test_light_is_for_people_from_a_slow_walker_to_30_km_an_hour() -> None:
    presence = Presence()
    assert (presence.slowest_m_s, presence.fastest_m_s) == (0.7, 8.3)
    assert presence.fastest_m_s * 3.6 == pytest.approx(30.0, abs=0.2)


def test_light_runs_ahead_by_the_stopping_sight_distance_and_stays_a_little_behind() -> None:
    assert Presence() == Presence(
        hold_s=0.0,
        calm_s=10.0,
        behind_m=8.0,
        reaction_s=2.5,
        friction=0.25,
        preview_cap_m=60.0,
        slowest_m_s=0.7,
        fastest_m_s=8.3,
        fade_up_s=1.0,
        fade_down_s=3.0,
    )


def test_a_rule_says_nothing_and_protects_no_animals_unless_told_so() -> None:
    rule = Rule("r")
    assert (rule.months, rule.weekdays, rule.dates, rule.sections) == ((), (), None, ())
    assert (rule.begin, rule.end, rule.nature) == (None, None, False)
    assert (rule.base_pct, rule.presence_pct, rule.cap_pct, rule.colour_k) == (None,) * 4


def test_an_override_ends_after_two_hours_and_after_a_day_at_the_latest() -> None:
    assert Override() == Override(default_s=2 * 3600.0, greatest_s=24 * 3600.0)


def test_of_people_nothing_is_told_but_counts_by_the_hour_from_five_on() -> None:
    assert Privacy() == Privacy(tell_presence=False, bin_h=1, least_count=5)


def test_the_baseline_is_a_lamp_that_is_full_from_dusk_to_dawn() -> None:
    baseline = Baseline()
    assert baseline.label == "dusk_to_dawn/1"
    assert (baseline.level_pct, baseline.lamp_w) == (100.0, None)


def test_where_the_baseline_is_lowered_it_is_from_23_to_5_unless_told_otherwise() -> None:
    baseline = Baseline()
    assert (baseline.begin, baseline.end) == (NightTime(None, 1380), NightTime(None, 300))


def test_carbon_dioxide_and_price_are_quoted_with_their_year() -> None:
    profile = Profile()
    assert profile.co2_g_per_kwh == Figure(363.0, 2024, "Umweltbundesamt, German electricity mix")
    assert profile.price_per_kwh == Figure(0.30, 2025, "assumption, EUR")
