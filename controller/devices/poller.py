"""Devices that must be asked: a blocking read every so many seconds, in a thread."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import structlog

from controller.devices.ports import ReadingCallback

CALL_LIMIT_S = 5.0
"""A call that takes longer counts as failed."""
FIRST_RETRY_S = 1.0

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class Polled(Protocol):
    """What a driver does when it is asked. Calls block, and come from one thread only."""

    def read(self) -> float:
        """Return a reading; opens what is not open. Raises OSError."""

    def close(self) -> None:
        """Let go of the bus or port, if it is open; the next reading opens it again."""


class BusThread:
    """A thread for the blocking calls to a bus: one at a time, even if one hangs."""

    def __init__(self, name: str) -> None:
        """Begin without a thread; the first call starts it."""
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._turn = asyncio.Lock()
        self._under_way: Future[Any] | None = None

    async def call(self, function: Callable[[], Result]) -> Result:
        """Return what `function` returns. Raises its OSError, or TimeoutError while one hangs."""
        async with self._turn:
            if self._under_way is not None and not self._under_way.done():
                raise TimeoutError("an earlier call still hangs")
            self._under_way = future = self._pool.submit(function)
            async with asyncio.timeout(CALL_LIMIT_S):
                return await asyncio.wrap_future(future)

    def last(self, function: Callable[[], object]) -> None:
        """Call `function` after all that was asked for, without waiting for it."""
        self._pool.submit(function)

    def close(self) -> None:
        """Take no more calls; the thread ends when those under way have ended."""
        self._pool.shutdown(wait=False)


class Poller:
    """A SensorPort: reports a reading every `interval_s` seconds.

    After an error it reports None, opens the device anew and retries after 1, 2, 4 ... seconds,
    at most `interval_s`.
    """

    def __init__(
        self,
        device_id: str,
        device: Polled,
        *,
        thread: BusThread,
        interval_s: float,
        callback: ReadingCallback,
    ) -> None:
        """Prepare. `callback` is called in the event loop's thread.

        Devices at one port share a `thread`, which is the caller's to close, after its pollers.
        """
        self._id = device_id
        self._device = device
        self._thread = thread
        self._interval_s = interval_s
        self._callback = callback
        self._failed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read. Call it in the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"poll {self._id}")

    def close(self) -> None:
        """Stop reporting, and let go of the device once no call is under way."""
        if self._task is None:
            return
        self._task.cancel()
        self._task = None
        self._thread.last(self._device.close)

    async def _run(self) -> None:
        """Read and report for ever."""
        retry_s = FIRST_RETRY_S
        while True:
            reading = await self._reading()
            self._callback(self._id, reading)
            wait_s = self._interval_s if reading is not None else min(retry_s, self._interval_s)
            retry_s = FIRST_RETRY_S if reading is not None else 2.0 * wait_s
            await asyncio.sleep(wait_s)

    async def _reading(self) -> float | None:
        """Return a reading, None after an error, which is told once."""
        try:
            reading = await self._thread.call(
                self._read_anew if self._failed else self._device.read
            )
        except OSError as error:
            if not self._failed:
                log.warning("device_unreadable", device=self._id, error=str(error))
            self._failed = True
            return None
        self._failed = False
        return reading

    def _read_anew(self) -> float:
        self._device.close()
        return self._device.read()
