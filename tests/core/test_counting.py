"""Counting: what sensors and lamps did between two states, and who passed a sensor unseen."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from controller.core.arbitration import Situation
from controller.core.fade import Fade, holding
from controller.core.health.counting import Counts, LampCount, MotionCount, passed_unseen
from controller.core.presence import Evidence
from controller.core.profile import Levels
from controller.core.pulse import Pulse
from controller.core.schedule import Orders
from controller.core.state import State
from controller.core.track import Track
from controller.core.watch import Need, Watch
from controller.core.ways import Heading
from tests.core.health_patient import node_state

NOT_NEEDED = Situation(Orders(Levels()), True, "", None, None, None)  # noqa: FBT003 - dark
NEEDED = NOT_NEEDED._replace(need=Need(500.0, "M00"))


def with_lamp(fade: Fade, situation: Situation | None, state: State | None = None) -> State:
    """A node whose lamp L00 is like this."""
    state = state or node_state()
    known = state.lamps["L00"]._replace(fade=fade, situation=situation)
    return state._replace(lamps={**state.lamps, "L00": known})


def test_counts_begin_with_nothing() -> None:
    counts = Counts.none(node_state(), 10.0)
    assert set(counts.motion.values()) == {MotionCount(10.0, 0, 0.0, 0)}
    assert set(counts.lamps.values()) == {LampCount(10.0, 0.0, 0)}


# --- lamps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_pct", "to_pct", "ups"),
    [(10.0, 100.0, 1), (10.0, 10.5, 1), (10.0, 10.0, 0), (100, 10, 0)],
)
def test_every_command_to_give_more_light_counts(from_pct: float, to_pct: float, ups: int) -> None:
    before = with_lamp(holding(from_pct, 0.0), NOT_NEEDED)
    after = with_lamp(Fade(from_pct, to_pct, 50.0, 1.0), NOT_NEEDED, before)
    counts = Counts.none(before, 0.0).counted(before, after, 50.0)
    assert counts.lamps["L00"] == LampCount(50.0, 0.0, ups)


def test_a_pulse_that_identifies_a_lamp_does_not_count() -> None:
    before = with_lamp(holding(10.0, 0.0), NOT_NEEDED)
    after = with_lamp(Fade(10.0, 100.0, 50.0, 1.0), NOT_NEEDED, before)
    for lamp, ups in (("L00", 0), ("L01", 1)):
        pulsed = after._replace(pulses={lamp: Pulse(0.0, 0.0, 60.0)})
        assert Counts.none(before, 0.0).counted(before, pulsed, 50.0).lamps["L00"].ups == ups


def test_the_time_in_which_a_lamp_was_needed_is_booked_when_that_ends() -> None:
    fade = holding(10.0, 0.0)
    needed = with_lamp(fade, NEEDED)
    counts = Counts.none(needed, 20.0).counted(needed, with_lamp(fade, NOT_NEEDED, needed), 50.0)
    assert counts.lamps["L00"] == LampCount(50.0, 30.0, 0)
    again = counts.counted(with_lamp(fade, NOT_NEEDED, needed), needed, 70.0)
    assert again.lamps["L00"] == LampCount(70.0, 30.0, 0)
    assert again.booked(needed, 75.0).lamps["L00"] == LampCount(75.0, 35.0, 0)


def test_a_lamp_of_which_only_the_account_changed_is_left_alone() -> None:
    before = with_lamp(holding(10.0, 0.0), NEEDED)
    account = before.lamps["L00"].account
    other = before.lamps["L00"]._replace(account=account._replace(active_energy_wh=5.0))
    after = before._replace(lamps={**before.lamps, "L00": other})
    counts = Counts.none(before, 0.0)
    assert counts.counted(before, after, 50.0) is counts


# --- passed unseen --------------------------------------------------------------------------------

LOW = Evidence(0.0, 0.0)
ROSE_S = 100.0


def people(sensor: str, hits: int, rise_s: float = ROSE_S) -> Track:
    return Track(sensor, rise_s, (Heading(sensor, forward=True),), 0.0, 5.0, hits=hits)


def watch(live: Iterable[Track], at_m02: Evidence = LOW) -> Watch:
    """The watch of these people, with sensors that have been low, M02 perhaps apart."""
    found = node_state().watch
    evidence = {**dict.fromkeys(found.evidence, LOW), "M02": at_m02}
    return found._replace(tracks=found.tracks.with_live(tuple(live)), evidence=evidence)


SECOND, THIRD = people("M01", 2), people("M03", 3)
OTHER = people("M05", 1)


def test_people_whom_three_sensors_saw_passed_one_between_the_last_two_unseen() -> None:
    assert [*passed_unseen(watch([SECOND]), watch([THIRD]))] == ["M02"]
    assert [*passed_unseen(watch([OTHER, SECOND]), watch([OTHER, THIRD]))] == ["M02"]
    far = people("M04", 3)
    assert [*passed_unseen(watch([SECOND]), watch([far]))] == ["M02", "M03"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([people("M01", 1)], [people("M03", 2)]),  # two sensors only
        ([SECOND], [people("M03", 4)]),  # not the same people
        ([SECOND], [people("M02", 3)]),  # none between
        ([SECOND], [people("M00", 3)]),  # not on their way
        ([SECOND], [SECOND, THIRD]),  # they are still where they were
        ([SECOND], [OTHER, SECOND, THIRD]),
        ([SECOND, THIRD], [THIRD]),  # those at M03 were known before
        ([SECOND, THIRD, OTHER], [THIRD, OTHER]),
        ([], [THIRD]),
        ([SECOND], []),
    ],
)
def test_of_others_it_is_not_certain(old: list[Track], new: list[Track]) -> None:
    assert [*passed_unseen(watch(old), watch(new))] == []


@pytest.mark.parametrize(
    ("at_m02", "unseen"),
    [
        (Evidence(50.0, 99.9), ["M02"]),
        (Evidence(50.0, 50.0), ["M02"]),
        (Evidence(50.0, 100.0), []),  # it fell when they were seen before it
        (Evidence(90.0, 110.0), []),
        (Evidence(50.0, 20.0), []),  # it sees somebody
        (Evidence(50.0, 60.0, readable=False), []),
    ],
)
def test_only_a_sensor_that_was_low_all_the_while_did_not_see_them(
    at_m02: Evidence, unseen: list[str]
) -> None:
    assert [*passed_unseen(watch([SECOND]), watch([THIRD], at_m02))] == unseen


def test_what_a_sensor_did_not_see_is_counted_until_it_rises() -> None:
    state = node_state()
    states = [
        state._replace(watch=watch(live, at_m02))
        for live, at_m02 in (
            ([SECOND], LOW),
            ([THIRD], LOW),
            ([SECOND], LOW),
            ([THIRD], LOW),
            ([THIRD], Evidence(130.0, 0.0)),
        )
    ]
    counts, unseen = Counts.none(state, ROSE_S), list[int]()
    for before, after in pairwise(states):
        counts = counts.counted(before, after, 130.0)
        unseen.append(counts.motion["M02"].unseen)
    assert unseen == [1, 1, 2, 0]
    assert counts.motion["M02"].rises == 1
