"""The demo's folder and its processes: broker, virtual boards, controllers.

Each process has a session of its own, so that Ctrl-C reaches the demo alone, which then ends them
in order. They also end when the demo fails, but not when it is killed with SIGKILL.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware_sim.demo import scene
from firmware_sim.demo.broker import DemoBroker
from firmware_sim.demo.failure import DemoError

PATIENCE_S = 3.0
LAST_WORDS = 8
FOREIGN_VARIABLES = ("CYCLELIGHT_", "GPIOZERO_", "NOTIFY_SOCKET", "WATCHDOG_")
"""Beginnings of names that would steer the controllers past the demo's files."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process of the demo. What it prints is in `log`."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    def last_words(self) -> str:
        """Return the end of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LAST_WORDS:])


def write_files(folder: Path, broker: DemoBroker, port: int) -> None:
    """Write everything that the processes read."""
    longitude_deg = scene.longitude_at_midnight(datetime.now(UTC))
    texts = {
        "path.toml": scene.path_text(longitude_deg),
        "profile.toml": scene.PROFILE,
        broker.config_file: broker.config,
    }
    for number, node in enumerate(scene.NODES):
        texts[f"{node}.toml"] = scene.node_text(number, port, broker.protocol)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


class Stage:
    """The processes in `folder`, started in the order broker, boards, controllers."""

    def __init__(self, folder: Path) -> None:
        """Start nothing yet. Belongs to the running event loop."""
        self._folder = folder
        self._children: list[Child] = []
        self._waiting: list[asyncio.Task[None]] = []
        self._first_end: asyncio.Future[Child] = asyncio.get_running_loop().create_future()

    def socket_of(self, node: str) -> Path:
        """Return where a node's board listens."""
        return self._folder / f"{node}.sock"

    async def start_broker(self, broker: DemoBroker) -> None:
        """Start the broker."""
        await self._start(broker.name, broker.command, {})

    async def start_boards(self) -> None:
        """Start a virtual board for every node."""
        for node in scene.NODES:
            command = (sys.executable, "-m", "firmware_sim.board")
            where = str(self.socket_of(node))
            await self._start(f"board-{node}", (*command, "--socket", where), {})

    async def start_controllers(self) -> None:
        """Start every node's controller, unmodified, on its virtual board."""
        for node in scene.NODES:
            command = (sys.executable, "-m", "controller", "run", "--node", f"{node}.toml")
            where = str(self.socket_of(node))
            variables = {"GPIOZERO_PIN_FACTORY": "cyclelight_sim", "CYCLELIGHT_BOARD": where}
            await self._start(node, command, variables)

    async def watch(self) -> None:
        """Wait until a process ends that should not have. Raises DemoError with its last words."""
        child = await self._first_end
        raise DemoError(
            f"{child.name} ended by itself with status {child.process.returncode}; "
            f"the end of its log:\n{child.last_words()}"
        )

    async def clear(self) -> None:
        """End all processes, the last started first: SIGTERM, then SIGKILL after 3 s."""
        for children in self._in_leaving_order():
            for child in children:
                if child.process.returncode is None:
                    child.process.terminate()
            await self._gone(children, PATIENCE_S)
            for child in children:
                if child.process.returncode is None:
                    child.process.kill()
        await asyncio.gather(*self._waiting)

    def _in_leaving_order(self) -> tuple[list[Child], list[Child]]:
        """Put the controllers first: they take leave of the broker and let go of their boards."""
        controllers = [child for child in self._children if child.name in scene.NODES]
        return controllers, [child for child in self._children if child not in controllers]

    async def _gone(self, children: Sequence[Child], limit_s: float) -> None:
        ends = [asyncio.create_task(child.process.wait()) for child in children]
        if ends:
            await asyncio.wait(ends, timeout=limit_s)
        for end in ends:
            end.cancel()

    async def _start(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        log = self._folder / f"{name}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self._folder,
                env={**_environment(), **variables},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(name, process, log)
        self._children.append(child)
        self._waiting.append(asyncio.create_task(self._note_end(child)))

    async def _note_end(self, child: Child) -> None:
        await child.process.wait()
        if not self._first_end.done():
            self._first_end.set_result(child)


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_VARIABLES)}
