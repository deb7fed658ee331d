"""What lies ahead of a sensor, worked out by hand on small maps and by brute force on random ones.

The maps' metres are whole numbers, so that all borders are exact.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given

from controller.core.path import Lamp, MotionSensor, Path, Section
from controller.core.profile import Presence
from controller.core.ways import (
    BEHIND_M,
    HORIZON_M,
    CellAhead,
    Gate,
    Graph,
    Heading,
    SensorAhead,
    Way,
)
from controller.settings.faults import SettingsError
from controller.settings.profile import parse_profile
from firmware_sim.geometry import junction_distances, lamp_cells
from tests.core.build import REACH_M, graphs, line, paths, small_path, straight_path, trees

Span = tuple[str, float, float]

TAIL = Section("tail", "t", "a", 50.0)


def end_m(found: Way) -> float:
    return max(end.distance_m for end in found.ends)


def sensor_of(path: Path, name: str) -> MotionSensor:
    return next(x for x in path.motion_sensors if x.id == name)


def way(path: Path, sensor: str, *, forward: bool = True) -> Way:
    return Graph(path).way(sensor_of(path, sensor), Heading(sensor, forward))


def spans(found: Way) -> list[Span]:
    return [(cell.lamp, cell.near_m, cell.far_m) for cell in found.cells]


def ahead(found: Way) -> list[Span]:
    return [span for span in spans(found) if span[2] > 0.0]


def parts_of(found: Way, lamp: str) -> list[Span]:
    return sorted(span for span in spans(found) if span[0] == lamp)


def gates_of(found: Way, lamp: str) -> list[tuple[Gate, ...]]:
    return [cell.gates for cell in found.cells if cell.lamp == lamp]


def sensors_of(found: Way) -> list[tuple[str, float, list[str]]]:
    """Every sensor ahead: (name, distance, which come before)."""
    return [(x.heading.sensor, x.distance_m, [g.sensor for g in x.gates]) for x in found.sensors]


# --- one straight section -------------------------------------------------------------------------


def test_cells_lie_ahead_and_behind_in_metres_from_the_sensor() -> None:
    assert spans(way(straight_path(6), "M02")) == [
        ("L00", -87.5, -52.5),
        ("L01", -52.5, -17.5),
        ("L02", -17.5, 17.5),
        ("L03", 17.5, 52.5),
        ("L04", 52.5, 87.5),
        ("L05", 87.5, 122.5),
    ]


def test_against_the_section_ahead_and_behind_change_places() -> None:
    assert spans(way(straight_path(6), "M02", forward=False)) == [
        ("L05", -122.5, -87.5),
        ("L04", -87.5, -52.5),
        ("L03", -52.5, -17.5),
        ("L02", -17.5, 17.5),
        ("L01", 17.5, 52.5),
        ("L00", 52.5, 87.5),
    ]


def test_sensors_ahead_come_nearest_first_each_behind_those_before_it() -> None:
    found = way(straight_path(6), "M02")
    m03, m04 = Gate("M03", 28.0), Gate("M04", 63.0)
    assert found.sensors == (
        SensorAhead(Heading("M03", forward=True), 35.0, ()),
        SensorAhead(Heading("M04", forward=True), 70.0, (m03,)),
        SensorAhead(Heading("M05", forward=True), 105.0, (m03, m04)),
    )
    assert found.by_sensor == {x.heading.sensor: (x,) for x in found.sensors}
    assert [x.unseen for x in found.sensors] == [True, False, False]


def test_gates_of_a_cell_are_the_sensors_of_its_branch_with_where_they_begin_to_see() -> None:
    found = way(straight_path(6), "M02")
    gates = (Gate("M03", 28.0), Gate("M04", 63.0), Gate("M05", 98.0))
    assert gates_of(found, "L02") == gates_of(found, "L05") == [gates]
    assert gates_of(found, "L01") == [()]


def test_a_sensor_is_met_in_the_heading_in_which_it_is_passed() -> None:
    [met] = way(straight_path(2), "M01", forward=False).sensors
    assert met.heading == Heading("M00", forward=False)


def test_a_cell_reaches_half_way_to_its_neighbours_or_to_the_end() -> None:
    path = line(130.0, {"first": 10.0, "middle": 40.0, "last": 90.0}, {"S": 50.0})
    assert spans(way(path, "S")) == [
        ("first", -50.0, -25.0),
        ("middle", -25.0, 15.0),
        ("last", 15.0, 80.0),
    ]


def test_a_sensor_between_two_cells_has_one_ahead_and_one_behind() -> None:
    path = line(70.0, {"one": 15.0, "two": 55.0}, {"S": 35.0})
    assert spans(way(path, "S")) == [("one", -35.0, 0.0), ("two", 0.0, 35.0)]
    assert spans(way(path, "S", forward=False)) == [("two", -35.0, 0.0), ("one", 0.0, 35.0)]


def test_at_the_end_of_the_path_nothing_is_ahead() -> None:
    found = way(line(70.0, {"one": 15.0, "two": 55.0}, {"S": 70.0}), "S")
    assert spans(found) == [("one", -70.0, -35.0), ("two", -35.0, 0.0)]
    assert (found.sensors, end_m(found)) == ((), 0.0)


def test_towards_a_dead_end_the_way_ends_where_the_path_does() -> None:
    found = way(line(100.0, {"end": 90.0}, {"S": 20.0}), "S")
    assert end_m(found) == 80.0
    assert ahead(found) == [("end", -20.0, 80.0)]
    assert end_m(way(line(100.0, {"end": 90.0}, {"S": 20.0}), "S", forward=False)) == 20.0


def test_a_cell_is_ahead_whole_if_it_begins_before_the_horizon() -> None:
    lamps = {"near": HORIZON_M - 40.0, "far": HORIZON_M + 40.0}  # the border is at the horizon
    assert ahead(way(line(600.0, lamps, {"S": 0.0}), "S")) == [("near", 0.0, HORIZON_M)]
    assert ahead(way(line(600.0, lamps, {"S": 1.0}), "S")) == [
        ("near", -1.0, HORIZON_M - 1.0),
        ("far", HORIZON_M - 1.0, 599.0),
    ]


def test_a_sensor_is_ahead_as_far_as_the_horizon() -> None:
    sensors = {"S": 10.0, "last": 10.0 + HORIZON_M, "beyond": 10.5 + HORIZON_M}
    found = way(line(600.0, {"L": 300.0}, sensors), "S")
    assert sensors_of(found) == [("last", HORIZON_M, [])]
    assert end_m(found) == HORIZON_M


def test_the_horizon_is_half_a_minute_of_a_fast_rider_ahead() -> None:
    assert HORIZON_M == 240.0
    assert HORIZON_M / Presence().fastest_m_s == pytest.approx(30.0, abs=1.5)


def test_what_lies_behind_is_known_as_far_as_a_profile_may_keep_it_lit() -> None:
    profile = parse_profile({"presence": {"behind_m": BEHIND_M}}, version=1, source="test")
    assert profile.presence.behind_m == BEHIND_M
    with pytest.raises(SettingsError):
        parse_profile({"presence": {"behind_m": BEHIND_M + 1.0}}, version=1, source="test")


def test_behind_are_the_cells_that_may_be_kept_lit_when_it_begins_to_see_somebody() -> None:
    border_m = 300.0 - REACH_M - BEHIND_M
    lamps = {"far": border_m - 40.0, "near": border_m + 40.0}
    path = line(600.0, lamps, {"S": 300.0, "closer": 299.5})
    assert [span[0] for span in spans(way(path, "S"))] == ["near"]
    assert [span[0] for span in spans(way(path, "closer"))] == ["far", "near"]


@pytest.mark.parametrize(("at_m", "forward"), [(0.5, False), (99.5, True)])
def test_a_sensor_close_to_the_end_of_its_section_is_ahead_too(
    at_m: float, *, forward: bool
) -> None:
    found = way(line(100.0, {"L": 50.0}, {"S": 50.0, "last": at_m}), "S", forward=forward)
    assert sensors_of(found) == [("last", 49.5, [])]


# --- which sensors count --------------------------------------------------------------------------


@pytest.mark.parametrize(("at_m", "others"), [(27.0, []), (27.5, [("B", 7.5, [])])])
def test_a_sensor_within_the_reach_of_another_is_no_other_place(
    at_m: float, others: list[tuple[str, float, list[str]]]
) -> None:
    found = way(line(80.0, {"L": 60.0}, {"S": 20.0, "B": at_m}), "S")
    assert sensors_of(found) == others
    assert gates_of(found, "L") == [tuple(Gate(x, far_m - REACH_M) for x, far_m, _ in others)]


def test_where_a_sensor_begins_to_see_is_up_to_its_own_reach() -> None:
    path = line(80.0, {"L": 60.0}, {"S": 20.0, "B": 50.0})
    sensors = tuple(replace(x, reach_m=12.0 if x.id == "B" else 3.0) for x in path.motion_sensors)
    assert gates_of(way(replace(path, motion_sensors=sensors), "S"), "L") == [(Gate("B", 18.0),)]


@pytest.mark.parametrize("forward", [True, False])
def test_of_two_sensors_at_one_place_the_same_counts_as_first_either_way(*, forward: bool) -> None:
    path = line(100.0, {"L": 50.0}, {"west": 20.0, "C": 50.0, "D": 50.0, "east": 80.0})
    found = way(path, "west" if forward else "east", forward=forward)
    assert sensors_of(found)[:2] == [("C", 30.0, []), ("D", 30.0, ["C"])]


@pytest.mark.parametrize(("reach_m", "unseen"), [(7.0, False), (6.5, True)])
def test_somebody_comes_to_a_cell_unseen_if_no_sensor_sees_them_where_it_begins(
    reach_m: float, *, unseen: bool
) -> None:
    path = line(100.0, {"one": 20.0, "two": 50.0}, {"S": 20.0, "B": 42.0})  # the border is at 35 m
    sensors = tuple(replace(x, reach_m=reach_m) for x in path.motion_sensors)
    cells = way(replace(path, motion_sensors=sensors), "S").cells
    assert [(x.lamp, x.unseen) for x in cells] == [("one", True), ("two", unseen)]


# --- junctions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("west_onward", [True, False])
@pytest.mark.parametrize("east_onward", [True, False])
def test_a_way_goes_on_through_a_junction_whichever_way_sections_are_given(
    *, west_onward: bool, east_onward: bool
) -> None:
    def place(at_m: float, length_m: float, *, onward: bool) -> float:
        return at_m if onward else length_m - at_m

    path = small_path(
        [
            Section("west", *(("w", "j") if west_onward else ("j", "w")), 50.0),
            Section("east", *(("j", "e") if east_onward else ("e", "j")), 100.0),
        ],
        {
            "one": ("west", place(30.0, 50.0, onward=west_onward)),
            "two": ("east", place(20.0, 100.0, onward=east_onward)),
            "three": ("east", place(60.0, 100.0, onward=east_onward)),
        },
        {
            "S": ("west", place(20.0, 50.0, onward=west_onward)),
            "next": ("east", place(30.0, 100.0, onward=east_onward)),
        },
    )
    found = way(path, "S", forward=west_onward)
    assert spans(found) == [("one", -20.0, 30.0), ("two", 30.0, 70.0), ("three", 70.0, 130.0)]
    assert found.sensors == (SensorAhead(Heading("next", east_onward), 60.0, ()),)
    assert end_m(found) == 130.0
    assert gates_of(found, "three") == [(Gate("next", 53.0),)]
    assert gates_of(found, "one") == [()]  # as far as the end of its section


def test_at_the_horizon_a_junction_and_what_stands_on_it_is_ahead() -> None:
    path = small_path(
        [Section("west", "w", "j", 50.0 + HORIZON_M), Section("east", "j", "e", 60.0)],
        {"W": ("west", 30.0)},
        {"S": ("west", 50.0), "on": ("east", 0.0), "past": ("east", 0.5)},
    )
    assert sensors_of(way(path, "S")) == [("on", HORIZON_M, [])]


def fork(lamps: dict[str, tuple[str, float]], sensors: dict[str, tuple[str, float]]) -> Path:
    """Three sections from one junction: west is walked from its end, the others from it."""
    sections = [
        Section("west", "w", "j", 50.0),
        Section("north", "j", "n", 60.0),
        Section("east", "j", "e", 60.0),
    ]
    return small_path(sections, lamps, sensors)


def test_every_branch_of_a_junction_is_a_way_with_gates_of_its_own() -> None:
    path = fork(
        {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)},
        {"S": ("west", 20.0), "G": ("west", 40.0), "X": ("north", 30.0), "Y": ("east", 40.0)},
    )
    found = way(path, "S")
    assert sorted(ahead(found)) == [("E", 30.0, 90.0), ("N", 30.0, 90.0), ("W", -20.0, 30.0)]
    g = Gate("G", 13.0)
    assert gates_of(found, "W") == [(g,)]
    assert gates_of(found, "N") == [(g, Gate("X", 53.0))]
    assert gates_of(found, "E") == [(g, Gate("Y", 63.0))]
    assert sensors_of(found) == [("G", 20.0, []), ("X", 60.0, ["G"]), ("Y", 70.0, ["G"])]


@pytest.mark.parametrize(
    ("sensors", "due_m", "open_m"),
    [
        ({}, 0.0, 90.0),
        ({"X": ("north", 30.0)}, 60.0, 90.0),
        ({"X": ("north", 30.0), "Y": ("east", 40.0)}, 70.0, 0.0),
        ({"G": ("west", 40.0), "X": ("north", 30.0)}, 20.0, 0.0),
    ],
)
def test_how_far_the_next_sensors_are_and_how_far_branches_go_without_any(
    sensors: dict[str, tuple[str, float]], due_m: float, open_m: float
) -> None:
    found = way(fork({"W": ("west", 30.0)}, {"S": ("west", 20.0), **sensors}), "S")
    assert (found.due_m, found.open_m) == (due_m, open_m)


def test_of_several_branches_without_sensors_the_longest_counts() -> None:
    path = fork({"W": ("west", 30.0)}, {"S": ("north", 25.0)})
    assert way(path, "S", forward=False).open_m == 85.0


def test_from_one_branch_the_others_lie_ahead_but_not_the_one_it_came_from() -> None:
    path = fork(
        {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)},
        {"S": ("north", 25.0), "N2": ("north", 50.0)},
    )
    found = way(path, "S", forward=False)
    assert sorted(ahead(found)) == [("E", 25.0, 85.0), ("N", -35.0, 25.0), ("W", 25.0, 75.0)]
    assert found.sensors == ()
    assert end_m(found) == 85.0


def test_a_cell_that_goes_on_behind_a_junction_does_so_on_every_branch() -> None:
    # The lamp by the junction is nearest as far as 17.5 m north and 27.5 m east of it, whether or
    # not a sensor stands before.
    lamps = {"W": ("west", 45.0), "N": ("north", 40.0), "E": ("east", 60.0)}
    bare = way(fork(lamps, {"S": ("west", 20.0)}), "S")
    gated = way(fork(lamps, {"S": ("west", 20.0), "G": ("west", 40.0)}), "S")
    for found in (bare, gated):
        assert parts_of(found, "W") == [("W", -20.0, 30.0), ("W", 30.0, 47.5), ("W", 30.0, 57.5)]


def test_behind_a_sensor_too_cells_lie_on_every_branch() -> None:
    path = fork(
        {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)}, {"S": ("east", 50.0)}
    )
    behind = [span for span in spans(way(path, "S")) if span[2] <= 0.0]
    assert sorted(behind) == [("N", -110.0, -50.0), ("W", -100.0, -50.0)]


# --- sensors that see a fork ----------------------------------------------------------------------


def test_a_sensor_that_sees_a_fork_is_a_gate_on_every_branch() -> None:
    lamps = {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)}
    path = fork(lamps, {"S": ("west", 20.0), "M": ("east", 3.0), "X": ("north", 30.0)})
    found = way(path, "S")
    assert sensors_of(found) == [("M", 33.0, []), ("X", 60.0, ["M"])]
    assert found.by_sensor["M"][0].heading == Heading("M", forward=True)
    assert gates_of(found, "N") == [(Gate("M", 26.0), Gate("X", 53.0))]


def test_a_sensor_at_the_end_of_its_section_sees_the_fork_likewise() -> None:
    lamps = {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)}
    found = way(fork(lamps, {"S": ("north", 20.0), "M": ("west", 47.0)}), "S", forward=False)
    assert {x[:2] for x in found.sensors} == {(Heading("M", forward=False), 23.0)}
    assert gates_of(found, "E") == [(Gate("M", 16.0),)]


def test_whom_a_sensor_sees_on_the_fork_behind_it_may_take_another_branch() -> None:
    lamps = {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)}
    path = fork(lamps, {"S": ("west", 20.0), "M": ("east", 3.0), "X": ("north", 30.0)})
    onward = way(path, "M")
    # It sees them from 7 m before itself, so 4 m before the junction: 34 m before X.
    assert sorted(sensors_of(onward)) == [("S", 27.0, []), ("X", 27.0, [])]
    assert ("N", -3.0, 57.0) in spans(onward)
    assert ("W", -3.0, 47.0) in spans(onward)
    back = way(path, "M", forward=False)
    assert {x: far_m for x, far_m, _ in sensors_of(back)} == {"X": 33.0, "S": 33.0}


def test_of_sensors_that_see_one_fork_each_comes_behind_those_nearer_to_it() -> None:
    path = fork(
        {"W": ("west", 30.0)},
        {"S": ("west", 20.0), "M": ("east", 3.0), "Q": ("north", 2.0), "X": ("north", 40.0)},
    )
    found = way(path, "S")
    assert set(found.by_sensor["Q"]) == {SensorAhead(Heading("Q", forward=True), 32.0, ())}
    assert set(found.by_sensor["M"]) == {
        SensorAhead(Heading("M", forward=True), 33.0, (Gate("Q", 25.0),))
    }
    assert [x.gates for x in found.by_sensor["X"]] == [(Gate("Q", 25.0), Gate("M", 26.0))]


def test_a_sensor_on_a_fork_is_passed_whichever_branch_is_taken() -> None:
    lamps = {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)}
    found = way(fork(lamps, {"S": ("west", 20.0), "M": ("east", 0.0)}), "S")
    assert gates_of(found, "N") == gates_of(found, "E") == [(Gate("M", 23.0),)]
    assert sensors_of(found) == [("M", 30.0, [])]


@pytest.mark.parametrize("at_m", [REACH_M, REACH_M + 1.0])
def test_a_sensor_that_does_not_see_the_fork_counts_on_its_own_branch_only(at_m: float) -> None:
    path = fork(
        {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)},
        {"S": ("west", 20.0), "M": ("east", at_m)},
    )
    assert gates_of(way(path, "S"), "N") == [()]
    assert "N" not in {span[0] for span in ahead(way(path, "M"))}


def test_where_only_two_sections_meet_nobody_takes_another_branch() -> None:
    path = small_path(
        [Section("west", "w", "j", 50.0), Section("east", "j", "e", 60.0)],
        {"W": ("west", 30.0), "E": ("east", 20.0)},
        {"S": ("west", 20.0), "M": ("east", 0.0)},
    )
    assert ahead(way(path, "M")) == [("E", 0.0, 60.0)]
    assert way(path, "M").sensors == ()
    assert sensors_of(way(path, "S")) == [("M", 30.0, [])]


# --- loops ----------------------------------------------------------------------------------------


def two_ways(sensors: dict[str, tuple[str, float]], long_m: float = 60.0) -> Path:
    """From the end of a tail two ways lead to the same lamp: 20 m, and `long_m` long."""
    sections = [
        TAIL,
        Section("short", "a", "b", 20.0),
        Section("long", "a", "b", long_m),
        Section("onward", "b", "e", 40.0),
    ]
    lamps = {"A": ("tail", 50.0), "B": ("onward", 0.0), "L": ("onward", 40.0)}
    return small_path(sections, lamps, {"S": ("tail", 40.0), **sensors})


def test_round_a_loop_the_shorter_way_is_found() -> None:
    sections = [Section("short", "a", "b", 40.0), Section("long", "b", "a", 100.0)]
    path = small_path(sections, {"L": ("long", 80.0)}, {"S": ("short", 10.0), "X": ("long", 80.0)})
    assert sensors_of(way(path, "S"))[0] == ("X", 110.0, [])
    assert sensors_of(way(path, "S", forward=False))[0] == ("X", 30.0, [])


def test_a_cell_is_listed_for_the_nearest_and_the_farthest_way_on_which_nobody_is_seen() -> None:
    found = way(two_ways({}), "S")
    assert parts_of(found, "L") == [("L", 50.0, 70.0), ("L", 90.0, 110.0)]
    assert [x.unseen for x in found.cells if x.lamp == "L"] == [True, True]


def test_a_cell_is_listed_for_a_longer_way_on_which_nobody_is_seen() -> None:
    found = way(two_ways({"seen": ("short", 10.0)}), "S")
    assert [x for x in found.cells if x.lamp == "L"] == [
        CellAhead("L", 50.0, 70.0, (Gate("seen", 13.0),)),
        CellAhead("L", 90.0, 110.0, ()),
    ]
    assert [x.unseen for x in found.cells if x.lamp == "L"] == [False, True]


def test_a_cell_is_not_listed_for_a_longer_way_on_which_people_are_seen() -> None:
    found = way(two_ways({"seen": ("long", 30.0)}), "S")
    assert [x for x in found.cells if x.lamp == "L"] == [CellAhead("L", 50.0, 70.0, ())]


@pytest.mark.parametrize("middle_m", [30.0, 50.0])
def test_of_many_ways_on_which_nobody_is_seen_the_extremes_are_listed(middle_m: float) -> None:
    path = two_ways({"X": ("onward", 40.0), "seen": ("short", 10.0)})
    more = (Section("middle", "a", "b", middle_m), Section("most", "a", "b", 80.0))
    found = way(replace(path, sections=(*path.sections, *more)), "S")
    assert parts_of(found, "L") == [
        ("L", 50.0, 70.0),
        ("L", 30.0 + middle_m, 50.0 + middle_m),
        ("L", 110.0, 130.0),
    ]
    assert [x for x in sensors_of(found) if x[0] == "X"] == [
        ("X", 70.0, ["seen"]),
        ("X", 50.0 + middle_m, []),
        ("X", 130.0, []),
    ]


def test_a_sensor_is_listed_for_a_longer_way_on_which_nobody_is_seen() -> None:
    found = way(two_ways({"seen": ("short", 10.0), "next": ("onward", 20.0)}), "S")
    assert found.by_sensor["next"] == (
        SensorAhead(Heading("next", forward=True), 50.0, (Gate("seen", 13.0),)),
        SensorAhead(Heading("next", forward=True), 90.0, ()),
    )
    assert [x.unseen for x in found.by_sensor["next"]] == [False, True]


def test_a_ring_is_entered_at_both_its_ends() -> None:
    sections = [TAIL, Section("ring", "a", "a", 100.0)]
    path = small_path(sections, {"L": ("ring", 50.0)}, {"S": ("tail", 45.0), "X": ("ring", 90.0)})
    assert way(path, "S").by_sensor["X"] == (
        SensorAhead(Heading("X", forward=False), 15.0, ()),
        SensorAhead(Heading("X", forward=True), 95.0, ()),
    )


def test_round_a_ring_a_way_comes_back_to_its_own_sensor() -> None:
    path = small_path(
        [Section("ring", "j", "j", 100.0)],
        {"one": ("ring", 10.0), "two": ("ring", 60.0)},
        {"S": ("ring", 20.0)},
    )
    for forward in (True, False):
        found = way(path, "S", forward=forward)
        assert found.sensors == (SensorAhead(Heading("S", forward), 100.0, ()),)
    # The cell of one is 85 to 100 and 0 to 35, that of two 35 to 85. Round the ring the sensor
    # sees them again from 93 m on; the way ends where it comes to the junction again, at 180 m.
    found = way(path, "S")
    assert ahead(found) == [
        ("one", -20.0, 15.0),
        ("two", 15.0, 65.0),
        ("one", 65.0, 80.0),
        ("one", 80.0, 115.0),
    ]
    assert end_m(found) == 180.0


def test_on_a_ring_a_cell_lies_behind_as_well_as_ahead() -> None:
    path = small_path(
        [Section("ring", "j", "j", 120.0)],
        {f"L{i}": ("ring", 10.0 + 20.0 * i) for i in range(6)},
        {"S": ("ring", 41.0)},
    )
    assert parts_of(way(path, "S"), "L1") == [("L1", -21.0, -1.0), ("L1", 99.0, 119.0)]


def test_each_junction_is_passed_once_on_a_way() -> None:
    sections = [TAIL, Section("ring", "a", "a", 100.0)]
    path = small_path(sections, {"L": ("ring", 50.0)}, {"S": ("tail", 40.0), "T": ("tail", 20.0)})
    assert "T" not in way(path, "S").by_sensor


def test_behind_a_loop_the_nearest_way_counts() -> None:
    found = way(two_ways({"X": ("onward", 30.0)}), "X")
    # The tail, half of the long way (both by way of the short one), and half of the short one.
    assert parts_of(found, "A") == [
        ("A", -100.0, -50.0),
        ("A", -80.0, -50.0),
        ("A", -50.0, -40.0),
    ]


# --- sections without lamps -----------------------------------------------------------------------


def test_a_section_without_lamps_belongs_to_the_nearest_beyond_it() -> None:
    path = small_path(
        [
            Section("west", "w", "j", 20.0),
            Section("dark", "j", "k", 40.0),
            Section("east", "k", "e", 20.0),
        ],
        {"A": ("west", 10.0), "B": ("east", 4.0)},
        {"S": ("dark", 10.0)},
    )
    # A is 10 m off one end, B 4 m off the other: the border is 17 m along.
    assert spans(way(path, "S")) == [
        ("A", -30.0, -10.0),
        ("A", -10.0, 7.0),
        ("B", 7.0, 30.0),
        ("B", 30.0, 50.0),
    ]


def test_beyond_a_section_without_lamps_the_search_goes_on_whichever_way_it_is_given() -> None:
    for dark in (Section("dark", "j", "k", 40.0), Section("dark", "k", "j", 40.0)):
        path = small_path(
            [Section("bare", "w", "j", 20.0), dark, Section("east", "k", "e", 20.0)],
            {"A": ("east", 10.0)},
            {"S": ("bare", 5.0)},
        )
        assert ahead(way(path, "S")) == [("A", -5.0, 15.0), ("A", 15.0, 55.0), ("A", 55.0, 75.0)]


def test_at_a_dead_end_without_lamps_the_nearest_lamp_of_all_branches_counts() -> None:
    path = fork({"N": ("north", 8.0), "E": ("east", 5.0)}, {"S": ("west", 20.0)})
    assert ahead(way(path, "S"))[0] == ("E", -20.0, 30.0)


def test_of_lamps_at_one_distance_the_first_by_name_counts() -> None:
    path = fork({"N": ("north", 5.0), "E": ("east", 5.0)}, {"S": ("west", 20.0)})
    assert ahead(way(path, "S"))[0] == ("E", -20.0, 30.0)


def test_a_lamp_on_a_junction_is_the_nearest_on_every_branch() -> None:
    path = fork({"J": ("west", 50.0), "N": ("north", 40.0)}, {"S": ("east", 10.0)})
    assert ("J", -10.0, 50.0) in spans(way(path, "S"))
    assert ("J", 10.0, 30.0) in spans(way(path, "S", forward=False))


def test_round_a_loop_a_lamp_of_the_same_section_may_be_the_nearest() -> None:
    # At 95 m of the ring it is 15 m round to the lamp at 10 m, and 45 m back to that at 50 m.
    path = small_path(
        [TAIL, Section("ring", "a", "a", 100.0)],
        {"near": ("ring", 10.0), "far": ("ring", 50.0)},
        {"S": ("ring", 95.0)},
    )
    assert ("near", -15.0, 5.0) in spans(way(path, "S"))


def test_without_lamps_there_are_sensors_only() -> None:
    found = way(line(100.0, {}, {"S": 20.0, "X": 60.0}), "S")
    assert found.cells == ()
    assert sensors_of(found) == [("X", 40.0, [])]


# --- what a sensor watches, and how far the nearest one is ----------------------------------------


def test_a_sensor_watches_the_cells_within_its_reach() -> None:
    path = straight_path(5)
    for reach_m, lamps in (
        (17.5, {"L02"}),
        (18.0, {"L01", "L02", "L03"}),
        (53.0, {"L00", "L01", "L02", "L03", "L04"}),
    ):
        sensor = replace(sensor_of(path, "M02"), reach_m=reach_m)
        assert Graph(path).watched(sensor) == lamps


def test_a_sensor_watches_round_a_junction() -> None:
    lamps = {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)}
    path = fork(lamps, {"near": ("west", 44.0), "far": ("west", 43.0)})
    assert Graph(path).watched(sensor_of(path, "near")) == {"W", "N", "E"}
    assert Graph(path).watched(sensor_of(path, "far")) == {"W"}


def test_the_nearest_sensor_of_a_lamp_may_stand_beyond_a_junction() -> None:
    path = fork(
        {"W": ("west", 30.0), "N": ("north", 20.0), "E": ("east", 20.0)},
        {"S": ("east", 25.0), "X": ("north", 50.0)},
    )
    graph = Graph(path)
    away_m = {lamp.id: graph.nearest_sensor_m(lamp) for lamp in path.lamps}
    assert away_m == {"W": 45.0, "N": 30.0, "E": 5.0}


def test_the_nearest_sensor_of_a_lamp_may_stand_beyond_either_end_of_its_section() -> None:
    sections = [Section(x, f"j{i}", f"j{i + 1}", 50.0) for i, x in enumerate(("a", "b", "c"))]
    for sensor, away_m in ((("a", 45.0), 25.0), (("c", 5.0), 35.0)):
        path = small_path(sections, {"L": ("b", 20.0)}, {"S": sensor})
        assert Graph(path).nearest_sensor_m(path.lamps[0]) == away_m


def test_without_sensors_the_nearest_is_infinitely_far() -> None:
    path = line(100.0, {"L": 50.0}, {})
    assert Graph(path).nearest_sensor_m(path.lamps[0]) == math.inf


# --- random maps ----------------------------------------------------------------------------------


def distances_m(path: Path, here: Lamp | MotionSensor) -> Callable[[Section, float], float]:
    """The shortest distances along the path, worked out by other means."""
    away_m = junction_distances(path, here.section, here.at_m)

    def distance_m(section: Section, at_m: float) -> float:
        found_m = min(
            away_m.get(section.start, math.inf) + at_m,
            away_m.get(section.end, math.inf) + section.length_m - at_m,
        )
        return min(found_m, abs(here.at_m - at_m)) if here.section == section.id else found_m

    return distance_m


def section_of(path: Path, name: str) -> Section:
    return next(x for x in path.sections if x.id == name)


def both_ways(path: Path, sensor: MotionSensor) -> list[Way]:
    graph = Graph(path)
    return [graph.way(sensor, Heading(sensor.id, forward)) for forward in (True, False)]


def bits(path: Path) -> list[tuple[Section, float, set[str]]]:
    """Every half metre of the path: (section, its middle, the nearest lamp, or those at a tie).

    Lamps are at whole metres, so that no border lies within half a metre.
    """
    distance_m = {x.id: distances_m(path, x) for x in path.lamps}
    found = []
    for section in path.sections:
        for i in range(int(2.0 * section.length_m)):
            at_m = 0.25 + 0.5 * i
            away_m = {lamp: distance(section, at_m) for lamp, distance in distance_m.items()}
            least_m = min(away_m.values())
            found.append((section, at_m, {x for x, far_m in away_m.items() if far_m == least_m}))
    return found


@given(path=paths(trees()))
def test_without_loops_all_cells_within_the_horizon_are_ahead_on_one_of_the_two_ways(
    path: Path,
) -> None:
    sensor = path.motion_sensors[0]
    distance_m = distances_m(path, sensor)
    expected = []
    for section_id, cells in lamp_cells(path).items():
        section = section_of(path, section_id)
        for cell in cells:
            from_m = distance_m(section, cell.from_m)
            to_m = distance_m(section, cell.to_m)
            if section_id == sensor.section and cell.from_m < sensor.at_m < cell.to_m:
                expected += [(cell.lamp, -from_m, to_m), (cell.lamp, -to_m, from_m)]
            elif min(from_m, to_m) < HORIZON_M:
                expected.append((cell.lamp, min(from_m, to_m), max(from_m, to_m)))
    found = [span for one in both_ways(path, sensor) for span in ahead(one)]
    assert sorted(found) == sorted(expected)


@given(path=paths(graphs()))
def test_every_spot_within_the_horizon_lies_in_the_cell_of_its_nearest_lamp(path: Path) -> None:
    sensor = path.motion_sensors[0]
    distance_m = distances_m(path, sensor)
    found = [span for one in both_ways(path, sensor) for span in ahead(one)]
    for section, at_m, nearest in bits(path):
        away_m = distance_m(section, at_m)
        if away_m < HORIZON_M:
            assert any(
                lamp in nearest and near_m <= away_m <= far_m for lamp, near_m, far_m in found
            )


@given(path=paths(graphs()))
def test_no_cell_is_nearer_than_it_can_be(path: Path) -> None:
    sensor = path.motion_sensors[0]
    distance_m = distances_m(path, sensor)
    least_m: dict[str, float] = {}
    for section, at_m, nearest in bits(path):
        away_m = distance_m(section, at_m)
        for lamp in nearest:
            least_m[lamp] = min(least_m.get(lamp, math.inf), away_m)
    for one in both_ways(path, sensor):
        for lamp, near_m, far_m in ahead(one):
            assert near_m < far_m
            assert near_m >= least_m[lamp] - 0.25 or near_m < 0.0


@given(path=paths(graphs()))
def test_the_nearest_way_to_every_sensor_is_found_and_none_is_shorter(path: Path) -> None:
    origin = path.motion_sensors[0]
    found = both_ways(path, origin)
    for other in path.motion_sensors[1:]:
        away_m = distances_m(path, origin)(section_of(path, other.section), other.at_m)
        met_m = [x.distance_m for one in found for x in one.by_sensor.get(other.id, ())]
        assert all(m >= away_m for m in met_m)
        if origin.reach_m < away_m <= HORIZON_M:
            assert min(met_m) == away_m


@given(path=paths(graphs()))
def test_gates_come_in_order_and_before_what_they_lead_to(path: Path) -> None:
    reach_m = {x.id: x.reach_m for x in path.motion_sensors}
    for one in both_ways(path, path.motion_sensors[0]):
        assert list(one.cells) == sorted(one.cells, key=lambda x: x.near_m)
        assert list(one.sensors) == sorted(one.sensors, key=lambda x: x.distance_m)
        for cell in one.cells:
            at_m = [gate.edge_m + reach_m[gate.sensor] for gate in cell.gates]
            assert at_m == sorted(at_m)
        for sensor in one.sensors:
            at_m = [gate.edge_m + reach_m[gate.sensor] for gate in sensor.gates]
            assert [*at_m, sensor.distance_m] == sorted([*at_m, sensor.distance_m])


@given(path=paths(graphs(), greatest_reach_m=30, off_junctions_m=0))
def test_something_ahead_is_next(path: Path) -> None:
    # Whoever waits for people waits for the sensors that come next: there must be one if any.
    for one in both_ways(path, path.motion_sensors[0]):
        assert any(x.unseen for x in one.sensors) == bool(one.sensors)
        assert all(one.by_sensor[x.heading.sensor].count(x) == 1 for x in one.sensors)
        assert sum(map(len, one.by_sensor.values())) == len(one.sensors)


@given(path=paths(graphs(), greatest_reach_m=30, off_junctions_m=0))
def test_a_sensor_watches_exactly_the_cells_within_its_reach(path: Path) -> None:
    sensor = path.motion_sensors[0]
    distance_m = distances_m(path, sensor)
    within = [
        nearest
        for section, at_m, nearest in bits(path)
        if distance_m(section, at_m) < sensor.reach_m
    ]
    watched = Graph(path).watched(sensor)
    assert all(nearest & watched for nearest in within)
    assert watched <= {lamp for nearest in within for lamp in nearest}


@given(path=paths(graphs()))
def test_the_nearest_sensor_of_a_lamp_is_as_far_as_the_shortest_way(path: Path) -> None:
    graph = Graph(path)
    for lamp in path.lamps:
        section = section_of(path, lamp.section)
        away_m = [distances_m(path, x)(section, lamp.at_m) for x in path.motion_sensors]
        assert graph.nearest_sensor_m(lamp) == min(away_m)
