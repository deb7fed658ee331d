"""What can happen to a node. Past tense: an event is a fact by the time the core sees it."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.core.profile import Profile


@dataclass(frozen=True, slots=True)
class TimePassed:
    """The moment has come that the last decision asked to be woken at (or an earlier one)."""


@dataclass(frozen=True, slots=True)
class MotionReported:
    """The level of one of this node's motion sensors.

    `active` is None when the sensor cannot be read: unknown counts as somebody being there.
    `at_s` is when the level began, in monotonic seconds. Reports may repeat and may arrive late.
    """

    sensor: str
    active: bool | None
    at_s: float


@dataclass(frozen=True, slots=True)
class PassageHeard:
    """A neighbouring node says what one of its motion sensors sees.

    `active`: somebody has been there for `age_s` seconds; otherwise somebody was, and was last seen
    `age_s` seconds ago. `boot` and `seq` identify the announcement: within one boot of the sender
    `seq` only grows.
    """

    sensor: str
    boot: str
    seq: int
    age_s: float
    active: bool


@dataclass(frozen=True, slots=True)
class NeighbourReported:
    """Another node of the path is there to tell of people (`online`), or is not."""

    node: str
    online: bool


@dataclass(frozen=True, slots=True)
class LuxMeasured:
    """A light sensor's reading in lux, or None when it cannot be read."""

    sensor: str
    lux: float | None


@dataclass(frozen=True, slots=True)
class PowerMeasured:
    """A meter's reading in watts, or None when it cannot be read."""

    meter: str
    power_w: float | None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """The operators' settings were replaced by a whole, validated profile."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class OverrideOrdered:
    """An operator wants these lamps at `level_pct`; without `duration_s` for the default time."""

    lamps: tuple[str, ...]
    level_pct: float
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class OverrideCleared:
    """The operator hands these lamps back to automatic control."""

    lamps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EmergencyDeclared:
    """Full light on every lamp of the node. Without `duration_s` the default expiry holds."""

    duration_s: float | None


@dataclass(frozen=True, slots=True)
class EmergencyEnded:
    """The emergency is over before its expiry."""


@dataclass(frozen=True, slots=True)
class IdentifyOrdered:
    """Somebody wants to find this lamp outside: it pulses calmly for `duration_s`."""

    lamp: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class BurnHoursRecalled:
    """The ledger says for how many hours each of these lamps had burned before the start."""

    ledger_h: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Stopped:
    """The controller is about to end: close the open energy record."""


Event = (
    TimePassed
    | MotionReported
    | PassageHeard
    | NeighbourReported
    | LuxMeasured
    | PowerMeasured
    | ProfileChanged
    | OverrideOrdered
    | OverrideCleared
    | EmergencyDeclared
    | EmergencyEnded
    | IdentifyOrdered
    | BurnHoursRecalled
    | Stopped
)
