"""0-10 V: a pulse-width modulated line through a converter, with the lamp's own curve."""

import itertools

from controller.core.fade import FULL_PCT
from controller.devices.ports import Channel

Calibration = tuple[tuple[float, float], ...]
"""Points (flux %, duty %), flux rising from 0 to 100, duty never falling."""


class AnalogueChannel:
    """A Channel: makes of each flux the duty at which the lamp was measured to give it.

    `least_pct`: where the lamp still burns steadily; less than that, but more than nothing, is
    raised to it.
    """

    def __init__(self, channel: Channel, calibration: Calibration, least_pct: float) -> None:
        """Take over an open channel and light the lamp. Raises OSError."""
        self._channel = channel
        self._calibration = calibration
        self._least_pct = least_pct
        self.write(FULL_PCT)

    def write(self, level_pct: float) -> None:
        """Set the duty for a flux. Raises OSError."""
        flux_pct = max(level_pct, self._least_pct) if level_pct > 0.0 else 0.0
        self._channel.write(duty_pct(self._calibration, flux_pct))

    def close(self) -> None:
        """Let go of the line."""
        self._channel.close()


def duty_pct(calibration: Calibration, flux_pct: float) -> float:
    """Return the duty for a flux, linear between the points of the table."""
    for (low_pct, low_duty_pct), (high_pct, high_duty_pct) in itertools.pairwise(calibration):
        if flux_pct <= high_pct:
            share = (flux_pct - low_pct) / (high_pct - low_pct)
            return low_duty_pct + (high_duty_pct - low_duty_pct) * share
    return calibration[-1][1]
