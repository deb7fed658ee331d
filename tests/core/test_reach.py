"""Which sensors concern which lamps, worked out on small maps by hand."""

from dataclasses import replace

import pytest

from controller.core.path import (
    Lamp,
    MotionSensor,
    Node,
    Path,
    PowerTable,
    Section,
)
from controller.core.profile import Presence, Profile
from controller.core.reach import (
    GREATEST_PREVIEW_M,
    GREATEST_UNSEEN_M,
    Approach,
    Site,
    build_site,
    links,
    stopping_sight_m,
)
from tests.core.build import holds, settled, straight_path

P = Presence()
SLOW = P.slowest_m_s
POWER = PowerTable.for_rated(15.0)

Place = tuple[str, float]


def small_map(
    sections: tuple[Section, ...], lamps: dict[str, Place], sensors: dict[str, Place]
) -> Path:
    """A path of one node "n"; lamps and sensors as {id: (section, at_m)}."""
    return Path(
        tenant="soest",
        id="map",
        name="Map",
        latitude_deg=51.57,
        longitude_deg=8.11,
        timezone="Europe/Berlin",
        junctions=tuple(dict.fromkeys(j for s in sections for j in (s.start, s.end))),
        sections=sections,
        nodes=(Node("n"),),
        lamps=tuple(Lamp(x, s, m, "n", 15.0, POWER) for x, (s, m) in lamps.items()),
        motion_sensors=tuple(MotionSensor(x, s, m, "n", 7.0) for x, (s, m) in sensors.items()),
    )


def line(length_m: float, lamps: dict[str, float], sensors: dict[str, float]) -> Site:
    def placed(ats_m: dict[str, float]) -> dict[str, Place]:
        return {x: ("s", at_m) for x, at_m in ats_m.items()}

    sections = (Section("s", "a", "b", length_m),)
    return build_site(small_map(sections, placed(lamps), placed(sensors)), "n")


def ways(site: Site, lamp: str) -> dict[str, Approach]:
    """Return the shortest way from each sensor."""
    found = sorted(site.approaches[lamp], key=lambda x: -x.distance_m)
    return {x.sensor: x for x in found}


# --- stopping sight -------------------------------------------------------------------------------


@pytest.mark.parametrize(("km_h", "metres"), [(18.0, 17.6), (25.0, 27.2), (30.0, 35.0)])
def test_stopping_sight_distances_of_the_field(km_h: float, metres: float) -> None:
    assert stopping_sight_m(km_h / 3.6, P) == pytest.approx(metres, abs=0.1)


def test_stopping_sight_is_capped() -> None:
    assert stopping_sight_m(15.0, P) == P.preview_cap_m


# --- one straight section -------------------------------------------------------------------------


def test_distances_on_the_straight_path() -> None:
    site = build_site(straight_path(), "n1")
    found = ways(site, "L05")
    assert found["M05"] == Approach("M05", 0.0, 0.0, 35.0, 17.5)
    assert found["M04"] == Approach("M04", 35.0, 0.0, 35.0, 17.5)
    assert found["M06"] == Approach("M06", 35.0, 0.0, 35.0, 17.5)
    assert found["M03"] == Approach("M03", 70.0, 35.0, None, 17.5)
    assert found["M07"] == Approach("M07", 70.0, 35.0, None, 17.5)


def test_holds_on_the_straight_path() -> None:
    site = build_site(straight_path(), "n1")
    assert holds(site.approaches["L05"]) == pytest.approx(
        {
            "M05": (17.5 + P.behind_m) / SLOW,  # until the slowest has left the cell
            "M04": 35.0 / SLOW,  # until the slowest is seen again
            "M06": 35.0 / SLOW,
            "M03": P.hold_s,  # beyond the next sensor, within preview
            "M07": P.hold_s,
        }
    )


def test_a_long_hold_is_never_shortened() -> None:
    site = build_site(straight_path(), "n1")
    found = holds(site.approaches["L05"], replace(P, hold_s=300.0))
    assert set(found.values()) == {300.0}


def test_the_preview_decides_how_far_beyond_the_next_sensor() -> None:
    site = build_site(straight_path(), "n1")
    gap_m = 35.0 - 17.5  # from the next sensor to the cell beyond it
    just = replace(P, preview_cap_m=gap_m)
    less = replace(P, preview_cap_m=gap_m - 0.01)
    assert set(holds(site.approaches["L05"], just)) == {"M03", "M04", "M05", "M06", "M07"}
    assert set(holds(site.approaches["L05"], less)) == {"M04", "M05", "M06"}


def test_every_preview_that_may_be_set_is_served() -> None:
    # The greatest cap that a profile may have.
    site = build_site(straight_path(), "n1")
    wide = replace(P, preview_cap_m=300.0, fastest_m_s=15.0, friction=0.05, reaction_s=10.0)
    preview_m = stopping_sight_m(wide.fastest_m_s, wide)
    needed = {
        f"M{i:02}" for i in range(12) if max(0.0, abs(i - 5) * 35.0 - 35.0 - 17.5) <= preview_m
    }
    assert set(holds(site.approaches["L05"], wide)) == needed


def test_a_cell_reaches_half_way_to_its_neighbours_or_to_the_end() -> None:
    lamps = {"first": 10.0, "middle": 40.0, "last": 90.0}
    site = line(130.0, lamps, {"S": 50.0})
    cells = {lamp: ways(site, lamp)["S"].half_cell_m for lamp in lamps}
    assert cells == {"first": 15.0, "middle": 25.0, "last": 40.0}


def test_a_lamp_at_the_next_sensor_is_not_beyond_it() -> None:
    site = line(100.0, {"at": 50.0, "past": 50.1}, {"S": 20.0, "next": 50.0})
    assert ways(site, "at")["S"].beyond_m == 0.0
    assert ways(site, "past")["S"].beyond_m == pytest.approx(0.1)


def test_seen_again_is_the_next_sensor_at_or_behind_the_lamp() -> None:
    site = line(100.0, {"before": 40.0, "at": 50.0}, {"S": 20.0, "next": 50.0})
    assert ways(site, "before")["S"].seen_again_m == 30.0
    assert ways(site, "at")["S"].seen_again_m == 30.0
    assert ways(site, "at")["next"].seen_again_m is None


def test_towards_a_dead_end_nobody_is_seen_again_and_the_light_stays_longer() -> None:
    site = line(100.0, {"end": 90.0}, {"S": 20.0})
    assert ways(site, "end")["S"] == Approach("S", 70.0, 0.0, None, 90.0)
    assert holds(site.approaches["end"])["S"] == pytest.approx((70.0 + 90.0 + P.behind_m) / SLOW)


def test_the_unseen_reach_has_a_bound() -> None:
    half_cell_m = 50.0
    lamps = {"near": 100.0, "mid": 200.0, "far": 300.0}
    inside = line(350.0, lamps, {"S": 300.0 - GREATEST_UNSEEN_M - half_cell_m})
    outside = line(350.0, lamps, {"S": 300.0 - GREATEST_UNSEEN_M - half_cell_m - 0.1})
    assert set(ways(inside, "far")) == {"S"}
    assert set(ways(outside, "far")) == set()


def test_beyond_a_sensor_the_reach_has_a_bound() -> None:
    lamps = {"near": 100.0, "mid": 200.0, "far": 300.0}
    half_cell_m = 50.0
    next_m = 300.0 - GREATEST_PREVIEW_M - half_cell_m
    inside = line(350.0, lamps, {"S": next_m - 20.0, "next": next_m})
    outside = line(350.0, lamps, {"S": next_m - 20.1, "next": next_m - 0.1})
    assert "S" in ways(inside, "far")
    assert "S" not in ways(outside, "far")


def test_two_sensors_at_one_place_light_as_long_as_one() -> None:
    lamps = {"here": 17.5, "next": 52.5}
    one = line(70.0, lamps, {"A": 17.5, "C": 52.5})
    two = line(70.0, lamps, {"A": 17.5, "B": 17.5, "C": 52.5})
    for lamp in lamps:
        alone, paired = holds(one.approaches[lamp]), holds(two.approaches[lamp])
        assert max(paired["A"], paired["B"]) == alone["A"]


def test_a_path_may_have_lamps_and_no_sensors() -> None:
    site = line(100.0, {"L": 50.0}, {})
    assert site.approaches == {"L": ()}


@pytest.mark.parametrize("spacing_m", [25.0, 60.0])
def test_other_spacings_follow_from_distance(spacing_m: float) -> None:
    site = build_site(straight_path(spacing_m=spacing_m), "n1")
    leave_s = (spacing_m / 2 + P.behind_m) / SLOW
    seen_s = spacing_m / SLOW
    preview_m = stopping_sight_m(P.fastest_m_s, P)
    expected = {"M05": max(P.hold_s, min(leave_s, seen_s)), "M04": seen_s, "M06": seen_s}
    for far in range(2, 6):
        if (far - 1.5) * spacing_m <= preview_m:
            expected[f"M{5 - far:02}"] = expected[f"M{5 + far:02}"] = P.hold_s
    assert holds(site.approaches["L05"]) == pytest.approx(expected)


def test_sensors_at_every_second_lamp() -> None:
    path = straight_path()
    path = replace(path, motion_sensors=path.motion_sensors[::2])
    site = build_site(path, "n1")
    # L05 lies half-way between M04 and M06, 70 m apart.
    leave_s = (35.0 + 17.5 + P.behind_m) / SLOW
    assert holds(site.approaches["L05"]) == pytest.approx(
        {"M04": leave_s, "M06": leave_s, "M02": P.hold_s, "M08": P.hold_s}
    )


# --- what one node knows --------------------------------------------------------------------------


def test_a_node_knows_its_own_and_whom_it_listens_to() -> None:
    site = build_site(straight_path(), "n1")
    assert set(site.lamps) == {"L04", "L05", "L06", "L07"}
    assert site.own_sensors == {"M04", "M05", "M06", "M07"}
    assert site.own_light_sensors == {"X1"}
    assert site.heard_nodes == {"n0", "n2"}
    assert site.position_deg == (51.57, 8.11)
    assert site.controller_w == 3.0


def test_outward_are_the_ways_to_other_nodes_lamps() -> None:
    site = build_site(straight_path(), "n1")
    assert set(site.outward) == site.own_sensors
    near = [x.distance_m for x in site.outward["M04"] if x.beyond_m == 0.0]
    assert near == [35.0]


def test_only_sensors_that_light_a_neighbours_lamp_are_announced() -> None:
    # Six lamps a node: those in the middle are too far from any neighbour's lamp.
    host = settled(path=straight_path(18, 6))
    assert set(host.state.reach.announce_again_s) == {"M06", "M07", "M10", "M11"}


def test_a_node_that_the_path_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        build_site(straight_path(), "n9")


def test_a_lamp_far_from_any_sensor_is_lit_all_night() -> None:
    path = straight_path(lamps=20, per_node=20)
    host = settled("n0", path=replace(path, motion_sensors=path.motion_sensors[:1]))
    assert host.reason("L19") == "fail_safe:no_sensor_near"
    host.run_to(6 * 3600.0)
    assert host.target("L19") == Profile().levels.fail_safe_pct
    assert host.reason("L01") == "base"


def test_a_path_of_500_lamps_builds() -> None:
    site = build_site(straight_path(500, 10), "n25")
    assert len(site.lamps) == 10
    assert all(links(x, P) for x in site.approaches.values())


# --- junctions ------------------------------------------------------------------------------------


def test_a_way_goes_on_through_a_junction_whichever_way_sections_are_given() -> None:
    lamps = {"L": ("west", 20.0)}
    for east in (Section("east", "j", "e", 100.0), Section("east", "e", "j", 100.0)):
        at_m = 30.0 if east.start == "j" else 70.0
        path = small_map((Section("west", "w", "j", 50.0), east), lamps, {"S": ("east", at_m)})
        found = ways(build_site(path, "n"), "L")
        assert found == {"S": Approach("S", 60.0, 0.0, None, 30.0)}


def test_a_sensor_passed_before_the_junction_counts_behind_it() -> None:
    path = small_map(
        (Section("west", "w", "j", 50.0), Section("east", "j", "e", 50.0)),
        {"L": ("east", 15.0)},
        {"S": ("west", 10.0), "next": ("west", 40.0)},
    )
    found = ways(build_site(path, "n"), "L")
    assert found["S"].distance_m == 55.0
    assert found["S"].beyond_m == 25.0
    assert found["next"].beyond_m == 0.0


def test_every_branch_of_a_junction_is_a_way() -> None:
    branches = [Section(x, "j", f"end_{x}", 60.0) for x in ("north", "east", "south")]
    path = small_map(
        (Section("west", "w", "j", 50.0), *branches),
        {x.id: (x.id, 20.0) for x in branches},
        {"S": ("west", 40.0)},
    )
    site = build_site(path, "n")
    assert {x: ways(site, x)["S"].distance_m for x in site.lamps} == dict.fromkeys(site.lamps, 30.0)


def test_nobody_turns_on_the_spot_at_a_junction() -> None:
    # From S towards j and back would be 90 m; the straight way is 10 m.
    path = small_map(
        (Section("west", "w", "j", 60.0), Section("east", "j", "e", 60.0)),
        {"L": ("west", 10.0)},
        {"S": ("west", 20.0)},
    )
    assert ways(build_site(path, "n"), "L")["S"].distance_m == 10.0


def test_round_a_loop_the_shorter_way_counts() -> None:
    path = small_map(
        (Section("short", "a", "b", 40.0), Section("long", "b", "a", 100.0)),
        {"L": ("long", 80.0)},
        {"S": ("short", 10.0)},
    )
    assert ways(build_site(path, "n"), "L")["S"].distance_m == 30.0


def test_a_ring_is_entered_at_both_its_ends() -> None:
    path = small_map(
        (Section("tail", "t", "j", 50.0), Section("ring", "j", "j", 100.0)),
        {"L": ("ring", 90.0)},
        {"S": ("tail", 45.0)},
    )
    assert ways(build_site(path, "n"), "L")["S"].distance_m == 15.0


def test_on_a_ring_both_ways_round_are_walked() -> None:
    path = small_map(
        (Section("ring", "j", "j", 100.0),),
        {"L": ("ring", 90.0), "M": ("ring", 30.0)},
        {"S": ("ring", 10.0)},
    )
    site = build_site(path, "n")
    assert ways(site, "L")["S"].distance_m == 20.0
    assert ways(site, "M")["S"].distance_m == 20.0


def test_behind_a_junction_the_shortest_way_there_counts() -> None:
    path = small_map(
        (
            Section("tail", "t", "a", 50.0),
            Section("detour", "a", "j", 170.0),
            Section("first", "a", "k", 5.0),
            Section("second", "k", "j", 5.0),
            Section("onward", "j", "e", 60.0),
        ),
        {"L": ("onward", 30.0)},
        {"S": ("tail", 45.0)},
    )
    assert ways(build_site(path, "n"), "L")["S"].distance_m == 45.0


def test_a_longer_way_on_which_nobody_is_seen_holds_the_lamp_too() -> None:
    # Two ways from a to b. The short one has a sensor, the long one has none.
    path = small_map(
        (
            Section("tail", "t", "a", 50.0),
            Section("short", "a", "b", 20.0),
            Section("long", "a", "b", 60.0),
            Section("onward", "b", "e", 40.0),
        ),
        {"L": ("onward", 20.0)},
        {"S": ("tail", 50.0), "seen": ("short", 10.0)},
    )
    unseen_m = 60.0 + 20.0  # to the lamp; it is needed until the slowest has come so far
    assert holds(build_site(path, "n").approaches["L"])["S"] >= unseen_m / SLOW


@pytest.mark.parametrize("order", [("short", "long"), ("long", "short")])
def test_of_two_ways_on_which_nobody_is_seen_the_longer_decides(order: tuple[str, str]) -> None:
    lengths_m = {"short": 20.0, "long": 60.0}
    path = small_map(
        (
            Section("tail", "t", "a", 50.0),
            *(Section(x, "a", "b", lengths_m[x]) for x in order),
            Section("onward", "b", "e", 40.0),
        ),
        {"L": ("onward", 20.0)},
        {"S": ("tail", 50.0)},
    )
    leave_m = 60.0 + 20.0 + 20.0 + P.behind_m  # to the end of the lamp's cell, and clear of it
    site = build_site(path, "n")
    assert holds(site.approaches["L"]) == pytest.approx({"S": leave_m / SLOW})


def test_beyond_the_next_sensor_too_the_shortest_way_counts() -> None:
    path = small_map(
        (
            Section("tail", "t", "a", 50.0),
            Section("detour", "a", "j", 170.0),
            Section("first", "a", "k", 5.0),
            Section("second", "k", "j", 5.0),
            Section("onward", "j", "e", 60.0),
        ),
        {"L": ("onward", 30.0)},
        {"S": ("tail", 20.0), "next": ("tail", 45.0)},
    )
    way = ways(build_site(path, "n"), "L")["S"]
    assert (way.distance_m, way.beyond_m) == (70.0, 45.0)


def test_a_sensor_right_behind_a_junction_is_one_on_the_way() -> None:
    path = small_map(
        (Section("west", "w", "j", 50.0), Section("east", "j", "e", 100.0)),
        {"L": ("east", 40.0)},
        {"S": ("west", 10.0), "next": ("east", 0.0)},
    )
    assert ways(build_site(path, "n"), "L")["S"].beyond_m == 40.0


def test_a_sensor_within_anothers_reach_does_not_cut_its_hold() -> None:
    lamps = {"here": 20.0, "next": 60.0}
    reach_m = 7.0
    alone = line(80.0, lamps, {"A": 20.0, "C": 60.0})
    inside = line(80.0, lamps, {"A": 20.0, "B": 20.0 + reach_m, "C": 60.0})
    outside = line(80.0, lamps, {"A": 20.0, "B": 20.1 + reach_m, "C": 60.0})
    assert holds(inside.approaches["next"])["A"] == holds(alone.approaches["next"])["A"]
    assert holds(outside.approaches["next"])["A"] == P.hold_s
