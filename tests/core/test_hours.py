"""Hours of sensors and lamps, and the nights that are made of them."""

import math
from collections.abc import Mapping

import pytest

from controller.core.daylight import Sky
from controller.core.health.counting import Counts, LampCount, MotionCount
from controller.core.health.hours import Hours, MotionHour, PastHour
from controller.core.path import Path
from controller.core.state import State
from tests.core.health_patient import HOUR_S, node_state, unlit_path

LIGHT = Sky(sun_dark=False)


def counted(
    state: State,
    now_s: float,
    motion: Mapping[str, MotionCount] | None = None,
    lamps: Mapping[str, LampCount] | None = None,
) -> Counts:
    none = Counts.none(state, now_s)
    return Counts({**none.motion, **(motion or {})}, {**none.lamps, **(lamps or {})})


def hour_after(
    motion: Mapping[str, MotionCount], *, hours: float = 1.0, path: Path | None = None
) -> Mapping[str, MotionHour]:
    """What is told of motion sensors that counted so much in some hours; nobody was silent."""
    state, now_s = node_state(path=path), hours * HOUR_S
    begun = Hours(0.0, Counts.none(state, 0.0))
    past = begun.lived(state, counted(state, now_s, motion), now_s).past
    assert past is not None
    return past.motion


def nights(dark_hours: int, needed: tuple[float, ...] = (0.0,)) -> Hours:
    """Whole dark hours in which L00 was needed for such shares, in turn."""
    state, needed_s = node_state(), 0.0
    hours = Hours(0.0, Counts.none(state, 0.0))
    for i in range(dark_hours):
        now_s = (i + 1) * HOUR_S
        needed_s += needed[i % len(needed)] * HOUR_S
        lamps = {"L00": LampCount(now_s, needed_s)}
        hours = hours.lived(state, counted(state, now_s, lamps=lamps), now_s)
    return hours


def dawn(hours: Hours, dark_hours: int) -> Hours:
    state, now_s = node_state()._replace(sky=LIGHT), dark_hours * HOUR_S + 60.0
    return hours.lived(state, counted(state, now_s), now_s)


# --- nights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dark_hours", "told"), [(2, None), (3, 3), (11, 11)])
def test_a_night_of_three_dark_hours_is_told_of_at_dawn(dark_hours: int, told: int | None) -> None:
    before = nights(dark_hours)
    assert (before.told, before.night.hours) == (None, dark_hours)
    after = dawn(before, dark_hours)
    assert (None if after.told is None else after.told.hours) == told
    assert after.night.hours == 0


def test_a_night_is_cut_after_twelve_hours() -> None:
    cut = nights(12)
    assert cut.told is not None
    assert (cut.told.hours, cut.night.hours) == (12, 0)
    assert dawn(nights(14), 14).told == cut.told  # the rest is too short to be told of


def test_of_a_night_the_quietest_hour_of_a_lamp_is_told() -> None:
    told = dawn(nights(4, (0.75, 0.25, 0.5, 1.0)), 4).told
    assert told is not None
    assert (told.quietest["L00"], told.quietest["L01"]) == (0.25, 0.0)


# --- hours ----------------------------------------------------------------------------------------


def test_an_hour_is_over_when_it_is() -> None:
    state = node_state()
    begun = Hours(0.0, Counts.none(state, 0.0))
    assert begun.lived(state, counted(state, 3599.9), 3599.9) is begun
    over = begun.lived(state, counted(state, 3600.0), 3600.0)
    assert (over.begun_s, over.night.hours) == (3600.0, 1)
    assert over.past is not None


@pytest.mark.parametrize("light_at_s", [60.0, 1800.0, 3540.0])
def test_an_hour_that_was_light_for_a_while_was_not_dark(light_at_s: float) -> None:
    dark = node_state()
    light = dark._replace(sky=LIGHT)
    hours = Hours(0.0, Counts.none(dark, 0.0))
    hours = hours.lived(light, counted(light, light_at_s), light_at_s)
    hours = hours.lived(dark, counted(dark, HOUR_S), HOUR_S)
    assert hours.past is not None
    assert (hours.past.dark, hours.night.hours) == (False, 0)
    after = hours.lived(dark, counted(dark, 2 * HOUR_S), 2 * HOUR_S)
    assert after.past is not None
    assert (after.past.dark, after.night.hours) == (True, 1)


def test_what_is_told_of_an_hour_is_by_the_hour_and_of_that_hour_alone() -> None:
    """Two hours, because nobody looked after one."""
    state = node_state()
    before = counted(
        state,
        HOUR_S,
        {"M02": MotionCount(HOUR_S, rises=4, high_s=600.0, unseen=9)},
        {"L02": LampCount(HOUR_S, needed_s=900.0, ups=7)},
    )
    now_s = 3 * HOUR_S
    after = counted(
        state,
        now_s,
        {"M02": MotionCount(now_s, rises=10, high_s=2400.0, unseen=2)},
        {"L02": LampCount(now_s, needed_s=4500.0, ups=13)},
    )
    past = Hours(HOUR_S, before).lived(state, after, now_s).past
    assert past is not None
    told = past.motion["M02"]
    assert (told.rises_per_h, told.high_share, told.unseen) == (3.0, 0.25, 2)
    assert past.lamps["L02"] == (0.5, 3.0)
    assert past.lamps["L01"] == (0.0, 0.0)


def rising(**rises: int) -> dict[str, MotionCount]:
    return {sensor: MotionCount(HOUR_S, rises=number) for sensor, number in rises.items()}


def high(share: float, rises: int = 0) -> MotionCount:
    return MotionCount(HOUR_S, rises=rises, high_s=share * HOUR_S)


def test_near_are_the_next_two_on_either_side_and_of_them_the_one_that_rose_most() -> None:
    told = hour_after(rising(M00=90, M01=10, M02=70, M03=20, M04=5, M05=80))
    assert {sensor: hour.near_per_h for sensor, hour in told.items()} == {
        "M00": 70.0,
        "M01": 90.0,
        "M02": 90.0,
        "M03": 80.0,
        "M04": 80.0,
        "M05": 20.0,
    }


@pytest.mark.parametrize(("share", "near_per_h"), [(0.5, 40.0), (0.51, 10.0)])
def test_a_sensor_that_is_high_for_more_than_half_of_an_hour_tells_nothing_of_others(
    share: float, near_per_h: float
) -> None:
    told = hour_after({"M01": high(share, 40), **rising(M02=10)})
    assert told["M00"].near_per_h == near_per_h
    assert (told["M00"].lone_per_h is None) == (share > 0.5)


def test_lone_passages_tell_something_if_the_next_on_either_side_could_confirm_them() -> None:
    told = hour_after({"M03": high(0.9)})
    known = {sensor for sensor, hour in told.items() if hour.lone_per_h is not None}
    assert known == {"M00", "M01", "M03", "M05"}
    nearly_all = dict.fromkeys(("M00", "M02", "M03", "M04", "M05"), high(0.9))
    assert hour_after(nearly_all)["M00"].lone_per_h is not None


def test_beside_sensors_that_cannot_tell_nothing_is_known_and_without_any_there_is_no_limit() -> (
    None
):
    assert hour_after(dict.fromkeys(("M01", "M02"), high(0.9)))["M00"].near_per_h is None
    assert hour_after({}, path=unlit_path(1, 1))["M00"].near_per_h == math.inf


def test_sensors_of_a_silent_neighbour_are_not_near() -> None:
    state = node_state(path=unlit_path(4, 2))  # nothing was heard of n1 yet
    begun = Hours(0.0, Counts.none(state, 0.0))
    after = begun.lived(state, counted(state, HOUR_S, rising(M01=10, M02=50)), HOUR_S)
    assert isinstance(after.past, PastHour)
    assert {s: x.near_per_h for s, x in after.past.motion.items()} == {"M00": 10.0, "M01": 0.0}
