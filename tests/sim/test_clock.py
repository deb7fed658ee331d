from functools import partial

from controller.core.effects import AnnouncePassage
from controller.core.events import PassageHeard
from firmware_sim.clock import VirtualClock
from firmware_sim.network import LATENCY_BOUNDS_S, Bus


def test_deadlines_come_in_order_and_together_as_they_were_ordered() -> None:
    clock, done = VirtualClock(-5.0), list[tuple[str, float]]()

    def note(name: str) -> None:
        done.append((name, clock.now_s))

    clock.at(3.0, partial(note, "late"))
    clock.at(1.0, partial(note, "first"))
    clock.at(1.0, lambda: clock.at(0.0, partial(note, "in the past")))
    clock.at(1.0, partial(note, "second"))
    clock.at(9.0, partial(note, "never"))
    clock.run_until(3.0)
    assert done == [("first", 1.0), ("second", 1.0), ("in the past", 1.0), ("late", 3.0)]
    assert clock.now_s == 3.0


def test_what_was_planned_comes_in_its_order_and_before_what_is_due_then() -> None:
    clock, done = VirtualClock(0.0), list[tuple[str, float]]()

    def note(name: str) -> None:
        done.append((name, clock.now_s))

    clock.at(2.0, partial(note, "due"))
    planned = [(3.0, "late"), (2.0, "first"), (2.0, "second"), (-1.0, "past"), (9.0, "never")]
    clock.plan([(time_s, partial(note, name)) for time_s, name in planned])
    clock.run_until(3.0)
    assert done == [("past", 0.0), ("first", 2.0), ("second", 2.0), ("due", 2.0), ("late", 3.0)]


def test_announcements_reach_listeners_late_and_with_the_age_stated() -> None:
    clock = VirtualClock(100.0)
    bus = Bus(clock, seed=1)
    heard: list[tuple[PassageHeard, float, float]] = []
    for listener in ("n2", "n3"):
        bus.listen(listener, "n1", {"M1"}, lambda p, sent_s: heard.append((p, sent_s, clock.now_s)))
    bus.announce("n1", AnnouncePassage("M1", 7, 0.25, active=True))
    bus.announce("n1", AnnouncePassage("M2", 7, 0.25, active=True))
    bus.announce("n9", AnnouncePassage("M9", 1, 0.0, active=True))
    clock.at(101.0, lambda: bus.announce("n1", AnnouncePassage("M1", 8, 0.5, active=False)))
    clock.run_until(102.0)
    assert [(p.sensor, p.seq, p.age_s, p.active, sent_s) for p, sent_s, _ in heard] == [
        *[("M1", 7, 0.25, True, 100.0)] * 2,
        *[("M1", 8, 0.5, False, 101.0)] * 2,
    ]
    for _, sent_s, arrived_s in heard:
        assert LATENCY_BOUNDS_S[0] <= arrived_s - sent_s <= LATENCY_BOUNDS_S[1]
