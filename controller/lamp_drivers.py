"""From the wiring of one lamp to its open driver."""

from contextlib import ExitStack
from typing import Any, assert_never

from controller.devices.analogue import AnalogueChannel
from controller.devices.dali_lamp import DaliLamp as DaliDriver
from controller.devices.errors import DeviceError
from controller.devices.faded_lamp import FadedLamp
from controller.devices.fader import Fader
from controller.devices.gpio import GpioPwm, GpioSwitch
from controller.devices.poller import BusThread
from controller.devices.ports import Channel, LampFaultCallback, LampPort
from controller.devices.relay import RelayLamp as RelayDriver
from controller.devices.sysfs_pwm import SysfsPwm as SysfsPwmChannel
from controller.devices.two_channel import TwoChannelLamp as TwoChannelDriver
from controller.settings.lamp_wiring import (
    AnalogueLamp,
    DaliLamp,
    PwmLamp,
    RelayLamp,
    SysfsPwm,
    TwoChannelLamp,
)

Dimmed = PwmLamp | SysfsPwm | AnalogueLamp


class LampDrivers:
    """Opens drivers of lamps; those that fade by software share a fader, those at one bus a thread.

    Call it in the event loop. What is open is let go when `to_close` is.
    """

    def __init__(self, to_close: ExitStack, tell: LampFaultCallback) -> None:
        """`tell` hears of every fault that a lamp has while it runs."""
        self._to_close = to_close
        self._tell = tell
        self._fader = Fader()
        self._buses: dict[str, tuple[Any, BusThread]] = {}

    def open(self, lamp: str, wiring: Dimmed | RelayLamp | TwoChannelLamp | DaliLamp) -> LampPort:
        """Open a lamp's driver, which lights the lamp at once. Raises DeviceError."""
        with ExitStack() as failed:
            port = self._opened(lamp, wiring, failed)
            failed.pop_all()
        self._to_close.callback(port.close)
        return port

    def _opened(
        self,
        lamp: str,
        wiring: Dimmed | RelayLamp | TwoChannelLamp | DaliLamp,
        failed: ExitStack,
    ) -> LampPort:
        fader, tell = self._fader, self._tell
        match wiring:
            case PwmLamp() | SysfsPwm() | AnalogueLamp():
                return FadedLamp(lamp, _channel(wiring, failed), fader=fader, tell=tell)
            case RelayLamp(pin=pin, active_high=active_high, least_on_s=least_on_s):
                switch = GpioSwitch(pin, active_high=active_high)
                return RelayDriver(lamp, switch, least_on_s=least_on_s, tell=tell)
            case TwoChannelLamp(warm=warm, cold=cold, warm_k=warm_k, cold_k=cold_k):
                channels = _channel(warm, failed), _channel(cold, failed)
                cct_k = warm_k, cold_k
                return TwoChannelDriver(lamp, channels, cct_k=cct_k, fader=fader, tell=tell)
            case DaliLamp():
                return self._dali(lamp, wiring)
            case _:
                assert_never(wiring)

    def _dali(self, lamp: str, wiring: DaliLamp) -> LampPort:
        # Only here, because nobody needs python-dali who has no such lamp.
        try:
            from controller.devices.dali_gear import DaliGear  # noqa: PLC0415
            from controller.devices.dali_line import ServerLine, UsbLine  # noqa: PLC0415
        except ImportError as error:
            raise DeviceError(
                "a DALI lamp needs python-dali: install cyclelight with its extra 'dali'"
            ) from error
        port = wiring.port
        if port not in self._buses:
            line = UsbLine(port) if wiring.interface == "tridonic" else ServerLine(port)
            thread = BusThread(port)
            self._to_close.callback(thread.close)
            self._to_close.callback(thread.last, line.close)
            self._buses[port] = line, thread
        line, thread = self._buses[port]
        gear = DaliGear(lamp, line, short=wiring.short, group=wiring.group)
        driver = DaliDriver(lamp, gear, thread, self._tell)
        driver.start()
        return driver


def _channel(wiring: Dimmed, failed: ExitStack) -> Channel:
    """Open a channel; what is open already is let go if the rest of the lamp cannot be opened."""
    channel: Channel
    match wiring:
        case PwmLamp(pin=pin, frequency_hz=hz, active_high=active_high):
            channel = GpioPwm(pin, hz, active_high=active_high)
        case SysfsPwm(device=device, channel=number, frequency_hz=hz, active_high=active_high):
            channel = SysfsPwmChannel(device, number, hz, active_high=active_high)
        case AnalogueLamp(output=output, calibration=calibration, least_pct=least_pct):
            channel = AnalogueChannel(_channel(output, failed), calibration, least_pct)
            return channel
        case _:
            assert_never(wiring)
    failed.callback(channel.close)
    return channel
