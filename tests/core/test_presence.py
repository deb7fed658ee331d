"""Evidence of people: merging what is said, in whatever order it comes."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.presence import (
    REANNOUNCE_S,
    SILENT_S,
    Evidence,
    Numbering,
    heard,
    reported,
    silenced,
    unheard,
    unread,
)

START_S = 100.0
NOW_S = 1000.0

Report = tuple[bool | None, float]


def merged(reports: list[Report], evidence: Evidence | None = None) -> Evidence:
    evidence = evidence or unread(START_S)
    for active, at_s in reports:
        evidence = reported(evidence, active=active, at_s=at_s)
    return evidence


# --- own sensors ----------------------------------------------------------------------------------


@st.composite
def courses(draw: st.DrawFn, *, readable: bool = True) -> list[Report]:
    """What a sensor's level really did: (level, when it began), each other than the one before."""
    times = draw(st.lists(st.integers(1, 1000), unique=True, min_size=1, max_size=6))
    levels = st.sampled_from([True, False] if readable else [True, False, None])
    course: list[Report] = []
    for at_s in sorted(times):
        before = course[-1][0] if course else "unread"
        level = draw(levels.filter(lambda x, before=before: x is not before))
        course.append((level, START_S + at_s))
    return course


@st.composite
def deliveries(draw: st.DrawFn, course: list[Report]) -> list[Report]:
    """All reports of a course in any order, some of them twice."""
    doubles = draw(st.lists(st.sampled_from(course), max_size=4))
    return draw(st.permutations(course + doubles))


def what_counts(evidence: Evidence) -> tuple[bool, bool, float, float | None]:
    """All that lamps and tracks depend on: when movement began only matters while it lasts."""
    since_s = evidence.active_at_s if evidence.occupied else None
    return evidence.occupied, evidence.readable, evidence.inactive_at_s, since_s


def test_a_sensor_that_was_not_read_yet_counts_as_occupied() -> None:
    evidence = unread(5.0)
    assert (evidence.occupied, evidence.readable, evidence.active_at_s) == (True, False, 5.0)


def test_the_first_reading_ends_not_knowing() -> None:
    evidence = reported(unread(5.0), active=False, at_s=5.0)
    assert (evidence.occupied, evidence.readable, evidence.inactive_at_s) == (False, True, 5.0)


def test_movement_occupies_a_sensor_until_it_ends() -> None:
    moving = merged([(False, 101.0), (True, 110.0)])
    assert (moving.occupied, moving.active_at_s) == (True, 110.0)
    ended = reported(moving, active=False, at_s=115.0)
    assert (ended.occupied, ended.active_at_s, ended.inactive_at_s) == (False, 110.0, 115.0)


def test_movement_that_ends_as_it_begins_is_over() -> None:
    evidence = merged([(False, 101.0), (True, 110.0), (False, 110.0)])
    assert (evidence.occupied, evidence.active_at_s) == (False, 110.0)


@pytest.mark.parametrize("active", [True, False, None])
def test_a_double_report_changes_nothing(*, active: bool | None) -> None:
    once = merged([(active, 110.0)])
    assert reported(once, active=active, at_s=110.0) is once


@pytest.mark.parametrize("active", [True, False, None])
def test_a_report_older_than_one_of_its_kind_changes_nothing(*, active: bool | None) -> None:
    newer = merged([(False, 101.0), (True, 110.0), (None, 115.0), (True, 116.0), (False, 120.0)])
    assert reported(newer, active=active, at_s=105.0) is newer


def test_movement_whose_report_comes_after_its_end_is_not_lost() -> None:
    late = merged([(False, 101.0), (False, 115.0), (True, 110.0)])
    assert late == merged([(False, 101.0), (True, 110.0), (False, 115.0)])


def test_an_end_whose_report_comes_after_newer_movement_ends_nothing() -> None:
    late = merged([(True, 110.0), (True, 120.0), (False, 115.0)])
    assert (late.occupied, late.active_at_s, late.inactive_at_s) == (True, 120.0, 115.0)


def test_a_sensor_that_cannot_be_read_is_occupied_until_it_can() -> None:
    lost = merged([(False, 101.0), (None, 110.0)])
    assert (lost.occupied, lost.readable, lost.active_at_s) == (True, False, 110.0)
    free = reported(lost, active=False, at_s=112.0)
    assert (free.occupied, free.readable) == (False, True)
    busy = reported(lost, active=True, at_s=112.0)
    assert (busy.occupied, busy.readable, busy.active_at_s) == (True, True, 112.0)


@pytest.mark.parametrize("active", [True, False])
def test_what_was_read_before_does_not_make_a_sensor_readable_again(*, active: bool) -> None:
    lost = merged([(False, 101.0), (None, 110.0)])
    late = reported(lost, active=active, at_s=109.0)
    assert (late.occupied, late.readable) == (True, False)


def test_that_it_could_not_be_read_is_void_once_it_was_read_again() -> None:
    back = merged([(None, 110.0), (False, 115.0)])
    assert reported(back, active=None, at_s=112.0) is back
    assert reported(back, active=None, at_s=115.0) is back
    busy = merged([(None, 110.0), (True, 115.0)])
    assert reported(busy, active=None, at_s=115.0) is busy


@given(course=courses(), data=st.data())
def test_any_order_and_any_doubling_lead_to_the_same_evidence(
    course: list[Report], data: st.DataObject
) -> None:
    assert merged(data.draw(deliveries(course))) == merged(course)


@given(course=courses(readable=False), data=st.data())
def test_with_a_sensor_that_cannot_always_be_read_too_the_order_does_not_count(
    course: list[Report], data: st.DataObject
) -> None:
    found = merged(data.draw(deliveries(course)))
    assert what_counts(found) == what_counts(merged(course))


@given(course=courses(readable=False), data=st.data())
def test_the_newest_report_heals_every_loss(course: list[Report], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(course), unique=True))
    found, whole = merged([*kept, course[-1]]), merged(course)
    assert (found.occupied, found.readable) == (whole.occupied, whole.readable)
    newest_s = course[-1][1]
    assert newest_s == (found.active_at_s if found.occupied else found.inactive_at_s)


@given(course=courses(readable=False))
def test_it_is_as_the_newest_report_says(course: list[Report]) -> None:
    evidence = merged(course)
    level, _ = course[-1]
    assert evidence.occupied == (level is not False)
    assert evidence.readable == (level is not None)


# --- neighbours' sensors --------------------------------------------------------------------------


def told(
    evidence: Evidence, number: str, *, active: bool, at_s: float, now_s: float = NOW_S
) -> Evidence:
    """Let a neighbour say something; `number` is its boot, a letter, and the sequence number."""
    boot, seq = number[0], int(number[1:])
    return heard(evidence, Numbering(boot, seq), active=active, at_s=at_s, now_s=now_s)


def times(evidence: Evidence) -> tuple[float, float]:
    return evidence.active_at_s, evidence.inactive_at_s


def occupied_since(at_s: float) -> Evidence:
    evidence = told(unheard(START_S), "b1", active=True, at_s=at_s, now_s=at_s)
    assert evidence.occupied
    return evidence


def test_of_a_neighbours_sensor_nothing_is_known_at_start() -> None:
    assert not unheard(5.0).occupied
    assert unheard(5.0).readable


def test_a_neighbour_tells_since_when_somebody_is_there_and_until_when() -> None:
    there = told(unheard(START_S), "b1", active=True, at_s=150.0, now_s=152.0)
    assert (there.occupied, times(there)) == (True, (150.0, START_S))
    assert (there.heard_at_s, there.newest) == (152.0, Numbering("b", 1))
    gone = told(there, "b2", active=False, at_s=160.0, now_s=161.0)
    assert (gone.occupied, times(gone)) == (False, (150.0, 160.0))
    assert (gone.heard_at_s, gone.newest) == (161.0, Numbering("b", 2))


def test_whoever_stays_is_there_since_they_came() -> None:
    again = told(occupied_since(150.0), "b2", active=True, at_s=150.2, now_s=160.0)
    assert times(again) == (150.0, START_S)
    assert again.heard_at_s == 160.0


def test_an_end_without_a_beginning_tells_of_somebody_who_was_there_then() -> None:
    evidence = told(unheard(START_S), "b2", active=False, at_s=150.0)
    assert (evidence.occupied, times(evidence)) == (False, (150.0, 150.0))
    late = told(evidence, "b1", active=True, at_s=140.0)
    assert late is evidence


@pytest.mark.parametrize("at_s", [155.0, 160.0])
def test_an_end_that_is_known_tells_of_nobody_else(at_s: float) -> None:
    gone = told(occupied_since(150.0), "b2", active=False, at_s=160.0)
    assert times(told(gone, "b3", active=False, at_s=at_s)) == (150.0, 160.0)


def test_an_end_before_the_start_tells_of_nobody() -> None:
    evidence = told(unheard(START_S), "b1", active=False, at_s=START_S - 5.0)
    assert times(evidence) == times(unheard(START_S))


def test_nobody_leaves_before_they_came() -> None:
    evidence = told(occupied_since(150.0), "b2", active=False, at_s=149.8)
    assert (evidence.occupied, times(evidence)) == (False, (150.0, 150.0))


@pytest.mark.parametrize("at_s", [140.0, 160.0])
def test_nobody_comes_before_the_last_one_left(at_s: float) -> None:
    gone = told(occupied_since(150.0), "b2", active=False, at_s=160.0)
    evidence = told(gone, "b3", active=True, at_s=at_s)
    assert evidence.occupied
    assert times(evidence) == (math.nextafter(160.0, math.inf), 160.0)


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("seq", [4, 5])
def test_a_double_or_older_announcement_is_void(seq: int, *, active: bool) -> None:
    evidence = told(unheard(START_S), "b5", active=True, at_s=150.0)
    assert told(evidence, f"b{seq}", active=active, at_s=160.0) is evidence


def test_a_restarted_neighbour_counts_anew() -> None:
    before = told(unheard(START_S), "b5", active=True, at_s=150.0)
    anew = told(before, "c1", active=False, at_s=160.0)
    assert (anew.occupied, anew.newest, anew.former) == (
        False,
        Numbering("c", 1),
        Numbering("b", 5),
    )


def test_after_a_restart_doubles_of_both_boots_are_void() -> None:
    evidence = told(unheard(START_S), "b5", active=False, at_s=150.0)
    evidence = told(evidence, "c1", active=False, at_s=160.0)
    for number in ("b5", "b4", "c1"):
        assert told(evidence, number, active=True, at_s=170.0) is evidence


def test_a_late_word_from_before_a_restart_counts_and_lets_no_double_in() -> None:
    evidence = told(unheard(START_S), "b5", active=True, at_s=150.0)
    evidence = told(evidence, "c1", active=True, at_s=160.0)
    late = told(evidence, "b6", active=False, at_s=155.0)
    assert (late.newest, late.former) == (Numbering("c", 1), Numbering("b", 6))
    assert times(late) == (150.0, 155.0)
    for number in ("b6", "c1"):
        assert told(late, number, active=True, at_s=170.0) is late


@dataclass(frozen=True)
class Word:
    """One announcement, in the order in which it was made."""

    number: str
    active: bool
    at_s: float


@st.composite
def words(draw: st.DrawFn) -> list[Word]:
    """What a neighbour said of a sensor that people came to and left; it restarts at most once."""
    steps = draw(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8))
    restart = draw(st.integers(0, len(steps)))
    found, now_s, since_s, active = [], START_S, START_S, False
    for i, (seconds, there) in enumerate(steps):
        now_s += seconds
        if there != active or not there:
            since_s, active = now_s, there
        number = f"b{i}" if i < restart else f"c{i - restart}"
        found.append(Word(number, active, since_s))
    return found


def after(said: list[Word]) -> Evidence:
    evidence = unheard(START_S)
    for word in said:
        evidence = told(evidence, word.number, active=word.active, at_s=word.at_s)
    return evidence


@given(said=words())
def test_what_the_neighbour_said_last_counts(said: list[Word]) -> None:
    evidence = after(said)
    assert evidence.occupied == said[-1].active
    assert said[-1].at_s == (evidence.active_at_s if evidence.occupied else evidence.inactive_at_s)


@given(said=words(), data=st.data())
def test_whatever_was_lost_the_last_word_heals_it(said: list[Word], data: st.DataObject) -> None:
    kept = [word for word in said[:-1] if data.draw(st.booleans())]
    found = after([*kept, said[-1]])
    assert found.occupied == said[-1].active
    assert found.inactive_at_s <= after(said).inactive_at_s


@given(said=words(), data=st.data())
def test_doubles_however_late_change_nothing(said: list[Word], data: st.DataObject) -> None:
    with_doubles = list(said)
    for word in data.draw(st.lists(st.sampled_from(said), max_size=4)):
        first = with_doubles.index(word)
        with_doubles.insert(data.draw(st.integers(first + 1, len(with_doubles))), word)
    assert after(with_doubles) == after(said)


@given(said=words(), data=st.data())
def test_in_whatever_order_one_boots_words_come_the_last_one_counts(
    said: list[Word], data: st.DataObject
) -> None:
    one_boot = [Word(f"b{i}", word.active, word.at_s) for i, word in enumerate(said)]
    found = after(data.draw(st.permutations(one_boot)))
    assert found.occupied == one_boot[-1].active
    assert found.newest == Numbering("b", len(one_boot) - 1)


# --- silence --------------------------------------------------------------------------------------


def test_a_neighbour_may_miss_one_announcement_before_it_counts_as_silent() -> None:
    assert 2.0 * REANNOUNCE_S < SILENT_S < 3.0 * REANNOUNCE_S


def test_a_neighbour_speaks_every_ten_seconds_and_is_silent_after_twenty_five() -> None:
    assert REANNOUNCE_S == 10.0
    assert occupied_since(150.0).silent_at_s == 175.0
    assert silenced(occupied_since(150.0), 174.9).occupied
    assert not silenced(occupied_since(150.0), 175.0).occupied


def test_a_sensor_that_is_announced_no_more_is_left() -> None:
    there = told(unheard(START_S), "b1", active=True, at_s=150.0, now_s=152.0)
    silent_s = 152.0 + SILENT_S
    assert silenced(there, math.nextafter(silent_s, 0.0)) is there
    left = silenced(there, silent_s)
    assert (left.occupied, times(left)) == (False, (150.0, silent_s))


def test_every_announcement_puts_silence_off() -> None:
    there = told(unheard(START_S), "b1", active=True, at_s=150.0, now_s=152.0)
    there = told(there, "b2", active=True, at_s=150.0, now_s=162.0)
    assert silenced(there, 152.0 + SILENT_S) is there
    assert not silenced(there, 162.0 + SILENT_S).occupied


def test_silence_about_nobody_says_nothing() -> None:
    gone = told(occupied_since(150.0), "b2", active=False, at_s=160.0, now_s=160.0)
    for evidence in (gone, unheard(START_S)):
        assert silenced(evidence, 1e9) is evidence


def test_after_silence_somebody_who_is_still_there_counts_as_new() -> None:
    left = silenced(occupied_since(150.0), 150.0 + SILENT_S)
    back = told(left, "b2", active=True, at_s=150.0, now_s=200.0)
    assert back.occupied
    assert back.active_at_s == math.nextafter(150.0 + SILENT_S, math.inf)


def test_after_silence_the_end_of_what_was_known_tells_of_nobody_else() -> None:
    left = silenced(occupied_since(150.0), 150.0 + SILENT_S)
    assert times(told(left, "b2", active=False, at_s=160.0, now_s=200.0)) == times(left)
