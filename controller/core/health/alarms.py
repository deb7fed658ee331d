"""Words of health: findings become alarms, alarms are raised and cleared.

Evidence holds rates, shares and totals only, never when somebody passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

Evidence = Mapping[str, float | str]
NO_EVIDENCE: Evidence = MappingProxyType({})


class Key(NamedTuple):
    """Which alarm: its code, and what it is about (a sensor, lamp, meter or node)."""

    code: str
    subject: str

    def __str__(self) -> str:
        """Return `code:subject`, as alarms are told."""
        return f"{self.code}:{self.subject}"


class Finding(NamedTuple):
    """What a rule sees of one subject now. `faulty` is None when nothing can be told now."""

    subject: str
    faulty: bool | None
    evidence: Evidence = NO_EVIDENCE


class Alarm(NamedTuple):
    """An alarm that is raised, since `since_s` (monotonic seconds), on this evidence."""

    since_s: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm was raised, or cleared, at `at_s` (monotonic seconds)."""

    code: str
    subject: str
    raised: bool
    at_s: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Vitals:
    """The condition of the host. What cannot be told is None.

    `free_bytes`: on the disk of the store. `store_fails`: it did not take the last record.
    `undervoltage`, `throttled`: since the last look. `starts_s`: when the controller was started
    within this boot of the machine, monotonic seconds, the present start among them.
    `lamp_faults`: by lamp what its driver says is wrong, in one word.
    """

    free_bytes: int | None = None
    read_only: bool = False
    store_fails: bool = False
    undervoltage: bool | None = None
    throttled: bool | None = None
    starts_s: tuple[float, ...] = ()
    lamp_faults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def readable(evidence: Evidence) -> Evidence:
    """Return evidence with three digits: it is to be read, not reckoned with."""
    return MappingProxyType(
        {
            x: value if isinstance(value, str) else float(f"{value:.3g}")
            for x, value in evidence.items()
        }
    )


def between(value: float, *, fine: float, faulty: float) -> bool | None:
    """Judge with hysteresis: beyond `faulty` is True, beyond `fine` False, None in between.

    `fine` below `faulty` says that much is bad, above it that little is.
    """
    sign = 1.0 if fine <= faulty else -1.0
    if sign * value >= sign * faulty:
        return True
    return False if sign * value <= sign * fine else None
