"""A fake INA226 current and power monitor, after TI's data sheet SBOS547B.

Registers of 16 bits, high byte first, behind a pointer that the first written byte sets:
configuration 0x00 (reset 0x4127), shunt voltage 0x01 (2.5 uV), bus voltage 0x02 (1.25 mV), power
0x03 (25 times the current's step), current 0x04 (shunt voltage times calibration / 2048),
calibration 0x05 (15 bits; 0 leaves current and power at 0), mask/enable 0x06 with conversion
ready and overflow, manufacturer 0xFE, die 0xFF. Writing the configuration begins a measurement,
which lasts as many times the sum of both conversion times as it averages; in a continuous mode
another one follows. Addresses 0x40 to 0x4F.

What it measures is put in watts: this one's shunt has 0.01 ohm, and its supply 24 V.
"""

from collections.abc import Callable

CONFIGURATION, SHUNT, BUS, POWER, CURRENT, CALIBRATION, MASK_ENABLE = range(7)
MANUFACTURER_ID, DIE_ID = 0xFE, 0xFF
ADDRESSES = range(0x40, 0x50)
RESET_CONFIGURATION = 0x4127
RESET_BIT = 0x8000
CONVERSION_READY, OVERFLOW = 0x0008, 0x0004
AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)
CONVERSION_S = (140e-6, 204e-6, 332e-6, 588e-6, 1.1e-3, 2.116e-3, 4.156e-3, 8.244e-3)
CONTINUOUS, BOTH_VOLTAGES = 0b100, 0b011
SHUNT_STEP_V, BUS_STEP_V = 2.5e-6, 1.25e-3
SHUNT_OHM, SUPPLY_V = 0.01, 24.0


class FakeIna226:
    """One chip. `power_w` says what goes through it, `clock` gives monotonic seconds."""

    def __init__(self, power_w: Callable[[], float], clock: Callable[[], float]) -> None:
        """Power up."""
        self._power_w = power_w
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Lose the supply for a moment."""
        self._pointer = 0
        self._registers = {MANUFACTURER_ID: 0x5449, DIE_ID: 0x2260}
        self._registers |= dict.fromkeys(range(8), 0)
        self._configure(RESET_CONFIGURATION)

    def write(self, *data: int) -> None:
        """Set the pointer; behind it may stand a register's two bytes."""
        self._finish()
        self._pointer = data[0]
        if len(data) == 1:
            return
        value = int.from_bytes(data[1:], "big")
        if self._pointer == CONFIGURATION and value & RESET_BIT:
            self.reset()
        elif self._pointer == CONFIGURATION:
            self._configure(value)
        elif self._pointer == CALIBRATION:
            self._registers[CALIBRATION] = value & 0x7FFF
        else:
            raise NotImplementedError(f"fake INA226: writing register 0x{self._pointer:02x}")

    def read(self) -> bytes:
        """Return the register at the pointer."""
        self._finish()
        data = self._registers[self._pointer].to_bytes(2, "big")
        if self._pointer == MASK_ENABLE:
            self._registers[MASK_ENABLE] &= ~CONVERSION_READY
        return data

    def _configure(self, value: int) -> None:
        if value & BOTH_VOLTAGES != BOTH_VOLTAGES:
            raise NotImplementedError(f"fake INA226: mode {value & 7}")
        self._registers[CONFIGURATION] = value
        self._registers[MASK_ENABLE] &= ~CONVERSION_READY
        averages = AVERAGES[value >> 9 & 7]
        conversions_s = CONVERSION_S[value >> 6 & 7] + CONVERSION_S[value >> 3 & 7]
        self._ready_at_s: float | None = self._clock() + averages * conversions_s

    def _finish(self) -> None:
        """Fill the registers if a measurement has ended."""
        if self._ready_at_s is None or self._clock() < self._ready_at_s:
            return
        if not self._registers[CONFIGURATION] & CONTINUOUS:
            self._ready_at_s = None
        current_a = self._power_w() / SUPPLY_V
        shunt = max(-0x8000, min(0x7FFF, round(current_a * SHUNT_OHM / SHUNT_STEP_V)))
        bus = round(SUPPLY_V / BUS_STEP_V)
        current = int(shunt * self._registers[CALIBRATION] / 2048)
        power = abs(current) * bus // 20000
        overflow = not -0x8000 <= current <= 0x7FFF or power > 0xFFFF  # noqa: PLR2004  16 bits
        self._registers |= {
            SHUNT: shunt & 0xFFFF,
            BUS: bus,
            CURRENT: current & 0xFFFF,
            POWER: power & 0xFFFF,
            MASK_ENABLE: CONVERSION_READY | (OVERFLOW if overflow else 0),
        }
