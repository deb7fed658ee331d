"""What is believed of people where the path divides."""

import math

import pytest

from controller.core.path import Section
from controller.core.track import Track
from controller.core.tracks import (
    Tracks,
)
from tests.core.build import small_path
from tests.core.crowd import (
    MISS,
    NEW,
    NIGHT_S,
    SPEED_M_S,
    START_S,
    Crowd,
    forward,
    ground_on,
)

# --- a fork ---------------------------------------------------------------------------------------

# The fork is 50 m beyond S; T and V stand on the left branch, U on the right one.
FORK = ground_on(
    small_path(
        [
            Section("in", "a", "j", 100.0),
            Section("left", "j", "l", 100.0),
            Section("right", "j", "r", 100.0),
        ],
        {"I": ("in", 50.0), "T": ("left", 30.0), "V": ("left", 80.0), "U": ("right", 30.0)},
        {"A": ("in", 15.0), "S": ("in", 50.0), "T": ("left", 30.0), "V": ("left", 80.0)}
        | {"U": ("right", 30.0)},
    )
)


def forked() -> Crowd:
    """A rider has come by A and S, and is 16 s from the next sensors: T or U."""
    crowd = Crowd(Tracks.none(FORK))
    crowd.see("A", START_S)
    crowd.see("S", START_S + 7.0)
    return crowd


def test_at_a_fork_every_branch_is_lit_until_it_is_known_which_one_they_took() -> None:
    crowd = forked()
    assert crowd.only.windows.keys() >= {"I", "T", "U"}
    crowd.see("T", START_S + 7.0 + 16.0)
    assert (crowd.only.headings, crowd.only.hits) == (forward("T"), 3)
    assert crowd.only.windows.keys() == {"T", "V"}


def test_at_a_fork_who_goes_left_was_not_missed_on_the_right() -> None:
    crowd = forked()
    whens = crowd.review_to(START_S + 7.0 + 20.0)
    assert len(whens) == 1
    assert crowd.only.missed == {"T", "U"}
    crowd.see("V", START_S + 7.0 + 26.0)
    assert (crowd.only.sensor, crowd.only.hits) == ("V", 3)
    assert crowd.habit("T") == NEW.with_missed()
    assert crowd.habit("U") == NEW


def test_at_a_fork_the_worst_of_the_sensors_is_what_a_miss_is_worth() -> None:
    crowd = forked()
    crowd.learn("U", NEW._replace(seen=5.0, missed=5.0))
    odds = crowd.only.odds
    crowd.review_to(crowd.only.review_s)
    assert crowd.only.odds == pytest.approx(odds + math.log(0.5))


def test_at_a_fork_one_busy_sensor_may_hide_them() -> None:
    crowd = forked()
    crowd.occupy("U", START_S)
    crowd.review_to(crowd.only.review_s)
    assert crowd.only.hidden


def test_at_a_fork_two_may_part() -> None:
    # The second is 4 s behind the first, and the sensors see each of them for 2.8 s.
    crowd = forked()
    crowd.see("S", START_S + 11.0)
    crowd.see("T", START_S + 7.0 + 16.0)
    crowd.see("U", START_S + 11.0 + 16.0)
    assert {track.sensor for track in crowd.tracks.live} == {"T", "U"}


# As above, but nobody looks at the right branch.
HALF_SEEN = ground_on(
    small_path(
        [
            Section("in", "a", "j", 100.0),
            Section("left", "j", "l", 250.0),
            Section("right", "j", "r", 100.0),
        ],
        {"I": ("in", 50.0), "R": ("right", 50.0)}
        | {f"l{m}": ("left", float(m)) for m in range(10, 250, 20)},
        {"A": ("in", 15.0), "S": ("in", 50.0)}
        | {f"T{m}": ("left", float(m)) for m in range(30, 250, 40)},
    )
)


def half_seen(until_s: float) -> Crowd:
    """A rider of 5 m/s has come by A and S at 7 s, and by no other sensor since."""
    crowd = Crowd(Tracks.none(HALF_SEEN))
    crowd.see("A", START_S)
    crowd.see("S", START_S + 7.0)
    crowd.review_to(START_S + until_s)
    return crowd


def lit_at(track: Track, at_s: float) -> set[str]:
    return {x for x, window in track.windows.items() if window.from_s <= at_s <= window.until_s}


def test_whom_a_sensor_misses_has_light_although_they_may_be_on_a_branch_without_any() -> None:
    # 25 m beyond the first sensor of the left branch.
    at_s = 7.0 + (50.0 + 30.0 + 25.0) / SPEED_M_S
    crowd = half_seen(at_s)
    assert crowd.only.missed == {"T30"}
    assert lit_at(crowd.only, START_S + at_s) >= {"l50", "l70"}


def test_who_is_seen_on_no_branch_has_light_on_the_one_without_sensors_until_they_left_it() -> None:
    gone_s = 7.0 + (50.0 + 100.0) / SPEED_M_S
    crowd = half_seen(gone_s)
    assert "R" in lit_at(crowd.only, START_S + gone_s)
    assert crowd.only.stopped_s is None
    crowd.review_to(NIGHT_S)
    assert crowd.tracks.live == ()


@pytest.mark.parametrize(("odds", "elsewhere"), [(0.0, False), (0.5, True)])
def test_only_who_was_likely_there_may_have_taken_the_branch_without_sensors(
    odds: float, *, elsewhere: bool
) -> None:
    crowd = half_seen(7.0)
    crowd.tracks = crowd.tracks.replaced(crowd.only, crowd.only._replace(odds=odds))
    crowd.review_to(crowd.only.review_s)
    assert [track.odds for track in crowd.tracks.live] == (
        pytest.approx([odds + MISS]) if elsewhere else []
    )


def test_where_they_may_have_left_unseen_nobody_is_waited_for() -> None:
    crowd = half_seen(7.0)
    for _ in range(20):
        if not crowd.tracks.live:
            break
        assert crowd.only.stopped_s is None
        crowd.review_to(crowd.only.review_s)
    assert crowd.tracks.live == ()
