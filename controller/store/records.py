"""Closed records as the ledger keeps them: how they are written down and added up."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from controller.core.effects import LampEnergy, MeterEnergy
from controller.store.rotten import checked_figure, checked_name

# Figures are written down to the microwatt-hour and the millisecond, and added up as written.
WH_DIGITS = 6
S_DIGITS = 3
HALF_DAY = timedelta(hours=12)
# A record of more tells of several nights and belongs to none.
LONGEST_IN_A_NIGHT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class ClosedRecord:
    """A stretch of time of one node: a quarter hour as a rule, a night where old ones were folded.

    `seq` numbers the ledger's records and only grows; `boot` is the boot of the machine in which
    it was closed. Times are POSIX seconds, None while it is not known when that was; `duration_s`
    is known always, and less than the time between them where records in between are missing.
    `night`: the day on which the night began that it belongs to (noon to noon, local time), None
    without times and for what is longer. `baseline`, `dark_s`, `late_s`: as in `RecordEnergy`.
    """

    seq: int
    boot: str
    start_utc_s: float | None
    end_utc_s: float | None
    duration_s: float
    night: date | None
    baseline: str
    dark_s: float
    late_s: float
    overhead_wh: float
    lamps: Mapping[str, LampEnergy]
    meters: Mapping[str, MeterEnergy]


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be sent once the broker is there. `number` only grows."""

    number: int
    name: str
    payload: bytes


def night_at(utc_s: float, zone: tzinfo) -> date:
    """Return the day on which the night began that a moment belongs to, noon to noon."""
    return (datetime.fromtimestamp(utc_s, zone) - HALF_DAY).date()


def night_of(start_utc_s: float, end_utc_s: float, zone: ZoneInfo) -> date | None:
    """Return the day on which the night began in which the middle of a record lies."""
    if end_utc_s - start_utc_s > LONGEST_IN_A_NIGHT_S:
        return None
    return night_at((start_utc_s + end_utc_s) / 2.0, zone)


# --- sums -----------------------------------------------------------------------------------------


def lamp_sums(*parts: Iterable[LampEnergy]) -> dict[str, LampEnergy]:
    """Add up by lamp. A sum is measured if all of it is."""
    sums: dict[str, LampEnergy] = {}
    for lamp in (x for part in parts for x in part):
        before = sums.get(lamp.lamp)
        sums[lamp.lamp] = lamp if before is None else _lamp_sum(before, lamp)
    return sums


def meter_sums(*parts: Iterable[MeterEnergy]) -> dict[str, MeterEnergy]:
    """Add up by meter."""
    sums: dict[str, MeterEnergy] = {}
    for x in (x for part in parts for x in part):
        before = sums.get(x.meter, MeterEnergy(x.meter, 0.0, 0.0))
        sums[x.meter] = MeterEnergy(
            x.meter, before.energy_wh + x.energy_wh, before.known_s + x.known_s
        )
    return sums


def record_sum(first: ClosedRecord, second: ClosedRecord) -> ClosedRecord:
    """Return one record for two of the same night; it takes the second's place in the ledger."""
    starts_s, ends_s = (first.start_utc_s, second.start_utc_s), (first.end_utc_s, second.end_utc_s)
    return replace(
        second,
        start_utc_s=None if None in starts_s else min(x for x in starts_s if x is not None),
        end_utc_s=None if None in ends_s else max(x for x in ends_s if x is not None),
        duration_s=first.duration_s + second.duration_s,
        dark_s=first.dark_s + second.dark_s,
        late_s=first.late_s + second.late_s,
        overhead_wh=first.overhead_wh + second.overhead_wh,
        lamps=lamp_sums(first.lamps.values(), second.lamps.values()),
        meters=meter_sums(first.meters.values(), second.meters.values()),
    )


def _lamp_sum(first: LampEnergy, second: LampEnergy) -> LampEnergy:
    return LampEnergy(
        first.lamp,
        first.active_energy_wh + second.active_energy_wh,
        first.baseline_wh + second.baseline_wh,
        first.burn_s + second.burn_s,
        first.switches + second.switches,
        first.bright_s + second.bright_s,
        first.full_load_s + second.full_load_s,
        first.detected_s + second.detected_s,
        first.measured and second.measured,
    )


# --- as text --------------------------------------------------------------------------------------


def as_written(lamp: LampEnergy) -> LampEnergy:
    """Return what will be read again of a lamp's figures."""
    return LampEnergy(
        lamp.lamp,
        round(lamp.active_energy_wh, WH_DIGITS),
        round(lamp.baseline_wh, WH_DIGITS),
        round(lamp.burn_s, S_DIGITS),
        lamp.switches,
        round(lamp.bright_s, S_DIGITS),
        round(lamp.full_load_s, S_DIGITS),
        round(lamp.detected_s, S_DIGITS),
        lamp.measured,
    )


def read_night(text: str | None) -> date | None:
    """Read the day of a night; None for a month, and for what rotted on the disk."""
    try:
        return None if text is None else date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def lamps_text(lamps: Iterable[LampEnergy]) -> str:
    """Write lamps down: an array a lamp, figures in the order of `LampEnergy`."""
    return _compact([*figures(x), int(x.measured)] for x in map(as_written, lamps))


def figures(lamp: LampEnergy) -> tuple[str, float, float, float, int, float, float, float]:
    """Return a lamp and its figures, in the order of `LampEnergy`."""
    return (
        lamp.lamp,
        lamp.active_energy_wh,
        lamp.baseline_wh,
        lamp.burn_s,
        lamp.switches,
        lamp.bright_s,
        lamp.full_load_s,
        lamp.detected_s,
    )


def lamp_energy(lamp: str, written: Iterable[float], *, measured: bool = False) -> LampEnergy:
    """Return a lamp from its figures, as `figures` has them. Raises ValueError for too many or few.

    `measured`: whether a meter of its own said what it used.
    """
    used_wh, baseline_wh, burn_s, switches, bright_s, full_load_s, detected_s = written
    times_s = bright_s, full_load_s, detected_s
    return LampEnergy(lamp, used_wh, baseline_wh, burn_s, int(switches), *times_s, measured)


def meters_text(meters: Iterable[MeterEnergy]) -> str:
    """Write meters down: an array a meter."""
    return _compact(
        [x.meter, round(x.energy_wh, WH_DIGITS), round(x.known_s, S_DIGITS)] for x in meters
    )


def _compact(rows: Iterable[list[str | float]]) -> str:
    return json.dumps(list(rows), separators=(",", ":"))


def read_lamps(text: str) -> dict[str, LampEnergy]:
    """Read what `lamps_text` wrote. What rotted on the disk counts as nothing: totals keep it."""
    try:
        return {
            lamp: lamp_energy(
                checked_name(lamp), map(checked_figure, written), measured=bool(measured)
            )
            for lamp, *written, measured in json.loads(text)
        }
    except (ValueError, TypeError, RecursionError):
        return {}


def read_meters(text: str) -> dict[str, MeterEnergy]:
    """Read what `meters_text` wrote, as `read_lamps` does."""
    try:
        return {meter: _meter(meter, *figures) for meter, *figures in json.loads(text)}
    except (ValueError, TypeError, RecursionError):
        return {}


def _meter(meter: object, energy_wh: object, known_s: object) -> MeterEnergy:
    return MeterEnergy(checked_name(meter), checked_figure(energy_wh), checked_figure(known_s))
