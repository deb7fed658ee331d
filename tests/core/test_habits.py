"""What is learned of a sensor: how often it sees, misses and invents people, how long it stays."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.habits import Habit

HOUR_S = 3600.0
HALF_AN_HOUR_S = 1800.0
NEW = Habit()


def seeing(times: int, habit: Habit = NEW, hold_s: float = 0.0) -> Habit:
    for _ in range(times):
        habit = habit.with_seen(hold_s)
    return habit


def missing(times: int, habit: Habit = NEW) -> Habit:
    for _ in range(times):
        habit = habit.with_missed()
    return habit


def holding(*holds_s: float, habit: Habit = NEW) -> Habit:
    for hold_s in holds_s:
        habit = habit.with_seen(hold_s)
    return habit


def lone(*at_s: float, habit: Habit = NEW) -> Habit:
    for now_s in at_s:
        habit = habit.with_lone(now_s)
    return habit


# --- how often it sees somebody -------------------------------------------------------------------


def test_a_new_sensor_sees_nineteen_of_twenty() -> None:
    assert NEW.detection_probability == pytest.approx(0.95)


def test_the_first_estimate_weighs_as_much_as_twenty_passings() -> None:
    # 19 of 20 before, and one more; what was before has faded by a two hundredth.
    before, faded = 20.0, 1.0 - 1.0 / 200.0
    assert seeing(1).detection_probability == pytest.approx(
        (0.95 * before * faded + 1.0) / (before * faded + 1.0)
    )
    assert missing(1).detection_probability == pytest.approx(
        0.95 * before * faded / (before * faded + 1.0)
    )


def test_a_passing_weighs_a_third_after_two_hundred_more() -> None:
    habit = missing(1, seeing(2000))
    assert habit.missed == pytest.approx(1.0, abs=1e-3)
    assert seeing(200, habit).missed == pytest.approx(1.0 / math.e, rel=0.005)


@pytest.mark.parametrize("every", [2, 5, 10])
def test_what_is_believed_tends_to_how_often_it_sees(every: int) -> None:
    habit = NEW
    for _ in range(3000 // every):
        habit = missing(1, seeing(every - 1, habit))
    assert habit.detection_probability == pytest.approx(1.0 - 1.0 / every, abs=0.01)


@given(seen=st.lists(st.booleans(), max_size=300))
def test_it_is_never_certain_that_somebody_is_seen_or_missed(seen: list[bool]) -> None:
    habit = NEW
    for one in seen:
        habit = habit.with_seen(0.0) if one else habit.with_missed()
    assert 0.0 < habit.detection_probability < 1.0
    after = habit.with_seen(0.0).detection_probability
    assert habit.with_missed().detection_probability < habit.detection_probability < after


# --- deafness -------------------------------------------------------------------------------------


def chance_of_missing(habit: Habit) -> float:
    return 1.0 - habit.detection_probability


def test_a_sensor_is_deaf_once_it_missed_more_in_a_row_than_one_in_a_thousand_does() -> None:
    # Of 20 passings 1 was missed, then 4, then 5 more: 21 % ** 4 = 1.9 and 24 % ** 5 = 0.8 in 1000.
    assert chance_of_missing(missing(4)) == pytest.approx(0.21, abs=0.005)
    assert chance_of_missing(missing(5)) == pytest.approx(0.24, abs=0.005)
    assert [n for n in range(8) if missing(n).deaf] == [5, 6, 7]


@pytest.mark.parametrize(("missed", "deaf"), [(0.9995, True), (1.0005, False)])
def test_a_sensor_is_deaf_from_one_in_a_thousand_on(missed: float, *, deaf: bool) -> None:
    assert Habit(seen=1000.0 - missed, missed=missed, missed_in_row=1).deaf == deaf


def test_a_sensor_that_is_known_to_see_well_is_deaf_sooner() -> None:
    habit = seeing(400)
    assert chance_of_missing(missing(2, habit)) ** 2 < 1e-3 < chance_of_missing(missing(1, habit))
    assert [n for n in range(4) if missing(n, habit).deaf] == [2, 3]


def test_a_sensor_that_sees_every_second_is_deaf_later() -> None:
    habit = NEW
    for _ in range(500):
        habit = missing(1, seeing(1, habit))
    # It has missed one just now; half to the power of 10 is less than one in a thousand.
    assert 0.5**10 < 1e-3 < 0.5**9
    in_a_row = next(n for n in range(1, 20) if missing(n, seeing(1, habit)).deaf)
    assert in_a_row in {10, 11}


def test_who_sees_somebody_is_not_deaf() -> None:
    habit = seeing(1, missing(5))
    assert (habit.missed_in_row, habit.deaf) == (0, False)
    assert not missing(2, habit).deaf


# --- how long its output stays high ---------------------------------------------------------------


def test_how_long_it_stays_is_unknown_until_five_have_left() -> None:
    assert [holding(*[4.0] * n).hold_s for n in range(6)] == [0.0] * 5 + [4.0]


def test_groups_that_make_it_longer_do_not_count() -> None:
    # Two of nine are smaller than what is taken, whatever the others are.
    assert holding(3.1, 9.0, 2.9, 60.0, 3.0, 7.0, 8.0, 5.0, 4.0).hold_s == 3.1


def test_only_the_newest_nine_count() -> None:
    many = holding(*[9.0] * 6, *[2.0] * 3)
    assert many.hold_s == 2.0
    assert holding(*[9.0] * 6, habit=many).hold_s == 2.0
    assert holding(*[9.0] * 7, habit=many).hold_s == 9.0


def test_it_stays_for_no_time_if_people_are_faster_than_was_thought() -> None:
    assert holding(*[-0.4] * 5).hold_s == 0.0


@given(holds_s=st.lists(st.floats(-5.0, 60.0), max_size=30))
def test_a_quarter_of_the_newest_nine_are_less_than_how_long_it_stays(holds_s: list[float]) -> None:
    newest = holds_s[-9:]
    rank = {5: 1, 6: 1, 7: 1, 8: 2, 9: 2}.get(len(newest))
    expected_s = 0.0 if rank is None else max(0.0, sorted(newest)[rank])
    assert holding(*holds_s).hold_s == expected_s


def test_who_stands_there_is_not_taken_for_the_output_that_stays() -> None:
    # Of five people two rested: a storm of people who rest found it.
    assert holding(2.0, 263.9, 184.7, 2.0, 26.3).hold_s == 2.0


# --- how often nobody is there, and how often somebody whom nothing foretold ----------------------


def test_at_first_it_invents_somebody_every_four_hours() -> None:
    # 0.5 an hour, worth half an hour, in half an hour more that is remembered.
    assert NEW.false_alarms_per_h(0.0) == pytest.approx(0.5 * 0.5 / (0.5 + 0.5))


def test_each_lone_passage_counts_one_an_hour_more_and_fades_in_half_an_hour() -> None:
    habit = lone(100.0)
    before = NEW.false_alarms_per_h(0.0)
    assert habit.false_alarms_per_h(100.0) == pytest.approx(before + 1.0)
    later = habit.false_alarms_per_h(100.0 + HALF_AN_HOUR_S)
    assert later == pytest.approx(before + 1.0 / math.e)
    assert habit.people_per_h(100.0, 0.5) == pytest.approx(NEW.people_per_h(100.0, 0.5))


@pytest.mark.parametrize("prior_per_h", [0.5, 5.0])
def test_people_whom_nothing_foretold_are_counted_likewise(prior_per_h: float) -> None:
    assert NEW.people_per_h(100.0, prior_per_h) == pytest.approx(prior_per_h / 2.0)
    habit = NEW.with_found(100.0)
    assert habit.people_per_h(100.0, prior_per_h) == pytest.approx(prior_per_h / 2.0 + 1.0)
    later = habit.people_per_h(100.0 + HALF_AN_HOUR_S, prior_per_h)
    assert later == pytest.approx(prior_per_h / 2.0 + 1.0 / math.e)
    assert habit.false_alarms_per_h(100.0) == pytest.approx(NEW.false_alarms_per_h(100.0))


def test_many_a_night_tend_to_their_rate() -> None:
    # Six an hour, of which the last half hour is remembered: three, and one counted just now.
    habit = lone(*(600.0 * i for i in range(100)))
    remembered = sum(math.exp(-600.0 * i / HALF_AN_HOUR_S) for i in range(100))
    assert habit.lone == pytest.approx(remembered)
    assert habit.false_alarms_per_h(habit.counted_at_s) == pytest.approx(0.25 + remembered)


def test_both_kinds_fade_when_either_is_counted() -> None:
    habit = lone(0.0).with_found(HALF_AN_HOUR_S).with_lone(2.0 * HALF_AN_HOUR_S)
    assert habit.lone == pytest.approx(1.0 + math.e**-2)
    assert habit.found == pytest.approx(1.0 / math.e)


@given(
    gaps_s=st.lists(st.tuples(st.booleans(), st.floats(0.0, HOUR_S)), min_size=1, max_size=20),
    wait_s=st.floats(0.0, 10.0 * HOUR_S),
)
def test_what_was_counted_fades_to_what_is_assumed(
    gaps_s: list[tuple[bool, float]], wait_s: float
) -> None:
    habit, now_s = NEW, 0.0
    for found, gap_s in gaps_s:
        now_s += gap_s
        habit = habit.with_found(now_s) if found else habit.with_lone(now_s)
    fade = math.exp(-wait_s / HALF_AN_HOUR_S)
    for rate in (habit.false_alarms_per_h, lambda t: habit.people_per_h(t, 0.5)):
        over_per_h = rate(now_s) - 0.25
        assert rate(now_s + wait_s) - 0.25 == pytest.approx(over_per_h * fade, abs=1e-9)


# --- each for itself ------------------------------------------------------------------------------


def test_passings_do_not_bear_on_lone_passages_nor_they_on_passings() -> None:
    habit = lone(10.0)
    assert habit.detection_probability == NEW.detection_probability
    assert missing(1, seeing(1, habit)).lone == habit.lone
