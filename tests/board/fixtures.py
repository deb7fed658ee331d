"""A board in a process of its own, what is outside it, and gpiozero attached to it."""

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device

from firmware_sim.board.factory import BOARD_VARIABLE, VirtualBoardFactory

LIMIT_S = 10.0


def eventually(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Wait until `condition` holds; fail after `limit_s`."""
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.005)


async def until(condition: Callable[[], object]) -> None:
    """Wait likewise, but let the event loop run."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110  conditions of another process set no event
            await asyncio.sleep(0.005)


class Client:
    """A connection to a board that speaks JSON lines."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(LIMIT_S)
        self.socket.connect(str(path))
        self._lines = self.socket.makefile("rb")

    def send(self, message: object) -> None:
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> dict[str, Any]:
        line = self._lines.readline()
        assert line, "the board ended the connection"
        message = json.loads(line)
        assert isinstance(message, dict)
        return message

    def has_ended(self) -> bool:
        """Read to the end of the connection."""
        try:
            while self._lines.readline():
                pass
        except ConnectionResetError:
            pass
        return True

    def so_far(self) -> list[dict[str, Any]]:
        """Everything that the board had to say before it answered a line that is no message."""
        self.send("not a message")
        messages = []
        while "error" not in (message := self.receive()):
            messages.append(message)
        return messages

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


@contextmanager
def running_board(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "firmware_sim.board", "--socket", str(path), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert str(path) in process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def board_path() -> Iterator[Path]:
    # not tmp_path: a Unix socket's path must be short
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory) / "board"


@pytest.fixture
def board(board_path: Path) -> Iterator[subprocess.Popen[str]]:
    with running_board(board_path) as process:
        yield process


@pytest.fixture
def connect(board_path: Path) -> Iterator[Callable[[], Client]]:
    clients: list[Client] = []

    def connect() -> Client:
        clients.append(Client(board_path))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def outside(board: subprocess.Popen[str], connect: Callable[[], Client]) -> Client:
    assert board.poll() is None
    client = connect()
    client.so_far()  # the board has taken it in: it will hear every change
    return client


@pytest.fixture
def factory(
    board: subprocess.Popen[str], board_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VirtualBoardFactory]:
    assert board.poll() is None
    monkeypatch.setenv(BOARD_VARIABLE, str(board_path))
    Device.pin_factory = VirtualBoardFactory()
    yield Device.pin_factory
    Device.pin_factory.close()
    Device.pin_factory = None
