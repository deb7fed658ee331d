"""Evidence of people: merging reports, in whatever order they come."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.presence import (
    Evidence,
    Need,
    Numbering,
    heard,
    need,
    reported,
    unheard,
    unread,
)
from controller.core.reach import Link

START_S = 100.0


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[bool, float]]:
    """What a sensor's level really did: (level, when it began), alternating, first level first."""
    first = draw(st.booleans())
    times = draw(st.lists(st.integers(1, 1000), unique=True, min_size=1, max_size=6))
    return [(first ^ bool(i % 2), START_S + t) for i, t in enumerate(sorted(times))]


def merged(reports: list[tuple[bool, float]]) -> Evidence:
    evidence = unread(START_S)
    for active, at_s in reports:
        evidence = reported(evidence, active=active, at_s=at_s)
    return evidence


def what_lamps_see(evidence: Evidence) -> tuple[bool, float]:
    """All that lights depend on: occupied, and if not since when."""
    return evidence.occupied, evidence.holds_until_s(0.0)


def test_an_unread_sensor_counts_as_occupied() -> None:
    assert unread(5.0).occupied
    assert not unread(5.0).readable
    assert unread(5.0).holds_until_s(20.0) == math.inf


def test_somebody_may_just_have_passed_a_neighbours_sensor() -> None:
    assert not unheard(5.0).occupied
    assert unheard(5.0).holds_until_s(20.0) == 25.0


def test_the_first_reading_ends_not_knowing() -> None:
    evidence = reported(unread(0.0), active=False, at_s=0.0)
    assert (evidence.occupied, evidence.readable) == (False, True)
    assert evidence.holds_until_s(20.0) == 20.0


def test_movement_occupies_until_it_ends() -> None:
    moving = reported(unheard(0.0), active=True, at_s=10.0)
    assert moving.occupied
    assert moving.active_at_s == 10.0
    ended = reported(moving, active=False, at_s=15.0)
    assert not ended.occupied
    assert ended.holds_until_s(20.0) == 35.0


def test_a_sensor_that_cannot_be_read_is_occupied_until_it_can() -> None:
    lost = reported(unheard(0.0), active=None, at_s=10.0)
    assert (lost.occupied, lost.readable) == (True, False)
    assert reported(lost, active=True, at_s=11.0).readable
    back = reported(lost, active=False, at_s=12.0)
    assert (back.occupied, back.readable) == (False, True)


@pytest.mark.parametrize("active", [True, False, None])
def test_a_double_report_changes_nothing(*, active: bool | None) -> None:
    once = reported(unread(0.0), active=active, at_s=10.0)
    assert reported(once, active=active, at_s=10.0) == once


def test_an_end_older_than_the_movement_changes_nothing() -> None:
    moving = reported(unheard(0.0), active=True, at_s=10.0)
    assert reported(moving, active=False, at_s=9.0) is moving


def test_movement_older_than_its_end_changes_nothing() -> None:
    ended = reported(unread(0.0), active=False, at_s=10.0)
    assert reported(ended, active=True, at_s=9.0) is ended
    assert reported(ended, active=True, at_s=10.0) is ended


def test_movement_older_than_the_newest_movement_changes_nothing() -> None:
    moving = reported(unheard(0.0), active=True, at_s=10.0)
    assert reported(moving, active=True, at_s=9.0) is moving


def test_an_end_tells_of_movement_whose_report_was_lost() -> None:
    # Nobody there since 10 s, then nobody there since 30 s: between them somebody was there.
    earlier = reported(unread(0.0), active=False, at_s=10.0)
    assert reported(earlier, active=False, at_s=30.0).holds_until_s(20.0) == 50.0


@given(course=courses(), data=st.data())
def test_any_order_and_any_doubling_light_the_same_lamps(
    course: list[tuple[bool, float]], data: st.DataObject
) -> None:
    doubles = data.draw(st.lists(st.sampled_from(course), max_size=4))
    shuffled = data.draw(st.permutations(course + doubles))
    assert what_lamps_see(merged(shuffled)) == what_lamps_see(merged(course))


@given(course=courses(), data=st.data())
def test_the_newest_report_heals_every_loss(
    course: list[tuple[bool, float]], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.sampled_from(course), unique=True, max_size=len(course)))
    assert what_lamps_see(merged([*kept, course[-1]])) == what_lamps_see(merged(course))


def test_a_heard_passage_holds_from_its_moment() -> None:
    evidence = heard(unheard(0.0), boot="b", seq=1, at_s=50.0)
    assert not evidence.occupied
    assert (evidence.active_at_s, evidence.holds_until_s(20.0)) == (50.0, 70.0)
    assert evidence.newest == Numbering("b", 1)


@pytest.mark.parametrize("seq", [4, 5])
def test_a_double_or_older_announcement_is_void(seq: int) -> None:
    evidence = heard(unheard(0.0), boot="b", seq=5, at_s=50.0)
    assert heard(evidence, boot="b", seq=seq, at_s=60.0) is evidence


def test_a_restarted_neighbour_counts_anew() -> None:
    before = heard(unheard(0.0), boot="b", seq=5, at_s=50.0)
    after = heard(before, boot="c", seq=1, at_s=60.0)
    assert (after.holds_until_s(0.0), after.newest) == (60.0, Numbering("c", 1))


def test_a_late_word_from_before_a_restart_does_not_let_doubles_in() -> None:
    evidence = heard(unheard(0.0), boot="b", seq=5, at_s=50.0)
    evidence = heard(evidence, boot="c", seq=1, at_s=60.0)
    evidence = heard(evidence, boot="b", seq=6, at_s=61.0)
    assert heard(evidence, boot="c", seq=1, at_s=70.0).holds_until_s(0.0) <= 61.0


def test_doubles_from_before_a_restart_are_void_as_well() -> None:
    evidence = heard(unheard(0.0), boot="b", seq=5, at_s=50.0)
    evidence = heard(evidence, boot="c", seq=1, at_s=60.0)
    assert heard(evidence, boot="b", seq=5, at_s=70.0).holds_until_s(0.0) == 60.0


def test_a_newer_announcement_of_an_older_passage_takes_nothing_back() -> None:
    evidence = heard(unheard(0.0), boot="b", seq=1, at_s=50.0)
    assert heard(evidence, boot="b", seq=2, at_s=40.0).holds_until_s(0.0) == 50.0


@given(
    ages=st.lists(st.integers(0, 60), min_size=1, max_size=5),
    data=st.data(),
)
def test_announcements_that_arrive_together_light_the_same_in_any_order(
    ages: list[int], data: st.DataObject
) -> None:
    now_s = 1000.0
    ages.sort(reverse=True)  # the newer the announcement, the younger the passage
    numbered = list(enumerate(ages))
    doubles = data.draw(st.lists(st.sampled_from(numbered), max_size=3))
    results = []
    for order in (numbered, data.draw(st.permutations(numbered + doubles))):
        evidence = unheard(0.0)
        for seq, age_s in order:
            evidence = heard(evidence, boot="b", seq=seq, at_s=now_s - age_s)
        results.append(evidence)
    assert results[0] == results[1]


def test_nobody_needs_a_lamp_without_links() -> None:
    assert need((), {}, 0.0) is None


def test_the_longest_evidence_decides_and_is_named() -> None:
    evidence = {"A": Evidence(0.0, 10.0), "B": Evidence(0.0, 12.0), "C": Evidence(0.0, 1.0)}
    lamp_links = (Link("A", 20.0), Link("B", 20.0), Link("C", 20.0))
    assert need(lamp_links, evidence, 5.0) == Need(32.0, "B")


def test_a_need_is_over_at_its_end() -> None:
    lamp_links = (Link("A", 20.0),)
    evidence = {"A": Evidence(0.0, 10.0)}
    assert need(lamp_links, evidence, 30.0) is None
    assert need(lamp_links, evidence, math.nextafter(30.0, 0.0)) == Need(30.0, "A")


def test_somebody_present_needs_a_lamp_without_end() -> None:
    assert need((Link("A", 20.0),), {"A": Evidence(5.0, 1.0)}, 1e9) == Need(math.inf, "A")
