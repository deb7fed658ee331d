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
from controller.devices.gpio import i2c_opener, spi_opener
from controller.devices.ina226 import Ina226
from controller.devices.ld2410 import Ld2410
from controller.devices.mcp3008 import LdrAtMcp3008
from controller.devices.modbus_meter import ModbusLine, ModbusUnit
from controller.devices.motion import GpioMotion
from controller.devices.poller import BusThread, Polled, Poller
from controller.devices.ports import LampFaultCallback, LampPort, SensorPort
from controller.devices.veml7700 import Veml7700
from controller.inbox import Inbox
from controller.lamp_drivers import LampDrivers
from controller.settings.node import NodeSettings
from controller.settings.wiring import (
    SERIAL_LINES,
    Bh1750Light,
    Ina226Meter,
    Ld2410Motion,
    Mcp3008Light,
    Metering,
    ModbusMeter,
    PinMotion,
    Unwired,
    Veml7700Light,
)

_log = structlog.get_logger()


def _unheard(_lamp: str, _fault: str | None) -> None:
    """Take no notice."""


def open_lamps(
    settings: NodeSettings, to_close: ExitStack, tell: LampFaultCallback = _unheard
) -> dict[str, LampPort]:
    """Open every wired lamp's driver; each lights its lamp at once.

    `tell` hears which cannot be opened, and of every fault that a lamp has later.
    """
    drivers = LampDrivers(to_close, tell)
    lamps: dict[str, LampPort] = {}
    for lamp, wiring in settings.lamps.items():
        if isinstance(wiring, Unwired):
            continue
        try:
            lamps[lamp] = drivers.open(lamp, wiring)
        except DeviceError as error:
            _cannot_open(lamp, error)
            tell(lamp, "cannot_open")
    return lamps


def open_sensors(settings: NodeSettings, inbox: Inbox, to_close: ExitStack) -> None:
    """Open every wired sensor; each reports its first reading as soon as it has one.

    What cannot be opened is logged, and tried again by its driver if that can help.
    """
    for name, wiring in settings.motion.items():
        if not isinstance(wiring, Unwired):  # else it is never read and counts as occupied
            _open_motion_sensor(_motion_sensor(name, wiring, inbox), name, to_close)
    threads: dict[str, BusThread] = {}
    for name, light in settings.light.items():
        if not isinstance(light, Unwired):
            _open_light_sensor(name, light, inbox, threads, to_close)


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


def _motion_sensor(name: str, wiring: PinMotion | Ld2410Motion, inbox: Inbox) -> SensorPort:
    def report(sensor: str, active: bool | None, at_s: float) -> None:  # noqa: FBT001 - a level
        inbox.put(MotionReported(sensor, active, at_s))

    match wiring:
        case PinMotion():
            return GpioMotion(
                name,
                wiring.pin,
                active_high=wiring.active_high,
                debounce_s=wiring.debounce_s,
                pull=wiring.pull,
                warm_up_s=wiring.warm_up_s,
                callback=report,
            )
        case Ld2410Motion(port=port, moving_m=moving_m, still_m=still_m):
            return Ld2410(name, port, moving_m=moving_m, still_m=still_m, callback=report)
        case _:
            assert_never(wiring)


def _open_motion_sensor(sensor: SensorPort, name: str, to_close: ExitStack) -> None:
    to_close.callback(sensor.close)
    try:
        sensor.start()
    except DeviceError as error:
        _cannot_open(name, error)


def _open_light_sensor(
    name: str,
    wiring: Bh1750Light | Veml7700Light | Mcp3008Light,
    inbox: Inbox,
    threads: dict[str, BusThread],
    to_close: ExitStack,
) -> None:
    def report(sensor: str, lux: float | None) -> None:
        inbox.put(LuxMeasured(sensor, lux))

    try:
        device, bus = _light_sensor(wiring)
    except DeviceError as error:
        _cannot_open(name, error)
        return
    if bus not in threads:
        threads[bus] = _bus_thread(bus, to_close)
    interval_s = wiring.interval_s
    poller = Poller(name, device, thread=threads[bus], interval_s=interval_s, callback=report)
    _start(poller, to_close)


def _light_sensor(wiring: Bh1750Light | Veml7700Light | Mcp3008Light) -> tuple[Polled, str]:
    """Return a light sensor's driver and the bus it is on. Raises DeviceError."""
    match wiring:
        case Bh1750Light(bus=bus, address=address):
            return Bh1750(i2c_opener(bus), address), f"i2c {bus}"
        case Veml7700Light(bus=bus):
            return Veml7700(i2c_opener(bus)), f"i2c {bus}"
        case Mcp3008Light(device=device, channel=channel, r_ohm=r_ohm, calibration=calibration):
            opener = spi_opener(device)
            return LdrAtMcp3008(opener, channel, r_ohm=r_ohm, calibration=calibration), "spi 0"
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
