"""Counting: what sensors and lamps did, taken from every new state of the node.

It runs at every decision, so it compares by identity and looks only at what was replaced.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from controller.core.presence import Evidence
from controller.core.state import LampState, State
from controller.core.track import ESTABLISHED_HITS, Track
from controller.core.watch import Watch


class MotionCount(NamedTuple):
    """What a motion sensor did since health began, one's own or a neighbour's.

    `rises`: how often it began to see somebody. `high_s`: how long it saw somebody, or could not be
    read, booked up to `booked_s`. `unseen`: people that sensors before and behind it saw since it
    rose last.
    """

    booked_s: float
    rises: int = 0
    high_s: float = 0.0
    unseen: int = 0

    def booked(self, evidence: Evidence, now_s: float) -> "MotionCount":
        """Book the time up to `now_s`, in which `evidence` held."""
        seen_s = now_s - self.booked_s if evidence.occupied else 0.0
        return self._replace(booked_s=now_s, high_s=self.high_s + seen_s)

    def changed(self, before: Evidence, after: Evidence, now_s: float) -> "MotionCount":
        """Count a change of what the sensor says."""
        booked = self.booked(before, now_s)
        if not after.readable or after.active_at_s <= before.active_at_s:
            return booked
        return booked._replace(rises=self.rises + 1, unseen=0)


class LampCount(NamedTuple):
    """What a lamp did since health began.

    `needed_s`: how long somebody needed it in the dark, booked up to `booked_s`. `ups`: how often
    it was told to give more light, pulses that identify it apart.
    """

    booked_s: float
    needed_s: float = 0.0
    ups: int = 0

    def booked(self, lamp: LampState, now_s: float) -> "LampCount":
        """Book the time up to `now_s`, in which the lamp was in this state."""
        needed = lamp.situation is not None and lamp.situation.somebody_there
        needed_s = now_s - self.booked_s if needed else 0.0
        return self._replace(booked_s=now_s, needed_s=self.needed_s + needed_s)


class Counts(NamedTuple):
    """All that is counted, by sensor and by lamp."""

    motion: Mapping[str, MotionCount]
    lamps: Mapping[str, LampCount]

    @classmethod
    def none(cls, state: State, now_s: float) -> "Counts":
        """Begin."""
        return cls(
            dict.fromkeys(state.watch.evidence, MotionCount(now_s)),
            dict.fromkeys(state.lamps, LampCount(now_s)),
        )

    def booked(self, state: State, now_s: float) -> "Counts":
        """Book all times up to `now_s`."""
        evidence, lamps = state.watch.evidence, state.lamps
        return Counts(
            {s: count.booked(evidence[s], now_s) for s, count in self.motion.items()},
            {x: count.booked(lamps[x], now_s) for x, count in self.lamps.items()},
        )

    def counted(self, before: State, after: State, now_s: float) -> "Counts":
        """Count what differs between two states in a row."""
        motion, lamps = self
        if after.watch is not before.watch:
            motion = _motion_counted(motion, before.watch, after.watch, now_s)
        if after.lamps is not before.lamps:
            lamps = _lamps_counted(lamps, before, after, now_s)
        if motion is self.motion and lamps is self.lamps:
            return self
        return Counts(motion, lamps)


def _motion_counted(
    counts: Mapping[str, MotionCount], before: Watch, after: Watch, now_s: float
) -> Mapping[str, MotionCount]:
    changed: dict[str, MotionCount] = {}
    if after.evidence is not before.evidence:
        known = before.evidence
        changed = {
            sensor: counts[sensor].changed(known[sensor], now, now_s)
            for sensor, now in after.evidence.items()
            if now is not known[sensor]
        }
    if after.tracks.live is not before.tracks.live:
        for sensor in passed_unseen(before, after):
            count = changed.get(sensor, counts[sensor])
            changed[sensor] = count._replace(unseen=count.unseen + 1)
    return {**counts, **changed} if changed else counts


def _lamps_counted(
    counts: Mapping[str, LampCount], before: State, after: State, now_s: float
) -> Mapping[str, LampCount]:
    changed: dict[str, LampCount] = {}
    for lamp, now in after.lamps.items():
        known = before.lamps[lamp]
        if now is known or (now.fade is known.fade and now.situation is known.situation):
            continue
        booked = counts[lamp].booked(known, now_s)
        if now.fade.to_pct > known.fade.to_pct and lamp not in after.pulses:
            booked = booked._replace(ups=booked.ups + 1)
        changed[lamp] = booked
    return {**counts, **changed} if changed else counts


def passed_unseen(before: Watch, after: Watch) -> Iterator[str]:
    """Yield the sensors that people certainly passed between two states and that did not see them.

    Certainly: three sensors at least saw them, one of them before and one behind.
    """
    old, new = before.tracks.live, after.tracks.live
    for track in new:
        if track.hits >= ESTABLISHED_HITS and not _among(track, old):
            for one in old:
                if one.hits == track.hits - 1 and not _among(one, new):
                    yield from _silent_between(one, track, after)


def _among(track: Track, tracks: tuple[Track, ...]) -> bool:
    return any(one is track for one in tracks)


def _silent_between(one: Track, confirmed: Track, watch: Watch) -> Iterator[str]:
    """Yield the sensors on every way from `one` to `confirmed` that stayed low all the while."""
    ways = [
        {gate.sensor for gate in ahead.gates}
        for heading in one.headings
        for ahead in watch.tracks.ground.ways[heading].sensors
        if ahead.heading == confirmed.headings[0]
    ]
    for sensor in sorted(set.intersection(*ways)) if ways else ():
        known = watch.evidence[sensor]
        if known.readable and known.active_at_s <= known.inactive_at_s < one.rise_s:
            yield sensor
