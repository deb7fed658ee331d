"""Is somebody there? Evidence of people at each sensor, merged so that order does not matter.

A sensor's level is reported together with when it began. Reports may repeat, be lost or come
late: the newest beginning of movement and the newest beginning of quiet are all that counts, so
any order and any doubling lead to the same evidence, and the newest report heals every loss. A
sensor that cannot be read counts as occupied.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from controller.core.reach import Link


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which announcement: within one boot of its sender, `seq` only grows."""

    boot: str
    seq: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one motion sensor says; times are monotonic seconds.

    `active_at_s` and `inactive_at_s` are the newest beginnings of movement and of quiet.
    For a neighbour's sensor `newest` numbers the last announcement that was taken, `former` the
    last one before the neighbour started anew.
    """

    active_at_s: float
    inactive_at_s: float
    readable: bool = True
    newest: Numbering = Numbering("", -1)
    former: Numbering = Numbering("", -1)

    @property
    def occupied(self) -> bool:
        """Whether somebody is, or may be, at the sensor now."""
        return self.active_at_s > self.inactive_at_s

    def holds_until_s(self, hold_s: float) -> float:
        """Monotonic seconds until which this evidence lights a lamp held for `hold_s`."""
        return math.inf if self.occupied else self.inactive_at_s + hold_s


def unread(since_s: float) -> Evidence:
    """Return the evidence of an own sensor that has not been read yet: occupied."""
    return Evidence(since_s, -math.inf, readable=False)


def unheard(since_s: float) -> Evidence:
    """Return the evidence of a neighbour's sensor at start: somebody may just have passed."""
    return Evidence(since_s, since_s)


def reported(evidence: Evidence, *, active: bool | None, at_s: float) -> Evidence:
    """Merge a report of a sensor's level (None: unreadable) that began at `at_s`."""
    if active is False:
        if at_s <= evidence.inactive_at_s or at_s < evidence.active_at_s:
            return evidence
        return replace(evidence, inactive_at_s=at_s, readable=True)
    if at_s <= evidence.active_at_s or at_s <= evidence.inactive_at_s:
        return evidence
    return replace(evidence, active_at_s=at_s, readable=active is not None)


def heard(evidence: Evidence, *, boot: str, seq: int, at_s: float) -> Evidence:
    """Merge a neighbour's announcement of a passage at `at_s`; doubles and older ones are void."""
    latest_s = max(at_s, evidence.active_at_s)
    seen = replace(evidence, active_at_s=latest_s, inactive_at_s=latest_s)
    newest, former = evidence.newest, evidence.former
    if boot == newest.boot:
        return evidence if seq <= newest.seq else replace(seen, newest=Numbering(boot, seq))
    if boot == former.boot:
        return evidence if seq <= former.seq else replace(seen, former=Numbering(boot, seq))
    return replace(seen, newest=Numbering(boot, seq), former=newest)


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody may need a lamp until `until_s`; `sensor` says so longest."""

    until_s: float
    sensor: str


def need(lamp_links: Iterable[Link], evidence: Mapping[str, Evidence], now_s: float) -> Need | None:
    """Return whether, and until when, somebody needs the lamp."""
    longest: Need | None = None
    for link in lamp_links:
        until_s = evidence[link.sensor].holds_until_s(link.hold_s)
        if until_s > now_s and (longest is None or until_s > longest.until_s):
            longest = Need(until_s, link.sensor)
    return longest
