"""One ladder: who decides a lamp's level. Every level has a reason.

Emergency > fail-safe > override > presence > base > day. The highest proposal wins; the others
stay known, so that a person may ask why. An override never takes a lamp below the safety floor
while somebody is there.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from controller.core.fade import FULL_PCT
from controller.core.schedule import Orders
from controller.core.watch import Need


class Rung(IntEnum):
    """The ladder, lowest first."""

    DAY = 0
    BASE = 1
    PRESENCE = 2
    OVERRIDE = 3
    FAIL_SAFE = 4
    EMERGENCY = 5


class Proposal(NamedTuple):
    """A level that one rung wants, until a monotonic time where it has an end."""

    rung: Rung
    level_pct: float
    until_s: float | None = None
    cause: str = ""
    rule: str = ""

    @property
    def reason(self) -> str:
        """The rung, and behind a colon its cause where there is one."""
        name = self.rung.name.lower()
        return f"{name}:{self.cause}" if self.cause else name


@dataclass(frozen=True, slots=True)
class OrderedLevel:
    """An operator's override of one lamp; `cause` where it is no plain level."""

    level_pct: float
    until_s: float
    cause: str = ""


class Situation(NamedTuple):
    """All that bears on one lamp now. `unknown` says what is not known, empty if enough is."""

    orders: Orders
    dark: bool
    unknown: str
    override: OrderedLevel | None
    emergency_until_s: float | None
    need: Need | None

    def same_as(self, other: "Situation") -> bool:
        """Whether the ladder comes to the same: until when somebody is there plays no part."""
        return (self.need is None) == (other.need is None) and self[:-1] == other[:-1]

    @property
    def somebody_there(self) -> bool:
        """Whether somebody needs light here now."""
        return self.dark and self.need is not None


def arbitrate(situation: Situation) -> tuple[Proposal, ...]:
    """Return every proposal for a lamp, the winner first."""
    proposals = (
        _emergency(situation),
        _fail_safe(situation),
        _override(situation),
        _presence(situation),
        _base(situation),
        Proposal(Rung.DAY, 0.0),
    )
    return tuple(proposal for proposal in proposals if proposal is not None)


def _emergency(situation: Situation) -> Proposal | None:
    if situation.emergency_until_s is None:
        return None
    return Proposal(Rung.EMERGENCY, FULL_PCT, situation.emergency_until_s)


def _fail_safe(situation: Situation) -> Proposal | None:
    if not (situation.dark and situation.unknown):
        return None
    return Proposal(Rung.FAIL_SAFE, situation.orders.levels.fail_safe_pct, None, situation.unknown)


def _override(situation: Situation) -> Proposal | None:
    ordered, floor_pct = situation.override, situation.orders.levels.safety_floor_pct
    if ordered is None:
        return None
    if situation.somebody_there and ordered.level_pct < floor_pct:
        return Proposal(Rung.OVERRIDE, floor_pct, ordered.until_s, "safety_floor")
    return Proposal(Rung.OVERRIDE, ordered.level_pct, ordered.until_s, ordered.cause)


def _presence(situation: Situation) -> Proposal | None:
    if situation.need is None or not situation.somebody_there:
        return None
    until_s, sensor = situation.need.until_s, situation.need.sensor
    orders = situation.orders
    return Proposal(
        Rung.PRESENCE, orders.levels.presence_pct, until_s, sensor, orders.presence_rule
    )


def _base(situation: Situation) -> Proposal | None:
    if not situation.dark:
        return None
    orders = situation.orders
    return Proposal(
        Rung.BASE, orders.levels.base_pct, cause=orders.base_rule, rule=orders.base_rule
    )
