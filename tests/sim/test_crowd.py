from pathlib import Path
from random import Random

import pytest

from bench.derive_traffic import OUT, PROFILES, Profile, derive
from controller.core.path import Section
from controller.settings.faults import SettingsError
from firmware_sim.counts import QUARTER_S, Bin
from firmware_sim.people import Kind, Person
from firmware_sim.riders import (
    COMPANION_GAP_M,
    RIDER_BOUNDS_KMH,
    WALKERS_PER_RIDER,
    draw_people,
)
from firmware_sim.traffic import draw_night, load_traffic, poisson
from tests.sim.scenes import fork, path_of, span_of, straight
from tests.support.data import data_file

BUSY = tuple(Bin((i * QUARTER_S,), (40, 20)) for i in range(20))


def riders(people: tuple[Person, ...]) -> list[Person]:
    return [p for p in people if p.kind is Kind.CYCLIST]


def speed_kmh(person: Person) -> float:
    return 3.6 * next(person.legs()).speed_m_s


def test_everybody_counted_rides_once_and_walkers_come_on_top() -> None:
    people = draw_people(straight(), BUSY, seed=1)
    counted = sum(sum(b.cyclists) for b in BUSY)
    assert len(riders(people)) == counted
    eastward = [p for p in riders(people) if p.waypoints[0].at_m == 0.0]
    assert len(eastward) == sum(b.cyclists[0] for b in BUSY)
    walkers = len(people) - counted
    assert walkers == pytest.approx(WALKERS_PER_RIDER * counted, rel=0.3)


def test_people_are_in_order_and_enter_in_their_quarter_hour() -> None:
    people = draw_people(straight(), (Bin((900.0,), (200, 0)),), seed=3)
    entries = [p.waypoints[0].time_s for p in people]
    assert entries == sorted(entries)
    longest_gap_s = COMPANION_GAP_M[1] / (RIDER_BOUNDS_KMH[0] / 3.6)
    assert all(900.0 <= s <= 1800.0 + longest_gap_s for s in entries)


def test_a_double_hour_spreads_over_both_times() -> None:
    people = draw_people(straight(), (Bin((0.0, 3600.0), (200, 0)),), seed=3)
    late = sum(p.waypoints[0].time_s > 1800.0 for p in people)
    assert late == pytest.approx(len(people) / 2, rel=0.3)


def test_speeds_are_those_of_cycle_paths() -> None:
    speeds = sorted(speed_kmh(p) for p in riders(draw_people(straight(), BUSY, seed=2)))
    assert speeds[len(speeds) // 2] == pytest.approx(19.5, abs=1.0)
    assert RIDER_BOUNDS_KMH[0] - 0.1 < speeds[0] < speeds[-1] < RIDER_BOUNDS_KMH[1] + 0.1


def test_the_same_seed_gives_the_same_people() -> None:
    assert draw_people(straight(), BUSY, seed=5) == draw_people(straight(), BUSY, seed=5)
    assert draw_people(straight(), BUSY, seed=5) != draw_people(straight(), BUSY, seed=6)


def test_ways_lead_from_end_to_end_through_junctions() -> None:
    people = draw_people(fork(), (Bin((0.0,), (200, 0)),), seed=1)
    ways = {tuple(leg.section for leg in p.legs()) for p in people}
    assert ways == {("a", "b"), ("a", "c"), ("b", "c")}
    for person in people:
        speeds = [leg.speed_m_s for leg in person.legs()]
        assert speeds == pytest.approx([speeds[0]] * len(speeds), rel=1e-3)


def test_a_ring_has_no_way_in() -> None:
    ring = path_of([Section("r", "j", "k", 50.0), Section("q", "k", "j", 50.0)], [("r", 10.0)])
    with pytest.raises(SettingsError, match="--trajectories"):
        draw_people(ring, BUSY, seed=1)


def test_poisson_numbers_have_mean_and_variance_alike() -> None:
    rng = Random("poisson")  # noqa: S311 - seeded, nothing secret
    drawn = [poisson(rng, 3.0) for _ in range(4000)]
    mean = sum(drawn) / len(drawn)
    variance = sum((n - mean) ** 2 for n in drawn) / len(drawn)
    assert mean == pytest.approx(3.0, rel=0.1)
    assert variance == pytest.approx(3.0, rel=0.15)
    assert poisson(rng, 0.0) == 0


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_shipped_profiles_can_be_read_and_name_their_source(profile: Profile) -> None:
    shipped = load_traffic(OUT / f"{profile.name}.toml")
    assert shipped.name == profile.name
    assert "Stadt Münster" in str(shipped.attribution)
    assert "dl-de/by-2-0" in str(shipped.attribution)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_shipped_profiles_are_what_the_counts_give(profile: Profile) -> None:
    data = data_file(profile.counts).parents[1]
    assert (OUT / f"{profile.name}.toml").read_text(encoding="utf-8") == derive(profile, data)


def test_a_drawn_night_has_about_the_mean_traffic() -> None:
    profile = load_traffic(OUT / "a5-winter.toml")
    span = span_of(5 * 3600)
    drawn = sum(sum(b.cyclists) for b in draw_night(profile, span, seed=1))
    first = span.local(span.start_s).hour
    expected = sum(sum(profile.hour[h].cyclists) for h in range(first, first + 6))
    assert drawn == pytest.approx(expected, rel=0.2)


def test_every_fault_of_a_profile_is_named(tmp_path: Path) -> None:
    text = (OUT / "a5-june.toml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.toml"
    broken.write_text(text.replace("hour = 3\n", "hour = 33\n").replace("name =", "nom ="))
    with pytest.raises(SettingsError) as caught:
        load_traffic(broken)
    assert len(caught.value.faults) >= 3
    broken.write_text(text.replace("hour = 3\n", "hour = 4\n"))
    with pytest.raises(SettingsError, match="every hour once"):
        load_traffic(broken)
