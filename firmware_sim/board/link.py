"""The controller's end of the board's socket: drives pins, keeps a copy of the inputs.

Nothing here waits for the board once it is connected: sending never blocks, and reads are
answered from the copy that a reader thread keeps. When the board dies, reads raise BoardLostError
and what is sent goes nowhere.
"""

import contextlib
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import assert_never

from gpiozero.exc import PinError

from controller.printable import printable
from firmware_sim.board.messages import (
    BadLineError,
    Greeting,
    InputSet,
    LuxSet,
    PowerSet,
    decode,
    encode,
    parse_greeting,
    parse_input,
)
from firmware_sim.board.socket_file import BoardError, connected

START_LIMIT_S = 20.0
ANSWER_LIMIT_S = 5.0
IDLE_EXIT_S = 60.0
MAX_ANSWER_BYTES = 64 * 1024

InputCallback = Callable[[int, int, float], None]
"""(pin, value, monotonic seconds), called in the reader thread"""
Settle = Callable[[float], float | None]
"""(monotonic seconds now) -> seconds after which it wants to be called again; reader thread"""


class BoardLostError(PinError):  # type: ignore[misc]  # gpiozero publishes no types
    """The board's process is gone: nobody knows what is at the pins."""


class BoardLink:
    """A connection of the side that drives pins."""

    def __init__(self, client: socket.socket) -> None:
        """Say hello over `client` and learn what is at the inputs. Raises BoardError."""
        self._socket = client
        self._buffer = b""
        self._lost = False
        self._sending = threading.Lock()
        known, self._unread = self._greet()
        self._inputs = dict(known.inputs)
        self._lux = known.lux
        self._power_w = known.power_w
        client.setblocking(False)  # noqa: FBT003  the socket's own signature

    def start(self, on_input: InputCallback, settle: Settle) -> None:
        """Begin to follow the board in a thread of its own."""
        self._on_input = on_input
        self._settle = settle
        self._reader = threading.Thread(target=self._read, name="virtual-board", daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Part from the board, which leaves every pin to its pull."""
        self._lose()
        if self._reader is not threading.current_thread():
            self._reader.join(ANSWER_LIMIT_S)
        self._socket.close()

    def input(self, pin: int) -> int | None:
        """Return what is at `pin`, None if nothing was ever put there. Raises BoardLostError."""
        self._check()
        return self._inputs.get(pin)

    @property
    def lux(self) -> float | None:
        """Illuminance at the light sensor, None without a sensor. Raises BoardLostError."""
        self._check()
        return self._lux

    @property
    def power_w(self) -> Mapping[str, float]:
        """Watts that each lamp draws, as far as they were told. Raises BoardLostError."""
        self._check()
        return self._power_w

    def drive(self, pin: int, duty: float) -> None:
        """Drive `pin` with `duty`, 0..1."""
        self._send({"pin": pin, "duty": round(duty, 6), "at": time.monotonic()})

    def release(self, pin: int) -> None:
        """Leave `pin` to its pull."""
        self._send({"pin": pin, "driven": False, "at": time.monotonic()})

    def _check(self) -> None:
        if self._lost:
            raise BoardLostError("the virtual board has gone; start it and the controller again")

    def _send(self, message: Mapping[str, object]) -> None:
        with self._sending:
            if self._lost:
                return
            line = encode(message)
            try:
                sent = self._socket.send(line)
            except OSError:
                sent = 0
            if sent < len(line):
                self._lose()

    def _lose(self) -> None:
        self._lost = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster

    def _greet(self) -> tuple[Greeting, list[dict[str, object]]]:
        """Return the board's answer and what came after it; skip what every newcomer is told."""
        self._socket.settimeout(ANSWER_LIMIT_S)
        try:
            with contextlib.suppress(BrokenPipeError):  # a refusal waits to be read
                self._socket.sendall(encode({"hello": "controller"}))
            while len(self._buffer) < MAX_ANSWER_BYTES:
                messages = self._received()
                for index, message in enumerate(messages):
                    if "error" in message:
                        said = printable(str(message["error"]))
                        raise BoardError(f"the virtual board refuses: {said}")
                    if "inputs" in message:
                        return parse_greeting(message), messages[index + 1 :]
        except (OSError, BadLineError) as error:
            raise BoardError(f"the virtual board does not answer: {error}") from error
        raise BoardError("this is not a virtual board: it answers too much")

    def _received(self) -> list[dict[str, object]]:
        """Return the whole messages of one read. Raises OSError when the board has ended."""
        data = self._socket.recv(MAX_ANSWER_BYTES)
        if not data:
            raise ConnectionResetError("connection ended")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [decode(line) for line in lines]

    def _read(self) -> None:
        """Follow the board until the connection ends (or a callback fails, as lgpio's do).

        A board that says what it never should counts as gone.
        """
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        try:
            for message in self._unread:
                self._learn(message)
            while True:
                wait_s = self._settle(time.monotonic())
                if poller.poll(None if wait_s is None else wait_s * 1000):
                    for message in self._received():
                        self._learn(message)
        except (OSError, BadLineError):
            return  # `finally` makes it known
        finally:
            self._lost = True

    def _learn(self, message: Mapping[str, object]) -> None:
        match parse_input(message):
            case InputSet(pin, value):
                self._inputs[pin] = value
                self._on_input(pin, value, time.monotonic())
            case LuxSet(lux):
                self._lux = lux
            case PowerSet(power_w):
                self._power_w = {**self._power_w, **power_w}
            case None:
                pass  # what every newcomer is told of outputs
            case never:
                assert_never(never)


def link_to(path: Path) -> BoardLink:
    """Connect to the board at `path`; where none listens, start one. Raises BoardError."""
    client = connected(path, ANSWER_LIMIT_S)
    if client is None:
        complaint = _start_board(path)
        client = connected(path, ANSWER_LIMIT_S)
        if client is None:
            raise BoardError(f"{path}: cannot start a board: {complaint}")
    try:
        return BoardLink(client)
    except BoardError:
        client.close()
        raise


def _start_board(path: Path) -> str:
    """Start a board that outlives this process; return once it listens, or what it complains of.

    Of two that are started at once one complains that the other listens already.
    """
    command = [sys.executable, "-m", "firmware_sim.board", "--detach"]
    arguments = ["--socket", str(path), "--idle-exit-s", str(IDLE_EXIT_S)]
    try:
        done = subprocess.run(  # noqa: S603  our own module, no shell
            [*command, *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=START_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return f"it does not listen within {START_LIMIT_S:g} s"
    return done.stderr.decode(errors="replace").strip()
