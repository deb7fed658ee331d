"""Lamps and motion sensors at GPIO pins: the only module that imports gpiozero.

gpiozero calls back in threads of its own; such a callback does one guarded call into the event
loop and nothing else.
"""

import asyncio
import sys
import time
import warnings
from functools import partial
from typing import cast

import structlog
from gpiozero import Device, DigitalInputDevice, PWMOutputDevice
from gpiozero.exc import GPIOZeroError, PinFactoryFallback

from controller.core.fade import FULL_PCT
from controller.devices.bridge import ThreadBridge
from controller.devices.errors import DeviceError
from controller.devices.fader import Fader
from controller.devices.i2c import OpenI2c, open_smbus
from controller.devices.ports import MotionCallback

RECHECK_S = 5.0
"""How often a motion input is read besides its edges."""

log = structlog.get_logger(__name__)


class GpioPwmLamp:
    """A LampPort: a dimmable LED driver whose flux is proportional to the duty of a PWM pin.

    `pin` is a GPIO number, `active_high` says whether a high pin lights. The lamp is at full light
    until the first fade. lgpio's PWM is software in steps of 1 %.
    """

    def __init__(self, pin: int, frequency_hz: float, *, active_high: bool, fader: Fader) -> None:
        """Take the pin and light the lamp. Raises DeviceError."""
        ensure_pin_factory()
        try:
            self._device = PWMOutputDevice(
                pin, active_high=active_high, initial_value=1.0, frequency=frequency_hz
            )
        except _pin_errors() as error:
            raise _cannot_open(pin, "lamp", error) from error
        self._pin = pin
        self._failed = False
        self._dimmer = fader.attach(self._write, FULL_PCT)

    def fade_to(self, level_pct: float, fade_s: float) -> None:
        """Begin a fade from the present level; replaces a running one."""
        self._dimmer.fade_to(level_pct, fade_s)

    def close(self) -> None:
        """Let go of the pin: the wiring's pull lights the lamp."""
        self._dimmer.stop()
        self._device.close()

    def _write(self, level_pct: float) -> None:
        """Set the duty. A pin that refuses must not stop the other lamps' fades."""
        try:
            self._device.value = duty(level_pct)
        except _pin_errors() as error:
            if not self._failed:
                log.warning("lamp_pin_failed", pin=self._pin, error=str(error))
            self._failed = True
        else:
            self._failed = False


def duty(level_pct: float) -> float:
    """Return the PWM duty (0..1) of a flux in percent.

    lgpio cuts `duty * 100` down to whole percent, and 0.29 * 100 is a little less than 29: the
    next greater float keeps whole percents whole.
    """
    if level_pct <= 0.0:
        return 0.0
    return min(1.0, level_pct / FULL_PCT * (1.0 + sys.float_info.epsilon))


class GpioMotion:
    """A SensorPort: a PIR or radar module with a switching output.

    `pin` is a GPIO number; `active_high` says which level means that somebody is there. A level
    counts once it is stable for `debounce_s` (above 0), which also bounds the rate of events.

    The Pi's own pull resistors stay off. What a broken wire means is decided by the wiring, as
    for lamps: a resistor of some 100 kOhm at the Pi towards the *active* level makes a broken wire
    read as somebody being there, and the path is lit. The Pi's 50 kOhm would be too strong
    for the modules that switch through 20 kOhm, and a pull towards rest would hide the break.
    """

    def __init__(
        self,
        sensor_id: str,
        pin: int,
        *,
        active_high: bool,
        debounce_s: float,
        callback: MotionCallback,
    ) -> None:
        """Prepare; `start` takes the pin. `callback` is called in the event loop's thread."""
        self._id = sensor_id
        self._pin = pin
        self._active_high = active_high
        self._debounce_s = debounce_s
        self._callback = callback
        self._device: DigitalInputDevice | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reported: bool | None = None
        self._suspected: bool | None = None

    def start(self) -> None:
        """Take the pin and report its level. Call it in the event loop. Raises DeviceError."""
        loop = asyncio.get_running_loop()
        self._bridge = ThreadBridge(loop)
        self._device = self._open()
        try:
            # gpiozero claims the line's edges only now.
            self._device.when_activated = self._activated
            self._device.when_deactivated = self._deactivated
        except _pin_errors() as error:
            self.close()
            raise _cannot_open(self._pin, f"motion sensor {self._id}", error) from error
        self._report(self._read(), time.monotonic())
        self._timer = loop.call_later(RECHECK_S, self._recheck)

    def close(self) -> None:
        """Stop reporting and let go of the pin."""
        if self._timer is not None:
            self._timer.cancel()
        if self._device is not None:
            self._device.close()
        self._device = None

    def _open(self) -> DigitalInputDevice:
        ensure_pin_factory()
        try:
            return DigitalInputDevice(
                self._pin,
                pull_up=None,
                active_state=self._active_high,
                bounce_time=self._debounce_s,
            )
        except _pin_errors() as error:
            raise _cannot_open(self._pin, f"motion sensor {self._id}", error) from error

    def _activated(self) -> None:
        self._cross(active=True)

    def _deactivated(self) -> None:
        self._cross(active=False)

    def _cross(self, *, active: bool) -> None:
        """Leave gpiozero's thread."""
        self._bridge.call(self._report, active, time.monotonic())

    def _report(self, active: bool | None, at_s: float) -> None:  # noqa: FBT001  a level
        if self._device is None:
            return  # closed while the edge was on its way
        if active is None:
            log.warning("motion_sensor_unreadable", sensor=self._id, pin=self._pin)
        self._reported = self._suspected = active
        self._callback(self._id, active, at_s)

    def _recheck(self) -> None:
        """Heal a missed edge, and notice a pin that can no longer be read.

        A level that no edge announced counts when it is met twice: it may be a bounce.
        """
        self._timer = asyncio.get_running_loop().call_later(RECHECK_S, self._recheck)
        level = self._read()
        if level != self._reported and (level is None or level == self._suspected):
            self._report(level, time.monotonic())
        self._suspected = level

    def _read(self) -> bool | None:
        try:
            return bool(cast("DigitalInputDevice", self._device).is_active)
        except _pin_errors():
            return None


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
