"""The demo's end of the virtual boards: puts motion outputs on pins, reads what the lamps do."""

import asyncio
from pathlib import Path
from typing import cast

from firmware_sim.board.messages import decode, encode
from firmware_sim.board.state import PULLED_DUTY
from firmware_sim.demo import scene
from firmware_sim.demo.failure import DemoError
from firmware_sim.demo.stage import Stage
from firmware_sim.demo.world import LevelChange

START_LIMIT_S = 20.0
RETRY_S = 0.05


class BoardClient(asyncio.Protocol):
    """A connection to one board. `duty` is what is known of its outputs, by pin, 0 to 1."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.duty: dict[int, float] = {}
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to the board."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Note what the controller does with its outputs."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = decode(line)
            self.duty[cast("int", message["pin"])] = cast("float", message["duty"])

    def put(self, pin: int, *, high: bool) -> None:
        """Put a level on an input."""
        self._transport.write(encode({"pin": pin, "value": int(high)}))

    def close(self) -> None:
        """Part from the board."""
        self._transport.close()


class Boards:
    """All boards together, seen as one path of lamps and sensors."""

    def __init__(self, clients: list[BoardClient]) -> None:
        """Take one client a node; all sensors begin quiet."""
        self._clients = clients
        self._wires = {
            scene.sensor(number * scene.LAMPS_PER_NODE + i): (client, pin)
            for number, client in enumerate(clients)
            for i, pin in enumerate(scene.MOTION_PINS)
        }
        for sensor in self._wires:
            self.put(LevelChange(sensor, active=False))

    def put(self, change: LevelChange) -> None:
        """Put a sensor's output on its pin."""
        client, pin = self._wires[change.sensor]
        client.put(pin, high=change.active)

    def levels_pct(self) -> tuple[float, ...]:
        """Return every lamp's level along the path; a pin that nobody drives means light."""
        return tuple(
            100.0 * client.duty.get(pin, PULLED_DUTY)
            for client in self._clients
            for pin in scene.LAMP_PINS
        )

    def close(self) -> None:
        """Part from all boards."""
        for client in self._clients:
            client.close()


async def connect(stage: Stage) -> Boards:
    """Connect to every board as soon as it listens. Raises DemoError."""
    try:
        async with asyncio.timeout(START_LIMIT_S):
            return Boards([await _connected(stage.socket_of(node)) for node in scene.NODES])
    except TimeoutError:
        raise DemoError(f"the virtual boards did not start in {START_LIMIT_S:g} s") from None


async def _connected(socket: Path) -> BoardClient:
    loop = asyncio.get_running_loop()
    while True:
        try:
            _, client = await loop.create_unix_connection(BoardClient, str(socket))
        except (FileNotFoundError, ConnectionRefusedError):
            await asyncio.sleep(RETRY_S)
        else:
            return client
