"""What a track keeps lit: when each cell is lit and released, by sums over people's ways.

Somebody is seen at S. Lamps stand every 10 m, named by how far they are ahead of S, and each
cell reaches 5 m to either side. T is 100 m ahead, U is 190 m ahead, R is 100 m behind.
"""

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.path import Section
from controller.core.profile import Presence
from controller.core.reach import (
    CALM_SLACK_S,
    FLASH_S,
    FORETOLD_ODDS,
    LATENCY_S,
    LEAD_S,
    LEAST_WINDOW_S,
    REVIEW_SPREADS,
    SLACK_M,
    SLACK_S,
    STOP_S,
    WALKER_PREVIEW_M,
    Planner,
    stopping_sight_m,
)
from controller.core.track import (
    BELIEVED_ODDS,
    FASTER_THAN_FASTEST,
    Ground,
    Track,
    Window,
    farthest_due_m,
    farthest_open_m,
    next_sensors,
    speeds_m_s,
)
from controller.core.ways import CellAhead, EndAhead, Gate, Heading, Way
from tests.core.build import REACH_M, line, small_path
from tests.core.crowd import START_S, WALKERS_PREVIEW_M, P, ground_on, sight_m

LENGTH_M, S_AT_M = 450.0, 205.0
LAMPS = {f"{at_m - 205:+d}": float(at_m) for at_m in range(5, 450, 10)}
T_M, U_M, END_M = 100.0, 190.0, 240.0  # ahead of S; as far as is known
PATH = line(LENGTH_M, LAMPS, {"R": 105.0, "S": S_AT_M, "T": 305.0, "U": 395.0})
GROUND = ground_on(PATH)
AHEAD, BACK = Heading("S", forward=True), Heading("S", forward=False)

SLOW_M_S, FAST_M_S = 5.0 * 0.95, 5.0 * 1.05
RIDER = Track(
    sensor="S",
    rise_s=START_S,
    headings=(AHEAD,),
    tail_s=0.0,
    odds=9.0,
    fall_s=START_S + 3.0,
    speed_m_s=5.0,
    hits=4,
)
FASTEST_M_S = P.fastest_m_s * FASTER_THAN_FASTEST
LONE = RIDER._replace(headings=(AHEAD, BACK), speed_m_s=None, hits=1, odds=0.0)
UNBELIEVED = LONE._replace(odds=BELIEVED_ODDS - 0.1)
NEVER = Window(math.inf, -math.inf, math.inf, -math.inf)
NOBODY: frozenset[str] = frozenset()


def planned(
    track: Track,
    presence: Presence = P,
    *,
    passed: frozenset[str] = NOBODY,
    hold_s: float = 0.0,
    ground: Ground = GROUND,
) -> Track:
    return Planner(
        track, replace(ground, presence=presence), passed | track.missed, hold_s
    ).planned()


def lit(track: Track) -> set[str]:
    """The lamps that are needed at some time."""
    return {lamp for lamp, window in track.windows.items() if window.until_s > -math.inf}


def near_m(lamp: str) -> float:
    return int(lamp) - 5.0


def far_m(lamp: str) -> float:
    return int(lamp) + 5.0


def limit_m(sensor_m: float, fast_m_s: float) -> float:
    """How far somebody can be whom a sensor has not seen: late by its latency, with a margin."""
    return sensor_m - REACH_M + LATENCY_S * fast_m_s + SLACK_M


def ahead_of_s(
    *spans_m: tuple[float, float], due_m: float = T_M, open_m: float = 0.0, sensor: str = "T"
) -> Ground:
    """Cells 0, 1... from and to exactly so many metres ahead; the next sensor is `due_m` ahead."""
    gates = (Gate(sensor, due_m - REACH_M),)
    cells = tuple(CellAhead(str(i), *span, gates) for i, span in enumerate(spans_m))
    way = replace(GROUND.ways[AHEAD], cells=cells, due_m=due_m, open_m=open_m)
    return replace(GROUND, ways={**GROUND.ways, AHEAD: way})


def lamps_between(from_m: float, to_m: float) -> set[str]:
    """The lamps whose cells overlap a stretch."""
    return {lamp for lamp in LAMPS if far_m(lamp) > from_m and near_m(lamp) < to_m}


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


def lit_from_s(ahead_m: float, fast_m_s: float, presence: Presence = P) -> float:
    """When the fastest needs a cell that begins `ahead_m` before them as they are reported."""
    at_s = START_S - LATENCY_S + max(0.0, ahead_m - sight_m(fast_m_s, presence)) / fast_m_s
    return at_s - presence.fade_up_s - LEAD_S


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
@pytest.mark.parametrize("lamp", ["+10", "+50", "+80"])
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


def speed_that_sees_m_s(metres: float, presence: Presence = P) -> float:
    """Look for the slowest speed that needs so much preview."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2.0
        sees_m = presence.reaction_s * middle + middle**2 / (2.0 * 9.81 * presence.friction)
        low, high = (low, middle) if sees_m >= metres else (middle, high)
    return high


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


def due_s(distance_m: float, speed_m_s: float, spread: float = 0.05) -> float:
    return START_S + distance_m / speed_m_s * (1.0 + REVIEW_SPREADS * spread)


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
    # A walker of 1 m/s sees 15 m, from 7 m before S: 8 m beyond it. In 10 s the fastest comes on by
    # 10.5 m, and sees from there what begins 15 m on, counted from S as well as from its edge.
    ground = ahead_of_s((8.0, 9.0), (8.5, 9.0), (26.5, 30.0), (27.0, 30.0))
    windows = planned(RIDER._replace(speed_m_s=1.0), ground=ground).windows
    calm = [windows[lamp].calm_until_s > -math.inf for lamp in "0123"]
    assert calm == [False, True, True, False]


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
    lone = LONE._replace(headings=(AHEAD,))
    window = planned(lone, ground=ground, hold_s=0.5).windows["0"]
    at_once_s, no_flash_s = START_S - 1.6, START_S + 1.0
    assert window.from_s == pytest.approx(at_once_s if own else no_flash_s)


def test_a_lone_passage_lights_its_own_cell_first_and_the_others_when_it_was_no_flash() -> None:
    # The output stays for 2 s; whoever is seen for less than half a second more was a flash.
    track = planned(LONE, hold_s=2.0)
    ruled_out_s = START_S + 2.0 + FLASH_S
    assert track.windows["+0"].from_s == START_S - LATENCY_S - LEAD_S - P.fade_up_s
    for lamp in lit(track) - {"+0"}:
        ahead_m = abs(int(lamp)) - 5.0 + REACH_M
        assert track.windows[lamp].from_s == pytest.approx(
            max(ruled_out_s, lit_from_s(ahead_m, FASTEST_M_S))
        )
    assert track.windows["+10"].from_s == ruled_out_s < track.windows["+90"].from_s


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


# --- properties -----------------------------------------------------------------------------------

metres_per_second = st.floats(0.2, 15.0)


@st.composite
def presences(draw: st.DrawFn) -> Presence:
    """Settings that a profile may have."""
    slowest_m_s, fastest_m_s = sorted((draw(metres_per_second), draw(metres_per_second)))
    return Presence(
        hold_s=draw(st.floats(0.0, 3600.0)),
        calm_s=draw(st.floats(0.0, 60.0)),
        behind_m=draw(st.floats(0.0, 100.0)),
        reaction_s=draw(st.floats(0.0, 10.0)),
        friction=draw(st.floats(0.05, 1.0)),
        preview_cap_m=draw(st.floats(0.0, 300.0)),
        slowest_m_s=slowest_m_s,
        fastest_m_s=fastest_m_s,
        fade_up_s=draw(st.floats(0.0, 60.0)),
    )


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Somebody at S, who has left or has not."""
    lone = draw(st.booleans())
    stay_s = draw(st.none() | st.floats(0.0, 60.0))
    missed = draw(st.sets(st.sampled_from("TU")))
    return Track(
        sensor="S",
        rise_s=START_S,
        headings=draw(st.sampled_from([(AHEAD, BACK), ()])) if lone else (AHEAD,),
        slowest_m_s=draw(st.sampled_from([0.2, 0.7, 2.5])),
        tail_s=draw(st.floats(0.0, 6.0)),
        odds=draw(st.floats(-5.0, 10.5)),
        fall_s=None if stay_s is None else START_S + stay_s,
        speed_m_s=None if lone else draw(st.floats(0.3, 15.0)),
        hits=1 if lone else draw(st.integers(2, 6)),
        missed=NOBODY if lone else frozenset(missed),
        hidden=draw(st.booleans()),
        stopped_s=None if lone else draw(st.none() | st.floats(START_S, START_S + 100.0)),
    )


holds_s = st.just(0.0) | st.floats(0.1, 10.0)


@given(track=tracks(), presence=presences(), hold_s=holds_s)
def test_every_window_begins_before_it_ends_and_ends_once_they_have_left(
    track: Track, presence: Presence, hold_s: float
) -> None:
    after = planned(track, presence, hold_s=hold_s)
    for window in after.windows.values():
        needed, calm = window[:2], window[2:]
        assert needed != NEVER[:2] or calm != NEVER[2:]
        for from_s, until_s in (needed, calm):
            assert (from_s, until_s) == NEVER[:2] or from_s < until_s
            assert from_s > -math.inf
            assert until_s < math.inf or track.fall_s is None
    assert after.review_s > START_S
    waiting = track.stopped_s is not None
    assert (after.review_s < math.inf) == (track.fall_s is not None or waiting)


def not_later(one: Track, other: Track) -> None:
    """All that one track has lit, another has lit, and no later."""
    for lamp in lit(one):
        assert other.windows[lamp].from_s <= one.windows[lamp].from_s + 1e-9


def not_shorter(one: Track, other: Track) -> None:
    """All that one track has lit, another has lit, and no shorter."""
    for lamp in lit(one):
        assert other.windows[lamp].until_s >= one.windows[lamp].until_s - 1e-9


@given(
    odds=st.floats(-2.0, 3.0),
    presence=presences(),
    hold_s=holds_s,
    more_m_s=st.floats(0.0, 5.0),
)
def test_a_higher_fastest_speed_never_lights_a_cell_later(
    odds: float, presence: Presence, hold_s: float, more_m_s: float
) -> None:
    track = LONE._replace(odds=odds)
    faster = replace(presence, fastest_m_s=presence.fastest_m_s + more_m_s)
    not_later(planned(track, presence, hold_s=hold_s), planned(track, faster, hold_s=hold_s))


@given(
    track=tracks(),
    presence=presences(),
    hold_s=holds_s,
    more_tail_s=st.floats(0.0, 6.0),
    more_hold_s=st.floats(0.0, 100.0),
)
def test_a_longer_group_or_hold_never_releases_a_cell_earlier(
    track: Track, presence: Presence, hold_s: float, more_tail_s: float, more_hold_s: float
) -> None:
    more = replace(presence, hold_s=presence.hold_s + more_hold_s)
    longer = track._replace(tail_s=track.tail_s + more_tail_s)
    before = planned(track, presence, hold_s=hold_s)
    after = planned(longer, more, hold_s=hold_s)
    not_shorter(before, after)
    assert after.review_s >= before.review_s


@given(
    track=tracks(),
    presence=presences(),
    hold_s=holds_s,
    seen_s=st.none() | st.floats(0.0, 60.0),
    more_m=st.floats(0.0, 50.0),
)
def test_more_light_behind_never_releases_a_cell_earlier(
    track: Track, presence: Presence, hold_s: float, seen_s: float | None, more_m: float
) -> None:
    # They are seen, or were for as long as the slowest and the last of them need to pass.
    slow_m_s, _ = speeds_m_s(track, presence)
    pass_s = 2.0 * REACH_M / slow_m_s + track.tail_s + hold_s
    track = track._replace(fall_s=None if seen_s is None else START_S + pass_s + seen_s)
    more = replace(presence, behind_m=presence.behind_m + more_m)
    before, after = (planned(track, x, hold_s=hold_s) for x in (presence, more))
    not_shorter(before, after)
    assert after.review_s >= before.review_s


@given(
    track=tracks().filter(lambda track: track.fall_s is not None),
    presence=presences(),
    hold_s=holds_s,
    stay_s=st.floats(0.0, 60.0),
)
def test_the_later_they_left_the_later_a_cell_is_released(
    track: Track, presence: Presence, hold_s: float, stay_s: float
) -> None:
    assert track.fall_s is not None
    later = track._replace(fall_s=track.fall_s + stay_s)
    not_shorter(planned(track, presence, hold_s=hold_s), planned(later, presence, hold_s=hold_s))


@given(track=tracks(), presence=presences(), earlier_s=st.floats(0.0, 60.0))
def test_slower_lamps_begin_sooner_by_as_much(
    track: Track, presence: Presence, earlier_s: float
) -> None:
    slower = replace(presence, fade_up_s=presence.fade_up_s + earlier_s)
    not_later(planned(track, presence), planned(track, slower))


@dataclass(frozen=True)
class Passer:
    """Somebody who comes by S and is next seen at the next sensor, both of them late.

    `error`: by how much of the spread their speed was measured wrongly, None if it never was.
    """

    presence: Presence
    speed_m_s: float
    late_s: float
    next_late_s: float
    output_hold_s: float
    error: float | None
    hits: int
    forward: bool

    @property
    def came_s(self) -> float:
        """When they came to where S sees them."""
        return START_S - self.late_s

    @property
    def fall_s(self) -> float:
        return self.came_s + 2.0 * REACH_M / self.speed_m_s + self.output_hold_s

    @property
    def seen_s(self) -> float:
        """When the next sensor, 100 m on, says that it sees them."""
        return self.came_s + 100.0 / self.speed_m_s + self.next_late_s

    @property
    def track(self) -> Track:
        if self.error is None:
            return LONE._replace(odds=FORETOLD_ODDS, slowest_m_s=self.presence.slowest_m_s)
        spread = {2: 0.10, 3: 0.07}.get(self.hits, 0.05)
        measured_m_s = self.speed_m_s / (1.0 + self.error * spread)
        heading = AHEAD if self.forward else BACK
        return RIDER._replace(speed_m_s=measured_m_s, hits=self.hits, headings=(heading,))

    def need_s(self, lamp: str) -> tuple[float, float]:
        """From when until when they need a lamp's cell."""
        middle_m = int(lamp) if self.forward else -int(lamp)
        to_m = middle_m - 5.0 + REACH_M - sight_m(self.speed_m_s, self.presence)
        off_m = middle_m + 5.0 + REACH_M + self.presence.behind_m
        return self.came_s + to_m / self.speed_m_s, self.came_s + off_m / self.speed_m_s


@st.composite
def passers(draw: st.DrawFn) -> Passer:
    presence = draw(presences())
    error = draw(st.none() | st.floats(-1.0, 1.0))
    bounds_m_s = (presence.slowest_m_s, presence.fastest_m_s) if error is None else (0.3, 15.0)
    return Passer(
        presence=presence,
        speed_m_s=draw(st.floats(*bounds_m_s)),
        late_s=draw(st.floats(0.0, LATENCY_S)),
        next_late_s=draw(st.floats(0.0, LATENCY_S)),
        output_hold_s=draw(holds_s),
        error=error,
        hits=draw(st.integers(2, 6)),
        forward=draw(st.booleans()),
    )


@given(passer=passers())
def test_whoever_passes_has_light_until_they_are_seen_again(passer: Passer) -> None:
    hold_s = passer.output_hold_s
    coming = planned(passer.track._replace(fall_s=None), passer.presence, hold_s=hold_s)
    gone = planned(passer.track._replace(fall_s=passer.fall_s), passer.presence, hold_s=hold_s)
    for track, since_s, until_s in (
        (coming, START_S, min(passer.fall_s, passer.seen_s)),
        (gone, passer.fall_s, passer.seen_s),
    ):
        for lamp in LAMPS:
            from_s, to_s = passer.need_s(lamp)
            from_s, to_s = max(from_s, since_s), min(to_s, until_s)
            if to_s > from_s + LEAST_WINDOW_S:
                window = track.windows[lamp]
                assert window.from_s + passer.presence.fade_up_s <= from_s
                assert window.until_s >= to_s - 1e-9
    if passer.error is None:
        assert gone.review_s >= passer.seen_s
