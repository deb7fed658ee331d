"""Real daemons on virtual boards: what a town would run, with the outside in the test's hands."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT_S = 20.0
LAMP_PINS = (12, 13)
MOTION_PINS = (17, 27)
SPACING_M = 35.0

# Nobody in these tests is slower than this, so that a lamp is soon seen to dim.
PROFILE = """
[presence]
calm_s = 0.0
slowest_m_s = 15.0
fastest_m_s = 15.0
fade_up_s = 1.0
fade_down_s = 0.5
"""


async def until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """Return as soon as the condition holds; fail when it does not for a long time."""
    deadline_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline_s, f"still waiting for: {what}"
        await asyncio.sleep(0.005)


def midnight_longitude_deg() -> float:
    """Where it is the middle of the night now, so that a real clock means night."""
    utc = time.gmtime()
    hours = utc.tm_hour + utc.tm_min / 60
    return (-15.0 * hours + 180.0) % 360.0 - 180.0


@dataclass
class Board:
    """A virtual board in a process of its own and the wires to its outside."""

    socket: Path
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    said: list[dict[str, Any]] = field(default_factory=list)
    listening: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, socket: Path) -> "Board":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "firmware_sim.board", "--socket", str(socket)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert str(socket).encode() in await process.stdout.readline()
        reader, writer = await asyncio.open_unix_connection(str(socket))
        board = cls(socket, process, reader, writer)
        board.listening = asyncio.create_task(board.listen())
        return board

    async def listen(self) -> None:
        while line := await self.reader.readline():
            self.said.append(json.loads(line))

    def put(self, **message: object) -> float:
        """Change something outside; return the monotonic time of it."""
        at_s = time.monotonic()
        self.writer.write(json.dumps(message).encode() + b"\n")
        return at_s

    def duties(self, pin: int, since_s: float = 0.0) -> list[tuple[float, float]]:
        """What a lamp's pin was told: (monotonic seconds, duty)."""
        return [
            (x["at"], x["duty"])
            for x in self.said
            if x.get("pin") == pin and "duty" in x and x["at"] >= since_s
        ]

    def duty(self, pin: int) -> float:
        told = self.duties(pin)
        return told[-1][1] if told else -1.0

    async def bright(self, pin: int, since_s: float) -> float:
        """Wait until the pin's duty rises above 90 %; return when it did."""
        await until(lambda: any(d > 0.9 for _, d in self.duties(pin, since_s)), f"light on {pin}")
        return next(at_s for at_s, duty in self.duties(pin, since_s) if duty > 0.9)

    async def at_base(self, *pins: int, limit_s: float = LIMIT_S) -> None:
        """Wait until the lamps on these pins, or all of them, are at the base level."""
        await until(
            lambda: all(0.09 < self.duty(pin) < 0.11 for pin in pins or LAMP_PINS),
            "lamps at base level",
            limit_s,
        )

    async def stop(self) -> None:
        self.writer.close()
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@dataclass
class Node:
    """A real controller process, `cyclelight run`, on a board of its own."""

    name: str
    directory: Path
    board: Board
    process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        return (self.directory / f"{self.name}.log").read_text()

    async def start(self) -> None:
        environment = os.environ | {
            "GPIOZERO_PIN_FACTORY": "cyclelight_sim",
            "CYCLELIGHT_BOARD": str(self.board.socket),
        }
        with (self.directory / f"{self.name}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "controller", "run"),
                *("--node", str(self.directory / f"{self.name}.toml")),
                env=environment,
                stderr=log,
            )
        seen = self.log.count("lamps_under_control")
        await until(lambda: self.log.count("lamps_under_control") > seen, f"{self.name} to start")
        for pin in MOTION_PINS:
            self.board.put(pin=pin, value=0)

    async def passed(self, pin: int, hop_s: float) -> float:
        """Let somebody ride past a sensor, as far as the next; return when it began to see them."""
        at_s = self.board.put(pin=pin, value=1)
        await asyncio.sleep(hop_s / 2.0)
        self.board.put(pin=pin, value=0)
        await asyncio.sleep(hop_s / 2.0)
        return at_s

    async def kill(self) -> float:
        """End it as a power cut would; return when."""
        assert self.process is not None
        at_s = time.monotonic()
        self.process.kill()
        await self.process.wait()
        return at_s

    async def stop(self) -> int:
        """Ask it to end; return its exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), LIMIT_S)


class Town:
    """A path of a few nodes with two lamps and two motion sensors each."""

    def __init__(self, directory: Path, stack: AsyncExitStack) -> None:
        self.directory = directory
        self._stack = stack

    def write_files(  # noqa: PLR0913 what a test wants otherwise
        self,
        *,
        port: int | None,
        nodes: int,
        record_s: float = 1.0,
        spacing_m: float = SPACING_M,
        profile: str = PROFILE,
        debounce_s: float = 0.05,
    ) -> None:
        """Write every file. Lamps next to a node that is not there stay lit: see `nodes`."""
        (self.directory / "path.toml").write_text(_path_file(nodes, spacing_m))
        (self.directory / "profile.toml").write_text(profile)
        for number in range(1, nodes + 1):
            text = _node_file(number, record_s, debounce_s) + (_mqtt(port) if port else "")
            (self.directory / f"n{number}.toml").write_text(text)

    async def node(self, name: str) -> Node:
        """Start a board and a controller on it."""
        board = await Board.start(self.directory / f"{name}.sock")
        self._stack.push_async_callback(board.stop)
        node = Node(name, self.directory, board)
        await node.start()
        self._stack.push_async_callback(node.stop)
        return node


def _path_file(nodes: int, spacing_m: float) -> str:
    lamps = nodes * len(LAMP_PINS)
    parts = [
        f"""
[path]
tenant = "soest"
id = "test"
name = "Test path"
latitude = 0.0
longitude = {midnight_longitude_deg():.3f}
timezone = "Etc/UTC"
[[junction]]
id = "west"
[[junction]]
id = "east"
[[section]]
id = "s"
from = "west"
to = "east"
length_m = {lamps * spacing_m}
"""
    ]
    parts += [f'[[node]]\nid = "n{number}"\n' for number in range(1, nodes + 1)]
    for i in range(lamps):
        at_m, node = spacing_m * (i + 0.5), f"n{i // 2 + 1}"
        parts.append(f"""
[[lamp]]
id = "L{i + 1}"
section = "s"
at_m = {at_m}
node = "{node}"
rated_w = 15
[[motion_sensor]]
id = "M{i + 1}"
section = "s"
at_m = {at_m}
node = "{node}"
reach_m = {spacing_m / 5}
""")
    return "".join(parts)


def _node_file(number: int, record_s: float, debounce_s: float) -> str:
    first = 2 * number - 1
    text = f"""
path_file = "path.toml"
profile_file = "profile.toml"
node = "n{number}"
state_dir = "state-n{number}"
clock = {{ trust = "always" }}
ledger = {{ record_s = {record_s} }}
"""
    for i in (0, 1):
        text += f"""
[lamps.L{first + i}]
kind = "gpio_pwm"
pin = {LAMP_PINS[i]}
[motion.M{first + i}]
kind = "gpio"
pin = {MOTION_PINS[i]}
debounce_s = {debounce_s}
"""
    return text


def _mqtt(port: int) -> str:
    return f"""
[mqtt]
host = "127.0.0.1"
port = {port}
"""
