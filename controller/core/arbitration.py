"""One ladder: who decides a lamp's level. Every level has a reason.

Emergency > fail-safe > override > presence > base > day. The highest proposal wins; the others
stay known, so that a person may ask why. An override never takes a lamp below the safety floor
while somebody is there.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

from controller.core.fade import FULL_PCT
from controller.core.presence import Need
from controller.core.profile import Levels


class Rung(IntEnum):
    """The ladder, lowest first."""

    DAY = 0
    BASE = 1
    PRESENCE = 2
    OVERRIDE = 3
    FAIL_SAFE = 4
    EMERGENCY = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """A level that one rung wants, until a monotonic time where it has an end."""

    rung: Rung
    level_pct: float
    until_s: float | None = None
    cause: str = ""

    @property
    def reason(self) -> str:
        """The rung, and behind a colon its cause where there is one."""
        name = self.rung.name.lower()
        return f"{name}:{self.cause}" if self.cause else name


@dataclass(frozen=True, slots=True)
class OrderedLevel:
    """An operator's override of one lamp."""

    level_pct: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Situation:
    """All that bears on one lamp now. `unknown` says what is not known, empty if enough is."""

    dark: bool
    unknown: str
    need: Need | None
    override: OrderedLevel | None
    emergency_until_s: float | None


def arbitrate(situation: Situation, levels: Levels) -> tuple[Proposal, ...]:
    """Return every proposal for a lamp, the winner first."""
    proposals = [Proposal(Rung.DAY, 0.0)]
    if situation.dark:
        proposals.insert(0, Proposal(Rung.BASE, levels.base_pct))
    present = situation.dark and situation.need is not None
    if present and situation.need is not None:
        until_s, sensor = situation.need.until_s, situation.need.sensor
        proposals.insert(0, Proposal(Rung.PRESENCE, levels.presence_pct, until_s, sensor))
    if situation.override is not None:
        ordered = Proposal(Rung.OVERRIDE, situation.override.level_pct, situation.override.until_s)
        if present and ordered.level_pct < levels.safety_floor_pct:
            ordered = replace(ordered, level_pct=levels.safety_floor_pct, cause="safety_floor")
        proposals.insert(0, ordered)
    if situation.unknown and situation.dark:
        proposals.insert(0, Proposal(Rung.FAIL_SAFE, levels.fail_safe_pct, None, situation.unknown))
    if situation.emergency_until_s is not None:
        proposals.insert(0, Proposal(Rung.EMERGENCY, FULL_PCT, situation.emergency_until_s))
    return tuple(proposals)
