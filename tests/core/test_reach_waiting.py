"""What stays lit, and for how long, where people may have stopped or turned, or are nobody."""

import math
from dataclasses import replace

import pytest

from controller.core.path import Section
from controller.core.reach import (
    CALM_SLACK_S,
    FLASH_S,
    FORETOLD_ODDS,
    LATENCY_S,
    LEAD_S,
    SLACK_M,
    SLACK_S,
    STOP_S,
)
from controller.core.track import (
    Track,
    Window,
    speeds_m_s,
)
from controller.core.ways import Heading
from tests.core.ahead import (
    AHEAD,
    BACK,
    END_M,
    FAST_M_S,
    FASTEST_M_S,
    LAMPS,
    LENGTH_M,
    LONE,
    NOBODY,
    RIDER,
    S_AT_M,
    SLOW_M_S,
    T_M,
    U_M,
    UNBELIEVED,
    ahead_of_s,
    due_s,
    far_m,
    lamps_between,
    limit_m,
    lit,
    lit_from_s,
    planned,
)
from tests.core.build import REACH_M, line, small_path
from tests.core.crowd import START_S, P, ground_on, sight_m

# --- 4: where somebody may have stopped -----------------------------------------------------------

MISSED_BY_T = RIDER._replace(missed=frozenset({"T"}))


def test_where_somebody_may_have_stopped_it_stays_lit() -> None:
    track = planned(MISSED_BY_T)
    waiting = {x for x in lit(track) if track.windows[x].until_s == START_S + STOP_S}
    assert waiting == lamps_between(-REACH_M, limit_m(U_M, FAST_M_S))
    # What they see beyond U is lit only until they must have reached it.
    assert lit(track) - waiting == {"+200", "+210"}


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": True},  # the sensor was busy with somebody else
        {"hits": 2},  # they may not exist
        {"missed": NOBODY},
    ],
)
def test_nobody_is_waited_for_who_may_have_been_there_unseen(changes: dict[str, object]) -> None:
    track = planned(Track(**{**MISSED_BY_T._asdict(), **changes}), passed=frozenset({"T"}))
    assert max(w.until_s for w in track.windows.values()) < START_S + STOP_S / 2.0


@pytest.mark.parametrize(("before_s", "kept"), [(0.1, True), (0.9, True), (1.1, False)])
@pytest.mark.parametrize("hits", [2, 3])
def test_what_is_left_just_before_they_are_expected_is_not_dimmed_and_lit_again(
    before_s: float, hits: int, *, kept: bool
) -> None:
    # T sees them after 100 m at 5 m/s. Whom it misses may have stopped: then it will stay lit.
    track = RIDER._replace(hits=hits)
    expected_s = due_s(T_M, 5.0, {2: 0.10, 3: 0.07}[hits])
    slow_m_s = speeds_m_s(track, P)[0]
    # They left the sensor's reach, 7 m, at 3 s; the cell 8 m behind them is to be left.
    far = (expected_s - before_s - START_S - 3.0) * slow_m_s + REACH_M - P.behind_m
    windows = planned(track, ground=ahead_of_s((far - 10.0, far))).windows
    until_s = windows["0"].until_s
    assert until_s == pytest.approx(expected_s if kept and hits == 3 else expected_s - before_s)


def test_where_somebody_may_have_stopped_it_stays_lit_for_five_minutes() -> None:
    assert planned(MISSED_BY_T).windows["+50"].until_s == START_S + 300.0
    assert planned(MISSED_BY_T._replace(stopped_s=START_S)).review_s == START_S + 300.0


@pytest.mark.parametrize("stopped_s", [None, START_S])
def test_they_may_have_stopped_between_the_sight_of_one_sensor_and_of_the_next(
    stopped_s: float | None,
) -> None:
    limit = limit_m(U_M, FAST_M_S)
    spans_m = (-20.0, -7.0), (-20.0, -6.5), (limit - 0.5, limit + 9.0), (limit, limit + 9.0)
    ground = ahead_of_s(*spans_m, due_m=U_M, sensor="U")
    windows = planned(MISSED_BY_T._replace(stopped_s=stopped_s), ground=ground).windows
    waiting = {lamp for lamp, window in windows.items() if window.until_s == START_S + 300.0}
    assert waiting == {"1", "2"}


def test_three_sensors_are_enough_to_wait_for_somebody() -> None:
    track = planned(MISSED_BY_T._replace(hits=3))
    assert track.windows["+50"].until_s == START_S + STOP_S


def test_who_left_late_is_waited_for_no_shorter() -> None:
    fall_s = START_S + STOP_S
    track = planned(MISSED_BY_T._replace(fall_s=fall_s))
    expected_s = fall_s + (55.0 + 8.0 - 7.0) / SLOW_M_S
    assert track.windows["+50"].until_s == pytest.approx(expected_s)


def test_where_somebody_may_have_stopped_the_profile_says_how_much_longer_light_stays() -> None:
    track = planned(MISSED_BY_T, replace(P, hold_s=20.0))
    assert track.windows["+50"].until_s == START_S + STOP_S + 20.0


def test_who_is_waited_for_keeps_all_lit_up_to_the_sensor_that_should_see_them() -> None:
    stopped_s = START_S + 60.0
    track = planned(MISSED_BY_T._replace(stopped_s=stopped_s))
    expected = Window(stopped_s, stopped_s + STOP_S, math.inf, -math.inf)
    lamps = lamps_between(-REACH_M, limit_m(U_M, FAST_M_S))
    assert track.windows == dict.fromkeys(lamps, expected)
    assert track.review_s == stopped_s + STOP_S


def test_who_is_waited_for_without_any_sensor_ahead_keeps_all_lit() -> None:
    track = planned(MISSED_BY_T._replace(stopped_s=START_S), passed=frozenset({"U"}))
    assert track.windows.keys() == lamps_between(-REACH_M, END_M)


# --- 5: walkers may turn round --------------------------------------------------------------------


@pytest.mark.parametrize("speed_m_s", [0.7, 1.34, 2.0])
def test_the_stretch_that_walkers_are_on_stays_lit_until_they_are_due(speed_m_s: float) -> None:
    track = planned(RIDER._replace(speed_m_s=speed_m_s))
    seen_s = due_s(T_M, speed_m_s)
    for lamp in lamps_between(0.0, limit_m(T_M, speed_m_s * 1.05)):
        left_s = START_S + 3.0 + (far_m(lamp) + 8.0 - 7.0) / (speed_m_s * 0.95)
        assert track.windows[lamp].until_s == pytest.approx(max(seen_s, left_s))
    assert track.windows["-10"].until_s == pytest.approx(START_S + 10.0 / (speed_m_s * 0.95))
    limit = limit_m(T_M, speed_m_s * 1.05)
    reached_s = START_S + (limit + REACH_M) / (speed_m_s * 0.95) + SLACK_S
    assert track.windows["+110"].until_s == pytest.approx(reached_s)


def test_the_stretch_that_walkers_are_on_ends_behind_them_and_at_the_next_sensor() -> None:
    limit = limit_m(T_M, 1.05)
    spans_m = (-10.0, 0.0), (-10.0, 0.5), (limit - 0.5, limit + 2.0), (limit, limit + 2.0)
    walker = RIDER._replace(speed_m_s=1.0)
    windows = planned(walker, replace(P, behind_m=0.0), ground=ahead_of_s(*spans_m)).windows
    assert [windows[x].until_s == due_s(T_M, 1.0) for x in "0123"] == [False, True, True, False]


@pytest.mark.parametrize("track", [RIDER._replace(speed_m_s=2.01), LONE])
def test_riders_and_those_of_unknown_speed_do_not_turn_round(track: Track) -> None:
    slow_m_s, _ = speeds_m_s(track, P)
    left_s = START_S + 3.0 + (15.0 + 8.0 - 7.0) / slow_m_s
    assert planned(track).windows["+10"].until_s == pytest.approx(left_s)


# --- lone passages --------------------------------------------------------------------------------


def test_a_lone_passage_lights_no_further_than_the_next_sensors() -> None:
    limit = limit_m(T_M, FASTEST_M_S)
    assert lit(planned(LONE)) == lamps_between(-limit, limit)


def test_somebody_who_is_likely_to_be_there_lights_what_they_see_beyond() -> None:
    reach_m = limit_m(T_M, FASTEST_M_S) + sight_m(FASTEST_M_S)
    assert lit(planned(LONE._replace(odds=FORETOLD_ODDS))) == lamps_between(-reach_m, reach_m)
    less = LONE._replace(odds=FORETOLD_ODDS - 0.01)
    assert lit(planned(less)) == lit(planned(LONE))


def test_who_is_there_with_one_nat_of_certainty_is_likely_to_be_there() -> None:
    lit_m = [
        max(int(x) for x in lit(planned(LONE._replace(odds=odds)))) for odds in (0.99, 1.0, 1.01)
    ]
    assert lit_m == [100, 140, 140]


@pytest.mark.parametrize(
    ("span_m", "own"),
    [
        ((-10.0, -0.5), False),
        ((-10.0, 0.0), True),
        ((-10.0, 0.5), True),
        ((0.0, 10.0), True),
        ((0.5, 10.0), False),
    ],
)
def test_its_own_cell_is_the_one_in_which_the_sensor_stands(
    span_m: tuple[float, float], *, own: bool
) -> None:
    ground = ahead_of_s(span_m)
    unbelieved = UNBELIEVED._replace(headings=(AHEAD,))
    assert planned(unbelieved, ground=ground).windows.keys() == ({"0"} if own else set())
    # The output is known to stay for half a second: a flash is over after half a second more.
    lone = LONE._replace(headings=(AHEAD,), fall_s=None)
    window = planned(lone, ground=ground, hold_s=0.5).windows["0"]
    at_once_s, no_flash_s = START_S - 1.5, START_S + 1.0
    assert window.from_s == pytest.approx(at_once_s if own else no_flash_s)


def test_a_lone_passage_lights_its_own_cell_first_and_the_others_when_it_was_no_flash() -> None:
    # The output stays for 2 s; whoever is seen for less than half a second more was a flash.
    track = planned(LONE._replace(fall_s=None), hold_s=2.0)
    ruled_out_s = START_S + 2.0 + FLASH_S
    assert track.windows["+0"].from_s == START_S - LATENCY_S - LEAD_S - P.fade_up_s
    for lamp in lit(track) - {"+0"}:
        ahead_m = abs(int(lamp)) - 5.0 + REACH_M
        assert track.windows[lamp].from_s == pytest.approx(
            max(ruled_out_s, lit_from_s(ahead_m, FASTEST_M_S))
        )
    assert track.windows["+10"].from_s == ruled_out_s < track.windows["+90"].from_s


def test_when_they_have_left_it_is_known_what_it_was_and_nothing_waits_for_it() -> None:
    flash = LONE._replace(slowest_m_s=2.5, fall_s=START_S + 2.0)
    assert planned(flash, hold_s=2.0).windows["+10"].from_s < START_S


def test_as_long_as_the_output_is_not_known_nobody_is_left_in_the_dark_for_a_flash() -> None:
    track = planned(LONE, hold_s=0.0)
    assert track.windows["+10"].from_s == START_S - LATENCY_S - LEAD_S - P.fade_up_s


@pytest.mark.parametrize("track", [RIDER, LONE._replace(odds=FORETOLD_ODDS)])
def test_nobody_who_is_likely_to_be_there_waits_for_it(track: Track) -> None:
    at_once_s = START_S - LATENCY_S - LEAD_S - P.fade_up_s
    assert planned(track, hold_s=2.0).windows["+10"].from_s == at_once_s


def test_who_is_known_lights_what_they_see_beyond_however_often_they_were_missed() -> None:
    doubtful = RIDER._replace(odds=FORETOLD_ODDS - 0.9, hits=4)
    assert planned(doubtful).windows == planned(RIDER).windows


def test_a_passage_that_is_not_believed_lights_its_own_cell_only() -> None:
    track = planned(UNBELIEVED)
    assert track.windows.keys() == {"+0"}
    window = track.windows["+0"]
    assert window.from_s == START_S - LATENCY_S - LEAD_S - P.fade_up_s
    assert window.until_s == pytest.approx(START_S + 3.0 + (5.0 + 8.0 - 7.0) / P.slowest_m_s)
    # It may be somebody all the same: whether another sensor sees them is waited for.
    assert track.review_s == planned(LONE).review_s


def test_at_the_border_of_two_cells_both_are_its_own() -> None:
    path = line(100.0, {"A": 40.0, "B": 60.0}, {"S": 50.0})
    track = UNBELIEVED
    assert planned(track, ground=ground_on(path)).windows.keys() == {"A", "B"}


# --- when they are due ----------------------------------------------------------------------------


@pytest.mark.parametrize(("hits", "spread"), [(2, 0.10), (3, 0.07), (4, 0.05)])
def test_a_rider_is_due_at_the_next_sensor_half_a_spread_late(hits: int, spread: float) -> None:
    track = planned(RIDER._replace(hits=hits))
    assert track.review_s == pytest.approx(START_S + 20.0 * (1.0 + 0.5 * spread))


def test_after_a_miss_they_are_due_at_the_sensor_after_it() -> None:
    assert planned(MISSED_BY_T).review_s == pytest.approx(START_S + 38.0 * 1.025)
    assert planned(RIDER, passed=frozenset("T")).review_s == pytest.approx(START_S + 38.0 * 1.025)


def test_of_unknown_speed_they_are_due_when_the_slowest_must_have_been_seen() -> None:
    ground = ground_on(line(LENGTH_M, LAMPS, {"R": 105.0, "S": S_AT_M, "T": 285.0}))
    # 80 m ahead and 100 m behind: the farther counts.
    reached_s = (100.0 + LATENCY_S * FASTEST_M_S + SLACK_M) / P.slowest_m_s + SLACK_S
    assert planned(LONE, ground=ground).review_s == pytest.approx(START_S + reached_s)


def test_they_have_left_the_path_when_the_last_is_so_far_beyond_its_end() -> None:
    # From 7 m before S to the end and 8 m more.
    ground = ground_on(line(300.0, {"A": 100.0, "B": 250.0}, {"S": 205.0}))
    track = planned(RIDER._replace(tail_s=2.0), ground=ground)
    assert track.review_s == pytest.approx(START_S + 2.0 + (7.0 + 95.0 + 8.0) / SLOW_M_S)
    wide = planned(RIDER._replace(tail_s=2.0), replace(P, behind_m=50.0), ground=ground)
    assert wide.review_s == pytest.approx(START_S + 2.0 + (7.0 + 95.0 + 50.0) / SLOW_M_S)
    lone = planned(LONE, ground=ground)
    assert lone.review_s == pytest.approx(START_S + (7.0 + 205.0 + 8.0) / P.slowest_m_s)


def test_nobody_is_dropped_before_the_light_that_they_leave_behind() -> None:
    longer = replace(P, hold_s=40.0)
    assert planned(LONE, longer).review_s == pytest.approx(planned(LONE).review_s + 40.0)
    ground = ground_on(line(300.0, {"A": 100.0, "B": 250.0}, {"S": 205.0}))
    rider = RIDER._replace(fall_s=START_S + 14.0 / 5.0)
    before, after = (planned(rider, x, ground=ground) for x in (P, longer))
    assert after.review_s == pytest.approx(before.review_s + 40.0)
    for track in (before, after):
        assert track.review_s >= max(window.until_s for window in track.windows.values())


def test_nobody_is_due_before_the_slowest_has_left_what_the_sensor_sees() -> None:
    # Another sensor is 8 m ahead, reached in 1.6 s; S sees a rider of 5 m/s for 2.8 s and more.
    ground = ground_on(line(300.0, {"A": 100.0, "B": 250.0}, {"S": 205.0, "T": 213.0}))
    assert planned(RIDER, ground=ground).review_s == pytest.approx(START_S + 14.0 / SLOW_M_S)


@pytest.mark.parametrize("track", [RIDER, LONE, UNBELIEVED])
def test_nobody_is_due_as_long_as_they_are_seen(track: Track) -> None:
    assert planned(track._replace(fall_s=None)).review_s == math.inf


def test_who_may_be_nobody_is_due_at_the_next_sensor_where_every_branch_has_one() -> None:
    assert planned(RIDER._replace(odds=-1.0)).review_s == planned(RIDER).review_s


@pytest.mark.parametrize(("odds", "over_there"), [(-1.0, True), (0.0, True), (0.5, False)])
@pytest.mark.parametrize("open_m", [0.5, 170.0])
def test_who_is_hardly_there_any_more_may_be_on_a_branch_without_sensors(
    open_m: float, odds: float, *, over_there: bool
) -> None:
    ground = ahead_of_s((-5.0, 5.0), due_m=80.0, open_m=open_m)
    gone_s = START_S + (REACH_M + open_m + 8.0) / SLOW_M_S
    expected_s = gone_s if over_there else due_s(80.0, 5.0)
    track = planned(RIDER._replace(odds=odds), ground=ground)
    assert track.review_s == pytest.approx(expected_s)


@pytest.mark.parametrize("open_m", [0.0, 0.5])
def test_of_unknown_speed_the_last_of_a_group_may_be_on_a_branch_however_short(
    open_m: float,
) -> None:
    # The next sensor on the other branch is 10 m ahead.
    ground = ahead_of_s((-5.0, 5.0), due_m=10.0, open_m=open_m)
    track = planned(LONE._replace(headings=(AHEAD,), tail_s=6.0), ground=ground)
    reached_s = (10.0 + LATENCY_S * FASTEST_M_S + SLACK_M) / P.slowest_m_s + SLACK_S
    gone_s = 6.0 + (REACH_M + open_m + 8.0) / P.slowest_m_s
    assert gone_s > reached_s
    assert track.review_s == pytest.approx(START_S + (gone_s if open_m else reached_s))


# --- a fork ---------------------------------------------------------------------------------------

FORK = ground_on(
    small_path(
        [
            Section("in", "a", "j", 100.0),
            Section("left", "j", "l", 120.0),
            Section("right", "j", "r", 120.0),
        ],
        {
            "I": ("in", 55.0),
            "J": ("in", 90.0),
            **{f"l{m}": ("left", float(m)) for m in range(10, 120, 20)},
            **{f"r{m}": ("right", float(m)) for m in range(10, 120, 20)},
        },
        {"S": ("in", 50.0), "T": ("left", 30.0), "U": ("right", 70.0)},
    )
)


def test_before_a_fork_every_branch_is_lit_as_far_as_its_own_next_sensor_lets() -> None:
    track = planned(RIDER, ground=FORK)
    # The fork is 50 m ahead, T 80 m and U 120 m; beyond its sensor each branch is seen for 18.7 m.
    left_m = limit_m(30.0, FAST_M_S) + sight_m(FAST_M_S)
    right_m = limit_m(70.0, FAST_M_S) + sight_m(FAST_M_S)
    assert (left_m, right_m) == pytest.approx((45.8, 85.8), abs=0.1)
    assert lit(track) == {"I", "J", "l10", "l30", "l50", "r10", "r30", "r50", "r70", "r90"}


def test_the_cells_of_both_branches_are_lit_as_somebody_comes_to_each() -> None:
    track = planned(RIDER, ground=FORK)
    for lamp in ("l30", "r30"):
        ahead_m = 50.0 + 20.0 + REACH_M
        assert track.windows[lamp].from_s == pytest.approx(lit_from_s(ahead_m, FAST_M_S))
    for lamp in ("l10", "r10"):
        left_s = START_S + 3.0 + (50.0 + 20.0 + 8.0 - 7.0) / SLOW_M_S
        assert track.windows[lamp].until_s == pytest.approx(left_s)


def test_at_a_fork_they_are_due_at_the_farthest_of_the_next_sensors() -> None:
    assert planned(RIDER, ground=FORK).review_s == pytest.approx(due_s(120.0, 5.0))


def test_who_may_be_on_a_branch_without_any_sensor_is_due_when_they_have_left_it() -> None:
    sections = [Section("in", "a", "j", 100.0), Section("left", "j", "l", 120.0)]
    ground = ground_on(
        small_path(
            [*sections, Section("right", "j", "r", 120.0)],
            {"I": ("in", 55.0), "L": ("left", 60.0), "R": ("right", 60.0)},
            {"S": ("in", 50.0), "T": ("left", 30.0)},
        )
    )
    left_s = START_S + 2.0 + (7.0 + 170.0 + 8.0) / SLOW_M_S
    rider = RIDER._replace(tail_s=2.0)
    # First whether the sensor on the other branch sees them; when it did not, they are over there.
    assert planned(rider, ground=ground).review_s == pytest.approx(START_S + 80.0 / 5.0 * 1.025)
    assert planned(rider._replace(odds=-1.0), ground=ground).review_s == pytest.approx(left_s)
    assert planned(rider._replace(missed=frozenset("T")), ground=ground).review_s == pytest.approx(
        left_s
    )
    lone = planned(LONE._replace(headings=(AHEAD,), tail_s=2.0), ground=ground)
    assert lone.review_s == pytest.approx(START_S + 2.0 + (7.0 + 170.0 + 8.0) / P.slowest_m_s)


def test_who_may_come_from_either_branch_lights_both_ways_from_there() -> None:
    track = LONE._replace(sensor="T", headings=tuple(Heading("T", f) for f in (True, False)))
    # From the fork, 30 m back, it is 50 m to S and 70 m to U; onward there is no sensor.
    assert limit_m(70.0, FASTEST_M_S) == pytest.approx(69.0, abs=0.1)
    lamps = {"I", "J"} | {f"l{m}" for m in range(10, 120, 20)} | {"r10", "r30", "r50", "r70"}
    assert lit(planned(track, ground=FORK)) == lamps


def test_where_branches_meet_again_the_nearer_counts_first_and_the_farther_last() -> None:
    # The branches, 20 m and 50 m long, begin 15 m beyond S. X's cell lies 15.5 m beyond their end.
    ground = ground_on(
        small_path(
            [
                Section("in", "a", "j", 40.0),
                Section("short", "j", "k", 20.0),
                Section("long", "j", "k", 50.0),
                Section("out", "k", "b", 60.0),
            ],
            {"W": ("out", 1.0), "X": ("out", 30.0), "Y": ("out", 50.0)},
            {"S": ("in", 25.0)},
        )
    )
    window = planned(RIDER, replace(P, calm_s=30.0), ground=ground).windows["X"]
    near_m, far_m = 15.0 + 20.0 + 15.5, 15.0 + 50.0 + 40.0
    assert window.from_s == pytest.approx(lit_from_s(near_m + REACH_M, FAST_M_S))
    assert window.until_s == pytest.approx(START_S + 3.0 + (far_m + 8.0 - 7.0) / SLOW_M_S)
    first_m, last_m = (x + REACH_M - sight_m(5.0) for x in (near_m, near_m + 30.0))
    assert window.calm_from_s == pytest.approx(START_S + first_m / FAST_M_S - 30.0)
    assert window.calm_until_s == pytest.approx(START_S + last_m / SLOW_M_S + CALM_SLACK_S)


def test_a_cell_that_lies_both_ways_is_needed_from_the_first_until_the_last() -> None:
    # Lamp A's cell begins 5 m before S and ends 15 m behind it.
    ground = ground_on(line(200.0, {"A": 105.0, "B": 125.0, "C": 85.0}, {"S": 100.0}))
    one, other = (
        planned(LONE._replace(headings=(heading,)), ground=ground).windows["A"]
        for heading in (AHEAD, BACK)
    )
    assert one.until_s == pytest.approx(START_S + 3.0 + (15.0 + 8.0 - 7.0) / P.slowest_m_s)
    assert other.until_s == pytest.approx(START_S + 3.0 + (5.0 + 8.0 - 7.0) / P.slowest_m_s)
    assert planned(LONE, ground=ground).windows["A"].until_s == one.until_s
