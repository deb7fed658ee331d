"""Is somebody there? Evidence of people at each sensor, merged so that order does not matter.

A sensor's level is reported together with when it began. Reports may repeat, be lost or come
late: the newest beginning of movement and the newest beginning of quiet are all that counts, so
any order and any doubling lead to the same evidence, and the newest report heals every loss. A
sensor that cannot be read counts as occupied. A neighbour that says of a sensor that somebody is
there says so again and again; when it falls silent, nobody is.
"""

import math
from typing import NamedTuple

REANNOUNCE_S = 10.0
SILENT_S = 2.5 * REANNOUNCE_S


class Numbering(NamedTuple):
    """Which announcement: within one boot of its sender, `seq` only grows."""

    boot: str
    seq: int


class Evidence(NamedTuple):
    """What one motion sensor says; times are monotonic seconds.

    `active_at_s` and `inactive_at_s` are the newest beginnings of movement and of quiet. For a
    neighbour's sensor `heard_at_s` is when an announcement of it was last taken, `newest` its
    number, and `former` the last number before the neighbour started anew.
    """

    active_at_s: float
    inactive_at_s: float
    readable: bool = True
    heard_at_s: float = -math.inf
    newest: Numbering = Numbering("", -1)
    former: Numbering = Numbering("", -1)

    @property
    def occupied(self) -> bool:
        """Whether somebody is, or may be, at the sensor now."""
        return self.active_at_s > self.inactive_at_s

    @property
    def silent_at_s(self) -> float:
        """When nobody is at a neighbour's sensor of which nothing more is said."""
        return self.heard_at_s + SILENT_S


def unread(since_s: float) -> Evidence:
    """Return the evidence of an own sensor that has not been read yet: occupied."""
    return Evidence(since_s, -math.inf, readable=False)


def unheard(since_s: float) -> Evidence:
    """Return the evidence of a neighbour's sensor at start: nothing has been said of it."""
    return Evidence(since_s, since_s)


def reported(evidence: Evidence, *, active: bool | None, at_s: float) -> Evidence:
    """Merge a report of a sensor's level (None: unreadable) that began at `at_s`.

    Returns the same evidence if it says nothing new.
    """
    newest_s = max(evidence.active_at_s, evidence.inactive_at_s)
    if active is None:
        if at_s <= newest_s:
            return evidence
        return evidence._replace(active_at_s=at_s, readable=False)
    merged = Evidence(
        max(evidence.active_at_s, at_s) if active else evidence.active_at_s,
        evidence.inactive_at_s if active else max(evidence.inactive_at_s, at_s),
        evidence.readable or at_s >= newest_s,
        evidence.heard_at_s,
        evidence.newest,
        evidence.former,
    )
    return evidence if merged == evidence else merged


def heard(
    evidence: Evidence, number: Numbering, *, active: bool, at_s: float, now_s: float
) -> Evidence:
    """Merge a neighbour's announcement: somebody is there since `at_s`, or was until then.

    Doubles and older ones are void.
    """
    numbers = _numbered(evidence, number)
    if numbers is None:
        return evidence
    active_at_s, inactive_at_s = evidence.active_at_s, evidence.inactive_at_s
    if evidence.occupied:
        if not active:
            inactive_at_s = max(at_s, active_at_s)
    elif active:
        # Not before its last end, which may have been told by one who was stopped since.
        active_at_s = max(at_s, math.nextafter(inactive_at_s, math.inf))
    elif at_s > inactive_at_s:
        active_at_s = inactive_at_s = at_s  # that they came was not heard
    return Evidence(active_at_s, inactive_at_s, evidence.readable, now_s, *numbers)


def _numbered(evidence: Evidence, number: Numbering) -> tuple[Numbering, Numbering] | None:
    """Return the newest and former number after an announcement; None for late ones and doubles."""
    newest, former = evidence.newest, evidence.former
    if number.boot == newest.boot:
        return (number, former) if number.seq > newest.seq else None
    if number.boot == former.boot:
        return (newest, number) if number.seq > former.seq else None
    return number, newest


def silenced(evidence: Evidence, now_s: float) -> Evidence:
    """Let a neighbour's sensor be left that is announced no more."""
    if not evidence.occupied or now_s < evidence.silent_at_s:
        return evidence
    return evidence._replace(inactive_at_s=now_s)
