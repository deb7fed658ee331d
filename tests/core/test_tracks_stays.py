"""How long sensors see people, and what that tells of them."""

import math

import pytest

from controller.core.fitting import SLACK_S
from controller.core.habits import BLIND_S
from controller.core.reach import FLASH_S
from controller.core.sight import GREATEST_TAIL_S
from controller.core.track import FASTER_THAN_FASTEST
from controller.core.tracks import (
    FIRST_TAIL_S,
    FLASH_ODDS,
    FLASH_SLOWEST_M_S,
    Tracks,
    forgotten,
)
from tests.core.build import REACH_M, line
from tests.core.crowd import (
    ALONE_S,
    LATER_S,
    NEW,
    NEXT_S,
    RIDER,
    ROW,
    SPEED_M_S,
    START_S,
    Crowd,
    P,
    after,
    both,
    forward,
    gain,
    ground_on,
    holding,
    riding,
    speeds,
)

FASTEST_CROSSING_S = 2.0 * REACH_M / P.fastest_m_s

# --- how long they are seen -----------------------------------------------------------------------


@pytest.mark.parametrize("tail_s", [0.0, 2.5, 6.0])
@pytest.mark.parametrize("hold_s", [0.0, 2.0])
def test_the_length_of_a_group_is_how_much_longer_than_one_alone_they_are_seen(
    tail_s: float, hold_s: float
) -> None:
    crowd = Crowd()
    crowd.learn("M03", holding(hold_s))
    crowd.play(riding([2]))
    crowd.see("M03", START_S + NEXT_S, ALONE_S + hold_s + tail_s)
    assert crowd.only.tail_s == pytest.approx(tail_s)


def test_the_length_of_a_group_is_not_known_before_its_speed() -> None:
    crowd = Crowd()
    crowd.see("M03", START_S, 9.0)
    assert (crowd.only.tail_s, crowd.only.fall_s) == (FIRST_TAIL_S, START_S + 9.0)


def test_a_group_whose_first_is_at_the_next_sensor_is_measured_by_the_last() -> None:
    crowd = after(riding([1, 2]))
    assert crowd.only.tail_s == pytest.approx(0.0)
    crowd.rise("M03", START_S + 2.0 * NEXT_S)
    crowd.rise("M04", START_S + 3.0 * NEXT_S)
    assert crowd.only.seen_before == ("M03", START_S + 2.0 * NEXT_S)
    crowd.fall("M03", START_S + 2.0 * NEXT_S + ALONE_S + 5.0)
    track = crowd.only
    assert (track.sensor, track.seen_before, track.fall_s) == ("M04", None, None)
    assert track.tail_s == pytest.approx(5.0)


def test_what_another_sensor_sees_tells_nothing_of_a_group() -> None:
    crowd = after(riding([1, 2]))
    crowd.rise("M03", START_S + 2.0 * NEXT_S)
    crowd.rise("M04", START_S + 3.0 * NEXT_S)
    before = crowd.only
    crowd.occupy("M09", START_S + 3.0 * NEXT_S)
    crowd.fall("M09", START_S + 3.0 * NEXT_S + 1.0)
    assert crowd.only is before


def test_a_group_is_not_shorter_because_its_last_is_seen_no_longer() -> None:
    crowd = Crowd()
    crowd.play(riding([1]))
    crowd.rise("M02", START_S + NEXT_S)
    assert crowd.only.tail_s == FIRST_TAIL_S
    crowd.rise("M03", START_S + 2.0 * NEXT_S)
    crowd.fall("M02", START_S + 2.0 * NEXT_S + 0.1)
    # They followed for no more than 4.3 s, and for as long as was thought before.
    assert crowd.only.tail_s == pytest.approx(NEXT_S + 0.1 - ALONE_S)
    crowd.rise("M04", START_S + 3.0 * NEXT_S)
    crowd.fall("M03", START_S + 3.0 * NEXT_S + 0.05)
    assert crowd.only.tail_s == pytest.approx(NEXT_S + 0.1 - ALONE_S)


@pytest.mark.parametrize("hits", [2, 3])
def test_from_the_third_sensor_on_it_is_learned_that_they_were_seen_and_how_long(hits: int) -> None:
    crowd = after(riding(range(hits), output_s=1.5))
    sensor = f"M{hits - 1:02}"
    habit = crowd.habit(sensor)
    if hits == 2:
        assert habit == NEW
    else:
        assert habit.holds_s == pytest.approx((1.5,))
        assert habit == NEW.with_seen(habit.holds_s[0])


def test_what_is_learned_of_outputs_makes_nobody_a_group() -> None:
    crowd = Crowd()
    for i in range(5):
        crowd.play(riding(range(12), START_S + i * LATER_S, output_s=2.0))
        crowd.review_to(START_S + (i + 1) * LATER_S - 1.0)
    assert {round(crowd.habit(f"M{i:02}").hold_s, 6) for i in range(2, 12)} == {2.0}
    crowd.play(riding(range(6), START_S + 5 * LATER_S, output_s=2.0))
    assert crowd.only.tail_s == pytest.approx(0.0, abs=1e-6)


def test_who_had_left_a_sensor_does_not_leave_it_with_the_next() -> None:
    crowd = Crowd()
    crowd.see("M05", START_S, 3.0)
    crowd.see("M05", START_S + 20.0, 4.0)
    assert [(track.rise_s, track.fall_s) for track in crowd.tracks.live] == [
        (START_S, START_S + 3.0),
        (START_S + 20.0, START_S + 24.0),
    ]


# --- flashes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hold_s", [0.0, 2.0])
def test_who_is_seen_for_a_flash_is_no_walker_if_anybody(hold_s: float) -> None:
    crowd = Crowd()
    crowd.learn("M00", holding(hold_s))
    crowd.see("M00", START_S, hold_s + FLASH_S)
    track = crowd.only
    assert track.slowest_m_s == FLASH_SLOWEST_M_S
    assert track.fall_s == START_S + hold_s + FLASH_S
    assert track.odds == pytest.approx(math.log(10.0) + FLASH_ODDS)
    assert track.headings == both("M00")


def test_who_is_seen_for_longer_is_not() -> None:
    crowd = Crowd()
    crowd.see("M00", START_S, FLASH_S + 0.01)
    track = crowd.only
    assert track.slowest_m_s == 0.0
    assert track.odds == pytest.approx(math.log(10.0))


def test_a_flash_mid_path_is_not_believed() -> None:
    crowd = Crowd()
    crowd.see("M05", START_S, FLASH_S)
    assert not crowd.only.believed
    assert crowd.only.windows.keys() == {"L05"}


def test_known_people_are_no_flash() -> None:
    crowd = after(riding([5]))
    crowd.see("M06", START_S + NEXT_S, 0.1)
    assert crowd.only.odds == pytest.approx(gain())
    assert crowd.only.headings == forward("M06")


# --- who stood at a sensor ------------------------------------------------------------------------


def test_who_stood_at_a_sensor_leaves_it_as_if_they_came_just_now() -> None:
    crowd = Crowd()
    crowd.see("M05", START_S, 100.0)
    track = crowd.only
    gone_s = START_S + 100.0
    assert track.rise_s == pytest.approx(gone_s - 2.0 * REACH_M / P.fastest_m_s)
    assert (track.fall_s, track.tail_s, track.headings) == (gone_s, 0.0, both("M05"))
    # The slowest need 50 s to the next sensor.
    assert track.review_s > gone_s + 50.0 - 5.0
    # At the far edge of what it saw, the slowest leave the cells next to it 53 m on.
    expected_s = gone_s + (52.5 + 8.0 - 7.0) / P.slowest_m_s
    assert track.windows["L06"].until_s == pytest.approx(expected_s)


def test_who_stood_at_a_sensor_left_before_its_output_fell() -> None:
    crowd = Crowd()
    crowd.learn("M05", holding(4.0))
    crowd.see("M05", START_S, 100.0)
    gone_s = START_S + 96.0
    assert crowd.only.rise_s == pytest.approx(gone_s - 2.0 * REACH_M / P.fastest_m_s)
    assert crowd.only.fall_s == START_S + 100.0


def test_who_stood_at_a_sensor_goes_on_from_there() -> None:
    crowd = after(riding([2, 3]))
    crowd.see("M04", START_S + 2.0 * NEXT_S, 60.0)
    left_s = START_S + 2.0 * NEXT_S + 60.0
    assert crowd.only.rise_s == pytest.approx(left_s - ALONE_S)
    crowd.see("M05", left_s - ALONE_S + NEXT_S)
    assert (crowd.only.sensor, crowd.only.hits) == ("M05", 4)
    assert crowd.only.speed_m_s == pytest.approx(SPEED_M_S)


def test_how_long_the_output_stays_is_not_standing() -> None:
    crowd = Crowd()
    crowd.learn("M04", holding(30.0))
    crowd.play(riding([2, 3]))
    crowd.see("M04", START_S + 2.0 * NEXT_S, ALONE_S + 30.0 + 5.9)
    assert crowd.only.rise_s == START_S + 2.0 * NEXT_S
    assert crowd.only.tail_s == pytest.approx(5.9)


@pytest.mark.parametrize("stood", [True, False])
def test_the_slowest_of_a_group_do_not_stand(*, stood: bool) -> None:
    # 14 m at 0.7 m/s take 20 s, the last follows 6 s later.
    stay_s = 20.0 + 6.0 + (0.1 if stood else -0.1)
    crowd = Crowd()
    crowd.see("M05", START_S, stay_s)
    assert (crowd.only.rise_s > START_S) == stood


@pytest.mark.parametrize("stood", [True, False])
def test_who_is_known_to_be_fast_stands_sooner(*, stood: bool) -> None:
    crowd = after(riding([2, 3]))
    crowd.see("M04", START_S + 2.0 * NEXT_S, ALONE_S + GREATEST_TAIL_S + (0.1 if stood else -0.1))
    assert (crowd.only.rise_s > START_S + 2.0 * NEXT_S) == stood


def test_who_passes_as_the_longest_group_does_did_not_stand() -> None:
    # The slowest need 20 s; at 4 m/s it is 3.5 s. The last follows 6 s later.
    crowd = Crowd()
    crowd.see("M05", START_S, 26.0)
    assert crowd.only.rise_s == START_S
    rider = RIDER._replace(speed_m_s=4.0)
    crowd = Crowd(Tracks.none(ROW).replaced(None, rider))
    crowd.occupy("M02", START_S)
    crowd.fall("M02", START_S + 9.5)
    assert (crowd.only.rise_s, crowd.only.tail_s) == (START_S, 6.0)


def test_the_longest_group_that_is_at_the_next_sensor_already_is_nobody_else() -> None:
    ahead = RIDER._replace(
        speed_m_s=4.0, sensor="M03", headings=forward("M03"), seen_before=("M02", START_S - 8.75)
    )
    crowd = Crowd(Tracks.none(ROW).replaced(None, ahead))
    crowd.occupy("M02", START_S - 8.75)
    crowd.fall("M02", START_S - 8.75 + 9.5)
    assert (crowd.only.sensor, crowd.only.tail_s) == ("M03", 6.0)


@pytest.mark.parametrize("other", ["M04", "M05", "M06"])
def test_with_others_about_a_sensor_saw_those_rather_than_somebody_standing(other: str) -> None:
    stander = RIDER._replace(sensor="M05", headings=forward("M05"))
    near = RIDER._replace(sensor=other, rise_s=START_S + 90.0, fall_s=START_S + 92.8)
    crowd = Crowd(Tracks.none(ROW)._replace(live=(near, stander)))
    crowd.occupy("M05", START_S)
    crowd.fall("M05", START_S + 100.0)
    track = crowd.tracks.live[-1]
    assert (track.rise_s, track.fall_s) == (START_S, START_S + 100.0)
    # No group is longer than this.
    assert track.tail_s == GREATEST_TAIL_S


@pytest.mark.parametrize("other", ["M03", "M07"])
def test_those_who_are_farther_away_were_not_seen_by_it(other: str) -> None:
    stander = RIDER._replace(sensor="M05", headings=forward("M05"))
    far = RIDER._replace(sensor=other, rise_s=START_S + 90.0, fall_s=START_S + 92.8)
    crowd = Crowd(Tracks.none(ROW)._replace(live=(far, stander)))
    crowd.occupy("M05", START_S)
    crowd.fall("M05", START_S + 100.0)
    assert crowd.tracks.live[-1].rise_s == pytest.approx(START_S + 100.0 - ALONE_S)


@pytest.mark.parametrize("hold_s", [0.0, 2.0])
@pytest.mark.parametrize(
    ("came_s", "stood"), [(-100.1, True), (-10.0, True), (-0.1, True), (0.0, False)]
)
def test_whom_another_sensor_saw_before_they_were_gone_and_still_sees_was_not_seen_by_it(
    came_s: float, hold_s: float, *, stood: bool
) -> None:
    stander = RIDER._replace(sensor="M05", headings=forward("M05"))
    other = RIDER._replace(sensor="M06", rise_s=START_S + 100.0 + came_s, fall_s=None)
    crowd = Crowd(Tracks.none(ROW)._replace(live=(other, stander)))
    crowd.learn("M05", holding(hold_s))
    crowd.occupy("M05", START_S)
    crowd.fall("M05", START_S + 100.0 + hold_s)
    assert (crowd.tracks.live[-1].rise_s > START_S) == stood


@pytest.mark.parametrize(("came_s", "stood"), [(-0.1, True), (0.0, False), (15.0, False)])
def test_after_a_stay_that_a_group_may_need_those_count_who_came_to_another_sensor_since(
    came_s: float, *, stood: bool
) -> None:
    stander = RIDER._replace(sensor="M05", headings=forward("M05"))
    other = RIDER._replace(sensor="M06", rise_s=START_S + came_s, fall_s=None)
    crowd = Crowd(Tracks.none(ROW)._replace(live=(other, stander)))
    crowd.occupy("M05", START_S)
    crowd.fall("M05", START_S + 20.0 + GREATEST_TAIL_S)
    assert (crowd.tracks.live[-1].rise_s > START_S) == stood


def test_beyond_a_deaf_sensor_others_are_near() -> None:
    stander = RIDER._replace(sensor="M05", headings=forward("M05"))
    far = RIDER._replace(sensor="M07", rise_s=START_S + 90.0, fall_s=START_S + 92.8)
    tracks = Tracks.none(ROW).replanned(ROW, ["M06"])._replace(live=(far, stander))
    crowd = Crowd(tracks)
    crowd.occupy("M05", START_S)
    crowd.fall("M05", START_S + 100.0)
    assert crowd.tracks.live[-1].rise_s == START_S


# --- those of whom only the end is heard ----------------------------------------------------------


@pytest.mark.parametrize("hold_s", [0.0, 2.0])
def test_whose_end_only_is_heard_may_go_either_way(hold_s: float) -> None:
    crowd = Crowd()
    crowd.learn("M05", holding(hold_s))
    crowd.glimpse("M05", START_S)
    track = crowd.only
    # As soon as the fastest, whom it began to see so long before it saw them last.
    rise_s = pytest.approx(START_S - hold_s - FASTEST_CROSSING_S)
    assert (track.sensor, track.rise_s, track.fall_s) == ("M05", rise_s, START_S)
    assert (track.headings, track.speed_m_s) == (both("M05"), None)
    # It is not known how long they were seen: it may have been no flash.
    assert (track.odds, track.slowest_m_s, track.tail_s) == (0.0, 0.0, FIRST_TAIL_S)


@pytest.mark.parametrize("late_s", [-0.5, 0.0, 3.0, 7.0, 8.0])
def test_who_was_foretold_came_as_predicted_if_they_may_have_been_seen_since(late_s: float) -> None:
    # Of whoever left just now, the slowest walker of 2 m/s came 7 s ago.
    crowd = after(riding([2, 3]))
    due_s = START_S + 2.0 * NEXT_S
    crowd.glimpse("M04", due_s + late_s)
    track = crowd.only
    assert (track.sensor, track.hits, track.fall_s) == ("M04", 3, due_s + late_s)
    assert track.rise_s == pytest.approx(due_s + min(0.0, late_s) + max(0.0, late_s - 7.0))
    assert track.tail_s == pytest.approx(0.0)
    assert crowd.habit("M04") == NEW


def test_who_is_still_at_a_sensor_has_left_it() -> None:
    crowd = Crowd()
    crowd.rise("M05", START_S)
    crowd.glimpse("M05", START_S + 5.0)
    assert (crowd.only.rise_s, crowd.only.fall_s) == (START_S, START_S + 5.0)


def test_those_of_whom_nothing_more_is_heard_are_gone_and_teach_nothing() -> None:
    crowd = after(riding([1, 2]))
    crowd.rise("M03", START_S + 2.0 * NEXT_S)
    before = crowd.only
    tracks = forgotten(crowd.tracks, "M03", START_S + 60.0)
    [track] = tracks.live
    assert track.fall_s == START_S + 60.0
    assert (track.rise_s, track.tail_s, track.odds) == (before.rise_s, before.tail_s, before.odds)
    assert tracks.habits == crowd.tracks.habits
    crowd.rise("M04", START_S + 3.0 * NEXT_S)
    [track] = forgotten(crowd.tracks, "M03", START_S + 60.0).live
    assert (track.seen_before, track.tail_s, track.fall_s) == (None, before.tail_s, None)


def test_a_sensor_is_forgotten_without_bearing_on_people_elsewhere() -> None:
    crowd = after(riding([1, 2]))
    crowd.rise("M03", START_S + 2.0 * NEXT_S)
    crowd.rise("M04", START_S + 3.0 * NEXT_S)
    assert forgotten(crowd.tracks, "M05", START_S + 60.0) == crowd.tracks
    crowd.fall("M03", START_S + 3.0 * NEXT_S)
    assert crowd.only.seen_before is None
    assert forgotten(crowd.tracks, "M05", START_S + 60.0) == crowd.tracks


def test_who_had_left_before_does_not_leave_again() -> None:
    crowd = Crowd()
    crowd.see("M05", START_S, 3.0)
    [track] = forgotten(crowd.tracks, "M05", START_S + 20.0).live
    assert track.fall_s == START_S + 3.0


# --- the same sensor again ------------------------------------------------------------------------


def test_who_is_seen_again_at_once_is_the_same() -> None:
    crowd = after(riding([2, 3]))
    fall_s = START_S + NEXT_S + ALONE_S
    crowd.rise("M03", fall_s + BLIND_S + SLACK_S)
    track = crowd.only
    assert (track.sensor, track.rise_s, track.fall_s) == ("M03", START_S + NEXT_S, None)
    assert track.hits == 2


def test_who_is_seen_later_is_somebody_else() -> None:
    crowd = after(riding([2, 3]))
    fall_s = START_S + NEXT_S + ALONE_S
    crowd.rise("M03", fall_s + BLIND_S + SLACK_S + 0.1)
    assert [track.hits for track in crowd.tracks.live] == [2, 1]


def test_two_who_are_seen_at_once_are_one_group() -> None:
    # A second one, 2 s behind the first, comes while the sensor sees the first.
    crowd = after(riding([2, 3, 4]), riding([2, 3, 4], START_S + 2.0))
    assert crowd.only.tail_s == pytest.approx(2.0)
    assert crowd.only.hits == 3


# --- somebody else --------------------------------------------------------------------------------


def test_who_stays_when_those_who_are_known_have_gone_is_somebody_else() -> None:
    crowd = Crowd()
    crowd.rise("M00", START_S)
    crowd.see("M01", START_S + NEXT_S)
    known = crowd.only
    gone_s = START_S + ALONE_S + GREATEST_TAIL_S + 0.1
    crowd.fall("M00", gone_s)
    assert len(crowd.tracks.live) == 2
    other = crowd.tracks.live[-1]
    rise_s = pytest.approx(gone_s - FASTEST_CROSSING_S)
    assert (other.sensor, other.rise_s, other.fall_s) == ("M00", rise_s, gone_s)
    assert (other.headings, other.speed_m_s, other.hits) == (both("M00"), None, 1)
    first = crowd.tracks.live[0]
    assert (first.sensor, first.tail_s, first.seen_before) == ("M01", known.tail_s, None)


def test_somebody_else_was_no_flash() -> None:
    # How long they were there is not known.
    crowd = Crowd()
    crowd.rise("M00", START_S)
    crowd.see("M01", START_S + NEXT_S)
    crowd.fall("M00", START_S + ALONE_S + GREATEST_TAIL_S + 0.1)
    other = crowd.tracks.live[-1]
    assert (other.slowest_m_s, other.tail_s) == (0.0, FIRST_TAIL_S)
    # Another was found at M00 a few seconds ago.
    assert other.odds == pytest.approx(math.log((2.5 + 1.0) / 0.25), abs=0.01)


@pytest.mark.parametrize("longer_s", [-0.1, 0.1])
@pytest.mark.parametrize("hold_s", [0.0, 2.0])
def test_who_stays_longer_than_any_group_is_somebody_else_wherever_the_known_ones_are(
    hold_s: float, longer_s: float
) -> None:
    # A group of the slowest needs 20 s to pass, and its last 6 s more.
    crowd = Crowd()
    crowd.learn("M01", holding(hold_s))
    crowd.play(riding([0]))
    crowd.rise("M01", START_S + NEXT_S)
    crowd.see("M02", START_S + 2.0 * NEXT_S)
    crowd.see("M03", START_S + 3.0 * NEXT_S)
    assert crowd.only.seen_before is None
    gone_s = START_S + NEXT_S + 20.0 + GREATEST_TAIL_S + hold_s + longer_s
    crowd.review_to(gone_s)
    crowd.fall("M01", gone_s)
    others = [track for track in crowd.tracks.live if track.sensor == "M01"]
    assert len(others) == (longer_s > 0.0)
    for other in others:
        assert (other.headings, other.fall_s) == (both("M01"), gone_s)
        assert other.rise_s == pytest.approx(gone_s - hold_s - FASTEST_CROSSING_S)


def test_somebody_else_was_last_seen_before_the_output_fell() -> None:
    crowd = Crowd()
    crowd.learn("M00", holding(2.0))
    crowd.rise("M00", START_S)
    crowd.see("M01", START_S + NEXT_S)
    gone_s = START_S + ALONE_S + 2.0 + GREATEST_TAIL_S + 0.1
    crowd.fall("M00", gone_s)
    assert crowd.tracks.live[-1].rise_s == pytest.approx(gone_s - 2.0 - FASTEST_CROSSING_S)


def test_somebody_else_may_have_been_foretold() -> None:
    # Two meet near M05, which sees them one after the other without a break: one comes at 14 s and
    # is by M06 at 21 s, the other comes by M06 at 10 s and to M05 at 17 s.
    crowd = after(riding([3, 4]), riding([7, 6], START_S + 3.0))
    crowd.rise("M05", START_S + 14.0)
    crowd.review_to(START_S + 21.0)
    crowd.see("M06", START_S + 21.0)
    crowd.fall("M05", START_S + 14.0 + ALONE_S + GREATEST_TAIL_S + 0.1)
    assert speeds(crowd) == {("M06", True): 5.0, ("M05", False): 5.0}
    other = next(track for track in crowd.tracks.live if track.sensor == "M05")
    assert other.rise_s == pytest.approx(START_S + 17.0)
    assert other.hits == 3
    assert other.fall_s == START_S + 14.0 + ALONE_S + GREATEST_TAIL_S + 0.1


@pytest.mark.parametrize("first", [True, False])
def test_nobody_else_was_there_but_those_who_are_known(*, first: bool) -> None:
    # One has gone on to M03 since, the other is known to be at M02.
    gone = RIDER._replace(
        sensor="M03", headings=forward("M03"), rise_s=START_S + 7.0, seen_before=("M02", START_S)
    )
    live = (RIDER, gone) if first else (gone, RIDER)
    crowd = Crowd(Tracks.none(ROW)._replace(live=live))
    crowd.occupy("M02", START_S)
    crowd.fall("M02", START_S + 60.0)
    assert [track.hits for track in crowd.tracks.live] == [4, 4]
    assert all(track.seen_before is None for track in crowd.tracks.live)
    # From them it was learned once.
    assert crowd.habit("M02") == NEW.with_seen(60.0 - ALONE_S)


def test_who_is_due_just_then_is_not_taken_for_those_who_leave() -> None:
    # One has gone on to M03 long ago, one leaves M02 now, and a third is about to come by M02.
    gone = RIDER._replace(
        sensor="M03", headings=forward("M03"), rise_s=START_S + 7.0, seen_before=("M02", START_S)
    )
    due = RIDER._replace(
        sensor="M01",
        headings=forward("M01"),
        rise_s=START_S + 60.0 - NEXT_S,
        fall_s=START_S + 60.0 - NEXT_S + ALONE_S,
    )
    crowd = Crowd(Tracks.none(ROW)._replace(live=(RIDER, gone, due)))
    crowd.occupy("M02", START_S)
    crowd.fall("M02", START_S + 60.0)
    assert due in crowd.tracks.live
    assert len(crowd.tracks.live) == 3


def test_how_long_an_output_stays_is_learned_from_the_last_who_came() -> None:
    gone = RIDER._replace(
        sensor="M03", headings=forward("M03"), rise_s=START_S + 7.0, seen_before=("M02", START_S)
    )
    newest = RIDER._replace(rise_s=START_S + 3.0)
    for live in ((gone, newest), (newest, gone)):
        crowd = Crowd(Tracks.none(ROW)._replace(live=live))
        crowd.occupy("M02", START_S)
        crowd.fall("M02", START_S + 8.0)
        assert crowd.habit("M02").holds_s == pytest.approx((5.0 - ALONE_S,))


def test_what_ends_elsewhere_at_the_same_time_does_not_matter() -> None:
    crowd = Crowd()
    crowd.rise("M00", START_S)
    crowd.see("M01", START_S + NEXT_S)
    crowd.rise("M09", START_S + 17.0)
    crowd.fall("M09", START_S + 20.0)
    crowd.fall("M00", START_S + 20.0)
    assert sorted(track.sensor for track in crowd.tracks.live) == ["M00", "M01", "M09"]


def test_an_output_hold_that_outlasts_the_ride_to_the_next_sensor_is_learned() -> None:
    crowd = Crowd()
    for k in range(12):
        crowd.play(riding(range(12), START_S + 600.0 * k, output_s=5.0))
        crowd.review_to(START_S + 600.0 * k + 590.0)
    assert [crowd.habit(f"M{i:02}").hold_s for i in range(3, 12)] == pytest.approx([5.0] * 9)


def test_nobody_is_faster_than_the_fastest_that_are_served() -> None:
    # T and U stand close together, and somebody comes by U the other way.
    path = line(300.0, {"A": 40.0, "B": 250.0}, {"S": 50.0, "T": 90.0, "U": 98.0, "V": 250.0})
    crowd = Crowd(Tracks.none(ground_on(path)))
    crowd.see("S", START_S, 2.8)
    crowd.see("T", START_S + 8.0, 0.005)
    crowd.rise("U", START_S + 8.01)
    speeds_m_s = [track.speed_m_s for track in crowd.tracks.live if track.speed_m_s is not None]
    assert max(speeds_m_s) <= P.fastest_m_s * FASTER_THAN_FASTEST


def test_who_stood_has_light_when_leaving_although_a_rider_is_near() -> None:
    crowd = Crowd()
    crowd.rise("M05", START_S)
    crowd.see("M03", START_S + 91.0)
    crowd.see("M04", START_S + 98.0)
    crowd.fall("M05", START_S + 100.0)
    crowd.review_to(START_S + 110.0)
    assert "M05" in {track.sensor for track in crowd.tracks.live}
    assert crowd.habit("M05").lone == 0.0
