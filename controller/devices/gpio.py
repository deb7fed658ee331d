"""Pins, and the buses at them: the only module that imports gpiozero.

gpiozero calls back in threads of its own; such a callback does one guarded call into the event
loop and nothing else.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import MappingProxyType

from gpiozero import Device, DigitalInputDevice, DigitalOutputDevice, PWMOutputDevice
from gpiozero.exc import GPIOZeroError, PinFactoryFallback, SPISoftwareFallback

from controller.core.fade import FULL_PCT
from controller.devices.errors import DeviceError
from controller.devices.i2c import OpenI2c, open_smbus
from controller.devices.mcp3008 import OpenSpi


class GpioPwm:
    """A Channel: a pin that is pulse-width modulated by software, whose duty is the level.

    `pin` is a GPIO number, `active_high` says whether a high pin lights. The line is at full light
    until the first level is written. lgpio's PWM has steps of 1 %.
    """

    def __init__(self, pin: int, frequency_hz: float, *, active_high: bool) -> None:
        """Take the pin and light the lamp. Raises DeviceError."""
        ensure_pin_factory()
        try:
            self._device = PWMOutputDevice(
                pin, active_high=active_high, initial_value=1.0, frequency=frequency_hz
            )
        except _pin_errors() as error:
            raise _cannot_open(pin, "lamp", error) from error

    def write(self, level_pct: float) -> None:
        """Set the duty. Raises OSError."""
        try:
            self._device.value = duty(level_pct)
        except _pin_errors() as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Let go of the pin: the wiring's pull lights the lamp."""
        self._device.close()


class GpioSwitch:
    """A Switch: a pin that drives a relay. `active_high` says whether a high pin lights."""

    def __init__(self, pin: int, *, active_high: bool) -> None:
        """Take the pin and light the lamp. Raises DeviceError."""
        ensure_pin_factory()
        try:
            self._device = DigitalOutputDevice(pin, active_high=active_high, initial_value=True)
        except _pin_errors() as error:
            raise _cannot_open(pin, "lamp", error) from error

    def switch(self, *, lit: bool) -> None:
        """Set the pin. Raises OSError."""
        try:
            self._device.value = lit
        except _pin_errors() as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Let go of the pin: the wiring's pull lights the lamp."""
        self._device.close()


def duty(level_pct: float) -> float:
    """Return the PWM duty (0..1) of a flux in percent.

    lgpio cuts `duty * 100` down to whole percent, and 0.29 * 100 is a little less than 29: the
    next greater float keeps whole percents whole.
    """
    if level_pct <= 0.0:
        return 0.0
    return min(1.0, level_pct / FULL_PCT * (1.0 + sys.float_info.epsilon))


class GpioInput:
    """A line that something outside switches, like a motion sensor's output.

    `pin` is a GPIO number; `active_high` says which level is the active one; `pull` is "none",
    "up" or "down". A level counts once it is stable for `debounce_s` (above 0), which also bounds
    the rate of calls.
    """

    def __init__(
        self,
        pin: int,
        *,
        active_high: bool,
        debounce_s: float,
        pull: str,
        changed: Callable[[bool], None],
    ) -> None:
        """Take the pin; `changed` hears of edges in gpiozero's thread. Raises DeviceError."""
        ensure_pin_factory()
        self._changed = changed
        # With its own pull-up, gpiozero calls the low level the active one.
        self._when_active = active_high != (pull == "up")
        try:
            self._device = DigitalInputDevice(
                pin,
                pull_up=_PULL_UP[pull],
                active_state=True if pull == "none" else None,
                bounce_time=debounce_s,
            )
        except _pin_errors() as error:
            raise _cannot_open(pin, "motion sensor", error) from error
        try:
            # gpiozero claims the line's edges only now.
            self._device.when_activated = self._activated
            self._device.when_deactivated = self._deactivated
        except _pin_errors() as error:
            self.close()
            raise _cannot_open(pin, "motion sensor", error) from error

    def is_active(self) -> bool:
        """Read the level. Raises DeviceError."""
        try:
            return bool(self._device.is_active) == self._when_active
        except _pin_errors() as error:
            raise DeviceError(f"the pin can no longer be read: {error}") from error

    def close(self) -> None:
        """Let go of the pin, as far as it still can be."""
        with suppress(*_pin_errors()):
            self._device.close()

    def _activated(self) -> None:
        self._changed(self._when_active)

    def _deactivated(self) -> None:
        self._changed(not self._when_active)


_PULL_UP: Mapping[str, bool | None] = MappingProxyType({"none": None, "up": True, "down": False})


class SpiBus:
    """SPI bus 0 with the chip at one of its select lines. Its calls block and raise OSError."""

    def __init__(self, device: int) -> None:
        """Open it. `device` is 0 for CE0 (GPIO 8), 1 for CE1 (GPIO 7). Raises OSError."""
        with _as_os_error(f"cannot open SPI device 0.{device}"):
            self._spi = Device.pin_factory.spi(port=0, device=device, shared=True)

    def transfer(self, sent: Sequence[int]) -> list[int]:
        """Send bytes and return what came in their place. Raises OSError."""
        with _as_os_error("SPI transfer failed"):
            return list(self._spi.transfer(list(sent)))

    def close(self) -> None:
        """Let go of the bus, as far as it still can be."""
        with suppress(*_pin_errors()):
            self._spi.close()
        if self._spi.closed:
            # gpiozero's shared buses carry a close() of their own that refers back to them: one
            # that is closed waits for the garbage collector, which closes it once more and so
            # strikes the bus that was opened since off gpiozero's list: no other input could
            # share that one.
            self._spi.__dict__.pop("close", None)


@contextmanager
def _as_os_error(problem: str) -> Iterator[None]:
    """Raise everything that a pin factory has against it as an OSError."""
    errors: tuple[type[Exception], ...] = (*_pin_errors(), SPISoftwareFallback)
    try:
        yield
    except errors as error:
        raise OSError(f"{problem}: {error}; is SPI enabled (raspi-config)?") from error


def ensure_pin_factory() -> None:
    """Let gpiozero load its pin factory, and only the one asked for (lgpio by default).

    Raises DeviceError: gpiozero by itself would warn and take one that cannot do PWM.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PinFactoryFallback)
            Device.ensure_pin_factory()
    except (*_pin_errors(), PinFactoryFallback) as error:
        raise DeviceError(
            f"gpiozero has no pins: {error}; on a Pi install python3-lgpio, set "
            "GPIOZERO_PIN_FACTORY=lgpio and run in a directory that can be written to"
        ) from error


def i2c_opener(bus: int, behind: tuple[str, ...] = ()) -> OpenI2c:
    """Return a function that opens I2C bus number `bus`.

    A pin factory that has its own buses (a virtual board) gives it, else it is /dev/i2c-`bus`.
    `behind`: what a meter there measures, which such a factory cannot know from its wires.
    Raises DeviceError.
    """
    ensure_pin_factory()
    factory_i2c = getattr(Device.pin_factory, "i2c", None)
    return partial(open_smbus, bus) if factory_i2c is None else partial(factory_i2c, bus, behind)


def spi_opener(device: int) -> OpenSpi:
    """Return a function that opens SPI bus 0 for the chip at CE`device`. Raises DeviceError."""
    ensure_pin_factory()
    # Else gpiozero would set bit after bit by itself, slower than a converter can wait.
    warnings.simplefilter("error", SPISoftwareFallback)
    return partial(SpiBus, device)


def _pin_errors() -> tuple[type[Exception], ...]:
    """Return what a pin can raise; lgpio's own class exists only where lgpio is loaded."""
    lgpio = sys.modules.get("lgpio")
    known = (GPIOZeroError, OSError, ImportError)
    return known if lgpio is None else (*known, lgpio.error)


def _cannot_open(pin: int, what: str, error: Exception) -> DeviceError:
    return DeviceError(
        f"{what}: cannot open GPIO {pin}: {error}; check the pin in the node file and that no "
        "other program or overlay uses it (gpioinfo)"
    )
