"""Tracks: what the controller believes about the people on the path.

1. A passage at a sensor confirms the track whose prediction it fits best (`fitting.py`), or opens
   a new one, which may be going either way.
2. Whether a track exists and moves on is kept as log-odds. A confirmation adds to them; a sensor
   that should have seen somebody and did not takes away, by its own chance to miss; little, if it
   was busy with somebody else or blind.
3. While the odds are good the track goes on past sensors that missed it. When they are not, it
   has stopped: it waits where it was last expected, and a sign of it revives it.
4. A lone passage that nothing confirms is dropped. The more of them a sensor gave of late, and the
   fewer turned out to be somebody, the less the next one is worth: that is how false alarms are
   learned (`habits.py`). One that is worth little lights the sensor's own cell only.
5. A sensor that goes on seeing somebody long after those must have left who are known to have been
   there has seen somebody else. What the time for which it sees people tells stands in `sight.py`.

When which cell is lit for a track is decided in `reach.py`.
"""

import math
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from controller.core.energy import SECONDS_PER_HOUR
from controller.core.fitting import SLACK_S, Fit, best_fit
from controller.core.habits import BLIND_S, Habit
from controller.core.presence import Evidence
from controller.core.reach import FLASH_S, Planner
from controller.core.sight import GREATEST_TAIL_S, Sight, doubted, measured_m_s, smoothed_m_s
from controller.core.track import (
    ESTABLISHED_HITS,
    WALKER_FASTEST_M_S,
    Ground,
    Track,
    farthest_open_m,
    fastest_unknown_m_s,
    next_sensors,
    speeds_m_s,
)
from controller.core.ways import Heading, SensorAhead

# People whom nothing foretold, before anything is learned: they came in mid-path, or were missed
# by all sensors before; at a path's end everybody enters so. Assumptions.
UNFORETOLD_PER_H = 0.5
ENTERING_PER_H = 5.0
# Log-odds in nats, tuned by simulation.
MOST_ODDS = 10.5
BUSY_ODDS = -0.75
FLASH_ODDS = -2.6
# So long is the time in which a passage confirms a track; as long another may do so by chance.
GATE_SPAN_S = 7.0

# How long after the first of a group the last may follow before they are measured.
FIRST_TAIL_S = 3.0
# Whoever a sensor sees only for a flash is no walker, if it is anybody.
FLASH_SLOWEST_M_S = 2.5


class Tracks(NamedTuple):
    """All tracks of a node, and what was learned of each sensor.

    `silent`: sensors whose nodes do not speak. `deaf`: all that nothing is to be expected of.
    `review_s`: when the first of the tracks is to be reviewed.
    """

    ground: Ground
    live: tuple[Track, ...]
    habits: Mapping[str, Habit]
    silent: frozenset[str]
    deaf: frozenset[str]
    review_s: float = math.inf

    @classmethod
    def none(cls, ground: Ground) -> "Tracks":
        """Begin without any, and with sensors of which nothing is known."""
        return cls(ground, (), dict.fromkeys(ground.sensors, Habit()), frozenset(), frozenset())

    def planned(self, track: Track) -> Track:
        """Return a track with its windows."""
        hold_s = self.habits[track.sensor].hold_s
        return Planner(track, self.ground, track.missed | self.deaf, hold_s).planned()

    def sight(self, sensor: str) -> Sight:
        """Return how far a sensor sees, and how long its output stays, as far as is learned."""
        reach_m, hold_s = self.ground.sensors[sensor].reach_m, self.habits[sensor].hold_s
        return Sight(reach_m, hold_s, self.ground.presence)

    def replaced(self, old: Track | None, new: Track | None) -> "Tracks":
        """Put one track, planned anew, in another's place."""
        live = [track for track in self.live if track is not old]
        if new is not None:
            live.append(self.planned(new))
        return self.with_live(tuple(live))

    def replanned(self, ground: Ground, silent: Iterable[str]) -> "Tracks":
        """Plan all tracks anew: under other settings, or expecting nothing of `silent` sensors."""
        silent = frozenset(silent)
        deaf = silent | {s for s, habit in self.habits.items() if habit.deaf}
        changed = self._replace(ground=ground, silent=silent, deaf=deaf)
        return changed.with_live(tuple(changed.planned(track) for track in self.live))

    def learned(self, sensor: str, habit: Habit) -> "Tracks":
        """Keep what was learned of a sensor."""
        is_deaf = habit.deaf or sensor in self.silent
        deaf = self.deaf if (sensor in self.deaf) == is_deaf else self.deaf ^ {sensor}
        habits = {**self.habits, sensor: habit}
        return Tracks(self.ground, self.live, habits, self.silent, deaf, self.review_s)

    def with_live(self, live: tuple[Track, ...]) -> "Tracks":
        """Put these tracks, planned already, in the place of all."""
        review_s = min([track.review_s for track in live], default=math.inf)
        return Tracks(self.ground, live, self.habits, self.silent, self.deaf, review_s)


def passed(tracks: Tracks, sensor: str, rise_s: float, blind_since_s: float) -> Tracks:
    """Take a passage: a sensor began to see somebody at `rise_s`.

    It saw nobody for a while since `blind_since_s`, the last fall of its output.
    """
    earliest_s = blind_since_s if rise_s - blind_since_s <= BLIND_S else rise_s
    return _seen(tracks, sensor, earliest_s, rise_s, rise_s)


def glimpsed(tracks: Tracks, sensor: str, fall_s: float) -> Tracks:
    """Take a passage of which only the end is known: a sensor saw somebody until `fall_s`."""
    sight = tracks.sight(sensor)
    earliest_s = sight.gone_s(fall_s) - sight.alone_s(WALKER_FASTEST_M_S)
    return _seen_until(tracks, sensor, earliest_s, fall_s)


def left(tracks: Tracks, sensor: str, seen_since_s: float, fall_s: float) -> Tracks:
    """Take the end of a passage: the last of them was seen at `fall_s`, less the output's hold.

    The sensor saw somebody since `seen_since_s`.
    """
    came = [(rise_s, x) for x in tracks.live if (rise_s := _seen_since_s(x, sensor)) is not None]
    if came:
        tracks = _seen_learned(tracks, sensor, fall_s, *max(came, key=itemgetter(0)))
    sight = tracks.sight(sensor)
    somebody_else_s = seen_since_s if sight.outlasts(fall_s - seen_since_s) else None
    for rise_s, track in came:
        if track.sensor == sensor and track.fall_s is None:
            tracks = tracks.replaced(track, _released(tracks, track, fall_s))
        else:
            tail_s = sight.tail_s(track.speed_m_s, fall_s - rise_s)
            they_alone = tail_s <= GREATEST_TAIL_S
            if not they_alone:
                somebody_else_s, tail_s = rise_s, 0.0
            known = track._replace(
                seen_before=None,
                tail_s=max(track.tail_s, tail_s),
                may_be_faster=track.may_be_faster and not they_alone,
            )
            tracks = tracks.replaced(track, known)
    if somebody_else_s is None or any(
        t.sensor == sensor and t.fall_s == fall_s for t in tracks.live
    ):
        return tracks
    return _seen_until(tracks, sensor, somebody_else_s, fall_s)


def forgotten(tracks: Tracks, sensor: str, until_s: float) -> Tracks:
    """Take note that a sensor saw people until `until_s`, without learning from how long."""
    for track in tracks.live:
        if track.sensor == sensor and track.fall_s is None:
            tracks = tracks.replaced(track, track._replace(fall_s=until_s))
        elif track.seen_before is not None and track.seen_before[0] == sensor:
            tracks = tracks.replaced(track, track._replace(seen_before=None))
    return tracks


def reviewed(tracks: Tracks, evidence: Mapping[str, Evidence], now_s: float) -> Tracks:
    """Draw conclusions from sensors that should have seen somebody by `now_s`.

    Each of them comes to an end: a track misses every sensor once, then it is dropped or waits.
    """
    while due := [track for track in tracks.live if track.review_s <= now_s]:
        for track in due:
            if track.hits == 1 and _due(tracks, track):
                habit = tracks.habits[track.sensor].with_lone(now_s)
                tracks = tracks.learned(track.sensor, habit)
            tracks = tracks.replaced(track, _after_miss(tracks, track, evidence, now_s))
    return tracks


# --- a passage ------------------------------------------------------------------------------------


def _seen_until(tracks: Tracks, sensor: str, earliest_s: float, fall_s: float) -> Tracks:
    """Let somebody come to a sensor from `earliest_s` on and leave it at `fall_s`, less the hold.

    Nobody knows since when it has seen them: they are taken for the fastest.
    """
    sight = tracks.sight(sensor)
    gone_s = sight.gone_s(fall_s)
    tracks = _seen(tracks, sensor, earliest_s, gone_s, gone_s - sight.alone_s(None))
    return forgotten(tracks, sensor, fall_s)


def _seen(
    tracks: Tracks, sensor: str, earliest_s: float, rise_s: float, new_rise_s: float
) -> Tracks:
    """Let somebody come to a sensor between `earliest_s` and `rise_s`.

    If nobody known can have come there then, a track begins at `new_rise_s`.
    """
    if sensor in tracks.deaf:
        tracks = tracks.learned(sensor, tracks.habits[sensor]._replace(missed_in_row=0))
    fit = best_fit(tracks.live, tracks.ground, sensor, earliest_s, rise_s)
    if fit is None or _left_behind(tracks, fit):
        return tracks.replaced(None, _opened(tracks, sensor, new_rise_s))
    if fit.ahead is None:
        return tracks.replaced(fit.track, fit.track._replace(fall_s=None))
    if fit.track.hits == 1:
        origin = fit.track.sensor
        tracks = tracks.learned(origin, tracks.habits[origin].with_found(rise_s))
    else:
        for gate in fit.ahead.gates:
            if gate.sensor in fit.track.missed:
                habit = tracks.habits[gate.sensor].with_missed()
                tracks = tracks.learned(gate.sensor, habit)
    tracks = tracks.replaced(fit.track, _confirmed(tracks, fit, fit.ahead))
    return _with_who_stayed(tracks, fit.track, fit.at_s)


def _left_behind(tracks: Tracks, fit: Fit) -> bool:
    """Whether who came past sensors that missed them is not whom the track stands for.

    The sensor that saw those saw them for longer than a group at that speed needs to pass it.
    """
    track, ahead = fit.track, fit.ahead
    if ahead is None or not ahead.gates or track.speed_m_s is not None:
        return False
    speed_m_s = ahead.distance_m / (fit.at_s - track.rise_s)
    tail_s = tracks.sight(track.sensor).tail_s(speed_m_s, track.stay_s(fit.at_s))
    return tail_s > GREATEST_TAIL_S


def _with_who_stayed(tracks: Tracks, track: Track, at_s: float) -> Tracks:
    """Open a track at the sensor before, if it sees somebody while its people are two sensors on.

    `track`: as it was before they came to the second, at `at_s`.
    """
    if track.seen_before is None:
        return tracks
    sensor, since_s = track.seen_before
    known = any(other.sensor == sensor and other.fall_s is None for other in tracks.live)
    if known or not tracks.sight(sensor).outlasts(at_s - since_s):
        return tracks
    return tracks.replaced(None, _opened(tracks, sensor, since_s))


def _opened(tracks: Tracks, sensor: str, rise_s: float) -> Track:
    both = (Heading(sensor, forward=True), Heading(sensor, forward=False))
    at_end = not all(next_sensors(tracks.ground.ways[heading], tracks.deaf) for heading in both)
    habit = tracks.habits[sensor]
    people_per_h = habit.people_per_h(rise_s, ENTERING_PER_H if at_end else UNFORETOLD_PER_H)
    odds = math.log(people_per_h / habit.false_alarms_per_h(rise_s))
    return Track(
        sensor=sensor,
        rise_s=rise_s,
        headings=both,
        tail_s=FIRST_TAIL_S,
        odds=odds,
    )


def _confirmed(tracks: Tracks, fit: Fit, ahead: SensorAhead) -> Track:
    track, habit = fit.track, tracks.habits[ahead.heading.sensor]
    by_chance = habit.false_alarms_per_h(fit.at_s) / SECONDS_PER_HOUR * GATE_SPAN_S
    odds = track.odds + math.log(habit.detection_probability / by_chance)
    sight = tracks.sight(track.sensor)
    now_m_s = measured_m_s(sight, track, ahead.distance_m, fit.at_s)
    fastest_m_s = fastest_unknown_m_s(tracks.ground.presence)
    still_seen = track.fall_s is None
    confirmed = Track(
        sensor=ahead.heading.sensor,
        rise_s=fit.at_s,
        headings=(ahead.heading,),
        tail_s=track.tail_s,
        odds=min(MOST_ODDS, odds),
        speed_m_s=smoothed_m_s(track, min(now_m_s, fastest_m_s)),
        hits=track.hits + 1,
        seen_before=(track.sensor, track.rise_s) if still_seen else None,
    )
    if track.speed_m_s is not None or not (still_seen or track.hits == 1):
        return confirmed
    return doubted(sight, confirmed, track.stay_s(fit.at_s))


# --- its end --------------------------------------------------------------------------------------


def _released(tracks: Tracks, track: Track, fall_s: float) -> Track:
    """Learn from how long a sensor saw them: a group's length, that it was a flash, or a stop."""
    stay_s, sight = fall_s - track.rise_s, tracks.sight(track.sensor)
    if _stood(tracks, track, stay_s):
        # As if they came just now, and none behind them.
        rise_s = sight.gone_s(fall_s) - sight.alone_s(track.speed_m_s)
        return track._replace(rise_s=rise_s, fall_s=fall_s, tail_s=0.0)
    if track.speed_m_s is not None:
        tail_s = min(GREATEST_TAIL_S, sight.tail_s(track.speed_m_s, stay_s))
        return track._replace(fall_s=fall_s, tail_s=tail_s)
    if stay_s - sight.hold_s > FLASH_S:
        return track._replace(fall_s=fall_s)
    odds = track.odds + FLASH_ODDS
    return track._replace(fall_s=fall_s, slowest_m_s=FLASH_SLOWEST_M_S, odds=odds)


def _stood(tracks: Tracks, track: Track, stay_s: float) -> bool:
    """Whether a sensor saw people for longer than they need to pass it.

    If others are near who cannot be told from them, it is more likely that it went on seeing those;
    but not those whom another sensor has seen all the while, or, after so long a stay that somebody
    stood, since before they were gone.
    """
    sight = tracks.sight(track.sensor)
    if track.speed_m_s is None:
        return sight.outlasts(stay_s)
    if sight.tail_s(track.speed_m_s, stay_s) <= GREATEST_TAIL_S:
        return False
    gone_s = sight.gone_s(track.rise_s + stay_s)
    before_s = gone_s if sight.outlasts(stay_s) else track.rise_s
    headings = (Heading(track.sensor, forward=forward) for forward in (True, False))
    ahead = {
        x.heading.sensor for h in headings for x in next_sensors(tracks.ground.ways[h], tracks.deaf)
    }
    return not any(
        other.sensor == track.sensor
        or (other.sensor in ahead and not (other.fall_s is None and other.rise_s < before_s))
        for other in tracks.live
        if other is not track
    )


def _seen_learned(
    tracks: Tracks, sensor: str, fall_s: float, rise_s: float, newest: Track
) -> Tracks:
    """Learn from people whom a sensor had to see, and how long its output stays high."""
    if newest.hits < ESTABLISHED_HITS:
        return tracks
    hold_s = fall_s - rise_s - tracks.sight(sensor).alone_s(newest.speed_m_s)
    return tracks.learned(sensor, tracks.habits[sensor].with_seen(hold_s))


def _seen_since_s(track: Track, sensor: str) -> float | None:
    """Return since when a sensor sees the people of a track, None if it does not."""
    if track.sensor == sensor and track.fall_s is None:
        return track.rise_s
    if track.seen_before is not None and track.seen_before[0] == sensor:
        return track.seen_before[1]
    return None


# --- an absence -----------------------------------------------------------------------------------


def _after_miss(
    tracks: Tracks, track: Track, evidence: Mapping[str, Evidence], now_s: float
) -> Track | None:
    """Return what becomes of a track whose people were not seen where they should have been."""
    due = _due(tracks, track)
    if track.speed_m_s is None or track.stopped_s is not None or not due:
        return None  # nobody was there, or gave up waiting for them, or they left the path
    _, fast_m_s = speeds_m_s(track, tracks.ground.presence)
    busy = any(
        _was_busy(evidence[x.heading.sensor], track.rise_s + x.distance_m / fast_m_s) for x in due
    )
    sensors = frozenset(x.heading.sensor for x in due)
    chance = max(1.0 - tracks.habits[sensor].detection_probability for sensor in sensors)
    odds = track.odds + (BUSY_ODDS if busy else math.log(chance))
    hidden = track.hidden or busy
    if odds > 0.0:
        return track._replace(missed=track.missed | sensors, odds=odds, hidden=hidden)
    if track.odds > 0.0 and _may_be_elsewhere(tracks, track):
        return track._replace(odds=odds)
    if hidden or track.hits < ESTABLISHED_HITS:
        return None
    return track._replace(stopped_s=now_s)


def _due(tracks: Tracks, track: Track) -> list[SensorAhead]:
    """Return the sensors that should have seen the people of a track, or should see them next."""
    ways = (tracks.ground.ways[heading] for heading in track.headings)
    return [one for way in ways for one in next_sensors(way, track.missed | tracks.deaf)]


def _may_be_elsewhere(tracks: Tracks, track: Track) -> bool:
    """Whether they may have taken a branch on which no sensor sees anybody."""
    ways = (tracks.ground.ways[heading] for heading in track.headings)
    return any(farthest_open_m(way, track.missed | tracks.deaf) > 0.0 for way in ways)


def _was_busy(evidence: Evidence, soonest_s: float) -> bool:
    """Whether a sensor could not tell of somebody who came at `soonest_s` or later."""
    return evidence.occupied or evidence.inactive_at_s + BLIND_S > soonest_s - SLACK_S
