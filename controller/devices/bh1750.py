"""The BH1750FVI light sensor, after ROHM's data sheet.

Each reading is a one-time measurement in high resolution: instructions 0x01 (power on) and 0x20,
up to 180 ms, then two bytes, high byte first, 1.2 counts a lux; the chip powers itself down.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import structlog

from controller.devices.i2c import I2cBus, OpenI2c, import_smbus2, read_bytes
from controller.devices.ports import LuxCallback

POWER_ON = 0x01
ONE_TIME_HIGH_RESOLUTION = 0x20
MEASUREMENT_S = 0.180
MEASUREMENT_MARGIN_S = 0.02
COUNTS_PER_LUX = 1.2
BUS_LIMIT_S = 2.0
"""A bus call that takes longer counts as failed."""
FIRST_RETRY_S = 1.0

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class Bh1750:
    """A SensorPort: reports lux every `interval_s` seconds.

    After an error it reports None, opens the bus anew and retries after 1, 2, 4 ... seconds, at
    most `interval_s`. Bus calls block, so they run in a thread; one at a time, even if one hangs.
    """

    def __init__(
        self,
        sensor_id: str,
        open_bus: OpenI2c,
        *,
        address: int,
        interval_s: float,
        callback: LuxCallback,
    ) -> None:
        """Prepare. `callback` is called in the event loop's thread."""
        self._id = sensor_id
        self._open_bus = open_bus
        self._address = address
        self._interval_s = interval_s
        self._callback = callback
        self._failed = False
        self._bus: I2cBus | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"bh1750-{sensor_id}")
        self._under_way: Future[Any] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read. Call it in the event loop. Raises DeviceError without smbus2."""
        import_smbus2()
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"lux {self._id}")

    def close(self) -> None:
        """Stop reporting, and let go of the bus once no call is under way."""
        if self._task is None:
            return
        self._task.cancel()
        self._task = None
        self._thread.submit(self._close_bus)
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        """Read and report for ever."""
        retry_s = FIRST_RETRY_S
        while True:
            lux = await self._reading()
            self._callback(self._id, lux)
            wait_s = self._interval_s if lux is not None else min(retry_s, self._interval_s)
            retry_s = FIRST_RETRY_S if lux is not None else 2.0 * wait_s
            await asyncio.sleep(wait_s)

    async def _reading(self) -> float | None:
        """Return lux, None after an error (told once); after one the bus is opened anew."""
        try:
            await self._in_thread(self._begin)
            await asyncio.sleep(MEASUREMENT_S + MEASUREMENT_MARGIN_S)
            lux = await self._in_thread(self._fetch)
        except OSError as error:
            if not self._failed:
                log.warning("light_sensor_unreadable", sensor=self._id, error=str(error))
            self._failed = True
            return None
        self._failed = False
        return lux

    async def _in_thread(self, function: Callable[[], Result]) -> Result:
        """Run a blocking bus call. Raises its OSError, or TimeoutError while one hangs."""
        if self._under_way is not None and not self._under_way.done():
            raise TimeoutError("an earlier bus call still hangs")
        self._under_way = future = self._thread.submit(function)
        async with asyncio.timeout(BUS_LIMIT_S):
            return await asyncio.wrap_future(future)

    def _begin(self) -> None:
        """Order a measurement. Runs in the thread."""
        if self._failed:
            self._close_bus()
        self._bus = self._bus or self._open_bus()
        self._bus.write_byte(self._address, POWER_ON)
        self._bus.write_byte(self._address, ONE_TIME_HIGH_RESOLUTION)

    def _fetch(self) -> float:
        """Return the finished measurement in lux. Runs in the thread."""
        if self._bus is None:
            raise OSError("the bus is closed")
        data = read_bytes(self._bus, self._address, 2)
        return int.from_bytes(data, "big") / COUNTS_PER_LUX

    def _close_bus(self) -> None:
        """Close the bus if it is open. Runs in the thread."""
        if self._bus is not None:
            self._bus.close()
        self._bus = None
