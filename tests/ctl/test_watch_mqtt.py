"""`status` and `watch` over a real broker: in a pipe, on a terminal, and until Ctrl-C."""

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from controller.mqtt.payloads import LampReport
from tests.ctl.fake import PATH, TENANT, fake_node, state
from tests.ctl.ran import ctl
from tests.mqtt.watching import DEADLINE_S
from tests.support.broker import HOST, Mosquitto

ROOT = Path(__file__).parents[2]
LIT = LampReport(target_pct=100.0, level_pct=10.0, power_w=2.58, reason="presence")


def words(port: int, *more: str) -> list[str]:
    where = ("--broker", f"{HOST}:{port}", "--tenant", TENANT, "--path", PATH)
    return [sys.executable, "-m", "controller", "ctl", *where, *more]


@asynccontextmanager
async def started(port: int, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *words(port, *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=interruptible,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def interruptible() -> None:
    """Undo what a shell does to jobs in the background: it lets them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        return (await process.stdout.readline()).decode().rstrip("\n")


async def ends(process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(DEADLINE_S):
        return await process.wait()


async def test_status_of_a_path(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with fake_node(port, "n08", "L02"), fake_node(port, "n07", "L01"):
        ran = await ctl(port, "status")
        assert (ran.status, ran.err) == (0, "")
        assert [text.split()[:2] for text in ran.lines[3:5]] == [
            ["n07", "online"],
            ["n08", "online"],
        ]
        assert [text.split()[:3] for text in ran.lines[7:]] == [
            ["L01", "n07", "10"],
            ["L02", "n08", "10"],
        ]
        told = await ctl(port, "status", "--json", "--node", "n08")
        assert [x["node"] for x in told.told["nodes"]] == ["n08"]


async def test_in_a_pipe_every_change_is_a_line(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07", "L01") as node, started(port, "watch") as process:
        first = {(await line(process)).split(" ", 1)[1] for _ in range(5)}
        assert first == {
            "n07 online",
            "n07 profile version 3",
            "n07 clock trusted",
            "n07 dark (sun)",
            "n07 L01 10 %: base",
        }
        lit = state("L01").model_copy(update={"lamps": {"L01": LIT}})
        await node.keep(node.topics.state, lit.to_bytes())
        assert (await line(process)).endswith(" n07 L01 100 %: presence")
        await node.keep(node.topics.availability, b"offline")
        assert (await line(process)).endswith(" n07 offline")
        process.send_signal(signal.SIGINT)
        assert await ends(process) == 0
        assert process.stderr is not None
        assert await process.stderr.read() == b""


async def test_for_programs_every_word_is_a_line_of_json(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07", "L01"), started(port, "watch", "--json") as process:
        both = [json.loads(await line(process)) for _ in range(2)]
        assert all(x["node"] == "n07" for x in both)
        assert both[-1]["online"] is True
        assert both[-1]["state"]["lamps"]["L01"]["reason"] == "base"


async def test_a_broker_that_goes_away_ends_the_watch_with_1(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07", "L01"), started(port, "watch") as process:
        await line(process)
        mosquitto.stop()
        assert await ends(process) == 1
        assert process.stderr is not None
        assert b"the connection was lost" in await process.stderr.read()


async def test_a_reader_that_has_seen_enough_is_no_trouble(mosquitto: Mosquitto) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    async with fake_node(mosquitto.port, "n07", "L01"):
        process = await asyncio.create_subprocess_exec(
            *words(mosquitto.port, "status"),
            stdout=writer,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        os.close(writer)
        _, complaints = await process.communicate()
        assert (process.returncode, complaints) == (0, b"")


class Terminal:
    """A program on a terminal of its own, and all that it has shown."""

    def __init__(self, fd: int) -> None:
        self.shown = b""
        self._fd = fd

    async def until(self, text: bytes) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DEADLINE_S):
            while text not in self.shown:
                self.shown += await loop.run_in_executor(None, os.read, self._fd, 65536)


async def test_on_a_terminal_it_is_drawn_anew_and_left_as_it_was(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    outside, inside = pty.openpty()
    async with fake_node(port, "n07", "L01") as node:
        process = await asyncio.create_subprocess_exec(
            *words(port, "watch"),
            stdout=inside,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            preexec_fn=interruptible,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
        )
        terminal = Terminal(outside)
        try:
            await terminal.until(b"Ctrl-C ends.")
            lit = state("L01").model_copy(update={"lamps": {"L01": LIT}})
            await node.keep(node.topics.state, lit.to_bytes())
            await terminal.until(b"\x1b[1mpresence\x1b[0m")
            process.send_signal(signal.SIGINT)
            await terminal.until(b"\x1b[?1049l")
            assert await ends(process) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            os.close(inside)
            os.close(outside)
    assert terminal.shown.startswith(b"\x1b[?1049h\x1b[H")
