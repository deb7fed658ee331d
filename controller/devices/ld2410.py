"""An HLK-LD2410 radar module as a motion sensor, at a serial port.

The module talks by itself and is never asked. While it says nothing that can be understood, nobody
knows whether somebody is there.
"""

import asyncio
import os
import time
from collections.abc import Callable
from functools import partial

import structlog

from controller.devices.ld2410_frames import RadarReport, parse
from controller.devices.ports import MotionCallback
from controller.devices.serial_port import serial_port

BAUD = 256_000
SILENCE_S = 1.0
"""Ten reports are missing: the sensor is unreadable."""
QUIET_S = 1.0
"""Somebody has gone when no report of so many seconds shows them: a target flickers at the edge."""
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 30.0
MOST_BYTES_AT_ONCE = 1024

log = structlog.get_logger(__name__)


class Watch:
    """Decides from a module's reports whether somebody is there.

    Who moves counts within `moving_m` metres, who stands still within `still_m`.
    """

    def __init__(self, moving_m: float, still_m: float, begin_s: float) -> None:
        """Begin at `begin_s` with nothing known."""
        self._moving_m = moving_m
        self._still_m = still_m
        self._seen_s = begin_s

    def hear(self, report: RadarReport, at_s: float) -> bool | None:
        """Return whether somebody is there, None while that is not known yet."""
        moving_m, still_m = report
        if (moving_m is not None and moving_m < self._moving_m) or (
            still_m is not None and still_m < self._still_m
        ):
            self._seen_s = at_s
            return True
        return False if at_s - self._seen_s >= QUIET_S else None


class Ld2410:
    """A SensorPort. A port that fails or falls silent is opened anew after 1, 2, 4 ... 30 s."""

    def __init__(
        self,
        sensor_id: str,
        port: str,
        *,
        moving_m: float,
        still_m: float,
        callback: MotionCallback,
    ) -> None:
        """Prepare. `callback` is called in the event loop's thread."""
        self._id = sensor_id
        self._port = port
        self._ranges_m = moving_m, still_m
        self._callback = callback
        self._told: bool | None = None
        self._lost = False
        self._retry_s = FIRST_RETRY_S
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen. Call it in the event loop."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._run(), name=f"listen {self._id}")

    def close(self) -> None:
        """Stop reporting; the port is let go as soon as the event loop runs."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        """Listen for ever."""
        while True:
            try:
                with serial_port(self._port, BAUD) as descriptor:
                    await self._listen(descriptor)
            except OSError as error:
                self._lose(error)
            wait_s, self._retry_s = self._retry_s, min(2.0 * self._retry_s, LONGEST_RETRY_S)
            await asyncio.sleep(wait_s)

    async def _listen(self, descriptor: int) -> None:
        """Take reports in until the port fails or falls silent. Raises OSError."""
        loop = asyncio.get_running_loop()
        line = _Line(descriptor, partial(self._hear, Watch(*self._ranges_m, time.monotonic())))
        loop.add_reader(descriptor, line.take)
        try:
            while (wait_s := line.heard_s + SILENCE_S - time.monotonic()) > 0.0:
                await asyncio.wait([line.failed], timeout=wait_s)
                if line.failed.done():
                    raise line.failed.result()
        finally:
            loop.remove_reader(descriptor)
        raise OSError(f"no report for {SILENCE_S:g} s: {_REMEDY}")

    def _hear(self, watch: Watch, report: RadarReport) -> None:
        self._retry_s = FIRST_RETRY_S
        now_s = time.monotonic()
        active = watch.hear(report, now_s)
        if active is not None and active != self._told:
            self._lost, self._told = False, active
            self._callback(self._id, active, now_s)

    def _lose(self, error: OSError) -> None:
        """Say that nothing is known, once."""
        if not self._lost:
            log.warning("device_unreadable", device=self._id, port=self._port, error=str(error))
            self._callback(self._id, None, time.monotonic())
        self._lost, self._told = True, None


_REMEDY = "see to its supply, its wires (TX to RX), the port, and 256000 baud in the module"


class _Line:
    """An open port: hands on its reports, and says in `failed` with what it ended.

    It is called back rather than awaited: ten reports a second must not cost a node its sleep.
    """

    def __init__(self, descriptor: int, hear: Callable[[RadarReport], None]) -> None:
        self._descriptor = descriptor
        self._hear = hear
        self._rest = b""
        self.heard_s = time.monotonic()
        self.failed: asyncio.Future[OSError] = asyncio.get_running_loop().create_future()

    def take(self) -> None:
        """Take in what can be read. Never raises."""
        if self.failed.done():
            return
        try:
            received = os.read(self._descriptor, MOST_BYTES_AT_ONCE)
        except BlockingIOError:
            return
        except OSError as error:
            self.failed.set_result(error)
            return
        if not received:
            self.failed.set_result(OSError("the serial port is gone"))
            return
        reports, self._rest = parse(self._rest + received)
        for report in reports:
            self.heard_s = time.monotonic()
            self._hear(report)
