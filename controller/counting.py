"""Passages by the hour, told only where they were many enough to be nobody's.

Counts are kept for the open bin alone: when it is over, what is told is all that is left of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from controller.core.effects import RecordEnergy
from controller.core.energy import SECONDS_PER_HOUR
from controller.core.profile import Privacy
from controller.mqtt.energy import CountPayload
from controller.settings.documents import Document
from controller.store.rotten import figure, utc_s

STORED = "tally"


@dataclass(frozen=True, slots=True)
class Tally:
    """Passages by sensor in the bin that is open, from `start_s` to `end_s` (POSIX seconds).

    `dark`: whether it may have been dark at any time of it; a bin of broad day is not told.
    """

    start_s: float = 0.0
    end_s: float = 0.0
    dark: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)

    def document(self) -> Document:
        """Give the tally as a store can keep it."""
        return {
            "start_s": self.start_s,
            "end_s": self.end_s,
            "dark": self.dark,
            "counts": dict(self.counts),
        }


def stored_tally(document: Mapping[str, object] | None) -> Tally:
    """Read a tally that was kept; an empty one where there is none that can be read."""
    match document:
        case {
            "start_s": float() as start_s,
            "end_s": float() as end_s,
            "dark": bool() as dark,
            "counts": dict() as counts,
        } if None not in (utc_s(start_s), utc_s(end_s)):
            sound = {str(x): n for x, n in counts.items() if isinstance(n, int) and figure(n) == n}
            return Tally(start_s, end_s, dark, sound)
    return Tally()


def counted(
    tally: Tally, record: RecordEnergy, sensors: Iterable[str], privacy: Privacy, zone: tzinfo
) -> tuple[Tally, CountPayload | None]:
    """Add a record's passages to the open bin; tell the one before if it is over.

    A record without a time says nothing of any hour.
    """
    if record.clock_offset_s is None:
        return tally, None
    middle_s = (record.start_s + record.end_s) / 2.0 + record.clock_offset_s
    told = None
    if not tally.start_s <= middle_s < tally.end_s:
        told = _told(tally, sensors, privacy, zone) if tally.dark else None
        tally = _next_bin(tally, middle_s, privacy.bin_h, zone)
    counts = dict(tally.counts)
    for sensor, number in record.passages.items():
        counts[sensor] = counts.get(sensor, 0) + number
    dark = tally.dark or record.dark_s > 0.0 or bool(counts)
    return Tally(tally.start_s, tally.end_s, dark, counts), told


def _told(tally: Tally, sensors: Iterable[str], privacy: Privacy, zone: tzinfo) -> CountPayload:
    counts = {sensor: tally.counts.get(sensor, 0) for sensor in sensors}
    return CountPayload(
        id=f"count-{tally.start_s:.0f}-{tally.end_s - tally.start_s:.0f}",
        start=datetime.fromtimestamp(tally.start_s, UTC).astimezone(zone),
        end=datetime.fromtimestamp(tally.end_s, UTC).astimezone(zone),
        least_count=privacy.least_count,
        sensors={x: n if n >= privacy.least_count else None for x, n in counts.items()},
    )


def _next_bin(tally: Tally, utc_s: float, bin_h: int, zone: tzinfo) -> Tally:
    """Open the bin around a moment: whole hours of the day by the clock on the wall.

    Where clocks were changed since the last one began, this one begins where that one ended.
    """
    offset = datetime.fromtimestamp(utc_s, zone).utcoffset() or timedelta()
    width_s = bin_h * SECONDS_PER_HOUR
    start_s = utc_s - (utc_s + offset.total_seconds()) % width_s
    follows = start_s < tally.end_s <= utc_s
    return Tally(tally.end_s if follows else start_s, start_s + width_s)
