"""The board's process: one asyncio loop, one state, a bounded number of connections."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import assert_never, cast

from firmware_sim.board.messages import (
    MAX_LINE_BYTES,
    BadLineError,
    Hello,
    InputSet,
    LuxSet,
    PinDriven,
    PinReleased,
    PowerSet,
    encode,
    parse_controller,
    parse_outside,
)
from firmware_sim.board.state import BoardState

MAX_CONNECTIONS = 32
MAX_UNREAD_BYTES = 256 * 1024
"""A connection that lets more than this pile up is ended: it does not read."""


class Board:
    """Carries messages between the connections and the state."""

    def __init__(self, idle_exit_s: float | None) -> None:
        """Without any connection for `idle_exit_s` seconds the board ends; None: never."""
        self.ended = asyncio.Event()
        self._idle_exit_s = idle_exit_s
        self._idle: asyncio.TimerHandle | None = None
        self._state = BoardState()
        self._connections: set[Connection] = set()
        self._number = 0
        self._wait_for_connection()

    def admit(self, connection: "Connection") -> None:
        """Take a new connection in and tell it about every output; one too many is refused."""
        if len(self._connections) >= MAX_CONNECTIONS:
            connection.refuse(f"the board takes {MAX_CONNECTIONS} connections; close one")
            return
        if self._idle is not None:
            self._idle.cancel()
        self._number += 1
        connection.number = self._number
        self._connections.add(connection)
        for message in self._state.for_outside():
            connection.send(message)

    def part(self, connection: "Connection") -> None:
        """Forget an ended connection. Pins that it drove are left to their pull."""
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        for message in self._state.release_all(connection.number, time.monotonic()):
            self._tell(message, controller=False)
        if not self._connections:
            self._wait_for_connection()

    def obey(self, connection: "Connection", line: bytes) -> None:
        """Carry out one line. Raises BadLineError, and then nothing has changed."""
        if connection.controller:
            self._obey_controller(connection, line)
        else:
            self._obey_outside(connection, line)

    def _obey_controller(self, connection: "Connection", line: bytes) -> None:
        match parse_controller(line):
            case PinDriven() as change:
                message = self._state.drive(connection.number, change)
            case PinReleased(pin, at_s):
                message = self._state.release(connection.number, pin, at_s)
            case never:
                assert_never(never)
        self._tell(message, controller=False)

    def _obey_outside(self, connection: "Connection", line: bytes) -> None:
        match parse_outside(line):
            case Hello():
                connection.controller = True
                connection.send(self._state.for_controller())
            case InputSet() | LuxSet() | PowerSet() as change:
                self._tell(self._state.set_from_outside(change), controller=True)
            case never:
                assert_never(never)

    def _tell(self, message: Mapping[str, object] | None, *, controller: bool) -> None:
        if message is None:
            return
        for connection in list(self._connections):
            if connection.controller is controller:
                connection.send(message)

    def _wait_for_connection(self) -> None:
        if self._idle_exit_s is not None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._idle_exit_s, self.ended.set)


class Connection(asyncio.Protocol):
    """One client: cuts its bytes into lines and bounds what it sends and what it leaves unread."""

    def __init__(self, board: Board) -> None:
        """Serve one client of `board`."""
        self.controller = False
        self.number = 0
        self._board = board
        self._buffer = b""
        self._skipping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Introduce the new connection to the board."""
        self._transport = cast("asyncio.Transport", transport)
        self._board.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """Take leave, however the connection ended."""
        self._board.part(self)

    def data_received(self, data: bytes) -> None:
        """Carry out every whole line, keep the rest."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take_line(line)
        if len(self._buffer) > MAX_LINE_BYTES:
            self._refuse_rest_of_line()

    def send(self, message: Mapping[str, object]) -> None:
        """Write one line; end a connection that does not read what it is sent."""
        if self._transport.is_closing():
            return
        self._transport.write(encode(message))
        if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self._transport.abort()

    def refuse(self, reason: str) -> None:
        """Say why and end the connection."""
        self.send({"error": reason})
        self._transport.close()

    def _take_line(self, line: bytes) -> None:
        if self._skipping:
            self._skipping = False
        elif len(line) > MAX_LINE_BYTES:
            self._say_too_long()
        elif line.strip():
            try:
                self._board.obey(self, line)
            except BadLineError as error:
                self.send({"error": str(error)})

    def _refuse_rest_of_line(self) -> None:
        self._buffer = b""
        if not self._skipping:
            self._skipping = True
            self._say_too_long()

    def _say_too_long(self) -> None:
        self.send({"error": f"line too long, {MAX_LINE_BYTES} bytes at most"})


async def serve(
    listener: socket.socket, idle_exit_s: float | None, on_ready: Callable[[], None]
) -> None:
    """Serve `listener` until SIGINT, SIGTERM or the idle time; say when that has begun."""
    board = Board(idle_exit_s)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, board.ended.set)
    server = await loop.create_unix_server(lambda: Connection(board), sock=listener)
    on_ready()
    await board.ended.wait()
    server.close()
