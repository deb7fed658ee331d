"""From a node file's wiring to open drivers. What cannot be opened is logged and left to light.

A lamp without its driver is lit by its wiring, a sensor without one counts as occupied. What a
meter without one would measure is reckoned, as where there is none.
"""

from contextlib import ExitStack
from typing import assert_never

import structlog

from controller.core.events import LuxMeasured, MotionReported, PowerMeasured
from controller.core.metering import Meter
from controller.devices.bh1750 import Bh1750
from controller.devices.errors import DeviceError
from controller.devices.fader import Fader
from controller.devices.gpio import GpioMotion, GpioPwmLamp, i2c_opener
from controller.devices.ina226 import Ina226
from controller.devices.modbus_meter import ModbusLine, ModbusUnit
from controller.devices.poller import BusThread, Polled, Poller
from controller.devices.ports import LampPort, SensorPort
from controller.inbox import Inbox
from controller.settings.node import NodeSettings
from controller.settings.wiring import (
    SERIAL_LINES,
    Bh1750Light,
    Ina226Meter,
    LightWiring,
    Metering,
    ModbusMeter,
    PinMotion,
    PwmLamp,
    Unwired,
)

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
    """Open every wired sensor; each reports its first reading as soon as it has one."""
    for name, sensor in _motion_sensors(settings, inbox):
        try:
            sensor.start()
        except DeviceError as error:
            _cannot_open(name, error)
        else:
            to_close.callback(sensor.close)
    for name, wiring in settings.light.items():
        _open_light_sensor(name, wiring, inbox, to_close)


def wired_meters(settings: NodeSettings) -> list[Meter]:
    """Return the meters that the node file wires, as the core knows them."""
    return [
        Meter(name, wiring.lamps, wiring.controller)
        for name, wiring in settings.meter.items()
        if isinstance(wiring, Metering)
    ]


def open_meters(settings: NodeSettings, inbox: Inbox, to_close: ExitStack) -> None:
    """Open every wired meter; each reports its first reading as soon as it has one."""

    def report(meter: str, power_w: float | None) -> None:
        inbox.put(PowerMeasured(meter, power_w))

    lines: dict[str, tuple[ModbusLine, BusThread]] = {}
    for name, wiring in settings.meter.items():
        if isinstance(wiring, Unwired):
            continue
        try:
            device, thread = _meter(name, wiring, lines, to_close)
        except DeviceError as error:
            _cannot_open(name, error)
        else:
            interval_s = wiring.interval_s
            poller = Poller(name, device, thread=thread, interval_s=interval_s, callback=report)
            _start(poller, to_close)


def _meter(
    name: str,
    wiring: Ina226Meter | ModbusMeter,
    lines: dict[str, tuple[ModbusLine, BusThread]],
    to_close: ExitStack,
) -> tuple[Polled, BusThread]:
    """Return a meter's driver and the thread to ask it in. Raises DeviceError."""
    match wiring:
        case Ina226Meter(bus=bus, address=address, shunt_ohm=shunt_ohm, max_a=max_a):
            behind = (*wiring.lamps, "controller") if wiring.controller else wiring.lamps
            opener = i2c_opener(bus, behind)
            chip = Ina226(opener, address, shunt_ohm=shunt_ohm, max_a=max_a)
            return chip, _bus_thread(name, to_close)
        case ModbusMeter(port=port, baud=baud, unit=unit, model=model):
            if port not in lines:
                line = ModbusLine(port, baud, SERIAL_LINES[model].stop_bits)
                lines[port] = line, _bus_thread(port, to_close)
            line, thread = lines[port]
            return ModbusUnit(line, unit, model), thread
        case _:
            assert_never(wiring)


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


def _open_light_sensor(name: str, wiring: LightWiring, inbox: Inbox, to_close: ExitStack) -> None:
    def report(sensor: str, lux: float | None) -> None:
        inbox.put(LuxMeasured(sensor, lux))

    match wiring:
        case Bh1750Light(bus=bus, address=address, interval_s=interval_s):
            try:
                device = Bh1750(i2c_opener(bus), address)
            except DeviceError as error:
                _cannot_open(name, error)
                return
            thread = _bus_thread(name, to_close)
            poller = Poller(name, device, thread=thread, interval_s=interval_s, callback=report)
            _start(poller, to_close)
        case Unwired():
            pass
        case _:
            assert_never(wiring)


def _bus_thread(name: str, to_close: ExitStack) -> BusThread:
    """Return a thread that ends after the pollers that use it: what is opened last closes first."""
    thread = BusThread(name)
    to_close.callback(thread.close)
    return thread


def _start(poller: Poller, to_close: ExitStack) -> None:
    poller.start()
    to_close.callback(poller.close)


def _cannot_open(name: str, error: DeviceError) -> None:
    _log.error("device_not_opened", device=name, error=str(error))
