"""Reach: the stretch of path that a track keeps lit, as a window of time for each lamp's cell.

Somebody whose sensor began to see them was at the near edge of what it sees. From there on

1. the fastest plausible person, with their preview, decides when a cell is lit; the slowest, and
   the last of a group, when it is released;
2. whoever was not seen at the next sensor has not reached it: what lies beyond it is lit only for
   the preview of those who are about to reach it;
3. while a sensor sees somebody, its surroundings stay lit: they may be standing there;
4. where somebody may have stopped, because a sensor that was free did not see them, it stays lit,
   and what would be dimmed just before that is known stays lit until then;
5. walkers may turn round: the stretch they are on stays lit until they are due at the next sensor;
6. a cell that will be needed again soon is not dimmed in between.
"""

import math

from controller.core.profile import Presence
from controller.core.track import (
    ESTABLISHED_HITS,
    WALKER_FASTEST_M_S,
    Ground,
    Track,
    Window,
    farthest_due_m,
    farthest_open_m,
    speeds_m_s,
)
from controller.core.ways import CellAhead, Way

GRAVITY_M_S2 = 9.81
WALKER_PREVIEW_M = 15.0
# Passive infrared and radar modules report up to so much late.
LATENCY_S = 0.4
# Margins, chosen by simulation: a little earlier, farther and longer than the sums say.
LEAD_S = 0.1
SLACK_M = 2.0
SLACK_S = 0.8
CALM_SLACK_S = 1.0
LEAST_WINDOW_S = 0.5
# How many spreads of speed late the next sensor may see somebody before that is news.
REVIEW_SPREADS = 0.5
# What would be dimmed so shortly before they are expected stays lit until then.
PATIENCE_S = 1.0
# How long somebody who may have stopped is waited for.
STOP_S = 300.0
# Light runs past the next sensor only for people who are so likely to be there (log-odds, nats).
FORETOLD_ODDS = 1.0
# A sensor that sees somebody for a shorter time than any rider needs to pass it sees a flash.
FLASH_S = 0.5


def stopping_sight_m(speed_m_s: float, presence: Presence) -> float:
    """Wet stopping sight distance in metres: reaction and braking (AASHTO), capped."""
    braking_m = speed_m_s**2 / (2.0 * GRAVITY_M_S2 * presence.friction)
    return min(presence.preview_cap_m, presence.reaction_s * speed_m_s + braking_m)


class Planner:
    """Works out the windows of one track.

    `passed`: sensors that are no limit to it, because they missed it or see nobody at all.
    `hold_s`: how long the output of its sensor stays after the last movement.
    """

    def __init__(self, track: Track, ground: Ground, passed: frozenset[str], hold_s: float) -> None:
        """Derive what follows from the track alone."""
        presence = ground.presence
        self._track = track
        self._ground = ground
        self._presence = presence
        self._passed = passed
        self._hold_s = hold_s
        self._reach_m = ground.sensors[track.sensor].reach_m
        self._slow_m_s, self._fast_m_s = speeds_m_s(track, presence)
        self._preview_m = max(WALKER_PREVIEW_M, stopping_sight_m(self._fast_m_s, presence))
        self._ready_s = track.rise_s - LATENCY_S - LEAD_S - presence.fade_up_s
        self._last_s = track.rise_s + track.tail_s
        self._may_have_stopped = not track.hidden and track.hits >= ESTABLISHED_HITS
        # Without any sign of where they go light runs no further than the next sensor.
        self._foretold = track.speed_m_s is not None or track.odds >= FORETOLD_ODDS
        self._beyond_m = self._preview_m if self._foretold else 0.0
        self._windows: dict[str, Window] = {}

    def planned(self) -> Track:
        """Return the track with its windows, and when the next sensor should have seen it."""
        track = self._track
        if track.stopped_s is not None:
            return self._waiting(track.stopped_s)
        # No track ends before the slowest has left the sensor's reach.
        review_s = track.rise_s + 2.0 * self._reach_m / self._slow_m_s
        walking = track.speed_m_s is not None and track.speed_m_s <= WALKER_FASTEST_M_S
        for heading in track.headings:
            way = self._ground.ways[heading]
            due_m = farthest_due_m(way, self._passed)
            due_s = self._due_s(way, due_m)
            review_s = max(review_s, due_s)
            self._add(way, due_m, due_s if walking else -math.inf)
        if track.fall_s is None:  # while it sees them there is nothing to review
            review_s = math.inf
        return track.planned(review_s, self._windows)

    def _due_s(self, way: Way, due_m: float) -> float:
        """Return when the sensors that come next should have seen them, or they are gone."""
        track = self._track
        open_m = farthest_open_m(way, self._passed)
        if due_m == 0.0 or (open_m > 0.0 and track.odds <= 0.0 and track.speed_m_s is not None):
            return self._gone_s(open_m)
        if track.speed_m_s is not None:
            return self._expected_s(due_m)
        limit_m = due_m + LATENCY_S * self._fast_m_s + SLACK_M
        due_s = track.rise_s + limit_m / self._slow_m_s + SLACK_S + self._presence.hold_s
        return max(due_s, self._gone_s(open_m)) if open_m > 0.0 else due_s

    def _expected_s(self, due_m: float) -> float:
        """Return until when people of known speed are expected at sensors so far ahead."""
        speed_m_s = self._track.speed_m_s
        if speed_m_s is None:
            return -math.inf
        spread = 1.0 - self._slow_m_s / speed_m_s
        return self._track.rise_s + due_m / speed_m_s * (1.0 + REVIEW_SPREADS * spread)

    def _gone_s(self, end_m: float) -> float:
        """Return when the last of them has left a way that ends at `end_m`."""
        last_m = end_m + self._presence.behind_m + self._reach_m
        left_s = self._last_s + last_m / self._slow_m_s
        return left_s + self._presence.hold_s

    def _add(self, way: Way, due_m: float, turning_until_s: float) -> None:
        """Add the windows of a way, on which it is `due_m` to the sensors that come next.

        Up to `turning_until_s` the cells they are in stay lit.
        """
        cells = way.cells if self._track.believed else _own_cell(way)
        if not cells:
            return
        rise_s, presence = self._track.rise_s, self._presence
        slow_m_s, fast_m_s, beyond_m = self._slow_m_s, self._fast_m_s, self._beyond_m
        expected_s = self._expected_s(due_m)
        preview_m, calm_m = self._calm(due_m)
        gates, limit_m = None, 0.0
        for cell in cells:
            lamp, near_m, far_m, cell_gates = cell
            if cell_gates is not gates:
                gates, limit_m = cell_gates, self._limit_m(cell)
            ahead_m = near_m - preview_m + self._reach_m
            needed = near_m - limit_m <= beyond_m
            soon = 0.0 < ahead_m <= calm_m
            if not (needed or soon):
                continue
            from_s, until_s = math.inf, -math.inf
            if needed:
                from_s, until_s = self._needed(cell, limit_m, expected_s)
                if turning_until_s > until_s and far_m > 0.0 and near_m < limit_m:
                    until_s = turning_until_s
                if until_s <= max(from_s, rise_s) + LEAST_WINDOW_S:
                    from_s, until_s = math.inf, -math.inf
            calm_from_s, calm_until_s = math.inf, -math.inf
            if soon:
                calm_from_s = rise_s + ahead_m / fast_m_s - presence.calm_s
                calm_until_s = rise_s + ahead_m / slow_m_s + CALM_SLACK_S
            if until_s > 0.0 or calm_until_s > 0.0:
                self._put(lamp, Window(from_s, until_s, calm_from_s, calm_until_s))

    def _calm(self, due_m: float) -> tuple[float, float]:
        """Return the preview of their mean speed, and how far beyond it cells are not dimmed.

        The next sensor, if there is one, tells of what comes later. Without a speed nothing is
        foretold: no cell lies so near.
        """
        speed_m_s, presence = self._track.speed_m_s, self._presence
        if speed_m_s is None:
            return 0.0, -math.inf
        preview_m = max(WALKER_PREVIEW_M, stopping_sight_m(speed_m_s, presence))
        told_m = due_m or math.inf
        return preview_m, told_m + presence.calm_s * self._fast_m_s

    def _put(self, lamp: str, window: Window) -> None:
        """Keep one window a lamp: those of several headings overlap or follow closely."""
        known = self._windows.get(lamp)
        if known is not None:
            window = Window(
                min(known.from_s, window.from_s),
                max(known.until_s, window.until_s),
                min(known.calm_from_s, window.calm_from_s),
                max(known.calm_until_s, window.calm_until_s),
            )
        self._windows[lamp] = window

    def _needed(self, cell: CellAhead, limit_m: float, expected_s: float) -> tuple[float, float]:
        """Return from when and until when people who are not beyond `limit_m` may need a cell.

        `expected_s`: when the next sensors should have seen them.
        """
        track, presence, reach_m = self._track, self._presence, self._reach_m
        ahead_m = max(0.0, cell.near_m - self._preview_m + reach_m)
        from_s = self._ready_s + ahead_m / self._fast_m_s
        undecided = self._hold_s > 0.0 and track.fall_s is None and not self._foretold
        if undecided and not cell.near_m <= 0.0 <= cell.far_m:
            from_s = max(from_s, track.rise_s + self._hold_s + FLASH_S)
        until_s = self._release_s(cell)
        if self._may_have_stopped and -reach_m < cell.far_m and cell.near_m < limit_m:
            if track.missed:
                until_s = max(until_s, track.rise_s + STOP_S)
            elif 0.0 < expected_s - until_s <= PATIENCE_S:
                until_s = expected_s
        elif cell.near_m > limit_m:
            # Only those so fast that they look past the next sensor before they reach it.
            looking_m_s = _speed_for_preview_m_s(cell.near_m - limit_m, presence)
            least_m_s = max(self._slow_m_s, looking_m_s)
            until_s = min(until_s, track.rise_s + (limit_m + reach_m) / least_m_s + SLACK_S)
        return from_s, until_s + presence.hold_s

    def _limit_m(self, cell: CellAhead) -> float:
        """Return how far somebody on the way to a cell can be without having been seen again."""
        for gate in cell.gates:
            if gate.sensor not in self._passed:
                return gate.edge_m + LATENCY_S * self._fast_m_s + SLACK_M
        return math.inf

    def _release_s(self, cell: CellAhead) -> float:
        """Return when the last of them has left a cell."""
        track, reach_m = self._track, self._reach_m
        left_m = cell.far_m + self._presence.behind_m
        if left_m > reach_m:
            if track.fall_s is not None:
                rear_s = track.fall_s - self._hold_s
                return max(track.fall_s, rear_s + (left_m - reach_m) / self._slow_m_s)
            if cell.near_m <= reach_m + WALKER_PREVIEW_M:
                return math.inf
        # Behind the sensor they leave a cell while they are seen.
        return self._last_s + (left_m + reach_m) / self._slow_m_s

    def _waiting(self, since_s: float) -> Track:
        """Keep the stretch lit where they were last expected, for a while."""
        until_s = since_s + STOP_S
        for heading in self._track.headings:
            for cell in self._ground.ways[heading].cells:
                if cell.far_m > -self._reach_m and cell.near_m < self._limit_m(cell):
                    self._put(cell.lamp, Window(since_s, until_s, math.inf, -math.inf))
        return self._track.planned(until_s, self._windows)


def _own_cell(way: Way) -> list[CellAhead]:
    """Return the cell in which the sensor stands, for who may be nobody."""
    return [cell for cell in way.cells if cell.near_m <= 0.0 <= cell.far_m]


def _speed_for_preview_m_s(preview_m: float, presence: Presence) -> float:
    """Return the lowest speed that needs so much preview: the inverse of the sight distance."""
    if preview_m <= WALKER_PREVIEW_M:
        return 0.0
    a, b = 1.0 / (2.0 * GRAVITY_M_S2 * presence.friction), presence.reaction_s
    return (math.sqrt(b * b + 4.0 * a * preview_m) - b) / (2.0 * a)
