"""Meters: what they measured since the last record. A reading holds until the next one."""

from dataclasses import dataclass
from typing import NamedTuple

from controller.core.energy import SECONDS_PER_HOUR

# A reading older than this says nothing of now.
STALE_S = 60.0
# So much of a record must be covered by readings to be called measured.
LEAST_COVER = 0.95


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter of a node: the `lamps` behind it, and whether the controller is too."""

    id: str
    lamps: tuple[str, ...]
    controller: bool = False


class Metered(NamedTuple):
    """What a meter said, booked up to `until_s`. Times are monotonic seconds.

    `power_w`: the last reading, at `read_at_s`; None: it could not be read. Readings cover
    `known_s` of the time since the last record.
    """

    meter: Meter
    until_s: float
    power_w: float | None = None
    read_at_s: float = 0.0
    energy_wh: float = 0.0
    known_s: float = 0.0

    def booked(self, to_s: float) -> "Metered":
        """Count the last reading up to `to_s`, as long as it is fresh."""
        until_s = max(self.until_s, to_s)
        if self.power_w is None:
            return self._replace(until_s=until_s)
        known_s = max(0.0, min(until_s, self.read_at_s + STALE_S) - self.until_s)
        return self._replace(
            until_s=until_s,
            energy_wh=self.energy_wh + self.power_w * known_s / SECONDS_PER_HOUR,
            known_s=self.known_s + known_s,
        )

    def read(self, power_w: float | None, now_s: float) -> "Metered":
        """Take a reading."""
        return self.booked(now_s)._replace(power_w=power_w, read_at_s=now_s)

    def begun_anew(self) -> "Metered":
        """Begin the next record."""
        return self._replace(energy_wh=0.0, known_s=0.0)

    @property
    def only_lamp(self) -> str | None:
        """The lamp that alone is behind the meter, if that is so."""
        alone = len(self.meter.lamps) == 1 and not self.meter.controller
        return self.meter.lamps[0] if alone else None

    def whole_energy_wh(self, duration_s: float) -> float | None:
        """Return the energy of a record of `duration_s`, None if too little of it is known."""
        if self.known_s <= 0.0 or self.known_s < LEAST_COVER * duration_s:
            return None
        return self.energy_wh * duration_s / self.known_s
