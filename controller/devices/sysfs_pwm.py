"""Hardware pulse-width modulation through /sys/class/pwm.

After the kernel's Documentation/driver-api/pwm.rst and ABI/testing/sysfs-class-pwm.

Steps of some ten nanoseconds and no load on the processor, unlike a pin that is toggled by
software. A chip is found by the device that it belongs to, because its number depends on the order
in which drivers were loaded.
"""

import errno
import os
import time
from pathlib import Path

from controller.core.fade import FULL_PCT
from controller.devices.errors import DeviceError

CLASS = Path("/sys/class/pwm")
NS_PER_S = 1e9
READY_LIMIT_S = 2.0
"""So long udev may take to give the group its rights to a channel that was just exported."""
LOOK_S = 0.02


class Sysfs:
    """The files of the kernel's PWM class."""

    def __init__(self, root: Path = CLASS) -> None:
        """Look below `root`."""
        self.root = root

    def write(self, file: Path, text: str) -> None:
        """Write with one call of the system, as sysfs wants it. Raises OSError."""
        descriptor = os.open(file, os.O_WRONLY)
        try:
            os.write(descriptor, text.encode("ascii"))
        finally:
            os.close(descriptor)

    def wait(self, seconds: float) -> None:
        """Let some time pass."""
        time.sleep(seconds)


KERNEL = Sysfs()


class SysfsPwm:
    """A Channel: one output of a PWM chip, whose duty is the level.

    `device`: the last part of the chip's device path, like "1f00098000.pwm". `active_high`: whether
    high means light. The line is at full light until the first level is written.
    """

    def __init__(
        self,
        device: str,
        channel: int,
        frequency_hz: float,
        *,
        active_high: bool,
        sysfs: Sysfs = KERNEL,
    ) -> None:
        """Take the channel and light the lamp. Raises DeviceError."""
        self._device, self._channel = device, channel
        self._frequency_hz, self._active_high = frequency_hz, active_high
        self._sysfs = sysfs
        self._period_ns = round(NS_PER_S / frequency_hz)
        self._duty_ns: int | None = None
        self._folder = self._take()

    def write(self, level_pct: float) -> None:
        """Set the duty. Raises OSError; after one the channel is taken anew."""
        if self._duty_ns is None:
            self._folder = self._take()
        duty_ns = self._duty_of(level_pct)
        if duty_ns != self._duty_ns:
            self._duty_ns = None
            self._sysfs.write(self._folder / "duty_cycle", str(duty_ns))
            self._duty_ns = duty_ns

    def close(self) -> None:
        """Leave the channel running at full light.

        To unexport it would stop the signal, and the pin would stay an output of the chip: low,
        against whatever the wiring pulls it to.
        """
        try:
            self.write(FULL_PCT)
        except (OSError, DeviceError):
            return  # it is gone, and with it what could be lit

    def _duty_of(self, level_pct: float) -> int:
        light_ns = round(self._period_ns * level_pct / FULL_PCT)
        return light_ns if self._active_high else self._period_ns - light_ns

    def _take(self) -> Path:
        """Export the channel if need be, set it up and light the lamp. Raises DeviceError."""
        chip = self._chip()
        folder = chip / f"pwm{self._channel}"
        try:
            if not folder.exists():
                self._sysfs.write(chip / "export", str(self._channel))
            self._await(folder)
            self._set_up(folder)
        except OSError as error:
            raise DeviceError(
                f"{self}: {error.strerror or error}; {self._remedy(error)}"
            ) from error
        self._duty_ns = self._duty_of(FULL_PCT)
        return folder

    def _chip(self) -> Path:
        chips = sorted(self._sysfs.root.glob("pwmchip*"))
        devices = {chip: (chip / "device").resolve().name for chip in chips}
        for chip, device in devices.items():
            if device == self._device:
                return chip
        there = ", ".join(sorted(set(devices.values()))) or "none"
        raise DeviceError(
            f"{self}: there is no such chip (there are: {there}); on a Pi add dtoverlay=pwm-2chan "
            "to /boot/firmware/config.txt and restart it; `ls -l /sys/class/pwm/*/device` shows "
            "the devices"
        )

    def _await(self, folder: Path) -> None:
        """Wait for the files of an exported channel, and for the right to write them."""
        waited_s = 0.0
        while not os.access(folder / "duty_cycle", os.W_OK):
            if waited_s >= READY_LIMIT_S:
                raise PermissionError(errno.EACCES, "its files cannot be written to")
            self._sysfs.wait(LOOK_S)
            waited_s += LOOK_S

    def _set_up(self, folder: Path) -> None:
        """Set period and full light in an order in which the duty never exceeds the period.

        A channel that runs already goes on running: a controller that starts anew must not let
        the lamp blink.
        """

        def read(name: str) -> str:
            return (folder / name).read_text(encoding="ascii").strip()

        steps = [("period", str(self._period_ns)), ("duty_cycle", str(self._duty_of(FULL_PCT)))]
        if int(read("duty_cycle")) > self._period_ns:
            steps.reverse()
        running = read("enable") == "1"
        if read("polarity") != "normal":
            # The kernel turns no running signal over.
            if running:
                steps.insert(0, ("enable", "0"))
                running = False
            steps.append(("polarity", "normal"))
        if not running:
            steps.append(("enable", "1"))
        for name, text in steps:
            self._sysfs.write(folder / name, text)

    def _remedy(self, error: OSError) -> str:
        match error.errno:
            case errno.EACCES | errno.EPERM | errno.EROFS:
                return (
                    "let the service's user be in the group gpio, to which Raspberry Pi OS gives "
                    "these files, and its unit have ProtectKernelTunables=no"
                )
            case errno.ENODEV:
                return "the chip has no such channel: `cat npwm` in its folder says how many"
            case errno.EBUSY:
                return "another driver of the kernel or another program has the channel"
            case errno.EINVAL | errno.ERANGE:
                return f"the chip cannot do {self._frequency_hz:g} Hz: choose another frequency_hz"
            case _:
                return "see to the overlay and to the kernel's log"

    def __str__(self) -> str:
        """Name the channel for people."""
        return f"PWM channel {self._channel} of {self._device}"
