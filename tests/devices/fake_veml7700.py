"""A fake VEML7700, after Vishay's data sheet 84286, rev. 1.7.

A command code, then two bytes, low byte first, written or read. Codes: 0 configuration (bit 0 shuts
down, bits 9:6 integration time, 12:11 gain), 3 power saving, 4 ambient light, 7 id. After power on
it is shut down. Switched on, it waits 2.5 ms, then gives a new value after each integration time;
with power saving (bit 0) it waits 0.5, 1, 2 or 4 s more (bits 2:1). Counts saturate at 16 bits.
Bright light bends: the counts are those whose lux, put into the application note's polynomial, give
the true ones.
"""

import errno
import os
from collections.abc import Callable

CONFIGURATION, POWER_SAVING, AMBIENT_LIGHT, DEVICE_ID = 0, 3, 4, 7
START_S = 0.0025
GAINS = {0b00: 1.0, 0b01: 2.0, 0b10: 1 / 8, 0b11: 1 / 4}
INTEGRATION_S = {0b1100: 0.025, 0b1000: 0.05, 0: 0.1, 0b1: 0.2, 0b10: 0.4, 0b11: 0.8}
FINEST_LUX = 0.0042
"""A count at gain 2 and 800 ms."""


class FakeVeml7700:
    """One chip. `lux` says how bright it is (None: it is gone), `clock` gives seconds."""

    def __init__(self, lux: Callable[[], float | None], clock: Callable[[], float]) -> None:
        self._lux = lux
        self._clock = clock
        self._chosen = 0
        self._ready: tuple[float, int] | None = None
        self.reset()

    def reset(self) -> None:
        """Lose the supply for a moment."""
        self.registers = {CONFIGURATION: 1, POWER_SAVING: 0, AMBIENT_LIGHT: 0, DEVICE_ID: 0xC481}
        self._ready = None

    def write(self, *data: int) -> None:
        self._present()
        self._finish()
        self._chosen = data[0]
        if len(data) == 3:
            self.registers[data[0]] = data[1] | data[2] << 8
            if data[0] == CONFIGURATION:
                self._configure(self.registers[CONFIGURATION])
        elif len(data) != 1:
            raise NotImplementedError(f"fake VEML7700: {len(data)} bytes")

    def read(self) -> bytes:
        self._present()
        self._finish()
        return self.registers[self._chosen].to_bytes(2, "little")

    def _present(self) -> float:
        lux = self._lux()
        if lux is None:
            raise OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
        return lux

    def _configure(self, value: int) -> None:
        self._ready = None
        if not value & 1:
            gain, integration_s = GAINS[value >> 11 & 3], INTEGRATION_S[value >> 6 & 15]
            lux_per_count = FINEST_LUX * 2.0 / gain * 0.8 / integration_s
            lux = unbent(self._present()) if gain < 1.0 else self._present()
            counts = min(0xFFFF, int(lux / lux_per_count))
            saving = self.registers[POWER_SAVING]
            slower_s = 0.5 * (1 << (saving >> 1 & 3)) if saving & 1 else 0.0
            self._ready = (self._clock() + START_S + integration_s + slower_s, counts)

    def _finish(self) -> None:
        if self._ready is not None and self._clock() >= self._ready[0]:
            self.registers[AMBIENT_LIGHT] = self._ready[1]


def bent(lux: float) -> float:
    return 6.0135e-13 * lux**4 - 9.3924e-9 * lux**3 + 8.1488e-5 * lux**2 + 1.0023 * lux


def unbent(true_lux: float) -> float:
    """Solve the polynomial, which rises everywhere, by halving."""
    low, high = 0.0, true_lux
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if bent(middle) < true_lux else (low, middle)
    return low
