"""The watch: reports of sensors become evidence, evidence becomes tracks, tracks need lamps."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from controller.core.events import MotionReported, NeighbourReported, PassageHeard
from controller.core.presence import (
    Evidence,
    Numbering,
    heard,
    reported,
    silenced,
    unheard,
    unread,
)
from controller.core.profile import Presence
from controller.core.site import Site
from controller.core.track import Ground, Track
from controller.core.tracks import Tracks, forgotten, glimpsed, left, passed, reviewed

NONE_SILENT: frozenset[str] = frozenset()


class Watch(NamedTuple):
    """All that a node knows about people.

    `occupied`: sensors that see somebody, or cannot be read; the latter are `unreadable` too.
    `silent`: other nodes that are not there to tell of anybody, or were not a while ago, with
    until when they count as such. Until `settles_s` people may be
    anywhere; None once that has passed.
    """

    evidence: Mapping[str, Evidence]
    tracks: Tracks
    occupied: frozenset[str]
    unreadable: frozenset[str]
    silent: Mapping[str, float]
    settles_s: float | None

    @property
    def unknowns(self) -> tuple[frozenset[str], frozenset[str], float | None]:
        """All that must be known to dim lamps and is not."""
        silent = frozenset(self.silent) if self.silent else NONE_SILENT
        return self.unreadable, silent, self.settles_s


class Need(NamedTuple):
    """Somebody may need a lamp until `until_s`; `sensor` says so longest."""

    until_s: float
    sensor: str


def begun(site: Site, presence: Presence, now_s: float) -> Watch:
    """Return the watch of a node that has just started: nothing is known yet."""
    others = sorted(site.sensors.keys() - site.own_sensors)
    ground = ground_of(site, presence)
    return Watch(
        evidence={s: unread(now_s) for s in sorted(site.own_sensors)}
        | {s: unheard(now_s) for s in others},
        tracks=Tracks.none(ground).replanned(ground, others),
        occupied=site.own_sensors,
        unreadable=site.own_sensors,
        silent=dict.fromkeys(sorted(site.heard_nodes), math.inf),
        settles_s=now_s + _settling_s(site, presence),
    )


def ground_of(site: Site, presence: Presence) -> Ground:
    """Return the site under these settings, as tracks see it."""
    return Ground(site.ways, site.sensors, presence)


def _settling_s(site: Site, presence: Presence) -> float:
    """Return how long the slowest may be on the way before some sensor sees them."""
    return site.longest_unseen_m / presence.slowest_m_s


def motion_taken(watch: Watch, site: Site, event: MotionReported, now_s: float) -> Watch:
    """Take a report of an own sensor; those of others are not ours to report."""
    if event.sensor not in site.own_sensors:
        return watch
    known = watch.evidence[event.sensor]
    at_s = min(event.at_s, now_s)
    return _taken(watch, event.sensor, reported(known, active=event.active, at_s=at_s))


def passage_taken(watch: Watch, site: Site, event: PassageHeard, now_s: float) -> Watch:
    """Take a neighbour's word about a sensor of its own that concerns this node."""
    if event.sensor in site.own_sensors or event.sensor not in watch.evidence:
        return watch
    known = heard(
        watch.evidence[event.sensor],
        Numbering(event.boot, event.seq),
        active=event.active,
        at_s=now_s - max(0.0, event.age_s),
        now_s=now_s,
    )
    return _taken(watch, event.sensor, known)


def neighbour_taken(watch: Watch, site: Site, event: NeighbourReported, now_s: float) -> Watch:
    """Take note of whether another node is there.

    One that comes back could not tell of those who came before.
    """
    if event.node not in site.heard_nodes:
        return watch
    until_s = watch.silent.get(event.node, 0.0)
    if event.online != math.isinf(until_s):
        return watch
    settled_s = now_s + _settling_s(site, watch.tracks.ground.presence)
    silent = {**watch.silent, event.node: settled_s if event.online else math.inf}
    return _expecting(watch._replace(silent=silent), site, watch.tracks.ground)


def resettled(watch: Watch, site: Site, presence: Presence) -> Watch:
    """Plan all tracks anew, under other settings."""
    return _expecting(watch, site, ground_of(site, presence))


def _expecting(watch: Watch, site: Site, ground: Ground) -> Watch:
    """Expect nothing of the sensors whose nodes are not there."""
    gone = [s.id for s in site.sensors.values() if math.isinf(watch.silent.get(s.node, 0.0))]
    return watch._replace(tracks=watch.tracks.replanned(ground, gone))


def _taken(watch: Watch, sensor: str, evidence: Evidence) -> Watch:
    before = watch.evidence[sensor]
    if evidence is before:
        return watch
    tracks = watch.tracks
    was_occupied, is_occupied = before.occupied, evidence.occupied
    # Whom a sensor sees as it is read for the first time may have come at any time before.
    first_seen = is_occupied and not before.readable
    came = evidence.readable and (first_seen or evidence.active_at_s != before.active_at_s)
    if came and is_occupied:
        if was_occupied:  # that they left was not heard
            tracks = forgotten(tracks, sensor, evidence.active_at_s)
        tracks = passed(tracks, sensor, evidence.active_at_s, before.inactive_at_s)
    elif came:
        tracks = glimpsed(tracks, sensor, evidence.inactive_at_s)
    elif was_occupied and not is_occupied and before.readable:
        tracks = left(tracks, sensor, before.active_at_s, evidence.inactive_at_s)
    elif was_occupied and not is_occupied:
        tracks = forgotten(tracks, sensor, evidence.inactive_at_s)
    return Watch(
        evidence={**watch.evidence, sensor: evidence},
        tracks=tracks,
        occupied=watch.occupied if is_occupied == was_occupied else watch.occupied ^ {sensor},
        unreadable=(
            watch.unreadable
            if evidence.readable == before.readable
            else watch.unreadable ^ {sensor}
        ),
        silent=watch.silent,
        settles_s=watch.settles_s,
    )


def came(before: Watch, after: Watch, sensor: str) -> bool:
    """Whether a sensor began to see somebody between two states of the watch."""
    if after is before:
        return False
    now = after.evidence[sensor]
    return now.readable and now.active_at_s > before.evidence[sensor].active_at_s


def followed(watch: Watch, site: Site, now_s: float) -> Watch:
    """Let run out what was expected: of neighbours to speak, of people to be seen."""
    others = watch.occupied - site.own_sensors
    if others:
        for sensor in sorted(x for x in others if watch.evidence[x].silent_at_s <= now_s):
            watch = watch._replace(
                evidence={**watch.evidence, sensor: silenced(watch.evidence[sensor], now_s)},
                tracks=forgotten(watch.tracks, sensor, now_s),
                occupied=watch.occupied - {sensor},
            )
    if watch.tracks.review_s <= now_s:
        watch = watch._replace(tracks=reviewed(watch.tracks, watch.evidence, now_s))
    if watch.settles_s is not None and watch.settles_s <= now_s:
        watch = watch._replace(settles_s=None)
    if watch.silent and min(watch.silent.values()) <= now_s:
        silent = {node: until_s for node, until_s in watch.silent.items() if until_s > now_s}
        watch = watch._replace(silent=silent)
    return watch


def expectations_s(watch: Watch, site: Site) -> list[float]:
    """Return when something expected runs out, in monotonic seconds."""
    others = watch.occupied - site.own_sensors
    found = [watch.evidence[sensor].silent_at_s for sensor in others]
    found += watch.silent.values()
    found.append(watch.tracks.review_s)
    if watch.settles_s is not None:
        found.append(watch.settles_s)
    return found


def concerned(before: Watch, after: Watch, site: Site) -> set[str]:
    """Return the lamps whose need may have changed between two states of the watch."""
    if before is after:
        return set()
    lamps = _replanned(before.tracks.live, after.tracks.live)
    if before.occupied is not after.occupied:
        for sensor in before.occupied ^ after.occupied:
            lamps |= site.watchers[sensor]
    return lamps


def _replanned(before: tuple[Track, ...], after: tuple[Track, ...]) -> set[str]:
    """Return the lamps for which tracks have other windows now."""
    if before is after:
        return set()
    changed = set(map(id, before)).symmetric_difference(map(id, after))
    gone = [track.windows for track in before if id(track) in changed]
    come = [track.windows for track in after if id(track) in changed]
    if len(gone) == len(come) == 1:
        (old,), (new,) = gone, come
        return {lamp for lamp in old.keys() | new.keys() if old.get(lamp) != new.get(lamp)}
    return {lamp for windows in (*gone, *come) for lamp in windows}


def unknown(watch: Watch, site: Site, lamp: str) -> str:
    """Return what must be known to dim a lamp and is not; empty if enough is."""
    if lamp in site.uncovered:
        return "no_sensor_near"
    if watch.settles_s is not None:
        return "just_started"
    if any(lamp in site.around[sensor] for sensor in watch.unreadable):
        return "sensor_unreadable"
    if any(lamp in site.guards[node] for node in watch.silent):
        return "neighbour_silent"
    return ""


def need(
    watch: Watch, site: Site, lamp: str, now_s: float, *, lit: bool
) -> tuple[Need | None, float]:
    """Return whether somebody may need a lamp, and when to ask again at the latest.

    `lit`: whether it is lit for somebody now; then it stays so where it will be needed again soon.
    """
    until_s, cause, next_s = -math.inf, "", math.inf
    for track in watch.tracks.live:
        window = track.windows.get(lamp)
        if window is None:
            continue
        from_s, end_s, calm_from_s, calm_until_s = window
        if from_s > now_s:
            next_s = min(next_s, from_s)
        elif end_s > until_s:
            until_s, cause = end_s, track.sensor
        if lit and calm_from_s <= now_s and calm_until_s > until_s:
            until_s, cause = calm_until_s, track.sensor
    for sensor in watch.occupied:
        if lamp in site.watchers[sensor]:
            until_s, cause = math.inf, sensor
    if until_s > now_s:
        return Need(until_s, cause), until_s
    return None, next_s
