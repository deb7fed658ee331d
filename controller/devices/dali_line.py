"""Interfaces to a DALI bus. Their calls block and come from one thread.

A line runs sequences in the manner of python-dali: generators that yield commands, are sent the
responses, and return a result. Nothing else gets between the commands of one sequence.
"""

import asyncio
import logging
import socket
from collections.abc import Generator
from typing import Any, Protocol, TypeVar

from dali.command import Command, Response
from dali.driver.hid import tridonic
from dali.exceptions import DALIError
from dali.frame import BackwardFrame, BackwardFrameError
from dali.gear.general import EnableDeviceType

ANSWER_LIMIT_S = 1.0
SEQUENCE_LIMIT_S = 4.0

Result = TypeVar("Result")
Sequence = Generator[Command, Response, Result]


class DaliLine(Protocol):
    """A way to the gear on one bus."""

    def run(self, sequence: Sequence[Result]) -> Result:
        """Run a sequence; opens what is not open. Raises OSError, and what the sequence raises."""

    def close(self) -> None:
        """Close what is open; the next sequence opens it again."""


class UsbLine:
    """A Tridonic DALI USB (or one that speaks as it does) at a hidraw device."""

    def __init__(self, port: str) -> None:
        """Prepare. `port`: the device's file, in which `*` may stand for a part of the name."""
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._driver: Any = None

    def run(self, sequence: Sequence[Result]) -> Result:
        """Run a sequence. Raises OSError."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        try:
            result: Result = self._loop.run_until_complete(self._run(sequence))
        except DALIError as error:
            self.close()
            raise OSError(f"the interface at {self._port} fails: {error!r}") from error
        except TimeoutError as error:
            self.close()
            raise OSError(f"the interface at {self._port} does not answer") from error
        return result

    async def _run(self, sequence: Sequence[Result]) -> Any:  # noqa: ANN401  python-dali has no types
        async with asyncio.timeout(SEQUENCE_LIMIT_S):
            if self._driver is None:
                # It tells every failure every time; the lamp tells each once.
                logging.getLogger("tridonic").setLevel(logging.CRITICAL)
                self._driver = tridonic(self._port, glob=True)
                if not self._driver.connect():
                    driver, self._driver = self._driver, None
                    await _disconnected(driver)
                    raise OSError(f"cannot open {self._port}: see to its name and its rights")
            await self._driver.connected.wait()
            return await self._driver.send(sequence)

    def close(self) -> None:
        """Close the device."""
        loop, self._loop = self._loop, None
        driver, self._driver = self._driver, None
        if loop is None:
            return
        if driver is not None:
            loop.run_until_complete(_disconnected(driver))
        loop.close()


async def _disconnected(driver: Any) -> None:  # noqa: ANN401  as above
    driver.disconnect()
    # Its tasks were told to end; they do so at their next turn.
    await asyncio.sleep(0)


class ServerLine:
    """A bus behind daliserver, which serves other interfaces, over TCP."""

    def __init__(self, port: str) -> None:
        """Prepare. `port`: host and port, like "localhost:55825"."""
        host, _, number = port.rpartition(":")
        self._address = host, int(number)
        self._socket: socket.socket | None = None

    def run(self, sequence: Sequence[Result]) -> Result:
        """Run a sequence. Raises OSError."""
        response: Any = None
        while True:
            try:
                command = sequence.send(response)
            except StopIteration as end:
                result: Result = end.value
                return result
            if command.devicetype != 0:
                self._ask(EnableDeviceType(command.devicetype))
            response = self._ask(command)

    def _ask(self, command: Command) -> Response | None:
        """Send a command, twice where the standard wants that; return its response, if any."""
        status, value = self._exchange(command)
        if command.sendtwice:
            status, value = self._exchange(command)
        if command.response is None:
            return None
        match status:
            case 0:
                return command.response(None)
            case 1:
                return command.response(BackwardFrame(value))
            case 255:
                return command.response(BackwardFrameError(255))
            case _:
                raise OSError(f"daliserver answers with the unknown status {status}")

    def _exchange(self, command: Command) -> tuple[int, int]:
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, ANSWER_LIMIT_S)
            self._socket.sendall(bytes((2, 0)) + command.frame.pack)
            answer = b""
            while len(answer) < 4:  # noqa: PLR2004  version, status, value, padding
                part = self._socket.recv(4 - len(answer))
                if not part:
                    raise ConnectionResetError("daliserver hung up")
                answer += part
        except OSError as error:
            self.close()
            host, number = self._address
            raise OSError(f"daliserver at {host}:{number}: {error}") from error
        return answer[1], answer[2]

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
