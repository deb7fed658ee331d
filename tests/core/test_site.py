"""What one node knows of the path: whom it listens to, what each sensor tells, what is unseen."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given

from controller.core.path import Path, Section
from controller.core.site import GREATEST_UNSEEN_M, Overview, Site, build_site
from controller.core.ways import HORIZON_M, Gate, Graph, Heading
from tests.core.build import graphs, line, paths, small_path, straight_path

NODES = ("n0", "n1", "n2")


def names(found: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Sets of one-letter names, in order."""
    return {key: "".join(sorted(those)) for key, those in found.items()}


# --- what is its own, and what concerns it --------------------------------------------------------


def test_a_node_knows_its_own_lamps_and_sensors() -> None:
    site = build_site(straight_path(), "n1")
    assert list(site.lamps) == ["L04", "L05", "L06", "L07"]
    assert site.own_sensors == {"M04", "M05", "M06", "M07"}
    assert site.own_light_sensors == {"X1"}
    assert (site.position_deg, site.controller_w) == ((51.57, 8.11), 3.0)


def test_an_own_lamp_is_known_as_it_was_built() -> None:
    path = straight_path()
    assert build_site(path, "n1").as_built("L05") is path.lamps[5]


def test_a_node_that_the_path_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        build_site(straight_path(), "n9")


def test_sensors_concern_a_node_as_far_as_the_horizon() -> None:
    # The cells of n5 are 700 to 840 m along; M13 stands 227.5 m before them, M12 262.5 m.
    site = build_site(straight_path(40, 4), "n5")
    assert list(site.sensors) == [f"M{i}" for i in range(13, 31)]
    assert site.heard_nodes == {"n3", "n4", "n6", "n7"}


@given(paths(graphs(), nodes=NODES))
def test_the_overview_knows_every_nodes_neighbours_as_its_site_does(path: Path) -> None:
    overview = Overview.of(path)
    for node in path.nodes:
        site = build_site(path, node.id)
        assert overview.heard_nodes(node.id) == site.heard_nodes
        assert overview.sensors(node.id) == site.sensors


def test_ways_lead_through_own_cells_only() -> None:
    site = build_site(straight_path(40, 4), "n5")
    ahead, behind = (
        site.ways[Heading("M17", forward=True)],
        site.ways[Heading("M17", forward=False)],
    )
    assert [x.lamp for x in ahead.cells] == ["L20", "L21", "L22", "L23"]
    assert [x.near_m for x in ahead.cells] == [87.5, 122.5, 157.5, 192.5]
    assert [(x.lamp, x.far_m) for x in behind.cells] == [("L20", -87.5)]
    assert site.ways.keys() == {
        Heading(x, onward) for x in site.sensors for onward in (True, False)
    }


def test_ways_lead_past_known_sensors_only() -> None:
    # From M28 on, M31 to M34 lie ahead within the horizon; they concern n5 no more.
    site = build_site(straight_path(40, 4), "n5")
    ahead = site.ways[Heading("M28", forward=True)]
    assert [x.heading.sensor for x in ahead.sensors] == ["M29", "M30"]
    assert [x.distance_m for x in ahead.ends] == [HORIZON_M]


def test_an_unknown_sensor_is_no_gate_to_a_known_one() -> None:
    # The own cells end at 40 m and begin at 640 m: S and T concern one each, X in between neither.
    path = line(
        680.0,
        {"A": 20.0, "B": 60.0, "Y": 620.0, "Z": 660.0},
        {"S": 270.0, "X": 350.0, "T": 450.0},
        nodes={"B": "o", "Y": "o", "X": "o"},
    )
    [ahead] = build_site(path, "n").ways[Heading("S", forward=True)].sensors
    assert (ahead.heading.sensor, ahead.distance_m, ahead.gates) == ("T", 180.0, ())
    [ahead] = build_site(path, "o").ways[Heading("S", forward=True)].by_sensor["T"]
    assert ahead.gates == (Gate("X", 73.0),)


def test_an_unknown_sensor_is_no_gate_of_a_cell() -> None:
    # M sees people who go north from 60 m before the fork on; X stands 245 m beyond the own cell.
    path = small_path(
        [
            Section("west", "w", "j", 200.0),
            Section("north", "j", "n", 300.0),
            Section("east", "j", "e", 60.0),
        ],
        {"W": ("west", 180.0), "E": ("east", 20.0), "L": ("north", 20.0), "N": ("north", 60.0)},
        {"M": ("west", 150.0), "X": ("north", 285.0)},
        reach_m=60.0,
        nodes={"W": "o", "E": "o", "N": "o", "X": "o"},
    )
    heading = Heading("M", forward=False)
    assert [x[:3] for x in build_site(path, "n").ways[heading].cells] == [
        ("L", -90.0, -50.0),
        ("L", -50.0, -10.0),
    ]
    assert {x.gates for x in build_site(path, "n").ways[heading].cells} == {()}
    [north] = [x for x in build_site(path, "o").ways[heading].cells if x.near_m == -10.0]
    assert north.gates == (Gate("X", 175.0),)


def test_a_sensor_that_concerns_no_lamp_of_its_own_node_is_known_to_it() -> None:
    path = line(
        900.0, {"A": 30.0, "B": 850.0}, {"S": 30.0, "T": 850.0}, nodes={"T": "n", "B": "other"}
    )
    site = build_site(path, "n")
    assert list(site.sensors) == ["S", "T"]
    assert site.around["T"] == set()
    assert site.announced == {"T"}


def test_only_sensors_that_concern_others_are_announced() -> None:
    # Ten nodes of ten lamps: the cells of n0 end at 350 m, those of n2 begin at 700 m. M16 is
    # 227.5 m away from n0 and M13 from n2, so that each sensor concerns one of them, or both.
    assert len(build_site(straight_path(100, 10), "n1").announced) == 10
    # Of 20 lamps to a node, those in the middle are too far from any other: up to 227.5 m.
    site = build_site(straight_path(60, 20), "n1")
    near = {f"M{i}" for i in (*range(20, 27), *range(33, 40))}
    assert site.announced == near


def test_a_node_alone_announces_nothing_and_hears_nobody() -> None:
    site = build_site(straight_path(12, 12), "n0")
    assert (site.announced, site.heard_nodes, site.guards) == (set(), set(), {})


@given(path=paths(graphs(), greatest_reach_m=30, off_junctions_m=0, nodes=NODES))
def test_whose_lamp_a_sensor_concerns_hears_it_announced(path: Path) -> None:
    sites = {node.id: build_site(path, node.id) for node in path.nodes}
    for sensor in path.motion_sensors:
        listeners = {
            node
            for node, site in sites.items()
            if node != sensor.node and sensor.id in site.sensors
        }
        assert (sensor.id in sites[sensor.node].announced) == bool(listeners)
        for node in listeners:
            assert sensor.node in sites[node].heard_nodes
            assert sensor.node in sites[node].guards


@given(path=paths(graphs(), greatest_reach_m=30, off_junctions_m=0, nodes=NODES))
def test_a_site_is_the_part_of_the_path_that_concerns_the_node(path: Path) -> None:
    graph = Graph(path)
    for node in path.nodes:
        site = build_site(path, node.id)
        for name, sensor in site.sensors.items():
            cells = []
            for heading in (Heading(name, forward=True), Heading(name, forward=False)):
                whole, part = graph.way(sensor, heading), site.ways[heading]
                cells += part.cells
                assert [x[:3] for x in part.cells] == [
                    x[:3] for x in whole.cells if x.lamp in site.lamps
                ]
                assert [x[:2] for x in part.sensors] == [
                    x[:2] for x in whole.sensors if x.heading.sensor in site.sensors
                ]
                assert [x.distance_m for x in part.ends] == [x.distance_m for x in whole.ends]
                for one in (*part.cells, *part.sensors):
                    assert {gate.sensor for gate in one.gates} <= site.sensors.keys()
            assert cells or name in site.own_sensors
            assert site.watchers[name] == graph.watched(sensor) & site.lamps.keys()
            assert site.watchers[name] <= site.around[name] <= site.lamps.keys()


@given(path=paths(graphs(), greatest_reach_m=30, off_junctions_m=0, nodes=NODES))
def test_every_lamp_is_guarded_by_a_sensor_or_uncovered(path: Path) -> None:
    for node in path.nodes:
        site = build_site(path, node.id)
        own = frozenset[str]().union(*(site.around[x] for x in site.own_sensors))
        assert own.union(*site.guards.values()) | site.uncovered == site.lamps.keys()


# --- what each sensor tells -----------------------------------------------------------------------


def along(sensors: dict[str, float], nodes: Mapping[str, str] | None = None) -> Site:
    """Node "n" of a path of 240 m; lamps A to F every 40 m, so that B's cell is 40 to 80 m."""
    lamps = {name: 20.0 + 40.0 * i for i, name in enumerate("ABCDEF")}
    return build_site(line(240.0, lamps, sensors, nodes=nodes), "n")


def test_a_sensor_watches_the_cells_within_its_reach() -> None:
    site = along({"S": 74.0, "T": 72.0})
    assert names(site.watchers) == {"S": "BC", "T": "B"}


def test_around_a_sensor_are_the_cells_that_people_may_come_to_before_another_sees_them() -> None:
    site = along({"S": 60.0, "T": 140.0, "U": 180.0})
    # T sees from 133 m on: people may come to D (120 m) unseen, but not to E (160 m).
    assert names(site.around) == {"S": "ABCD", "T": "BCDE", "U": "DEF"}


def test_around_a_sensor_are_the_cells_it_sees_even_if_another_sees_them_first() -> None:
    # From S, 76 m, C begins at 4 m; T, at 85 m, sees from 2 m on.
    site = along({"S": 76.0, "T": 85.0})
    assert names(site.watchers) == {"S": "BC", "T": "BC"}
    assert names(site.around) == {"S": "ABC", "T": "BCDEF"}


def test_nobody_is_unseen_farther_than_the_bound() -> None:
    # The cell of E begins 150 m ahead of S, that of F farther.
    assert GREATEST_UNSEEN_M == 150.0
    assert names(along({"S": 10.0}).around) == {"S": "ABCDE"}
    assert names(along({"S": 9.5}).around) == {"S": "ABCD"}


def test_a_neighbour_guards_until_two_own_sensors_may_have_seen_who_comes() -> None:
    # T sees people from 73 m on, U from 113 m on; the cell of D begins at 100 m, that of E at 140.
    site = along({"S": 20.0, "T": 100.0, "U": 140.0}, {"S": "west"})
    assert names(site.guards) == {"west": "ABCD"}
    # From 93 m on U sees people before they are in the cell of D.
    site = along({"S": 20.0, "T": 100.0, "U": 120.0}, {"S": "west"})
    assert names(site.guards) == {"west": "ABC"}


@pytest.mark.parametrize(("at_m", "guarded"), [(127.0, "ABC"), (127.5, "ABCD")])
def test_a_sensor_that_sees_people_as_they_come_to_a_cell_sees_them_in_time(
    at_m: float, guarded: str
) -> None:
    # The cell of D begins at 120 m; U sees 7 m to either side.
    site = along({"S": 20.0, "T": 100.0, "U": at_m}, {"S": "west"})
    assert names(site.guards) == {"west": guarded}


@pytest.mark.parametrize(("at_m", "guarded"), [(10.0, "ABCDE"), (9.5, "ABCD")])
def test_a_neighbour_guards_no_farther_than_the_bound(at_m: float, guarded: str) -> None:
    # The cell of E begins at 160 m, and there is no other sensor.
    assert names(along({"S": at_m}, {"S": "west"}).guards) == {"west": guarded}


def test_a_neighbour_guards_with_all_its_sensors() -> None:
    # From T on the cell of E begins at 100 m, from S on that of F is beyond both own sensors.
    sensors = {"S": 20.0, "T": 60.0, "U": 100.0, "V": 180.0}
    site = along(sensors, {"S": "west", "T": "west"})
    assert names(site.guards) == {"west": "ABCDE"}


def test_a_neighbour_far_away_guards_nothing() -> None:
    lamps = {"A": 20.0, "B": 60.0, "Z": 220.0}
    path = line(240.0, lamps, {"S": 30.0, "T": 60.0, "U": 230.0}, nodes={"U": "o", "Z": "o"})
    site = build_site(path, "n")
    # From U on, 150 m bring nobody into the cell of B, which ends at 140 m; T sees them first.
    assert site.heard_nodes == {"o"}
    assert names(site.guards) == {"o": "B"}


def test_a_lamp_is_covered_by_a_sensor_within_the_bound() -> None:
    covered = line(240.0, {"A": 20.0, "B": 170.0}, {"S": 20.0})
    assert build_site(covered, "n").uncovered == set()
    farther = line(240.0, {"A": 20.0, "B": 170.5}, {"S": 20.0})
    assert build_site(farther, "n").uncovered == {"B"}


def test_without_sensors_every_lamp_is_uncovered() -> None:
    site = build_site(line(100.0, {"A": 30.0, "B": 80.0}, {}), "n")
    assert site.uncovered == {"A", "B"}
    assert (site.sensors, site.ways, site.watchers, site.longest_unseen_m) == ({}, {}, {}, 0.0)


def test_a_lamp_with_a_sensor_is_covered_even_if_the_path_goes_on_unlit() -> None:
    assert build_site(line(600.0, {"A": 30.0}, {"S": 30.0}), "n").uncovered == set()


def test_a_lamp_without_a_cell_is_uncovered() -> None:
    # Of three at one place the outer ones have the cells.
    site = build_site(line(100.0, {"A": 50.0, "B": 50.0, "C": 50.0}, {"S": 20.0}), "n")
    assert site.uncovered == {"B"}


# --- how far people go unseen ---------------------------------------------------------------------


def test_between_sensors_people_are_unseen_from_one_to_the_next() -> None:
    assert along({"S": 60.0, "T": 140.0, "U": 200.0}).longest_unseen_m == 80.0


def test_beyond_the_last_sensor_people_are_unseen_as_far_as_the_end() -> None:
    assert along({"S": 60.0, "T": 110.0}).longest_unseen_m == 130.0


def test_how_long_people_are_counted_as_unseen_is_bound() -> None:
    assert along({"S": 10.0}).longest_unseen_m == GREATEST_UNSEEN_M


def test_on_a_long_path_only_gaps_at_own_lamps_count() -> None:
    # All sensors are 35 m apart, and there is a gap of 70 m where M22 is missing.
    path = straight_path(40, 4)
    gap = replace(path, motion_sensors=tuple(x for x in path.motion_sensors if x.id != "M22"))
    unseen_m = {node.id: build_site(gap, node.id).longest_unseen_m for node in path.nodes}
    assert unseen_m == {**dict.fromkeys(unseen_m, 35.0), "n5": 70.0}


def test_people_who_come_back_from_beyond_the_own_lamps_count() -> None:
    path = line(130.0, {"A": 20.0, "B": 100.0}, {"S": 20.0}, nodes={"B": "o"})
    assert build_site(path, "n").longest_unseen_m == 110.0


@pytest.mark.parametrize(("at_m", "unseen_m"), [(40.0, 40.0), (39.5, 90.5)])
def test_people_who_go_off_count_only_where_an_own_cell_lies_ahead_of_them(
    at_m: float, unseen_m: float
) -> None:
    # The own cell ends at 40 m, the path at 130 m.
    path = line(130.0, {"A": 20.0, "B": 60.0}, {"S": at_m}, nodes={"B": "o"})
    assert build_site(path, "n").longest_unseen_m == unseen_m


def test_a_branch_without_sensors_counts_to_its_end() -> None:
    path = small_path(
        [
            Section("west", "w", "j", 40.0),
            Section("north", "j", "n", 60.0),
            Section("east", "j", "e", 110.0),
        ],
        {"W": ("west", 20.0), "N": ("north", 20.0), "E": ("east", 20.0)},
        {"S": ("west", 20.0), "X": ("north", 30.0)},
    )
    assert build_site(path, "n").longest_unseen_m == 20.0 + 110.0 + 10.0
