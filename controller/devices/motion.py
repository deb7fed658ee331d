"""A PIR or radar module with a switching output at a GPIO pin.

The Pi's own pull resistors usually stay off. What a broken wire means is decided by the wiring, as
for lamps: a resistor of some 100 kOhm at the Pi towards the *active* level makes a broken wire
read as somebody being there, and the path is lit. The Pi's 50 kOhm would be too strong for the
modules that switch through 20 kOhm, and a pull towards rest would hide the break.

A sensor that warms up triggers by itself or not at all: until then nobody knows whether somebody
is there. How long it is blind after it triggered, the core learns from what it reports.
"""

import asyncio
import time
from functools import partial

import structlog

from controller.devices.bridge import ThreadBridge
from controller.devices.errors import DeviceError
from controller.devices.gpio import GpioInput
from controller.devices.ports import MotionCallback

RECHECK_S = 5.0
"""How often the pin is read besides its edges; the first wait before it is opened anew."""
LONGEST_RETRY_S = 60.0

log = structlog.get_logger(__name__)


class GpioMotion:
    """A SensorPort. What cannot be read is reported as None, once, and the pin opened anew."""

    def __init__(  # noqa: PLR0913  what the node file says of it
        self,
        sensor_id: str,
        pin: int,
        *,
        active_high: bool,
        debounce_s: float,
        pull: str = "none",
        warm_up_s: float = 0.0,
        callback: MotionCallback,
    ) -> None:
        """Prepare; `start` takes the pin. `callback` is called in the event loop's thread.

        `active_high` says which level means that somebody is there; `debounce_s` and `pull` are
        those of `GpioInput`. For `warm_up_s` seconds from the start nothing is believed.
        """
        self._id = sensor_id
        self._pin = pin
        self._open = partial(
            GpioInput, pin, active_high=active_high, debounce_s=debounce_s, pull=pull
        )
        self._warm_up_s = warm_up_s
        self._callback = callback
        self._input: GpioInput | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._retry_s = RECHECK_S
        self._lost = False
        self._told: bool | None = None
        self._suspected: bool | None = None

    def start(self) -> None:
        """Take the pin and report its level. Call it in the event loop. Raises DeviceError.

        The pin is tried again later even if it cannot be taken now.
        """
        self._loop = asyncio.get_running_loop()
        self._bridge = ThreadBridge(self._loop)
        self._warm_at_s = self._loop.time() + self._warm_up_s
        try:
            self._input = self._open(changed=self._cross)
        except DeviceError:
            self._lost = True
            self._report(None, time.monotonic())
            self._again_after(self._longer_s())
            raise
        if self._warm_up_s:
            log.info("motion_sensor_warming_up", sensor=self._id, seconds=self._warm_up_s)
            self._report(None, time.monotonic())
        self._check()

    def close(self) -> None:
        """Stop reporting and let go of the pin."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._let_go()

    def _let_go(self) -> None:
        if self._input is not None:
            self._input.close()
        self._input = None

    def _cross(self, active: bool) -> None:  # noqa: FBT001  a level
        """Leave gpiozero's thread."""
        self._bridge.call(self._hear, active, time.monotonic())

    def _hear(self, active: bool, at_s: float) -> None:  # noqa: FBT001  a level
        if self._input is not None and self._is_warm():
            self._report(active, at_s)

    def _is_warm(self) -> bool:
        return self._loop.time() >= self._warm_at_s

    def _report(self, active: bool | None, at_s: float) -> None:  # noqa: FBT001  a level
        self._told = self._suspected = active
        self._callback(self._id, active, at_s)

    def _check(self) -> None:
        """Heal a missed edge; open a pin that could not be read; read a sensor that is warm."""
        try:
            if self._input is None:
                self._input = self._open(changed=self._cross)
            level = self._input.is_active()
        except DeviceError as error:
            self._lose(error)
            return
        self._lost, self._retry_s = False, RECHECK_S
        if self._is_warm():
            self._compare(level)
            self._again_after(RECHECK_S)
        else:
            self._again_after(self._warm_at_s - self._loop.time())

    def _compare(self, level: bool) -> None:  # noqa: FBT001  a level
        """Report a level that is not the one told.

        After the first, one that no edge announced counts when it is met twice: it may be a bounce.
        """
        if self._told is None or (level != self._told and level == self._suspected):
            self._report(level, time.monotonic())
        self._suspected = level

    def _lose(self, error: DeviceError) -> None:
        if not self._lost:
            log.warning(
                "motion_sensor_unreadable", sensor=self._id, pin=self._pin, error=str(error)
            )
            self._report(None, time.monotonic())
        self._lost = True
        self._let_go()
        self._again_after(self._longer_s())

    def _longer_s(self) -> float:
        """Return how long to wait before the pin is opened anew, each time twice as long."""
        wait_s, self._retry_s = self._retry_s, min(2.0 * self._retry_s, LONGEST_RETRY_S)
        return wait_s

    def _again_after(self, wait_s: float) -> None:
        self._timer = self._loop.call_later(wait_s, self._check)
