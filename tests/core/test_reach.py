"""What a track keeps lit: when each cell is lit and released, by sums over people's ways."""

import math
from dataclasses import replace

import pytest

from controller.core.reach import (
    CALM_SLACK_S,
    FORETOLD_ODDS,
    LATENCY_S,
    LEAD_S,
    LEAST_WINDOW_S,
    SLACK_S,
    WALKER_PREVIEW_M,
    stopping_sight_m,
)
from controller.core.track import (
    Track,
    farthest_due_m,
    farthest_open_m,
    next_sensors,
    speeds_m_s,
)
from controller.core.ways import EndAhead, Gate, Heading, Way
from tests.core.ahead import (
    AHEAD,
    END_M,
    FAST_M_S,
    FASTEST_M_S,
    GROUND,
    LAMPS,
    LONE,
    NEVER,
    NOBODY,
    RIDER,
    SLOW_M_S,
    T_M,
    U_M,
    UNBELIEVED,
    ahead_of_s,
    far_m,
    lamps_between,
    limit_m,
    lit,
    lit_from_s,
    near_m,
    planned,
    speed_that_sees_m_s,
)
from tests.core.build import REACH_M
from tests.core.crowd import START_S, WALKERS_PREVIEW_M, P, sight_m

# --- stopping sight, and what else tracks are planned by ------------------------------------------


@pytest.mark.parametrize(("km_h", "metres"), [(18.0, 17.6), (25.0, 27.2), (30.0, 35.0)])
def test_stopping_sight_distances_of_the_field(km_h: float, metres: float) -> None:
    assert stopping_sight_m(km_h / 3.6, P) == pytest.approx(metres, abs=0.1)


def test_stopping_sight_is_capped() -> None:
    assert stopping_sight_m(15.0, P) == P.preview_cap_m


def test_speed_is_known_the_better_the_oftener_it_was_measured() -> None:
    for hits, spread in ((2, 0.10), (3, 0.07), (4, 0.05), (20, 0.05)):
        expected = pytest.approx((5.0 * (1.0 - spread), 5.0 * (1.0 + spread)))
        assert speeds_m_s(RIDER._replace(hits=hits), P) == expected


def test_of_unknown_speed_the_bounds_are_those_of_the_people_served() -> None:
    assert speeds_m_s(LONE, P) == pytest.approx((0.7, 8.3 * 1.2))
    assert speeds_m_s(LONE._replace(slowest_m_s=2.5), P)[0] == 2.5


@pytest.mark.parametrize(
    ("passed", "expected"),
    [("", "T"), ("T", "U"), ("U", "T"), ("TU", "")],
)
def test_the_sensor_that_comes_next_is_the_first_that_was_not_passed(
    passed: str, expected: str
) -> None:
    found = next_sensors(GROUND.ways[AHEAD], frozenset(passed))
    assert [x.heading.sensor for x in found] == list(expected)


@pytest.mark.parametrize(("passed", "due_m", "open_m"), [("", 80.0, 90.0), ("T", 0.0, 110.0)])
def test_a_way_is_as_long_as_its_longest_branch_without_any_sensor_that_sees_them(
    passed: str, due_m: float, open_m: float
) -> None:
    gate = (Gate("T", 80.0 - REACH_M),)
    ends = (EndAhead(110.0, gate), EndAhead(90.0, ()), EndAhead(70.0, ()))
    sensors = (next_sensors(GROUND.ways[AHEAD], NOBODY)[0]._replace(distance_m=80.0),)
    way = Way.of((), sensors, ends)
    assert farthest_due_m(way, frozenset(passed)) == due_m
    assert farthest_open_m(way, frozenset(passed)) == open_m


def test_beyond_a_sensor_that_missed_them_the_farthest_of_the_next_counts() -> None:
    one = next_sensors(GROUND.ways[AHEAD], NOBODY)[0]
    gate = (Gate("T", 33.0),)
    branches = [
        one._replace(heading=Heading(sensor, forward=True), distance_m=distance_m, gates=gate)
        for sensor, distance_m in (("B", 80.0), ("C", 120.0))
    ]
    way = Way.of((), (one._replace(distance_m=40.0), *branches), ())
    assert [farthest_due_m(way, frozenset(x)) for x in ("", "T", "TC")] == [40.0, 120.0, 80.0]


def test_a_way_past_several_sensors_is_open_only_if_none_of_them_sees_anybody() -> None:
    way = GROUND.ways[AHEAD]
    found = [farthest_open_m(way, frozenset(x)) for x in ("", "T", "U", "TU")]
    assert found == [0.0, 0.0, 0.0, END_M]


@pytest.mark.parametrize("odds", [-2.5, -2.51])
def test_who_is_worth_two_and_a_half_nats_less_than_nothing_is_still_believed(odds: float) -> None:
    assert LONE._replace(odds=odds).believed == (odds == -2.5)
    assert RIDER._replace(odds=odds).believed


# --- 1: lit for the fastest -----------------------------------------------------------------------


@pytest.mark.parametrize("speed_m_s", [1.34, 3.0, 5.0, 8.3, 14.0])
@pytest.mark.parametrize("lamp", ["+0", "+20", "+50", "+80"])
def test_a_cell_is_lit_when_the_fastest_plausible_person_sees_it(
    lamp: str, speed_m_s: float
) -> None:
    track = planned(RIDER._replace(speed_m_s=speed_m_s))
    # They are at the near edge of what S sees.
    expected_s = lit_from_s(near_m(lamp) + REACH_M, speed_m_s * 1.05)
    assert track.windows[lamp].from_s == pytest.approx(expected_s)


def test_a_cell_that_they_see_already_is_lit_at_once() -> None:
    # At 5.25 m/s they see 18.7 m, from 7 m before S: cells that begin up to 11.7 m behind it.
    assert sight_m(FAST_M_S) - REACH_M == pytest.approx(11.74, abs=0.01)
    track = planned(RIDER)
    at_once_s = START_S - LATENCY_S - LEAD_S - P.fade_up_s
    assert {x for x in lit(track) if track.windows[x].from_s == at_once_s} == {"-10", "+0", "+10"}


def test_of_unknown_speed_they_may_be_faster_than_the_fastest() -> None:
    track = planned(LONE)
    for lamp in ("+50", "-50"):
        ahead_m = 45.0 + REACH_M
        assert track.windows[lamp].from_s == pytest.approx(lit_from_s(ahead_m, FASTEST_M_S))


@pytest.mark.parametrize(
    "changes",
    [
        {"fade_up_s": 3.0},
        {"friction": 0.5},
        {"reaction_s": 1.0},
        {"preview_cap_m": 16.0},
        {"preview_cap_m": 0.0},
    ],
)
def test_the_profile_says_how_early_and_how_far_ahead(changes: dict[str, float]) -> None:
    presence = replace(P, **changes)
    expected_s = lit_from_s(near_m("+60") + REACH_M, FAST_M_S, presence)
    assert expected_s != pytest.approx(lit_from_s(near_m("+60") + REACH_M, FAST_M_S), abs=0.05)
    assert planned(RIDER, presence).windows["+60"].from_s == pytest.approx(expected_s)


def test_walkers_see_fifteen_metres() -> None:
    assert WALKER_PREVIEW_M == WALKERS_PREVIEW_M
    assert stopping_sight_m(1.4, P) < WALKERS_PREVIEW_M
    track = planned(RIDER._replace(speed_m_s=1.0))
    expected_s = START_S - 0.4 + (45.0 + 7.0 - 15.0) / 1.05 - 1.0 - LEAD_S
    assert track.windows["+50"].from_s == pytest.approx(expected_s)


# --- 1: released for the slowest and the last -----------------------------------------------------


@pytest.mark.parametrize("hold_s", [0.0, 1.5])
@pytest.mark.parametrize("lamp", ["+10", "+50", "+70"])
def test_a_cell_is_released_when_the_slowest_has_left_it_by_some_metres(
    lamp: str, hold_s: float
) -> None:
    # The last was seen 7 m behind S; the output stayed high for `hold_s`.
    track = planned(RIDER, hold_s=hold_s)
    way_m = far_m(lamp) + P.behind_m - REACH_M
    expected_s = START_S + 3.0 - hold_s + way_m / SLOW_M_S
    assert track.windows[lamp].until_s == pytest.approx(expected_s)


def test_no_cell_ahead_is_released_while_the_output_is_high() -> None:
    # 6 m beyond what S sees are left in 1.3 s; the output stays for 2.5 s.
    assert planned(RIDER, hold_s=2.5).windows["+0"].until_s == START_S + 3.0
    expected_s = START_S + 3.0 - 1.0 + 6.0 / SLOW_M_S
    assert planned(RIDER, hold_s=1.0).windows["+0"].until_s == pytest.approx(expected_s)


@pytest.mark.parametrize("tail_s", [0.0, 2.0])
def test_behind_the_sensor_a_cell_is_left_by_the_last_while_they_are_seen(tail_s: float) -> None:
    # They come 7 m before S, and the cell ends 5 m before it.
    track = planned(RIDER._replace(tail_s=tail_s))
    expected_s = START_S + tail_s + (7.0 - 5.0 + 8.0) / SLOW_M_S
    assert track.windows["-10"].until_s == pytest.approx(expected_s)


def test_of_unknown_speed_they_may_be_as_slow_as_the_slowest() -> None:
    track = planned(LONE)
    expected_s = START_S + 3.0 + (55.0 + 8.0 - 7.0) / P.slowest_m_s
    for lamp in ("+50", "-50"):
        assert track.windows[lamp].until_s == pytest.approx(expected_s)
    slower = planned(LONE, replace(P, slowest_m_s=0.3)).windows["+50"].until_s
    assert slower == pytest.approx(START_S + 3.0 + 56.0 / 0.3)
    flash = planned(LONE._replace(slowest_m_s=2.5)).windows["+50"].until_s
    assert flash == pytest.approx(START_S + 3.0 + 56.0 / 2.5)


def test_the_profile_says_how_far_behind_there_is_light() -> None:
    # The last of a cell that begins 35 m before S is lit if there is light 28 m behind.
    assert lit(planned(RIDER)) >= {"-10", "+0"}
    assert "-30" not in lit(planned(RIDER))
    track = planned(RIDER, replace(P, behind_m=28.0))
    assert track.windows["+50"].until_s == pytest.approx(START_S + 3.0 + (55.0 + 21.0) / SLOW_M_S)
    assert track.windows["-30"].until_s == pytest.approx(START_S + (7.0 - 25.0 + 28.0) / SLOW_M_S)
    assert "-40" not in lit(track)


@pytest.mark.parametrize("track", [RIDER, LONE, RIDER._replace(fall_s=None)])
def test_the_profile_says_how_much_longer_light_stays(track: Track) -> None:
    before, after = planned(track), planned(track, replace(P, hold_s=30.0))
    for lamp in lit(before):
        assert after.windows[lamp].until_s == pytest.approx(before.windows[lamp].until_s + 30.0)
        assert after.windows[lamp].from_s == before.windows[lamp].from_s


def test_where_they_were_is_not_lit_for_a_moment_only() -> None:
    # The cell that ends 15 m before S is left as they come; what comes after them is half a second.
    for tail_s, expected in ((LEAST_WINDOW_S, False), (LEAST_WINDOW_S + 0.1, True)):
        track = planned(RIDER._replace(tail_s=tail_s))
        assert far_m("-20") + P.behind_m + REACH_M == 0.0
        assert ("-20" in lit(track)) == expected


def test_what_is_lit_for_half_a_second_more_is_lit() -> None:
    for tail_s, expected in ((0.5, False), (0.75, True)):
        assert ("-20" in lit(planned(RIDER._replace(tail_s=tail_s)))) == expected


def test_what_is_lit_does_not_depend_on_when_the_clock_began() -> None:
    # The last of what is behind them is lit until 0.75 s of the clock's first second.
    later = planned(RIDER._replace(tail_s=0.75))
    sooner = planned(RIDER._replace(tail_s=0.75, rise_s=0.0, fall_s=3.0))
    assert sooner.windows["-20"].until_s == 0.75
    for lamp, window in later.windows.items():
        assert sooner.windows[lamp] == pytest.approx([at_s - START_S for at_s in window])
    assert sooner.windows.keys() == later.windows.keys()


# --- 2: nothing beyond the next sensor, but for those who are about to reach it -------------------


def test_beyond_the_next_sensor_it_is_lit_as_far_as_the_fastest_sees_from_there() -> None:
    limit = limit_m(T_M, FAST_M_S)
    assert limit + sight_m(FAST_M_S) == pytest.approx(115.8, abs=0.1)
    track = planned(RIDER)
    assert lit(track) == lamps_between(-15.0, 115.8)
    assert max(int(x) for x in lit(track)) == 120


@pytest.mark.parametrize(("beyond_m", "expected"), [(0.0, True), (0.5, False)])
def test_of_a_lone_passage_the_last_cell_that_is_lit_begins_where_they_may_be(
    beyond_m: float, *, expected: bool
) -> None:
    limit = limit_m(T_M, FASTEST_M_S)
    ground = ahead_of_s((limit + beyond_m, limit + 10.0))
    track = planned(LONE._replace(headings=(AHEAD,)), ground=ground)
    assert lit(track) == ({"0"} if expected else set())


def test_a_cell_that_begins_where_they_may_be_is_left_like_any_before_it() -> None:
    limit = limit_m(T_M, FAST_M_S)
    track = planned(RIDER, ground=ahead_of_s((limit, limit + 20.0)))
    left_s = START_S + 3.0 + (limit + 20.0 + 8.0 - 7.0) / SLOW_M_S
    assert track.windows["0"].until_s == pytest.approx(left_s)


@pytest.mark.parametrize(("beyond_m", "walks"), [(15.0, True), (15.5, False)])
def test_walkers_see_fifteen_metres_past_the_next_sensor(beyond_m: float, *, walks: bool) -> None:
    # Of unknown speed they may have 15 m/s, so that they have come to 6 + 2 m beyond its edge.
    presence, limit = replace(P, fastest_m_s=12.5), 101.0
    ground = ahead_of_s((limit + beyond_m, limit + 30.0))
    track = planned(LONE._replace(odds=9.0), presence, ground=ground)
    reached_s = START_S + (limit + REACH_M) / P.slowest_m_s + 0.8
    assert (track.windows["0"].until_s == pytest.approx(reached_s)) == walks


@pytest.mark.parametrize("lamp", ["+110", "+120"])
def test_beyond_it_is_released_when_those_who_see_it_from_there_must_have_been_seen(
    lamp: str,
) -> None:
    track = planned(RIDER)
    limit = limit_m(T_M, FAST_M_S)
    beyond_m = near_m(lamp) - limit
    # Walkers see 15 m; the others are so fast that they see it.
    least_m_s = speed_that_sees_m_s(beyond_m) if beyond_m > WALKERS_PREVIEW_M else SLOW_M_S
    assert (lamp == "+120") == (least_m_s > SLOW_M_S)
    expected_s = START_S + (REACH_M + limit) / least_m_s + SLACK_S
    assert track.windows[lamp].until_s == pytest.approx(expected_s)
    assert track.windows[lamp].from_s == pytest.approx(lit_from_s(near_m(lamp) + REACH_M, FAST_M_S))


@pytest.mark.parametrize("lamp", ["+120", "+130", "+140"])
def test_of_unknown_speed_only_the_fast_look_past_the_next_sensor(lamp: str) -> None:
    # Somebody who certainly comes: at a path's end.
    track = planned(LONE._replace(odds=FORETOLD_ODDS))
    limit = limit_m(T_M, FASTEST_M_S)
    least_m_s = speed_that_sees_m_s(near_m(lamp) - limit)
    assert P.slowest_m_s < least_m_s < FASTEST_M_S
    expected_s = START_S + (REACH_M + limit) / least_m_s + SLACK_S
    assert track.windows[lamp].until_s == pytest.approx(expected_s)


def test_who_walks_looks_past_the_next_sensor_until_they_must_have_reached_it() -> None:
    track = planned(LONE._replace(odds=FORETOLD_ODDS))
    assert 0.0 < near_m("+110") - limit_m(T_M, FASTEST_M_S) <= WALKERS_PREVIEW_M
    expected_s = START_S + (REACH_M + limit_m(T_M, FASTEST_M_S)) / P.slowest_m_s + SLACK_S
    assert track.windows["+110"].until_s == pytest.approx(expected_s)


@pytest.mark.parametrize("missed", [True, False])
def test_a_sensor_that_missed_them_or_sees_nobody_is_no_limit(*, missed: bool) -> None:
    t = frozenset({"T"})
    track = planned(RIDER._replace(missed=t, hidden=True)) if missed else planned(RIDER, passed=t)
    limit = limit_m(U_M, FAST_M_S)
    assert lit(track) == lamps_between(-15.0, limit + sight_m(FAST_M_S))
    expected_s = START_S + 3.0 + (165.0 + 8.0 - 7.0) / SLOW_M_S
    assert track.windows["+160"].until_s == pytest.approx(expected_s)


def test_without_any_sensor_ahead_all_that_is_known_is_lit() -> None:
    track = planned(RIDER, passed=frozenset("TU"))
    assert lit(track) == lamps_between(-15.0, END_M)


# --- 3: while a sensor sees somebody --------------------------------------------------------------


def test_while_a_sensor_sees_somebody_what_a_walker_sees_from_there_stays_lit() -> None:
    track = planned(RIDER._replace(fall_s=None))
    forever = {x for x in lit(track) if track.windows[x].until_s == math.inf}
    # As they leave what S sees, 7 m behind it, walkers see 15 m.
    assert forever == {"+0", "+10", "+20"}
    assert track.review_s == math.inf


def test_what_a_walker_sees_from_there_begins_within_fifteen_metres_of_what_it_sees() -> None:
    # It sees 7 m to either side; what ends a metre before S they leave 8 m behind as they are seen.
    ground = ahead_of_s((-10.0, -1.0), (-1.0, -0.5), (22.0, 30.0), (22.5, 30.0))
    windows = planned(RIDER._replace(fall_s=None), ground=ground).windows
    stays = [windows[lamp].until_s == math.inf for lamp in ("0", "1", "2", "3")]
    assert stays == [False, True, True, False]


def test_while_a_sensor_sees_somebody_what_is_farther_is_left_by_the_last_in_time() -> None:
    track = planned(RIDER._replace(fall_s=None, tail_s=2.0))
    expected_s = START_S + 2.0 + (35.0 + 8.0 + 7.0) / SLOW_M_S
    assert track.windows["+30"].until_s == pytest.approx(expected_s)


def test_while_somebody_of_unknown_speed_is_seen_it_stays_lit_either_way() -> None:
    track = planned(LONE._replace(fall_s=None))
    forever = {x for x in lit(track) if track.windows[x].until_s == math.inf}
    assert forever == {"-20", "-10", "+0", "+10", "+20"}


# --- 6: calm --------------------------------------------------------------------------------------


def test_a_cell_that_will_be_needed_soon_is_not_dimmed_in_between() -> None:
    track = planned(RIDER)
    # At 5 m/s they see 17.6 m: those beyond are needed when the fastest or the slowest sees them.
    assert sight_m(5.0) == pytest.approx(17.6, abs=0.01)
    for lamp in ("+20", "+50", "+70"):
        way_m = near_m(lamp) + REACH_M - sight_m(5.0)
        window = track.windows[lamp]
        assert window.calm_from_s == pytest.approx(START_S + way_m / FAST_M_S - P.calm_s)
        assert window.calm_until_s == pytest.approx(START_S + way_m / SLOW_M_S + CALM_SLACK_S)
        assert window.from_s < window.calm_until_s


def test_what_is_not_to_be_dimmed_begins_beyond_what_they_see_and_ends_with_soon() -> None:
    # A walker of 1 m/s sees 15 m, from 7 m before S: 8 m beyond it. T, 100 m ahead, tells of what
    # comes more than 10 s after it has seen them; in these the fastest comes on by 10.5 m.
    ground = ahead_of_s((8.0, 9.0), (8.5, 9.0), (118.4, 130.0), (118.6, 130.0))
    windows = planned(RIDER._replace(speed_m_s=1.0), ground=ground).windows
    assert {x for x, window in windows.items() if window.calm_until_s > -math.inf} == {"1", "2"}


def test_where_no_sensor_comes_all_that_is_not_seen_yet_is_calm_in_time() -> None:
    ground = ahead_of_s((8.0, 9.0), (8.5, 9.0), (400.0, 410.0), due_m=0.0)
    windows = planned(RIDER._replace(speed_m_s=1.0), ground=ground).windows
    assert [windows[lamp].calm_until_s > -math.inf for lamp in "012"] == [False, True, True]
    assert windows["2"].calm_from_s == pytest.approx(START_S + 392.0 / 1.05 - P.calm_s)


def test_a_cell_is_not_dimmed_for_a_second_more_than_the_slowest_needs_to_see_it() -> None:
    # It begins 12.6 m beyond what a rider of 5 m/s, who may be 5 % slower, sees.
    ground = ahead_of_s((sight_m(5.0) - REACH_M + 9.5, 40.0))
    assert planned(RIDER, ground=ground).windows["0"].calm_until_s == pytest.approx(
        START_S + 9.5 / 4.75 + 1.0
    )


def test_calm_goes_on_until_light_is_needed() -> None:
    track = planned(RIDER._replace(speed_m_s=8.3, hits=2))
    both = [w for w in track.windows.values() if w.until_s > -math.inf < w.calm_until_s]
    assert len(both) >= 5
    for window in both:
        assert window.calm_from_s < window.from_s < window.calm_until_s


def test_what_they_see_already_needs_no_calm() -> None:
    # They see 17.6 m, from 7 m before S.
    track = planned(RIDER)
    calm = {x for x, window in track.windows.items() if window.calm_until_s > -math.inf}
    assert min(int(x) for x in calm) == 20
    assert near_m("+10") + REACH_M < sight_m(5.0) < near_m("+20") + REACH_M


@pytest.mark.parametrize("calm_s", [0.0, 4.0, 10.0, 60.0])
def test_the_profile_says_what_soon_is(calm_s: float) -> None:
    track = planned(RIDER, replace(P, calm_s=calm_s))
    window = track.windows["+20"]
    way_m = near_m("+20") + REACH_M - sight_m(5.0)
    assert window.calm_from_s == pytest.approx(START_S + way_m / FAST_M_S - calm_s)
    # All that the fastest sees within that time has its calm.
    for lamp in LAMPS:
        if 0.0 < (near_m(lamp) + REACH_M - sight_m(5.0)) <= calm_s * FAST_M_S:
            assert track.windows[lamp].calm_until_s > -math.inf


def test_calm_reaches_beyond_the_next_sensor_where_nothing_is_needed_yet() -> None:
    track = planned(RIDER, replace(P, calm_s=30.0))
    window = track.windows["+150"]
    assert (window.from_s, window.until_s) == (math.inf, -math.inf)
    way_m = near_m("+150") + REACH_M - sight_m(5.0)
    assert window.calm_until_s == pytest.approx(START_S + way_m / SLOW_M_S + CALM_SLACK_S)


def test_where_nothing_is_needed_soon_nothing_is_calm() -> None:
    track = planned(RIDER, replace(P, calm_s=0.0))
    assert track.windows.keys() == lit(track)


@pytest.mark.parametrize("track", [LONE, UNBELIEVED])
def test_somebody_of_unknown_speed_calms_nothing(track: Track) -> None:
    for window in planned(track).windows.values():
        assert window[2:] == NEVER[2:]
