"""From a node file's wiring to open drivers. What cannot be opened is logged and left to light.

A lamp without its driver is lit by its wiring, a sensor without one counts as occupied.
"""

from contextlib import ExitStack
from typing import assert_never

import structlog

from controller.core.events import LuxMeasured, MotionReported
from controller.devices.bh1750 import Bh1750
from controller.devices.errors import DeviceError
from controller.devices.fader import Fader
from controller.devices.gpio import GpioMotion, GpioPwmLamp, i2c_opener
from controller.devices.ports import LampPort, SensorPort
from controller.inbox import Inbox
from controller.settings.node import NodeSettings
from controller.settings.wiring import Bh1750Light, PinMotion, PwmLamp, Unwired

_log = structlog.get_logger()


def open_lamps(settings: NodeSettings, to_close: ExitStack) -> dict[str, LampPort]:
    """Open every wired lamp's driver; each lights its lamp at once."""
    fader = Fader()
    lamps: dict[str, LampPort] = {}
    for lamp, wiring in settings.lamps.items():
        match wiring:
            case PwmLamp(pin=pin, frequency_hz=hz, active_high=active_high):
                try:
                    lamps[lamp] = GpioPwmLamp(pin, hz, active_high=active_high, fader=fader)
                except DeviceError as error:
                    _cannot_open(lamp, error)
                else:
                    to_close.callback(lamps[lamp].close)
            case Unwired():
                pass
            case _:
                assert_never(wiring)
    return lamps


def open_sensors(settings: NodeSettings, inbox: Inbox, to_close: ExitStack) -> None:
    """Open every wired sensor; each reports its first reading at once."""
    for name, sensor in _motion_sensors(settings, inbox) + _light_sensors(settings, inbox):
        try:
            sensor.start()
        except DeviceError as error:
            _cannot_open(name, error)
        else:
            to_close.callback(sensor.close)


def _motion_sensors(settings: NodeSettings, inbox: Inbox) -> list[tuple[str, SensorPort]]:
    def report(sensor: str, active: bool | None, at_s: float) -> None:  # noqa: FBT001 - a level
        inbox.put(MotionReported(sensor, active, at_s))

    sensors: list[tuple[str, SensorPort]] = []
    for name, wiring in settings.motion.items():
        match wiring:
            case PinMotion(pin=pin, active_high=active_high, debounce_s=debounce_s):
                sensor = GpioMotion(
                    name, pin, active_high=active_high, debounce_s=debounce_s, callback=report
                )
                sensors.append((name, sensor))
            case Unwired():
                pass  # never read, so it counts as occupied until it is wired
            case _:
                assert_never(wiring)
    return sensors


def _light_sensors(settings: NodeSettings, inbox: Inbox) -> list[tuple[str, SensorPort]]:
    def report(sensor: str, lux: float | None) -> None:
        inbox.put(LuxMeasured(sensor, lux))

    sensors: list[tuple[str, SensorPort]] = []
    for name, wiring in settings.light.items():
        match wiring:
            case Bh1750Light(bus=bus, address=address, interval_s=interval_s):
                try:
                    opener = i2c_opener(bus)
                except DeviceError as error:
                    _cannot_open(name, error)
                    continue
                sensor = Bh1750(
                    name, opener, address=address, interval_s=interval_s, callback=report
                )
                sensors.append((name, sensor))
            case Unwired():
                pass
            case _:
                assert_never(wiring)
    return sensors


def _cannot_open(name: str, error: DeviceError) -> None:
    _log.error("device_not_opened", device=name, error=str(error))
