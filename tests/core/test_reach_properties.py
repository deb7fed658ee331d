"""What holds for whatever a track keeps lit."""

import math
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from controller.core.profile import Presence
from controller.core.reach import (
    FORETOLD_ODDS,
    LATENCY_S,
    LEAST_WINDOW_S,
)
from controller.core.track import (
    Track,
    speeds_m_s,
)
from tests.core.ahead import (
    AHEAD,
    BACK,
    LAMPS,
    LONE,
    NEVER,
    NOBODY,
    RIDER,
    lit,
    planned,
)
from tests.core.build import REACH_M
from tests.core.crowd import START_S, sight_m

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
